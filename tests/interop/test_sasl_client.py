"""Our smtp program logs in at real servers: Postfix with Cyrus SASL, by every mechanism that both speak."""

import shutil
import subprocess
import urllib.parse

import pytest
from harness.certificates import make_certificate
from harness.key_stores import TableServer
from harness.ports import free_port
from harness.postern import BINARIES, PASSWORD
from harness.postfix import maildir_messages, maildir_next_hop
from harness.raw_smtp import RawSmtp
from harness.waiting import wait_until

REALM = "postfix.example"
SECRET = "pencil=2C,{}%"
MECHANISMS = ["SCRAM-SHA-512", "SCRAM-SHA-256", "SCRAM-SHA-1", "DIGEST-MD5", "CRAM-MD5", "NTLM", "PLAIN", "LOGIN"]


class CyrusNextHop:
    """Postfix that relays for nobody but tim, whose password is in a sasldb2 of its own."""

    def __init__(self, directory, mechanisms):
        self.port = free_port()
        directory.mkdir(parents=True)
        self.postfix = maildir_next_hop(
            directory / "postfix", self.port, ["dest.example"], tls=make_certificate(directory, "postfix.example"),
            smtpd_sasl_auth_enable="yes", smtpd_sasl_local_domain=REALM, smtpd_sasl_security_options="noanonymous",
            smtpd_relay_restrictions="permit_sasl_authenticated, reject")
        sasl = self.postfix.etc / "sasl"  # where Debian's Postfix looks; it ignores cyrus_sasl_config_path
        sasl.mkdir()
        (sasl / "smtpd.conf").write_text("pwcheck_method: auxprop\nauxprop_plugin: sasldb\n"
                                         f"sasldb_path: {sasl}/sasldb2\nmech_list: {' '.join(mechanisms)}\n")
        subprocess.run(["saslpasswd2", "-p", "-c", "-u", REALM, "-f", str(sasl / "sasldb2"), "tim"], input=SECRET,
                       text=True, check=True, timeout=20)
        shutil.chown(sasl / "sasldb2", "postfix")

    def start(self):
        self.postfix.start(self.port)
        return self

    def stop(self):
        self.postfix.stop()

    def methods(self):
        """How each client has logged in, in order."""
        return [line.split("sasl_method=")[1].split(",")[0] for line in self.postfix.log_text().splitlines()
                if "sasl_method=" in line]


def sender(make, port, password=SECRET, **parameters):
    login = {"smtp_sasl_auth_enable": "yes", "smtp_tls_security_level": "may"}
    server = make.postern(port, start=False)
    table = server.etc / "passwords"
    table.write_text(f"127.0.0.1 tim:{password}\n")
    server.set(**(login | {"smtp_sasl_password_maps": f"texthash:{table}"} | parameters))
    return make.keep(server).start()


def submit(server):
    with RawSmtp(server.smtps, wrapper=True) as client:
        client.secure_login("joe", PASSWORD).mail("joe@home.example", "anna@dest.example")
        assert client.data("Subject: test\r\n\r\nhello\r\n").code == 250


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_every_mechanism(make, scratch, mechanism):
    hop = make.keep(CyrusNextHop(scratch / "hop", [mechanism])).start()
    server = sender(make, hop.port, smtp_sasl_tls_security_options="noanonymous")
    submit(server)
    wait_until(lambda: maildir_messages(hop.postfix.directory), f"the mail by {mechanism}\n{server.log_text()}")
    assert hop.methods() == [mechanism]


CHOICES = {
    "the strongest": ({}, "SCRAM-SHA-512"),
    "filtered": ({"smtp_sasl_mechanism_filter": "plain, cram-md5"}, "CRAM-MD5"),
    "plaintext under TLS by postern init": ({"smtp_sasl_mechanism_filter": "plain, login"}, "PLAIN"),
    "no plaintext by Postfix's default": ({"smtp_sasl_mechanism_filter": "plain, login",
                                           "smtp_sasl_tls_security_options": "$smtp_sasl_security_options"}, None),
    "plaintext under TLS when told": ({"smtp_sasl_mechanism_filter": "!scram-sha-512, plain, login",
                                       "smtp_sasl_tls_security_options": "noanonymous"}, "PLAIN"),
    "never without TLS": ({"smtp_sasl_mechanism_filter": "plain", "smtp_tls_security_level": "none",
                           "smtp_sasl_tls_security_options": "noanonymous"}, None),
    "mutual_auth": ({"smtp_sasl_mechanism_filter": "cram-md5, digest-md5",
                     "smtp_sasl_tls_security_options": "noanonymous, mutual_auth"}, "DIGEST-MD5"),
}


@pytest.mark.parametrize("name", CHOICES)
def test_choice(make, scratch, name):
    parameters, mechanism = CHOICES[name]
    hop = make.keep(CyrusNextHop(scratch / "hop", MECHANISMS)).start()
    server = sender(make, hop.port, **parameters)
    submit(server)
    if mechanism is None:
        server.wait_log("offered no compatible authentication mechanisms for this type of connection security")
        assert not hop.methods()
    else:
        wait_until(lambda: maildir_messages(hop.postfix.directory), f"the mail by {mechanism}\n{server.log_text()}")
        assert hop.methods() == [mechanism]


def test_passwords_and_tls_that_another_program_knows(make, scratch):
    """The smtp program waits for it without standing still."""
    hop = make.keep(CyrusNextHop(scratch / "hop", ["PLAIN"])).start()

    def table(value):
        found = b"200 " + urllib.parse.quote(value).encode() + b"\n"
        served = make.keep(TableServer(lambda line: found if line.split() == [b"get", b"127.0.0.1"] else b"500 none\n"))
        return served, f"tcp:127.0.0.1:{served.port}"

    passwords, tls = table(f"tim:{SECRET}"), table("MUST_NOPEERMATCH")
    server = make.keep(make.postern(hop.port, start=False, smtp_sasl_auth_enable="yes", smtp_sasl_password_maps=passwords[1],
                                    smtp_tls_security_level="none", smtp_tls_per_site=tls[1],
                                    smtp_sasl_tls_security_options="noanonymous")).start()
    submit(server)
    wait_until(lambda: maildir_messages(hop.postfix.directory), f"the mail\n{server.log_text()}")
    assert hop.methods() == ["PLAIN"]
    assert passwords[0].requests and tls[0].requests


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_wrong_password_defers(make, scratch, mechanism):
    hop = make.keep(CyrusNextHop(scratch / "hop", [mechanism])).start()
    server = sender(make, hop.port, password="wrong", smtp_sasl_tls_security_options="noanonymous")
    submit(server)
    server.wait_log("SASL authentication failed; server 127.0.0.1[127.0.0.1] said: 535 5.7.8 ")
    assert "wrong" not in server.log_text().replace("wrong_", "")


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_probe(make, scratch, mechanism):
    hop = make.keep(CyrusNextHop(scratch / "hop", [mechanism])).start()
    words = [str(BINARIES / "postern"), "probe", f"127.0.0.1:{hop.port}", "--any-certificate", "--user", "tim",
             "--password-stdin"]
    done = subprocess.run(words, input=SECRET + "\n", text=True, capture_output=True, timeout=60, check=False)
    assert f"{mechanism}: 235 2.7.0 Authentication successful" in done.stdout, done.stdout + done.stderr
    wrong = subprocess.run(words, input="wrong\n", text=True, capture_output=True, timeout=60, check=False)
    assert "wrong user name or password" in wrong.stdout, wrong.stdout + wrong.stderr
