"""Delays after a restart: they go on with the time they had run, and none of them ends before there are data again."""

import pytest

from gateway.core.alarm import AlarmState, Condition, Priority, Transition
from rules.alarms.spec import NoData
from tests.unit.rules.alarms.engine_park import SECOND, Park, alarm, level

T = Transition
WHENS = ["power > 800 kW", "power + 0 > 800", "max(power, 1 min) > 800"]


def pending(when: str = WHENS[0], **more: object) -> Park:
    """58 of 60 seconds, then half an hour without the gateway, then no data yet: their time is over after 5 s."""
    park = Park([alarm(when, on_delay_ns=60 * SECOND, **more)])
    park.run(0, 58, power=900.0)
    assert park.condition() is Condition.PENDING
    park.save()
    park.kill(down_s=1800)
    park.to(1858)
    return park


@pytest.mark.parametrize("when", WHENS)
def test_an_on_delay_does_not_end_before_there_are_data(when: str) -> None:
    park = pending(when)
    park.to(1862)
    assert (park.condition(), park.events) == (Condition.PENDING, [])
    park.feed(1862.5, power=900.0)
    assert park.times() == [(1862.5, T.RAISED)]


@pytest.mark.parametrize("when", WHENS)
def test_an_on_delay_that_is_confirmed_in_time_ends_in_time(when: str) -> None:
    park = pending(when)
    park.feed(1859.5, power=900.0)
    assert park.events == []
    park.feed(1861, power=900.0)
    assert park.times() == [(1860, T.RAISED)]


@pytest.mark.parametrize("when", WHENS[:2])
def test_a_first_value_below_the_limit_ends_the_delay(when: str) -> None:
    park = pending(when, off_delay_ns=60 * SECOND)
    park.feed(1861, power=100.0)  # after its end
    park.to(1865)
    assert (park.condition(), park.events) == (Condition.INACTIVE, [])


def test_a_first_value_that_is_bad_ends_the_delay() -> None:
    park = pending()
    park.feed(1860, power=None)
    assert park.condition() is Condition.UNKNOWN
    park.feed(1870, power=900.0)
    park.to(1890)
    assert park.events == []


def test_data_that_stay_away_end_the_delay_when_their_time_is_over() -> None:
    park = pending()
    park.to(1862.9)
    assert park.condition() is Condition.PENDING
    park.to(1863)
    assert (park.condition(), park.events) == (Condition.UNKNOWN, [])


def test_where_no_data_is_an_alarm_the_delay_runs_on_when_their_time_is_over() -> None:
    park = pending(no_data=NoData.ALARM)
    park.to(2000)
    assert park.times() == [(1858 + 5, T.RAISED)]


def test_time_that_passed_without_data_is_not_counted_by_the_next_restart_either() -> None:
    park = pending()
    park.to(1862)
    park.save()
    park.kill(down_s=10, new_steady_ns=10**6 * SECOND)
    park.to(1872)
    park.to(1876)
    park.save()
    park.kill()
    park.to(1876)
    park.feed(1877, power=900.0)
    assert park.events == []
    park.feed(1879, power=900.0)
    assert park.times() == [(1878, T.RAISED)]


def test_an_off_delay_does_not_end_before_there_are_data() -> None:
    park = Park([alarm(off_delay_ns=60 * SECOND)])
    park.feed(0, power=900.0)
    park.run(1, 59, power=100.0)
    park.save()
    park.kill(down_s=1800)
    park.to(1859)
    park.to(1862)
    assert park.transitions() == [T.RAISED]
    park.run(1863, 1870, power=100.0)
    assert park.times()[1:] == [(1863, T.RETURNED)]
    assert park.state() is AlarmState.RETURNED_UNACKNOWLEDGED


def test_a_delay_that_needs_no_data_runs_on_at_once() -> None:
    park = Park([alarm("hour() >= 0", on_delay_ns=60 * SECOND)])
    park.to(0)
    park.to(58)
    park.save()
    park.kill(down_s=1800)
    park.to(1858)
    park.to(1900)
    assert park.times() == [(1860, T.RAISED)]


def test_what_was_over_when_it_was_saved_is_over_without_data() -> None:
    levels = (level("power > 700", priority=Priority.LOW), level("power > 900"))
    park = Park([alarm(levels=levels, on_delay_ns=2 * SECOND)])
    park.feed(0, power=950.0)
    park.feed(1, power=750.0)
    park.to(2)
    assert park.transitions() == [T.RAISED]  # the worst that it has seen, for an instant
    park.save()
    park.kill(down_s=60)
    park.to(62)
    park.to(62.5)
    assert park.transitions() == [T.RAISED, T.EASED]
