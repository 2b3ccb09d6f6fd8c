"""Mail filters: the same filter behind Debian's Postfix and behind Postern hears and does the same; opendkim and rspamd work."""

import difflib
import re
import shutil
import struct
import subprocess

import pytest
from harness import milter as m
from harness.ports import free_port
from harness.processes import end
from harness.raw_smtp import ConnectionEnded, RawSmtp
from harness.twins import Twins
from harness.waiting import wait_for_port, wait_until

CONTENT = ("Subject: one\n two\nFrom:  joe@a.example\nX-Tab:\ttab\nX-Empty:\nX-A: 1\nX-A: 2\n"
           "Date: Mon, 3 Feb 2025 10:00:00 +0000\nMessage-ID: <1@a.example>\n\nbody\nline\n")
RAW_CONTENT = CONTENT.replace("\n", "\r\n").encode() + b".\r\n"
SESSION = ["EHLO client.example", "MAIL FROM:<joe@a.example> SIZE=100 BODY=8BITMIME", "RCPT TO:<bad@dest.example>",
           "RCPT TO:<anna@dest.example>", "RCPT TO:<\"b b\"@dest.example> NOTIFY=NEVER", "DATA", RAW_CONTENT, "FOO bar",
           "MAIL FROM:<>", "RSET", "HELO again", "VRFY x", "QUIT"]
SHORT = ["EHLO x", "MAIL FROM:<joe@a.example>", "RCPT TO:<anna@dest.example>", "RCPT TO:<eve@dest.example>", "DATA",
         RAW_CONTENT, "MAIL FROM:<other@a.example>", "QUIT"]
EVERY_MACRO = ("j {daemon_name} {daemon_addr} v _ {client_addr} {client_name} {client_ptr} {client_resolve} {tls_version} "
               "{cipher} {cert_subject} {auth_type} {auth_authen} {auth_author} {mail_addr} {mail_host} {mail_mailer} "
               "{rcpt_addr} {rcpt_host} {rcpt_mailer} {client_connections} {if_name} t")
STAGES = ["connect", "helo", "mail", "rcpt", "data", "end_of_header", "end_of_data", "unknown_command"]
COMMON = {
    "smtpd_recipient_restrictions": "check_recipient_access inline:{bad@dest.example=reject}",
    "milter_macro_v": "the one version",
    "smtpd_error_sleep_time": "0",
    "default_transport": "smtp",
}


@pytest.fixture
def twins_with(scratch):
    """Starts both servers with these filters; gives the pair."""
    started = []

    def start(filters, **main_cf):
        words = filters if isinstance(filters, str) else ", ".join(one.address for one in filters)
        pair = Twins(scratch, COMMON | {"smtpd_milters": words} | main_cf)
        started.append(pair)
        return pair

    yield start
    for pair in started:
        pair.stop()


# Where the sessions come from that are looked at: what waits for a port comes from 127.0.0.1.
CLIENT = "127.0.0.9"


def talk(port, lines):
    """The replies, without what two servers must say differently."""
    replies = []
    try:
        with RawSmtp(port, source=CLIENT) as client:
            replies.append(client.greeting.text)
            for line in lines:
                client.socket.sendall(line if isinstance(line, bytes) else line.encode() + b"\r\n")
                replies.append(client.reply().text)
    except (ConnectionEnded, ConnectionError):
        replies.append("closed")
    return [re.sub(r"queued as \w+", "queued", re.sub("250-STARTTLS\n", "", re.sub("ESMTP Post.*", "ESMTP", one)))
            for one in replies]


def heard(session):
    """What a filter was told, without what differs from server to server: ports, queue ids, the commands' timing."""
    out = []
    for command, payload in session:
        if command == "connect":
            payload = payload[:payload.index(b"\0") + 2] + payload[payload.index(b"\0") + 4:]
        if command == "macros":
            # Postern makes the queue id at DATA, Postfix with the first recipient.
            payload = re.sub(rb"^([MR]\0?)i\0[0-9A-F]+\0", rb"\1", payload)
        payload = re.sub(rb"\b[0-9A-F]{10,16}\b", b"ID", payload)
        payload = re.sub(rb"\[127\.0\.0\.1\]:\d+", b"[the sink]", payload)
        out.append(f"{command} {payload}")
    return out


def sessions_of(filter, action):
    """The sessions that began while `action` ran."""
    before = len(filter.sessions)
    action()
    wait_until(lambda: filter.open_sessions == 0, "the end of the filter's sessions")
    return [one for one in filter.sessions[before:] if any(CLIENT.encode() in payload for _, payload in one)]


