"""In whatever order counters come, late or twice, and whatever fails: the ledger has what all readings give."""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest

from rules.energy.marks import Mark
from rules.energy.quantity import IntervalQuantity, Method
from rules.energy.reading import Reading
from tests.faults.energy.plant import START_NS, Plant, Shelf, books_of, intervals_in, meter, recounted

TAG = "a.energy_import"
MINUTE_NS = 60 * 10**9
COUNT = 1_000

Row = tuple[int, float]
Found = dict[int, IntervalQuantity]


def rolling(random: Random) -> list[Row]:
    """A register that rolls over at 1,000, a reading a minute, with gaps."""
    rows, minute, value = list[Row](), 0, 100.0
    while len(rows) < COUNT:
        is_regular = len(rows) > COUNT - 30 or random.random() < 0.97  # at the end, so that the last level is believed
        step = 1 if is_regular else random.choice([20, 45, 120, 300])
        minute += step
        value = round((value + random.random() * 2 * step) % 1000, 2)
        rows.append((START_NS + minute * MINUTE_NS, value))
    return rows


def disordered(rows: Sequence[Row], random: Random) -> list[Row]:
    """In blocks: some the other way round, some shuffled, some much later, some of it twice."""
    found, delayed, place = list[Row](), list[list[Row]](), 0
    while place < len(rows):
        block = list(rows[place : place + random.randrange(5, 120)])
        place += len(block)
        how = random.random()
        if how < 0.25:
            delayed.append(block)
            continue
        if how < 0.45:
            block.reverse()
        elif how < 0.5:
            random.shuffle(block)
        found += block
        if delayed and random.random() < 0.4:
            late = delayed.pop(0)
            found += [*reversed(late), *late[:3]]
    return [*found, *(row for block in delayed for row in block)]


async def accounted(directory: Path, seed: int, *, has_history: bool) -> tuple[Found, Found]:
    """The intervals by start: of the ledger, and of a recount of all readings."""
    random = Random(seed)
    rows = rolling(random)
    books = books_of(meter(TAG, modulus=Decimal(1000), rated=Decimal(500)))
    plant = await Plant.open(directory, books, shelf=Shelf() if has_history else None)
    for time_ns, value in disordered(rows, random):
        plant.count("a", time_ns, value)
        what = random.random()
        if what < 0.01:
            await plant.settle()
        elif what < 0.02:
            await plant.deliver()
        elif what < 0.025:  # as after a commit that failed
            plant.keeper._book = None
            plant.forwarder._rewind()
    await plant.settle()
    assert plant.outbox.account("energy").is_balanced
    found = {one.span.start_ns: one for one in await intervals_in(directory, TAG)}
    readings = [Reading(time_ns, Decimal(repr(value))) for time_ns, value in rows]
    await plant.close()
    return found, {one.span.start_ns: one for one in recounted(books, TAG, readings)}


def quantities_of(intervals: Found) -> dict[int, Decimal | None]:
    return {start: one.quantity for start, one in intervals.items()}


@pytest.mark.parametrize("seed", [0, 1, 20])  # 20: a reading that was refused is believed with those that come late
async def test_any_order_gives_what_all_readings_give(tmp_path: Path, seed: int) -> None:
    found, wanted = await accounted(tmp_path, seed, has_history=True)
    assert quantities_of(found) == quantities_of(wanted)


@pytest.mark.parametrize("seed", [2, 10, 35])  # 10, 35: a gap that began the day before, in which the register is reset
async def test_without_a_history_too(tmp_path: Path, seed: int) -> None:
    found, wanted = await accounted(tmp_path, seed, has_history=False)
    assert quantities_of(found) == quantities_of(wanted)


@pytest.mark.parametrize("seed", [6, 11])
async def test_without_a_history_a_refused_reading_stays_refused_and_that_is_marked(tmp_path: Path, seed: int) -> None:
    found, wanted = await accounted(tmp_path, seed, has_history=False)
    assert sum(one.quantity or 0 for one in found.values()) == sum(one.quantity or 0 for one in wanted.values())
    others = [found[start] for start in wanted if found[start].known != wanted[start].known]
    assert {one.method for one in others} <= {Method.GAP_ESTIMATED, Method.PARTIAL}
    assert any(Mark.TRANSIENT in one.marks for one in others)
