"""saslauthd and testsaslauthd: ours and Cyrus's, each with the other; real PAM, private shadow files, real libsasl."""

import base64
import os
import pathlib
import re
import signal
import socket
import struct
import subprocess
import time

import pytest
from harness.postern import BINARIES
from harness.processes import cpu_seconds
from harness.saslauthd import PROGRAMS, Saslauthd, ask
from harness.waiting import wait_until

OURS = str(BINARIES / "saslauthd")
PASSWORD = "correct horse"


def crypt(password):
    return subprocess.run(["openssl", "passwd", "-6", password], capture_output=True, text=True,
                          check=True).stdout.strip()


@pytest.fixture
def shadow_files(scratch):
    (scratch / "passwd").write_text("joe:x:1000:1000::/:/bin/sh\nold:x:1001:1001::/:/bin/sh\n")
    digest = crypt(PASSWORD)
    (scratch / "shadow").write_text(f"joe:{digest}:19000:0:99999:7:::\nold:{digest}:10000:0:90:7:::\n")
    return f"passwd={scratch}/passwd,shadow={scratch}/shadow"


@pytest.fixture
def started(scratch):
    running = []

    def start(whose, *words):
        running.append(Saslauthd(scratch / f"s{len(running)}", whose, *words).start())
        return running[-1]

    yield start
    for one in running:
        one.stop()


def counted(*strings):
    return b"".join(struct.pack(">H", len(text)) + text for text in strings)


def talk(path, *writes, wait=60):
    """Writes each piece, reads to the end."""
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(wait)
        client.connect(str(path))
        for piece in writes:
            client.sendall(piece)
        answer = b""
        while len(answer) < 2 or len(answer) < 2 + struct.unpack(">H", answer[:2])[0]:
            got = client.recv(4096)
            if not got:
                break
            answer += got
    return answer


@pytest.mark.parametrize("tester", ["postern", "cyrus"])
def test_testsaslauthd_with_ours(started, shadow_files, tester):
    server = started("postern", "-a", "shadow", "-O", shadow_files)
    right = ask(tester, server.socket, "joe", PASSWORD, "-R", "2")
    assert (right.returncode, right.stdout) == (0, '0: OK "Success."\n1: OK "Success."\n')
    for user, password in [("joe", "wrong"), ("nobody-here", PASSWORD), ("old", PASSWORD)]:
        wrong = ask(tester, server.socket, user, password)
        assert (wrong.returncode, wrong.stdout) == (255, '0: NO "authentication failed"\n')
    log = server.log_text()
    assert "auth failure: [user=joe] [service=imap] [realm=] [mech=shadow] [reason=Incorrect password]" in log
    assert "[user=nobody-here] [service=imap] [realm=] [mech=shadow] [reason=Invalid username]" in log
    assert "[user=old] [service=imap] [realm=] [mech=shadow] [reason=Password expired]" in log
    assert PASSWORD not in log and "$6$" not in log


def test_our_testsaslauthd_says_what_cyrus_says(started, scratch):
    server = started("cyrus", "-a", "getpwent", "-n", "2")
    for words in [("root", "wrong"), ("root", "wrong", "-R", "3", "-s", "smtp", "-r", "example.org")]:
        ours, theirs = (ask(whose, server.socket, *words) for whose in ("postern", "cyrus"))
        assert (ours.returncode, ours.stdout) == (theirs.returncode, theirs.stdout)
    ours, theirs = (ask(whose, scratch / "nothing", "root", "x") for whose in ("postern", "cyrus"))
    assert (ours.returncode, ours.stdout) == (theirs.returncode, theirs.stdout) == (255, "0: ")
    ours, theirs = (subprocess.run(["testsaslauthd"], executable=path, capture_output=True, text=True, check=False)
                    for path in (str(BINARIES / "postern"), "/usr/sbin/testsaslauthd"))
    assert ours.returncode == theirs.returncode == 1
    assert ours.stderr.startswith(theirs.stderr)


