"""Postern as root starts it for a whole machine, in a mount namespace of its own.

In there /etc is a copy, and /home, /srv, /var/mail and the journal are empty, so users can be made and a real
systemd-journald can run while the machine notices nothing. Processes are the machine's: /proc shows them all.
"""

import os
import pathlib
import subprocess

from . import processes
from .ports import free_port
from .postern import BINARIES, PASSWORD
from .waiting import wait_for_port, wait_until

# What is mounted over must be there already: a directory made here would stay on the machine.
_SETUP = """
set -e
cp -a /etc "$1/etc"
mount --bind "$1/etc" /etc
for place in /home /srv /var/mail /run/systemd /run/log; do
  mount -t tmpfs -o mode=755,size=64m tmpfs $place
done
[ ! -d /var/log/journal ] || mount -t tmpfs -o mode=755 tmpfs /var/log/journal
chown root:mail /var/mail
chmod 2775 /var/mail
printf 'passwd: files\\ngroup: files\\nshadow: files\\nhosts: files dns\\n' > /etc/nsswitch.conf
echo ready
exec sleep infinity
"""


class SystemService:
    """config_dir below /srv, what Postern keeps too; .mx takes mail without TLS and login, .submission wants both."""

    config_dir = "/srv/postern/etc"
    mail_owner = "postern"

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        assert os.geteuid() == 0, "a system service is started by root, and so is its test"
        self.holder = subprocess.Popen(["unshare", "--mount", "--propagation", "private", "sh", "-c", _SETUP, "sh",
                                        str(self.directory)], stdout=subprocess.PIPE, text=True)
        assert self.holder.stdout.readline() == "ready\n", "the mount namespace could not be furnished"
        self.root = pathlib.Path(f"/proc/{self.holder.pid}/root")
        self.mx, self.submission = free_port(), free_port()
        self.helpers = []
        self.directory.chmod(0o755)

    # In the namespace

    def words(self, *words):
        return ["nsenter", f"--mount=/proc/{self.holder.pid}/ns/mnt", "--", *map(str, words)]

    def run(self, *words, check=True, stdin=None, env=None):
        """Runs a program inside; returns the CompletedProcess."""
        done = subprocess.run(self.words(*words), input=stdin, capture_output=True, text=True, timeout=90, check=False,
                              env=os.environ | (env or {}))
        if check and done.returncode != 0:
            raise AssertionError(f"{' '.join(map(str, words))}: {done.returncode}: {done.stdout}{done.stderr}")
        return done

    def spawn(self, *words, **how):
        """Starts a program inside that ends with this object at the latest."""
        self.helpers.append(subprocess.Popen(self.words(*words), stdin=subprocess.DEVNULL, **how))
        return self.helpers[-1]

    def path(self, name):
        """A path inside, for the test's own eyes."""
        return self.root / name.lstrip("/")

    # The server

    def cli(self, *words, check=True, stdin=None):
        """`postern -c CONFDIR WORDS`."""
        return self.run(BINARIES / "postern", "-c", self.config_dir, *words, check=check, stdin=stdin)

    def init(self, **main_cf):
        """`postern init` as root, then loopback ports and directories that are ours, and main_cf on top."""
        self.cli("init", "--hostname", "mail.postern.example")
        path = self.path(f"{self.config_dir}/main.cf")
        settings = {"queue_directory": "/srv/postern/queue", "data_directory": "/srv/postern/data",
                    "mail_spool_directory": "/srv/postern/mail/", "inet_protocols": "ipv4",
                    "mydestination": "home.example"} | main_cf
        kept = [line for line in path.read_text().splitlines() if line.split("=")[0].strip() not in settings]
        path.write_text("\n".join(kept + [f"{name} = {value}" for name, value in settings.items()]) + "\n")
        self.path(f"{self.config_dir}/master.cf").write_text(
            f"127.0.0.1:{self.mx} inet n - n - - smtpd\n127.0.0.1:{self.submission} inet n - n - - smtpd\n"
            "  -o smtpd_tls_security_level=encrypt -o smtpd_relay_restrictions=permit_sasl_authenticated,reject\n")
        return self

    def add_system_user(self, name):
        """useradd with a home; returns (user id, group id)."""
        self.run("useradd", "--create-home", "--home-dir", f"/home/{name}", name)
        home = self.path(f"/home/{name}").stat()
        return home.st_uid, home.st_gid

    def add_account(self, name):
        self.cli("user", "add", name, "--password-stdin", stdin=PASSWORD + "\n")

    def start(self):
        """`postern start`, which returns when all services are up."""
        self.cli("start")
        wait_for_port(self.mx)
        return self

    def pid(self):
        """masterd's; 0 when none runs."""
        path = self.path("/srv/postern/queue/pid/master.pid")
        text = path.read_text().strip() if path.exists() else ""
        return int(text) if text and processes.alive(int(text)) and processes.name_of(int(text)) == "masterd" else 0

    def tree(self):
        return processes.tree(self.pid())

    def stop(self):
        """Ends everything, the namespace last."""
        if self.pid():
            self.cli("stop", check=False)
        for pid in self.tree() if self.pid() else []:
            processes.kill(pid)
        for helper in reversed(self.helpers):
            processes.end(helper)
        processes.end(self.holder)

    # What can be seen of it

    def log_text(self):
        path = self.path("/srv/postern/mail.log")
        return path.read_text(errors="replace") if path.exists() else ""

    def wait_log(self, words, seconds=60.0):
        wait_until(lambda: words in self.log_text(), f"{words!r} in the log", seconds)

    def queue(self):
        return self.cli("queue", "list").stdout

    def delivered(self, mailbox):
        """The messages in new/ of that Maildir inside."""
        return sorted(self.path(f"{mailbox}/new").glob("*")) if self.path(f"{mailbox}/new").is_dir() else []
