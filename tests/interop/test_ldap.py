"""saslauthd's ldap backend against a real slapd."""

import socket
import subprocess
import time

import pytest
from harness.backend import Backend
from harness.certificates import make_certificate
from harness.ports import free_port
from harness.slapd import ADMIN, ADMIN_PASSWORD, SUFFIX, Slapd, person

JOE = f"uid=joe,ou=People,{SUFFIX}"
ODD_DN = f"cn=A \\+ B\\, \\\"C\\\" \\\\ D,ou=People,{SUFFIX}"
LONG = "p" * 127 + "first"
LONG_ELSE = "p" * 127 + "other"


def crypt_hash(password, method):
    return subprocess.run(["openssl", "passwd", method, password], check=True, capture_output=True, text=True).stdout.strip()


def slappasswd(password, scheme):
    words = ["slappasswd", "-s", password, "-h", scheme]
    if "2" in scheme:
        words += ["-o", "module-path=/usr/lib/ldap", "-o", "module-load=pw-sha2"]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()


def people():
    group = f"cn=mail,ou=Groups,{SUFFIX}"
    return "\n".join([
        person("joe", slappasswd("secret", "{SSHA}")),
        person("ann", "ann's password"),
        person("long", LONG),
        person("äöü", "ünï"),
        person("odd", "odd", rdn="cn=A \\+ B\\, \\\"C\\\" \\\\ D"),
        person("twin", "twin"), person("twin", "twin", rdn="cn=twin"),
        person("joe@example.org", "mailbox"),
        f"dn: ou=Empty,ou=People,{SUFFIX}\nobjectClass: organizationalUnit\nou: Empty\n",
        f"dn: {group}\nobjectClass: groupOfUniqueNames\ncn: mail\nuniqueMember: {JOE}\nuniqueMember: {ODD_DN}\n",
        f"dn: ou=example.org,{SUFFIX}\nobjectClass: organizationalUnit\nou: example.org\n",
        person("eve", "in the domain", under=f"ou=example.org,{SUFFIX}"),
    ])


@pytest.fixture(scope="module")
def server(module_scratch):
    tls = make_certificate(module_scratch, "localhost", kind="rsa")
    regexp = f"authz-regexp uid=([^,]*),cn=[^,]*,cn=auth uid=$1,ou=People,{SUFFIX}"
    slapd = Slapd(module_scratch / "slapd", people(), tls, extra=regexp)
    slapd.certificate = tls[0]
    slapd.start()
    yield slapd
    slapd.stop()


@pytest.fixture
def backend(server, scratch):
    """Makes a backend from lines of saslauthd.conf; the server's address and the search base stand there already."""
    made = []

    def make(*lines, base=f"ou=People,{SUFFIX}", servers=None):
        path = scratch / f"saslauthd{len(made)}.conf"
        head = [f"ldap_servers: {servers or server.uri}"] + ([f"ldap_search_base: {base}"] if base else [])
        path.write_text("\n".join([*head, *lines]) + "\n")
        made.append(Backend("ldap", path))
        return made[-1]

    yield make
    for one in made:
        one.stop()


def test_the_four_lines_of_a_real_site(backend):
    asked = backend("ldap_auth_method: bind", "ldap_filter: uid=%u")
    assert asked.ask("joe", "secret") == ("yes", "", "")
    assert asked.ask("ann", "ann's password").outcome == "yes"
    wrong = asked.ask("joe", "guess")
    assert wrong.outcome == "no" and wrong.reply == ""
    assert wrong.detail.startswith("Authentication failed for joe: Bind to ldap server failed "
                                   "(invalid user/password or insufficient access) (-7)")
    unknown = asked.ask("nobody", "guess", realm="example.org")
    assert unknown.outcome == "no" and unknown.reply == ""
    assert unknown.detail.startswith("Authentication failed for nobody/example.org: User not found (-6)")
    assert asked.ask("twin", "twin").detail.endswith("Duplicate entries found (uid=twin)")


METHODS = {
    "bind": ["ldap_auth_method: bind"],
    "fastbind": ["ldap_auth_method: fastbind", f"ldap_filter: uid=%u,ou=People,{SUFFIX}"],
    "custom": ["ldap_auth_method: custom", f"ldap_bind_dn: {ADMIN}", f"ldap_password: {ADMIN_PASSWORD}"],
}


