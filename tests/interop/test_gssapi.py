"""GSSAPI against a real KDC: tickets for authd's keytab, by clients of three libraries."""

import base64
import subprocess

import gssapi
import pytest
from harness.clients import HELO
from harness.kdc import Kdc
from harness.raw_smtp import RawSmtp
from harness.sasl_clients import SMTPTEST

REALM = "POSTERN.EXAMPLE"


@pytest.fixture(scope="module")
def kdc(module_scratch):
    server = Kdc(module_scratch / "kdc", {"joe": "secret", "joe/admin": "other", "stranger": "third"},
                 hosts=("smtp/localhost", "host/localhost"), realm=REALM).start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def server(module_make, kdc):
    return module_make.postern(module_make.sink().port, authd_failure_delay="0s", authd_krb5_keytab=kdc.keytab,
                               authd_krb5_host="localhost", authd_local_domains="postern.example")


@pytest.fixture
def ticket(kdc, monkeypatch, tmp_path):
    """ticket(principal, password): from here on this process and its children have one."""
    for name, value in (kdc.env | {"KRB5CCNAME": f"FILE:{tmp_path}/ccache"}).items():
        monkeypatch.setenv(name, value)

    def get(principal, password):
        subprocess.run(["kinit", principal], input=password + "\n", text=True, check=True, capture_output=True)

    return get


def open_session(server):
    client = RawSmtp(server.submission)
    client.ehlo()
    client.starttls()
    assert "GSSAPI" in client.ehlo().text
    return client


def decode(reply):
    assert reply.code == 334, reply
    return base64.b64decode(reply.text[4:])


def encode(octets):
    return base64.b64encode(octets).decode()


def begin(service):
    name = gssapi.Name(f"{service}@localhost", gssapi.NameType.hostbased_service)
    return gssapi.SecurityContext(name=name, usage="initiate")


def offered(client, initial=True, service="smtp"):
    """Up to the server's offer of layers: (context, the offer)."""
    context = begin(service)
    token = encode(context.step())
    if initial:
        reply = client.command("AUTH GSSAPI " + token)
    else:
        assert decode(client.command("AUTH GSSAPI")) == b""
        reply = client.command(token)
    while not context.complete:
        reply = client.command(encode(context.step(decode(reply)) or b""))
    return context, context.unwrap(decode(reply)).message


def log_in(server, authzid=b"", choice=b"\1\0\0\0", initial=True):
    with open_session(server) as client:
        context, offer = offered(client, initial)
        assert offer == b"\1\0\0\0"
        return client.command(encode(context.wrap(choice + authzid, False).message))


@pytest.mark.parametrize("initial", [True, False])
def test_a_ticket_logs_in(server, ticket, initial):
    ticket("joe", "secret")
    assert log_in(server, initial=initial).code == 235
    server.wait_log("user=joe, method=GSSAPI, service=smtp, client=127.0.0.1: login accepted")


def test_as_itself_and_as_nobody_else(server, ticket):
    server.add_user("eve")
    ticket("joe", "secret")
    assert log_in(server, b"joe").code == 235
    assert log_in(server, b"eve").code == 535


@pytest.mark.parametrize("principal", [("joe/admin", "other"), ("stranger", "third")], ids=str)
def test_principals_that_are_no_accounts(server, ticket, principal):
    ticket(*principal)
    assert log_in(server).code == 535


@pytest.mark.parametrize("choice", [b"\2\0\0\0", b"\4\0\x10\0", b"\0\0\0\0", b"\1"], ids=repr)
def test_choices_that_were_not_offered(server, ticket, choice):
    ticket("joe", "secret")
    assert log_in(server, choice=choice).code == 535


def test_a_ticket_for_another_service_of_this_machine_opens_nothing(server, ticket):
    """Its key is in the keytab too; that service could pass on the tickets that it gets."""
    ticket("joe", "secret")
    with open_session(server) as client:
        assert client.command("AUTH GSSAPI " + encode(begin("host").step())).code == 535
    server.wait_log("GSSAPI takes tickets for smtp/localhost@")
    assert "tickets for host/" not in server.log_text()


def test_a_keytab_without_keys_for_this_host_is_told(make, kdc):
    server = make.postern(authd_krb5_keytab=kdc.keytab)
    server.wait_log("no GSSAPI: authd_krb5_keytab: there is no key of smtp/mail.postern.example in it")
    server.wait_log(f"but of smtp/localhost@{REALM}, host/localhost@{REALM}")


