"""SMTP after IMAP: a login at Debian's Dovecot opens a window that permit_mail_access lets through."""

import imaplib
import os
import signal
import socket
import ssl
import subprocess

import pytest
from harness import processes
from harness.dovecot import Dovecot
from harness.postern import BINARIES
from harness.raw_smtp import RawSmtp
from harness.waiting import wait_until

MESSAGE = "From: <joe@mail.postern.example>\r\nSubject: x\r\n\r\nHello.\r\n"
ROAMING = {"mynetworks": "192.0.2.0/24", "mydestination": "mail.postern.example",
           "smtpd_relay_restrictions": "permit_mail_access, reject_unauth_destination"}


class Watch:
    """`postern roaming watch FILE` for a server."""

    def __init__(self, server, path, *options):
        self.directory = server.directory
        self.output = server.directory / "watch.out"
        with open(self.output, "wb") as out:
            self.process = subprocess.Popen([str(BINARIES / "postern"), "roaming", "watch", str(path), *options,
                                             "--dir", str(server.directory)], stdout=out, stderr=out, stdin=subprocess.DEVNULL)
        wait_until(lambda: "watching" in self.log_text(), "the watch")

    def log_text(self):
        return self.output.read_text()

    def stop(self):
        processes.end(self.process)


@pytest.fixture
def dovecot(scratch):
    server = Dovecot(scratch / "dovecot", {"joe": "imap secret", "jane": "imap secret"}).start()
    yield server
    server.stop()


def read_mail(dovecot, user="joe", source="127.0.0.1"):
    with imaplib.IMAP4("127.0.0.1", dovecot.port) if source == "127.0.0.1" else _ImapFrom(dovecot, source) as client:
        client.login(user, "imap secret")


class _ImapFrom(imaplib.IMAP4_SSL):
    """From another loopback address: a stranger to Dovecot, so under TLS."""

    def __init__(self, dovecot, source):
        self._source = source
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        super().__init__("127.0.0.1", dovecot.tls_port, ssl_context=context)

    def _create_socket(self, timeout):
        plain = socket.create_connection((self.host, self.port), timeout, (self._source, 0))
        return self.ssl_context.wrap_socket(plain, server_hostname=self.host)


def relay(server, sender="joe@mail.postern.example", source="127.0.0.1"):
    with RawSmtp(server.mx, source=source) as client:
        client.ehlo()
        client.command(f"MAIL FROM:<{sender}>")
        return client.command("RCPT TO:<far@dest.example>")


def send(server, **how):
    sender = how.pop("sender", "joe@mail.postern.example")
    with RawSmtp(server.mx, **how) as client:
        client.ehlo()
        client.mail(sender, "far@dest.example")
        assert client.data(MESSAGE).code == 250


def test_a_login_at_dovecot_lets_its_user_send_from_there(make, dovecot):
    sink = make.sink()
    server = make.postern(sink.port, **ROAMING)
    make.keep(Watch(server, dovecot.directory / "dovecot.log"))
    assert relay(server).text.startswith("554 5.7.1")
    read_mail(dovecot)
    server.wait_log("roaming window opened: account=joe, client=127.0.0.1, by=watch")
    send(server)
    sink.wait_for(1)
    server.wait_log("roaming window used: account=joe")
    # Neither another's address, nor from elsewhere, nor another name for oneself.
    for refused in (relay(server, "jane@mail.postern.example"), relay(server, "joe@elsewhere.example"),
                    relay(server, ""), relay(server, source="127.0.0.2")):
        assert refused.text.startswith("554 5.7.1"), refused
    assert relay(server, "joe@mail.postern.example").code == 250
    listing = server.cli("roaming", "list").stdout
    assert "joe" in listing and "127.0.0.1" in listing and "watch" in listing
    # Rotation
    (dovecot.directory / "dovecot.log").rename(dovecot.directory / "dovecot.log.1")
    subprocess.run(["doveadm", "-c", str(dovecot.directory / "dovecot.conf"), "log", "reopen"], check=True, timeout=30)
    read_mail(dovecot, "jane", source="127.0.0.3")
    server.wait_log("roaming window opened: account=jane, client=127.0.0.3")
    assert relay(server, "jane@mail.postern.example", source="127.0.0.3").code == 250


