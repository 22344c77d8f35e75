"""What the park's counters showed before the demo began: the same registers, read at quarter hours of the past.

The park is a function of time, so the past goes over into what the running park shows without a step.
"""

import struct
from collections.abc import Iterator
from decimal import Decimal
from typing import Protocol, runtime_checkable

from drivers.simulator.electric import Values
from drivers.simulator.park import make_park
from drivers.simulator.registers import Register

Row = dict[str, Decimal]
"""What every counter showed at one instant, by tag, in the point's unit, exact as a driver decodes it."""


@runtime_checkable
class _Counting(Protocol):
    def counters(self, t: float) -> Values: ...


def past(seed: int, start_s: int, end_s: int, step_s: int = 900) -> Iterator[tuple[int, Row]]:
    """UTC seconds and what the counters showed, from `start_s` on, before `end_s`. A day of the park takes 0.1 s."""
    park = make_park(seed)
    metered = [
        (one.id, one.plant, {register.point: register for register in one.layout.registers})
        for one in park.modbus
        if isinstance(one.plant, _Counting)
    ]
    machines = [(one.id, one.plant) for one in park.mqtt if isinstance(one.plant, _Counting)]
    for t in range(start_s, end_s, step_s):
        row: Row = {}
        for device, plant, registers in metered:
            for point, value in plant.counters(t).items():
                if point in registers:
                    row[f"{device}.{point}"] = decoded(registers[point], value)
        for device, plant in machines:
            for point, value in plant.counters(t).items():
                row[f"{device}.{point}"] = Decimal(int(value))
        yield t, row


def decoded(register: Register, value: float) -> Decimal:
    """The value after its way through the register: whole steps of its scale, or the nearest float32 by its shortest
    text."""
    if register.type == "float32":
        return Decimal(_shortest(struct.unpack(">f", struct.pack(">f", value / register.scale))[0]))
    return Decimal(round(value / register.scale)) * Decimal(str(register.scale))


def _shortest(single: float) -> str:
    """The shortest text that is this float32 and no other."""
    for digits in range(6, 10):
        text = f"{single:.{digits}g}"
        if struct.unpack(">f", struct.pack(">f", float(text)))[0] == single:
            return text
    raise AssertionError("nine digits tell every float32 apart (IEEE 754)")
