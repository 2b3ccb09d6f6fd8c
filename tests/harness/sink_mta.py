"""A made-up MTA that records what it gets and answers as a test wants: the next hop whose every octet can be seen."""

import socketserver
import ssl
import threading

from .ports import free_port
from .waiting import wait_until


class Received:
    """One message as it came over the wire."""

    def __init__(self, helo, sender, recipients, content, secured):
        self.helo = helo
        self.sender = sender
        self.recipients = recipients
        self.content = content  # bytes, dots unstuffed, CRLF line ends
        self.secured = secured

    @property
    def header(self):
        return self.content.split(b"\r\n\r\n", 1)[0].decode("utf-8", "surrogateescape")

    @property
    def body(self):
        return (self.content.split(b"\r\n\r\n", 1) + [b""])[1]

    def first_received(self):
        """The topmost Received: header, unfolded as it stands."""
        start = self.header.index("Received:")
        lines = self.header[start:].split("\r\n")
        block = [lines[0]]
        for line in lines[1:]:
            if not line.startswith((" ", "\t")):
                break
            block.append(line)
        return "\r\n".join(block)


class _Session(socketserver.StreamRequestHandler):
    timeout = 60
    wbufsize = -1

    def say(self, text):
        self.wfile.write(text.encode() + b"\r\n")
        self.wfile.flush()

    def handle(self):
        self.helo, self.envelope, self.secured = "", None, False
        try:
            self.say("220 sink.example ESMTP")
            while line := self.rfile.readline():
                words = line.decode("utf-8", "surrogateescape").strip()
                verb = words.split(" ")[0].upper()
                if verb == "QUIT":
                    self.say("221 2.0.0 Bye")
                    return
                getattr(self, "on_" + verb.lower(), self.on_other)(words)
        except OSError:
            return

    def refused(self, stage, words):
        """True when the test wants another answer here, which has been given then."""
        answer = self.server.mta.answer(stage, words)
        if answer is None:
            return False
        if answer == "drop":
            raise ConnectionError("dropped on purpose")
        self.say(answer)
        return True

    def on_other(self, _words):
        self.say("250 2.0.0 Ok")

    def on_ehlo(self, words):
        self.helo = words[5:]
        self.say("250-sink.example")
        self.say("250-PIPELINING")
        self.say("250-8BITMIME")
        self.say("250-SMTPUTF8")
        if self.server.mta.tls and not self.secured:
            self.say("250-STARTTLS")
        self.say("250 ENHANCEDSTATUSCODES")

    def on_starttls(self, _words):
        self.say("220 2.0.0 Go ahead")
        self.request = self.connection = self.server.mta.tls.wrap_socket(self.request, server_side=True)
        self.rfile = self.connection.makefile("rb", self.rbufsize)
        self.wfile = self.connection.makefile("wb", self.wbufsize)
        self.secured = True

    def on_mail(self, words):
        if self.refused("mail", words):
            return
        self.envelope = (words[words.index("<") + 1:words.rindex(">")], [])
        self.say("250 2.1.0 Ok")

    def on_rcpt(self, words):
        if self.refused("rcpt", words):
            return
        self.envelope[1].append(words[words.index("<") + 1:words.index(">")])
        self.say("250 2.1.5 Ok")

    def on_data(self, words):
        if self.envelope is None or not self.envelope[1]:
            self.say("554 5.5.1 Error: no valid recipients")
            return
        if self.refused("data", words):
            return
        self.say("354 Go ahead")
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            if not line:
                return
            lines.append(line[1:] if line.startswith(b".") else line)
        if self.refused("content", ""):
            return
        self.server.mta.take(Received(self.helo, *self.envelope, b"".join(lines), self.secured))
        self.envelope = None
        self.say("250 2.0.0 Ok: taken")


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


class SinkMta:
    """answers: callable(stage, words) that returns a reply line, "drop", or None for the usual answer;
    stage is mail, rcpt, data or content."""

    def __init__(self, tls=None, port=None):
        self.tls = None
        if tls:
            self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.tls.load_cert_chain(*tls)
        self.answers = lambda stage, words: None
        self.port = port or free_port()
        self._messages = []
        self._lock = threading.Lock()
        self._server = None

    def answer(self, stage, words):
        return self.answers(stage, words)

    def take(self, message):
        with self._lock:
            self._messages.append(message)

    @property
    def messages(self):
        with self._lock:
            return list(self._messages)

    def start(self):
        self._server = _Server(("127.0.0.1", self.port), _Session)
        self._server.mta = self
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def stop(self):
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def wait_for(self, count=1, seconds=60.0):
        wait_until(lambda: len(self.messages) >= count, f"{count} message(s) at the sink", seconds)
        return self.messages