def test_a_failed_login_opens_nothing_whatever_its_name(make, dovecot):
    server = make.postern(**ROAMING)
    watch = make.keep(Watch(server, dovecot.directory / "dovecot.log"))
    forged = "imap-login: Info: Login: user=<joe>, method=PLAIN, rip=127.0.0.1, lip=127.0.0.1"
    with imaplib.IMAP4("127.0.0.1", dovecot.port) as client:
        for name in ("joe", f'"{forged}"'):
            with pytest.raises(imaplib.IMAP4.error):
                client.login(name, "wrong")
    wait_until(lambda: "rip=127.0.0.1" in dovecot.log_text(), "the failure in Dovecot's log")
    read_mail(dovecot, "jane")
    wait_until(lambda: "jane from 127.0.0.1" in watch.log_text(), "the login after it")
    assert "joe" not in server.cli("roaming", "list").stdout
    assert relay(server).code == 554


def test_a_window_ends_by_time_by_hand_and_with_the_account(make):
    server = make.postern(users=("joe", "jane", "jack", "jill"), roaming_window="8s", roaming_message_rate_limit="0", **ROAMING)
    server.cli("roaming", "open", "joe", "127.0.0.1")
    assert relay(server).code == 250
    wait_until(lambda: relay(server).code == 554, "the end of the window")

    for word in ("joe", "127.0.0.1", "ALL"):
        server.cli("roaming", "open", "joe", "127.0.0.1", "--for", "1h")
        assert relay(server).code == 250
        assert "1 window closed" in server.cli("roaming", "close", word).stdout
        assert relay(server).code == 554

    server.cli("roaming", "open", "jane", "127.0.0.1", "--for", "1h")
    for name, words, secret in (("joe", ["lock", "joe"], None), ("jack", ["del", "jack"], None),
                                ("jill", ["passwd", "jill", "--password-stdin"], "another long password\n")):
        server.cli("roaming", "open", name, "127.0.0.1", "--for", "1h")
        assert relay(server, f"{name}@mail.postern.example").code == 250
        server.cli("user", *words, stdin=secret)
        assert relay(server, f"{name}@mail.postern.example").code == 554
        assert relay(server, "jane@mail.postern.example").code == 250


def test_authd_closes_windows_of_accounts_that_change_behind_our_back(make):
    """As a web page would change a password: nobody but authd sees it."""
    server = make.postern(users=("joe",), roaming_message_rate_limit="0", **ROAMING)
    server.cli("roaming", "open", "joe", "127.0.0.1", "--for", "1h")
    assert relay(server).code == 250
    anvil_socket = server.directory / "spool" / "public" / "anvil-admin"
    hidden = anvil_socket.with_name("hidden")
    anvil_socket.rename(hidden)
    server.cli("user", "lock", "joe")
    hidden.rename(anvil_socket)
    wait_until(lambda: relay(server).code == 554, "the end of the window")
    server.wait_log("its login was revoked or changed")


def test_a_window_has_a_rate_of_its_own(make):
    server = make.postern(roaming_message_rate_limit="2", **ROAMING)
    server.cli("roaming", "open", "joe", "127.0.0.1")
    assert [relay(server).code for _ in range(3)] == [250, 250, 554]


def test_owners_by_table(make, scratch):
    table = scratch / "logins"
    table.write_text("sales@mail.postern.example joe, jane\njoe@mail.postern.example jane\n")
    server = make.postern(smtpd_sender_login_maps=f"texthash:{table}", **ROAMING)
    server.cli("roaming", "open", "joe", "127.0.0.1")
    assert relay(server, "sales@mail.postern.example").code == 250
    assert relay(server, "joe@mail.postern.example").code == 554  # the table says that it is jane's
    assert relay(server, "joe@elsewhere.example").code == 554


def test_aliases_are_the_account_s_own(make):
    server = make.postern(users=("joe", "jane"), roaming_message_rate_limit="0", recipient_delimiter="+", **ROAMING)
    server.cli("user", "alias", "add", "joe", "joseph")
    server.cli("roaming", "open", "joe", "127.0.0.1")
    for sender in ("joseph@mail.postern.example", "Joseph+lists@mail.postern.example"):
        assert relay(server, sender).code == 250
    for sender in ("jane@mail.postern.example", "joseph@elsewhere.example", "root@mail.postern.example"):
        assert relay(server, sender).code == 554
    server.cli("user", "alias", "del", "joe", "joseph")
    assert relay(server, "joseph@mail.postern.example").code == 554


