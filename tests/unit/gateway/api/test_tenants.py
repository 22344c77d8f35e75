"""Nobody reads across enterprises: every foreign name and id in every parameter of every route, found from the app.

Whatever is asked, no answer may hold what belongs to somebody else, and what is foreign must look exactly like what
does not exist. Bodies are asked apart, because their fields have their own meaning.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from gateway.api.access import GRANTED, Role
from gateway.identity.accounts import AccountWanted
from gateway.identity.keys import KeyWanted
from gateway.identity.roles import KEY_SCOPES
from gateway.pipeline.configuration import load_configuration
from gateway.pipeline.engine import Gateway
from gateway.web import Asset
from tests.unit.gateway.api.conftest import PARK, RULES, Park, _asked
from tests.unit.gateway.api.every_route import named_routes, permissions_of
from tests.unit.gateway.api.test_energy_routes import TARIFFS

MORE = """
carbon:
  region: CN-ZJ
  sources:
    - {id: dongyue-boiler, enterprise: dongyue, activity: stationary_combustion, fuel: natural_gas}
    - {id: huali-boiler, enterprise: huali, activity: stationary_combustion, fuel: natural_gas}
"""
MARKERS = ("dongyue", "Dongyue", "东岳", "777.25", "4321.5", "DN-FOREIGN", "Wu Foreign", "grid.power", "grid.energy")
"""What belongs to somebody else: names, values, documents, people."""
ABSENT = "nothing-of-the-kind"
OWN = {
    "period": "2026-10",
    "year": "2026",
    "tag": "huali-main.power_active",
    "points": "huali-main.power_active",
    "meter": "huali-main.energy_import",
    "device_id": "huali-main",
    "enterprise_id": "huali",
    "alarm_id": "overload:huali-main",
    "kind": "delivery",
    "seed": "1",
    "product": "cloth",
    "entry_id": "0" * 64,
    "sha256": "0" * 64,
    "record_id": "00000000-0000-7000-8000-000000000000",
    "name": "file",
    "seq": "1",
    "old": "0",
    "new": "0",
    "sink": "history",
}
"""Values with which a route answers, for the parameters that are not the one in question."""
LEFT_OUT = {"/api/v1/session", "/api/v1/session/token", "/api/v1/session/password", "/api/v1/setup"}


@dataclass
class Answer:
    """What came, as far as it was read."""

    status: int
    text: str


class Tenant:
    """Somebody of one enterprise in front of a park in which others have things, too."""

    def __init__(self, park: Park, headers: Mapping[str, str], foreign: Mapping[str, str]) -> None:
        self.park = park
        self.headers = [(name.encode(), value.encode()) for name, value in headers.items()]
        self.foreign = foreign

    async def ask(self, method: str, path: str, query: Mapping[str, str], body: bytes = b"") -> Answer:
        """One request; of a stream its first message."""
        started, enough = {"status": 0}, asyncio.Event()
        blocks: list[bytes] = []

        async def receive() -> dict[str, Any]:
            if not started.setdefault("asked", 0):
                started["asked"] = 1
                return {"type": "http.request", "body": body, "more_body": False}
            await enough.wait()
            return {"type": "http.disconnect"}

        async def send(message: dict[str, Any]) -> None:
            started["status"] = message.get("status", started["status"])
            blocks.append(message.get("body", b""))
            if b"event: snapshot" in blocks[-1]:
                enough.set()

        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": quote(path).encode(),
            "query_string": urlencode(query).encode(),
            "headers": [*self.headers, (b"host", b"127.0.0.1"), (b"content-type", b"application/json")],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 8080),
        }
        for buckets in (self.park.gateway.identities.buckets, self.park.gateway.identities.acts):
            buckets._left.clear()  # nobody asks this fast; it is not what is tested here
        asking = asyncio.ensure_future(self.park.app(scope, receive, send))  # type: ignore[arg-type]
        watching = asyncio.ensure_future(enough.wait())
        await asyncio.wait({asking, watching}, return_when=asyncio.FIRST_COMPLETED, timeout=30)
        for task in (asking, watching):
            task.cancel()
        await asyncio.gather(asking, watching, return_exceptions=True)
        return Answer(started["status"], b"".join(blocks).decode("utf-8", "replace"))

    def routes(self) -> Iterator[tuple[str, APIRoute]]:
        """Every route that this one may use, with its method."""
        for name, route in named_routes(self.park.app).items():
            is_file = route.path.startswith("/assets") or not route.include_in_schema
            if name not in LEFT_OUT and not is_file and permissions_of(route.dependant) <= GRANTED[Role.ENTERPRISE]:
                yield next(iter(route.methods)), route


@pytest.fixture
async def tenant(tmp_path: Path, files: Mapping[str, Asset]) -> AsyncIterator[Tenant]:
    def write() -> Path:
        (tmp_path / "rules.d").mkdir()
        (tmp_path / "rules.d" / "park.yaml").write_text(RULES, encoding="utf-8")
        (tmp_path / "park.yaml").write_text(PARK + TARIFFS + MORE, encoding="utf-8")
        return tmp_path / "park.yaml"

    read = partial(load_configuration, await asyncio.to_thread(write))
    gateway = await Gateway.open_configuration(await asyncio.to_thread(read), read=read)
    async with _asked(gateway, files) as park:
        foreign = await _others(park)
        session = await park.sign_in(Role.ENTERPRISE, enterprise="huali")
        cookie = "; ".join(f"{name}={value}" for name, value in park.http.cookies.items())
        yield Tenant(park, {"cookie": cookie, "x-csrf-token": session["csrf"]}, foreign)


async def _others(park: Park) -> dict[str, str]:
    """Give the others something to see; what it is called."""
    for device, power in (("grid", 4321.5), ("dongyue-main", 777.25), ("huali-main", 100.0)):
        park.feed(device, power, 5.0)
    park.feed("dongyue-main", 977.25, 5.0)
    park.gateway.alarms.advance()
    await park.gateway.alarms.flush()
    file = await park.http.post("/api/v1/carbon/evidence", params={"name": "DN-FOREIGN.jpg"}, content=b"\xff\xd8\xff")
    document = {"kind": "delivery", "by": "Wu Foreign", "source": "dongyue-boiler", "quantity": "1200", "unit": "Nm3"}
    more = {"period": "2026-10", "document": "DN-FOREIGN", "evidence": [file.json()["sha256"]]}
    record = await park.http.post("/api/v1/carbon/records", json={**document, **more})
    assert record.status_code == 201, record.text
    return {
        "enterprise": "dongyue",
        "park": "qinghe",
        "device": "dongyue-main",
        "grid": "grid",
        "tag": "dongyue-main.power_active",
        "meter": "dongyue-main.energy_import",
        "alarm": "overload:dongyue-main",
        "source": "dongyue-boiler",
        "record": record.json()["id"],
        "evidence": file.json()["sha256"],
    }


def parameters(dependant: Dependant) -> Iterator[str]:
    """The names in path and query."""
    yield from (field.alias for field in (*dependant.path_params, *dependant.query_params))
    for inner in dependant.dependencies:
        yield from parameters(inner)


def leaks(text: str, *, asked: str = "") -> list[str]:
    """What of others stands in an answer, beside what the question said itself."""
    found = text.replace(asked, "") if asked else text
    return [marker for marker in MARKERS if marker in found]


def request(route: APIRoute, changed: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """Path and query of a route, with some parameters changed."""
    names = set(parameters(route.dependant))
    needed = {field.alias for field in route.dependant.query_params if field.field_info.is_required()}
    values = {**{name: OWN[name] for name in names if name in OWN}, **changed}
    path = route.path
    for name in names:
        path = path.replace("{" + name + "}", values.get(name, ABSENT))
    in_path = {name for name in names if "{" + name + "}" in route.path}
    query = {name: values[name] for name in names - in_path if name in changed or name in needed}
    return path, query


@pytest.mark.timeout(300)
async def test_nothing_of_others_is_in_any_answer_whatever_is_put_into_any_parameter(tenant: Tenant) -> None:
    wrong, asked = [], 0
    for method, route in tenant.routes():
        plain = await tenant.ask(method, *request(route, {}), b"{}")
        wrong += [(method, route.path, "", leaks(plain.text))] if leaks(plain.text) else []
        for name in parameters(route.dependant):
            absent = await tenant.ask(method, *request(route, {name: ABSENT}), b"{}")
            for what, value in tenant.foreign.items():
                found = await tenant.ask(method, *request(route, {name: value}), b"{}")
                asked += 1
                told, status = leaks(found.text, asked=value), absent.status
                if found.status != status:  # for its form perhaps: asked with something like it that does not exist
                    like = value[:-1] + ("1" if value.endswith("0") else "0")
                    status = (await tenant.ask(method, *request(route, {name: like}), b"{}")).status
                if told or (found.status != status and what != "park"):
                    wrong.append((method, route.path, f"{name}={value}", [found.status, status, *told]))
    assert not wrong, "\n".join(map(str, wrong))
    assert asked > 1000


async def test_the_park_itself_is_nobodys_entity_but_its_own(tenant: Tenant) -> None:
    for method, route in tenant.routes():
        for name in {"entity", "enterprise_id"} & set(parameters(route.dependant)):
            answer = await tenant.ask(method, *request(route, {name: "qinghe"}))
            is_empty = answer.status == 200 and (
                json.loads(answer.text).get("items", json.loads(answer.text)) in ([], {})
            )
            assert answer.status in (404, 422) or is_empty, (route.path, answer.status, answer.text[:200])


async def test_one_sees_ones_own(tenant: Tenant) -> None:
    """Without this the tests above would pass on a gateway that shows nobody anything."""
    for path, query, own in (
        ("/api/v1/devices", {}, "huali-main"),
        ("/api/v1/points", {}, "huali-main.power_active"),
        ("/api/v1/park", {}, "Huali Packaging"),
        ("/api/v1/live", {"points": "huali-main.power_active", "park": "true"}, "100.0"),
        ("/api/v1/carbon/sources", {}, "huali-boiler"),
    ):
        answer = await tenant.ask("GET", path, query)
        assert answer.status == 200, answer.text
        assert own in answer.text


BODIES: tuple[dict[str, Any], ...] = (
    {"source": "dongyue-boiler"},
    {"source": "huali-boiler", "enterprise": "dongyue"},
    {"source": "huali-boiler", "evidence": ["{evidence}"]},
    {"source": "huali-boiler", "supersedes": "{record}"},
    {"kind": "reading", "meter": "dongyue-main.energy_import", "time": "2026-11-01 08:00", "value": "1"},
    {"kind": "void", "supersedes": "{record}"},
)


async def test_nothing_is_recorded_for_others_or_with_what_is_theirs(tenant: Tenant) -> None:
    for path in ("/api/v1/carbon/records", "/api/v1/carbon/rehearsals"):
        for changed in BODIES:
            document = {"kind": "delivery", "quantity": "1", "unit": "Nm3", "period": "2026-10", "document": "DN-1"}
            text = json.dumps({**document, **changed}).replace("{evidence}", tenant.foreign["evidence"])
            body = text.replace("{record}", tenant.foreign["record"])
            answer = await tenant.ask("POST", path, {}, body.encode())
            assert answer.status in (404, 409, 422), (changed, answer.text)
            asked = str(changed.get("source", changed.get("meter", "dongyue")))
            assert leaks(answer.text, asked=asked) == [], (changed, answer.text)


async def test_nobody_decides_on_records_of_others(tenant: Tenant) -> None:
    record = tenant.foreign["record"]
    for act, status in (("withdraw", 404), ("approve", 403), ("reject", 403)):
        answer = await tenant.ask("POST", f"/api/v1/carbon/records/{record}/{act}", {}, b"{}")
        assert answer.status == status
        assert leaks(answer.text) == []


async def test_a_key_that_is_limited_to_an_enterprise_holds_nothing_that_is_not_divided(tenant: Tenant) -> None:
    identities = tenant.park.gateway.identities
    await identities.accounts.add(AccountWanted("second", Role.ADMINISTRATOR))
    given = GRANTED[Role.ENTERPRISE] & KEY_SCOPES
    key, text = await identities.keys.make(KeyWanted("theirs", "second", given, 1, "huali"))
    assert set(key.scopes.split()) == {"read", "export", "records"}
    tenant.headers = [(b"authorization", f"Bearer {text}".encode())]
    answer = await tenant.ask("GET", "/api/v1/devices", {})
    assert (answer.status, leaks(answer.text), "huali-main" in answer.text) == (200, [], True)
    for scope in KEY_SCOPES - given:
        with pytest.raises(Exception, match="is not for a key"):
            await identities.keys.make(KeyWanted("more", "second", [scope], 1, "huali"))
