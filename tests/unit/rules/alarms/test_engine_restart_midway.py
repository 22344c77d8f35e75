"""Killed in the middle of something: the edge of a schedule, the time in which things settle, a derived point's
interval."""

import pytest

from gateway.core.alarm import AlarmState, Condition, Transition
from gateway.core.batch import Batch
from gateway.core.quality import Quality
from rules.alarms.spec import Derived, NoData
from rules.schedule.schedule import Schedule
from tests.unit.rules.alarms.engine_park import HOUR, SECOND, WALL_NS, WANG, Park, alarm, derived

T = Transition


# -- the edge of a schedule -------------------------------------------------------------------------------------------


class FirstHalf(Schedule):
    """Applies in the first half of each hour. The park begins 400 s after the hour: it changes at 1400 s, 3200 s."""

    def __init__(self) -> None:
        pass

    def is_active(self, wall_ns: int) -> bool:
        return wall_ns % HOUR < HOUR // 2

    def next_change_ns(self, wall_ns: int) -> int | None:
        return wall_ns // (HOUR // 2) * (HOUR // 2) + HOUR // 2


def restart(park: Park) -> None:
    """The first moment, and the first batch at the same moment."""
    park.to(park.now_s)
    park.feed(None, power=900.0)


def test_the_park_begins_where_these_tests_think() -> None:
    assert WALL_NS % HOUR == 400 * SECOND


@pytest.mark.parametrize("kill_s", [1398, 1399, 1400, 1401])
@pytest.mark.parametrize("down_s", [0, 1, 2, 5])
def test_a_restart_around_the_end_of_a_schedule_returns_the_alarm_once(kill_s: int, down_s: int) -> None:
    park = Park([alarm(schedule=FirstHalf())])
    park.feed(1390, power=900.0)
    park.run(1391, kill_s, power=900.0)
    park.save()
    park.kill(down_s=down_s)
    restart(park)
    park.run(kill_s + down_s + 1, 1410, power=900.0)
    assert park.times() == [(1390, T.RAISED), (max(1400, kill_s + down_s) if kill_s < 1400 else 1400, T.RETURNED)]


@pytest.mark.parametrize("kill_s", [3198, 3199, 3200, 3201])
@pytest.mark.parametrize("down_s", [0, 1, 2, 5])
def test_a_restart_around_the_begin_of_a_schedule_raises_the_alarm_once(kill_s: int, down_s: int) -> None:
    park = Park([alarm(schedule=FirstHalf())])
    park.feed(3190, power=900.0)
    park.run(3191, kill_s, power=900.0)
    park.save()
    park.kill(down_s=down_s)
    restart(park)
    park.run(kill_s + down_s + 1, 3210, power=900.0)
    assert park.times() == [(max(3200, kill_s + down_s) if kill_s < 3200 else 3200, T.RAISED)]


def test_a_delay_that_began_with_the_schedule_goes_on_after_a_kill() -> None:
    park = Park([alarm(schedule=FirstHalf(), on_delay_ns=10 * SECOND)])
    park.feed(3190, power=900.0)
    park.run(3191, 3204, power=900.0)
    assert park.condition() is Condition.PENDING
    park.save()
    park.kill(new_steady_ns=10**6 * SECOND)
    park.run(3205, 3220, power=900.0)
    assert park.times() == [(3210, T.RAISED)]


def test_a_delay_does_not_outlive_the_schedule_that_ended_while_nobody_looked() -> None:
    park = Park([alarm(schedule=FirstHalf(), on_delay_ns=20 * SECOND)])
    park.feed(1385, power=900.0)
    park.run(1386, 1398, power=900.0)
    park.save()
    park.kill(down_s=4)
    park.run(1402, 1440, power=900.0)
    assert park.events == []
    assert park.condition() is Condition.INACTIVE


def test_a_schedule_that_ended_and_began_again_while_nobody_looked_leaves_the_alarm_as_it_was() -> None:
    park = Park([alarm(schedule=FirstHalf())])
    park.run(0, 10, power=900.0)
    park.engine.acknowledge("overload:tx1", WANG, "", park.now_ns)
    park.save()
    park.kill(down_s=3300)
    park.run(3310, 3320, power=900.0)
    assert park.transitions() == [T.RAISED, T.ACKNOWLEDGED]
    assert park.state() is AlarmState.ACKNOWLEDGED


# -- after a parent ---------------------------------------------------------------------------------------------------

FAMILY = (
    alarm("grid.voltage < 100", rule="dead", at="grid"),
    alarm(parents=("dead:grid",)),
)


def second(park: Park, at_s: int, power: float | None = 900.0) -> None:
    """The grid is dead from 5 s until 10 s; what its return means for the child is decided at 15 s."""
    park.feed(at_s, "grid", voltage=0.0 if 5 <= at_s < 10 else 230.0)
    if power is not None:
        park.feed(at_s, power=700.0 if at_s < 5 else power)


def family(to_s: int, power: float | None = 900.0) -> Park:
    park = Park(FAMILY)
    for at_s in range(to_s + 1):
        second(park, at_s, power)
    return park


@pytest.mark.parametrize("kill_s", range(4, 17))
def test_a_kill_while_things_settle_after_a_parent_changes_nothing(kill_s: int) -> None:
    steady, killed = family(30), family(kill_s)
    killed.save()
    killed.kill(new_steady_ns=10**6 * SECOND)
    for at_s in range(kill_s + 1, 31):
        second(killed, at_s)
    assert killed.times() == steady.times()
    assert killed.times()[-2:] == [(15, T.UNSUPPRESSED), (15, T.RAISED)]
    assert [event.alarm for event in killed.events] == [event.alarm for event in steady.events]


