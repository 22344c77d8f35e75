"""The energy consumer: counters to intervals in ledger.db, once each, whatever comes late, twice or in disorder."""

import asyncio
from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from gateway.core.quality import Quality
from rules.energy.marks import Mark
from rules.energy.quantity import Method
from rules.energy.reading import Reading
from tests.faults.energy.plant import (
    QUARTER_NS,
    START_NS,
    Clock,
    Plant,
    Shelf,
    books_of,
    facts,
    intervals_in,
    meter,
    recounted,
    remove_outbox,
    replace_ledger,
    script,
    script_books,
)

TAG = "a.energy_import"
MINUTE_NS = 60 * 10**9


@pytest.fixture
async def plant(tmp_path: Path) -> AsyncIterator[Plant]:
    plant = await Plant.open(tmp_path, books_of(meter(TAG)), shelf=Shelf())
    yield plant
    await plant.close()


def minutes(plant: Plant, first: int, last: int, *, step: float = 1.0) -> None:
    """Readings that rise by `step` a minute."""
    for minute in range(first, last):
        plant.count("a", START_NS + minute * MINUTE_NS, 100.0 + minute * step)


async def test_what_counters_counted_stands_in_the_ledger_interval_by_interval(plant: Plant) -> None:
    minutes(plant, 0, 46, step=0.1)
    await plant.settle()
    found = await intervals_in(plant.directory, TAG)
    assert [one.quantity for one in found] == [Decimal("1.5")] * 3
    assert [one.span.start_ns for one in found] == [START_NS + place * QUARTER_NS for place in range(3)]


async def test_the_outbox_holds_what_no_interval_has_yet(plant: Plant) -> None:
    minutes(plant, 0, 10)
    await plant.deliver()
    assert plant.outbox.account("energy").buffered == 10
    minutes(plant, 10, 17)
    await plant.deliver()
    assert plant.outbox.account("energy").buffered == 0
    assert plant.outbox.account("energy").is_balanced


async def test_telemetry_is_not_held_for_it(plant: Plant) -> None:
    from gateway.core.batch import Batch, Stream

    plant.outbox.append(Stream.TELEMETRY, Batch(plant.blocks["a"], (1.0,), START_NS))
    await plant.outbox.commit()
    assert plant.outbox.account("energy").accepted == 0


async def test_bad_values_are_no_readings_and_uncertain_ones_are_marked(plant: Plant) -> None:
    minutes(plant, 0, 15)
    plant.count("a", START_NS + 15 * MINUTE_NS, 115.0, Quality.UNCERTAIN_RANGE)
    plant.count("a", START_NS + 15 * MINUTE_NS + 1, None, Quality.BAD_TIMEOUT)
    minutes(plant, 16, 32)
    await plant.settle()
    first = (await intervals_in(plant.directory, TAG))[0]
    assert first.quantity == 15
    assert Mark.UNCERTAIN in first.marks


async def test_readings_that_come_twice_change_nothing(plant: Plant) -> None:
    minutes(plant, 0, 46)
    await plant.settle()
    before = await intervals_in(plant.directory, TAG)
    minutes(plant, 0, 46)
    await plant.settle()
    assert await intervals_in(plant.directory, TAG) == before


async def test_a_restart_goes_on_where_the_last_commit_ended(tmp_path: Path) -> None:
    books, readings = script_books(), list(script(400))
    clock = Clock()
    for part in range(0, len(readings), 111):
        plant = await Plant.open(tmp_path, books, clock)
        for device, time_ns, value in readings[part : part + 111]:
            plant.count(device, time_ns, value)
        await (plant.settle() if part % 2 else plant.deliver())
        await plant.close()
    plant = await Plant.open(tmp_path, books, clock)
    await plant.settle()
    await plant.close()
    for device in "ab":
        mine = [Reading(time_ns, Decimal(repr(value))) for one, time_ns, value in readings if one == device]
        tag = f"{device}.energy_import"
        assert facts(await intervals_in(tmp_path, tag)) == facts(recounted(books, tag, mine))


async def test_an_outbox_that_was_replaced_is_read_from_its_first_chunk(tmp_path: Path) -> None:
    books = books_of(meter(TAG))
    plant = await Plant.open(tmp_path, books)
    for _ in range(5):
        minutes(plant, 0, 16)
        await plant.settle()
    await plant.close()
    await asyncio.to_thread(remove_outbox, tmp_path)
    plant = await Plant.open(tmp_path, books)
    minutes(plant, 16, 46)
    await plant.settle()
    await plant.close()
    assert [one.quantity for one in await intervals_in(tmp_path, TAG)] == [15, 15, 15]


