"""Connections that are somebody else's: PROXY headers, XCLIENT and XFORWARD, with Debian's Postfix beside Postern."""

import re
import socket
import struct

import pytest
from harness.raw_smtp import ConnectionEnded, RawSmtp
from harness.twins import Twins
from harness.waiting import wait_until

RULES = "check_client_access inline:{192.0.2.66=reject}"
TRUST = {"smtpd_authorized_xclient_hosts": "127.0.0.0/8", "smtpd_authorized_xforward_hosts": "127.0.0.0/8",
         "smtpd_recipient_restrictions": RULES, "smtpd_hard_error_limit": "100", "smtpd_soft_error_limit": "100",
         "mynetworks": "127.0.0.0/8 192.0.2.0/24"}


def talk(port, lines, first=b""):
    replies = []
    try:
        with RawSmtp(port, greeting=False) as client:
            client.socket.sendall(first)
            replies.append(client.reply().text)
            for line in lines:
                client.socket.sendall(line if isinstance(line, bytes) else line.encode() + b"\r\n")
                replies.append(client.reply().text)
    except (ConnectionEnded, ConnectionError):
        replies.append("closed")
    return [re.sub(r"queued as \w+", "queued", re.sub("250-STARTTLS\n", "", re.sub("ESMTP Post.*", "ESMTP", one)))
            for one in replies]


MAIL = ["MAIL FROM:<a@b.example>", "RCPT TO:<u@dest.example>"]
SESSIONS = {
    "another client": ["EHLO x", "XCLIENT NAME=spike.example ADDR=192.0.2.7", "EHLO y", *MAIL, "QUIT"],
    "a client that is refused": ["XCLIENT NAME=bad.example ADDR=192.0.2.66", "EHLO y", *MAIL, "QUIT"],
    "nothing is known": ["EHLO x", "XCLIENT NAME=[UNAVAILABLE] REVERSE_NAME=[TEMPUNAVAIL] HELO=[UNAVAILABLE] PORT=[UNAVAILABLE]",
                         "EHLO y", "QUIT"],
    "xtext": ["XCLIENT HELO=a+2Bb PROTO=SMTP", "XFORWARD NAME=a.example", "QUIT"],
    "bad words": ["XCLIENT", "XCLIENT FOO=x", "XCLIENT NAME", "XCLIENT ADDR=foo", "XCLIENT PORT=x", "XCLIENT PROTO=FOO",
                  "XCLIENT ADDR=1.2.3.4.5", "XCLIENT NAME=a_b..c", "XCLIENT ADDR=2001:db8::1", "XCLIENT DESTADDR=x",
                  "XCLIENT DESTPORT=x", "XCLIENT LOGIN=", "XCLIENT HELO=a b", "XCLIENT SOURCE=LOCAL"],
    "in a transaction": ["EHLO x", "MAIL FROM:<>", "XCLIENT NAME=spike.example", "XFORWARD NAME=a.example", "QUIT"],
    "forwarded": ["EHLO x", "XFORWARD NAME=spike.example ADDR=192.0.2.7 PORT=1234 PROTO=ESMTP HELO=hh IDENT=ABC SOURCE=REMOTE",
                  *MAIL, "DATA", b"Subject: x\r\n\r\nb\r\n.\r\n", *MAIL, "QUIT"],
    "badly forwarded": ["XFORWARD", "XFORWARD FOO=x", "XFORWARD NAME", "XFORWARD ADDR=foo", "XFORWARD PORT=x",
                        "XFORWARD PROTO=FOO", "XFORWARD SOURCE=FOO", "XFORWARD SOURCE=LOCAL", "XFORWARD NAME=[UNAVAILABLE]",
                        "XFORWARD NAME=[TEMPUNAVAIL]", "XFORWARD LOGIN=x"],
}


@pytest.fixture(scope="module")
def trusting(module_scratch):
    pair = Twins(module_scratch, TRUST)
    yield pair
    pair.stop()


@pytest.mark.parametrize("name", SESSIONS)
def test_xclient_and_xforward_answer_as_in_postfix(trusting, name):
    theirs, ours = (talk(side.port, SESSIONS[name]) for side in (trusting.postfix, trusting.postern))
    assert ours == theirs


def test_the_log_names_the_client_and_the_origin(trusting):
    for side in (trusting.postfix, trusting.postern):
        talk(side.port, SESSIONS["a client that is refused"])
        talk(side.port, SESSIONS["forwarded"])
        wait_until(lambda side=side: "from bad.example[192.0.2.66]" in side.log(), "the refused client")
        wait_until(lambda side=side: "client=unknown[127.0.0.1], orig_queue_id=ABC, orig_client=spike.example[192.0.2.7]"
                   in side.log(), "the origin")


