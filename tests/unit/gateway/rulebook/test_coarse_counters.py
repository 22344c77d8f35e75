"""The pack `metering` on counters that move in steps: a step is no jump, and between two steps none is stuck."""

import struct

import pytest

from tests.unit.gateway.rulebook.pack_scene import Scene, demo_park, meter

METER = "antu-press"
HOUR_S = 3600


def float32(value: float) -> float:
    """What a meter says whose register is a float of 32 bits."""
    return float(struct.unpack("<f", struct.pack("<f", value))[0])


def metering(folder, uses="{}"):
    """The pack alone."""
    return Scene(*demo_park(folder, f"{{metering: {uses}}}"))


def raised(scene, power_kw, counter, for_s):
    """The rules that raise an alarm of the meter while its counter says this."""
    values = meter(power_active=power_kw, energy_import=counter)
    return [event.rule for event in scene.play({METER: values}, for_s, 10) if event.device == METER]


@pytest.mark.parametrize(
    ("power_kw", "step_kwh"), [(0.2, 0.1), (6.0, 0.1), (6.0, 1.0), (2.0, 10.0), (30.0, 10.0), (800.0, 10.0)]
)
def test_a_counter_that_counts_in_steps_is_well(tmp_path, power_kw, step_kwh) -> None:
    def counter(t: int) -> float:
        return 123_456.0 + (0.99 * step_kwh + power_kw * t / HOUR_S) // step_kwh * step_kwh

    assert raised(metering(tmp_path), power_kw, counter, 2 * HOUR_S) == []


def test_a_counter_whose_register_is_a_float_of_32_bits_is_well(tmp_path) -> None:
    def counter(t: int) -> float:
        return float32(20_000_000.0 + 30.0 * t / HOUR_S)  # in steps of 2 kWh

    assert raised(metering(tmp_path), 30.0, counter, 2 * HOUR_S) == []


def test_a_counter_that_jumps_is_found_from_the_first_minute_on(tmp_path) -> None:
    scene = metering(tmp_path)
    assert raised(scene, 30.0, lambda t: 1000.0 + 30.0 * t / HOUR_S, 30) == []
    assert raised(scene, 30.0, lambda t: 1030.0 + 30.0 * t / HOUR_S, 30) == ["counter-jump"]


def test_a_counter_that_counts_ten_times_too_much_is_found(tmp_path) -> None:
    assert raised(metering(tmp_path), 30.0, lambda t: 1000.0 + 300.0 * t / HOUR_S, 1000) == ["counter-jump"]


def test_what_counts_as_a_jump_can_be_said(tmp_path) -> None:
    scene = metering(tmp_path, "{jump: 100 kWh}")
    assert raised(scene, 30.0, lambda t: 1000.0 + (50.0 if t > 30 else 0.0), 900) == []
