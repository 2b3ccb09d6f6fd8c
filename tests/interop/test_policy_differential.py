"""The same main.cf and the same sessions through Debian's Postfix and through Postern: every reply is the same, code, enhanced
code and text, but for the differences that docs/postfix-differences.md gives a reason for."""

import hashlib
import pathlib
import re
import subprocess

import pytest
from harness.policy_lab import Lab
from policy_cases import BROKEN, GOOD, GRIDS, LISTED, POLICIES, SPECIAL, TABLES, TRUSTED, ZONE

DIFFERENCES_PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "postfix-differences.md"

# (policies, where, Postern's reply, Postfix's reply, words of the page that give the reason), all but the last patterns.
_PERCENT = ".*", r".*RCPT TO:<a[%!]b@lab\.example>", ".*", ".*", "`user%other@ours`, `other!user@ours`"
EXPECTED = [
    _PERCENT,
    ("end-reject", "MAIL.*", "250 2.1.0 Ok", "503 5.5.1 Error: nested MAIL command",
     "MAIL after the end of a message was refused"),
    (".*certificat.*", "EHLO.*", ".*-PLUS .*", "250-.*", "`SCRAM-…-PLUS` after STARTTLS"),
    ("recipient-non-fqdn", r".*RCPT TO:<@lab\.example>", "501 5.1.3 .*", "250 2.1.5 Ok", "`RCPT TO:<@domain>`"),
]


def _rule(attributes):
    """The policy server: what it says hangs on the sender's or the recipient's local-part, so that answers are many."""
    local_part = (attributes.get("sender") or "none").split("@")[0]
    answers = {"user": "REJECT policy says no", "a": "DEFER_IF_PERMIT policy waits", "none": "DUNNO", "joe": "OK",
               "shared": "451 4.7.1 policy text", "policy": "PREPEND X-Policy: seen"}
    return answers.get(local_part, "DUNNO")


def _fingerprint(certificate):
    der = subprocess.run(["openssl", "x509", "-in", certificate, "-outform", "DER"], check=True, capture_output=True).stdout
    digest = hashlib.sha256(der).hexdigest().upper()
    return ":".join(digest[i:i + 2] for i in range(0, len(digest), 2))


@pytest.fixture(scope="module")
def lab(module_scratch):
    made = Lab(module_scratch, POLICIES | SPECIAL, TABLES, ZONE, BROKEN, _rule)
    made.known = made.authority.sign("phone.example")
    made.unknown = made.authority.sign("stranger.example")
    made.tables.joinpath("fingerprints").write_text(f"{_fingerprint(made.known[0])} OK\n")
    made.start()
    yield made
    made.stop()


def _unexplained(policy, differences):
    page = DIFFERENCES_PAGE.read_text()
    out = []
    for where, ours, theirs in differences:
        for policies, places, our_pattern, their_pattern, words in EXPECTED:
            assert words in page, f"docs/postfix-differences.md does not say: {words}"
            if (re.fullmatch(policies, policy) and re.fullmatch(places, where) and re.fullmatch(our_pattern, ours, re.S)
                    and re.fullmatch(their_pattern, theirs, re.S)):
                break
        else:
            out.append(f"{where}\n    Postern: {ours}\n    Postfix: {theirs}")
    return out


def _compare(lab, policy, client, steps):
    unexplained = _unexplained(policy, lab.differences(policy, client, steps))
    assert not unexplained, f"{len(unexplained)} differences\n" + "\n".join(unexplained[:25])


def _sessions():
    for policy, ((clients, helos, senders, recipients), login) in GRIDS.items():
        for client in clients:
            for helo in helos:
                yield pytest.param(policy, client, helo, senders, recipients, login, id=f"{policy}-{client}-{helo}")


@pytest.mark.parametrize("policy, client, helo, senders, recipients, login", _sessions())
def test_session(lab, policy, client, helo, senders, recipients, login):
    steps = [f"EHLO {helo}"] + (["LOGIN"] if login else [])
    for sender in senders:
        steps.append(f"MAIL FROM:<{sender}>")
        steps += [f"RCPT TO:<{recipient}>" for recipient in recipients]
        steps.append("RSET")
    _compare(lab, policy, client, steps + ["QUIT"])


