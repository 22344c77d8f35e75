"""The demo's past: what counters showed before, as a driver would have read it."""

import struct
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.simulator.park import make_park
from drivers.simulator.past import decoded, past
from drivers.simulator.registers import Register, Table

_START = 1_790_000_100  # a quarter of an hour of September 2026


def test_every_counter_of_the_park_has_a_past_that_never_falls() -> None:
    rows = list(past(7, _START, _START + 3600))
    assert [t for t, _ in rows] == [_START, _START + 900, _START + 1800, _START + 2700]
    first, last = rows[0][1], rows[-1][1]
    assert first.keys() == last.keys()
    assert {"park-tx1.energy_import", "dongyue-boiler.gas_volume", "ruihe-press-1.pieces"} <= first.keys()
    assert all(last[tag] >= value for tag, value in first.items())
    assert last["dongyue-main.energy_import"] > first["dongyue-main.energy_import"]


def test_the_past_is_what_the_register_would_have_shown() -> None:
    ((t, row),) = past(7, _START, _START + 900)
    for device in make_park(7).modbus:
        for register in device.layout.registers:
            tag = f"{device.id}.{register.point}"
            if tag in row:
                words = register.encode(device.plant.values(t)[register.point])
                assert register.encode(float(row[tag])) == words, tag


@given(st.floats(0, 1e7, width=32))
def test_a_float32_register_gives_its_shortest_text(value: float) -> None:
    register = Register("energy", Table.INPUT, 0, "float32")
    text = decoded(register, value)
    assert struct.pack(">f", float(text)) == struct.pack(">f", value)
    assert len(text.normalize().as_tuple().digits) <= 9


@pytest.mark.parametrize(("scale", "value", "shown"), [(0.001, 12.3456, "12.346"), (0.1, 5.04, "5.0")])
def test_a_scaled_register_gives_whole_steps(scale: float, value: float, shown: str) -> None:
    assert decoded(Register("energy", Table.INPUT, 0, "uint32", scale=scale), value) == Decimal(shown)
