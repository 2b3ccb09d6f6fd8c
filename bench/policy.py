#!/usr/bin/python3
"""Policy decisions a second and CPU a decision: Postern beside Debian's Postfix, the same restriction lists, tables of
100,000 entries, one run. Each decision is a RCPT; half of the keys are in the table."""

import argparse
import multiprocessing
import pathlib
import random
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "bench")]

from harness.ports import free_port  # noqa: E402
from harness.postern import Postern  # noqa: E402
from harness.postfix import Postfix  # noqa: E402
from harness.processes import cpu_seconds, tree  # noqa: E402

ENTRIES = 100_000
BATCH = 50  # RCPTs in one pipelined group
RATE_WANTED = 3.0
HOST = "mail.policy.example"


def _addresses(count):
    return [f"user{i}@domain{i % 977}.example" for i in range(count)]


def _write_hash(path):
    path.write_text("".join(f"{address} REJECT entry {i}\n" for i, address in enumerate(_addresses(ENTRIES))))
    (path.parent / "main.cf").write_text("compatibility_level = 3.6\n")
    subprocess.run(["postmap", "-c", path.parent, f"hash:{path}"], check=True)


def _write_pcre(path):
    path.write_text("".join(f"/^{address.replace('.', chr(92) + '.')}$/ REJECT entry {i}\n"
                            for i, address in enumerate(_addresses(ENTRIES))))


def _write_cidr(path):
    lines = [f"10.{i >> 16 & 255}.{i >> 8 & 255}.{i & 255}/32 REJECT entry {i}" for i in range(ENTRIES)]
    path.write_text("\n".join([*lines, "127.0.0.0/8 DUNNO"]) + "\n")


# name: who writes the table, the restriction, decisions a connection: Postfix goes through pcre and cidr line by line.
MEASURES = {
    "hash": (_write_hash, "check_recipient_access hash:{table}", 20_000, 20_000),
    "pcre": (_write_pcre, "check_recipient_access pcre:{table}", 300, 20_000),
    "cidr": (_write_cidr, "check_client_access cidr:{table}", 5_000, 20_000),
    "list": (None, "permit_mynetworks, permit_sasl_authenticated, reject_non_fqdn_recipient", 20_000, 20_000),
}
PARAMETERS = {
    "myhostname": HOST, "mydestination": HOST, "mynetworks": "127.0.0.77/32", "inet_protocols": "ipv4",
    "smtpd_peername_lookup": "no", "smtpd_error_sleep_time": "0", "smtpd_soft_error_limit": "100000000",
    "smtpd_hard_error_limit": "100000000", "smtpd_junk_command_limit": "100000000",
    "smtpd_recipient_overshoot_limit": "100000000", "smtpd_client_connection_count_limit": "0",
}


def _session(port, decisions, seed):
    """One connection; returns the seconds from its first RCPT to its last reply."""
    rng = random.Random(seed)
    recipients = [f"user{rng.randrange(2 * ENTRIES)}" for _ in range(decisions)]
    batches = []
    for start in range(0, decisions, BATCH):
        names = recipients[start:start + BATCH]
        batches.append((len(names), "".join(f"RCPT TO:<{name}@domain{int(name[4:]) % 977}.example>\r\n" for name in names).encode()))
    with socket.create_connection(("127.0.0.1", port), 120) as link:
        link.settimeout(600)
        link.recv(1000)
        for line in (b"EHLO bench.example\r\n", b"MAIL FROM:<>\r\n"):
            link.sendall(line)
            link.recv(2000)
        begun = time.monotonic()
        for count, octets in batches:
            link.sendall(octets)
            ends = 0
            while ends < count:
                got = link.recv(65536)
                if not got:
                    raise RuntimeError("the server hung up")
                ends += got.count(b"\n")
        return time.monotonic() - begun


def _load(port, connections, decisions):
    with multiprocessing.Pool(connections) as pool:
        begun = time.monotonic()
        pool.starmap(_session, [(port, decisions, seed) for seed in range(connections)])
        return connections * decisions / (time.monotonic() - begun)


def _take(root, port, connections, decisions):
    _load(port, connections, max(BATCH, decisions // 20))
    before = cpu_seconds(tree(root))
    rate = _load(port, connections, decisions)
    return {"decisions_per_s": rate, "cpu_us": 1e6 * (cpu_seconds(tree(root)) - before) / (connections * decisions)}


def _medians(root, port, connections, decisions, repeat):
    runs = [_take(root, port, connections, decisions) for _ in range(repeat)]
    return {key: statistics.median(run[key] for run in runs) for key in runs[0]}


def _compare(name, repeat, connections, scratch):
    write, restriction, theirs_count, ours_count = MEASURES[name]
    if write:
        write(scratch / name)
    # The relay list comes first: what it refuses no other list would see.
    listed = {"smtpd_relay_restrictions": restriction.format(table=scratch / name) + ", reject_unauth_destination"}
    print(f"\n{name}: {restriction.split(':')[0]}, {connections} connections (median of {repeat})", flush=True)
    port = free_port()
    postfix = Postfix(scratch / f"postfix-{name}", PARAMETERS | listed, [f"127.0.0.1:{port} inet n - n - - smtpd"])
    postfix.start(port)
    try:
        theirs = _medians(postfix.pid(), port, connections, theirs_count, repeat)
    finally:
        postfix.stop()
    postern = Postern(scratch / f"postern-{name}", PARAMETERS | listed)
    postern.start()
    try:
        ours = _medians(postern.process.pid, postern.mx, connections, ours_count, repeat)
    finally:
        postern.stop()
    for who, figures in (("postfix", theirs), ("postern", ours)):
        print(f"  {who:8} " + "  ".join(f"{key} {value:,.1f}" for key, value in figures.items()))
    rate = ours["decisions_per_s"] / theirs["decisions_per_s"]
    print(f"  -> {rate:.2f} x Postfix's decisions a second, {ours['cpu_us'] / theirs['cpu_us']:.2f} of its CPU a decision, "
          f"target {RATE_WANTED}: {'ok' if rate >= RATE_WANTED else 'MISSED'}", flush=True)
    return rate < RATE_WANTED


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("measure", nargs="*", choices=[*MEASURES, []], help="all unless named")
    parser.add_argument("--repeat", type=int, default=1)
    parser.add_argument("--connections", type=int, default=2)
    options = parser.parse_args()
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="postern-bench-", dir="/tmp"))
    scratch.chmod(0o755)
    try:
        missed = sum(_compare(name, options.repeat, options.connections, scratch) for name in options.measure or MEASURES)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
