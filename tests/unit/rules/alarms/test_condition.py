"""The condition machine: on-delay, off-delay, keep-firing, levels, no data; a table and a naive reference."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.alarm import Condition, Priority
from rules.alarms.condition import NOTHING, ConditionMachine
from rules.alarms.spec import Alarm, Level, NoData

F, T, W, U = NOTHING, 0, 1, None  # false, true, worse, unknown
I, P, A, X = Condition.INACTIVE, Condition.PENDING, Condition.ACTIVE, Condition.UNKNOWN  # noqa: E741


def spec(on: int = 0, off: int = 0, keep: int = 0, no_data: NoData = NoData.UNKNOWN, levels: int = 3) -> Alarm:
    """An alarm with these delays; the machine never looks at the expressions."""
    level: Any = Level(Priority.LOW, when=None)  # type: ignore[arg-type]
    return Alarm("a", "a", (level,) * levels, on_delay_ns=on, off_delay_ns=off, keep_firing_ns=keep, no_data=no_data)


def run(alarm: Alarm, results: Sequence[int | None], machine: ConditionMachine | None = None) -> list[Condition]:
    """Feed one result a tick and note the condition after each."""
    machine = machine or ConditionMachine(alarm)
    seen = []
    for tick, result in enumerate(results):
        machine.feed(result, tick)
        seen.append(machine.condition)
    return seen


# The rows on `for` and `keep_firing_for` follow Prometheus (rules/alerting.go): active when now - active_since >= for;
# keep-firing counts from the first evaluation that is not true and is never given to what was only pending.
TABLE = [
    ("without delays it follows the data", spec(), [F, T, T, F, T], [I, A, A, I, A]),
    ("on-delay: active when it was true for that long", spec(on=2), [F, T, T, T, T], [I, P, P, A, A]),
    ("one false evaluation restarts the on-delay", spec(on=2), [T, T, F, T, T, T], [P, P, I, P, P, A]),
    ("one unknown evaluation restarts the on-delay", spec(on=2), [T, T, U, T, T, T], [P, P, X, P, P, A]),
    ("false at the very moment the on-delay ends is false", spec(on=2), [T, T, F, F], [P, P, I, I]),
    (
        "keep-last: unknown does not restart the on-delay",
        spec(on=2, no_data=NoData.KEEP_LAST),
        [T, U, U, U],
        [P, P, A, A],
    ),
    (
        "keep-last knows nothing before the first result",
        spec(no_data=NoData.KEEP_LAST),
        [U, F, U, T, U],
        [X, I, I, A, A],
    ),
    ("no data is an alarm", spec(on=1, no_data=NoData.ALARM), [U, U, F, U, U], [P, A, I, P, A]),
    ("no data is fine", spec(no_data=NoData.OK), [T, U, T], [A, I, A]),
    ("no data restarts a delay where it is fine", spec(on=1, no_data=NoData.OK), [T, U, T, T], [P, I, P, A]),
    ("unknown before anything else is unknown", spec(), [U, F], [X, I]),
    ("unknown while active", spec(), [T, U, U, T, U, F], [A, X, X, A, X, I]),
    ("keep-firing", spec(keep=2), [T, F, F, F], [A, A, A, I]),
    ("a true evaluation re-arms keep-firing", spec(keep=2), [T, F, T, F, F, F], [A, A, A, A, A, I]),
    ("keep-firing counts from the first missing evaluation", spec(keep=3), [T, U, U, F, F], [A, X, X, A, I]),
    ("what was only pending is never kept", spec(on=3, keep=3), [T, T, F, F], [P, P, I, I]),
    ("keep-firing and then a new on-delay", spec(on=1, keep=2), [T, T, F, F, F, T, T], [P, A, A, A, I, P, A]),
    ("true again while it is kept: active at once", spec(on=2, keep=2), [T, T, T, F, T, T], [P, P, A, A, A, A]),
    ("off-delay", spec(off=2), [T, F, F, F], [A, A, A, I]),
    ("a true evaluation restarts the off-delay", spec(off=2), [T, F, T, F, F, F], [A, A, A, A, A, I]),
    ("unknown restarts the off-delay", spec(off=2), [T, F, U, F, F, F], [A, A, X, A, A, I]),
    ("both: the off-delay is longer", spec(off=3, keep=1), [T, F, F, F, F], [A, A, A, A, I]),
    ("both: keep-firing is longer", spec(off=1, keep=3), [T, F, F, F, F], [A, A, A, A, I]),
    ("both: unknown restarts the off-delay only", spec(off=2, keep=4), [T, U, U, F, F, F], [A, X, X, A, A, I]),
]


@pytest.mark.parametrize(("alarm", "results", "conditions"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_conditions_of_the_table(alarm: Alarm, results: list[int | None], conditions: list[Condition]) -> None:
    assert run(alarm, results) == conditions


def levels_of(alarm: Alarm, results: Sequence[int | None]) -> list[int]:
    """Feed one result a tick and note the level after each."""
    machine = ConditionMachine(alarm)
    seen = []
    for tick, result in enumerate(results):
        machine.feed(result, tick)
        seen.append(machine.level)
    return seen


def test_the_worst_level_of_the_on_delay_is_raised_and_eased_after_the_off_delay() -> None:
    assert levels_of(spec(on=3), [0, 2, 0, 0, 0, 0]) == [-1, -1, -1, 2, 0, 0]
    assert levels_of(spec(on=3, off=2), [0, 2, 0, 0, 0, 0]) == [-1, -1, -1, 2, 2, 0]


def test_a_worse_level_waits_the_on_delay_from_when_it_became_true() -> None:
    assert levels_of(spec(on=2), [0, 0, 0, 1, 2, 2, 2]) == [-1, -1, 0, 0, 0, 1, 2]
    assert levels_of(spec(on=2), [0, 0, 0, 2, 0, 2, 2, 2]) == [-1, -1, 0, 0, 0, 0, 0, 2]


def test_a_lower_level_waits_the_off_delay() -> None:
    assert levels_of(spec(off=2), [2, 0, 0, 0]) == [2, 2, 2, 0]
    assert levels_of(spec(off=2), [2, 1, 0, -1, -1, -1]) == [2, 2, 2, 1, 0, -1]


def test_keep_firing_keeps_the_level_and_does_not_delay_easing() -> None:
    assert levels_of(spec(keep=3), [1, 0, 1, -1, -1, -1, -1]) == [1, 0, 1, 1, 1, 1, -1]


def test_an_unknown_alarm_keeps_its_level() -> None:
    machine = ConditionMachine(spec())
    machine.feed(W, 0)
    assert machine.feed(U, 1)
    assert (machine.condition, machine.level, machine.next_due_ns) == (X, 1, None)
    assert machine.feed(W, 2)
    assert (machine.condition, machine.level) == (A, 1)


def test_no_data_as_an_alarm_is_the_highest_level() -> None:
    assert levels_of(spec(no_data=NoData.ALARM), [U, 0]) == [2, 0]


def test_the_timer_fires_without_a_sample_exactly_when_it_is_due() -> None:
    machine = ConditionMachine(spec(on=10**10))
    assert machine.feed(T, 5)
    assert machine.next_due_ns == 10**10 + 5
    assert not machine.feed(T, 10**10 + 4)
    assert machine.feed(T, 10**10 + 5)
    assert (machine.condition, machine.next_due_ns) == (A, None)


def test_a_late_feed_can_show_what_it_passes_over() -> None:
    machine = ConditionMachine(spec(on=10, off=5))
    machine.feed(W, 0)
    machine.feed(T, 3)
    assert machine.advance(100)
    assert (machine.condition, machine.level) == (A, 1)  # raised at 10
    assert machine.advance(100)
    assert (machine.condition, machine.level) == (A, 0)  # eased at 15
    assert not machine.advance(100)
    assert not machine.feed(F, 100)
    assert machine.next_due_ns == 105


def test_over_at_the_very_moment_it_is_raised() -> None:
    machine = ConditionMachine(spec(on=10, keep=20))
    machine.feed(2, 0)
    machine.feed(T, 5)
    assert machine.feed(T, 10)
    assert not machine.feed(F, 10)
    assert machine.next_due_ns == 30
    assert machine.feed(F, 1000)
    assert (machine.condition, machine.level) == (I, NOTHING)


def test_what_is_due_at_the_moment_of_a_new_result_is_decided_by_the_new_result() -> None:
    machine = ConditionMachine(spec(on=10))
    machine.feed(T, 0)
    assert not machine.advance(10)
    machine.feed(F, 10)
    assert machine.condition is I


# --- a naive reference: one pass over the whole history at every tick


def reference(alarm: Alarm, results: Sequence[int | None]) -> list[tuple[Condition, int]]:
    """Condition and level at each tick; each tick's result holds until the next."""
    decided: list[int | None] = []
    for result in results:
        if result is None:
            previous = decided[-1] if decided else None
            choices: dict[NoData, int | None] = {
                NoData.UNKNOWN: None,
                NoData.KEEP_LAST: previous,
                NoData.ALARM: len(alarm.levels) - 1,
                NoData.OK: NOTHING,
            }
            result = choices[alarm.no_data]  # noqa: PLW2901
        decided.append(result)
    level, raised_at, raised_result = NOTHING, 0, NOTHING
    seen = []
    for now, result in enumerate(decided):
        if result is not None:
            if level == NOTHING:
                start = run_start(decided, now, lambda each: each is not None and each >= 0)
                if result >= 0 and now - start >= alarm.on_delay_ns:
                    level = max(each for each in decided[start : now + 1] if each is not None)
                    raised_at, raised_result = now, result
            elif result > level:
                for index in range(level + 1, result + 1):
                    if now - run_start(decided, now, at_least(index)) >= alarm.on_delay_ns:
                        level = index
            elif result < level:
                held = [result]
                for index in range(result + 1, level + 1):
                    start = run_start(decided, now, below(index))
                    if start <= raised_at and index > raised_result:  # raised although it was over by then
                        start = raised_at + (alarm.off_delay_ns == 0)
                    if now - start < alarm.off_delay_ns or start > now:
                        held.append(index)
                lost = run_start(decided, now, lambda each: each is None or each < 0)
                if max(held) >= 0 or now - lost >= alarm.keep_firing_ns:
                    level = max(held)
        active = A if level >= 0 else P if result is not None and result >= 0 else I
        seen.append((X if result is None else active, level))
    return seen


