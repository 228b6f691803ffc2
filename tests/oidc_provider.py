"""A small OpenID Connect provider: authorization code flow with PKCE, RS256, on localhost."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

CLIENT_ID, CLIENT_SECRET = "pmf-explorer", "the client's secret"
FORGED = "forged"  # a claim of ours: sign this person's token with a key that the provider does not publish


class Provider(ThreadingHTTPServer):
    """Asks at /authorize which of its people you are.

    Args:
        people: what the token of each says, by name.
    """

    daemon_threads = True

    def __init__(self, people: Mapping[str, Mapping[str, object]]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.people = people
        self.issuer = f"http://localhost:{self.server_port}"
        self.key, self.other_key = RSAKey.generate_key(2048), RSAKey.generate_key(2048)
        self.granted: dict[str, dict[str, str]] = {}  # what was asked for, by code
        self.signed_out = 0

    def metadata(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/jwks",
            "end_session_endpoint": f"{self.issuer}/end",
            "response_types_supported": ["code"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": ["RS256"],
            "code_challenge_methods_supported": ["S256"],
        }

    def id_token(self, person: str, nonce: str) -> str:
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT_ID, "sub": person, "nonce": nonce, "iat": now, "exp": now + 300}
        said = dict(self.people[person])
        key = self.other_key if said.pop(FORGED, False) else self.key
        return jwt.encode({"alg": "RS256", "kid": self.key.thumbprint()}, {**claims, **said}, key)

    def tokens(self, form: Mapping[str, str], authorization: str) -> dict[str, object] | None:
        """What a code is worth; None where anything about the request is wrong."""
        asked = self.granted.pop(form.get("code", ""), None)
        client = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        challenge = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        right = (
            asked is not None
            and authorization == f"Basic {client}"
            and form.get("redirect_uri") == asked["redirect_uri"]
            and base64.urlsafe_b64encode(challenge).decode().rstrip("=") == asked["code_challenge"]
        )
        if not right or asked is None:
            return None
        token = self.id_token(asked["person"], asked["nonce"])
        return {"access_token": secrets.token_hex(), "token_type": "Bearer", "expires_in": 300, "id_token": token}


class _Handler(BaseHTTPRequestHandler):
    server: Provider

    def do_GET(self) -> None:
        provider, place = self.server, urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(place.query).items()}
        if place.path == "/.well-known/openid-configuration":
            self._answer(provider.metadata())
        elif place.path == "/jwks":
            public = {**provider.key.as_dict(private=False), "kid": provider.key.thumbprint(), "use": "sig"}
            self._answer({"keys": [public]})
        elif place.path == "/authorize" and "person" not in asked:
            links = (f"<p><a href='?{urlencode({**asked, 'person': name})}'>{name}</a>" for name in provider.people)
            self._send(200, "".join(links).encode(), "text/html")
        elif place.path == "/authorize":
            code = secrets.token_hex()
            provider.granted[code] = asked
            self._go(f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}")
        elif place.path == "/end":
            provider.signed_out += 1
            self._go(asked["post_logout_redirect_uri"])
        else:
            self._send(404, b"", "text/plain")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = {name: values[0] for name, values in parse_qs(body).items()}
        tokens = self.server.tokens(form, self.headers.get("Authorization", ""))
        self._answer(tokens or {"error": "invalid_grant"}, 200 if tokens else 400)

    def _answer(self, content: object, status: int = 200) -> None:
        self._send(status, json.dumps(content).encode(), "application/json")

    def _go(self, address: str) -> None:
        self.send_response(302)
        self.send_header("Location", address)
        self.end_headers()

    def _send(self, status: int, content: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        pass


@contextlib.contextmanager
def running(people: Mapping[str, Mapping[str, object]]) -> Iterator[Provider]:
    """A provider that answers until the block ends."""
    provider = Provider(people)
    threading.Thread(target=provider.serve_forever, daemon=True).start()
    try:
        yield provider
    finally:
        provider.shutdown()
        provider.server_close()


def secrets_toml(provider: Provider) -> str:
    """What the app needs to know of it."""
    return f"""[auth]
redirect_uri = "http://localhost:{{port}}/oauth2callback"
cookie_secret = "{secrets.token_hex()}"
client_id = "{CLIENT_ID}"
client_secret = "{CLIENT_SECRET}"
server_metadata_url = "{provider.issuer}/.well-known/openid-configuration"
"""