def test_an_empty_host_takes_tickets_for_any_key(make, kdc, ticket):
    server = make.postern(authd_krb5_keytab=kdc.keytab, authd_krb5_host="", authd_failure_delay="0s",
                          authd_local_domains="postern.example")
    ticket("joe", "secret")
    with open_session(server) as client:
        context, _ = offered(client, service="host")
        assert client.command(encode(context.wrap(b"\1\0\0\0", False).message)).code == 235


def test_a_replayed_token_leads_nowhere(server, ticket):
    ticket("joe", "secret")
    context = gssapi.SecurityContext(name=gssapi.Name("smtp@localhost", gssapi.NameType.hostbased_service),
                                     usage="initiate")
    token = encode(context.step())
    with open_session(server) as first:
        reply = first.command("AUTH GSSAPI " + token)
        context.step(decode(reply))
        first.command("")
        choice = encode(context.wrap(b"\1\0\0\0", False).message)
        assert first.command(choice).code == 235
    with open_session(server) as second:
        # The ticket opens a context with another session key: the recorded choice is worth nothing in it.
        reply = second.command("AUTH GSSAPI " + token)
        while reply.code == 334:
            reply = second.command("" if "wrapped" not in vars(second) else choice)
            second.wrapped = True
        assert reply.code == 535


@pytest.mark.parametrize("octets", [b"", b"x", b"\x60\x03\x06\x01\x2a", b"\x60\x84\xff\xff\xff\xff", b"\0" * 6000])
def test_forged_tokens(server, octets):
    with open_session(server) as client:
        reply = client.command("AUTH GSSAPI " + encode(octets))
        assert (client.command("*") if reply.code == 334 else reply).code in (501, 535)


def test_the_cyrus_way_takes_the_keytab_of_smtpd_conf(make, kdc, ticket):
    server = make.postern(start=False, smtpd_sasl_type="cyrus", smtpd_sasl_path="smtpd", authd_failure_delay="0s",
                          authd_krb5_host="localhost")
    (server.etc / "sasl").mkdir()
    (server.etc / "sasl" / "smtpd.conf").write_text(
        f"pwcheck_method: saslauthd\nmech_list: gssapi\nkeytab: {kdc.keytab}\n")
    make.keep(server).start()
    ticket("joe", "secret")
    assert log_in(server).code == 235
    assert log_in(server, b"eve").code == 535


def test_gsasl(server, ticket):
    ticket("joe", "secret")
    done = subprocess.run(["gsasl", "--smtp", "--connect", f"localhost:{server.submission}", "--mechanism", "GSSAPI",
                           "--authentication-id", "joe", "--authorization-id", "joe", "--service", "smtp", "--hostname",
                           "localhost", "--x509-ca-file=", "--no-cb"],
                          input="", capture_output=True, text=True, timeout=60, check=False)
    assert "\n235 " in done.stdout, done.stdout + done.stderr


def test_curl(server, ticket):
    ticket("joe", "secret")
    done = subprocess.run(["curl", "--verbose", "--silent", "--insecure", "--ssl-reqd", "--max-time", "30", "--user",
                           "joe@POSTERN.EXAMPLE:", "--login-options", "AUTH=GSSAPI", "--service-name", "smtp", "--request", "NOOP",
                           f"smtp://localhost:{server.submission}/{HELO}"],
                          capture_output=True, text=True, timeout=60, check=False)
    assert "< 235 " in done.stderr, done.stderr


@pytest.mark.parametrize("wrapper", [False, True], ids=["starttls", "implicit"])
def test_cyrus_s_smtptest(server, ticket, wrapper):
    ticket("joe", "secret")
    port, tls = (server.smtps, ["-s"]) if wrapper else (server.submission, ["-t", ""])
    done = subprocess.run([SMTPTEST, "-p", str(port), "-m", "GSSAPI", "-u", "joe", *tls, "localhost"], input="QUIT\r\n",
                          capture_output=True, text=True, timeout=60, check=False)
    assert "\nAuthenticated." in done.stdout, done.stdout + done.stderr


@pytest.mark.parametrize("wrapper", [False, True], ids=["starttls", "implicit"])
def test_msmtp(server, ticket, wrapper):
    ticket("joe", "secret")
    done = subprocess.run(["msmtp", "--file=/dev/null", "--host=localhost", f"--port={server.smtps if wrapper else server.submission}",
                           f"--domain={HELO}", "--from=joe@home.example", "--tls=on",
                           f"--tls-starttls={'off' if wrapper else 'on'}", "--tls-certcheck=off", "--timeout=30",
                           "--auth=gssapi", "--user=joe", "--debug", "anna@mail.postern.example"],
                          input="Subject: test\n\nhello\n", capture_output=True, text=True, timeout=60, check=False)
    assert "<-- 235 " in done.stdout, done.stdout + done.stderr
