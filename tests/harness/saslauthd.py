"""Password daemons in directories of their own: Postern's saslauthd and Cyrus's, both spoken to the same way."""

import pathlib
import subprocess

from . import processes
from .postern import BINARIES
from .waiting import wait_until

PROGRAMS = {"postern": str(BINARIES / "saslauthd"), "cyrus": "/usr/sbin/saslauthd"}


class Saslauthd:
    """Runs in the foreground with -d; .output is what it says."""

    def __init__(self, directory, whose, *words):
        self.directory = pathlib.Path(directory)
        self.output = self.directory.with_suffix(".log")
        self.words = [PROGRAMS[whose], "-d", "-m", str(self.directory), *words]
        self.socket = self.directory / "mux"
        self.process = None

    def start(self):
        with open(self.output, "wb") as log:
            self.process = subprocess.Popen(self.words, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            start_new_session=True)
        wait_until(lambda: "listening on socket" in self.log_text() or self.process.poll() is not None,
                   "saslauthd to listen")
        if self.process.poll() is not None:
            raise AssertionError(f"{self.words}: {self.process.returncode}\n{self.log_text()}")
        return self

    def stop(self):
        if self.process:
            processes.end(self.process)
            self.process = None

    def log_text(self):
        return self.output.read_text(errors="replace") if self.output.exists() else ""


def ask(whose, socket, user, password, *more, timeout=20):
    """testsaslauthd; ours is a link to postern, found by its name."""
    words = ["testsaslauthd", "-u", user, "-p", password, "-f", str(socket), *more]
    executable = str(BINARIES / "postern") if whose == "postern" else "/usr/sbin/testsaslauthd"
    return subprocess.run(words, executable=executable, capture_output=True, text=True, timeout=timeout, check=False)
