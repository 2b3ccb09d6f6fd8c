"""What can be learnt or broken by who only wants in: at smtpd, at authd's socket and at saslauthd's."""

import base64
import os
import re
import resource
import socket
import statistics
import struct
import subprocess
import time

import pytest
from harness import processes
from harness.auth_socket import AuthSocket, CramMd5, DigestMd5, Scram, make_exchange
from harness.postern import PASSWORD
from harness.raw_smtp import RawSmtp, plain_token
from harness.saslauthd import Saslauthd
from harness.waiting import wait_until

SCRAMS = ["SCRAM-SHA-1", "SCRAM-SHA-256", "SCRAM-SHA-512"]
MECHANISMS = ["PLAIN", "LOGIN", "CRAM-MD5", "DIGEST-MD5", *SCRAMS]
WEAK = {"authd_mechanisms": ", ".join(MECHANISMS), "authd_store_weak_secrets": "cram-md5, digest-md5"}


@pytest.fixture(scope="module")
def server(module_make):
    """joe logs in, lucy is locked; refusals are told at once and nothing is cached: all else takes its own time."""
    server = module_make.postern(users=("joe", "lucy"), authd_failure_delay="0", authd_cache_ttl="0",
                                 smtpd_hard_error_limit="1000", smtpd_error_sleep_time="0", **WEAK)
    server.app_password = server.cli("user", "app", "add", "joe", "phone").stdout.strip()
    server.cli("user", "lock", "lucy")
    return server


def auth_path(server):
    return next(server.directory.rglob("private/auth"))


@pytest.fixture
def front_end(server):
    with AuthSocket(auth_path(server)) as front_end:
        yield front_end


@pytest.fixture(autouse=True)
def nobody_died(request):
    """Whatever a test does, the same processes serve afterwards and take a good login."""
    if "server" not in request.fixturenames:
        yield
        return
    server = request.getfixturevalue("server")
    before = server.pids("authd"), server.pids("smtpd")
    yield
    assert (server.pids("authd"), server.pids("smtpd")) == before
    with AuthSocket(auth_path(server)) as front_end:
        assert front_end.accepts(make_exchange("PLAIN", "joe", PASSWORD))


# ---- who is there?

REFUSED = {"wrong password": ("joe", "guess"), "unknown": ("nobody", "guess"), "locked": ("lucy", PASSWORD),
           "locked, wrong password": ("lucy", "guess"), "wrong app password": ("joe", "abcd-efgh-ijkl-mnop-qrst")}


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_authd_refuses_all_alike(front_end, mechanism):
    assert front_end.accepts(make_exchange(mechanism, "joe", PASSWORD))
    said = set()
    for user, password in REFUSED.values():
        answers = front_end.login(make_exchange(mechanism, user, password))
        said.add((tuple(verb for verb, _ in answers), tuple(answers[-1][1]) == (f"user={user}",)))
    assert len(said) == 1 and next(iter(said))[1], said


def smtp_login(client, exchange):
    first = exchange.first()
    reply = client.command(f"AUTH {exchange.mechanism}" + (" " + base64.b64encode(first).decode() if first else ""))
    replies = [reply]
    while reply.code == 334:
        reply = client.command(base64.b64encode(exchange.respond(base64.b64decode(reply.text[4:]))).decode())
        replies.append(reply)
    return replies


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_smtpd_refuses_all_alike(server, mechanism):
    with RawSmtp(server.smtps, wrapper=True) as client:
        client.ehlo()
        said = set()
        for user, password in REFUSED.values():
            replies = smtp_login(client, make_exchange(mechanism, user, password))
            said.add((len(replies), replies[-1].text))
        assert len(said) == 1 and next(iter(said))[1].startswith("535 5.7.8"), said


def scram_challenge(front_end, mechanism, user):
    exchange = Scram(mechanism, user, "guess")
    number = front_end.begin(mechanism, exchange.first())
    verb, challenge = front_end.answer()
    assert verb == "CONT"
    front_end.send(f"CANCEL\t{number}\n".encode())
    return dict(part.split("=", 1) for part in challenge.decode().split(","))


