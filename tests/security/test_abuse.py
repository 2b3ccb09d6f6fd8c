"""Limits of clients and accounts, wrong logins, accounts that send what they never sent before."""

import os
import re
import signal
import time

import pytest
from harness import processes
from harness.certificates import make_certificate
from harness.ports import free_port
from harness.postern import PASSWORD, Postern
from harness.postfix import Postfix
from harness.raw_smtp import ConnectionEnded, RawSmtp, plain_token
from harness.waiting import wait_until

MESSAGE = "From: <joe@mail.postern.example>\r\nSubject: x\r\n\r\nHello.\r\n"
WITHOUT_EXCEPTIONS = {"smtpd_client_event_limit_exceptions": "", "smtpd_error_sleep_time": "0",
                      "smtpd_hard_error_limit": "100"}


# ---- the limits of Postfix, by its own replies

LIMITS = {
    "count": "smtpd_client_connection_count_limit=2",
    "rate": "smtpd_client_connection_rate_limit=3",
    "messages": "smtpd_client_message_rate_limit=2",
    "recipients": "smtpd_client_recipient_rate_limit=2",
    "logins": "smtpd_client_auth_rate_limit=2",
    "handshakes": "smtpd_client_new_tls_session_rate_limit=2",
    "wrapper": "smtpd_client_new_tls_session_rate_limit=1",
}


def listeners(ports):
    lines = []
    for name, setting in LIMITS.items():
        lines += [f"127.0.0.1:{ports[name]} inet n - n - - smtpd", f"  -o {setting}"]
        if name != "count":
            lines.append("  -o smtpd_client_connection_count_limit=0")
        if name == "wrapper":
            lines.append("  -o smtpd_tls_wrappermode=yes")
    return lines


def talk_count(port):
    clients = [RawSmtp(port) for _ in range(3)]
    said = [client.greeting.text for client in clients]
    for client in clients:
        client.close()
    return said


def talk_rate(port):
    said = []
    for _ in range(4):
        with RawSmtp(port) as client:
            said.append(client.greeting.text)
    return said


def talk_messages(port):
    with RawSmtp(port) as client:
        client.ehlo()
        return [client.command(line).text for _ in range(3) for line in ("MAIL FROM:<a@b.example>", "RSET")]


def talk_recipients(port):
    with RawSmtp(port) as client:
        client.ehlo()
        client.command("MAIL FROM:<a@b.example>")
        said = [client.command(f"RCPT TO:<u{number}@dest.example>").text for number in range(4)]
        return [*said, client.command("VRFY u@dest.example").text]


def talk_logins(port):
    with RawSmtp(port) as client:
        client.ehlo()
        said = [client.command("AUTH PLAIN " + plain_token("nobody", "wrong")) for _ in range(3)]
        assert {said[0].code, said[1].code} <= {454, 535}  # this Postfix has no users: 454
        return [said[2].text]


def talk_handshakes(port):
    said = []
    for _ in range(4):
        with RawSmtp(port) as client:
            client.ehlo()
            reply = client.command("STARTTLS")
            said.append(reply.text)
            if reply.code == 220:
                client.begin_tls()
                client.buffer = b""
                said.append(client.ehlo().lines[0])
    return said


def talk_wrapper(port):
    said = []
    for _ in range(3):
        try:
            with RawSmtp(port, wrapper=True) as client:
                said.append(client.greeting.text)
        except OSError:
            said.append("no handshake")
    return said


