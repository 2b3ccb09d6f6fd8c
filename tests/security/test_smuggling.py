"""SMTP smuggling end to end: no line ending trick makes one message two, here or at the next hop."""

import pytest
from harness.postern import PASSWORD
from harness.raw_smtp import ConnectionEnded, RawSmtp

ENDS = {
    "LF . LF": b"\n.\n",
    "LF . CR LF": b"\n.\r\n",
    "CR LF . LF": b"\r\n.\n",
    "CR . CR LF": b"\r.\r\n",
    "CR LF . CR": b"\r\n.\r",
    "CR . CR": b"\r.\r",
    "CR . LF": b"\r.\n",
    "LF . CR": b"\n.\r",
    "LF LF . CR LF": b"\n\n.\r\n",
    "CR CR LF . CR CR LF": b"\r\r\n.\r\r\n",
    "NUL LF . LF": b"\0\n.\n",
    "CR NUL LF . CR LF": b"\r\0\n.\r\n",
    "CR LF NUL . CR LF": b"\r\n\0.\r\n",
    "CR LF . NUL CR LF": b"\r\n.\0\r\n",
    "CR LF . CR NUL LF": b"\r\n.\r\0\n",
}
SMUGGLED = b"MAIL FROM:<evil@evil.example>\r\nRCPT TO:<victim@dest.example>\r\nDATA\r\nSubject: smuggled\r\n\r\nsmuggled\r\n.\r\n"


def send(server, content):
    """The replies to the content, as far as they come."""
    with RawSmtp(server.smtps, wrapper=True) as client:
        client.secure_login("joe", PASSWORD).mail("joe@home.example", "anna@dest.example")
        assert client.command("DATA").code == 354
        client.send(content + b"\r\n.\r\n")
        replies = [client.reply()]
        try:
            replies.append(client.command("QUIT"))
        except ConnectionEnded:
            pass
        return [reply.code for reply in replies]


@pytest.fixture(scope="module", params=["normalize", "yes", "reject"])
def relay(request, module_make):
    sink = module_make.sink()
    return module_make.postern(sink.port, smtpd_forbid_bare_newline=request.param), sink, request.param


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS.keys())
def test_one_message_stays_one(relay, end):
    server, sink, policy = relay
    before = len(sink.messages)
    codes = send(server, b"Subject: outer\r\n\r\nbody" + end + SMUGGLED[:-5])
    if policy == "reject" and b"\n" in end.replace(b"\r\n", b""):
        assert codes[0] >= 500, codes
    if codes[0] == 250:
        assert codes == [250, 221], codes
        sink.wait_for(before + 1)
    for message in sink.messages[before:]:
        assert message.sender == "joe@home.example" and message.recipients == ["anna@dest.example"]
        assert message.header.split("Subject: ")[1].startswith("outer")
    assert len(sink.messages) - before <= 1


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS.keys())
def test_what_leaves_is_clean(relay, end):
    """Toward the next hop there is no bare CR or LF around a dot, whatever came in."""
    server, sink, _ = relay
    before = len(sink.messages)
    if send(server, b"Subject: clean\r\n\r\nbody" + end + b"tail")[0] != 250:
        return
    assert_clean(sink.wait_for(before + 1)[-1].content)


def assert_clean(content):
    """The sink saw a stuffed dot line as content, if any; a bare dot line would have ended it."""
    assert b"\n" not in content.replace(b"\r\n", b""), content
    assert b"\r.\r" not in content and b"\n.\n" not in content, content


def test_what_leaves_is_clean_even_when_bare_newlines_end_lines(make):
    """"no" is what servers did before 2023, for the administrator who asks for it: a bare LF ends a line there, so one
    message may be two. But nothing that we pass on can be read in two ways by the next hop."""
    sink = make.sink()
    server = make.postern(sink.port, smtpd_forbid_bare_newline="no")
    taken = sum(send(server, b"Subject: no\r\n\r\nbody" + end + b"tail")[0] == 250 for end in ENDS.values())
    assert taken
    for message in sink.wait_for(taken):
        assert_clean(message.content)


def test_bdat_cannot_smuggle(make):
    """With CHUNKING the length counts, not the dot; what is passed on by DATA is stuffed. [RFC 3030 §2]"""
    sink = make.sink()
    server = make.postern(sink.port)
    content = b"Subject: outer\r\n\r\nbody\r\n.\r\n" + SMUGGLED
    with RawSmtp(server.smtps, wrapper=True) as client:
        client.secure_login("joe", PASSWORD).mail("joe@home.example", "anna@dest.example")
        client.send(b"BDAT %d LAST\r\n" % len(content) + content)
        assert client.reply().code == 250
        assert client.command("QUIT").code == 221
    message = sink.wait_for(1)[0]
    assert message.recipients == ["anna@dest.example"] and b"Subject: smuggled" in message.body
    assert len(sink.messages) == 1
