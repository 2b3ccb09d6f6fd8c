"""Attacks on the gate: clients that say they are others, table keys that a client chooses, servers that answer nonsense."""

import base64
import subprocess
import time

import pytest
from harness.certificates import make_certificate
from harness.milter import Milter, add_header, reply_code
from harness.policy_server import PolicyServer
from harness.ports import free_port
from harness.postern import PASSWORD, Postern
from harness.raw_smtp import ConnectionEnded, RawSmtp
from harness.waiting import wait_until

VICTIM, OURS = "victim@dest.example", "mail.postern.example"
MESSAGE = "From: <joe@mail.postern.example>\r\nSubject: x\r\n\r\nHello.\r\n"


def rcpt(port, *before, sender="a@elsewhere.example", source="127.0.0.99", to=VICTIM, **how):
    """The answer to RCPT after these commands."""
    with RawSmtp(port, source=source, **how) as client:
        client.ehlo()
        for line in before:
            client.command(line)
        client.command(f"MAIL FROM:<{sender}>")
        return client.command(f"RCPT TO:<{to}>")


# ---- who speaks for others


@pytest.fixture(scope="module")
def proxied(module_make):
    server = module_make.postern(mynetworks="192.0.2.0/24", mydestination=OURS, smtpd_authorized_xclient_hosts="127.0.0.50",
                                 smtpd_authorized_xforward_hosts="127.0.0.50", smtpd_relay_restrictions=
                                 "permit_mynetworks, permit_sasl_authenticated, permit_mail_access, reject_unauth_destination",
                                 smtpd_client_connection_count_limit="4", smtpd_client_event_limit_exceptions="",
                                 roaming_message_rate_limit="0")
    server.cli("roaming", "open", "joe", "127.0.0.50", "--for", "1h")
    server.cli("roaming", "open", "joe", "198.51.100.7", "--for", "1h")
    return server


@pytest.mark.parametrize("line", ["XCLIENT ADDR=192.0.2.1", "XCLIENT LOGIN=joe", "XCLIENT NAME=localhost ADDR=127.0.0.1",
                                  "XFORWARD ADDR=192.0.2.1", "PROXY TCP4 192.0.2.1 192.0.2.2 1 25"])
def test_a_stranger_speaks_for_nobody(proxied, line):
    assert rcpt(proxied.mx, line).code >= 500
    assert rcpt(proxied.mx, line, sender=f"joe@{OURS}").code >= 500


def test_xforward_lets_nobody_relay(proxied):
    assert rcpt(proxied.mx, "XFORWARD ADDR=192.0.2.1 NAME=trusted.example", source="127.0.0.50").code >= 500


def test_a_proxys_own_rights_are_not_its_clients(proxied):
    own = f"joe@{OURS}"
    assert rcpt(proxied.mx, sender=own, source="127.0.0.50").code == 250
    assert rcpt(proxied.mx, "XCLIENT ADDR=198.51.100.1", "EHLO x", sender=own, source="127.0.0.50").code == 554
    assert rcpt(proxied.mx, "XCLIENT ADDR=198.51.100.7", "EHLO x", sender=own, source="127.0.0.50").code == 250
    with RawSmtp(proxied.mx, source="127.0.0.50") as client:
        client.secure_login("joe", PASSWORD)
        assert client.command("XCLIENT ADDR=198.51.100.1").code == 220
        client.ehlo()
        client.command("MAIL FROM:<a@elsewhere.example>")
        assert client.command(f"RCPT TO:<{VICTIM}>").code == 554
        client.command("RSET")
        assert client.command("XCLIENT ADDR=192.0.2.1").code == 550


def test_sessions_that_changed_hands_are_counted_off(proxied):
    for _ in range(8):
        with RawSmtp(proxied.mx, source="127.0.0.50") as client:
            assert client.greeting.code == 220
            client.ehlo()
            assert client.command("XCLIENT ADDR=198.51.100.1").code == 220
            client.command("QUIT")


