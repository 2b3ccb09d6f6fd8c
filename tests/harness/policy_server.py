"""A policy server (check_policy_service) that answers by a rule and keeps every request."""

import socketserver
import threading

from .ports import free_port


class PolicyServer:
    """rule(attributes) -> action text, or None to hang up without an answer."""

    def __init__(self, rule):
        self.rule = rule
        self.requests = []
        self.connections = 0
        self.port = free_port()
        self._server = _Server(("127.0.0.1", self.port), _Handler)
        self._server.owner = self

    def start(self):
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def stop(self):
        self._server.shutdown()
        self._server.server_close()


class _Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


class _Handler(socketserver.StreamRequestHandler):
    timeout = 120

    def handle(self):
        self.server.owner.connections += 1
        attributes = {}
        try:
            for line in self.rfile:
                text = line.decode("utf-8", "surrogateescape").rstrip("\n")
                if text:
                    name, _, value = text.partition("=")
                    attributes[name] = value
                    continue
                self.server.owner.requests.append(attributes)
                action = self.server.owner.rule(attributes)
                if action is None:
                    return
                self.wfile.write(f"action={action}\n\n".encode())
                attributes = {}
        except OSError:
            pass
