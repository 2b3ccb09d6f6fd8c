"""An OAuth 2.0 identity provider over HTTPS: keys, tokens, introspection. jwcrypto makes and signs, http.server serves."""

import base64
import http.server
import json
import secrets
import ssl
import threading
import time
import urllib.parse

from jwcrypto import jwk, jwt

from .certificates import make_certificate

KINDS = {"RS256": {"kty": "RSA", "size": 2048}, "ES256": {"kty": "EC", "crv": "P-256"},
         "EdDSA": {"kty": "OKP", "crv": "Ed25519"}}
CLIENT, CLIENT_SECRET = "postern", "s3cret&more"


class IdentityProvider:
    """.ca is the certificate to trust; .asked counts requests by path; status makes it answer so instead."""

    def __init__(self, directory, audience="postern"):
        self.ca, key = make_certificate(directory, "idp")
        self.audience, self.asked, self.status, self._opaque = audience, {}, None, {}
        self.keys = {}
        for algorithm in KINDS:
            self.new_key(algorithm)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.ca, key)
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.url = f"https://localhost:{self._server.server_port}"
        self.issuer = self.url + "/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self):
        self._server.shutdown()
        self._server.server_close()

    def new_key(self, algorithm):
        """From now on tokens of the algorithm are signed with another one."""
        self.keys[algorithm] = jwk.JWK.generate(kid=f"{algorithm}-{secrets.token_hex(4)}", use="sig", alg=algorithm,
                                                **KINDS[algorithm])

    def claims(self, user, **other):
        now = int(time.time())
        return {"iss": self.issuer, "aud": [self.audience], "sub": "4711", "email": user, "scope": "mail openid",
                "iat": now, "exp": now + 600} | other

    def signed(self, user, algorithm="RS256", key=None, **other):
        key = key or self.keys[algorithm]
        token = jwt.JWT(header={"alg": algorithm, "kid": key["kid"]}, claims=self.claims(user, **other))
        token.make_signed_token(key)
        return token.serialize()

    def opaque(self, user, **other):
        """A token that says nothing by itself."""
        token = secrets.token_urlsafe(24)
        self._opaque[token] = self.claims(user, **other)
        return token

    def revoke(self, token):
        del self._opaque[token]

    def key_set(self):
        return {"keys": [key.export_public(as_dict=True) for key in self.keys.values()]}

    def introspect(self, form):
        found = self._opaque.get(form.get("token"))
        return {"active": True} | found if found else {"active": False}

    def _handler(provider):  # noqa: N805 - the handler below has a self of its own
        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def answer(self, status, value):
                body = json.dumps(value).encode()
                self.send_response(provider.status or status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def count(self):
                provider.asked[self.path] = provider.asked.get(self.path, 0) + 1

            def do_GET(self):
                self.count()
                self.answer(200 if self.path == "/jwks" else 404, provider.key_set() if self.path == "/jwks" else {})

            def do_POST(self):
                self.count()
                form = dict(urllib.parse.parse_qsl(self.rfile.read(int(self.headers["Content-Length"])).decode()))
                pair = ":".join(urllib.parse.quote(word, safe="") for word in (CLIENT, CLIENT_SECRET))
                if self.headers.get("Authorization") != "Basic " + base64.b64encode(pair.encode()).decode():
                    return self.answer(401, {"error": "invalid_client"})
                return self.answer(200, provider.introspect(form))

        return Handler
