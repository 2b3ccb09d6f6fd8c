"""Real Postfix in front of our daemons: its smtpd asks authd as it asks Dovecot, and saslauthd as Cyrus SASL does."""

import shutil
import subprocess
import threading

import pytest
from harness.certificates import make_certificate
from harness.ports import free_port
from harness.postern import PASSWORD
from harness.postfix import Postfix
from harness.raw_smtp import RawSmtp, plain_token
from harness.sasl_clients import Login, cell_id, curl, gsasl, msmtp, nodemailer, python_smtplib, smtptest, swaks
from harness.saslauthd import Saslauthd

WEAK = "cram-md5, digest-md5"
MECHANISMS = {"SCRAM-SHA-512", "SCRAM-SHA-256", "SCRAM-SHA-1", "DIGEST-MD5", "CRAM-MD5", "PLAIN", "LOGIN"}


class LoginPostfix(Postfix):
    """.submission with STARTTLS, .smtps; nobody may relay without a login."""

    def __init__(self, directory, **main_cf):
        directory.mkdir(parents=True)
        certificate, key = make_certificate(directory, "postfix.example")
        self.submission, self.smtps = free_port(), free_port()
        super().__init__(directory, {
            "smtpd_tls_security_level": "may", "smtpd_tls_cert_file": certificate, "smtpd_tls_key_file": key,
            "smtpd_sasl_auth_enable": "yes", "smtpd_tls_auth_only": "yes", "smtpd_sasl_security_options": "noanonymous",
            "smtpd_relay_restrictions": "permit_sasl_authenticated, reject", "mynetworks": "",
            "default_transport": "discard",
        } | main_cf, [f"127.0.0.1:{self.submission} inet n - n - - smtpd",
                      f"127.0.0.1:{self.smtps} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes"])

    def launch(self):
        return self.start(self.submission, self.smtps)


def log_in(server, cell, user="joe", password=PASSWORD):
    client, mechanism, wrapper = cell
    return client(Login(server.smtps if wrapper else server.submission, mechanism, user, password, wrapper))


@pytest.fixture(scope="module")
def postern(module_make):
    server = module_make.postern(authd_failure_delay="0s", authd_store_weak_secrets=WEAK,
                                 authd_mechanisms="scram-sha-256-plus, scram-sha-512, scram-sha-256, scram-sha-1, "
                                                  f"external, anonymous, {WEAK}, plain, login")
    for path in (server.directory, server.directory / "spool" / "private"):
        path.chmod(0o711)  # Postfix's smtpd is not root
    return server


@pytest.fixture(scope="module")
def postfix(module_make, module_scratch, postern):
    return module_make.keep(LoginPostfix(module_scratch / "postfix", smtpd_sasl_type="dovecot",
                                         smtpd_sasl_path=postern.directory / "spool/private/auth")).launch()


AUTHD = [(smtptest, mechanism, wrapper) for mechanism in sorted(MECHANISMS) for wrapper in (False, True)] + [
    (gsasl, "SCRAM-SHA-256", False), (swaks, "DIGEST-MD5", True), (msmtp, "SCRAM-SHA-1", True), (curl, "PLAIN", False),
    (nodemailer, "CRAM-MD5", True), (python_smtplib, "LOGIN", False)]


@pytest.mark.parametrize("cell", AUTHD, ids=cell_id)
def test_authd_serves_postfix(postern, postfix, cell):
    worked, said = log_in(postfix, cell)
    assert worked, said
    postern.wait_log(f"method={cell[1]}, service=smtp, client=127.0.0.1: login accepted")
    worked, said = log_in(postfix, cell, password="wrong")
    assert not worked, said
    assert "fatal" not in postfix.log_text()


def test_what_postfix_could_not_do_it_does_not_offer(postfix):
    """No -PLUS, and by Postfix's own defaults neither EXTERNAL nor ANONYMOUS."""
    with RawSmtp(postfix.smtps, wrapper=True) as client:
        offer = next(line for line in client.ehlo().lines if line[4:].startswith("AUTH "))
        assert set(offer[9:].split()) == MECHANISMS


