"""smtpd_sasl_type = cyrus: authd's private/sasl does what smtpd.conf says, with the real saslauthd and saslpasswd2."""

import base64
import re
import socket
import socketserver
import subprocess
import threading
import time

import pytest
from harness import processes
from harness.logins import login, offered, start
from harness.postern import PASSWORD
from harness.raw_smtp import RawSmtp
from harness.waiting import wait_until

SASLAUTHD_CONF = "pwcheck_method: saslauthd\nmech_list: plain login\n"


class _Imap(socketserver.StreamRequestHandler):
    """An IMAP server as far as saslauthd -a rimap goes: one LOGIN."""

    def handle(self):
        self.wfile.write(b"* OK ready\r\n")
        line = self.rfile.readline()
        good = line == b'saslauthd LOGIN "joe" "imap secret"\r\n'
        self.wfile.write(b"saslauthd OK\r\n" if good else b"saslauthd NO wrong\r\n")
        self.rfile.readline()


@pytest.fixture(scope="module")
def saslauthd(module_scratch):
    """The real one; answers the path of its socket."""
    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Imap)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    run = module_scratch / "saslauthd"
    daemon = subprocess.Popen(["/usr/sbin/saslauthd", "-d", "-n", "2", "-a", "rimap", "-r", "-m", str(run),
                               "-O", f"127.0.0.1/{server.server_address[1]}"],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    wait_until((run / "mux").exists, "saslauthd's socket")
    yield run / "mux"
    processes.end(daemon, 10)
    server.shutdown()
    server.server_close()


def gsasl(server, mechanism, user, password):
    """True when GNU SASL's client gets in by that mechanism, over STARTTLS."""
    done = subprocess.run(["gsasl", "--smtp", "--connect", f"127.0.0.1:{server.submission}", "-m", mechanism,
                           "-a", user, "-z", "", "-p", password, "--no-cb", "--x509-ca-file=", "--quality-of-protection=qop-auth",
                           "--realm=mail.postern.example", "--hostname=mail.postern.example", "--service=smtp"],
                          input="", capture_output=True, text=True, timeout=30, check=False)
    return "235 " in done.stdout + done.stderr


def test_passwords_are_checked_by_the_real_saslauthd(make, saslauthd):
    server = start(make, SASLAUTHD_CONF + f"saslauthd_path: {saslauthd}\n")
    assert offered(server) == {"PLAIN", "LOGIN"}
    assert login(server, "joe", "imap secret") == 235
    assert login(server, "joe", "wrong") == 535
    assert login(server, "joe", PASSWORD) == 535, "the accounts are not asked"
    server.wait_log("source=saslauthd")
    assert "imap secret" not in server.log_text()


def test_a_directory_as_saslauthd_path_is_understood(make, saslauthd):
    server = start(make, SASLAUTHD_CONF + f"saslauthd_path: {saslauthd.parent}\n")
    assert login(server, "joe", "imap secret") == 235
    server.wait_log("saslauthd_path is a directory")


def test_without_saslauthd_logins_are_put_off_and_smtpd_lives(make, scratch):
    server = start(make, SASLAUTHD_CONF + f"saslauthd_path: {scratch}/nobody/mux\n")
    assert login(server, "joe", "imap secret") == 454
    server.wait_log(f"cannot connect to saslauthd at {scratch}/nobody/mux")
    with RawSmtp(server.mx) as client:
        assert client.ehlo().code == 250


@pytest.fixture(scope="module")
def sasldb(module_scratch):
    path = module_scratch / "sasldb2"
    subprocess.run(["/usr/sbin/saslpasswd2", "-p", "-c", "-f", str(path), "-u", "mail.postern.example", "joe"],
                   input="db secret", text=True, check=True)
    path.chmod(0o644)
    return path


@pytest.fixture(scope="module")
def with_sasldb(module_make, sasldb):
    return start(module_make, f"pwcheck_method: auxprop\nauxprop_plugin: sasldb\nsasldb_path: {sasldb}\n")


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5", "DIGEST-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256"])
def test_sasldb_serves_every_mechanism(with_sasldb, mechanism):
    assert mechanism in offered(with_sasldb)
    assert gsasl(with_sasldb, mechanism, "joe", "db secret")
    assert not gsasl(with_sasldb, mechanism, "joe", "wrong")
    assert not gsasl(with_sasldb, mechanism, "nobody", "db secret")
    with_sasldb.wait_log(f"method={mechanism}, service=smtp, client=127.0.0.1: login accepted, source=sasldb")


def test_a_broken_file_offers_nothing_and_is_named(make):
    server = start(make, "mech_list: plain\npwcheck_method saslauthd\n")
    assert offered(server) == set()
    server.wait_log("smtpd.conf:2: ")


def test_without_a_file_the_accounts_are_asked(make):
    server = start(make, None)
    assert login(server, "joe", PASSWORD) == 235
    assert login(server, "joe", "wrong") == 535
    server.wait_log("there is no smtpd.conf in ")
    server.wait_log(": private/sasl is served from the accounts")


# ---- the accounts, by every mechanism that they hold verifiers for


@pytest.fixture(scope="module")
def accounts(module_make):
    return module_make.postern(authd_failure_delay="0s")


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "SCRAM-SHA-1", "SCRAM-SHA-256"])
def test_accounts_by_gsasl(accounts, mechanism):
    assert mechanism in offered(accounts)
    assert gsasl(accounts, mechanism, "joe", PASSWORD)
    assert not gsasl(accounts, mechanism, "joe", "wrong")
    assert not gsasl(accounts, mechanism, "nobody", PASSWORD)


