"""Sizes: a file that nobody can hold in the head gets split."""

import re

from repository import ROOT, code, files, text, under

FILE_LINES = 800
FUNCTION_LINES = 70
MEDIAN_LINES = 180


def test_file_length():
    long = [f"{path}: {len(text(path).splitlines())} lines" for path in under("src", "programs", "bench", "tests")
            if len(text(path).splitlines()) > FILE_LINES]
    assert not long, "\n".join(long)


def test_median_length():
    lengths = sorted(len(text(path).splitlines()) for path in under("src", "programs")
                     if path.suffix == ".cpp" and not path.stem.endswith(("_test", "_fuzz")))
    assert lengths[len(lengths) // 2] <= MEDIAN_LINES


def test_no_large_files():
    large = [str(path) for path in files() if (ROOT / path).stat().st_size > 1 << 20]
    assert not large, "\n".join(large)


def functions(path):
    """(line, length) of each block that begins behind a parameter list: functions and lambdas, outermost first."""
    lines = code(path).splitlines()
    depth_of_function, begin, depth = None, 0, 0
    for number, line in enumerate(lines, 1):
        is_head = re.search(r"\)\s*(const|noexcept|override|final|mutable|&|->[^;{]*|\s)*\s*(:[^;]*)?\{\s*$", line)
        starts_control = re.match(r"\s*(\}?\s*else\b|if\b|for\b|while\b|switch\b|do\b|catch\b|TEST)", line)
        if depth_of_function is None and is_head and not starts_control:
            depth_of_function, begin = depth, number
        depth += line.count("{") - line.count("}")
        if depth_of_function is not None and depth <= depth_of_function:
            yield begin, number - begin + 1
            depth_of_function = None


def test_function_length():
    """A coarse count by braces, for all files at once; clang-tidy's readability-function-size is the exact one."""
    long = [f"{path}:{line}: {length} lines" for path in under("src", "programs", "bench")
            if not path.stem.endswith(("_test", "_fuzz"))
            for line, length in functions(path) if length > FUNCTION_LINES + 2]
    assert not long, "\n".join(long)
