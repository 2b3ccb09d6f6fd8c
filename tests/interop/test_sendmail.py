"""The sendmail command: what programs hand in leaves as from Debian's Postfix, goes past non_smtpd_milters, or comes back with a
reason that a program can act on."""

import difflib
import os
import pprint
import pwd
import re
import subprocess
import sys

import pytest
from harness import milter as m
from harness.ports import free_port
from harness.postern import BINARIES, Postern
from harness.processes import end
from harness.system_service import SystemService
from harness.twins import Twins
from harness.waiting import wait_for_port, wait_until

OK, USAGE, DATAERR, NOUSER, UNAVAILABLE, TEMPFAIL, NOPERM = 0, 64, 65, 67, 69, 75, 77
LOCAL_DOOR = "pickup unix n - n 60 1 pickup"
PLAIN = b"Subject: x\n\nbody\n"
CLEAN = {name: value for name, value in os.environ.items() if name not in ("NAME", "MAIL_CONFIG")}


def sendmail(server, *words, stdin=PLAIN):
    """Ours, as a program calls it; `server`: a Postern."""
    return subprocess.run(["sendmail", "--dir", server.directory, *words], executable=BINARIES / "postern", input=stdin,
                          capture_output=True, timeout=120, check=False, env=CLEAN)


def real_sendmail(pair, *words, stdin=PLAIN):
    """Debian's, on the other twin."""
    return subprocess.run(["/usr/sbin/sendmail", "-C", pair.directory / "postfix" / "etc", *words], input=stdin,
                          capture_output=True, timeout=120, check=False, env=CLEAN)


@pytest.fixture
def twins_with(scratch):
    started = []

    def start(**main_cf):
        started.append(Twins(scratch, {"mail_name": "Mail", "default_transport": "smtp"} | main_cf))
        return started[-1]

    yield start
    for pair in started:
        pair.stop()


@pytest.fixture
def make(scratch):
    """Starts a Postern with a local door whose mail goes to nobody."""
    started = []

    def one(**main_cf):
        server = Postern(scratch / "p", {"relayhost": "[127.0.0.1]:9", "mydestination": ""} | main_cf)
        started.append(server.start())
        return server

    yield one
    for server in started:
        server.stop()


def comparable(messages):
    """What left, without what two servers must write differently; fields in no order."""
    out = []
    for message in messages:
        header = re.sub(r"\r\n[ \t]+", " ", message.header)
        header = re.sub(r"(?im)^((?:resent-)?(?:message-id|date)): [^\r]*", r"\1: …", header)
        header = re.sub(r"id [0-9A-Za-z]+; [^\r]*", "id …", header)
        out.append((message.sender, sorted(message.recipients), sorted(header.split("\r\n")), message.body))
    return sorted(out)


def submit_to_both(pair, words, stdin, expected):
    results = []
    for side, command in ((pair.postfix, lambda: real_sendmail(pair, *words, stdin=stdin)),
                          (pair.postern, lambda: sendmail(pair.server, *words, stdin=stdin))):
        before = len(side.sink.messages)
        done = command()
        assert done.returncode == OK, done
        if expected:
            wait_until(lambda side=side, before=before: sum(len(one.recipients) for one in side.sink.messages[before:])
                       >= expected, f"mail for {expected} recipients after {done}\n{side.log()[-2000:]}", 60)
        results.append((done, side.sink.messages[before:]))
    return results


