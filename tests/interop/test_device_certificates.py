"""Device certificates: what devices import, what they permit, how they end; fingerprints beside Debian's Postfix."""

import hashlib
import re
import sqlite3
import ssl
import subprocess
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat, pkcs12
from harness.certificates import Authority, make_certificate
from harness.ports import free_port
from harness.postern import BINARIES
from harness.postfix import maildir_next_hop
from harness.raw_smtp import RawSmtp
from harness.sasl_clients import Login, curl, msmtp
from harness.waiting import wait_until

VERSIONS = ["TLSv1_2", "TLSv1_3"]


class Device:
    """A device with its imported certificate: .pem, .key, .serial, .password, .bundle."""

    def __init__(self, server, directory, user, name, *options):
        self.bundle = directory / f"{user}-{name}-{time.monotonic_ns()}.p12"
        done = server.cli("cert", "issue", user, name, "--out", str(self.bundle), *options)
        self.password = done.stdout.strip()
        key, certificate, self.authorities = pkcs12.load_key_and_certificates(self.bundle.read_bytes(),
                                                                              self.password.encode())
        self.certificate, self.serial = certificate, f"{certificate.serial_number:016x}"
        self.pem, self.key = self.bundle.with_suffix(".pem"), self.bundle.with_suffix(".key")
        self.pem.write_bytes(certificate.public_bytes(Encoding.PEM))
        self.key.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        self.pair = (self.pem, self.key)


class Session:
    """EHLO, STARTTLS, EHLO with a certificate; resume: an earlier Session."""

    def __init__(self, port, pair=None, version="TLSv1_3", resume=None):
        self.context = resume.context if resume else ssl.create_default_context()
        if not resume:
            self.context.check_hostname, self.context.verify_mode = False, ssl.CERT_NONE
            self.context.minimum_version = self.context.maximum_version = ssl.TLSVersion[version]
            if pair:
                self.context.load_cert_chain(*pair)
        self.client = RawSmtp(port)
        assert self.client.ehlo().code == 250
        assert self.client.command("STARTTLS").code == 220
        self.client.socket = self.context.wrap_socket(self.client.socket, server_hostname="mail.example",
                                                      session=resume and resume.ticket)
        self.hello = self.client.ehlo()

    @property
    def ticket(self):
        return self.client.socket.session

    @property
    def resumed(self):
        return self.client.socket.session_reused

    def recipient(self, address="anna@dest.example"):
        """What RCPT says."""
        assert self.client.command("MAIL FROM:<joe@home.example>").code == 250
        said = self.client.command(f"RCPT TO:<{address}>")
        self.client.command("RSET")
        return said.code

    def external(self, authzid=""):
        return self.client.command("AUTH EXTERNAL " + (authzid or "=")).code


@pytest.fixture(scope="module")
def server(module_make):
    return module_make.postern(
        module_make.sink().port, authd_failure_delay="0s", smtpd_sasl_mechanism_filter="static:all",
        smtpd_tls_ask_ccert="yes", smtpd_tls_loglevel="1", mynetworks="192.0.2.0/24",
        smtpd_relay_restrictions="permit_tls_all_clientcerts, permit_sasl_authenticated, reject")


@pytest.fixture
def user(server, request):
    name = "u" + hashlib.sha256(request.node.name.encode()).hexdigest()[:10]
    return server.add_user(name)


def openssl(*words, stdin=None):
    return subprocess.run(["openssl", *map(str, words)], check=False, capture_output=True, text=True, input=stdin)


# ---- what is issued

def test_the_bundle_is_what_devices_import(server, scratch, user):
    device = Device(server, scratch, user, "old phone", "--days", "30")
    told = openssl("pkcs12", "-in", device.bundle, "-passin", f"pass:{device.password}", "-info", "-nodes")
    assert told.returncode == 0, told.stderr
    assert "AES-256-CBC" in told.stderr and "sha256" in told.stderr.lower()
    assert device.bundle.stat().st_mode & 0o777 == 0o600
    subject = {each.oid._name: each.value for each in device.certificate.subject}
    assert subject == {"commonName": user, "organizationalUnitName": "old phone"}
    usage = device.certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert list(usage) == [x509.ExtendedKeyUsageOID.CLIENT_AUTH]
    assert not device.certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    life = device.certificate.not_valid_after - device.certificate.not_valid_before
    assert 29 < life.total_seconds() / 86400 < 31


