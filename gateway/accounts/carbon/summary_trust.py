"""How far the figures of a summary can be trusted: shares of the time, grade, gaps, exclusions, factors to review."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from gateway.accounts.books import Entity
from gateway.accounts.carbon.runs import Figures
from rules.carbon.inventory.activity import Grade
from rules.energy.allocation import largest_remainder

Line = Mapping[str, Any]
SHARES = ("measured", "estimated", "missing")
_PARTS = 1_000_000  # percent with four decimals


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
        "pending_factors": pending(snapshots),
    }


def is_partial(found: Sequence[Figures]) -> bool:
    """True where totals of these figures are lower bounds: data is missing, nothing is known, or has no factor."""
    lines = lines_of(found)
    return (
        not lines
        or any(int(line["time_ns"]["missing"]) for line in lines)
        or any(one.snapshot["refusals"] for one in found)
    )


def without_data(entity: Entity, lines: Sequence[Line]) -> list[str]:
    """The emission sources of an entity of which there is no line."""
    return sorted(set(entity.sources) - {line["source"] for line in lines})


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