# name: words, content, recipients in all
ALIKE = {
    "one recipient": (["anna@dest.example"], PLAIN, 1),
    "bare names": (["anna", "bert@dest.example", "anna"], PLAIN, 2),
    "lists and names": (["Anna A <anna@dest.example>, bert@dest.example", "carl@dest.example"], PLAIN, 3),
    "quoted": (['"q q"@dest.example'], PLAIN, 1),
    "a command as a name": (["|/bin/cmd", "/file"], PLAIN, 2),
    "no more options": (["--", "anna@dest.example"], PLAIN, 1),
    "sender": (["-f", "joe@a.example", "anna@dest.example"], PLAIN, 1),
    "sender and name": (["-fjoe", "-F", "Joe User", "anna@dest.example"], PLAIN, 1),
    "old sender": (["-r", "Joe <joe@a.example>", "anna@dest.example"], PLAIN, 1),
    "a name to be quoted": (["-F", 'Joe (x) "U" Üser', "anna@dest.example"], PLAIN, 1),
    "two senders": (["-f", "joe, jim", "anna@dest.example"], PLAIN, 1),
    "null sender": (["-f", "", "anna@dest.example"], b"From: x@a.example\nSubject: x\n\nbody\n", 1),
    "null sender in brackets": (["-f", "<>", "anna@dest.example"], b"From: x@a.example\n\nbody\n", 1),
    "header recipients": (["-t"], b"To: A <a@dest.example>,\n b@dest.example (b)\nCc: c\nBcc: d@dest.example\n\nhi\n", 4),
    "header and words": (["-t", "x@dest.example"], b"To: a@dest.example\nCC: x@dest.example\n\nhi\n", 2),
    "a group": (["-t"], b"To: grp: a@dest.example, b@dest.example;, c@dest.example\n\nhi\n", 3),
    "only Bcc": (["-t"], b"Subject: only\nBcc: z@dest.example\n\nx\n", 1),
    "resent": (["-t"], b"From: o@a.example\nTo: a@dest.example\nResent-To: e@dest.example\nResent-Bcc: f@dest.example\n\nx\n",
               2),
    "resent, words": (["e@dest.example"], b"From: o@a.example\nTo: a@dest.example\nResent-To: e@dest.example\n\nx\n", 1),
    "all there": (["a@dest.example"], b"From: me@a.example\nDate: Mon, 3 Feb 2025 10:00:00 +0000\nMessage-ID: <1@a.example>\n"
                                      b"To: a@dest.example\n\nx\n", 1),
    "mbox lines": (["a@dest.example"], b"From joe Mon\n>From me you\nsubject: x\n\nFrom x\n", 1),
    "no header": (["a@dest.example"], b"nothing here\n\nx\n", 1),
    "indented": (["a@dest.example"], b"  indented\nSubject: y\n\nx\n", 1),
    "nothing": (["a@dest.example"], b"", 1),
    "a dot ends": (["a@dest.example"], b"Subject: x\n\none\n.\ntwo\n", 1),
    "a dot ends the header": (["a@dest.example"], b"Subject: a\n.\nb\n", 1),
    "-i": (["-i", "a@dest.example"], b"Subject: x\n\none\n.\n..\n.x\ntwo\n", 1),
    "-oi": (["-oi", "a@dest.example"], b"Subject: x\n\none\n.\ntwo\n", 1),
    "CRLF": (["a@dest.example"], b"Subject: crlf\r\n\r\nhi\r\n", 1),
    "no last line end": (["a@dest.example"], b"Subject: x\n\nend", 1),
    "eight bits": (["a@dest.example"], "Subject: ü\n\nü\n".encode(), 1),
    "ignored options": (["-om", "-oem", "-odb", "-O", "DeliveryMode=b", "-p", "SMTP", "-h", "3", "-U", "-x", "-L", "label",
                         "-em", "-Am", "-bm", "-c", "a@dest.example"], PLAIN, 1),
    "as Debian's cron": (["-FCronDaemon", "-i", "-B8BITMIME", "-oem", "a@dest.example"],
                         b"From: root (Cron Daemon)\nTo: a@dest.example\nSubject: Cron <root@mx> true\nMIME-Version: 1.0\n"
                         b"Content-Type: text/plain; charset=UTF-8\n\nout\n", 1),
    "as PHP": (["-t", "-i"], b"To: a@dest.example\r\nSubject: x\r\nX-PHP-Originating-Script: 0:x.php\r\n\r\nhi\r\n", 1),
    "wrong -N and -R": (["-N", "foo", "-R", "bar", "a@dest.example"], PLAIN, 1),
}


def test_what_leaves_is_what_postfix_sends(twins_with):
    pair = twins_with()
    unlike = []
    for name, (words, stdin, expected) in ALIKE.items():
        (_, theirs), (_, ours) = submit_to_both(pair, words, stdin, expected)
        if comparable(ours) != comparable(theirs):
            lines = [pprint.pformat(comparable(side), width=110).splitlines() for side in (theirs, ours)]
            unlike.append("\n".join(difflib.unified_diff(*lines, f"Postfix: {name}", f"Postern: {name}", lineterm="")))
    assert not unlike, "\n".join(unlike)


