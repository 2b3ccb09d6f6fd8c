"""What attackers try at logins: guess who exists, forge lines, replay, downgrade, flood."""

import base64
import contextlib
import hashlib
import hmac
import re
import resource
import socket
import subprocess
import time

import pytest
from harness.postern import PASSWORD
from harness.raw_smtp import RawSmtp, plain_token
from harness.saslauthd import Saslauthd, ask
from harness.scram import Scram, encode
from harness.waiting import wait_until

WEAK = "cram-md5, digest-md5"


@pytest.fixture(scope="module")
def server(module_make):
    server = module_make.postern(users=("joe", "locked"), authd_failure_delay="0s", authd_store_weak_secrets=WEAK,
                                 authd_mechanisms=f"scram-sha-256-plus, scram-sha-256, {WEAK}, plain, login",
                                 smtpd_hard_error_limit="1000", smtpd_soft_error_limit="1000")
    server.cli("user", "lock", "locked")
    return server


@contextlib.contextmanager
def session(server):
    with RawSmtp(server.smtps, wrapper=True) as client:
        client.ehlo()
        yield client


def still_works(server):
    with session(server) as client:
        return client.login("joe", PASSWORD).code == 235


# ---- who exists?

STRANGERS = ["nobody", "Nobody", "x" * 200, "jöe", "joe@elsewhere.example", "locked"]


def dialogue(client, mechanism, user, password):
    """What a client hears, with what is random left out."""
    if mechanism == "PLAIN":
        return [client.login(user, password).text]
    if mechanism == "LOGIN":
        return [client.command(line).text for line in ("AUTH LOGIN", encode(user), encode(password))]
    if mechanism == "CRAM-MD5":
        challenge = base64.b64decode(client.command("AUTH CRAM-MD5").text[4:])
        return [client.command(encode(f"{user} {hmac.new(password.encode(), challenge, 'md5').hexdigest()}")).text]
    scram = Scram(user, password)
    last = scram.log_in(client).text
    return [len(scram.salt), scram.iterations, last]


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256"])
def test_strangers_hear_what_a_wrong_password_hears(server, mechanism):
    with session(server) as client:
        wrong = dialogue(client, mechanism, "joe", "wrong")
        assert wrong[-1].startswith("535 5.7.8 Error: authentication failed")
        for user in STRANGERS:
            assert dialogue(client, mechanism, user, "wrong") == wrong, user
        assert dialogue(client, mechanism, "locked", PASSWORD) == wrong


def salt_of(server, user):
    with session(server) as client:
        scram = Scram(user, "wrong")
        scram.log_in(client)
        return scram.salt


def test_a_stranger_s_salt_stays_through_time_spelling_and_restart(make):
    server = make.postern(authd_failure_delay="0s")
    before = {user: salt_of(server, user) for user in ("joe", "nobody", "somebody")}
    assert len(set(before.values())) == 3 and len({len(salt) for salt in before.values()}) == 1
    assert salt_of(server, "NOBODY") == before["nobody"] and salt_of(server, "JOE") == before["joe"]
    server.stop()
    server.start()
    assert {user: salt_of(server, user) for user in before} == before


def earlier(these, those):
    """How often one of these is quicker than one of those: 0.5 when they cannot be told apart (Mann-Whitney)."""
    pairs = [(a < b) + (a == b) / 2 for a in these for b in those]
    return sum(pairs) / len(pairs)


@pytest.mark.parametrize("mechanism", ["PLAIN", "SCRAM-SHA-256"])
def test_time_does_not_tell_who_exists(server, mechanism):
    """No delay is configured here, so that what the checks take shows bare; users take turns, so that load hits all alike."""
    taken = {"joe": [], "nobody": [], "locked": []}
    with session(server) as client:
        for _ in range(40):
            for user, times in taken.items():
                begin = time.perf_counter()
                if mechanism == "PLAIN":
                    assert client.login(user, "wrong").code == 535
                else:
                    assert client.command("AUTH SCRAM-SHA-256 " + Scram(user, "x").first()).code == 334
                times.append(time.perf_counter() - begin)
                if mechanism != "PLAIN":
                    client.command("*")
    for user in ("nobody", "locked"):
        assert 0.2 < earlier(taken[user], taken["joe"]) < 0.8, f"{user}: {earlier(taken[user], taken['joe'])}"


