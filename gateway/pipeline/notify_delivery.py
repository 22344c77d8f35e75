"""One frozen message on its way to a channel's provider: the channel's rate, attempts, back-off, and how it ended.

Waits are measured on the monotonic clock; what is stored is UTC, so that a restart goes on where it was.
"""

import asyncio
import sqlite3
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from random import Random

from gateway.config.plan import ChannelPlan
from gateway.core.clock import Clock
from gateway.core.errors import GatewayError, Rejected, Unavailable
from gateway.core.notice import Notice, Notifier
from gateway.core.notice_queue import RowState
from gateway.pipeline.notify_line import Flight, Line
from gateway.store import notice_queue as queue
from gateway.store.findings import Findings, one_line
from gateway.store.state import State
from rules.notices.bucket import Bucket
from rules.notices.spec import SECOND

SEND_TIMEOUT_S = 20.0  # a notifier ends by itself within 15 s
FIRST_WAIT_S = 1.0
LONGEST_WAIT_S = 60.0
LONGEST_RETRY_AFTER_S = 1800.0  # what a provider may ask for at most
_LEAST_WAIT_S = 0.1  # full jitter may give next to nothing
DISK_WAIT_S = 5.0
FAULTS = 3  # calls that end in an error that no driver should raise; then the message is given up

OnSent = Callable[[Notice, str, str, bool], None]
"""Message, channel, the provider's answer or why it was not delivered, and whether it was."""

Store = Callable[[sqlite3.Connection], None]
"""What is written within a transaction."""


@dataclass(slots=True)
class ChannelStatus:
    """How a channel is, for the API."""

    state: str = "ok"  # "ok" | "waiting": tried again | "failing": the last message was given up
    error: str = ""
    hint: str = ""


