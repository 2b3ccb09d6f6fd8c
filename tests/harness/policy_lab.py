"""Real Postfix and Postern side by side under the same main.cf, with a name server and a policy server of their own."""

import os
import re
import subprocess

from .certificates import Authority
from .dns_server import DnsServer
from .policy_server import PolicyServer
from .ports import free_port
from .postern import PASSWORD, Postern
from .postfix import Postfix
from .raw_smtp import ConnectionEnded, RawSmtp

HOST = "mail.lab.example"

COMMON = {
    "myhostname": HOST,
    "mydomain": "lab.example",
    "myorigin": "lab.example",
    "mydestination": "$myhostname, $mydomain",
    "mynetworks": "127.0.0.8/32",
    "inet_protocols": "ipv4",
    "inet_interfaces": "127.0.0.1",
    "relay_domains": "relay.example",
    # Postfix's own rewriting service looks at main.cf alone: what a listener says of classes would not count there.
    "virtual_mailbox_domains": "vbox.example",
    "virtual_alias_domains": "valias.example",
    # What probes find out is the same for both, and needs no next hop.
    "address_verify_local_transport": "discard:",
    "address_verify_relay_transport": "retry:4.2.1 not now",
    "address_verify_virtual_transport": "error:5.2.1 no such box",
    "address_verify_default_transport": "error:5.4.4 no way there",
    "address_verify_relayhost": "",
    "address_verify_poll_delay": "1s",
    "compatibility_level": "3.6",
    "smtpd_error_sleep_time": "0",
    "smtpd_soft_error_limit": "10000",
    "smtpd_hard_error_limit": "20000",
    "smtpd_junk_command_limit": "20000",
    "smtpd_client_connection_count_limit": "0",
    "smtpd_client_connection_rate_limit": "0",
    "smtpd_peername_lookup": "yes",
    "smtpd_sasl_auth_enable": "yes",
    "smtpd_sasl_type": "dovecot",
    "smtpd_sasl_security_options": "noanonymous",
    "smtpd_tls_auth_only": "no",
    "smtpd_tls_security_level": "may",
    "smtpd_tls_ask_ccert": "yes",
    "smtpd_discard_ehlo_keywords": "chunking",
    "broken_sasl_auth_clients": "no",
    "relocated_maps": "texthash:{tables}/relocated",
    "local_recipient_maps": "texthash:{tables}/local_users",
    "smtpd_relay_restrictions": "permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination",
}


