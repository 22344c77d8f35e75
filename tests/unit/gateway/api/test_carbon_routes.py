"""Carbon accounts through the API: figures, closing, traces, samples, each to who may see it."""

import sqlite3
import zipfile
from datetime import datetime
from decimal import Decimal
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from gateway.store.intervals import store
from rules.energy.account import recount
from rules.energy.grid import Grid, Span
from rules.energy.reading import Reading
from tests.unit.gateway.api.conftest import Park

API = "/api/v1/carbon"
ZONE = ZoneInfo("Asia/Shanghai")
OCTOBER = {"entity": "huali", "period": "2026-10"}
SOURCE = "huali-electricity"
PEOPLE = {"by": "Li Wei", "approver": "Wang Fang"}


@pytest.fixture
def park(accounted: Park) -> Park:
    """The one with accounts."""
    return accounted


@pytest.fixture
async def filled(park: Any) -> Any:
    """October of one enterprise's main meter."""
    ledger, books = park.gateway.ledger, park.gateway.books
    tag = "huali-main.energy_import"
    start, end = (int(datetime(2026, month, 1, tzinfo=ZONE).timestamp()) * 10**9 for month in (10, 11))
    step = books.interval_s * 10**9
    readings = [Reading(start + n * step, Decimal(5000 + 10 * n)) for n in range((end - start) // step + 1)]
    spec = books.meters[tag].spec
    found = recount(spec, Grid(ZONE, books.interval_s), readings, Span(start, end)).intervals

    def write(db: sqlite3.Connection) -> None:
        with ledger.write(db):
            store(db, tag, found, park.gateway.clock.time_ns(), zone=ZONE, meter=spec.digest)

    await ledger.do(write)
    return park


async def get(park: Any, path: str, status: int = 200, **parameters: Any) -> Any:
    answer = await park.http.get(API + path, params=parameters)
    assert answer.status_code == status, answer.text
    return answer.json()


async def post(park: Any, path: str, body: Any, status: int = 201) -> Any:
    answer = await park.http.post(API + path, json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_a_summary_has_the_meters_energy_and_says_what_could_not_be_valued(filled: Any) -> None:
    found = await get(filled, "/summary", **OCTOBER)
    assert found["energy"][0]["quantity"] == str(10 * 96 * 31)
    assert found["bases"][0]["refusals"][0]["source"] == SOURCE
    assert found["status"] == "open"


async def test_a_longer_period_is_answered_by_the_jobs_process_and_is_the_same(filled: Any) -> None:
    month = await get(filled, "/summary", **OCTOBER)
    days = await get(filled, "/summary", entity="huali", period="2026-10-01..2026-10-31")
    assert days["energy"] == month["energy"]


async def test_a_close_says_every_reason_against_it_and_then_signs(filled: Any) -> None:
    refused = await post(filled, "/periods/close", OCTOBER | PEOPLE, 409)
    assert {one["code"] for one in refused["errors"]} == {"refusal"}
    assert all(one["zh"] and one["hint"] for one in refused["errors"])
    wanted = OCTOBER | PEOPLE | {"exclude": {SOURCE: "no region is configured yet"}}
    closed = await post(filled, "/periods/close", wanted)
    assert closed["checkpoint"]["size"] >= closed["seq"]
    listed = (await get(filled, "/periods", entity="huali"))["periods"]
    assert [one["status"] for one in listed if one["period"] == "2026-10"] == ["closed"]
    await post(filled, "/periods/close", OCTOBER | PEOPLE | {"by": "wang fang"}, 422)
    await post(filled, "/periods/restate", OCTOBER | PEOPLE | {"reason": "nothing"}, 422)
    await post(filled, "/periods/close", {**OCTOBER, **PEOPLE, "more": 1}, 422)


async def test_a_closed_summary_is_not_sent_twice(filled: Any) -> None:
    await post(filled, "/periods/close", OCTOBER | PEOPLE | {"exclude": {SOURCE: "no region"}})
    first = await filled.http.get(f"{API}/summary", params=OCTOBER)
    again = await filled.http.get(f"{API}/summary", params=OCTOBER, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


async def test_an_enterprise_sees_neither_another_one_nor_the_park(filled: Any) -> None:
    filled.become("dongyue")
    for entity in ("huali", "qinghe", "nobody"):
        for path in ("/summary", "/entries"):
            await get(filled, path, 404, entity=entity, period="2026-10")
        await get(filled, "/sample.zip", 404, entity=entity, period="2026-10", seed="a")
        await get(filled, "/periods", 404, entity=entity)
        await get(filled, "/instruments", 404, entity=entity)
    assert (await get(filled, "/summary", period="2026-10"))["entity"]["id"] == "dongyue"
    await post(filled, "/periods/close", OCTOBER | PEOPLE, 403)


async def test_an_entry_that_nobody_knows_is_not_found(filled: Any) -> None:
    await get(filled, "/trace/0123456789abcdef", 404, period="2026-10", entity="huali")
    await get(filled, "/trace/0123", 404)


async def test_factors_are_listed_with_their_documents(park: Any) -> None:
    found = await get(park, "/factors", region="CN-ZJ", at="2023-06-01", activity="purchased_electricity")
    assert {one["value"] for one in found["factors"]} == {"0.4974"}
    await get(park, "/factors", 422, at="June")


async def test_periods_and_pages_that_do_not_fit_are_refused(filled: Any) -> None:
    await get(filled, "/summary", 422, period="2026-13")
    await get(filled, "/entries", 422, after="f" * 64, **OCTOBER)
    await get(filled, "/sample.zip", 422, seed="moon", entity="huali", period="2026-13")
    assert list(filled.gateway.exports.glob("sample-*")) == []


async def test_an_entry_is_traced_and_sampled(filled: Any) -> None:
    (entry,) = (await get(filled, "/entries", **OCTOBER))["entries"]
    found = await get(filled, f"/trace/{entry['id'][:12]}", **OCTOBER)
    assert (found["entry"], found["is_whole"], found["is_recorded"]) == (entry["id"], True, False)
    await post(filled, "/periods/close", OCTOBER | PEOPLE | {"exclude": {SOURCE: "no region"}})
    found = await get(filled, f"/trace/{entry['id']}", day="2026-10-07")
    assert found["is_recorded"]
    answer = await filled.http.get(f"{API}/sample.zip", params={"seed": "moon", "n": 3, **OCTOBER})
    assert answer.headers["content-type"] == "application/zip"
    with zipfile.ZipFile(BytesIO(answer.content)) as archive:
        assert f"entries/{entry['id']}.json" in archive.namelist()
    filled.become("dongyue")
    await get(filled, f"/trace/{entry['id']}", 404)
