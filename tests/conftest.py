"""Fixtures: servers in scratch directories that end with the test, their logs shown when it fails."""

import pathlib
import shutil
import sys
import tempfile

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from harness import postfix as postfix_harness  # noqa: E402
from harness.certificates import make_certificate  # noqa: E402
from harness.ports import free_port  # noqa: E402
from harness.postern import Postern  # noqa: E402
from harness.sink_mta import SinkMta  # noqa: E402


def pytest_configure(config):
    config.addinivalue_line("markers", "alone: not beside other tests, because it looks at the clock or at the machine")


def _scratch():
    """Short on purpose: the path of a unix socket has 107 octets at most."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="pt-", dir="/tmp"))
    path.chmod(0o755)
    return path


@pytest.fixture
def scratch():
    path = _scratch()
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="module")
def module_scratch():
    path = _scratch()
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Adds the end of each server's log to the report of a failed test."""
    report = (yield).get_result()
    if report.failed:
        for value in getattr(item, "funcargs", {}).values():
            for server in value if isinstance(value, (list, tuple)) else [value]:
                if hasattr(server, "log_text"):
                    report.sections.append((f"log of {server.directory}", server.log_text()[-6000:]))


class _Makers:
    """Starts servers and ends them in the opposite order."""

    def __init__(self, directory):
        self.directory = directory
        self.servers = []

    def log_text(self):
        return "\n".join(f"--- {server.directory}\n{server.log_text()[-6000:]}" for server in self.servers
                         if hasattr(server, "log_text"))

    def keep(self, server):
        self.servers.append(server)
        return server

    def stop(self):
        for server in reversed(self.servers):
            server.stop()

    def sink(self, tls=False):
        pair = make_certificate(self.directory, f"sink{len(self.servers)}") if tls else None
        return self.keep(SinkMta(pair).start())

    def postern(self, next_hop=None, users=("joe",), start=True, **main_cf):
        """A Postern whose mail for elsewhere goes to next_hop (a port)."""
        if next_hop:
            main_cf = {"relayhost": f"[127.0.0.1]:{next_hop}"} | main_cf
        server = Postern(self.directory / f"p{len(self.servers)}", main_cf)
        for user in users:
            server.add_user(user)
        if start:
            self.keep(server).start()
        return server

    def postfix(self, domains=("dest.example",), tls=True):
        directory = self.directory / f"x{len(self.servers)}"
        directory.mkdir()
        pair = make_certificate(self.directory, "postfix") if tls else None
        port = free_port()
        server = postfix_harness.maildir_next_hop(directory, port, list(domains), pair)
        server.port = port
        return self.keep(server).start(port)


@pytest.fixture
def make(scratch):
    makers = _Makers(scratch)
    yield makers
    makers.stop()


@pytest.fixture(scope="module")
def module_make(module_scratch):
    makers = _Makers(module_scratch)
    yield makers
    makers.stop()
