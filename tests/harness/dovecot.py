"""Debian's Dovecot in a private directory: IMAP with and without TLS, users from a file. Needs root, as Dovecot does.

A client from 127.0.0.1 is local to it at that address and a stranger at 127.0.0.2.
"""

import base64
import shutil
import subprocess

from .certificates import make_certificate
from .ports import free_port
from .processes import end
from .waiting import wait_for_port

_CONFIG = """\
base_dir = {directory}/run
state_dir = {directory}/state
log_path = {directory}/dovecot.log
auth_verbose = yes
auth_failure_delay = 0
auth_username_chars =
protocols = imap
listen = 127.0.0.1, 127.0.0.2
first_valid_uid = 0
ssl = yes
ssl_cert = <{certificate}
ssl_key = <{key}
mail_location = maildir:{directory}/mail/%u
mail_uid = nobody
mail_gid = nogroup
passdb {{
  driver = passwd-file
  args = username_format=%u {directory}/users
}}
userdb {{
  driver = static
  args = uid=nobody gid=nogroup home={directory}/mail/%u
}}
service imap-login {{
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = {tls_port}
    ssl = yes
  }}
}}
# Without the penalty: wrong logins of a test are not made to wait.
service anvil {{
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
{extra}
"""


class Dovecot:
    """users: {name: password}, any text without line ends and colons in the names; extra: lines of dovecot.conf."""

    def __init__(self, directory, users, extra="", certificate=None):
        self.directory = directory
        directory.mkdir(exist_ok=True)
        self.port, self.tls_port = free_port(), free_port()
        self.certificate, key = certificate or make_certificate(directory)
        (directory / "mail").mkdir()
        shutil.chown(directory / "mail", "nobody", "nogroup")
        self.set_users(users)
        (directory / "dovecot.conf").write_text(
            _CONFIG.format(directory=directory, port=self.port, tls_port=self.tls_port, certificate=self.certificate,
                           key=key, extra=extra))
        self._process = None

    def set_users(self, users):
        encode = {name: base64.b64encode(password.encode()).decode() for name, password in users.items()}
        (self.directory / "users").write_text("".join(f"{name}:{{PLAIN.b64}}{password}\n"
                                                      for name, password in encode.items()))

    def start(self):
        self._process = subprocess.Popen(["dovecot", "-F", "-c", self.directory / "dovecot.conf"])
        wait_for_port(self.port, self._process)
        wait_for_port(self.tls_port, self._process)
        return self

    def stop(self):
        end(self._process)

    def log_text(self):
        path = self.directory / "dovecot.log"
        return path.read_text(errors="replace") if path.exists() else ""