def test_cleanups_work_is_done(twins_with):
    """Canonical and virtual addresses, hidden copies, header rules."""
    pair = twins_with(canonical_maps="inline:{root@mx.example=admin@home.example}", always_bcc="arch@dest.example",
                      virtual_alias_maps="inline:{staff@dest.example=anna@dest.example}",
                      header_checks="regexp:{{/^X-Secret:/ IGNORE}}")
    (_, theirs), (_, ours) = submit_to_both(pair, ["-t"], b"To: staff@dest.example\nX-Secret: 1\n\nx\n", 2)
    assert comparable(ours) == comparable(theirs)
    assert ours[0].sender == "admin@home.example" and "X-Secret" not in ours[0].header
    assert re.search("^From: .*<admin@home.example>", ours[0].header, re.MULTILINE)


# words, content, Postern's status, what it says. Postfix answers all of these with 75, try again: docs/postfix-differences.md.
REFUSED = {
    "unknown option": (["-Z", "a@dest.example"], PLAIN, USAGE, "usage: sendmail [options]"),
    "-n": (["-n", "a@dest.example"], PLAIN, USAGE, "-n option not supported"),
    "-b of nothing": (["-bz", "a@dest.example"], PLAIN, USAGE, "unsupported: -bz"),
    "nobody named": ([], PLAIN, USAGE, "Recipient addresses must be specified on the command line or via the -t option"),
    "nobody in the header": (["-t"], PLAIN, DATAERR, "No recipient addresses found in message header"),
    "an empty group": (["-t"], b"To: undisclosed-recipients:;\n\nx\n", DATAERR, "No recipient addresses found"),
    "too large": (["a@dest.example"], b"Subject: x\n\n" + b"x\n" * 3000, UNAVAILABLE, "message file too big"),
}


def test_refusals_are_those_of_postfix_but_say_that_they_are_final(twins_with):
    pair = twins_with(message_size_limit="3000")
    for name, (words, stdin, status, text) in REFUSED.items():
        real, done = real_sendmail(pair, *words, stdin=stdin), sendmail(pair.server, *words, stdin=stdin)
        assert real.returncode == TEMPFAIL and done.returncode == status, f"{name}: {real} {done}"
        assert text in done.stderr.decode() and text in real.stderr.decode(), f"{name}: {real} {done}"
    assert not pair.postern.sink.messages and pair.server.queue_is_empty()


def test_unsupported_work_is_refused_in_words(make):
    server = make()
    for words, said in ((["-bv", "a@dest.example"], "-bv is not supported"), (["-bd"], "postern start"),
                        (["-q30m"], "queue_run_delay"), (["", ], "an empty recipient address")):
        done = sendmail(server, *words)
        assert done.returncode not in (OK, TEMPFAIL) and said in done.stderr.decode(), done


def test_delivery_notifications_are_passed_on(twins_with):
    pair = twins_with()
    lines = {}
    for side, command in ((pair.postfix, real_sendmail), (pair.postern, sendmail)):
        who = pair if side is pair.postfix else pair.server
        done = command(who, "-f", "joe@a.example", "-N", "success,delay", "-R", "hdrs", "-V", "env id+1", "anna@dest.example")
        assert done.returncode == OK, done
        # The message, and the notice that was asked for: the sink does not know DSN.
        wait_until(lambda side=side: len(side.sink.messages) == 2, "the message and a notice")
        message, notice = sorted(side.sink.messages, key=lambda one: one.sender, reverse=True)
        assert b"Original-Envelope-Id: env id+1" in notice.content, notice.content
        assert notice.recipients == ["joe@a.example"] and b"body" not in notice.content.split(b"Subject: x")[1]
        lines[side] = comparable([message])
    assert lines[pair.postern] == lines[pair.postfix]


def test_a_message_is_on_disk_before_the_command_ends(make):
    server = make()
    assert sendmail(server, "-f", "joe@a.example", "anna@dest.example").returncode == OK
    for pid in server.tree():
        os.kill(pid, 9)
    server.process.wait(30)
    server.process = None
    server.start()
    wait_until(lambda: "anna@dest.example" in server.queue(), "the message in the queue")


def test_without_a_server_the_caller_may_try_again(make):
    server = make()
    server.stop()
    done = sendmail(server, "anna@dest.example")
    assert done.returncode == TEMPFAIL
    assert f"{server.directory}/spool/submit/pickup" in done.stderr.decode() and "postern start" in done.stderr.decode()


def test_a_door_that_master_cf_does_not_name_is_not_there(make):
    server = make()
    server.write_master([line for line in server.default_listeners() if "pickup" not in line])
    server.reload()
    wait_until(lambda: sendmail(server, "anna@dest.example").returncode == TEMPFAIL, "the door's end")
    assert "master.cf has the service pickup" in sendmail(server, "anna@dest.example").stderr.decode()