# ---- forged lines

FORGED = ["joe\tuser=root", "joe\nOK\t1\tuser=joe", "x\rOK\t1\tuser=joe\r", "joe\x01t", "joe\x00root", "\x01", "\udcff\udcfe", "a\u0000b",
          "joe\tresp=AGpvZQBwdw==", "$(id)", "%n%s", "' or 1=1 --", "*)(uid=*", "joe\x7f", "\u202ejoe", "", " ", "joe "]


@pytest.mark.parametrize("name", FORGED, ids=ascii)
def test_names_forge_nothing(server, name):
    plain = base64.b64encode(b"\0" + name.encode("utf-8", "surrogateescape") + b"\0wrong").decode()
    authzid = base64.b64encode(name.encode("utf-8", "surrogateescape") + b"\0joe\0" + b"wrong").decode()
    with session(server) as client:
        assert client.command("AUTH PLAIN " + plain).code == 535
        assert client.command("AUTH PLAIN " + authzid).code == 535
        assert client.command("AUTH LOGIN " + (encode(name) or "=")).code in (334, 535)
        if client.command(encode("wrong")).code not in (535, 500, 501):
            client.command("*")
        reply = client.command("AUTH SCRAM-SHA-256 " + Scram(name, "wrong").first())
        assert reply.code in (334, 535)
        if reply.code == 334:
            client.command("*")
        client.command("AUTH CRAM-MD5")
        assert client.command(encode(name + " " + "0" * 32)).code == 535
    assert still_works(server)
    assert not re.search(r"^(OK|FAIL|root)", server.log_text(), re.MULTILINE)


def test_another_s_name_is_not_to_be_had(server):
    with session(server) as client:
        token = base64.b64encode(f"locked\0joe\0{PASSWORD}".encode()).decode()
        assert client.command("AUTH PLAIN " + token).code == 535
        assert Scram("joe", PASSWORD, flag="n").log_in(client).code == 235


# ---- too much

def test_oversize(server):
    with session(server) as client:
        assert client.command("AUTH PLAIN " + "A" * 12292).code == 500
        assert client.command("AUTH PLAIN").code == 334
        assert client.command("A" * 12292).code == 500
        for big in (1000, 5000, 9000):
            assert client.login("joe", "x" * big).code == 535
            assert client.login("x" * big, "y").code == 535
            assert Scram("x" * big, "y").log_in(client).code == 535
            assert Scram("joe", "y", nonce="n" * big).log_in(client).code == 535
        assert client.login("joe", PASSWORD).code == 235


def auth_socket(server):
    return server.directory / "spool" / "private" / "auth"


@contextlib.contextmanager
def front_end(path):
    with socket.socket(socket.AF_UNIX) as peer:
        peer.settimeout(60)
        peer.connect(str(path))
        heard = b""
        while not heard.endswith(b"DONE\n"):
            heard += peer.recv(4096)
        yield peer


def is_closed(peer):
    try:
        while peer.recv(65536):
            pass
    except ConnectionResetError:
        pass
    return True


BROKEN = {
    "a line without end": b"AUTH\t1\tPLAIN\tservice=smtp\tresp=" + b"A" * 40000,
    "no service": b"AUTH\t1\tPLAIN\tsecured\n",
    "id 0": b"AUTH\t0\tPLAIN\tservice=smtp\n",
    "id of 40 digits": b"AUTH\t" + b"9" * 40 + b"\tPLAIN\tservice=smtp\n",
    "an unknown command": b"GIVE\t1\n",
    "parameters behind the response": b"AUTH\t1\tPLAIN\tservice=smtp\tresp=AA==\tsecured\n",
    "NUL": b"\0\0\0\n",
    "another protocol": b"GET / HTTP/1.1\r\n\r\n",
    "version 2": b"VERSION\t2\t0\n",
    "the same id twice": b"AUTH\t1\tLOGIN\tservice=smtp\tsecured\nAUTH\t1\tLOGIN\tservice=smtp\tsecured\n",
}


