"""smtpd_sasl_type = dovecot as it is meant: Postern's smtpd asks a real Dovecot, by socket and by TCP."""

import pytest
from harness.dovecot import Dovecot
from harness.ports import free_port
from harness.raw_smtp import RawSmtp, plain_token
from harness.sasl_clients import Login, cell_id, msmtp, smtptest, swaks
from harness.waiting import wait_for_port, wait_until

# DIGEST-MD5 makes Dovecot look for the user in the realm that it offered.
USERS = {"joe": "pencil=2C,{}%", "joe@mail.postern.example": "pencil=2C,{}%", "ann@dest.example": "ein anderes Gehäuse"}
MECHANISMS = ["PLAIN", "LOGIN", "CRAM-MD5", "DIGEST-MD5", "SCRAM-SHA-1", "SCRAM-SHA-256"]
SERVICE = """\
auth_mechanisms = plain login cram-md5 digest-md5 scram-sha-1 scram-sha-256
auth_realms = mail.postern.example
service auth {{
  unix_listener {directory}/login.sock {{
    mode = 0666
  }}
  inet_listener {{
    address = 127.0.0.1
    port = {port}
  }}
}}
"""
CELLS = [(smtptest, mechanism, False) for mechanism in MECHANISMS] + [
    (swaks, "PLAIN", True), (swaks, "LOGIN", True), (swaks, "CRAM-MD5", True), (swaks, "DIGEST-MD5", True),
    (msmtp, "SCRAM-SHA-1", True), (msmtp, "SCRAM-SHA-256", True)]


@pytest.fixture(scope="module")
def dovecot(module_make, module_scratch):
    port = free_port()
    server = Dovecot(module_scratch / "dovecot", USERS,
                     SERVICE.format(directory=module_scratch / "dovecot", port=port))
    server.auth_port = port
    server.socket = server.directory / "login.sock"
    return module_make.keep(server).start()


def start(make, path, **main_cf):
    return make.postern(make.sink().port, smtpd_sasl_type="dovecot", smtpd_sasl_path=path,
                        smtpd_sasl_security_options="noanonymous", **main_cf)


@pytest.fixture(scope="module")
def server(module_make, dovecot):
    return start(module_make, dovecot.socket)


def offered(server):
    with RawSmtp(server.smtps, wrapper=True) as client:
        return next((line.split()[1:] for line in client.ehlo().lines if line[4:].startswith("AUTH ")), [])


def auth(server, user="joe", password=USERS["joe"]):
    with RawSmtp(server.smtps, wrapper=True) as client:
        client.ehlo()
        return client.command("AUTH PLAIN " + plain_token(user, password)).text


@pytest.mark.parametrize("cell", CELLS, ids=cell_id)
def test_login(server, cell):
    client, mechanism, wrapper = cell
    login = Login(server.smtps if wrapper else server.submission, mechanism, "joe", USERS["joe"], wrapper)
    worked, said = client(login)
    assert worked, said
    login.password = "wrong"
    worked, said = client(login)
    assert not worked, said


def test_offer_is_dovecot_s(server):
    assert set(offered(server)) == set(MECHANISMS)


def test_security_options_filter_as_postfix_does_it_for_dovecot(module_make, dovecot):
    """noactive keeps PLAIN here, which it would not under cyrus."""
    server = start(module_make, dovecot.socket, smtpd_sasl_tls_security_options="noanonymous, noactive",
                   smtpd_sasl_mechanism_filter="!login, static:rest")
    assert set(offered(server)) == {"PLAIN", "SCRAM-SHA-1", "SCRAM-SHA-256"}
    server = start(module_make, dovecot.socket, smtpd_sasl_tls_security_options="mutual_auth, nodictionary")
    assert set(offered(server)) == {"SCRAM-SHA-1", "SCRAM-SHA-256"}


def test_names_and_secrets_with_odd_octets(server):
    assert auth(server, "ann@dest.example", USERS["ann@dest.example"]).startswith("235")
    assert auth(server, "joe\tuser=root", "x").startswith("535 5.7.8 Error: authentication failed")
    assert auth(server, "joe\nOK\t1\tuser=root", "x").startswith("535 5.7.8 Error: authentication failed")


def test_the_name_of_the_login_is_dovecot_s(server):
    with RawSmtp(server.smtps, wrapper=True) as client:
        client.ehlo()
        assert client.login("JOE", USERS["joe"]).code == 235
        client.mail("joe@home.example", "anna@dest.example")
        assert client.data("Subject: x\r\n\r\nx\r\n").code == 250
    server.wait_log("sasl_method=PLAIN, sasl_username=joe")


def test_over_tcp(module_make, dovecot):
    server = start(module_make, f"inet:localhost:{dovecot.auth_port}")
    assert auth(server).startswith("235")
    assert auth(server, password="wrong").startswith("535")


def test_a_relative_path_is_below_queue_directory(module_make, dovecot):
    server = start(module_make, "private/dovecot")
    (next(server.directory.rglob("private")) / "dovecot").symlink_to(dovecot.socket)
    assert auth(server).startswith("235")


def test_dovecot_goes_and_comes_back(make, scratch):
    dovecot = Dovecot(scratch / "dovecot", USERS, SERVICE.format(directory=scratch / "dovecot", port=free_port()))
    make.keep(dovecot).start()
    server = start(make, dovecot.directory / "login.sock")
    smtpd = server.pids("smtpd")
    assert auth(server).startswith("235")
    dovecot.stop()
    # Its auth process answers until it is gone itself.
    wait_until(lambda: auth(server).startswith("454 4.7.0 Temporary authentication failure: "), "454 without Dovecot")
    server.wait_log(f"{dovecot.directory}/login.sock")
    dovecot.start()
    wait_for_port(dovecot.port)
    wait_until(lambda: auth(server).startswith("235"), "a login after Dovecot came back")
    assert server.pids("smtpd") == smtpd


def test_without_any_auth_server_mail_goes_on(make, scratch):
    server = start(make, scratch / "nobody")
    with RawSmtp(server.mx) as client:
        assert client.ehlo().code == 250
        assert client.command("MAIL FROM:<a@b.example>").code == 250
    assert auth(server).startswith("454 4.7.0 ")
    server = start(make, "inet:no-such-host.invalid:12345")
    assert auth(server).startswith("454 4.7.0 ")
