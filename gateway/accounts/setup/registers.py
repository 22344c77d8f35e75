"""The registers of a configuration: every counter, and the declaration that its quantities are computed with."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import ROUND_CEILING, Context, Decimal
from fractions import Fraction

from gateway.config.plan import ParkPlan
from gateway.core.device import Device
from gateway.core.point import Point, PointKind, ValueType
from rules.energy.spec import MeterSpec
from rules.energy.units import accounted
from rules.expression.units import per_second, unit_of

Multipliers = tuple[tuple[int, Decimal], ...]
LEAST_GAP_S = 60.0
UNPOLLED_GAP_S = 1800.0
_NS = 1_000_000_000
_EXACT = Context(prec=60)  # a scale has up to 36 digits, a modulus up to 20
_UPWARDS = Context(prec=30, rounding=ROUND_CEILING)


@dataclass(frozen=True, slots=True)
class Register:
    """A point of a connected device."""

    tag: str
    device: Device
    point: Point
    gap_s: float  # readings further apart leave a gap: three polls were missed

    @property
    def is_counter(self) -> bool:
        """True where it counts on."""
        return self.point.kind is PointKind.COUNTER


def registers(plan: ParkPlan) -> dict[str, Register]:
    """Every point of every connected device, by tag."""
    return {register.tag: register for register in _each(plan)}


def _each(plan: ParkPlan) -> Iterator[Register]:
    for connection in plan.connections:
        for device in connection.devices:
            for group in device.groups:
                gap_s = max(3 * group.interval_s, LEAST_GAP_S) if group.interval_s else UNPOLLED_GAP_S
                for point in group.points:
                    yield Register(f"{device.device.id}.{point.name}", device.device, point, gap_s)


def wholes(counters: Iterable[Register]) -> dict[str, str]:
    """The registers of a device that count what another one of it counts already, with that one: `energy_import_l1`
    (a phase, a tariff) is in `energy_import`, `energy_total` and `energy_net` are made of it."""
    by_device: dict[str, list[Register]] = {}
    for one in counters:
        by_device.setdefault(one.device.id, []).append(one)
    found: dict[str, str] = {}
    for group in by_device.values():
        for one in group:
            whole = next((other for other in group if other is not one and _is_part(one.point, other.point)), None)
            if whole is not None:
                found[one.tag] = whole.tag
    return found


def _is_part(one: Point, whole: Point) -> bool:
    if one.unit != whole.unit or ("export" in one.name) != ("export" in whole.name):
        return False
    stem = whole.name.removesuffix("_import")
    is_made_of_it = whole.name.endswith("_import") and one.name in (f"{stem}_total", f"{stem}_net", stem)
    return is_made_of_it or one.name.startswith(f"{whole.name}_")


def spec_of(
    register: Register,
    *,
    rated: Decimal | None = None,
    multipliers: Multipliers | None = None,
    modulus: Decimal | None = None,
    resolution: Decimal | None = None,
    gap_s: float | None = None,
) -> MeterSpec:
    """The declaration of a register; what is not stated follows from its point. Raises ValueError."""
    point = register.point
    step = _EXACT.divide(Decimal(point.multiplier), Decimal(point.divisor))
    own_modulus = None if point.modulus is None else _EXACT.multiply(step, Decimal(point.modulus))
    own_resolution = step if point.divisor > 1 or point.type is ValueType.INT else Decimal(0)
    return MeterSpec(
        register.tag,
        unit=point.unit,
        modulus=own_modulus if modulus is None else modulus,
        multipliers=multipliers or ((0, Decimal(1)),),
        rated=rated,
        resolution=own_resolution if resolution is None else resolution,
        gap_ns=int((register.gap_s if gap_s is None else gap_s) * _NS),
    )


def flow(text: str, register_unit: str) -> Decimal | None:
    """`1250 kW` as units of account per hour, rounded up; `None` where it is no flow of this register."""
    number, _, unit_text = text.strip().partition(" ")
    try:
        value = Fraction(Decimal(number))
    except (ArithmeticError, ValueError):
        return None
    if unit_text.strip():
        account, unit = unit_of(accounted(register_unit)[0]), unit_of(unit_text)
        if account is None or unit is None or per_second(account).dimension != unit.dimension:
            return None
        value = value * unit.factor * 3600 / account.factor
    return _UPWARDS.divide(Decimal(value.numerator), Decimal(value.denominator)) if value > 0 else None