def test_password_from_standard_input(started, shadow_files):
    server = started("postern", "-a", "shadow", "-O", shadow_files)
    done = subprocess.run(["testsaslauthd", "-u", "joe", "--password-stdin", "-f", str(server.socket)],
                          executable=str(BINARIES / "postern"), input=PASSWORD + "\n", capture_output=True, text=True,
                          check=False)
    assert (done.returncode, done.stdout) == (0, '0: OK "Success."\n')


def test_command_line_ends_as_the_originals(scratch):
    """Exit status, and the first line but for the pid, wherever the two should agree."""
    for words in [[], ["-a", "nope"], ["-a", "pam", "-m", "relative"], ["-a", "pam", "-a", "pam"], ["-a"], ["-h"], ["-v"],
                  ["-a", "pam", "-n", "-3"], ["-Q"]]:
        ends = []
        for program in (PROGRAMS["postern"], PROGRAMS["cyrus"]):
            done = subprocess.run(["saslauthd", *words], executable=program, capture_output=True, text=True,
                                  cwd=scratch, check=False)
            first = re.sub(r"\[\d+\]", "[]", done.stderr.split("\n")[0])
            ends.append((done.returncode, done.stdout, "" if words == ["-v"] else first))
        assert ends[0] == ends[1], words


def test_in_the_background_as_the_original(scratch, shadow_files):
    kinds = {}
    for whose in ("postern", "cyrus"):
        directory = scratch / whose
        mech = ["-a", "shadow", "-O", shadow_files] if whose == "postern" else ["-a", "shadow"]
        words = [PROGRAMS[whose], *mech, "-m", str(directory), "-n", "2"]
        assert subprocess.run(words, timeout=20, check=False).returncode == 0
        pid = int((directory / "saslauthd.pid").read_text())
        try:
            # Cyrus's parent leaves before its child listens.
            wait_until(lambda directory=directory: {entry.name for entry in directory.iterdir()} ==
                       {"mux", "mux.accept", "saslauthd.pid"}, "its files")
            kinds[whose] = {entry.name: oct(entry.stat().st_mode) for entry in directory.iterdir()}
            kinds[whose]["."] = oct(directory.stat().st_mode)
            second = subprocess.run(words, capture_output=True, text=True, timeout=20, check=False)
            assert second.returncode == 2
            assert "Another instance of saslauthd is currently running" in second.stderr
            assert ask("cyrus", directory / "mux", "root", "certainly-wrong").returncode == 255
        finally:
            os.kill(pid, signal.SIGTERM)
        wait_until(lambda directory=directory: not list(directory.iterdir()), "its files to go")
    assert kinds["postern"] == kinds["cyrus"]


def test_group_and_mode_of_the_socket(started, shadow_files):
    server = started("postern", "-a", "shadow", "-O", shadow_files, "--socket-group", "sasl", "--socket-mode", "0660")
    about = server.socket.stat()
    assert about.st_mode & 0o777 == 0o660
    assert pathlib.Path(server.socket).group() == "sasl"


def test_wire_dialects(started, shadow_files):
    server = started("postern", "-a", "shadow", "-O", shadow_files, "-r")
    right = [b"joe", PASSWORD.encode(), b"smtp", b""]
    assert talk(server.socket, counted(*right)) == b"\0\2OK"
    assert talk(server.socket, counted(*right, b"192.0.2.7;25")) == b"\0\2OK"
    assert talk(server.socket, *[counted(text) for text in right]) == b"\0\2OK", "Exim's four writes"
    assert talk(server.socket, *[bytes([octet]) for octet in counted(*right)]) == b"\0\2OK"
    assert talk(server.socket, counted(b"", b"x", b"smtp", b"")) == counted(b"NO NULL login received")
    assert talk(server.socket, counted(b"joe", b"", b"smtp", b"")) == counted(b"NO NULL password received")
    assert talk(server.socket, counted(b"joe", b"x" * 65535, b"smtp", b"")) == counted(b"NO Incorrect password")
    assert talk(server.socket, counted(b"joe", b"x", b"smtp", b"example.org")) == counted(b"NO Invalid username")
    talk(server.socket, counted(b"joe", b"x", b"smtp", b"", b"192.0.2.9;1"))
    wait_until(lambda: "[realm=] [remote=192.0.2.9;1] [mech=shadow]" in server.log_text(), "the address in the log")
    assert "[user=joe@example.org]" in server.log_text()


