"""Every route, method and role against one table; what nobody declared fails. Real sessions, keys and cookies.

Behind the door stands a stub instead of the routes' own work, so that nothing is done and no stream goes on: what is
asked here is only who is let in.
"""

import re
from collections.abc import AsyncIterator, Iterable
from dataclasses import replace
from datetime import date
from typing import Any

import httpx
import pytest
from fastapi.responses import Response

from gateway.api.access import COOKIE, SOCKET_SCOPE, Permission, Role
from gateway.identity.accounts import AccountWanted
from gateway.identity.keys import KeyWanted
from tests.unit.gateway.api.every_route import EVERY_ROUTE, named_routes

EVERYBODY = "VOERAX"  # viewer, operator, engineer, administrator (R: "root"), enterprise (X), auditor (A): see LETTERS
LETTERS = {
    "V": Role.VIEWER,
    "O": Role.OPERATOR,
    "E": Role.ENGINEER,
    "R": Role.ADMINISTRATOR,
    "X": Role.ENTERPRISE,
    "A": Role.AUDITOR,
}
MAY = {
    Permission.PUBLIC: EVERYBODY,
    Permission.SELF: EVERYBODY,
    Permission.READ: EVERYBODY,
    Permission.EXPORT: "OERXA",
    Permission.METRICS: "OER",
    Permission.LINE: "OER",
    Permission.ALARMS: "OER",
    Permission.RECORDS: "OERX",
    Permission.APPROVALS: "OER",
    Permission.ACCOUNTS: "OER",
    Permission.LEDGER: "OER",
    Permission.RULES: "ER",
    Permission.GATEWAY: "VOERA",
    Permission.CONFIGURATION: "ER",
    Permission.BACKUP: "R",
    Permission.USERS: "R",
    Permission.AUDIT: "RA",
}
"""Who may what, written once more by hand: a change of the roles has to be made here too, knowingly."""
LET_IN = 299
BROKEN = (
    ("application/json", b'{"name": '),
    ("application/json", b"\xff\xfe"),
    ("multipart/form-data; boundary=x", b"--y\r\nno form"),
)
"""Bodies that nobody can read, and what they say they are."""
PAST_THE_DOOR = {LET_IN, 400, 415, 422}  # a body or parameter that is missing is looked at after who asks


class Door:
    """An app whose routes do nothing, and the means to come as anybody."""

    def __init__(self, park: Any) -> None:
        self.park = park
        self.identities = park.gateway.identities
        park.app.dependency_overrides.clear()
        self.routes = {
            name: (method, _filled(route.path))
            for name, route in named_routes(park.app).items()
            for method in route.methods
        }

    async def asked(self, name: str, headers: dict[str, str], *, is_socket: bool = False, body: bytes = b"") -> int:
        """The status of one request."""
        method, path = self.routes[name]

        async def app(scope: Any, receive: Any, send: Any) -> None:
            await self.park.app({**scope, SOCKET_SCOPE: True} if is_socket else scope, receive, send)

        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as http:
            return (await http.request(method, path, headers=headers, content=body)).status_code

    async def browser(self, role: Role, **more: Any) -> dict[str, str]:
        """What the browser of an account with this role sends."""
        account = await self.identities.accounts.add(AccountWanted(f"{role.value}{len(more)}", role, **more))
        opened = await self.identities.sessions.begin(account, "127.0.0.1", "")
        return {"cookie": f"{COOKIE}={opened.token}", "x-csrf-token": opened.session.csrf}

    async def key(self, account: str, *scopes: Permission) -> tuple[str, dict[str, str]]:
        """The id of a new key, and what a program with it sends."""
        key, text = await self.identities.keys.make(KeyWanted("a program", account, scopes, 1))
        return key.id, {"authorization": f"Bearer {text}"}

    async def let_in(self, headers: dict[str, str], *, is_socket: bool = False) -> set[str]:
        """The routes that let this one in; every other one has to refuse in the right words."""
        return await self._past(self.routes, headers, headers, is_socket=is_socket)

    async def let_in_with(self, kind: str, body: bytes, headers: dict[str, str]) -> set[str]:
        """The same of the routes that change something, with this body."""
        changing = [name for name, (method, _) in self.routes.items() if method not in ("GET", "HEAD")]
        return await self._past(changing, headers, {**headers, "content-type": kind}, body=body)

    async def _past(self, names: Iterable[str], who: dict[str, str], headers: dict[str, str], **more: Any) -> set[str]:
        found = set()
        for name in names:
            status = await self.asked(name, headers, **more)
            if status in PAST_THE_DOOR:
                found.add(name)
            else:
                assert status == (401 if not who else 403), (name, status)
        return found


@pytest.fixture
async def door(park: Any, monkeypatch: pytest.MonkeyPatch) -> Door:
    async def nothing(**_: Any) -> Response:
        return Response(status_code=LET_IN)

    monkeypatch.setattr("fastapi.routing.run_endpoint_function", nothing)
    return Door(park)


def permission_of(name: str) -> Permission:
    """As the table says; the files of the page are everybody's."""
    return EVERY_ROUTE.get(name, Permission.PUBLIC)


def open_to(door: Door, *permissions: Permission) -> set[str]:
    return {name for name in door.routes if permission_of(name) in permissions}


