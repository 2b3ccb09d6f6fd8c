"""kill -9 of anvil: windows and holds that were acknowledged are there, whenever it dies."""

import re
import threading

from harness import processes
from harness.postern import PASSWORD
from harness.raw_smtp import RawSmtp
from harness.waiting import wait_until

ROUNDS = 8


def anvil(server, other_than=None):
    return wait_until(lambda: [pid for pid in server.pids("anvil") if pid != other_than], "anvil")[0]


def windows(server):
    return set(re.findall(r"^(user\S+)\s+(\S+)", server.cli("roaming", "list").stdout, re.MULTILINE))


def test_acknowledged_windows_survive(make):
    server = make.postern(service_throttle_time="1s")
    acknowledged, stop = set(), threading.Event()

    def open_windows():
        number = 0
        while not stop.is_set():
            number += 1
            name, address = f"user{number}", f"198.51.{number // 250}.{number % 250}"
            if server.cli("roaming", "open", name, address, "--for", "1h", check=False).returncode == 0:
                acknowledged.add((name, address))

    opener = threading.Thread(target=open_windows)
    opener.start()
    try:
        for _ in range(ROUNDS):
            wanted = len(acknowledged) + 10
            wait_until(lambda: len(acknowledged) >= wanted, "the work goes on", 60)
            pid = anvil(server)
            processes.kill(pid)
            anvil(server, other_than=pid)
    finally:
        stop.set()
        opener.join()
    assert len(acknowledged) >= ROUNDS * 10
    assert acknowledged <= windows(server)

    closed = sorted(acknowledged)[::2]
    for name, _ in closed[:10]:
        server.cli("roaming", "close", name)
    pid = anvil(server)
    processes.kill(pid)
    anvil(server, other_than=pid)
    assert windows(server) >= acknowledged - set(closed[:10])
    assert not windows(server) & set(closed[:10])


def test_a_held_account_stays_held(make):
    sink = make.sink()
    server = make.postern(sink.port, account_day_message_limit="1", service_throttle_time="1s")

    def submit():
        with RawSmtp(server.smtps, wrapper=True) as client:
            client.secure_login("joe", PASSWORD)
            client.mail("joe@mail.postern.example", "a@dest.example")
            assert client.data("Subject: x\r\n\r\nx\r\n").code == 250

    submit()
    sink.wait_for(1)
    submit()  # held, and on disk before its client hears 250
    for _ in range(3):
        pid = anvil(server)
        processes.kill(pid)
        anvil(server, other_than=pid)
        submit()
    assert len(sink.messages) == 1
    assert "released 4 held messages" in server.cli("user", "unlock", "joe").stdout
    sink.wait_for(5)
    pid = anvil(server)
    processes.kill(pid)
    anvil(server, other_than=pid)
    submit()
    sink.wait_for(6)