@pytest.fixture(scope="module")
def twins(module_scratch, module_make):
    certificate, key = make_certificate(module_scratch)
    shared = WITHOUT_EXCEPTIONS | {
        "mydestination": "dest.example", "local_recipient_maps": "", "smtpd_tls_security_level": "may",
        "smtpd_tls_auth_only": "no", "smtpd_sasl_auth_enable": "yes", "smtpd_peername_lookup": "no",
        "smtpd_tls_cert_file": str(certificate), "smtpd_tls_key_file": str(key), "smtpd_banner": "$myhostname ESMTP",
        "smtpd_relay_restrictions": "permit_auth_destination, reject"}
    postfix_ports = {name: free_port() for name in LIMITS}
    postfix = Postfix(module_scratch / "x", shared | {"smtpd_sasl_type": "cyrus"}, listeners(postfix_ports))
    module_make.keep(postfix).start(*[port for name, port in postfix_ports.items() if name == "messages"])
    ports = {name: free_port() for name in LIMITS}
    server = Postern(module_scratch / "limits", shared, listeners(ports))
    module_make.keep(server).start(ports["messages"])
    return (postfix, postfix_ports), (server, ports)


@pytest.mark.parametrize("name", LIMITS)
def test_limits_answer_as_postfix_does(twins, name):
    talk = globals()[f"talk_{name}"]
    heard = []
    for server, ports in twins:
        heard.append([text.replace("postfix.example", "HOST").replace("mail.postern.example", "HOST")
                      for text in talk(ports[name])])
        assert server.log_text()
    assert heard[0] == heard[1]


    def logged(server, ports):
        return re.findall(rf"warning: (.*(?:limit exceeded|Refusing).*for service) 127\.0\.0\.1:{ports[name]}",
                          server.log_text())

    theirs, ours = wait_until(lambda: (logs := [logged(*one) for one in twins]) and len(logs[0]) == len(logs[1]) > 0 and logs,
                              "the warnings of both")
    assert theirs == ours


def test_the_highest_rates_are_logged_as_postfix_does(make):
    server = make.postern(anvil_status_update_time="1s", **WITHOUT_EXCEPTIONS)
    with RawSmtp(server.mx) as client:
        client.ehlo()
    for words in ("statistics: max connection rate ", "statistics: max connection count ",
                  "statistics: max cache size "):
        server.wait_log(words)
    found = re.search(r"max connection rate \d+/60s for \((\S+)\) at (.{15})", server.log_text())
    assert found[1] == f"127.0.0.1:{server.mx}:127.0.0.1"


# ---- counts across processes, and who dies


def test_connections_of_a_dead_smtpd_are_not_counted(make):
    server = make.postern(smtpd_client_connection_count_limit="3", **WITHOUT_EXCEPTIONS)
    clients = [RawSmtp(server.mx) for _ in range(3)]
    with RawSmtp(server.mx) as fourth:
        assert fourth.greeting.text.startswith("421 4.7.0")
    for pid in server.pids("smtpd"):
        processes.kill(pid)
    wait_until(lambda: can_enter(server.mx), "room for a client")
    for client in clients:
        client.close()


def can_enter(port):
    try:
        with RawSmtp(port) as client:
            return client.greeting.code == 220
    except (ConnectionEnded, OSError):
        return False


def test_a_new_anvil_knows_the_connections_that_are_open(make):
    server = make.postern(smtpd_client_connection_count_limit="3", **WITHOUT_EXCEPTIONS)
    clients = [RawSmtp(server.mx) for _ in range(3)]
    old = server.pids("anvil")
    processes.kill(old[0])
    wait_until(lambda: server.pids("anvil") not in ([], old), "another anvil")
    wait_until(lambda: not can_enter(server.mx), "the limit in force again")
    for client in clients:
        client.close()
    wait_until(lambda: can_enter(server.mx), "room for a client")


def test_mail_comes_in_while_anvil_is_stopped(make):
    """A hanging anvil costs each smtpd its patience once; the limits are off, and come back."""
    sink = make.sink()
    server = make.postern(sink.port, smtpd_client_connection_count_limit="1", anvil_answer_timeout="3s",
                          account_day_message_limit="0", **WITHOUT_EXCEPTIONS)
    pid = server.pids("anvil")[0]
    os.kill(pid, signal.SIGSTOP)
    try:
        clients, times = [], []
        for _ in range(10):
            begun = time.monotonic()
            clients.append(RawSmtp(server.mx))
            times.append(time.monotonic() - begun)
            assert clients[-1].greeting.code == 220
        assert sum(seconds > 2.9 for seconds in times) <= len(server.pids("smtpd")) < len(times), times
        server.wait_log("going on without it")
    finally:
        os.kill(pid, signal.SIGCONT)
    for client in clients:
        client.close()
    wait_until(lambda: is_limited_to_one(server.mx), "the limit in force again")


