"""What people say about meters, days that are recorded, and balances: the energy consumer beside its stream."""

import sqlite3
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gateway.core.quality import Quality
from gateway.store import records
from gateway.store.records import Kind, Record
from rules.energy.quantity import Method
from tests.faults.energy.plant import (
    QUARTER_NS,
    START_NS,
    Clock,
    Plant,
    Shelf,
    books_of,
    intervals_in,
    meter,
)

TAG = "a.energy_import"
MINUTE_NS = 60 * 10**9
DAY_NS = 86_400 * 10**9


@pytest.fixture
async def plant(tmp_path: Path) -> AsyncIterator[Plant]:
    plant = await Plant.open(tmp_path, books_of(meter(TAG)), shelf=Shelf())
    yield plant
    await plant.close()


def count(plant: Plant, device: str, first: int, last: int, *, step: float = 1.0, start: float = 100.0) -> None:
    for minute in range(first, last):
        plant.count(device, START_NS + minute * MINUTE_NS, start + minute * step)


async def say(plant: Plant, kind: Kind, body: dict[str, Any], *, about: str = "", enterprise: str = "acme") -> Record:
    """A record in the log."""

    def write(db: sqlite3.Connection) -> Record:
        with plant.ledger.write(db):
            return records.append(db, plant.clock.time_ns(), kind, body, about=about, enterprise=enterprise)

    return await plant.ledger.do(write)


async def approve(plant: Plant, kind: Kind, body: dict[str, Any]) -> Record:
    said = await say(plant, kind, {"meter": TAG, "evidence": [], **body})
    await say(plant, Kind.APPROVAL, {}, about=said.id)
    return said


async def recorded(plant: Plant) -> list[Record]:
    return await plant.ledger.do(lambda db: records.find(db, kinds=(Kind.ENERGY_DAY,)))


async def test_an_exchange_that_is_approved_counts_and_one_that_waits_does_not(plant: Plant) -> None:
    count(plant, "a", 0, 20)
    count(plant, "a", 20, 47, start=-20.0)
    body = {"form": "meter_event", "what": "exchange", "time_ns": START_NS + 1170 * 10**9, "final": "119.5",
            "initial": "-0.5"}  # fmt: skip
    said = await say(plant, Kind.METER_EVENT, {"meter": TAG, "evidence": [], **body})
    await plant.settle()
    assert (await intervals_in(plant.directory, TAG))[1].quantity is None
    await say(plant, Kind.APPROVAL, {}, about=said.id)
    await plant.keeper.look()
    second = (await intervals_in(plant.directory, TAG))[1]
    assert (second.quantity, second.method, second.version) == (15, Method.EXCHANGE, 2)


async def test_an_exchange_of_last_week_is_put_in_its_place(plant: Plant) -> None:
    count(plant, "a", 0, 20)
    count(plant, "a", 20, 600, start=-20.0)
    await plant.settle()
    body = {"form": "meter_event", "what": "exchange", "time_ns": START_NS + 1170 * 10**9, "final": "119.5",
            "initial": "-0.5"}  # fmt: skip
    await approve(plant, Kind.METER_EVENT, body)
    await plant.keeper.look()
    found = await intervals_in(plant.directory, TAG)
    assert [one.quantity for one in found] == [15] * len(found)
    assert [one.version for one in found][:3] == [1, 2, 1]


async def test_a_correction_counts_until_another_one_supersedes_it_and_readings_stay(plant: Plant) -> None:
    count(plant, "a", 0, 61)
    await plant.settle()
    body = {"form": "correction", "start_ns": START_NS, "end_ns": START_NS + QUARTER_NS, "quantity_micro": 7_000_000,
            "reason": "the meter was tested"}  # fmt: skip
    said = await approve(plant, Kind.CORRECTION, body)
    await plant.keeper.look()
    first, second = (await intervals_in(plant.directory, TAG))[:2]
    assert (first.quantity, first.method, first.version) == (7, Method.CORRECTED, 2)
    assert first.readings
    assert (second.quantity, second.version) == (15, 1)
    later = await say(
        plant, Kind.CORRECTION, {"meter": TAG, "evidence": [], **body, "quantity_micro": 8_000_000}, about=said.id
    )
    await say(plant, Kind.APPROVAL, {}, about=later.id)
    await plant.keeper.look()
    first = (await intervals_in(plant.directory, TAG))[0]
    assert (first.quantity, first.version) == (8, 3)


@pytest.mark.parametrize("has_history", [True, False])
async def test_a_correction_that_is_taken_back_leaves_what_was_measured(tmp_path: Path, has_history: bool) -> None:
    plant = await Plant.open(tmp_path, books_of(meter(TAG)), shelf=Shelf() if has_history else None)
    count(plant, "a", 0, 91)
    await plant.settle()
    span = {"start_ns": START_NS + QUARTER_NS, "end_ns": START_NS + 2 * QUARTER_NS}
    said = await approve(plant, Kind.CORRECTION, {"form": "correction", **span, "quantity_micro": 7, "reason": "x"})
    await plant.keeper.look()
    assert (await intervals_in(tmp_path, TAG))[1].method is Method.CORRECTED
    void = await say(plant, Kind.CORRECTION, {"form": "void", "meter": TAG, "evidence": []}, about=said.id)
    await say(plant, Kind.APPROVAL, {}, about=void.id)
    await plant.keeper.look()
    found = await intervals_in(tmp_path, TAG)
    assert [one.quantity for one in found] == [15] * 6
    assert [one.version for one in found] == [1, 3, 1, 1, 1, 1]
    await plant.close()


