"""What comes in the clear behind STARTTLS is never taken for what comes under TLS. [RFC 3207 §5, CVE-2011-0411]"""

import pytest
from harness.postern import PASSWORD
from harness.raw_smtp import RawSmtp, plain_token

INJECTED = {
    "mail": b"MAIL FROM:<evil@evil.example>\r\nRCPT TO:<victim@dest.example>\r\n",
    "login": b"EHLO evil.example\r\nAUTH PLAIN " + plain_token("joe", PASSWORD).encode() + b"\r\n",
    "half a command": b"MAIL FROM:<ev",
    "one octet": b"R",
    "much": b"NOOP\r\n" * 5000,
}


@pytest.fixture(scope="module")
def server(module_make):
    return module_make.postern(module_make.sink().port)


@pytest.mark.parametrize("injected", INJECTED.values(), ids=INJECTED.keys())
def test_plaintext_behind_starttls_is_discarded(server, injected):
    with RawSmtp(server.submission) as client:
        client.ehlo("before.example")
        client.send(b"STARTTLS\r\n" + injected)
        assert client.reply().code == 220
        try:
            client.begin_tls()
        except OSError:
            return  # hanging up on a client that does this is as good
        client.buffer = b""
        first = client.ehlo("after.example")
        assert first.code == 250 and "STARTTLS" not in first.text and "AUTH" in first.text, first
        assert client.replies_until_silence(0.3) == []
        client.command("MAIL FROM:<a@b.example>")
        assert client.command("RCPT TO:<victim@dest.example>").code >= 500


def test_nothing_is_remembered_from_before(server):
    with RawSmtp(server.mx) as client:
        client.ehlo()
        client.command("MAIL FROM:<a@b.example>")
        reply = client.command("STARTTLS")
        if reply.code != 220:
            assert reply.code in (503, 554)
            return
        client.begin_tls()
        client.buffer = b""
        client.ehlo()
        assert client.command("RCPT TO:<joe@mail.postern.example>").code == 503


def test_responses_are_not_injected(server):
    """Only one reply to STARTTLS comes in the clear, even when commands are pipelined behind it."""
    with RawSmtp(server.submission) as client:
        client.ehlo()
        client.send(b"STARTTLS\r\nNOOP\r\nNOOP\r\n")
        assert client.reply().code == 220
        assert client.buffer == b""
