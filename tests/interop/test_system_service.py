"""A system service started by root: mail lands in users' homes as theirs, and nobody has more rights than its row says."""

import json
import os
import re
import smtplib
import socket
import ssl
import stat
import subprocess

import pytest
from harness import clients, processes
from harness.certificates import make_certificate
from harness.ports import free_port
from harness.postern import BINARIES, PASSWORD, ROOT
from harness.system_service import SystemService
from harness.waiting import wait_for_port, wait_until

CAPABILITY_NUMBERS = {"dac_read_search": 2, "setgid": 6, "setuid": 7}
MAIL_LOG = "/srv/postern/mail.log"


@pytest.fixture
def service(scratch):
    """With the users joe and anna, started."""
    made = SystemService(scratch)
    try:
        made.init(maillog_file=MAIL_LOG, home_mailbox="Maildir/")
        made.users = {name: made.add_system_user(name) for name in ("joe", "anna")}
        yield made.start()
    finally:
        made.stop()


@pytest.fixture
def build(scratch):
    """Makes a service that is not started."""
    made = []

    def one(**main_cf):
        made.append(SystemService(scratch))
        return made[-1].init(**({"maillog_file": MAIL_LOG, "home_mailbox": "Maildir/"} | main_cf))

    yield one
    for service in made:
        service.stop()


def send(service, *recipients, subject="hello", **how):
    """Accepted mail's queue id."""
    status, output = clients.swaks(service.mx, "a@far.example", ",".join(recipients), subject, **how)
    assert status == 0, output
    return re.search(r"queued as (\w+)", output)[1]


def wait_delivered(service, mailbox, count=1):
    wait_until(lambda: len(service.delivered(mailbox)) >= count, f"{count} message(s) in {mailbox}")
    return service.delivered(mailbox)


def flush(service, until):
    """Tries the queue again; what was put off a moment ago may still be on its way back into it."""
    service.cli("queue", "flush")
    wait_until(until, "delivery after a flush")


def assert_belongs(path, owner, mode):
    about = path.lstat()
    assert (about.st_uid, about.st_gid) == owner, path
    assert stat.S_IMODE(about.st_mode) == mode, f"{path}: {about.st_mode:o}"


def test_mail_lands_in_homes_as_the_users_own(service):
    service.add_account("joe")
    status, output = clients.swaks(service.submission, "joe@home.example", "joe@home.example,anna@home.example", "both",
                                   user="joe", password=PASSWORD)
    assert status == 0, output
    for name, owner in service.users.items():
        (message,) = wait_delivered(service, f"/home/{name}/Maildir")
        assert_belongs(message, owner, 0o600)
        assert f"Delivered-To: {name}@home.example" in message.read_text()
        for directory in (message.parent, message.parents[1], message.parents[1] / "cur", message.parents[1] / "tmp"):
            assert_belongs(directory, owner, 0o700)
        assert not list((message.parents[1] / "tmp").iterdir())
    wait_until(lambda: "empty" in service.queue(), "an empty queue")


def test_mail_of_those_without_a_home_is_the_mail_owners(service):
    """Accounts that are no users of the system, root and postmaster: mail_spool_directory."""
    service.add_account("carol")
    send(service, "carol@home.example", "root@home.example", "postmaster@home.example")
    about = service.path("/srv/postern/data").stat()
    for name in ("carol", "root", "postmaster"):
        (message,) = wait_delivered(service, f"/srv/postern/mail/{name}")
        assert_belongs(message, (about.st_uid, about.st_gid), 0o600)
    assert not service.path("/root/Maildir").exists()


def test_unknown_users_are_refused(service):
    status, output = clients.swaks(service.mx, "a@far.example", "nobody-here@home.example", "x")
    assert status != 0 and "550 5.1.1" in output and "User unknown" in output


def test_users_of_other_name_services(build):
    """Known to systemd's user database alone: found from within the sandbox; who is known to none is bounced."""
    service = build(local_recipient_maps="")
    service.path("/etc/nsswitch.conf").write_text("passwd: files systemd missing\ngroup: files systemd\n")
    record = {"userName": "eve", "uid": 61234, "gid": 61234, "homeDirectory": "/home/eve", "shell": "/bin/sh"}
    service.run("sh", "-c", "mkdir -p /etc/userdb /home/eve; chown 61234:61234 /home/eve")
    service.path("/etc/userdb/eve.user").write_text(json.dumps(record))
    service.path("/etc/userdb/61234.user").symlink_to("eve.user")
    service.start()
    status, output = clients.swaks(service.mx, "eve@home.example", "nobody-here@home.example", "returned")
    assert status == 0, output
    (notice,) = wait_delivered(service, "/home/eve/Maildir")
    assert_belongs(notice, (61234, 61234), 0o600)
    assert "5.1.1" in notice.read_text() and "nobody-here@home.example" in notice.read_text()