def test_a_proxys_certificate_is_not_its_clients(make, scratch):
    pair = make_certificate(scratch, "proxy")
    done = subprocess.run(["openssl", "x509", "-in", pair[0], "-noout", "-fingerprint", "-sha256"], check=True,
                          capture_output=True, text=True)
    listed = scratch / "clientcerts"
    listed.write_text(done.stdout.split("=")[1].strip() + " proxy\n")
    server = make.postern(mynetworks="192.0.2.0/24", smtpd_authorized_xclient_hosts="127.0.0.50", smtpd_tls_ask_ccert="yes",
                          relay_clientcerts=f"texthash:{listed}", smtpd_tls_fingerprint_digest="sha256",
                          smtpd_relay_restrictions="permit_tls_clientcerts, reject_unauth_destination")
    for lines, code in (((), 250), (("XCLIENT ADDR=198.51.100.1", "EHLO x"), 554)):
        with RawSmtp(server.mx, source="127.0.0.50") as client:
            client.ehlo()
            assert client.command("STARTTLS").code == 220
            client.wrap_with_certificate(*pair)
            client.ehlo()
            for line in lines:
                client.command(line)
            client.command("MAIL FROM:<a@elsewhere.example>")
            assert client.command(f"RCPT TO:<{VICTIM}>").code == code


# ---- keys that the client chooses


CHOSEN = {
    "check_helo_access inline:{friend.example=OK}": {"helo": "friend.example"},
    "check_sender_access inline:{friend.example=OK}": {"sender": "a@friend.example"},
    "check_sender_access inline:{{<>=OK}}": {"sender": ""},
    "check_recipient_access inline:{dest.example=OK}": None,  # the administrator's own choice
}


@pytest.mark.parametrize("rule", CHOSEN)
def test_what_the_client_says_lets_it_through_no_relay_list(make, rule):
    server = make.postern(mynetworks="192.0.2.0/24", smtpd_relay_restrictions=f"{rule}, reject_unauth_destination")
    says = CHOSEN[rule]
    if says is None:
        assert rcpt(server.mx).code == 250
    else:
        with RawSmtp(server.mx, source="127.0.0.99") as client:
            client.ehlo(says.get("helo", "x.example"))
            client.command(f"MAIL FROM:<{says.get('sender', 'a@b.example')}>")
            assert client.command(f"RCPT TO:<{VICTIM}>").code >= 450


# ---- servers that answer nonsense


NASTY = ["OK", "PERMIT_SASL_AUTHENTICATED", "permit", "permit_auth_destination, permit", "REJECT one\rRCPT TO:<x>", "REJECT a\0b",
         "550 5.7.1 " + "x" * 3000, "REDIRECT victim@dest.example> NOTIFY=NEVER", "REDIRECT victim@dest.example\rQUIT",
         "PREPEND X-A: b\rBcc: victim@dest.example", "PREPEND X-A: b\0c", "PREPEND :", "FILTER smtp:[127.0.0.1\r]:1",
         "BCC <>@", "HOLD a\rb", "a_class", "check_sender_access hash:/etc/passwd", "sleep 100000", "999 no", "1", "", "\r"]


@pytest.fixture(scope="module")
def asked(module_make):
    said = [""]
    policy = module_make.keep(PolicyServer(lambda _: said[0]).start())
    server = module_make.postern(mynetworks="192.0.2.0/24", mydestination=OURS, smtpd_restriction_classes="a_class, b_class",
                                 a_class="b_class", b_class="a_class", smtpd_policy_service_try_limit="1",
                                 smtpd_relay_restrictions=f"check_policy_service inet:127.0.0.1:{policy.port}, "
                                 "reject_unauth_destination")
    return server, said