def test_limits_are_those_of_whom_a_proxy_names(make, module_scratch):
    pair = make.keep(Twins(module_scratch / "limits", TRUST | {
        "smtpd_client_connection_rate_limit": "2", "smtpd_client_event_limit_exceptions": ""}))
    proxied = ["EHLO x", "XCLIENT NAME=spike.example ADDR=192.0.2.7", "EHLO y"]
    for side in (pair.postfix, pair.postern):
        assert [talk(side.port, ["QUIT"])[0][:3] for _ in range(4)] == ["220"] * 4
        heard = [talk(side.port, proxied)[2] for _ in range(3)]
        assert [one[:3] for one in heard] == ["220", "220", "421"]
        assert "4.7.0" in heard[2] and "Error: too many connections from 192.0.2.7" in heard[2]
        wait_until(lambda side=side: "Connection rate limit exceeded: 3 from spike.example[192.0.2.7]" in side.log(),
                   "the line of the limit")
        assert talk(side.port, ["EHLO x", "XCLIENT ADDR=192.0.2.8", "EHLO y"])[2][:3] == "220"


def test_strangers_may_not_speak_for_others(make):
    server = make.postern(mynetworks="127.0.0.0/8")
    replies = talk(server.mx, ["EHLO x", "XCLIENT NAME=a.example", "XFORWARD NAME=a.example", "HELP"])
    assert "XCLIENT" not in replies[1] + replies[4]
    assert replies[2:4] == ["550 5.7.0 Error: insufficient authorization"] * 2


def v2(command, family, rest):
    return b"\r\n\r\n\0\r\nQUIT\n" + bytes([0x20 | command, family]) + struct.pack(">H", len(rest)) + rest


def v2_tcp4(client, more=b""):
    return v2(1, 0x11, socket.inet_aton(client) + socket.inet_aton("198.51.100.9") + struct.pack(">HH", 5555, 25) + more)


HEADERS = {
    "v1": (b"PROXY TCP4 192.0.2.7 198.51.100.9 5555 25\r\n", "192.0.2.7"),
    "v1 refused client": (b"PROXY TCP4 192.0.2.66 198.51.100.9 5555 25\r\n", "192.0.2.66"),
    "v2": (v2_tcp4("192.0.2.7"), "192.0.2.7"),
    "v2 with more": (v2_tcp4("192.0.2.7", b"\x04\x00\x01x"), "192.0.2.7"),
    "v2 health check": (v2(0, 0, b""), "127.0.0.1"),
    "v1 malformed": (b"PROXY TCP4 192.0.2.7\r\n", None),
    "v1 wrong family": (b"PROXY TCP4 2001:db8::1 2001:db8::2 1 25\r\n", None),
    "none": (b"EHLO client.example\r\nNOOP\r\n", None),
}


@pytest.fixture(scope="module")
def behind_balancer(module_scratch):
    pair = Twins(module_scratch / "balancer", {"smtpd_upstream_proxy_protocol": "haproxy", "smtpd_upstream_proxy_timeout": "5s",
                                               "smtpd_recipient_restrictions": RULES, "mynetworks": "127.0.0.0/8 192.0.2.0/24"})
    yield pair
    pair.stop()


@pytest.mark.parametrize("name", HEADERS)
def test_a_proxy_header_makes_the_client(behind_balancer, name):
    header, address = HEADERS[name]
    theirs, ours = (talk(side.port, ["EHLO x", *MAIL, "QUIT"], header) for side in (behind_balancer.postfix, behind_balancer.postern))
    assert ours == theirs
    if address:
        assert ours[0].startswith("220") and ours[3].startswith("554" if address == "192.0.2.66" else "250")
        wait_until(lambda: f"connect from unknown[{address}]" in behind_balancer.postern.log(), "the client in the log")
    else:
        assert ours == ["421 4.3.0 mx.example Server local error", "closed"]


def test_the_header_may_come_in_pieces_and_with_the_first_command(behind_balancer):
    for header in (HEADERS["v1"][0], HEADERS["v2"][0]):
        with RawSmtp(behind_balancer.postern.port, greeting=False) as client:
            client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for octet in header[:-1]:
                client.socket.sendall(bytes([octet]))
            client.socket.sendall(header[-1:] + b"EHLO early\r\n")
            assert client.reply().code == 220
            assert client.reply().code == 250


def test_a_peer_that_is_no_balancer_is_not_served(make):
    server = make.postern(smtpd_upstream_proxy_protocol="haproxy", smtpd_upstream_proxy_hosts="127.0.0.1", mynetworks="127.0.0.0/8")
    with RawSmtp(server.mx, greeting=False, source="127.0.0.5") as client:
        client.socket.sendall(HEADERS["v1"][0])
        with pytest.raises((ConnectionEnded, ConnectionError)):
            client.reply()
    server.wait_log("is not in smtpd_upstream_proxy_hosts")
    assert talk(server.mx, ["EHLO x"], HEADERS["v1"][0])[0].startswith("220")


def test_tls_follows_the_header_at_once(make):
    server = make.postern(smtpd_upstream_proxy_protocol="haproxy", mynetworks="127.0.0.0/8")
    with RawSmtp(server.smtps, greeting=False) as client:
        client.socket.sendall(HEADERS["v2"][0])
        client.begin_tls()
        assert client.reply().code == 220
    server.wait_log("TLS connection established from unknown[192.0.2.7]")


def test_silence_instead_of_a_header_ends(behind_balancer):
    with RawSmtp(behind_balancer.postern.port, greeting=False) as client:
        assert client.reply().code == 421
    wait_until(lambda: "no PROXY header" in behind_balancer.postern.log(), "the reason in the log")
