"""Process trees by /proc: children, processor time, memory; and ending what a test started, by its id."""

import os
import signal
import subprocess

from .waiting import wait_until

TICKS = os.sysconf("SC_CLK_TCK")


def _stat_fields(pid):
    """The fields of /proc/PID/stat behind the name: [0] state, [1] parent, [11..14] times."""
    with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
        return file.read().rpartition(")")[2].split()


def parents():
    """{pid: parent pid} of every process there is."""
    found = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                found[int(entry)] = int(_stat_fields(entry)[1])
            except (OSError, IndexError):
                continue
    return found


def tree(root):
    """root and all its descendants, as pids."""
    by_parent = {}
    for pid, parent in parents().items():
        by_parent.setdefault(parent, []).append(pid)
    found, todo = [], [root]
    while todo:
        pid = todo.pop()
        found.append(pid)
        todo.extend(by_parent.get(pid, []))
    return found


def name_of(pid):
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8") as file:
            return file.read().strip()
    except OSError:
        return ""


def children_named(root, name):
    return sorted(pid for pid in tree(root) if pid != root and name_of(pid) == name)


def alive(pid):
    try:
        return _stat_fields(pid)[0] not in ("Z", "X")
    except (OSError, IndexError):
        return False


def cpu_seconds(roots):
    """User and system time of the trees, those of reaped children included."""
    ticks = 0
    for pid in {pid for root in roots for pid in tree(root)}:
        try:
            ticks += sum(int(field) for field in _stat_fields(pid)[11:15])
        except (OSError, IndexError):
            continue
    return ticks / TICKS


def pss_kib(roots):
    """Proportional set size of all processes of the trees."""
    total = 0
    for pid in {pid for root in roots for pid in tree(root)}:
        try:
            with open(f"/proc/{pid}/smaps_rollup", encoding="utf-8") as file:
                total += next(int(line.split()[1]) for line in file if line.startswith("Pss:"))
        except (OSError, StopIteration):
            continue
    return total


def end(process, seconds=15.0):
    """Asks a Popen to end, insists when it does not, and reaps it."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            for pid in tree(process.pid):
                kill(pid)
            process.wait(seconds)
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream:
            stream.close()


def kill(pid):
    """kill -9; a process that is gone already is fine."""
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


def wait_gone(pid, seconds=60.0):
    wait_until(lambda: not alive(pid), f"the end of process {pid}", seconds)
