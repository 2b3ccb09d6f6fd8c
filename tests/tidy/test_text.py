"""What a script can see of STYLE.md in the text of a file."""

import re

from repository import ROOT, code, files, hits, text, under

TEXT_SUFFIXES = {".cpp", ".hpp", ".py", ".cmake", ".md", ".txt", ".js", ".html", ".css", ".dict", ".json", ""}


def texts():
    """Our own text files: what is copied from elsewhere or quotes bytes on purpose is left out."""
    return [path for path in files() if path.suffix in TEXT_SUFFIXES and path.name != "LICENSE"
            and path.parts[:2] != ("tests", "data") and path.name != "package-lock.json"]


def test_header_page():
    """Every header says at its top what it is for."""
    missing = []
    for path in under("src", "programs", "bench"):
        if path.suffix != ".hpp" or path.name.startswith("pch_"):
            continue
        lines = text(path).splitlines()
        if lines[:1] != ["#pragma once"] or not lines[1].startswith("// Purpose: "):
            missing.append(str(path))
    assert not missing, "no `#pragma once` and `// Purpose:` in the first two lines: " + ", ".join(missing)


def test_nothing_left_over():
    mark = "|".join(["TO" + "DO", "FIX" + "ME", "XX" + "X", "HA" + "CK"])
    wrong = hits(rf"\b({mark})\b", [path for path in texts() if path.suffix != ".md"], text)
    assert not wrong, "\n".join(wrong)


def test_white_space():
    paths = [path for path in texts() if path.suffix != ".md"]
    wrong = hits(r"[ \t]+$", paths, text) + hits(r"\t", [path for path in paths if path.suffix in (".cpp", ".hpp", ".py")], text)
    wrong += [f"{path}: no newline at its end" for path in texts() if text(path) and not text(path).endswith("\n")]
    assert not wrong, "\n".join(wrong)


def test_names():
    """Files and folders are in snake_case."""
    wrong = [str(path) for path in under("src", "programs", "bench") if not re.fullmatch(r"[a-z0-9_]+\.[ch]pp", path.name)]
    assert not wrong, "\n".join(wrong)


def test_east_const():
    wrong = hits(r"\bconst (std::|[a-z_]+(::[a-z_]+)*\s*[&*])", under("src", "programs", "bench"))
    assert not wrong, "\n".join(wrong)


def test_rfc_citations():
    """[RFC 5321 §4.1.1.3], [RFC 5321 §4.1.1.3, §4.2], [RFC 4616 §2: deviates, why], [RFC 4013: todo, what], [RFC 7489]."""
    good = re.compile(r"\[RFC \d{2,5}( (§[0-9A-Z]+(\.[0-9A-Za-z]+)*|Appendix [A-Z]|Errata \d+))?"
                      r"(, ?(§[0-9A-Z]+(\.[0-9A-Za-z]+)*|CVE-\d+-\d+|RFC \d{2,5}( §[0-9A-Z]+(\.[0-9A-Za-z]+)*)?))*(: (deviates|todo), [^\]]+)?\]")
    wrong = []
    for path in under("src", "programs"):
        folded = re.sub(r"\s+", " ", re.sub(r"\n\s*//[/!]? ?", " ", text(path)))
        for found in re.findall(r"\[RFC[^\]]*\]", folded):
            if not good.fullmatch(found):
                wrong.append(f"{path}: {found}")
    assert not wrong, "\n".join(wrong)


def test_comments_do_not_copy_code_out():
    """Code that was commented out says nothing."""
    wrong = hits(r"^\s*//[^/].*;\s*$(?<!\w\.;)", under("src", "programs"), text)
    wrong = [line for line in wrong if re.search(r"//\s*(return|if \(|for \(|auto |int |std::)\S*.*;\s*$", line)]
    assert not wrong, "\n".join(wrong)


def test_licence_and_pages():
    for name in ("LICENSE", "docs/dependencies.md", "src/LAYERS", "programs/PRIVILEGES"):
        assert (ROOT / name).is_file(), name


def test_code_view_blanks_strings_and_comments():
    """The view that the other rules look at is itself right."""
    paths = under("src")
    assert paths and all('"Purpose' not in code(path) and "// Purpose" not in code(path) for path in paths)
