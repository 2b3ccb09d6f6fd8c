"""Addresses in envelope and headers: the same main.cf and tables through Debian's Postfix and through Postern."""

import re

import pytest
from harness.key_stores import TableServer
from harness.raw_smtp import RawSmtp
from harness.twins import Twins

CANONICAL = """
a@c.example b@c.example
b@c.example c@c.example
x@c.example X@new.example
@dom.example @dom2.example
plain PLAIN@loc.example
ext@c.example new@c.example
"""
ALIASES = """
v@mx.example v1@d.example, v2@d.example
loop@mx.example loop2@mx.example
loop2@mx.example loop@mx.example
self@mx.example self@mx.example, other@d.example
nest@mx.example v@mx.example
ext@mx.example ext@d.example
big@mx.example a1@d.example a2@d.example a3@d.example
@vdom.example catch@d.example
user@vdom2.example someone@d.example
""" + f"long@mx.example {'x' * 1100}@d.example\n"


def message(header="", body="body\n"):
    return f"Subject: s\nMessage-ID: <1@a.example>\nDate: Mon, 3 Feb 2025 10:00:00 +0000\n{header}\n{body}"


@pytest.fixture(scope="module")
def canonical(module_scratch):
    pair = Twins(module_scratch / "c",
                 {"canonical_maps": "texthash:{dir}/canonical", "masquerade_domains": "!keep.masq.example masq.example",
                  "masquerade_exceptions": "root", "recipient_delimiter": "+",
                  "sender_canonical_maps": "inline:{s@c.example=s2@c.example}",
                  "recipient_canonical_maps": "inline:{r@c.example=r2@c.example}"},
                 {"canonical": CANONICAL})
    yield pair
    pair.stop()


@pytest.mark.parametrize("sender, recipients", [
    ("a@c.example", ["x@c.example"]), ("ext+foo@c.example", ["ext+bar@c.example", "q@dom.example"]),
    ("z@sub.masq.example", ["plain", "z@sub.masq.example"]), ("root@sub.masq.example", ["a@c.example", "b@c.example"]),
    ("s@c.example", ["s@c.example", "r@c.example"]), ("", ["A@C.example"]), ("\"q r\"@dom.example", ["other@d.example"]),
])
def test_envelopes(canonical, sender, recipients):
    canonical.assert_alike(message("From: joe@a.example\n"), sender=sender, recipients=recipients,
                           expected=len({to.lower() for to in recipients}) - ("b@c.example" in recipients))


@pytest.mark.parametrize("header", [
    "From: a@c.example\n", "From: Joe <A@c.example>\n", "From: \"J, (x) <y>\" <a@c.example>\n",
    "To: Anna <x@c.example>, plain, g: y@c.example, z@sub.masq.example;\n", "Cc: root@sub.masq.example, q@a.keep.masq.example\n",
    "To: undisclosed-recipients:;\n", "Reply-To: s@c.example\nSender: r@c.example\nTo: s@c.example, r@c.example\n",
    "Resent-From: a@c.example\nResent-To: a@c.example\n", "X-To: a@c.example\n", "To: ext+foo@c.example\n",
    "From: <a@c.example>\nTo: <x@c.example>\n", "To: \"q r\"@dom.example\n", "Errors-To: a@c.example\nReturn-Receipt-To: a@c.example\n",
    "To: user%d.example, d.example!user, user@d.example.\n", "From: a@[192.0.2.1]\n", "To: <@relay.example:a@c.example>\n",
])
def test_headers(canonical, header):
    more = "" if "From:" in header else "From: joe@a.example\n"
    canonical.assert_alike(message(header + more))


@pytest.mark.parametrize("context", [{}, {"remote_header_rewrite_domain": "domain.invalid"}])
def test_headers_of_strangers(scratch, context):
    pair = Twins(scratch, {"local_header_rewrite_clients": "", "canonical_maps": "inline:{a@c.example=z@c.example}"} | context)
    try:
        pair.assert_alike(message("From: a@c.example\nTo: joe\n"))
    finally:
        pair.stop()


@pytest.fixture(scope="module")
def aliases(module_scratch):
    pair = Twins(module_scratch / "v",
                 {"virtual_alias_maps": "texthash:{dir}/virtual", "virtual_alias_domains": "vdom.example vdom2.example",
                  "mydestination": "mx.example", "local_transport": "smtp:$relayhost", "local_recipient_maps": "",
                  "recipient_delimiter": "+", "virtual_alias_expansion_limit": "2"},
                 {"virtual": ALIASES})
    yield pair
    pair.stop()


@pytest.mark.parametrize("recipients, expected", [
    (["v@mx.example"], 2), (["loop@mx.example"], 0), (["self@mx.example"], 2), (["nest@mx.example"], 2),
    (["ext+foo@mx.example"], 1), (["big@mx.example"], 0), (["any@vdom.example"], 1), (["long@mx.example"], 0),
    (["v@mx.example", "nest@mx.example", "v1@d.example"], 5), (["V@MX.example"], 2), (["other@mx.example"], 1),
    (["v@mx.example", "v@mx.example"], 2),
])
def test_virtual_aliases(aliases, recipients, expected):
    aliases.assert_alike(message("From: joe@a.example\n"), recipients=recipients, expected=expected)