@pytest.mark.parametrize("octets", BROKEN.values(), ids=BROKEN.keys())
def test_a_broken_front_end_is_shown_the_door(server, octets):
    with front_end(auth_socket(server)) as peer:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            peer.sendall(octets)
        assert is_closed(peer)
    assert still_works(server)


def test_a_mechanism_that_is_not_offered_fails_alone(server):
    with front_end(auth_socket(server)) as peer:
        peer.sendall(b"VERSION\t1\t1\nCPID\t4711\nAUTH\t7\tLOGIN\tservice=smtp\tsecured\n"
                     b"AUTH\t8\tROT13\tservice=smtp\tsecured\nCONT\t7\tam9l\n")
        heard = b""
        while b"CONT\t7\tUGFzc3dvcmQ6" not in heard:
            heard += peer.recv(65536)
        assert b"FAIL\t8\treason=Unsupported authentication mechanism\n" in heard


# ---- again

def test_an_answer_counts_once(server):
    with session(server) as client:
        challenge = base64.b64decode(client.command("AUTH CRAM-MD5").text[4:])
        answer = encode("joe " + hmac.new(PASSWORD.encode(), challenge, "md5").hexdigest())
        assert client.command(answer).code == 235
    with session(server) as client:
        assert client.command("AUTH CRAM-MD5").code == 334
        assert client.command(answer).code == 535


def test_a_scram_proof_counts_once(server):
    scram = Scram("joe", PASSWORD)
    with session(server) as client:
        final = scram.final(client.command("AUTH SCRAM-SHA-256 " + scram.first()).text[4:])
        assert client.command(final).code == 334
        assert client.command("").code == 235
    with session(server) as client:
        assert client.command("AUTH SCRAM-SHA-256 " + scram.first()).code == 334
        assert client.command(final).code == 535


def digest_answer(challenge, password):
    fields = dict(re.findall(r'(\w+)="?([^",]*)"?', base64.b64decode(challenge).decode()))

    def md5(text):
        return hashlib.md5(text if isinstance(text, bytes) else text.encode()).digest()

    realm, nonce, uri = fields["realm"], fields["nonce"], "smtp/mail.postern.example"
    secret = md5(md5(f"joe:{realm}:{password}") + f":{nonce}:cnonce".encode()).hex()
    proof = md5(f"{secret}:{nonce}:00000001:cnonce:auth:{md5('AUTHENTICATE:' + uri).hex()}").hex()
    return encode(f'username="joe",realm="{realm}",nonce="{nonce}",cnonce="cnonce",nc=00000001,qop=auth,'
                  f'digest-uri="{uri}",response={proof},charset=utf-8')


def test_a_digest_counts_once(server):
    with session(server) as client:
        answer = digest_answer(client.command("AUTH DIGEST-MD5").text[4:], PASSWORD)
        assert client.command(answer).code == 334
        assert client.command("").code == 235
    with session(server) as client:
        assert client.command("AUTH DIGEST-MD5").code == 334
        assert client.command(answer).code == 535


# ---- downgrades and bindings

def test_y_is_an_alarm_where_plus_was_offered_and_none_where_not(server, module_make):
    with session(server) as client:
        assert Scram("joe", PASSWORD, flag="y").log_in(client).code == 535
        assert Scram("joe", PASSWORD, flag="n").log_in(client).code == 235
    server.wait_log("reason=downgrade")
    plain = module_make.postern(smtpd_sasl_mechanism_filter="!scram-sha-512-plus, !scram-sha-256-plus, !scram-sha-1-plus, "
                                                            "static:rest")
    with session(plain) as client:
        assert Scram("joe", PASSWORD, flag="y").log_in(client).code == 235


