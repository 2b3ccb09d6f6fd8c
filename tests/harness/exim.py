"""Debian's Exim 4.96 in a private directory and a mount namespace of its own. Needs root, as Exim does.

Debian does not install it beside Postfix, so script/setup unpacks it. It wants its user by name and saslauthd in one place
only: the namespace has both, the machine neither.
"""

import os
import pathlib
import subprocess

from . import processes
from .certificates import make_certificate
from .ports import free_port
from .waiting import wait_for_port

EXIM = pathlib.Path(__file__).resolve().parents[1] / "interop" / "exim" / "usr" / "sbin" / "exim4"
_UID = 65530

# Arguments: the private directory, saslauthd's state directory or "", then the program's words.
_ENTER = f"""
set -e
directory=$1 saslauthd=$2
shift 2
cp /etc/passwd /etc/group "$directory"
echo 'Debian-exim:x:{_UID}:{_UID}::/nonexistent:/usr/sbin/nologin' >> "$directory/passwd"
echo 'Debian-exim:x:{_UID}:' >> "$directory/group"
mount --bind "$directory/passwd" /etc/passwd
mount --bind "$directory/group" /etc/group
mount -t tmpfs tmpfs /run
mkdir /run/saslauthd
[ -z "$saslauthd" ] || mount --bind "$saslauthd" /run/saslauthd
exec "$@"
"""

_CONFIG = """\
primary_hostname = exim.example
spool_directory = {directory}/spool
log_file_path = {directory}/spool/%slog
pid_file_path = {directory}/spool/exim.pid
local_interfaces = 127.0.0.1
daemon_smtp_ports = {submission} : {smtps}
tls_on_connect_ports = {smtps}
tls_advertise_hosts = *
tls_certificate = {certificate}
tls_privatekey = {key}
auth_advertise_hosts = ${{if def:tls_in_cipher {{*}}}}
acl_smtp_rcpt = only_logins
acl_smtp_data = swallow
keep_environment =
rfc1413_hosts =
log_selector = +smtp_protocol_error +smtp_syntax_error

begin acl
only_logins:
  accept authenticated = *
  deny message = log in first
swallow:
  discard

begin authenticators
{authenticators}
"""


class Exim:
    """.submission with STARTTLS, .smtps; authenticators: that section of its configuration."""

    def __init__(self, directory, authenticators, saslauthd=None):
        self.directory = directory
        self.submission, self.smtps = free_port(), free_port()
        self._saslauthd = saslauthd
        spool = directory / "spool"
        spool.mkdir(parents=True)
        os.chown(spool, _UID, _UID)
        certificate, key = make_certificate(directory, "exim.example")
        key.chmod(0o644)
        self._config = directory / "exim.conf"
        self._config.write_text(_CONFIG.format(directory=directory, submission=self.submission, smtps=self.smtps,
                                               certificate=certificate, key=key, authenticators=authenticators))
        self._process = None

    def start(self):
        words = ["unshare", "--mount", "--propagation", "private", "sh", "-c", _ENTER, "sh", self.directory,
                 self._saslauthd or "", EXIM, "-C", self._config, "-bdf", "-oX", f"{self.submission} : {self.smtps}"]
        with open(self.directory / "output", "wb") as output:
            self._process = subprocess.Popen([str(word) for word in words], stdin=subprocess.DEVNULL, stdout=output,
                                             stderr=output)
        wait_for_port(self.submission, self._process)
        wait_for_port(self.smtps, self._process)
        return self

    def stop(self):
        if self._process:
            processes.end(self._process, 30)
            self._process = None

    def log_text(self):
        paths = [self.directory / "output", *(self.directory / "spool" / name for name in ("mainlog", "rejectlog", "paniclog"))]
        return "".join(path.read_text(errors="replace") for path in paths if path.exists())


def dovecot_authenticators(socket, mechanisms):
    """All mechanisms by Exim's dovecot driver."""
    return "\n".join(f"{name.lower().replace('-', '_')}:\n  driver = dovecot\n  public_name = {name}\n"
                     f"  server_socket = {socket}\n  server_set_id = $auth1\n" for name in mechanisms)


SASLAUTHD_AUTHENTICATORS = """\
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${if saslauthd{{$auth2}{$auth3}{smtp}{exim.example}}{1}{0}}
  server_set_id = $auth2

login:
  driver = plaintext
  public_name = LOGIN
  server_prompts = "Username:: : Password::"
  server_condition = ${if saslauthd{{$auth1}{$auth2}{smtp}{exim.example}}{1}{0}}
  server_set_id = $auth1
"""
