"""The heap of what is due, against a sorted list."""

from hypothesis import given
from hypothesis import strategies as st

from rules.alarms.timers import NEVER_NS, Timers


class Unit:
    def __init__(self, rank: int) -> None:
        self.due_ns: int | None = None
        self.rank = rank

    def expire(self, now_ns: int) -> None:
        raise AssertionError("the heap calls nobody")


CHANGE = st.tuples(st.integers(0, 5), st.none() | st.integers(0, 50))
TURN = st.tuples(st.lists(CHANGE, max_size=5), st.integers(0, 50))


@given(st.lists(TURN, max_size=20))
def test_everybody_is_taken_once_in_order_of_time_and_rank(turns: list) -> None:
    units = [Unit(rank) for rank in range(6)]
    wanted: dict[int, int] = {}
    timers = Timers()
    for changes, now in turns:
        for index, due in changes:
            timers.set(units[index], due)
            wanted.pop(index, None)
            if due is not None:
                wanted[index] = due
        assert timers.next_ns() == min(wanted.values(), default=None)
        taken = []
        while (found := timers.take(now)) is not None:
            taken.append((found[0], found[1].rank))
        assert taken == sorted((due, index) for index, due in wanted.items() if due <= now)
        wanted = {index: due for index, due in wanted.items() if due > now}
        assert timers.first_ns <= min(wanted.values(), default=NEVER_NS)


def test_an_alarm_that_chatters_for_a_day_does_not_fill_the_memory() -> None:
    timers, units = Timers(), [Unit(rank) for rank in range(10)]
    for moment in range(100_000):
        timers.set(units[moment % 10], 10**9 - moment)
    assert len(timers._heap) < 200
    assert timers.next_ns() == 10**9 - 99_999
