"""Postern's log in a real systemd-journald: fields, priorities, and the session that joins the programs' lines."""

import os
import re
import socket
import subprocess

import pytest
from harness import clients, processes
from harness.journal import Journal
from harness.ports import free_port
from harness.postern import BINARIES
from harness.raw_smtp import RawSmtp
from harness.system_service import SystemService
from harness.waiting import wait_for_port, wait_until

MAIL_FACILITY = "2"


@pytest.fixture
def service(scratch):
    made = SystemService(scratch)
    try:
        yield made
    finally:
        made.stop()


@pytest.fixture
def journal(service):
    return Journal(service).start()


def send(service):
    status, output = clients.swaks(service.mx, "a@far.example", "joe@home.example", "logged")
    assert status == 0, output
    return re.search(r"queued as (\w+)", output)[1]


def test_a_delivery_can_be_followed_by_its_session(service, journal):
    service.init(home_mailbox="Maildir/")
    service.add_system_user("joe")
    service.start()
    queue_id = send(service)
    journal.wait_entry(f"{queue_id}: removed")
    accepted = journal.wait_entry(f"{queue_id}: client=")
    session = re.search(r"session=(\w+)", accepted["MESSAGE"])[1]
    journal.wait_entry(f"session={session}", SYSLOG_IDENTIFIER="postern/local")
    lines = [one for one in journal.entries() if f"session={session}" in one["MESSAGE"]]
    assert {one["SYSLOG_IDENTIFIER"] for one in lines} == {"postern/smtpd", "postern/qmgr", "postern/local"}
    assert all(one["PRIORITY"] == "6" and one["SYSLOG_FACILITY"] == MAIL_FACILITY for one in lines)
    assert all(one["_TRANSPORT"] == "journal" for one in lines)
    # The kernel's word on who wrote it, which journald adds, agrees with ours.
    for one in lines:
        assert one["SYSLOG_PID"] == one["_PID"] and one["SYSLOG_IDENTIFIER"] == f"postern/{one['_COMM']}"
    assert [one["MESSAGE"] for one in journal.entries(SYSLOG_IDENTIFIER="postern/local")] == [
        one["MESSAGE"] for one in lines if one["SYSLOG_IDENTIFIER"] == "postern/local"]


def test_run_as_a_unit_of_type_notify(service, journal):
    """As systemd runs it: in the foreground, stderr a stream of the journal, told of readiness over NOTIFY_SOCKET."""
    service.init(smtpd_use_tls="yes")
    stderr, name = journal.stream()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notices, stderr:
        notices.bind(str(service.directory / "notify"))
        notices.settimeout(60)
        unit = service.spawn(BINARIES / "masterd", "-c", service.config_dir, stdout=stderr, stderr=stderr,
                             env=os.environ | {"JOURNAL_STREAM": name, "NOTIFY_SOCKET": f"{service.directory}/notify"})
        said = notices.recv(4096).decode()
        assert "READY=1" in said and f"MAINPID={unit.pid}" in said
        journal.wait_entry("all services are up", SYSLOG_IDENTIFIER="postern/masterd", PRIORITY="6")
        warning = journal.wait_entry("smtpd_use_tls", PRIORITY="4")
        assert warning["_PID"] == str(unit.pid) and warning["_TRANSPORT"] == "journal"
        service.cli("reload")
        assert "RELOADING=1" in notices.recv(4096).decode()
        processes.end(unit)
    assert unit.returncode == 0
    journal.wait_entry("stopped", SYSLOG_IDENTIFIER="postern/masterd")
    # Nothing came the long way, as a line of text with a time stamp of its own.
    assert not [one for one in journal.entries(_TRANSPORT="stdout") if "postern" in str(one.get("MESSAGE"))]


@pytest.mark.parametrize("redirected", [False, True])
def test_a_private_server_in_the_foreground(service, journal, redirected):
    """JOURNAL_STREAM is believed only as long as stderr is that stream."""
    directory = service.directory / "p"
    service.run(BINARIES / "postern", "init", "--dir", directory, "--address", "127.0.0.1", "--ports",
                f"{service.mx},{service.submission},{free_port()}")
    stderr, name = journal.stream()
    with stderr, open(service.directory / "stderr", "wb") as file:
        server = service.spawn(BINARIES / "postern", "up", "--dir", directory, stdout=subprocess.DEVNULL,
                               stderr=file if redirected else stderr, env=os.environ | {"JOURNAL_STREAM": name})
        wait_for_port(service.mx, server)
        with RawSmtp(service.mx) as client:
            client.command("QUIT")
        if redirected:
            wait_until(lambda: "disconnect from" in (service.directory / "stderr").read_text(), "lines on stderr")
        else:
            journal.wait_entry("disconnect from", SYSLOG_IDENTIFIER="postern/smtpd")
        processes.end(server)
    assert bool(journal.entries(SYSLOG_IDENTIFIER="postern/smtpd")) != redirected
    assert not [one for one in journal.entries(_TRANSPORT="stdout") if "postern" in str(one.get("MESSAGE"))]


def test_a_journald_that_was_restarted_gets_lines_again(service, journal):
    service.init().start()
    journal.wait_entry("all services are up")
    processes.end(journal.process)
    with RawSmtp(service.mx) as client:
        client.command("QUIT")
    journal.start()
    with RawSmtp(service.mx) as client:
        client.command("QUIT")
        journal.wait_entry("connect from", SYSLOG_IDENTIFIER="postern/smtpd")
