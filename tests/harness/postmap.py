"""Asking a lookup table through Debian's postmap and through ours, with the same configuration."""

import os
import shutil
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from .postern import BINARIES

_OURS, _THEIRS = BINARIES / "postern", "/usr/sbin/postmap"


@dataclass(frozen=True)
class Answer:
    """kind: value, none or error; text: the value. What was said is not compared."""

    kind: str
    text: str = ""
    said: str = ""
    seconds: float = 0

    def __eq__(self, other):
        return (self.kind, self.text) == (other.kind, other.text)

    def __hash__(self):
        return hash((self.kind, self.text))


def value(text):
    return Answer("value", text)


NONE = Answer("none")


class Postmap:
    """Both programs read `directory`/main.cf."""

    def __init__(self, directory, main_cf=""):
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        (directory / "main.cf").write_text(f"compatibility_level = 3.6\nmyhostname = mail.postern.example\n{main_cf}")
        (directory / "master.cf").write_text("")
        for name in ("dynamicmaps.cf", "dynamicmaps.cf.d"):
            if os.path.isdir(f"/etc/postfix/{name}"):
                shutil.copytree(f"/etc/postfix/{name}", directory / name, dirs_exist_ok=True)
            else:
                shutil.copy(f"/etc/postfix/{name}", directory / name)

    def file(self, name, text):
        path = self.directory / name
        path.write_text(text)
        return path

    def _run(self, executable, key, table, stdin=b""):
        return subprocess.run(["postmap", "-q", key, table], executable=str(executable), input=stdin, capture_output=True,
                              timeout=120, check=False, env=dict(os.environ, MAIL_CONFIG=str(self.directory)))

    def all_told(self, keys, table):
        """What each of the two says to all keys in one run, ours first; None: one of the questions failed."""
        keys = b"".join(os.fsencode(key) + b"\n" for key in keys)
        with ThreadPoolExecutor() as both:
            runs = list(both.map(lambda program: self._run(program, "-", table, keys), (_OURS, _THEIRS)))
        return [None if b"fatal:" in run.stderr or run.returncode > 1 else run.stdout for run in runs]

    def _ask(self, executable, key, table):
        begun = time.monotonic()
        done = self._run(executable, key, table)
        said = done.stderr.decode(errors="replace")
        seconds = time.monotonic() - begun
        if done.returncode == 0:
            return Answer("value", done.stdout.decode(errors="replace").removesuffix("\n"), said, seconds)
        failed = done.returncode != 1 or "fatal:" in said or "error:" in said
        return Answer("error" if failed else "none", "", said, seconds)

    def both(self, keys, table):
        """(key, our answer, their answer) for each key, asked one by one but all at once: theirs waits a second when it
        fails."""
        with ThreadPoolExecutor() as several:
            ours = several.map(lambda key: self.ours(key, table), keys)
            theirs = several.map(lambda key: self.theirs(key, table), keys)
            return list(zip(keys, ours, theirs, strict=True))

    def ours(self, key, table):
        return self._ask(_OURS, key, table)

    def theirs(self, key, table):
        return self._ask(_THEIRS, key, table)