def compare(pair, filter, lines, but_macros_of=""):
    """Both servers answer alike, and the filter hears alike from both, but for the macros that go with some commands."""
    results = []
    for side in (pair.postfix, pair.postern):
        replies = []
        sessions = sessions_of(filter, lambda side=side, replies=replies: replies.extend(talk(side.port, lines)))
        results.append((replies, [heard(one) for one in sessions]))
    theirs, ours = (replies + [line for one in sessions for line in one
                               if not (line.startswith("macros") and line[9] in but_macros_of)]
                    for replies, sessions in results)
    if ours != theirs:
        raise AssertionError("\n".join(difflib.unified_diff(theirs, ours, "Postfix", "Postern", lineterm="")))
    return results[0]


NEGOTIATIONS = {
    "6": {},
    "6 with all steps": {"steps": 0x1FF000 | 0x400 | 0x800 | 0x80},
    "6 with no step": {"steps": 0x7F | 0x300},
    "6 with lists of macros": {"macro_lists": struct.pack(">I", 0) + b"j v\0" + struct.pack(">I", 3) + b"{rcpt_addr}\0" +
                               struct.pack(">I", 5) + b"i j\0" + struct.pack(">I", 6) + b"v\0"},
    "4": {}, "3": {}, "2": {},
    "2 no_header_reply": {"steps": 0x80},
}


@pytest.mark.parametrize("how", NEGOTIATIONS)
def test_the_filter_hears_what_postfix_would_tell_it(twins_with, how):
    filter = m.Milter(**NEGOTIATIONS[how])
    pair = twins_with([filter], milter_protocol=how.split(" with")[0])
    replies, sessions = compare(pair, filter, SESSION)
    assert sum("queued" in one for one in replies) == 1
    commands = [line.split(" ")[0] for line in sessions[0]]
    assert commands[0] == "negotiate" and commands[-1] == "quit" and "end" in commands


def test_macros_have_the_values_of_postfix(twins_with):
    filter = m.Milter()
    pair = twins_with([filter], milter_macro_daemon_name="DN", milter_macro_defaults="{connect}=1 helo=2 {{mail} = one, two}",
                      smtpd_client_connection_count_limit="50", smtpd_client_event_limit_exceptions="",
                      **{f"milter_{stage}_macros": f"{{{stage}}} " + EVERY_MACRO for stage in STAGES})
    # Postfix's cleanup knows less of the client than its smtpd.
    _, sessions = compare(pair, filter, SESSION, but_macros_of="LNBE")
    assert any("{mail}\\x00one, two\\x00" in line and "{mail_mailer}\\x00smtp\\x00" in line for line in sessions[0])


ANSWERS = {
    "reject": m.REJECT, "tempfail": m.TEMPFAIL, "discard": m.DISCARD, "accept": m.ACCEPT, "shutdown": m.SHUTDOWN,
    "connfail": m.CONN_FAIL, "550": m.reply_code("550 5.7.0 no % way %% x"), "451": m.reply_code("451 4.7.0 later"),
    "421": m.reply_code("421 4.7.0 go"), "lines": m.reply_code("550-5.7.0 one\r\n550 5.7.0 two"),
    "not enhanced": m.reply_code("550 no"), "no reply": m.reply_code("250 2.0.0 x"), "skip": m.SKIP,
    "nonsense": m.packet("z"), "too long": b"\x7f\xff\xff\xffc", "nothing": lambda payload: None,
    "quarantine": m.quarantine("why") + m.CONTINUE, "progress": m.PROGRESS * 3 + m.CONTINUE,
}
EVENTS = ["connect", "helo", "mail", "rcpt", "data", "header", "end_of_header", "body", "end", "unknown"]
# docs/milters.md: there Postfix takes a message that the filter did not want, forgets a wrong reply's reason, or tells
# a filter that has asked for quarantine nothing more. The reply that Postern gives to the content.
BETTER = {(event, answer): reply for events, answer, reply in (
    (EVENTS[5:9], "shutdown", "421 4.7.0 Server closing connection"),
    (EVENTS[5:9], "no reply", "451 4.3.5 Server configuration problem - try again later"),
    (EVENTS[:8], "quarantine", "250 2.0.0 Ok: queued")) for event in events}


