"""reject_unverified_sender and reject_unverified_recipient: the same main.cf in Debian's Postfix and in Postern, each before a
scripted next hop of its own: the replies are the same, and so are the questions that the next hop gets."""

import re
import subprocess
import threading

import pytest
from harness.ports import free_port
from harness.postern import BINARIES, Postern
from harness.postfix import Postfix, maildir_messages, maildir_next_hop
from harness.raw_smtp import RawSmtp
from harness.sink_mta import SinkMta
from harness.waiting import wait_until

COMMON = {
    "myhostname": "mx.example",
    "mydomain": "mx.example",
    "myorigin": "mx.example",
    "mydestination": "mx.example",
    "mynetworks": "127.0.0.0/8",
    "inet_interfaces": "127.0.0.1",
    "inet_protocols": "ipv4",
    "local_recipient_maps": "",
    "smtpd_peername_lookup": "no",
    "relay_domains": "relay.example",
    "virtual_alias_domains": "va.example",
    "virtual_alias_maps": ("inline:{ a@va.example=ok@else.example, b@va.example=no@else.example, "
                           "{ two@va.example = no@else.example ok@else.example } }"),
    "address_verify_poll_delay": "1s",
    "smtpd_relay_restrictions": "permit_mynetworks, reject",
    "compatibility_level": "3.6",
}
_RECIPIENT, _SENDER = "reject_unverified_recipient", "reject_unverified_sender"
POLICIES = {
    "recipient": {"smtpd_recipient_restrictions": _RECIPIENT},
    "recipient-codes": {"smtpd_recipient_restrictions": _RECIPIENT, "unverified_recipient_reject_code": "550",
                        "unverified_recipient_defer_code": "250"},
    "recipient-reason": {"smtpd_recipient_restrictions": _RECIPIENT, "unverified_recipient_reject_code": "554",
                         "unverified_recipient_reject_reason": "Gone away"},
    "recipient-later": {"smtpd_recipient_restrictions": f"{_RECIPIENT}, reject"},
    "recipient-now": {"smtpd_recipient_restrictions": f"{_RECIPIENT}, reject",
                      "unverified_recipient_tempfail_action": "defer"},
    "recipient-warn": {"smtpd_recipient_restrictions": f"warn_if_reject {_RECIPIENT}",
                       "unverified_recipient_reject_code": "550"},
    "recipient-soft": {"smtpd_recipient_restrictions": _RECIPIENT, "unverified_recipient_reject_code": "550",
                       "soft_bounce": "yes"},
    "sender": {"smtpd_sender_restrictions": _SENDER},
    "sender-codes": {"smtpd_sender_restrictions": _SENDER, "unverified_sender_reject_code": "551",
                     "unverified_sender_defer_code": "451"},
    "closed": {"smtpd_recipient_restrictions": "reject"},
}
ADDRESSES = ["ok@else.example", "no@else.example", "plain@else.example", "wait@else.example", "a@va.example", "b@va.example",
             "two@va.example", "zz@va.example", "nouser@mx.example", "postmaster@mx.example", "double-bounce@mx.example",
             "user@relay.example", "no@relay.example", "ok@[127.0.0.1]"]


class Side:
    """One server with a listener for each policy, and its next hop."""

    def __init__(self, make, main_cf):
        self.asked = []
        self.answers = {"no@": "550 5.1.1 no such user", "plain@": "554 never", "wait@": "450 4.2.1 busy"}
        self.release = threading.Event()
        self.sink = SinkMta()
        self.sink.answers = self._answer
        self.sink.start()
        self.ports = {name: free_port() for name in POLICIES}
        lines = []
        for name, parameters in POLICIES.items():
            lines.append(f"127.0.0.1:{self.ports[name]} inet n - n - - smtpd")
            lines += [f"  -o {{ {key} = {value} }}" for key, value in parameters.items()]
        self.server = make(COMMON | {"relayhost": f"[127.0.0.1]:{self.sink.port}"} | main_cf, lines)
        self.server.start(*self.ports.values())

    def _answer(self, stage, words):
        if stage in ("mail", "rcpt"):
            self.asked.append(re.sub(r" (SIZE|BODY)=\S+", "", words))
        if stage == "rcpt" and "slow@" in words:
            self.release.wait(60)
        return next((reply for name, reply in self.answers.items() if stage == "rcpt" and f"<{name}" in words), None)

    def stop(self):
        self.release.set()
        self.server.stop()
        self.sink.stop()

    def talk(self, policy, sender, *recipients):
        with RawSmtp(self.ports[policy], timeout=60) as session:
            session.command("EHLO client.example")
            replies = [session.command(f"MAIL FROM:<{sender}>").text]
            replies += [session.command(f"RCPT TO:<{one}>").text for one in recipients]
            session.command("QUIT")
        return replies

    def probes_of(self, address):
        return self.asked.count(f"RCPT TO:<{address}>")


