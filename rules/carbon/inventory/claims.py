"""Claims: which instruments cover which part of which line, with the quality criteria and the sums checked.

An allocation over several months belongs to them by days: kWh up to a day are cut down to whole micro-kWh, so that
parts add up to the allocation whatever the lines are cut into.

A complete line that consumed less than is allocated is a mistake. Of one that still runs or lacks data nobody knows
yet: the claim is cut down to what was consumed, and that is said.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

from rules.carbon.errors import CalculationError, Wrong
from rules.carbon.factor import Activity
from rules.carbon.inventory.activity import ActivityLine, Direction
from rules.carbon.inventory.instrument import CRITERIA, Allocation, Instrument
from rules.carbon.inventory.valuation import kwh_of
from rules.carbon.numbers import plain

CRITERION_NAMES = (  # GHG Protocol scope 2 guidance (2015), table 7.1, in short
    "conveys the direct emission rate attribute",
    "is the only instrument with the claim for its MWh",
    "is tracked and redeemed, retired or cancelled by or for the reporter",
    "is issued and redeemed as near as possible to the period of consumption",
    "is from the market of the consumption",
    "a supplier's factor is of delivered electricity, with certificates retired for customers",
    "of a direct contract no other instrument conveys the claim to anybody else",
    "an adjusted residual mix is available, or its absence is disclosed",
)
CERTIFICATES = ("gec", "i_rec", "go")
DIRECT = ("ppa", "direct_supply", "supplier_rate", "self_generated")
_KWH_PER_MWH = 1000
_MICRO = 10**6
_RANK = {"gec": 0, "i_rec": 0, "go": 0, "self_generated": 1, "direct_supply": 1, "ppa": 1, "supplier_rate": 2}


@dataclass(frozen=True, slots=True)
class Claim:
    """So much of a line's electricity is covered by an instrument."""

    instrument: Instrument
    kwh: Fraction


def unmet(instrument: Instrument) -> list[Wrong]:
    """The quality criteria that an instrument does not meet, by their names; with one it counts nowhere."""
    field = f"instrument {instrument.id}"
    if len(instrument.criteria) != CRITERIA:
        return [Wrong(field, f"{len(instrument.criteria)} quality criteria are stated", f"state all {CRITERIA}")]
    found = []
    for place, (is_met, name) in enumerate(zip(instrument.criteria, CRITERION_NAMES, strict=True), start=1):
        if is_met is False or (is_met is None and place != CRITERIA):
            what = "is not met" if is_met is False else "cannot be met by disclosure"
            found.append(Wrong(field, f"quality criterion {place} {what}: {name}", "it counts nowhere"))
    if instrument.kind in CERTIFICATES and instrument.retired_on is None:
        found.append(
            Wrong(field, f"quality criterion 3 is not met: {CRITERION_NAMES[2]}", "give the day of retirement")
        )
    if instrument.retired_on is not None and instrument.retired_on < instrument.start:
        message = "quality criterion 3 is not met: it was retired before its electricity was generated"
        found.append(Wrong(field, message, "look at the day of retirement and at the days of generation"))
    return found


