"""Debian's memcached and Redis on loopback ports, and servers for tcp: and socketmap: tables."""

import socketserver
import subprocess
import threading

from .ports import free_port
from .processes import end
from .waiting import wait_for_port, wait_until


class Memcached:
    def __init__(self):
        self.port = free_port()
        self.process = None

    def start(self):
        self.process = subprocess.Popen(["memcached", "-l", "127.0.0.1", "-p", str(self.port), "-U", "0", "-u", "memcache"])
        wait_for_port(self.port, self.process)
        return self

    def stop(self):
        end(self.process)


class Redis:
    """password: of the default user; path: its UNIX socket. tls: (certificate, key), then also at tls_port of 127.0.0.1 and .2."""

    def __init__(self, directory, password="the store's own password", tls=None):
        self.directory, self.password = directory, password
        self.port, self.tls_port, self.tls = free_port(), free_port(), tls
        self.path = directory / "redis.sock"
        self.process = None
        directory.mkdir(parents=True, exist_ok=True)

    def start(self):
        bound, encrypted = ["127.0.0.1"], []
        if self.tls:
            bound = ["127.0.0.1", "127.0.0.2"]
            encrypted = ["--tls-port", str(self.tls_port), "--tls-cert-file", self.tls[0], "--tls-key-file", self.tls[1],
                         "--tls-ca-cert-file", self.tls[0], "--tls-auth-clients", "no"]
        with open(self.directory / "redis.log", "ab") as log:
            self.process = subprocess.Popen(
                ["redis-server", "--port", str(self.port), "--bind", *bound, "--unixsocket", self.path, "--save", "",
                 "--dir", self.directory, "--requirepass", self.password, *encrypted], stdout=log, stderr=log)
        # It opens its ports first and its socket last.
        wait_for_port(self.port, self.process)
        wait_until(self.path.exists, "Redis's socket")
        return self

    def stop(self):
        end(self.process)

    def run(self, *words, db=0):
        done = subprocess.run(["redis-cli", "-h", "127.0.0.1", "-p", str(self.port), "-n", str(db), "--no-auth-warning",
                               "-a", self.password, *words], capture_output=True, text=True, timeout=20, check=True)
        assert "ERR" not in done.stdout, done.stdout
        return done.stdout


class TableServer:
    """Speaks a table's protocol: answer(request) gives the octets of the reply; None hangs up."""

    def __init__(self, answer, take=lambda stream: stream.readline()):
        self.requests, self.connections = [], 0
        outer = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self):
                outer.connections += 1
                while request := take(self.rfile):
                    outer.requests.append(request)
                    reply = answer(request)
                    if reply is None:
                        return
                    self.wfile.write(reply)

        class Server(socketserver.ThreadingTCPServer):
            allow_reuse_address = True
            daemon_threads = True

        self._server = Server(("127.0.0.1", 0), Handler)
        self.port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()


def take_netstring(stream):
    digits = b""
    while (octet := stream.read(1)) not in (b":", b""):
        digits += octet
    return stream.read(int(digits) + 1)[:-1] if digits else b""


def netstring(content):
    return b"%d:%s," % (len(content), content)
