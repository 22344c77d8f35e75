"""Virtual meters: series of intervals computed from other series. What is missing in a part is missing here."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from rules.energy.allocation import allocate, from_micro, in_micro
from rules.energy.marks import Mark
from rules.energy.quantity import CANON, IntervalQuantity, Method, digest_of
from rules.energy.reading import plain_text

Series = Sequence[IntervalQuantity]


def summed(tag: str, parts: Mapping[str, Series]) -> list[IntervalQuantity]:
    """The sum of meters, each named once. Where a part is missing there is no quantity, but a lower bound.

    Raises ValueError for series of different intervals or units.
    """
    return [_combined(tag, "sum", dict(zip(parts, row, strict=True)), {}) for row in _rows(parts)]


def difference(tag: str, whole: tuple[str, Series], parts: Mapping[str, Series]) -> list[IntervalQuantity]:
    """One meter less others: what a part of a supply without a meter of its own took. It may be negative.

    Where anything is missing there is neither a quantity nor a bound. Raises ValueError for series of different
    intervals or units, and where the whole is among its own parts.
    """
    name, series = whole
    if name in parts:
        raise ValueError(f"{tag}: {name} cannot be a part of itself")
    found: list[IntervalQuantity] = []
    for first, *others in _rows({name: series, **parts}):
        found.append(_combined(tag, "difference", {name: first}, dict(zip(parts, others, strict=True))))
    return found


def split(whole: tuple[str, Series], weights: Mapping[str, Decimal | int]) -> dict[str, list[IntervalQuantity]]:
    """Shares of a meter by weight: in every interval they sum exactly to it (largest remainder, ties by name).

    Raises ValueError for weights that are negative or all 0.
    """
    name, series = whole
    shares: dict[str, list[IntervalQuantity]] = {tag: [] for tag in weights}
    rule = {tag: plain_text(Decimal(weight)) for tag, weight in weights.items()}
    for interval in series:
        known = None if interval.known is None else allocate(interval.known, weights)
        for tag, found in shares.items():
            part = known[tag] if known else None
            digest = digest_of({"canon": CANON, "share": tag, "of": [name, interval.hash], "weights": rule})
            quantity = part if interval.quantity is not None else None
            found.append(_plain(interval, quantity, part, digest))
    return shares


def _plain(
    interval: IntervalQuantity, quantity: Decimal | None, known: Decimal | None, digest: str
) -> IntervalQuantity:
    method = interval.method if quantity is None else Method.VIRTUAL
    return replace(
        interval,
        quantity=quantity,
        known=known,
        method=method,
        findings=(),
        more_findings=0,
        readings=(),
        multipliers=(),
        hash=digest,
        version=1,
    )


def _rows(parts: Mapping[str, Series]) -> list[tuple[IntervalQuantity, ...]]:
    if not parts:
        raise ValueError("a virtual meter needs other meters")
    rows = list(zip(*parts.values(), strict=True))
    for row in rows:
        if len({(interval.span, interval.unit) for interval in row}) > 1:
            raise ValueError(f"{', '.join(parts)}: intervals and units of the parts must be the same")
    return rows


def _combined(
    tag: str, operation: str, plus: Mapping[str, IntervalQuantity], minus: Mapping[str, IntervalQuantity]
) -> IntervalQuantity:
    every = [*plus.values(), *minus.values()]
    is_whole = all(part.quantity is not None for part in every)
    added = [in_micro(part.known) for part in plus.values() if part.known is not None]
    taken = [in_micro(part.known) for part in minus.values() if part.known is not None]
    has_bound = is_whole or (not minus and bool(added))
    known = from_micro(sum(added) - sum(taken)) if has_bound else None
    span = every[0].span
    missing_ns = max(part.missing_ns for part in every)
    covered_ns = span.end_ns - span.start_ns - missing_ns
    estimated_ns = min(max(part.estimated_ns for part in every), covered_ns)  # the time of the worst part
    sources = [[name, part.hash] for name, part in sorted({**plus, **minus}.items())]
    document = {"canon": CANON, "virtual": tag, operation: sources, "less": sorted(minus)}
    lacking = Method.MISSING if known is None else Method.PARTIAL
    marks = {mark for part in every for mark in part.marks}
    return IntervalQuantity(
        span,
        every[0].unit,
        known if is_whole else None,
        known,
        Method.VIRTUAL if is_whole else lacking,
        covered_ns - estimated_ns,
        estimated_ns,
        tuple(mark for mark in Mark if mark in marks),
        (),
        0,
        (),
        (),
        digest_of(document),
        any(part.is_provisional for part in every),
    )
