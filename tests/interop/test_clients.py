"""Real clients log in over TLS and relay through Postern to a real Postfix; without a login nobody does."""

import pytest
from harness import clients
from harness.postern import PASSWORD
from harness.postfix import maildir_messages
from harness.waiting import wait_until

SENDER = "joe@home.example"


@pytest.fixture(scope="module")
def relay(module_make):
    """(Postern, Postfix behind it)"""
    next_hop = module_make.postfix()
    return module_make.postern(next_hop.port), next_hop


def message_with(next_hop, subject):
    found = [text for text in maildir_messages(next_hop.directory) if f"Subject: {subject}\n" in text]
    return found[0] if found else None


@pytest.mark.parametrize("wrapper", [False, True], ids=["starttls", "wrapper"])
@pytest.mark.parametrize("client", clients.ALL, ids=lambda client: client.__name__)
def test_relays_with_login(relay, client, wrapper):
    server, next_hop = relay
    subject = f"login-{client.__name__}-{wrapper}"
    if client is clients.curl:  # curl takes the message as it is, subject included, and adds nothing
        subject = f"curl-{wrapper}"
    port = server.smtps if wrapper else server.submission
    status, output = client(port, SENDER, f"{subject}@dest.example", subject, "joe", PASSWORD, wrapper)
    assert status == 0, output
    text = wait_until(lambda: message_with(next_hop, subject), f"{subject} at Postfix")
    assert f"hello from {subject}" in text or client.__name__.startswith("swaks")
    assert f"X-Original-To: {subject}@dest.example" in text
    # Nobody learns where joe was.
    assert "from [127.0.0.1] (localhost [127.0.0.1])" in text
    received = [line for line in text.split("\n") if clients.HELO in line and not line.lower().startswith("message-id:")]
    assert not received
    assert "with ESMTPSA id" in text
    assert "Date: " in text and "essage-" in text


@pytest.mark.parametrize("wrapper", [False, True], ids=["starttls", "wrapper"])
@pytest.mark.parametrize("client", clients.ALL, ids=lambda client: client.__name__)
def test_refused_without_login(relay, client, wrapper):
    server, next_hop = relay
    subject = f"stranger-{client.__name__}-{wrapper}"
    status, output = client(server.smtps if wrapper else server.submission, SENDER, "x@dest.example", subject,
                            wrapper=wrapper)
    assert status != 0, output
    assert message_with(next_hop, subject) is None


@pytest.mark.parametrize("client", clients.ALL, ids=lambda client: client.__name__)
def test_wrong_password(relay, client):
    server, next_hop = relay
    subject = f"wrong-{client.__name__}"
    status, output = client(server.submission, SENDER, "x@dest.example", subject, "joe", "not the password")
    assert status != 0, output
    if client is not clients.curl:  # which says "Login denied" only
        assert "535" in output, output
    assert message_with(next_hop, subject) is None


def test_strangers_may_not_relay_through_the_mx_port(relay):
    server, _ = relay
    status, output = clients.swaks(server.mx, SENDER, "x@dest.example", "stranger at the front door")
    assert status != 0
    assert "554 5.7.1 <x@dest.example>: Relay access denied" in output \
        or "454 4.7.1 <x@dest.example>: Relay access denied" in output, output
