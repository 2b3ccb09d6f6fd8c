"""Where accepted mail goes: the next hop, a Maildir, a second Postern, back to the sender."""

import pytest
from harness.postern import PASSWORD
from harness.raw_smtp import RawSmtp
from harness.waiting import wait_until

HOST = "mail.postern.example"


def submit(server, sender, recipients, content="Subject: test\r\n\r\nhello\r\n"):
    with RawSmtp(server.smtps, wrapper=True) as client:
        client.secure_login("joe", PASSWORD).mail(sender, *recipients)
        reply = client.data(content)
        assert reply.code == 250, reply


def maildir(server, user):
    directory = server.directory / "mail" / user / "new"
    return [path.read_text() for path in sorted(directory.glob("*"))] if directory.exists() else []


def wait_mail(server, user, count=1):
    wait_until(lambda: len(maildir(server, user)) >= count, f"{count} message(s) for {user}")
    return maildir(server, user)


def test_local_maildir(make):
    server = make.postern(mydestination=HOST)
    submit(server, "joe@home.example", [f"joe@{HOST}"])
    text = wait_mail(server, "joe")[0]
    assert text.startswith("Return-Path: <joe@home.example>\n")
    assert f"Delivered-To: joe@{HOST}" in text and text.endswith("\n\nhello\n") and "\r" not in text
    server.wait_log("status=sent (delivered to")


def test_strangers_may_write_to_local_users(make):
    server = make.postern(mydestination=HOST)
    with RawSmtp(server.mx) as client:
        client.ehlo()
        client.mail("anna@elsewhere.example", f"JOE@{HOST}")
        assert client.data("Subject: hi\r\n\r\nhi\r\n").code == 250
    assert "anna@elsewhere.example" in wait_mail(server, "joe")[0]


def test_unknown_local_user(make):
    """Refused at RCPT or returned: not silently dropped."""
    server = make.postern(mydestination=HOST)
    with RawSmtp(server.smtps, wrapper=True) as client:
        client.secure_login("joe", PASSWORD)
        client.command(f"MAIL FROM:<joe@{HOST}>")
        reply = client.command(f"RCPT TO:<nobody-here@{HOST}>")
        assert reply.code in (250, 550), reply
        if reply.code == 550:
            assert "User unknown" in reply.text
            return
        assert client.data("Subject: x\r\n\r\nx\r\n").code == 250
    assert "User unknown" in wait_mail(server, "joe")[0] or "5.1.1" in wait_mail(server, "joe")[0]


def test_second_postern(make):
    second = make.postern(mydestination="second.example", mynetworks="127.0.0.1/32", users=("anna",))
    first = make.postern(second.mx, smtp_tls_security_level="may")
    submit(first, "joe@home.example", ["anna@second.example"])
    text = wait_mail(second, "anna")[0]
    assert text.count("Received:") == 2 and text.count("by mail.postern.example") == 2
    assert "ESMTPS id" in text, "the hop between the two was not encrypted"
    assert "from [127.0.0.1] (localhost [127.0.0.1])" in text


def test_next_hop_gets_all_recipients_in_one_transaction(make):
    sink = make.sink()
    server = make.postern(sink.port)
    submit(server, "joe@home.example", [f"r{i}@dest.example" for i in range(20)])
    message = sink.wait_for(1)[0]
    assert len(message.recipients) == 20 and len(sink.messages) == 1
    assert "for <" not in message.first_received(), "several recipients must not learn of each other"


def test_content_arrives_as_it_was_sent(make):
    sink = make.sink()
    server = make.postern(sink.port)
    body = "".join(f"line {i} ünïcode\r\n..two dots\r\n\r\n" for i in range(2000)) + "..\r\nlast\r\n"
    submit(server, "joe@home.example", ["a@dest.example"], "Subject: big\r\n\r\n" + body)
    assert sink.wait_for(1)[0].body.decode() == body.replace("\r\n..", "\r\n.")


