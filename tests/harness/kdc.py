"""MIT's krb5kdc as a plain process in a private directory; .env leads programs to it and past the machine's files."""

import os
import subprocess

from .ports import free_port
from .processes import end
from .waiting import wait_for_port

REALM = "EXAMPLE.ORG"

_KRB5_CONF = """\
[libdefaults]
  default_realm = {realm}
  dns_lookup_realm = false
  dns_lookup_kdc = false
  dns_canonicalize_hostname = false
  rdns = false
  ignore_acceptor_hostname = true
[realms]
  {realm} = {{
    kdc = 127.0.0.1:{port}
  }}
[domain_realm]
  localhost = {realm}
"""

_KDC_CONF = """\
[realms]
  {realm} = {{
    kdc_listen = 127.0.0.1:{port}
    kdc_tcp_listen = 127.0.0.1:{port}
    database_name = {directory}/principal
    key_stash_file = {directory}/stash
    acl_file = {directory}/kadm5.acl
    max_life = 1h
  }}
[logging]
  kdc = FILE:{directory}/kdc.log
"""


class Kdc:
    """users: {principal: password}; hosts: service principals whose keys go to .keytab."""

    def __init__(self, directory, users, hosts=("host/localhost",), realm=REALM):
        self.directory, self.realm, self.port = directory, realm, free_port()
        directory.mkdir(exist_ok=True)
        self.keytab = directory / "keytab"
        values = {"realm": realm, "port": self.port, "directory": directory}
        (directory / "krb5.conf").write_text(_KRB5_CONF.format(**values))
        (directory / "kdc.conf").write_text(_KDC_CONF.format(**values))
        (directory / "kadm5.acl").write_text("")
        self.env = {"KRB5_CONFIG": str(directory / "krb5.conf"), "KRB5_KDC_PROFILE": str(directory / "kdc.conf"),
                    "KRB5_KTNAME": f"FILE:{self.keytab}", "KRB5CCNAME": f"FILE:{directory / 'ccache'}",
                    "KRB5RCACHETYPE": "none"}
        self._run("kdb5_util", "create", "-s", "-r", realm, "-P", "master")
        for name, password in users.items():
            self.add_user(name, password)
        for name in hosts:
            self.add_service(name, self.keytab)
        self._process = None

    def _run(self, *words):
        subprocess.run([str(word) for word in words], check=True, capture_output=True, env=os.environ | self.env,
                       timeout=60)

    def admin(self, *words):
        self._run("kadmin.local", "-r", self.realm, *words)

    def add_user(self, name, password):
        self.admin("addprinc", "+requires_preauth", "-pw", password, name)

    def add_service(self, name, keytab):
        self.admin("addprinc", "-randkey", name)
        self.admin("ktadd", "-k", keytab, name)

    def set_password(self, name, password):
        self.admin("cpw", "-pw", password, name)

    def start(self):
        self._process = subprocess.Popen(["krb5kdc", "-n", "-r", self.realm], env=os.environ | self.env,
                                         stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for_port(self.port, self._process)
        return self

    def stop(self):
        end(self._process)

    def log_text(self):
        path = self.directory / "kdc.log"
        return path.read_text(errors="replace") if path.exists() else ""
