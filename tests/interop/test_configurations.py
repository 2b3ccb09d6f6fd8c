"""The configurations that people have: they load unchanged and do what they say."""

import subprocess

import pytest
from harness.certificates import make_certificate
from harness.postern import BINARIES, PASSWORD, ROOT
from harness.raw_smtp import RawSmtp, plain_token

DATA = ROOT / "tests" / "data"
STRANGER = "127.0.0.77"


def take_over(make, sink, text, master=None):
    """A server whose main.cf is the text and a next hop; `smtp` and `smtps` of master.cf listen on free loopback ports.

    The other addresses of loopback stand for the networks of strangers, so mynetworks leaves them out."""
    server = make.postern(start=False)
    (server.etc / "main.cf").write_text(f"{text}\nmyhostname = mail.postern.example\nrelayhost = [127.0.0.1]:{sink.port}\n"
                                        "mynetworks = 127.0.0.1/32\n")
    lines = (master or "smtp inet n - n - - smtpd\n").splitlines()
    where = {"smtp": server.mx, "smtps": server.smtps}
    server.write_master([f"127.0.0.1:{where[line.split()[0]]} {line.split(maxsplit=1)[1]}" if line.split()[0] in where else line
                         for line in lines])
    make.keep(server)
    return server


def test_configuration_a(make):
    """AUTH is offered without TLS, in both spellings; mynetworks and users may relay, others may not."""
    sink = make.sink()
    server = take_over(make, sink, (DATA / "config-a" / "main.cf").read_text())
    server.start(server.mx)
    with RawSmtp(server.mx, source=STRANGER) as client:
        offered = client.ehlo().lines
        assert any(line[4:].startswith("AUTH ") and "PLAIN" in line for line in offered), offered
        assert any(line[4:].startswith("AUTH=") for line in offered), offered
        assert "ANONYMOUS" not in " ".join(offered)
        client.command("MAIL FROM:<a@elsewhere.example>")
        refused = client.command("RCPT TO:<anna@dest.example>")
        assert refused.code in (454, 554) and "Relay access denied" in refused.text
        client.command("RSET")
        assert client.login("joe", PASSWORD).code == 235
        client.mail("joe@home.example", "anna@dest.example")
        assert client.data("Subject: a\r\n\r\na\r\n").code == 250
    assert sink.wait_for(1)[0].recipients == ["anna@dest.example"]
    with RawSmtp(server.mx) as client:  # 127.0.0.1 is of mynetworks
        client.ehlo()
        client.mail("printer@home.example", "anna@dest.example")
        assert client.data("Subject: b\r\n\r\nb\r\n").code == 250
    sink.wait_for(2)


@pytest.fixture
def configuration_b(make, scratch):
    certificates, var = scratch / "certs", scratch / "var"
    (certificates / "roots").mkdir(parents=True)
    var.mkdir()
    certificate, key = make_certificate(certificates)
    certificate.rename(certificates / "cert.pem")
    key.rename(certificates / "key.pem")
    (certificates / "roots" / "cacert-root.pem").write_text((certificates / "cert.pem").read_text())
    text = (DATA / "config-b" / "main.cf").read_text().replace("CERTS", str(certificates)).replace("VAR", str(var))
    sink = make.sink()
    return take_over(make, sink, text, (DATA / "config-b" / "master.cf").read_text()), sink


def test_configuration_b(configuration_b):
    """AUTH under TLS only, on both ports; the certificate is the one that main.cf names; details go into Received:."""
    server, sink = configuration_b
    server.start(server.mx, server.smtps)
    with RawSmtp(server.mx, source=STRANGER) as client:
        before = client.ehlo().text
        assert "STARTTLS" in before and "AUTH" not in before
        assert client.command("AUTH PLAIN " + plain_token("joe", PASSWORD)).code in (504, 530, 538)
        client.starttls()
        after = client.ehlo().lines
        assert any(line[4:].startswith("AUTH ") for line in after) and any(line[4:].startswith("AUTH=") for line in after)
    with RawSmtp(server.smtps, wrapper=True, source=STRANGER) as client:
        client.secure_login("joe", PASSWORD).mail("joe@home.example", "anna@dest.example")
        assert client.data("Subject: b\r\n\r\nb\r\n").code == 250
    assert "using TLSv1.3 with cipher" in sink.wait_for(1)[0].header
    with RawSmtp(server.mx, source=STRANGER) as client:
        client.ehlo()
        client.command("MAIL FROM:<a@elsewhere.example>")
        assert client.command("RCPT TO:<anna@dest.example>").code in (454, 554)


def test_obsolete_names_are_explained(configuration_b):
    server, _ = configuration_b
    done = server.cli("check", check=False)
    text = done.stdout + done.stderr
    for name in ("smtp_use_tls", "smtpd_use_tls", "smtp_tls_per_site", "tls_daemon_random_source"):
        assert name in text, f"{name} is not explained:\n{text}"
    assert "main.cf:" in text
    assert done.returncode in (1, 2)


def test_stock_master_cf_of_debian(make):
    """Every service of it is known; `postern check` says where the work of the folded ones is done."""
    server = make.postern(start=False)
    (server.etc / "master.cf").write_text((DATA / "config-stock" / "master.cf").read_text())
    done = server.cli("check", check=False)
    text = done.stdout + done.stderr
    for service in ("cleanup", "rewrite", "tlsmgr"):
        assert service in text, text


@pytest.mark.parametrize("words", [["-n"], ["-n", "-x"], ["-h", "smtpd_banner", "mydestination"], ["-d", "smtpd_timeout"],
                                   ["-M"], ["-P"], ["-M", "-f"], ["-F", "*/inet/command"], ["-H"]], ids=" ".join)
def test_postconf_prints_as_postfix_does(make, words):
    """The same directory, the same options: our postconf and Debian's agree to the octet."""
    server = make.postern(start=False)
    (server.etc / "main.cf").write_text(
        (DATA / "config-a" / "main.cf").read_text() + "myhostname = mail.postern.example\nmydomain = postern.example\n"
        "smtpd_banner = $myhostname ESMTP\nmydestination = $myhostname,\n  localhost\n")
    (server.etc / "master.cf").write_text((DATA / "config-b" / "master.cf").read_text())
    theirs = subprocess.run(["postconf", "-c", str(server.etc), *words], capture_output=True, text=True, check=True)
    ours = subprocess.run(["postconf", "-c", str(server.etc), *words], capture_output=True, text=True, check=False,
                          executable=str(BINARIES / "postern"))
    if words == ["-H"]:  # names: we know our own besides
        assert set(theirs.stdout.split()) <= set(ours.stdout.split())
    else:
        assert ours.stdout == theirs.stdout
