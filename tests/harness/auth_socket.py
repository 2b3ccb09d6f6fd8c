"""A front end on authd's own socket, and the client's side of the mechanisms, both as good or as bad as a test wants."""

import base64
import hashlib
import hmac
import re
import secrets
import socket


class AuthSocket:
    """Octets that the caller sends go out as they are; begin() gives each exchange a new id."""

    def __init__(self, path, timeout=60):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(str(path))  # without a time limit: it waits while the backlog is full
        self.socket.settimeout(timeout)
        self.buffer = b""
        self.last_id = 0
        while self.hear() != "DONE":
            pass
        self.send(b"VERSION\t1\t2\nCPID\t1\n")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def send(self, octets):
        self.socket.sendall(octets)

    def hear(self):
        """A line without its end; None when the server hung up."""
        while b"\n" not in self.buffer:
            try:
                piece = self.socket.recv(65536)
            except ConnectionResetError:
                piece = b""
            if not piece:
                return None
            self.buffer += piece
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line.decode(errors="replace")

    def begin(self, mechanism, first=None, more="secured"):
        """AUTH; returns the id. first: the initial response, octets."""
        self.last_id += 1
        response = "" if first is None else "\tresp=" + base64.b64encode(first).decode()
        self.send(f"AUTH\t{self.last_id}\t{mechanism}\tservice=smtp\t{more}{response}\n".encode())
        return self.last_id

    def go_on(self, number, response):
        self.send(f"CONT\t{number}\t{base64.b64encode(response).decode()}\n".encode())

    def answer(self):
        """The next answer: (OK, CONT or FAIL; the challenge of CONT or the fields behind the id)."""
        fields = (self.hear() or "GONE\t").split("\t")
        return fields[0], base64.b64decode(fields[2]) if fields[0] == "CONT" else fields[2:]

    def login(self, exchange, more="secured"):
        """All steps of a mechanism; the answers as they came."""
        number = self.begin(exchange.mechanism, exchange.first(), more)
        answers = [self.answer()]
        while answers[-1][0] == "CONT":
            self.go_on(number, exchange.respond(answers[-1][1]))
            answers.append(self.answer())
        return answers

    def accepts(self, exchange, more="secured"):
        return self.login(exchange, more)[-1][0] == "OK"


class Exchange:
    """A mechanism's client: first() goes with AUTH, respond() answers challenges."""

    def __init__(self, mechanism, user, password):
        self.mechanism, self.user, self.password = mechanism, user.encode(), password.encode()
        self.step = 0

    def first(self):
        return None


class Plain(Exchange):
    def first(self):
        return b"\0" + self.user + b"\0" + self.password


class LoginMechanism(Exchange):
    def respond(self, _):
        self.step += 1
        return self.user if self.step == 1 else self.password


class CramMd5(Exchange):
    def respond(self, challenge):
        return self.user + b" " + hmac.new(self.password, challenge, "md5").hexdigest().encode()


class DigestMd5(Exchange):
    def respond(self, challenge):
        if challenge.startswith(b"rspauth="):
            return b""
        value = {name: quoted or bare for name, quoted, bare in
                 re.findall(rb'([a-z-]+)=(?:"([^"]*)"|([^,]*))', challenge)}
        realm, nonce, cnonce = value.get(b"realm", b""), value[b"nonce"], secrets.token_hex(8).encode()
        secret = hashlib.md5(b":".join([self.user, realm, self.password])).digest()

        def hexed(*parts):
            return hashlib.md5(b":".join(parts)).hexdigest().encode()

        digest = hexed(hexed(secret, nonce, cnonce), nonce, b"00000001", cnonce, b"auth",
                       hexed(b"AUTHENTICATE", b"smtp/" + realm))
        return (b'charset=utf-8,username="' + self.user + b'",realm="' + realm + b'",nonce="' + nonce +
                b'",nc=00000001,cnonce="' + cnonce + b'",digest-uri="smtp/' + realm + b'",response=' + digest +
                b",qop=auth")


class Scram(Exchange):
    """header: the GS2 header. salted: {(salt, count, password): key}, because making one takes long."""

    salted = {}

    def __init__(self, mechanism, user, password, header=b"n,,"):
        super().__init__(mechanism, user, password)
        self.header = header
        self.hash = {"SCRAM-SHA-1": "sha1", "SCRAM-SHA-256": "sha256", "SCRAM-SHA-512": "sha512"}[mechanism]
        self.bare = b"n=" + self.user + b",r=" + secrets.token_hex(12).encode()

    def first(self):
        return self.header + self.bare

    def respond(self, challenge):
        if challenge.startswith(b"v="):
            return b""
        value = dict(part.split(b"=", 1) for part in challenge.split(b","))
        key = (value[b"s"], value[b"i"], self.password, self.hash)
        if key not in self.salted:
            self.salted[key] = hashlib.pbkdf2_hmac(self.hash, self.password, base64.b64decode(value[b"s"]),
                                                   int(value[b"i"]))
        client_key = hmac.digest(self.salted[key], b"Client Key", self.hash)
        final = b"c=" + base64.b64encode(self.header) + b",r=" + value[b"r"]
        signature = hmac.digest(hashlib.new(self.hash, client_key).digest(),
                                b",".join([self.bare, challenge, final]), self.hash)
        proof = bytes(a ^ b for a, b in zip(client_key, signature))
        return final + b",p=" + base64.b64encode(proof)


def make_exchange(mechanism, user, password):
    kinds = {"PLAIN": Plain, "LOGIN": LoginMechanism, "CRAM-MD5": CramMd5, "DIGEST-MD5": DigestMd5}
    return kinds.get(mechanism, Scram)(mechanism, user, password)
