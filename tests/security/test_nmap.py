"""nmap's own test for open relays. It speaks TLS on port 465 alone, so smtps is left out."""

import subprocess

import pytest


@pytest.fixture(scope="module")
def relay(module_make):
    sink = module_make.sink()
    return module_make.postern(sink.port), sink


@pytest.mark.parametrize("port", ["mx", "submission"])
def test_smtp_open_relay(relay, port):
    server, sink = relay
    # "+" runs the script although the port is none of those that nmap knows as SMTP's.
    done = subprocess.run(["nmap", "-Pn", "-n", "-p", str(getattr(server, port)), "--script", "+smtp-open-relay",
                           "--script-args", "smtp-open-relay.domain=nmap.example,smtp-open-relay.ip=192.0.2.1", "127.0.0.1"],
                          capture_output=True, text=True, check=True, timeout=120)
    assert "smtp-open-relay:" in done.stdout, done.stdout
    assert "is an open relay" not in done.stdout, done.stdout
    assert not sink.messages


def test_a_real_open_relay_is_found(make):
    """What the test above would say: the script does find one."""
    sink = make.sink()
    done = subprocess.run(["nmap", "-Pn", "-n", "-p", str(sink.port), "--script", "+smtp-open-relay", "127.0.0.1"],
                          capture_output=True, text=True, check=True, timeout=120)
    assert "is an open relay" in done.stdout, done.stdout
