"""Stored intervals anew: with other multipliers, with readings or events that came late, without some that were wrong.

    plain stretches ─▶ whole numbers only, column by column ─┐
    everything else ─▶ links (relink) ─▶ cutter              ├─▶ what changed, as another version

Both ways give the same bytes; the first is for the years in which nothing happened.
"""

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, replace
from operator import sub

from rules.energy.account import Item
from rules.energy.allocation import MICRO
from rules.energy.cutter import Cutter
from rules.energy.day import Content, gathered
from rules.energy.grid import Grid, Span
from rules.energy.quantity import IntervalQuantity
from rules.energy.relink import Chain, chains_of, relinked
from rules.energy.spec import Factors, MeterSpec, factor_at
from rules.energy.stretch import Context, Stretch


def recut(
    spec: MeterSpec,
    grid: Grid,
    stored: Sequence[IntervalQuantity],
    wanted: Span,
    *,
    added: Iterable[Item] = (),
    removed: Iterable[Item] = (),
) -> list[IntervalQuantity]:
    """The intervals within `wanted` that are others now, or new, with their versions counted on.

    `stored` are in order and reach as far back as the earliest of their own readings within `wanted`: what was said
    about a link stands where it begins. Readings of a gap-less time are thinned out (only deciding ones are kept), so a
    multiplier that changes within such a time divides it in proportion.
    """
    chains = _with(spec, chains_of(stored), list(added), list(removed))
    old = {one.span: one for one in stored}
    found = {one.span: one for chain in chains for one in _cut(spec, grid, chain, old)}
    changed: list[IntervalQuantity] = []
    for span, fresh in sorted(found.items(), key=lambda entry: entry[0].start_ns):
        if span.start_ns < wanted.start_ns or span.end_ns > wanted.end_ns:
            continue
        before = old.get(span)
        if before is None:
            changed.append(fresh)
        elif not _is_same(before, fresh):
            changed.append(replace(fresh, version=before.version + 1))
    return changed


def _with(spec: MeterSpec, chains: list[Chain], added: Sequence[Item], removed: Sequence[Item]) -> list[Chain]:
    """Every item goes to the last chain that begins before it, or to the first."""
    if not chains:
        return [relinked(spec, Chain((), is_baseline=True), added, ())] if added else []
    starts = [chain.links[0].start.time_ns for chain in chains]
    found = []
    for place, chain in enumerate(chains):
        low = starts[place] if place else -(2**63)
        high = starts[place + 1] if place + 1 < len(starts) else 2**63
        mine, gone = ([one for one in items if low <= one.time_ns < high] for items in (added, removed))
        found.append(relinked(spec, chain, mine, gone))
    return found


def _cut(spec: MeterSpec, grid: Grid, chain: Chain, old: Container[Span]) -> list[IntervalQuantity]:
    """Its intervals. What is cut off at its ends counts only where it was stored so."""
    cutter = Cutter(spec, grid)
    first, *links = chain.links
    if chain.is_baseline:
        cutter.take(first)
    else:
        cutter.resume(first.end)
    found = [interval for link in links for interval in cutter.take(link)]
    last = cutter.open()
    if found and not chain.is_baseline and found[0].span not in old:
        del found[0]
    return [*found, *([last] if last and last.span in old else [])]


def _is_same(before: IntervalQuantity, fresh: IntervalQuantity) -> bool:
    """Nothing but the declaration under which it was decided, its version, or whether it may still change, differs."""
    if before.more_findings:  # what was only counted is not there any more to be counted again
        return _numbers(before) == _numbers(fresh)
    alike = replace(fresh, hash=before.hash, version=before.version, is_provisional=before.is_provisional)
    return alike == before


def _numbers(one: IntervalQuantity) -> tuple[object, ...]:
    return one.known, one.measured_ns, one.estimated_ns, one.multipliers


@dataclass(frozen=True, slots=True)
class Terms:
    """A declaration, and what follows from it, made once for many days."""

    spec: MeterSpec
    factors: Factors
    digest: str

    @classmethod
    def of(cls, spec: MeterSpec) -> "Terms":
        """The terms of a declaration."""
        return cls(spec, spec.factors(), spec.digest)


def recut_plain(terms: Terms, content: Content) -> Content | None:
    """A day of plain stretches with the multipliers of the declaration, the same object where nothing changes.

    `None` where the way over the links is needed: a remarkable interval, or a multiplier that changes within.
    """
    if content.odd:
        return None
    contexts: list[Context] = []
    stretches: list[Stretch] = []
    is_same = True
    for one in content.stretches:
        if _has_change(one, terms.factors):
            return None
        context = content.contexts[one.context]
        held = terms.spec.held(one.start_ns, one.end_ns)
        if held != context.multipliers:
            is_same, context = False, Context(terms.digest, held)
        fresh = one if held == content.contexts[one.context].multipliers else _counted(one, terms.factors)
        if context not in contexts:
            contexts.append(context)
        place = contexts.index(context)
        stretches.append(fresh if fresh.context == place else replace(fresh, context=place))
    return content if is_same else gathered(contexts, stretches, ())


def _has_change(stretch: Stretch, factors: Factors) -> bool:
    """Whether a multiplier changes between the first and the last of its readings."""
    first, last = stretch.start_ns + stretch.before_ns[0], stretch.end_ns + stretch.after_ns[-1]
    return len(factors) > 1 and any(first < valid_ns <= last for valid_ns, _ in factors)


def _counted(stretch: Stretch, factors: Factors) -> Stretch:
    """The stretch with another factor: `round_micro` of the register at each boundary, in whole numbers.

    The register at a boundary is before + rise * part / whole, with times part and whole; everything over one
    denominator, and half of it added, is rounded down.
    """
    factor = factor_at(factors, stretch.start_ns)
    ratio = factor * MICRO / 10**stretch.scale
    over, under = 2 * ratio.numerator, ratio.denominator
    spans = map(sub, stretch.after_ns, stretch.before_ns)
    rounded = [
        ((low * span - rise * before) * over + span * under) // (2 * span * under)
        if span
        else (low * over + under) // (2 * under)
        for span, before, low, rise in zip(spans, stretch.before_ns, stretch.before, stretch.rise, strict=True)
    ]
    micro = list(map(sub, rounded[1:], rounded))
    return replace(stretch, micro=micro, version=stretch.version + 1)
