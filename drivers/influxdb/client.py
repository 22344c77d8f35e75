"""The only file that touches influxdb-client and aiohttp: posts bodies, turns what comes back into an `Answer`.

influxdb-client is used as the HTTP transport of the v2 API only; its points, batching and retries are not used.
"""

import asyncio
import ssl
from base64 import b64encode
from collections.abc import Awaitable, Callable
from importlib import import_module
from typing import Any
from urllib.parse import urlencode

import aiohttp

from drivers.influxdb.config import Api, SinkOptions
from drivers.influxdb.messages import no_answer, not_trusted, unreachable
from drivers.influxdb.transport import MAX_ANSWER, Answer, Transport, read_answer
from gateway.core.clock import Clock
from gateway.core.errors import Unavailable

MAX_METRICS = 4 << 20  # bytes read of a /metrics page
_CONNECTIONS = 2  # one per stream
_INFLUX = "influxdb_client.client.influxdb_client_async"


class CappedResponse(aiohttp.ClientResponse):
    """Reads at most `MAX_ANSWER` bytes of a body, and takes a body that breaks off as far as it came."""

    async def read(self) -> bytes:
        """The first bytes of the body; the connection is given up where more would follow."""
        if self._body is None:
            body = bytearray()
            try:
                while len(body) < MAX_ANSWER and (part := await self.content.read(MAX_ANSWER - len(body))):
                    body += part
            except aiohttp.ClientPayloadError:
                self.close()
            except BaseException:  # a timeout: influxdb-client lets the connection go nowhere else
                self.close()
                raise
            if not self.content.at_eof():
                self.close()
            self._body = bytes(body)
        return self._body


async def connect(options: SinkOptions, clock: Clock) -> Transport:
    """The transport for these options; opens no connection yet. Raises `Unavailable` where `ca` cannot be read."""
    make = _influx_client if options.api is Api.V2 else _plain_client
    return make(options, await _context(options), clock)


async def _context(options: SinkOptions) -> ssl.SSLContext:
    try:
        return await asyncio.to_thread(_prepare, options)
    except (OSError, ssl.SSLError) as error:
        raise not_trusted(options, f"{options.ca}: {error}") from error


def _prepare(options: SinkOptions) -> ssl.SSLContext:
    """Everything slow: reading certificates and importing influxdb-client."""
    if options.api is Api.V2:
        import_module(_INFLUX)
    if not options.url.startswith("https:"):
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # never used, but influxdb-client would read all authorities
    context = ssl.create_default_context(cafile=str(options.ca) if options.ca else None)
    if not options.verify_tls:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _influx_client(options: SinkOptions, context: ssl.SSLContext, clock: Clock) -> Transport:
    client = import_module(_INFLUX).InfluxDBClientAsync(
        options.url,
        token=options.token.reveal() if options.token else None,
        org=options.org,
        timeout=_timeout(options),
        allow_redirects=False,  # a redirected POST becomes a GET, and a log-in page's 204 would count as written
        ssl_context=context,
        connection_pool_maxsize=_CONNECTIONS,
        client_session_kwargs={"response_class": CappedResponse},
    )
    if options.gzip:
        client.api_client.set_default_header("Content-Encoding", "gzip")
    return _InfluxClient(client, options, clock)


def _plain_client(options: SinkOptions, context: ssl.SSLContext, clock: Clock) -> Transport:
    session = aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=_CONNECTIONS, ssl=context),
        timeout=_timeout(options),
        response_class=CappedResponse,
        headers=_headers(options),
    )
    return _PlainClient(session, options, clock)


def _timeout(options: SinkOptions) -> aiohttp.ClientTimeout:
    return aiohttp.ClientTimeout(total=options.timeout)


def _headers(options: SinkOptions) -> dict[str, str]:
    headers = {"Content-Type": "text/plain; charset=utf-8"}
    if options.gzip:
        headers["Content-Encoding"] = "gzip"
    if options.token is not None:
        scheme = "Bearer" if options.api is Api.V3 else "Token"
        headers["Authorization"] = f"{scheme} {options.token.reveal()}"
    elif options.username and options.password is not None:
        pair = f"{options.username}:{options.password.reveal()}".encode()
        headers["Authorization"] = f"Basic {b64encode(pair).decode()}"
    return headers


