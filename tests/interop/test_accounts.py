"""Accounts as an administrator makes them and clients use them: app passwords, limits, aliases, locks, imports."""

import base64
import hashlib
import os
import subprocess
import time

import pytest
from harness.postern import BINARIES, PASSWORD
from harness.raw_smtp import RawSmtp
from harness.waiting import wait_until

AUTH_FAILED = 28  # swaks's exit status


@pytest.fixture(scope="module")
def server(module_make):
    return module_make.postern(authd_failure_delay="0s")


def app_password(server, user, name, *limits):
    return server.cli("user", "app", "add", user, name, *limits).stdout.strip()


def swaks(server, user, password, mechanism="PLAIN", source="127.0.0.1"):
    """Logs in and says QUIT; swaks's exit status."""
    words = ["swaks", "--server", "127.0.0.1", "--port", str(server.submission), "--local-interface", source, "--tls",
             "--auth", mechanism, "--auth-user", user, "--auth-password", password, "--quit-after", "AUTH"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode in (0, AUTH_FAILED), done.stdout + done.stderr
    return done.returncode


def works(server, user, password, **how):
    return swaks(server, user, password, **how) == 0


def gsasl(server, user, password, mechanism, *options):
    words = ["gsasl", "--client", "--smtp", "--connect", f"127.0.0.1:{server.submission}", "--mechanism", mechanism,
             "--authentication-id", user, "--authorization-id", "", "--no-cb", "--x509-ca-file", "",
             "--quality-of-protection=qop-auth", "--password", password, *options]
    done = subprocess.run(words, input="", capture_output=True, text=True, timeout=60, check=False)
    return done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_app_password_works_beside_the_password_until_it_is_revoked(server, mechanism):
    user = server.add_user("app-" + mechanism.lower())
    phone, laptop = app_password(server, user, "phone"), app_password(server, user, "old laptop")
    assert phone != laptop and PASSWORD not in (phone, laptop)
    for password in (PASSWORD, phone, laptop, phone.upper().replace("-", " ")):
        assert works(server, user, password, mechanism=mechanism), password
    server.cli("user", "app", "revoke", user, "phone")
    assert not works(server, user, phone, mechanism=mechanism)
    assert works(server, user, laptop, mechanism=mechanism) and works(server, user, PASSWORD, mechanism=mechanism)
    server.wait_log("the app password phone was revoked")
    again = app_password(server, user, "phone")
    assert again != phone and works(server, user, again, mechanism=mechanism)
    assert not works(server, user, phone, mechanism=mechanism)


@pytest.mark.parametrize("mechanism", ["SCRAM-SHA-1", "SCRAM-SHA-256"])
def test_password_and_every_app_password_log_in_by_scram(server, mechanism):
    user = server.add_user("scram-" + mechanism.lower())
    phone, laptop = app_password(server, user, "phone"), app_password(server, user, "laptop")
    for password in (PASSWORD, phone, laptop):
        assert gsasl(server, user, password, mechanism)[0]
    server.cli("user", "app", "revoke", user, "phone")
    assert not gsasl(server, user, phone, mechanism)[0]
    assert gsasl(server, user, laptop, mechanism)[0] and gsasl(server, user, PASSWORD, mechanism)[0]
    server.cli("user", "passwd", user, "--password-stdin", stdin="another " + PASSWORD + "\n")
    assert not gsasl(server, user, PASSWORD, mechanism)[0]
    assert gsasl(server, user, laptop, mechanism)[0] and gsasl(server, user, "another " + PASSWORD, mechanism)[0]


def test_revocation_reaches_the_front_ends_soon(server):
    user = server.add_user("session")
    phone = app_password(server, user, "phone")
    with RawSmtp(server.submission) as by_phone:
        by_phone.secure_login(user, phone)
        begin = time.monotonic()
        server.cli("user", "app", "revoke", user, "phone")
        server.wait_log("session is revoked or has expired: phone")
        assert time.monotonic() - begin < 10


def test_scope_and_network_and_expiry_bound_an_app_password(server):
    user = server.add_user("bounded")
    imap = app_password(server, user, "imap only", "--scope", "imap,pop3")
    home = app_password(server, user, "home", "--network", "127.0.0.77/32", "--network=[2001:db8::]/32")
    assert not works(server, user, imap)
    server.wait_log("the app password imap only is for imap, pop3, not for smtp")
    assert works(server, user, home, source="127.0.0.77")
    assert not works(server, user, home)
    server.wait_log("the app password home may not be used from 127.0.0.1")
    short = app_password(server, user, "short", "--expires", "10s", "--scope=smtp")
    assert works(server, user, short)
    wait_until(lambda: not works(server, user, short), "the app password to expire")
    server.wait_log("the app password short expired at")


def test_lock_and_expiry_and_deletion_keep_everything_out(server):
    user = server.add_user("kept-out")
    phone = app_password(server, user, "phone")
    assert works(server, user, PASSWORD) and works(server, user, phone)
    server.cli("user", "lock", user)
    assert not works(server, user, PASSWORD) and not works(server, user, phone)
    server.cli("user", "unlock", user)
    assert works(server, user, PASSWORD) and works(server, user, phone)
    server.cli("user", "expire", user, "2s")
    wait_until(lambda: not works(server, user, PASSWORD), "the account to expire")
    assert not works(server, user, phone)
    assert "expired" in server.cli("user", "list").stdout
    server.cli("user", "expire", user, "never")
    assert works(server, user, phone)
    server.cli("user", "del", user)
    assert not works(server, user, PASSWORD) and not works(server, user, phone)


def test_alias_logs_in_to_its_account(server):
    user = server.add_user("josephine")
    assert not works(server, "jo", PASSWORD)
    server.cli("user", "alias", "add", user, "jo")
    assert works(server, "jo", PASSWORD) and works(server, "Jo@mail.postern.example", PASSWORD)
    server.cli("user", "passwd", "jo", "--password-stdin", stdin="by the alias\n")
    assert works(server, user, "by the alias") and not works(server, "jo", PASSWORD)
    assert server.cli("user", "add", "jo", "--password-stdin", stdin="x\n", check=False).returncode == 1
    assert server.cli("user", "del", "jo", check=False).returncode == 1
    server.cli("user", "alias", "del", user, "jo")
    assert not works(server, "jo", "by the alias") and works(server, user, "by the alias")


def test_weak_secrets_serve_old_mechanisms_only_where_asked_for(make):
    server = make.postern(users=(), authd_store_weak_secrets="cram-md5, digest-md5",
                          authd_mechanisms="plain, cram-md5, digest-md5", authd_failure_delay="0s")
    server.add_user("old")
    assert works(server, "old", PASSWORD, mechanism="CRAM-MD5")
    assert not works(server, "old", "guess", mechanism="CRAM-MD5")
    worked, said = gsasl(server, "old", PASSWORD, "DIGEST-MD5", "--realm", "mail.postern.example")
    assert worked, said
    assert not gsasl(server, "old", "guess", "DIGEST-MD5", "--realm", "mail.postern.example")[0]


def test_last_use_is_shown(server):
    user = server.add_user("used")
    phone = app_password(server, user, "phone")
    assert server.cli("user", "app", "list", user).stdout.count("last used never") == 1
    assert works(server, user, phone)
    wait_until(lambda: "from 127.0.0.1 (smtp)" in server.cli("user", "app", "list", user).stdout, "the use to be noted")


def test_nothing_secret_is_shown_or_logged(server):
    user = server.add_user("secretive")
    phone = app_password(server, user, "phone")
    assert works(server, user, phone)
    shown = server.cli("user", "show", user).stdout + server.cli("user", "app", "list", user).stdout
    for text in (shown, server.log_text()):
        assert phone not in text and phone.replace("-", "") not in text and PASSWORD not in text
    database = (server.directory / "data").glob("accounts.sqlite*")
    assert all(phone.encode() not in path.read_bytes() and phone.replace("-", "").encode() not in path.read_bytes()
               for path in database)


# ---- imports

def digest(scheme, octets):
    return f"{{{scheme}}}{base64.b64encode(octets).decode()}"


def crypt(option):
    """The password hashed by openssl(1): -5, -6, -apr1."""
    return subprocess.run(["openssl", "passwd", option, "-stdin"], input=PASSWORD, capture_output=True, text=True,
                          check=True, timeout=60).stdout.strip()


def import_file(server, scratch, form, content, *options, check=True):
    path = scratch / form
    path.write_text(content)
    return server.cli("user", "import", "--format", form, *options, str(path), check=check)


def doveadm(scheme, user):
    return subprocess.run(["doveadm", "pw", "-s", scheme, "-u", user, "-p", PASSWORD], capture_output=True, text=True,
                          check=True, timeout=60).stdout.strip()


def test_import_of_a_passwd_file(server, scratch):
    lines = [
        "pw-plain:{PLAIN}" + PASSWORD,
        "pw-ssha:" + digest("SSHA", hashlib.sha1(PASSWORD.encode() + b"salt").digest() + b"salt"),
        "pw-sha512:" + crypt("-6") + ":19000:0:99999:7:::",
        "pw-locked:!" + crypt("-5") + ":19000:0:99999:7:::",
        "pw-home:{PLAIN}" + PASSWORD + "::::::allow_nets=127.0.0.77",
        "daemon:*:19000:0:99999:7:::",
    ]
    said = import_file(server, scratch, "passwd-file", "\n".join(lines) + "\n")
    assert "imported 5 accounts" in said.stdout and ":6: daemon" in said.stderr
    for user in ("pw-plain", "pw-ssha", "pw-sha512"):
        assert not works(server, user, "guess") and works(server, user, PASSWORD) and works(server, user, PASSWORD)
        assert "password   set" in server.cli("user", "show", user).stdout
    assert not works(server, "pw-locked", PASSWORD)
    server.cli("user", "unlock", "pw-locked")
    assert works(server, "pw-locked", PASSWORD)
    assert not works(server, "pw-home", PASSWORD) and works(server, "pw-home", PASSWORD, source="127.0.0.77")


SCHEMES = ["CRYPT", "MD5-CRYPT", "SHA256-CRYPT", "SHA512-CRYPT", "BLF-CRYPT", "PLAIN-MD5", "LDAP-MD5", "SMD5", "SHA",
           "SSHA", "SHA256", "SSHA256", "SHA512", "SSHA512", "PBKDF2", "ARGON2I", "ARGON2ID", "SCRAM-SHA-1",
           "SCRAM-SHA-256", "CRAM-MD5", "DIGEST-MD5", "PLAIN", "SHA.HEX", "SHA256.B64"]


def test_import_of_every_scheme_that_dovecot_makes(server, scratch):
    names = {scheme: "dc-" + scheme.lower() for scheme in SCHEMES}
    lines = [f"{name}:{doveadm(scheme, name)}:1000:1000::/home/{name}::" for scheme, name in names.items()]
    import_file(server, scratch, "dovecot", "\n".join(lines) + "\n")
    for scheme, name in names.items():
        assert not works(server, name, "guess"), scheme
        assert works(server, name, PASSWORD), scheme
        assert "password   set" in server.cli("user", "show", name).stdout, scheme


def test_import_of_htpasswd(server, scratch):
    bcrypt = doveadm("BLF-CRYPT", "ht-bcrypt").removeprefix("{BLF-CRYPT}")
    lines = ["ht-apr1:" + crypt("-apr1"), "ht-sha:" + digest("SHA", hashlib.sha1(PASSWORD.encode()).digest()),
             "ht-bcrypt:" + bcrypt]
    import_file(server, scratch, "htpasswd", "\n".join(lines) + "\n")
    for name in ("ht-apr1", "ht-sha", "ht-bcrypt"):
        assert not works(server, name, "guess") and works(server, name, PASSWORD), name


def test_import_of_cyrus_s_sasldb2(make, scratch):
    # SCRAM is offered only while every account has keys for it, and others' imports have none before their first login.
    server = make.postern(authd_failure_delay="0s")
    path = scratch / "sasldb2"
    for user in ("sd-joe", "sd-ann"):
        subprocess.run(["/usr/sbin/saslpasswd2", "-p", "-c", "-f", str(path), "-u", "mail.postern.example", user],
                       input=PASSWORD, text=True, check=True, timeout=60)
    server.cli("user", "import", "--format", "sasldb2", str(path))
    for user in ("sd-joe", "sd-ann@mail.postern.example"):
        assert not works(server, user, "guess") and works(server, user, PASSWORD)
        assert gsasl(server, user, PASSWORD, "SCRAM-SHA-256")[0]


def test_import_is_all_or_nothing_and_names_the_lines(server, scratch):
    before = server.cli("user", "list").stdout
    lines = ["good:{PLAIN}x", "no colon", "joe:{PLAIN}x", "bad name:{PLAIN}x", "odd:{ROT13}x", "good:{PLAIN}y",
             "empty:"]
    said = import_file(server, scratch, "passwd-file", "\n".join(lines) + "\n", check=False)
    assert said.returncode == 1 and "nothing was imported" in said.stderr
    for number in (2, 3, 4, 5, 6, 7):
        assert f"/passwd-file:{number}: " in said.stderr, said.stderr
    assert server.cli("user", "list").stdout == before
    missing = server.cli("user", "import", "--format", "htpasswd", "/nowhere", check=False)
    assert missing.returncode == 1 and "/nowhere" in missing.stderr


def test_many_may_change_accounts_at_once(server):
    words = [os.fspath(BINARIES / "postern"), "user", "--dir", str(server.directory), "add", "--password-stdin"]
    runs = [subprocess.Popen([*words, f"many{number}"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                             stderr=subprocess.PIPE, text=True) for number in range(6)]
    for run in runs:
        _, errors = run.communicate(PASSWORD + "\n", timeout=60)
        assert run.returncode == 0, errors
    listed = server.cli("user", "list").stdout
    assert all(f"many{number} " in listed for number in range(6))


@pytest.mark.parametrize("words", [["help"], ["--help"], ["add", "--help"], ["app", "--help"], ["import", "--help"]])
def test_help_is_shown_wherever_it_is_asked_for(server, words):
    said = server.cli("user", *words)
    assert said.stdout.startswith("usage: postern user") and not said.stderr


def test_an_action_that_is_not_there_is_named_whole(server):
    said = server.cli("user", "app", "remove", "joe", "phone", check=False)
    assert said.returncode == 2 and "no action 'app remove'" in said.stderr
