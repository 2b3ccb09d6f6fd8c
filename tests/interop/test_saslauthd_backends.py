"""saslauthd with ldap, rimap and kerberos5 on its socket: ours, and beside it the original with the same files."""

import os
import shutil
import socket
import struct

import pytest
from harness.dovecot import Dovecot
from harness.kdc import Kdc
from harness.saslauthd import Saslauthd
from harness.slapd import SUFFIX, Slapd, person


def reply(server, login, password, service="smtp", realm=""):
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(20)
        client.connect(str(server.socket))
        for text in (login, password, service, realm):
            octets = text.encode()
            client.sendall(struct.pack(">H", len(octets)) + octets)
        with client.makefile("rb") as answer:
            (size,) = struct.unpack(">H", answer.read(2))
            return answer.read(size).rstrip(b"\0").decode()


@pytest.fixture
def both(scratch):
    """Starts our saslauthd and the original with the same words; as_user: ours without root's rights."""
    running = []

    def start(*words, env=None, as_user=None):
        servers = []
        for whose in ("postern", "cyrus"):
            directory = scratch / whose
            directory.mkdir()
            server = Saslauthd(directory, whose, *words)
            if as_user and whose == "postern":
                shutil.chown(directory, as_user)
                server.words = ["setpriv", f"--reuid={as_user}", "--regid=nogroup", "--clear-groups", *server.words]
            for name, value in (env or {}).items():
                os.environ[name] = value
            try:
                servers.append(server.start())
            finally:
                for name in env or {}:
                    del os.environ[name]
            running.append(server)
        return servers

    yield start
    for server in running:
        server.stop()


def test_ldap_without_root(scratch, both):
    slapd = Slapd(scratch / "slapd", person("joe", "secret")).start()
    try:
        conf = scratch / "saslauthd.conf"
        conf.write_text(f"ldap_servers: {slapd.uri}\nldap_search_base: ou=People,{SUFFIX}\n"
                        "ldap_auth_method: bind\nldap_filter: uid=%u\n")
        conf.chmod(0o644)
        ours, original = both("-a", "ldap", "-O", str(conf), "-n", "2", as_user="nobody")
        for login, password, want in [("joe", "secret", "OK"), ("joe", "guess", "NO"), ("nobody", "secret", "NO"),
                                      ("joe)(uid=*", "secret", "NO"), ("*", "secret", "NO")]:
            assert reply(ours, login, password) == want, login
            assert reply(original, login, password) == want, login
        assert "secret" not in ours.log_text()
        assert "[user=joe] [service=smtp] [realm=] [mech=ldap]" in ours.log_text()
    finally:
        slapd.stop()


def test_rimap(scratch, both):
    dovecot = Dovecot(scratch / "dovecot", {"joe": "secret", "q": 'a"b\\c'}, extra="disable_plaintext_auth = no").start()
    try:
        ours, original = both("-a", "rimap", "-O", f"127.0.0.1/{dovecot.port}", "-n", "2")
        for login, password, want in [("joe", "secret", "OK remote authentication successful"),
                                      ("q", 'a"b\\c', "OK remote authentication successful"),
                                      ("joe", "guess", "NO remote server rejected your credentials")]:
            assert reply(ours, login, password) == want
            assert reply(original, login, password) == want
        dovecot.stop()
        want = "NO [ALERT] Couldn't contact remote authentication server"
        assert reply(ours, "joe", "secret") == reply(original, "joe", "secret") == want
        dovecot.start()
        assert "secret" not in ours.log_text()
    finally:
        dovecot.stop()


def test_kerberos5(scratch, both):
    kdc = Kdc(scratch / "kdc", {"joe": "secret", "eve/imap": "there"}, hosts=[f"host/{socket.gethostname()}"]).start()
    try:
        conf = scratch / "saslauthd.conf"
        conf.write_text(f"krb5_imap_instance: imap\nkrb5_keytab: {kdc.keytab}\n")
        ours, original = both("-a", "kerberos5", "-O", str(conf), "-n", "2", env=kdc.env)
        for login, password, service, realm, want in [
                ("joe", "secret", "smtp", "", "OK"), ("joe", "secret", "smtp", kdc.realm, "OK"),
                ("eve", "there", "imap", "", "OK"), ("joe", "guess", "smtp", "", "NO krb5_get_init_creds_password failed"),
                ("nobody", "x", "smtp", "", "NO krb5_get_init_creds_password failed")]:
            assert reply(ours, login, password, service, realm) == want, login
            assert reply(original, login, password, service, realm) == want, login
        kdc.keytab.unlink()
        want = "NO krb5_verify_init_creds failed"
        assert reply(ours, "joe", "secret") == reply(original, "joe", "secret") == want
    finally:
        kdc.stop()
