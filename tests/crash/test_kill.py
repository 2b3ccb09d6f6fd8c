"""kill -9 of every program in turn under load: what was acknowledged arrives, whoever died.

POSTERN_CRASH_ROUNDS (10) bounds the rounds; one round kills one program. A duplicate is allowed by SMTP when a process
dies between the next hop's 250 and the note of it, and is reported; a loss is not allowed. [RFC 5321 §4.5.4.1]
"""

import json
import os
import subprocess
import sys

import pytest
from harness import processes
from harness.postern import PASSWORD, ROOT
from harness.waiting import wait_until

sys.path.insert(0, str(ROOT / "bench"))
import tools  # noqa: E402

ROUNDS = int(os.environ.get("POSTERN_CRASH_ROUNDS", "10"))
PROGRAMS = ["smtpd", "qmgr", "smtp", "authd", "local", "masterd"]
MESSAGES_BETWEEN_KILLS = 150


class Load:
    """postern-load in the background, connecting again whenever it is cut off."""

    def __init__(self, server, directory, number):
        self.acknowledged = directory / f"acknowledged-{number}"
        self.process = subprocess.Popen(
            tools.load_words(server.submission, tls="starttls", user="joe", password=PASSWORD, connections=10,
                             per_connection=5, messages=10_000_000, size=4000, tolerate=True, deadline=36000, stall=10,
                             acked=self.acknowledged, run_id=f"crash{number}"), stdout=subprocess.PIPE, text=True)

    def count(self):
        return len(self.ids())

    def ids(self):
        return self.acknowledged.read_text().split("\n")[:-1] if self.acknowledged.exists() else []

    def stop(self):
        processes.end(self.process)


def kill_one(server, program):
    """Kills all processes of the program, or the supervisor itself, and sees to it that the server is whole again."""
    if program == "masterd":
        victims = server.tree()
        processes.kill(server.process.pid)
        server.process.wait(60)
        for pid in victims[1:]:
            processes.wait_gone(pid)
        server.process = None
        server.start()
        return
    for pid in server.pids(program):
        processes.kill(pid)


@pytest.fixture
def sink(scratch):
    sink = tools.start_sink(scratch / "sink", ids=True)
    yield sink
    processes.end(sink.process)


def test_no_acknowledged_message_is_lost(make, scratch, sink):
    server = make.postern(sink.port, minimal_backoff_time="1s", maximal_backoff_time="2s", queue_run_delay="1s")
    load = Load(server, scratch, 0)
    try:
        for number in range(ROUNDS):
            wanted = load.count() + MESSAGES_BETWEEN_KILLS
            wait_until(lambda: load.count() >= wanted, f"round {number}: the load goes on", 60)
            kill_one(server, PROGRAMS[number % len(PROGRAMS)])
        wanted = load.count() + MESSAGES_BETWEEN_KILLS
        wait_until(lambda: load.count() >= wanted, "the load goes on after the last kill", 60)
    finally:
        load.stop()
    acknowledged = load.ids()
    missing = set(acknowledged)

    def all_arrived():
        missing.difference_update(sink.taken_ids())
        return not missing

    try:
        wait_until(all_arrived, "the acknowledged messages at the sink", 120)
    finally:
        taken = sink.taken_ids()
        print(json.dumps({"rounds": ROUNDS, "acknowledged": len(acknowledged), "lost": len(missing),
                          "duplicates": len(taken) - len(set(taken))}))
    assert len(acknowledged) == len(set(acknowledged)) > ROUNDS * MESSAGES_BETWEEN_KILLS
    assert not missing
    wait_until(server.queue_is_empty, "an empty queue", 60)


def test_next_hop_dies_and_returns(make, scratch):
    """The other side may die as well."""
    directory = scratch / "sink"
    sink = tools.start_sink(directory, ids=True)
    server = make.postern(sink.port, minimal_backoff_time="1s", maximal_backoff_time="2s", queue_run_delay="1s")
    load = Load(server, scratch, 1)
    taken = []
    try:
        for _ in range(3):
            wanted = load.count() + MESSAGES_BETWEEN_KILLS
            wait_until(lambda: load.count() >= wanted, "the load goes on", 60)
            processes.kill(sink.process.pid)
            sink.process.wait(60)
            sink = tools.start_sink(directory, ids=True, port=sink.port)
    finally:
        load.stop()
    missing = set(load.ids())

    def all_arrived():
        taken[:] = sink.taken_ids()
        return not missing.difference(taken)

    try:
        wait_until(all_arrived, "the acknowledged messages at the sink", 120)
    finally:
        processes.end(sink.process)
    assert load.ids() and not missing.difference(taken)
