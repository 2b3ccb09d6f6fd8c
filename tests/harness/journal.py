"""A real systemd-journald inside the namespace of a SystemService, and what it recorded."""

import json
import os
import pathlib
import socket
import subprocess

from .waiting import wait_until

_SOCKETS = "/run/systemd/journal"


class Journal:
    def __init__(self, service):
        self.service = service
        self.process = None

    def start(self):
        self.process = self.service.spawn("/lib/systemd/systemd-journald", stdout=subprocess.DEVNULL,
                                          stderr=subprocess.PIPE)
        wait_until(lambda: (self.service.path(_SOCKETS) / "socket").exists() and self.answers(), "systemd-journald")
        return self

    def answers(self):
        return self.service.run("journalctl", "--sync", check=False).returncode == 0

    def stream(self, identifier="unit"):
        """What systemd gives a unit as standard error: (socket, its JOURNAL_STREAM)."""
        stream = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        stream.connect(str(pathlib.Path(self.service.path(_SOCKETS)) / "stdout"))
        stream.sendall(f"{identifier}\n\n6\n1\n0\n0\n0\n".encode())
        about = os.fstat(stream.fileno())
        return stream, f"{about.st_dev}:{about.st_ino}"

    def entries(self, **fields):
        """The records whose fields have these values, oldest first."""
        self.service.run("journalctl", "--sync")
        match = [f"{name}={value}" for name, value in fields.items()]
        text = self.service.run("journalctl", "--no-pager", "--output=json", "--all", *match).stdout
        return [json.loads(line) for line in text.splitlines() if line.startswith("{")]

    def wait_entry(self, words, **fields):
        """The first record whose MESSAGE has these words."""

        def found():
            return next((one for one in self.entries(**fields) if words in str(one.get("MESSAGE"))), None)

        return wait_until(found, f"{words!r} in the journal")