def test_strings_over_the_limit_as_the_original(started, shadow_files):
    ours = started("postern", "-a", "shadow", "-O", shadow_files, "--string-max", "256")
    theirs = started("cyrus", "-a", "getpwent", "-n", "2")
    for field in range(4):
        strings = [b"joe", b"x", b"smtp", b""]
        strings[field] = b"x" * 257
        assert talk(ours.socket, counted(*strings)) == talk(theirs.socket, counted(*strings)) == b"\0\3NO "


def test_silent_clients_stop_nobody(started, shadow_files):
    server = started("postern", "-a", "shadow", "-O", shadow_files, "--timeout", "6")
    silent = []
    for _ in range(200):
        client = socket.socket(socket.AF_UNIX)
        client.connect(str(server.socket))
        silent.append(client)
    assert ask("cyrus", server.socket, "joe", PASSWORD).returncode == 0
    with pytest.raises(BlockingIOError):
        silent[-1].recv(10, socket.MSG_DONTWAIT)  # the silent ones are still there
    before = cpu_seconds([server.process.pid])
    for client in silent:
        client.settimeout(60)
        assert client.recv(10) == b"", "sent away when its time is up"
        client.close()
    assert cpu_seconds([server.process.pid]) - before < 0.5


def test_five_silent_clients_stop_the_original(started):
    """Why there is a deadline: what ours is measured against."""
    server = started("cyrus", "-a", "getpwent", "-n", "5")
    silent = [socket.socket(socket.AF_UNIX) for _ in range(5)]
    for client in silent:
        client.connect(str(server.socket))
    with pytest.raises(subprocess.TimeoutExpired):
        ask("cyrus", server.socket, "root", "x", timeout=3)
    for client in silent:
        client.close()


def test_reload_reads_the_configuration_again_and_drops_the_cache(started, shadow_files, scratch):
    server = started("postern", "-a", "shadow", "-O", shadow_files, "-c")
    assert ask("cyrus", server.socket, "joe", PASSWORD).returncode == 0
    (scratch / "shadow").write_text(f"joe:{crypt('new one')}:19000:0:99999:7:::\n")
    assert ask("cyrus", server.socket, "joe", PASSWORD).returncode == 0, "cached"
    server.process.send_signal(signal.SIGHUP)
    wait_until(lambda: "configuration read again" in server.log_text(), "the reload")
    assert ask("cyrus", server.socket, "joe", PASSWORD).returncode == 255
    assert ask("cyrus", server.socket, "joe", "new one").returncode == 0
    assert "auth success (cached): [user=joe] [service=imap] [realm=]" in server.log_text()


@pytest.mark.alone
def test_pam_stack(started, scratch):
    """A private service directory: the password goes through pam_exec, the delay is pam_faildelay's."""
    services = scratch / "pam.d"
    services.mkdir()
    check = scratch / "check"
    check.write_text(f'#!/bin/sh\nread -r p; [ "$p" = "{PASSWORD}" ] && [ "$PAM_USER" = joe ]\n')
    check.chmod(0o755)
    (services / "smtp").write_text("auth optional pam_faildelay.so delay=6000000\n"
                                   f"auth required pam_exec.so expose_authtok quiet {check}\n"
                                   "account required pam_permit.so\n")
    server = started("postern", "-a", "pam", "-O", f"confdir={services}", "-n", "2")
    assert ask("cyrus", server.socket, "joe", PASSWORD, "-s", "smtp").returncode == 0
    begin = time.monotonic()
    wrong = [subprocess.Popen(["/usr/sbin/testsaslauthd", "-u", "joe", "-p", "wrong", "-s", "smtp", "-f",
                               str(server.socket)], stdout=subprocess.DEVNULL) for _ in range(6)]
    assert ask("cyrus", server.socket, "joe", PASSWORD, "-s", "smtp").returncode == 0
    assert {process.poll() for process in wrong} == {None}, "six failing logins and two workers: none waits in the delay"
    assert [process.wait(60) for process in wrong] == [255] * 6
    assert time.monotonic() - begin > 2, "the delay is kept; PAM makes it up to half shorter"
    assert "[mech=pam] [reason=PAM auth error]" in server.log_text()


