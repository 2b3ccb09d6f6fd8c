"""saslauthd's kerberos5 backend against a real KDC."""

import socket
import time

import pytest
from harness.backend import Backend
from harness.kdc import REALM, Kdc

USERS = {"joe": "secret", "joe/mail": "instance", "ünï": "pässwörd", "long": "p" * 200, "eve/imap": "only there"}


@pytest.fixture(scope="module")
def kdc(module_scratch):
    server = Kdc(module_scratch / "kdc", USERS, hosts=("host/localhost", "smtp/localhost"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def backend(kdc, scratch):
    made = []

    def make(*lines, milliseconds=10_000, env=None):
        path = scratch / "saslauthd.conf"
        path.write_text("\n".join(["krb5_servername: host/localhost", *lines]) + "\n")
        made.append(Backend("kerberos5", path, milliseconds, env=kdc.env | (env or {})))
        return made[-1]

    yield make
    for one in made:
        one.stop()


def test_passwords(backend):
    asked = backend()
    for user, password in USERS.items():
        assert asked.ask(user, password) == ("yes", "", ""), user
        for wrong in (password + "x", password[:-1], password.swapcase(), "", password + "\0"):
            assert asked.ask(user, wrong).outcome == "no", (user, wrong)
    assert asked.ask("joe", "guess").reply == "krb5_get_init_creds_password failed"
    assert asked.ask("nobody", "secret").outcome == "no"
    assert asked.ask("", "secret").reply == "saslauthd principal name error"


@pytest.mark.parametrize("login, realm, outcome", [
    ("joe", REALM, "yes"), (f"joe@{REALM}", "", "yes"), (f"joe@{REALM}", REALM, "yes"), (f"joe@{REALM}@{REALM}", "", "no"),
    (f"joe@{REALM}", "OTHER.ORG", "no"), ("joe@", REALM, "yes"), ("@" + REALM, "", "no"), ("joe", "a/b", "no"),
    ("joe\\@x", "", "no"), ("joe/", "", "no"), ("/joe", "", "no"), ("joe\n", "", "no"), (b"\xff", "", "no"),
    ("joe\0", "", "no"), ("j" * 5000, "", "no")])
def test_names_and_realms(backend, login, realm, outcome):
    assert backend().ask(login, "secret", realm=realm).outcome == outcome


def test_keys_of_the_configuration(kdc, backend):
    assert backend("krb5_uppercase_realm: yes").ask("joe", "secret", realm=REALM.lower()).outcome == "yes"
    assert backend("krb5_conv_krb4_instance: yes").ask("joe.mail", "instance").outcome == "yes"
    forced = backend("krb5_imap_instance: imap")
    assert forced.ask("eve", "only there", service="imap").outcome == "yes"
    assert forced.ask("eve/imap", "only there", service="imap").outcome == "yes"
    assert forced.ask("joe/mail", "instance", service="imap").reply == "saslauthd principal name error"
    assert forced.ask("joe/mail", "instance", service="smtp").outcome == "yes"
    named = backend("krb5_servername: smtp/localhost", f"krb5_keytab: {kdc.keytab}", env={"KRB5_KTNAME": "/nonexistent"})
    assert named.ask("joe", "secret").outcome == "yes"
    log = backend("krb5_keytabb: /x").log_text()
    assert "there is no key krb5_keytabb: the line is ignored" in log


def test_without_a_key_that_proves_the_kdc_nobody_gets_in(scratch, backend):
    answer = backend(f"krb5_keytab: {scratch}/none").ask("joe", "secret")
    assert (answer.outcome, answer.reply) == ("unavailable", "krb5_verify_init_creds failed")
    assert "the KDC cannot be verified" in answer.detail and f"{scratch}/none" in answer.detail
    assert backend("krb5_servername: imap/localhost").ask("joe", "secret").outcome == "unavailable"


def test_a_false_kdc_lets_nobody_in(scratch, kdc, backend):
    false = Kdc(scratch / "false", {"joe": "what the thief likes"})
    false.start()
    try:
        asked = backend(f"krb5_keytab: {kdc.keytab}", env={"KRB5_CONFIG": false.env["KRB5_CONFIG"]})
        assert asked.ask("joe", "what the thief likes").outcome == "unavailable"
    finally:
        false.stop()


def test_a_changed_password_works_at_once(kdc, backend):
    asked = backend()
    assert asked.ask("long", USERS["long"]).outcome == "yes"
    kdc.set_password("long", "short now")
    try:
        assert asked.ask("long", USERS["long"]).outcome == "no"
        assert asked.ask("long", "short now").outcome == "yes"
        kdc.admin("modprinc", "-allow_tix", "long")
        assert asked.ask("long", "short now").outcome == "no"
        kdc.admin("modprinc", "+allow_tix", "long")
        kdc.admin("modprinc", "+needchange", "long")
        assert asked.ask("long", "short now").outcome == "no"
    finally:
        kdc.admin("modprinc", "-needchange", "long")
        kdc.set_password("long", USERS["long"])


def test_a_silent_kdc_is_left_in_time(scratch, backend):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        port = silent.getsockname()[1]
        conf = scratch / "krb5.conf"
        conf.write_text(f"[libdefaults]\n default_realm = {REALM}\n dns_lookup_kdc = false\n"
                        f"[realms]\n {REALM} = {{\n  kdc = 127.0.0.1:{port}\n }}\n")
        asked = backend(milliseconds=700, env={"KRB5_CONFIG": str(conf)})
        for _ in range(2):
            begin = time.monotonic()
            answer = asked.ask("joe", "secret")
            assert answer.outcome == "unavailable" and "no KDC answered within 700 ms" in answer.detail
            assert time.monotonic() - begin < 10
