"""milter_header_checks: what mail filters add, looked at by the same table in Debian's Postfix and in Postern."""

import re

import pytest
from harness import milter as m
from harness.twins import Twins

RULES = r"""
/^X-Reject: text/ REJECT go away
/^X-Reject: code/ REJECT 4.7.9 later
/^X-Reject/ REJECT
/^X-Replace: (.*)/ REPLACE X-Other: was $1
/^X-Ign/ IGNORE
/^X-Warn: (.*)/ WARN hmm $1
/^X-Info/ INFO
/^X-Dunno/ DUNNO
/^X-Pre/ PREPEND X-Before: 1
/^X-Discard/ DISCARD why
/^X-Redirect/ REDIRECT other@dest.example
/^X-Bcc/ BCC bcc@dest.example
/^X-Old/ REJECT of the client, not of a filter
/^Content-Type: bad/ REJECT no such type
"""
CONTENT = "X-Old: 1\nX-A: 1\nFrom: joe@a.example\nDate: Mon, 3 Feb 2025 10:00:00 +0000\nMessage-ID: <1@a.example>\n\nbody\n"
# What the filter does, and how many messages reach the sinks.
EDITS = {
    "nothing": (b"", 1),
    "reject": (m.add_header("X-Reject", "text"), 0),
    "reject with a code": (m.add_header("X-Reject", "code"), 0),
    "reject without a text": (m.add_header("X-Reject", "plain"), 0),
    "replace": (m.add_header("X-Replace", "this"), 1),
    "replace what is inserted": (m.insert_header(1, "X-Replace", "that"), 1),
    "replace what is changed": (m.change_header(1, "X-A", "2") + m.change_header(1, "X-Replace", "new"), 1),
    "ignore": (m.add_header("X-Ign", "1"), 1),
    "ignore a change": (m.change_header(1, "X-A", "1") + m.change_header(1, "X-Ign", "1"), 1),
    "remove": (m.change_header(1, "X-Old", ""), 1),
    "warn": (m.add_header("X-Warn", "1\n\t2"), 1),
    "info": (m.add_header("X-Info", "1"), 1),
    "dunno": (m.add_header("X-Dunno", "1"), 1),
    "prepend": (m.add_header("X-Pre", "1"), 1),
    "discard": (m.add_header("X-Discard", "1"), 0),
    "redirect": (m.add_header("X-Redirect", "1"), 1),
    "bcc": (m.add_header("X-Bcc", "1"), 2),
    "a field of MIME": (m.add_header("Content-Type", "bad/bad"), 1),
}


@pytest.fixture(scope="module")
def twins(module_scratch):
    filter = m.Milter()
    pair = Twins(module_scratch, {"smtpd_milters": filter.address, "milter_header_checks": "pcre:{dir}/added"},
                 {"added": RULES})
    pair.filter = filter
    yield pair
    pair.stop()


@pytest.mark.parametrize("name", EDITS)
def test_what_a_filter_adds_is_checked_as_in_postfix(twins, name):
    edit, expected = EDITS[name]
    twins.filter.answers = {"end": edit + m.CONTINUE}
    twins.assert_alike(CONTENT, expected=expected)


@pytest.mark.parametrize("field, words", [("X-Warn", "warning"), ("X-Reject", "reject"), ("X-Discard", "discard")])
def test_the_log_has_the_lines_of_postfix(twins, field, words):
    twins.filter.answers = {"end": m.add_header(field, "logged") + m.CONTINUE}
    found = [re.findall(rf"milter-header-{words}: .*", side.log)
             for side in twins.send(CONTENT, expected=int(field == "X-Warn"))]
    assert found[0] and found[1] == found[0]