def test_a_proof_bound_to_another_channel_is_refused(server):
    for kind in ("tls-exporter", "tls-server-end-point", "tls-unique", "tls-nonsense"):
        with session(server) as client:
            reply = Scram("joe", PASSWORD, flag=f"p={kind}", binding=b"\1" * 32).log_in(client, "SCRAM-SHA-256-PLUS")
            assert reply.code == 535, kind
            assert Scram("joe", PASSWORD, flag=f"p={kind}", binding=b"\1" * 32).log_in(client).code == 535
            assert Scram("joe", PASSWORD, flag="n").log_in(client, "SCRAM-SHA-256-PLUS").code == 535


def test_tls_unique_binds_tls_1_2_and_nothing_later(server):
    with RawSmtp(server.submission) as client:
        client.ehlo()
        client.starttls()
        client.ehlo()
        end_point = hashlib.sha256(client.socket.getpeercert(binary_form=True)).digest()
        assert Scram("joe", PASSWORD, flag="p=tls-unique", binding=b"").log_in(client, "SCRAM-SHA-256-PLUS").code == 535
        reply = Scram("joe", PASSWORD, flag="p=tls-server-end-point", binding=end_point).log_in(client, "SCRAM-SHA-256-PLUS")
        assert reply.code == 235
    with RawSmtp(server.submission) as client:
        client.ehlo()
        client.command("STARTTLS")
        client.begin_tls(version="TLSv1_2")
        client.ehlo()
        unique = client.socket.get_channel_binding("tls-unique")
        assert Scram("joe", PASSWORD, flag="p=tls-unique", binding=unique).log_in(client, "SCRAM-SHA-256-PLUS").code == 235


def test_no_password_goes_without_tls(server):
    with RawSmtp(server.submission) as client:
        assert "AUTH" not in client.ehlo().text
        assert client.login("joe", PASSWORD).code in (504, 530)
        assert client.command("AUTH SCRAM-SHA-256 " + Scram("joe", PASSWORD).first()).code in (504, 530)


# ---- floods

def is_taken(peer, path):
    try:
        peer.connect(str(path))
    except BlockingIOError:
        return False
    return True


@contextlib.contextmanager
def half_open(path, count):
    """So many connections that say nothing."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (count + 1000, max(hard, count + 1000)))
    peers = []
    try:
        for _ in range(count):
            peer = socket.socket(socket.AF_UNIX)
            peer.setblocking(False)
            peers.append(peer)
            wait_until(lambda peer=peer: is_taken(peer, path), "room in the queue of connections")
        yield peers
    finally:
        for peer in peers:
            peer.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_ten_thousand_silent_front_ends_stop_no_login(make):
    server = make.postern()
    authd = server.pids("authd")
    assert still_works(server)
    with half_open(auth_socket(server), 10000):
        assert still_works(server)
    assert server.pids("authd") == authd
    wait_until(lambda: still_works(server), "a login when they have gone")
    with front_end(auth_socket(server)) as peer:
        peer.sendall(b"VERSION\t1\t2\nCPID\t1\nUSER\t7\tjoe\tservice=smtp\n")
        assert peer.recv(100).startswith(b"USER\t7\tjoe")


def test_ten_thousand_silent_clients_stop_no_saslauthd(scratch):
    database = scratch / "sasldb2"
    subprocess.run(["/usr/sbin/saslpasswd2", "-p", "-c", "-u", "home.example", "-f", str(database), "joe"], input="secret",
                   text=True, check=True, timeout=20)
    daemon = Saslauthd(scratch / "saslauthd", "postern", "-a", "sasldb", "-O", str(database)).start()
    try:
        with half_open(daemon.socket, 10000):
            for number in range(5):
                assert ask("postern", daemon.socket, "joe", "secret", "-r", "home.example").returncode == 0, number
        assert ask("postern", daemon.socket, "joe", "secret", "-r", "home.example").returncode == 0
        assert ask("postern", daemon.socket, "joe", "wrong", "-r", "home.example").returncode != 0
    finally:
        daemon.stop()
