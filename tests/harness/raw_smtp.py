"""An SMTP client that sends exactly the octets it is told to and shows the replies: for all that good clients never do."""

import base64
import socket
import ssl


class Reply:
    def __init__(self, lines):
        self.lines = lines
        self.code = int(lines[-1][:3])
        self.text = "\n".join(lines)

    def __repr__(self):
        return f"Reply({self.text!r})"


class ConnectionEnded(ConnectionError):
    """The server closed the connection instead of answering."""


def plain_token(user, password):
    return base64.b64encode(f"\0{user}\0{password}".encode()).decode()


class RawSmtp:
    def __init__(self, port, host="127.0.0.1", greeting=True, wrapper=False, timeout=60.0, source=None):
        """source: the loopback address to come from, e.g. 127.0.0.77."""
        self.socket = socket.create_connection((host, port), timeout, (source, 0) if source else None)
        self.buffer = b""
        if wrapper:
            self.begin_tls()
        self.greeting = self.reply() if greeting else None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.socket.close()

    def begin_tls(self, server_name="localhost", version=None):
        """version: the one that it has to be, such as TLSv1_2."""
        context = ssl.create_default_context()
        if version:
            context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self.socket = context.wrap_socket(self.socket, server_hostname=server_name)

    def wrap_with_certificate(self, certificate, key):
        """After STARTTLS: a handshake with a certificate of the client's."""
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.load_cert_chain(certificate, key)
        self.socket = context.wrap_socket(self.socket, server_hostname="localhost")
        self.buffer = b""

    def send(self, octets):
        self.socket.sendall(octets)

    def line(self):
        while b"\n" not in self.buffer:
            try:
                piece = self.socket.recv(65536)
            except (ConnectionResetError, BrokenPipeError, ssl.SSLEOFError):
                piece = b""
            if not piece:
                raise ConnectionEnded(self.buffer.decode(errors="replace"))
            self.buffer += piece
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line.rstrip(b"\r").decode(errors="replace")

    def reply(self):
        lines = [self.line()]
        while lines[-1][3:4] == "-":
            lines.append(self.line())
        return Reply(lines)

    def command(self, text):
        self.send(text.encode("utf-8", "surrogateescape") + b"\r\n")
        return self.reply()

    def ehlo(self, name="client.example"):
        return self.command(f"EHLO {name}")

    def starttls(self):
        reply = self.command("STARTTLS")
        assert reply.code == 220, reply
        self.begin_tls()
        self.buffer = b""
        return reply

    def secure_login(self, user, password, name="client.example"):
        """EHLO, STARTTLS unless the connection is TLS, EHLO, AUTH PLAIN; every step must succeed."""
        assert self.ehlo(name).code == 250
        if not isinstance(self.socket, ssl.SSLSocket):
            self.starttls()
            assert self.ehlo(name).code == 250
        reply = self.login(user, password)
        assert reply.code == 235, reply
        return self

    def mail(self, sender, *recipients):
        """MAIL and RCPT, all accepted."""
        for line in [f"MAIL FROM:<{sender}>", *(f"RCPT TO:<{recipient}>" for recipient in recipients)]:
            reply = self.command(line)
            assert reply.code == 250, f"{line}: {reply}"
        return self

    def data(self, content):
        """DATA with content as it stands (CRLF line ends, no dot line); returns the final reply."""
        reply = self.command("DATA")
        assert reply.code == 354, reply
        self.send(content if isinstance(content, bytes) else content.encode())
        self.send(b".\r\n")
        return self.reply()

    def login(self, user, password):
        return self.command("AUTH PLAIN " + plain_token(user, password))

    def replies_until_silence(self, seconds=0.7):
        """All replies that come until nothing comes for `seconds`."""
        found = []
        timeout = self.socket.gettimeout()
        self.socket.settimeout(seconds)
        try:
            while True:
                found.append(self.reply())
        except (TimeoutError, ConnectionEnded):
            return found
        finally:
            self.socket.settimeout(timeout)
