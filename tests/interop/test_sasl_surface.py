"""What smtpd's SASL parameters do, and what becomes of a session whose login is revoked."""

import time

import pytest
from harness.postern import PASSWORD
from harness.raw_smtp import ConnectionEnded, RawSmtp
from harness.scram import Scram
from harness.waiting import wait_until


def offer(server, port, source=None, wrapper=True):
    with RawSmtp(port, wrapper=wrapper, source=source) as client:
        return [line[4:] for line in client.ehlo().lines if line[4:].startswith("AUTH")]


def test_offer_before_and_after_tls(make):
    server = make.postern(smtpd_tls_auth_only="no", smtpd_sasl_security_options="noanonymous, noplaintext",
                          smtpd_sasl_tls_security_options="noanonymous", broken_sasl_auth_clients="no")
    assert offer(server, server.mx, wrapper=False) == ["AUTH SCRAM-SHA-512 SCRAM-SHA-256 SCRAM-SHA-1"]
    assert offer(server, server.smtps) == ["AUTH SCRAM-SHA-512-PLUS SCRAM-SHA-256-PLUS SCRAM-SHA-1-PLUS SCRAM-SHA-512 "
                                           "SCRAM-SHA-256 SCRAM-SHA-1 PLAIN LOGIN"]
    with RawSmtp(server.mx) as client:
        client.ehlo()
        assert client.login("joe", PASSWORD).text == (
            "535 5.7.8 Error: authentication failed: Invalid authentication mechanism")
        assert Scram("joe", PASSWORD).log_in(client).code == 235
    with RawSmtp(server.submission) as client:
        client.ehlo()
        client.starttls()
        assert "PLAIN" in client.ehlo().text


def test_clients_without_offer_and_clients_with_two(make):
    server = make.postern(smtpd_sasl_exceptions_networks="127.0.0.77/32", broken_sasl_auth_clients="yes",
                          smtpd_sasl_mechanism_filter="plain, login")
    assert offer(server, server.smtps) == ["AUTH PLAIN LOGIN", "AUTH=PLAIN LOGIN"]
    assert offer(server, server.smtps, source="127.0.0.77") == []


def test_header_and_service(make):
    sink = make.sink()
    server = make.postern(sink.port, smtpd_sasl_authenticated_header="yes", smtpd_sasl_anonymize="no",
                          smtpd_sasl_service="submission")
    with RawSmtp(server.smtps, wrapper=True) as client:
        client.secure_login("joe", PASSWORD).mail("joe@home.example", "anna@dest.example")
        assert client.data("Subject: x\r\n\r\nx\r\n").code == 250
    server.wait_log("user=joe, method=PLAIN, service=submission, client=127.0.0.1: login accepted")
    wait_until(lambda: sink.messages, "the message")
    assert b"(Authenticated sender: joe)" in sink.messages[0].content


def test_leaving_at_once_is_logged_as_postfix_does(make):
    server = make.postern()
    RawSmtp(server.mx).close()
    server.wait_log("lost connection after CONNECT from ")
    with RawSmtp(server.mx) as client:
        client.command("BOGUS")
    server.wait_log("lost connection after UNKNOWN from ")


# ---- revoked

@pytest.fixture(scope="module")
def server(module_make):
    return module_make.postern(users=(), authd_failure_delay="0s")


def session(server, user, password):
    return RawSmtp(server.smtps, wrapper=True).secure_login(user, password)


def is_told(client):
    """Within the second that is promised, and what a loaded machine adds to it."""
    begin = time.monotonic()
    assert client.reply().text == "421 4.7.0 mail.postern.example Error: login is no longer valid"
    assert time.monotonic() - begin < 10
    with pytest.raises(ConnectionEnded):
        client.line()
    client.close()
    return True


def test_a_revoked_app_password_ends_its_sessions_and_no_others(server):
    user = server.add_user("apps")
    phone, laptop = (server.cli("user", "app", "add", user, name).stdout.strip() for name in ("phone", "laptop"))
    on_phone, on_laptop, at_desk = (session(server, user, password) for password in (phone, laptop, PASSWORD))
    server.cli("user", "app", "revoke", user, "phone")
    assert is_told(on_phone)
    assert on_laptop.command("NOOP").code == 250 and at_desk.command("NOOP").code == 250
    server.cli("user", "passwd", user, "--password-stdin", stdin="another " + PASSWORD + "\n")
    assert is_told(at_desk)
    assert on_laptop.command("NOOP").code == 250
    server.cli("user", "lock", user)
    assert is_told(on_laptop)


def test_revocation_meets_a_session_in_the_middle_of_a_message(server):
    user = server.add_user("busy")
    phone = server.cli("user", "app", "add", user, "phone").stdout.strip()
    in_data, in_chunks, in_transaction = (session(server, user, phone) for _ in range(3))
    for client in (in_data, in_chunks, in_transaction):
        client.mail("joe@home.example", "anna@dest.example")
    assert in_data.command("DATA").code == 354
    in_data.send(b"Subject: half\r\n")
    in_chunks.send(b"BDAT 1000\r\nSubject: half\r\n")
    wait_until(lambda: server.log_text().count("sasl_username=busy") == 2, "both messages under way")
    server.cli("user", "app", "revoke", user, "phone")
    assert all(is_told(client) for client in (in_data, in_chunks, in_transaction))
    assert server.queue_is_empty()


def test_a_scram_login_is_ended_too(server):
    user = server.add_user("scram")
    phone = server.cli("user", "app", "add", user, "phone").stdout.strip()
    client = RawSmtp(server.smtps, wrapper=True)
    client.ehlo()
    assert Scram(user, phone).log_in(client).code == 235
    server.cli("user", "app", "revoke", user, "phone")
    assert is_told(client)
