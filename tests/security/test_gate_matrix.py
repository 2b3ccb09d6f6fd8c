"""Who may relay: every combination of login, client certificate, roaming window, network, sender and destination form."""

import base64
import itertools
import ssl
import subprocess

import pytest
from harness.certificates import Authority, make_certificate
from harness.ports import free_port
from harness.postern import PASSWORD, WITHOUT_ABUSE_LIMITS, Postern
from harness.raw_smtp import RawSmtp
from harness.relay_forms import OURS, RECIPIENTS
from harness.waiting import wait_until

OWN, FOREIGN = f"joe@{OURS}", "boss@elsewhere.example"

# What needs SMTPUTF8 is marked by being outside ASCII.
MORE_RECIPIENTS = {
    "UTF-8 local part": "жертва@dest.example",
    "UTF-8 domain": "victim@почта.example",
    "UTF-8 local part with percent": f"жертва%dest.example@{OURS}",
    "UTF-8 local part with at, quoted": f'"жертва@dest.example"@{OURS}',
    "Cyrillic look-alike": "victim@mаil.postern.example",
    "A-label look-alike": "victim@xn--mil-7cd.postern.example",
    "fullwidth letters": "victim@ｍａｉｌ.postern.example",
    "ideographic full stop": "victim@mail。postern.example",
    "soft hyphen": "victim@mail.post\u00adern.example",
    "fullwidth at": f"victim＠dest.example@{OURS}",
    "fullwidth percent": f"victim％dest.example@{OURS}",
    "percent at a literal of ours": "victim%dest.example@[127.0.0.1]",
    "bang at a literal of ours": "dest.example!victim@[127.0.0.1]",
    "two at signs at a literal": "victim@dest.example@[127.0.0.1]",
    "quoted at a literal": '"victim@dest.example"@[127.0.0.1]',
    "literal of a neighbour": "victim@[127.0.0.77]",
    "mapped literal": "victim@[IPv6:::ffff:192.0.2.1]",
    "literal without brackets": "victim@192.0.2.1",
    "octal literal": "victim@[0177.0.0.77]",
    "partner as a suffix": "victim@evilpartner.example",
    "partner as a label": "victim@partner.example.dest.example",
    "percent at a partner": "victim%dest.example@partner.example",
    "bang at a partner": "dest.example!victim@partner.example",
    "quoted at a partner": '"victim@dest.example"@sub.partner.example',
    "two at signs at a partner": "victim@dest.example@partner.example",
    "route by a partner": "@partner.example:victim@dest.example",
    "leading dot": "victim@.partner.example",
    "subdomain of ours": f"victim@sub.{OURS}",
}
DESTINATIONS = RECIPIENTS | MORE_RECIPIENTS
CERTAINLY_ELSEWHERE = ["plain", "our name as a suffix", "our name as a label", "partner as a suffix", "partner as a label",
                       "Cyrillic look-alike", "subdomain of ours"]

LOGINS = ["none", "good", "wrong", "ANONYMOUS"]
CERTIFICATES = ["none", "self-signed", "trusted", "listed"]
# (last octet of the address that the client comes from, sender, whether that lets it through)
WINDOWS = {"none": (1, OWN, False), "other address": (2, OWN, False), "foreign sender": (3, FOREIGN, False),
           "own sender": (3, OWN, True), "another's": (4, OWN, False), "expired": (5, OWN, False),
           "closed": (6, OWN, False)}
NETWORKS = {"stranger": "127.0.7.", "mynetworks": "127.0.8."}


@pytest.fixture(scope="module")
def certificates(module_scratch):
    authority = Authority(module_scratch)
    return {"none": None, "self-signed": make_certificate(module_scratch, "unknown"),
            "trusted": authority.sign("trusted"), "listed": authority.sign("listed"), "root": authority.root}


def fingerprint(certificate):
    done = subprocess.run(["openssl", "x509", "-in", certificate, "-noout", "-fingerprint", "-sha256"], check=True,
                          capture_output=True, text=True)
    return done.stdout.split("=")[1].strip()


@pytest.fixture(scope="module")
def gate(module_make, module_scratch, certificates):
    sink, port = module_make.sink(), free_port()
    listed = module_scratch / "clientcerts"
    listed.write_text(f"{fingerprint(certificates['listed'][0])} joe-laptop\n")
    server = Postern(module_scratch / "gate", {
        "relayhost": f"[127.0.0.1]:{sink.port}", "mydestination": OURS, "relay_domains": "partner.example",
        "mynetworks": "127.0.8.0/24", "smtpd_tls_security_level": "may", "smtpd_peername_lookup": "no",
        "smtpd_relay_restrictions": "permit_mynetworks, permit_sasl_authenticated, permit_tls_clientcerts,"
                                    " permit_mail_access, reject_unauth_destination",
        "smtpd_tls_ask_ccert": "yes", "smtpd_tls_CAfile": certificates["root"], "relay_clientcerts": f"texthash:{listed}",
        "smtpd_tls_fingerprint_digest": "sha256", "smtpd_sasl_security_options": "", "smtpd_sasl_tls_security_options": "",
        "authd_mechanisms": "PLAIN LOGIN ANONYMOUS", "authd_failure_delay": "0s", "roaming_message_rate_limit": "0",
        "smtpd_error_sleep_time": "0", "smtpd_hard_error_limit": "1000", "smtpd_junk_command_limit": "1000",
        "smtpd_client_connection_count_limit": "0", "notify_classes": "",
    } | WITHOUT_ABUSE_LIMITS, [f"127.0.0.1:{port} inet n - n - - smtpd -o smtpd_tls_wrappermode=yes",
                               f"127.0.0.1:{free_port()} inet n - n - - smtpd"])
    server.add_user("joe")
    server.add_user("jane")
    module_make.keep(server).start(port)
    for network in NETWORKS.values():
        for user, octet, time_ in [("joe", 3, "1h"), ("joe", 99, "1h"), ("jane", 4, "1h"), ("joe", 5, "1s"), ("joe", 6, "1h")]:
            server.cli("roaming", "open", user, f"{network}{octet}", "--for", time_)
        server.cli("roaming", "close", f"{network}6")
    wait_until(lambda: "127.0.7.5" not in (listing := server.cli("roaming", "list").stdout) and "127.0.8.5" not in listing,
               "the end of the short windows")
    return server, port, sink


