"""The indicator of a zero-carbon park: tCO2 per tce of energy consumption (NDRC 2025 no. 910, trial).

CO2 of energy and processes counts; other gases and what escapes do not. The thresholds are known from a secondary
source, so a result says that they are not reviewed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from rules.carbon.gases import CO2E
from rules.carbon.inventory.entry import Basis, Entry
from rules.carbon.numbers import added, rounded, shown

PLACES = 4
_CLASSES = (  # tce of a year from which on, at most tCO2/tce
    (Decimal(1_000_000), Decimal("0.30")),
    (Decimal(200_000), Decimal("0.20")),
)
_ENERGY = ("stationary", "mobile", "process", "electricity", "heat")


@dataclass(frozen=True, slots=True)
class Indicator:
    """`value` in tCO2/tce with four decimals; `limit` and `is_met` are `None` where no threshold applies,
    `is_met` also where the figures lack something.
    """

    co2_t: Decimal
    consumption_tce: Decimal
    coal: str  # calorific | primary
    value: Decimal
    limit: Decimal | None
    is_met: bool | None
    en: str
    zh: str


def counted(entries: Iterable[Entry]) -> list[Entry]:
    """Entries of CO2 that the basis counts: direct from fuels and processes, and of purchased energy on this basis.

    Of what is known as CO2e alone all of it counts: its CO2 is not known, and is nothing that could be left out.
    """
    bases = Basis.DIRECT, Basis.CN_ZERO_CARBON_PARK
    fitting = [entry for entry in entries if entry.basis in bases and entry.category in _ENERGY]
    split = {(entry.activity, entry.basis) for entry in fitting if entry.gas in ("CO2", "CO2_biogenic")}
    return [
        entry
        for entry in fitting
        if entry.gas == "CO2" or (entry.gas == CO2E and (entry.activity, entry.basis) not in split)
    ]


def co2_kg(entries: Iterable[Entry]) -> Decimal:
    """The sum of what `counted` gives."""
    return added(entry.mass_kg for entry in counted(entries))


def indicator(
    entries: Iterable[Entry], consumption_tce: Decimal, year_tce: Decimal, coal: str, *, is_complete: bool = True
) -> Indicator:
    """Of a period; `year_tce` decides the class of a park. Raises ValueError where no energy was consumed.

    Figures that lack something meet no limit and miss none: that is not judged.
    """
    if consumption_tce <= 0:
        raise ValueError("no energy was consumed: there is no indicator per tce")
    kg = co2_kg(entries)
    exact = Fraction(kg) / 1000 / Fraction(consumption_tce)
    limit = next((most for least, most in _CLASSES if year_tce >= least), None)
    is_met = None if limit is None or not is_complete else exact <= Fraction(limit)
    en, zh = _words(exact, limit, year_tce, is_met=is_met)
    return Indicator(kg / 1000, consumption_tce, coal, rounded(exact, PLACES), limit, is_met, en, zh)


def _words(exact: Fraction, limit: Decimal | None, year_tce: Decimal, *, is_met: bool | None) -> tuple[str, str]:
    value, consumed = shown(exact, PLACES), f"{year_tce:f}"
    if limit is None:
        return (
            f"{value} tCO2/tce; the thresholds do not apply below 200,000 tce of a year ({consumed} tce)",
            f"{value} tCO2/tce；年综合能耗低于20万吨标准煤（{consumed} tce），不适用阈值",
        )
    said, told = {
        True: ("met", "达到"),
        False: ("not met", "未达到"),
        None: ("not judged, the figures are not complete", "数据不完整，不作判定"),
    }[is_met]
    return (
        f"{value} tCO2/tce, at most {limit} at {consumed} tce of a year: {said} (threshold not reviewed yet)",
        f"{value} tCO2/tce，年综合能耗{consumed} tce 对应上限 {limit}：{told}（阈值尚未与原文核对）",
    )