@pytest.fixture
def sides(scratch):
    """make(**main_cf): the two servers."""
    made = []

    def make(**main_cf):
        for build in (lambda cf, lines: Postern(scratch / "p", cf, lines), lambda cf, lines: Postfix(scratch / "x", cf, lines)):
            made.append(Side(build, main_cf))
        return made

    yield make
    for side in made:
        side.stop()


def _same(sides, policy, sender, *recipients):
    ours, theirs = (side.talk(policy, sender, *recipients) for side in sides)
    assert ours == theirs, f"{policy} {sender}"
    return ours


def test_replies_and_questions_are_those_of_postfix(sides):
    pair = sides()
    replies = _same(pair, "recipient", "u@out.example", *ADDRESSES)
    assert replies[2] == ("450 4.1.1 <no@else.example>: Recipient address rejected: unverified address: host 127.0.0.1[127.0.0.1] said: "
                          "550 5.1.1 no such user (in reply to RCPT TO command)")
    for policy in POLICIES:
        _same(pair, policy, "u@out.example", *ADDRESSES)
    for policy in ("sender", "sender-codes"):
        for sender in ["", *ADDRESSES]:
            _same(pair, policy, sender, "ok@else.example")
    ours, theirs = (sorted({line.replace("relay.example", "else.example") for line in side.asked}) for side in pair)
    assert ours == theirs
    assert "MAIL FROM:<double-bounce@mx.example>" in ours
    assert not any(side.sink.messages for side in pair), "a probe became a message"


def test_who_does_not_answer_in_time(sides):
    pair = sides(address_verify_poll_count="2")
    replies = _same(pair, "recipient", "u@out.example", "slow@else.example", "slow@else.example")
    assert replies[1] == ("450 4.1.1 <slow@else.example>: Recipient address rejected: unverified address: "
                          "Address verification in progress")
    for side in pair:
        assert side.probes_of("slow@else.example") == 1
        side.release.set()
        wait_until(lambda side=side: side.talk("recipient", "u@out.example", "slow@else.example")[1].startswith("250"),
                   "the probe's answer", 30)
        assert side.probes_of("slow@else.example") == 1


def test_what_was_found_outlasts_a_restart(scratch):
    side = Side(lambda cf, lines: Postern(scratch / "p", cf, lines), {})
    try:
        side.talk("recipient", "u@out.example", "ok@else.example", "no@else.example")
        # Findings are written within two seconds, and when it stops.
        side.server.stop()
        dump = subprocess.run(["postmap", "-c", side.server.etc, "-s", f"lmdb:{side.server.directory}/data/verify_cache"],
                              executable=BINARIES / "postern", check=True, capture_output=True, text=True, timeout=60).stdout
        assert re.search(r"^ok@else\.example\s+0:\d+:\d+:250 2\.1\.5 Ok$", dump, re.MULTILINE), dump
        assert re.search(r"^no@else\.example\s+2:\d+:\d+:host 127\.0\.0\.1", dump, re.MULTILINE), dump
        side.server.start(*side.ports.values())
        replies = side.talk("recipient", "u@out.example", "ok@else.example", "no@else.example")
        assert [reply[:3] for reply in replies] == ["250", "250", "450"]
        assert (side.probes_of("ok@else.example"), side.probes_of("no@else.example")) == (1, 1)
    finally:
        side.stop()


def test_old_findings_are_probed_anew_behind_the_answer(scratch):
    side = Side(lambda cf, lines: Postern(scratch / "p", cf, lines),
                {"address_verify_negative_refresh_time": "1s", "address_verify_positive_refresh_time": "1s"})
    try:
        assert side.talk("recipient", "u@out.example", "no@else.example")[1].startswith("450")
        side.answers = {}
        wait_until(lambda: side.talk("recipient", "u@out.example", "no@else.example")[1].startswith("250"),
                   "the next probe's answer", 30)
        side.answers = {"no@": "550 5.1.1 gone again"}
        before = side.probes_of("no@else.example")
        wait_until(lambda: side.talk("recipient", "u@out.example", "no@else.example")
                   and side.probes_of("no@else.example") > before, "another probe", 30)
        assert side.talk("recipient", "u@out.example", "no@else.example")[1].startswith("250"), "one failure undid a success"
    finally:
        side.stop()


def test_probes_have_routes_and_a_sender_of_their_own(scratch):
    other = SinkMta().start()
    heard = []
    other.answers = lambda stage, words: heard.append(words) if stage in ("mail", "rcpt") else None
    side = Side(lambda cf, lines: Postern(scratch / "p", cf, lines),
                {"address_verify_relayhost": f"[127.0.0.1]:{other.port}", "address_verify_sender": "prober@mx.example",
                 "address_verify_sender_ttl": "1h"})
    try:
        assert side.talk("recipient", "u@out.example", "ok@else.example")[1].startswith("250")
        assert not side.asked
        sender = re.fullmatch(r"MAIL FROM:<(prober[0-9B-DF-HJ-NP-TV-Z]+@mx\.example)>", heard[0].split(" SIZE")[0])
        assert sender, heard
        assert heard[1] == "RCPT TO:<ok@else.example>"
        # Whom we probe may ask back, whatever our lists say; nobody else may.
        replies = side.talk("closed", "u@out.example", sender[1], "proberZZZZ@mx.example")
        assert [reply[:3] for reply in replies[1:]] == ["250", "554"]
    finally:
        side.stop()
        other.stop()


