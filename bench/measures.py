"""The measures of the benchmark: one table row each, and how to take them."""

import dataclasses
import select
import subprocess
import time

import tools
from harness.processes import cpu_seconds, pss_kib
from harness.waiting import wait_until


@dataclasses.dataclass(frozen=True)
class Measure:
    """load: options of postern-load; port: plain or login. targets: what run.py prints a verdict on."""

    name: str
    meaning: str
    load: dict
    port: str = "login"
    kind: str = "accept"  # accept, relay, idle
    messages: int = 1000  # short run
    thorough: int = 5000
    handshake: bool = False  # also measured against the server that only shakes hands
    rate: float = 0  # at least this many times Postfix's messages/s
    cpu: float = 0  # at most this fraction of Postfix's server CPU a message
    latency_ms: float = 0  # at most, connect to 221
    latency: float = 0  # at most this fraction of Postfix's


_PHONE = {"connections": 50, "per_connection": 1, "tls": "starttls", "size": 2048}
_MANY = {"connections": 50, "per_connection": 100, "tls": "starttls", "size": 2048}

MEASURES = [
    Measure("phones", "connect, STARTTLS, AUTH PLAIN, one 2 KB message, QUIT; 50 at once", _PHONE,
            messages=1500, handshake=True, rate=2, cpu=1 / 3),
    Measure("phones-resumed", "the same with TLS sessions resumed", _PHONE | {"resume": True},
            messages=1500, handshake=True, rate=2, cpu=1 / 4),
    Measure("phone-alone", "the same, one phone; connect to 221", _PHONE | {"connections": 1},
            messages=60, thorough=300, handshake=True, latency_ms=8, latency=0.5),
    # Half of Postfix's time is out of reach here: the handshake, most of it the client's own work, and one fdatasync
    # take more. The row says how far off it is.
    Measure("phone-alone-quickack", "the same, client that never delays an ACK: Postfix loses nothing to Nagle",
            _PHONE | {"connections": 1, "quick_ack": True}, messages=200, thorough=1000, handshake=True,
            latency_ms=8, latency=0.5),
    Measure("many", "one login, 100 messages a connection, 50 at once, 2 KB", _MANY, messages=5000, thorough=20000,
            rate=5),
    Measure("many-alone", "the same with 1 connection", _MANY | {"connections": 1}, messages=1500, thorough=5000,
            rate=2),
    Measure("many-20k", "20 KB messages, 50 at once", _MANY | {"size": 20 * 1024}, messages=3000, thorough=10000,
            rate=3),
    Measure("many-1m", "1 MB messages, 50 at once", _MANY | {"size": 1024 * 1024, "per_connection": 10},
            messages=300, thorough=1000, rate=1.5),
    Measure("relay", "accepted, queued, relayed to a sink and removed, 50 in, 2 KB", _MANY | {"tls": "none"},
            port="plain", kind="relay", messages=4000, thorough=10000, rate=3),
    Measure("idle", "PSS per idle, logged-in TLS submission session", {"tls": "starttls"}, kind="idle",
            messages=5000),
]


def _credentials(peer, measure):
    if measure.port != "login":
        return {}
    return {"user": peer.user, "users": peer.users, "password": peer.password}


def take_accept(peer, measure, count):
    options = measure.load | _credentials(peer, measure)
    warm_up = max(2 * peer.users, options["connections"])
    tools.run_load(peer.ports[measure.port], messages=warm_up, **options)
    before = cpu_seconds(peer.roots())
    # The second, small warm-up fills the new process's store of TLS sessions.
    extra = options["connections"] if options.get("resume") else 0
    report = tools.run_load(peer.ports[measure.port], messages=count, warm_up=extra, **options)
    spent = cpu_seconds(peer.roots()) - before
    return {"rate": report["messages_per_s"], "cpu_ms": 1000 * spent / (count + extra),
            "latency_ms": report["connection_ms"]["p50"], "message_p99_ms": report["message_ms"]["p99"],
            "client_cpu_ms": 1000 * report["client_cpu_s"] / count, "resumed": report["resumed"]}


def take_relay(peer, measure, count, sink):
    options = measure.load | _credentials(peer, measure)
    tools.run_load(peer.ports[measure.port], messages=500, **options)
    wait_until(lambda: sink.messages() >= 500 and peer.queue_is_empty(), "the warm-up's end", 60)
    start, before = sink.messages(), cpu_seconds(peer.roots())
    begin = time.monotonic()
    report = tools.run_load(peer.ports[measure.port], messages=count, **options)
    wait_until(lambda: sink.messages() >= start + count, f"{count} messages at the sink", 120)
    elapsed = time.monotonic() - begin
    wait_until(peer.queue_is_empty, "an empty queue", 60)
    return {"rate": count / elapsed, "cpu_ms": 1000 * (cpu_seconds(peer.roots()) - before) / count,
            "accepted_per_s": report["messages_per_s"], "message_p99_ms": report["message_ms"]["p99"]}


# What only the logins needed is given back by then: the sessions are idle.
SETTLING_S = 5


def take_idle(peer, measure, count):
    options = measure.load | _credentials(peer, measure)
    before = pss_kib(peer.roots())
    words = tools.load_words(peer.ports[measure.port], connections=count, idle=True, **options)
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as load:
        ready = load.stdout.readline()
        if not ready.startswith("ready"):
            raise RuntimeError(f"not all of {count} sessions came up: {ready}{load.stdout.read()}")
        if select.select([load.stdout], [], [], SETTLING_S)[0]:
            raise RuntimeError(f"a session ended: {load.stdout.read()}")
        during = pss_kib(peer.roots())
        load.stdin.close()
    return {"sessions": count, "kib_a_session": during / count, "growth_kib_a_session": (during - before) / count}
