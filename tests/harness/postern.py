"""Postern in a private directory, as `postern up --dir DIR` runs it."""

import os
import pathlib
import signal
import subprocess

from . import processes
from .ports import free_port
from .waiting import wait_for_port, wait_until

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARIES = pathlib.Path(os.environ.get("POSTERN_BIN", ROOT / "build" / "release" / "bin"))
PASSWORD = "correct horse battery"


# Tests and benchmarks send and fail more than any user does: what stops a hijacked account would stop them. Those about
# abuse set what they are about.
WITHOUT_ABUSE_LIMITS = {
    "login_failure_delay_limit": "0s", "account_network_limit": "0",
} | {f"account_{span}_{what}_limit": "0" for span in ("hour", "day")
     for what in ("message", "recipient", "new_recipient")}


class Postern:
    """Listens on .mx (no TLS needed, no login), .submission (STARTTLS and login needed), .smtps (the same, TLS at once).

    main_cf: {name: value} on top of what `postern init` writes. listeners: None for those three, or master.cf lines.
    """

    def __init__(self, directory, main_cf=None, listeners=None, init=True):
        self.directory = pathlib.Path(directory)
        self.etc = self.directory / "etc"
        self.log = self.directory / "postern.log"
        self.mx, self.submission, self.smtps = free_port(), free_port(), free_port()
        self.process = None
        self.directory.mkdir(parents=True, exist_ok=True)
        # Delivery agents and smtpd may run as another user than the test.
        for path in [self.directory, *self.directory.parents]:
            if str(path).startswith("/tmp/"):
                path.chmod(path.stat().st_mode | 0o055)
        if init:
            self.cli("init")
            self.set(**{"myhostname": "mail.postern.example", "inet_protocols": "ipv4"} | WITHOUT_ABUSE_LIMITS
                     | (main_cf or {}))
            self.write_master(listeners if listeners is not None else self.default_listeners())

    def default_listeners(self):
        relay = "smtpd_relay_restrictions=permit_sasl_authenticated,reject"
        return [
            f"127.0.0.1:{self.mx} inet n - n - - smtpd",
            f"127.0.0.1:{self.submission} inet n - n - - smtpd",
            f"  -o smtpd_tls_security_level=encrypt -o {relay}",
            f"127.0.0.1:{self.smtps} inet n - n - - smtpd",
            f"  -o smtpd_tls_wrappermode=yes -o {relay}",
            "pickup unix n - n 60 1 pickup",
        ]

    def write_master(self, lines):
        (self.etc / "master.cf").write_text("\n".join(lines) + "\n")

    def set(self, **parameters):
        """Sets parameters of main.cf, in place of what stands there."""
        path = self.etc / "main.cf"
        kept, drop = [], False
        for line in path.read_text().splitlines() if path.exists() else []:
            if not line.startswith((" ", "\t")):
                drop = line.split("=")[0].strip() in parameters
            if not drop:
                kept.append(line)
        kept += [f"{name} = {value}".rstrip() for name, value in parameters.items()]
        path.write_text("\n".join(kept) + "\n")

    def cli(self, *words, stdin=None, check=True):
        """`postern WORDS --dir DIR`; returns the CompletedProcess."""
        return self.run_as("postern", *words, stdin=stdin, check=check)

    def run_as(self, name, *words, stdin=None, check=True):
        """The same by one of its other names, mailq or postconf."""
        done = subprocess.run([name, *words, "--dir", str(self.directory)], executable=str(BINARIES / "postern"),
                              input=stdin, capture_output=True, text=True, timeout=60, check=False)
        if check and done.returncode != 0:
            raise AssertionError(f"{name} {' '.join(words)}: {done.returncode}: {done.stdout}{done.stderr}")
        return done

    def add_user(self, name, password=PASSWORD):
        self.cli("user", "add", name, "--password-stdin", stdin=password + "\n")
        return name

    def launch(self):
        """Starts it and waits for nothing."""
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([str(BINARIES / "postern"), "up", "--dir", str(self.directory)],
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        return self

    def start(self, *ports):
        """Starts it and waits until it serves on the ports; all three of its own unless named."""
        before = self.times_up()
        self.launch()
        try:
            for port in ports or (self.mx, self.submission, self.smtps):
                wait_for_port(port, self.process)
            self.wait_ready(before)
        except AssertionError as error:
            self.stop()
            raise AssertionError(f"{error}\n{self.log_text()}") from None
        return self

    def times_up(self):
        return self.log_text().count("all services are up")

    def wait_ready(self, times_up_before):
        """masterd listens before its children run."""
        wait_until(lambda: {"smtpd", "authd", "qmgr"} <= {processes.name_of(pid) for pid in self.tree()},
                   "smtpd, authd and qmgr")
        if "maillog_file" not in (self.etc / "main.cf").read_text():
            wait_until(lambda: self.times_up() > times_up_before, "all services to be up")

    def stop(self):
        if self.process:
            processes.end(self.process, 30)
            self.process = None

    def reload(self):
        self.process.send_signal(signal.SIGHUP)

    def tree(self):
        return processes.tree(self.process.pid)

    def pids(self, program):
        return processes.children_named(self.process.pid, program)

    def log_text(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def wait_log(self, words, seconds=60.0):
        wait_until(lambda: words in self.log_text(), f"{words!r} in {self.log}", seconds)

    def queue(self):
        return self.cli("queue", "list").stdout

    def queue_is_empty(self):
        return "queue is empty" in self.queue()
