"""What changes in the accounts while sessions are open: the offered mechanisms, and credentials whose time runs out."""

import base64
import hashlib
import os
import signal

import pytest
from harness.logins import login, offered
from harness.postern import PASSWORD
from harness.raw_smtp import RawSmtp
from harness.waiting import wait_until

SHA = "{SHA}" + base64.b64encode(hashlib.sha1(PASSWORD.encode(), usedforsecurity=False).digest()).decode()


@pytest.fixture
def server(make):
    return make.postern(authd_failure_delay="0s")


@pytest.mark.parametrize("used", [False, True], ids=["nobody logged in yet", "sessions rest on the connection"])
def test_mechanisms_that_not_every_account_has_keys_for_are_withdrawn_meanwhile(server, scratch, used):
    """Front ends hear of it without a reload, whether their connections may be closed or not."""
    assert {"SCRAM-SHA-256", "PLAIN"} <= offered(server)
    if used:
        for _ in range(8):  # every smtpd
            assert login(server, "joe", PASSWORD) == 235
    (scratch / "passwd").write_text(f"ann:{SHA}\n")
    server.cli("user", "import", "--format", "htpasswd", scratch / "passwd")
    wait_until(lambda: all("SCRAM-SHA-256" not in offered(server) for _ in range(8)), "SCRAM to be withdrawn")
    assert {"PLAIN", "LOGIN"} <= offered(server)
    assert login(server, "ann", PASSWORD) == 235
    assert login(server, "joe", PASSWORD) == 235
    server.cli("user", "del", "ann")
    wait_until(lambda: all("SCRAM-SHA-256" in offered(server) for _ in range(8)), "SCRAM to be offered again")


@pytest.mark.parametrize("what", ["account", "app password"])
def test_a_session_ends_when_its_credential_expires(server, what):
    user = server.add_user("fleeting")
    if what == "account":
        password = PASSWORD
        server.cli("user", "expire", user, "10s")
    else:
        password = server.cli("user", "app", "add", user, "phone", "--expires", "10s").stdout.split()[0]
    with RawSmtp(server.submission) as session, RawSmtp(server.submission) as other:
        session.secure_login(user, password)
        other.secure_login("joe", PASSWORD)
        assert session.command("NOOP").code == 250
        server.wait_log("is revoked or has expired")
        wait_until(lambda: session.command("NOOP").code == 421, "smtpd to hear of it")
        assert other.command("NOOP").code == 250
        assert login(server, user, password) == 535


def test_a_session_hears_of_a_revocation_by_an_authd_that_was_started_anew(server):
    """It asks authd nothing more: smtpd must find the new one by itself."""
    user = server.add_user("resting")
    with RawSmtp(server.submission) as session, RawSmtp(server.submission) as other:
        session.secure_login(user, PASSWORD)
        other.secure_login("joe", PASSWORD)
        old = server.pids("authd")
        for pid in old:
            os.kill(pid, signal.SIGKILL)
        wait_until(lambda: server.pids("authd") and not set(old) & set(server.pids("authd")), "a new authd")
        wait_until(lambda: login(server, "joe", PASSWORD) == 235, "the new authd to serve")
        server.cli("user", "passwd", user, "--password-stdin", stdin="another battery staple\n")
        wait_until(lambda: session.command("NOOP").code == 421, "the session to end")
        assert other.command("NOOP").code == 250


def test_a_session_hears_of_what_was_revoked_while_there_was_no_authd(server):
    user = server.add_user("away")
    password = server.cli("user", "app", "add", "joe", "phone").stdout.split()[0]
    with RawSmtp(server.submission) as session, RawSmtp(server.submission) as phone, RawSmtp(server.submission) as other:
        session.secure_login(user, PASSWORD)
        phone.secure_login("joe", password)
        other.secure_login("joe", PASSWORD)
        supervisor = [server.process.pid, *server.pids("masterd")]
        for pid in supervisor:
            os.kill(pid, signal.SIGSTOP)
        try:
            for pid in server.pids("authd"):
                os.kill(pid, signal.SIGKILL)
            server.cli("user", "passwd", user, "--password-stdin", stdin="another battery staple\n")
            server.cli("user", "app", "revoke", "joe", "phone")
        finally:
            for pid in supervisor:
                os.kill(pid, signal.SIGCONT)
        wait_until(lambda: session.command("NOOP").code == 421, "the first session to end")
        wait_until(lambda: phone.command("NOOP").code == 421, "the phone's session to end")
        assert other.command("NOOP").code == 250
        assert login(server, user, "another battery staple") == 235
