"""XOAUTH2 and OAUTHBEARER: real clients with tokens of an identity provider, judged by signature or by introspection."""

import base64
import json
import time

import pytest
from harness.identity_provider import CLIENT, CLIENT_SECRET, IdentityProvider
from harness.raw_smtp import RawSmtp
from harness.sasl_clients import Login, msmtp, nodemailer, token_curl
from harness.waiting import wait_until

USER = "joe@mail.postern.example"
CLIENTS = [(token_curl, "OAUTHBEARER"), (msmtp, "OAUTHBEARER"), (msmtp, "XOAUTH2"), (nodemailer, "XOAUTH2")]


def client_id(row):
    return f"{row[0].__name__}-{row[1]}"


@pytest.fixture(scope="module")
def provider(module_scratch):
    served = IdentityProvider(module_scratch)
    yield served
    served.stop()


@pytest.fixture(scope="module")
def server(module_make, module_scratch, provider):
    password = module_scratch / "client-secret"
    password.write_text(CLIENT_SECRET + "\n")
    return module_make.postern(
        module_make.sink().port, users=("joe", "eve"), authd_failure_delay="0s", authd_oauth_jwks=provider.url + "/jwks",
        authd_oauth_introspection_url=provider.url + "/introspect", authd_oauth_client_id=CLIENT,
        authd_oauth_client_secret_file=password, **policy(provider))


def policy(provider):
    return {"authd_oauth_issuer": provider.issuer, "authd_oauth_audience": provider.audience,
            "authd_oauth_scope": "mail", "authd_oauth_ca_file": provider.ca,
            "authd_oauth_configuration_url": provider.url + "/.well-known/openid-configuration"}


def log_in(server, row, token, user=USER, wrapper=False):
    client, mechanism = row
    return client(Login(server.smtps if wrapper else server.submission, mechanism, user, token, wrapper))


def exchange(server, mechanism, token, user=USER):
    """By hand: [reply to AUTH, reply to the acknowledgement]."""
    with RawSmtp(server.submission) as client:
        client.ehlo()
        client.starttls()
        client.ehlo()
        bearer = f"n,a={user},\1host=localhost\1port=587\1auth=Bearer {token}\1\1"
        text = bearer if mechanism == "OAUTHBEARER" else f"user={user}\1auth=Bearer {token}\1\1"
        first = client.command(f"AUTH {mechanism} " + base64.b64encode(text.encode()).decode())
        if first.code != 334:
            return [first]
        return [first, client.command("AQ==" if mechanism == "OAUTHBEARER" else "")]


def refusal(replies):
    """The JSON that a client was told; the login must have failed after it."""
    assert [reply.code for reply in replies] == [334, 535], replies
    return json.loads(base64.b64decode(replies[0].text[4:]))


@pytest.mark.parametrize("wrapper", [False, True], ids=["starttls", "implicit"])
@pytest.mark.parametrize("row", CLIENTS, ids=client_id)
def test_clients_log_in_with_tokens_of_both_kinds(server, provider, row, wrapper):
    for token in (provider.signed(USER, "RS256"), provider.signed(USER, "ES256"), provider.opaque(USER)):
        worked, said = log_in(server, row, token, wrapper=wrapper)
        assert worked, said
    server.wait_log(f"user=joe, method={row[1]}, service=smtp, client=127.0.0.1: login accepted")


def test_curl_speaks_xoauth2_where_nothing_newer_is_offered(make, provider):
    server = make.postern(authd_failure_delay="0s", authd_mechanisms="xoauth2",
                          authd_oauth_jwks=provider.url + "/jwks", **policy(provider))
    worked, said = log_in(server, (token_curl, "XOAUTH2"), provider.signed(USER))
    assert worked, said
    worked, said = log_in(server, (token_curl, "XOAUTH2"), provider.signed(USER, aud="other"))
    assert not worked, said


@pytest.mark.parametrize("row", CLIENTS, ids=client_id)
def test_clients_see_a_refusal_and_end(server, provider, row):
    worked, said = log_in(server, row, provider.signed(USER, exp=int(time.time()) - 120))
    assert not worked, said
    server.wait_log("it expired 12")