def test_hidden_copies(scratch):
    pair = Twins(scratch, {"always_bcc": "arch@d.example", "sender_bcc_maps": "inline:{a@c.example=sb@d.example}",
                           "recipient_bcc_maps": "inline:{b@d.example=rb@d.example}"})
    try:
        pair.assert_alike(message("From: a@c.example\n"), sender="a@c.example", recipients=["b@d.example", "c@d.example"],
                          expected=5)
        pair.assert_alike(message("From: a@c.example\n"), sender="", recipients=["b@d.example"], expected=3)
    finally:
        pair.stop()


def test_generic_maps_and_checks_of_mail_that_leaves(scratch):
    pair = Twins(scratch, {"smtp_generic_maps": "inline:{joe@a.example=joe@isp.example, @lan.example=lan@isp.example}",
                           "smtp_header_checks": "pcre:{dir}/header", "smtp_body_checks": "pcre:{dir}/body"},
                 {"header": "/^X-Internal/ IGNORE\n/^X-R: (.*)/ REPLACE X-S: $1\n/^X-P/ PREPEND X-Q: 1\n/^X-J/ REJECT no\n",
                  "body": "/^secret/ REPLACE public\n"})
    try:
        pair.assert_alike(message("From: J <joe@a.example>\nTo: u@lan.example, v@d.example\nX-Internal: 1\nX-R: 2\nX-P: 3\nX-J: 4\n",
                                  "secret\nno secret\n" * 20000),
                          recipients=["u@lan.example", "v@d.example"], expected=2)
    finally:
        pair.stop()


def test_no_address_mappings(scratch):
    pair = Twins(scratch, {"receive_override_options": "no_address_mappings, no_header_body_checks",
                           "canonical_maps": "inline:{joe@a.example=x@a.example}", "always_bcc": "arch@d.example",
                           "virtual_alias_maps": "inline:{anna@dest.example=x@d.example}",
                           "header_checks": "inline:{x=REJECT}", "body_checks": "pcre:{dir}/body"}, {"body": "/./ REJECT\n"})
    try:
        pair.assert_alike(message("From: joe@a.example\n"))
    finally:
        pair.stop()


def test_an_alias_is_no_relay_for_strangers(make):
    """A stranger reaches whom the alias names, and nobody else."""
    sink = make.sink()
    server = make.postern(sink.port, mynetworks="", mydestination="home.example", virtual_alias_domains="vdom.example",
                          virtual_alias_maps="inline:{info@vdom.example=boss@elsewhere.example, @vdom.example=@partner.example}",
                          smtpd_relay_restrictions="permit_sasl_authenticated, reject_unauth_destination",
                          smtpd_recipient_restrictions="")
    with RawSmtp(server.mx) as client:
        client.ehlo("client.example")
        client.mail("stranger@away.example", "info@vdom.example")
        assert client.data("Subject: s\r\n\r\nx\r\n").code == 250
        for victim in ("victim@elsewhere.example", "victim%elsewhere.example@vdom.example", "elsewhere.example!victim@vdom.example",
                       "\"victim@elsewhere.example\"@vdom.example"):
            client.command("MAIL FROM:<stranger@away.example>")
            assert client.command(f"RCPT TO:<{victim}>").code // 100 == 5, victim
            client.command("RSET")
    assert sink.wait_for()[-1].recipients == ["boss@elsewhere.example"]
    assert "orig_to=<info@vdom.example>" in server.log_text() or server.wait_log("orig_to=<info@vdom.example>") is None


def test_a_bounce_to_an_alias(make):
    sink = make.sink()
    sink.answers = lambda stage, words: "550 5.1.1 no" if stage == "rcpt" and "nobody@" in words else None
    server = make.postern(sink.port, mynetworks="127.0.0.1/32", smtpd_relay_restrictions="permit_mynetworks, reject",
                          virtual_alias_domains="vdom.example", virtual_alias_maps="inline:{me@vdom.example=me@real.example}")
    with RawSmtp(server.mx) as client:
        client.ehlo("client.example")
        client.mail("me@vdom.example", "nobody@d.example")
        assert client.data("Subject: s\r\n\r\nx\r\n").code == 250
    notice = sink.wait_for()[-1]
    assert notice.sender == "" and notice.recipients == ["me@real.example"]
    assert re.search(r"Subject: Undelivered Mail", notice.header)


def test_domains_that_another_program_knows(make):
    """Mail and notices for them take the transport of their class; qmgr asks nobody."""
    away, relay = make.sink(), make.sink()
    away.answers = lambda stage, words: "550 5.1.1 no" if stage == "rcpt" and "nobody@" in words else None
    domains = make.keep(TableServer(lambda line: b"200 yes\n" if line == b"get rdom.example\n" else b"500 none\n"))
    server = make.postern(away.port, mynetworks="127.0.0.1/32", smtpd_relay_restrictions="permit_mynetworks, reject",
                          relay_domains=f"tcp:127.0.0.1:{domains.port}", relay_transport=f"smtp:[127.0.0.1]:{relay.port}",
                          relayhost="", default_transport=f"smtp:[127.0.0.1]:{away.port}")
    for sender, recipient in [("you@d.example", "me@rdom.example"), ("me@rdom.example", "nobody@d.example")]:
        with RawSmtp(server.mx) as client:
            client.ehlo("client.example")
            client.mail(sender, recipient)
            assert client.data("Subject: s\r\n\r\nx\r\n").code == 250
    arrived = relay.wait_for(2)
    assert sorted((one.sender, *one.recipients) for one in arrived) == [("", "me@rdom.example"),
                                                                       ("you@d.example", "me@rdom.example")]
    assert not away.messages