@pytest.mark.parametrize("mechanism", SCRAMS)
def test_scram_says_nothing_of_who_is_there(front_end, mechanism):
    """One shape and one count for all; salts that stay, and are nobody else's."""
    names = ["joe", "lucy", *(f"nobody{i}" for i in range(20))]
    first = {name: scram_challenge(front_end, mechanism, name) for name in names}
    again = {name: scram_challenge(front_end, mechanism, name) for name in names}
    assert {one["i"] for one in first.values()} == {first["joe"]["i"]}
    assert {(len(one["s"]), len(one["r"])) for one in first.values()} == {(len(first["joe"]["s"]), len(first["joe"]["r"]))}
    assert {name: one["s"] for name, one in first.items()} == {name: one["s"] for name, one in again.items()}
    assert len({one["s"] for one in first.values()}) == len(names)
    assert not {one["r"] for one in first.values()} & {one["r"] for one in again.values()}


def time_steps(front_end, exchange):
    """Seconds that each step took until its answer."""
    steps = []
    begin = time.perf_counter()
    number = front_end.begin(exchange.mechanism, exchange.first())
    while True:
        verb, challenge = front_end.answer()
        steps.append(time.perf_counter() - begin)
        if verb != "CONT":
            assert verb == "FAIL"
            return steps
        response = exchange.respond(challenge)
        begin = time.perf_counter()
        front_end.go_on(number, response)


def spread(samples):
    quarters = statistics.quantiles(samples, n=4)
    return quarters[2] - quarters[0]


# A tick of authd's clock hides the hash; the bound is for what a change would show: a hash that is not made, a lookup
# that is left out, a file that is read for some only.
@pytest.mark.parametrize(("mechanism", "rounds"), [("PLAIN", 25), ("CRAM-MD5", 25), ("DIGEST-MD5", 25), ("SCRAM-SHA-256", 60)])
def test_time_tells_nobody_who_is_there(front_end, mechanism, rounds):
    """Medians of interleaved logins, step by step; they may differ by what one case differs in itself, and by 50 us."""
    guesses = {"wrong password": ("joe", "guess"), "unknown": ("nobody", "guess"), "locked": ("lucy", "guess"),
               "wrong app password": ("joe", "abcd-efgh-ijkl-mnop-qrst")}
    times = {case: [] for case in guesses}
    for _ in range(rounds):
        for case, (user, password) in guesses.items():
            times[case].append(time_steps(front_end, make_exchange(mechanism, user, password)))
    for step in range(len(times["unknown"][0])):
        samples = {case: [steps[step] for steps in all_steps] for case, all_steps in times.items()}
        medians = {case: statistics.median(values) for case, values in samples.items()}
        allowed = max(50e-6, *(spread(values) for values in samples.values()))
        assert max(medians.values()) - min(medians.values()) <= allowed, (step, medians, allowed)


def test_every_refusal_of_a_password_costs_a_hash(server, front_end):
    """What the clock's tick hides shows in the processor time: nobody is told apart by an argon2id left out."""
    pids = server.pids("authd")

    costs = dict.fromkeys(REFUSED, 0)
    for _ in range(8):  # in turns: what slows the machine down for a while hits all alike
        for case, (user, password) in REFUSED.items():
            before = processes.cpu_seconds(pids)
            for _ in range(5):
                assert not front_end.accepts(make_exchange("PLAIN", user, password))
            costs[case] += processes.cpu_seconds(pids) - before
    assert max(costs.values()) < 2 * min(costs.values()), costs


# ---- octets that mean something to somebody

NAMES = {
    "TAB and a field": b"joe\tuser=lucy", "TAB alone": b"joe\t", "LF and a line": b"joe\nOK\t1\tuser=joe",
    "CR LF": b"joe\r\n235 2.7.0 ok", "\\001 escape": b"joe\x01t\x01n\x010", "\\001 alone": b"joe\x01", "NUL": b"joe\0x",
    "Latin-1": b"jo\xe9", "overlong": b"joe\xc0\x80", "surrogate": b"joe\xed\xa0\x80", "cut": b"joe\xe2\x82",
    "high octets": b"\xff" * 40, "right to left": "joe\u202eeoj".encode(), "percent": b"%s%n%d", "quotes": b"' OR 1=1 --",
    "LDAP": b"*)(uid=*", "path": b"../../etc/passwd", "only blanks": b"   ", "at": b"@", "two ats": b"a@b@c",
    "1 KiB": b"x" * 1024, "too long": b"x" * 1025, "far too long": b"x" * 7000,
}


# Control characters, and what turns the direction of writing.
OBEYED = re.compile("[\\x00-\\x1f\\x7f-\\x9f\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff]")


