"""A name server with a made-up zone, on port 53 of a loopback address of its own: programs that take no port can ask it."""

import random
import socketserver
import threading

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset


class DnsServer:
    """records: {(name, type): [text, …]} in the zone file's notation; names without a trailing dot, lower case.
    A name in `broken`, or below one, answers SERVFAIL; a name that has no record is NXDOMAIN."""

    def __init__(self, records, broken=()):
        self.records = {(name.lower().rstrip("."), kind): list(values) for (name, kind), values in records.items()}
        self.names = {part for name, _ in self.records for part in _parents(name)}
        self.broken = tuple(name.lower() for name in broken)
        self.questions = []
        self.address, self._server = self._bind()

    def _bind(self):
        for _ in range(100):
            address = f"127.{random.randint(16, 250)}.{random.randint(1, 250)}.{random.randint(1, 250)}"
            try:
                server = _Server((address, 53), _Handler)
            except OSError:
                continue
            server.zone = self
            return address, server
        raise AssertionError("no loopback address with a free port 53; the tests need root")

    def start(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def stop(self):
        self._server.shutdown()
        self._server.server_close()

    def write_resolv_conf(self, path):
        path.write_text(f"nameserver {self.address}\noptions timeout:20 attempts:1\n")
        return path

    def answer(self, query):
        response = dns.message.make_response(query)
        response.flags |= dns.flags.RA | dns.flags.AA
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True).lower()
        self.questions.append((name, dns.rdatatype.to_text(question.rdtype)))
        if any(name == one or name.endswith("." + one) for one in self.broken):
            response.set_rcode(dns.rcode.SERVFAIL)
            return response
        for kind in (dns.rdatatype.to_text(question.rdtype), "CNAME"):
            values = self.records.get((name, kind))
            if values:
                response.answer.append(dns.rrset.from_text(question.name, 300, "IN", kind, *values))
                return response
        if name not in self.names:
            response.set_rcode(dns.rcode.NXDOMAIN)
        return response


def _parents(name):
    labels = name.split(".")
    return [".".join(labels[i:]) for i in range(len(labels))]


class _Server(socketserver.ThreadingUDPServer):
    allow_reuse_address = False
    daemon_threads = True


class _Handler(socketserver.BaseRequestHandler):
    def handle(self):
        octets, sock = self.request
        try:
            query = dns.message.from_wire(octets)
        except dns.exception.DNSException:
            return
        try:
            sock.sendto(self.server.zone.answer(query).to_wire(), self.client_address)
        except OSError:
            pass


def pointer(address):
    """The name under which an IPv4 address's PTR stands, and its prefix in a block list."""
    return ".".join(reversed(address.split("."))) + ".in-addr.arpa"


def listed(address, zone):
    return ".".join(reversed(address.split("."))) + "." + zone
