"""postmap and postalias against Debian's: each reads what the other writes, and both answer alike."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from harness.postern import BINARIES

REAL_MAIN_CF = "compatibility_level = 3.6\nmeta_directory = /etc/postfix\nshlib_directory = /usr/lib/postfix\n"
TYPES = ["hash", "btree", "lmdb", "cdb"]

SOURCE = """\
# a comment
Example.COM  first
   second
# between
\t# indented
   third

other value
lonely
key: value
other again
"a b\\"c" quoted
"broken val
ü umlaut
@dom rest \t
"" empty
"x"y z
user+ext@example.com  a, b@c
""" + "".join(f"user{n}@example.com value {n}\n" for n in range(3000))

ALIASES = """\
root: me, you@x.org
"quo ted": "|/bin/prog arg", :include:/x
nocolon
foo:
x y: z
Post.Master:  a b
  c d
a, b: c
: c
"a:b": c
list: "x y"@d (comment)
empty: ""
user@dom: other
root: again
"@x": y
n: <a@b>, Full Name <c@d>
m: /file/x, a\\b
a1: b,c
a3: x@y.z,"|/p a" , :include:/f
a5: "a b"c
a6: (c) d (e f)
a9: x@[1.2.3.4]
a11: "\\"q\\""
a12: a;b
a13: a: b;
a14 : v
(cc) d: v
a\\ b: v
a16: x\\@y
a17: "
a18: (
a19: "unclosed
a22: a(c)b
a23: "a" "b"
a26: a,,b
a31: foo@bar.com (Some One)
a32: Some One <foo@bar.com>
"""


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """run(whose, program, *arguments, input=...) in one directory."""
    directory = tmp_path_factory.mktemp("postmap")
    etc = directory / "etc"
    etc.mkdir()
    (etc / "main.cf").write_text(REAL_MAIN_CF)
    for name in ("postmap", "postalias"):
        (directory / name).symlink_to(BINARIES / "postern")

    def run(whose, program, *arguments, stdin=""):
        path = directory / program if whose == "ours" else Path("/usr/sbin") / program
        return subprocess.run([path, "-c", etc, *arguments], input=stdin, capture_output=True, text=True, cwd=directory,
                              timeout=60)

    run.directory = directory
    return run


def answers(done):
    return done.returncode, done.stdout


def without_times(listing):
    return re.sub(r"YP_LAST_MODIFIED:?\t\d+", "YP_LAST_MODIFIED", listing)


@pytest.mark.parametrize("kind", TYPES)
def test_each_reads_what_the_other_writes(both, kind):
    source = both.directory / f"source-{kind}"
    source.write_text(SOURCE)
    listings = {}
    for writer in ("ours", "theirs"):
        made = both(writer, "postmap", f"{kind}:{source.name}")
        assert made.returncode == 0, made.stderr
        keys = "\n".join(["example.com", "EXAMPLE.com", "other", "user2999@example.com", "nobody", "@dom", '"x"y', "ü"])
        asked = [answers(both(reader, "postmap", "-q", "-", f"{kind}:{source.name}", stdin=keys + "\n"))
                 for reader in ("ours", "theirs")]
        assert asked[0] == asked[1]
        assert "example.com\tfirst   second   third\n" in asked[0][1]
        listings[writer] = both("ours", "postmap", "-s", f"{kind}:{source.name}")
        if kind != "cdb":  # which Postfix does not list
            assert answers(both("theirs", "postmap", "-s", f"{kind}:{source.name}")) == answers(listings[writer])
    assert answers(listings["ours"]) == answers(listings["theirs"])


def test_warnings_name_file_and_line(both):
    (both.directory / "source-warn").write_text(SOURCE)
    made = both("ours", "postmap", "hash:source-warn")
    for line in (9, 10, 11, 13):
        assert f"source-warn, line {line}: " in made.stderr, made.stderr
    assert made.stderr.count("warning: ") == 4


@pytest.mark.parametrize("kind", TYPES)
def test_aliases(both, kind):
    (both.directory / f"aliases-{kind}").write_text(ALIASES)
    listings = []
    for writer in ("ours", "theirs"):
        made = both(writer, "postalias", f"{kind}:aliases-{kind}")
        assert made.returncode == 0, made.stderr
        listings.append(without_times(both("ours", "postalias", "-s", f"{kind}:aliases-{kind}").stdout))
        if kind != "cdb":
            theirs = both("theirs", "postalias", "-s", f"{kind}:aliases-{kind}").stdout
            assert without_times(theirs) == listings[-1]
    assert sorted(listings[0].splitlines()) == sorted(listings[1].splitlines())
    assert "root:\tme, you@x.org" in listings[0]


@pytest.mark.parametrize("kind", ["hash", "btree", "lmdb"])
def test_changes(both, kind):
    steps = [
        (["-i"], "new v\nOther w\n"),
        (["-ir"], "new v2\n"),
        (["-iw"], "new v3\n"),
        (["-d", "OTHER"], ""),
        (["-d", "other"], ""),
        (["-d", "-"], "nobody\nuser1@example.com\n"),
        (["-q", "new"], ""),
        (["-q", "user1@example.com"], ""),
        (["-f", "-q", "NEW"], ""),
    ]
    seen = {}
    for whose in ("ours", "theirs"):
        (both.directory / f"change-{kind}").write_text(SOURCE)
        both(whose, "postmap", f"{kind}:change-{kind}")
        seen[whose] = [answers(both(whose, "postmap", *options, f"{kind}:change-{kind}", stdin=text))
                       for options, text in steps]
        listing = both("ours", "postmap", "-s", f"{kind}:change-{kind}").stdout
        seen[whose].append(sorted(listing.splitlines()))
    assert seen["ours"] == seen["theirs"]


def test_files_in_values(both):
    (both.directory / "part1").write_text("AAA")
    (both.directory / "part2").write_text("BBB\n")
    (both.directory / "files").write_text("k part1, part2\nnone missing\n")
    seen = {}
    for whose in ("ours", "theirs"):
        made = both(whose, "postmap", "-F", "hash:files")
        seen[whose] = [made.returncode] + [answers(both(whose, "postmap", *options, "hash:files"))
                                           for options in (["-s"], ["-Fs"], ["-F", "-q", "k"], ["-q", "none"])]
    assert seen["ours"] == seen["theirs"]


def test_mode_and_owner_come_from_the_source(both):
    source = both.directory / "private"
    source.write_text("a b\n")
    source.chmod(0o640)
    os.chown(source, 12345, 12345)
    assert both("ours", "postmap", "hash:private").returncode == 0
    made = (both.directory / "private.db").stat()
    assert (made.st_mode & 0o777, made.st_uid, made.st_gid) == (0o640, 12345, 12345)
    assert not list(both.directory.glob("*.tmp"))


PATTERNS = r"""
/^a(b)?c$/ got $1 x
!/zz/i not ${1}
/bad(/ x
/ok/q y
/ok/
/num(1)/ $2
/num(2)/ $x
/num(3)/ $
/num(4)/ ${1}$(1)$$1
/case/i sensitive
if /if1/
/if2/ nested
endif
if !/skip/
/q+/ plus
/^(.*)@(.*)\.example$/ 550 $2 of $1
endif
endif
~tilde/slash~ tilde
/multi\/slash/ slash $0
/^user(1|2)[0-9]*@example\.(com|net)$/ user $1 at $2
/^[[:alpha:]]{3,5}x{2}$/ brackets
/(a|b)+?tail/ lazy
/fold
  ed/ two lines
/./ any
"""

PATTERN_KEYS = ["abc", "ac", "ABC", "if1if2", "num1", "num2", "num3", "num4", "qqq", "skipq", "zz", "case", "CASE",
                "tilde/slash", "multi/slash", "user17@example.com", "USER2@example.NET", "abcdxx", "abtail", "b@c.example",
                "ok", "fold  ed", "x", "\u017ftail", "\u212a", "user1@example.com\u00fc"]


@pytest.mark.parametrize("kind", ["pcre", "regexp"])
def test_patterns_answer_alike(both, kind):
    (both.directory / "patterns").write_text(PATTERNS)
    for key in PATTERN_KEYS:
        ours, theirs = (both(whose, "postmap", "-q", key, f"{kind}:patterns") for whose in ("ours", "theirs"))
        assert answers(ours) == answers(theirs), (key, ours.stderr)


CIDR = """
10.0.0.1/8 bad
10.1.0.0/16 first
10.0.0.0/8 second
10.1.2.3 never
if 172.16.0.0/12
172.16.1.0/24 in
!172.16.0.0/16 not in 16
endif
if !192.0.0.0/8
198.51.100.7 outside
endif
[2001:db8::]/32 v6
2001:db8::1/32 bad6
foo x
1.2.3.4
010.0.0.1 octal
!203.0.113.0/24 all the rest
"""


def test_networks_answer_alike(both):
    (both.directory / "networks").write_text(CIDR)
    keys = ["10.1.2.3", "10.2.2.3", "172.16.1.1", "172.16.2.1", "172.20.0.1", "198.51.100.7", "203.0.113.9", "8.8.8.8",
            "2001:db8::5", "2001:DB8:0::5", "2001:db9::1", "foo", "::ffff:10.1.2.3", "[10.1.2.3]", "10.1.2", ""]
    seen = {whose: answers(both(whose, "postmap", "-q", "-", "cidr:networks", stdin="\n".join(keys) + "\n"))
            for whose in ("ours", "theirs")}
    assert seen["ours"] == seen["theirs"]


@pytest.mark.parametrize("table, key", [
    ("unionmap:{static:a,static:b,inline:{x=y}}", "x"),
    ("unionmap:{inline:{k=v},inline:{j=v}}", "x"),
    ("pipemap:{inline:{x=y},inline:{y=z}}", "x"),
    ("pipemap:{inline:{x=y},inline:{x=z}}", "x"),
    ("inline:{ x=a, x=b, {c = d, e}}", "C"),
    ("inline:{ x=a, x=b}", "X"),
    ("static:{ a  b }", "any"),
    ("fail:foo", "x"),
    ("pcre:{ {/a(b)c/ got $1 }, {if /x/}, {/./ any}, {endif} }", "abc"),
    ("cidr:{ {1.2.0.0/16 yes}}", "1.2.3.4"),
    ("randmap:{one}", "x"),
    ("unix:passwd.byname", "root"),
    ("unix:group.byname", "daemon"),
    ("nosuch:x", "x"),
    ("hash:/no/such/table", "x"),
])
def test_tables_in_memory_answer_alike(both, table, key):
    ours, theirs = (both(whose, "postmap", "-q", key, table) for whose in ("ours", "theirs"))
    assert answers(ours) == answers(theirs), ours.stderr


MESSAGE = """\
From: a
Content-Type: multipart/mixed; boundary="bb"
Subject: folded
 once

preamble
--bb
Content-Type: text/plain

text one
--bb
Content-Type: message/rfc822

Subject: nested
X-N: 1

nested body
--bb--
epilogue
"""


@pytest.mark.parametrize("options", ["-hq", "-bq", "-hbq", "-hmq", "-bmq", "-hbmq"])
def test_lines_of_messages(both, options):
    seen = {whose: answers(both(whose, "postmap", options, "-", "pcre:{{/./ x}}", stdin=MESSAGE))
            for whose in ("ours", "theirs")}
    assert seen["ours"] == seen["theirs"]


def test_a_table_is_replaced_whole(both):
    """A reader that holds the old file open keeps its old content; a failing postmap changes nothing."""
    source = both.directory / "whole"
    source.write_text("a old\n")
    assert both("ours", "postmap", "lmdb:whole").returncode == 0
    before = (both.directory / "whole.lmdb").stat().st_ino
    source.write_text("x" * 600 + " too long a key\n")
    failing = both("ours", "postmap", "lmdb:whole")
    assert failing.returncode == 1
    assert (both.directory / "whole.lmdb").stat().st_ino == before
    assert both("ours", "postmap", "-q", "a", "lmdb:whole").stdout == "old\n"
    source.write_text("a new\n")
    shutil.copy(both.directory / "whole.lmdb", both.directory / "copy.lmdb")
    assert both("ours", "postmap", "lmdb:whole").returncode == 0
    assert (both.directory / "whole.lmdb").stat().st_ino != before
    assert both("ours", "postmap", "-q", "a", "lmdb:whole").stdout == "new\n"
