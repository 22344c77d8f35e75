"""`park-gateway energy intervals --check`: a device's energy register against the integral of its power."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from rules.energy.crosscheck import Deviation, Power, deviation, integrals
from rules.energy.quantity import IntervalQuantity
from rules.energy.reading import Reading, plain_text
from rules.expression.units import unit_of

if TYPE_CHECKING:
    from gateway.config.plan import ParkPlan

REGISTER, POWER = "energy_import", "power_active"  # the names that profiles give them
LIMIT_PERCENT = Decimal(2)
_NS = 1_000_000_000


@dataclass(frozen=True, slots=True)
class PowerSource:
    """The power that belongs to a register."""

    tag: str
    factor: Fraction  # to kW
    gap_ns: int  # samples further apart leave the interval unchecked


def power_sources(plan: "ParkPlan", tags: Iterable[str]) -> dict[str, PowerSource]:
    """The power of the devices whose energy register is among these tags."""
    wanted = set(tags)
    found: dict[str, PowerSource] = {}
    for connection in plan.connections:
        for device in connection.devices:
            register = f"{device.device.id}.{REGISTER}"
            for group in device.groups if register in wanted else ():
                for point in group.points:
                    unit, kilowatt = unit_of(point.unit), unit_of("kW")
                    if point.name == POWER and unit and kilowatt and unit.dimension == kilowatt.dimension:
                        heartbeat_s = point.deadband.heartbeat_s if point.deadband else 0.0
                        gap_s = max(2 * (group.interval_s + heartbeat_s), 60.0)
                        factor = unit.factor / kilowatt.factor
                        found[register] = PowerSource(f"{device.device.id}.{POWER}", factor, int(gap_s * _NS))
    return found


def check(intervals: Sequence[IntervalQuantity], readings: Sequence[Reading], source: PowerSource) -> Deviation | None:
    """How far register and power are apart; `None` where no interval has both. Export (negative power) is no import."""
    samples = [Power(one.time_ns, max(one.value, Decimal(0))) for one in readings]
    found = integrals(samples, [interval.span for interval in intervals], source.gap_ns, source.factor)
    return deviation(intervals, found, LIMIT_PERCENT)


def told(found: Deviation | None, unit: str) -> str:
    """The check as a line."""
    if found is None:
        return "check: no interval has both a quantity and power without gaps"
    percent = "-" if found.percent is None else f"{plain_text(found.percent)} %"
    text = (
        f"check: power integral {plain_text(found.integral)} {unit} against {plain_text(found.register)} {unit} "
        f"over {found.intervals} intervals: {percent}"
    )
    if not found.is_beyond:
        return text
    hint = f": a multiplier of {found.multiplier} forgotten, or counted twice?" if found.multiplier else ""
    return f"{text}; more than {LIMIT_PERCENT} %{hint}"


def as_document(found: Deviation | None) -> dict[str, Any] | None:
    """JSON: numbers as texts."""
    if found is None:
        return None
    return {
        "intervals": found.intervals,
        "register": str(found.register),
        "integral": str(found.integral),
        "percent": None if found.percent is None else str(found.percent),
        "is_beyond": found.is_beyond,
        "multiplier": found.multiplier,
    }
