"""What a stranger may use up before he has logged in: little, and never for long."""

import socket

import pytest
from harness import processes
from harness.postern import PASSWORD
from harness.raw_smtp import ConnectionEnded, RawSmtp
from harness.waiting import wait_until


@pytest.fixture(scope="module")
def server(module_make):
    return module_make.postern(
        module_make.sink().port, mydestination="mail.postern.example", line_length_limit="2048",
        smtpd_recipient_limit="10", smtpd_hard_error_limit="5", smtpd_soft_error_limit="4", smtpd_error_sleep_time="0",
        message_size_limit="100000", smtpd_junk_command_limit="5")


@pytest.fixture(scope="module")
def impatient(module_make):
    return module_make.postern(smtpd_timeout="2s", smtpd_starttls_timeout="2s")


def test_errors_end_the_session(server):
    with RawSmtp(server.mx) as client:
        client.ehlo()
        codes = []
        with pytest.raises((ConnectionEnded, OSError)):
            for _ in range(20):
                codes.append(client.command("BOGUS").code)
        assert codes[-1] == 421 and len(codes) <= 7, codes


def test_silence_ends_the_session(impatient):
    with RawSmtp(impatient.mx) as client:
        reply = client.reply()
        assert reply.code == 421 and "4.4.2" in reply.text and "timeout" in reply.text
        with pytest.raises(ConnectionEnded):
            client.reply()


def test_silence_inside_a_handshake_ends_it(impatient):
    with socket.create_connection(("127.0.0.1", impatient.smtps), timeout=60) as plain:
        plain.sendall(b"\x16\x03\x01")
        while plain.recv(1000):
            pass


def test_endless_line(server):
    """Neither memory nor patience: the line is cut or the session ended."""
    with RawSmtp(server.mx) as client:
        client.ehlo()
        try:
            for _ in range(200):
                client.send(b"A" * 100_000)
            client.send(b"\r\n")
            assert client.reply().code in (421, 500, 502)
        except (ConnectionEnded, OSError):
            pass
    with RawSmtp(server.mx) as client:
        assert client.ehlo().code == 250


def test_memory_stays_bounded(server):
    """Many connections that send much and mean nothing."""
    before = processes.pss_kib([server.process.pid])
    clients = [RawSmtp(server.mx) for _ in range(50)]
    try:
        for client in clients:
            try:
                client.send(b"MAIL FROM:<" + b"a" * 1_000_000)
            except OSError:
                pass
        assert processes.pss_kib([server.process.pid]) - before < 50_000
    finally:
        for client in clients:
            client.close()


def test_too_many_recipients(server):
    with RawSmtp(server.smtps, wrapper=True) as client:
        client.secure_login("joe", PASSWORD)
        client.command("MAIL FROM:<joe@home.example>")
        codes = [client.command(f"RCPT TO:<r{i}@dest.example>").code for i in range(12)]
        assert codes[:10] == [250] * 10 and set(codes[10:]) == {452}, codes


def test_declared_size(server):
    with RawSmtp(server.mx) as client:
        assert "250-SIZE 100000" in client.ehlo().text or "250 SIZE 100000" in client.ehlo().text
        assert client.command("MAIL FROM:<a@b.example> SIZE=100001").code == 552


def test_real_size(server):
    with RawSmtp(server.mx) as client:
        client.ehlo()
        client.mail("a@b.example", "joe@mail.postern.example")
        assert client.data("Subject: big\r\n\r\n" + "x" * 70 + "\r\n" + ("y" * 998 + "\r\n") * 150).code == 552
        assert client.command("NOOP").code == 250


def test_huge_declared_chunk(server):
    with RawSmtp(server.mx) as client:
        client.ehlo()
        client.mail("a@b.example", "joe@mail.postern.example")
        client.send(b"BDAT 99999999999999999999 LAST\r\n")
        try:
            assert client.reply().code in (421, 501, 521, 552, 555)
        except ConnectionEnded:
            pass


def test_http_is_hung_up_on(server):
    with RawSmtp(server.mx) as client:
        client.send(b"GET / HTTP/1.1\r\nHost: mail.postern.example\r\n\r\n")
        assert client.reply().code in (221, 421)
        with pytest.raises((ConnectionEnded, OSError)):
            while True:
                client.reply()


def test_password_guessing_slows_nobody_else(server):
    """Many wrong logins at once; a good one still gets through."""
    guessers = []
    try:
        for i in range(20):
            client = RawSmtp(server.smtps, wrapper=True)
            client.ehlo()
            client.send(f"AUTH PLAIN AGpvZQBndWVzc{i:03}\r\n".encode())
            guessers.append(client)

        def logged_in():
            with RawSmtp(server.smtps, wrapper=True) as client:
                client.ehlo()
                return client.login("joe", PASSWORD).code == 235

        wait_until(logged_in, "a login beside the guessers")
    finally:
        for client in guessers:
            client.close()


RUBBISH = {
    "NULs": b"\0" * 100, "not UTF-8": b"\xff\xfe", "bare CRs": b"\r\r", "NUL in an address": b"MAIL FROM:<\0@b>",
    "no argument": b"RCPT", "a space": b" ", "high octet": b"EHLO \x80", "NUL in a verb": b"AUTH\0PLAIN",
    "many brackets": b"MAIL FROM:<" + b"<" * 900,
}


@pytest.mark.parametrize("octets", RUBBISH.values(), ids=RUBBISH.keys())
def test_rubbish_gets_a_clear_refusal(server, octets):
    smtpd = server.pids("smtpd")
    with RawSmtp(server.mx) as client:
        client.ehlo()
        client.send(octets + b"\r\n")
        assert 400 <= client.reply().code < 560 or octets.startswith(b"EHLO")
        assert client.command("NOOP").code == 250
    assert server.pids("smtpd") == smtpd
