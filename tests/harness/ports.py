"""Loopback ports that are free, each given out once a run."""

import random
import socket

_given = set()
# Below the range the kernel takes for outgoing connections, so that no connection of a test sits on a port given out.
_FIRST, _LAST = 10_240, 32_000


def free_port():
    while True:
        port = random.randint(_FIRST, _LAST)
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
