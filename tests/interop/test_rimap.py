"""saslauthd's rimap backend against a real Dovecot, and against servers that misbehave."""

import socket
import threading
import time

import pytest
from harness.backend import Backend
from harness.dovecot import Dovecot
from harness.ports import free_port

USERS = {
    "joe": "secret",
    "quote": 'a"b\\c',
    "ünï": "pässwörd",
    "o dd(x)%*": "x",
    "long": "l" * 900,
    "blank": " ",
    "brace": "{5}",
}
ACCEPTED = "remote authentication successful"
REJECTED = "remote server rejected your credentials"
NO_CONTACT = "[ALERT] Couldn't contact remote authentication server"
LOST = "[ALERT] error synchronizing with remote authentication server"
AWAY = "[ALERT] The remote authentication server is currently unavailable"
UNEXPECTED = "[ALERT] Unexpected response from remote authentication server"


@pytest.fixture(scope="module")
def server(module_scratch):
    dovecot = Dovecot(module_scratch / "dovecot", USERS, extra="disable_plaintext_auth = no")
    dovecot.start()
    yield dovecot
    dovecot.stop()


def shapes(server):
    return {
        "as the original": f"127.0.0.1/{server.port}",
        "URI": f"imap://localhost:{server.port}/",
        "starttls": f"imap://localhost:{server.port}?starttls&cafile={server.certificate}",
        "starttls by address": f"127.0.0.1/{server.port}?starttls&cafile={server.certificate}",
        "imaps": f"imaps://localhost:{server.tls_port}?cafile={server.certificate}",
        "unchecked": f"imaps://localhost:{server.tls_port}?noverify",
    }


@pytest.mark.parametrize("shape", ["as the original", "URI", "starttls", "starttls by address", "imaps", "unchecked"])
def test_logins(server, shape):
    with Backend("rimap", shapes(server)[shape]) as asked:
        for user, password in USERS.items():
            assert asked.ask(user, password) == ("yes", ACCEPTED, ""), user
        wrong = asked.ask("joe", "guess")
        assert wrong.outcome == "no" and wrong.reply == REJECTED and "AUTHENTICATIONFAILED" in wrong.detail
        assert asked.ask("nobody", "secret").reply == REJECTED


@pytest.mark.parametrize("user, password", [
    ("joe", "x\r\nb LOGIN joe secret"), ("joe", "x\" secret"), ("joe\" \"secret", "x"), ("joe", "{6}\r\nsecret"),
    ("joe\r\na LOGIN joe", "secret"), ("joe secret", "x"), ("joe", "secret\0"), ("joe\0", "secret"), ("joe", ""), ("", "secret"),
    ("joe", "secret\n"), ("joe\n", "secret"), (b"\xff\xfe", "secret"), ("joe", b"\xff\xfe"), ("joe", "x" * 70_000)])
def test_nothing_can_be_slipped_in(server, user, password):
    with Backend("rimap", f"127.0.0.1/{server.port}") as asked:
        assert asked.ask(user, password).outcome != "yes"
        assert asked.ask("joe", "secret").outcome == "yes"


def test_certificates_are_checked(server):
    for argument in (f"imaps://localhost:{server.tls_port}", f"imap://localhost:{server.port}?starttls"):
        with Backend("rimap", argument) as asked:
            answer = asked.ask("joe", "secret")
            assert answer.outcome == "unavailable" and answer.reply == NO_CONTACT and "certificate" in answer.detail
    with Backend("rimap", f"imaps://127.0.0.2:{server.tls_port}?cafile={server.certificate}") as asked:
        assert asked.ask("joe", "secret").outcome == "unavailable"


def test_a_password_does_not_go_in_clear_where_the_server_forbids_it(scratch):
    dovecot = Dovecot(scratch / "dovecot", USERS, extra="disable_plaintext_auth = yes\nssl = required").start()
    try:
        with Backend("rimap", f"127.0.0.2/{dovecot.port}") as asked:
            answer = asked.ask("joe", "secret")
            assert answer.outcome == "unavailable" and "takes no LOGIN without TLS" in answer.detail
        with Backend("rimap", f"localhost/{dovecot.port}?starttls&cafile={dovecot.certificate}") as asked:
            assert asked.ask("joe", "secret").outcome == "yes"
    finally:
        dovecot.stop()


class Scripted:
    """A server that says what it is told: {what to send before anything came, after the first line, …}."""

    def __init__(self, *says, linger=False):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.heard = []
        self._says, self._linger = says, linger
        self._open = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                peer, _ = self._listener.accept()
            except OSError:
                return
            self._open.append(peer)
            try:
                self._talk(peer)
            except OSError:
                continue  # the client left first

    def _talk(self, peer):
        for number, text in enumerate(self._says):
            if number:
                self.heard.append(peer.recv(100_000))
            peer.sendall(text)
        if not self._linger:
            peer.shutdown(socket.SHUT_WR)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._listener.close()
        for peer in self._open:
            peer.close()


