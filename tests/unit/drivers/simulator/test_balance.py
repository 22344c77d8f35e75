"""The park's balance: what comes in is what is metered plus losses, in power and in energy, at every instant."""

from collections.abc import Callable

import pytest

from drivers.simulator.balance import Balance
from drivers.simulator.flow import Flow
from drivers.simulator.loads import ENTERPRISE_LOADS
from drivers.simulator.park import Park, make_park


def rate(t: float) -> Callable[[Flow], float]:
    return lambda flow: flow.rate(t)


def total(t: float) -> Callable[[Flow], float]:
    return lambda flow: flow.total(t)


def sides(balance: Balance, of: Callable[[Flow], float]) -> tuple[float, float]:
    supplied = sum(map(of, balance.grid)) + sum(map(of, balance.pv.values()))
    return supplied, sum(map(of, balance.mains.values())) + of(balance.common) + of(balance.losses)


@pytest.mark.parametrize("of", [rate, total])
def test_grid_and_pv_are_mains_and_common_services_and_losses(
    park: Park, week: list[float], of: Callable[[float], Callable[[Flow], float]]
) -> None:
    for t in week:
        supplied, used = sides(park.balance, of(t))
        assert supplied == pytest.approx(used, rel=1e-12)


def test_a_main_meter_is_its_sub_meters_and_the_rest(park: Park, week: list[float]) -> None:
    for t in week:
        for enterprise, group in ENTERPRISE_LOADS.items():
            parts = sum(park.balance.subs[load.name].rate(t) for load in group)
            assert park.balance.mains[enterprise].rate(t) == pytest.approx(parts, rel=1e-12)


def test_losses_stay_between_1_and_2_5_percent_of_what_is_used(park: Park, week: list[float]) -> None:
    for t in week:
        used = sum(main.rate(t) for main in park.balance.mains.values()) + park.balance.common.rate(t)
        assert 0.01 < park.balance.losses.rate(t) / used < 0.025


def test_the_park_always_imports_so_that_its_export_counter_may_stand_still(park: Park, week: list[float]) -> None:
    assert min(flow.rate(t) for t in week for flow in park.balance.grid) > 100.0


def test_a_working_day_draws_4_to_6_megawatts_and_keeps_its_contract(park: Park, week: list[float]) -> None:
    by_day = [t for t in week[: len(week) * 5 // 7] if 8.5 <= ((t + 8 * 3600) % 86_400) / 3600 <= 18]
    drawn = [sum(flow.rate(t) for flow in park.balance.grid) for t in by_day]
    assert max(drawn) < 6000.0
    assert sum(drawn) / len(drawn) > 4500.0


def test_pv_stays_below_its_nameplate_and_reaches_half_of_it(park: Park, week: list[float]) -> None:
    made = [sum(flow.rate(t) for flow in park.balance.pv.values()) for t in week]
    assert min(made) == 0.0
    assert 900.0 < max(made) < 1800.0


@pytest.mark.parametrize("other", [7, 8])
def test_the_same_seed_gives_the_same_park(park: Park, clock, other: int) -> None:  # type: ignore[no-untyped-def]
    t = clock.park()
    mine = {name: plant.values(t) for name, plant in park.plants.items()}
    theirs = {name: plant.values(t) for name, plant in make_park(other).plants.items()}
    assert (repr(mine) == repr(theirs)) is (other == 7)
