#!/usr/bin/python3
"""Compares Postern with Debian's Postfix on this machine: the same client, one run, the servers in turns.

Prints the medians, the ratios and the targets; keeps all figures as JSON in build/bench/. A figure means something only
beside the others of its run: the machine, the disk and the neighbours are the same for both.
"""

import argparse
import datetime
import json
import pathlib
import statistics
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "bench")]

import measures  # noqa: E402
import private_etc  # noqa: E402
import tools  # noqa: E402
from harness.certificates import make_certificate  # noqa: E402
from harness.processes import end  # noqa: E402
from peers.handshake import HandshakePeer  # noqa: E402
from peers.postern import PosternPeer  # noqa: E402
from peers.postfix import PostfixPeer  # noqa: E402

PASSWORD = "bench-only-password"
PEERS = {"postfix": PostfixPeer, "postern": PosternPeer, "handshake": HandshakePeer}


def peers_of(measure, wanted):
    if measure.kind == "idle":
        return [name for name in wanted if name == "postern"]
    return [name for name in wanted if name != "handshake" or measure.handshake]


def take(name, measure, count, users):
    """One figure: a fresh server in a fresh directory."""
    with tempfile.TemporaryDirectory(prefix="postern-bench-") as scratch:
        directory = pathlib.Path(scratch)
        directory.chmod(0o755)
        certificate, key = make_certificate(directory)
        peer = PEERS[name](directory / name, certificate, key, users, PASSWORD)
        sink = tools.start_sink(directory / "sink") if measure.kind == "relay" else None
        try:
            peer.start(relayhost=f"[127.0.0.1]:{sink.port}" if sink else None)
            if measure.kind == "relay":
                return measures.take_relay(peer, measure, count, sink)
            if measure.kind == "idle":
                return measures.take_idle(peer, measure, count)
            return measures.take_accept(peer, measure, count)
        finally:
            peer.stop()
            if sink:
                end(sink.process)


def median_of(figures):
    """{key: median} over the runs of one server."""
    return {key: statistics.median(figure[key] for figure in figures) for key in figures[0]}


def verdict(good):
    return "ok" if good else "MISSED"


def compare(measure, medians):
    """The lines under a measure that say how Postern stands to its targets."""
    ours = medians.get("postern")
    if not ours:
        return
    if measure.kind == "idle":
        yield f"{ours['kib_a_session']:.1f} KiB a session, target under 40: {verdict(ours['kib_a_session'] < 40)}"
        return
    theirs, limit = medians.get("postfix"), medians.get("handshake")
    if theirs and measure.rate:
        wanted = measure.rate * theirs["rate"]
        words = f"{ours['rate'] / theirs['rate']:.2f} x Postfix's rate, target {measure.rate:g} x"
        if limit:
            wanted = min(wanted, 0.85 * limit["rate"])
            words += f" or 85% of the handshake limit, here {ours['rate'] / limit['rate']:.0%}"
        yield f"{words}: {verdict(ours['rate'] >= wanted)}"
    if theirs and measure.cpu:
        ratio = ours["cpu_ms"] / theirs["cpu_ms"]
        yield f"{ratio:.2f} of Postfix's CPU a message, target at most {measure.cpu:.2f}: {verdict(ratio <= measure.cpu)}"
    if measure.latency_ms:
        yield (f"{ours['latency_ms']:.2f} ms from connect to 221, target under {measure.latency_ms:g}: "
               f"{verdict(ours['latency_ms'] < measure.latency_ms)}")
    if limit and measure.latency:
        yield f"{limit['latency_ms']:.2f} ms of it from a server that only shakes hands and syncs nothing"
    if theirs and measure.latency:
        ratio = ours["latency_ms"] / theirs["latency_ms"]
        yield f"{ratio:.2f} of Postfix's latency, target {measure.latency:g}: {verdict(ratio <= measure.latency)}"


def show(name, figures):
    print("  {:10} {}".format(name, "  ".join(f"{key} {value:,.2f}" for key, value in figures.items())), flush=True)


def run_measure(measure, arguments):
    count = measure.thorough if arguments.thorough else measure.messages
    print(f"\n{measure.name}: {measure.meaning} ({count}, median of {arguments.repeat})", flush=True)
    names = peers_of(measure, arguments.peers)
    figures = {name: [] for name in names}
    for _ in range(arguments.repeat):
        for name in names:
            figures[name].append(take(name, measure, count, arguments.users))
    medians = {name: median_of(values) for name, values in figures.items() if values}
    for name, values in medians.items():
        show(name, values)
    lines = list(compare(measure, medians))
    for line in lines:
        print(f"  -> {line}", flush=True)
    return {"figures": figures, "medians": medians, "verdicts": lines}


def parse_arguments():
    names = [measure.name for measure in measures.MEASURES]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("measures", nargs="*", metavar="MEASURE", help=f"of {', '.join(names)}; all when none is named")
    parser.add_argument("--thorough", action="store_true", help="larger counts")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--users", type=int, default=50, help="accounts")
    parser.add_argument("--peers", default="postfix,postern,handshake", type=lambda text: text.split(","))
    arguments = parser.parse_args()
    unknown = set(arguments.measures) - set(names)
    if unknown:
        parser.error(f"no such measure: {', '.join(sorted(unknown))}")
    return arguments


def main():
    arguments = parse_arguments()
    private_etc.enter()
    results = {}
    for measure in measures.MEASURES:
        if not arguments.measures or measure.name in arguments.measures:
            results[measure.name] = run_measure(measure, arguments)
    directory = ROOT / "build" / "bench"
    directory.mkdir(parents=True, exist_ok=True)
    path = directory / f"{datetime.datetime.now():%Y%m%d-%H%M%S}.json"
    path.write_text(json.dumps(results, indent=1))
    missed = sum("MISSED" in line for result in results.values() for line in result["verdicts"])
    print(f"\nfigures: {path.relative_to(ROOT)}; targets missed: {missed}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
