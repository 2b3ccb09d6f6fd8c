"""smtpd.conf with auxprop_plugin: ldapdb, against a real slapd that lets us act for its people."""

import pytest
from harness import sasl_clients
from harness.certificates import make_certificate
from harness.logins import login, start
from harness.postern import PASSWORD as ACCOUNT_PASSWORD
from harness.sasl_clients import Login
from harness.slapd import SUFFIX, Slapd, person

PROXY, PROXY_PASSWORD = "proxyuser", "the proxy's own password"
PEOPLE = f"ou=People,{SUFFIX}"

_EXTRA = f"""
sasl-host localhost
sasl-secprops none
password-hash {{CLEARTEXT}}
authz-policy to
authz-regexp ^uid=([^,]+)@other.example,cn=[^,]+,cn=auth$ uid=other-$1,{PEOPLE}
authz-regexp ^uid=([^,]+),cn=[^,]+,cn=auth$ uid=$1,{PEOPLE}
authz-regexp ^uid=([^,]+),cn=auth$ uid=$1,{PEOPLE}
"""
_ACCESS = """access to attrs=userPassword by self read by anonymous auth by * none"""


class Directory(Slapd):
    """One that shows people their own passwords; the proxy may be everybody below ou=People but the locked."""

    def __init__(self, directory, tls=None):
        ldif = "\n".join([
            person("joe", "ldap secret"), person("other-joe", "other secret"), person("o'hara", "it's"),
            person("hashed", "{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9M="), person("anna", "anna's"),
            person(PROXY, PROXY_PASSWORD)
            + f"authzTo: dn.regex:^uid=(joe|other-joe|o'hara|hashed|ghost),{PEOPLE}$\n"])
        super().__init__(directory, ldif, tls=tls, extra=_EXTRA)
        path = directory / "slapd.conf"
        path.write_text(path.read_text().replace("access to attrs=userPassword by anonymous auth by * none", _ACCESS))


@pytest.fixture(scope="module")
def pair(module_scratch):
    return make_certificate(module_scratch, "127.0.0.1")


@pytest.fixture(scope="module")
def directory(module_scratch, pair):
    server = Directory(module_scratch / "slapd", tls=pair).start()
    yield server
    server.stop()


def smtpd_conf(directory, more="ldapdb_mech: DIGEST-MD5\n", uri=None, password=PROXY_PASSWORD):
    return ("pwcheck_method: auxprop\nauxprop_plugin: ldapdb\n"
            f"ldapdb_uri: {uri or directory.uri}\nldapdb_id: {PROXY}\nldapdb_pw: {password}\n{more}")


@pytest.fixture(scope="module")
def server(module_make, directory):
    return start(module_make, smtpd_conf(directory))


@pytest.mark.parametrize(("client", "mechanism"), [
    (sasl_clients.swaks, "PLAIN"), (sasl_clients.swaks, "CRAM-MD5"), (sasl_clients.gsasl, "DIGEST-MD5"),
    (sasl_clients.gsasl, "SCRAM-SHA-256"), (sasl_clients.smtptest, "SCRAM-SHA-512")],
    ids=lambda value: getattr(value, "__name__", value))
def test_every_mechanism_logs_in(server, client, mechanism):
    for user, password, good in [("joe", "ldap secret", True), ("joe", "wrong", False), ("nobody", "x", False)]:
        done, said = client(Login(server.submission, mechanism, user, password))
        assert done == good, said
    server.wait_log(f"method={mechanism}, service=smtp, client=127.0.0.1: login accepted, source=ldapdb")


@pytest.mark.parametrize(("user", "password", "code"), [
    ("joe@other.example", "other secret", 235),
    ("joe@other.example", "ldap secret", 535),
    ("o'hara", "it's", 235),
    ("hashed", "test", 235),
    ("hashed", "{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9M=", 535),
    pytest.param("anna", "anna's", 535, id="whom the proxy may not be"),
    pytest.param("ghost", "x", 535, id="whom the proxy may be, but there is no such entry"),
    pytest.param(PROXY, PROXY_PASSWORD, 235, id="everybody may be itself"),
    ("*", "ldap secret", 535),
    ("joe)(uid=*", "ldap secret", 535),
    (f"joe,{PEOPLE}", "ldap secret", 535),
    ("joe,cn=auth", "ldap secret", 535),
    ("dn:uid=joe," + PEOPLE, "ldap secret", 535),
    ("j\\6fe", "ldap secret", 535),
    ("j" + "o" * 8000, "x", 535),
], ids=lambda value: str(value)[:40])
def test_names_are_data(server, user, password, code):
    assert login(server, user, password) == code
    assert login(server, "joe", "ldap secret") == 235