@pytest.mark.parametrize("method", METHODS)
def test_each_method(server, backend, method):
    asked = backend(*METHODS[method])
    for user, password in {"joe": "secret", "ann": "ann's password", "long": LONG, "äöü": "ünï"}.items():
        assert asked.ask(user, password).outcome == "yes", user
        for wrong in ("guess", password[:-1], password + "x", password.swapcase(), password + "\0", "\0" + password):
            assert asked.ask(user, wrong).outcome == "no", (user, wrong)
        # Binds are never skipped, so the right password does not linger.
        assert asked.ask(user, password).outcome == "yes", user
    assert asked.ask("long", LONG_ELSE).outcome == "no"
    assert asked.ask("nobody", "secret").outcome == "no"


@pytest.mark.parametrize("method", METHODS)
def test_an_empty_password_never_gets_to_the_server(server, backend, method):
    asked = backend(*METHODS[method])
    assert asked.ask("ann", "ann's password").outcome == "yes"
    before = server.count(" BIND dn"), server.count("SRCH base")
    answer = asked.ask("joe", "")
    assert answer.outcome == "no" and "empty" in answer.detail
    assert asked.ask("", "secret").outcome == "no"
    assert asked.ask("joe\0", "secret").outcome == "no"
    assert (server.count(" BIND dn"), server.count("SRCH base")) == before


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("login", [
    "*", "j*", "joe)(uid=*", "joe)(|(uid=*", "*)(objectClass=*", "joe\\", "joe\\2a", ")(", "joe,ou=People", "joe+uid=joe",
    f"joe,ou=People,{SUFFIX}", f"{JOE}", "joe;x", "joe\"", "joe<", " joe", "joe ", "#joe", "joe=", b"\xff\xfe", "%u", "%%",
    "joe\n", "joe\r\nuid=ann", "x" * 5000, "joe@", "@joe"])
def test_injection_into_the_login(backend, method, login):
    """slapd compares uid without regard to leading and trailing blanks: those two are joe."""
    asked = backend(*METHODS[method])
    answer = asked.ask(login, "secret")
    assert answer.outcome == ("yes" if isinstance(login, str) and login.strip(" ") == "joe" else "no"), answer
    assert "\n" not in answer.detail and "\r" not in answer.detail
    assert asked.ask("joe", "secret").outcome == "yes"


@pytest.mark.parametrize("field", ["service", "realm"])
@pytest.mark.parametrize("value", ["*", ")(uid=*", "\\", "org,dc=net", "*)(|(uid=*", "a\nb", "=", "+", b"\xff"])
def test_injection_into_service_and_realm(backend, field, value):
    for line in ("ldap_filter: (&(uid=%u)(ou=%r)(ou=%s))", "ldap_filter: (&(uid=%u)(ou=%d))", "ldap_filter: (&(uid=%u)(ou=%1))"):
        asked = backend(line)
        assert asked.ask("joe", "secret", **{field: value}).outcome == "no"
    asked = backend(f"ldap_search_base: ou=%r,ou=%s,{SUFFIX}", base=None)
    assert asked.ask("joe", "secret", **{field: value}).outcome != "yes"


def test_dns_with_special_characters_are_bound_as_they_are(backend):
    assert backend().ask("odd", "odd").outcome == "yes"
    fast = backend("ldap_auth_method: fastbind", f"ldap_filter: cn=%u,ou=People,{SUFFIX}")
    assert fast.ask('A + B, "C" \\ D', "odd").outcome == "yes"


def test_a_revoked_password_works_nowhere(server, backend):
    """Cyrus's saslauthd takes the same DN and password without asking again."""
    asked = [backend(*METHODS[method]) for method in METHODS]
    try:
        assert [one.ask("ann", "ann's password").outcome for one in asked] == ["yes"] * 3
        server.set_password(f"uid=ann,ou=People,{SUFFIX}", "a new one")
        assert [one.ask("ann", "ann's password").outcome for one in asked] == ["no"] * 3
        assert [one.ask("ann", "a new one").outcome for one in asked] == ["yes"] * 3
    finally:
        server.set_password(f"uid=ann,ou=People,{SUFFIX}", "ann's password")


