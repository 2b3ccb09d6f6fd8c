"""`postern auth test`, `postern log logins`, and what `postern check` says of Cyrus SASL's configuration."""

import subprocess

import pytest
from harness import processes
from harness.dovecot import Dovecot
from harness.journal import Journal
from harness.ports import free_port
from harness.postern import PASSWORD
from harness.raw_smtp import RawSmtp, plain_token
from harness.system_service import SystemService
from harness.waiting import wait_until


def auth_test(server, user, *words, password=PASSWORD):
    return server.cli("auth", "test", user, "--password-stdin", *words, stdin=password + "\n", check=False)


def logins(server, *words):
    return server.cli("log", "logins", "--file", str(server.log), *words).stdout


@pytest.fixture(scope="module")
def server(module_make):
    return module_make.postern(authd_failure_delay="0s")


def test_a_login_that_works_is_shown_step_by_step(server):
    done = auth_test(server, "joe")
    assert done.returncode == 0, done.stdout + done.stderr
    for words in ["smtpd_sasl_path = private/auth", "main.cf:", "master.cf:", "can connect to it", "mode 06",
                  "asked in this order: accounts", "accounts.sqlite", "offered to a client under TLS: SCRAM",
                  "not offered, and not asked for by name: ", 'source accounts: the password is right: account "joe"',
                  "login by PLAIN: the client gets: 235 2.7.0 Authentication successful"]:
        assert words in done.stdout, f"{words!r} in\n{done.stdout}"
    assert PASSWORD not in done.stdout + done.stderr + server.log_text()


def test_every_mechanism_can_be_tried(server):
    done = auth_test(server, "joe", "--mech", "all")
    assert done.returncode == 0, done.stdout
    for mechanism in ["PLAIN", "LOGIN", "SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512", "SCRAM-SHA-256-PLUS"]:
        assert f"login by {mechanism}: the client gets: 235" in done.stdout, done.stdout


@pytest.mark.parametrize("mechanism", ["scram-sha-1", "scram-sha-256-plus", "scram-sha-512-plus"])
def test_what_a_mechanism_needs_is_found(server, mechanism):
    done = auth_test(server, "joe", "--mech", mechanism)
    assert done.returncode == 0, done.stdout
    assert f"source accounts: holds {mechanism.upper()} keys of " in done.stdout
    assert f"login by {mechanism.upper()}: the client gets: 235" in done.stdout


def test_a_wrong_password_is_explained_to_the_administrator_only(server):
    done = auth_test(server, "joe", "--mech", "scram-sha-256", password="wrong")
    assert done.returncode == 1
    assert "source accounts: wrong_password: the password is wrong" in done.stdout
    assert "holds SCRAM-SHA-256 keys of 1 credential" in done.stdout
    assert "the client gets: 535 5.7.8 Error: authentication failed: (reason unavailable), session=" in done.stdout
    session = done.stdout.split("session=")[1].split()[0]
    wait_until(lambda: f"{session}: user=joe, method=SCRAM-SHA-256" in server.log_text(), "authd's line")


def test_the_reason_of_a_refusal_is_named(server):
    server.cli("user", "add", "ann", "--password-stdin", stdin=PASSWORD + "\n")
    server.cli("user", "lock", "ann")
    assert "locked: the account is locked" in auth_test(server, "ann").stdout
    assert "unknown_user: nobody has an account of that name" in auth_test(server, "nobody").stdout
    app = server.cli("user", "app", "add", "joe", "tablet", "--scope", "imap").stdout
    password = next(word for word in app.split() if word.count("-") >= 3)
    assert "scope_refused" in auth_test(server, "joe", password=password).stdout
    assert auth_test(server, "joe", "--service", "imap", password=password).returncode == 0


def test_the_configuration_alone_needs_no_password(server):
    done = server.cli("auth", "test", "joe", "--no-login", check=False)
    assert done.returncode == 0 and "login by" not in done.stdout, done.stdout
    done = server.cli("auth", "test", "joe", "--no-login", "--no-tls", check=False)
    assert done.returncode == 1 and "smtpd_tls_auth_only = yes" in done.stdout


