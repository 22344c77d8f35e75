"""One line valued with one factor: calculated, fallbacks of the policy tried and named, entries per gas."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction

from rules.carbon.calculation import calculate
from rules.carbon.catalogue import Catalogue
from rules.carbon.description import Choice, Description, Stated
from rules.carbon.errors import CalculationError, Wrong
from rules.carbon.factor import Factor, Review
from rules.carbon.gases import CO2E
from rules.carbon.inventory.activity import ActivityLine
from rules.carbon.inventory.entry import Basis, Entry
from rules.carbon.inventory.inventory import Inventory, Refusal
from rules.carbon.inventory.policy import Fallback, Policy
from rules.carbon.numbers import EXACT, plain, rounded
from rules.carbon.result import Result
from rules.carbon.units import UNITS, Dimension

KG_PLACES = 9  # of an entry: a microgram
_QUANTITY_PLACES = 9
_PERCENT_PLACES = 4
_OF_TIME_OR_PLACE = frozenset(("date", "region"))  # wrongs that a fallback may answer


@dataclass(frozen=True, slots=True)
class Way:
    """How a part of a line is valued on a basis."""

    basis: Basis
    label: str
    category: str
    scope: int = 2
    sign: int = 1  # -1: deducted
    flags: tuple[str, ...] = ()
    is_basis_rule: bool = False  # the choice of the factor is the basis's own: a disclosure, not a fallback
    instrument: str = ""


@dataclass(slots=True)
class Valuer:
    """Values lines; entries, refusals, factors and fallbacks go to the inventory."""

    policy: Policy
    catalogue: Catalogue
    found: Inventory
    disclosed: set[str] = field(default_factory=set)
    fallen_back: set[str] = field(default_factory=set)

    def value(self, line: ActivityLine, description: Description, way: Way) -> list[Entry]:
        """The entries of a description, one per gas. Raises CalculationError where no factor fits."""
        said = description if description.gwp_set else replace(description, gwp_set=self.policy.gwp_set)
        result, is_fallback = self._calculated(line, said, way)
        for factor in result.factors:
            self.found.factors[factor.id] = factor
        for deviation in result.deviations:
            text = f"{way.basis}: {description.activity} of `{line.source}`: {deviation}"
            used = "、".join(_dated_zh(one) for one in result.factors)
            if way.is_basis_rule and not is_fallback:
                self.disclose(text, f"{way.basis}：排放源 `{line.source}` 按该口径规则采用因子 {used}")
            else:
                self.fallen_back.add(text)
                self.found.chinese[text] = f"{way.basis}：排放源 `{line.source}` 使用替代因子 {used}"
        flags = [*way.flags, *(("fallback",) if is_fallback or _is_deviating(result, way) else ())]
        return _entries(line, result, replace(way, flags=tuple(flags)))

    def refuse(self, line: ActivityLine, basis: Basis, *wrongs: Wrong) -> None:
        """The line is not valued on the basis, and why."""
        self.found.refusals.append(Refusal(line.id, line.source, line.enterprise, basis, wrongs))

    def tried(self, line: ActivityLine, basis: Basis, make: Callable[[], list[Entry]]) -> None:
        """The entries that are made; all of them, or a refusal: no line is valued by half."""
        try:
            self.found.entries += make()
        except CalculationError as error:
            self.refuse(line, basis, *error.wrongs)

    def disclose(self, en: str, zh: str) -> None:
        """Something that a report says with the figures."""
        self.disclosed.add(en)
        self.found.chinese[en] = zh

    def _calculated(self, line: ActivityLine, description: Description, way: Way) -> tuple[Result, bool]:
        try:
            return calculate(description, self.catalogue), False
        except CalculationError as error:
            fallback = self._fallback(line, description, way.basis)
            if fallback is None or {wrong.field for wrong in error.wrongs} - _OF_TIME_OR_PLACE:
                raise
            if self._has_factors(description):
                raise  # of its own time, of which two meet within it: nothing that another time could stand for
        choice = Choice(
            series=description.choice.series,
            sector=description.choice.sector,
            region=fallback.region,
            as_of=fallback.as_of,
            reason=f"fallback of the policy: {fallback.reason}",
            uncertainty_percent=description.choice.uncertainty_percent,
        )
        return calculate(replace(description, choice=choice), self.catalogue), True

    def _has_factors(self, description: Description) -> bool:
        """Whether its first day and its last day have a factor, each by itself."""
        try:
            for day in (description.start, description.end):
                calculate(replace(description, start=day, end=day), self.catalogue)
        except CalculationError:
            return False
        return True

    def _fallback(self, line: ActivityLine, description: Description, basis: Basis) -> Fallback | None:
        """The narrowest permission that fits: of this enterprise and basis first."""
        if description.choice.as_of is not None or description.choice.id or description.choice.region:
            return None
        fitting = [
            one
            for one in self.policy.fallbacks
            if one.activity == description.activity.value
            and one.basis in (None, basis)
            and one.enterprise in ("", line.enterprise)
        ]
        ranked = sorted(fitting, key=lambda one: (one.enterprise == "", one.basis is None))
        return ranked[0] if ranked else None


def _dated_zh(factor: Factor) -> str:
    """A factor with its first and last day, in Chinese; its id alone where it holds at any time."""
    if factor.valid_from is None and factor.valid_to is None:
        return factor.id
    start = "" if factor.valid_from is None else f"{factor.valid_from.isoformat()} 起"
    end = "" if factor.valid_to is None else f"{factor.valid_to.isoformat()} 前"
    return f"{factor.id}（{'，'.join(one for one in (start, end) if one)}）"


def _is_deviating(result: Result, way: Way) -> bool:
    return bool(result.deviations) and not way.is_basis_rule


def of_kwh(description: Description, kwh: Fraction, note: str = "") -> Description:
    """The description for a part of its electricity."""
    text = f"{plain(kwh)} kWh"
    source = f"{description.quantity.source} ({note})" if note else description.quantity.source
    stated = Stated(kwh, text, source, UNITS["kWh"], None, description.quantity.uncertainty_percent)
    return replace(description, quantity=stated)


def kwh_of(line: ActivityLine) -> Fraction:
    """The electricity of a line. Raises CalculationError where its unit is none of electricity."""
    quantity = line.description.quantity
    if quantity.unit is None or quantity.unit.dimension is not Dimension.ENERGY:
        raise CalculationError([Wrong("quantity", f"`{quantity.text}` is no electricity", "write for example kWh")])
    return quantity.value * quantity.unit.size / UNITS["kWh"].size


def decimal_of(value: Fraction, places: int = _QUANTITY_PLACES) -> Decimal:
    """Decimal, exact where it has an end within the places, without trailing zeros."""
    found = rounded(value, places)
    whole = found.to_integral_value()
    return whole if found == whole else found.normalize(EXACT)


def line_flags(line: ActivityLine) -> tuple[str, ...]:
    """What the quantity of a line is, where it is not all measured."""
    return (*(("estimated",) if line.estimated else ()), *(("missing",) if line.missing else ()))


def entry_of(
    line: ActivityLine,
    way: Way,
    gas: str,
    masses: tuple[Fraction, Fraction | None],
    quantity: tuple[Fraction, str],
    *,
    group: str = "kyoto",
    gwp_set: str = "",
    method: str = "factor",
    factors: tuple[str, ...] = (),
    working: tuple[str, ...] = (),
    uncertainty_percent: Fraction | None = None,
    flags: tuple[str, ...] = (),
) -> Entry:
    """An entry: (mass, CO2e) in kg rounded once, the quantity with the sign of the way."""
    mass, co2e = masses
    description = line.description
    return Entry(
        activity=line.id,
        source=line.source,
        enterprise=line.enterprise,
        start=description.start,
        end=description.end,
        scope=way.scope,
        category=way.category,
        basis=way.basis,
        gas=gas,
        group=group,
        quantity=decimal_of(quantity[0] * way.sign),
        unit=quantity[1],
        mass_kg=rounded(mass * way.sign, KG_PLACES),
        co2e_kg=None if co2e is None else rounded(co2e * way.sign, KG_PLACES),
        gwp_set=gwp_set,
        method=method,
        factors=factors,
        working=working,
        instrument=way.instrument,
        label=way.label,
        flags=tuple(sorted({*way.flags, *line_flags(line), *flags})),
        uncertainty_percent=None if uncertainty_percent is None else decimal_of(uncertainty_percent, _PERCENT_PLACES),
    )


def _entries(line: ActivityLine, result: Result, way: Way) -> list[Entry]:
    """One per gas; what was published in CO2e and is not split by gas is one more."""
    is_co2_only = result.total is not None and result.total.gas == "CO2"
    quantity = _quantity(result.description)
    methods = {factor.gas for factor in result.factors}
    masses = [
        (one.gas, one.group.value, one.mass_kg, _co2e(one.gas, one.mass_kg, one.co2e_kg, is_co2_only=is_co2_only), one)
        for one in result.lines
    ]
    found = []
    for gas, group, mass_kg, co2e_kg, gas_line in masses:
        used = _of_gas(result.factors, gas)
        found.append(
            entry_of(
                line,
                way,
                gas,
                (mass_kg, None if group != "kyoto" else co2e_kg),
                quantity,
                group=group,
                gwp_set=_gwp_set(result, gas, is_co2_only=is_co2_only),
                method="carbon_content" if gas == "CO2" and "C" in methods else _method(line, result),
                factors=tuple(factor.id for factor in used),
                working=tuple(result.steps),
                uncertainty_percent=gas_line.uncertainty_percent,
                flags=_flags(result, used, is_co2_only=is_co2_only and gas == "CO2"),
            )
        )
    if result.unsplit_co2e_kg is not None and (result.unsplit_co2e_kg or not found):
        found.append(_unsplit(line, result, way, quantity))
    return found


def _unsplit(line: ActivityLine, result: Result, way: Way, quantity: tuple[Fraction, str]) -> Entry:
    kg = result.unsplit_co2e_kg or Fraction(0)
    used = [factor for factor in result.factors if factor.gas == CO2E]
    return entry_of(
        line,
        way,
        CO2E,
        (kg, kg),
        quantity,
        gwp_set=used[0].gwp_set,
        factors=tuple(factor.id for factor in used),
        working=tuple(result.steps),
        uncertainty_percent=None if result.total is None else result.total.uncertainty_percent,
        flags=(*_flags(result, used, is_co2_only=False), "not_split_by_gas"),
    )


def _quantity(description: Description) -> tuple[Fraction, str]:
    """Electricity in kWh, everything else in the unit in which it was stated."""
    unit, value = description.quantity.unit, description.quantity.value
    assert unit is not None
    if unit.dimension is Dimension.ENERGY and unit.name.endswith("Wh"):
        return value * unit.size / UNITS["kWh"].size, "kWh"
    return value, unit.name


def _co2e(gas: str, mass_kg: Fraction, co2e_kg: Fraction | None, *, is_co2_only: bool) -> Fraction | None:
    return mass_kg if is_co2_only and gas == "CO2" else co2e_kg


def _gwp_set(result: Result, gas: str, *, is_co2_only: bool) -> str:
    if is_co2_only or gas == "CO2_biogenic":
        return ""
    published = next((factor.gwp_set for factor in result.factors if factor.gas == CO2E), "")
    return published or result.description.gwp_set


def _method(line: ActivityLine, result: Result) -> str:
    return "mass_balance" if result.scope == "1 fugitive" and not line.description.years else "factor"


def _of_gas(factors: list[Factor], gas: str) -> list[Factor]:
    """The values behind one gas: its own, its GWP, blends, and what brought the quantity to their unit."""
    others = {"C", "oxidation", "NCV", "density", "refrigerant", CO2E}
    carbon = {"C", "oxidation"} if gas != "CO2" else set()
    return [one for one in factors if one.gas.removeprefix("CO2e_of_") == gas or one.gas in others - carbon]


def _flags(result: Result, used: list[Factor], *, is_co2_only: bool) -> tuple[str, ...]:
    pending = any(factor.review is Review.PENDING for factor in used)
    screening = result.description.years is not None
    named = (("co2_only", is_co2_only), ("pending_factor", pending), ("screening", screening))
    return tuple(name for name, is_so in named if is_so)
