"""Connectivity accounts in state.db: increments add up, none is counted twice, old ones go."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from gateway.store import connectivity as stored
from gateway.store.connectivity import Counts, Increment
from gateway.store.state import State

HOUR_NS = 3600 * 10**9


@pytest.fixture
async def state(tmp_path: Path, clock: Any) -> AsyncIterator[State]:
    state = await State.open(tmp_path, clock, durability="process_crash")
    yield state
    await state.close()


async def add(state: State, increment: Increment) -> None:
    await state.do(lambda db: stored.store(db, increment, state.write(db)))


def increment(number: int, *outages: stored.OutageRow) -> Increment:
    counts = {("h", 0, "m1"): Counts(10, 1, {"timeout": 2}), ("h", HOUR_NS, "m1"): Counts(5, 0, {"silent": 1})}
    return Increment(number * 60, number, counts, {("h", 0): 7}, outages)


async def test_increments_add_up_and_one_that_is_tried_again_changes_nothing(state: State) -> None:
    for number in (1, 2, 2, 1):
        await add(state, increment(number))
    spans = [("h", 0, 2 * HOUR_NS)]
    sums = await state.do(lambda db: stored.sums(db, spans))
    assert sums == {"m1": Counts(30, 2, {"timeout": 4, "silent": 2})}
    assert await state.do(lambda db: stored.down(db, spans)) == {("h", 0): 14}
    series = await state.do(lambda db: stored.series(db, ("h", HOUR_NS, 2 * HOUR_NS), ["m1"]))
    assert series == {("m1", HOUR_NS): Counts(10, 0, {"silent": 2})}
    assert await state.do(lambda db: stored.series(db, spans[0], ["m2"])) == {}


async def test_the_next_gateway_finds_when_the_last_one_wrote_and_what_was_open(state: State) -> None:
    empty = await state.do(lambda db: stored.begin(db, (), nullcontext()))
    assert (empty.time_ns, empty.number, empty.open_outages) == (None, 0, [])
    await add(state, increment(3, ("m1", 5, None, "timeout", "no answer", 0), ("m1", 1, 2, "silent", "", 0)))
    day = {("d", 0, "m1"): Counts(1)}
    await add(state, Increment(600, 4, day))
    found = await state.do(lambda db: stored.begin(db, [("m1", "m9")], state.write(db)))
    assert (found.time_ns, found.number) == (600, 4)
    assert found.open_outages == [("m9", 5, None, "timeout", "no answer", 0)]
    assert found.answered == {"m9"}


async def test_an_outage_that_ends_takes_the_place_of_the_open_one(state: State) -> None:
    await add(state, increment(1, ("m1", 5, None, "timeout", "", 0)))
    await add(state, increment(2, ("m1", 5, 9, "timeout", "", 0)))
    assert await state.do(lambda db: stored.outages(db, 0, 100, ["m1"], 10)) == [("m1", 5, 9, "timeout", "", 0)]
    assert await state.do(lambda db: stored.outages(db, 9, 100, ["m1"], 10)) == []
    assert await state.do(lambda db: stored.outages(db, 0, 5, ["m1"], 10)) == []


async def test_what_is_old_goes_and_a_restless_device_keeps_its_newest_outages(
    state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "OUTAGES_PER_DEVICE", 3)
    rows = [("m1", n, n + 1, "timeout", "", 0) for n in range(10, 20)]
    await add(state, increment(1, *rows, ("m2", 3, 4, "timeout", "", 0), ("m3", 3, None, "timeout", "", 0)))

    def purge(db: sqlite3.Connection) -> None:
        stored.purge(db, HOUR_NS, 5, state.write(db))

    await state.do(purge)
    assert list(await state.do(lambda db: stored.sums(db, [("h", 0, 9 * HOUR_NS)]))) == ["m1"]
    assert await state.do(lambda db: stored.down(db, [("h", 0, HOUR_NS)])) == {}
    left = await state.do(lambda db: stored.outages(db, 0, 100, ["m1", "m2", "m3"], 10))
    assert [(row[0], row[1]) for row in left] == [("m1", 19), ("m1", 18), ("m1", 17), ("m3", 3)]
