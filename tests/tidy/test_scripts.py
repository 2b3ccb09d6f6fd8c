"""The scripts that a person types, and the tests themselves."""

import os
import re

from repository import ROOT, files, hits, text

SCRIPTS = ["setup", "build", "demo", "test", "bench", "lint"]


def test_scripts_are_there_and_executable():
    for name in [*(f"script/{name}" for name in SCRIPTS), ".ci/run"]:
        assert os.access(ROOT / name, os.X_OK), name


def test_scripts_stop_at_errors():
    for path in files():
        if (path.parts[0] in ("script", ".ci")) and text(path).startswith("#!/bin/bash"):
            assert re.search(r"^set -[eu]*uo? ?pipefail$|^set -uo pipefail$|^set -euo pipefail$", text(path), re.MULTILINE), path


def test_nothing_is_skipped():
    """A test that skips silently is a defect: script/setup installs what it needs."""
    paths = [path for path in files() if path.parts[0] == "tests" and path.suffix == ".py" and path.parts[1] != "tidy"]
    wrong = hits(r"pytest\.(skip|mark\.skip|mark\.xfail|importorskip)", paths, text)
    cpp = [path for path in files() if path.name.endswith("_test.cpp")]
    wrong += hits(r"\bGTEST_SKIP\b|\bDISABLED_", cpp, text)
    assert not wrong, "\n".join(wrong)


def test_python_waits_on_conditions():
    paths = [path for path in files() if path.parts[0] in ("tests", "bench") and path.suffix == ".py"
             and path.name not in ("waiting.py", "test_scripts.py")]
    wrong = hits(r"\btime\.sleep\(", paths, text)
    assert not wrong, "\n".join(wrong)