def test_a_legacy_bundle_is_of_old_algorithms_alone(server, scratch, user):
    device = Device(server, scratch, user, "ipad", "--legacy")
    told = openssl("pkcs12", "-in", device.bundle, "-passin", f"pass:{device.password}", "-info", "-nodes")
    assert told.returncode == 0, told.stderr
    assert "pbeWithSHA1And3-KeyTripleDES-CBC" in told.stderr and "MAC: sha1" in told.stderr
    assert "RC2" not in told.stderr


def test_a_renewed_authority_vouches_for_what_it_signed(make, scratch):
    server = make.postern(make.sink().port, authd_failure_delay="0s", smtpd_sasl_mechanism_filter="static:all",
                          smtpd_tls_ask_ccert="yes", smtpd_relay_restrictions="permit_sasl_authenticated, reject")
    user = server.add_user("kate")
    phone = Device(server, scratch, user, "phone")
    before = server.cli("cert", "ca", "--export").stdout
    root = scratch / "renewed.pem"
    assert "renewed" in server.cli("cert", "ca", "--renew").stderr
    root.write_text(server.cli("cert", "ca", "--export").stdout)
    assert root.read_text() != before
    assert openssl("verify", "-CAfile", root, phone.pem).returncode == 0
    crl = scratch / "renewed-crl.pem"
    crl.write_text(server.cli("cert", "ca", "--crl").stdout)
    assert openssl("verify", "-crl_check", "-CRLfile", crl, "-CAfile", root, phone.pem).returncode == 0
    assert Session(server.submission, phone.pair).external() == 235
    assert Session(server.submission, Device(server, scratch, user, "tablet").pair).external() == 235


def test_with_an_authority_of_ones_own_both_are_announced(make, scratch):
    ours = Authority(scratch, "Staff-Root")
    server = make.postern(make.sink().port, smtpd_tls_ask_ccert="yes", smtpd_tls_CAfile=ours.root)
    told = server.cli("cert", "issue", server.add_user("kate"), "phone", "--out", scratch / "kate.p12").stderr
    assert "hint: run postern reload" in told

    def announced():
        return openssl("s_client", "-connect", f"127.0.0.1:{server.submission}", "-starttls", "smtp",
                       stdin="QUIT\r\n").stdout

    assert "CN = Staff-Root" in announced() and "Postern device certificates" not in announced()
    server.cli("reload")
    wait_until(lambda: "O = Postern device certificates" in announced(), "the name of the authority of devices")


def test_password_of_ones_own(server, scratch, user):
    path = scratch / "own.p12"
    done = server.cli("cert", "issue", user, "tablet", "--out", path, "--password-stdin", stdin="s3cret here\n")
    assert done.stdout == ""
    assert pkcs12.load_key_and_certificates(path.read_bytes(), b"s3cret here")[1]
    assert server.cli("cert", "issue", user, "tablet", "--out", str(path), check=False).returncode == 1
    assert server.cli("cert", "issue", user, "t2", "--out", str(path) + "2", "--password-stdin", stdin="\n",
                      check=False).returncode == 1


def test_the_authority_vouches_for_clients_alone(server, scratch, user):
    device = Device(server, scratch, user, "phone")
    root = scratch / "ca.pem"
    root.write_text(server.cli("cert", "ca", "--export").stdout)
    assert (server.etc / "device-ca" / "ca.key").stat().st_mode & 0o777 == 0o600
    for purpose, want in (("sslclient", 0), ("sslserver", 2)):
        told = openssl("verify", "-CAfile", root, "-purpose", purpose, device.pem)
        assert told.returncode == want, (purpose, told.stdout + told.stderr)
    # Even a certificate for servers that its key signs is none: the authority itself is for clients.
    key, request, forged, extensions = (scratch / name for name in ("f.key", "f.csr", "f.pem", "f.ext"))
    extensions.write_text("extendedKeyUsage=serverAuth\nsubjectAltName=DNS:bank.example\n")
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=bank.example",
            "-keyout", key, "-out", request)
    signed = openssl("x509", "-req", "-in", request, "-CA", root, "-CAkey", server.etc / "device-ca" / "ca.key",
                     "-extfile", extensions, "-out", forged)
    assert signed.returncode == 0, signed.stderr
    told = openssl("verify", "-CAfile", root, "-purpose", "sslserver", forged)
    assert told.returncode == 2 and "unsuitable certificate purpose" in told.stderr


@pytest.mark.parametrize("words", [("nobody", "phone"), ("USER", "a:b"), ("USER", "a/b"), ("USER", ""),
                                   ("USER", "phone", "--days", "0"), ("USER", "phone", "--days", "99999"),
                                   ("USER",), ("USER", "phone", "extra")])
