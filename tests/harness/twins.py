"""Postfix and Postern with the same parameters and tables, each with a sink for what they send on: what leaves is compared."""

import difflib
import pprint
import re
import socket

from .ports import free_port
from .postern import Postern
from .postfix import Postfix
from .sink_mta import SinkMta
from .waiting import wait_until

_OF_THE_SERVER = re.compile(r"^((?:Resent-)?(?:Message-Id|Date)): .*$", re.IGNORECASE | re.MULTILINE)
_COMMON = {
    "myhostname": "mx.example",
    "mydomain": "example",
    "myorigin": "mx.example",
    "mydestination": "",
    "mynetworks": "127.0.0.0/8",
    "inet_protocols": "ipv4",
    "smtpd_peername_lookup": "no",
    "smtpd_reject_unlisted_recipient": "no",
    "smtpd_relay_restrictions": "permit_mynetworks, reject",
    "append_dot_mydomain": "no",
}


class Outcome:
    """What became of one message: the last reply, and what the sink got."""

    def __init__(self, reply, messages, log):
        self.reply = reply
        self.messages = messages
        self.log = log

    def comparable(self, own_received=False):
        """Without what two servers must write differently."""
        reply = re.sub(r"queued as \w+", "queued", self.reply)
        messages = sorted((m.sender, sorted(m.recipients), self._content(m, own_received)) for m in self.messages)
        return reply, messages

    @staticmethod
    def _content(message, own_received):
        header, _, body = message.content.decode("utf-8", "surrogateescape").partition("\r\n\r\n")
        fields = re.sub(r"\r\n[ \t]+", " ", header).split("\r\n")
        if not own_received:
            fields = [field for field in fields if not field.startswith("Received: from client.example")]
        return [_OF_THE_SERVER.sub(r"\1: …", field) for field in fields], body


class _Side:
    def __init__(self, sink, port, log):
        self.sink, self.port, self.log = sink, port, log

    def send(self, content, sender, recipients, expected):
        before, log_before = len(self.sink.messages), len(self.log())
        with socket.create_connection(("127.0.0.1", self.port), 60) as connection:
            stream = connection.makefile("rwb")
            self._reply(stream)
            replies = [self._command(stream, line) for line in
                       ["EHLO client.example", f"MAIL FROM:<{sender}>", *[f"RCPT TO:<{to}>" for to in recipients], "DATA"]]
            last = next((one for one in replies if one[0] in "45"), None)
            if last is None:
                stream.write(content.replace(b"\r\n.", b"\r\n..") + b".\r\n")
                stream.flush()
                last = self._reply(stream)
            self._command(stream, "QUIT")
        if last.startswith("250") and expected:
            wait_until(lambda: sum(len(m.recipients) for m in self.sink.messages[before:]) >= expected,
                       f"mail for {expected} recipients")
        # The last line that the session writes; Postfix's log is written by another process.
        wait_until(lambda: "disconnect from" in self.log()[log_before:], "the end of the session in the log")
        return Outcome(last, self.sink.messages[before:], self.log()[log_before:])

    @staticmethod
    def _reply(stream):
        while (line := stream.readline().decode())[3:4] == "-":
            pass
        return line.strip()

    def _command(self, stream, line):
        stream.write(line.encode() + b"\r\n")
        stream.flush()
        return self._reply(stream)


class Twins:
    """main_cf: values may name {dir}, where `files` ({name: text}) stand, a copy for each side."""

    def __init__(self, directory, main_cf, files=None):
        self.directory = directory
        self.stops = []
        self.postfix = self._postfix(main_cf, files or {})
        self.postern = self._postern(main_cf, files or {})

    def _files(self, directory, files, main_cf):
        directory.mkdir(parents=True)
        directory.chmod(0o755)
        for name, text in files.items():
            (directory / name).write_text(text)
        return {name: value.replace("{dir}", str(directory)) for name, value in (_COMMON | main_cf).items()}

    def _sink(self):
        sink = SinkMta().start()
        self.stops.append(sink.stop)
        return sink

    def _postfix(self, main_cf, files):
        sink, port = self._sink(), free_port()
        values = self._files(self.directory / "postfix-tables", files, main_cf)
        server = Postfix(self.directory / "postfix", {"relayhost": f"[127.0.0.1]:{sink.port}"} | values,
                         [f"127.0.0.1:{port} inet n - n - - smtpd"])
        server.start(port)
        self.stops.append(server.stop)
        return _Side(sink, port, server.log_text)

    def _postern(self, main_cf, files):
        sink = self._sink()
        values = self._files(self.directory / "postern-tables", files, main_cf)
        server = Postern(self.directory / "p", {"relayhost": f"[127.0.0.1]:{sink.port}"} | values)
        server.start()
        self.stops.append(server.stop)
        self.server = server
        return _Side(sink, server.mx, server.log_text)

    def stop(self):
        for stop in reversed(self.stops):
            stop()

    def log_text(self):
        return self.server.log_text()

    def send(self, content, sender="joe@a.example", recipients=("anna@dest.example",), expected=1):
        """(Postfix's outcome, Postern's)."""
        if isinstance(content, str):
            content = content.replace("\n", "\r\n").encode()
        return tuple(side.send(content, sender, recipients, expected) for side in (self.postfix, self.postern))

    def assert_alike(self, content, **more):
        theirs, ours = self.send(content, **more)
        if ours.comparable() != theirs.comparable():
            lines = [pprint.pformat(side.comparable(), width=110).splitlines() for side in (theirs, ours)]
            raise AssertionError("\n".join(difflib.unified_diff(*lines, "Postfix", "Postern", lineterm="")))
        return theirs, ours
