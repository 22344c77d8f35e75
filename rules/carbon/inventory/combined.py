"""What entries come to together: exact totals, uncertainty by approach 1, shares weighted by emission, the grade.

Gases of one activity line share its quantity, so their uncertainties add up as they are (fully correlated); lines are
independent of each other and combine by equation 3.2 of IPCC 2006 Guidelines Vol. 1 ch. 3. Where an entry that counts
has none there is no combined one: nothing is assumed.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from rules.carbon.inventory.activity import ActivityLine, Grade
from rules.carbon.inventory.entry import Entry
from rules.carbon.numbers import added, rounded
from rules.carbon.uncertainty import of_sum
from rules.energy.allocation import largest_remainder

_PERCENT_PLACES = 2
_PERCENT_PARTS = 10_000  # shares have four decimals of 1


@dataclass(frozen=True, slots=True)
class Shares:
    """Of the emissions (not of the time): measured, estimated and missing; together exactly 1."""

    measured: Decimal
    estimated: Decimal
    missing: Decimal


def total_kg(entries: Iterable[Entry]) -> Decimal:
    """The exact sum of what counts, CO2e; reversals take theirs back."""
    return added(entry.co2e_kg for entry in entries if entry.co2e_kg is not None)


def uncertainty_percent(entries: Iterable[Entry]) -> Decimal | None:
    """Combined, 95 %, in percent with two decimals, half up; `None` where one is missing or the total is 0."""
    lines: dict[str, list[tuple[Fraction, Fraction | None]]] = defaultdict(list)
    for entry in entries:
        if entry.co2e_kg:  # 0 kg is uncertain by 0 kg
            own = entry.uncertainty_percent
            lines[entry.activity].append((Fraction(entry.co2e_kg), None if own is None else Fraction(own)))
    found = of_sum([_of_line(parts) for _, parts in sorted(lines.items())])
    return None if found is None else rounded(found, _PERCENT_PLACES)


def known_percent(entries: Iterable[Entry]) -> Decimal | None:
    """For how much of the emissions an uncertainty is known, in percent, half up; `None` where nothing was emitted.

    What is taken back weighs as much as what was emitted: it is as uncertain.
    """
    weights = [(abs(Fraction(one.co2e_kg)), one.uncertainty_percent) for one in entries if one.co2e_kg]
    whole = sum((kg for kg, _ in weights), Fraction(0))
    known = sum((kg for kg, percent in weights if percent is not None), Fraction(0))
    return rounded(known / whole * 100, _PERCENT_PLACES) if whole else None


def _of_line(parts: Sequence[tuple[Fraction, Fraction | None]]) -> tuple[Fraction, Fraction | None]:
    whole = sum((kg for kg, _ in parts), Fraction(0))
    if any(percent is None for _, percent in parts):
        return whole, None
    uncertain = abs(sum((kg * (percent or 0) for kg, percent in parts), Fraction(0)))  # a reversal takes its own back
    return whole, uncertain / abs(whole) if whole else Fraction(0)


def shares(entries: Iterable[Entry], lines: Mapping[str, ActivityLine]) -> Shares | None:
    """Shares weighted by the emission of each line; `lines` by id. `None` where nothing was emitted.

    What is missing has no emission: a line that lacks a part weighs with what is known of it, by the share of its time.
    """
    weights: dict[str, Fraction] = defaultdict(Fraction)
    for entry in entries:
        weights[entry.activity] += abs(Fraction(entry.co2e_kg or 0))
    parts = [
        sum((kg * Fraction(getattr(lines[one], name)) for one, kg in weights.items()), Fraction(0))
        for name in ("measured", "estimated", "missing")
    ]
    if not sum(parts):
        return None
    return Shares(*(Decimal(part) / _PERCENT_PARTS for part in largest_remainder(_PERCENT_PARTS, parts)))


def grade(lines: Iterable[ActivityLine]) -> Grade | None:
    """The lowest grade of some lines: a total is no better than its weakest part."""
    order = list(Grade)
    return max((line.grade for line in lines), key=order.index, default=None)
