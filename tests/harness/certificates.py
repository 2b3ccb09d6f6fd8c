"""Self-signed ECDSA P-256 certificates for peers."""

import subprocess


def make_certificate(directory, name="localhost"):
    """Returns (certificate path, key path), both PEM in `directory`."""
    certificate, key = directory / f"{name}.cert.pem", directory / f"{name}.key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30",
         "-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name},DNS:localhost,IP:127.0.0.1",
         "-keyout", str(key), "-out", str(certificate)],
        check=True, capture_output=True)
    return certificate, key
