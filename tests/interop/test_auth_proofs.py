"""`postern auth test` with what proves a login beside a password: tickets, tokens, client certificates; and NTLM."""

import shutil
import subprocess

import pytest
from harness.certificates import Authority
from harness.dovecot import Dovecot
from harness.identity_provider import IdentityProvider
from harness.kdc import Kdc
from harness.postern import PASSWORD

REALM = "POSTERN.EXAMPLE"
YES = "the client gets: 235 2.7.0 Authentication successful"


def auth_test(server, user, *words, stdin=""):
    done = server.cli("auth", "test", user, *words, stdin=stdin, check=False)
    return done.returncode, done.stdout + done.stderr


def expect(said, *words):
    for one in words:
        assert one in said[1], f"{one!r} in\n{said[1]}"


# ---- GSSAPI


@pytest.fixture(scope="module")
def kdc(module_scratch):
    server = Kdc(module_scratch / "kdc", {"joe": "secret", "stranger": "third"}, hosts=("smtp/localhost",),
                 realm=REALM).start()
    yield server
    server.stop()


@pytest.fixture
def kinit(kdc, monkeypatch, tmp_path):
    for name, value in (kdc.env | {"KRB5CCNAME": f"FILE:{tmp_path}/ccache"}).items():
        monkeypatch.setenv(name, value)

    def get(principal, password):
        subprocess.run(["kinit", principal], input=password + "\n", text=True, check=True, capture_output=True)

    return get


def test_gssapi_with_the_tickets_of_the_shell(make, kdc, kinit):
    server = make.postern(authd_failure_delay="0s", authd_krb5_keytab=kdc.keytab, authd_krb5_host="localhost",
                          authd_local_domains="postern.example")
    said = auth_test(server, "joe", "--mech", "gssapi")
    assert said[0] == 1
    expect(said, "ticket: the client needs one for smtp/localhost: ", "ticket: this shell has none", "kinit joe",
           "it did not come to an end")
    kinit("joe", "secret")
    said = auth_test(server, "joe", "--mech", "gssapi")
    assert said[0] == 0, said[1]
    expect(said, f"this shell has tickets of joe@{REALM}, from FILE:", f'login by GSSAPI: {YES}; it is "joe"')
    kinit("stranger", "third")
    said = auth_test(server, "joe", "--mech", "gssapi")
    assert said[0] == 1
    expect(said, f"tickets of stranger@{REALM}", "login by GSSAPI: the client gets: 535")


def test_gssapi_at_a_real_dovecot(make, kdc, kinit, scratch):
    keytab = scratch / "keytab"
    shutil.copy(kdc.keytab, keytab)
    keytab.chmod(0o644)
    make.keep(Dovecot(scratch / "dovecot", {"joe": "pencil"}, f"""\
auth_mechanisms = gssapi plain
auth_gssapi_hostname = localhost
auth_krb5_keytab = {keytab}
import_environment = TZ KRB5_CONFIG={kdc.env["KRB5_CONFIG"]}
auth_realms = {REALM}
service auth {{
  unix_listener {scratch}/dovecot/login.sock {{
    mode = 0666
  }}
}}
""").start())
    server = make.postern(start=False, smtpd_sasl_type="dovecot", smtpd_sasl_path=f"{scratch}/dovecot/login.sock",
                          authd_krb5_host="localhost")
    kinit("joe", "secret")
    said = auth_test(server, f"joe@{REALM}", "--mech", "gssapi")
    expect(said, f"login by GSSAPI: {YES}")


# ---- NTLM (Debian's Dovecot has none; with Cyrus's: test_sasl_client.py)


def test_ntlm_here(make, scratch):
    passwords = scratch / "sasldb2"
    subprocess.run(["/usr/sbin/saslpasswd2", "-p", "-c", "-f", str(passwords), "-u", "example.org", "joe"],
                   input=PASSWORD, text=True, check=True)
    passwords.chmod(0o644)
    server = make.postern(start=False, smtpd_sasl_type="cyrus", smtpd_sasl_path="smtpd", authd_failure_delay="0s",
                          smtpd_sasl_local_domain="example.org")
    (server.etc / "sasl").mkdir()
    (server.etc / "sasl" / "smtpd.conf").write_text(
        f"pwcheck_method: auxprop\nauxprop_plugin: sasldb\nsasldb_path: {passwords}\nmech_list: ntlm plain\n")
    make.keep(server).start()
    for user in ("joe", "WORKGROUP\\joe"):
        said = auth_test(server, user, "--password-stdin", "--mech", "ntlm", stdin=PASSWORD + "\n")
        expect(said, f"login by NTLM: {YES}")
    said = auth_test(server, "joe", "--password-stdin", "--mech", "ntlm", stdin="wrong\n")
    assert said[0] == 1
    expect(said, "login by NTLM: the client gets: 535")


