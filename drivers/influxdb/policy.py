"""What to do with every answer: advance, keep, split, isolate refused lines, ask with a heartbeat. Pure, no I/O.

    next() ──▶ Send(lines) | Probe ──▶ (the sink asks the server) ──▶ answered(answer) ──▶ None: go on | Keep: stop here
       └────▶ None: the body is settled, `refused` says which lines were not taken

A line is given up only when three things are true: it was refused alone (or by its number), the server accepts a line
of the gateway's own, and that was asked after the refusal. Everything else is kept: a wrong organisation or a full disk
refuses all lines for a reason that has nothing to do with them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from drivers.influxdb.transport import Answer

CONFIRM_EVERY = 20  # suspects, so that an interruption undoes no more than their isolation
SAME_FAULTS = 10  # identical 5xx answers to one body before its lines are suspected
MAX_REFUSALS = 500  # per call of write: a wholly poisoned backlog must not hammer the server


class Cause(StrEnum):
    """Why nothing more is sent for now."""

    UNEXPECTED = "unexpected"  # an answer that no InfluxDB gives: another 2xx, an odd 4xx
    REDIRECT = "redirect"
    TOKEN = "token"  # noqa: S105 - a cause, not a secret
    FORBIDDEN = "forbidden"
    MISSING = "missing"
    BUSY = "busy"
    FAULT = "fault"
    REFUSES_ALL = "refuses_all"  # even the heartbeat
    TOO_MANY = "too_many"  # refusals in one call


@dataclass(frozen=True, slots=True)
class Send:
    """Send these lines of the body (positions, in order)."""

    lines: Sequence[int]


@dataclass(frozen=True, slots=True)
class Probe:
    """Send the heartbeat line."""


@dataclass(frozen=True, slots=True)
class Keep:
    """Stop and keep everything that is not settled."""

    cause: Cause
    answer: Answer


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """A line that is not wanted, and why."""

    line: int
    status: int
    reason: str


def _cause_to_keep(status: int) -> Cause | None:
    """Why an answer says nothing against the lines; `None` where it may (400, 413, 422)."""
    if status in {400, 413, 422}:
        return None
    if 300 <= status < 400:
        return Cause.REDIRECT
    if status in {429, 503}:
        return Cause.BUSY
    if status >= 500 or status == 408:
        return Cause.FAULT
    return {401: Cause.TOKEN, 403: Cause.FORBIDDEN, 404: Cause.MISSING}.get(status, Cause.UNEXPECTED)


class Settlement:
    """Settles one body after the other. Survives interruptions: `resume` goes on where a `Keep` stopped it."""

    def __init__(self) -> None:
        self._open: list[Sequence[int]] = []  # what is not settled; the last one is next
        self._suspects: list[RefusedLine] = []  # refused alone, before the heartbeat confirmed it
        self._refusal: Answer | None = None  # waits for the heartbeat before the lines are divided
        self._is_trusted = False  # the heartbeat was accepted since the first refusal
        self._dividing_status: int | None = None  # a 5xx that is being isolated
        self._is_probing = False
        self._refusals = 0
        self._fault_status = 0
        self._faults = 0
        self.refused: list[RefusedLine] = []  # of the body at hand
        self.too_large: int | None = None  # lines of the smallest request that was answered with 413

    def load(self, count: int) -> None:
        """Start with a body of `count` lines."""
        self._open = [range(count)] if count else []
        self.refused = []
        self._suspects = []
        self._fault_status = self._faults = 0
        self.resume(keep_budget=True)

    def resume(self, *, keep_budget: bool = False) -> None:
        """Go on after a `Keep`: what was doubted is asked again from the start."""
        if self._suspects:
            self._open.append(sorted(suspect.line for suspect in self._suspects))
            self._suspects = []
        self._refusal = self._dividing_status = None
        self._is_trusted = self._is_probing = False
        if not keep_budget:
            self._refusals = 0

    def next(self) -> Send | Probe | None:
        """What to send; `None`: settled."""
        is_confirming = len(self._suspects) >= (CONFIRM_EVERY if self._open else 1)
        self._is_probing = self._refusal is not None or is_confirming
        if self._is_probing:
            return Probe()
        return Send(self._open[-1]) if self._open else None

    def answered(self, answer: Answer) -> Keep | None:
        """Take the answer to what `next` gave; `Keep` where the rest has to wait."""
        if self._is_probing:
            return self._probe_answered(answer)
        if answer.is_accepted:
            self._open.pop()
            return None
        cause = _cause_to_keep(answer.status)
        if cause is not None and not self._is_suspicious_fault(cause, answer):
            return Keep(cause, answer)
        self._refusals += 1
        if self._refusals > MAX_REFUSALS:
            return Keep(Cause.TOO_MANY, answer)
        if not self._is_settled_by_numbers(answer):
            self._doubt(answer)
        return None

    def _probe_answered(self, answer: Answer) -> Keep | None:
        if not answer.is_accepted:
            return Keep(_cause_to_keep(answer.status) or Cause.REFUSES_ALL, answer)
        self._is_trusted = True
        self.refused += self._suspects
        self._suspects = []
        if self._refusal is not None:
            refusal, self._refusal = self._refusal, None
            self._dividing_status = refusal.status if refusal.status >= 500 else None
            self._divide(refusal)
        return None

    def _is_suspicious_fault(self, cause: Cause, answer: Answer) -> bool:
        """True where a 5xx came so often, or while it is being isolated, that the lines may be the reason."""
        if cause is not Cause.FAULT or answer.status < 500:
            return False
        self._faults = self._faults + 1 if answer.status == self._fault_status else 1
        self._fault_status = answer.status
        return self._faults >= SAME_FAULTS or (self._is_trusted and answer.status == self._dividing_status)

    def _is_settled_by_numbers(self, answer: Answer) -> bool:
        """Set the lines aside that the server named; the others are sent again (harmless where it took them)."""
        sent = self._open[-1]
        named = {number - 1: reason for number, reason in answer.line_reasons if 0 < number <= len(sent)}
        if not named or answer.status not in {400, 422} or len(named) != len(answer.line_reasons):
            return False
        self._open.pop()
        self._suspects += [RefusedLine(sent[i], answer.status, why or answer.reason) for i, why in named.items()]
        rest = [line for i, line in enumerate(sent) if i not in named]
        if rest:
            self._open.append(rest)
        return True

    def _doubt(self, answer: Answer) -> None:
        """Divide at once where that needs no proof (413) or the proof is there; otherwise ask the heartbeat first."""
        is_large = answer.status == 413 and len(self._open[-1]) > 1
        if is_large:
            self.too_large = min(len(self._open[-1]), self.too_large or len(self._open[-1]))
        if is_large or (self._is_trusted and answer.status < 500) or answer.status == self._dividing_status:
            self._divide(answer)
        else:
            self._refusal = answer

    def _divide(self, answer: Answer) -> None:
        lines = self._open.pop()
        if len(lines) == 1:
            self._suspects.append(RefusedLine(lines[0], answer.status, answer.reason))
            return
        middle = len(lines) // 2
        self._open += [lines[middle:], lines[:middle]]
