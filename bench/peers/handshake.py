"""A server that only shakes hands: real TLS, everybody may log in, mail is dropped. What it reaches is the limit that
OpenSSL and the client set on this machine."""

from harness.processes import end

from tools import start_sink


class HandshakePeer:
    name = "handshake"

    def __init__(self, directory, certificate, key, users, password):
        self.directory = directory
        self.certificate, self.key = certificate, key
        self.user, self.users, self.password = "bench%", users, password
        self.sink = None
        self.ports = {}

    def start(self, relayhost=None):
        del relayhost
        self.sink = start_sink(self.directory, processes=2, tls=(self.certificate, self.key))
        self.ports = {"plain": self.sink.port, "login": self.sink.port}

    def roots(self):
        return [self.sink.process.pid]

    def stop(self):
        if self.sink:
            end(self.sink.process)
            self.sink = None