def test_what_is_for_strangers_is_not_asked_of_local_users(make):
    filter = m.Milter({"connect": m.REJECT})
    server = make(smtpd_client_restrictions="reject", smtpd_delay_reject="no", smtpd_helo_required="yes",
                  smtpd_data_restrictions="reject", smtpd_end_of_data_restrictions="reject", smtpd_milters=filter.address,
                  smtpd_recipient_limit="1", smtpd_proxy_filter="127.0.0.1:9", smtpd_forbidden_commands="EHLO")
    done = sendmail(server, *[f"user{number}@dest.example" for number in range(5)])
    assert done.returncode == OK, done
    server.wait_log(f"uid={os.getuid()} from=<{pwd.getpwuid(os.getuid()).pw_name}>")
    server.wait_log(f"relay=local submission, uid {os.getuid()}")
    assert not filter.sessions


def test_the_number_of_recipients_has_a_limit(make):
    server = make(submit_recipient_limit="3")
    assert sendmail(server, "a@dest.example", "b@dest.example", "c@dest.example").returncode == OK
    done = sendmail(server, "a@dest.example", "b@dest.example", "c@dest.example", "d@dest.example")
    assert done.returncode == TEMPFAIL and "too many recipients" in done.stderr.decode(), done


def test_header_checks_refuse_with_their_reason(make):
    server = make(header_checks="regexp:{{/^Subject: spam/ REJECT no spam here}}")
    done = sendmail(server, "anna@dest.example", stdin=b"Subject: spam\n\nx\n")
    assert done.returncode == UNAVAILABLE and "no spam here" in done.stderr.decode(), done
    assert server.queue_is_empty()


def test_smtp_through_the_command(make):
    server = make()
    script = (b"EHLO x\r\nMAIL FROM:<joe@a.example>\r\nRCPT TO:<anna@dest.example>\r\nDATA\r\nSubject: x\r\n\r\nhi\r\n.\r\n"
              b"STARTTLS\r\nAUTH PLAIN AA==\r\nQUIT\r\n")
    done = sendmail(server, "-bs", stdin=script)
    replies = [line for line in done.stdout.decode().splitlines() if line[3:4] == " "]
    assert done.returncode == OK
    assert [line[:3] for line in replies] == ["220", "250", "250", "250", "354", "250", "502", "503", "221"], replies
    assert "STARTTLS" not in done.stdout.decode() and "AUTH" not in done.stdout.decode().replace("AUTH command", "")
    server.wait_log("uid=")


def test_its_other_names(make, scratch):
    aliases = scratch / "aliases"
    aliases.write_text("staff: anna@dest.example\n")
    server = make(alias_database=f"lmdb:{aliases}")
    assert sendmail(server, "anna@dest.example").returncode == OK
    assert b"anna@dest.example" in sendmail(server, "-bp", stdin=b"").stdout
    assert sendmail(server, "-q", stdin=b"").returncode == OK
    assert sendmail(server, "-bi", stdin=b"").returncode == OK and (scratch / "aliases.lmdb").exists()
    (scratch / "aliases.lmdb").unlink()
    assert server.run_as("newaliases").returncode == OK and (scratch / "aliases.lmdb").exists()


# Programs that call it


@pytest.fixture
def program(scratch):
    """Gives a path that programs can call as /usr/sbin/sendmail."""

    def make_script(server):
        path = scratch / "sendmail"
        path.write_text(f'#!/bin/sh\nexec {BINARIES}/postern sendmail --dir {server.directory} "$@"\n')
        path.chmod(0o755)
        return path

    return make_script


def run_program(words, stdin, home):
    done = subprocess.run([str(word) for word in words], input=stdin, capture_output=True, timeout=120, check=False,
                          env=CLEAN | {"HOME": str(home), "LC_ALL": "C.UTF-8"})
    assert done.returncode == 0, done


