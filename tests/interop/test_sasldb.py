"""sasldb2: our saslpasswd2 and sasldblistusers2 and Cyrus's take turns on one file; Cyrus's libsasl reads what we write."""

import base64
import hashlib
import hmac
import os
import pathlib
import pty
import subprocess
import termios

import pytest

from harness.postern import BINARIES
from harness.waiting import wait_until

HOST = os.uname().nodename.lower()
SAMPLE_SERVER = "/usr/sbin/sasl-sample-server"


def run(words, stdin=b"", **more):
    return subprocess.run(list(map(str, words)), input=stdin, capture_output=True, timeout=60, check=False, **more)


class Programs:
    def __init__(self, name, directory):
        self.name, self._directory = name, directory

    def path(self, program):
        return self._directory / program

    def set(self, file, user, password, *options, **more):
        return run([self.path("saslpasswd2"), "-p", "-c", "-f", file, *options, user], password, **more)

    def delete(self, file, user, *options):
        return run([self.path("saslpasswd2"), "-d", "-f", file, *options, user])

    def list(self, file):
        done = run([self.path("sasldblistusers2"), "-f", file])
        return sorted(done.stdout.decode().splitlines())


@pytest.fixture
def ours(scratch):
    directory = scratch / "bin"
    directory.mkdir()
    for name in ("saslpasswd2", "sasldblistusers2"):
        (directory / name).symlink_to(BINARIES / "postern")
    return Programs("ours", directory)


@pytest.fixture
def theirs():
    return Programs("theirs", pathlib.Path("/usr/sbin"))


@pytest.fixture(params=["ours", "theirs"])
def writer(request, ours, theirs):
    return ours if request.param == "ours" else theirs


@pytest.fixture(params=["ours", "theirs"])
def reader(request, ours, theirs):
    return ours if request.param == "ours" else theirs


def records(file):
    """{key: value} as Berkeley DB's own program reads the file."""
    done = run(["db5.3_dump", file])
    assert done.returncode == 0, done.stderr
    lines = [bytes.fromhex(line.strip()) for line in done.stdout.decode().splitlines() if line.startswith(" ")]
    return dict(zip(lines[::2], lines[1::2]))


def config(scratch, text):
    directory = scratch / "conf"
    directory.mkdir(exist_ok=True)
    (directory / "saslpasswd.conf").write_text(text)
    return {"env": os.environ | {"SASL_CONF_PATH": str(directory)}}


# ---- what is written

USERS = {
    "plain name": ("frank", [], f"frank@{HOST}"),
    "realm by option": ("frank", ["-u", "example.com"], "frank@example.com"),
    "realm in the name": ("erin@a.example", [], "erin@a.example"),
    "the name's realm wins": ("erin@a.example", ["-u", "b.example"], "erin@a.example"),
    "the first @ splits": ("a@b@c", [], "a@b@c"),
    "empty realm in the name": ("x@", ["-u", "b.example"], "x@"),
    "case is kept": ("Frank", ["-u", "Example.COM"], "Frank@Example.COM"),
    "not ASCII": ("grüße", ["-u", "bücher.example"], "grüße@bücher.example"),
    "blanks": (" two words ", ["-u", "r"], " two words @r"),
}
PASSWORDS = [b"pencil", "Füße ☃".encode(), b" blanks ", b"line\nline", b"x" * 1000, b"{PLAIN}x"]


@pytest.mark.parametrize("case", USERS)
def test_who_writes_and_who_reads_makes_no_difference(scratch, writer, reader, case):
    user, options, shown = USERS[case]
    file = scratch / "sasldb2"
    done = writer.set(file, user, b"pencil\n", *options)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert reader.list(file) == [f"{shown}: userPassword"]
    assert run(["db5.3_verify", file]).returncode == 0


@pytest.mark.parametrize("password", PASSWORDS)
def test_passwords_are_stored_to_the_octet(scratch, ours, theirs, password):
    ours.set(scratch / "a", "u", password + b"\n", "-u", "r")
    theirs.set(scratch / "b", "u", password + b"\n", "-u", "r")
    want = {b"u\0r\0userPassword": password}
    assert records(scratch / "a") == want == records(scratch / "b")