def at_least(index: int) -> Any:
    return lambda each: each is not None and each >= index


def below(index: int) -> Any:
    return lambda each: each is not None and each < index


def run_start(decided: Sequence[int | None], now: int, holds: Any) -> int:
    """The first tick of the run up to `now` in which `holds` held; `now + 1` where it does not."""
    start = now + 1
    while start > 0 and holds(decided[start - 1]):
        start -= 1
    return start


delays = st.integers(0, 6)
alarms = st.builds(spec, on=delays, off=delays, keep=delays, no_data=st.sampled_from(NoData), levels=st.just(3))
runs = st.lists(st.tuples(st.sampled_from([F, F, T, T, W, 2, U]), st.integers(1, 8)), max_size=14)


def ticks(history: list[tuple[int | None, int]]) -> list[int | None]:
    return [result for result, length in history for _ in range(length)]


@given(alarms, runs)
def test_the_machine_agrees_with_the_reference_at_every_tick(
    alarm: Alarm, history: list[tuple[int | None, int]]
) -> None:
    machine = ConditionMachine(alarm)
    seen = []
    for now, result in enumerate(ticks(history)):
        before = (machine.condition, machine.level)
        changed = machine.feed(result, now)
        assert changed == (before != (machine.condition, machine.level))
        seen.append((machine.condition, machine.level))
    assert seen == reference(alarm, ticks(history))


