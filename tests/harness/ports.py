"""Loopback ports that are free, each given out once a run; workers of one run (pytest -n) draw from ranges apart."""

import os
import random
import socket

_given = set()
# Below the range the kernel takes for outgoing connections, so that no connection of a test sits on a port given out.
_FIRST, _LAST = 10_240, 32_000


def _range_of_worker():
    """(first, last): pytest-xdist calls its workers gw0, gw1 and so on."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
    width = (_LAST - _FIRST) // int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    return _FIRST + worker * width, _FIRST + (worker + 1) * width - 1


def free_port():
    while True:
        port = random.randint(*_range_of_worker())
        if port in _given:
            continue
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        _given.add(port)
        return port