def answers_of_name(front_end, mechanism, name):
    """The last answer that such a name gets; with joe's password, should it be taken for joe."""
    password = PASSWORD.encode()
    if mechanism == "PLAIN":
        number, responses = front_end.begin("PLAIN", b"\0" + name + b"\0" + password), []
    elif mechanism == "LOGIN":
        number, responses = front_end.begin("LOGIN"), [name, password]
    elif mechanism == "CRAM-MD5":
        number, responses = front_end.begin("CRAM-MD5"), [name + b" " + b"0" * 32]
    elif mechanism == "DIGEST-MD5":
        number, responses = front_end.begin("DIGEST-MD5"), [b'username="' + name + b'",realm="x",nonce="y",response=z']
    else:
        number, responses = front_end.begin(mechanism, b"n,,n=" + name + b",r=abc"), [b"c=biws,r=abc,p=AAAA"]
    answer = front_end.answer()
    for response in responses:
        if answer[0] == "CONT":
            front_end.go_on(number, response)
            answer = front_end.answer()
    return answer


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_names_that_are_none_at_authd(server, front_end, mechanism):
    lines = len(server.log_text().splitlines())
    for what, name in NAMES.items():
        verb, fields = answers_of_name(front_end, mechanism, name)
        assert verb == "FAIL", (what, verb, fields)
        assert all("=" in field or field in ("temp",) for field in fields), (what, fields)
        assert not any(field.startswith("user=lucy") for field in fields), what
    assert front_end.accepts(make_exchange(mechanism, "joe", PASSWORD)), "the connection lives and is in step"
    for line in server.log_text().splitlines()[lines:]:
        assert re.match(r"\w{3} [ \d]\d \d\d:\d\d:\d\d \S+ postern/\w+\[\d+\]: ", line), f"not a line of ours: {line}"
        assert not OBEYED.search(line), line


def test_names_that_are_none_at_smtpd(server):
    with RawSmtp(server.smtps, wrapper=True) as client:
        client.ehlo()
        for what, name in NAMES.items():
            token = base64.b64encode(b"\0" + name + b"\0" + PASSWORD.encode()).decode()
            reply = client.command("AUTH PLAIN " + token)
            assert reply.code in (500, 501, 535) and len(reply.lines) == 1, (what, reply)
        assert client.login("joe", PASSWORD).code == 235


RAW_LINES = {
    "no id": b"AUTH\n", "id 0": b"AUTH\t0\tPLAIN\tservice=smtp\n", "id too large": b"AUTH\t4294967296\tPLAIN\tservice=smtp\n",
    "no service": b"AUTH\t1\tPLAIN\n", "unknown command": b"SHUTDOWN\n", "NUL": b"AUTH\0\n", "bad escape": b"AUTH\t1\t\x01x\n",
    "CONT for nobody": b"CONT\n", "16 KiB and one": b"AUTH\t1\tPLAIN\tservice=smtp\tresp=" + b"A" * 16384 + b"\n",
    "endless": b"A" * 200_000, "two of one id": b"AUTH\t7\tLOGIN\tservice=smtp\tsecured\n" * 2,
}


@pytest.mark.parametrize("octets", RAW_LINES.values(), ids=RAW_LINES.keys())
def test_a_front_end_that_breaks_the_protocol_is_hung_up_on(server, octets):
    with AuthSocket(auth_path(server)) as beside, AuthSocket(auth_path(server)) as front_end:
        try:
            front_end.send(octets)
        except OSError:
            pass
        while front_end.hear() is not None:
            pass
        assert beside.accepts(make_exchange("PLAIN", "joe", PASSWORD))


def test_an_injected_field_is_no_field(front_end):
    """A TAB in what a mail client says stays inside of base64; `secured` and `cert_username` come from front ends only."""
    verb, _ = front_end.login(make_exchange("PLAIN", "joe\tsecured", PASSWORD), more="")[-1]
    assert verb == "FAIL"
    front_end.begin("EXTERNAL", b"joe", more="secured")
    assert front_end.answer()[0] in ("FAIL", "GONE")


def test_cut_at_every_offset(server):
    """Half a request, then the end of the connection."""
    response = plain_token("joe", PASSWORD)
    line = f"AUTH\t1\tPLAIN\tservice=smtp\tsecured\tresp={response}\n".encode()
    for cut in range(0, len(line), 3):
        with AuthSocket(auth_path(server)) as front_end:
            front_end.send(line[:cut])


# ---- said before

def test_a_scram_proof_is_good_for_its_exchange_only(front_end):
    exchange = Scram("SCRAM-SHA-256", "joe", PASSWORD)
    number = front_end.begin(exchange.mechanism, exchange.first())
    final = exchange.respond(front_end.answer()[1])
    front_end.go_on(number, final)
    assert front_end.answer()[0] == "CONT"
    front_end.go_on(number, b"")
    assert front_end.answer()[0] == "OK"
    number = front_end.begin(exchange.mechanism, exchange.first())
    assert front_end.answer()[0] == "CONT"
    front_end.go_on(number, final)
    assert front_end.answer()[0] == "FAIL"


