"""Logins in every shape that clients send them, and logins when authd is not there."""

import base64

import pytest
from harness import processes
from harness.auth_socket import AuthSocket
from harness.postern import PASSWORD
from harness.raw_smtp import RawSmtp, plain_token
from harness.waiting import wait_until


def encode(text):
    return base64.b64encode(text.encode()).decode()


@pytest.fixture(scope="module")
def server(module_make):
    return module_make.postern(module_make.sink().port, broken_sasl_auth_clients="yes")


@pytest.fixture
def client(server):
    with RawSmtp(server.submission) as client:
        client.ehlo()
        client.starttls()
        client.ehlo()
        yield client


DIALOGUES = {
    "PLAIN with initial response": [("AUTH PLAIN " + plain_token("joe", PASSWORD), 235)],
    "PLAIN in two steps": [("AUTH PLAIN", 334), (plain_token("joe", PASSWORD), 235)],
    "verb and mechanism in lower case": [("auth plain " + plain_token("joe", PASSWORD), 235)],
    "LOGIN": [("AUTH LOGIN", 334), (encode("joe"), 334), (encode(PASSWORD), 235)],
    "LOGIN with initial response (Outlook for Mac)": [("AUTH LOGIN " + encode("joe"), 334), (encode(PASSWORD), 235)],
    "cancelled": [("AUTH LOGIN", 334), ("*", 501)],
    "cancelled, then done": [("AUTH PLAIN", 334), ("*", 501), ("AUTH PLAIN " + plain_token("joe", PASSWORD), 235)],
    "not base64": [("AUTH PLAIN !!!!", (501, 535))],
    "not base64 in the second step": [("AUTH LOGIN", 334), ("%%%", (501, 535))],
    "no mechanism": [("AUTH", 501)],
    "unknown mechanism": [("AUTH ROT13", (504, 535))],
    "wrong password": [("AUTH PLAIN " + plain_token("joe", "guess"), 535)],
    "unknown user": [("AUTH PLAIN " + plain_token("nobody", "guess"), 535)],
    "empty password": [("AUTH PLAIN " + plain_token("joe", ""), 535)],
    "twice": [("AUTH PLAIN " + plain_token("joe", PASSWORD), 235), ("AUTH PLAIN " + plain_token("joe", PASSWORD), 503)],
    "in a transaction": [("MAIL FROM:<a@b.example>", 250), ("AUTH PLAIN " + plain_token("joe", PASSWORD), 503)],
}


@pytest.mark.parametrize("dialogue", DIALOGUES.values(), ids=DIALOGUES.keys())
def test_dialogue(client, dialogue):
    for line, code in dialogue:
        reply = client.command(line)
        assert reply.code in (code if isinstance(code, tuple) else (code,)), f"{line.split()[0]}: {reply}"


def test_unknown_user_and_wrong_password_look_the_same(client):
    wrong = client.command("AUTH PLAIN " + plain_token("joe", "guess")).text
    unknown = client.command("AUTH PLAIN " + plain_token("no-such-user", "guess")).text
    assert wrong == unknown
    assert wrong.startswith("535 5.7.8 Error: authentication failed"), wrong


def test_broken_clients_get_their_line(client):
    offered = client.ehlo().lines
    assert any(line[4:].startswith("AUTH ") for line in offered) and any(line[4:].startswith("AUTH=") for line in offered)


def test_log_names_user_and_method_and_never_the_password(server, client):
    client.login("joe", PASSWORD)
    client.mail("joe@home.example", "log@dest.example")
    assert client.data("Subject: log\r\n\r\nx\r\n").code == 250
    server.wait_log("sasl_method=PLAIN, sasl_username=joe")
    text = server.log_text()
    assert PASSWORD not in text and plain_token("joe", PASSWORD) not in text and encode(PASSWORD) not in text


def test_locked_account(make):
    server = make.postern()
    server.cli("user", "lock", "joe")
    with RawSmtp(server.smtps, wrapper=True) as client:
        client.ehlo()
        assert client.login("joe", PASSWORD).code == 535
        server.cli("user", "unlock", "joe")
        assert client.login("joe", PASSWORD).code == 235


def test_a_new_password_counts_at_once(make):
    server = make.postern()
    with RawSmtp(server.smtps, wrapper=True) as client:
        client.secure_login("joe", PASSWORD)
    server.cli("user", "passwd", "joe", "--password-stdin", stdin="another one\n")
    with RawSmtp(server.smtps, wrapper=True) as client:
        client.ehlo()
        assert client.login("joe", PASSWORD).code == 535
        assert client.login("joe", "another one").code == 235


def test_authd_away(make):
    """AUTH answers 454, smtpd lives, and logins work as soon as authd is back."""
    server = make.postern()
    smtpd_before = server.pids("smtpd")
    stopped = server.pids("authd")
    with RawSmtp(server.smtps, wrapper=True) as client:
        client.ehlo()
        for pid in stopped:
            processes.kill(pid)
        replies = [client.login("joe", PASSWORD).code]
        wait_until(lambda: server.pids("authd") and server.pids("authd") != stopped, "a new authd")

        def logged_in():
            replies.append(client.login("joe", PASSWORD).code)
            return replies[-1] in (235, 503)

        if replies[-1] != 235:
            wait_until(logged_in, "a login after authd came back")
    assert set(replies) <= {454, 235}, replies
    assert server.pids("smtpd") == smtpd_before
    server.wait_log("authd")


def test_a_line_in_master_cf_gives_other_programs_a_socket_that_they_can_reach(make):
    """private/ is the mail user's alone; public/ is open to a group. As docs/other-servers.md has it."""
    server = make.postern(start=False, authd_failure_delay="0s")
    server.write_master([*server.default_listeners(), "login unix n - n - - authd"])
    make.keep(server).start()
    path = next(server.directory.rglob("public/login"))
    assert path.stat().st_mode & 0o777 == 0o666
    with AuthSocket(path) as front_end:
        front_end.begin("PLAIN", f"\0joe\0{PASSWORD}".encode())
        assert front_end.answer()[0] == "OK"
        front_end.begin("PLAIN", b"\0joe\0wrong")
        assert front_end.answer()[0] == "FAIL"


@pytest.mark.parametrize(("parameter", "value", "told"), [
    ("authd_mechanisms", "plain rot13", "rot13 is not offered: there is no such mechanism (authd_mechanisms)"),
    ("authd_mechanisms", "", "authd_mechanisms is empty: nobody can log in"),
    ("authd_store_weak_secrets", "plain", 'authd_store_weak_secrets: "plain" is neither cram-md5 nor digest-md5'),
    ("authd_krb5_keytab", "/nowhere/keytab", "no GSSAPI: authd_krb5_keytab: "),
    ("authd_oauth_jwks", "keys.json", "authd_oauth_jwks: keys.json is no absolute path"),
])
def test_a_wrong_value_of_authd_s_costs_no_more_than_itself(make, parameter, value, told):
    server = make.postern(start=False, authd_failure_delay="0s")
    server.set(**{parameter: value})
    make.keep(server).start()
    server.wait_log(told)
    (pid,) = server.pids("authd")
    with RawSmtp(server.submission) as client:
        client.ehlo()
        client.starttls()
        client.ehlo()
        assert client.login("joe", PASSWORD).code == (235 if value else 454)
    assert server.pids("authd") == [pid], "authd was started again"
    assert server.log_text().count(told) == 1