def test_modes_of_new_files(scratch, ours, theirs):
    for umask, programs in ((0o022, ours), (0o022, theirs), (0o077, ours), (0o077, theirs)):
        file = scratch / f"{programs.name}{umask}"
        run(["sh", "-c", f"umask {umask:o}; exec {programs.path('saslpasswd2')} -p -c -f {file} u"], b"x\n")
        assert file.stat().st_mode & 0o777 == 0o660 & ~umask


def test_they_take_turns(scratch, ours, theirs):
    file = scratch / "sasldb2"
    for number in range(40):
        (ours, theirs)[number % 2].set(file, f"user{number}", b"first\n", "-u", "r")
    for number in range(40):
        (theirs, ours)[number % 2].set(file, f"user{number}", f"second{number}\n".encode(), "-u", "r")
    for number in range(0, 40, 3):
        (theirs, ours)[number % 2].delete(file, f"user{number}", "-u", "r")
    want = {f"user{n}\0r\0userPassword".encode(): f"second{n}".encode() for n in range(40) if n % 3}
    assert records(file) == want
    assert ours.list(file) == theirs.list(file)


def test_a_thousand_users(scratch, ours, theirs):
    file = scratch / "sasldb2"
    dump = ["VERSION=3", "format=print", "type=hash", "HEADER=END"]
    for number in range(1000):
        dump += [rf" user{number}\00r\00userPassword", f" password{number}"]
    assert run(["db5.3_load", file], "\n".join([*dump, "DATA=END", ""]).encode()).returncode == 0
    assert ours.set(file, "last@r", b"x\n").returncode == 0
    assert ours.delete(file, "user500@r").returncode == 0
    assert len(ours.list(file)) == 1000
    assert ours.list(file) == theirs.list(file)


def test_writers_of_ours_wait_for_each_other(scratch, ours):
    file = scratch / "sasldb2"
    running = [subprocess.Popen([ours.path("saslpasswd2"), "-p", "-c", "-f", file, "-u", "r", f"user{n}"],
                                stdin=subprocess.PIPE) for n in range(30)]
    for one in running:
        one.stdin.write(b"secret\n")
        one.stdin.close()
    assert [one.wait(timeout=60) for one in running] == [0] * 30
    assert len(ours.list(file)) == 30


def test_readers_see_one_state_or_the_other(scratch, ours, theirs):
    file = scratch / "sasldb2"
    for n in range(20):
        ours.set(file, f"user{n}@r", b"secret\n")
    loop = f"for i in $(seq 60); do echo pw$i | {ours.path('saslpasswd2')} -p -f {file} user3@r; done"
    with subprocess.Popen(["sh", "-c", loop]) as writing:
        while writing.poll() is None:
            assert len(theirs.list(file)) == 20
            assert len(ours.list(file)) == 20


# ---- what is deleted

def test_deleting_leaves_nothing_of_the_password(scratch, ours):
    file = scratch / "sasldb2"
    ours.set(file, "keeper@r", b"keep-this\n")
    for password in (b"first-secret", b"second-secret"):
        ours.set(file, "joe@r", password + b"\n")
    assert b"first-secret" not in file.read_bytes()
    done = ours.delete(file, "joe@r")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert b"second-secret" not in file.read_bytes()
    assert ours.list(file) == ["keeper@r: userPassword"]


def test_what_cyrus_left_behind_goes_with_our_next_change(scratch, ours, theirs):
    file = scratch / "sasldb2"
    theirs.set(file, "joe@r", b"left-in-the-page\n")
    theirs.delete(file, "joe@r")
    assert b"left-in-the-page" in file.read_bytes()
    ours.set(file, "jane@r", b"x\n")
    assert b"left-in-the-page" not in file.read_bytes()


def test_delete_takes_all_properties(scratch, ours, theirs):
    file, generate = scratch / "sasldb2", config(scratch, "scram_secret_generate: yes\n")
    theirs.set(file, "joe@r", b"pencil\n", **generate)
    assert theirs.list(file) == ["joe@r: authPassword", "joe@r: userPassword"]
    theirs.delete(file, "joe@r")
    assert theirs.list(file) == ["joe@r: authPassword"]  # the old password still works there by SCRAM
    assert ours.delete(file, "joe@r").returncode == 0
    assert theirs.list(file) == []