def is_limited_to_one(port):
    with RawSmtp(port) as client:
        return client.greeting.code == 220 and not can_enter(port)


# ---- wrong logins


def login_wait(server, user, password, source, expected=535):
    """The seconds that authd says it makes this login wait, 0 when it says nothing; it does wait."""
    seen = len(server.log_text())
    with RawSmtp(server.smtps, wrapper=True, source=source) as client:
        client.ehlo()
        begun = time.monotonic()
        assert client.login(user, password).code == expected
        took = time.monotonic() - begun
    found = re.search(rf": login of {user} from {source} waits (\d+) s: ", server.log_text()[seen:])
    seconds = int(found[1]) if found else 0
    assert took > seconds - 0.1
    return seconds


LOGIN_LIMITS = {"login_failure_address_limit": "3", "login_failure_delay_limit": "3s", "authd_failure_delay": "0",
                "smtpd_client_event_limit_exceptions": "", "inet_interfaces": "all", "anvil_answer_timeout": "5s"}


@pytest.fixture(scope="module")
def guarded(module_make):
    return module_make.postern(users=("joe", "jane", "jim", "tom"), **LOGIN_LIMITS)


def test_guesses_wait_longer_and_longer(guarded):
    for number, seconds in enumerate((0, 0, 0, 1, 2)):
        assert login_wait(guarded, "joe", f"wrong{number}", "127.0.1.1") == seconds
    assert login_wait(guarded, "jane", "wrong5", "127.0.1.1") == 3
    # A right password waits as long: who hangs up early learns nothing.
    assert login_wait(guarded, "jim", PASSWORD, "127.0.1.1", 235) == 3
    guarded.wait_log("wrong logins from 127.0.1.1")


def test_nobody_is_locked_out_where_he_is_known(guarded):
    assert login_wait(guarded, "jane", PASSWORD, "127.0.2.1", 235) == 0
    for number in range(8):
        login_wait(guarded, "joe", f"wrong{number}", "127.0.2.2" if number < 4 else "127.0.2.1")
    assert login_wait(guarded, "jane", PASSWORD, "127.0.2.1", 235) == 0
    assert login_wait(guarded, "jane", PASSWORD, "127.0.2.99", 235) == 0


def test_nobody_is_locked_out_where_he_is_not_known(guarded):
    """Who hammers at a name from everywhere costs its user a wait of login_failure_delay_limit when he is new to a place."""
    for number in range(14):
        login_wait(guarded, "jim", f"wrong{number}", f"127.0.{60 + number}.1")
    assert login_wait(guarded, "jim", PASSWORD, "127.0.90.1", 235) <= 3


def test_a_stale_phone_counts_once(guarded):
    for _ in range(10):
        assert login_wait(guarded, "joe", "yesterday's password", "127.0.3.1") == 0
    assert login_wait(guarded, "tom", PASSWORD, "127.0.3.1", 235) == 0


def test_wrong_secrets_are_kept_nowhere(guarded):
    kept = guarded.directory / "data" / "anvil" / "anvil.lmdb"
    before = kept.stat().st_mtime_ns
    login_wait(guarded, "joe", "a-very-telling-secret", "127.0.4.1")
    wait_until(lambda: kept.stat().st_mtime_ns != before, "anvil to write it down")
    for path in [*(guarded.directory / "data").rglob("*"), guarded.log]:
        if path.is_file():
            assert b"a-very-telling-secret" not in path.read_bytes(), path


