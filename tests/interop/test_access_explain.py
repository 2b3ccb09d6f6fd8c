"""`postern access explain`: the gate's own engine without a client: each restriction in order, its keys, who decides."""

import pytest
from harness.raw_smtp import RawSmtp

FINGERPRINT = ":".join(["AB"] * 32)
SETTINGS = {
    "mynetworks": "192.0.2.0/24",
    "mydestination": "mail.postern.example",
    "relay_clientcerts": f"inline:{{ {{{FINGERPRINT} = phone}} }}",
    "smtpd_sender_restrictions": "check_sender_access inline:{ {spam.example = REJECT no thanks} }",
    "smtpd_relay_restrictions": "permit_mynetworks, permit_sasl_authenticated, permit_tls_clientcerts, "
                                "reject_unauth_destination",
}


@pytest.fixture(scope="module")
def server(module_make):
    return module_make.postern(**SETTINGS)


def explain(server, *words, sender="joe@elsewhere.example", recipient="ann@example.net", client="203.0.113.9"):
    return server.cli("access", "explain", "--client", client, *words, "--sender", sender, "--recipient", recipient,
                      check=False)


@pytest.mark.parametrize(("words", "changes", "grounds"), [
    (["--sasl", "joe"], {}, "permit_sasl_authenticated"),
    (["--cert", FINGERPRINT], {}, "permit_tls_clientcerts"),
    (["--cert", FINGERPRINT.lower()], {}, "permit_tls_clientcerts"),
    ([], {"client": "192.0.2.7"}, "permit_mynetworks"),
])
def test_who_may_relay_and_why(server, words, changes, grounds):
    said = explain(server, *words, **changes)
    assert said.returncode == 0, said.stdout
    assert f"may relay by {grounds}" in said.stdout.splitlines()[-1], said.stdout


def test_each_restriction_in_order_with_its_keys(server):
    said = explain(server, sender="joe@mail.spam.example")
    asked = [line.strip() for line in said.stdout.splitlines() if " -> " in line]
    assert asked == ["joe@mail.spam.example -> (nothing)", "mail.spam.example -> (nothing)",
                     "spam.example -> REJECT no thanks"]
    assert said.returncode == 1
    assert "smtpd_sender_restrictions: check_sender_access" in said.stdout
    assert "554 5.7.1 <joe@mail.spam.example>: Sender address rejected: no thanks" in said.stdout


def test_a_stranger_is_told_what_smtpd_tells_him(server):
    said = explain(server, client="127.0.0.1")
    assert said.returncode == 1
    order = [said.stdout.index(name) for name in
             ("permit_mynetworks", "permit_sasl_authenticated", "permit_tls_clientcerts", "reject_unauth_destination")]
    assert order == sorted(order)
    with RawSmtp(server.mx) as session:
        session.command("EHLO x.example")
        session.command("MAIL FROM:<joe@elsewhere.example>")
        heard = session.command("RCPT TO:<ann@example.net>")
    assert heard.text in said.stdout


@pytest.mark.parametrize(("words", "complaint"), [
    (["--cert", "zz"], "'zz' is no fingerprint"),
    (["--cert"], "there is no option --cert, or it lacks its value"),
    (["--nonsense", "x"], "there is no option --nonsense"),
])
def test_wrong_options_are_named(server, words, complaint):
    said = server.cli("access", "explain", "--client", "203.0.113.9", "--sender", "a@b.example", "--recipient",
                      "c@d.example", *words, check=False)
    assert said.returncode != 0
    assert complaint in said.stderr


def test_a_client_that_is_no_address_is_named(server):
    said = explain(server, client="203.0.113")
    assert said.returncode != 0
    assert "'203.0.113' is no IP address" in said.stderr