@given(alarms, runs, st.randoms(use_true_random=False))
def test_a_machine_asked_seldom_and_late_agrees_with_the_reference(
    alarm: Alarm, history: list[tuple[int | None, int]], chance: Any
) -> None:
    """Only changes of the result are fed, some of them again at odd moments; the timers are not asked at all."""
    expected = reference(alarm, ticks(history))
    machine = ConditionMachine(alarm)
    last: object = "none"
    for now, result in enumerate(ticks(history)):
        if result != last or chance.random() < 0.2:
            last = result
            machine.feed(result, now)
            assert (machine.condition, machine.level) == expected[now]


@given(alarms, runs)
def test_advance_and_next_due_show_every_change_of_the_reference(
    alarm: Alarm, history: list[tuple[int | None, int]]
) -> None:
    changes: list[tuple[int, Condition, int]] = []
    machine = ConditionMachine(alarm)

    def note(now: int) -> None:
        changes.append((now, machine.condition, machine.level))

    now = 0
    for result, length in [*history, (U, 1)]:
        due = machine.next_due_ns
        while machine.advance(now):
            assert due is not None
            note(due)
            due = machine.next_due_ns
        if machine.feed(result, now):
            note(now)
        now += length
    seen, expected = (I, NOTHING), []
    for tick, at in enumerate(reference(alarm, [*ticks(history), U])):
        if at != seen:
            expected.append((tick, *at))
            seen = at
    assert changes == expected


@given(alarms, runs, st.integers(0, 40), st.integers(-(10**18), 10**18))
def test_a_restart_at_any_point_with_shifted_time_changes_nothing(
    alarm: Alarm, history: list[tuple[int | None, int]], at: int, shift: int
) -> None:
    machine, moved = ConditionMachine(alarm), 0
    for now, result in enumerate(ticks(history)):
        if now == at:
            saved = machine.save()
            machine, moved = ConditionMachine(alarm), shift
            machine.restore(saved, shift)
            if now > 0:
                assert machine.condition is reference(alarm, ticks(history)[:now])[-1][0]
        machine.feed(result, now + moved)
        expected = reference(alarm, ticks(history)[: now + 1])[-1]
        assert (machine.condition, machine.level) == expected


@pytest.mark.parametrize(
    "saved",
    [None, 7, {}, [], ["x"] * 8, [0, 0, 5, 0, 0, 0, 0, 0], [0, 9, 0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 0, 0, None],
     [0, 0, 0, 0, 0, 0, 0], [0, [], 0, 0, 0, 0, 0, 0]],
)  # fmt: skip
def test_a_saved_state_that_does_not_fit_is_ignored(saved: Any) -> None:
    machine = ConditionMachine(spec(on=2))
    machine.restore(saved, 0)
    assert (machine.condition, machine.level, machine.next_due_ns) == (I, NOTHING, None)
    assert run(spec(on=2), [T, T, T], machine) == [P, P, A]


def test_a_state_of_another_number_of_levels_is_ignored() -> None:
    machine = ConditionMachine(spec())
    machine.feed(2, 0)
    other = ConditionMachine(replace(spec(), levels=spec().levels[:1]))
    other.restore(machine.save(), 0)
    assert other.condition is I
