"""A small OpenID provider on loopback: description, keys, authorization with PKCE, signed tokens; it can misbehave."""

import json
from base64 import b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey, RSAKey

from gateway.config.apimodels import OidcModel

NOW_S = 1_795_334_400  # 2026-11-22T08:00Z
CLIENT, SECRET = "park gateway", "s3cret/of the client"
ROLES = {"park-operators": "operator", "tenants": "enterprise", "it": "administrator"}


@dataclass
class IdentityProvider:
    """The provider; `claims` are those of who logs in, `spoil` changes a token before it is signed."""

    issuer: str = ""
    now_s: int = NOW_S
    key: Any = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "first"}))
    claims: dict[str, Any] = field(
        default_factory=lambda: {"sub": "248289761001", "name": "Li Wei", "roles": ["park-operators"]}
    )
    spoil: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)
    signing_key: Any = None  # another than the published one
    described: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def settings(self, **more: Any) -> OidcModel:
        """What the user writes for it."""
        given = {"issuer": self.issuer, "client_id": CLIENT, "roles": ROLES, "enterprise_claim": "company"}
        given |= {"allow_loopback": True, **more}
        return OidcModel.model_validate(given)

    async def describe(self, request: web.Request) -> web.Response:
        self.asked.append("description")
        names = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "keys"}
        found = {name: f"{self.issuer}/{path}" for name, path in names.items()}
        return web.json_response({"issuer": self.issuer, **found, **self.described})

    async def keys(self, request: web.Request) -> web.Response:
        self.asked.append("keys")
        stranger = {**ECKey.generate_key("P-256", {"kid": "enc", "use": "enc"}).as_dict(private=False)}
        return web.json_response({"keys": [stranger, *KeySet([self.key]).as_dict(private=False)["keys"]]})

    async def authorize(self, request: web.Request) -> web.Response:
        """Whoever comes is logged in, and sent back with a code."""
        query = dict(request.query)
        assert query["response_type"] == "code"
        assert query["code_challenge_method"] == "S256"
        code = f"code-{len(self._codes)}"
        self._codes[code] = query
        back = {"code": code, "state": query["state"], "iss": self.issuer, "session_state": "x"}
        raise web.HTTPFound(f"{query['redirect_uri']}?{urlencode(back)}")

    async def token(self, request: web.Request) -> web.Response:
        form = dict(await request.post())
        begun = self._codes.pop(str(form.get("code")), None)
        pair = b64decode(request.headers.get("authorization", "").removeprefix("Basic ")).decode()
        fits = (
            begun is not None
            and form["redirect_uri"] == begun["redirect_uri"]
            and create_s256_code_challenge(str(form["code_verifier"])) == begun["code_challenge"]
            and pair in ("", "park+gateway:s3cret%2Fof+the+client")
        )
        if begun is None or not fits:
            return web.json_response({"error": "invalid_grant"}, status=400)
        return web.json_response(
            {"access_token": "a", "token_type": "Bearer", "id_token": self.id_token(begun["nonce"])}
        )

    def id_token(self, nonce: str) -> str:
        times = {"iat": self.now_s, "exp": self.now_s + 300}
        claims = {"iss": self.issuer, "aud": CLIENT, "nonce": nonce, **times, **self.claims, **self.spoil}
        header = {"alg": "RS256", "kid": self.key.kid, **self.header}
        claims = {name: value for name, value in claims.items() if value is not None}
        if header["alg"] == "none":
            return f"{_part(header)}.{_part(claims)}."
        return jwt.encode(header, claims, self.signing_key or self.key, algorithms=[header["alg"]])


@asynccontextmanager
async def identity_provider() -> AsyncIterator[IdentityProvider]:
    """One on a free port."""
    provider = IdentityProvider()
    app = web.Application()
    app.router.add_get("/.well-known/openid-configuration", provider.describe)
    app.router.add_get("/keys", provider.keys)
    app.router.add_get("/authorize", provider.authorize)
    app.router.add_post("/token", provider.token)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    provider.issuer = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield provider
    finally:
        await runner.cleanup()


def _part(document: dict[str, Any]) -> str:
    return urlsafe_b64encode(json.dumps(document).encode()).decode().rstrip("=")


def symmetric_key(text: str) -> OctKey:
    """A key that both sides would know."""
    return OctKey.import_key(text.ljust(32, "x"))
