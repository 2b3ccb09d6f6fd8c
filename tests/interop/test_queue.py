"""The queue as an administrator handles it: list, hold, release, flush, delete; and mail waits while the next hop is away."""

import pytest
from harness.ports import free_port
from harness.postern import PASSWORD
from harness.raw_smtp import RawSmtp
from harness.sink_mta import SinkMta
from harness.waiting import wait_until


@pytest.fixture
def away(make):
    """(Postern, the port of a next hop that is not there)"""
    port = free_port()
    return make.postern(port, minimal_backoff_time="600s", maximal_backoff_time="600s"), port


def send(server, subject, *recipients):
    """Returns the queue id."""
    with RawSmtp(server.submission) as client:
        client.secure_login("joe", PASSWORD).mail("joe@home.example", *(recipients or ["anna@dest.example"]))
        reply = client.data(f"Subject: {subject}\r\n\r\n{subject}\r\n")
        assert reply.code == 250 and "queued as " in reply.text, reply
        return reply.text.split("queued as ")[1].split()[0]


def wait_deferred(server, queue_id):
    wait_until(lambda: f"{queue_id}  deferred" in (listed := server.queue()) and "refused" in listed, f"{queue_id} deferred")


def test_empty(away):
    server, _ = away
    assert server.queue_is_empty()
    assert server.run_as("mailq").stdout == "Mail queue is empty\n"


def test_deferred_message_is_listed_with_its_reason(away):
    server, port = away
    queue_id = send(server, "wait")
    wait_deferred(server, queue_id)
    listed = server.queue()
    assert "joe@home.example" in listed and "anna@dest.example" in listed
    assert f"connect to 127.0.0.1[127.0.0.1]:{port}: Connection refused" in listed
    server.wait_log("status=deferred (connect to 127.0.0.1")
    shown = server.cli("queue", "show", queue_id).stdout
    assert "wait" in shown and "anna@dest.example" in shown


def test_mailq_looks_as_people_know_it(away):
    server, _ = away
    queue_id = send(server, "mailq")
    wait_deferred(server, queue_id)
    lines = server.run_as("mailq").stdout.splitlines()
    assert lines[0] == "----Queue ID----- --Size-- ---Arrival Time---- --Sender/Recipient------"  # as with long ids
    assert lines[1].startswith(queue_id) and lines[1].endswith("joe@home.example")
    assert "Connection refused" in lines[2] and lines[2].strip().startswith("(")
    assert lines[3].strip() == "anna@dest.example"
    assert lines[-1].startswith("-- ") and lines[-1].endswith("in 1 Request.")


def test_flush_delivers_when_the_next_hop_is_back(away):
    server, port = away
    ids = [send(server, f"flush-{i}") for i in range(3)]
    for queue_id in ids:
        wait_deferred(server, queue_id)
    sink = SinkMta(port=port).start()
    try:
        server.cli("queue", "flush")
        messages = sink.wait_for(3)
        assert sorted(message.body for message in messages) == [b"flush-0\r\n", b"flush-1\r\n", b"flush-2\r\n"]
        wait_until(server.queue_is_empty, "an empty queue")
    finally:
        sink.stop()


def test_hold_and_release(away):
    server, port = away
    held, other = send(server, "held"), send(server, "other")
    wait_deferred(server, held)
    wait_deferred(server, other)
    server.cli("queue", "hold", held)
    sink = SinkMta(port=port).start()
    try:
        server.cli("queue", "flush")
        sink.wait_for(1)
        wait_until(lambda: other not in server.queue(), "the other message gone")
        assert held in server.queue()
        assert [message.body for message in sink.messages] == [b"other\r\n"]
        server.cli("queue", "release", held)
        server.cli("queue", "flush")
        assert sink.wait_for(2)[1].body == b"held\r\n"
    finally:
        sink.stop()


def test_delete(away):
    server, _ = away
    first, second = send(server, "first"), send(server, "second")
    wait_deferred(server, first)
    server.cli("queue", "delete", first)
    assert first not in server.queue() and second in server.queue()
    server.cli("queue", "delete", "ALL")
    wait_until(server.queue_is_empty, "an empty queue")
    assert server.cli("queue", "delete", "0123456789AB", check=False).returncode != 0


def test_the_queue_outlives_a_restart(away):
    server, port = away
    queue_id = send(server, "restart")
    wait_deferred(server, queue_id)
    server.stop()
    server.start()
    assert queue_id in server.queue()
    sink = SinkMta(port=port).start()
    try:
        server.cli("queue", "flush")
        assert sink.wait_for(1)[0].body == b"restart\r\n"
    finally:
        sink.stop()


def test_retry_without_being_asked(make):
    port = free_port()
    server = make.postern(port, minimal_backoff_time="1s", maximal_backoff_time="2s", queue_run_delay="1s")
    wait_deferred(server, send(server, "retry"))
    sink = SinkMta(port=port).start()
    try:
        assert sink.wait_for(1)[0].body == b"retry\r\n"
    finally:
        sink.stop()
