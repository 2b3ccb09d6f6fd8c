"""Content filters: after the queue (content_filter, FILTER), before it (smtpd_proxy_filter), with real servers behind them."""

import re

import pytest
from harness.postern import PASSWORD
from harness.ports import free_port
from harness.postfix import Postfix
from harness.raw_smtp import RawSmtp
from harness.waiting import wait_until

TRUSTED = {"mynetworks": "127.0.0.0/8", "smtpd_relay_restrictions": "permit_mynetworks, reject"}
EICAR = "X5O!P%@AP-not-really-a-virus"


def send(port, subject="s", body="x", sender="joe@home.example", to=("anna@dest.example",)):
    with RawSmtp(port) as client:
        client.ehlo("client.example")
        client.mail(sender, *to)
        return client.data(f"From: <joe@home.example>\r\nSubject: {subject}\r\n\r\n{body}\r\n")


def filtering_postfix(make, directory, back_to):
    """A Postfix as the filter: refuses what looks like a virus, sends the rest on."""
    directory.mkdir()
    (directory / "body").write_text(f"/^{re.escape(EICAR)}/ REJECT virus found\n")
    port = free_port()
    server = Postfix(directory, {"relayhost": f"[127.0.0.1]:{back_to}", "body_checks": f"pcre:{directory}/body",
                                 "smtpd_relay_restrictions": "permit_mynetworks, reject",
                                 "smtpd_authorized_xforward_hosts": "127.0.0.0/8", "myhostname": "filter.example"},
                     [f"127.0.0.1:{port} inet n - n - - smtpd"])
    server.port = port
    return make.keep(server).start(port)


def test_after_the_queue(make):
    """To the filter, back by another port, and on: once."""
    sink, filter_sink = make.sink(), make.sink()
    server = make.postern(sink.port, start=False, content_filter=f"scan:[127.0.0.1]:{filter_sink.port}", **TRUSTED)
    back = free_port()
    server.write_master(server.default_listeners() + [
        f"127.0.0.1:{back} inet n - n - - smtpd", "  -o content_filter= -o receive_override_options=no_address_mappings",
        "scan unix - - n - 2 smtp", "  -o smtp_helo_name=to-the-filter.example"])
    make.keep(server).start()
    assert send(server.mx).code == 250
    [scanned] = filter_sink.wait_for()
    assert scanned.recipients == ["anna@dest.example"] and scanned.helo == "to-the-filter.example"
    assert not sink.messages
    with RawSmtp(back) as client:  # what the filter does with it
        client.ehlo("filter.example")
        client.mail(scanned.sender, *scanned.recipients)
        assert client.data(scanned.content.decode()).code == 250
    [arrived] = sink.wait_for()
    assert arrived.header.count("Received:") == 2
    wait_until(server.queue_is_empty, "an empty queue")
    assert len(sink.messages) == len(filter_sink.messages) == 1


def test_a_filter_that_is_away(make):
    server = make.postern(make.sink().port, content_filter=f"smtp:[127.0.0.1]:{free_port()}", **TRUSTED)
    assert send(server.mx).code == 250
    server.wait_log("status=deferred")
    assert "joe@home.example" in server.queue()


def test_filter_action(make, scratch):
    sink, scanner = make.sink(), make.sink()
    (scratch / "header").write_text(f"/^Subject: scan me/ FILTER smtp:[127.0.0.1]:{scanner.port}\n/^Subject: wait/ HOLD look\n")
    server = make.postern(sink.port, header_checks=f"pcre:{scratch}/header", **TRUSTED)
    assert send(server.mx, "scan me", to=("a@one.example", "b@two.example")).code == 250
    assert send(server.mx, "plain").code == 250
    [scanned], [plain] = scanner.wait_for(), sink.wait_for()
    assert scanned.recipients == ["a@one.example", "b@two.example"] and "Subject: plain" in plain.header


def test_hold_action_survives_restart_and_is_released(make, scratch):
    (scratch / "header").write_text("/^Subject: wait/ HOLD look at it\n")
    sink = make.sink()
    server = make.postern(sink.port, header_checks=f"pcre:{scratch}/header", **TRUSTED)
    assert send(server.mx, "wait").code == 250
    server.wait_log("hold: header Subject: wait")
    queue_id = re.search(r"([0-9A-F]{16}): hold:", server.log_text())[1]
    server.stop()
    server.start()
    assert queue_id in server.queue() and not sink.messages
    server.cli("queue", "release", queue_id)
    assert "Subject: wait" in sink.wait_for()[-1].header


