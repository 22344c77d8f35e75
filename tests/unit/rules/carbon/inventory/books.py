"""Lines, instruments and policies in few words."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cache

from gateway.carbon.catalogue import load_catalogue
from rules.carbon.catalogue import Catalogue
from rules.carbon.description import Description, Stated
from rules.carbon.factor import Activity
from rules.carbon.inventory import account
from rules.carbon.inventory.activity import ActivityLine
from rules.carbon.inventory.entry import SCOPE2_BASES, Basis, Entry
from rules.carbon.inventory.instrument import Allocation, Instrument
from rules.carbon.inventory.inventory import Inventory
from rules.carbon.inventory.policy import Fallback, Policy
from rules.carbon.units import UNITS

FALLBACK = Fallback("purchased_electricity", "newest published", as_of=date(2023, 12, 31))
POLICY = Policy(
    "operational_control", "CN-ZJ", "AR6", SCOPE2_BASES[:4], Basis.LOCATION, residual_mix="", fallbacks=(FALLBACK,)
)
OCTOBER = (date(2026, 10, 1), date(2026, 10, 31))
IN_2023 = (date(2023, 10, 1), date(2023, 10, 31))
EVIDENCE = ("e" * 64,)


@cache
def catalogue() -> Catalogue:
    return load_catalogue()


def stated(value: str | Fraction, unit: str, uncertainty: str | None = None) -> Stated:
    percent = None if uncertainty is None else Fraction(uncertainty)
    return Stated(Fraction(value), f"{value} {unit}", "meter", UNITS[unit], None, percent)


def electricity(
    quantity: str | Fraction, *, name: str = "a", unit: str = "kWh", days: tuple[date, date] = OCTOBER, **more: object
) -> ActivityLine:
    said = Description(Activity.ELECTRICITY, stated(quantity, unit), "CN-ZJ", *days, "grid_average")
    return replace(ActivityLine(name, "grid", "acme", said), **more)  # type: ignore[arg-type]


def line_of(description: Description, *, name: str = "a", **more: object) -> ActivityLine:
    return replace(ActivityLine(name, description.fuel or description.gas, "acme", description), **more)  # type: ignore[arg-type]


def wind(mwh: str, **more: object) -> Instrument:
    found = Instrument(
        "GEC-1", "gec", Decimal(mwh), Decimal(0), *OCTOBER, "CN", "acme", date(2026, 11, 3), (True,) * 7 + (None,),
        EVIDENCE, "wind",
    )  # fmt: skip
    return replace(found, **more)  # type: ignore[arg-type]


def claim(mwh: str, *, instrument: str = "GEC-1", days: tuple[date, date] = OCTOBER) -> Allocation:
    return Allocation(instrument, "grid", *days, Decimal(mwh))


def inventory(
    *lines: ActivityLine,
    instruments: tuple[Instrument, ...] = (),
    allocations: tuple[Allocation, ...] = (),
    policy: Policy = POLICY,
) -> Inventory:
    return account(lines, instruments, allocations, policy, catalogue())


def on(found: Inventory, basis: Basis) -> list[Entry]:
    return [entry for entry in found.entries if entry.basis is basis]


def kg(found: Inventory, basis: Basis) -> Decimal:
    return sum((entry.co2e_kg for entry in on(found, basis) if entry.co2e_kg is not None), Decimal(0))


def refusals(found: Inventory, basis: Basis) -> str:
    return "; ".join(str(wrong) for one in found.refusals if one.basis is basis for wrong in one.wrongs)