class Lab:
    """policies: {name: {parameter: value}}, one listener each on both servers. Values may hold {tables}, {policy_port}.

    .differences(…) runs a session on both and tells where they answered differently."""

    def __init__(self, directory, policies, tables, zone, broken=(), rule=lambda _: "DUNNO"):
        self.directory = directory
        self.policies = policies
        self.dns = DnsServer(zone, broken)
        self.policy_server = PolicyServer(rule)
        self.tables = directory / "tables"
        self.authority = Authority(directory)
        self.ports = {name: (free_port(), free_port()) for name in policies}
        self._write_tables(tables)
        certificate, key = self.authority.sign(HOST)
        common = COMMON | {
            "smtpd_tls_cert_file": certificate,
            "smtpd_tls_key_file": key,
            "smtpd_tls_CAfile": self.authority.root,
        }
        os.chmod(key, 0o644)
        common = {name: self._fill(value) for name, value in common.items()}
        self.postern = Postern(directory / "postern",
                               common | {"smtpd_sasl_path": "private/auth",
                                         "resolver_address": f"{self.dns.address}@53"},
                               listeners=self._listeners(0, "n"))
        for user in ("joe", "ann"):
            self.postern.add_user(user)
        auth = self.postern.directory / "spool" / "private" / "auth"
        self.postfix = _PrivateResolverPostfix(
            directory / "postfix", common | {"smtpd_sasl_path": auth, "alias_maps": ""}, self._listeners(1, "n"),
            self.dns.write_resolv_conf(directory / "resolv.conf"))

    def _fill(self, value):
        return str(value).replace("{tables}", str(self.tables)).replace("{policy_port}", str(self.policy_server.port))

    def _write_tables(self, tables):
        self.tables.mkdir()
        (self.tables / "main.cf").write_text("compatibility_level = 3.6\n")
        self.tables.chmod(0o755)
        for name, text in tables.items():
            path = self.tables / name
            path.write_text(self._fill(text))
            if name.endswith(".hash"):
                subprocess.run(["postmap", "-c", self.tables, f"hash:{path}"], check=True, capture_output=True)

    def _listeners(self, side, chroot):
        lines = []
        for name, parameters in self.policies.items():
            lines.append(f"127.0.0.1:{self.ports[name][side]} inet n - {chroot} - 1 smtpd")
            lines += [f"  -o {{ {key} = {self._fill(value)} }}" for key, value in parameters.items()]
        return lines

    def start(self):
        self.dns.start()
        self.policy_server.start()
        self.postern.start(*(pair[0] for pair in self.ports.values()))
        # Postfix's smtpd is no member of Postern's group: the socket has to be reachable for it.
        socket = self.postern.directory / "spool" / "private" / "auth"
        for path in [socket.parent, *socket.parent.parents]:
            if str(path).startswith("/tmp/"):
                path.chmod(path.stat().st_mode | 0o011)
        socket.chmod(0o666)
        self.postfix.start(*(pair[1] for pair in self.ports.values()))
        return self

    def stop(self):
        self.postfix.stop()
        self.postern.stop()
        self.policy_server.stop()
        self.dns.stop()

    def log_text(self):
        return f"{self.postern.log_text()[-4000:]}\n--- Postfix\n{self.postfix.log_text()[-4000:]}"

    def talk(self, policy, side, client, steps):
        """The replies to the steps, as [(step, text)]; side: 0 Postern, 1 Postfix."""
        out = []
        try:
            with RawSmtp(self.ports[policy][side], source=client, greeting=False) as session:
                out.append(("connect", _plain(session.reply())))
                for step in steps:
                    # Where DATA was refused no content follows.
                    if step[0] == "CONTENT" and not out[-1][1].startswith("354"):
                        continue
                    out.append((str(step), self._do(session, step)))
        except ConnectionEnded:
            out.append(("end", "connection closed"))
        return out

    def _do(self, session, step):
        if step == "LOGIN":
            return _plain(session.login("joe", PASSWORD))
        if step == "STARTTLS":
            return _plain(session.starttls())
        if isinstance(step, tuple):
            verb, argument = step
            if verb == "CERT":
                return self._starttls_with(session, argument)
            if verb == "CONTENT":
                session.send(argument.encode() + b"\r\n.\r\n")
                return _plain(session.reply())
            if verb == "PIPELINE":
                session.send("".join(line + "\r\n" for line in argument).encode())
                return " | ".join(_plain(session.reply()) for _ in argument)
        return _plain(session.command(step))

    def _starttls_with(self, session, pair):
        reply = session.command("STARTTLS")
        session.wrap_with_certificate(*pair)
        return _plain(reply)

    def differences(self, policy, client, steps):
        ours = self.talk(policy, 0, client, steps)
        theirs = self.talk(policy, 1, client, steps)
        found = []
        where = "connect"
        for (step, our_reply), (_, their_reply) in zip(ours, theirs):
            if step.startswith("MAIL"):
                where = step
            if our_reply != their_reply:
                found.append((f"{where} / {step}" if step.startswith("RCPT") else step, our_reply, their_reply))
        if len(ours) != len(theirs):
            found.append(("length", str(ours[-1]), str(theirs[-1])))
        return found


class _PrivateResolverPostfix(Postfix):
    """In a mount namespace of its own in which /etc/resolv.conf is another file."""

    def __init__(self, directory, main_cf, services, resolv_conf):
        self.resolv_conf = resolv_conf
        super().__init__(directory, {"smtp_dns_support_level": "enabled", "in_flow_delay": "0"} | main_cf, services)

    def _command(self, *words, check=True):
        script = f'mount --bind "{self.resolv_conf}" /etc/resolv.conf && exec "$@"'
        return subprocess.run(["unshare", "--mount", "sh", "-c", script, "sh", *words], check=check,
                              capture_output=True, text=True, timeout=60)


def _plain(reply):
    """A reply without what differs from one server, session or message to the next."""
    text = reply.text
    text = re.sub(r"queued as \S+", "queued as ID", text)
    text = re.sub(r"^(\d{3}[ -].*) \[.*port \d+\]", r"\1", text)
    return text
