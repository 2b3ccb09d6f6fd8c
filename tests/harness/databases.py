"""Debian's PostgreSQL and MariaDB in private directories, on a loopback port and a UNIX socket, as their own users."""

import os
import shutil
import signal
import subprocess

from .ports import free_port
from .processes import end, tree
from .waiting import wait_for_port, wait_until

POSTGRESQL = "/usr/lib/postgresql/15/bin"
USER, PASSWORD, DATABASE = "mail", "the service's own password", "users"


class _Database:
    account = None  # the user of the machine that it runs as

    def __init__(self, directory):
        self.directory = directory
        self.port = free_port()
        self.log = directory / "server.log"
        self.process = None
        directory.mkdir(parents=True)
        shutil.chown(directory, self.account, self.account)

    def _words(self, *words):
        return ["setpriv", f"--reuid={self.account}", f"--regid={self.account}", "--init-groups", *map(str, words)]

    def _run(self, *words, stdin=""):
        done = subprocess.run(self._words(*words), input=stdin, capture_output=True, text=True, timeout=60, check=False,
                              cwd=self.directory)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def launch(self, *words):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self._words(*words), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            cwd=self.directory)
        wait_for_port(self.port, self.process)
        return self

    def freeze(self):
        """It stands still with its connections open, as a server does whose disk hangs."""
        for pid in tree(self.process.pid):
            os.kill(pid, signal.SIGSTOP)

    def thaw(self):
        for pid in tree(self.process.pid):
            os.kill(pid, signal.SIGCONT)

    def log_text(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""


class Postgresql(_Database):
    account = "postgres"
    engine = "pgsql"

    def __init__(self, directory):
        super().__init__(directory)
        self.socket = directory
        (directory / "pw").write_text(PASSWORD)
        self._run(f"{POSTGRESQL}/initdb", "-D", directory / "data", "-U", USER, "--pwfile", directory / "pw", "-A",
                  "scram-sha-256", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")

    def start(self):
        self.launch(f"{POSTGRESQL}/postgres", "-D", self.directory / "data", "-p", self.port, "-k",
                    self.directory, "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off")
        # It listens before it takes anybody in.
        wait_until(lambda: subprocess.run([f"{POSTGRESQL}/pg_isready", "-q", "-h", self.directory, "-p", str(self.port)],
                                          check=False).returncode == 0, "PostgreSQL to be ready")
        return self

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)  # "fast": ends its connections
            self.process.wait(60)
        if self.process:
            end(self.process)

    def run(self, statements, database=DATABASE):
        return self._run("env", f"PGPASSWORD={PASSWORD}", f"{POSTGRESQL}/psql", "-X", "-q", "-A", "-t", "-v",
                         "ON_ERROR_STOP=1", "-h", self.directory, "-p", self.port, "-U", USER, "-d", database,
                         stdin=statements)

    def make_database(self):
        self.run(f"CREATE DATABASE {DATABASE}", "postgres")


class Mariadb(_Database):
    account = "mysql"
    engine = "mysql"

    def __init__(self, directory):
        super().__init__(directory)
        self.socket = directory / "socket"
        self._run("mariadb-install-db", "--no-defaults", f"--datadir={directory}/data", "--auth-root-authentication-method=socket",
                  f"--auth-root-socket-user={self.account}", "--skip-test-db")

    def start(self):
        return self.launch("/usr/sbin/mariadbd", "--no-defaults", f"--datadir={self.directory}/data",
                           f"--socket={self.socket}", f"--port={self.port}", "--bind-address=127.0.0.1",
                           f"--pid-file={self.directory}/pid", "--skip-name-resolve")

    def stop(self):
        if self.process:
            end(self.process, 30)

    def run(self, statements, database=DATABASE):
        return self._run("mariadb", "--no-defaults", "-N", "-B", f"--socket={self.socket}", "-u", self.account, database,
                         "--default-character-set=utf8mb4", stdin=statements)

    def make_database(self):
        self.run(f"CREATE DATABASE {DATABASE} CHARACTER SET utf8mb4; CREATE USER {USER}@'%' IDENTIFIED BY "
                 + "'" + PASSWORD.replace("'", "''") + "'" + f"; GRANT ALL ON {DATABASE}.* TO {USER}@'%'", "mysql")