def test_processes_have_the_rights_of_their_rows(service):
    rows, asked = {}, set()
    for line in (ROOT / "programs" / "PRIVILEGES").read_text().splitlines():
        if line and not line.startswith("#"):
            columns = [column.strip() for column in line.split("|")]
            rows[columns[0]] = columns[1].split()
            if columns[2] == "asked":
                asked.add(columns[0])
    mail_owner = service.path("/srv/postern/data").stat()
    send(service, "joe@home.example")
    wait_delivered(service, "/home/joe/Maildir")
    seen = set()
    for pid in service.tree():
        name = processes.name_of(pid)
        seen.add(name)
        with open(f"/proc/{pid}/status", encoding="utf-8") as file:
            status = {key: value.split() for key, _, value in (line.partition(":") for line in file)}
        user, *capabilities = rows[name]
        whose = 0 if user == "root" else mail_owner.st_uid
        assert status["Uid"] == [str(whose)] * 4, name
        assert status["Gid"] == [str(0 if user == "root" else mail_owner.st_gid)] * 4, name
        if name == "masterd":
            continue
        allowed = sum(1 << CAPABILITY_NUMBERS[word] for word in capabilities)
        for which in ("CapPrm", "CapEff", "CapInh", "CapAmb") + (("CapBnd",) if capabilities else ()):
            assert int(status[which][0], 16) & ~allowed == 0, f"{name}: {which} {status[which]}"
        assert status["Groups"] == [] if whose == 0 else status["Groups"] == [str(mail_owner.st_gid)], name
        assert status["NoNewPrivs"] == ["1"] and status["Seccomp"] == ["2"], name
    assert seen == set(rows) - asked


# What stands where joe's Maildir should be, and what the log says of it.
TRAPS = {
    "link to another user": ("ln -s /home/anna/Maildir /home/joe/Maildir", "Maildir is a symbolic link"),
    "link to a place of one's own": ("mkdir /home/joe/m; chown joe /home/joe/m; ln -s m /home/joe/Maildir",
                                     "Maildir is a symbolic link"),
    "link to nowhere": ("ln -s /home/joe/nowhere /home/joe/Maildir", "Maildir is a symbolic link"),
    "another user's": ("mkdir -m 777 /home/joe/Maildir; chown anna /home/joe/Maildir", "belongs to anna, not to joe"),
    "root's": ("mkdir -m 777 /home/joe/Maildir", "belongs to root, not to joe"),
    "a file": ("touch /home/joe/Maildir; chown joe /home/joe/Maildir", "Maildir is not a directory"),
    "no permission": ("mkdir -p /home/joe/Maildir/new; chown -R joe /home/joe/Maildir; chmod 500 /home/joe/Maildir",
                      "Permission denied"),
    "home is gone": ("rm -rf /home/joe", "Permission denied"),
    "parts are another user's": ("mkdir -p /home/joe/Maildir/cur /home/joe/Maildir/new /home/joe/Maildir/tmp; "
                                 "chown joe /home/joe/Maildir", "Permission denied"),
}


@pytest.mark.parametrize("trap", TRAPS)
def test_a_mailbox_that_is_not_the_users_own_gets_nothing(service, trap):
    """The mail waits, the log says why, and it comes when the mailbox is right again."""
    setup, words = TRAPS[trap]
    service.run("sh", "-c", "mkdir -p -m 777 /home/anna/Maildir/cur /home/anna/Maildir/new /home/anna/Maildir/tmp; "
                            "chmod 777 /home/anna /home/anna/Maildir /home/anna/Maildir/*; " + setup)
    queue_id = send(service, "joe@home.example")
    service.wait_log("status=deferred")
    line = next(line for line in service.log_text().splitlines() if "status=deferred" in line)
    assert f"{queue_id}: to=<joe@home.example>" in line and "dsn=4.3.0" in line and words in line, line
    assert queue_id in service.queue()
    assert not service.delivered("/home/anna/Maildir")
    service.run("sh", "-c", "rm -rf /home/joe/Maildir; mkdir -p /home/joe; chown joe /home/joe")
    flush(service, lambda: service.delivered("/home/joe/Maildir"))
    wait_until(lambda: "empty" in service.queue(), "an empty queue")
    assert len(service.delivered("/home/joe/Maildir")) == 1


