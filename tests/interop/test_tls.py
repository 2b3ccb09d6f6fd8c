"""TLS as clients meet it: what is offered when, versions, resumption, names."""

import socket
import ssl
import subprocess

import pytest
from harness.postern import PASSWORD
from harness.raw_smtp import RawSmtp, plain_token
from harness.waiting import wait_until


@pytest.fixture(scope="module")
def server(module_make):
    return module_make.postern(module_make.sink().port)


def test_auth_is_hidden_before_tls(server):
    with RawSmtp(server.submission) as client:
        before = client.ehlo().text
        assert "AUTH" not in before and "STARTTLS" in before
        assert client.command("AUTH PLAIN " + plain_token("joe", PASSWORD)).code in (504, 530, 538)
        client.starttls()
        after = client.ehlo().text
        assert "AUTH" in after and "PLAIN" in after and "STARTTLS" not in after


def test_mail_wants_tls_on_submission(server):
    with RawSmtp(server.submission) as client:
        client.ehlo()
        reply = client.command("MAIL FROM:<joe@home.example>")
        assert reply.code == 530 and "Must issue a STARTTLS command first" in reply.text


def test_wrapper_offers_no_starttls(server):
    with RawSmtp(server.smtps, wrapper=True) as client:
        offered = client.ehlo().text
        assert "AUTH" in offered and "STARTTLS" not in offered


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_versions(server, version):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
    with socket.create_connection(("127.0.0.1", server.smtps), timeout=10) as plain, \
            context.wrap_socket(plain, server_hostname="localhost") as secured:
        assert secured.version() == version.replace("_", ".")
        assert secured.recv(100).startswith(b"220 ")


class Resuming:
    """Connects to the wrapper port again and again with the session of the time before."""

    def __init__(self, port, version):
        self.port, self.session = port, None
        self.context = ssl.create_default_context()
        self.context.check_hostname, self.context.verify_mode = False, ssl.CERT_NONE
        self.context.minimum_version = self.context.maximum_version = ssl.TLSVersion[version]

    def connect(self):
        """Whether the session was resumed."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as plain, \
                self.context.wrap_socket(plain, server_hostname="localhost", session=self.session) as secured:
            assert secured.recv(100).startswith(b"220 ")
            secured.sendall(b"QUIT\r\n")
            assert secured.recv(100).startswith(b"221 ")
            self.session = secured.session
            return secured.session_reused


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_sessions_resume_in_every_process(server, version):
    """smtpd is several processes; they share the ticket keys, so it does not matter which one answers."""
    client = Resuming(server.smtps, version)
    assert [client.connect() for _ in range(20)] == [False] + [True] * 19


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
@pytest.mark.parametrize("timeout", ["3600s", "60s"])
def test_sessions_resume_after_a_reload(make, version, timeout):
    """The keys are masterd's; another session lifetime does not put the new processes out of step with them."""
    server = make.postern(smtpd_tls_session_cache_timeout="3600s")
    client = Resuming(server.smtps, version)
    assert not client.connect()
    before = set(server.pids("smtpd"))
    server.set(smtpd_tls_session_cache_timeout=timeout)
    server.cli("reload")
    wait_until(lambda: server.pids("smtpd") and not before & set(server.pids("smtpd")), "new smtpd processes")
    assert all(client.connect() for _ in range(20))


def test_sessions_do_not_resume_when_that_is_off(make):
    server = make.postern(smtpd_tls_session_cache_timeout="0s")
    for version in ("-tls1_2", "-tls1_3"):
        done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{server.smtps}", version, "-reconnect"],
                              input="quit\r\n", capture_output=True, text=True, timeout=20, check=False)
        assert "New, TLSv1." in done.stdout and "Reused, " not in done.stdout


@pytest.mark.parametrize("name", ["localhost", "localhost.", "unknown.example"])
def test_server_name(server, name):
    """Outlook sends a trailing dot; a name that is not ours gets the default certificate."""
    done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{server.submission}", "-starttls", "smtp",
                           "-servername", name, "-quiet"], input="quit\r\n", capture_output=True,
                          text=True, timeout=20, check=False)
    assert "221 2.0.0 Bye" in done.stdout, done.stdout + done.stderr


def test_certificate_is_ecdsa_p256_and_names_the_host(server):
    pem = ssl.get_server_certificate(("127.0.0.1", server.smtps))
    text = subprocess.run(["openssl", "x509", "-noout", "-text"], input=pem, capture_output=True, text=True, check=True).stdout
    assert "prime256v1" in text and "DNS:localhost" in text


def test_tls_failure_does_not_hurt_others(server):
    with socket.create_connection(("127.0.0.1", server.smtps), timeout=10) as plain:
        plain.sendall(b"EHLO this is no TLS\r\n")
        try:
            while plain.recv(1000):
                pass
        except ConnectionResetError:
            pass
    with RawSmtp(server.smtps, wrapper=True) as client:
        assert client.ehlo().code == 250


def test_state_is_reset_by_starttls(server):
    """[RFC 3207 §4.2]"""
    with RawSmtp(server.mx) as client:
        client.ehlo()
        client.starttls()
        assert "Authenticated" not in client.ehlo().text
        assert client.command("RCPT TO:<joe@mail.postern.example>").code == 503