@pytest.mark.parametrize("answer", NASTY, ids=range(len(NASTY)))
def test_a_policy_servers_answer_is_one_line_and_no_ground_by_sender(asked, answer):
    server, said = asked
    said[0] = answer
    with RawSmtp(server.mx, source="127.0.0.99") as client:
        client.ehlo()
        client.command("MAIL FROM:<a@elsewhere.example>")
        client.send(f"RCPT TO:<{VICTIM}>\r\n".encode())
        if answer == "sleep 100000":
            return
        reply = client.reply()
        if answer not in ("OK", "permit", "1", "permit_auth_destination, permit"):
            assert reply.code >= 400, reply
        assert "\r" not in reply.text and "\0" not in reply.text, reply
        assert client.command("NOOP").code == 250
        client.command("RSET")
        client.command("MAIL FROM:<a@elsewhere.example>")
        if client.command(f"RCPT TO:<joe@{OURS}>").code == 250:
            assert client.data(MESSAGE).code in (250, 451, 550)
        assert client.command("NOOP").code == 250
    for mail in (server.directory / "mail").rglob("new/*"):
        content = mail.read_bytes()
        assert b"\0" not in content and b"\nBcc:" not in content.replace(b"\r", b"\n"), content


def test_classes_that_name_each_other_end(asked):
    server, said = asked
    said[0] = "a_class"
    begun = time.monotonic()
    assert rcpt(server.mx).code >= 450
    assert time.monotonic() - begun < 15


@pytest.mark.parametrize("kind, rule", [("pcre", "/^(a+)+$/ OK"), ("pcre", "/^(([a-z])+.)+[A-Z]([a-z])+$/ OK"),
                                        ("regexp", "/^((a|aa)+)+\\1b$/ OK"), ("regexp", "/(.*)(.*)(.*)(.*)\\1\\2\\3\\4z$/ OK")])
def test_a_slow_pattern_holds_up_nobody(make, scratch, kind, rule):
    table = scratch / "patterns"
    table.write_text(rule + "\n")
    server = make.postern(mynetworks="192.0.2.0/24",
                          smtpd_recipient_restrictions=f"check_sender_access {kind}:{table}, reject_unauth_destination")
    begun = time.monotonic()
    assert rcpt(server.mx, sender="a" * 60 + "@elsewhere.example!", to=VICTIM).code >= 450
    assert rcpt(server.mx, sender="a" * 60 + "@" + "a" * 60 + ".example", to=VICTIM).code >= 450
    assert time.monotonic() - begun < 15


def test_aliases_that_lead_in_circles_or_multiply_end(make, scratch):
    table = scratch / "virtual"
    lines = [f"loop1@{OURS} loop2@{OURS}", f"loop2@{OURS} loop1@{OURS}", f"self@{OURS} self@{OURS}, joe@{OURS}"]
    lines += [f"b{n}@{OURS} b{n + 1}@{OURS}, b{n + 1}+x{n}@{OURS}" for n in range(40)]
    lines += [f"grow@{OURS} grow+1@{OURS}"]
    table.write_text("\n".join(lines) + "\n")
    pattern = scratch / "growing"
    pattern.write_text("/^(more.*)@mail/ ${1}e@mail.postern.example ${1}f@mail.postern.example\n")
    server = make.postern(mydestination=OURS, virtual_alias_maps=f"texthash:{table}, regexp:{pattern}",
                          smtpd_reject_unlisted_recipient="no", recipient_delimiter="+", local_recipient_maps="")
    for name in ("loop1", "self", "b0", "grow", "more"):
        begun = time.monotonic()
        with RawSmtp(server.mx) as client:
            client.ehlo()
            client.command("MAIL FROM:<>")
            if client.command(f"RCPT TO:<{name}@{OURS}>").code == 250:
                assert client.data(MESSAGE).code in (250, 451, 550, 554)
        assert time.monotonic() - begun < 15, name
    with RawSmtp(server.mx) as client:
        assert client.ehlo().code == 250


@pytest.mark.parametrize("answers", [{"rcpt": reply_code("550 5.7.1 no\rRCPT TO:<x>")}, {"rcpt": reply_code("550 5.7.1 a\nb")},
                                     {"end": add_header("X-A", "b\r\n\r\nsmuggled") + b"\0\0\0\1c"},
                                     {"end": add_header("X-A: b\r\nBcc", "victim@dest.example") + b"\0\0\0\1c"},
                                     {"rcpt": b"\xff\xff\xff\xffy"}, {"rcpt": b"\0\0\0\0"}, {"mail": b"\0\0\0\3y55"}],
                         ids=range(7))