@pytest.mark.parametrize("kind", [CramMd5, DigestMd5])
def test_a_response_is_good_for_its_challenge_only(front_end, kind):
    mechanism = {CramMd5: "CRAM-MD5", DigestMd5: "DIGEST-MD5"}[kind]
    exchange = kind(mechanism, "joe", PASSWORD)
    number = front_end.begin(mechanism)
    response = exchange.respond(front_end.answer()[1])
    front_end.go_on(number, response)
    while front_end.answer()[0] == "CONT":
        front_end.go_on(number, b"")
    number = front_end.begin(mechanism)
    assert front_end.answer()[0] == "CONT"
    front_end.go_on(number, response)
    assert front_end.answer()[0] == "FAIL"


def test_a_cancelled_exchange_cannot_be_gone_on_with(front_end):
    number = front_end.begin("LOGIN")
    front_end.answer()
    front_end.send(f"CANCEL\t{number}\n".encode())
    front_end.go_on(number, b"joe")
    assert front_end.answer()[0] == "FAIL"


# ---- less than there is

PLUS = {"authd_mechanisms": "scram-sha-256-plus, scram-sha-256, plain"}


def test_a_hidden_plus_is_noticed(make):
    """The client says that it could bind and saw no -PLUS (`y`), though the front end offers it: somebody took it away."""
    server = make.postern(authd_failure_delay="0", **PLUS)
    binding = "secured\tcb-tls-exporter=" + base64.b64encode(b"x" * 32).decode()
    with AuthSocket(auth_path(server)) as front_end:
        honest = Scram("SCRAM-SHA-256", "joe", PASSWORD)
        assert front_end.accepts(honest, more=binding), "a client that cannot bind says n"
        cheated = Scram("SCRAM-SHA-256", "joe", PASSWORD, header=b"y,,")
        assert not front_end.accepts(cheated, more=binding)
        assert front_end.accepts(Scram("SCRAM-SHA-256", "joe", PASSWORD, header=b"y,,"), more="secured")
    server.wait_log("reason=downgrade")
    with RawSmtp(server.smtps, wrapper=True) as client:
        assert "SCRAM-SHA-256-PLUS" in client.ehlo().text
        assert smtp_login(client, Scram("SCRAM-SHA-256", "joe", PASSWORD, header=b"y,,"))[-1].code == 535
        assert smtp_login(client, Scram("SCRAM-SHA-256", "joe", PASSWORD))[-1].code == 235


def test_no_password_in_clear(server, front_end):
    for mechanism in ("PLAIN", "LOGIN"):
        verb, fields = front_end.login(make_exchange(mechanism, "joe", PASSWORD), more="")[-1]
        assert verb == "FAIL" and any("ncrypt" in field for field in fields), fields
    with RawSmtp(server.mx) as client:
        assert "PLAIN" not in client.ehlo().text


# ---- crowds

CROWD = 10_000


@pytest.fixture
def many_descriptors():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, CROWD + 1000)), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def open_crowd(crowd, path, octets=b""):
    """Connections that say nothing more than `octets` and read nothing."""
    for _ in range(CROWD):
        one = socket.socket(socket.AF_UNIX)
        crowd.append(one)
        one.connect(str(path))  # without a time limit: it waits while the backlog is full
        try:
            if octets:
                one.send(octets)
        except OSError:
            pass  # sent away already


@pytest.mark.parametrize("octets", [b"", b"VERSION\t1"], ids=["silent", "half a line"])
def test_a_crowd_at_authd_stops_nobody(make, many_descriptors, octets):
    server = make.postern()
    pids = server.pids("authd")
    before = processes.pss_kib(pids)
    crowd = []
    with AuthSocket(auth_path(server)) as early:
        try:
            open_crowd(crowd, auth_path(server), octets)
            assert early.accepts(make_exchange("PLAIN", "joe", PASSWORD)), "who was there before"
            with AuthSocket(auth_path(server)) as late:
                assert late.accepts(make_exchange("PLAIN", "joe", PASSWORD)), "who comes behind them"
            with RawSmtp(server.smtps, wrapper=True) as client:
                client.secure_login("joe", PASSWORD)
            assert len(os.listdir(f"/proc/{pids[0]}/fd")) < 1100, "authd_connection_limit"
            # What those that were sent away held is not free at once; three crowds hold no more than one.
            assert processes.pss_kib(pids) - before < 300_000
        finally:
            for one in crowd:
                one.close()
    assert server.pids("authd") == pids