def test_a_wrong_command_line_is_told(server):
    for words in ([], ["test"], ["test", "joe", "secret"], ["test", "joe", "--mech"]):
        assert server.cli("auth", *words, check=False).returncode == 2


def test_options_that_leave_mechanisms_out_are_named(make):
    server = make.postern(start=False, smtpd_sasl_tls_security_options="noanonymous, noplaintext",
                          smtpd_sasl_mechanism_filter="!scram-sha-1, static:all")
    done = auth_test(server, "joe", "--mech", "plain")
    assert "PLAIN is not offered: noplaintext in smtpd_sasl_tls_security_options (" in done.stdout
    assert "SCRAM-SHA-1 is not offered: smtpd_sasl_mechanism_filter (" in done.stdout
    assert "authentication failed: Invalid authentication mechanism" in done.stdout and done.returncode == 1


def test_it_works_without_a_server(make):
    server = make.postern(start=False)
    done = auth_test(server, "joe")
    assert done.returncode == 0, done.stdout
    assert "is made when the server starts" in done.stdout and "the password is right" in done.stdout
    assert "not tried: the server does not run" in done.stdout
    assert auth_test(server, "joe", password="wrong").returncode == 1


# ---- Cyrus's way


@pytest.fixture
def cyrus(make, scratch):
    def start(smtpd_conf, run=False, **main_cf):
        server = make.postern(start=False, smtpd_sasl_type="cyrus", smtpd_sasl_path="smtpd", authd_failure_delay="0s",
                              **main_cf)
        (server.etc / "sasl").mkdir()
        (server.etc / "sasl" / "smtpd.conf").write_text(smtpd_conf)
        return make.keep(server).start() if run else server

    return start


@pytest.fixture
def sasldb(scratch):
    path = scratch / "sasldb2"
    subprocess.run(["/usr/sbin/saslpasswd2", "-p", "-c", "-f", str(path), "-u", "example.org", "joe"],
                   input="db secret", text=True, check=True)
    path.chmod(0o640)
    return path


def test_names_and_realms_are_shown_as_they_are_rewritten(cyrus, sasldb):
    server = cyrus(f"pwcheck_method: auxprop\nauxprop_plugin: sasldb\nsasldb_path: {sasldb}\nmech_list: plain cram-md5\n",
                   run=True, smtpd_sasl_local_domain="example.org")
    done = auth_test(server, "joe", password="db secret")
    assert done.returncode == 0, done.stdout
    for words in [f"read from {server.etc}/sasl/smtpd.conf", 'smtpd.conf:1)', '"joe" becomes "joe@example.org"',
                  'user "joe", realm "example.org" (split at the first @', str(sasldb), "not offered, and not asked for by name: ",
                  "login by PLAIN: the client gets: 235"]:
        assert words in done.stdout, f"{words!r} in\n{done.stdout}"
    done = auth_test(server, "joe@elsewhere.example", "--mech", "cram-md5", password="db secret")
    assert done.returncode == 1 and "unknown_user" in done.stdout, done.stdout


def test_a_saslauthd_that_is_away_is_named_with_its_remedy(cyrus, scratch):
    server = cyrus(f"pwcheck_method: saslauthd\nmech_list: plain\nsaslauthd_path: {scratch}/run/mux\n", run=True)
    done = auth_test(server, "joe")
    assert done.returncode == 1
    assert f"{scratch}/run/mux cannot be reached" in done.stdout and "start saslauthd" in done.stdout
    assert "store_unavailable" in done.stdout
    assert "the client gets: 454 4.7.0 Temporary authentication failure" in done.stdout
    found = server.cli("check", check=False)
    assert found.returncode == 2 and "smtpd.conf:3: error: saslauthd's socket" in found.stdout + found.stderr


