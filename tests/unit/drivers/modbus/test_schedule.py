"""The tick: aligned to the wall clock, once per beat, whatever the clock does."""

import asyncio

from hypothesis import given
from hypothesis import strategies as st

from drivers.modbus.schedule import Beat, Ticker
from tests.steady import LoopClock

S = 1_000_000_000
intervals = st.integers(10_000_000, 3600 * S)
times = st.integers(10**18, 2 * 10**18)


@given(intervals, st.integers(0, 3600 * S), times)
def test_the_next_beat_is_aligned_and_at_most_one_interval_away(interval: int, phase: int, now: int) -> None:
    beat = Beat(interval, phase)
    after = beat.after(now)
    assert now < after <= now + interval
    assert (after - phase) % interval == 0


@given(intervals, times, st.lists(st.integers(0, 4 * 10**9), min_size=1, max_size=30))
def test_no_beat_is_taken_twice(interval: int, now: int, steps: list[int]) -> None:
    beat = Beat(interval, 0)
    beat.next_ns = beat.after(now)
    taken = []
    for step in steps:
        now += step
        due = beat.next_ns
        if beat.take(now):
            taken.append(due)
    assert len(taken) == len(set(taken))


def test_a_timer_that_fires_a_little_early_takes_the_beat_and_not_twice() -> None:
    beat = Beat(S, 0)
    beat.next_ns = 10 * S
    assert beat.take(10 * S - 1_000_000)
    assert not beat.take(10 * S + 1)
    assert beat.next_ns == 11 * S


def test_beats_that_were_slept_through_are_skipped() -> None:
    beat = Beat(S, 0)
    beat.next_ns = 10 * S
    assert beat.take(15 * S + 5)
    assert beat.next_ns == 16 * S


def test_a_clock_that_is_set_back_delays_by_one_interval_at_most() -> None:
    beat = Beat(S, 0)
    beat.next_ns = 5000 * S
    assert not beat.take(1000 * S + 1)
    assert beat.next_ns == 1001 * S


async def test_all_members_of_a_beat_are_called_in_one_turn() -> None:
    ticker = Ticker(LoopClock())
    turns: list[tuple[str, float]] = []
    loop = asyncio.get_running_loop()

    def due(name: str) -> None:
        turns.append((name, loop.time()))
        loop.call_soon(turns.append, ("next turn", loop.time()))

    for name in "abc":
        ticker.join(name, 0.03, 0.0, lambda missed, name=name: due(name))  # type: ignore[misc]
    async with asyncio.timeout(5):
        while len(turns) < 12:
            await asyncio.sleep(0.005)
    for name in "abc":
        ticker.leave(name)
    assert [name for name, _ in turns[:12]] == [*"abc", *["next turn"] * 3] * 2
    assert turns[6][1] - turns[0][1] > 0.02


async def test_nobody_is_called_after_leaving() -> None:
    ticker = Ticker(LoopClock())
    calls: list[str] = []
    ticker.join("gone", 0.01, 0.0, lambda _: calls.append("gone"))
    ticker.join("here", 0.01, 0.0, lambda _: calls.append("here"))
    ticker.leave("gone")
    async with asyncio.timeout(5):
        while len(calls) < 3:
            await asyncio.sleep(0.005)
    ticker.leave("here")
    assert set(calls) == {"here"}


async def test_a_loop_that_was_busy_tells_how_many_beats_it_missed() -> None:
    clock = SteppingClock()
    ticker = Ticker(clock)
    missed: list[int] = []
    ticker.join("one", 0.02, 0.0, missed.append)
    async with asyncio.timeout(5):
        while len(missed) < 2:
            await asyncio.sleep(0.005)
        clock.ahead_s += 0.2  # both clocks: the loop was away, the wall clock did not jump
        while not any(missed):
            await asyncio.sleep(0.005)
    ticker.leave("one")
    assert max(missed) in range(8, 13)


class SteppingClock(LoopClock):
    """The loop's clock, some seconds ahead."""

    ahead_s = 0.0

    def time_ns(self) -> int:
        return super().time_ns() + int(self.ahead_s * S)

    def monotonic(self) -> float:
        return super().monotonic() + self.ahead_s
