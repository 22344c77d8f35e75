"""In whatever order counters come, late or twice, and whatever fails: the ledger has what all readings give."""

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from random import Random

import pytest

from rules.energy.reading import Reading
from tests.faults.energy.plant import START_NS, Plant, Shelf, books_of, intervals_in, meter, recounted

TAG = "a.energy_import"
MINUTE_NS = 60 * 10**9
COUNT = 1_000

Row = tuple[int, float]


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


@pytest.mark.parametrize("has_history", [True, False])
@pytest.mark.parametrize("seed", range(4))
async def test_any_order_gives_what_all_readings_give(tmp_path: Path, seed: int, has_history: bool) -> None:
    random = Random(seed)
    rows = rolling(random)
    books = books_of(meter(TAG, modulus=Decimal(1000), rated=Decimal(500)))
    plant = await Plant.open(tmp_path, books, shelf=Shelf() if has_history else None)
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
    found = {one.span: one.quantity for one in await intervals_in(tmp_path, TAG)}
    readings = [Reading(time_ns, Decimal(repr(value))) for time_ns, value in rows]
    assert found == {one.span: one.quantity for one in recounted(books, TAG, readings)}
    assert plant.outbox.account("energy").is_balanced
    await plant.close()
