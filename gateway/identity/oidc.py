"""Log-in at an identity provider: OpenID Connect Core 1.0, authorization code flow with PKCE (RFC 7636).

  browser ─ begin ─▶ provider ─ code, state ─▶ finish ─▶ code for token ─▶ signature, issuer, audience, nonce, time

What was begun is kept here by its `state`, once and for ten minutes, and belongs to one browser: `binding` is in its
cookie, so that nobody can be signed in by a link that somebody else sent (RFC 9700, 4.7).
"""

import asyncio
import secrets
from base64 import b64encode
from collections import OrderedDict
from dataclasses import dataclass
from hmac import compare_digest
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus, urlencode

from gateway.config.apimodels import OidcModel
from gateway.config.extras import OIDC_HINT, OIDC_MISSING
from gateway.core.clock import Clock
from gateway.core.errors import ConfigError, Unavailable
from gateway.identity.person import NotLetIn, Person, Why, person_of
from gateway.identity.provider import Json, Provider

if TYPE_CHECKING:
    from joserfc.jwk import KeySet

PATIENCE_S = 600.0  # from `begin` to `finish`: somebody looks for their second factor
MOST_BEGUN = 1000
MOST_BEGUN_BY_ORIGIN = 20
DESCRIPTION_S = 3600.0
KEYS_AT_MOST_EVERY_S = 30.0  # a token with an unknown key may be a new key, or a stranger's
LEEWAY_S = 60
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
"""Signatures with a public key only: no `none`, and no HMAC, which anybody who knows the client's secret could make."""
_BYTES = 32
_AGAIN = "begin again from the log-in page"
_CONTRADICTION = "correct the issuer in `api: oidc`, or the provider's own configuration"


@dataclass(frozen=True, slots=True)
class Begun:
    """One log-in that somebody began. `url`: where to send the browser; `binding`: for its cookie."""

    url: str
    binding: str


@dataclass(frozen=True, slots=True)
class _Pending:
    nonce: str
    verifier: str
    binding: str
    redirect: str
    following: str
    origin: str
    until_s: float  # monotonic


@dataclass(frozen=True, slots=True)
class _Description:
    """What the provider says of itself (OpenID Connect Discovery 1.0, 3)."""

    authorization: str
    token: str
    keys: str
    until_s: float


