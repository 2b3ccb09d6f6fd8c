"""Client certificates: what is logged, what Received: says, who is refused; the same sessions go through Debian's Postfix."""

import re
import ssl
import subprocess

import pytest
from harness.certificates import Authority, make_certificate
from harness.ports import free_port
from harness.postfix import maildir_messages, maildir_next_hop
from harness.raw_smtp import ConnectionEnded, RawSmtp
from harness.waiting import wait_until

REQUIRED = "-o smtpd_tls_security_level=encrypt -o smtpd_tls_req_ccert=yes"


class Session:
    """One message over TLS; `greeting` and `hello` are the first replies under TLS."""

    def __init__(self, port, version="TLSv1_3", certificate=None, wrapper=False, verb="EHLO", group=None, resume=None):
        self.context = resume.context if resume else self._context(version, certificate, group)
        self.client = RawSmtp(port, greeting=not wrapper)
        if not wrapper:
            self.client.command(f"{verb} client.example")
            assert self.client.command("STARTTLS").code == 220
        self.client.socket = self.context.wrap_socket(self.client.socket, server_hostname="mail.example",
                                                      session=resume and resume.session)
        self.greeting = self.client.reply() if wrapper else None
        self.hello = None if wrapper and self.greeting.code != 220 else self.client.command(f"{verb} client.example")

    @staticmethod
    def _context(version, certificate, group):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.minimum_version = context.maximum_version = ssl.TLSVersion[version]
        if certificate:
            context.load_cert_chain(*certificate)
        if group:
            context.set_ecdh_curve(group)
        return context

    def send(self, marker):
        self.client.mail("joe@home.example", "anna@dest.example")
        assert self.client.data(f"Subject: {marker}\r\n\r\nhello\r\n").code == 250
        self.session, self.resumed = self.client.socket.session, self.client.socket.session_reused
        self.client.command("QUIT")
        self.client.close()
        return self


@pytest.fixture(scope="module")
def certificates(module_scratch):
    ours, theirs = Authority(module_scratch, "Our-Root"), Authority(module_scratch, "Foreign-Root")
    return {"root": ours.root, "ec": ours.sign("joe-laptop"), "rsa": ours.sign("joe-laptop", "rsa"), "stranger": theirs.sign("stranger")}


@pytest.fixture(scope="module")
def tls_parameters(module_scratch, certificates):
    certificate, key = make_certificate(module_scratch, "server")
    return {"smtpd_tls_security_level": "may", "smtpd_tls_cert_file": certificate, "smtpd_tls_key_file": key,
            "smtpd_tls_CAfile": certificates["root"], "smtpd_tls_ask_ccert": "yes", "smtpd_tls_received_header": "yes",
            "smtpd_tls_loglevel": "2"}


class Peer:
    """A server and its ports: optional TLS, required certificate, the same in wrapper mode."""

    def __init__(self):
        self.optional, self.required, self.wrapped = free_port(), free_port(), free_port()
        self.services = [f"127.0.0.1:{self.optional} inet n - n - - smtpd",
                         f"127.0.0.1:{self.required} inet n - n - - smtpd {REQUIRED}",
                         f"127.0.0.1:{self.wrapped} inet n - n - - smtpd {REQUIRED} -o smtpd_tls_wrappermode=yes"]

    def received(self, marker):
        """The TLS lines and the protocol of our hop's Received:, as one string."""
        def found():
            return next((text for text in self.messages() if f"Subject: {marker}" in text), None)
        field = wait_until(found, f"message {marker}").replace("\r\n", "\n")
        field = field[field.rindex("Received: from client.example"):]
        lines = re.match(r"Received: from .*\n((?:\t\(.*\n(?:\t .*\n)*)*)\tby \S+ \(\S+\) with (\w+) id", field)
        assert lines, field
        return lines[1] + lines[2]

    def tls_line(self, seen):
        """What the log says of the handshake after the first `seen` characters."""
        def found():
            return re.search(r"(\w+ TLS connection established) from [^:]*(: .*?)(?:, session=.*)?$",
                             self.log_text()[seen:], re.MULTILINE)
        return "".join(wait_until(found, "the line of the handshake").groups())


@pytest.fixture(scope="module")
def postfix(module_make, module_scratch, tls_parameters):
    peer = Peer()
    directory = module_scratch / "postfix"
    server = maildir_next_hop(directory, peer.optional, ["dest.example"])
    server.main_cf |= tls_parameters
    server.services = peer.services
    server._prepare()
    module_make.keep(server).start(peer.optional)
    peer.messages, peer.log_text, peer.directory = lambda: maildir_messages(directory), server.log_text, directory
    return peer


@pytest.fixture(scope="module")
def postern(module_make, tls_parameters):
    peer, sink = Peer(), module_make.sink()
    server = module_make.postern(sink.port, start=False, mynetworks="127.0.0.0/8",
                                 smtpd_relay_restrictions="permit_mynetworks, reject", **tls_parameters)
    server.write_master(peer.services)
    module_make.keep(server).start(peer.optional, peer.required, peer.wrapped)
    peer.messages = lambda: [message.content.decode() for message in sink.messages]
    peer.log_text, peer.wait_log, peer.directory = server.log_text, server.wait_log, server.directory
    return peer


