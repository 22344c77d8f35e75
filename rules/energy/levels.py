"""Which readings of a register are believed, and how each follows the one before.

    reading ──follows the last believed one?── yes ─▶ link ─▶ tail (may still be taken back) ─▶ final links
                      │ no
                      ▼
                   pending: a new level? believed after N rising readings, refused when the old level comes back

A new level that fits behind an earlier reading of the tail takes the tail back: what lay between was a spike. A level
is as believable as any other once N different values of it have been seen, so the tail is short.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

from rules.energy.link import Join, Link
from rules.energy.marks import Finding, Findings, Mark
from rules.energy.reading import Event, EventKind, Origin, Reading
from rules.energy.spec import MeterSpec, factor_at

LONGEST_TAIL = 100  # readings that one spike may last
NEAR_END = Decimal("0.9")  # of the modulus: where a register must stand to roll over
NEAR_START = Decimal("0.1")  # of the modulus: where it must stand afterwards
_HOUR_NS = 3_600_000_000_000
_JOINS = {EventKind.EXCHANGE: Join.EXCHANGE, EventKind.RESET: Join.OPERATOR_RESET}


class Levels:
    """Takes readings and events in order of time; gives links that nothing can take back any more.

    `tail` holds the links that may still be taken back. Bounded: at most `LONGEST_TAIL` links, two readings per value
    of the pending level, and twenty findings.
    """

    __slots__ = ("_base", "_broken", "_dense", "_factors", "_flow", "_pending", "_refused", "_spec", "_sure", "tail")

    def __init__(self, spec: MeterSpec, dense: Sequence[tuple[int, int]] = ()) -> None:
        self._spec = spec
        self._dense = dense  # times of which not all readings are kept: each followed the one before
        self._factors = spec.factors()
        self._flow = None if spec.rated is None else Fraction(spec.rated) * Fraction(spec.margin) / _HOUR_NS
        self._sure = None if self._flow is None else _below(self._flow / max(factor for _, factor in self._factors))
        self._base: Reading | None = None  # the last believed reading
        self._broken: Join | None = None  # an event said that the register changed, without its first value
        self._pending: list[Reading] = []
        self._refused = Findings()
        self.tail: list[Link] = []

    def read(self, reading: Reading) -> list[Link]:
        """The next reading of the meter, later than all before."""
        if self._base is None:
            return self._begin(reading)
        if self._broken is not None:
            join, self._broken = self._broken, None
            self._append(reading, join)
        elif self._follows(self._base, reading):
            self._refuse_pending()
            self._append(reading, Join.RISE)
        else:
            self._suspect(reading)
        return self._settled()

    def accept(self, link: Link) -> list[Link]:
        """A link from the last believed reading that was found before, by readings that are not kept.

        Pending readings that lead to its end begin the level earlier; others are refused.
        """
        if link.join is not Join.RISE and self._pending and self._follows(self._pending[-1], link.end):
            self._pending.append(link.end)
            self._believe()
            return self._settled()
        self._refuse_pending()
        refused, self._refused = self._refused, Findings()
        refused.take(link.refused)
        self.tail.append(replace(link, refused=refused))
        self._base = link.end
        return self._settled()

    def happen(self, event: Event) -> list[Link]:
        """An operator's event. Everything before it is final, and what was pending is refused."""
        self._refuse_pending()
        join = _JOINS[event.kind]
        final, first = _registers(event)
        if self._base is None:
            return [] if first is None else self._begin(first)
        if final is not None:
            self._end(final)
        self._broken = join if first is None else None
        if first is not None:
            self._append(first, join)
        links, self.tail = self.tail, []
        return links

    def _end(self, final: Reading) -> None:
        """The old register's last value. After an event without a first value nobody knows what led to it."""
        if self._broken is not None:
            self._append(final, self._broken)
        elif self._base is not None and self._follows(self._base, final):
            self._append(final, Join.RISE)
        else:
            self._refused.add([Finding(Mark.FINAL_UNFIT, (final,))])

    def _begin(self, reading: Reading) -> list[Link]:
        self._base = reading
        return [Link(reading, reading, Join.FIRST)]

    def _append(self, reading: Reading, join: Join) -> None:
        if self._base is not None:
            refused, self._refused = self._refused, Findings()
            self.tail.append(Link(self._base, reading, join, refused))
        self._base = reading

    def _follows(self, earlier: Reading, later: Reading) -> bool:
        """The register did not fall, and not rise by more than the rated flow allows."""
        return later.value >= earlier.value and self._is_possible(earlier, later, later.value - earlier.value)

    def _is_possible(self, earlier: Reading, later: Reading, difference: Decimal) -> bool:
        if self._flow is None or self._sure is None:
            return True
        if difference <= self._sure * (later.time_ns - earlier.time_ns):
            return True
        if any(start <= earlier.time_ns and later.time_ns <= end for start, end in self._dense):
            return True
        most = self._flow * (later.time_ns - earlier.time_ns + self._spec.slack_ns)
        return (Fraction(difference) - Fraction(self._spec.resolution)) * factor_at(
            self._factors, later.time_ns
        ) <= most

    def _suspect(self, reading: Reading) -> None:
        """A reading that does not follow: it may be the first of a new level."""
        if self._pending and not self._follows(self._pending[-1], reading):
            self._refuse_pending()
        if [earlier.value for earlier in self._pending[-2:]] == [reading.value] * 2:
            self._pending.pop()  # of readings that stand still the first and the last are enough
        self._pending.append(reading)
        if len({pending.value for pending in self._pending}) >= self._spec.confirm:
            self._believe()

    def _believe(self) -> None:
        """The pending readings are a level: find out how it follows."""
        chain, self._pending = self._pending, []
        join = self._take_back(chain[0]) or self._join(chain[0])
        self._append(chain[0], join)
        for _, later in pairwise(chain):
            self._append(later, Join.RISE)

    def _take_back(self, first: Reading) -> Join | None:
        """Take back the links of a spike: the new level goes on where an earlier reading of the tail ended."""
        if self._base is None or first.value >= self._base.value:
            return None
        for place in range(len(self.tail) - 1, -1, -1):
            link = self.tail[place]
            if link.join is not Join.RISE:
                return None
            if self._follows(link.start, first):
                taken, self.tail = self.tail[place:], self.tail[:place]
                self._refuse_links(taken)
                self._base = link.start
                return Join.RISE
        return None

    def _refuse_links(self, links: list[Link]) -> None:
        later, self._refused = self._refused, Findings()
        for link in links:
            self._refused.take(link.refused)
            self._refused.add([Finding(Mark.SPIKE, (link.end,))])
        self._refused.take(later)

    def _join(self, first: Reading) -> Join:
        base, modulus = self._base, self._spec.modulus
        if base is None or first.value >= base.value:
            return Join.JUMP
        if modulus is None or base.value < modulus * NEAR_END or not 0 <= first.value <= modulus * NEAR_START:
            return Join.RESET
        is_inside = base.value < modulus and self._is_possible(base, first, first.value + modulus - base.value)
        return Join.ROLLOVER if is_inside else Join.RESET

    def _refuse_pending(self) -> None:
        base, pending, self._pending = self._base, self._pending, []
        for reading in pending:
            is_low = base is not None and reading.value < base.value
            self._refused.add([Finding(Mark.TRANSIENT if is_low else Mark.IMPLAUSIBLE, (reading,))])

    def _settled(self) -> list[Link]:
        """Links after whose start enough different values, or very many readings, have been believed."""
        if len(self.tail) < self._spec.confirm:
            return []
        count = 0
        while len(self.tail) - count > LONGEST_TAIL or self._is_confirmed(count):
            count += 1
        final, self.tail = self.tail[:count], self.tail[count:]
        return final

    def _is_confirmed(self, place: int) -> bool:
        if len(self.tail) - place < self._spec.confirm:
            return False
        return len({link.end.value for link in self.tail[place:]}) >= self._spec.confirm

    @property
    def base(self) -> Reading | None:
        """The last believed reading."""
        return self._base

    @property
    def is_broken(self) -> bool:
        """An event said that the register changed, and nothing has been read since."""
        return self._broken is not None

    @property
    def is_settled(self) -> bool:
        """Nothing waits to be believed or refused."""
        return not self._pending and self._broken is None and not self._refused.listed

    def doubts(self) -> Findings:
        """What stands at the end, for now: refused or pending readings after the last believed one."""
        found = Findings(list(self._refused.listed), self._refused.more)
        base = self._base
        for reading in self._pending:
            is_low = base is not None and reading.value < base.value
            found.add([Finding(Mark.TRANSIENT if is_low else Mark.IMPLAUSIBLE, (reading,))])
        return found

    @property
    def state(self) -> dict[str, Any]:
        """JSON."""
        return {
            "base": self._base and self._base.row,
            "broken": self._broken,
            "pending": [reading.row for reading in self._pending],
            "refused": self._refused.state,
            "tail": [link.state for link in self.tail],
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a saved state."""
        self._base = Reading.of_row(state["base"]) if state["base"] else None
        self._broken = Join(state["broken"]) if state["broken"] else None
        self._pending = [Reading.of_row(row) for row in state["pending"]]
        self._refused = Findings.of_state(state["refused"])
        self.tail = [Link.of_state(link) for link in state["tail"]]


def _below(number: Fraction) -> Decimal:
    """A decimal that is surely lower, and near: with it most readings are seen to be possible without fractions."""
    return Decimal(number.numerator) / Decimal(number.denominator) * Decimal("0.999999999")


def _registers(event: Event) -> tuple[Reading | None, Reading | None]:
    """The last value of the old register and the first of the new one, as far as they were written down."""
    final, initial = (
        None if value is None else Reading(event.time_ns, value, origin=origin, evidence=event.evidence)
        for value, origin in ((event.final, Origin.FINAL), (event.initial, Origin.INITIAL))
    )
    return final, initial
