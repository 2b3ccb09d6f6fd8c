"""What a recipient may learn about a user's whereabouts: nothing."""

import re

import pytest
from harness.postern import PASSWORD
from harness.raw_smtp import RawSmtp

HOME = "127.0.0.77"  # loopback's many addresses stand for the many networks of the world
HELO = "laptop.at-home.example"


@pytest.fixture(scope="module")
def relay(module_make):
    sink = module_make.sink()
    return module_make.postern(sink.port, mynetworks="127.0.0.88/32",
                               smtpd_relay_restrictions="permit_mynetworks, permit_sasl_authenticated, reject"), sink


def send(server, sink, subject, extra="", port=None):
    before = len(sink.messages)
    with RawSmtp(port or server.submission, source=HOME) as client:
        client.secure_login("joe", PASSWORD, HELO).mail("joe@home.example", "anna@dest.example")
        assert client.data(f"From: <joe@home.example>\r\nSubject: {subject}\r\n{extra}\r\nhello\r\n").code == 250
    return sink.wait_for(before + 1)[-1]


def test_header_of_an_authenticated_message(relay):
    message = send(*relay, "privacy")
    assert HOME not in message.content.decode()
    assert HELO not in message.content.decode()
    received = message.first_received()
    assert received.startswith("Received: from [127.0.0.1] (localhost [127.0.0.1])\r\n\t")
    assert re.search(r"\r\n\tby mail\.postern\.example \([^)]+\) with ESMTPSA id [0-9A-Za-z]+\r\n\tfor <anna@dest\.example>; "
                     r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), +\d", received), received
    assert message.header.count("Received:") == 1


def test_missing_headers_are_added(relay):
    header = send(*relay, "bare").header
    assert re.search(r"^Date: \w{3}, +\d+ \w{3} \d{4} \d\d:\d\d:\d\d [+-]\d{4}", header, re.MULTILINE)
    assert re.search(r"^Message-I[dD]: <[^>]+@mail\.postern\.example>", header, re.MULTILINE)


def test_present_headers_stay(relay):
    header = send(*relay, "own", "Date: Mon, 3 Feb 2025 10:00:00 +0100\r\nMessage-ID: <mine@home.example>\r\n").header
    assert header.count("Date:") == 1 and "Date: Mon, 3 Feb 2025 10:00:00 +0100" in header
    assert re.findall(r"^Message-I[dD]: (.*)$", header, re.MULTILINE) == ["<mine@home.example>"] or "<mine@home.example>" in header


def test_originating_address_does_not_leave(relay):
    message = send(*relay, "webmail", f"X-Originating-IP: [{HOME}]\r\n")
    assert "X-Originating-IP" not in message.header and HOME not in message.header


def test_tls_details_only_when_wanted(make):
    sink = make.sink()
    plain = make.postern(sink.port, smtpd_tls_received_header="no")
    assert "using TLSv1" not in send(plain, sink, "tls").header
    telling = make.postern(sink.port, smtpd_tls_received_header="yes", smtpd_sasl_authenticated_header="yes")
    header = send(telling, sink, "telling").header
    assert "(using TLSv1.3 with cipher " in header
    assert "(Authenticated sender: joe)" in header
    assert HOME not in header and HELO not in header


def test_the_truth_when_anonymize_is_off(make):
    sink = make.sink()
    server = make.postern(sink.port, smtpd_sasl_anonymize="no")
    received = send(server, sink, "truth").first_received()
    assert received.startswith(f"Received: from {HELO} (")
    assert f"[{HOME}])" in received.split("\r\n")[0]


def test_mail_without_login_keeps_its_trace(relay):
    """Privacy is for users; the trace of mail from elsewhere is what postmasters need."""
    server, sink = relay
    before = len(sink.messages)
    with RawSmtp(server.mx, source="127.0.0.88") as client:
        client.ehlo("printer.example")
        client.mail("printer@home.example", "anna@dest.example")
        assert client.data("Subject: scan\r\n\r\nscan\r\n").code == 250
    received = sink.wait_for(before + 1)[-1].first_received()
    assert received.startswith("Received: from printer.example (") and "[127.0.0.88])" in received
    assert "with ESMTP id" in received
