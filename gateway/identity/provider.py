"""An identity provider over HTTP: its description, its keys, and the exchange of a code for a token.

Only addresses that the configuration allows are connected to, checked after the name was resolved and used as they
were checked; redirects and the environment's proxies are not followed. The description comes from outside, so what it
names is checked in the same way.
"""

import asyncio
import ssl
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import urlsplit

import aiohttp
import orjson

from drivers.outbound.address import AddressPolicy, is_address
from drivers.outbound.client import CheckedResolver, Resolve, system_resolve
from gateway.config.apimodels import OidcModel
from gateway.core.errors import Unavailable

TIMEOUT_S = 10.0
MAX_ANSWER = 1024 * 1024
_HINT = "try again later, or sign in with a password"

Json = dict[str, Any]


class Provider:
    """Asks one provider. Every request has a connection of its own: log-ins are rare."""

    def __init__(self, settings: OidcModel, resolve: Resolve = system_resolve) -> None:
        self._settings = settings
        self._policy = AddressPolicy(allow_private=settings.allow_private, allow_loopback=settings.allow_loopback)
        self._resolve = resolve
        self._tls: ssl.SSLContext | None = None

    async def get(self, url: str) -> Json:
        """The JSON object there. Raises Unavailable."""
        return await self._ask("GET", url, None, {})

    async def post(self, url: str, form: Mapping[str, str], headers: Mapping[str, str]) -> Json:
        """The JSON object that a form is answered with. Raises Unavailable."""
        return await self._ask("POST", url, form, headers)

    async def _ask(self, method: str, url: str, form: Mapping[str, str] | None, headers: Mapping[str, str]) -> Json:
        self._check(url)
        try:
            async with asyncio.timeout(TIMEOUT_S), await self._session() as session:
                more = {"Accept": "application/json", **headers}
                async with session.request(method, url, data=form, headers=more, allow_redirects=False) as answer:
                    return _object(answer.status, await _body(answer))
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise Unavailable(f"the identity provider cannot be reached ({type(error).__name__})", _HINT) from error

    def _check(self, url: str) -> None:
        """No lesser protection than the issuer's, and no address that may not be reached. Raises Unavailable."""
        parts, issuer = urlsplit(url), urlsplit(self._settings.issuer)
        host = parts.hostname or ""
        is_fit = parts.scheme == "https" or (parts.scheme == "http" == issuer.scheme)
        if not is_fit or not host:
            raise Unavailable("the identity provider names an address without TLS", "correct its configuration")
        if is_address(host) and not self._policy.allows(host):
            raise Unavailable(f"the identity provider's address {host} may not be reached", self._policy.hint([host]))

    async def _session(self) -> aiohttp.ClientSession:
        if self._tls is None:
            self._tls = await asyncio.to_thread(_context, self._settings)
        connector = aiohttp.TCPConnector(
            resolver=CheckedResolver(self._policy, self._resolve), use_dns_cache=False, force_close=True, ssl=self._tls
        )
        timeout = aiohttp.ClientTimeout(total=TIMEOUT_S)
        return aiohttp.ClientSession(connector=connector, timeout=timeout, cookie_jar=aiohttp.DummyCookieJar())


def _context(settings: OidcModel) -> ssl.SSLContext:
    """In a thread: it reads certificates."""
    context = ssl.create_default_context(cafile=settings.ca)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


async def _body(answer: aiohttp.ClientResponse) -> bytes:
    body = bytearray()
    while part := await answer.content.read(64 * 1024):
        body += part
        if len(body) > MAX_ANSWER:
            raise Unavailable("the identity provider's answer does not end", _HINT)
    return bytes(body)


def _object(status: int, body: bytes) -> Json:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        found = None
    if status != 200 or not isinstance(found, dict):
        code = found.get("error") if isinstance(found, dict) else None
        known = f": {code}" if isinstance(code, str) and code.isascii() and code.isidentifier() else ""
        raise Unavailable(f"the identity provider answers {status}{known}", _HINT)
    return cast("Json", found)