def test_deleting_nobody_is_said_and_no_error(scratch, ours):
    file = scratch / "sasldb2"
    done = ours.delete(file, "joe@r")
    assert done.returncode == 0 and b"has no user joe@r" in done.stderr
    assert not file.exists()


# ---- SCRAM verifiers

def test_all_verifiers_are_stored(scratch, ours, theirs):
    file, generate = scratch / "sasldb2", config(scratch, "scram_secret_generate: yes\nscram_iteration_counter: 5000\n")
    assert ours.set(file, "joe@r", b"pencil\n", **generate).returncode == 0
    assert theirs.list(file) == ["joe@r: authPassword", "joe@r: authPassword;SCRAM-SHA-256",
                                 "joe@r: authPassword;SCRAM-SHA-512", "joe@r: userPassword"]
    assert records(file)[b"joe\0r\0authPassword"].startswith(b"SCRAM-SHA-1$5000:")


def test_without_plaintext_something_is_stored_all_the_same(scratch, ours, theirs):
    assert theirs.set(scratch / "theirs", "joe@r", b"pencil\n", "-n").returncode == 0
    assert theirs.list(scratch / "theirs") == []  # success, it said
    assert ours.set(scratch / "ours", "joe@r", b"pencil\n", "-n").returncode == 0
    assert len(theirs.list(scratch / "ours")) == 3
    assert b"pencil" not in (scratch / "ours").read_bytes()


class CyrusServer:
    """One exchange with Cyrus's libsasl, whose auxprop plugin reads the file."""

    def __init__(self, scratch, file):
        directory = scratch / "server"
        directory.mkdir(exist_ok=True)
        (directory / "sample.conf").write_text(f"sasldb_path: {file}\npwcheck_method: auxprop\n")
        self.process = subprocess.Popen(["stdbuf", "-oL", SAMPLE_SERVER], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, text=True,
                                        env=os.environ | {"SASL_CONF_PATH": str(directory)})
        self.challenge()

    def challenge(self):
        for line in self.process.stdout:
            if line.startswith("S: "):
                return base64.b64decode(line[3:])
            if "Negotiation complete" in line:
                return True
            if "fail" in line or "error" in line.lower():
                return False
        return False

    def say(self, text):
        data = text if isinstance(text, bytes) else text.encode()
        self.process.stdin.write(f"C: {base64.b64encode(data).decode()}\n")
        self.process.stdin.flush()
        return self.challenge()

    def end(self):
        self.process.kill()
        self.process.communicate()


def cyrus_plain(server, user, password):
    server.say("PLAIN")
    return server.say(f"\0{user}\0{password}") is True


def cyrus_cram_md5(server, user, password):
    challenge = server.say("CRAM-MD5")
    return server.say(f"{user} {hmac.new(password.encode(), challenge, 'md5').hexdigest()}") is True


def cyrus_scram_sha_1(server, user, password):
    first = f"n={user},r=fyko"
    answer = server.say(f"SCRAM-SHA-1\0n,,{first}")
    if not answer:
        return False
    parts = dict(part.split("=", 1) for part in answer.decode().split(","))
    salted = hashlib.pbkdf2_hmac("sha1", password.encode(), base64.b64decode(parts["s"]), int(parts["i"]))
    key = hmac.new(salted, b"Client Key", "sha1").digest()
    last = f"c=biws,r={parts['r']}"
    signed = ",".join([first, answer.decode(), last]).encode()
    signature = hmac.new(hashlib.sha1(key).digest(), signed, "sha1").digest()
    proof = base64.b64encode(bytes(a ^ b for a, b in zip(key, signature))).decode()
    answer = server.say(f"{last},p={proof}")
    return answer is True or (isinstance(answer, bytes) and answer.startswith(b"v="))


MECHANISMS = {"PLAIN": cyrus_plain, "CRAM-MD5": cyrus_cram_md5, "SCRAM-SHA-1": cyrus_scram_sha_1}


