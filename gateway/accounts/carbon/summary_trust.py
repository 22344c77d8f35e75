"""How far the figures of a summary can be trusted: shares of the time, grade, gaps, exclusions, factors to review."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from gateway.accounts.carbon.runs import Figures
from gateway.core.clock import day_of
from gateway.core.point import Names
from rules.carbon.factor import Activity
from rules.carbon.inventory.activity import Grade
from rules.energy.allocation import largest_remainder

Line = Mapping[str, Any]
SHARES = ("measured", "estimated", "missing")
_SCOPE2 = (Activity.ELECTRICITY, Activity.HEAT)
_PARTS = 1_000_000  # percent with four decimals


@dataclass(frozen=True, slots=True)
class Silent:
    """An emission source of which nothing is recorded in some of the months: that is not zero."""

    source: str
    activity: str
    names: Names
    periods: tuple[str, ...]

    @property
    def is_direct(self) -> bool:
        """True for scope 1."""
        return self.activity not in _SCOPE2

    @property
    def is_of_zero_carbon_park(self) -> bool:
        """True where the zero-carbon park's basis would count it."""
        return self.activity not in (Activity.FUGITIVE, Activity.LEAKAGE)

    @property
    def document(self) -> dict[str, Any]:
        """JSON."""
        return {
            "source": self.source,
            "name": self.shown,
            "scope": 1 if self.is_direct else 2,
            "periods": list(self.periods),
        }

    @property
    def shown(self) -> dict[str, str]:
        """Its name in both languages; one that is not given is the other, or the id."""
        return self.names.both(self.source)


def silent(found: Sequence[Figures]) -> list[Silent]:
    """The sources without a line in a part that has begun; where nothing at all is known, every one of them."""
    is_nothing_known = not lines_of(found)
    periods: dict[str, list[str]] = {}
    sources: dict[str, Line] = {}
    for one in found:
        if _has_begun(one) or is_nothing_known:
            known = {line["source"] for line in one.snapshot["lines"]}
            for source in one.snapshot["boundary"]["sources"]:
                if source["id"] not in known:
                    sources[source["id"]] = source
                    periods.setdefault(source["id"], []).append(one.part.label)
    return [_silent(sources[name], labels) for name, labels in sorted(periods.items())]


def _silent(source: Line, periods: Sequence[str]) -> Silent:
    activity = str(source["template"].get("activity", ""))
    known = source.get("names", {})
    return Silent(source["id"], activity, Names(known.get("en", ""), known.get("zh", "")), tuple(periods))


def _has_begun(one: Figures) -> bool:
    zone = ZoneInfo(one.snapshot["zone"])
    return one.part.first <= day_of(one.time_ns, zone)


def lines_of(found: Sequence[Figures]) -> list[Line]:
    """The frozen lines of some figures."""
    return [line for one in found for line in one.snapshot["lines"]]


def trust(found: Sequence[Figures], accepted: Sequence[str]) -> dict[str, Any]:
    """Shares are of the time of meters and records: what is missing has no quantity that could weigh it.

    `accepted`: reasons for which missing data was accepted at a close; they are exclusions.
    """
    lines = lines_of(found)
    measured, estimated, missing = percents(lines)
    snapshots = [one.snapshot for one in found]
    boundaries = [snapshot["boundary"] for snapshot in snapshots]
    exclusions = dict.fromkeys(text for boundary in boundaries for text in boundary["exclusions"])
    return {
        "measured_percent": measured,
        "estimated_percent": estimated,
        "missing_percent": missing,
        "grade": worst(Grade(line["grade"]) for line in lines).value if lines else None,
        "gaps": [gap for line in lines for gap in line["gaps"]],
        "exclusions": [*exclusions, *accepted],
        "fallbacks": list(dict.fromkeys(text for snapshot in snapshots for text in snapshot["fallbacks"])),
        "chinese": {
            text: snapshot["chinese"][text]
            for snapshot in snapshots
            for text in snapshot["fallbacks"]
            if text in snapshot["chinese"]
        },
        "pending_factors": pending(snapshots),
    }


def is_partial(found: Sequence[Figures]) -> bool:
    """True where totals of these figures are lower bounds: data is missing, nothing is known, or has no factor."""
    lines = lines_of(found)
    return (
        not lines
        or any(int(line["time_ns"]["missing"]) for line in lines)
        or any(one.snapshot["refusals"] for one in found)
        or bool(silent(found))
    )


def percents(lines: Sequence[Line]) -> list[str]:
    """Measured, estimated and missing percent of the time, with four decimals, exactly 100 together."""
    times = [sum(int(line["time_ns"][name]) for line in lines) for name in SHARES]
    if not sum(times):
        return ["0", "0", "0"]
    return [str(Decimal(part) / 10_000) for part in largest_remainder(_PARTS, times)]


def shares_by_source(lines: Sequence[Line]) -> dict[str, dict[str, str]]:
    """The same percents for each emission source."""
    groups: dict[str, list[Line]] = {}
    for line in lines:
        groups.setdefault(line["source"], []).append(line)
    return {source: dict(zip(SHARES, percents(group), strict=True)) for source, group in groups.items()}


def worst(grades: Iterable[Grade]) -> Grade:
    """The lowest of some grades."""
    order = list(Grade)
    return max(grades, key=order.index)


def pending(snapshots: Sequence[Mapping[str, Any]]) -> list[str]:
    """The ids of used factors that nobody has seen in their source yet."""
    factors = (factor for snapshot in snapshots for factor in snapshot["factors"])
    return sorted({factor["id"] for factor in factors if factor["review"] == "pending"})