def test_a_full_home_leaves_the_mail_queued_and_others_served(service):
    uid, gid = service.users["joe"]
    service.run("mount", "-t", "tmpfs", "-o", f"size=32k,uid={uid},gid={gid},mode=700", "tmpfs", "/home/joe")
    # The sandbox knows the directory that was there when the program started.
    service.cli("reload")
    service.wait_log("reload")
    service.run("sh", "-c", "head -c 24000 /dev/zero > /home/joe/filler")
    queue_id = send(service, "joe@home.example", "anna@home.example", subject="long" * 4000)
    wait_delivered(service, "/home/anna/Maildir")
    service.wait_log("No space left on device")
    wait_until(lambda: re.search(rf"{queue_id}: to=<joe@home.example>.*status=deferred", service.log_text()), "the delay")
    assert not service.delivered("/home/joe/Maildir")
    service.run("rm", "/home/joe/filler")
    flush(service, lambda: service.delivered("/home/joe/Maildir"))
    (message,) = service.delivered("/home/joe/Maildir")
    assert "long" * 10 in message.read_text() and not list((message.parents[1] / "tmp").iterdir())
    assert len(service.delivered("/home/anna/Maildir")) == 1


def test_homes_elsewhere_are_named(build):
    service = build()
    service.run("mkdir", "-p", "/srv/homes")
    service.run("useradd", "--create-home", "--home-dir", "/srv/homes/dora", "dora")
    service.start()
    send(service, "dora@home.example")
    service.wait_log("the home /srv/homes/dora is not below home_directories")
    with service.path(f"{service.config_dir}/main.cf").open("a", encoding="utf-8") as file:
        file.write("home_directories = /home /srv/homes/\n")
    before = processes.children_named(service.pid(), "local")
    service.cli("reload")
    wait_until(lambda: processes.children_named(service.pid(), "local") not in ([], before), "a new local")
    flush(service, lambda: service.delivered("/srv/homes/dora/Maildir"))


def certificate_for(port, name):
    """The certificate, PEM, that a client gets who asks for that name."""
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with smtplib.SMTP("127.0.0.1", port, "client.example", timeout=30) as client:
        client._host = name  # what smtplib asks for in SNI
        client.starttls(context=context)
        return ssl.DER_cert_to_PEM_cert(client.sock.getpeercert(binary_form=True))


@pytest.mark.parametrize("kind", ["texthash", "hash"])
def test_keys_for_names_may_be_roots_alone(build, scratch, kind):
    """The table and its files: masterd reads them, smtpd cannot."""
    keys = scratch / "keys"
    keys.mkdir(mode=0o700)
    certificate, key = make_certificate(keys, "named.example")
    table = keys / "sni"
    table.write_text(f"named.example {key} {certificate}\n")
    if kind == "hash":
        (scratch / "main.cf").touch()
        subprocess.run(["postmap", "-c", str(scratch), "-F", f"hash:{table}"], check=True)
        table.unlink()
    for path in keys.iterdir():
        path.chmod(0o600)
    service = build(tls_server_sni_maps=f"{kind}:{table}")
    assert not [line for line in service.cli("check", check=False).stdout.splitlines() if "sni" in line]
    service.start()
    assert certificate_for(service.mx, "named.example") == certificate.read_text()
    assert certificate_for(service.mx, "other.example") != certificate.read_text()
    assert "tls_server_sni_maps" not in service.log_text()


@pytest.mark.parametrize("main_cf, status, words", [
    ({}, 0, None),
    ({"home_mailbox": "", "mail_spool_directory": "/var/mail"}, 2, "mail for every local user waits"),
    ({"mail_spool_directory": "/var/mail"}, 1, "mail for root, postmaster and accounts without a home waits"),
    ({"home_mailbox": "mbox"}, 2, "mail for users with a home waits"),
    ({"mail_spool_directory": "/var/mail/"}, 2, "made in /var/mail/ by user postern, who may not write there"),
], ids=["maildirs", "defaults of Debian", "homes only", "mbox at home", "foreign spool"])
def test_check_says_where_mail_cannot_go(build, main_cf, status, words):
    service = build(**main_cf)
    done = service.cli("check", check=False)
    findings = [line for line in done.stdout.splitlines() if "has only" not in line]  # the disk is a small tmpfs
    if words is None:
        assert not [line for line in findings if "mail" in line.split(": ", 1)[1]], done.stdout
    else:
        assert any(words in line for line in findings) and done.returncode == status, done.stdout


def test_mail_without_a_mailbox_waits_and_says_why(build):
    service = build(home_mailbox="", mail_spool_directory="/var/mail")
    service.add_system_user("joe")
    service.start()
    queue_id = send(service, "joe@home.example")
    service.wait_log("dsn=4.3.5")
    assert "only Maildir mailboxes are supported yet" in service.log_text() and queue_id in service.queue()


