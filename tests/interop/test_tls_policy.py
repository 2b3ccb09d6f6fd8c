"""How much TLS a server wants, and what it does when it cannot give it."""

import ssl
import subprocess

import pytest
from harness.certificates import make_certificate
from harness.ports import free_port
from harness.raw_smtp import RawSmtp, plain_token
from harness.waiting import wait_until


def listener(port, **options):
    words = " ".join(f"-o {{ {name} = {value} }}" for name, value in options.items())
    return f"127.0.0.1:{port} inet n - n - - smtpd {words}"


class Services:
    """A server with one wrapper service for each set of options."""

    def __init__(self, make, rows):
        self.server = make.postern(start=False)
        self.ports = {name: free_port() for name in rows}
        self.server.write_master(self.server.default_listeners() + [
            listener(self.ports[name], smtpd_tls_wrappermode="yes", **options) for name, options in rows.items()])
        make.keep(self.server).start()


PROTOCOLS = {
    "at least 1.3": ({"smtpd_tls_mandatory_protocols": ">=TLSv1.3"}, {"TLSv1.3"}),
    "not 1.3": ({"smtpd_tls_mandatory_protocols": "!TLSv1.3"}, {"TLSv1.2"}),
    "at most 1.2": ({"smtpd_tls_mandatory_protocols": "<=TLSv1.2"}, {"TLSv1.2"}),
    "from to": ({"smtpd_tls_mandatory_protocols": ">=TLSv1.2, <=TLSv1.3"}, {"TLSv1.2", "TLSv1.3"}),
    "old words": ({"smtpd_tls_mandatory_protocols": "!SSLv2, !SSLv3, !TLSv1, !TLSv1.1, !TLSv1.2"}, {"TLSv1.3"}),
    "only 1.2": ({"smtpd_tls_mandatory_protocols": "TLSv1.2"}, {"TLSv1.2"}),
}
CIPHERS = {
    "high": ({"smtpd_tls_mandatory_ciphers": "high", "smtpd_tls_mandatory_protocols": "<=TLSv1.2"},
             {"ECDHE-ECDSA-AES128-GCM-SHA256": True, "NULL-SHA256": False}),
    "own list": ({"smtpd_tls_mandatory_ciphers": "high", "tls_high_cipherlist": "ECDHE+AESGCM"},
                 {"ECDHE-ECDSA-AES256-GCM-SHA384": True, "ECDHE-ECDSA-CHACHA20-POLY1305": False}),
    "excluded": ({"smtpd_tls_mandatory_exclude_ciphers": "AES128", "smtpd_tls_exclude_ciphers": "CHACHA20"},
                 {"ECDHE-ECDSA-AES256-GCM-SHA384": True, "ECDHE-ECDSA-AES128-GCM-SHA256": False,
                  "ECDHE-ECDSA-CHACHA20-POLY1305": False}),
}


@pytest.fixture(scope="module")
def services(module_make):
    return Services(module_make, {name: options for name, (options, _) in (PROTOCOLS | CIPHERS).items()})


def negotiated(port, *words):
    """(protocol, cipher) that openssl s_client agrees on; empty when it does not."""
    done = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-brief", *words], input="quit\r\n",
                          capture_output=True, text=True, timeout=20, check=False)
    found = dict(line.split(": ", 1) for line in (done.stdout + done.stderr).splitlines() if ": " in line)
    return (found["Protocol version"], found["Ciphersuite"]) if "Protocol version" in found else ()


@pytest.mark.parametrize("name", PROTOCOLS)
def test_protocols(services, name):
    port, wanted = services.ports[name], PROTOCOLS[name][1]
    for version, word in (("TLSv1.2", "-tls1_2"), ("TLSv1.3", "-tls1_3")):
        assert negotiated(port, word)[:1] == ((version,) if version in wanted else ()), version


@pytest.mark.parametrize("name", CIPHERS)
def test_ciphers(services, name):
    for cipher, taken in CIPHERS[name][1].items():
        got = negotiated(services.ports[name], "-tls1_2", "-cipher", f"{cipher}:@SECLEVEL=0")
        assert got == (("TLSv1.2", cipher) if taken else ()), cipher


