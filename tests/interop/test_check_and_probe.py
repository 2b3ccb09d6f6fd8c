"""What an administrator asks: is my configuration good (`check`), is that server good (`probe`), what is going on (`trace`)."""

import os
import subprocess

from harness.ports import free_port
from harness.postern import BINARIES, PASSWORD
from harness.raw_smtp import RawSmtp, plain_token
from harness.waiting import wait_until


def probe(port, *words, stdin=None):
    return subprocess.run([str(BINARIES / "postern"), "probe", f"127.0.0.1:{port}", *words], input=stdin, text=True,
                          capture_output=True, timeout=60, check=False)


def test_check_finds_an_open_relay(make):
    server = make.postern(start=False, mynetworks="0.0.0.0/0",
                          smtpd_relay_restrictions="permit_mynetworks, reject_unauth_destination")
    done = server.cli("check", check=False)
    assert done.returncode in (1, 2)
    assert "mynetworks" in done.stdout + done.stderr and "main.cf:" in done.stdout + done.stderr


def test_check_finds_a_missing_certificate(make):
    server = make.postern(start=False, smtpd_tls_cert_file="/nowhere/cert.pem", smtpd_tls_key_file="/nowhere/key.pem")
    done = server.cli("check", check=False)
    assert done.returncode == 2 and "/nowhere/cert.pem" in done.stdout + done.stderr


def test_check_finds_auth_without_tls(make):
    server = make.postern(start=False, smtpd_tls_auth_only="no")
    done = server.cli("check", check=False)
    assert done.returncode in (1, 2) and "smtpd_tls_auth_only" in done.stdout + done.stderr


def test_check_finds_a_readable_key(make):
    server = make.postern(start=False)
    os.chmod(server.etc / "tls" / "key.pem", 0o644)
    done = server.cli("check", check=False)
    assert done.returncode in (1, 2) and "key.pem" in done.stdout + done.stderr


def test_probe_of_ourselves(make):
    server = make.postern(make.sink().port)
    done = probe(server.submission, "--user", "joe", "--password-stdin", stdin=PASSWORD + "\n")
    text = done.stdout + done.stderr
    assert done.returncode in (0, 1), text  # 1: a warning, our certificate signs itself
    assert "relay without login: refused" in text and "relay with login: accepted" in text
    assert PASSWORD not in text and plain_token("joe", PASSWORD) not in text
    assert "STARTTLS" in text and "AUTH" in text


def test_probe_of_a_server_that_is_not_there():
    assert probe(free_port()).returncode != 0


def test_probe_of_postfix(make):
    next_hop = make.postfix()
    done = probe(next_hop.port)
    assert "STARTTLS" in done.stdout + done.stderr


def test_trace_shows_the_dialogue_and_masks_the_login(make):
    server = make.postern(make.sink().port)
    log = server.directory / "trace.out"
    with open(log, "wb") as out:
        trace = make.keep(_Running([str(BINARIES / "postern"), "trace", "--dir", str(server.directory)], out))

    def seen():
        with RawSmtp(server.smtps, wrapper=True) as client:
            client.secure_login("joe", PASSWORD)
            client.command("NOOP seen-in-the-trace")
        # Of a session that it came upon it shows the rest only.
        return all(words in log.read_bytes() for words in (b"AUTH PLAIN", b"seen-in-the-trace"))

    wait_until(seen, "the dialogue in the trace")
    trace.stop()
    text = log.read_text()
    assert plain_token("joe", PASSWORD) not in text and PASSWORD not in text


class _Running:
    """A process that ends with the test."""

    def __init__(self, words, out):
        self.process = subprocess.Popen(words, stdout=out, stderr=out, stdin=subprocess.DEVNULL)

    def stop(self):
        self.process.terminate()
        self.process.wait(60)
