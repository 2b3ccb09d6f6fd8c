#!/usr/bin/python3
"""Measures logins a second through authd's socket, each mechanism beside what its cryptography alone allows here.

The limit is measured between the runs, with the same costs, on all processors: what is missing to 100% is all that a
login takes beside it (the protocol, the account database, the log, and the client, which runs on the same processors).
"""

import argparse
import base64
import dataclasses
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa, utils

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / "tests"), str(ROOT / "bench")]

from harness.postern import BINARIES, Postern  # noqa: E402
from harness.processes import cpu_seconds  # noqa: E402

PASSWORD = "bench-only-password"
ISSUER, AUDIENCE = "https://id.bench.example", "postern"
USERS = 20


@dataclasses.dataclass(frozen=True)
class Measure:
    """share: at least this much of the limit; none where the limit is so far off that all else decides."""

    name: str
    mechanism: str
    limit: str
    logins: int
    in_flight: int = 50
    cached: bool = False
    share: float = 0
    tokens: str = ""  # the algorithm that they are signed with


MEASURES = [
    Measure("plain", "PLAIN", "argon2id", 400, share=0.9),
    Measure("plain-cached", "PLAIN", "argon2id", 20000, cached=True, share=10),
    Measure("scram-sha-256", "SCRAM-SHA-256", "scram-sha-256", 20000),
    Measure("xoauth2-rs256", "XOAUTH2", "rs256", 4000, tokens="RS256"),
    Measure("xoauth2-es256", "XOAUTH2", "es256", 4000, tokens="ES256"),
    Measure("xoauth2-cached", "XOAUTH2", "rs256", 20000, cached=True, tokens="RS256"),
]


def encode(octets):
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def encode_number(number, octets):
    return encode(number.to_bytes(octets, "big"))


class Signer:
    """A key and the tokens that it signs."""

    def __init__(self, algorithm):
        self.algorithm = algorithm
        rs256 = algorithm == "RS256"
        self.key = rsa.generate_private_key(65537, 2048) if rs256 else ec.generate_private_key(ec.SECP256R1())

    def jwk(self):
        numbers = self.key.public_key().public_numbers()
        common = {"kid": self.algorithm, "alg": self.algorithm, "use": "sig"}
        if self.algorithm == "RS256":
            return common | {"kty": "RSA", "n": encode_number(numbers.n, 256), "e": "AQAB"}
        return common | {"kty": "EC", "crv": "P-256", "x": encode_number(numbers.x, 32),
                         "y": encode_number(numbers.y, 32)}

    def sign(self, claims):
        header = {"alg": self.algorithm, "typ": "JWT", "kid": self.algorithm}
        text = ".".join(encode(json.dumps(part).encode()) for part in (header, claims))
        if self.algorithm == "RS256":
            signature = self.key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
        else:
            r, s = utils.decode_dss_signature(self.key.sign(text.encode(), ec.ECDSA(hashes.SHA256())))
            signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
        return f"{text}.{encode(signature)}"


def write_tokens(path, signer, count):
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": AUDIENCE, "sub": "4711", "email": "bench0", "iat": now, "exp": now + 3600}
    path.write_text("".join(signer.sign(claims | {"jti": number}) + "\n" for number in range(count)))


class Authd:
    """authd of a fresh private server; cached says whether it remembers passwords that were right."""

    def __init__(self, directory, cached, signers):
        jwks = directory / "keys.json"
        jwks.write_text(json.dumps({"keys": [signer.jwk() for signer in signers.values()]}))
        self.server = Postern(directory / "p", {
            "authd_cache_ttl": "600s" if cached else "0s", "authd_oauth_jwks": jwks, "authd_oauth_issuer": ISSUER,
            "authd_oauth_audience": AUDIENCE})
        for number in range(USERS):
            self.server.add_user(f"bench{number}", PASSWORD)
        self.server.start()
        self.socket = next(self.server.directory.rglob("private/auth"))
        self.pids = self.server.pids("authd")

    def stop(self):
        self.server.stop()

    def load(self, measure, logins, token_file):
        words = [str(BINARIES / "postern-logins"), str(self.socket), "--mechanism", measure.mechanism, "--users",
                 "1" if measure.tokens else str(USERS), "--password", PASSWORD, "--in-flight", str(measure.in_flight),
                 "--logins", str(logins)] + (["--token-file", str(token_file)] if measure.tokens else [])
        done = subprocess.run(words, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{' '.join(words)}: {done.stdout}{done.stderr}\n{self.server.log_text()[-2000:]}")
        return json.loads(done.stdout)


def take_limit(name, seconds):
    words = [str(BINARIES / "postern-limits"), name, "--seconds", str(seconds)]
    return json.loads(subprocess.run(words, capture_output=True, text=True, check=True).stdout)["per_s"]


def take(measure, signers):
    """One figure: a fresh server. Uncached tokens are each shown once, cached ones were all shown before."""
    with tempfile.TemporaryDirectory(prefix="pb-") as scratch:
        directory = pathlib.Path(scratch)
        directory.chmod(0o755)
        authd = Authd(directory, measure.cached, signers)
        try:
            warm, measured = directory / "warm", directory / "tokens"
            if measure.tokens:
                write_tokens(warm, signers[measure.tokens], 100)
                write_tokens(measured, signers[measure.tokens], 100 if measure.cached else measure.logins)
            authd.load(measure, 100, measured if measure.cached else warm)
            before = cpu_seconds(authd.pids)
            report = authd.load(measure, measure.logins, measured)
            report["cpu_us"] = 1e6 * (cpu_seconds(authd.pids) - before) / measure.logins
            return report
        finally:
            authd.stop()


def run_measure(measure, repeat, signers):
    print(f"\n{measure.name}: {measure.mechanism}{', seen before' if measure.cached else ''} "
          f"({measure.logins} logins, {measure.in_flight} in flight, median of {repeat})", flush=True)
    runs, limits = [], []
    for _ in range(repeat):
        runs.append(take(measure, signers))
        limits.append(take_limit(measure.limit, 2))
    figures = {key: statistics.median(run[key] for run in runs) for key in ("logins_per_s", "cpu_us", "p50_us", "p99_us")}
    print("  " + "  ".join(f"{key} {value:,.0f}" for key, value in figures.items()))
    limit = statistics.median(limits)
    share = figures["logins_per_s"] / limit
    words = f"{share:.1%} of {limit:,.0f} a second by {measure.limit} alone"
    if measure.share:
        words += f", target {measure.share:.0%}: {'ok' if share >= measure.share else 'MISSED'}"
    print(f"  -> {words}", flush=True)
    return bool(measure.share) and share < measure.share


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("measures", nargs="*", metavar="MEASURE",
                        help=f"of {', '.join(measure.name for measure in MEASURES)}; all when none is named")
    parser.add_argument("--repeat", type=int, default=3)
    arguments = parser.parse_args()
    unknown = set(arguments.measures) - {measure.name for measure in MEASURES}
    if unknown:
        parser.error(f"no such measure: {', '.join(sorted(unknown))}")
    signers = {algorithm: Signer(algorithm) for algorithm in ("RS256", "ES256")}
    missed = sum(run_measure(measure, arguments.repeat, signers) for measure in MEASURES
                 if not arguments.measures or measure.name in arguments.measures)
    print(f"\ntargets missed: {missed}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