def test_a_crowd_of_exchanges_stops_nobody(make):
    """Begun and never ended, on one connection: as many as a front end may have, and one more is its end only."""
    server = make.postern(authd_exchange_limit="5000")
    pids = server.pids("authd")
    with AuthSocket(auth_path(server)) as crowd, AuthSocket(auth_path(server)) as beside:
        for _ in range(5000):
            crowd.begin("LOGIN")
        assert [crowd.answer()[0] for _ in range(5000)] == ["CONT"] * 5000
        assert beside.accepts(make_exchange("PLAIN", "joe", PASSWORD))
        crowd.begin("LOGIN")
        assert crowd.answer()[0] in ("FAIL", "GONE")
        assert beside.accepts(make_exchange("PLAIN", "joe", PASSWORD))
    assert server.pids("authd") == pids


# ---- saslauthd's socket

def counted(*strings):
    return b"".join(struct.pack(">H", len(text)) + text for text in strings)


def ask_mux(path, *writes):
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))  # as the crowd's
        client.settimeout(20)
        for piece in writes:
            client.sendall(piece)
        answer = b""
        while len(answer) < 2 or len(answer) < 2 + struct.unpack(">H", answer[:2])[0]:
            piece = client.recv(4096)
            if not piece:
                break
            answer += piece
        return answer[2:]


@pytest.fixture(scope="module")
def mux(module_make):
    """joe's and nobody else's password is in the private shadow file."""
    scratch = module_make.directory
    digest = subprocess.run(["openssl", "passwd", "-5", PASSWORD], capture_output=True, text=True,
                            check=True).stdout.strip()
    (scratch / "passwd").write_text("joe:x:1000:1000::/:/bin/sh\n")
    (scratch / "shadow").write_text(f"joe:{digest}:19000:0:99999:7:::\n")
    server = Saslauthd(scratch / "mux", "postern", "-a", "shadow", "-O",
                       f"passwd={scratch}/passwd,shadow={scratch}/shadow", "--timeout", "30")
    return module_make.keep(server.start())


@pytest.mark.parametrize("field", range(4), ids=["login", "password", "service", "realm"])
def test_octets_at_saslauthd(mux, field):
    lines = len(mux.log_text().splitlines())
    for what, octets in NAMES.items():
        strings = [b"joe", b"not it", b"smtp", b""]
        strings[field] = octets
        assert ask_mux(mux.socket, counted(*strings)).startswith(b"NO"), what
    for line in mux.log_text().splitlines()[lines:]:
        assert not OBEYED.search(line), line
        assert not line.startswith(("OK", "235", "user=")), line


def test_cut_frames_at_saslauthd(mux):
    request = counted(b"joe", b"not it", b"smtp", b"")
    for cut in range(len(request)):
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(mux.socket))
            client.sendall(request[:cut])
    assert ask_mux(mux.socket, request).startswith(b"NO")


def test_more_than_was_announced_at_saslauthd(mux):
    """What stands behind the request is no second one: one connection, one answer."""
    request = counted(b"joe", b"not it", b"smtp", b"")
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(mux.socket))
        client.settimeout(20)
        client.sendall(request + counted(b"") + request * 3)
        answer = b""
        while True:
            try:
                piece = client.recv(4096)
            except ConnectionResetError:
                break
            if not piece:
                break
            answer += piece
    assert answer[2:].startswith(b"NO") and len(answer) == 2 + struct.unpack(">H", answer[:2])[0]


@pytest.mark.parametrize("octets", [b"", b"\0\3jo"], ids=["silent", "half a request"])
def test_a_crowd_at_saslauthd_stops_nobody(mux, many_descriptors, octets):
    pids = processes.tree(mux.process.pid)
    before = processes.pss_kib(pids)
    crowd = []
    try:
        open_crowd(crowd, mux.socket, octets)
        begin = time.monotonic()
        assert ask_mux(mux.socket, counted(b"joe", b"not it", b"smtp", b"")).startswith(b"NO")
        assert time.monotonic() - begin < 20
        assert processes.pss_kib(pids) - before < 100_000
    finally:
        for one in crowd:
            one.close()
    wait_until(lambda: len(os.listdir(f"/proc/{mux.process.pid}/fd")) < 100, "the crowd's descriptors to be closed")
