"""Debian's Postfix 3.7 with saslauthd, tuned as a competent administrator would for this load."""

from harness.postfix import Postfix
from harness.ports import free_port

from .saslauthd import REALM, Saslauthd


class PostfixPeer:
    name = "postfix"

    def __init__(self, directory, certificate, key, users, password):
        self.directory = directory
        self.certificate, self.key = certificate, key
        self.sasl = Saslauthd(directory / "mux", [f"bench{i}" for i in range(users)], password)
        self.user, self.users, self.password = f"bench%@{REALM}", users, password
        self.ports = {"plain": free_port(), "login": free_port()}
        self.server = None

    def start(self, relayhost=None):
        """Accepted mail goes to relayhost, or stays in the hold queue."""
        sasl_config = self.directory / "etc" / "sasl"  # where Debian's patch looks whatever the parameter says
        sasl_config.mkdir(parents=True, exist_ok=True)
        (sasl_config / "smtpd.conf").write_text(
            f"pwcheck_method: saslauthd\nsaslauthd_path: {self.directory}/mux/mux\nmech_list: PLAIN LOGIN\n")
        self.sasl.start()
        main_cf = {
            "in_flow_delay": "0",
            "smtpd_tls_security_level": "may",
            "smtpd_tls_auth_only": "yes",
            "smtpd_tls_eccert_file": self.certificate,
            "smtpd_tls_eckey_file": self.key,
            "smtpd_tls_session_cache_database": "btree:${data_directory}/smtpd_scache",
            "smtpd_sasl_auth_enable": "yes",
            "smtpd_relay_restrictions": "permit_mynetworks, permit_sasl_authenticated, reject",
            "message_size_limit": "20480000",
            "smtp_destination_concurrency_limit": "50",
        }
        if relayhost:
            main_cf["relayhost"] = relayhost
        else:
            main_cf["smtpd_client_restrictions"] = "check_client_access static:HOLD"
        self.server = Postfix(self.directory, main_cf,
                              [f"127.0.0.1:{port} inet n - n - 200 smtpd" for port in self.ports.values()], 200)
        self.server.start(*self.ports.values())

    def roots(self):
        return [self.server.pid(), self.sasl.pid]

    def stop(self):
        try:
            if self.server:
                self.server.stop()
                self.server.drop_queue()
                self.server = None
        finally:
            self.sasl.stop()

    def queue_is_empty(self):
        return self.server.queue_is_empty()