def test_each_answer_to_each_event_does_what_it_does_in_postfix(twins_with):
    filter = m.Milter()
    pair = twins_with([filter])
    differences = []
    for event in EVENTS:
        for name, answer in ANSWERS.items():
            filter.answers = {event: answer}
            lines = ["EHLO x", "FOO", "QUIT"] if event == "unknown" else SHORT
            try:
                if (event, name) in BETTER:
                    assert talk(pair.postern.port, lines)[6] == BETTER[event, name]
                else:
                    compare(pair, filter, lines)
            except AssertionError as error:
                differences.append(f"{event}, {name}: {error}")
    assert not differences, "\n".join(differences)


EDITS = {
    "add": m.add_header("X-New", "v1") + m.add_header("X-New2", " v2\n folded"),
    "insert at the top": m.insert_header(0, "X-I", "a") + m.insert_header(0, "X-I", "b"),
    "insert below Received": m.insert_header(1, "X-I", "a") + m.insert_header(1, "X-I", "b"),
    "insert in the middle": m.insert_header(2, "X-I", "a"),
    "insert far below": m.insert_header(99, "X-I", "a"),
    "change the first": m.change_header(1, "X-A", "new"),
    "change number 0": m.change_header(0, "x-a", "new"),
    "change the second": m.change_header(2, "X-A", "new\n\tline"),
    "change what is not there": m.change_header(3, "X-A", "new"),
    "remove": m.change_header(1, "X-A", ""),
    "remove both": m.change_header(1, "X-A", "") * 2,
    "remove what is not there": m.change_header(9, "X-A", ""),
    "remove our Received": m.change_header(1, "Received", ""),
    "add and change": m.add_header("X-A", "3") + m.change_header(3, "X-A", "three"),
    "insert and change": m.insert_header(0, "X-A", "0") + m.change_header(1, "X-A", "one"),
    "insert and remove": m.insert_header(1, "X-A", "0") + m.change_header(1, "X-A", ""),
    "smuggle": m.add_header("X-C", "a\n\tb\nX-Evil: y"),
    "new body": m.replace_body(b"new body\r\nlin") + m.replace_body(b"e two\r\nlast"),
    "sender": m.change_from("<new@from.example>"),
    "sender with parameters": m.change_from("new@from.example", "SIZE=3"),
    "null sender": m.change_from("<>"),
    "add a recipient": m.add_recipient("<w@dest.example>"),
    "add a recipient with parameters": m.add_recipient_with("w@dest.example", "NOTIFY=NEVER ORCPT=rfc822;o@x.example"),
    "remove a recipient": m.delete_recipient("<eve@dest.example>"),
    "remove a recipient that is not there": m.delete_recipient("<Eve@dest.example>"),
    "remove all recipients": m.delete_recipient("anna@dest.example") + m.delete_recipient("<eve@dest.example>"),
    "headers without space": m.add_header("X-New", "v"),
}


@pytest.mark.parametrize("steps", [0, 0x100000], ids=["", "leading space"])
def test_each_change_is_made_as_in_postfix(twins_with, steps):
    filter = m.Milter(steps=steps)
    pair = twins_with([filter])
    differences = []
    for name, edit in EDITS.items():
        filter.answers = {"end": edit + m.CONTINUE}
        expected = 2 + name.startswith("add a recipient") - (name == "remove a recipient") - 2 * (name == "remove all recipients")
        try:
            pair.assert_alike(CONTENT, recipients=("anna@dest.example", "eve@dest.example"), expected=expected)
        except AssertionError as error:
            differences.append(f"{name}: {error}")
    assert not differences, "\n".join(differences)


def test_a_second_filter_sees_what_the_first_one_made_of_the_message(twins_with):
    first = m.Milter({"end": m.add_header("X-First", "was here") + m.replace_body(b"new body\r\n") + m.CONTINUE})
    second = m.Milter()
    pair = twins_with([first, second])
    pair.assert_alike(CONTENT)
    for filter in (second,):
        seen = [session for session in filter.sessions if "end" in dict(session)]
        assert len(seen) == 2
        for session in seen:
            assert ("header", b"X-First\0was here\0") in session
            assert [payload for command, payload in session if command == "body"] == [b"new body\r\n"]


def test_quarantined_mail_waits_on_hold(twins_with):
    pair = twins_with([m.Milter({"end": m.quarantine("looks odd") + m.CONTINUE})])
    replies = talk(pair.postern.port, SHORT)
    assert "queued" in replies[6]
    pair.server.wait_log("looks odd")
    pair.server.wait_log("milter-hold: END-OF-MESSAGE")
    wait_until(lambda: not pair.server.queue_is_empty(), "the message in the queue")
    assert pair.postern.sink.messages == []


