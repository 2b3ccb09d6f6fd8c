"""internal_mail_filter_classes: notices of the server itself, looked at by header_checks, in Debian's Postfix and in Postern."""

import re

import pytest
from harness.twins import Twins
from harness.waiting import wait_until

RULES = r"""
/^Subject: Undelivered Mail Returned to Sender/ REPLACE Subject: Sorry
/^Auto-Submitted:/ WARN a notice
/^To: drop@/ DISCARD unwanted
/^To: other@/ REDIRECT elsewhere@dest.example
/^To: copy@/ BCC copied@dest.example
"""
CONTENT = b"Subject: s\r\nFrom: joe@a.example\r\nDate: Mon, 3 Feb 2025 10:00:00 +0000\r\nMessage-ID: <1@a.example>\r\n\r\nx\r\n"


@pytest.fixture(scope="module", params=["bounce", "notify", ""])
def twins(request, module_scratch):
    pair = Twins(module_scratch / (request.param or "none"),
                 {"header_checks": "pcre:{dir}/header", "internal_mail_filter_classes": request.param}, {"header": RULES})
    pair.classes = request.param
    for side in (pair.postfix, pair.postern):
        side.sink.answers = lambda stage, words: "550 5.1.1 no" if stage == "rcpt" and "nobody@" in words else None
    yield pair
    pair.stop()


@pytest.mark.parametrize("sender, recipients, logged", [
    ("joe@a.example", [["joe@a.example"]], "warning: header Auto-Submitted"),
    ("other@a.example", [["elsewhere@dest.example"]], "redirect: header To"),
    ("copy@a.example", [["copied@dest.example"], ["copy@a.example"]], "bcc: header To"),
    ("drop@a.example", [], "discard: header To"),
])
def test_notices_are_checked_where_asked_for(twins, sender, recipients, logged):
    checked = twins.classes == "bounce"
    expected = recipients if checked else [[sender]]
    lines = []
    for side in (twins.postfix, twins.postern):
        outcome = side.send(CONTENT, sender, ["nobody@dest.example"], len(expected))
        if checked:
            wait_until(lambda side=side: re.search(f"{logged}.*<{sender}>", side.log()), "the log line")
            lines.append(re.search(f"{logged}.*<{sender}>.*", side.log()).group())
        assert sorted([to] for message in outcome.messages for to in message.recipients) == expected
        subjects = {re.search("^Subject: (.*?)\r?$", message.header, re.M).group(1) for message in outcome.messages}
        assert subjects <= ({"Sorry"} if checked else {"Undelivered Mail Returned to Sender"})
    assert lines[1:] == lines[:1]
