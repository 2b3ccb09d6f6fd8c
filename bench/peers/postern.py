"""Postern as `postern up` runs it: its own defaults, two listeners, its own accounts."""

from harness.ports import free_port
from harness.postern import Postern


class PosternPeer:
    name = "postern"

    def __init__(self, directory, certificate, key, users, password):
        self.directory = directory
        self.certificate, self.key = certificate, key
        self.user, self.users, self.password = "bench%", users, password
        self.server = None
        self.ports = {}

    def start(self, relayhost=None):
        """Accepted mail goes to relayhost, or stays in the queue."""
        main_cf = {
            "mynetworks": "127.0.0.0/8",
            "smtpd_tls_cert_file": self.certificate,
            "smtpd_tls_key_file": self.key,
            "smtpd_relay_restrictions": "permit_mynetworks, permit_sasl_authenticated, reject",
            "message_size_limit": "20480000",
        }
        # A next hop that nobody answers for: after the first try its mail only waits.
        main_cf["relayhost"] = relayhost or f"[127.0.0.1]:{free_port()}"
        self.server = Postern(self.directory, main_cf, listeners=[])
        self.server.write_master([f"127.0.0.1:{port} inet n - n - - smtpd"
                                  for port in (self.server.mx, self.server.submission)])
        self.ports = {"plain": self.server.mx, "login": self.server.submission}
        for i in range(self.users):
            self.server.add_user(f"bench{i}", self.password)
        self.server.start(*self.ports.values())

    def roots(self):
        return [self.server.process.pid]

    def stop(self):
        if self.server:
            self.server.stop()
            self.server = None

    def queue_is_empty(self):
        return self.server.queue_is_empty()
