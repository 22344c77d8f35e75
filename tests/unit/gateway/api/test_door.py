"""The TLS port: handshakes get their time and their room, and who comes without TLS is told where to go."""

import asyncio
import contextlib
import logging
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import uvloop

from gateway.api import door
from gateway.api.certificates import CertificateKeeper
from gateway.api.door import Door
from gateway.api.hosts import OwnHosts
from gateway.api.serve import _server
from gateway.config.plan import ApiPlan, CertificateFiles
from gateway.core.clock import SystemClock
from gateway.core.errors import ConfigError
from gateway.identity import certificate as certificates
from gateway.identity.certificate import Certificate

REQUEST = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


async def tell_scheme(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"5")]})
    await send({"type": "http.response.body", "body": scope["scheme"].encode()})


@dataclass
class Port:
    """A TLS port with its certificate."""

    address: tuple[str, int]
    keeper: CertificateKeeper
    directory: Path
    seen: list[Certificate]

    def client(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=str(self.directory / "tls.crt"))

    async def get(self, context: ssl.SSLContext | None) -> bytes:
        """The answer to one request; without a context over plain HTTP."""
        name = None if context is None else "localhost"
        reader, writer = await asyncio.open_connection(*self.address, ssl=context, server_hostname=name)
        writer.write(REQUEST.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        try:
            return await asyncio.wait_for(reader.read(), 10)
        finally:
            writer.close()


class Serving:
    """A door in front of uvicorn, for the time of a `with`."""

    def __init__(self, directory: Path, own: CertificateFiles | None = None) -> None:
        self._directory = directory
        self._plan = ApiPlan("127.0.0.1", 0, directory / "socket", has_tls=True, own=own)

    async def __aenter__(self) -> Port:
        seen: list[Certificate] = []
        keeper = await CertificateKeeper.open(self._plan, self._directory, SystemClock(), seen.append)
        listener = socket.create_server(("127.0.0.1", 0))
        self._server = _server(tell_scheme)
        self._door = Door(listener, self._server.protocol, keeper.context, OwnHosts.of(self._plan))
        self._tasks = [asyncio.create_task(one) for one in (self._server.serve([]), self._door.run())]
        return Port(listener.getsockname(), keeper, self._directory, seen)

    async def __aexit__(self, *_: object) -> None:
        self._door.close()
        self._server.stop()
        await asyncio.wait_for(asyncio.gather(*self._tasks, return_exceptions=True), 5)


@pytest.fixture
async def port(tmp_path: Path) -> AsyncIterator[Port]:
    async with Serving(tmp_path) as served:
        yield served


async def test_a_request_over_tls_is_answered_and_known_to_be_encrypted(port: Port) -> None:
    assert (await port.get(port.client())).endswith(b"https")


async def test_a_connection_that_fails_as_nobody_expected_closes_the_door_to_nobody_else(
    port: Port, monkeypatch: pytest.MonkeyPatch
) -> None:
    first_byte = door._first_byte

    async def fail_once(client: socket.socket) -> int:
        monkeypatch.setattr(door, "_first_byte", first_byte)
        raise ZeroDivisionError("bug")

    monkeypatch.setattr(door, "_first_byte", fail_once)
    assert await port.get(None) == b""
    assert (await port.get(port.client())).endswith(b"https")


async def test_a_browser_without_tls_is_led_to_the_same_page_with_it(port: Port) -> None:
    answer = await port.get(None)
    assert answer.startswith(b"HTTP/1.1 307 ")
    assert b"\r\nLocation: https://localhost/\r\n" in answer


@pytest.mark.parametrize(
    "said",
    [
        b"POST /api/v1/session HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"GET /\x01\r\nSet-Cookie: a HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"\x00\x01\x00\x00\x00\x06\x01\x03\x00\x00\x00\x01\r\n\r\n",
        b"x" * 9000,
    ],
)
async def test_everybody_else_without_tls_is_told_in_words(port: Port, said: bytes) -> None:
    reader, writer = await asyncio.open_connection(*port.address)
    writer.write(said)
    answer = await asyncio.wait_for(reader.read(), 10)
    writer.close()
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"https://" in answer
    assert b"Location" not in answer


async def test_old_tls_gets_nothing(port: Port) -> None:
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
    with pytest.warns(DeprecationWarning, match="TLSv1"):
        old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, ConnectionError)):
        await port.get(old)


