"""The engine: thresholds and expressions, delays, silence, and time that comes late."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.alarm import AlarmState, Condition, Priority, Transition
from gateway.core.batch import Batch, Block
from gateway.core.point import Names, Value
from gateway.core.quality import Quality
from rules.alarms.spec import Alarm, Moment, NoData
from rules.expression.evaluation import Evaluation
from rules.schedule.schedule import Schedule
from tests.unit.rules.alarms.engine_park import HOUR, SECOND, WANG, Park, alarm, level

RAISED, RETURNED, WORSENED, EASED = (
    Transition.RAISED,
    Transition.RETURNED,
    Transition.WORSENED,
    Transition.EASED,
)
STEPS = (level("power > 800", "power > 760", Priority.LOW), level("power > 900", "power > 880", Priority.HIGH))
EXPRESSIONS = (
    level("power + 0 > 800", "power + 0 > 760", Priority.LOW),
    level("power + 0 > 900", "power + 0 > 880", Priority.HIGH),
)


@pytest.mark.parametrize("when", ["power > 800 kW", "power * 2 > 1600 kW"])
def test_an_alarm_comes_and_goes_with_its_value(when: str) -> None:
    park = Park([alarm(when)])
    for second, power in enumerate([700.0, 800.0, 800.1, 900.0, 800.0]):
        park.feed(second, power=power)
    assert park.times() == [(2, RAISED), (4, RETURNED)]
    assert park.events[0].device == "tx1"


@pytest.mark.parametrize("levels", [STEPS, EXPRESSIONS])
def test_each_level_has_its_own_hysteresis(levels: tuple) -> None:
    park = Park([alarm(levels=levels)])
    for second, power in enumerate([750, 810, 910, 890, 870, 790, 770, 905, 750]):
        park.feed(second, power=float(power))
    assert park.times() == [(1, RAISED), (2, WORSENED), (4, EASED), (8, RETURNED)]  # not acknowledged: 905 is no news


def test_a_delay_that_elapsed_is_stamped_with_its_moment_not_with_the_call() -> None:
    park = Park([alarm(on_delay_ns=10 * SECOND)])
    park.feed(0, power=700.0)
    park.feed(1, power=900.0)
    park.engine.observe(Batch(park.block("tx1", ("power",)), (900.0,), 0), park.now_ns + 2 * SECOND)
    park.engine.observe(Batch(park.block("tx1", ("power",)), (900.0,), 0), park.now_ns + 5 * SECOND)
    park.engine.observe(Batch(park.block("tx1", ("power",)), (900.0,), 0), park.now_ns + 9 * SECOND)
    park.engine.advance(park.now_ns + 13 * SECOND)
    assert park.times() == [(11, RAISED)]


def test_a_silent_device_is_unknown_and_its_pending_alarm_starts_again() -> None:
    park = Park([alarm(on_delay_ns=10 * SECOND)])
    park.run(0, 3, power=900.0)
    park.to(7.9)
    assert park.condition() is Condition.PENDING
    park.to(8)
    assert park.condition() is Condition.UNKNOWN
    park.run(20, 29, power=900.0)
    assert park.transitions() == []
    park.feed(30, power=900.0)
    assert park.transitions() == [RAISED]


def test_an_active_alarm_of_a_silent_device_stays_and_is_shown_as_unknown() -> None:
    park = Park([alarm()])
    park.feed(0, power=900.0)
    park.to(60)
    assert (park.state(), park.condition()) == (AlarmState.UNACKNOWLEDGED, Condition.UNKNOWN)
    park.feed(61, power=900.0)
    assert park.condition() is Condition.ACTIVE
    assert park.transitions() == [RAISED]


@pytest.mark.parametrize(
    ("policy", "times"),
    [(NoData.UNKNOWN, []), (NoData.KEEP_LAST, []), (NoData.ALARM, [(5, RAISED)]), (NoData.OK, [])],
)
def test_silence_means_what_the_rule_says(policy: NoData, times: list) -> None:
    park = Park([alarm(no_data=policy)])
    park.feed(0, power=700.0)
    park.to(60)
    assert park.times() == times


def test_at_the_start_devices_may_take_their_time() -> None:
    park = Park([alarm(no_data=NoData.ALARM), alarm("absent(power)", rule="gone")])
    park.to(4)
    park.feed(4.5, power=700.0)
    assert park.transitions() == []
    late = Park([alarm(no_data=NoData.ALARM), alarm("absent(power)", rule="gone")])
    late.to(0)
    late.to(60)
    assert [(event.alarm, time) for event, (time, _) in zip(late.events, late.times(), strict=True)] == [
        ("overload:tx1", 5),
        ("gone:tx1", 5),
    ]


def test_what_comes_when_it_comes_is_never_stale() -> None:
    park = Park([alarm("door_event > 0")], interval_s=0.0)
    park.feed(0, door_event=1.0)
    park.to(100_000)
    assert park.condition() is Condition.ACTIVE
    assert park.engine.next_due_ns() is None


@pytest.mark.parametrize("when", ["power > 800", "power + 0 > 800"])
def test_a_bad_value_is_not_a_value(when: str) -> None:
    park = Park([alarm(when)])
    park.feed(0, power=700.0)
    park.feed(1, power=None)
    assert park.condition() is Condition.UNKNOWN
    park.feed(2, power=700.0)
    assert park.condition() is Condition.INACTIVE
    park.feed(3, power=900.0, quality=Quality.UNCERTAIN_RANGE)
    assert park.transitions() == [RAISED]


@pytest.mark.parametrize("when", ["power > 800", "power + 0 > 800"])
def test_a_first_value_may_be_bad(when: str) -> None:
    park = Park([alarm(when)])
    park.feed(0, power=None)
    assert park.condition() is Condition.UNKNOWN


@pytest.mark.parametrize("when", ["power > 800", "power + 0 > 800"])
def test_a_batch_that_carries_some_points_says_nothing_of_the_others(when: str) -> None:
    park = Park([alarm(when)])
    block = park.block("tx1", ("power", "current"))
    park.engine.observe(Batch(block, (900.0, None), 0, None, 0b01), park.now_ns)
    for _ in range(3):
        park.engine.observe(Batch(block, (None, 5.0), 0, None, 0b10), park.now_ns + SECOND)
    assert park.condition() is Condition.ACTIVE
    park.engine.observe(Batch(block, (None, 5.0), 0, (Quality.BAD_TYPE, Quality.GOOD), 0b11), park.now_ns + SECOND)
    assert park.condition() is Condition.UNKNOWN


def test_a_new_block_takes_its_points_over() -> None:
    park = Park([alarm(), alarm("current + 0 > 10", rule="current")])
    park.feed(0, power=900.0, current=5.0)
    for second in range(1, 20):
        park.feed(second, power=900.0)  # the source has split the block
        park.feed(second, current=20.0)
    assert park.condition() is Condition.ACTIVE
    assert park.condition("current:tx1") is Condition.ACTIVE
    park.feed(20, power=100.0)
    assert park.condition() is Condition.INACTIVE


def test_a_source_that_brings_new_blocks_for_ever_fills_no_memory_and_an_old_block_may_come_again() -> None:
    park = Park([alarm()])
    first = park.block("tx1", ("power", "current"))
    for second in range(50):
        block = first if second % 10 == 0 else Block(first.device, first.points, 1.0)
        power = 900.0 if second < 30 else 100.0
        park.to(second)
        park.engine.observe(Batch(block, (power, 1.0), 0), park.now_ns)
    assert park.times() == [(0, RAISED), (30, RETURNED)]
    assert len(park.engine._inputs.watches) == 1


def test_a_true_lower_level_is_not_lost_where_a_higher_one_cannot_be_decided() -> None:
    levels = (level("power + 0 > 800", priority=Priority.LOW), level("power + other.power > 5000"))
    park = Park([alarm(levels=levels)])
    park.feed(0, "other", power=1.0)
    park.feed(0, power=900.0)
    assert park.engine.view("overload:tx1").priority is Priority.LOW
    park.feed(1, "other", power=9000.0)
    park.feed(1, "other", power=None)
    assert park.engine.view("overload:tx1").priority is Priority.HIGH  # bad data ease nothing
    park.feed(2, power=700.0)
    assert park.condition() is Condition.UNKNOWN
    assert park.transitions() == [RAISED, WORSENED]


def test_windows_get_every_sample_and_time_ends_them() -> None:
    park = Park([alarm("avg(power, 10 s) > 800 kW")])
    park.run(0, 12, power=900.0)
    assert park.transitions() == [RAISED]
    park.run(13, 25, power=700.0)
    assert park.transitions() == [RAISED, RETURNED]


def test_a_duration_ends_with_no_batch() -> None:
    park = Park([alarm("duration(door_event > 0) > 30 s")], interval_s=0.0)
    park.feed(0, door_event=1.0)
    park.to(100)
    assert [transition for _, transition in park.times()] == [RAISED]
    assert park.times()[0][0] == pytest.approx(30, abs=0.01)


class _Failing(Evaluation):
    def __init__(self) -> None:
        self.is_broken = True

    def push(self, slot: int, value: Value | None, quality: Quality, time_ns: int) -> None:
        raise RuntimeError("push")

    def evaluate(self, now_ns: int, wall_ns: int) -> Value | None:
        raise RuntimeError("evaluate")


def test_one_failing_expression_stops_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    bad = alarm("power + 1 > 0", rule="bad")
    start = type(bad.levels[0].when).start
    monkeypatch.setattr(
        type(bad.levels[0].when), "start", lambda self: _Failing() if self is bad.levels[0].when else start(self)
    )
    park = Park([bad, alarm("power + 0 > 800")])
    park.feed(0, power=900.0)
    assert park.condition() is Condition.ACTIVE
    assert park.condition("bad:tx1") is Condition.UNKNOWN
    assert park.engine.faults["bad"] >= 2
    assert set(park.engine.faults) == {"bad"}


# -- clocks -----------------------------------------------------------------------------------------------------------


class Hours(Schedule):
    """Applies in the first half of each hour."""

    def __init__(self) -> None:
        pass

    def is_active(self, wall_ns: int) -> bool:
        return wall_ns % HOUR < HOUR // 2

    def next_change_ns(self, wall_ns: int) -> int | None:
        return wall_ns // (HOUR // 2) * (HOUR // 2) + HOUR // 2


@pytest.mark.parametrize("step_s", [3600.0, -3600.0])
def test_a_clock_step_neither_raises_nor_returns(step_s: float) -> None:
    rules = [
        alarm(on_delay_ns=10 * SECOND),
        alarm("avg(power, 10 s) > 800 kW", rule="average"),
        alarm("duration(power > 800 kW) > 20 s", rule="long"),
        alarm("stale(power)", rule="silent"),
        alarm("power > 0", rule="shelved"),
    ]
    steady, stepped = Park(rules), Park(rules)
    for park in (steady, stepped):
        park.run(0, 8, power=900.0)
        park.engine.shelve("shelved:tx1", WANG, "", park.now_ns, 12 * SECOND)
    stepped.step_clock(step_s)
    for park in (steady, stepped):
        park.run(9, 30, power=900.0)
    assert stepped.transitions() == steady.transitions()
    steps = [b.time_ns - a.time_ns for a, b in zip(steady.events, stepped.events, strict=True)]
    assert set(steps[-4:]) == {round(step_s * SECOND)}


def test_a_schedule_goes_by_the_wall_clock() -> None:
    park = Park([alarm(schedule=Hours())])
    park.run(0, 1410, power=900.0)  # it is 6 min 40 s past the hour
    assert park.times() == [(0, RAISED), (1400, RETURNED)]
    park.step_clock(1800)
    park.feed(1411, power=900.0)
    assert park.transitions() == [RAISED, RETURNED, RAISED]


def test_hours_of_the_day_follow_a_clock_step() -> None:
    park = Park([alarm("hour() >= 20")])  # it is 19:06 in Shanghai
    park.to(10)
    assert park.transitions() == []
    park.step_clock(3600)
    park.to(11)
    assert park.transitions() == [RAISED]


# -- late is as good as in time ---------------------------------------------------------------------------------------

RULES = [
    alarm(on_delay_ns=3 * SECOND, off_delay_ns=2 * SECOND, keep="power > 700"),
    alarm("power + 0 > 800", rule="same", on_delay_ns=3 * SECOND, off_delay_ns=2 * SECOND, keep="power + 0 > 700"),
    alarm(rule="kept", keep_firing_ns=7 * SECOND, no_data=NoData.OK, re_alarm_ns=9 * SECOND),
    alarm("avg(power, 5 s) > 800 kW", rule="average", no_data=NoData.ALARM),
    alarm("duration(power > 650 kW) > 4 s", rule="long", latch=True),
    alarm("stale(power)", rule="silent"),
    alarm(levels=STEPS, rule="steps", on_delay_ns=SECOND, parents=("silent:tx1",)),
]
STEP = st.tuples(st.integers(1, 9_000), st.sampled_from([600.0, 690.0, 750.0, 850.0, 950.0, None]))


@settings(max_examples=60, deadline=None)
@given(st.lists(STEP, min_size=1, max_size=25))
def test_an_engine_that_is_called_late_ends_like_a_punctual_one(steps: list) -> None:
    punctual, late = Park(RULES), Park(RULES)
    for wait_ms, power in steps:
        now_s = punctual.now_s + wait_ms / 1000
        punctual.feed(now_s, power=power)
        late.now_s = now_s
        late.observe(power=power)
    late.engine.advance(late.now_ns)
    assert late.events == punctual.events
    assert late.engine.views() == punctual.engine.views()


LIMIT = st.sampled_from([600.0, 690.0, 750.0, 850.0])
SHAPE = st.tuples(st.sampled_from([">", ">=", "<", "<="]), LIMIT, st.none() | LIMIT, st.integers(0, 3))


def twins(shapes: list) -> list[Alarm]:
    """Each alarm twice: by the guard, and as an expression that only looks like something else."""
    rules = []
    for number, (operator, limit, keep, delay_s) in enumerate(shapes):
        for kind, point in (("guarded", "power"), ("evaluated", "power + 0")):
            kept = None if keep is None else f"{point} {operator} {keep}"
            rule = alarm(f"{point} {operator} {limit}", kept, rule=f"{kind}{number}", on_delay_ns=delay_s * SECOND)
            assert (rule.levels[0].when.threshold is None) == (kind == "evaluated")
            rules.append(rule)
    return rules


@settings(max_examples=40, deadline=None)
@given(st.lists(SHAPE, min_size=1, max_size=4), st.lists(STEP, min_size=1, max_size=30))
def test_the_guard_says_what_the_expression_says(shapes: list, steps: list) -> None:
    park = Park(twins(shapes))
    for wait_ms, power in steps:
        park.feed(park.now_s + wait_ms / 1000, power=power, other=1.0)
        for number in range(len(shapes)):
            assert park.condition(f"guarded{number}:tx1") == park.condition(f"evaluated{number}:tx1")
    guarded, evaluated = (
        [(event.time_ns, event.rule[-1], event.transition) for event in park.events if event.rule.startswith(kind)]
        for kind in ("guarded", "evaluated")
    )
    assert sorted(guarded) == sorted(evaluated)


def test_what_did_not_change_is_not_saved_again() -> None:
    rules: list[Alarm] = [alarm(rule=f"rule{i}", names=Names("x")) for i in range(50)]
    park = Park([*rules, alarm(levels=(level("current > 10"),), rule="current")])
    park.feed(0, power=900.0, current=1.0)
    assert len(park.engine.changed()) == 51
    park.feed(1, power=900.0, current=20.0)
    assert set(park.engine.changed()) == {"current:tx1"}
    assert park.engine.changed() == {}


def test_what_changed_is_handed_out_in_pieces_the_longest_waiting_first() -> None:
    rules = [alarm(f"{name} > 1", rule=name) for name in ("one", "two", "three", "four")]
    park = Park(rules)
    park.engine.restore({"gone:tx1": {}}, {}, Moment(0, 0), park.now_ns)
    for name in ("three", "one", "four"):
        park.feed(None, **{name: 2.0})
    park.feed(None, three=0.0)
    assert park.engine.changed(0) == {}
    pieces = []
    while park.engine.has_changed:
        pieces.append(park.engine.changed(3))
    assert [list(piece) for piece in pieces] == [["gone:tx1", "three:tx1", "one:tx1"], ["four:tx1"]]
    assert pieces[0]["three:tx1"]["state"] == "returned_unacknowledged"
    assert park.engine.changed(3) == {}
