"""masterd seen from outside: reload keeps sessions, deaths are survived, stop is graceful."""

import signal

import pytest
from harness import processes
from harness.postern import PASSWORD
from harness.raw_smtp import RawSmtp
from harness.waiting import accepts_connections, wait_until


def greeting_of(server):
    with RawSmtp(server.mx) as client:
        return client.greeting.text


@pytest.mark.parametrize("how", ["signal", "command"])
def test_reload_keeps_a_session(make, how):
    sink = make.sink()
    server = make.postern(sink.port)
    with RawSmtp(server.submission) as client:
        client.secure_login("joe", PASSWORD).mail("joe@home.example", "a@dest.example")
        server.set(smtpd_banner="$myhostname ESMTP after reload")
        if how == "signal":
            server.reload()
        else:
            server.cli("reload")
        wait_until(lambda: "after reload" in greeting_of(server), "the new banner")
        assert client.data("Subject: kept\r\n\r\nkept\r\n").code == 250
        assert client.command("QUIT").code == 221
    assert sink.wait_for(1)[0].body == b"kept\r\n"


def test_broken_configuration_does_not_end_a_running_server(make):
    server = make.postern()
    server.write_master(["this is not a service"])
    server.cli("reload", check=False)
    assert greeting_of(server).startswith("220 ")
    with RawSmtp(server.smtps, wrapper=True) as client:
        client.secure_login("joe", PASSWORD)


@pytest.mark.parametrize("program", ["smtpd", "authd", "qmgr", "smtp", "local"])
def test_each_death_is_survived_and_named(make, program):
    sink = make.sink()
    server = make.postern(sink.port)
    before = server.pids(program)
    assert before, f"no {program} is running"
    for pid in before:
        processes.kill(pid)
    wait_until(lambda: server.pids(program) and not set(server.pids(program)) & set(before), f"a new {program}")
    server.wait_log("SIGKILL")

    def sent():
        try:
            with RawSmtp(server.submission) as client:
                client.secure_login("joe", PASSWORD).mail("joe@home.example", "a@dest.example")
                return client.data("Subject: after\r\n\r\nafter\r\n").code == 250
        except (AssertionError, OSError):
            return False

    wait_until(sent, "a message accepted after the death")
    assert sink.wait_for(1)[0].body == b"after\r\n"


def test_stop_ends_everything(make):
    server = make.postern()
    everything = server.tree()
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(60) == 0
    for pid in everything:
        processes.wait_gone(pid)
    assert not accepts_connections(server.submission)


def test_stop_sends_idle_clients_away_and_lets_the_others_finish(make):
    sink = make.sink()
    server = make.postern(sink.port)
    with RawSmtp(server.mx) as idle, RawSmtp(server.submission) as busy:
        busy.secure_login("joe", PASSWORD).mail("joe@home.example", "a@dest.example")
        server.process.send_signal(signal.SIGTERM)
        farewell = idle.reply()
        assert farewell.code == 421 and "shutting down" in farewell.text
        assert busy.data("Subject: last\r\n\r\nlast\r\n").code == 250
        assert busy.reply().code == 421
    server.process.wait(60)


def test_nothing_outlives_the_master(make):
    """Even when masterd itself is killed."""
    server = make.postern()
    everything = server.tree()
    processes.kill(server.process.pid)
    for pid in everything[1:]:
        processes.wait_gone(pid)
    server.process.wait(60)
    server.process = None
    server.start()
    assert greeting_of(server).startswith("220 ")


def test_status(make):
    server = make.postern()
    done = server.cli("status")
    assert str(server.process.pid) in done.stdout or "running" in done.stdout
    server.stop()
    assert server.cli("status", check=False).returncode != 0


def test_everything_it_writes_is_in_its_directory(make):
    server = make.postern()
    names = {path.name for path in server.directory.iterdir()}
    assert {"etc", "spool", "data"} <= names
