"""Every address of the API that the documents show exists with its parameters; a person's guide shows what they may."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from gateway.identity.roles import GRANTED, Permission, Role
from tests.unit.documents.markdown import GUIDES, documents, name_of, read

REFERENCE = GUIDES / "api.md"  # made from the routes, and compared with them
NOT_DESCRIBED = {"/api/v1/openapi.json", "/api/v1/session/oidc", "/api/v1/session/oidc/callback"}
ADDRESS = re.compile(r"(?:\b(GET|POST|PUT|PATCH|DELETE) +)?(?:https?://[^/\s`']+)?(/(?:api/v1|metrics)\b[^\s`'\",;]*)")
ROUTE = re.compile(r"^### (?P<method>[A-Z]+) (?P<path>\S+)\n(?P<about>.*?)(?=^### |^## |\Z)", re.DOTALL | re.MULTILINE)
BODY = re.compile(r"\s(-F|-d|--data\S*|--form)\s")


@dataclass(frozen=True, slots=True)
class Route:
    """A route as the reference describes it."""

    permission: Permission
    parameters: frozenset[str]


@cache
def routes() -> dict[tuple[str, str], Route]:
    """Every route of the reference by method and path."""
    found = {}
    for match in ROUTE.finditer(read(REFERENCE)):
        who = re.search(r"^Who: (\w+)\.$", match["about"], re.MULTILINE)
        assert who is not None, match["path"]
        names = frozenset(re.findall(r"^\| `(\w+)` \|", match["about"], re.MULTILINE))
        found[match["method"], match["path"]] = Route(Permission(who[1]), names)
    return found


def shown(text: str) -> Iterator[tuple[str, str, frozenset[str]]]:
    """Method, path and names of parameters of every address; a curl that sends a body posts it."""
    for line in text.replace("\\\n", " ").splitlines():
        for method, address in ADDRESS.findall(line):
            path, _, query = address.partition("?")
            posts = "curl " in line and BODY.search(line)
            names = frozenset(part.split("=")[0] for part in query.split("&") if part)
            yield method or ("POST" if posts else "GET"), path.rstrip(".:)|*"), names


def route_of(method: str, path: str) -> Route | None:
    """The route that answers; fixed paths go before those with a name in them."""
    if (method, path) in routes():
        return routes()[method, path]
    for (verb, template), route in routes().items():
        if verb == method and re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path):
            return route
    return None


@pytest.mark.parametrize("path", [path for path in documents() if path != REFERENCE], ids=name_of)
def test_every_address_that_is_shown_exists_with_its_parameters(path: Path) -> None:
    wrong = []
    for method, address, names in shown(read(path)):
        route = route_of(method, address)
        is_group = any(known.startswith(f"{address}/") for _, known in routes())  # "routes under `/api/v1/energy`"
        if route is None and not (is_group and not names) and address not in NOT_DESCRIBED:
            wrong.append(f"{method} {address}")
        elif route is not None and not names <= route.parameters:
            wrong.append(f"{address}?{sorted(names - route.parameters)}")
    assert wrong == []


@pytest.mark.parametrize("role", [Role.OPERATOR, Role.ENTERPRISE])
def test_the_guide_of_a_person_shows_only_what_that_person_may(role: Role) -> None:
    asked = {path: route_of(method, path) for method, path, _ in shown(read(GUIDES / f"{role}.md"))}
    assert asked
    assert {path for path, route in asked.items() if route is None or route.permission not in GRANTED[role]} == set()


def test_an_address_that_does_not_exist_is_found() -> None:
    text = (
        "`GET /api/v1/parks` and curl -d x http://127.0.0.1:8080/api/v1/park and `/api/v1/energy/days?entity=a&when=b`"
    )
    parts = [*shown(text)]
    assert [(method, path) for method, path, _ in parts] == [
        ("GET", "/api/v1/parks"),
        ("POST", "/api/v1/park"),
        ("POST", "/api/v1/energy/days"),
    ]
    assert [route_of(method, path) for method, path, _ in parts] == [None, None, None]
    days = route_of("GET", "/api/v1/energy/days")
    assert days is not None
    assert parts[2][2] - days.parameters == {"when"}