class Times:
    """Steady time (monotonic nanoseconds, never steps) and UTC, one as the other."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def now_ns(self) -> int:
        """Steady."""
        return int(self._clock.monotonic() * SECOND)

    def utc_ns(self, steady_ns: int) -> int:
        """A moment of this run as UTC, by what the clock says now."""
        return self._clock.time_ns() - (self.now_ns() - steady_ns)

    def steady_ns(self, utc_ns: int) -> int:
        """A stored moment as steady time; never in the future: the clock may have been set back since."""
        return self.now_ns() - max(0, self._clock.time_ns() - utc_ns)

    def since(self, utc_ns: int | None) -> int | None:
        """The same, where there is one."""
        return None if utc_ns is None else self.steady_ns(utc_ns)


class Delivery:
    """Sends one message after the other through one notifier."""

    def __init__(
        self,
        plan: ChannelPlan,
        notifier: Notifier,
        state: State,
        clock: Clock,
        random: Random,
        on_sent: OnSent,
        *,
        timeout_s: float = SEND_TIMEOUT_S,
    ) -> None:
        self.status = ChannelStatus()
        self.record = queue.Record()
        self.findings = Findings("gateway.notify")
        self.line = Line()
        self.rate = plan.rate or notifier.rate
        self.bucket = self._bucket_of([])
        self._name = plan.name
        self._notifier = notifier
        self._state = state
        self._clock = clock
        self._times = Times(clock)
        self._random = random
        self._on_sent = on_sent
        self._timeout_s = timeout_s
        self._calls = asyncio.Lock()
        self._failures = 0
        self._faults: Counter[str] = Counter()  # by message: a fault ends the sender, its supervisor begins anew

    def _bucket_of(self, taken: Sequence[int]) -> Bucket:
        count, period_s = self.rate
        return Bucket(count, int(period_s * SECOND), taken)

    def load(self, record: queue.Record) -> None:
        """Take back what was stored of the channel."""
        self.record = record
        self.bucket = self._bucket_of([self._times.steady_ns(at_ns) for at_ns in record.taken])
        self.line = Line()

    def count(self, what: str, count: int = 1) -> None:
        """Add to the channel's account."""
        self.record.counts[what] = self.record.counts.get(what, 0) + count

    # -- tokens -------------------------------------------------------------------------------------------------------

    async def store_paid(self, store: Store, record: queue.Record, now_ns: int) -> None:
        """Store something that takes a token, in one transaction with the channel's record; the token is taken when
        that is done. Raises Unavailable."""
        record.taken = [self._times.utc_ns(at_ns) for at_ns in (*self.bucket.taken(now_ns), now_ns)]

        def write(db: sqlite3.Connection) -> None:
            with self._state.write(db):
                store(db)
                queue.save_record(db, self._name, record)

        await self._state.do(write)
        self.bucket.take(now_ns)
        self.record = record

    async def _pay(self, flight: Flight) -> float:
        """Take a token for one more attempt; seconds to wait where there is none."""
        now_ns = self._times.now_ns()
        free_ns = self.bucket.next_ns(now_ns)
        if free_ns <= now_ns:
            message = replace(flight.message, attempts=flight.message.attempts + 1)
            await self.store_paid(lambda db: queue.note_attempt(db, message), replace(self.record), now_ns)
            flight.message = message
            flight.is_paid = True
        return (free_ns - now_ns) / SECOND

    # -- sending ------------------------------------------------------------------------------------------------------

    async def send(self, flight: Flight) -> float:
        """One step of a message that is on its way; seconds to wait for a token of the rate.

        Raises Unavailable where state.db cannot be used, nothing else of what a notifier should raise.
        """
        if self._faults[flight.message.notice.id] >= FAULTS:
            await self._give_up(flight, RowState.FAILED, "the driver failed without an answer; see the gateway's log")
        elif self._times.now_ns() >= flight.expires_ns:
            reason = f"not delivered in time: {flight.error or self.status.error or 'the gateway was stopped'}"
            await self._give_up(flight, RowState.EXPIRED, reason)
        elif not flight.is_paid:
            return await self._pay(flight)
        else:
            await self._try(flight)
        return 0.0

    async def _try(self, flight: Flight) -> None:
        id_ = flight.message.notice.id
        flight.is_paid = False
        self._faults[id_] += 1  # until it ends in a way that notifiers may end
        try:
            answer = sound(await self.call(flight.message.notice))
        except Rejected as error:
            await self._give_up(flight, RowState.FAILED, sound(error.message), error.hint)
        except Unavailable as error:
            del self._faults[id_]
            self._back_off(flight, error)
        else:
            await self._finish(flight, RowState.SENT, answer)

    async def call(self, notice: Notice) -> str:
        """The provider's answer to this message, one at a time. Raises Unavailable, Rejected."""
        async with self._calls:
            try:
                async with asyncio.timeout(self._timeout_s):
                    return await self._notifier.notify(notice)
            except TimeoutError as error:
                message = f"no answer within {self._timeout_s:g} s"
                raise Unavailable(message, "can the provider be reached from here?") from error

    def _back_off(self, flight: Flight, error: Unavailable) -> None:
        """Full jitter (a random part of a ceiling that doubles), and not before the provider wants it."""
        ceiling_s = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** min(max(self._failures, flight.failures), 10))
        wait_s = max(_LEAST_WAIT_S, self._random.uniform(0.0, ceiling_s))
        if error.retry_after_s is not None:
            wait_s = max(wait_s, min(error.retry_after_s, LONGEST_RETRY_AFTER_S))
        self._failures += 1
        flight.error = sound(error.message)
        self.line.fail(flight, self._times.now_ns() + int(wait_s * SECOND), is_alone=error.retry_after_s is None)
        if flight in self.line.behind:
            self._say_stuck()
        else:
            self._trouble("waiting", error)

    async def _give_up(self, flight: Flight, state: RowState, reason: str, hint: str = "") -> None:
        self._trouble("failing", Rejected(reason, hint))
        await self._finish(flight, state, reason)

    async def _finish(self, flight: Flight, state: RowState, answer: str) -> None:
        """Mark the message. As long as the disk does not take that it is tried again; the message is not."""
        is_sent = state is RowState.SENT
        sent_ns = self._clock.time_ns() if is_sent else None
        if sent_ns is not None:
            self.record.sent_ns, self.record.answer = sent_ns, answer
        self.count("sent" if is_sent else "failed")
        while not await self._is_marked(flight, state, answer, sent_ns):
            await self._clock.sleep(DISK_WAIT_S)
        del self._faults[flight.message.notice.id]
        self.line.end(flight, is_answered=state is not RowState.EXPIRED)
        if is_sent:
            self._recover()
        self._on_sent(flight.message.notice, self._name, answer, is_sent)

    async def _is_marked(self, flight: Flight, state: RowState, answer: str, sent_ns: int | None) -> bool:
        def store(db: sqlite3.Connection) -> None:
            with self._state.write(db):
                queue.mark(db, flight.message, state, answer, sent_ns)
                queue.save_record(db, self._name, self.record)

        try:
            await self._state.do(store)
        except Unavailable as error:
            self.findings.say("notify_store", f"what channel `{self._name}` sent cannot be put down: {error.message}")
            return False
        self.findings.clear("notify_store")
        return True

    def _trouble(self, state: str, error: GatewayError) -> None:
        message = sound(error.message)
        self.status = ChannelStatus(state, message, error.hint)
        said = f"{message} ({error.hint})" if error.hint else message
        self.findings.say(f"notify_{self._name}", f"channel `{self._name}`: {said}")

    def _recover(self) -> None:
        self._failures = 0
        if self.line.behind:
            self._say_stuck()
            return
        self.status = ChannelStatus()
        self.findings.clear(f"notify_{self._name}")

    def _say_stuck(self) -> None:
        stuck = self.line.behind[0]
        said = f"others are delivered, but {len(self.line.behind)} cannot be: {stuck.error}"
        self._trouble("waiting", Unavailable(said, f"is message {stuck.message.notice.id} too large for the provider?"))


def sound(words: str) -> str:
    """What a provider said, as one line that can be stored."""
    return one_line(words.encode(errors="replace").decode())
