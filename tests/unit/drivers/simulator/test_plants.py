"""What devices show: consistent with each other, plausible, and never going back where they count."""

import math
from itertools import pairwise

import pytest

from drivers.simulator.faults import COUNTERS
from drivers.simulator.park import Park

METERS = ("park-tx1", "dongyue-main", "dongyue-stenter-2", "weike-main")


@pytest.mark.parametrize("meter", METERS)
def test_currents_and_voltages_carry_the_power(park: Park, week: list[float], meter: str) -> None:
    for t in week:
        shown = park.plants[meter].values(t)
        apparent = sum(shown[f"voltage_l{p}"] * shown[f"current_l{p}"] for p in (1, 2, 3)) / 1000.0
        assert apparent * shown["power_factor"] == pytest.approx(shown["power_active"], rel=1e-9)
        reactive = math.sqrt(apparent**2 - shown["power_active"] ** 2)
        assert reactive == pytest.approx(shown["power_reactive"], rel=1e-6)


def test_every_counter_of_the_park_only_rises(park: Park, week: list[float]) -> None:
    for name, plant in park.plants.items():
        is_tank = name == "tongda-diesel"  # its `volume` is what is in it
        before: dict[str, float] = {}
        for t in week:
            shown = plant.values(t)
            for counter in set() if is_tank else set(COUNTERS) & set(shown):
                assert shown[counter] >= before.get(counter, 0.0), (name, counter)
            before = shown


def test_the_energy_counter_is_the_integral_of_the_power_that_the_meter_shows(park: Park, week: list[float]) -> None:
    meter, begin, step_s = park.plants["park-tx1"], week[20], 0.5
    middles = sum(meter.values(begin + (n + 0.5) * step_s)["power_active"] for n in range(600)) * step_s / 3600.0
    counted = meter.values(begin + 300.0)["energy_import"] - meter.values(begin)["energy_import"]
    assert counted == pytest.approx(middles, rel=1e-5)


def test_the_diesel_tank_falls_and_is_refilled(park: Park, week: list[float]) -> None:
    levels = [park.plants["tongda-diesel"].values(week[0] + 600.0 * n)["level"] for n in range(30 * 144)]
    assert all(15.0 < level < 95.0 for level in levels)
    assert max(b - a for a, b in pairwise(levels)) > 5.0


def test_a_cold_room_keeps_near_its_set_point_and_warms_when_its_door_opens(park: Park, week: list[float]) -> None:
    room = park.plants["lantian-cold-b"]
    shown = [room.values(week[0] + 20.0 * n) for n in range(4 * 3600 // 20)]
    assert all(-19.0 < one["temperature_air"] < -10.0 for one in shown)
    assert {one["door"] for one in shown} == {True, False}
    assert {one["compressor"] for one in shown} == {True, False}


def test_a_machine_counts_only_while_it_runs(park: Park, week: list[float]) -> None:
    machine = park.plants["antu-robot-1"]
    states = set()
    for t in week:
        now, soon = machine.values(t), machine.values(t + 20.0)
        states.add(now["state"])
        assert math.isnan(now["cycle_time"]) is (now["state"] != 1)
        if now["state"] != 1 and soon["state"] != 1:
            assert soon["pieces"] - now["pieces"] <= 1
    assert states == {0, 1, 2, 3}


def test_the_stack_shows_what_a_gas_boiler_emits(park: Park, week: list[float]) -> None:
    for t in week:
        shown = park.plants["dongyue-stack"].values(t)
        assert 2.0 < shown["o2"] < 8.0
        assert 7.0 < shown["co2"] < 11.0
        assert 20.0 < shown["nox"] < 50.0
        assert shown["flue_flow"] > 1000.0


def test_an_inverter_has_no_direct_voltage_at_night(park: Park, week: list[float]) -> None:
    inverter = park.plants["park-pv1"]
    at_night, at_noon = inverter.values(week[0]), inverter.values(week[0] + 12 * 3600)
    assert math.isnan(at_night["voltage_dc"])
    assert at_night["power_active"] == 0.0
    assert at_noon["voltage_dc"] > 500.0