def test_what_is_not_issued(server, scratch, user, words):
    words = [user if word == "USER" else word for word in words]
    out = scratch / "no.p12"
    done = server.cli("cert", "issue", *words, "--out", str(out), check=False)
    assert done.returncode != 0 and done.stderr and not out.exists()


# ---- what it permits

@pytest.mark.parametrize("version", VERSIONS)
def test_it_permits_and_logs_in(server, scratch, user, version):
    """Without a CAfile, and without a reload since the authority was made."""
    device = Device(server, scratch, user, "phone")
    session = Session(server.mx, device.pair, version)
    assert session.recipient() == 250
    assert "EXTERNAL" in session.hello.text
    assert session.external() == 235
    server.wait_log(f"user={user}, method=EXTERNAL, service=smtp, client=127.0.0.1: login accepted, source=accounts, "
                    f"credential=cert:phone:{device.serial}")
    assert Session(server.mx, None, version).recipient() == 554


def test_nobody_elses_account(server, scratch, user):
    device = Device(server, scratch, user, "phone")
    assert Session(server.mx, device.pair).external("am9l") == 535  # joe


@pytest.mark.parametrize("client", [curl, msmtp])
def test_clients_log_in(server, scratch, user, client):
    device = Device(server, scratch, user, "phone")
    worked, said = client(Login(server.submission, "EXTERNAL", user, "", False, device.pair))
    assert worked, said


@pytest.mark.parametrize("version", VERSIONS)
def test_a_forged_authority_gets_nothing(server, scratch, user, version):
    """The name of the authority can be written by anybody."""
    root_key, root, key, request, forged = (scratch / name for name in ("r.key", "r.pem", "k.key", "k.csr", "k.pem"))
    real = x509.load_pem_x509_certificate(server.cli("cert", "ca", "--export").stdout.encode())
    subject = "".join(f"/{'O' if a.oid._name == 'organizationName' else 'CN'}={a.value}" for a in real.subject)
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", subject,
            "-keyout", root_key, "-out", root)
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", f"/CN={user}",
            "-keyout", key, "-out", request)
    openssl("x509", "-req", "-in", request, "-CA", root, "-CAkey", root_key, "-out", forged)
    session = Session(server.mx, (forged, key), version)
    assert session.recipient() == 554
    assert session.external() != 235
    server.wait_log(f"client certificate not used: postern cert has not issued it, subject_CN={user}")


# ---- how it ends

@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("login", [False, True], ids=["by certificate", "by EXTERNAL"])
def test_revoking_ends_sessions_and_tickets_at_once(server, scratch, user, version, login):
    device, other = Device(server, scratch, user, "phone"), Device(server, scratch, user, "laptop")
    session, kept = Session(server.mx, device.pair, version), Session(server.mx, other.pair, version)
    if login:
        assert session.external() == 235
    assert session.recipient() == 250 and kept.recipient() == 250
    again = Session(server.mx, resume=session)
    assert again.resumed and again.recipient() == 250
    ticket = again if version == "TLSv1_3" else session
    server.cli("cert", "revoke", user, "phone")
    for one in (session, again):
        wait_until(lambda one=one: one.client.command("NOOP").code == 421, "421")
    late = Session(server.mx, resume=ticket)
    assert late.recipient() == 554
    assert late.external() != 235
    server.wait_log("client certificate not used: the certificate of phone was revoked at ")
    assert kept.recipient() == 250
    fresh = Session(server.mx, device.pair, version)
    assert fresh.recipient() == 554


@pytest.mark.parametrize("how", ["lock", "expire", "del", "certificate expires"])
def test_the_account_and_the_time_have_their_say(server, scratch, user, how):
    device = Device(server, scratch, user, "phone")
    session = Session(server.mx, device.pair)
    assert session.recipient() == 250
    if how == "certificate expires":
        # Days are the least that can be asked for: shorten it where it is kept.
        database = sqlite3.connect(next(server.directory.rglob("accounts.sqlite")))
        with database:
            database.execute("UPDATE credentials SET expires = ? WHERE name = ?",
                             (int(time.time()) - 1, f"cert:phone:{device.serial}"))
        database.close()
    else:
        server.cli("user", how, user, *(["1s"] if how == "expire" else []))
        wait_until(lambda: session.client.command("NOOP").code == 421, "the end")
    assert Session(server.mx, device.pair).recipient() == 554
    why = {"lock": "the account is locked", "expire": "the account expired at", "del": f"its account {user} is gone",
           "certificate expires": "the certificate of phone expired at"}
    server.wait_log(f"client certificate not used: {why[how]}")


