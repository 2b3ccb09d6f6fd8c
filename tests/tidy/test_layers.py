"""src/LAYERS states who may include whom; every #include keeps to it and the edges form no circle."""

import re

from repository import ROOT, hits, text, under


def layers():
    edges = {}
    for line in (ROOT / "src/LAYERS").read_text().splitlines():
        match = re.fullmatch(r"([a-z0-9]+): *(.*)", line)
        if match:
            edges[match[1]] = set(match[2].split())
    return edges


def test_edges_form_no_circle():
    edges, above = layers(), []

    def visit(name):
        assert name not in above, f"src/LAYERS: a circle: {' -> '.join([*above, name])}"
        above.append(name)
        for lower in edges[name]:
            visit(lower)
        above.pop()

    assert len(edges) >= 18
    for name in edges:
        visit(name)


def test_security_model():
    edges = layers()
    for folder, never in {"receive": {"auth", "store"}, "smtp": {"net", "os"}, "sasl": {"net", "os"},
                          "message": {"net", "os"}, "policy": {"net", "os", "auth"}, "queue": {"net", "ipc"}}.items():
        assert not edges[folder] & never, f"{folder} may not include {edges[folder] & never}"


def test_every_folder_has_its_row():
    folders = {path.parts[1] for path in under("src") if len(path.parts) > 2}
    assert folders <= set(layers()), f"not in src/LAYERS: {folders - set(layers())}"


def test_includes_keep_to_the_ladder():
    edges, wrong = layers(), []
    for path in under("src"):
        if len(path.parts) < 3:
            continue
        folder = path.parts[1]
        for included in re.findall(r'^\s*#include "([^"]+)"', text(path), re.MULTILINE):
            target = included.split("/")[0]
            if target in edges and target != folder and target not in edges[folder]:
                wrong.append(f"{path} includes {included}: {folder} may include {' '.join(sorted(edges[folder]))}")
    assert not wrong, "\n".join(wrong)


def test_includes_are_written_from_src():
    """The one header without a folder is made by the build from programs/PRIVILEGES."""
    wrong = hits(r'^\s*#include "(?![a-z0-9_]+/|privileges_table\.hpp")', [path for path in under("src") if len(path.parts) > 2], text)
    assert not wrong, "\n".join(wrong)


def test_asio_only_in_drivers():
    """Protocols, queue and policy are plain state machines: no event loop in them."""
    listed = re.search(r"set\(POSTERN_DRIVER_LAYERS ([^)]*)\)", (ROOT / "cmake/layers.cmake").read_text())
    drivers = set(listed[1].split())
    assert drivers
    plain = [path for path in under("src") if len(path.parts) > 2 and path.parts[1] not in drivers]
    wrong = hits(r"#include <boost/asio|\bco_await\b", plain)
    assert not wrong, "\n".join(wrong)