@pytest.fixture(params=["", "speed_adjust"], ids=["as it comes", "whole"])
def before_queue(make, scratch, request):
    sink = make.sink()
    server = make.postern(sink.port, start=False, **TRUSTED)
    back = free_port()
    guard = filtering_postfix(make, scratch / "guard", back)
    server.set(smtpd_proxy_filter=f"127.0.0.1:{guard.port}", smtpd_proxy_options=request.param)
    server.write_master(server.default_listeners() + [
        f"127.0.0.1:{back} inet n - n - - smtpd", "  -o smtpd_proxy_filter="])
    make.keep(server).start()
    return server, guard, sink


def test_before_the_queue(before_queue):
    server, guard, sink = before_queue
    answer = send(server.mx, "good", body=".leading dot\r\n" + "line\r\n" * 10000, to=("a@one.example", "b@two.example"))
    assert answer.code == 250 and "queued as" in answer.text
    [arrived] = sink.wait_for()
    assert sorted(arrived.recipients) == ["a@one.example", "b@two.example"]
    assert arrived.body.startswith(b".leading dot\r\nline\r\n") or arrived.body.startswith(b"leading dot")
    assert arrived.header.count("Received:") == 3  # front, filter, back
    server.wait_log("proxy-accept")


def test_the_filters_refusal_is_the_clients(before_queue):
    server, guard, sink = before_queue
    answer = send(server.mx, "bad", body=EICAR)
    assert answer.code == 550 and "5.7.1 virus found" in answer.text
    assert send(server.mx, "good").code == 250
    assert "Subject: good" in sink.wait_for()[-1].header and len(sink.messages) == 1


def test_the_filter_hears_who_sent_it(before_queue):
    server, guard, sink = before_queue
    with RawSmtp(server.mx, source="127.0.0.77") as client:
        client.ehlo("laptop.example")
        client.mail("joe@home.example", "anna@dest.example")
        assert client.data("Subject: s\r\n\r\nx\r\n").code == 250
    assert wait_until(lambda: re.search(r"client=.*127\.0\.0\.77", guard.log_text()), "the client in the log") and sink.wait_for()


def test_a_proxy_that_is_away(make):
    server = make.postern(make.sink().port, smtpd_proxy_filter=f"127.0.0.1:{free_port()}", **TRUSTED)
    answer = send(server.mx)
    assert answer.code == 451 and "4.3.0" in answer.text
    server.wait_log("proxy filter")


def test_a_proxy_that_waits_for_no_client(make):
    """smtpd_proxy_options = speed_adjust: it hears nothing until all is there, and then all of it, from the disk too."""
    filter_sink, stages = make.sink(), []
    filter_sink.answers = lambda stage, words: stages.append(stage)
    server = make.postern(make.sink().port, smtpd_proxy_filter=f"127.0.0.1:{filter_sink.port}",
                          smtpd_proxy_options="speed_adjust", milter_memory_limit="1000", **TRUSTED)
    body = b".a line of it\r\n" * 100_000
    with RawSmtp(server.mx) as client:
        client.ehlo("laptop.example")
        client.mail("joe@home.example", "anna@dest.example")
        client.command("DATA")
        client.socket.sendall(b"Subject: s\r\n\r\n" + body.replace(b"\r\n.", b"\r\n..").replace(b".", b"..", 1))
        assert send(server.mx, "another").code == 250 and len(filter_sink.messages) == 1
        first = len(stages)
        assert stages.count("rcpt") <= 1
        client.socket.sendall(b".\r\n")
        assert client.reply().code == 250 and len(stages) > first
    assert filter_sink.messages[-1].body == body


def test_a_proxy_that_says_no_at_rcpt(make):
    filter_sink = make.sink()
    filter_sink.answers = lambda stage, words: "550 5.1.1 nobody here" if stage == "rcpt" else None
    server = make.postern(make.sink().port, smtpd_proxy_filter=f"127.0.0.1:{filter_sink.port}", **TRUSTED)
    answer = send(server.mx)
    assert answer.code == 550 and "nobody here" in answer.text


def test_a_login_before_a_proxy_stays_private(make):
    filter_sink = make.sink()
    server = make.postern(make.sink().port, smtpd_proxy_filter=f"127.0.0.1:{filter_sink.port}", mynetworks="")
    with RawSmtp(server.submission, source="127.0.0.77") as client:
        client.secure_login("joe", PASSWORD, "laptop.at-home.example").mail("joe@home.example", "anna@dest.example")
        assert client.data("Subject: s\r\n\r\nx\r\n").code == 250
    [seen] = filter_sink.wait_for()
    assert "127.0.0.77" not in seen.header and "laptop" not in seen.header
