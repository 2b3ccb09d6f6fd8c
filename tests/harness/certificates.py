"""Certificates for tests: self-signed ones for peers, and an authority that signs for clients."""

import subprocess

_NEW_KEY = {"ec": ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"], "rsa": ["-newkey", "rsa:2048"]}


def _openssl(*words):
    subprocess.run(["openssl", *map(str, words)], check=True, capture_output=True)


def make_certificate(directory, name="localhost", kind="ec"):
    """Returns (certificate path, key path), both PEM in `directory`; kind: ec (P-256) or rsa."""
    stem = name if kind == "ec" else f"{name}.{kind}"
    certificate, key = directory / f"{stem}.cert.pem", directory / f"{stem}.key.pem"
    _openssl("req", "-x509", *_NEW_KEY[kind], "-nodes", "-days", "30", "-subj", f"/CN={name}",
             "-addext", f"subjectAltName=DNS:{name},DNS:localhost,IP:127.0.0.1", "-keyout", key, "-out", certificate)
    return certificate, key


class Authority:
    """A root of our own; .root is its certificate."""

    def __init__(self, directory, name="Test Root"):
        self.directory = directory
        self.root, self._key = make_certificate(directory, name.replace(" ", "-"))

    def sign(self, name, kind="ec"):
        """Returns (certificate path, key path)."""
        certificate, key, request = (self.directory / f"{name}.{kind}.{part}" for part in ("pem", "key", "csr"))
        _openssl("req", *_NEW_KEY[kind], "-nodes", "-subj", f"/CN={name}", "-keyout", key, "-out", request)
        _openssl("x509", "-req", "-in", request, "-CA", self.root, "-CAkey", self._key, "-CAcreateserial", "-days", "30",
                 "-out", certificate)
        return certificate, key