@pytest.mark.parametrize("mechanism", MECHANISMS)
@pytest.mark.parametrize("options", [[], ["-n"]], ids=["plaintext", "verifiers"])
def test_cyrus_logs_in_with_what_we_stored(scratch, ours, mechanism, options):
    file = scratch / "sasldb2"
    ours.set(file, "joe@r", b"pencil\n", *options)
    for password in ("pencil", "pen"):
        server = CyrusServer(scratch, file)
        try:
            right = MECHANISMS[mechanism](server, "joe@r", password)
        finally:
            server.end()
        stored = not options or mechanism == "SCRAM-SHA-1"
        assert right == (password == "pencil" and stored)


# ---- usage and refusals

@pytest.mark.parametrize("words", [[], ["-h"], ["-x"], ["-c", "-d", "u"], ["u", "extra"], ["-u"], ["-a", "x/y", "u"]])
def test_wrong_usage_has_the_same_status(scratch, ours, theirs, words):
    for programs in (ours, theirs):
        done = run([programs.path("saslpasswd2"), *words], b"x\n", cwd=scratch)
        assert done.returncode == 1 and done.stderr and not done.stdout


@pytest.mark.parametrize("words, status", [(["-h"], 1), (["-x"], 1), (["-v"], 0), (["a", "b"], 1)])
def test_usage_of_the_list(ours, theirs, words, status):
    for programs in (ours, theirs):
        done = run([programs.path("sasldblistusers2"), *words])
        assert done.returncode == status and done.stderr and not done.stdout


@pytest.mark.parametrize("password", [b"", b"\n"])
def test_an_empty_password_is_refused(scratch, ours, theirs, password):
    for programs in (ours, theirs):
        done = programs.set(scratch / programs.name, "joe", password)
        assert done.returncode == 7 and done.stderr.startswith(b"saslpasswd2: invalid parameter supplied")


def on_terminal(words, answers):
    """Exit status and what the terminal shows."""
    pid, terminal = pty.fork()
    if pid == 0:
        try:
            os.execv(words[0], list(map(str, words)))
        finally:
            os._exit(127)  # or this copy of the test run would go on
    shown = b""
    for question, answer in answers:
        while question not in shown:
            shown += os.read(terminal, 4096)
        # What is typed before the echo goes off is thrown away.
        wait_until(lambda: not termios.tcgetattr(terminal)[3] & termios.ECHO, "echo is off")
        os.write(terminal, answer + b"\n")
        shown += b"|"
    try:
        while piece := os.read(terminal, 4096):
            shown += piece
    except OSError:
        pass
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown


@pytest.mark.parametrize("again, status", [(b"pencil", 0), (b"pencel", 7)])
def test_prompts(scratch, ours, theirs, again, status):
    for programs in (ours, theirs):
        file = scratch / programs.name
        words = [str(programs.path("saslpasswd2")), "-c", "-f", file, "joe@r"]
        got, shown = on_terminal(words, [(b"Password: ", b"pencil"), (b"Again (for verification): ", again)])
        assert got == status
        assert b"pencil" not in shown
        assert file.exists() == (status == 0)
        if status:
            assert b"saslpasswd2: passwords don't match; aborting" in shown


def test_missing_file_is_said(scratch, ours, theirs):
    done = run([ours.path("sasldblistusers2"), scratch / "none"])
    assert done.returncode == 1 and done.stderr.startswith(b"listusers failed\n") and b"saslpasswd2 -c" in done.stderr
    assert run([theirs.path("sasldblistusers2"), scratch / "none"]).returncode == 0
    done = ours.set(scratch / "no-such" / "file", "joe", b"x\n")
    assert done.returncode == 1 and b"there is no directory" in done.stderr


def test_foreign_files_are_left_alone(scratch, ours):
    file = scratch / "sasldb2"
    for content, says in ((b"root:x:0:0:root\n" * 9, b"is no sasldb2"), (b"SQLite format 3\0" * 9, b"SQLite")):
        file.write_bytes(content)
        done = ours.set(file, "joe@r", b"x\n")
        assert done.returncode == 1 and says in done.stderr
        assert file.read_bytes() == content