@pytest.mark.parametrize("down_s", [3, 600, 9000])
def test_what_settles_waits_for_the_rest_of_its_time_however_long_the_gateway_was_down(down_s: int) -> None:
    park = family(12)
    park.save()
    park.kill(down_s=down_s)
    for at_s in range(12 + down_s, 12 + down_s + 20):
        second(park, at_s, 700.0)
    assert park.state() is AlarmState.NORMAL
    assert park.times()[-1] == (15 + down_s, T.UNSUPPRESSED)
    assert "overload:tx1" not in [event.alarm for event in park.events if event.transition is T.RAISED]


@pytest.mark.parametrize("kill_s", [8, 11, 12, 14])
def test_a_child_whose_data_stay_away_before_and_after_the_restart_goes_on_being_suppressed(kill_s: int) -> None:
    park = Park(FAMILY)
    for at_s in range(kill_s + 1):
        second(park, at_s, 900.0 if at_s < 6 else None)
    park.save()
    park.kill(down_s=3)
    for at_s in range(kill_s + 3, 40):
        second(park, at_s, None)
    assert (park.condition(), park.state()) == (Condition.UNKNOWN, AlarmState.SUPPRESSED)
    second(park, 40)
    assert park.state() is AlarmState.UNACKNOWLEDGED


def test_a_parent_that_is_active_again_after_the_restart_goes_on_suppressing() -> None:
    park = family(12)
    park.save()
    park.kill(down_s=3)
    for at_s in range(15, 40):
        park.feed(at_s, "grid", voltage=0.0)
        park.feed(at_s, power=900.0)
    assert park.state() is AlarmState.SUPPRESSED
    assert park.transitions("overload:tx1") == [T.SUPPRESSED]


# -- a derived point's interval ---------------------------------------------------------------------------------------


class Plant(Park):
    """Hands batches of derived points back, as the intake does."""

    def give(self, to_s: float, **values: float | None) -> None:
        """One batch for each name, of a device of that name, at this moment."""
        self.to(to_s)
        for at, value in values.items():
            self.feed(None, at, power=value)
            self._hand_back()

    def to(self, to_s: float | None) -> None:
        super().to(to_s)
        self._hand_back()

    def _hand_back(self) -> None:
        seen: int = getattr(self, "_seen", 0)
        self._seen = len(self.batches)
        for batch in self.batches[seen:]:
            self.engine.observe(batch, self.now_ns)

    def said(self) -> list[tuple[float, object]]:
        return [(round((batch.time_ns - WALL_NS) / SECOND, 1), batch.values[0]) for batch in self.batches]


SUM = derived("total", "tx2.power + tx3.power", interval_s=10)


def plant(*rules: object, point: Derived = SUM, to_s: int = 14) -> Plant:
    """The sum is computed at 0 s and, a tenth of its interval early, at 9 s."""
    park = Plant(rules or [alarm("total > 1000")], [point])  # type: ignore[arg-type]
    for at_s in range(to_s + 1):
        park.give(at_s, tx2=400.0, tx3=float(at_s))
    return park


def test_after_a_restart_in_the_middle_of_its_interval_a_derived_point_is_computed_when_its_inputs_are_there() -> None:
    park = plant()
    assert park.said() == [(0, 400.0), (9, 409.0)]
    park.save()
    park.kill(down_s=1)
    for at_s in range(15, 30):
        park.give(at_s, tx2=400.0, tx3=float(at_s))
    assert park.said()[2:] == [(15, 415.0), (24, 424.0)]


@pytest.mark.parametrize("no_data", [NoData.ALARM, NoData.UNKNOWN, NoData.OK])
def test_a_derived_point_of_which_one_input_is_there_yet_says_nothing(no_data: NoData) -> None:
    park = plant(alarm("total > 405", no_data=no_data))
    before = park.transitions()
    assert before == [T.RAISED]
    park.save()
    count = len(park.batches)
    park.kill(down_s=1)
    park.give(15, tx2=400.0)
    assert park.batches[count:] == []
    park.give(15.4, tx3=15.0)
    assert park.said()[count:] == [(15.4, 415.0)]
    assert park.transitions() == before


def test_an_input_that_does_not_come_back_makes_the_derived_point_bad_when_its_time_is_over() -> None:
    park = plant()
    park.save()
    count = len(park.batches)
    park.kill(down_s=1)
    for at_s in range(15, 40):
        park.give(at_s, tx2=400.0)
    first: Batch = park.batches[count]
    assert park.said()[count] == (20, None)  # three intervals of a second and two
    assert first.quality == (Quality.BAD_NOT_AVAILABLE,)


def test_what_a_derived_point_remembers_outlives_a_kill_in_its_interval_and_an_edit_beside_it() -> None:
    park = plant(point=derived("total", "avg(tx2.power + tx3.power, 1 h)", interval_s=10))
    park.save()
    park._points = [derived("total", "2 * avg(tx2.power + tx3.power, 1 h)", interval_s=10)]
    park.kill(down_s=1)
    park.give(15, tx2=400.0)
    park.give(15.4, tx3=15.0)
    mean = sum(400 + at_s for at_s in range(16)) / 16
    assert park.said()[-1][1] == pytest.approx(2 * mean, abs=3)