def test_the_accounts_are_not_asked(server):
    assert login(server, "joe", ACCOUNT_PASSWORD) == 535


def test_a_changed_password_counts_at_once(server, directory):
    directory.set_password(f"uid=joe,{PEOPLE}", "another")
    try:
        assert (login(server, "joe", "ldap secret"), login(server, "joe", "another")) == (535, 235)
    finally:
        directory.set_password(f"uid=joe,{PEOPLE}", "ldap secret")


def test_nothing_secret_is_logged(server):
    assert "ldap secret" not in server.log_text() and PROXY_PASSWORD not in server.log_text()


def test_a_wrong_password_of_the_proxy_is_said(make, directory):
    server = start(make, smtpd_conf(directory, password="not it"))
    assert login(server, "joe", "ldap secret") == 454
    server.wait_log(f"ldapdb at {directory.uri} as {PROXY}: Bind to ldap server failed")


def test_a_directory_that_is_down_and_comes_back(make, directory):
    server = start(make, smtpd_conf(directory), authd_backend_workers="1")
    assert login(server, "joe", "ldap secret") == 235
    directory.stop()
    try:
        assert login(server, "joe", "ldap secret") == 454
        server.wait_log(f"ldapdb at {directory.uri} as {PROXY}: ")
    finally:
        directory.start()
    assert login(server, "joe", "ldap secret") == 235
    directory.restart()
    assert login(server, "joe", "ldap secret") == 235, "a restart is not noticed"


def test_a_directory_that_stands_still_has_a_deadline(make, directory):
    server = start(make, smtpd_conf(directory), authd_backend_timeout="2s", authd_backend_workers="1")
    assert login(server, "joe", "ldap secret") == 235
    directory.freeze()
    try:
        assert login(server, "joe", "ldap secret") == 454
    finally:
        directory.thaw()
    assert login(server, "joe", "ldap secret") == 235


def rc_file(scratch, certificate):
    path = scratch / "ldaprc"
    path.write_text(f"TLS_CACERT {certificate}\nTLS_REQCERT demand\n")
    path.chmod(0o644)
    return path


@pytest.mark.parametrize("way", ["starttls", "ldaps"])
def test_tls_with_the_authority_of_ldapdb_rc(make, directory, pair, scratch, way):
    rc = f"ldapdb_rc: {rc_file(scratch, pair[0])}\nldapdb_mech: PLAIN\n"
    if way == "starttls":
        conf = smtpd_conf(directory, "ldapdb_starttls: demand\n" + rc)
    else:
        conf = smtpd_conf(directory, rc, uri=directory.tls_uri)
    server = start(make, conf)
    assert login(server, "joe", "ldap secret") == 235


def test_a_certificate_of_nobody_is_refused(make, directory):
    server = start(make, smtpd_conf(directory, "ldapdb_starttls: demand\nldapdb_mech: PLAIN\n"))
    assert login(server, "joe", "ldap secret") == 454
    server.wait_log("start tls failed")


@pytest.mark.parametrize(("wish", "code"), [("try", 235), ("demand", 454)])
def test_a_directory_without_tls(make, scratch, wish, code):
    directory = make.keep(Directory(scratch / "slapd").start())
    server = start(make, smtpd_conf(directory, f"ldapdb_starttls: {wish}\nldapdb_mech: DIGEST-MD5\n"))
    assert login(server, "joe", "ldap secret") == code


def test_the_name_of_an_attribute_is_the_account_s(make, directory):
    server = start(make, smtpd_conf(directory, "canon_user_plugin: ldapdb\nldapdb_canon_attr: sn\nldapdb_mech: DIGEST-MD5\n"))
    assert login(server, "joe@other.example", "other secret") == 235
    server.wait_log("user=other-joe, method=PLAIN")


def test_what_cannot_be_meant_is_named(make, directory):
    server = start(make, smtpd_conf(directory, "ldapdb_starttls: maybe\n"))
    server.wait_log("smtpd.conf:6: ldapdb_starttls: this is try or demand")