def test_connections_stay_and_every_login_is_a_bind(server, backend):
    asked = backend()
    assert asked.ask("joe", "secret").outcome == "yes"
    connections, binds = server.count("ACCEPT from"), server.count(f'BIND dn="{JOE}" method=128')
    for _ in range(5):
        assert asked.ask("joe", "secret").outcome == "yes"
    assert server.count("ACCEPT from") == connections
    assert server.count(f'BIND dn="{JOE}" method=128') == binds + 5


def test_the_server_goes_and_comes_back(scratch, backend):
    own = Slapd(scratch / "slapd", person("joe", "secret"))
    own.start()
    fast = ["ldap_auth_method: fastbind", f"ldap_filter: uid=%u,ou=People,{SUFFIX}"]
    asked = [backend(servers=own.uri), backend(*fast, servers=own.uri)]
    try:
        assert [one.ask("joe", "secret").outcome for one in asked] == ["yes"] * 2
        own.restart()
        assert [one.ask("joe", "secret") for one in asked] == [("yes", "", "")] * 2
        own.stop()
        for one in asked:
            answer = one.ask("joe", "secret")
            assert answer.outcome == "unavailable"
            assert "Retry condition (ldap server connection reset or broken) (-3)" in answer.detail
        own.start()
        assert [one.ask("joe", "secret").outcome for one in asked] == ["yes"] * 2
        assert [one.ask("joe", "guess").outcome for one in asked] == ["no"] * 2
    finally:
        own.stop()


def test_the_second_server_is_asked_when_the_first_is_away(server, backend):
    assert backend(servers=f"ldap://127.0.0.1:{free_port()}/ {server.uri}").ask("joe", "secret").outcome == "yes"


@pytest.mark.parametrize("line", ["", "ldap_start_tls: yes", "ldap_use_sasl: yes"])
def test_a_server_that_never_answers(backend, line):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        asked = backend("ldap_timeout: 1", line, servers=f"ldap://127.0.0.1:{silent.getsockname()[1]}/")
        begin = time.monotonic()
        assert asked.ask("joe", "secret").outcome == "unavailable"
        assert time.monotonic() - begin < 6


def test_a_tls_server_that_never_answers(backend):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        asked = backend("ldap_timeout: 1", servers=f"ldaps://127.0.0.1:{silent.getsockname()[1]}/")
        begin = time.monotonic()
        assert asked.ask("joe", "secret").outcome == "unavailable"
        assert time.monotonic() - begin < 6


@pytest.mark.parametrize("start_tls", [True, False])
def test_tls(server, backend, start_tls):
    servers = server.uri if start_tls else server.tls_uri
    lines = ["ldap_start_tls: yes"] if start_tls else []
    trusted = backend(*lines, f"ldap_tls_cacert_file: {server.certificate}", servers=servers)
    assert trusted.ask("joe", "secret").outcome == "yes"
    assert trusted.ask("joe", "secret").outcome == "yes"
    assert trusted.ask("joe", "guess").outcome == "no"
    untrusted = backend(*lines, servers=servers)
    assert untrusted.ask("joe", "secret").outcome == "unavailable"
    unchecked = backend(*lines, "ldap_tls_check_peer: no", servers=servers)
    assert unchecked.ask("joe", "secret").outcome == "yes"
    checked = backend(*lines, "ldap_tls_check_peer: yes", f"ldap_tls_cacert_file: {server.certificate}",
                      "ldap_tls_ciphers: NORMAL", servers=servers)
    assert checked.ask("joe", "secret").outcome == "yes"
    wrong_file = backend(*lines, "ldap_tls_cacert_file: /nonexistent", servers=servers)
    assert wrong_file.ask("joe", "secret").outcome == "unavailable"
    wrong_cipher = backend(*lines, "ldap_tls_ciphers: NO-SUCH", servers=servers)
    answer = wrong_cipher.ask("joe", "secret")
    assert answer.outcome == "unavailable" and "(-8)" in answer.detail


def test_start_tls_that_the_server_does_not_have(scratch, backend):
    own = Slapd(scratch / "slapd", person("joe", "secret")).start()
    try:
        answer = backend("ldap_start_tls: yes", servers=own.uri).ask("joe", "secret")
        assert answer.outcome == "unavailable"
        assert "Cannot connect to ldap server (configuration error) (-8)" in answer.detail
        assert own.count(" BIND dn") == 0
    finally:
        own.stop()


SCHEMES = ["{SSHA}", "{SHA}", "{MD5}", "{SMD5}", "{SHA256}", "{SSHA256}", "{SHA512}", "{SSHA512}"]