def test_the_real_saslauthd_answers(cyrus, scratch):
    daemon = subprocess.Popen(["/usr/sbin/saslauthd", "-d", "-a", "getpwent", "-m", str(scratch / "run")],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        wait_until((scratch / "run" / "mux").exists, "saslauthd's socket")
        server = cyrus(f"pwcheck_method: saslauthd\nsaslauthd_path: {scratch}/run/mux\n")
        done = auth_test(server, "nobody-of-that-name@example.org")
        assert 'realm "example.org" (split at the last @)' in done.stdout
        assert "source saslauthd: " in done.stdout and "says NO" in done.stdout, done.stdout
    finally:
        processes.end(daemon, 10)


@pytest.mark.parametrize(("text", "words"), [
    ("mech_list plain\n", "smtpd.conf:1: error: "),
    ("pwcheck_method: saslauth\n", 'smtpd.conf:1: error: pwcheck_method: there is no method "saslauth"'),
    ("pwcheck_method: saslauthd\nmech_list: plain gssapi\nsaslauthd_path: /nowhere/mux\n",
     "smtpd.conf:2: warning: gssapi is not offered: there is no keytab"),
])
def test_check_speaks_of_the_file(cyrus, text, words):
    found = cyrus(text).cli("check", check=False)
    assert words in found.stdout + found.stderr, found.stdout + found.stderr


def test_a_sasldb2_that_the_daemon_cannot_read_is_named(cyrus, sasldb):
    server = cyrus(f"auxprop_plugin: sasldb\nsasldb_path: {sasldb}\n")
    (server.directory / "spool").mkdir(exist_ok=True)  # its owner is whom the programs run as
    subprocess.run(["chown", "-R", "nobody:nogroup", str(server.directory)], check=True)
    found = server.cli("check", check=False)
    assert f"{sasldb} belongs to root:" in found.stdout + found.stderr, found.stdout + found.stderr
    assert "nobody may not read it" in found.stdout + found.stderr


# ---- another program's socket


@pytest.mark.parametrize("by", ["socket", "TCP"])
def test_a_real_dovecot_is_asked_as_smtpd_asks_it(make, scratch, by):
    port = free_port()
    place = f"inet:127.0.0.1:{port}" if by == "TCP" else str(scratch / "dovecot" / "login.sock")
    make.keep(Dovecot(scratch / "dovecot", {"joe": "pencil"}, f"""\
auth_mechanisms = plain login cram-md5
service auth {{
  unix_listener {scratch}/dovecot/login.sock {{
    mode = 0666
  }}
  inet_listener {{
    address = 127.0.0.1
    port = {port}
  }}
}}
""").start())
    server = make.postern(smtpd_sasl_type="dovecot", smtpd_sasl_path=place)
    done = auth_test(server, "joe", "--mech", "all", password="pencil")
    assert done.returncode == 0, done.stdout
    assert "another program" in done.stdout and "SCRAM-SHA-1" in done.stdout
    for mechanism in ["PLAIN", "LOGIN", "CRAM-MD5"]:
        assert f'login by {mechanism}: the client gets: 235 2.7.0 Authentication successful; it is "joe"' in done.stdout
    assert log_in(server, "joe", "wrong") == 535
    server.wait_log("sasl_username=joe")
    assert "joe was not let in by PLAIN from" in logins(server) and "[refused]" in logins(server)
    found = server.cli("check", check=False)
    assert "smtpd_sasl" not in found.stdout + found.stderr, found.stdout


# ---- the log


def log_in(server, user, password):
    with RawSmtp(server.submission) as client:
        client.ehlo()
        client.starttls()
        client.ehlo()
        return client.command("AUTH PLAIN " + plain_token(user, password)).code


def test_logins_are_listed_with_a_sentence_each(make):
    server = make.postern(authd_failure_delay="0s")
    assert log_in(server, "joe", PASSWORD) == 235
    assert log_in(server, "joe", "wrong") == 535
    assert log_in(server, "x, method=PLAIN, service=smtp, client=1.1.1.1: login accepted", "wrong") == 535
    server.wait_log("sasl_username=x")
    text = logins(server)
    assert "joe logged in by PLAIN at smtp from " in text and "[127.0.0.1]" in text
    assert "joe was not let in by PLAIN at smtp from " in text
    assert "the password is wrong [wrong_password by accounts]" in text and "-> correct it" in text
    assert "logged in" not in logins(server, "--failed")
    assert text.count("\n") > logins(server, "--user", "joe").count("\n") > 0
    assert "1.1.1.1: login accepted was not let in" in text and "from 1.1.1.1" not in text
    assert logins(server, "--since", "1h") == text
    assert server.cli("log", "logins", "--since", "yesterday", check=False).returncode == 2


def test_the_log_file_of_the_configuration_is_read(make):
    server = make.postern(authd_failure_delay="0s", maillog_file="mail.log")
    assert log_in(server, "joe", PASSWORD) == 235
    wait_until(lambda: "joe logged in" in server.cli("log", "logins", check=False).stdout, "the login in the log")


# ---- a system service: root asks, and another user serves


@pytest.fixture
def service(scratch):
    made = SystemService(scratch)
    try:
        yield made
    finally:
        made.stop()


def test_the_journal_is_read(service):
    Journal(service).start()
    service.init(authd_failure_delay="0s")
    service.start()
    service.add_account("joe")
    assert log_in(service, "joe", PASSWORD) == 235
    assert log_in(service, "joe", "wrong") == 535

    def listed():
        service.run("journalctl", "--sync")
        return service.cli("log", "logins", "--since", "1h").stdout

    wait_until(lambda: "joe logged in by PLAIN" in listed() and "[wrong_password by accounts]" in listed(), "the logins")
    assert service.cli("log", "logins", "--user", "ann").stdout == ""


def test_a_saslauthd_whose_directory_is_shut_is_named_with_the_group_to_join(service):
    service.init(smtpd_sasl_type="cyrus", smtpd_sasl_path="smtpd", authd_failure_delay="0s",
                 maillog_file="/srv/postern/mail.log", maillog_file_prefixes="/srv")
    service.path("/srv/postern/etc/sasl").mkdir()
    service.path("/srv/postern/etc/sasl/smtpd.conf").write_text(
        "pwcheck_method: saslauthd\nmech_list: plain login\nsaslauthd_path: /srv/sasl/mux\n")
    service.run("install", "-d", "-m", "0710", "-o", "root", "-g", "sasl", "/srv/sasl")
    service.spawn("/usr/sbin/saslauthd", "-d", "-a", "shadow", "-m", "/srv/sasl", stdout=subprocess.DEVNULL,
                  stderr=subprocess.DEVNULL, start_new_session=True)  # it signals its whole group
    service.add_system_user("ann")
    service.run("chpasswd", stdin=f"ann:{PASSWORD}\n")
    wait_until(service.path("/srv/sasl/mux").exists, "saslauthd's socket")
    service.start()
    trouble = "/srv/sasl belongs to root:sasl, mode 0710, and postern may not go through it"
    remedy = "put postern into its group (adduser postern sasl)"
    done = service.cli("auth", "test", "ann", "--password-stdin", stdin=PASSWORD + "\n", check=False)
    assert done.returncode == 1
    assert trouble in done.stdout and remedy in done.stdout, done.stdout
    assert "source saslauthd: the password is right" in done.stdout, done.stdout
    assert "the client gets: 454 4.7.0" in done.stdout, done.stdout
    found = service.cli("check", check=False)
    assert trouble in found.stdout + found.stderr and remedy in found.stdout + found.stderr

    service.run("adduser", "postern", "sasl")
    service.cli("stop")
    service.start()
    done = service.cli("auth", "test", "ann", "--password-stdin", stdin=PASSWORD + "\n", check=False)
    assert done.returncode == 0, done.stdout
