#!/usr/bin/python3
"""Compares Postern's saslauthd with Cyrus's on this machine: the same client, one run, the daemons in turns.

Each measure at 1, 10 and 50 connections; "silent" with clients beside that connect and say nothing. What crypt(3) alone gives on this machine's processors is the limit for shadow.
"""

import argparse
import contextlib
import json
import os
import pathlib
import socket
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "bench")]

import private_etc  # noqa: E402
from harness.postern import BINARIES  # noqa: E402
from harness.processes import cpu_seconds, end  # noqa: E402
from harness.waiting import wait_until  # noqa: E402

PASSWORD = "bench-only-password"
REALM = "postern-bench.example"
CYRUS_SASLDB = "/etc/sasldb2"  # its backend knows no other file
CONNECTIONS = (1, 10, 50)
# name: mechanism, logins a run, rate wanted (times Cyrus's), CPU wanted (fraction of Cyrus's), more words for both
MEASURES = {
    "sasldb": ("sasldb", 6000, 1.5, 0.5, []),
    "sasldb-cached": ("sasldb", 10000, 1.0, 0.5, ["-c"]),
    "pam": ("pam", 2000, 1.5, None, []),
}
# A silent client holds one of Cyrus's five processes for ever; five of them stop it, so it is compared with four.
SILENT, MANY_SILENT = 4, 100
SILENT_RATE, SILENT_SHARE = 1.5, 0.95  # times Cyrus's rate; of our own without silent clients
CRYPT = {"shadow-sha512crypt": "$6$benchbench$", "shadow-yescrypt": "$y$j9T$benchbenchbenchb$"}
CRYPT_SECONDS = 4  # of logins in one figure, as long as a hash takes: a row fits into a minute


def start(words, directory):
    process = subprocess.Popen([*words, "-d", "-m", str(directory)], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, start_new_session=True)
    wait_until((directory / "mux").exists, "the socket")
    return process


def load(directory, connections, logins, user, realm="", service="smtp"):
    words = [str(BINARIES / "postern-mux"), str(directory / "mux"), "--user", user, "--password", PASSWORD, "--realm",
             realm, "--service", service, "--connections", str(connections), "--logins", str(logins)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)}: {done.stdout}{done.stderr}")
    return json.loads(done.stdout)


@contextlib.contextmanager
def silent_clients(directory, count):
    with contextlib.ExitStack() as all_of_them:
        for _ in range(count):
            client = all_of_them.enter_context(socket.socket(socket.AF_UNIX))
            client.connect(str(directory / "mux"))
        yield