def test_custom_knows_the_usual_schemes(scratch, backend):
    stored = {scheme.strip("{}").lower(): slappasswd("secret", scheme) for scheme in SCHEMES}
    stored |= {"crypt": "{CRYPT}" + crypt_hash("secret", "-6"), "unix": "{unix}" + crypt_hash("secret", "-1"),
               "clear": "secret"}
    own = Slapd(scratch / "slapd", "\n".join(person(name, value) for name, value in stored.items())).start()
    try:
        asked = backend(*METHODS["custom"], servers=own.uri)
        for name, value in stored.items():
            assert asked.ask(name, "secret").outcome == "yes", name
            assert asked.ask(name, value).outcome == ("yes" if name == "clear" else "no"), name
            answer = asked.ask(name, "Secret")
            assert answer.outcome == "no"
            assert answer.detail == f"Authentication failed for {name}: Invalid password (-5)"
    finally:
        own.stop()


def test_custom_when_the_service_may_not_read_passwords(backend):
    answer = backend("ldap_auth_method: custom").ask("joe", "secret")
    assert answer.outcome == "no" and "has no userPassword that the service may read" in answer.detail


def test_the_service_bind(backend):
    good = backend(f"ldap_bind_dn: {ADMIN}", f"ldap_bind_pw: {ADMIN_PASSWORD}")
    assert good.ask("joe", "secret").outcome == "yes"
    bad = backend(f"ldap_bind_dn: {ADMIN}", "ldap_password: wrong")
    answer = bad.ask("joe", "secret")
    assert answer.outcome == "unavailable" and "the service's own bind" in answer.detail
    assert ADMIN_PASSWORD not in answer.detail and "wrong" not in answer.detail


def group_lines(method):
    if method == "attr":
        return [f"ldap_group_dn: cn=mail,ou=Groups,{SUFFIX}"]
    return ["ldap_group_match_method: filter", "ldap_group_filter: (&(cn=mail)(uniqueMember=%D))",
            f"ldap_group_search_base: ou=Groups,{SUFFIX}"]


@pytest.mark.parametrize("match", ["attr", "filter"])
@pytest.mark.parametrize("method", METHODS)
def test_groups(backend, method, match):
    asked = backend(*METHODS[method], *group_lines(match))
    assert asked.ask("joe", "secret").outcome == "yes"
    assert asked.ask("joe", "guess").outcome == "no"
    answer = asked.ask("ann", "ann's password")
    assert answer.outcome == "no" and "Group member check failed (-4)" in answer.detail
    assert asked.ask("joe", "secret").outcome == "yes"


@pytest.mark.parametrize("match", ["attr", "filter"])
def test_groups_of_dns_with_special_characters(backend, match):
    assert backend(*group_lines(match)).ask("odd", "odd").outcome == "yes"


def test_a_group_that_is_not_there_lets_nobody_in(backend):
    asked = backend(f"ldap_group_dn: cn=missing,ou=Groups,{SUFFIX}")
    assert "Group member check failed (-4)" in asked.ask("joe", "secret").detail


@pytest.mark.parametrize("lines, login, realm, password", [
    (["ldap_filter: uid=%U"], "joe@example.org", "", "secret"),
    (["ldap_filter: uid=%u%R"], "joe", "example.org", "mailbox"),
    (["ldap_filter: uid=%u"], "joe@example.org", "", "mailbox"),
    (["ldap_filter: uid=%U@%2.%1"], "joe@example.org", "", "mailbox"),
    (["ldap_filter: uid=%U@%2.%1"], "joe", "example.org", "mailbox"),
    (["ldap_filter: uid=%u@%r", "ldap_default_realm: example.org"], "joe", "", "mailbox"),
    (["ldap_filter: uid=%U", f"ldap_search_base: ou=%d,{SUFFIX}"], "eve@example.org", "", "in the domain"),
    (["ldap_filter: uid=%U", f"ldap_search_base: ou=%d,{SUFFIX}"], "eve", "example.org", "in the domain"),
    (["ldap_filter: uid=%U", f"ldap_search_base: ou=%r,{SUFFIX}"], "eve", "example.org", "in the domain"),
    (["ldap_filter: (&(uid=joe)(!(uid=%s)))"], "joe", "", "secret"),
    (["ldap_scope: one"], "joe", "", "secret"),
    (["ldap_scope: base", f"ldap_search_base: {JOE}"], "joe", "", "secret"),
    (["ldap_version: 2", "ldap_deref: always", "ldap_restart: no", "ldap_time_limit: 3"], "joe", "", None),
])
def test_tokens_and_scopes(backend, lines, login, realm, password):
    has_base = any(line.startswith("ldap_search_base") for line in lines)
    answer = backend(*lines, base=None if has_base else f"ou=People,{SUFFIX}").ask(login, password or "secret", realm=realm)
    # slapd does not take version 2 unless told to: a refusal in words, not a crash.
    assert answer.outcome == ("yes" if password else "unavailable"), answer