def test_an_empty_file_is_an_empty_database(scratch, ours, theirs):
    file = scratch / "sasldb2"
    file.touch()
    assert ours.set(file, "joe@r", b"x\n").returncode == 0
    assert theirs.list(file) == ["joe@r: userPassword"]


def as_nobody(*groups):
    return ["setpriv", "--reuid=65534", "--regid=65534", f"--groups={','.join(groups)}" if groups else "--clear-groups"]


def readable_program(scratch):
    """The build may lie where only its owner can look."""
    program = scratch / "shared" / "saslpasswd2"
    program.parent.mkdir()
    program.write_bytes((BINARIES / "postern").read_bytes())
    program.chmod(0o755)
    return program


def test_a_file_of_somebody_else_is_explained(scratch, ours):
    file, program = scratch / "sasldb2", readable_program(scratch)
    ours.set(file, "joe@r", b"x\n")
    done = run([*as_nobody(), program, "-p", "-f", file, "joe@r"], b"new\n")
    assert done.returncode == 1
    assert b"belongs to root" in done.stderr and b"mode 0640" in done.stderr and b"chgrp sasl" in done.stderr


def test_a_member_of_the_group_writes_in_place(scratch, ours, theirs):
    """In /etc it may make no file: the one that is there is overwritten, owner and mode stay."""
    directory, program = scratch / "etc", readable_program(scratch)
    directory.mkdir(mode=0o755)
    file = directory / "sasldb2"
    ours.set(file, "joe@r", b"first-secret\n")
    os.chown(file, 0, 50)
    file.chmod(0o660)
    inode = file.stat().st_ino
    done = run([*as_nobody("50"), program, "-p", "-f", file, "joe@r"], b"second\n")
    assert (done.returncode, done.stderr) == (0, b"")
    assert file.stat().st_ino == inode and file.stat().st_uid == 0
    assert records(file) == {b"joe\0r\0userPassword": b"second"}
    assert b"first-secret" not in file.read_bytes()


def test_owner_and_mode_survive_a_change(scratch, ours):
    file = scratch / "sasldb2"
    ours.set(file, "joe@r", b"x\n")
    os.chown(file, 8, 50)
    file.chmod(0o640)
    ours.set(file, "jane@r", b"x\n")
    about = file.stat()
    assert (about.st_uid, about.st_gid, about.st_mode & 0o7777) == (8, 50, 0o640)


def test_a_file_that_others_may_read_is_told(scratch, ours):
    file = scratch / "sasldb2"
    ours.set(file, "joe@r", b"x\n")
    file.chmod(0o644)
    done = ours.set(file, "joe@r", b"x\n")
    assert done.returncode == 0 and f"chmod o= {file}".encode() in done.stderr


def test_a_link_is_followed(scratch, ours):
    (scratch / "real").mkdir()
    (scratch / "sasldb2").symlink_to(scratch / "real" / "sasldb2")
    ours.set(scratch / "real" / "sasldb2", "joe@r", b"x\n")
    assert ours.set(scratch / "sasldb2", "jane@r", b"x\n").returncode == 0
    assert (scratch / "sasldb2").is_symlink()
    assert len(ours.list(scratch / "real" / "sasldb2")) == 2


def test_lmdb_files(scratch, ours):
    file = scratch / "sasldb2"
    # As mdb_dump writes it and Cyrus with LMDB stores it.
    dump = ["VERSION=3", "format=print", "type=btree", "mapsize=1048576", "HEADER=END", r" joe\00r\00userPassword",
            " pencil", "DATA=END", ""]
    assert run(["mdb_load", "-n", file], "\n".join(dump).encode()).returncode == 0
    assert ours.list(file) == ["joe@r: userPassword"]
    assert ours.set(file, "joe@r", b"first-secret\n").returncode == 0
    assert ours.set(file, "jane@r", b"x\n").returncode == 0
    assert ours.delete(file, "joe@r").returncode == 0
    assert ours.list(file) == ["jane@r: userPassword"]
    assert b"first-secret" not in file.read_bytes() and b"pencil" not in file.read_bytes()
    shown = run(["mdb_dump", "-n", "-p", file]).stdout
    assert rb"jane\00r\00userPassword" in shown and b"joe" not in shown