@pytest.mark.timeout(300)
async def test_every_route_lets_in_whom_the_table_names_and_nobody_else(door: Door) -> None:
    await door.identities.accounts.add(AccountWanted("root", Role.ADMINISTRATOR))
    assert await door.let_in({}) == open_to(door, Permission.PUBLIC)
    for letter, role in LETTERS.items():
        more: dict[str, Any] = {"valid_until": date(2099, 1, 1)} if role is Role.AUDITOR else {}
        more |= {"enterprise": "huali"} if role is Role.ENTERPRISE else {}
        expected = {name for name in door.routes if letter in MAY[permission_of(name)]}
        assert await door.let_in(await door.browser(role, **more)) == expected, role
    assert await door.let_in({"x-from": "socket"}, is_socket=True) == set(door.routes)


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("kind", "body"), BROKEN)
async def test_a_broken_body_is_looked_at_only_after_who_sends_it(door: Door, kind: str, body: bytes) -> None:
    await door.identities.accounts.add(AccountWanted("root", Role.ADMINISTRATOR))
    changing = {name for name, (method, _) in door.routes.items() if method not in ("GET", "HEAD")}
    assert await door.let_in_with(kind, body, {}) == open_to(door, Permission.PUBLIC) & changing
    for letter, role in LETTERS.items():
        more: dict[str, Any] = {"valid_until": date(2099, 1, 1)} if role is Role.AUDITOR else {}
        more |= {"enterprise": "huali"} if role is Role.ENTERPRISE else {}
        expected = {name for name in changing if letter in MAY[permission_of(name)]}
        assert await door.let_in_with(kind, body, await door.browser(role, **more)) == expected, role
    _, key = await door.key("root", Permission.METRICS)
    assert await door.let_in_with(kind, body, key) == open_to(door, Permission.PUBLIC) & changing
    foreign = {**await door.browser(Role.ADMINISTRATOR, display="Eve"), "x-csrf-token": "another"}
    assert await door.let_in_with(kind, body, foreign) == open_to(door, Permission.PUBLIC) & changing


async def test_a_body_of_somebody_who_is_not_let_in_is_not_even_read(door: Door) -> None:
    await door.identities.accounts.add(AccountWanted("root", Role.ADMINISTRATOR))
    method, path = door.routes["POST /api/v1/carbon/records"]

    async def endless() -> AsyncIterator[bytes]:
        raise AssertionError("the body was read")
        yield b""

    async with httpx.AsyncClient(transport=httpx.ASGITransport(door.park.app), base_url="http://127.0.0.1") as http:
        assert (await http.request(method, path, content=endless())).status_code == 401


async def test_a_key_opens_what_its_scope_names_and_no_more(door: Door) -> None:
    await door.identities.accounts.add(AccountWanted("root", Role.ADMINISTRATOR))
    _, headers = await door.key("root", Permission.METRICS)
    assert await door.let_in(headers) == open_to(door, Permission.PUBLIC, Permission.METRICS)


async def test_an_expired_key_opens_nothing_not_even_beside_a_good_cookie(door: Door) -> None:
    browser = await door.browser(Role.ADMINISTRATOR)
    key_id, headers = await door.key("administrator0", Permission.READ)
    keys = door.identities.directory.keys
    keys[key_id] = replace(keys[key_id], expires_ns=1)
    for name in ("/api/v1/points", "/api/v1/users", "/api/v1/status", "/healthz"):
        assert await door.asked(name, headers) == 401
        assert await door.asked(name, {**browser, **headers}) == 401


async def test_a_screen_on_the_wall_only_looks(door: Door) -> None:
    await door.identities.accounts.add(AccountWanted("root", Role.ADMINISTRATOR))
    wall = await door.browser(Role.VIEWER, is_wall=True)
    assert await door.let_in(wall) == open_to(door, Permission.PUBLIC, Permission.SELF, Permission.READ)


async def test_whatever_changes_something_needs_the_token_of_the_session(door: Door) -> None:
    browser = await door.browser(Role.ADMINISTRATOR)
    changing = {name for name, (method, _) in door.routes.items() if method not in ("GET", "HEAD")}
    guarded = changing - open_to(door, Permission.PUBLIC)
    for csrf in ({}, {"x-csrf-token": ""}, {"x-csrf-token": "é"}, {"x-csrf-token": browser["x-csrf-token"][:-1]}):
        headers = {"cookie": browser["cookie"], **csrf}
        sent = {key: value.encode() for key, value in headers.items()}
        assert {name for name in guarded if await door.asked(name, sent) != 403} == set()  # type: ignore[arg-type]
    assert len(guarded) > 20


async def test_before_the_set_up_nobody_is_let_in_but_the_socket(door: Door) -> None:
    for name in door.routes:
        expected = PAST_THE_DOOR if permission_of(name) is Permission.PUBLIC else {503}
        assert await door.asked(name, {}) in expected, name
    assert await door.let_in({"x-from": "socket"}, is_socket=True) == set(door.routes)


def _filled(path: str) -> str:
    """The path with something in place of its parameters: whether that exists is not asked before who asks."""
    return re.sub(r"\{[^}]*\}", "1", path)
