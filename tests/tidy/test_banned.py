"""Calls that have a better way here. Each row: what, where it may stand all the same, why not."""

import re

import pytest
from repository import ROOT, code, files, hits, under

BANNED = [
    # pattern, folders and files where it may stand, the better way
    # sasldb2 is shared with Cyrus's programs, whose locks tell nobody when they are free; never on a loop's thread.
    # Nor is memcache's retry_pause: tables that wait are asked in a pool's threads.
    (r"\bsleep_for\b|\bsleep_until\b|\busleep\b|(?<![\w.>])sleep\s*\(|\bnanosleep\b", ["src/net/event_loop", "src/auth/sasldb/", "src/maps/memcache"],
     "a deadline on the event loop"),
    (r"(?<![\w.>])(::|std::)?system\s*\(|\bpopen\s*\(", [], "os::spawn"),
    (r"\bstrcpy\b|\bstrcat\b|\bsprintf\b|\bvsprintf\b|\bgets\s*\(|\bstrtok\b", [], "std::string, fmt"),
    (r"\bgetpw(nam|uid)(_r)?\b|\bgetgr(nam|gid)(_r)?\b", ["src/os/", "src/auth/backend/passwd_entry"], "os/users.hpp"),
    (r"\bstd::(cout|cerr|clog)\b", ["programs/postern/"], "log:: in a program; fmt::print in the postern command"),
    (r"\bdetached\b", ["src/net/task_scope", "src/net/event_loop"], "net::task_scope, which counts, cancels and joins"),
    (r"\bstd::(regex|stoi|stol|stoul|stoull|atoi)\b|(?<![\w.>])ato[il]\s*\(", ["_test.cpp"], "parse_unsigned, a parser of its own"),
    (r"\brand\s*\(\)|\bsrand\s*\(|\brandom_device\b|\bmt19937", ["_test.cpp", "_fuzz.cpp", "src/queue/", "src/delivery/random_below"],
     "os/random.hpp"),
    (r"\bstd::thread\b.*\bdetach\b|\.detach\(\)", [], "a pool that is joined"),
    (r"\bRAND_(bytes|pseudo_bytes)\b", ["src/os/", "src/crypto/", "src/net/"], "os/random.hpp"),
    (r"\b(MD5|SHA1|SHA256)_(Init|Update|Final)\b", [], "crypto/hash.hpp"),
    (r"\btmpnam\b|\bmktemp\s*\(|\btempnam\b", [], "mkostemp, O_TMPFILE"),
    # libldap takes the name of another ldap.conf from the environment only, before the first thread runs.
    (r"\bsetenv\s*\(|\bputenv\s*\(", ["_test.cpp", "programs/", "src/service/", "src/maps/ldap/needs"],
     "environments are made at spawn"),
    (r"\b(signal|sigaction)\s*\((?!SIGPIPE)", ["src/os/", "src/net/", "src/service/", "src/auth/backend/pam_worker", "_test.cpp"],
     "os/ signal descriptors"),
]


@pytest.mark.parametrize("pattern, allowed, better", BANNED, ids=[row[2] for row in BANNED])
def test_banned(pattern, allowed, better):
    paths = [path for path in under("src", "programs") if not any(part in str(path) for part in allowed)]
    # Tests wait for real processes and real clocks now and then.
    if "event loop" in better:
        paths = [path for path in paths if not path.stem.endswith("_test")]
    wrong = hits(pattern, paths)
    assert not wrong, f"use {better}:\n" + "\n".join(wrong)


def test_no_capturing_lambda_coroutines():
    """The closure dies before the coroutine does. clang-tidy has the exact check; this one needs no build."""
    wrong = []
    for path in under("src", "programs"):
        text = code(path)
        for match in re.finditer(r"\[(?P<capture>[^\[\]]*)\]\s*(\([^()]*\))?\s*(mutable\s*)?->\s*(net::)?task<", text):
            if match["capture"].strip():
                wrong.append(f"{path}:{text.count(chr(10), 0, match.start()) + 1}: {match.group(0)}")
    assert not wrong, "\n".join(wrong)


def test_every_program_has_its_privileges():
    rows = (ROOT / "programs/PRIVILEGES").read_text()
    programs = {path.parts[1] for path in files() if path.parts[0] == "programs" and path.name == "main.cpp"}
    missing = [name for name in programs - {"postern"} if not re.search(rf"^{name}\b", rows, re.MULTILINE)]
    assert not missing, f"programs/PRIVILEGES has no row for {', '.join(missing)}"


def test_programs_are_declarations():
    """A main.cpp wires folders together; what it does lives in src/."""
    from repository import text
    long = [str(path) for path in files() if path.parts[0] == "programs" and path.name == "main.cpp"
            and len(text(path).splitlines()) > 150]
    assert not long, ", ".join(long)