@pytest.mark.parametrize("mechanism", ["OAUTHBEARER", "XOAUTH2"])
@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "EdDSA"])
def test_every_signature(server, provider, algorithm, mechanism):
    token = provider.signed(USER, algorithm)
    assert [reply.code for reply in exchange(server, mechanism, token)] == [235]
    part = len(token.rsplit(".", 1)[0]) + 10
    forged = token[:part] + ("A" if token[part] != "A" else "B") + token[part + 1:]
    told = refusal(exchange(server, mechanism, forged))
    assert told["status"] == ("invalid_token" if mechanism == "OAUTHBEARER" else "401")


def test_refusals_say_what_clients_expect(server, provider):
    narrow = provider.signed(USER, scope="openid")
    assert refusal(exchange(server, "OAUTHBEARER", narrow)) == {
        "status": "insufficient_scope", "scope": "mail",
        "openid-configuration": provider.url + "/.well-known/openid-configuration"}
    assert refusal(exchange(server, "XOAUTH2", narrow)) == {"status": "403", "schemes": "bearer", "scope": "mail"}
    assert refusal(exchange(server, "OAUTHBEARER", ""))["status"] == "invalid_token"


@pytest.mark.parametrize("change", [{"iss": "https://elsewhere.example/"}, {"aud": "other"}, {"exp": 1},
                                    {"nbf": 4102444800}, {"email": None}, {"email_verified": False}], ids=str)
def test_claims_that_are_not_enough(server, provider, change):
    for make in (provider.signed, provider.opaque):
        assert refusal(exchange(server, "XOAUTH2", make(USER, **change)))["status"] == "401"


def test_a_token_is_good_for_its_own_account_alone(server, provider):
    token = provider.signed(USER)
    for mechanism in ("OAUTHBEARER", "XOAUTH2"):
        assert exchange(server, mechanism, token, "joe")[-1].code == 235
        assert exchange(server, mechanism, token, "eve")[-1].code == 535
    for stranger in ("nobody@mail.postern.example", "joe@elsewhere.example"):
        assert exchange(server, "XOAUTH2", provider.signed(stranger), stranger)[-1].code == 535


def test_a_key_that_is_not_the_providers(server, provider):
    stranger = IdentityProvider.__new__(IdentityProvider)
    stranger.keys = {}
    stranger.new_key("ES256")
    theirs = stranger.keys["ES256"]
    assert refusal(exchange(server, "XOAUTH2", provider.signed(USER, "ES256", key=theirs)))["status"] == "401"


def test_an_inactive_token_and_one_that_is_taken_back(server, provider):
    assert refusal(exchange(server, "XOAUTH2", "nobody-made-this-one"))["status"] == "401"
    token = provider.opaque(USER)
    provider.revoke(token)
    assert refusal(exchange(server, "XOAUTH2", token))["status"] == "401"


def test_the_provider_is_asked_once_for_a_token_that_returns(server, provider):
    token = provider.opaque(USER)
    before = provider.asked.get("/introspect", 0)
    for _ in range(5):
        assert exchange(server, "XOAUTH2", token)[-1].code == 235
    assert provider.asked["/introspect"] == before + 1


def test_trouble_of_the_provider_is_no_refusal(server, provider):
    token = provider.opaque(USER)
    provider.status = 503
    try:
        assert [reply.code for reply in exchange(server, "XOAUTH2", token)] == [454]
    finally:
        provider.status = None
    assert exchange(server, "XOAUTH2", token)[-1].code == 235


def test_nothing_of_a_token_is_logged(server, provider):
    token = provider.opaque(USER)
    signed = provider.signed(USER)
    for one in (token, signed, signed[:-4]):
        exchange(server, "XOAUTH2", one)
    log = server.log_text()
    assert token not in log and signed.split(".")[1] not in log and CLIENT_SECRET not in log


def test_keys_from_a_file_that_is_replaced(make, scratch, provider):
    path = scratch / "jwks.json"
    path.write_text(json.dumps(provider.key_set()))
    server = make.postern(authd_failure_delay="0s", authd_oauth_jwks=path, **policy(provider))
    assert exchange(server, "XOAUTH2", provider.signed(USER))[-1].code == 235
    assert refusal(exchange(server, "XOAUTH2", provider.opaque(USER)))["status"] == "401"
    provider.new_key("EdDSA")
    replacement = scratch / "jwks.new"
    replacement.write_text(json.dumps(provider.key_set()))
    replacement.rename(path)
    wait_until(lambda: exchange(server, "XOAUTH2", provider.signed(USER, "EdDSA"))[-1].code == 235, "the new key")