def test_by_serial_and_in_the_lists(server, scratch, user):
    first, second = Device(server, scratch, user, "phone"), Device(server, scratch, user, "phone")  # renewed
    assert Session(server.mx, first.pair).recipient() == Session(server.mx, second.pair).recipient() == 250
    colons = ":".join(re.findall("..", first.serial.upper()))
    server.cli("cert", "revoke", user, colons)
    assert Session(server.mx, first.pair).recipient() == 554
    assert Session(server.mx, second.pair).recipient() == 250
    listed = server.cli("cert", "list", user).stdout.splitlines()
    assert len(listed) == 2 and first.serial in listed[0] and ", revoked " in listed[0]
    wait_until(lambda: "used 20" in server.cli("cert", "list", user).stdout.splitlines()[1], "the last use")
    assert server.cli("cert", "revoke", user, "watch", check=False).returncode == 1
    crl, root = scratch / "crl.pem", scratch / "ca.pem"
    crl.write_text(server.cli("cert", "ca", "--crl").stdout)
    root.write_text(server.cli("cert", "ca", "--export").stdout)
    for device, want in ((first, 2), (second, 0)):
        told = openssl("verify", "-crl_check", "-CAfile", root, "-CRLfile", crl, device.pem)
        assert told.returncode == want, told.stdout + told.stderr
    server.cli("user", "del", user)
    crl.write_text((server.etc / "device-ca" / "crl.pem").read_text())
    assert "revoked" in openssl("verify", "-crl_check", "-CAfile", root, "-CRLfile", crl, second.pem).stderr


def test_required_certificate(make, scratch):
    port = free_port()
    server = make.postern(start=False, smtpd_tls_loglevel="1", mynetworks="192.0.2.0/24",
                          smtpd_relay_restrictions="permit_tls_all_clientcerts, reject")
    server.write_master([f"127.0.0.1:{port} inet n - n - - smtpd",
                         "  -o smtpd_tls_security_level=encrypt -o smtpd_tls_req_ccert=yes"])
    make.keep(server).start(port)
    device = Device(server, scratch, "joe", "phone")
    assert Session(port, device.pair).hello.code == 250
    server.wait_log("Trusted TLS connection established")
    server.cli("cert", "revoke", "joe", "phone")
    refused = Session(port, device.pair).hello
    assert refused.code == 421 and "Client certificate not trusted" in refused.text
    server.wait_log("certificate verification failed for localhost[127.0.0.1]: the certificate of phone was revoked at ")


def test_it_is_worth_nothing_while_the_accounts_cannot_be_asked(make, scratch):
    server = make.postern(smtpd_tls_ask_ccert="yes", mynetworks="192.0.2.0/24",
                          smtpd_relay_restrictions="permit_tls_all_clientcerts, reject")
    device = Device(server, scratch, "joe", "phone")
    assert Session(server.mx, device.pair).recipient() == 250
    database = next(server.directory.rglob("accounts.sqlite"))
    database.rename(database.with_suffix(".away"))
    assert Session(server.mx, device.pair).recipient() == 554
    server.wait_log("client certificate not used: cannot open the account database ")
    database.with_suffix(".away").rename(database)
    wait_until(lambda: Session(server.mx, device.pair).recipient() == 250, "the accounts to be back")


# ---- kill -9