def test_a_real_postfix_as_next_hop(scratch):
    port = free_port()
    hop = maildir_next_hop(scratch / "hop", port, ["else.example"], virtual_mailbox_maps="inline:{ joe@else.example=all/ }")
    hop.start(port)
    side = Side(lambda cf, lines: Postern(scratch / "p", cf, lines), {"relayhost": f"[127.0.0.1]:{port}"})
    try:
        replies = side.talk("recipient-codes", "u@out.example", "joe@else.example", "nobody@else.example")
        assert replies[1] == "250 2.1.5 Ok", hop.log_text()
        assert replies[2] == ("550 5.1.1 <nobody@else.example>: Recipient address rejected: undeliverable address: host "
                              "127.0.0.1[127.0.0.1] said: 550 5.1.1 <nobody@else.example>: Recipient address rejected: User "
                              "unknown in virtual mailbox table (in reply to RCPT TO command)")
        assert maildir_messages(scratch / "hop") == []
        log = side.server.log_text()
        assert re.search(r"NOQUEUE: to=<joe@else\.example>, relay=127\.0\.0\.1\[127\.0\.0\.1\]:\d+, .*dsn=2\.1\.5, "
                         r"status=deliverable \(250 2\.1\.5 Ok\)", log)
        assert re.search(r"NOQUEUE: to=<nobody@else\.example>, .*dsn=5\.1\.1, status=undeliverable \(host ", log)
    finally:
        side.stop()
        hop.stop()


def test_mail_to_the_double_bounce_address_is_discarded(sides):
    for side in sides():
        with RawSmtp(side.ports["closed"]) as session:
            for line in ("EHLO client.example", "MAIL FROM:<u@out.example>", "RCPT TO:<double-bounce@mx.example>", "DATA"):
                assert session.command(line).code < 400
            session.send(b"Subject: x\r\n\r\nx\r\n.\r\n")
            assert session.reply().code == 250
        wait_until(lambda side=side: re.search(
            r"to=<double-bounce@mx\.example>, relay=none, .*dsn=2\.0\.0, .*status=sent \(undeliverable postmaster notification "
            r"discarded\)", side.server.log_text()), "the end of the message", 30)


# ---- soft_bounce

SOFT_SESSION = ["RCPT TO:<x>", "FOO", "MAIL FROM:<a", "MAIL FROM:<u@out.example>", "RCPT TO:<no@else.example>", "DATA", "RSET",
                "VRFY"]


def test_soft_bounce_turns_every_refusal_into_a_deferral(sides):
    pair = sides(soft_bounce="yes")
    said = []
    for side in pair:
        with RawSmtp(side.ports["closed"]) as session:
            session.command("EHLO client.example")
            said.append([(line, session.command(line).text) for line in SOFT_SESSION])
        wait_until(lambda side=side: "reject: RCPT from" in side.server.log_text(), "the refusal in the log", 30)
        line = next(line for line in side.server.log_text().splitlines() if "reject: RCPT from" in line)
        assert ": 454 4.7.1 <no@else.example>: Recipient address rejected: Access denied" in line
    assert said[0] == said[1]
    assert not any(reply.startswith("5") for _, reply in said[0])


def test_soft_bounce_keeps_in_the_queue_what_would_come_back(sides):
    for side in sides(soft_bounce="yes", smtpd_reject_unlisted_recipient="no"):
        with RawSmtp(side.ports["sender"]) as session:
            session.command("EHLO client.example")
            session.command("MAIL FROM:<>")
            for one in ("no@else.example", "plain@else.example", "nouser@mx.example", "zz@va.example"):
                assert session.command(f"RCPT TO:<{one}>").code == 250
            session.command("DATA")
            session.send(b"Subject: x\r\n\r\nx\r\n.\r\n")
            assert session.reply().code == 250
        for words in (r"<no@else\.example>.*dsn=4\.1\.1, .*status=SOFTBOUNCE \(host .* said: 550 5\.1\.1 no such user",
                      r"<plain@else\.example>.*dsn=4\.0\.0, .*status=SOFTBOUNCE \(host .* said: 554 never",
                      r"<nouser@mx\.example>.*dsn=4\.1\.1, .*status=SOFTBOUNCE \(unknown user: \"nouser\"\)",
                      r"<zz@va\.example>.*dsn=4\.1\.1, .*status=SOFTBOUNCE \(User unknown in virtual alias table\)"):
            wait_until(lambda words=words, side=side: re.search(words, side.server.log_text()), words, 30)
        assert not side.server.queue_is_empty()
