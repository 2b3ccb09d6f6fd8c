"""header_checks and body_checks: the same tables and messages through Debian's Postfix and through Postern."""

import re

import pytest
from harness.raw_smtp import RawSmtp
from harness.postern import PASSWORD
from harness.twins import Twins

HEADER_RULES = r"""
/^X-Fold: one(.)(.)two/ REPLACE X-Fold: sep=$1|$2|
/^X-Reject$/ REJECT
/^X-Reject: text/ REJECT go away
/^X-Reject: code/ REJECT 5.7.9 go away
/^X-Reject: later/ REJECT 4.7.9 go away
/^X-Reject: plain/ REJECT
/^X-Warn: (.*)/ WARN hmm $1
/^X-Info: (.*)/ INFO hmm $1
/^X-Pre: (.*)/ PREPEND X-Before: $1
/^X-Bad1: (.*)/ FOO bar
/^X-Bad2: (.*)/ REPLACE
/^X-Bad3: (.*)/ PREPEND nothing here
/^X-Bad4: (.*)/ REPLACE nothing here
/^X-Bad5: (.*)/ FILTER smtp
/^X-Bad6: (.*)/ REDIRECT foo
/^X-Strip: (.*)/ STRIP gone
/^X-Ign: (.*)/ IGNORE
/^X-Discard: (.*)/ DISCARD why
/^X-Redirect: (.*)/ REDIRECT other@dest.example
/^X-Bcc: (.*)/ BCC bcc@dest.example
/^X-Dunno: (.*)/ DUNNO
/^X-Pass: (.*)/ PASS
/name=.*\.exe/ REJECT no programs
/^X-Nested: (.*)/ REPLACE X-Was-Nested: $1
"""
BODY_RULES = r"""
/^bx-reject$/ REJECT
/^bx-text$/ REJECT go away
/^bx-warn/ WARN body
/^bx-replace/ REPLACE replaced
/^bx-prepend/ PREPEND before
/^bx-ignore/ IGNORE
/^bx-strip/ STRIP x
"""


@pytest.fixture(scope="module")
def twins(module_scratch):
    pair = Twins(module_scratch, {"header_checks": "pcre:{dir}/header", "body_checks": "pcre:{dir}/body"},
                 {"header": HEADER_RULES, "body": BODY_RULES})
    yield pair
    pair.stop()


def message(header, body="body\n"):
    return f"Subject: s\nFrom: joe@a.example\nMessage-ID: <1@a.example>\nDate: Mon, 3 Feb 2025 10:00:00 +0000\n{header}\n{body}"


EDITS = [
    "X-Fold: one\n two\n", "X-Warn: w\n", "X-Info: i\n", "X-Pre: p\n", "X-Strip: 1\n", "X-Ign: 1\n 2\n", "X-Dunno: 1\n",
    "X-Pass: 1\nX-Reject: text\n", *[f"X-Bad{i}: 1\n" for i in range(1, 7)],
    "X-Long: " + "word " * 60 + "\n", "X-Pre: a\n\tb\n c\n", "Bcc: hidden@dest.example\n", "X-Ign:\n",
]


@pytest.mark.parametrize("header", EDITS)
def test_fields_arrive_alike(twins, header):
    twins.assert_alike(message(header))


@pytest.mark.parametrize("what", ["text", "code", "later", "plain"])
def test_refused_alike(twins, what):
    theirs, ours = twins.assert_alike(message(f"X-Reject: {what}\n"))
    assert ours.reply[0] in "45"


@pytest.mark.parametrize("body", ["bx-warn\n", "a\nbx-replace\nb\n", "bx-prepend\n", "a\nbx-ignore\nb\n", "bx-strip\n",
                                  "bx-reject\n", "bx-text\n", "\n\n.bx-reject\n", "Subject: x\nbx-replace\n"])
def test_bodies_arrive_alike(twins, body):
    twins.assert_alike(message("", body))


MIXED = "MIME-Version: 1.0\nContent-Type: multipart/mixed;\n boundary=\"b1\"\n"
PARTS = """pre
--b1
Content-Type: text/plain

bx-replace
--b1
Content-Type: message/rfc822

X-Nested: 1
Content-Type: multipart/mixed; boundary=b2

--b2
X-Ign: in a part
A: b

text
--b2--
--b1
Content-Type: message/rfc822
Content-Transfer-Encoding: base64

X-Nested: 1
--b1xx
Content-Type: multipart/digest; boundary="b3"

--b3

X-Nested: digest

dd
--b3--
--b1--
X-Nested: epilogue
"""


def test_parts_are_looked_at_alike(twins):
    theirs, ours = twins.assert_alike(message(MIXED, PARTS))
    content = ours.messages[0].content
    assert content.count(b"X-Was-Nested") == 3 and b"X-Ign: in a part" not in content


