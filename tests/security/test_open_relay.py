"""The open relay matrix: every known way to make a server send for a stranger, on every port, is refused."""

import pytest
from harness.postern import PASSWORD
from harness.raw_smtp import ConnectionEnded, RawSmtp
from harness.relay_forms import OURS, RECIPIENTS

STRANGER = "127.0.0.99"

SENDERS = ["", f"joe@{OURS}", "a@elsewhere.example", "joe", f"postmaster@{OURS}"]


@pytest.fixture(scope="module")
def relay(module_make):
    sink = module_make.sink()
    return module_make.postern(sink.port, mydestination=OURS), sink


@pytest.mark.parametrize("recipient", RECIPIENTS.values(), ids=RECIPIENTS.keys())
@pytest.mark.parametrize("port", ["mx", "submission", "smtps"])
def test_a_stranger_is_refused(relay, port, recipient):
    server, sink = relay
    with RawSmtp(getattr(server, port), wrapper=port == "smtps", source=STRANGER) as client:
        client.ehlo()
        if port == "submission":
            client.starttls()
            client.ehlo()
        for sender in SENDERS:
            client.command("RSET")
            assert client.command(f"MAIL FROM:<{sender}>").code in (250, 501, 530, 550, 553, 554)
            reply = client.command(f"RCPT TO:<{recipient}>")
            if reply.code == 250:
                # Taken as the name of a local user: then it must not leave this machine.
                assert port == "mx" and client.data("Subject: relay\r\n\r\nrelay\r\n").code == 250
            else:
                assert 450 <= reply.code < 560, reply
                assert client.command("DATA").code >= 500
    assert all(b"Subject: relay" not in message.content for message in sink.messages)


def test_nothing_left(relay):
    """After the whole matrix: not one message for elsewhere in the queue or at the next hop. A notice to a sender is none."""
    server, sink = relay
    assert all(message.sender == "" for message in sink.messages)
    assert "dest.example" not in server.queue()


def test_a_login_is_for_one_connection(relay):
    server, _ = relay
    with RawSmtp(server.smtps, wrapper=True, source=STRANGER) as client:
        client.secure_login("joe", PASSWORD)
    with RawSmtp(server.smtps, wrapper=True, source=STRANGER) as client:
        client.ehlo()
        client.command("MAIL FROM:<a@b.example>")
        assert client.command("RCPT TO:<victim@dest.example>").code >= 500


def test_a_failed_login_relays_nothing(relay):
    server, _ = relay
    with RawSmtp(server.smtps, wrapper=True, source=STRANGER) as client:
        client.ehlo()
        assert client.login("joe", "guess").code == 535
        client.command("MAIL FROM:<a@b.example>")
        assert client.command("RCPT TO:<victim@dest.example>").code >= 500


@pytest.mark.parametrize("rule", ["permit", "permit_mynetworks", "permit_sasl_authenticated", ""])
def test_a_configuration_that_stops_nobody_is_refused(make, rule):
    """Postfix's own refusal to run: neither list has a rule that stops strangers."""
    server = make.postern(start=False, smtpd_relay_restrictions=rule, smtpd_recipient_restrictions=rule)
    server.write_master([f"127.0.0.1:{server.mx} inet n - n - - smtpd"])
    make.keep(server).launch()
    server.wait_log("reject_unauth_destination")
    assert "smtpd_relay_restrictions" in server.log_text()
    try:
        with RawSmtp(server.mx, source=STRANGER, timeout=1) as client:
            client.ehlo()
            client.command("MAIL FROM:<a@b.example>")
            answer = client.command("RCPT TO:<victim@dest.example>").code
    except (ConnectionEnded, OSError):  # nobody answers: refused as well
        answer = 554
    assert answer in (421, 450, 451, 454, 554)
