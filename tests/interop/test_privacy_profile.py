"""smtpd_sasl_anonymize: each switch by itself, and whom it is for."""

import re

import pytest
from harness.postern import PASSWORD
from harness.raw_smtp import RawSmtp

HOME, HELO = "127.0.0.77", "laptop.at-home.example"
TRACES = (f"Date: Mon, 3 Feb 2025 10:00:00 +0530\r\nMessage-ID: <1@laptop.local>\r\nX-Originating-IP: [{HOME}]\r\n"
          "User-Agent: Foo/1 (on a phone)\r\n")
CASES = {
    # words: (received, origin, message_id, mailer, date), True: the trace is gone
    "yes": (True, True, True, False, False),
    "no": (False, False, False, False, False),
    "all": (True, True, True, True, True),
    "all, !date": (True, True, True, True, False),
    "received": (True, False, False, False, False),
    "mailer date": (False, False, False, True, True),
}


def send(server, sink, login=True, source=HOME):
    before = len(sink.messages)
    with RawSmtp(server.submission if login else server.mx, source=source) as client:
        if login:
            client.secure_login("joe", PASSWORD, HELO)
        else:
            client.ehlo(HELO)
        client.mail("joe@home.example", "anna@dest.example")
        assert client.data(f"From: <joe@home.example>\r\n{TRACES}Subject: s\r\n\r\nx\r\n").code == 250
    return sink.wait_for(before + 1)[-1]


def gone(message):
    header = message.header
    received = message.first_received()
    return (HOME not in received and HELO not in received, "X-Originating-IP" not in header, "@laptop.local" not in header,
            "User-Agent" not in header, "+0530" not in header)


@pytest.mark.parametrize("words", CASES)
def test_switches(make, words):
    sink = make.sink()
    server = make.postern(sink.port, smtpd_sasl_anonymize=words)
    assert gone(send(server, sink)) == CASES[words]
    server.wait_log("disconnect from")
    lines = re.findall(r"privacy: left out: (.*)", server.log_text())
    assert bool(lines) == any(CASES[words])
    assert not any(HOME in line or "Foo/1" in line for line in lines)


def test_login_name(make):
    sink = make.sink()
    server = make.postern(sink.port, smtpd_sasl_anonymize="yes, login", smtpd_sasl_authenticated_header="yes")
    assert "Authenticated sender" not in send(server, sink).header


def test_for_whom(make):
    sink = make.sink()
    trusted = dict(mynetworks="127.0.0.77/32", smtpd_relay_restrictions="permit_mynetworks, reject")
    default = make.postern(sink.port, **trusted)
    assert gone(send(default, sink, login=False)) == (False,) * 5
    networks = make.postern(sink.port, smtpd_anonymize_clients="permit_mynetworks", **trusted)
    assert gone(send(networks, sink, login=False)) == CASES["yes"]
    table = make.postern(sink.port, smtpd_anonymize_clients="check_address_map inline:{127.0.0.77=yes}", **trusted)
    assert gone(send(table, sink, login=False)) == CASES["yes"]


def test_a_word_that_is_none(make):
    server = make.postern(make.sink().port, start=False, smtpd_sasl_anonymize="everything")
    server.launch()
    server.wait_log("smtpd_sasl_anonymize: everything: want yes, no, all")
    server.stop()