HALVES = {"nothing": b"", "half a hello": b"\x16\x03\x01\x02\x00\x01", "half a request": b"GET / HT"}


@pytest.mark.parametrize("half", HALVES.values(), ids=HALVES.keys())
async def test_who_never_ends_a_handshake_is_closed(
    port: Port, half: bytes, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for name in ("HANDSHAKE_S", "FIRST_BYTE_S", "PLAIN_S"):
        monkeypatch.setattr(door, name, 0.2)
    reader, writer = await asyncio.open_connection(*port.address)
    writer.write(half)
    with caplog.at_level(logging.INFO), contextlib.suppress(ConnectionError):
        assert await asyncio.wait_for(reader.read(), 10) == b""
    writer.close()
    assert caplog.text == ""


async def test_handshakes_that_wait_hold_up_nobody_and_are_limited_by_address(port: Port) -> None:
    waiting = [await asyncio.open_connection(*port.address) for _ in range(door.MOST_BY_ADDRESS - 1)]
    assert (await port.get(port.client())).endswith(b"https")
    waiting += [await asyncio.open_connection(*port.address) for _ in range(2)]
    assert await asyncio.wait_for(waiting[-1][0].read(), 10) == b""
    for _, writer in waiting:
        writer.close()


async def test_garbage_after_the_first_byte_leaves_no_word_in_the_log(
    port: Port, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        for garbage in (b"\x16" + b"\xff" * 500, b"\x16\x03\x01\x00\x05hello"):
            reader, writer = await asyncio.open_connection(*port.address)
            writer.write(garbage)
            with contextlib.suppress(ConnectionError):
                await asyncio.wait_for(reader.read(), 10)
            writer.close()
    assert caplog.text == ""
    assert (await port.get(port.client())).endswith(b"https")


async def test_new_files_are_taken_while_the_listener_stays(tmp_path: Path) -> None:
    files = owner_files(tmp_path, "first.example")
    async with Serving(tmp_path, files) as port:
        unverified = ssl._create_unverified_context()
        reader, writer = await asyncio.open_connection(*port.address, ssl=unverified)
        owner_files(tmp_path, "second.example")
        await asyncio.to_thread(port.keeper.look)
        assert [one.names for one in port.seen] == [("first.example",), ("second.example",)]
        assert (await port.get(unverified)).endswith(b"https")
        writer.write(REQUEST)
        assert await asyncio.wait_for(reader.readuntil(b"https"), 10)
        writer.close()


async def test_files_that_do_not_fit_are_said_once_and_the_old_ones_stay(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    files = owner_files(tmp_path, "first.example")
    async with Serving(tmp_path, files) as port:
        files.key.write_bytes(certificates.make(["other"], SystemClock().time_ns()))
        await asyncio.to_thread(port.keeper.look)
        await asyncio.to_thread(port.keeper.look)
        assert caplog.text.count("certificate_not_taken") == 1
        assert "the key belongs to another certificate" in caplog.text
        assert len(port.seen) == 1
        assert (await port.get(ssl._create_unverified_context())).endswith(b"https")


async def test_without_a_certificate_that_can_be_used_the_page_does_not_open(tmp_path: Path) -> None:
    files = CertificateFiles(tmp_path / "missing.pem", tmp_path / "missing.key")
    with pytest.raises(ConfigError, match="no certificate for the page"):
        async with Serving(tmp_path, files):
            raise AssertionError("never entered")


def test_the_loop_that_the_gateway_uses_does_all_of_it(tmp_path: Path) -> None:
    async def both() -> tuple[bytes, bytes]:
        async with Serving(tmp_path) as port:
            return await port.get(port.client()), await port.get(None)

    tried: Callable[[], Awaitable[tuple[bytes, bytes]]] = both
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        encrypted, plain = runner.run(tried())  # type: ignore[arg-type]
    assert encrypted.endswith(b"https")
    assert b"307" in plain


def owner_files(directory: Path, name: str) -> CertificateFiles:
    made = certificates.make([name], SystemClock().time_ns())
    files = CertificateFiles(directory / "own.crt", directory / "own.key")
    cut = made.index(b"-----BEGIN CERTIFICATE")
    files.key.write_bytes(made[:cut])
    files.certificate.write_bytes(made[cut:])
    return files
