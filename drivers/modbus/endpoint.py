"""One endpoint at work: requests in turn, one at a time; units that fail are left alone and probed last.

due ──▶ queue ──▶ line.send          every living unit's requests of the cycle, then at most one probe
          ▲          │
          └─ next ◀──┴─ answered | refused | silent | broken ──▶ batch, or what went wrong
"""

import asyncio
from collections import deque
from collections.abc import Sequence

from drivers.modbus.ask import Ask
from drivers.modbus.config import Connection
from drivers.modbus.line import Line
from drivers.modbus.poll import Poll, PollRead
from drivers.modbus.report import Report
from drivers.modbus.request import Request, exception_text
from drivers.modbus.unit import Patience, Unit, next_probe
from gateway.core.batch import Batch
from gateway.core.clock import Clock
from gateway.core.ports import Counts, Frame, Intake
from gateway.core.quality import Quality

BUSY_WAIT_S = 0.1  # after exceptions 5 and 6
BUSY_TRIES = 3
SILENT_LIMIT = 5  # requests in a row without an answer while no unit answers: the connection itself is suspect


class Endpoint:
    """The state machine of one connection, the `Listener` of its line. Everything returns at once.

    `units` and their polls outlive it: what is known of them (back-off, learned plans) holds for the next connection.
    """

    __slots__ = (
        "_accept", "_away", "_begun", "_busy", "_counts", "_current", "_device", "_intake", "_is_traced", "_line",
        "_loop", "_may_probe", "_monotonic", "_options", "_patience", "_queue", "_silent", "_time_ns", "_units",
        "_wake", "ended", "report", "work",
    )  # fmt: skip

    def __init__(
        self,
        options: Connection,
        units: Sequence[Unit],
        report: Report,
        *,
        intake: Intake,
        clock: Clock,
        counts: Counts,
    ) -> None:
        self._options = options
        self._units = list(units)
        self._counts = counts
        self._time_ns = clock.time_ns
        self._monotonic = clock.monotonic
        self._loop = asyncio.get_running_loop()
        self._intake = intake
        self._accept = intake.accept
        self._is_traced = intake.is_traced
        self.report = report
        self._patience = Patience(options.retries, options.backoff, options.backoff_max)
        self._queue: deque[Request] = deque()
        self._busy: dict[PollRead, asyncio.TimerHandle] = {}
        self._current: Request | None = None
        self._begun = 0.0  # by the loop's time, when a request was sent; 0: none is under way
        self._device = ""  # of the request that was sent last
        self._line: Line | None = None
        self._wake: asyncio.TimerHandle | None = None
        self._may_probe = False
        self._silent = 0
        self.work = asyncio.Event()  # something waits while there is no line
        self.ended: asyncio.Future[str] = self._loop.create_future()  # why the line was lost; empty: all is read
        self._away = {unit for unit in units if unit.is_failing}
        for unit in self._units:
            unit.has_answered, unit.needs_care = False, True
            unit.waiting.clear()
            for poll in unit.polls:
                poll.outstanding = 0

    @property
    def is_connected(self) -> bool:
        """True while it has a line that is not ending."""
        return self._line is not None and not self.ended.done()

    def begin(self) -> None:
        """A line is going to be opened; `ended` is about that one from now on."""
        self.ended = self._loop.create_future()

    def attach(self, line: Line) -> None:
        """Work on this line from now on, until `ended` - which a line may have been before it came here."""
        if self.ended.done():
            return
        self._line = line
        self._silent = 0
        self.work.clear()
        self._next()

    def detach(self, why: str) -> None:
        """Leave the line and forget what was queued."""
        self._line = None
        for timer in (self._wake, *self._busy.values()):
            if timer is not None:
                timer.cancel()
        self._wake = None
        self._busy.clear()
        dropped = [*self._queue, self._current]
        self._queue.clear()
        self._current = None
        self._begun = 0.0
        for request in dropped:
            if isinstance(request, Ask):
                request.lose(why)
        for unit in self._units:
            for poll in unit.polls:
                poll.outstanding = 0

    def due(self, polls: Sequence[Poll], missed: int) -> None:
        """These polls are due now, after `missed` beats that never came. One that is still at it is skipped."""
        self._may_probe = True
        if missed:
            self._counts["missed_polls"] += missed * len(polls)
        for poll in polls:
            if poll.unit.failures:
                poll.unit.waiting[poll] = None
            elif poll.outstanding:
                self._counts["missed_polls"] += 1
            else:
                requests = poll.turn(self._monotonic()) if poll.needs_care else poll.proven
                poll.outstanding = len(requests)
                self._queue.extend(requests)
        if self._line is None:
            if self._queue or next_probe(self._away, self._monotonic()):
                self.work.set()
        elif self._current is None:
            self._next()

    def ask(self, request: Ask) -> None:
        """Put a request that a person waits for before everything else."""
        if self._line is None:
            request.lose("the connection is gone")
            return
        self._queue.appendleft(request)
        self._next()

    def _next(self) -> None:
        """Send what is next, unless something is under way or the line must rest."""
        line = self._line
        if line is None or self._current is not None:
            return
        if self._begun:
            self._counts["busy_us"] += int((self._loop.time() - self._begun) * 1e6)
            self._begun = 0.0
        if line.ready_at and self._loop.time() < line.ready_at:
            if self._wake is None:
                self._wake = self._loop.call_at(line.ready_at, self._woken)
            return
        if self._queue:
            request = self._queue.popleft()
        else:
            probe = self._probe() if self._away and self._may_probe else None
            if probe is None:
                self._rest()
                return
            request = probe
        self._current = request
        self._device = request.device
        line.is_watched = self._is_traced(request.device) or request.__class__ is Ask
        self._counts["requests"] += 1
        self._begun = self._loop.time()
        line.send(request)

    def _rest(self) -> None:
        """Nothing is to be sent now."""
        if self._options.close_after_poll and not self._busy and not self.ended.done():
            self.ended.set_result("")

    def _woken(self) -> None:
        self._wake = None
        self._next()

    def _probe(self) -> Request | None:
        """One request of the failing unit whose turn it is, once a cycle and only after everybody else was read."""
        now = self._monotonic()
        unit = next_probe(self._away, now)
        if unit is None:
            return None
        for poll in list(unit.waiting):
            requests = poll.turn(now)
            if requests:
                self._may_probe = False
                self._counts["probes"] += 1
                poll.outstanding = 1
                return requests[0]
            del unit.waiting[poll]
        return None

    def answered(self, request: Request, data: bytes, offset: int) -> None:
        """The data of a good answer: decode it and hand it in, then send the next request."""
        self._current = None
        self._silent = 0
        if request.__class__ is PollRead:
            poll = request.poll
            if poll.needs_care or poll.unit.needs_care:
                self._take_care(request)
            values, quality = request.decoder.decode(data, offset)
            mask = request.mask
            if mask is not None:
                values, quality = request.spread(values, quality)
            if self._accept(Batch(poll.block, values, self._time_ns(), quality, mask)) is None:
                self._counts["refused"] += 1
            poll.outstanding -= 1
        elif isinstance(request, Ask):
            request.answer(data, offset)
        self._next()

    def refused(self, request: Request, code: int) -> None:
        """A Modbus exception: what it means decides what is done."""
        self._current = None
        self._silent = 0
        self._counts["exceptions"] += 1
        if isinstance(request, PollRead):
            self._refuse(request, code)
        elif isinstance(request, Ask):
            request.fail(_quality_of(code), exception_text(code))
        self._next()

    def silent(self, request: Request) -> None:
        """No answer in time: the unit failed; after many in a row, with no unit left, the connection is suspect."""
        self._current = None
        self._silent += 1
        what = f"no answer within {self._options.timeout:g} s"
        if isinstance(request, PollRead):
            self._unit_failed(request.poll, Quality.BAD_TIMEOUT, what)
        elif isinstance(request, Ask):
            request.fail(Quality.BAD_TIMEOUT, what)
        if self._silent >= SILENT_LIMIT and self._options.is_stream and all(unit.is_failing for unit in self._units):
            self.lost(f"it takes the connection but left {self._silent} requests in a row without an answer")
        self._next()

    def broken(self, request: Request, why: str) -> None:
        """An answer that does not fit: nothing of it is believed."""
        self._current = None
        self._silent = 0
        what = f"the answer does not fit the request ({why})"
        if isinstance(request, PollRead):
            self._poll_failed(request.poll, Quality.BAD_PROTOCOL, what)
        elif isinstance(request, Ask):
            request.fail(Quality.BAD_PROTOCOL, what)
        self._next()

    def lost(self, why: str) -> None:
        """The line is gone. A unit whose request was under way may be the cause, and counts it as a failure."""
        if isinstance(self._current, PollRead):
            unit = self._current.poll.unit
            unit.fail(self._monotonic(), self._patience)
            self._away.add(unit)
        self.detach(f"{self._options.endpoint}: {why}")
        if not self.ended.done():
            self.ended.set_result(why)

    def passed(self, sent: bool, data: bytes, note: str = "") -> None:
        """A frame passed while somebody watches this device."""
        if isinstance(self._current, Ask):
            self._current.passed(Frame(self._time_ns(), self._device, sent, data, note))
        if self._is_traced(self._device):
            self._intake.frame(Frame(self._time_ns(), self._device, sent, data, note))

    def _take_care(self, request: PollRead) -> None:
        """An answer that changes something: a unit or a block is back, or a piece of a refused block is proven."""
        poll = request.poll
        self._unit_answers(poll)
        back = poll.prove(request)
        if back:
            self.report.points_back(poll, back)
        self.report.poll_up(poll)
        poll.settle()

    def _unit_answers(self, poll: Poll) -> None:
        unit = poll.unit
        if not unit.needs_care:
            return
        was_failing = unit.is_failing
        unit.answer()
        self._away.discard(unit)
        self.report.unit_up(unit)
        if was_failing:
            self._resume(unit, poll)

    def _resume(self, unit: Unit, probed: Poll) -> None:
        """A unit is back: read what became due while it was away; of `probed` the first request is done."""
        now = self._monotonic()
        for poll in unit.waiting:
            requests = poll.turn(now)
            poll.outstanding = len(requests)
            self._queue.extend(requests[1:] if poll is probed else requests)
        unit.waiting.clear()

    def _refuse(self, request: PollRead, code: int) -> None:
        poll, what = request.poll, exception_text(code)
        if code in {10, 11}:
            self._unit_failed(poll, Quality.BAD_GATEWAY_PATH, what)
            return
        self._unit_answers(poll)
        if code in {1, 2, 3}:
            poll.outstanding -= 1
            absent = poll.refuse(request, is_quantity=code == 3)
            poll.postpone_absent(self._monotonic())
            if absent:
                self.report.points_absent(poll, absent, what)
        elif code in {5, 6} and request.busy_tries < BUSY_TRIES:
            request.busy_tries += 1
            self._busy[request] = self._loop.call_later(BUSY_WAIT_S, self._try_again, request)
        else:
            request.busy_tries = 0
            self._poll_failed(poll, Quality.BAD_DEVICE, what)

    def _try_again(self, request: PollRead) -> None:
        """A unit that was busy has had its time."""
        del self._busy[request]
        if request.poll.unit.is_failing:
            request.poll.outstanding = 0
            request.poll.unit.waiting[request.poll] = None
        else:
            self._queue.append(request)
        self._next()

    def _poll_failed(self, poll: Poll, quality: Quality, what: str) -> None:
        """The unit answers, but not with this block: the block is left alone for a while, the unit is not."""
        self._unit_answers(poll)
        poll.outstanding = max(0, poll.outstanding - 1)
        poll.needs_care = True
        poll.failures += 1
        wait_s = self._patience.wait_s(poll.failures)
        poll.retry_at = self._monotonic() + wait_s
        if wait_s:
            self.report.poll_down(poll, quality, what)

    def _unit_failed(self, failed: Poll, quality: Quality, what: str) -> None:
        """A unit did not answer: the rest of its requests in this cycle is skipped."""
        unit = failed.unit
        self._skip(unit, failed)
        self._away.add(unit)
        if unit.fail(self._monotonic(), self._patience):
            others = [other for other in self._units if other is not unit]
            self.report.unit_down(unit, quality, f"{what} ({unit.failures} times)", others)

    def _skip(self, unit: Unit, failed: Poll) -> None:
        failed.outstanding = 0
        unit.waiting[failed] = None
        for busy in [one for one in self._busy if one.poll.unit is unit]:  # it would be sent twice otherwise
            self._busy.pop(busy).cancel()
            busy.poll.outstanding = 0
            unit.waiting[busy.poll] = None
        kept: deque[Request] = deque()
        for request in self._queue:
            if isinstance(request, PollRead) and request.poll.unit is unit:
                request.poll.outstanding = 0
                unit.waiting[request.poll] = None
            else:
                kept.append(request)
        self._queue = kept


def _quality_of(code: int) -> Quality:
    if code in {1, 2, 3}:
        return Quality.BAD_NO_REGISTER
    return Quality.BAD_GATEWAY_PATH if code in {10, 11} else Quality.BAD_DEVICE
