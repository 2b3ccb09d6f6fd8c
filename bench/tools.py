"""postern-load and postern-sink as Python sees them."""

import dataclasses
import json
import pathlib
import struct
import subprocess

from harness.ports import free_port
from harness.postern import BINARIES
from harness.waiting import wait_for_port


@dataclasses.dataclass
class Sink:
    process: subprocess.Popen
    port: int
    counters: pathlib.Path
    ids: pathlib.Path

    def messages(self):
        return struct.unpack("<4Q", self.counters.read_bytes())[1]

    def taken_ids(self):
        return self.ids.read_text().split() if self.ids.exists() else []


def start_sink(directory, processes=1, tls=None, ids=False, port=None):
    directory.mkdir(parents=True, exist_ok=True)
    port = port or free_port()
    words = [str(BINARIES / "postern-sink"), "--port", str(port), "--processes", str(processes),
             "--counters", str(directory / "counters")]
    if tls:
        words += ["--cert", str(tls[0]), "--key", str(tls[1])]
    if ids:
        words += ["--ids", str(directory / "ids")]
    process = subprocess.Popen(words)
    wait_for_port(port, process)
    return Sink(process, port, directory / "counters", directory / "ids")


def load_words(port, **options):
    """The command line of postern-load; tls="starttls", resume=True and so on become --tls starttls --resume."""
    words = [str(BINARIES / "postern-load"), "--port", str(port)]
    for name, value in options.items():
        if value is True:
            words.append("--" + name.replace("_", "-"))
        elif value not in (None, False):
            words += ["--" + name.replace("_", "-"), str(value)]
    return words


def run_load(port, **options):
    """Runs postern-load to its end and returns its report."""
    done = subprocess.run(load_words(port, **options), capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"postern-load failed ({done.returncode}): {done.stdout}{done.stderr}")
    return json.loads(done.stdout)