# ---- EXTERNAL


@pytest.fixture(scope="module")
def devices(module_make, module_scratch):
    root = Authority(module_scratch, "Postern Test Root")
    server = module_make.postern(authd_failure_delay="0s", smtpd_tls_ask_ccert="yes", users=("joe", "eve"),
                                 smtpd_sasl_mechanism_filter="static:all", smtpd_tls_CAfile=root.root,
                                 smtpd_sasl_cert_username="cn")
    server.root = root
    return server


def test_a_device_certificate_is_followed_to_its_account(devices, scratch):
    bundle = scratch / "joe-phone.p12"
    password = devices.cli("cert", "issue", "joe", "phone", "--out", str(bundle)).stdout.strip()
    said = auth_test(devices, "joe", "--cert", str(bundle), "--password-stdin", stdin=password + "\n")
    assert said[0] == 0, said[1]
    expect(said, 'certificate: it is a device certificate of account "joe", and good here and now',
           "EXTERNAL", f'login by EXTERNAL: {YES}; it is "joe" with the app password cert:phone:')
    assert password not in said[1]
    said = auth_test(devices, "eve", "--cert", str(bundle), "--password-stdin", stdin=password + "\n")
    assert said[0] == 1
    expect(said, "login by EXTERNAL: the client gets: 535")
    said = auth_test(devices, "joe", "--cert", str(bundle), "--password-stdin", stdin="wrong\n")
    assert said[0] == 1
    expect(said, "the password does not open it")
    devices.cli("cert", "revoke", "joe", "phone")
    said = auth_test(devices, "joe", "--cert", str(bundle), "--password-stdin", stdin=password + "\n")
    assert said[0] == 1
    expect(said, "it is as good as none: ", "revoked", "the client gets: 535")


def test_a_certificate_of_another_authority_is_judged_as_smtpd_does(devices, scratch):
    good, _ = devices.root.sign("joe")
    said = auth_test(devices, "joe", "--cert", str(good))
    assert said[0] == 0, said[1]
    expect(said, 'smtpd trusts it, and finds the user "joe" in it: smtpd_sasl_cert_username = cn',
           f'login by EXTERNAL: {YES}; it is "joe"')
    (scratch / "other").mkdir()
    bad, _ = Authority(scratch / "other", "Another Root").sign("joe")
    said = auth_test(devices, "joe", "--cert", str(bad))
    assert said[0] == 1
    expect(said, "smtpd does not trust it: ", "EXTERNAL is not offered" if "EXTERNAL is not offered" in said[1] else "535")


def test_a_server_that_asks_for_no_certificate_says_so(make, devices):
    server = make.postern(start=False)
    good, _ = devices.root.sign("joe")
    said = auth_test(server, "joe", "--cert", str(good))
    assert said[0] == 1
    expect(said, "smtpd_tls_ask_ccert = no", "smtpd_tls_ask_ccert = yes")
    said = auth_test(server, "joe", "--cert", "/nonexistent.pem")
    assert said[0] == 1
    expect(said, "/nonexistent.pem")


# ---- tokens


def test_tokens(make, scratch):
    provider = make.keep(IdentityProvider(scratch))
    server = make.postern(authd_failure_delay="0s", authd_oauth_jwks=provider.url + "/jwks",
                          authd_oauth_issuer=provider.issuer, authd_oauth_audience=provider.audience,
                          authd_oauth_ca_file=provider.ca, users=("joe", "eve"))
    user = "joe@mail.postern.example"
    token = provider.signed(user)
    said = auth_test(server, "joe", "--token-stdin", stdin=token + "\n")
    assert said[0] == 0, said[1]
    expect(said, f'token: it is good, and names "{user}": authd_oauth_username_claim = email', 'lets "joe" in',
           f'login by OAUTHBEARER: {YES}; it is "joe"', f'login by XOAUTH2: {YES}; it is "joe"')
    assert token not in said[1]
    said = auth_test(server, "eve", "--token-stdin", "--mech", "xoauth2", stdin=token + "\n")
    assert said[0] == 1
    expect(said, "login by XOAUTH2: the client gets: 535")
    said = auth_test(server, "joe", "--token-stdin", stdin=provider.signed(user, exp=1000) + "\n")
    assert said[0] == 1
    expect(said, "token: bad_token: ", "login by OAUTHBEARER: the client gets: 535")
