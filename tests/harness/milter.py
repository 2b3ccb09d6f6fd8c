"""A mail filter (milter) of the tests' own: speaks the protocol from the filter's side, answers by a script and writes
down all that the mail server said."""

import socket
import struct
import threading

from .ports import free_port

ALL_ACTIONS = 0x1FF
COMMANDS = {"O": "negotiate", "D": "macros", "C": "connect", "H": "helo", "M": "mail", "R": "rcpt", "T": "data",
            "L": "header", "N": "end_of_header", "B": "body", "E": "end", "A": "abort", "Q": "quit", "K": "quit_nc",
            "U": "unknown"}
NO_REPLY = {"macros", "abort", "quit", "quit_nc"}


def packet(letter, payload=b""):
    return struct.pack(">I", 1 + len(payload)) + letter.encode() + payload


def words(*texts):
    return b"".join(text.encode() + b"\0" for text in texts)


CONTINUE, ACCEPT, REJECT, TEMPFAIL = packet("c"), packet("a"), packet("r"), packet("t")
DISCARD, SKIP, PROGRESS, SHUTDOWN, CONN_FAIL = packet("d"), packet("s"), packet("p"), packet("4"), packet("f")


def reply_code(text):
    return packet("y", words(text))


def add_header(name, value):
    return packet("h", words(name, value))


def insert_header(index, name, value):
    return packet("i", struct.pack(">I", index) + words(name, value))


def change_header(index, name, value):
    return packet("m", struct.pack(">I", index) + words(name, value))


def change_from(address, arguments=None):
    return packet("e", words(address) if arguments is None else words(address, arguments))


def add_recipient(address):
    return packet("+", words(address))


def add_recipient_with(address, arguments):
    return packet("2", words(address, arguments))


def delete_recipient(address):
    return packet("-", words(address))


def replace_body(text):
    return packet("b", text)


def quarantine(reason):
    return packet("q", words(reason))


class Milter:
    """answers: {"rcpt": packet octets, or a function of the payload that gives them}; CONTINUE where it says nothing.
    With `steps` or `actions` the negotiation asks for these instead of nothing and everything.

    .sessions: for each connection a list of (command, payload) as they came.
    """

    def __init__(self, answers=None, version=6, actions=ALL_ACTIONS, steps=0, macro_lists=b"", path=None):
        self.answers = dict(answers or {})
        self.version, self.actions, self.steps, self.macro_lists = version, actions, steps, macro_lists
        self.sessions = []
        self.open_sessions = 0
        self.lock = threading.Lock()
        self.path = path
        if path:
            self.listener = socket.socket(socket.AF_UNIX)
            self.listener.bind(str(path))
            self.listener.listen()
            self.address = f"unix:{path}"
        else:
            self.port = free_port()
            self.listener = socket.create_server(("127.0.0.1", self.port))
            self.address = f"inet:127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()

    def stop(self):
        self.listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            log = []
            with self.lock:
                self.sessions.append(log)
                self.open_sessions += 1
            threading.Thread(target=self._serve, args=(client, log), daemon=True).start()

    def _serve(self, client, log):
        try:
            self._converse(client, log)
        except OSError:
            pass
        finally:
            with self.lock:
                self.open_sessions -= 1

    def _converse(self, client, log):
        with client, client.makefile("rb") as stream:
            while head := stream.read(4):
                body = stream.read(struct.unpack(">I", head)[0])
                command, payload = COMMANDS.get(chr(body[0]), chr(body[0])), body[1:]
                log.append((command, payload))
                if command == "negotiate":
                    client.sendall(self._negotiation(payload))
                elif command in ("quit", "quit_nc"):
                    if command == "quit":
                        return
                elif command not in NO_REPLY and not self._is_silent(command):
                    answer = self.answers.get(command, CONTINUE)
                    answer = answer(payload) if callable(answer) else answer
                    if answer is None:
                        return
                    client.sendall(answer)

    def _negotiation(self, offered):
        version, actions, _ = struct.unpack(">III", offered[:12])
        answer = (min(self.version, version), self.actions & actions, self.steps)
        return packet("O", struct.pack(">III", *answer) + self.macro_lists)

    def _is_silent(self, command):
        """The commands that this filter has said it will not answer."""
        bits = {"header": 0x80, "connect": 0x1000, "helo": 0x2000, "mail": 0x4000, "rcpt": 0x8000, "data": 0x10000,
                "unknown": 0x20000, "end_of_header": 0x40000, "body": 0x80000}
        return bool(self.steps & bits.get(command, 0))

    def commands(self, session=-1):
        return [command for command, _ in self.sessions[session]]

    def payloads(self, command, session=-1):
        return [payload for name, payload in self.sessions[session] if name == command]

    def macros(self, command_letter, session=-1):
        """The macros sent last for that command: {name: value}."""
        found = {}
        for payload in self.payloads("macros", session):
            if payload[:1] == command_letter.encode():
                parts = payload[1:].split(b"\0")
                found = {name.decode(): value.decode() for name, value in zip(parts[::2], parts[1::2])}
        return found