def test_old_versions_are_refused_and_logged(services):
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    with RawSmtp(services.ports["at least 1.3"], greeting=False) as client, pytest.raises((ssl.SSLError, ConnectionError)):
        context.wrap_socket(client.socket, server_hostname="localhost")
    services.server.wait_log("SSL_accept error from localhost[127.0.0.1]: unsupported protocol")


def test_auth_only_where_tls_is_optional(make):
    """[RFC 4954 §4]: before TLS no AUTH is offered, and one that comes all the same is refused before the password is read."""
    server = make.postern(smtpd_tls_auth_only="yes")
    with RawSmtp(server.mx) as client:
        assert "AUTH" not in client.ehlo().text
        assert client.command("AUTH PLAIN " + plain_token("joe", "wrong")).code in (504, 530, 538)
    off = make.postern(smtpd_tls_auth_only="no", authd_plaintext_requires_tls="no")
    with RawSmtp(off.mx) as client:
        assert "AUTH" in client.ehlo().text


@pytest.mark.parametrize("level", ["0", "1", "2"])
def test_log_level(make, level):
    server = make.postern(smtpd_tls_loglevel=level)
    with RawSmtp(server.smtps, wrapper=True) as client:
        client.command("QUIT")
    server.wait_log("quit=1")
    assert ("Anonymous TLS connection established from localhost[127.0.0.1]: TLSv1.3 with cipher TLS_AES_"
            in server.log_text()) == (level != "0")


def stays_useful_without_tls(server):
    """Port 25 takes mail in the clear, port 587 says that TLS is missing, port 465 hangs up. [RFC 3207 §4]"""
    with RawSmtp(server.mx) as client:
        assert "STARTTLS" not in client.ehlo().text
        assert client.command("STARTTLS").code == 502
        client.mail("a@elsewhere.example", "joe@mail.postern.example")
    with RawSmtp(server.submission) as client:
        client.ehlo()
        refused = client.command("STARTTLS")
        assert refused.code == 454 and "TLS not available" in refused.text
        assert client.command("MAIL FROM:<joe@home.example>").code == 530
    with RawSmtp(server.smtps, greeting=False) as client:
        assert client.socket.recv(100) == b""


def test_no_certificate(make):
    server = make.postern(smtpd_tls_cert_file="none", smtpd_tls_key_file="none")
    stays_useful_without_tls(server)
    done = server.cli("check", check=False)
    assert done.returncode == 2 and "no certificate is configured" in done.stdout


@pytest.mark.parametrize("trouble", ["not matching", "missing", "passphrase", "no key"])
def test_a_certificate_that_cannot_be_used(make, scratch, trouble):
    """The server goes on without TLS, says why, and is well again after a reload."""
    certificate, right = make_certificate(scratch, "right.example")
    key = make_certificate(scratch, "wrong.example")[1]
    why = "does not match"
    if trouble == "missing":
        key, why = scratch / "gone.pem", "No such file"
    if trouble == "passphrase":
        key, why = scratch / "locked.pem", "passphrase"
        subprocess.run(["openssl", "pkey", "-in", str(right), "-aes256", "-passout", "pass:x", "-out", str(key)], check=True)
    if trouble == "no key":
        key, why = certificate, "no private key"
    server = make.postern(smtpd_tls_cert_file=certificate, smtpd_tls_key_file=key)
    stays_useful_without_tls(server)
    wait_until(lambda: any("TLS is off" in line and why in line for line in server.log_text().splitlines()), "why TLS is off")
    done = server.cli("check", check=False)
    assert done.returncode == 2
    assert any("cannot speak TLS" in line and why in line for line in done.stdout.splitlines()), done.stdout
    server.set(smtpd_tls_key_file=right)
    server.cli("reload")

    def well():
        with RawSmtp(server.mx) as client:
            return "STARTTLS" in client.ehlo().text

    wait_until(well, "STARTTLS after the reload")
