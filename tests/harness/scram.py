"""A SCRAM client that does what it is told: wrong flags, old proofs, bindings of another channel. [RFC 5802]"""

import base64
import hashlib
import hmac
import secrets


def encode(octets):
    return base64.b64encode(octets.encode("utf-8", "surrogateescape") if isinstance(octets, str) else octets).decode()


class Scram:
    def __init__(self, user, password, digest="sha256", flag="n", binding=b"", nonce=None):
        self.password, self.digest = password, digest
        self.header = f"{flag},,".encode()
        self.binding = binding
        self.nonce = nonce or secrets.token_hex(12)
        self.bare = f"n={user},r={self.nonce}"

    def first(self):
        return encode(self.header + self.bare.encode("utf-8", "surrogateescape"))

    def final(self, challenge):
        """challenge: the server's first message, base64."""
        server_first = base64.b64decode(challenge).decode()
        fields = dict(field.split("=", 1) for field in server_first.split(","))
        self.salt, self.iterations = fields["s"], int(fields["i"])
        salted = hashlib.pbkdf2_hmac(self.digest, self.password.encode(), base64.b64decode(self.salt), self.iterations)
        key = hmac.digest(salted, b"Client Key", self.digest)
        without_proof = f"c={encode(self.header + self.binding)},r={fields['r']}"
        signed = ",".join([self.bare, server_first, without_proof]).encode("utf-8", "surrogateescape")
        signature = hmac.digest(hashlib.new(self.digest, key).digest(), signed, self.digest)
        proof = bytes(a ^ b for a, b in zip(key, signature, strict=True))
        return encode(f"{without_proof},p={encode(proof)}")

    def log_in(self, client, mechanism="SCRAM-SHA-256"):
        """The whole exchange over RawSmtp; the last reply."""
        reply = client.command(f"AUTH {mechanism} {self.first()}")
        if reply.code == 334:
            reply = client.command(self.final(reply.text[4:]))
        return client.command("") if reply.code == 334 else reply