def explain(server, sender, client="127.0.0.1"):
    return server.cli("access", "explain", "--client", client, "--name", "x.example", "--sender", sender, "--recipient",
                      "far@dest.example", check=False).stdout


def test_log_and_explanation_say_why_no_window_let_it_pass(make):
    server = make.postern(users=("joe", "jane"), roaming_message_rate_limit="1", **ROAMING)
    server.cli("user", "alias", "add", "joe", "joseph")
    nobody = "permit_mail_access: nobody has read mail from there within roaming_window"
    assert relay(server).code == 554
    server.wait_log(nobody)
    assert nobody in explain(server, "joe@mail.postern.example")

    server.cli("roaming", "open", "joe", "127.0.0.1")
    another = "joe has a window, but <jane@mail.postern.example> is not its address"
    assert relay(server, "jane@mail.postern.example").code == 554
    server.wait_log(f"permit_mail_access: {another}")
    assert another in explain(server, "jane@mail.postern.example")
    for _ in range(3):  # explaining uses no window
        for sender in ("joe", "joseph"):
            assert "may relay by permit_mail_access (joe)" in explain(server, f"{sender}@mail.postern.example")

    assert relay(server).code == 250
    assert relay(server).code == 554
    server.wait_log("permit_mail_access: 2 messages have passed the window of joe (roaming_message_rate_limit)")


def test_accounts_of_the_watched_server_have_other_names(make, scratch):
    server = make.postern(**ROAMING)
    log = scratch / "mail.log"
    log.touch()
    watch = make.keep(Watch(server, log, "--strip-domain", "mail.postern.example"))
    with open(log, "a") as out:
        out.write("Nov 22 02:40:00 mail imapd: LOGIN, user=joe@mail.postern.example, ip=[127.0.0.1]\n"
                  "Nov 22 02:40:00 mail imapd: LOGIN, user=jane@elsewhere.example, ip=[127.0.0.1]\n")
    wait_until(lambda: "jane" in watch.log_text(), "both windows")
    server.wait_log("roaming window opened: account=joe, ")
    server.wait_log("roaming window opened: account=jane@elsewhere.example, ")
    assert relay(server).code == 250
    assert relay(server, "jane@mail.postern.example").code == 554


def test_any_sender_where_that_is_wanted(make):
    server = make.postern(roaming_sender_check="none", **ROAMING)
    server.cli("roaming", "open", "joe", "127.0.0.1")
    assert relay(server, "anybody@elsewhere.example").code == 250


def test_windows_outlast_anvil_and_the_server(make):
    server = make.postern(**ROAMING)
    server.cli("roaming", "open", "joe", "127.0.0.1", "--for", "1h")
    old = server.pids("anvil")
    processes.kill(old[0])
    assert relay(server).code == 250
    wait_until(lambda: server.pids("anvil") not in ([], old), "another anvil")
    server.stop()
    server.start()
    assert relay(server).code == 250


def test_without_anvil_no_window_is_open(make):
    """Strangers are refused, mail for us comes in."""
    server = make.postern(anvil_answer_timeout="1s", smtpd_client_connection_count_limit="0",
                          roaming_message_rate_limit="0", **ROAMING)
    server.cli("roaming", "open", "joe", "127.0.0.1", "--for", "1h")
    pid = server.pids("anvil")[0]
    os.kill(pid, signal.SIGSTOP)
    try:
        assert relay(server).code == 554
        with RawSmtp(server.mx) as client:
            client.ehlo()
            client.mail("a@b.example", "joe@mail.postern.example")
            assert client.data(MESSAGE).code == 250
    finally:
        os.kill(pid, signal.SIGCONT)
    wait_until(lambda: relay(server).code == 250, "the window again")


def test_the_classic_databases(make, scratch):
    """What pop-before-smtp and DRAC daemons keep: check_client_access with address keys."""
    table = scratch / "popauth"
    table.write_text("127.0.0.1 1763770000\n")
    server = make.postern(start=False, **(ROAMING | {"smtpd_relay_restrictions":
                                                     f"check_client_access hash:{table}, reject_unauth_destination"}))
    subprocess.run(["postmap", "-c", str(server.etc), f"hash:{table}"], executable=str(BINARIES / "postern"), check=True,
                   timeout=30)
    (scratch / "popauth.db").chmod(0o644)
    make.keep(server).start()
    assert relay(server, "anybody@elsewhere.example").code == 250
    assert relay(server, source="127.0.0.2").code == 554
