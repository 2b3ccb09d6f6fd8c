"""Waits are conditions with a deadline, never bare sleeps."""

import socket
import time

POLL_SECONDS = 0.02


class DeadlineExceeded(AssertionError):
    """The condition did not come true in time."""


def wait_until(condition, what, seconds=60.0):
    """Returns the first true value of condition(); raises with `what` when the time is up."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise DeadlineExceeded(f"waited {seconds:g} s in vain for: {what}")
        time.sleep(POLL_SECONDS)


def accepts_connections(port, host="127.0.0.1"):
    try:
        with socket.create_connection((host, port), timeout=5):
            return True
    except OSError:
        return False


def wait_for_port(port, process=None, seconds=60.0):
    """Until somebody listens; fails at once when `process` (a Popen) has ended."""

    def ready():
        if process is not None and process.poll() is not None:
            raise DeadlineExceeded(f"the process ended with status {process.returncode} instead of listening on {port}")
        return accepts_connections(port)

    wait_until(ready, f"a listener on port {port}", seconds)
