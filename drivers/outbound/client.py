"""One HTTP POST to an address that was checked. The only file of the channels that touches aiohttp.

name ──▶ resolve ──▶ forbidden addresses out ──▶ connect to what is left, nothing else ──▶ POST ──▶ Answer

Every message gets a connection of its own: they are rare, and a kept one would be dead by the next. Redirects and
proxies of the environment are not followed, because either would lead around the check.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path
from socket import AF_INET, AF_INET6, AF_UNSPEC, AI_NUMERICHOST, AI_NUMERICSERV, SOCK_STREAM, AddressFamily
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from drivers.outbound.address import AddressPolicy, is_address
from drivers.outbound.answer import SLOW_RETRY_S, Answer, hidden, make_answer
from drivers.outbound.options import HttpOptions
from gateway.core.clock import Clock
from gateway.core.errors import Rejected, Unavailable

MAX_ANSWER = 16 * 1024  # bytes read of an answer
_GRACE_S = 0.5  # after the time-out, for what does not keep it by itself

Resolve = Callable[[str, int], Awaitable[Sequence[str]]]
"""Host name and port -> addresses in textual form. Raises OSError."""


async def system_resolve(host: str, port: int) -> Sequence[str]:
    """What the operating system knows about a name."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class CheckedResolver(AbstractResolver):
    """Gives only addresses that the policy allows; aiohttp connects to exactly these."""

    def __init__(self, policy: AddressPolicy, resolve: Resolve) -> None:
        self._policy = policy
        self._resolve = resolve

    async def resolve(self, host: str, port: int = 0, family: AddressFamily = AF_UNSPEC) -> list[ResolveResult]:
        """The allowed addresses of a name. Raises `Unavailable` where there is none."""
        found = await self._resolve(host, port)
        allowed = [address for address in found if self._policy.allows(address)]
        if found and not allowed:
            raise _forbidden(host, found, self._policy)
        return [_resolved(host, address, port) for address in allowed]

    async def close(self) -> None:
        """Nothing is held."""


def _resolved(host: str, address: str, port: int) -> ResolveResult:
    family = AF_INET6 if ":" in address else AF_INET
    flags = AI_NUMERICHOST | AI_NUMERICSERV
    return ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=flags)


def _forbidden(host: str, found: Sequence[str], policy: AddressPolicy) -> Unavailable:
    """Not `Rejected`: a name server that is fooled for a while must not cost an alarm."""
    return Unavailable(
        f"`{host}` is {', '.join(found)}, an address that this channel may not reach",
        policy.hint(found),
        retry_after_s=SLOW_RETRY_S,
    )


class Poster:
    """Posts bodies to one server. `where` is how messages name it; `secrets` never show in an answer or error."""

    def __init__(
        self,
        options: HttpOptions,
        where: str,
        clock: Clock,
        *,
        secrets: tuple[str, ...] = (),
        resolve: Resolve = system_resolve,
    ) -> None:
        self.where = where
        self._timeout_s = options.timeout
        self._ca = options.ca
        self._policy = options.policy
        self._clock = clock
        self._secrets = secrets
        self._resolve = resolve
        self._session: aiohttp.ClientSession | None = None

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """The server's answer, whatever its status. Raises `Unavailable` where none came, within the time-out."""
        host = urlsplit(url).hostname or ""
        if is_address(host) and not self._policy.allows(host):
            raise Rejected(f"{self.where}: this channel may not reach {host}", self._policy.hint([host]))
        try:
            async with asyncio.timeout(self._timeout_s + _GRACE_S):
                return await self._exchange(url, body, headers)
        except aiohttp.InvalidURL:
            raise Rejected(f"{self.where}: the address cannot be used", "write it as a browser shows it") from None
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise self._unavailable(error) from None  # the foreign error may name the address with its key
        except ValueError:
            raise Rejected(
                f"{self.where}: a request could not be made of this", "check the address and `headers`"
            ) from None

    async def close(self) -> None:
        """Let go of connections; another `post` would open new ones."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    async def _exchange(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        session = await self._opened(is_tls=url.startswith("https:"))
        target = URL(url, encoded=True)  # the signature in a query must arrive as it was made
        async with session.post(target, data=body, headers=headers, allow_redirects=False) as response:
            retry_after = response.headers.get("Retry-After", "")
            return make_answer(
                response.status, await _read(response), retry_after, self._clock.time_ns(), self._secrets
            )

    async def _opened(self, *, is_tls: bool) -> aiohttp.ClientSession:
        if self._session is None:
            context = await asyncio.to_thread(_tls_context, self._ca) if is_tls else True
            if self._session is None:
                self._session = self._new_session(context)
        return self._session

    def _new_session(self, context: ssl.SSLContext | bool) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(
            resolver=CheckedResolver(self._policy, self._resolve),
            use_dns_cache=False,
            force_close=True,
            ssl=context,
        )
        timeout = aiohttp.ClientTimeout(total=self._timeout_s)
        return aiohttp.ClientSession(connector=connector, timeout=timeout, cookie_jar=aiohttp.DummyCookieJar())

    def _unavailable(self, error: Exception) -> Unavailable:
        if isinstance(error, TimeoutError):
            message = f"{self.where} gave no answer within {self._timeout_s:g} s"
            return Unavailable(message, "is the network up, and is the receiver overloaded?")
        cause = hidden(_root_cause(error), self._secrets)
        if isinstance(error, aiohttp.ClientSSLError | ssl.SSLError):
            hint = "set `ca` to the authority that signed its certificate, or write the host name that is in it"
            return Unavailable(f"{self.where}: no trusted connection: {cause}", hint, retry_after_s=SLOW_RETRY_S)
        if isinstance(error, aiohttp.ClientConnectorError):
            return Unavailable(f"{self.where} cannot be reached: {cause}", "check host, port, name server and firewall")
        return Unavailable(f"{self.where} gave no whole answer: {cause}", "it is sent again")


def _tls_context(ca: Path | None) -> ssl.SSLContext:
    """In a thread: it reads certificates."""
    context = ssl.create_default_context(cafile=ca)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context


async def _read(response: aiohttp.ClientResponse) -> bytes:
    """The first bytes of the body; what came of it where it breaks off, since the status says what happened."""
    body = bytearray()
    try:
        while len(body) < MAX_ANSWER and (part := await response.content.read(MAX_ANSWER - len(body))):
            body += part
    except (aiohttp.ClientError, TimeoutError):
        response.close()
    return bytes(body)


def _root_cause(error: Exception) -> str:
    """What the operating system or the TLS library said, without aiohttp's inner words around it."""
    if isinstance(error, aiohttp.ClientResponseError):
        return error.message[:300]  # its text would hold the whole address
    inner = getattr(error, "certificate_error", None) or getattr(error, "os_error", None) or error
    return str(inner)[:300] or type(error).__name__