def take(words, connections, logins, silent=0, **question):
    """One figure: a fresh daemon. Both run with -d and its output thrown away, so both write the same lines."""
    with tempfile.TemporaryDirectory(prefix="postern-bench-") as scratch, contextlib.ExitStack() as beside:
        directory = pathlib.Path(scratch) / "run"
        process = start(words, directory)
        try:
            beside.enter_context(silent_clients(directory, silent))
            load(directory, connections, max(50, logins // 20), **question)
            before = cpu_seconds([process.pid])
            report = load(directory, connections, logins, **question)
            report["cpu_us"] = 1e6 * (cpu_seconds([process.pid]) - before) / logins
            return report
        finally:
            end(process)


def medians(words, connections, logins, repeat, **question):
    runs = [take(words, connections, logins, **question) for _ in range(repeat)]
    return {key: statistics.median(run[key] for run in runs) for key in ("logins_per_s", "cpu_us", "p99_us")}


def verdict(good):
    return "ok" if good else "MISSED"


def show(name, figures):
    print(f"  {name:8} " + "  ".join(f"{key} {value:,.0f}" for key, value in figures.items()), flush=True)


def prepare_pam():
    """The same trivial stack for both; the original reads no other directory than /etc/pam.d."""
    name = "postern-bench"
    text = "auth required pam_permit.so\naccount required pam_permit.so\n"
    path = pathlib.Path("/etc/pam.d") / name
    path.write_text(text)
    return name


def prepare_sasldb(scratch):
    """Answers the word that our saslauthd wants besides."""
    for path in (CYRUS_SASLDB, scratch / "sasldb2"):
        subprocess.run(["saslpasswd2", "-p", "-c", "-u", REALM, "-f", str(path), "bench"], input=PASSWORD, text=True,
                       check=True)
    return ["-O", str(scratch / "sasldb2")]


def compare_silent(_, repeat, scratch):
    logins, connections, question = 30000, 10, {"user": "bench", "realm": REALM}
    ours = [str(BINARIES / "saslauthd"), "-a", "sasldb", "-n", "5", *prepare_sasldb(scratch)]
    theirs = ["/usr/sbin/saslauthd", "-a", "sasldb", "-n", "5"]
    print(f"\nsilent, {connections} connections beside silent ones (sasldb, {logins} logins, median of {repeat})")
    got = {}
    for who, words, silent in [("cyrus", theirs, SILENT), ("postern", ours, SILENT), ("alone", ours, 0),
                               ("many", ours, MANY_SILENT)]:
        got[who] = medians(words, connections, logins, repeat, silent=silent, **question)
        show(who, got[who])
    rates = {who: figures["logins_per_s"] for who, figures in got.items()}
    ratio, share = rates["postern"] / rates["cyrus"], rates["many"] / rates["alone"]
    print(f"  -> {ratio:.2f} x Cyrus's rate beside {SILENT} silent clients, target {SILENT_RATE}: "
          f"{verdict(ratio >= SILENT_RATE)}")
    print(f"  -> {share:.0%} of our own rate beside {MANY_SILENT} of them, target {SILENT_SHARE:.0%}: "
          f"{verdict(share >= SILENT_SHARE)}")
    return (ratio < SILENT_RATE) + (share < SILENT_SHARE)


def compare(name, repeat, scratch):
    mechanism, logins, rate, cpu, more = MEASURES[name]
    question = {"user": "bench", "realm": REALM}
    ours, theirs = ["-n", "5", *more], ["-n", "5", *more]
    if mechanism == "sasldb":
        ours += prepare_sasldb(scratch)
    else:
        question["service"] = prepare_pam()
    missed = 0
    for connections in CONNECTIONS:
        print(f"\n{name}, {connections} connections ({logins} logins, median of {repeat})")
        peers = {"cyrus": ["/usr/sbin/saslauthd", "-a", mechanism, *theirs],
                 "postern": [str(BINARIES / "saslauthd"), "-a", mechanism, *ours]}
        got = {who: medians(words, connections, logins, repeat, **question) for who, words in peers.items()}
        for who, figures in got.items():
            show(who, figures)
        ratio = got["postern"]["logins_per_s"] / got["cyrus"]["logins_per_s"]
        print(f"  -> {ratio:.2f} x Cyrus's rate, target {rate}: {verdict(ratio >= rate)}")
        missed += ratio < rate
        if cpu:
            share = got["postern"]["cpu_us"] / got["cyrus"]["cpu_us"]
            print(f"  -> {share:.2f} of Cyrus's CPU a login, target {cpu}: {verdict(share <= cpu)}")
            missed += share > cpu
    return missed


def bare_crypt(setting, seconds=2.0):
    """Hashes a second of crypt(3) alone, one process a processor."""
    program = ("import crypt,sys,time\n"
               "begin = time.monotonic(); n = 0\n"
               "while n == 0 or time.monotonic() - begin < float(sys.argv[3]):\n"
               "    crypt.crypt(sys.argv[1], sys.argv[2]); n += 1\n"
               "print(n / (time.monotonic() - begin))\n")
    words = [sys.executable, "-W", "ignore", "-c", program, PASSWORD, setting, str(seconds)]
    running = [subprocess.Popen(words, stdout=subprocess.PIPE, text=True) for _ in range(os.cpu_count())]
    return sum(float(process.communicate()[0]) for process in running)


def compare_crypt(name, repeat, scratch):
    """One daemon for the whole row, and the limit measured before and after each of its figures, in turns: a machine
    that is slower for a while is so for both."""
    import crypt  # noqa: PLC0415  (deprecated, and what libcrypt says)

    digest = crypt.crypt(PASSWORD, CRYPT[name])
    if not digest or digest.startswith("*"):
        raise RuntimeError(f"crypt(3) takes no setting {CRYPT[name]}")
    (scratch / "passwd").write_text("bench:x:1000:1000::/:/bin/sh\n")
    (scratch / "shadow").write_text(f"bench:{digest}:19000:0:99999:7:::\n")
    words = [str(BINARIES / "saslauthd"), "-a", "shadow", "-n", "5", "-O",
             f"passwd={scratch}/passwd,shadow={scratch}/shadow"]
    directory = scratch / "run"
    missed = 0
    process = start(words, directory)
    try:
        load(directory, 2, 4, user="bench")
        for connections in CONNECTIONS[1:]:
            limits = [bare_crypt(digest)]
            # Of the last few logins one processor has none left to do: enough of them that this is lost in the whole.
            logins = max(2 * connections, int(limits[0] * CRYPT_SECONDS))
            print(f"\n{name}, {connections} connections ({logins} logins, median of {repeat})")
            runs, shares = [], []
            for _ in range(repeat):
                runs.append(load(directory, connections, logins, user="bench"))
                limits.append(bare_crypt(digest))
                shares.append(runs[-1]["logins_per_s"] / statistics.mean(limits[-2:]))
            show("postern", {key: statistics.median(run[key] for run in runs) for key in ("logins_per_s", "p99_us")})
            share, limit = statistics.median(shares), statistics.median(limits)
            print(f"  -> {share:.0%} of {limit:,.1f} hashes/s by crypt(3) alone, target 95%: {verdict(share >= 0.95)}")
            missed += share < 0.95
    finally:
        end(process)
    return missed


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("measures", nargs="*", metavar="MEASURE", default=[*MEASURES, "silent", *CRYPT])
    parser.add_argument("--repeat", type=int, default=3)
    arguments = parser.parse_args()
    private_etc.enter()
    begin, missed = time.monotonic(), 0
    with tempfile.TemporaryDirectory(prefix="postern-bench-") as directory:
        for name in arguments.measures:
            take_one = compare_silent if name == "silent" else compare_crypt if name in CRYPT else compare
            missed += take_one(name, arguments.repeat, pathlib.Path(directory))
    print(f"\ntargets missed: {missed} ({time.monotonic() - begin:.0f} s)")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
