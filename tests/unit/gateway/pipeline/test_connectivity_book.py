"""The book of connectivity: what was booked is what is read, with its reasons, before and after it is written."""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest

from gateway.pipeline.connectivity_book import Book
from gateway.store import connectivity as stored
from gateway.store.connectivity import Counts, Increment
from gateway.store.state import State
from rules.connectivity.reason import Reason
from rules.connectivity.spans import HOUR_NS, Kind, place_of
from rules.connectivity.tally import Tally

START_NS = 1_795_000 * 3600 * 10**9
ASKED = START_NS, START_NS + HOUR_NS


@pytest.fixture
async def state(tmp_path: Path, clock: Any) -> AsyncIterator[State]:
    """An empty state.db."""
    state = await State.open(tmp_path, clock, durability="process_crash")
    yield state
    await state.close()


async def test_what_came_without_a_value_has_its_reasons_before_and_after_it_is_written(state: State) -> None:
    book = Book(state, UTC)
    tally = Tally(5, Counter({Reason.NOT_AVAILABLE: 3, Reason.TYPE: 1}), Counter({Reason.TIMEOUT: 2}))
    book.add(place_of(START_NS, UTC), "m1", tally)
    before = (await book.figures(*ASKED)).tallies["m1"]
    await book.write()
    after = (await book.figures(*ASKED)).tallies["m1"]
    series = await book.series(Kind.HOUR, *ASKED, {"m1"})
    assert before == after == series.tallies["m1", START_NS] == tally
    assert after.expected == after.good + after.reasons.total() == 11


async def test_accounts_that_booked_no_reason_for_what_came_bad_add_up_too(state: State) -> None:
    old = Increment(START_NS, 1, {(Kind.HOUR.value, START_NS, "m1"): Counts(5, 4, {"timeout": 2})})
    await state.do(lambda db: stored.store(db, old, state.write(db)))
    book = Book(state, UTC)
    book.begin(1)
    book.add(place_of(START_NS, UTC), "m1", Tally(0, Counter({Reason.ENCODING: 2})))
    await book.write()
    found = (await book.figures(*ASKED)).tallies["m1"]
    assert (found.expected, found.received, found.good) == (13, 11, 5)
    assert found.reasons == {Reason.NO_VALUE: 4, Reason.ENCODING: 2, Reason.TIMEOUT: 2}
