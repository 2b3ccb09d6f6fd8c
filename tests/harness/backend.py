"""One backend object of saslauthd, asked through postern-ask-backend: it keeps its connections between questions."""

import base64
import os
import pathlib
import subprocess
from typing import NamedTuple

from .postern import BINARIES
from .processes import end

PROGRAM = pathlib.Path(os.environ.get("POSTERN_ASK_BACKEND", BINARIES / "postern-ask-backend"))


class Answer(NamedTuple):
    outcome: str  # yes, no, unavailable
    reply: str
    detail: str


def _encode(text):
    octets = text if isinstance(text, bytes) else text.encode()
    return base64.b64encode(octets).decode() if octets else "-"


class Backend:
    """name: "ldap" …; argument: what saslauthd -O has; milliseconds: the time limit where the backend has none."""

    def __init__(self, name, argument="", milliseconds=10_000, env=None):
        self._process = subprocess.Popen([str(PROGRAM), name, str(argument), str(milliseconds)], stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ | (env or {}))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def _read(self):
        return self._process.stdout.readline().decode(errors="replace").rstrip("\n").split("\t")

    def ask(self, login, password, service="smtp", realm="", client=""):
        line = " ".join(map(_encode, (login, password, service, realm, client)))
        self._process.stdin.write(line.encode() + b"\n")
        self._process.stdin.flush()
        return Answer(*self._read())

    def failure(self):
        """Why it did not start."""
        word, text = self._read()
        assert word == "failure"
        return text

    def log_text(self):
        """What went to the log; ends the backend."""
        self._process.stdin.close()
        return self._process.stderr.read().decode(errors="replace")

    def stop(self):
        if not self._process.stdin.closed:
            self._process.stdin.close()
        self._process.stdin = None
        end(self._process)