SESSIONS = {
    "no certificate": {},
    "no certificate, 1.2": {"version": "TLSv1_2"},
    "HELO": {"verb": "HELO"},
    "P-256": {"group": "prime256v1"},
    "P-384": {"group": "secp384r1"},
    "ECDSA": {"certificate": "ec"},
    "ECDSA, 1.2": {"certificate": "ec", "version": "TLSv1_2"},
    "RSA": {"certificate": "rsa"},
    "not trusted": {"certificate": "stranger"},
    "not trusted, 1.2": {"certificate": "stranger", "version": "TLSv1_2"},
}


def options_of(name, certificates):
    options = dict(SESSIONS[name])
    if "certificate" in options:
        options["certificate"] = certificates[options["certificate"]]
    return options


@pytest.mark.parametrize("name", SESSIONS)
def test_received_and_log_are_those_of_postfix(postern, postfix, certificates, name):
    told = {}
    for peer in (postern, postfix):
        seen = len(peer.log_text())
        Session(peer.optional, **options_of(name, certificates)).send(name)
        told[peer] = peer.received(name), peer.tls_line(seen)
    assert told[postern] == told[postfix]


def acceptable_authorities(port, version):
    told = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{port}", "-starttls", "smtp", f"-{version}"],
                          check=False, capture_output=True, text=True, input="QUIT\r\n", timeout=60).stdout
    assert "Protocol" in told or "New, TLS" in told, told
    found = re.search(r"Acceptable client certificate CA names\n(.*?)\n(?:Client Certificate Types|Requested Signature)", told, re.DOTALL)
    return found[1].splitlines() if found else []


@pytest.mark.parametrize("version", ["tls1_2", "tls1_3"])
def test_clients_are_told_whose_certificates_are_taken(postern, postfix, version):
    assert acceptable_authorities(postfix.optional, version) == ["CN = Our-Root"]
    assert acceptable_authorities(postern.optional, version) == ["CN = Our-Root"]


@pytest.mark.parametrize("wrapper", [False, True], ids=["STARTTLS", "wrapper"])
@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
@pytest.mark.parametrize(("certificate", "why"), [(None, "No client certificate presented"),
                                                  ("stranger", "Client certificate not trusted")])
def test_required_certificate_is_missed_in_words(postern, postfix, certificates, version, wrapper, certificate, why):
    said = []
    for peer in (postern, postfix):
        session = Session(peer.wrapped if wrapper else peer.required, version, certificates.get(certificate), wrapper)
        refusal = session.greeting if wrapper else session.hello
        said.append((refusal.code, refusal.text.split(" ", 3)[3]))
        wait_until(lambda peer=peer: re.search(rf"NOQUEUE: abort: TLS from \S+: {why}", peer.log_text()), why)
        if peer is postern:
            with pytest.raises((ConnectionEnded, OSError)):
                session.client.command("MAIL FROM:<joe@home.example>")
    assert said == [(421, f"Error: {why}")] * 2


@pytest.mark.parametrize("kind", ["ec", "rsa"])
def test_required_certificate_is_enough_to_go_on(postern, certificates, kind):
    for number, wrapper in enumerate((False, True)):
        Session(postern.wrapped if wrapper else postern.required, certificate=certificates[kind], wrapper=wrapper).send(f"{kind}{number}")
        assert '(Client CN "joe-laptop", Issuer "Our-Root" (verified OK))' in postern.received(f"{kind}{number}")


@pytest.mark.parametrize("version", ["TLSv1_2", "TLSv1_3"])
def test_a_resumed_session_keeps_its_certificate(postern, certificates, version):
    first = Session(postern.required, version, certificates["ec"]).send(f"first {version}")
    seen = len(postern.log_text())
    again = Session(postern.required, resume=first).send(f"again {version}")
    assert again.resumed and not first.resumed
    assert "(verified OK)" in postern.received(f"again {version}")
    assert postern.tls_line(seen).startswith("Trusted TLS connection established: ")
    assert ", resumed" in postern.tls_line(seen)


def test_details_of_the_certificate_are_logged_at_level_2(postern, certificates):
    Session(postern.optional, certificate=certificates["stranger"]).send("details")
    postern.wait_log("localhost[127.0.0.1]: subject_CN=stranger, issuer=Foreign-Root, fingerprint=")
    postern.wait_log("verification: unable to verify the first certificate")


def test_authorities_by_directory(make, scratch, tls_parameters, certificates):
    """smtpd_tls_CApath is read during the handshake, inside the sandbox."""
    hashed = scratch / "authorities"
    hashed.mkdir()
    (hashed / "root.pem").write_text(certificates["root"].read_text())
    subprocess.run(["openssl", "rehash", str(hashed)], check=True)
    server = make.postern(**tls_parameters | {"smtpd_tls_CAfile": "", "smtpd_tls_CApath": hashed})
    assert Session(server.mx, certificate=certificates["ec"]).hello.code == 250
    server.wait_log("Trusted TLS connection established")
