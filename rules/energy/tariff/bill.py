"""The lines of a bill: each exact, rounded once to the currency's minor unit; the total is the sum of the lines."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

from gateway.core.point import Names
from rules.energy.allocation import from_micro, largest_remainder, round_micro
from rules.energy.tariff.portion import ByBand, Portion, total_micro
from rules.energy.tariff.power_factor import adjustment_percent, power_factor
from rules.energy.tariff.tariff import BAND_NAMES, Band, CommonCost, DemandBy

ROUNDING = "each line half up to the minor unit; the total is the sum of the lines"


class LineKind(StrEnum):
    """What a line charges."""

    ENERGY = "energy"  # 电度电费, by period
    SHARE = "share"  # of common services, by period
    FUND = "fund"  # 政府性基金及附加, taxes per kWh
    DEMAND = "demand"  # 需量电费
    CAPACITY = "capacity"  # 容量电费
    POWER_FACTOR = "power_factor"  # 力调电费
    FIXED = "fixed"
    COMMON = "common"  # a share of a common cost
    SELF_USE = "self_use"  # own generation that was used
    FEED_IN = "feed_in"  # below zero: paid to the enterprise
    VAT = "vat"


_ADJUSTED = (LineKind.ENERGY, LineKind.DEMAND, LineKind.CAPACITY)  # what the power factor raises or lowers


@dataclass(frozen=True, slots=True)
class Line:
    """One line. `amount` is rounded; `quantity` times `price` is exact, in the part of the month that `days` says."""

    kind: LineKind
    names: Names
    tariff: str  # id of the version
    quantity: Decimal
    unit: str
    price: Decimal
    amount: Decimal
    band: Band | None = None
    days: int | None = None  # of `month_days`, where a monthly amount is for a part of the month
    month_days: int | None = None


@dataclass(frozen=True, slots=True)
class Month:
    """What of a month belongs to no version alone. `None`: not known, or there is no meter for it."""

    enterprise: str
    demand_micro_kw: Fraction | None = None  # highest mean power of an interval, in 10^-6 kW
    active_micro: int | None = None
    reactive_micro: int | None = None


@dataclass(frozen=True, slots=True)
class Bill:
    """The lines and what they sum up to."""

    currency: str
    lines: tuple[Line, ...]
    power_factor: Decimal | None
    notes: tuple[str, ...]  # codes of what was not charged, see NOTES
    contained_vat: Decimal | None  # in the total, where the prices hold it

    @property
    def total(self) -> Decimal:
        """The sum of the rounded lines."""
        return sum((line.amount for line in self.lines), Decimal(0))


NOTES = {
    "no_demand": Names(
        "the highest demand is not known: no capacity charge is in the total", "最大需量未知：合计不含需量电费"
    ),
    "no_capacity": Names(
        "no contracted capacity is configured: no capacity charge is in the total", "未配置合同容量：合计不含容量电费"
    ),
    "no_reactive": Names(
        "reactive energy is not metered: the power-factor adjustment was not applied",
        "无无功电量计量：未计算功率因数调整电费",
    ),
}


def bill(portions: Sequence[Portion], month: Month) -> Bill:
    """The bill of one enterprise and month. Raises ValueError without a portion, or where currencies differ."""
    currencies = {portion.tariff.currency for portion in portions}
    if len(currencies) != 1:
        raise ValueError(f"one currency a bill, not {', '.join(sorted(currencies)) or 'none'}")
    factor = None
    if month.active_micro is not None and month.reactive_micro is not None:
        factor = power_factor(month.active_micro, month.reactive_micro)
    notes: dict[str, None] = {}
    lines: list[Line] = []
    contained = Decimal(0)
    for portion in portions:
        found = _lines(portion, month, factor, notes)
        vat = portion.tariff.vat
        if vat is not None:
            net = sum((line.amount for line in found), Decimal(0))
            if vat.is_included:
                whole = Fraction(net) * Fraction(vat.percent) / (100 + Fraction(vat.percent))
                contained += to_minor(whole, portion.tariff.digits)
            else:
                found.append(
                    _line(
                        portion, LineKind.VAT, Names("VAT", "增值税"), net, portion.tariff.currency, vat.percent / 100
                    )
                )
        lines += found
    has_contained = any(portion.tariff.vat and portion.tariff.vat.is_included for portion in portions)
    return Bill(currencies.pop(), tuple(lines), factor, tuple(notes), contained if has_contained else None)


def to_minor(exact: Fraction, digits: int) -> Decimal:
    """Rounded half up (away from zero, so that a credit is rounded like a charge) to so many digits."""
    scaled = abs(exact) * 10**digits
    whole = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return Decimal((int(exact < 0 and whole > 0), tuple(map(int, str(whole))), -digits))


def common_shares(cost: CommonCost, digits: int, part: Fraction = Fraction(1)) -> dict[str, Decimal]:
    """This part of the month's cost divided to the minor unit: the parts are exactly the cost. Ties go by id."""
    names = sorted(enterprise for enterprise, _ in cost.weights)
    weights = dict(cost.weights)
    whole = int(to_minor(Fraction(cost.per_month) * part, digits).scaleb(digits))
    parts = largest_remainder(whole, [Fraction(weights[name]) for name in names])
    return {name: Decimal(part).scaleb(-digits) for name, part in zip(names, parts, strict=True)}