@pytest.mark.parametrize("action", ["accept", "reject", "tempfail", "quarantine"])
def test_a_filter_that_is_away_does_what_its_default_action_says(twins_with, action):
    pair = twins_with(f"{{ inet:127.0.0.1:{free_port()}, default_action={action}, connect_timeout=5s }}")
    theirs, ours = (talk(side.port, SHORT) for side in (pair.postfix, pair.postern))
    assert ours == theirs
    pair.server.wait_log("cannot connect")


def test_the_log_has_the_lines_of_postfix(twins_with):
    filter = m.Milter({"rcpt": m.reply_code("550 5.7.1 not here")})
    pair = twins_with([filter])
    for side in (pair.postfix, pair.postern):
        talk(side.port, SHORT)
    line = (f"NOQUEUE: milter-reject: RCPT from unknown[{CLIENT}]: 550 5.7.1 not here; from=<joe@a.example> "
            "to=<anna@dest.example> proto=ESMTP helo=<x>")
    for side in (pair.postfix, pair.postern):
        wait_until(lambda side=side: line in side.log(), "the line in the log")


def test_a_table_chooses_the_filters_by_client(make, scratch):
    filter = m.Milter({"mail": m.REJECT})
    (scratch / "milters.cidr").write_text(f"127.0.0.2 DISABLE\n127.0.0.3 {filter.address}\n")
    server = make.postern(smtpd_milters=filter.address, smtpd_milter_maps=f"cidr:{scratch}/milters.cidr")
    for source, code in (("127.0.0.1", 550), ("127.0.0.2", 250), ("127.0.0.3", 550)):
        with RawSmtp(server.mx, source=source) as client:
            client.command("EHLO x")
            assert client.command("MAIL FROM:<a@b.example>").code == code


def test_a_filter_behind_a_unix_socket(make, scratch):
    filter = m.Milter({"end": m.add_header("X-Seen", "yes") + m.CONTINUE}, path=scratch / "filter.sock")
    (scratch / "filter.sock").chmod(0o777)
    server = make.postern(smtpd_milters=filter.address)
    talk(server.mx, ["EHLO x", "MAIL FROM:<a@b.example>"])
    wait_until(lambda: any("mail" in dict(one) for one in filter.sessions), "MAIL at the filter")


def resident_kib(pid):
    text = open(f"/proc/{pid}/status", encoding="ascii").read()
    return int(re.search(r"VmHWM:\s+(\d+) kB", text)[1])


def test_a_large_message_is_not_held_in_memory(twins_with):
    pair = twins_with([m.Milter({"end": m.insert_header(0, "X-Seen", "yes") + m.CONTINUE})], message_size_limit="60000000")
    body = "".join(f"{i:070d}\n" for i in range(600_000))
    ours = pair.postern.send(("Subject: large\n\n" + body).replace("\n", "\r\n").encode(), "joe@a.example",
                             ["anna@dest.example"], 1)
    assert ours.reply.startswith("250")
    got = ours.messages[0].content
    assert got.startswith(b"X-Seen: yes\r\nReceived: ") and got.endswith(body.replace("\n", "\r\n").encode())
    assert max(resident_kib(pid) for pid in pair.server.pids("smtpd")) < 60_000 + 40_000 * ("asan" in str(pair.server.tree))


def test_a_header_section_beyond_the_limit_is_refused(make):
    filter = m.Milter({"end": m.add_header("X-Long", "x" * 3000) + m.CONTINUE})
    server = make.postern(smtpd_milters=filter.address, milter_header_limit="2048", mynetworks="127.0.0.0/8",
                          smtpd_relay_restrictions="permit_mynetworks, reject", relayhost="[127.0.0.1]:9")
    replies = talk(server.mx, SHORT)
    assert replies[6] == "552 5.3.4 Error: message header section too large"