def test_defaults_file(scratch, shadow_files):
    directory = scratch / "run"
    defaults = scratch / "saslauthd"
    text = f'DESC="x"\nNAME="saslauthd"\nMECHANISMS="shadow"\nMECH_OPTIONS="{shadow_files}"\nTHREADS=2\n' \
           f'OPTIONS="-c -m {directory}"\n'
    for start in ("", "START=no\n"):
        defaults.write_text(start + text)
        done = subprocess.run([OURS, "--defaults", str(defaults)], capture_output=True, text=True, check=False)
        assert done.returncode == 0
        assert f"To enable saslauthd, edit {defaults} and set START=yes" in done.stderr
    defaults.write_text("START=yes\n" + text)
    assert subprocess.run([OURS, "--defaults", str(defaults)], timeout=20, check=False).returncode == 0
    try:
        assert directory.stat().st_mode & 0o777 == 0o710
        assert directory.group() == "sasl"
        assert ask("cyrus", directory / "mux", "joe", PASSWORD).returncode == 0
    finally:
        os.kill(int((directory / "saslauthd.pid").read_text()), signal.SIGTERM)
    wait_until(lambda: not (directory / "mux").exists(), "its end")


def test_a_real_libsasl_program(started, shadow_files, scratch):
    """libsasl's own client of saslauthd, which real Postfix uses too, here in Cyrus's sample server."""
    server = started("postern", "-a", "shadow", "-O", shadow_files)
    config = scratch / "sasl2"
    config.mkdir()
    (config / "sample.conf").write_text("pwcheck_method: saslauthd\nmech_list: plain\n"
                                        f"saslauthd_path: {server.socket}\n")
    for password, words in [(PASSWORD, "Negotiation complete"), ("wrong", "Password verification failed")]:
        login = base64.b64encode(b"PLAIN\0\0joe\0" + password.encode()).decode()
        done = subprocess.run(["sasl-sample-server", "-s", "smtp", "-m", "PLAIN"], input=f"C: {login}\n", text=True,
                              env=os.environ | {"SASL_CONF_PATH": str(config)}, capture_output=True, timeout=20,
                              check=False)
        assert words in done.stdout + done.stderr
    assert "auth success: [user=joe] [service=smtp] [realm=]" in server.log_text()


def test_a_sasldb2_that_others_may_read_is_told_and_used(started, scratch):
    file = scratch / "sasldb2"
    subprocess.run(["saslpasswd2", "-p", "-c", "-f", str(file), "-u", "r", "joe"], executable="/usr/sbin/saslpasswd2",
                   input=b"first-secret\n", check=True)
    server = started("postern", "-a", "sasldb", "-O", str(file))
    assert ask("postern", server.socket, "joe", "first-secret", "-r", "r").returncode == 0
    assert "chmod o=" not in server.log_text()
    file.chmod(0o666)
    for _ in range(8):  # more than there are workers
        assert ask("postern", server.socket, "joe", "first-secret", "-r", "r").returncode == 0
    assert server.log_text().count(f"others may read and change the passwords in {file}") == 1


def test_child_of_masterd(make):
    """authd asks these for `pwcheck_method: pam`, shadow and getpwent; each is there as soon as somebody asks."""
    server = make.postern()
    for mechanism, reason in [("getpwent", "Invalid username"), ("shadow", "Invalid username"),
                              ("pam", "PAM auth error")]:
        path = server.directory / "spool" / "private" / f"check-{mechanism}"
        assert ask("cyrus", path, "nobody-here", "x", "-s", "smtp").returncode == 255
        server.wait_log(f"[user=nobody-here] [service=smtp] [realm=] [mech={mechanism}] [reason={reason}]")
