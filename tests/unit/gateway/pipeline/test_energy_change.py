"""Other books while counters come: every interval is what one account without a change would have."""

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from rules.energy.reading import Reading
from tests.faults.energy.plant import (
    START_NS,
    Clock,
    Plant,
    books_of,
    devices_of,
    facts,
    intervals_in,
    meter,
    recounted,
    script,
    script_books,
)

TAG = "a.energy_import"
MINUTE_NS = 60 * 10**9


async def test_books_that_change_again_and_again_lose_and_double_nothing(tmp_path: Path) -> None:
    books, readings = script_books(), list(script(400))
    plant = await Plant.open(tmp_path, books, Clock())
    for part in range(0, len(readings), 57):
        for device, time_ns, value in readings[part : part + 57]:
            plant.count(device, time_ns, value)
        await plant.outbox.commit()
        await plant.forwarder.finish(5.0)
        books = replace(books, loss_limit_percent=books.loss_limit_percent + 1)
        plant.keeper.change(books, devices_of(books))
    await plant.settle()
    await plant.close()
    for device in "ab":
        mine = [Reading(time_ns, Decimal(repr(value))) for one, time_ns, value in readings if one == device]
        tag = f"{device}.energy_import"
        assert facts(await intervals_in(tmp_path, tag)) == facts(recounted(books, tag, mine))


async def test_a_meter_that_is_new_counts_from_then_on_and_one_that_is_gone_no_more(tmp_path: Path) -> None:
    both = books_of(meter(TAG), meter("b.energy_import"))
    plant = await Plant.open(tmp_path, both, Clock())
    plant.keeper.change(books_of(meter(TAG)), {})
    for minute in range(31):
        count(plant, minute)
    await plant.outbox.commit()
    await plant.forwarder.finish(5.0)
    plant.keeper.change(both, {})
    for minute in range(31, 61):
        count(plant, minute)
    await plant.outbox.commit()
    await plant.forwarder.finish(5.0)
    plant.keeper.change(books_of(meter("b.energy_import")), {})
    for minute in range(61, 91):
        count(plant, minute)
    await plant.settle()
    await plant.close()
    first, second = await intervals_in(tmp_path, TAG), await intervals_in(tmp_path, "b.energy_import")
    assert [one.quantity for one in first] == [15] * 4
    assert [one.quantity for one in second if one.quantity] == [15] * 3


def count(plant: Plant, minute: int) -> None:
    for device in "ab":
        plant.count(device, START_NS + minute * MINUTE_NS, 100.0 + minute)