def test_killed_commands_leave_everything_whole(make, scratch):
    server = make.postern()
    root = scratch / "ca.pem"
    for number in range(30):
        words = ["cert", "issue", "joe", f"d{number}", "--out", str(scratch / f"{number}.p12")] if number % 2 == 0 \
            else ["cert", "revoke", "joe", f"d{number - 1}"]
        running = subprocess.Popen([str(BINARIES / "postern"), *words, "--dir", str(server.directory)],
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            running.wait(0.001 * number)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()
        if (server.etc / "device-ca").exists():
            root.write_text(server.cli("cert", "ca", "--export").stdout)
            assert openssl("crl", "-in", server.etc / "device-ca" / "crl.pem", "-CAfile", root, "-noout").returncode == 0
            assert openssl("pkey", "-in", server.etc / "device-ca" / "ca.key", "-noout").returncode == 0
    final = Device(server, scratch, "joe", "last")
    root.write_text(server.cli("cert", "ca", "--export").stdout)
    assert openssl("verify", "-CAfile", root, final.pem).returncode == 0
    server.cli("cert", "revoke", "joe", "last")
    crl = server.etc / "device-ca" / "crl.pem"
    assert openssl("verify", "-crl_check", "-CAfile", root, "-CRLfile", crl, final.pem).returncode == 2


# ---- fingerprints, beside Postfix

DIGESTS = ["md5", "sha1", "sha256", "sha512", "sha256 of bare keys"]


def fingerprints(certificate, digest, bare):
    """Of the certificate and of its public key, or of that key's bits alone."""
    parsed = x509.load_pem_x509_certificate(certificate.read_bytes())
    key = parsed.public_key()
    if not bare:
        octets = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    elif isinstance(key, ec.EllipticCurvePublicKey):
        octets = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    else:
        octets = key.public_bytes(Encoding.DER, PublicFormat.PKCS1)
    octets = [parsed.public_bytes(Encoding.DER), octets]
    return [":".join(re.findall("..", hashlib.new(digest, one).hexdigest().upper())) for one in octets]


@pytest.fixture(scope="module")
def strangers(module_scratch):
    authority = Authority(module_scratch, "Foreign")
    return {name: authority.sign(name, kind) for name, kind in
            (("listed", "ec"), ("keyed", "rsa"), ("denied", "ec"), ("unknown", "ec"))}


@pytest.fixture(scope="module", params=DIGESTS)
def peers(request, module_make, module_scratch, strangers):
    """Both servers with the same lists: fingerprints of one certificate and of another's key may relay, one may not."""
    digest, bare = request.param.split()[0], request.param.endswith("bare keys")
    name = f"{digest}-{'bare' if bare else 'whole'}"
    prints = {each: fingerprints(pair[0], digest, bare) for each, pair in strangers.items()}
    relay, access = module_scratch / f"relay-{name}", module_scratch / f"access-{name}"
    relay.write_text(f"{prints['listed'][0]} yes\n{prints['keyed'][1]} yes\n")
    access.write_text(f"{prints['denied'][1]} 554 5.7.1 not you\n")
    certificate, key = make_certificate(module_scratch, "server")
    parameters = {"smtpd_tls_security_level": "may", "smtpd_tls_cert_file": certificate, "smtpd_tls_key_file": key,
                  "smtpd_tls_ask_ccert": "yes", "smtpd_tls_fingerprint_digest": digest, "smtpd_tls_loglevel": "2",
                  "tls_legacy_public_key_fingerprints": "yes" if bare else "no",
                  "relay_clientcerts": f"texthash:{relay}", "mynetworks": "192.0.2.0/24",
                  "smtpd_relay_restrictions": f"check_ccert_access texthash:{access}, permit_tls_clientcerts, reject"}
    port = free_port()
    postfix = maildir_next_hop(module_scratch / f"postfix-{name}", port, ["dest.example"])
    postfix.main_cf |= parameters
    postfix._prepare()
    module_make.keep(postfix).start(port)
    postern = module_make.postern(module_make.sink().port, **parameters)
    return prints, {"postfix": (port, postfix), "postern": (postern.mx, postern)}


@pytest.mark.parametrize("version", VERSIONS)
def test_lists_of_fingerprints_decide_as_in_postfix(peers, strangers, version):
    prints, servers = peers
    for name, want in (("listed", 250), ("keyed", 250), ("denied", 554), ("unknown", 554)):
        for server, (port, _) in servers.items():
            first = Session(port, strangers[name], version)
            assert first.recipient("anna@elsewhere.example") == want, (server, name)
            again = Session(port, resume=first)
            assert again.recipient("anna@elsewhere.example") == want, (server, name, "resumed")
            assert again.resumed or server == "postfix"
        certificate, key = prints[name]
        for _, running in servers.values():
            wait_until(lambda running=running: f"fingerprint={certificate}, pkey_fingerprint={key}" in running.log_text(),
                       "the fingerprints in the log")


# ---- what is told to who forgot something

def test_hints(make, scratch):
    """Without a word about certificates in main.cf: `cert issue` says what is missing, and `check` does."""
    server = make.postern()
    missing = "smtpd asks for no client certificates; set smtpd_tls_ask_ccert = yes"
    assert missing not in server.cli("check", check=False).stdout
    assert missing in server.cli("cert", "issue", "joe", "phone", "--out", str(scratch / "a.p12")).stderr
    assert missing in server.cli("check", check=False).stdout
    server.set(smtpd_tls_ask_ccert="yes", smtpd_sasl_mechanism_filter="static:all")
    done = server.cli("cert", "issue", "joe", "phone", "--out", str(scratch / "b.p12"))
    assert "hint" not in done.stderr
    assert missing not in server.cli("check", check=False).stdout
