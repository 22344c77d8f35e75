"""The park's time runs faster when told to; the time on the wire never does."""

from datetime import UTC, datetime

from drivers.simulator.clock import FastClock
from drivers.simulator.days import EPOCH_DAY, split, weekday
from tests.unit.drivers.simulator.site_days import start_of


def test_at_speed_60_a_second_is_a_minute_in_the_park() -> None:
    now = [1_795_487_400.0]
    clock = FastClock(60.0, now=lambda: now[0])
    before = clock.park()
    now[0] += 2.0
    assert clock.park() - before == 120.0
    assert clock.wall() == 1_795_487_402.0


def test_at_speed_1_both_times_are_the_same_also_after_the_machines_clock_stepped() -> None:
    now = [1_795_487_400.0]
    clock = FastClock(now=lambda: now[0])
    now[0] -= 3600.0
    assert clock.park() == clock.wall()


def test_the_park_may_start_at_another_time() -> None:
    assert FastClock(start=1000.0, now=lambda: 5.0).park() == 1000.0


def test_days_begin_at_midnight_of_the_site() -> None:
    moment = datetime(2026, 11, 23, 16, 0, 30, tzinfo=UTC).timestamp()  # 00:00:30 in Shanghai
    day, minute = split(moment)
    assert minute == 0.5
    assert start_of(day) == moment - 30.0
    assert weekday(day) == 1  # Tuesday, 24 November


def test_the_counters_started_on_new_years_day_2026() -> None:
    assert start_of(EPOCH_DAY) == datetime(2025, 12, 31, 16, tzinfo=UTC).timestamp()