def test_a_filters_answer_is_no_new_command_and_no_new_body(make, answers):
    milter = make.keep(Milter(answers))
    server = make.postern(mydestination=OURS, smtpd_milters=milter.address, milter_default_action="accept")
    with RawSmtp(server.mx) as client:
        client.ehlo()
        client.command("MAIL FROM:<a@elsewhere.example>")
        reply = client.command(f"RCPT TO:<joe@{OURS}>")
        assert "\r" not in reply.text
        if reply.code == 250:
            assert client.data(MESSAGE).code in (250, 451, 550)
        assert client.command("NOOP").code == 250
    for mail in (server.directory / "mail").rglob("new/*"):
        header = mail.read_text().replace("\r\n", "\n").split("\n\n")[0]
        assert "Subject: x" in header and "\nBcc:" not in header


# ---- windows


def test_a_window_of_ipv6_is_its_prefix_and_not_an_octet_more(make):
    port = free_port()
    server = Postern(make.directory / "six", {"inet_protocols": "all", "mynetworks": "192.0.2.0/24", "mydestination": OURS,
                     "smtpd_authorized_xclient_hosts": "127.0.0.50", "roaming_message_rate_limit": "0",
                     "smtpd_relay_restrictions": "permit_mail_access, reject_unauth_destination"},
                     [f"127.0.0.1:{port} inet n - n - - smtpd"])
    server.add_user("joe")
    make.keep(server).start(port)
    server.cli("roaming", "open", "joe", "2001:db8:1:2::5", "--for", "1h")

    def through(address):
        return rcpt(port, f"XCLIENT ADDR={address}", "EHLO x", sender=f"joe@{OURS}", source="127.0.0.50").code == 250

    assert through("IPV6:2001:db8:1:2::5") and through("IPV6:2001:db8:1:2:ffff::1")
    assert not through("IPV6:2001:db8:1:3::5") and not through("IPV6:2001:db8:1:1:ffff:ffff:ffff:ffff")
    server.cli("roaming", "open", "joe", "198.51.100.9", "--for", "1h")
    assert through("198.51.100.9") and through("IPV6:::ffff:198.51.100.9")
    assert not through("IPV6:::ffff:198.51.100.8") and not through("198.51.100.8")
    server.cli("user", "lock", "joe")
    wait_until(lambda: not through("198.51.100.9") and not through("IPV6:2001:db8:1:2::5"), "the end of both windows")


def test_a_revoked_account_sends_nothing_more_in_the_transaction_at_hand(make):
    server = make.postern(mynetworks="192.0.2.0/24", mydestination=OURS,
                          smtpd_relay_restrictions="permit_sasl_authenticated, permit_mail_access, reject_unauth_destination")
    server.cli("roaming", "open", "joe", "127.0.0.1", "--for", "1h")
    with RawSmtp(server.smtps, wrapper=True) as client:
        client.secure_login("joe", PASSWORD)
        client.command(f"MAIL FROM:<joe@{OURS}>")
        server.cli("user", "lock", "joe")
        server.wait_log("the login of this session is no longer valid")
        with pytest.raises((ConnectionEnded, OSError)):
            while client.reply().code == 421:
                pass
    assert rcpt(server.mx, sender=f"joe@{OURS}", source="127.0.0.1").code == 554


# ---- anonymous is nobody


def test_anonymous_owns_no_mail(make):
    server = make.postern(mynetworks="192.0.2.0/24", smtpd_sasl_security_options="", smtpd_sasl_tls_security_options="",
                          authd_mechanisms="PLAIN ANONYMOUS")
    with RawSmtp(server.smtps, wrapper=True, source="127.0.0.99") as client:
        client.ehlo()
        assert client.command("AUTH ANONYMOUS " + base64.b64encode(b"joe").decode()).code == 235
        client.command(f"MAIL FROM:<joe@{OURS}>")
        assert client.command(f"RCPT TO:<{VICTIM}>").code >= 500
