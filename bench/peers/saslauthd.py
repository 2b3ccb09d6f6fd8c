"""saslauthd with sasldb, five processes, and the accounts of the benchmark in a realm of their own."""

import os
import signal
import subprocess

from harness.processes import wait_gone
from harness.waiting import wait_until

REALM = "postern-bench.example"
# saslauthd's sasldb backend knows no other file.
DATABASE = "/etc/sasldb2"


class Saslauthd:
    def __init__(self, directory, users, password):
        self.directory = directory
        self.users = users
        self.password = password
        self.pid = None

    def start(self):
        self.directory.mkdir(parents=True, exist_ok=True)
        self.directory.chmod(0o755)
        for user in self.users:
            subprocess.run(["saslpasswd2", "-p", "-c", "-u", REALM, "-f", DATABASE, user],
                           input=self.password, text=True, check=True, capture_output=True)
        subprocess.run(["saslauthd", "-a", "sasldb", "-n", "5", "-m", str(self.directory)], check=True,
                       capture_output=True)
        pid_file = self.directory / "saslauthd.pid"
        self.pid = wait_until(lambda: pid_file.exists() and int(pid_file.read_text().strip() or 0), "saslauthd's pid")

    def stop(self):
        if self.pid:
            os.kill(self.pid, signal.SIGTERM)
            wait_gone(self.pid)
            self.pid = None
        for user in self.users:
            subprocess.run(["saslpasswd2", "-d", "-u", REALM, "-f", DATABASE, user], check=False, capture_output=True)
