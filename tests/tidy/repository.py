"""The files of the repository as the tidy rules see them: what git tracks or would track."""

import functools
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]


@functools.cache
def files():
    listed = subprocess.run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT,
                            check=True, capture_output=True, text=True).stdout
    return [pathlib.Path(name) for name in sorted(set(listed.split("\0"))) if name and (ROOT / name).is_file()]


@functools.cache
def text(path):
    return (ROOT / path).read_text(encoding="utf-8", errors="replace")


def under(*folders, suffixes=(".cpp", ".hpp")):
    return [path for path in files() if path.parts[0] in folders and path.suffix in suffixes]


_LITERALS_AND_COMMENTS = re.compile(
    r'R"(?P<mark>[^\s()\\]{0,16})\(.*?\)(?P=mark)"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\'|//[^\n]*|/\*.*?\*/', re.DOTALL)


@functools.cache
def code(path):
    """The text with string literals emptied and comments blanked; line numbers stay."""

    def blank(match):
        found = match.group(0)
        kept = "\n" * found.count("\n")
        if found.startswith("/"):
            return kept
        if found.startswith("'"):
            return "''"
        return '""' + kept

    # A digit separator (1'000) is no character literal.
    return _LITERALS_AND_COMMENTS.sub(blank, re.sub(r"(?<=[0-9a-fA-F])'(?=[0-9a-fA-F])", "", text(path)))


def hits(pattern, paths, view=code):
    """["file:line: text"] for every line that matches."""
    found = []
    compiled = re.compile(pattern)
    for path in paths:
        for number, line in enumerate(view(path).splitlines(), 1):
            if compiled.search(line):
                found.append(f"{path}:{number}: {line.strip()[:120]}")
    return found