def test_logins_go_on_without_anvil(guarded):
    pid = guarded.pids("anvil")[0]
    os.kill(pid, signal.SIGSTOP)
    try:
        login_wait(guarded, "joe", PASSWORD, "127.0.5.1", 235)
        with RawSmtp(guarded.smtps, wrapper=True, source="127.0.5.1") as client:
            client.ehlo()  # by now this smtpd has had its own patience with anvil
            begun = time.monotonic()
            assert client.login("joe", PASSWORD).code == 235
            assert time.monotonic() - begun < 4.9, "authd asks anvil again"
    finally:
        os.kill(pid, signal.SIGCONT)


# ---- accounts


def submit(server, user, *recipients, source=None):
    with RawSmtp(server.smtps, wrapper=True, source=source) as client:
        client.secure_login(user, PASSWORD)
        client.mail(f"{user}@mail.postern.example", *recipients)
        reply = client.data(MESSAGE)
        assert reply.code == 250, reply
        client.command("QUIT")
        return reply


def held(server):
    return [line for line in server.queue().splitlines() if "is held" in line or " hold" in line]


def letters(server, user):
    boxes = [path for path in (server.directory / "mail").rglob("new/*") if user in str(path)]
    return [path.read_text() for path in boxes]


def test_a_hijacked_account_is_held_and_released(make):
    sink = make.sink()
    server = make.postern(sink.port, users=("joe", "jane", "admin"), account_hour_new_recipient_limit="3",
                          error_notice_recipient="admin@mail.postern.example", mydestination="mail.postern.example")
    submit(server, "joe", "a@dest.example", "b@dest.example")
    submit(server, "joe", "a@dest.example", "b@dest.example", "c@dest.example")
    wait_until(lambda: len(sink.messages) == 2, "the mail of before")
    for _ in range(3):
        submit(server, "joe", "d@dest.example")
    submit(server, "jane", "d@dest.example")
    wait_until(lambda: len(sink.messages) == 3, "the mail of others")
    server.wait_log("account joe is held: 4 recipients it never wrote to before, within an hour")

    # Administrator and user are told, once.
    wait_until(lambda: letters(server, "admin") and letters(server, "joe"), "two letters")
    assert "Subject: The mail of account joe is held" in letters(server, "joe")[0]
    assert "account_hour_new_recipient_limit = 3" in letters(server, "admin")[0]
    assert len(letters(server, "admin")) == len(letters(server, "joe")) == 1
    assert len(sink.messages) == 3

    said = server.cli("user", "unlock", "joe").stdout
    assert "released 3 held messages of joe" in said
    wait_until(lambda: len(sink.messages) == 6, "the mail that was held")
    submit(server, "joe", "e@dest.example")
    wait_until(lambda: len(sink.messages) == 7, "new mail")
    wait_until(server.queue_is_empty, "an empty queue")
    assert len(letters(server, "admin")) == 1


def test_an_account_from_everywhere_is_held(make):
    sink = make.sink()
    server = make.postern(sink.port, account_network_limit="2")
    # Networks of loopback are none; what counts is shown by the unit tests. Here: it does not hold who stays at home.
    for number in range(5):
        submit(server, "joe", "a@dest.example", source=f"127.{number}.0.1")
    wait_until(lambda: len(sink.messages) == 5, "the mail")


def test_an_account_in_many_countries_is_held(make, scratch):
    sink = make.sink()
    table = scratch / "countries"
    table.write_text("127.1.0.0/16 DE\n127.2.0.0/16 FR\n127.3.0.0/16 DE\n127.4.0.0/16 NZ\n")
    server = make.postern(sink.port, account_country_maps=f"cidr:{table}", account_country_limit="2")
    for network in (1, 2, 3, 9):
        submit(server, "joe", "a@dest.example", source=f"127.{network}.0.1")
    wait_until(lambda: len(sink.messages) == 4, "the mail from two countries, and from one that no table knows")
    submit(server, "joe", "a@dest.example", source="127.4.0.1")
    server.wait_log(r"account joe is held: 3 countries within account_network_time (account_country_limit = 2)")
    assert len(sink.messages) == 4