class AuthSocket:
    """A front end on authd's own socket."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(60)
        self.socket.connect(str(path))
        self.file = self.socket.makefile("rwb")
        self.greeting = []
        while not self.greeting or self.greeting[-1] != "DONE":
            self.greeting.append(self.hear())
        self.say("VERSION\t1\t2\nCPID\t1")

    def say(self, line):
        self.file.write(line.encode() + b"\n")
        self.file.flush()

    def hear(self):
        return self.file.readline().decode().rstrip("\n")

    def close(self):
        self.file.close()
        self.socket.close()


def salt_of(front_end, number, user):
    first = base64.b64encode(f"n,,n={user},r=abc".encode()).decode()
    front_end.say(f"AUTH\t{number}\tSCRAM-SHA-256\tservice=smtp\tsecured\tresp={first}")
    challenge = base64.b64decode(front_end.hear().split("\t")[2]).decode()
    front_end.say(f"CANCEL\t{number}")
    return re.search(r"s=([^,]*),i=(\d+)", challenge).groups()


def test_unknown_users_have_salts_that_stay_and_look_like_any(make):
    server = make.postern()
    path = next(server.directory.rglob("private/auth"))
    front_end = AuthSocket(path)
    known, nobody, other = (salt_of(front_end, i, u) for i, u in ((1, "joe"), (2, "nobody"), (3, "other")))
    assert known[1] == nobody[1] == other[1] and len(known[0]) == len(nobody[0])
    assert nobody != other and salt_of(front_end, 4, "NOBODY") == nobody
    front_end.close()
    server.stop()
    server.start()
    front_end = AuthSocket(path)
    assert salt_of(front_end, 1, "nobody") == nobody and salt_of(front_end, 2, "joe") == known
    front_end.close()


def test_a_shut_account_is_told_soon(make):
    server = make.postern()
    front_end = AuthSocket(next(server.directory.rglob("private/auth")))
    response = base64.b64encode(f"\0joe\0{PASSWORD}".encode()).decode()
    front_end.say(f"AUTH\t1\tPLAIN\tservice=smtp\tsession=S1\tsecured\tresp={response}")
    assert front_end.hear() == "OK\t1\tuser=joe"
    server.cli("user", "lock", "joe")
    begun = time.monotonic()
    assert front_end.hear().startswith("REVOKED\tjoe")
    assert time.monotonic() - begun < 10
    front_end.say(f"AUTH\t2\tPLAIN\tservice=smtp\tsession=S2\tsecured\tresp={response}")
    assert front_end.hear() == "FAIL\t2\tuser=joe"
    front_end.close()