@pytest.fixture
def opendkim(scratch):
    """A signer and a verifier, without the DNS: the key stands in a file."""
    subprocess.run(["openssl", "genrsa", "-out", str(scratch / "key.pem"), "2048"], check=True, capture_output=True)
    public = subprocess.run(["openssl", "rsa", "-in", str(scratch / "key.pem"), "-pubout"], check=True, capture_output=True,
                            text=True).stdout
    record = "".join(line for line in public.splitlines() if "-----" not in line)
    (scratch / "keys").write_text(f"sel._domainkey.a.example v=DKIM1; k=rsa; p={record}\n")
    processes, ports = [], {}
    for name, mode, more in (("sign", "s", f"Domain a.example\nSelector sel\nKeyFile {scratch}/key.pem\n"),
                             ("verify", "v", f"TestPublicKeys {scratch}/keys\n")):
        ports[name] = free_port()
        config = scratch / f"opendkim-{name}.conf"
        config.write_text(f"Mode {mode}\nSocket inet:{ports[name]}@127.0.0.1\nCanonicalization relaxed/relaxed\nSyslog no\n"
                          f"InternalHosts 127.0.0.1\nAuthservID verifier.example\nRequireSafeKeys no\n{more}"
                          + (f"InternalHosts {scratch}/nobody\n" if name == "verify" else ""))
        (scratch / "nobody").write_text("192.0.2.1\n")
        processes.append(subprocess.Popen(["opendkim", "-f", "-x", str(config)], stderr=subprocess.PIPE))
        wait_for_port(ports[name], processes[-1])
    yield ports
    for process in processes:
        end(process, 10)


def test_opendkim_signs_and_verifies(twins_with, opendkim):
    pair = twins_with(f"inet:127.0.0.1:{opendkim['sign']}, inet:127.0.0.1:{opendkim['verify']}")
    for side in (pair.postfix, pair.postern):
        outcome = side.send(RAW_CONTENT[:-3], "joe@a.example", ["anna@dest.example"], 1)
        assert outcome.reply.startswith("250")
        header = outcome.messages[0].header
        assert "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=a.example" in header
        assert re.search(r"Authentication-Results: verifier.example;\s+dkim=pass", header), header


@pytest.fixture
def rspamd(scratch):
    """Its proxy worker as a filter that scans by itself: no network, no Redis, no rules but the built-in ones."""
    assert shutil.which("rspamd")
    port, controller = free_port(), free_port()
    for name in ("db", "run", "log", "local.d"):
        (scratch / name).mkdir(exist_ok=True)
    scratch.chmod(0o777)
    for name in ("db", "run", "log"):
        (scratch / name).chmod(0o777)
    config = scratch / "rspamd.conf"
    config.write_text(f"""
lua = "/usr/share/rspamd/rules/rspamd.lua";
options {{ pidfile = "{scratch}/run/rspamd.pid"; filters = ""; dns {{ nameserver = ["127.0.0.1:1"]; timeout = 0.1s; retransmits = 1; }}
  history_file = ""; hs_cache_dir = "{scratch}/db"; local_addrs = []; }}
logging {{ type = "file"; filename = "{scratch}/log/rspamd.log"; level = "info"; }}
metric {{ name = "default"; actions {{ reject = 15; add_header = 6; }}
  symbol {{ name = "GTUBE"; weight = 0; }} }}
milter_headers {{ use = ["x-spamd-bar"]; extended_spam_headers = true; skip_local = false; skip_authenticated = false; }}
modules {{ path = "/usr/share/rspamd/plugins/milter_headers.lua"; }}
worker "rspamd_proxy" {{ bind_socket = "127.0.0.1:{port}"; milter = yes; timeout = 20s; count = 1;
  upstream "local" {{ default = yes; self_scan = yes; }} }}
worker "controller" {{ bind_socket = "127.0.0.1:{controller}"; count = 1; }}
""")
    process = subprocess.Popen(["rspamd", "-f", "-i", "-c", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    wait_for_port(port, process, 60)
    yield port
    end(process, 20)


def test_rspamd_refuses_spam_and_marks_the_rest(twins_with, rspamd):
    pair = twins_with(f"inet:127.0.0.1:{rspamd}")
    gtube = "XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X"
    for side in (pair.postfix, pair.postern):
        outcome = side.send((CONTENT + gtube + "\n").replace("\n", "\r\n").encode(), "joe@a.example", ["anna@dest.example"], 1)
        assert outcome.reply == "554 5.7.1 Gtube pattern"
    theirs, ours = pair.send(CONTENT)
    assert ours.reply.startswith("250") and theirs.reply.startswith("250")
    for outcome in (theirs, ours):
        marks = re.findall(r"^(X-[RS]\w+-[\w-]+): (?:default: (\w+))?", outcome.messages[0].header, re.MULTILINE)
        assert ("X-Spamd-Result", "False") in marks and ("X-Rspamd-Queue-Id", "") in marks, outcome.messages[0].header
