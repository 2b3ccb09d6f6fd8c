"""Real Exim 4.96 in front of our daemons: authd by its dovecot driver, saslauthd by its condition of that name."""

import subprocess

import pytest
from harness.exim import SASLAUTHD_AUTHENTICATORS, Exim, dovecot_authenticators
from harness.postern import PASSWORD
from harness.raw_smtp import RawSmtp, plain_token
from harness.sasl_clients import Login, cell_id, curl, gsasl, msmtp, nodemailer, python_smtplib, smtptest, swaks
from harness.saslauthd import Saslauthd

WEAK = "cram-md5, digest-md5"
MECHANISMS = ["SCRAM-SHA-512", "SCRAM-SHA-256", "SCRAM-SHA-1", "DIGEST-MD5", "CRAM-MD5", "PLAIN", "LOGIN"]
SECRET = "pencil=2C,{}%"


def log_in(server, cell, password, user="joe"):
    client, mechanism, wrapper = cell
    return client(Login(server.smtps if wrapper else server.submission, mechanism, user, password, wrapper))


@pytest.fixture(scope="module")
def postern(module_make):
    server = module_make.postern(authd_failure_delay="0s", authd_store_weak_secrets=WEAK,
                                 authd_mechanisms=f"scram-sha-512, scram-sha-256, scram-sha-1, {WEAK}, plain, login")
    for path in (server.directory, server.directory / "spool" / "private"):
        path.chmod(0o711)  # Exim does not stay root
    return server


@pytest.fixture(scope="module")
def on_authd(module_make, module_scratch, postern):
    authenticators = dovecot_authenticators(postern.directory / "spool/private/auth", MECHANISMS)
    return module_make.keep(Exim(module_scratch / "exim", authenticators)).start()


AUTHD = [(smtptest, mechanism, wrapper) for mechanism in MECHANISMS for wrapper in (False, True)] + [
    (gsasl, "SCRAM-SHA-256", False), (swaks, "DIGEST-MD5", True), (msmtp, "SCRAM-SHA-1", True), (curl, "PLAIN", False),
    (nodemailer, "CRAM-MD5", True), (python_smtplib, "LOGIN", False)]


@pytest.mark.parametrize("cell", AUTHD, ids=cell_id)
def test_authd_serves_exim(postern, on_authd, cell):
    worked, said = log_in(on_authd, cell, PASSWORD)
    assert worked, said
    postern.wait_log(f"method={cell[1]}, service=smtp, client=127.0.0.1: login accepted")
    worked, said = log_in(on_authd, cell, "wrong")
    assert not worked, said


def test_a_name_with_a_tab_forges_nothing(on_authd):
    for name in ("joe\tuser=root", "joe\nOK\t1\tuser=root", "joe\x01t"):
        with RawSmtp(on_authd.smtps, wrapper=True) as client:
            client.ehlo()
            assert client.command("AUTH PLAIN " + plain_token(name, "x")).code == 535


@pytest.fixture(scope="module")
def on_saslauthd(module_make, module_scratch):
    database = module_scratch / "sasldb2"
    subprocess.run(["/usr/sbin/saslpasswd2", "-p", "-c", "-u", "exim.example", "-f", str(database), "joe"], input=SECRET,
                   text=True, check=True, timeout=20)
    daemon = module_make.keep(Saslauthd(module_scratch / "saslauthd", "postern", "-a", "sasldb", "-O", str(database)))
    daemon.start().directory.chmod(0o755)
    exim = Exim(module_scratch / "exim-2", SASLAUTHD_AUTHENTICATORS, daemon.directory)
    return module_make.keep(exim).start()


CELLS = [(client, mechanism, wrapper) for client in (swaks, smtptest, msmtp, curl, nodemailer, python_smtplib)
         for mechanism in ("PLAIN", "LOGIN") for wrapper in (False, True)]


@pytest.mark.parametrize("cell", CELLS, ids=cell_id)
def test_saslauthd_serves_exim(on_saslauthd, cell):
    worked, said = log_in(on_saslauthd, cell, SECRET)
    assert worked, said
    worked, said = log_in(on_saslauthd, cell, "wrong")
    assert not worked, said
