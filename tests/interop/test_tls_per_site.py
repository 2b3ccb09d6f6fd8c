"""smtp_tls_per_site: obsolete, and it still says how much TLS a next hop gets."""

import pytest
from harness.postern import PASSWORD
from harness.raw_smtp import RawSmtp


def deliver(server, recipient="anna@dest.example"):
    with RawSmtp(server.submission) as client:
        client.secure_login("joe", PASSWORD).mail("joe@home.example", recipient)
        assert client.data("Subject: x\r\n\r\nx\r\n").code == 250


@pytest.mark.parametrize(("level", "word", "secured"), [
    ("may", "NONE", False), ("encrypt", "NONE", False), ("none", "MAY", True), ("none", "MUST_NOPEERMATCH", True),
    ("may", "other", True), ("none", "other", False),
])
def test_a_word_for_the_host(make, level, word, secured):
    sink = make.sink(tls=True)
    rows = "{ other.example = NONE }" if word == "other" else f"{{ 127.0.0.1 = {word} }}"
    server = make.postern(sink.port, smtp_tls_security_level=level, smtp_tls_per_site=f"inline:{{ {rows} }}")
    deliver(server)
    assert sink.wait_for(1)[0].secured == secured


def test_must_wants_a_certificate_that_is_trusted(make, scratch):
    """By the next hop as it is configured; the file is a postmap source."""
    sink = make.sink(tls=True)
    table = scratch / "per_site"
    table.write_text(f"# by hand\n[127.0.0.1]:{sink.port}  MUST\n")
    server = make.postern(sink.port, smtp_tls_security_level="may", smtp_tls_per_site=f"texthash:{table}")
    deliver(server)
    server.wait_log("certificate verify failed")
    server.wait_log("status=deferred")
    assert not sink.messages


def test_a_table_that_is_not_there_is_named_and_left_out(make, scratch):
    sink = make.sink(tls=True)
    server = make.postern(sink.port, smtp_tls_security_level="may", smtp_tls_per_site=f"hash:{scratch}/nowhere")
    deliver(server)
    assert sink.wait_for(1)[0].secured
    said = [line for line in server.log_text().splitlines() if "smtp_tls_per_site: hash:" in line]
    assert len(said) == 1 and "warning" in said[0] and f"{scratch}/nowhere" in said[0], said