@pytest.mark.parametrize("name", ["mutt", "s-nail", "python", "shell"])
def test_programs_send_by_it(twins_with, program, scratch, name):
    pair = twins_with()
    path = program(pair.server)
    if name == "mutt":
        run_program(["mutt", "-F", "/dev/null", "-e", f'set sendmail="{path} -oem -oi"', "-e", "set from=joe@a.example",
                     "-e", "set use_envelope_from=yes", "-e", "set copy=no", "-s", "grüße", "-b", "bcc@dest.example",
                     "anna@dest.example"], "häl\n.\nlo\n".encode(), scratch)
    elif name == "s-nail":
        run_program(["s-nail", "-:/", "-Sv15-compat", f"-Smta={path}", "-Sexpandaddr", "-Ssendwait", "-r", "joe@a.example",
                     "-s", "grüße", "-b", "bcc@dest.example", "anna@dest.example"], "häl\n.x\nlo\n".encode(), scratch)
    elif name == "python":
        script = ("import sys, subprocess\nfrom email.message import EmailMessage\n"
                  "one = EmailMessage()\none['From'] = 'joe@a.example'\none['To'] = 'anna@dest.example'\n"
                  "one['Bcc'] = 'bcc@dest.example'\none['Subject'] = 'grüße'\none.set_content('häl\\n.\\nlo\\n')\n"
                  "subprocess.run([sys.argv[1], '-t', '-oi', '-f', 'joe@a.example'], input=one.as_bytes(), check=True)\n")
        run_program([sys.executable, "-c", script, path], b"", scratch)
    else:
        run_program(["sh", "-c", f'printf "To: anna@dest.example\\nBcc: bcc@dest.example\\n\\nhi\\n" | {path} -t -f joe@a.example'],
                    b"", scratch)
    wait_until(lambda: sum(len(one.recipients) for one in pair.postern.sink.messages) == 2, "both recipients")
    (message,) = pair.postern.sink.messages
    assert message.sender == "joe@a.example" and sorted(message.recipients) == ["anna@dest.example", "bcc@dest.example"]
    assert "bcc" not in message.header.lower()
    assert re.search(rf"Received: by mx.example \(Mail, from userid {os.getuid()}\)", message.header)


# Mail filters


def filtered(filter, action):
    before = len(filter.sessions)
    action()
    wait_until(lambda: len(filter.sessions) > before and filter.open_sessions == 0, "the end of the filter's session")
    out = []
    for command, payload in filter.sessions[before]:
        payload = re.sub(rb"\b[0-9A-F]{10,16}\b", b"ID", payload)
        if command == "macros":
            payload = re.sub(rb"i\0ID\0", b"", payload)
        payload = re.sub(rb"\[127\.0\.0\.1\]:\d+", b"[the sink]", payload)
        payload = re.sub(rb"(?i)(message-id|date|mail\w* ?\(from).*", rb"\1 ...", payload)
        out.append(f"{command} {payload}")
    return out


@pytest.mark.parametrize("sender", ["joe@a.example", "joe", ""])
def test_filters_of_local_mail_hear_what_postfix_tells_them(twins_with, sender):
    filter = m.Milter()
    pair = twins_with(non_smtpd_milters=filter.address, milter_macro_v="the one version", smtpd_milters="")
    content = b"From: joe@a.example\nMessage-ID: <1@a.example>\nDate: Mon, 3 Feb 2025 10:00:00 +0000\nSubject: x\n\nhi\n"
    words = ["-f", sender, "anna@dest.example", "bert@dest.example"]
    theirs = filtered(filter, lambda: real_sendmail(pair, *words, stdin=content))
    ours = filtered(filter, lambda: sendmail(pair.server, *words, stdin=content))
    # When the conversation is over; Postfix has none to end.
    assert ours.pop(-2) == ours.pop(-2) == "abort b''"
    if ours != theirs:
        raise AssertionError("\n".join(difflib.unified_diff(theirs, ours, "Postfix", "Postern", lineterm="")))


@pytest.mark.parametrize("event", ["connect", "mail", "rcpt", "data", "header", "end"])
@pytest.mark.parametrize("answer, status", [(m.REJECT, {UNAVAILABLE, NOUSER}), (m.TEMPFAIL, {TEMPFAIL})], ids=["no", "later"])
def test_a_filters_no_is_the_callers(make, event, answer, status):
    filter = m.Milter({event: answer})
    server = make(non_smtpd_milters=filter.address)
    done = sendmail(server, "anna@dest.example")
    assert done.returncode in status, done
    assert server.queue_is_empty()


def test_filters_change_hold_and_discard_local_mail(twins_with):
    filter = m.Milter({"end": m.add_header("X-Seen", "yes") + m.CONTINUE})
    pair = twins_with(non_smtpd_milters=filter.address)
    (_, theirs), (_, ours) = submit_to_both(pair, ["anna@dest.example"], PLAIN, 1)
    assert comparable(ours) == comparable(theirs) and "X-Seen: yes" in ours[0].header


