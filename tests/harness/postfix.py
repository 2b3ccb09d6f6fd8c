"""Debian's Postfix in a private directory: a real next hop, and the peer of the benchmarks. Needs root, as Postfix does."""

import pwd
import shutil
import subprocess

from .processes import wait_gone
from .waiting import wait_for_port

_BASE_MASTER = """\
postlog    unix-dgram n - n - 1 postlogd
pickup     unix n - n 60 1 pickup
cleanup    unix n - n - 0 cleanup
qmgr       unix n - n 300 1 qmgr
tlsmgr     unix - - n 1000? 1 tlsmgr
rewrite    unix - - n - - trivial-rewrite
bounce     unix - - n - 0 bounce
defer      unix - - n - 0 bounce
trace      unix - - n - 0 bounce
verify     unix - - n - 1 verify
flush      unix n - n 1000? 0 flush
proxymap   unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
smtp       unix - - n - - smtp
relay      unix - - n - - smtp
showq      unix n - n - - showq
error      unix - - n - - error
retry      unix - - n - - error
discard    unix - - n - - discard
local      unix - n n - - local
virtual    unix - n n - - virtual
lmtp       unix - - n - - lmtp
anvil      unix - - n - 1 anvil
scache     unix - - n - 1 scache
"""


class Postfix:
    """main_cf: {name: value} on top of the private defaults; services: master.cf lines for its listeners."""

    def __init__(self, directory, main_cf, services, processes=100):
        self.directory = directory
        self.etc = directory / "etc"
        self.spool = directory / "spool"
        self.log = directory / "log" / "maillog"
        self.main_cf = {
            "compatibility_level": "3.6",
            "queue_directory": self.spool,
            "data_directory": directory / "data",
            "command_directory": "/usr/sbin",
            "daemon_directory": "/usr/lib/postfix/sbin",
            "meta_directory": "/etc/postfix",
            "shlib_directory": "/usr/lib/postfix",
            "mail_owner": "postfix",
            "setgid_group": "postdrop",
            "maillog_file": self.log,
            "maillog_file_prefixes": directory,
            "myhostname": "postfix.example",
            "mydestination": "",
            "mynetworks": "127.0.0.0/8",
            "inet_interfaces": "127.0.0.1",
            "inet_protocols": "ipv4",
            "alias_maps": "",
            "alias_database": "",
            "local_recipient_maps": "",
            "smtp_dns_support_level": "disabled",
            "smtpd_peername_lookup": "no",
            "default_process_limit": processes,
            "smtpd_client_connection_count_limit": "0",
            "smtpd_client_connection_rate_limit": "0",
        } | main_cf
        self.services = services
        self._prepare()

    def _prepare(self):
        for path in (self.etc, self.spool, self.directory / "data", self.log.parent):
            path.mkdir(parents=True, exist_ok=True)
        for path in [self.directory, *self.directory.parents]:
            if str(path).startswith("/tmp/"):
                path.chmod(path.stat().st_mode | 0o055)
        shutil.chown(self.directory / "data", "postfix")
        (self.etc / "main.cf").write_text("".join(f"{name} = {value}\n" for name, value in self.main_cf.items()))
        (self.etc / "master.cf").write_text("\n".join(self.services) + "\n" + _BASE_MASTER)

    def _command(self, *words, check=True):
        return subprocess.run([*words], check=check, capture_output=True, text=True, timeout=60)

    def start(self, *ports):
        done = self._command("postfix", "-c", str(self.etc), "start", check=False)
        if done.returncode != 0:
            raise AssertionError(f"postfix did not start: {done.stdout}{done.stderr}{self.log_text()}")
        for port in ports:
            wait_for_port(port)
        return self

    def stop(self):
        pid = self.pid()
        self._command("postfix", "-c", str(self.etc), "stop", check=False)
        wait_gone(pid)

    def pid(self):
        return int((self.spool / "pid" / "master.pid").read_text())

    def queue_is_empty(self):
        return not any(path.is_file() for name in ("incoming", "active", "deferred", "maildrop")
                       for path in (self.spool / name).rglob("*"))

    def drop_queue(self):
        """Forgets all mail; only while it is stopped."""
        for name in ("incoming", "active", "deferred", "hold", "maildrop", "defer", "bounce", "trace"):
            for path in (self.spool / name).rglob("*"):
                if path.is_file():
                    path.unlink()

    def log_text(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""


def maildir_next_hop(directory, port, domains, tls=None, **more):
    """A Postfix that takes mail for `domains`, any recipient, into directory/mail/all/ (Maildir); not started yet.
    `more`: parameters of main.cf."""
    mail = directory / "mail"
    mail.mkdir(parents=True, exist_ok=True)
    shutil.chown(mail, "postfix")
    owner = pwd.getpwnam("postfix")
    main_cf = {
        "virtual_mailbox_domains": ", ".join(domains),
        "virtual_mailbox_base": mail,
        "virtual_mailbox_maps": "static:all/",
        "virtual_uid_maps": f"static:{owner.pw_uid}",
        "virtual_gid_maps": f"static:{owner.pw_gid}",
        "virtual_minimum_uid": "1",
        "smtpd_relay_restrictions": "permit_mynetworks, reject_unauth_destination",
    }
    if tls:
        main_cf |= {"smtpd_tls_security_level": "may", "smtpd_tls_cert_file": tls[0], "smtpd_tls_key_file": tls[1]}
    return Postfix(directory, main_cf | more, [f"127.0.0.1:{port} inet n - n - - smtpd"])


def maildir_messages(directory, user="all"):
    """The messages that maildir_next_hop() has taken, as text."""
    return [path.read_text(errors="replace") for path in sorted((directory / "mail" / user / "new").glob("*"))]