def _lines(portion: Portion, month: Month, factor: Decimal | None, notes: dict[str, None]) -> list[Line]:
    tariff = portion.tariff
    lines = _energy(portion, LineKind.ENERGY, portion.bought, None)
    lines += _capacity(portion, month, notes)
    if tariff.power_factor is not None:
        if factor is None:
            notes["no_reactive"] = None
        else:
            base = sum((line.amount for line in lines if line.kind in _ADJUSTED), Decimal(0))
            percent = adjustment_percent(tariff.power_factor, factor)
            names = Names(f"power-factor adjustment, {factor}", f"力调电费（功率因数 {factor}）")
            lines.append(_line(portion, LineKind.POWER_FACTOR, names, base, tariff.currency, percent / 100))
    for names, bands in portion.shares:
        lines += _energy(portion, LineKind.SHARE, bands, names)
    drawn = total_micro(portion.bought) + sum(total_micro(bands) for _, bands in portion.shares)
    for fund in tariff.funds:
        lines.append(_line(portion, LineKind.FUND, fund.names, from_micro(drawn), "kWh", fund.price))
    lines += [_monthly(portion, LineKind.FIXED, fixed.names, Decimal(1), "", fixed.price) for fixed in tariff.fixed]
    for cost in tariff.common:
        share = common_shares(cost, tariff.digits, portion.part).get(month.enterprise)
        if share is not None:
            days = (portion.days, portion.month_days) if portion.part != 1 else (None, None)
            one = Decimal(1)
            lines.append(Line(LineKind.COMMON, cost.names, tariff.id, one, cost.by, share, share, None, *days))
    return lines + _generation(portion)


def _energy(portion: Portion, kind: LineKind, bands: ByBand, of: Names | None) -> list[Line]:
    found = []
    for (band, price), micro in sorted(bands.items(), key=lambda item: (list(Band).index(item[0][0]), item[0][1])):
        names = BAND_NAMES[band]
        if of is not None:
            names = Names(f"{of.en}, {names.en}", f"{of.zh}（{names.zh}）")
        found.append(_line(portion, kind, names, from_micro(micro), "kWh", price, band))
    return found


def _capacity(portion: Portion, month: Month, notes: dict[str, None]) -> list[Line]:
    demand = portion.tariff.demand
    if demand is None:
        return []
    if demand.by is DemandBy.CAPACITY:
        capacity = dict(demand.capacity_kva).get(month.enterprise)
        if capacity is None:
            notes["no_capacity"] = None
            return []
        return [_monthly(portion, LineKind.CAPACITY, Names("capacity", "容量电费"), capacity, "kVA", demand.price)]
    if month.demand_micro_kw is None:
        notes["no_demand"] = None
        return []
    highest = from_micro(round_micro(month.demand_micro_kw / 10**6))
    return [_monthly(portion, LineKind.DEMAND, Names("maximum demand", "需量电费"), highest, "kW", demand.price)]


def _generation(portion: Portion) -> list[Line]:
    found = []
    tariff = portion.tariff
    if portion.self_used is not None and tariff.self_use is not None:
        names = Names("own generation used", "光伏自用电量")
        found.append(_line(portion, LineKind.SELF_USE, names, from_micro(portion.self_used), "kWh", tariff.self_use))
    if portion.fed_in is not None and tariff.feed_in is not None:
        names = Names("fed into the grid", "上网电量")
        found.append(_line(portion, LineKind.FEED_IN, names, from_micro(portion.fed_in), "kWh", -tariff.feed_in))
    return found


def _line(
    portion: Portion,
    kind: LineKind,
    names: Names,
    quantity: Decimal,
    unit: str,
    price: Decimal,
    band: Band | None = None,
) -> Line:
    amount = to_minor(Fraction(quantity) * Fraction(price), portion.tariff.digits)
    return Line(kind, names, portion.tariff.id, quantity, unit, price, amount, band)


def _monthly(portion: Portion, kind: LineKind, names: Names, quantity: Decimal, unit: str, price: Decimal) -> Line:
    """A monthly amount, for the days that this version holds."""
    amount = to_minor(Fraction(quantity) * Fraction(price) * portion.part, portion.tariff.digits)
    days = (portion.days, portion.month_days) if portion.part != 1 else (None, None)
    return Line(kind, names, portion.tariff.id, quantity, unit, price, amount, None, *days)