class Claims:
    """The claims of all lines. `rejected`: instruments that count nowhere; `left_mwh`: what is free of each; `cut`:
    what has to be said about claims that wait for consumption.
    """

    def __init__(
        self,
        lines: Iterable[ActivityLine],
        instruments: Sequence[Instrument],
        allocations: Sequence[Allocation],
        region: str = "",
    ) -> None:
        """`region`: of the grid, for lines that name none."""
        self._region = region
        self._instruments = {one.id: one for one in instruments}
        if len(self._instruments) != len(instruments):
            raise ValueError("an instrument stands twice")
        self.rejected = {one.id: tuple(wrongs) for one in instruments if (wrongs := unmet(one))}
        self._wrongs: dict[str, list[Wrong]] = defaultdict(list)  # by source
        self._claims: dict[str, list[Claim]] = defaultdict(list)  # by line
        self.cut: list[tuple[str, str]] = []  # sentences, English and Chinese
        self.left_mwh = self._left(allocations)
        bought = sorted(
            (line for line in lines if _is_bought(line)),
            key=lambda one: (one.description.start, one.description.end, one.id),
        )
        for source in sorted({one.source for one in allocations}):
            own = [one for one in allocations if one.source == source]
            self._claim([line for line in bought if line.source == source], sorted(own, key=self._order))

    def of(self, line: ActivityLine) -> list[Claim]:
        """The claims of a line. Raises CalculationError where its source claims what it may not."""
        if wrongs := self._wrongs.get(line.source):
            raise CalculationError(list(dict.fromkeys(wrongs)))
        return self._claims.get(line.id, [])

    def _order(self, one: Allocation) -> tuple[object, ...]:
        """The hierarchy of the guidance: certificates, contracts, supplier's rates."""
        kind = self._instruments[one.instrument].kind if one.instrument in self._instruments else ""
        return (_RANK.get(kind, 3), one.instrument, one.start, one.end, one.energy_mwh)

    def _left(self, allocations: Sequence[Allocation]) -> dict[str, Decimal]:
        """What is left of each; an over-allocated one is a mistake of every source that claims it."""
        left = {name: one.energy_mwh for name, one in sorted(self._instruments.items())}
        for one in allocations:
            field = f"instrument {one.instrument}"
            if one.energy_mwh <= 0 or one.start > one.end:
                wrong = Wrong(field, "an allocation needs energy above 0 and days in order")
                self._wrongs[one.source].append(wrong)
            elif one.instrument not in left:
                self._wrongs[one.source].append(Wrong(field, "is allocated, and there is no such instrument"))
            else:
                left[one.instrument] -= one.energy_mwh
        over = {name for name, mwh in left.items() if mwh < 0}
        for source, name in sorted({(one.source, one.instrument) for one in allocations if one.instrument in over}):
            whole = self._instruments[name].energy_mwh
            message = f"{whole - left[name]:f} MWh are allocated of {whole:f} MWh"
            self._wrongs[source].append(Wrong(f"instrument {name}", message, "take some of the allocations back"))
        return {name: max(mwh, Decimal(0)) for name, mwh in left.items()}

    def _claim(self, lines: Sequence[ActivityLine], allocations: Sequence[Allocation]) -> None:
        """Gives the allocations of one source to its lines."""
        spans = sorted({(line.description.start, line.description.end) for line in lines})
        if any(later[0] <= sooner[1] for sooner, later in pairwise(spans)) and allocations:
            message = "its lines overlap in time: an instrument cannot be told to one of them"
            self._wrongs[allocations[0].source].append(Wrong("allocation", message, "cut the lines at the same days"))
            return
        for span in spans:
            self._claim_in(span, [line for line in lines if _span(line) == span], allocations)

    def _claim_in(
        self, span: tuple[date, date], lines: Sequence[ActivityLine], allocations: Sequence[Allocation]
    ) -> None:
        free = {line.id: _kwh_or_0(line) for line in lines}
        for one in allocations:
            instrument = self._instruments.get(one.instrument)
            rest = part_kwh(one, *span)
            if instrument is None or instrument.id in self.rejected or not rest:
                continue
            region = lines[0].description.region or self._region
            self._wrongs[one.source] += unfit(instrument, one, lines[0].enterprise, region)
            for line in lines:
                kwh = min(rest, free[line.id])
                if kwh:
                    self._add(line, Claim(instrument, kwh))
                    free[line.id] -= kwh
                    rest -= kwh
            if rest and any(line.is_running or line.missing for line in lines):
                self._cut(instrument, one.source, rest, span)
            elif rest:
                days = f"{span[0].isoformat()} to {span[1].isoformat()}"
                message = f"{plain(rest)} kWh more are allocated than `{one.source}` consumed, {days}"
                hint = "an instrument covers consumption at most; allocate by month"
                self._wrongs[one.source].append(Wrong(f"instrument {instrument.id}", message, hint))

    def _cut(self, instrument: Instrument, source: str, rest: Fraction, span: tuple[date, date]) -> None:
        """Says that a claim is cut down to what is known to be consumed."""
        first, last = (day.isoformat() for day in span)
        self.cut.append(
            (
                f"instrument {instrument.id}: {plain(rest)} kWh more are allocated than `{source}` is known to have "
                f"consumed, {first} to {last}: these days still run or lack data, only what was consumed is claimed",
                f"工具 {instrument.id}：分配电量比 `{source}` 在 {first} 至 {last} 的已知消费量多 {plain(rest)} kWh；"
                "该时段尚未结束或数据缺失，仅按已消费电量计入",
            )
        )

    def _add(self, line: ActivityLine, claim: Claim) -> None:
        """One claim of each instrument: two alike would be two entries with one id, of which one counts."""
        known = self._claims[line.id]
        for place, one in enumerate(known):
            if one.instrument is claim.instrument:
                known[place] = Claim(one.instrument, one.kwh + claim.kwh)
                return
        known.append(claim)


def part_kwh(allocation: Allocation, start: date, end: date) -> Fraction:
    """What of an allocation belongs to these days, by days, in whole micro-kWh; the parts add up exactly."""
    first, last = max(start, allocation.start), min(end, allocation.end)
    if first > last:
        return Fraction(0)
    days = (allocation.end - allocation.start).days + 1
    micro = Fraction(allocation.energy_mwh) * _KWH_PER_MWH * _MICRO
    before = (first - allocation.start).days
    after = (last - allocation.start).days + 1
    until = micro * after // days if after < days else micro
    return Fraction(until - micro * before // days, _MICRO)


def unfit(instrument: Instrument, allocation: Allocation, enterprise: str, region: str) -> list[Wrong]:
    """Why an instrument may not be claimed for the electricity of this enterprise and grid."""
    field, found = f"instrument {instrument.id}", []
    if instrument.factor_kg_per_kwh < 0:
        found.append(Wrong(field, "its factor is negative", "emissions of electricity are 0 or more"))
    if not instrument.evidence:
        message = f"its factor is {instrument.factor_kg_per_kwh or 'zero'}, and there is no evidence"
        found.append(Wrong(field, message, "attach the document"))
    if instrument.beneficiary != enterprise:
        message = f"its beneficiary is `{instrument.beneficiary}`, not `{enterprise}`"
        found.append(Wrong(field, f"quality criterion 3 is not met: {message}"))
    if region and region != instrument.market and not region.startswith(f"{instrument.market}-"):
        message = f"it is of market `{instrument.market}`, the consumption of `{region}`"
        found.append(Wrong(field, f"quality criterion 5 is not met: {message}"))
    if instrument.kind in DIRECT and (allocation.start < instrument.start or instrument.end < allocation.end):
        found.append(Wrong(field, "its electricity was delivered at another time than it is claimed for"))
    return found


def _is_bought(line: ActivityLine) -> bool:
    return line.description.activity is Activity.ELECTRICITY and line.direction is Direction.IMPORT


def _span(line: ActivityLine) -> tuple[date, date]:
    return line.description.start, line.description.end


def _kwh_or_0(line: ActivityLine) -> Fraction:
    try:
        return max(kwh_of(line), Fraction(0))
    except CalculationError:
        return Fraction(0)  # the line is refused by itself on every basis