def test_status_reload_and_stop(service):
    status = service.cli("status").stdout
    assert f"masterd pid {service.pid()}" in status
    for name in ("smtpd", "authd", "qmgr", "smtp", "local"):
        assert re.search(rf"\b{name}\b.*serving", status), status
    again = service.cli("start", check=False)
    assert again.returncode != 0 and "runs already" in again.stderr
    old = {name: processes.children_named(service.pid(), name) for name in ("smtpd", "local", "qmgr")}
    service.cli("reload")
    for name, pids in old.items():
        wait_until(lambda: not set(processes.children_named(service.pid(), name)) & set(pids), f"a new {name}")
    send(service, "joe@home.example")
    wait_delivered(service, "/home/joe/Maildir")
    everything = service.tree()
    service.cli("stop")
    for pid in everything:
        processes.wait_gone(pid)
    assert service.cli("status", check=False).returncode != 0
    service.start()
    send(service, "joe@home.example")
    wait_delivered(service, "/home/joe/Maildir", 2)


def test_users_may_not_steer_the_systems_server(service):
    uid, gid = service.users["joe"]
    for words in (["status"], ["reload"], ["stop"], ["queue", "list"]):
        done = service.run("setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups", BINARIES / "postern", "-c",
                           service.config_dir, *words, check=False)
        assert done.returncode != 0, f"{words}: {done.stdout}"
    assert service.pid()


def test_an_ordinary_users_own_server(service):
    """In the user's home, on other ports, beside the system's; only that user and root are heard."""
    joe, anna = (["setpriv", f"--reuid={uid}", f"--regid={gid}", "--clear-groups", "env", f"HOME=/home/{name}",
                  BINARIES / "postern"] for name, (uid, gid) in service.users.items())
    directory = ["--dir", "/home/joe/server"]
    ports = [free_port() for _ in range(3)]
    service.run(*joe, "init", *directory, "--address", "127.0.0.1", "--ports", ",".join(map(str, ports)))
    service.run(*joe, "user", "add", "me", "--password-stdin", *directory, stdin=PASSWORD + "\n")
    service.run(*joe, "start", *directory)
    wait_for_port(ports[0])
    pid = int(service.path("/home/joe/server/spool/pid/master.pid").read_text())
    everything = processes.tree(pid)
    try:
        assert {os.stat(f"/proc/{one}").st_uid for one in everything} <= {service.users["joe"][0], 0}
        assert f"masterd pid {pid}" in service.run(*joe, "status", *directory).stdout
        service.run(*joe, "reload", *directory)
        for words in (["status"], ["reload"], ["stop"], ["queue", "list"]):
            assert service.run(*anna, *words, *directory, check=False).returncode != 0, words
        assert f"masterd pid {pid}" in service.run(BINARIES / "postern", "status", *directory).stdout
        everything = processes.tree(pid)
    finally:
        service.run(*joe, "stop", *directory)
    for one in everything:
        processes.wait_gone(one)
    assert service.pid(), "the system's server goes on"


def test_leaves_the_socket_of_a_dovecot_alone(build):
    """Postfix's guides put Dovecot's auth socket where authd would listen."""
    service = build()
    private = service.path("/srv/postern/queue/private")
    service.add_system_user("joe")
    private.mkdir(parents=True, exist_ok=True)
    with socket.socket(socket.AF_UNIX) as dovecot:
        # A path below /proc would be too long for a socket's address.
        here = os.open(private, os.O_PATH)
        dovecot.bind(f"/proc/self/fd/{here}/auth")
        os.close(here)
        (private / "auth").chmod(0o660)
        dovecot.listen()
        before = (private / "auth").stat().st_ino
        service.start()
        assert (private / "auth").stat().st_ino == before
        assert (private / "accounts").is_socket()
        send(service, "joe@home.example")
        wait_delivered(service, "/home/joe/Maildir")


def test_passwords_for_relays_may_be_roots_alone(build):
    """As every guide says: chmod 600 sasl_passwd sasl_passwd.db."""
    nobody = free_port()
    service = build(smtp_sasl_auth_enable="yes", smtp_sasl_password_maps="hash:/srv/postern/etc/sasl_passwd",
                    smtp_sasl_security_options="noanonymous", relayhost=f"[127.0.0.1]:{nobody}", mynetworks="127.0.0.0/8",
                    smtpd_relay_restrictions="permit_mynetworks, reject")
    table = service.path("/srv/postern/etc/sasl_passwd")
    table.write_text(f"[127.0.0.1]:{nobody} joe:secret\n")
    service.cli("map", "hash:/srv/postern/etc/sasl_passwd")
    for path in (table, table.with_name("sasl_passwd.db")):
        path.chmod(0o600)
    service.start()
    send(service, "ann@far.example")
    service.wait_log("Connection refused")
    assert "Permission denied" not in service.log_text()