@pytest.mark.parametrize("mechanism", ["DIGEST-MD5", "CRAM-MD5", "PLAIN"])
def test_sasl_binds(server, backend, mechanism):
    lines = ["ldap_use_sasl: yes", f"ldap_mech: {mechanism}", "ldap_start_tls: yes",
             f"ldap_tls_cacert_file: {server.certificate}"]
    asked = backend(*lines)
    assert asked.ask("ann", "ann's password").outcome == "yes"
    assert asked.ask("ann", "guess").outcome == "no"
    assert asked.ask("nobody", "guess").outcome == "no"
    assert asked.ask("long", LONG).outcome == "yes"
    assert asked.ask("long", LONG_ELSE).outcome == "no"
    grouped = backend(*lines, *group_lines("attr"))
    assert "Group member check failed (-4)" in grouped.ask("ann", "ann's password").detail


def test_referrals_are_followed_when_asked_for(scratch, backend):
    (scratch / "a").mkdir()
    there = Slapd(scratch / "there", person("far", "away")).start()
    referral = f"dn: ou=Far,ou=People,{SUFFIX}\nobjectClass: referral\nobjectClass: extensibleObject\nou: Far\n"
    referral += f"ref: ldap://localhost:{there.port}/ou=People,{SUFFIX}\n"
    here = Slapd(scratch / "here", referral + "\n" + person("near", "by"))
    here.start()
    try:
        assert backend(servers=here.uri).ask("far", "away").outcome == "no"
        asked = backend("ldap_referrals: yes", servers=here.uri)
        assert asked.ask("near", "by").outcome == "yes"
        assert there.count("SRCH base") > 0
        found = asked.ask("far", "away")
        assert "Entry not found" not in found.detail
    finally:
        here.stop()
        there.stop()


def test_what_is_wrong_with_the_file_is_said(scratch):
    for name, text, want in [
        ("missing", None, "saslauthd.conf"),
        ("no colon", "ldap_servers ldap://localhost/\n", "c.conf:1: there is no colon behind ldap_servers"),
        ("no value", "# x\n\nldap_filter:\n", "c.conf:3: ldap_filter has no value"),
        ("no URI", "ldap_servers: localhost\n", "c.conf:1: \"localhost\" in ldap_servers is not a URI"),
        ("scope", "ldap_scope: subtree\n", "c.conf:1: ldap_scope must be one of base, one, sub"),
        ("fastbind", "ldap_auth_method: fastbind\n", "c.conf:1: ldap_auth_method fastbind needs an ldap_filter that makes the DN"),
    ]:
        path = scratch / ("c.conf" if text is not None else "saslauthd.conf")
        if text is not None:
            path.write_text(text)
        with Backend("ldap", path) as asked:
            assert want in asked.failure(), name


def test_unknown_keys_are_warned_about_and_no_secret_is_shown(backend):
    asked = backend("ldap_serverz: ldap://x/", "ldap_password: hunter2 ", "krb5_keytab: /x", "httpfrom_uri: /y",
                    f"ldap_bind_dn: {ADMIN}")
    asked.ask("joe", "secret")
    log = asked.log_text()
    assert "there is no key ldap_serverz: the line is ignored" in log
    assert "there is no key httpfrom_uri: the line is ignored" in log
    assert "the value of ldap_password ends with white space" in log
    assert "krb5_keytab" not in log and "hunter2" not in log


def test_debugging_the_library_shows_no_password(backend):
    asked = backend("ldap_debug: -1")
    assert asked.ask("joe", "secret").outcome == "yes"
    log = asked.log_text()
    assert "ldap_" in log and "secret" not in log
