"""Debian's slapd as a plain process in a private directory, with a small directory tree in it."""

import signal
import subprocess

from .ports import free_port
from .processes import end
from .waiting import wait_for_port, wait_until

SUFFIX = "dc=riseup,dc=net"
ADMIN, ADMIN_PASSWORD = f"cn=admin,{SUFFIX}", "the service's own password"

_CONFIG = """\
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile {directory}/slapd.pid
sizelimit 500
{extra}
database mdb
suffix "{suffix}"
directory {directory}/data
rootdn "{admin}"
rootpw "{admin_password}"
access to attrs=userPassword by anonymous auth by * none
access to * by * read
"""

_TREE = """\
dn: dc=riseup,dc=net
objectClass: dcObject
objectClass: organization
o: Riseup
dc: riseup

dn: ou=People,dc=riseup,dc=net
objectClass: organizationalUnit
ou: People

dn: ou=Groups,dc=riseup,dc=net
objectClass: organizationalUnit
ou: Groups
"""


def person(uid, password, rdn=None, under=f"ou=People,{SUFFIX}"):
    """LDIF of one person; password as it stands in userPassword."""
    return (f"dn: {rdn or 'uid=' + uid},{under}\nobjectClass: inetOrgPerson\ncn: {uid}\nsn: {uid}\nuid: {uid}\n"
            f"userPassword: {password}\n")


class Slapd:
    """tls: (certificate, key) of the server; extra: lines of slapd.conf before the database."""

    def __init__(self, directory, ldif="", tls=None, extra=""):
        self.directory = directory
        self.port, self.tls_port = free_port(), free_port()
        self._tls = tls
        self._process = None
        self._log = directory / "slapd.log"
        (directory / "data").mkdir(parents=True)
        if tls:
            extra += f"\nTLSCertificateFile {tls[0]}\nTLSCertificateKeyFile {tls[1]}\nTLSCACertificateFile {tls[0]}"
        (directory / "slapd.conf").write_text(_CONFIG.format(
            directory=directory, suffix=SUFFIX, extra=extra, admin=ADMIN, admin_password=ADMIN_PASSWORD))
        tree = directory / "tree.ldif"
        tree.write_text(_TREE + "\n" + ldif)
        subprocess.run(["slapadd", "-f", directory / "slapd.conf", "-l", tree], check=True, capture_output=True)

    @property
    def uri(self):
        """By address: libldap checks certificates of "localhost" against the machine's own name."""
        return f"ldap://127.0.0.1:{self.port}/"

    @property
    def tls_uri(self):
        return f"ldaps://127.0.0.1:{self.tls_port}/"

    def start(self):
        listeners = f"ldap://127.0.0.1:{self.port}/" + (f" ldaps://127.0.0.1:{self.tls_port}/" if self._tls else "")
        with open(self._log, "ab") as log:
            self._process = subprocess.Popen(
                ["slapd", "-f", self.directory / "slapd.conf", "-h", listeners, "-d", "stats"], stdout=log, stderr=log)
        wait_for_port(self.port, self._process)
        return self

    def stop(self):
        end(self._process)

    def restart(self):
        self.stop()
        self.start()

    def freeze(self):
        """It stands still with its connections open."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self):
        self._process.send_signal(signal.SIGCONT)

    def log_text(self):
        return self._log.read_text(errors="replace")

    def count(self, words):
        return self.log_text().count(words)

    def wait_for(self, words):
        wait_until(lambda: words in self.log_text(), f"{words} in slapd's log")

    def modify(self, ldif):
        subprocess.run(["ldapmodify", "-x", "-H", self.uri, "-D", ADMIN, "-w", ADMIN_PASSWORD], input=ldif, text=True,
                       check=True, capture_output=True)

    def set_password(self, dn, password):
        self.modify(f"dn: {dn}\nchangetype: modify\nreplace: userPassword\nuserPassword: {password}\n")
