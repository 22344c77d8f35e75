"""Flows: the total is the exact integral of the rate, and a formula, so nothing is lost by a restart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.simulator.days import CYCLE_DAYS, DAY_S, EPOCH_DAY
from drivers.simulator.flow import DayFlow, Load, LoadDays, LossDays, Sum
from drivers.simulator.shapes import CONTINUOUS, DAY_SHIFT, MACHINE_SHIFTS, SOLAR, STEADY
from tests.unit.drivers.simulator.site_days import start_of

PRESS = Load("press", 140.0, DAY_SHIFT, noise=0.06, jitter=0.2, cycle_minutes=13, duty=0.6, rest=0.3)
TUESDAY = start_of(20_781)
moments = st.floats(min_value=start_of(EPOCH_DAY + 1), max_value=start_of(EPOCH_DAY + 1500))


def flow(load: Load = PRESS, seed: int = 7) -> DayFlow:
    return DayFlow(LoadDays(load, seed))


@pytest.mark.parametrize("begin", [TUESDAY + 9 * 3600 + 12.3, TUESDAY - 1800.0, TUESDAY + 43_199.9])
def test_the_total_is_the_integral_of_the_rate(begin: float) -> None:
    machine = flow()
    step_s, steps = 0.05, 60_000  # 50 minutes
    middles = sum(machine.rate(begin + (n + 0.5) * step_s) for n in range(steps)) * step_s / 3600.0
    booked = machine.total(begin + steps * step_s) - machine.total(begin)
    assert booked == pytest.approx(middles, rel=1e-6)


@given(moments, st.floats(min_value=0.001, max_value=3 * DAY_S))
def test_a_total_never_falls(t: float, later_s: float) -> None:
    assert flow().total(t + later_s) >= flow().total(t)


@given(moments)
def test_a_rate_is_never_negative(t: float) -> None:
    assert flow().rate(t) >= 0.0


@given(st.integers(min_value=EPOCH_DAY, max_value=EPOCH_DAY + 2000))
def test_midnight_neither_adds_nor_takes_anything(day: int) -> None:
    machine = flow()
    before, after = machine.total(start_of(day) - 1e-3), machine.total(start_of(day))
    assert 0.0 <= after - before < 1e-3


def test_the_same_seed_gives_the_same_flow_and_another_seed_another() -> None:
    assert flow(seed=3).total(TUESDAY + 5e4) == flow(seed=3).total(TUESDAY + 5e4)
    assert flow(seed=3).rate(TUESDAY + 5e4) != flow(seed=4).rate(TUESDAY + 5e4)


def test_a_flow_answers_the_same_whatever_it_was_asked_before() -> None:
    wandering = flow()
    for day in range(5):
        wandering.rate(TUESDAY + day * DAY_S)
    assert wandering.total(TUESDAY + 100.0) == flow().total(TUESDAY + 100.0)


def test_daily_totals_repeat_after_the_cycle_but_not_the_day_itself() -> None:
    days = LoadDays(PRESS, 7)
    day, again = 20_781, 20_781 + CYCLE_DAYS
    assert days.before(day + 1) - days.before(day) == pytest.approx(days.before(again + 1) - days.before(again))
    assert days.knots(day) != days.knots(again)


def test_a_sunday_is_quieter_than_a_tuesday() -> None:
    sunday = start_of(20_779)
    machine = flow()
    assert machine.rate(sunday + 10 * 3600) < 0.5 * machine.rate(TUESDAY + 10 * 3600)


def test_there_is_no_sun_at_night() -> None:
    plant = flow(Load("pv", 700.0, SOLAR, noise=0.06, spread=0.25))
    assert plant.rate(TUESDAY + 2 * 3600) == 0.0
    assert plant.rate(TUESDAY + 12 * 3600) > 200.0


def test_a_machine_that_rests_all_sunday_makes_no_piece() -> None:
    machine = flow(Load("robot", 80.0, MACHINE_SHIFTS))
    sunday = start_of(20_779)
    assert machine.total(sunday + DAY_S) == machine.total(sunday)


def test_a_sum_weighs_its_parts() -> None:
    first, second = flow(), flow(Load("steady", 10.0, STEADY))
    both = Sum([(0.5, first), (-1.0, second)])
    t = TUESDAY + 40_000.0
    assert both.rate(t) == pytest.approx(0.5 * first.rate(t) - second.rate(t))
    assert both.total(t) == pytest.approx(0.5 * first.total(t) - second.total(t))


def test_losses_are_their_share_of_every_whole_day() -> None:
    loads = [LoadDays(PRESS, 7), LoadDays(Load("dye", 900.0, CONTINUOUS), 7)]
    losses = LossDays(loads, 1000.0)
    day = 20_781
    drawn = sum(load.before(day + 1) - load.before(day) for load in loads)
    assert DayFlow(losses).total(start_of(day + 1)) - DayFlow(losses).total(start_of(day)) == pytest.approx(
        LossDays.SHARE * drawn
    )