def _write_url(options: SinkOptions) -> str:
    """Where the plain client posts to. Precision is always explicit, and in the server's own word for nanoseconds."""
    if options.api is Api.V3:
        return f"{options.url}/api/v3/write_lp?{urlencode({'db': options.database, 'precision': 'nanosecond'})}"
    query = {"db": options.database, "precision": "ns"}
    if options.retention_policy:
        query["rp"] = options.retention_policy
    return f"{options.url}/write?{urlencode(query)}"


async def _guard(options: SinkOptions, exchange: Callable[[], Awaitable[Answer]]) -> Answer:
    """The answer of an exchange. Raises `Unavailable` where there was none."""
    try:
        return await exchange()
    except TimeoutError as error:
        raise no_answer(options, f"nothing within {options.timeout:g} s") from error
    except aiohttp.ClientResponseError as error:
        # An answer whose head cannot be read: 1.8 quotes a refused line there, with whatever bytes it has. It must
        # not be retried for ever; whether it was the line or the server is for the heartbeat to find out.
        return Answer(400, f"unreadable answer: {error.message}"[:200])
    except (aiohttp.ClientSSLError, ssl.SSLError) as error:
        raise not_trusted(options, _root_cause(error)) from error
    except aiohttp.ClientConnectorError as error:
        raise unreachable(options, _root_cause(error)) from error
    except (aiohttp.ClientError, OSError) as error:
        raise no_answer(options, _root_cause(error)) from error


def _root_cause(error: Exception) -> str:
    """What the operating system or the TLS library said, without aiohttp's inner words around it."""
    inner = getattr(error, "certificate_error", None) or getattr(error, "os_error", None) or error
    return str(inner) or type(error).__name__


class _InfluxClient:
    """The v2 API through influxdb-client."""

    def __init__(self, client: Any, options: SinkOptions, clock: Clock) -> None:
        self._client = client
        self._writer = client.write_api()
        self._refusal: type[Exception] = import_module("influxdb_client.rest").ApiException
        self._options = options
        self._clock = clock

    async def post(self, body: bytes) -> Answer:
        """See `Transport.post`."""
        return await _guard(self._options, lambda: self._exchange(body))

    async def _exchange(self, body: bytes) -> Answer:
        options = self._options
        try:
            is_written = await self._writer.write(options.bucket, options.org, record=body, write_precision="ns")
        except self._refusal as error:
            refusal: Any = error
            return read_answer(refusal.status, refusal.headers, refusal.body, self._clock.time_ns())
        return Answer(204) if is_written else Answer(200, "a success that InfluxDB does not answer with")

    async def close(self) -> None:
        """See `Transport.close`."""
        await self._client.close()


class _PlainClient:
    """/write of InfluxDB 1.x and /api/v3/write_lp of InfluxDB 3."""

    def __init__(self, session: aiohttp.ClientSession, options: SinkOptions, clock: Clock) -> None:
        self._session = session
        self._url = _write_url(options)
        self._options = options
        self._clock = clock

    async def post(self, body: bytes) -> Answer:
        """See `Transport.post`."""
        return await _guard(self._options, lambda: self._exchange(body))

    async def _exchange(self, body: bytes) -> Answer:
        async with self._session.post(self._url, data=body, allow_redirects=False) as response:
            return read_answer(response.status, response.headers, await response.read(), self._clock.time_ns())

    async def close(self) -> None:
        """See `Transport.close`."""
        await self._session.close()


async def fetch_metrics(options: SinkOptions) -> bytes:
    """The server's own /metrics page. Raises `Unavailable`."""
    context = await _context(options)
    pages: list[bytes] = []

    async def exchange() -> Answer:
        connector = aiohttp.TCPConnector(ssl=context)
        async with (
            aiohttp.ClientSession(connector=connector, timeout=_timeout(options)) as session,
            session.get(options.url + "/metrics", allow_redirects=False) as response,
        ):
            page = bytearray()
            while len(page) < MAX_METRICS and (part := await response.content.read(1 << 16)):
                page += part
            pages.append(bytes(page))
            return Answer(response.status)

    answer = await _guard(options, exchange)
    if answer.status != 200:
        raise Unavailable(f"{options.url}/metrics answers {answer.status}", "set `watch_rejects: false`")
    return pages[0]