def connect(port, source, pair):
    client = RawSmtp(port, source=source, greeting=False)
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if pair:
        context.load_cert_chain(*pair)
    client.socket = context.wrap_socket(client.socket, server_hostname="localhost")
    assert client.reply().code == 220
    assert client.ehlo().code == 250
    return client


def login(client, how):
    if how == "good":
        assert client.login("joe", PASSWORD).code == 235
    elif how == "wrong":
        assert client.login("joe", "guess").code == 535
    elif how == "ANONYMOUS":
        assert client.command("AUTH ANONYMOUS " + base64.b64encode(b"joe").decode()).code == 235


def answers(client, sender):
    """{destination: reply}, each in a transaction of its own, all sent before the first reply is read."""
    lines = [(f"MAIL FROM:<{sender}>" + (" SMTPUTF8" if not address.isascii() else ""), f"RCPT TO:<{address}>", "RSET")
             for address in DESTINATIONS.values()]
    found = {}
    for begin in range(0, len(lines), 10):
        group = lines[begin:begin + 10]
        client.send("".join(line + "\r\n" for lines_ in group for line in lines_).encode())
        for name in list(DESTINATIONS)[begin:begin + 10]:
            assert client.reply().code == 250
            found[name] = client.reply()
            assert client.reply().code == 250
    return found


@pytest.fixture(scope="module")
def strangers(gate):
    """What somebody without any of it hears."""
    _, port, _ = gate
    with connect(port, "127.0.0.99", None) as client:
        return answers(client, FOREIGN)


def test_a_stranger_relays_in_no_form(gate, strangers):
    """Each form is refused, or it is the name of a local user, or its mail stays here."""
    server, port, sink = gate
    assert all(strangers[name].code >= 500 for name in CERTAINLY_ELSEWHERE), strangers
    for name in [name for name, reply in strangers.items() if reply.code == 250]:
        with connect(port, "127.0.0.99", None) as client:
            utf8 = "" if DESTINATIONS[name].isascii() else " SMTPUTF8"
            assert client.command(f"MAIL FROM:<>{utf8}").code == 250
            assert client.command(f"RCPT TO:<{DESTINATIONS[name]}>").code == 250
            assert client.data("Subject: relay\r\n\r\nrelay\r\n").code == 250
    wait_until(server.queue_is_empty, "an empty queue")
    assert sink.messages == []


@pytest.mark.parametrize("network", NETWORKS)
@pytest.mark.parametrize("certificate", CERTIFICATES)
@pytest.mark.parametrize("how", LOGINS)
def test_who_may_relay(gate, strangers, certificates, how, certificate, network):
    _, port, _ = gate
    for octet, sender, lets in WINDOWS.values():
        may = how == "good" or certificate == "listed" or network == "mynetworks" or lets
        with connect(port, f"{NETWORKS[network]}{octet}", certificates[certificate]) as client:
            login(client, how)
            found = answers(client, sender)
        if may:
            assert {name: found[name] for name in CERTAINLY_ELSEWHERE if found[name].code != 250} == {}
        else:
            assert {name: (reply.text, strangers[name].text) for name, reply in found.items()
                    if reply.code != strangers[name].code} == {}


@pytest.mark.parametrize("first", ["mynetworks", "own sender"])
def test_what_was_granted_to_one_sender_is_not_the_next_ones(gate, first):
    """One connection, one transaction after another: only the network is the connection's."""
    _, port, _ = gate
    network = NETWORKS["mynetworks" if first == "mynetworks" else "stranger"]
    with connect(port, f"{network}3", None) as client:
        for sender, window in itertools.chain.from_iterable([[(OWN, True), (FOREIGN, False), ("", False)]] * 2):
            client.command(f"MAIL FROM:<{sender}>")
            may = window or first == "mynetworks"
            assert (client.command("RCPT TO:<victim@dest.example>").code == 250) == may
            client.command("RSET")


def test_mail_of_those_who_may_leaves(gate, certificates):
    server, port, sink = gate
    ways = [("good", "none", "127.0.7.1"), ("none", "listed", "127.0.7.1"), ("none", "none", "127.0.7.3"),
            ("none", "none", "127.0.8.1")]
    before = len(sink.messages)
    for how, certificate, source in ways:
        with connect(port, source, certificates[certificate]) as client:
            login(client, how)
            client.mail(OWN, "friend@dest.example")
            assert client.data(f"From: <{OWN}>\r\nSubject: x\r\n\r\nx\r\n").code == 250
    sink.wait_for(before + len(ways))
    assert "127.0.7.3" in server.log_text()
