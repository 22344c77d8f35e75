"""What never reaches a route: foreign hosts, foreign pages, large bodies."""

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from gateway.api.guard import HEADERS, HSTS, MAX_BODY_BYTES, Guard
from gateway.api.hosts import OwnHosts


async def echo(request: Request) -> PlainTextResponse:
    return PlainTextResponse(str(len(await request.body())))


def client(base: str = "http://127.0.0.1") -> httpx.AsyncClient:
    hosts = OwnHosts(frozenset({"127.0.0.1", "localhost", "::1"}))
    app = Guard(Starlette(routes=[Route("/", echo, methods=["GET", "POST"])]), hosts)
    return httpx.AsyncClient(transport=httpx.ASGITransport(app, raise_app_exceptions=False), base_url=base)


async def test_its_own_address_is_answered_with_security_headers() -> None:
    async with client("http://127.0.0.1:8080") as http:
        answer = await http.get("/")
    assert answer.status_code == 200
    assert all(answer.headers[name] == value for name, value in HEADERS.items())


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "[::1", ""])
async def test_another_host_name_is_refused(host: str) -> None:
    async with client() as http:
        answer = await http.get("/", headers={"host": host})
    assert answer.status_code == 421
    assert answer.headers["content-type"] == "application/problem+json"


async def test_a_post_from_another_sites_page_is_refused_and_one_from_its_own_is_not() -> None:
    async with client() as http:
        foreign = await http.post("/", headers={"origin": "https://evil.example"})
        own = await http.post("/", headers={"origin": "http://127.0.0.1:8080"})
    assert (foreign.status_code, own.status_code) == (403, 200)


async def test_a_body_that_is_too_large_is_refused_by_its_stated_length() -> None:
    async with client() as http:
        answer = await http.post("/", content=b"x" * (MAX_BODY_BYTES + 1))
    assert answer.status_code == 413


async def test_a_body_that_does_not_state_its_length_is_cut_off() -> None:
    async def endless() -> object:
        for _ in range(3):
            yield b"x" * MAX_BODY_BYTES

    async with client() as http:
        answer = await http.post("/", content=endless())
    assert answer.status_code != 200


@pytest.mark.parametrize(
    ("dest", "site", "status"),
    [
        ("image", "cross-site", 403),
        ("iframe", "cross-site", 403),
        ("document", "cross-site", 200),
        ("empty", "same-origin", 200),
    ],
)
async def test_a_page_elsewhere_may_link_here_and_nothing_more(dest: str, site: str, status: int) -> None:
    async with client() as http:
        answer = await http.get("/", headers={"sec-fetch-site": site, "sec-fetch-dest": dest})
    assert answer.status_code == status


async def test_an_origin_that_is_no_address_is_refused() -> None:
    async with client() as http:
        answer = await http.post("/", headers={"origin": "http://[::1"})
    assert answer.status_code == 403


@pytest.mark.parametrize("more", [{}, HSTS], ids=["made certificate", "own certificate"])
async def test_browsers_are_told_to_insist_on_tls_only_with_an_own_certificate(more: dict[str, str]) -> None:
    app = Guard(Starlette(routes=[Route("/", echo)]), OwnHosts(frozenset({"gw.example"})), more)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://gw.example") as http:
        answer = await http.get("/")
    assert ("strict-transport-security" in answer.headers) is bool(more)


async def test_the_address_that_was_connected_to_needs_no_configuration() -> None:
    app = Guard(Starlette(routes=[Route("/", echo)]), OwnHosts(frozenset()))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="https://192.0.2.7:8443") as http:
        assert (await http.get("/")).status_code == 200
        assert (await http.get("/", headers={"host": "192.0.2.8"})).status_code == 421