def test_next_hop_over_tls(make):
    sink = make.sink(tls=True)
    server = make.postern(sink.port, smtp_tls_security_level="encrypt")
    submit(server, "joe@home.example", ["a@dest.example"])
    assert sink.wait_for(1)[0].secured


def test_next_hop_without_tls_is_refused_when_encryption_is_a_must(make):
    sink = make.sink()
    server = make.postern(sink.port, smtp_tls_security_level="encrypt")
    submit(server, "joe@home.example", ["a@dest.example"])
    server.wait_log("status=deferred (TLS is required, but was not offered")
    assert not sink.messages


def test_bounce(make):
    sink = make.sink()
    sink.answers = lambda stage, words: "550 5.1.1 <gone@dest.example>: no such user" if "gone@" in words and stage == "rcpt" else None
    server = make.postern(sink.port, mydestination=HOST)
    submit(server, f"joe@{HOST}", ["gone@dest.example", "there@dest.example"], "Subject: question\r\n\r\nare you there?\r\n")
    assert sink.wait_for(1)[0].recipients == ["there@dest.example"]
    text = wait_mail(server, "joe")[0]
    assert text.startswith("Return-Path: <>\n")
    assert "multipart/report" in text and "report-type=delivery-status" in text
    assert "Final-Recipient: rfc822; gone@dest.example" in text.replace("rfc822;gone", "rfc822; gone")
    assert "Action: failed" in text and "Status: 5.1.1" in text and "no such user" in text
    assert "there@dest.example" not in text.split("Subject: question")[0].replace("are you there", "")


def test_bounce_to_elsewhere_has_the_null_sender(make):
    sink = make.sink()
    sink.answers = lambda stage, words: "550 5.1.1 no such user" if "gone@" in words and stage == "rcpt" else None
    server = make.postern(sink.port)
    submit(server, "joe@home.example", ["gone@dest.example"])
    bounce = sink.wait_for(1)[0]
    assert bounce.sender == "" and bounce.recipients == ["joe@home.example"]


def test_a_bounce_does_not_bounce(make):
    sink = make.sink()
    sink.answers = lambda stage, words: "550 5.1.1 no" if stage == "rcpt" else None
    server = make.postern(sink.port)
    submit(server, "joe@home.example", ["gone@dest.example"])
    wait_until(server.queue_is_empty, "an empty queue")
    assert not sink.messages


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data", "content"])
def test_temporary_trouble_defers(make, stage):
    sink = make.sink()
    sink.answers = lambda at, words: "451 4.3.0 not now" if at == stage else None
    server = make.postern(sink.port, minimal_backoff_time="1s", maximal_backoff_time="1s", queue_run_delay="1s")
    submit(server, "joe@home.example", ["a@dest.example"])
    server.wait_log("status=deferred")
    sink.answers = lambda at, words: None
    sink.wait_for(1)
    wait_until(server.queue_is_empty, "an empty queue")
    assert len(sink.messages) == 1


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data", "content"])
def test_a_dropped_connection_defers(make, stage):
    sink = make.sink()
    sink.answers = lambda at, words: "drop" if at == stage else None
    server = make.postern(sink.port, minimal_backoff_time="1s", maximal_backoff_time="1s", queue_run_delay="1s")
    submit(server, "joe@home.example", ["a@dest.example"])
    server.wait_log("status=deferred")
    sink.answers = lambda at, words: None
    sink.wait_for(1)


def test_two_servers_side_by_side(make):
    sinks = [make.sink(), make.sink()]
    servers = [make.postern(sink.port) for sink in sinks]
    for number, server in enumerate(servers):
        submit(server, "joe@home.example", [f"to-{number}@dest.example"])
    for number, sink in enumerate(sinks):
        assert sink.wait_for(1)[0].recipients == [f"to-{number}@dest.example"]
        assert len(sink.messages) == 1
