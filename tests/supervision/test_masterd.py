"""masterd: what it starts, restarts, replaces and stops, seen from outside.

The programs are stand-ins (probe_program.cpp): the real skeleton and the real sandbox, and sockets that do what a test
asks for, one line at a time.
"""

import contextlib
import ctypes
import os
import pathlib
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))

from harness.ports import free_port  # noqa: E402
from harness.waiting import wait_until  # noqa: E402

BIN = pathlib.Path(os.environ.get("POSTERN_SUPERVISION_BIN",
                                  pathlib.Path(__file__).resolve().parents[2] / "build/dev/tests/supervision/bin"))
PATIENCE = 60.0


def landlock_version():
    """Restricts TCP ports from version 4 on (Linux 6.7)."""
    create_ruleset, ask_version = 444, 1
    return ctypes.CDLL(None, use_errno=True).syscall(create_ruleset, None, 0, ask_version)


class Session:
    """A connection to a stand-in: ask(line) gives its answer, None when the connection ended."""

    def __init__(self, address, family=socket.AF_INET):
        self.socket = socket.socket(family)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(address)
        self.file = self.socket.makefile("rw", newline="\n")

    def ask(self, line):
        try:
            self.file.write(line + "\n")
            self.file.flush()
            return self.file.readline().rstrip("\n") or None
        except (ConnectionError, BrokenPipeError):
            return None

    def close(self):
        with contextlib.suppress(OSError):
            self.file.close()
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()


class Server:
    """masterd in a private directory with one inet service on a free port."""

    def __init__(self, extra_main="", extra_master=""):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="postern-supervision-"))
        self.port = free_port()
        self.etc = self.dir / "etc"
        self.log_path = self.dir / "log"
        self.etc.mkdir()
        (self.etc / "key.pem").write_text("secret key\n")
        (self.etc / "key.pem").chmod(0o600)
        self.write_main(extra_main)
        self.write_master(extra_master)
        (self.dir / "spool").mkdir()
        self.process = None

    def write_main(self, text):
        (self.etc / "main.cf").write_text(
            "compatibility_level = 3.6\nmyhostname = mail.example.com\n"
            f"smtpd_tls_key_file = {self.etc}/key.pem\n" + text)

    def write_master(self, text=""):
        (self.etc / "master.cf").write_text(f"127.0.0.1:{self.port} inet n - n - 1 smtpd\n" + text)

    def start(self, *options, wait=True):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen([BIN / "masterd", "--dir", self.dir, *options], stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=log, env={"PATH": "/usr/bin:/bin"})
        if wait:
            try:
                self.wait_log("all services are up")
            except AssertionError:
                self.stop()
                raise
        return self

    def connect(self):
        return Session(("127.0.0.1", self.port))

    def connect_unix(self, name):
        return Session(str(self.dir / "spool" / name), socket.AF_UNIX)

    def control(self, request):
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(PATIENCE)
            client.connect(str(self.dir / "spool/public/control"))
            client.sendall(request.encode() + b"\n")
            answer = b""
            while piece := client.recv(4096):
                answer += piece
            return answer.decode()

    def log(self):
        return self.log_path.read_text(errors="replace")

    def wait_log(self, pattern, seconds=PATIENCE):
        try:
            wait_until(lambda: re.search(pattern, self.log()), pattern, seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.log()}") from None

    def pids(self, program):
        found = re.findall(rf"^\S+ +{program} .* pid (\d+) ", self.control("status"), re.M)
        return [int(pid) for pid in found]

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.dir, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.stop()