def test_a_program_in_an_attachment(twins):
    part = "--b1\nContent-Type: application/x;\n name=\"run.exe\"\n\nx\n--b1--\n"
    theirs, ours = twins.assert_alike(message(MIXED, part))
    assert "no programs" in ours.reply


def test_actions_on_the_whole_message(twins):
    twins.assert_alike(message("X-Redirect: 1\n"), recipients=("a@dest.example", "b@dest.example"))
    twins.assert_alike(message("X-Bcc: 1\n"), expected=2)
    theirs, ours = twins.assert_alike(message("X-Discard: 1\n"), expected=0)
    assert ours.reply.startswith("250") and "discard: header X-Discard: 1" in ours.log


def _lines(log, word):
    """The parts of log lines that both servers must write alike."""
    return re.findall(rf"(?:[0-9A-F]+: )({word}: (?:header|body) .*)", log)


@pytest.mark.parametrize("header, word", [("X-Warn: w\n", "warning"), ("X-Info: i\n", "info"), ("X-Reject: code\n", "reject"),
                                          ("X-Fold: one\n two\n", "replace"), ("X-Pre: p\n", "prepend"),
                                          ("X-Strip: 1\n", "strip"), ("X-Pass: 1\n", "pass")])
def test_log_lines(twins, header, word):
    theirs, ours = twins.send(message(header))
    assert _lines(theirs.log, word) and _lines(theirs.log, word) == _lines(ours.log, word)


@pytest.mark.parametrize("number", range(1, 7))
def test_warnings_of_bad_rules(twins, number):
    theirs, ours = twins.send(message(f"X-Bad{number}: 1\n"))
    [warning] = re.findall(r"warning: (.*header_checks.*)", theirs.log)
    assert warning in ours.log


def test_strictness(scratch):
    pair = Twins(scratch, {"strict_7bit_headers": "yes", "strict_8bitmime_body": "yes", "strict_mime_encoding_domain": "yes"})
    try:
        for content in ("Subject: ä\r\n\r\nx\r\n", "Subject: a\r\n\r\nä\r\n",
                        "Subject: a\r\nContent-Transfer-Encoding: 8bit\r\n\r\nä\r\n",
                        "Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\nx\r\n",
                        "Content-Type: multipart/mixed; boundary=x\r\nContent-Transfer-Encoding: 8bit\r\n\r\nx\r\n"):
            pair.assert_alike(("Message-ID: <1@a>\r\nDate: x\r\nFrom: a@b.example\r\n" + content).encode())
    finally:
        pair.stop()


# What an administrator wrote so that Received: tells nothing about his users. It has to work whether the field is one
# line or folded as servers fold it.
AUTHORS_RULE = (r"/^Received: from (.* \([-._[:alnum:]]+ \[[.[:digit:]]{7,15}\]\)).*\(Authenticated sender: ([^)]+)\).*by "
                r"(mail\.postern\.example) \(([^)]+)\) with (E?SMTPS?A?) id ([A-F[:digit:]]+).*/"
                "\n  REPLACE Received: from [127.0.0.1] (localhost [127.0.0.1]) (Authenticated sender: $2) with $5 id $6\n")


@pytest.mark.parametrize("kind", ["pcre", "regexp"])
def test_the_rule_for_authenticated_senders(make, scratch, kind):
    (scratch / "header").write_text(AUTHORS_RULE)
    sink = make.sink()
    server = make.postern(sink.port, smtpd_sasl_authenticated_header="yes", smtpd_sasl_anonymize="no",
                          header_checks=f"{kind}:{scratch}/header")
    with RawSmtp(server.submission, source="127.0.0.77") as client:
        client.secure_login("joe", PASSWORD, "laptop.example").mail("joe@home.example", "anna@dest.example")
        assert client.data("Subject: s\r\n\r\nx\r\n").code == 250
    received = sink.wait_for()[-1].first_received()
    assert re.fullmatch(r"Received: from \[127\.0\.0\.1\] \(localhost \[127\.0\.0\.1\]\) \(Authenticated sender: joe\) with "
                        r"ESMTPSA id [0-9A-F]+", received), received


def test_a_fold_in_a_replacement(make, scratch):
    """Postfix leaves \\n in a REPLACE text as it is; here it begins a line of the field."""
    (scratch / "header").write_text("/^X-R: (.*)/ REPLACE X-R: first\\n second $1\n")
    sink = make.sink()
    server = make.postern(sink.port, mynetworks="127.0.0.1/32", smtpd_relay_restrictions="permit_mynetworks, reject",
                          header_checks=f"pcre:{scratch}/header")
    with RawSmtp(server.mx) as client:
        client.ehlo("client.example")
        client.mail("joe@home.example", "anna@dest.example")
        assert client.data("X-R: v\r\n\r\nx\r\n").code == 250
    assert "\r\nX-R: first\r\n second v\r\n" in sink.wait_for()[-1].header + "\r\n"