def test_a_table_of_countries_that_is_away_holds_nobody(make):
    sink = make.sink()
    server = make.postern(sink.port, account_country_maps=f"tcp:127.0.0.1:{free_port()}", account_country_limit="1")
    submit(server, "joe", "a@dest.example")
    wait_until(lambda: len(sink.messages) == 1, "the mail")
    server.wait_log("account_country_maps: ")


def test_limits_of_accounts_and_of_strangers_are_apart(make):
    server = make.postern(smtpd_client_message_rate_limit="1", smtpd_sasl_message_rate_limit="3",
                          mydestination="mail.postern.example", **WITHOUT_EXCEPTIONS)
    for _ in range(3):
        submit(server, "joe", "joe@mail.postern.example")
    with RawSmtp(server.smtps, wrapper=True) as client:
        client.secure_login("joe", PASSWORD)
        reply = client.command("MAIL FROM:<joe@mail.postern.example>")
        assert reply.text == "450 4.7.1 Error: too much mail from 127.0.0.1"
    with RawSmtp(server.mx) as client:
        client.ehlo()
        assert client.command("MAIL FROM:<a@b.example>").code == 250
        client.command("RSET")
        assert client.command("MAIL FROM:<a@b.example>").code == 450


def test_accounts_send_while_anvil_is_stopped_and_the_held_stay_held(make):
    sink = make.sink()
    server = make.postern(sink.port, users=("joe", "jane"), anvil_answer_timeout="1s", account_hour_message_limit="1",
                          **WITHOUT_EXCEPTIONS)
    with RawSmtp(server.smtps, wrapper=True) as client:
        client.secure_login("jane", PASSWORD)  # this smtpd has heard that jane is held

        def send():
            client.mail("jane@mail.postern.example", "a@dest.example")
            assert client.data(MESSAGE).code == 250

        send()
        send()
        pid = server.pids("anvil")[0]
        os.kill(pid, signal.SIGSTOP)
        try:
            send()
            submit(server, "joe", "a@dest.example")
            wait_until(lambda: len(sink.messages) == 2, "the mail of jane's before, and joe's")
            server.wait_log("joe sends uncounted: anvil does not answer")
        finally:
            os.kill(pid, signal.SIGCONT)
    assert "released 2 held messages of jane" in server.cli("user", "unlock", "jane").stdout
    wait_until(lambda: len(sink.messages) == 4, "jane's mail")


def test_accounts_wait_for_anvil_where_that_is_wanted(make):
    """Mail of strangers still comes in."""
    server = make.postern(anvil_answer_timeout="1s", account_day_message_limit="1000",
                          account_limit_default_action="tempfail", mydestination="mail.postern.example",
                          **WITHOUT_EXCEPTIONS)
    pid = server.pids("anvil")[0]
    os.kill(pid, signal.SIGSTOP)
    try:
        with RawSmtp(server.smtps, wrapper=True) as client:
            client.secure_login("joe", PASSWORD)
            client.mail("joe@mail.postern.example", "a@dest.example")
            assert client.command("DATA").text == "451 4.3.0 Error: temporary lookup failure"
        with RawSmtp(server.mx) as client:
            client.ehlo()
            client.mail("a@b.example", "joe@mail.postern.example")
            assert client.data(MESSAGE).code == 250
    finally:
        os.kill(pid, signal.SIGCONT)
    wait_until(lambda: can_submit(server), "joe may send again")


def can_submit(server):
    with RawSmtp(server.smtps, wrapper=True) as client:
        client.secure_login("joe", PASSWORD)
        client.mail("joe@mail.postern.example", "joe@mail.postern.example")
        reply = client.command("DATA")
        if reply.code == 354:
            client.send(MESSAGE.encode() + b".\r\n")
            return client.reply().code == 250
        return False