class Masterd(unittest.TestCase):
    def test_starts_everything_and_hands_sockets_down(self):
        with Server().start() as server, server.connect() as session:
            self.assertEqual(f"smtpd 127.0.0.1:{server.port} {os.getuid()}", session.ask("who"))
            self.assertEqual("yes", session.ask("get smtpd_sasl_anonymize"))
            self.assertEqual("ok", session.ask(f"secret {server.etc}/key.pem"))
            for name in ("private/auth", "private/qmgr", "public/qmgr-admin", "private/smtp", "private/local"):
                with server.connect_unix(name) as one:
                    self.assertIsNotNone(one.ask("pid"), name)
            for program in ("smtpd", "authd", "qmgr", "smtp", "local"):
                self.assertEqual(1, len(server.pids(program)), program)

    def test_restarts_what_was_killed_and_refuses_nobody(self):
        with Server().start() as server:
            for program in ("smtpd", "authd", "qmgr", "smtp", "local"):
                before = server.pids(program)
                # After a second of service a program is restarted at once.
                lived = rf"(?m)^\S+ +{program} .* up [1-9]"
                wait_until(lambda want=lived: re.search(want, server.control("status")), "a good life")
                os.kill(before[0], signal.SIGKILL)
                with server.connect() as session:  # while it is being replaced, too
                    self.assertIsNotNone(session.ask("pid"))
                server.wait_log(rf"process {program} .*pid {before[0]} ended: killed by SIGKILL \(Killed\): "
                                "somebody sent the signal, not masterd")
                wait_until(lambda p=program, b=before: server.pids(p) not in ([], b), f"a new {program}")

    def test_says_why_a_program_died(self):
        with Server().start() as server:
            for order, pattern in {
                "segv": r"killed by SIGSEGV \(Segmentation fault\)",
                "abort": r"killed by SIGABRT \(Aborted\)",
                "exit 7": r"exit status 7\n",
                "exit 0": r"exit status 0, without being asked to stop",
                "setuid": r"killed by SIGSYS .*: the sandbox refused the system call setuid, which its row",
            }.items():
                with server.connect() as session:
                    self.assertIsNone(session.ask(order), order)
                server.wait_log(rf"process smtpd .*ended: {pattern}")

    def test_waits_longer_before_each_restart_of_what_dies_early(self):
        with Server().start() as server:
            def died_twice():
                with server.connect() as session:
                    session.ask("exit 1")
                return re.search(r"smtpd died early 2 times in a row; next start in 200 ms", server.log())

            wait_until(died_twice, "two deaths in a row that are early, even on a slow machine")
            with server.connect() as session:
                self.assertIsNotNone(session.ask("pid"))

    def test_shuts_programs_in_as_their_rows_say(self):
        with Server().start() as server:
            accounts = server.dir / "data" / "accounts.sqlite"
            accounts.write_text("not for smtpd")
            queued = server.dir / "spool" / "spool" / "one"
            queued.write_text("not for smtpd")
            with server.connect() as smtpd, server.connect_unix("private/auth") as authd, \
                    server.connect_unix("private/qmgr") as qmgr:
                for program, name, order, want in (
                    (smtpd, "smtpd", f"open {accounts}", "EACCES"),
                    (smtpd, "smtpd", f"open {queued}", "EACCES"),
                    (smtpd, "smtpd", "open /etc/shadow", "EACCES"),
                    (smtpd, "smtpd", f"create {server.dir}/spool/new", "EACCES"),
                    (smtpd, "smtpd", "exec", "EACCES"),
                    (smtpd, "smtpd", f"connect {server.port}", "EACCES" if landlock_version() >= 4 else "ok"),
                    (smtpd, "smtpd", f"open {server.etc}/key.pem", "EACCES"),
                    (smtpd, "smtpd", "open /etc/hosts", "ok"),
                    (authd, "authd", f"open {accounts}", "ok"),
                    (authd, "authd", f"open {queued}", "EACCES"),
                    (authd, "authd", f"connect {server.port}", "EACCES"),
                    (qmgr, "qmgr", f"create {server.dir}/spool/new", "ok"),
                    (qmgr, "qmgr", f"open {accounts}", "EACCES"),
                ):
                    self.assertEqual(want, program.ask(order), f"{name}: {order}")

    def test_reload_keeps_sessions_and_takes_over_the_new_configuration(self):
        with Server("smtpd_banner = old\n").start() as server, server.connect() as session:
            old = session.ask("pid")
            tickets = session.ask("tickets")
            server.write_main("smtpd_banner = new\n")
            self.assertEqual(".\n", server.control("reload"))
            wait_until(lambda: len(server.pids("smtpd")) == 2, "old and new smtpd side by side")
            server.wait_log("all services are up(.|\n)*all services are up")

            def ask_new(question):
                with server.connect() as other:
                    return other.ask(question)

            wait_until(lambda: ask_new("get smtpd_banner") == "new", "the new configuration")
            self.assertEqual(old, session.ask("pid"), "the open session stays with its process")
            self.assertEqual("old", session.ask("get smtpd_banner"))
            self.assertEqual(tickets, ask_new("tickets"), "TLS sessions of before the reload can be resumed")
            session.close()
            wait_until(lambda: old not in map(str, server.pids("smtpd")), "the end of the old process")
            self.assertNotIn("ended:", server.log())

    def test_connections_are_never_refused_during_reloads(self):
        with Server().start() as server:
            for _ in range(5):
                self.assertEqual(".\n", server.control("reload"))
                for _ in range(20):
                    with server.connect() as session:
                        self.assertIsNotNone(session.ask("pid"))

    def test_reload_with_a_bad_configuration_changes_nothing(self):
        with Server().start() as server:
            before = server.pids("smtpd")
            server.write_master("this is no service\n")
            self.assertIn("master.cf:2: ", server.control("reload"))
            server.write_master()
            server.write_main("inet_protocols = none\n")
            self.assertTrue(server.control("reload").startswith("error "))
            server.wait_log("the old configuration stays")
            self.assertEqual(before, server.pids("smtpd"))

    def test_reload_opens_and_closes_listeners(self):
        with Server().start() as server:
            other = free_port()
            server.write_master(f"127.0.0.1:{other} inet n - n - 1 smtpd -o smtpd_banner=second\n")
            self.assertEqual(".\n", server.control("reload"))
            with Session(("127.0.0.1", other)) as session:
                self.assertEqual("second", session.ask("get smtpd_banner"))
            server.write_master()
            self.assertEqual(".\n", server.control("reload"))

            def is_closed():
                with contextlib.suppress(ConnectionRefusedError):
                    Session(("127.0.0.1", other)).close()
                    return False
                return True

            wait_until(is_closed, "the second port to close")

    def test_an_old_program_serves_on_when_the_new_one_cannot_start(self):
        with Server().start() as server:
            server.write_main("smtpd_banner = broken\n")
            server.control("reload")
            server.wait_log("the banner is broken")
            with server.connect() as session:
                self.assertNotEqual("broken", session.ask("get smtpd_banner"))

    def test_stops_gracefully(self):
        with Server().start() as server:
            session = server.connect()
            self.assertIsNotNone(session.ask("pid"))
            self.assertEqual(".\n", server.control("stop"))
            wait_until(lambda: re.search(r"(?m)^\S+ +smtpd .* stopping", server.control("status")), "smtpd to be asked")
            self.assertIsNone(server.process.poll(), "a session is open")
            self.assertIsNotNone(session.ask("pid"))
            session.close()
            self.assertEqual(0, server.process.wait(PATIENCE))
            self.assertFalse((server.dir / "spool/public/control").exists())

    def test_stops_in_the_end_though_a_session_stays(self):
        with Server("graceful_stop_time_limit = 1s\n").start() as server, server.connect() as session:
            self.assertIsNotNone(session.ask("pid"))
            server.process.terminate()
            self.assertEqual(0, server.process.wait(PATIENCE))
            self.assertIn("stopping with work unfinished", server.log())

    def test_kills_what_does_not_listen(self):
        with Server("graceful_stop_time_limit = 1s\n").start() as server:
            os.kill(server.pids("local")[0], signal.SIGSTOP)
            server.process.terminate()
            self.assertEqual(0, server.process.wait(PATIENCE))
            self.assertRegex(server.log(), r"process local .*killed by SIGKILL \(Killed\): it did not stop in time")

    def test_programs_end_when_masterd_dies(self):
        with Server().start() as server:
            pids = [pid for name in ("smtpd", "authd", "qmgr", "smtp", "local") for pid in server.pids(name)]
            server.process.kill()
            server.process.wait()

            def alive(pid):
                with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                    return " Z " not in pathlib.Path(f"/proc/{pid}/stat").read_text()
                return False

            wait_until(lambda: not any(map(alive, pids)), "the orphans to end")
            server.start(wait=False)
            wait_until(lambda: server.log().count("all services are up") == 2, "a second start")

    def test_several_run_side_by_side_but_not_twice_in_one_directory(self):
        with Server().start() as first, Server().start() as second:
            with first.connect() as one, second.connect() as two:
                self.assertNotEqual(one.ask("pid"), two.ask("pid"))
            again = subprocess.run([BIN / "masterd", "--dir", first.dir], capture_output=True, text=True,
                                   timeout=PATIENCE, check=False)
            self.assertEqual(1, again.returncode)
            self.assertIn(f"locked by process {first.process.pid}", again.stderr)

    def test_says_what_stands_in_the_way_of_a_port(self):
        with Server() as server, socket.socket() as taken:
            taken.bind(("127.0.0.1", server.port))
            taken.listen()
            server.start(wait=False)
            self.assertEqual(1, server.process.wait(PATIENCE))
            self.assertIn(f"cannot listen on 127.0.0.1:{server.port}: Address already in use", server.log())

    def test_starts_a_rarely_used_service_when_somebody_comes(self):
        with Server(extra_master="relay unix - - n - - smtp\n").start() as server:
            self.assertRegex(server.control("status"), r"(?m)^relay +smtp +private/relay +idle")
            with server.connect_unix("private/relay") as session:
                self.assertRegex(session.ask("who"), "^smtp relay ")

    def test_background_start_returns_when_all_serve_and_fails_when_they_cannot(self):
        with Server() as server:
            done = subprocess.run([BIN / "masterd", "--daemon", "--dir", server.dir], capture_output=True, text=True,
                                  timeout=60, check=False)
            self.assertEqual((0, ""), (done.returncode, done.stderr))
            self.assertEqual(1, len(server.pids("smtpd")))
            again = subprocess.run([BIN / "masterd", "--daemon", "--dir", server.dir], capture_output=True, text=True,
                                   timeout=60, check=False)
            self.assertEqual(1, again.returncode)
            self.assertIn("runs already", again.stderr)
            pid = int((server.dir / "spool/pid/master.pid").read_text())
            server.control("stop")
            wait_until(lambda: not pathlib.Path(f"/proc/{pid}").exists(), "the end of the daemon")

    def test_a_system_service_gives_up_root(self):
        with Server() as server:
            server.dir.chmod(0o755)
            server.write_main(f"queue_directory = {server.dir}/spool\ndata_directory = {server.dir}/data\n"
                              f"maillog_file = {server.dir}/mail.log\nmail_owner = nobody\n")
            done = subprocess.run([BIN / "masterd", "--daemon", "-c", server.etc], capture_output=True, text=True,
                                  timeout=60, check=False)
            if os.getuid() != 0:
                self.assertIn("a system service is started as root", done.stderr)
                return
            self.assertEqual((0, ""), (done.returncode, done.stderr))
            try:
                nobody = pwd.getpwnam("nobody").pw_uid
                with server.connect() as smtpd, server.connect_unix("private/local") as local:
                    self.assertEqual(str(nobody), smtpd.ask("who").split()[-1])
                    self.assertEqual("0", local.ask("who").split()[-1], "local becomes the recipient")
                    self.assertEqual("ok", smtpd.ask(f"secret {server.etc}/key.pem"), "handed down by masterd")
                with server.connect() as smtpd:
                    self.assertIsNone(smtpd.ask("setuid"))
            finally:
                server.control("stop")
                pid = int((server.dir / "spool/pid/master.pid").read_text())
                wait_until(lambda: not pathlib.Path(f"/proc/{pid}").exists(), "the end of the daemon")

    def test_a_system_service_names_what_is_missing(self):
        with Server() as server:
            server.write_main(f"queue_directory = {server.dir}/spool\ndata_directory = {server.dir}/data\n"
                              f"maillog_file = {server.dir}/mail.log\nmail_owner = no-such-user\n")
            done = subprocess.run([BIN / "masterd", "-c", server.etc], capture_output=True, text=True, timeout=60,
                                  check=False)
            self.assertEqual(1, done.returncode)
            said = (server.dir / "mail.log").read_text()
            self.assertRegex(said, "there is no such user; make one with `useradd|is started as root")

    def test_writes_to_maillog_file(self):
        with Server() as server:
            server.write_main(f"maillog_file = {server.dir}/mail.log\n")
            server.start(wait=False)
            wait_until(lambda: (server.dir / "mail.log").exists() and
                       "all services are up" in (server.dir / "mail.log").read_text(), "the log file")
            self.assertRegex((server.dir / "mail.log").read_text(),
                             r"(?m)^[A-Z][a-z]{2} [ \d]\d [\d:]{8} \S+ postfix/masterd\[\d+\]: ")

    def test_tells_systemd(self):
        with Server() as server, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notify:
            notify.bind(str(server.dir / "notify"))
            notify.settimeout(PATIENCE)
            with open(server.log_path, "ab") as log:
                server.process = subprocess.Popen(
                    [BIN / "masterd", "--dir", server.dir], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                    env={"NOTIFY_SOCKET": str(server.dir / "notify"), "WATCHDOG_USEC": "200000"})

            def next_state(prefix):
                while True:
                    state = notify.recv(4096).decode()
                    if state.startswith(prefix):
                        return state

            self.assertIn(f"MAINPID={server.process.pid}", next_state("READY=1"))
            next_state("WATCHDOG=1")
            server.process.send_signal(signal.SIGHUP)
            self.assertIn("MONOTONIC_USEC=", next_state("RELOADING=1"))
            next_state("READY=1")
            server.process.terminate()
            next_state("STOPPING=1")


if __name__ == "__main__":
    unittest.main()
