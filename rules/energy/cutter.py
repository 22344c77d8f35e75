"""Cuts links into the intervals of local time: quantity, coverage, flags and deciding readings of each.

Rounding happens here and nowhere else: register value times factor is rounded to micro-units (halves upwards) at a
boundary, and an interval is the difference of two such numbers. So intervals of any step add up exactly, none is
negative, and each follows from its deciding readings alone.
"""

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from rules.energy.allocation import round_micro
from rules.energy.course import Piece, course_of
from rules.energy.draft import Draft
from rules.energy.grid import Grid
from rules.energy.link import KNOWN, Join, Link
from rules.energy.marks import Finding, Mark
from rules.energy.notes import Notes
from rules.energy.quantity import IntervalQuantity
from rules.energy.reading import Reading
from rules.energy.spec import MeterSpec, factor_at


class Cutter:
    """Takes links in order; gives the intervals that they complete."""

    __slots__ = ("_draft", "_entered", "_factors", "_grid", "_last", "_meter", "_spec")

    def __init__(self, spec: MeterSpec, grid: Grid) -> None:
        self._spec = spec
        self._grid = grid
        self._factors = spec.factors()
        self._meter = spec.digest
        self._draft: Draft | None = None
        self._last: Reading | None = None
        self._entered = 0  # micro-units of the register where the draft's present stretch began

    def take(self, link: Link) -> list[IntervalQuantity]:
        """The intervals that this link completes."""
        draft = self._draft
        if draft is None:
            self._begin(link.end)
            return []
        done: list[IntervalQuantity] = []
        if self._is_plain(link, draft):
            draft.cover(link.span_ns, is_estimated=False)
        elif link.join in KNOWN:
            done = self._flow(link, draft)
        else:
            done = self._step(link, draft)
        self._last = link.end
        return done

    @property
    def end_ns(self) -> int | None:
        """Where the interval in the making ends; `None` before the first reading."""
        return None if self._draft is None else self._draft.span.end_ns

    def open(self) -> IntervalQuantity | None:
        """The interval that the last reading lies in, as far as it is known; `None` before the first reading."""
        if self._draft is None or self._last is None:
            return None
        draft = self._draft.copy()
        draft.micro += self._micro(self._last) - self._entered
        draft.decide(self._last)
        return draft.done(self._spec, self._meter)

    def copy(self) -> "Cutter":
        """Another one of the same state."""
        other = Cutter(self._spec, self._grid)
        other.restore(self.state)
        return other

    def _begin(self, first: Reading) -> None:
        self.resume(first).note(Finding(Mark.FIRST_READING, (first,)))

    def resume(self, first: Reading) -> Draft:
        """Go on from a reading before which everything is known."""
        self._draft = Draft(self._grid.span(first.time_ns))
        self._draft.decide(first)
        self._last, self._entered = first, self._micro(first)
        return self._draft

    def _micro(self, reading: Reading) -> int:
        return round_micro(Fraction(reading.value) * factor_at(self._factors, reading.time_ns))

    def _is_plain(self, link: Link, draft: Draft) -> bool:
        """Nothing but time: no boundary, no gap, nothing to say."""
        if link.join is not Join.RISE or link.end.time_ns >= draft.span.end_ns or self._is_long(link):
            return False
        return not (link.refused.listed or (len(self._factors) > 1 and self._changes(link)))

    def _is_long(self, link: Link) -> bool:
        return link.span_ns > self._spec.gap_ns and not link.is_dense

    def _changes(self, link: Link) -> list[int]:
        return [start for start, _ in self._factors if link.start.time_ns < start <= link.end.time_ns]

    def _flow(self, link: Link, draft: Draft) -> list[IntervalQuantity]:
        """A link over which the register counted."""
        pieces = course_of(link, self._spec.modulus, self._factors)
        rises = any(piece.end > piece.begin for piece in pieces)  # where nothing flowed nothing is estimated
        is_gap = rises and self._is_long(link)
        notes = Notes(link, self._changes(link), is_gap=is_gap)
        is_estimated = is_gap and link.end.time_ns > draft.span.end_ns
        between = None if not rises else Mark.GAP if is_gap else Mark.BOUNDARY
        notes.write(draft)
        done: list[IntervalQuantity] = []
        for piece in pieces:
            position_ns = piece.start_ns
            while draft.span.end_ns <= piece.end_ns:
                draft.cover(draft.span.end_ns - position_ns, is_estimated=is_estimated)
                position_ns = draft.span.end_ns
                self._leave(draft, round_micro(piece.at(position_ns)))
                draft = self._turn(draft, link, between, done)
                notes.write(draft)
            draft.cover(piece.end_ns - position_ns, is_estimated=is_estimated)
            self._leave(draft, round_micro(piece.end))
            self._entered = self._entered_after(piece, link)
        self._draft = draft
        return done

    def _leave(self, draft: Draft, here: int) -> None:
        """A stretch of the draft ends here, and another one begins."""
        draft.micro += here - self._entered
        self._entered = here

    def _entered_after(self, piece: Piece, link: Link) -> int:
        """Where the next stretch begins: the register with the multiplier that holds from here on."""
        if piece.end_ns == link.end.time_ns:
            return self._micro(link.end)
        before, after = (factor_at(self._factors, at_ns) for at_ns in (piece.start_ns, piece.end_ns))
        return round_micro(piece.end / before * after)

    def _turn(self, draft: Draft, link: Link, between: Mark | None, done: list[IntervalQuantity]) -> Draft:
        """The draft is over: the next one begins, decided by the same readings."""
        following = Draft(self._grid.span(draft.span.end_ns))
        if draft.span.end_ns == link.end.time_ns:
            deciding: tuple[Reading, ...] = (link.end,)
        else:
            deciding = (link.start, link.end)
            for one in (draft, following):
                one.marks |= {between} if between else set()
        draft.decide(*deciding)
        following.decide(*deciding)
        done.append(draft.done(self._spec, self._meter))
        return following

    def _step(self, link: Link, draft: Draft) -> list[IntervalQuantity]:
        """A link over which nobody knows what flowed, or that takes no time: its time stays missing."""
        self._leave(draft, self._micro(link.start))
        notes = Notes(link, [], is_gap=False)
        notes.write(draft)
        done: list[IntervalQuantity] = []
        while draft.span.end_ns <= link.end.time_ns:
            draft.decide(link.start, link.end)
            draft = self._turn(draft, link, None, done)
            notes.write(draft)
        draft.decide(link.end)
        self._draft, self._entered = draft, self._micro(link.end)
        return done

    @property
    def state(self) -> dict[str, Any]:
        """JSON."""
        return {
            "draft": self._draft and self._draft.state,
            "last": self._last and self._last.row,
            "entered": self._entered,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on from a saved state."""
        self._draft = Draft.of_state(state["draft"]) if state["draft"] else None
        self._last = Reading.of_row(state["last"]) if state["last"] else None
        self._entered = state["entered"]