def test_a_filter_that_is_away(make):
    away = f"inet:127.0.0.1:{free_port()}"
    server = make(non_smtpd_milters=away)
    assert sendmail(server, "anna@dest.example").returncode == TEMPFAIL
    assert server.queue_is_empty()
    server.set(milter_default_action="accept")
    server.reload()
    wait_until(lambda: sendmail(server, "anna@dest.example").returncode == OK, "the new default action")


def test_opendkim_signs_local_mail(twins_with, scratch):
    key, port = scratch / "key.pem", free_port()
    subprocess.run(["openssl", "genrsa", "-out", str(key), "2048"], check=True, capture_output=True)
    config = scratch / "opendkim.conf"
    config.write_text(f"Mode s\nSocket inet:{port}@127.0.0.1\nCanonicalization relaxed/relaxed\nSyslog no\n"
                      f"RequireSafeKeys no\nDomain mx.example\nSelector sel\nKeyFile {key}\n")
    process = subprocess.Popen(["opendkim", "-f", "-x", str(config)], stderr=subprocess.PIPE)
    try:
        wait_for_port(port, process)
        pair = twins_with(non_smtpd_milters=f"inet:127.0.0.1:{port}")
        (_, theirs), (_, ours) = submit_to_both(pair, ["-t"], b"To: anna@dest.example\nFrom: joe@mx.example\n\nhi\n", 1)
        for messages in (theirs, ours):
            assert "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=mx.example" in messages[0].header
    finally:
        end(process, 10)


# Users of the machine


@pytest.fixture
def system(scratch):
    made = SystemService(scratch)
    made.users = {}

    def start(**main_cf):
        made.init(**({"maillog_file": "/srv/postern/mail.log", "home_mailbox": "Maildir/", "myorigin": "home.example"} | main_cf))
        with made.path(f"{made.config_dir}/master.cf").open("a", encoding="utf-8") as file:
            file.write(LOCAL_DOOR + "\n")
        made.users = {name: made.add_system_user(name) for name in ("joe", "anna")}
        return made.start()

    yield start
    made.stop()


def send_as(service, name, *words, stdin="Subject: x\n\nbody\n"):
    uid, gid = service.users[name]
    return service.run("setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups", BINARIES / "postern", "sendmail", "-C",
                       service.config_dir, *words, check=False, stdin=stdin, env={"NAME": ""})


def test_every_user_of_the_machine_may_send(system):
    service = system()
    done = send_as(service, "joe", "anna")
    assert done.returncode == OK, done
    wait_until(lambda: service.delivered("/home/anna/Maildir"), "the message")
    text = service.delivered("/home/anna/Maildir")[0].read_text()
    assert "Return-Path: <joe@home.example>" in text and "From: joe@home.example" in text
    assert f"from userid {service.users['joe'][0]})" in text
    service.wait_log(f"uid={service.users['joe'][0]} from=<joe>")
    # What administrators' sockets are for is not for him.
    queue = service.path("/srv/postern/queue")
    assert oct(queue.joinpath("public").stat().st_mode & 0o7777) == "0o710"
    assert oct(queue.joinpath("submit").stat().st_mode & 0o7777) == "0o711"
    assert [one.name for one in queue.joinpath("submit").iterdir()] == ["pickup"]


def test_authorized_submit_users(system):
    service = system(authorized_submit_users="!joe, static:all")
    refused = send_as(service, "joe", "anna@home.example")
    assert refused.returncode == NOPERM and "User joe(" in refused.stderr and "not allowed to submit mail" in refused.stderr
    assert send_as(service, "anna", "joe@home.example").returncode == OK
    wait_until(lambda: service.delivered("/home/joe/Maildir"), "anna's message")
    assert not service.delivered("/home/anna/Maildir")
    # A user who came after the server had started has a name too.
    service.users["dora"] = service.add_system_user("dora")
    assert send_as(service, "dora", "joe@home.example").returncode == OK
    only = system_only(service)
    assert only.returncode == NOPERM, only


def system_only(service):
    """joe, once the list names anna alone."""
    path = service.path(f"{service.config_dir}/main.cf")
    path.write_text(path.read_text().replace("!joe, static:all", "anna"))
    service.cli("reload")
    wait_until(lambda: send_as(service, "dora", "joe@home.example").returncode == NOPERM, "the new list")
    assert send_as(service, "anna", "joe@home.example").returncode == OK
    return send_as(service, "joe", "anna@home.example")