MESSAGE = ("CONTENT", "Subject: x\r\n\r\nx")
TO_JOE = ["MAIL FROM:<user@good.example>", "RCPT TO:<joe@lab.example>"]
WRITTEN = {
    "no helo": ("recipient-non-fqdn", TO_JOE),
    "no helo where required": ("helo-required", TO_JOE),
    "helo, not ehlo": ("helo-invalid", ["HELO a..b", *TO_JOE]),
    "data refused": ("data-reject", ["EHLO a.example", *TO_JOE, "DATA", "RSET", *TO_JOE, "DATA"]),
    "pipelined": ("data-pipelining", ["EHLO a.example", ("PIPELINE", [*TO_JOE, "RSET"])]),
    "bounce to many": ("data-bounce", ["EHLO a.example", "MAIL FROM:<>", "RCPT TO:<joe@lab.example>", "RCPT TO:<ann@lab.example>", "DATA"]),
    "bounce to one": ("data-bounce", ["EHLO a.example", "MAIL FROM:<>", "RCPT TO:<joe@lab.example>", "DATA", MESSAGE]),
    "recipient at data": ("data-recipient", ["EHLO a.example", "MAIL FROM:<>", "RCPT TO:<joe@lab.example>", "DATA", MESSAGE]),
    "two recipients at data": ("data-recipient", ["EHLO a.example", "MAIL FROM:<>", "RCPT TO:<joe@lab.example>", "RCPT TO:<ann@lab.example>", "DATA", MESSAGE]),
    "end refused": ("end-reject", ["EHLO a.example", *TO_JOE, "DATA", MESSAGE, *TO_JOE]),
    "etrn": ("etrn-reject", ["EHLO a.example", "ETRN relay.example", "ETRN elsewhere.example", "ETRN", "ETRN @x", "ETRN a..b"]),
    "etrn table": ("etrn-access", ["EHLO a.example", "ETRN relay.example", "ETRN other.example"]),
    "vrfy": ("vrfy", ["EHLO a.example", "VRFY joe@lab.example", "VRFY nobody@lab.example", "VRFY victim@elsewhere.example", "VRFY joe", "VRFY"]),
    "bad addresses": ("recipient-non-fqdn", ["EHLO a.example", "MAIL FROM:user@good.example", "RSET", "MAIL FROM: <user@good.example>", "RSET",
                                             "MAIL FROM:<user@good.example", "MAIL FROM:<a b@good.example>", "MAIL FROM:<user@good.example> X=Y",
                                             "MAIL FROM:<@a,@b:user@good.example>", "RCPT TO:<>", "RCPT TO:<@>", "RCPT TO:<joe@>", "RCPT TO:<@lab.example>",
                                             "RCPT TO:<\"joe\"@lab.example>", "RCPT TO:<joe@lab.example> NOTIFY=NEVER", "RCPT TO:joe@lab.example"]),
}
for _action in ("ok", "reject", "defer", "ifpermit", "code550", "code421", "code521", "hold", "discard", "prepend", "redirect", "bcc", "list", "class",
                "nonsense", "policy", "warn", "filter"):
    _to_joe = [f"MAIL FROM:<{_action}@good.example>", "RCPT TO:<joe@lab.example>"]
    WRITTEN[f"data {_action}"] = ("data-actions", ["EHLO a.example", *_to_joe, "DATA", MESSAGE])
    WRITTEN[f"end {_action}"] = ("end-actions", ["EHLO a.example", *_to_joe, "DATA", MESSAGE])
for _sender in ("user", "joe", "a", "shared"):
    WRITTEN[f"end policy {_sender}"] = ("end-policy", ["EHLO a.example", f"MAIL FROM:<{_sender}@good.example>", "RCPT TO:<joe@lab.example>", "DATA", MESSAGE])


@pytest.mark.parametrize("name", WRITTEN)
@pytest.mark.parametrize("client", [GOOD, LISTED, TRUSTED])
def test_written_session(lab, name, client):
    policy, steps = WRITTEN[name]
    _compare(lab, policy, client, steps + ["QUIT"])


@pytest.mark.parametrize("policy", ["certificates", "all-certificates", "certificate-access", "certificate-order"])
@pytest.mark.parametrize("who", ["known", "unknown", "none"])
def test_certificate(lab, policy, who):
    tls = {"known": ("CERT", lab.known), "unknown": ("CERT", lab.unknown), "none": "STARTTLS"}[who]
    steps = ["EHLO a.example", tls, "EHLO a.example", "MAIL FROM:<user@good.example>", "RCPT TO:<victim@elsewhere.example>",
             "RCPT TO:<joe@lab.example>", "RSET", "QUIT"]
    _compare(lab, policy, GOOD, steps)


# What a policy server is told must be the same too, but for these: they are of one server or one session.
_OWN = {"instance", "queue_id", "client_port", "server_port", "ccert_subject", "ccert_issuer", "encryption_cipher", "encryption_keysize"}


@pytest.mark.parametrize("policy", ["client-policy", "sender-policy", "recipient-policy", "end-policy"])
def test_policy_requests(lab, policy):
    steps = ["EHLO good.client.example", "LOGIN", "MAIL FROM:<joe@lab.example> SIZE=100", "RCPT TO:<joe@lab.example>", "RCPT TO:<ann@lab.example>",
             "DATA", MESSAGE, "QUIT"]
    told = []
    for side in (0, 1):
        del lab.policy_server.requests[:]
        lab.talk(policy, side, GOOD, steps)
        told.append([{name: value for name, value in request.items() if name not in _OWN} for request in lab.policy_server.requests])
    assert told[0], "no request reached the policy server"
    assert told[0] == told[1]