GREETING = b"* OK ready\r\n"


@pytest.mark.parametrize("says, outcome, reply", [
    ([GREETING, b"saslauthd OK in\r\n"], "yes", ACCEPTED),
    ([GREETING, b"* CAPABILITY IMAP4rev1\r\n* OK [ALERT] quota\r\nsaslauthd OK [CAPABILITY IMAP4rev1] in\r\n"], "yes", ACCEPTED),
    ([b"* OK [CAPABILITY IMAP4rev1] hi\n", b"saslauthd OK in\n"], "yes", ACCEPTED),
    ([GREETING, b"saslauthd NO no\r\n"], "no", REJECTED),
    ([GREETING, b"saslauthd NO [UNAVAILABLE] later\r\n"], "unavailable", AWAY),
    ([GREETING, b"saslauthd BAD what\r\n"], "unavailable", UNEXPECTED),
    ([GREETING, b"* BYE going\r\n"], "unavailable", AWAY),
    ([GREETING, b"other OK in\r\n"], "unavailable", UNEXPECTED),
    ([GREETING, b"saslauthdOK in\r\n"], "unavailable", UNEXPECTED),
    ([GREETING, b"+ go on\r\n"], "unavailable", UNEXPECTED),
    ([GREETING, b"* x\r\n" * 100], "unavailable", UNEXPECTED),
    ([GREETING, b"saslauthd OK"], "unavailable", LOST),
    ([GREETING, b""], "unavailable", LOST),
    ([GREETING, b"x" * 100_000], "unavailable", LOST),
    ([b"* NO busy\r\n"], "unavailable", AWAY),
    ([b"* BYE busy\r\n"], "unavailable", AWAY),
    ([b"* PREAUTH hello\r\n"], "unavailable", UNEXPECTED),
    ([b"220 smtp.example ESMTP\r\n"], "unavailable", UNEXPECTED),
    ([b""], "unavailable", LOST),
    ([b"* OK [CAPABILITY IMAP4rev1 LOGINDISABLED] hi\r\n", b"saslauthd OK in\r\n"], "unavailable", UNEXPECTED),
])
def test_what_servers_may_say(says, outcome, reply):
    with Scripted(*says) as server, Backend("rimap", f"127.0.0.1/{server.port}") as asked:
        answer = asked.ask("joe", "secret")
        assert (answer.outcome, answer.reply) == (outcome, reply), answer
        assert "secret" not in answer.detail
        if b"LOGINDISABLED" in says[0]:
            assert not any(b"secret" in heard for heard in server.heard)


def test_what_is_said_before_tls_is_not_believed():
    with Scripted(GREETING, b"saslauthd OK go\r\nsaslauthd OK in\r\n") as server:
        with Backend("rimap", f"127.0.0.1/{server.port}?starttls") as asked:
            answer = asked.ask("joe", "secret")
            assert answer.outcome == "unavailable" and "spoke out of turn" in answer.detail
            assert not any(b"secret" in heard for heard in server.heard)


def test_tls_that_is_refused_is_not_gone_without():
    with Scripted(GREETING, b"saslauthd NO no TLS\r\n", b"saslauthd OK in\r\n") as server:
        with Backend("rimap", f"127.0.0.1/{server.port}?starttls") as asked:
            assert asked.ask("joe", "secret").outcome == "unavailable"
            assert not any(b"secret" in heard for heard in server.heard)


@pytest.mark.parametrize("says", [[b""], [GREETING, b""], [b"* OK rea"]])
@pytest.mark.parametrize("scheme", ["imap", "imaps"])
def test_a_silent_server_is_left_in_time(says, scheme):
    with Scripted(*says, linger=True) as server:
        with Backend("rimap", f"{scheme}://127.0.0.1:{server.port}?timeout=1") as asked:
            begin = time.monotonic()
            assert asked.ask("joe", "secret").outcome == "unavailable"
            assert time.monotonic() - begin < 15


def test_a_server_that_is_away_or_not_to_be_found_stops_nobody_from_starting():
    with Backend("rimap", f"127.0.0.1/{free_port()}") as asked:
        answer = asked.ask("joe", "secret")
        assert (answer.outcome, answer.reply) == ("unavailable", NO_CONTACT) and "Connection refused" in answer.detail
    with Backend("rimap", "no-such-host.invalid") as asked:
        answer = asked.ask("joe", "secret")
        assert (answer.outcome, answer.reply) == ("unavailable", NO_CONTACT) and "no-such-host.invalid" in answer.detail


@pytest.mark.parametrize("argument", ["", "/143", "imap://", "imaps://host:", "host/143?tls", "host?timeout=0", "[::1"])
def test_arguments_that_mean_nothing(argument):
    with Backend("rimap", argument) as asked:
        assert "rimap: " in asked.failure()
