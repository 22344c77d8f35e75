"""One POST to a checked address, against a real server on loopback and a name server of our own."""

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence

import pytest

from drivers.outbound.client import Poster, Resolve
from drivers.outbound.options import HttpOptions
from gateway.core.errors import GatewayError, Rejected, Unavailable
from tests.contract.http_far import HttpServer, Reply
from tests.contract.notifier_suite import FixedClock


def names(*addresses: str, asked: list[str] | None = None) -> Resolve:
    async def resolve(host: str, port: int) -> Sequence[str]:
        if asked is not None:
            asked.append(host)
        return addresses

    return resolve


def poster(resolve: Resolve | None = None, timeout: str = "5 s", **options: object) -> Poster:
    chosen = HttpOptions.model_validate({"timeout": timeout, "allow_loopback": True, **options})
    how = {} if resolve is None else {"resolve": resolve}
    return Poster(chosen, "the receiver", FixedClock(), secrets=("sesame",), **how)


async def post(sender: Poster, url: str) -> str:
    try:
        return (await sender.post(url, b"{}", {})).said
    finally:
        await sender.close()


async def failed(sender: Poster, url: str) -> GatewayError:
    with pytest.raises(GatewayError) as caught:
        await post(sender, url)
    return caught.value


@pytest.fixture
async def server() -> AsyncIterator[HttpServer]:
    async with HttpServer() as server:
        yield server


async def test_a_name_is_resolved_and_the_host_header_keeps_it(server: HttpServer) -> None:
    assert await post(poster(names("127.0.0.1")), f"http://hook.example:{server.port}/x?a=%2B&b=1+2") == "taken"
    (asked,) = server.asked
    assert asked.headers["Host"] == f"hook.example:{server.port}"
    assert asked.path == "/x?a=%2B&b=1+2", "a signature must arrive as it was made"


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "fe80::1", "::1", "224.0.0.1", "0.0.0.0", "::ffff:10.1.1.1"]
)
async def test_a_name_that_leads_to_a_forbidden_address_is_not_connected_to(server: HttpServer, address: str) -> None:
    sender = poster(names(address), allow_loopback=False)
    error = await failed(sender, f"http://innocent.example:{server.port}/")
    assert isinstance(error, Unavailable), "a name server may be fooled for a while"
    assert address in error.message
    assert not server.asked


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "[fe80::1]", "[::1]", "[::ffff:127.0.0.1]"]
)
async def test_a_forbidden_address_in_the_url_is_refused(server: HttpServer, host: str) -> None:
    error = await failed(poster(allow_loopback=False), f"http://{host}:{server.port}/")
    assert isinstance(error, Rejected)
    assert not server.asked


@pytest.mark.parametrize("host", ["2130706433", "127.1", "0x7f000001", "017700000001"])
async def test_odd_spellings_of_an_address_do_not_pass(server: HttpServer, host: str) -> None:
    await failed(poster(allow_loopback=False), f"http://{host}:{server.port}/")
    assert not server.asked


async def test_allowed_addresses_of_a_name_are_used_and_forbidden_ones_left_out(server: HttpServer) -> None:
    url = f"http://mixed.example:{server.port}/"
    assert await post(poster(names("169.254.169.254", "127.0.0.1", "10.9.9.9")), url) == "taken"


async def test_every_message_asks_the_name_server_anew(server: HttpServer) -> None:
    asked: list[str] = []
    sender = poster(names("127.0.0.1", asked=asked))
    for _ in range(2):
        await sender.post(f"http://hook.example:{server.port}/", b"", {})
    await sender.close()
    assert asked == ["hook.example", "hook.example"]


async def test_redirects_are_not_followed(server: HttpServer) -> None:
    server.reply = Reply(302, b"", {"Location": f"http://127.0.0.1:{server.port}/secret"})
    sender = poster()
    answer = await sender.post(f"http://127.0.0.1:{server.port}/", b"", {})
    await sender.close()
    assert answer.status == 302
    assert len(server.asked) == 1


async def test_proxies_of_the_environment_are_not_used(server: HttpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert await post(poster(), f"http://127.0.0.1:{server.port}/") == "taken"


async def test_a_name_that_nobody_knows_is_tried_again() -> None:
    async def unknown(host: str, port: int) -> Sequence[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    error = await failed(poster(unknown), "http://nowhere.example/")
    assert isinstance(error, Unavailable)
    assert "the receiver" in error.message


async def test_a_name_server_that_hangs_costs_the_time_out() -> None:
    async def never(host: str, port: int) -> Sequence[str]:
        await asyncio.Event().wait()
        return ()

    error = await failed(poster(never, timeout="100 ms"), "http://slow.example/")
    assert isinstance(error, Unavailable)
    assert "0.1 s" in error.message


async def test_an_answer_is_read_up_to_a_limit(server: HttpServer) -> None:
    server.reply = Reply(200, b"x" * 10_000_000)
    sender = poster()
    answer = await sender.post(f"http://127.0.0.1:{server.port}/", b"", {})
    await sender.close()
    assert len(answer.body) == 16 * 1024


@pytest.mark.parametrize(
    "head",
    [b"", b"garbage\r\n\r\n", b"HTTP/1.1 999999 x\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: sesame\r\n\r\n"],
)
async def test_what_is_not_http_is_tried_again(head: bytes) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(head)
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        error = await failed(poster(), f"http://127.0.0.1:{port}/planted?a=planted")
    assert isinstance(error, Unavailable)
    assert "sesame" not in str(error)
    assert "planted" not in str(error)


async def test_an_answer_that_drips_is_taken_as_far_as_it_came() -> None:
    over = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\ntaken, and")
        await reader.read()  # until the gateway gives up
        writer.close()
        over.set()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        assert await post(poster(timeout="200 ms"), f"http://127.0.0.1:{port}/") == "taken, and"
        async with asyncio.timeout(10):
            await over.wait()


async def test_a_header_that_would_split_the_request_is_refused(server: HttpServer) -> None:
    sender = poster()
    with pytest.raises(Rejected, match="headers"):
        await sender.post(f"http://127.0.0.1:{server.port}/", b"", {"X-A": "b\r\nHost: evil"})
    await sender.close()
    assert not server.asked