def test_what_clients_hear_is_what_ours_hear(postern, postfix):
    """The same dialogues at both: codes and texts of AUTH are Postfix's."""
    right, wrong = plain_token("joe", PASSWORD), plain_token("joe", "wrong")
    dialogues = [["AUTH"], ["AUTH A B C"], ["AUTH ROT13"], ["AUTH PLAIN " + wrong], ["AUTH PLAIN", "*"], ["AUTH LOGIN", "*"],
                 ["AUTH SCRAM-SHA-256", "*"], ["AUTH PLAIN " + right, "AUTH PLAIN " + right],
                 ["MAIL FROM:<a@b.example>", "AUTH PLAIN " + right], ["AUTH PLAIN", "A" * 12289],
                 ["AUTH PLAIN !!!!"], ["AUTH LOGIN", "%%%"], ["AUTH PLAIN ="], ["AUTH PLAIN", ""]]
    for dialogue in dialogues:
        heard = []
        for server in (postfix, postern):
            with RawSmtp(server.smtps, wrapper=True) as client:
                client.ehlo()
                replies = [client.command(line) for line in dialogue]
                heard.append([reply.text if reply.code != 334 else "334" for reply in replies])
        assert heard[0] == heard[1], dialogue


def test_postfix_hears_of_a_name_with_a_tab_what_it_may(postern, postfix):
    for name in ("joe\tuser=root", "joe\nOK\t1\tuser=root", "joe\x01t"):
        with RawSmtp(postfix.smtps, wrapper=True) as client:
            client.ehlo()
            assert client.command("AUTH PLAIN " + plain_token(name, "x")).code == 535
    assert "BUG" not in postern.log_text()


def test_a_hundred_at_once(postfix):
    worked = []

    def one(password):
        with RawSmtp(postfix.smtps, wrapper=True, timeout=60) as client:
            client.ehlo()
            worked.append((password == PASSWORD) == (client.command("AUTH PLAIN " + plain_token("joe", password)).code == 235))

    threads = [threading.Thread(target=one, args=(PASSWORD if number % 3 else "wrong",)) for number in range(100)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert worked == [True] * 100


# ---- Cyrus SASL in Postfix, our saslauthd behind it

SECRET = "pencil=2C,{}%"


@pytest.fixture(scope="module")
def with_saslauthd(module_make, module_scratch):
    database = module_scratch / "sasldb2"
    subprocess.run(["/usr/sbin/saslpasswd2", "-p", "-c", "-u", "postfix.example", "-f", str(database), "joe"], input=SECRET,
                   text=True, check=True, timeout=20)
    daemon = module_make.keep(Saslauthd(module_scratch / "saslauthd", "postern", "-a", "sasldb", "-O", str(database))).start()
    server = LoginPostfix(module_scratch / "cyrus", smtpd_sasl_type="cyrus", smtpd_sasl_local_domain="postfix.example")
    (server.etc / "sasl").mkdir()
    (server.etc / "sasl" / "smtpd.conf").write_text(
        f"pwcheck_method: saslauthd\nmech_list: plain login\nsaslauthd_path: {daemon.socket}\n")
    daemon.directory.chmod(0o755)
    shutil.chown(server.etc / "sasl" / "smtpd.conf", "postfix")
    return module_make.keep(server).launch()


CYRUS = [(client, mechanism, wrapper) for client in (swaks, smtptest, msmtp, curl, nodemailer, python_smtplib)
         for mechanism in ("PLAIN", "LOGIN") for wrapper in (False, True)]


@pytest.mark.parametrize("cell", CYRUS, ids=cell_id)
def test_saslauthd_serves_postfix(with_saslauthd, cell):
    for user in ("joe", "joe@postfix.example"):
        worked, said = log_in(with_saslauthd, cell, user, SECRET)
        assert worked, said
    worked, said = log_in(with_saslauthd, cell, "joe", "wrong")
    assert not worked, said