async def test_late_data_beyond_what_is_kept_make_a_new_version_of_the_day(plant: Plant) -> None:
    minutes(plant, 0, 20)
    minutes(plant, 90, 400)
    await plant.settle()
    gap = (await intervals_in(plant.directory, TAG))[2]
    assert gap.method is Method.GAP_ESTIMATED
    for minute in range(20, 90):  # nothing flowed in its first half
        plant.count("a", START_NS + minute * MINUTE_NS, 120.0 if minute < 60 else 190.0 - (89 - minute) * 70 / 30)
    await plant.settle()
    found = await intervals_in(plant.directory, TAG)
    assert found[2].quantity == 0
    assert found[2].version == 2
    assert sum(one.quantity or 0 for one in found) == 390
    assert [one.version for one in found[7:]] == [1] * len(found[7:])


async def test_late_data_are_taken_without_a_history_too(tmp_path: Path) -> None:
    plant = await Plant.open(tmp_path, books_of(meter(TAG)))
    minutes(plant, 0, 20)
    minutes(plant, 90, 400)
    await plant.settle()
    plant.count("a", START_NS + 60 * MINUTE_NS, 120.0)
    await plant.settle()
    found = await intervals_in(tmp_path, TAG)
    assert found[2].quantity == Decimal("0.365853")  # 15 of 41 minutes between 119 at 00:19 and 120 at 01:00
    assert sum(one.quantity or 0 for one in found) == 390
    await plant.close()


async def test_without_a_history_what_a_late_reading_does_not_touch_stays_as_it_was(tmp_path: Path) -> None:
    plant = await Plant.open(tmp_path, books_of(meter(TAG)))
    minutes(plant, 0, 20)
    minutes(plant, 90, 400)
    await plant.settle()
    before = await intervals_in(tmp_path, TAG)
    plant.count("a", START_NS + 60 * MINUTE_NS, 120.0)
    plant.count("a", START_NS + 200 * MINUTE_NS, 300.0)
    await plant.settle()
    after = await intervals_in(tmp_path, TAG)
    assert [one.version for one in after[1:6]] == [2] * 5
    assert after[:1] + after[6:] == before[:1] + before[6:]
    assert sum(one.quantity or 0 for one in after) == 390
    await plant.close()


async def test_another_declaration_is_calculated_anew_from_stored_readings(tmp_path: Path) -> None:
    shelf, clock = Shelf(), Clock()
    plant = await Plant.open(tmp_path, books_of(meter(TAG)), clock, shelf=shelf)
    minutes(plant, 0, 61)
    await plant.settle()
    await plant.close()
    clock.now_ns = START_NS + 62 * MINUTE_NS
    books = books_of(meter(TAG, multipliers=((0, Decimal(40)),)))
    plant = await Plant.open(tmp_path, books, clock, shelf=shelf)
    minutes(plant, 61, 91)
    await plant.settle()
    found = await intervals_in(tmp_path, TAG)
    assert [one.quantity for one in found] == [600] * 6
    assert [one.version for one in found] == [2, 2, 2, 2, 1, 1]
    assert any(TAG in finding for finding in plant.keeper.findings)
    await plant.close()


async def test_a_renamed_point_keeps_its_meter(tmp_path: Path) -> None:
    plant = await Plant.open(tmp_path, books_of(meter("old.energy_import")))
    for minute in range(31):
        plant.count("old", START_NS + minute * MINUTE_NS, 100.0 + minute)
    await plant.settle()
    await plant.close()
    plant = await Plant.open(tmp_path, books_of(meter(TAG)), renamed={"old.energy_import": TAG})
    minutes(plant, 31, 61)
    await plant.settle()
    await plant.close()
    assert [one.quantity for one in await intervals_in(tmp_path, TAG)] == [15] * 4
    assert plant.keeper.findings == []


async def test_a_ledger_restored_from_its_copy_is_filled_up_from_the_history(tmp_path: Path) -> None:
    shelf, clock, books = Shelf(), Clock(), books_of(meter(TAG))
    plant = await Plant.open(tmp_path, books, clock, shelf=shelf)
    minutes(plant, 0, 31)
    await plant.settle()
    await plant.ledger.copy()
    copied = await asyncio.to_thread((tmp_path / "ledger.copy.db").read_bytes)
    minutes(plant, 31, 76)
    await plant.settle()
    await plant.close()
    await asyncio.to_thread(replace_ledger, tmp_path, copied)
    clock.now_ns = START_NS + 77 * MINUTE_NS
    plant = await Plant.open(tmp_path, books, clock, shelf=shelf)
    await plant.settle()
    await plant.close()
    assert [one.quantity for one in await intervals_in(tmp_path, TAG)] == [15] * 5


async def test_without_a_history_another_declaration_holds_for_what_comes(tmp_path: Path) -> None:
    clock = Clock()
    plant = await Plant.open(tmp_path, books_of(meter(TAG)), clock)
    minutes(plant, 0, 61)
    await plant.settle()
    before = await intervals_in(tmp_path, TAG)
    await plant.close()
    clock.now_ns = START_NS + 62 * MINUTE_NS
    plant = await Plant.open(tmp_path, books_of(meter(TAG, rated=Decimal(900))), clock)
    minutes(plant, 61, 91)
    await plant.settle()
    after = await intervals_in(tmp_path, TAG)
    assert after[:4] == before
    assert [one.quantity for one in after[4:]] == [15, 15]
    await plant.close()