async def test_what_was_said_is_taken_once_however_often_it_restarts(tmp_path: Path) -> None:
    clock, shelf = Clock(), Shelf()
    for _ in range(3):
        plant = await Plant.open(tmp_path, books_of(meter(TAG)), clock, shelf=shelf)
        if not clock.now_ns > START_NS:
            count(plant, "a", 0, 61)
            await plant.settle()
            await approve(
                plant, Kind.READING, {"form": "reading", "time_ns": START_NS + 65 * MINUTE_NS, "value": "165"}
            )
        await plant.settle()
        clock.now_ns += MINUTE_NS
        await plant.close()
    assert [one.version for one in await intervals_in(tmp_path, TAG)] == [1] * 4


async def test_a_meter_that_people_read_is_accounted_between_their_readings_in_any_order(tmp_path: Path) -> None:
    plant = await Plant.open(tmp_path, books_of(meter(TAG, is_manual=True, gap_ns=DAY_NS, confirm=2)))
    for day, value in ((0, "100"), (20, "300"), (10, "148")):
        await approve(plant, Kind.READING, {"form": "reading", "time_ns": START_NS + day * DAY_NS, "value": value})
        await plant.keeper.look()
    found = await intervals_in(tmp_path, TAG)
    assert len(found) == 20 * 96
    assert sum(one.quantity or 0 for one in found[: 10 * 96]) == 48
    assert sum(one.quantity or 0 for one in found) == 200
    assert found[0].method is Method.GAP_ESTIMATED
    await plant.close()


async def test_a_day_is_recorded_once_it_is_over_and_again_when_it_changes(plant: Plant) -> None:
    count(plant, "a", 0, 24 * 60 + 170)
    await plant.settle()
    assert await recorded(plant) == []
    plant.clock.now_ns = START_NS + DAY_NS + 4 * 3600 * 10**9
    await plant.keeper.look()
    (first,) = await recorded(plant)
    assert first.period == "2026-09-22"
    assert first.body["meters"][TAG]["version"] == 1
    close = await plant.ledger.do(lambda db: _close(plant, db))
    body = {"form": "correction", "start_ns": START_NS, "end_ns": START_NS + QUARTER_NS, "quantity_micro": 7_000_000,
            "reason": "the meter was tested"}  # fmt: skip
    await approve(plant, Kind.CORRECTION, body)
    await plant.keeper.look()
    first, second = await recorded(plant)
    assert (second.about, second.body["restatement_due"]) == (first.id, [close.id])
    assert second.body["meters"][TAG]["version"] == 2
    assert second.body["meters"][TAG]["digest"] != first.body["meters"][TAG]["digest"]
    assert any("restatement is due" in finding for finding in plant.keeper.findings)


def _close(plant: Plant, db: sqlite3.Connection) -> Record:
    with plant.ledger.write(db):
        return records.append(db, plant.clock.time_ns(), Kind.CLOSE, {}, enterprise="park", period="2026-09")


async def test_balances_of_finished_intervals_are_points_of_the_upper_meter(tmp_path: Path) -> None:
    accuracy = {"accuracy_percent": Decimal(1)}
    books = books_of(
        meter("a.energy_import", is_complete=True, **accuracy),
        meter("b.energy_import", under=(TAG,), **accuracy),
        meter("c.energy_import", under=(TAG,), **accuracy),
    )
    plant = await Plant.open(tmp_path, books)
    count(plant, "a", 0, 32)
    count(plant, "b", 0, 32, step=0.5)
    count(plant, "c", 0, 31, step=0.25)
    plant.clock.now_ns = START_NS + 32 * MINUTE_NS
    await plant.settle()
    first, second = plant.published
    assert [batch.block.device.id for batch in plant.published] == ["a", "a"]
    assert first.time_ns == START_NS + QUARTER_NS
    assert first.values == (3.75, 25.0, 5.0)
    assert first.quality is None
    assert second.values == first.values
    await plant.keeper.look()
    assert len(plant.published) == 2
    await plant.close()


async def test_a_balance_with_a_meter_missing_is_bad_and_never_zero(tmp_path: Path) -> None:
    books = books_of(meter("a.energy_import", is_complete=True), meter("b.energy_import", under=(TAG,)))
    plant = await Plant.open(tmp_path, books)
    count(plant, "a", 0, 17)
    plant.clock.now_ns = START_NS + 17 * MINUTE_NS
    await plant.settle()
    assert plant.published == []
    plant.clock.now_ns = START_NS + 31 * MINUTE_NS
    await plant.keeper.look()
    (batch,) = plant.published
    assert batch.values == (None, None, 5.0)
    assert batch.quality == (Quality.BAD_NOT_AVAILABLE, Quality.BAD_NOT_AVAILABLE, Quality.GOOD)
    await plant.close()


async def test_without_a_meter_at_everything_the_difference_is_told_and_has_no_limit(tmp_path: Path) -> None:
    books = books_of(meter("a.energy_import"), meter("b.energy_import", under=(TAG,)))
    plant = await Plant.open(tmp_path, books)
    count(plant, "a", 0, 17)
    count(plant, "b", 0, 17, step=0.5)
    plant.clock.now_ns = START_NS + 17 * MINUTE_NS
    await plant.settle()
    (batch,) = plant.published
    assert [point.name for point in batch.block.points] == ["unexplained_kwh", "unexplained_percent"]
    assert batch.values == (7.5, 50.0)
    await plant.close()
