"""saslauthd's httpform backend against small web servers."""

import http.server
import socket
import ssl
import threading
import time
import urllib.parse

import pytest
from harness.backend import Backend
from harness.certificates import make_certificate
from harness.ports import free_port

ACCEPTED = "remote authentication successful"
UNEXPECTED = "[ALERT] Unexpected response from remote authentication server"
NO_CONTACT = "[ALERT] Couldn't contact remote authentication server"
FORM = "httpform_data: user=%u&pass=%p&realm=%r&x=100"
PASSWORDS = {"joe": "secret", "a&b=c%+": "p&user=joe%26\r\n", "ünï": "pässwörd", "long": "p" * 20_000}


class Server:
    """Answers what `reply` says, or checks PASSWORDS; remembers the requests."""

    def __init__(self, tls=None):
        self.reply, self.requests = None, []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                outer.requests.append((self.path, dict(self.headers), body))
                status, phrase, headers, content = outer.reply or outer.judge(body)
                self.send_response(status, phrase)
                for name, value in headers.items():
                    self.send_header(name, value)
                if status != 204:
                    self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_):
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            self.http.socket = context.wrap_socket(self.http.socket, server_side=True)
        self.port = self.http.server_address[1]
        threading.Thread(target=self.http.serve_forever, daemon=True).start()

    @staticmethod
    def judge(body):
        fields = dict(urllib.parse.parse_qsl(body, keep_blank_values=True, strict_parsing=True))
        assert list(fields) == ["user", "pass", "realm", "x"] and fields["x"] == "100"
        right = PASSWORDS.get(fields["user"]) == fields["pass"]
        return (204 if right else 403), ("No Content" if right else "Wrong name or password"), {}, b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.http.shutdown()
        self.http.server_close()


@pytest.fixture
def backend(scratch):
    made = []

    def make(*lines, milliseconds=10_000):
        path = scratch / f"saslauthd{len(made)}.conf"
        path.write_text("\n".join(lines) + "\n")
        made.append(Backend("httpform", path, milliseconds, env={"http_proxy": "http://127.0.0.1:1/"}))
        return made[-1]

    yield make
    for one in made:
        one.stop()


def test_logins(backend):
    with Server() as server:
        asked = backend("httpform_host: 127.0.0.1", f"httpform_port: {server.port}", "httpform_uri: /login?a=b",
                        FORM.replace("100", "%%31%%300"))
        for user, password in PASSWORDS.items():
            assert asked.ask(user, password, realm="r&u=%") == ("yes", ACCEPTED, ""), user
            answer = asked.ask(user, password + "x")
            assert (answer.outcome, answer.reply) == ("no", "Wrong name or password")
            assert password[:300] not in answer.detail
        asked_of = len(server.requests)
        assert asked.ask("joe", "").outcome == "no" and asked.ask("", "x").outcome == "no"
        assert len(server.requests) == asked_of
        path, headers, body = server.requests[0]
        assert path == "/login?a=b" and body == "user=joe&pass=secret&realm=r%26u%3D%25&x=%31%300"
        assert headers["Content-Type"] == "application/x-www-form-urlencoded" and headers["User-Agent"] == "saslauthd"


@pytest.mark.parametrize("reply, outcome, text", [
    ((200, "OK", {}, b"welcome"), "yes", ACCEPTED),
    ((204, "No Content", {}, b""), "yes", ACCEPTED),
    ((403, "No such luck", {}, b"x"), "no", "No such luck"),
    ((401, "Unauthorized", {}, b""), "unavailable", UNEXPECTED),
    ((302, "Found", {"Location": "/elsewhere"}, b""), "unavailable", UNEXPECTED),
    ((500, "Oops", {}, b""), "unavailable", UNEXPECTED),
    ((200, "OK", {}, b"x" * 200_000), "unavailable", UNEXPECTED),
])
def test_answers(backend, reply, outcome, text):
    with Server() as server:
        server.reply = reply
        asked = backend(f"httpform_uri: http://127.0.0.1:{server.port}/", FORM)
        answer = asked.ask("joe", "secret")
        assert (answer.outcome, answer.reply) == (outcome, text)
        assert len(server.requests) == 1 and "secret" not in answer.detail


def test_https(scratch, backend):
    certificate, key = make_certificate(scratch)
    with Server((certificate, key)) as server:
        server.reply = (200, "OK", {}, b"")
        lines = ["httpform_scheme: https", f"httpform_port: {server.port}", "httpform_uri: /", FORM]
        assert backend(*lines, f"httpform_ca_file: {certificate}").ask("joe", "secret").outcome == "yes"
        untrusted = backend(*lines).ask("joe", "secret")
        assert (untrusted.outcome, untrusted.reply) == ("unavailable", NO_CONTACT) and "certificate" in untrusted.detail
        assert len(server.requests) == 1


@pytest.mark.parametrize("says", [b"", b"HTTP/1.1 200 OK\r\nContent-Le",
                                  b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"])
def test_a_server_that_stops_is_left_in_time(backend, says):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        asked = backend(f"httpform_uri: http://127.0.0.1:{listener.getsockname()[1]}/", FORM, "httpform_timeout: 1")

        asked_enough = threading.Event()

        def serve():
            peer, _ = listener.accept()
            with peer:
                peer.recv(10_000)
                peer.sendall(says)
                asked_enough.wait(120)

        thread = threading.Thread(target=serve)
        thread.start()
        begin = time.monotonic()
        assert asked.ask("joe", "secret").outcome == "unavailable"
        assert time.monotonic() - begin < 30
        asked_enough.set()
        thread.join()


def test_what_is_no_web_server(backend):
    assert backend(f"httpform_uri: http://127.0.0.1:{free_port()}/", FORM).ask("joe", "secret").reply == NO_CONTACT
    with socket.create_server(("127.0.0.1", 0)) as listener:
        asked = backend(f"httpform_uri: http://127.0.0.1:{listener.getsockname()[1]}/", FORM)

        def serve():
            peer, _ = listener.accept()
            with peer:
                peer.sendall(b"* OK IMAP4rev1 ready\r\n")
                peer.recv(10_000)

        threading.Thread(target=serve).start()
        assert asked.ask("joe", "secret").outcome == "unavailable"


def test_what_is_wrong_with_the_file_is_said(scratch):
    for text, want in [("httpform_uri: /\n", "httpform_data is missing"), (FORM + "\n", "httpform_uri is missing"),
                       (FORM + "\nhttpform_uri: login\n", "c.conf:2: httpform_uri must begin with"),
                       (FORM + "\nhttpform_uri: /\nhttpform_port: 0\n", "c.conf:3: httpform_port must be a number"),
                       (FORM + "\nhttpform_uri: /a b\n", "c.conf:2: httpform_uri holds a character")]:
        (scratch / "c.conf").write_text(text)
        with Backend("httpform", scratch / "c.conf") as asked:
            assert want in asked.failure()