class OidcClient:
    """One provider and the log-ins that are under way there. Raises ConfigError without the extra `oidc`."""

    def __init__(self, settings: OidcModel, clock: Clock, provider: Provider | None = None) -> None:
        _require_libraries()
        self._settings = settings
        self._clock = clock
        self._provider = provider or Provider(settings)
        self._pending: OrderedDict[str, _Pending] = OrderedDict()
        self._described: _Description | None = None
        self._keys: KeySet | None = None
        self._keys_since_s = float("-inf")
        self._asking = asyncio.Lock()

    async def begin(self, redirect: str, following: str, origin: str) -> Begun:
        """Where to send a browser that comes back to `redirect`, then goes on to `following`. Raises Unavailable.

        `origin`: the address that asks; one place cannot push out what others began.
        """
        from authlib.oauth2.rfc7636 import create_s256_code_challenge

        description = await self._description()
        state, nonce, verifier, binding = (secrets.token_urlsafe(_BYTES) for _ in range(4))
        until_s = self._clock.monotonic() + PATIENCE_S
        self._make_room(origin)
        self._pending[state] = _Pending(nonce, verifier, binding, redirect, following, origin, until_s)
        query = {
            "response_type": "code",
            "client_id": self._settings.client_id,
            "redirect_uri": redirect,
            "scope": " ".join(self._settings.scopes),
            "state": state,
            "nonce": nonce,
            "code_challenge": create_s256_code_challenge(verifier),
            "code_challenge_method": "S256",
        }
        mark = "&" if "?" in description.authorization else "?"
        return Begun(f"{description.authorization}{mark}{urlencode(query)}", binding)

    async def finish(self, state: str, code: str, binding: str, issuer: str = "") -> tuple[Person, str]:
        """Who came back, and where they wanted to go. Raises NotLetIn, Unavailable.

        `issuer`: what the provider says of itself in the address (RFC 9207), empty where it says nothing.
        """
        begun = self._pending.pop(state, None)
        if begun is None or begun.until_s < self._clock.monotonic():
            raise NotLetIn(Why.NOT_BEGUN, "this log-in was not begun here, was used already, or took too long", _AGAIN)
        if not compare_digest(begun.binding.encode(), binding.encode(errors="replace")):
            raise NotLetIn(Why.NOT_BEGUN, "this log-in was begun in another browser", _AGAIN)
        if issuer and issuer != self._settings.issuer:
            raise NotLetIn(Why.NOT_BEGUN, "the answer comes from another identity provider", _AGAIN)
        answer = await self._exchange(code, begun)
        claims = await self._verified(answer, begun.nonce)
        return person_of(self._settings, claims), begun.following

    def _make_room(self, origin: str) -> None:
        own = [state for state, one in self._pending.items() if one.origin == origin]
        if len(own) >= MOST_BEGUN_BY_ORIGIN:
            del self._pending[own[0]]
        elif len(self._pending) >= MOST_BEGUN:
            self._pending.popitem(last=False)

    async def _exchange(self, code: str, begun: _Pending) -> Json:
        settings = self._settings
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": begun.redirect,
            "client_id": settings.client_id,
            "code_verifier": begun.verifier,
        }
        headers = {}
        if settings.client_secret is not None:  # RFC 6749, 2.3.1: both parts encoded as in a form
            pair = f"{quote_plus(settings.client_id)}:{quote_plus(settings.client_secret.reveal())}"
            headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        return await self._provider.post((await self._description()).token, form, headers)

    async def _verified(self, answer: Json, nonce: str) -> dict[str, Any]:
        """The claims of the id token in an answer. Raises NotLetIn for one that is not for us, here and now."""
        from authlib.oidc.core import CodeIDToken
        from joserfc import jwt
        from joserfc.errors import JoseError

        text = answer.get("id_token")
        if not isinstance(text, str):
            raise NotLetIn(Why.TOKEN, "the identity provider gave no id token", _AGAIN)
        settings = self._settings
        options = {
            "iss": {"essential": True, "value": settings.issuer},
            "aud": {"essential": True, "value": settings.client_id},
            "sub": {"essential": True},
            "exp": {"essential": True},
        }
        expected = {"nonce": nonce, "client_id": settings.client_id, "access_token": answer.get("access_token")}
        try:
            keys = await self._key_set(text)
            token = jwt.decode(text, keys, algorithms=ALGORITHMS)
            claims = CodeIDToken(token.claims, token.header, options, expected)
            claims.validate(self._clock.time_ns() // 10**9, LEEWAY_S)
        except (JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
            reason = getattr(error, "error", "") or type(error).__name__
            raise NotLetIn(Why.TOKEN, f"the identity provider's token is not valid ({reason})", _AGAIN) from error
        if not isinstance(claims["sub"], str) or not 0 < len(claims["sub"]) <= 255:
            raise NotLetIn(Why.TOKEN, "the identity provider's token names nobody", _AGAIN)
        return dict(claims)

    async def _key_set(self, text: str) -> "KeySet":
        """The provider's keys, asked for again where the token is signed with one that is new."""
        from joserfc import jws
        from joserfc.jwk import KeySet

        wanted = jws.extract_compact(text.encode()).headers().get("kid")
        async with self._asking:
            known = self._keys
            is_known = known is not None and (wanted is None or any(key.kid == wanted for key in known.keys))
            now_s = self._clock.monotonic()
            is_old = now_s - self._keys_since_s >= (DESCRIPTION_S if is_known else KEYS_AT_MOST_EVERY_S)
            if known is None or is_old:
                self._keys_since_s = now_s
                found = await self._provider.get((await self._description()).keys)
                usable = [key for key in found.get("keys", []) if _is_for_signatures(key)]
                known = self._keys = KeySet.import_key_set({"keys": usable})
        return known

    async def _description(self) -> _Description:
        now_s = self._clock.monotonic()
        if self._described is None or self._described.until_s < now_s:
            issuer = self._settings.issuer
            found = await self._provider.get(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
            if found.get("issuer") != issuer:  # OpenID Connect Discovery 1.0, 4.3
                raise Unavailable("the identity provider calls itself otherwise", _CONTRADICTION)
            names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
            authorization, token, keys = (str(found.get(name)) for name in names)
            if not all(one.startswith(("https://", "http://")) for one in (authorization, token, keys)):
                raise Unavailable("the identity provider does not describe itself", _CONTRADICTION)
            self._described = _Description(authorization, token, keys, now_s + DESCRIPTION_S)
        return self._described


def _is_for_signatures(key: object) -> bool:
    """True for a public key that may sign; a provider publishes those for encryption in the same place."""
    return isinstance(key, dict) and key.get("kty") in ("RSA", "EC", "OKP") and key.get("use", "sig") == "sig"


def _require_libraries() -> None:
    try:
        import authlib.oidc.core  # noqa: F401
        import joserfc.jwt  # noqa: F401
    except ImportError as error:
        raise ConfigError(OIDC_MISSING, OIDC_HINT) from error
