"""Tables that other programs answer for, asked by a running smtpd in its sandbox, while its other clients go on."""

import sqlite3
import threading
import time

import pytest
from harness.databases import DATABASE, PASSWORD, USER, Postgresql
from harness.key_stores import Memcached, Redis, TableServer
from harness.raw_smtp import RawSmtp

OURS = "mail.postern.example"
LISTED = f"joe@{OURS}"


def reply_for(server, recipient):
    with RawSmtp(server.mx) as client:
        client.ehlo()
        client.command("MAIL FROM:<a@elsewhere.example>")
        return client.command(f"RCPT TO:<{recipient}>").text


def tcp(make, scratch):
    def answer(line):
        return b"200 REJECT%20listed\n" if LISTED.encode() in line else b"500 none\n"

    return f"tcp:127.0.0.1:{make.keep(TableServer(answer)).port}"


def sqlite(make, scratch):
    with sqlite3.connect(scratch / "db") as base:
        base.execute("CREATE TABLE access (k TEXT, v TEXT)")
        base.execute("INSERT INTO access VALUES (?, 'REJECT listed')", (LISTED,))
    (scratch / "db").chmod(0o644)
    return "sqlite", f"dbpath = {scratch}/db\nquery = SELECT v FROM access WHERE k = '%s'\n"


def pgsql(make, scratch):
    server = make.keep(Postgresql(scratch / "pg").start())
    server.make_database()
    server.run(f"CREATE TABLE access (k TEXT, v TEXT); INSERT INTO access VALUES ('{LISTED}', 'REJECT listed')")
    return "pgsql", (f"hosts = 127.0.0.1:{server.port}\nuser = {USER}\npassword = {PASSWORD}\ndbname = {DATABASE}\n"
                     "query = SELECT v FROM access WHERE k = '%s'\n")


def redis(make, scratch):
    server = make.keep(Redis(scratch / "redis").start())
    server.run("SET", LISTED, "REJECT listed")
    return "redis", f"host = 127.0.0.1\nport = {server.port}\npassword = {server.password}\n"


def memcache(make, scratch):
    server = make.keep(Memcached().start())
    with RawSmtp(server.port, greeting=False) as client:
        client.send(f"set {LISTED} 0 0 13\r\nREJECT listed\r\n".encode())
        assert client.line() == "STORED"
    return "memcache", f"memcache = inet:127.0.0.1:{server.port}\n"


@pytest.mark.parametrize("kind", [tcp, sqlite, pgsql, redis, memcache], ids=lambda kind: kind.__name__)
def test_at_rcpt(make, scratch, kind):
    table = kind(make, scratch)
    if not isinstance(table, str):
        path = scratch / f"{table[0]}.cf"
        path.write_text(table[1])
        table = f"{table[0]}:{path}"
    server = make.postern(users=("joe", "ann"), smtpd_recipient_restrictions=f"check_recipient_access {table}")
    assert reply_for(server, LISTED) == f"554 5.7.1 <{LISTED}>: Recipient address rejected: listed"
    assert reply_for(server, f"ann@{OURS}").startswith("250")


def test_a_silent_table_holds_up_its_own_client_only(make):
    over = threading.Event()
    silent = make.keep(TableServer(lambda line: over.wait(60) and None))
    server = make.postern(users=("joe",), smtpd_recipient_restrictions=f"check_recipient_access tcp:127.0.0.1:{silent.port}")
    with RawSmtp(server.mx) as waiting:
        waiting.ehlo()
        waiting.command("MAIL FROM:<a@elsewhere.example>")
        waiting.send(f"RCPT TO:<{LISTED}>\r\n".encode())
        begun = time.monotonic()
        for _ in range(20):
            with RawSmtp(server.mx) as other:
                assert other.ehlo().code == 250
        assert time.monotonic() - begun < 30
        assert not waiting.replies_until_silence(0.2)
        over.set()
        assert waiting.reply().code == 451
