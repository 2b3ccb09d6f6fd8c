"""Loopback ports that are free, each given out once. Runs beside each other and the workers of one run (pytest -n) draw
from blocks that are apart."""

import random
import socket

# Below the range the kernel takes for outgoing connections, so that no connection of a test sits on a port given out.
_FIRST, _LAST, _BLOCK = 10_240, 32_000, 64
_claims = []  # the sockets by which our blocks are ours
_ports = []  # what is left of them


def _claim_block():
    """Who has bound a block's name in the abstract namespace has the block; the kernel frees it when the process ends."""
    blocks = list(range(_FIRST, _LAST, _BLOCK))
    random.shuffle(blocks)
    for first in blocks:
        claim = socket.socket(socket.AF_UNIX)
        try:
            claim.bind(f"\0postern-test-ports-{first}")
        except OSError:
            claim.close()
            continue
        _claims.append(claim)
        return range(first, first + _BLOCK)
    raise AssertionError("tests that run have all the ports")


def free_port():
    while True:
        if not _ports:
            _ports.extend(_claim_block())
        port = _ports.pop()
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
