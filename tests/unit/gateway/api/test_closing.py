"""Closing a month takes two people with accounts of their own: one proposes, another one approves the same figures."""

import sqlite3
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from gateway.api.access import Principal, Role, Via
from gateway.store.intervals import store
from rules.energy.account import recount
from rules.energy.grid import Grid, Span
from rules.energy.reading import Reading
from tests.unit.gateway.api.test_carbon_routes import (
    OCTOBER,
    PEOPLE,
    SOURCE,
    ZONE,
    filled,
    get,
    park,
    post,
)

__all__ = ["filled", "park"]
WANTED = OCTOBER | {"exclude": {SOURCE: "no region"}}
LI = Principal("li.wei", Role.OPERATOR, "192.0.2.1", via=Via.SESSION, user_id="user 1", display="Li Wei")
WANG = Principal("wang.fang", Role.ENGINEER, "192.0.2.2", via=Via.SESSION, user_id="user 2", display="Wang Fang")


async def proposed(filled: Any) -> dict[str, Any]:
    filled.ask_as(LI)
    told: dict[str, Any] = await post(filled, "/periods/close", WANTED, 202)
    return told


async def month(filled: Any) -> dict[str, Any]:
    listed = (await get(filled, "/periods", entity="huali"))["periods"]
    return next(one for one in listed if one["period"] == "2026-10")


async def test_one_proposes_and_another_one_closes_under_their_own_names(filled: Any) -> None:
    told = await proposed(filled)
    assert (told["by"], told["what"], told["period"]) == ("Li Wei", "close", "2026-10")
    waiting = await month(filled)
    assert (waiting["status"], waiting["proposal"]) == ("open", told)
    filled.ask_as(WANG)
    closed = await post(filled, f"/periods/proposals/{told['proposal']}/approve", None)
    assert (closed["by"], closed["approver"], closed["proposal"]) == ("Li Wei", "Wang Fang", told["proposal"])
    assert closed["approver_principal"]["name"] == "wang.fang"
    assert closed["snapshot_sha256"] == told["snapshot_sha256"]
    done = await month(filled)
    assert (done["status"], done["proposal"]) == ("closed", None)
    await post(filled, f"/periods/proposals/{told['proposal']}/approve", None, 409)


@pytest.mark.parametrize(
    "same",
    [LI, replace(LI, display="Another Name"), replace(WANG, display="LI WEI"), replace(LI, origin="192.0.2.9")],
)
async def test_nobody_approves_what_they_proposed_whatever_they_are_called_by_now(filled: Any, same: Principal) -> None:
    told = await proposed(filled)
    filled.ask_as(same)
    refused = await post(filled, f"/periods/proposals/{told['proposal']}/approve", None, 409)
    assert "cannot approve it" in refused["detail"]
    assert [one["code"] for one in refused["errors"]] == ["own"]


async def test_no_other_name_can_be_stated_than_ones_own(filled: Any) -> None:
    filled.ask_as(LI)
    assert "another person approves" in (await post(filled, "/periods/close", WANTED | PEOPLE, 422))["detail"]
    refused = await post(filled, "/periods/close", WANTED | {"by": "Wang Fang"}, 422)
    assert "`Li Wei` is signed in" in refused["detail"]
    await post(filled, "/periods/close", WANTED | {"by": "li.wei"}, 202)


async def test_what_stands_against_it_is_said_to_who_proposes(filled: Any) -> None:
    filled.ask_as(LI)
    refused = await post(filled, "/periods/close", OCTOBER, 409)
    assert {(one["code"], one["source"]) for one in refused["errors"]} == {("refusal", SOURCE)}
    assert (await month(filled))["proposal"] is None


async def test_figures_that_changed_since_are_not_approved_and_nothing_is_closed(filled: Any) -> None:
    told = await proposed(filled)
    await other_readings(filled)
    filled.ask_as(WANG)
    refused = await post(filled, f"/periods/proposals/{told['proposal']}/approve", None, 409)
    assert "have changed since" in refused["detail"]
    assert [(one["code"], one["zh"]) for one in refused["errors"]] == [("changed", "提出之后数字已变化")]
    assert (await month(filled))["status"] == "open"


async def other_readings(filled: Any) -> None:
    """A late correction of the first day's energy."""
    ledger, books, tag = filled.gateway.ledger, filled.gateway.books, "huali-main.energy_import"
    start = int(datetime(2026, 10, 1, tzinfo=ZONE).timestamp()) * 10**9
    step = books.interval_s * 10**9
    readings = [Reading(start + n * step, Decimal(5000 + 11 * n)) for n in range(86_400 // books.interval_s + 1)]
    spec = books.meters[tag].spec
    found = recount(spec, Grid(ZONE, books.interval_s), readings, Span(start, readings[-1].time_ns)).intervals

    def write(db: sqlite3.Connection) -> None:
        with ledger.write(db):
            store(db, tag, found, filled.gateway.clock.time_ns(), zone=ZONE, meter=spec.digest)

    await ledger.do(write)


async def test_a_proposal_is_rejected_with_a_reason_or_withdrawn_by_who_made_it(filled: Any) -> None:
    told = await proposed(filled)
    target = f"/periods/proposals/{told['proposal']}/reject"
    filled.ask_as(WANG)
    await post(filled, target, {}, 422)
    rejected = await post(filled, target, {"reason": "a delivery note is missing"}, 200)
    assert (rejected["what"], rejected["by"]) == ("rejection", "Wang Fang")
    await post(filled, f"/periods/proposals/{told['proposal']}/approve", None, 409)
    again = await proposed(filled)
    withdrawn = await post(filled, f"/periods/proposals/{again['proposal']}/reject", {}, 200)
    assert (withdrawn["what"], (await month(filled))["proposal"]) == ("withdrawal", None)


async def test_another_proposal_takes_the_place_of_the_one_before(filled: Any) -> None:
    first, second = await proposed(filled), await proposed(filled)
    filled.ask_as(WANG)
    await post(filled, f"/periods/proposals/{first['proposal']}/approve", None, 409)
    await post(filled, f"/periods/proposals/{second['proposal']}/approve", None)


async def test_a_proposal_that_nobody_made_is_told_so(filled: Any) -> None:
    filled.ask_as(WANG)
    await post(filled, "/periods/proposals/nothing-like-it/approve", None, 409)


async def test_who_sees_one_enterprise_decides_on_no_period(filled: Any) -> None:
    told = await proposed(filled)
    filled.ask_as(replace(WANG, enterprise="huali"))
    for act in ("approve", "reject"):
        await post(filled, f"/periods/proposals/{told['proposal']}/{act}", {"reason": "x"}, 403)
