"""Puts down who does what before it is done, and how it went; lets the ledger speak for it; tells before it is full."""

import logging
import sqlite3
from collections.abc import Mapping
from random import Random
from types import TracebackType
from typing import Any, Self

from gateway.config.models import AUDIT_MAX_BYTES
from gateway.core.clock import Clock
from gateway.core.errors import GatewayError, Unavailable
from gateway.pipeline.audit_proof import AuditProof
from gateway.store import audit
from gateway.store.audit import GATEWAY, Act, AuditRow, Head, Result, Who
from gateway.store.audit_anchor import newest_anchor
from gateway.store.audit_values import shown
from gateway.store.ledger import Ledger
from gateway.store.state import State

TOLD_AT = 0.8  # of the limit
VITAL = ("alarm ", "sign ", "setup", "audit ", "export audit", "clock ", "state ")
"""Beginnings of actions that a full log does not hold up: what keeps the park safe, and what makes room."""
MINUTE_S = 60.0
STEP_S = 1.0  # a clock that is slewed moves by less in `LOOK_S`
LOOK_S = 10.0
STRANGERS = 200  # entries about people who do not get in, at once; then
STRANGERS_PER_S = 1 / 30  # 1.3 MB a day at the most: years of other entries fit beside them
_LOG = logging.getLogger("gateway.audit")


class AuditKeeper:
    """The audit log of one gateway. Used on the loop."""

    def __init__(self, state: State, clock: Clock, random: Random, *, limit_bytes: int = AUDIT_MAX_BYTES) -> None:
        self.proof: AuditProof
        self.state = state
        self._clock = clock
        self._random = random
        self._limit_bytes = limit_bytes
        self._size_bytes = 0
        self._recent: dict[tuple[str, ...], float] = {}  # monotonic
        self._strangers = float(STRANGERS), clock.monotonic()  # entries that are left, and when that was so
        self._left_out = 0
        self._offset_s = 0.0
        self._gap: list[str] = []

    async def open(self, ledger: Ledger) -> None:
        """Let the ledger's checkpoints speak for the log, and compare what it knows already. Raises Unavailable."""
        ledger.audit_head = self.head
        self.proof = AuditProof(self.state, ledger, self._clock)
        self._offset_s = self._clock.time_ns() / 1e9 - self._clock.monotonic()
        newest = await ledger.do(newest_anchor)
        if newest is not None:
            await self._compare(newest.head)
        await self.measure()

    async def _compare(self, known: Head) -> None:
        """The ledger knows entries that are not here: somebody put an older state.db here, or removed them."""
        now_ns, monotonic_s = self._clock.time_ns(), self._clock.monotonic()

        def compare(db: sqlite3.Connection) -> int | None:
            there = audit.get(db, known.id)
            if known.id <= audit.archived(db)[1] or (there is not None and there.hash == known.hash):
                return None
            if audit.head(db).id > known.id:
                return None  # changed, or told already: verifying says which
            with self.state.write(db):
                return audit.tell_gap(db, audit.GAP, known.id, now_ns, monotonic_s).id

        if await self.state.do(compare) is not None:
            text = "state.db is older than the ledger: entries of the audit log are missing; park-gateway audit verify"
            self._gap = [f"{text} says which"]

    async def head(self) -> Head:
        """Where the chain ends. Raises Unavailable."""
        return await self.state.do(audit.head)

    async def measure(self) -> None:
        """Learn how large the log is. Raises Unavailable."""
        self._size_bytes = await self.state.do(audit.size_bytes)

    @property
    def findings(self) -> list[str]:
        """What a person should look at."""
        hint = "export it with `park-gateway audit export --upto` and it has room again"
        found = [*self._gap]
        checked = self.proof.checked
        if checked is not None and not checked.verdict.is_good:
            found.append("the audit log is not what was put down: park-gateway audit verify says where")
        if self.fill >= 1:
            found.append(f"the audit log is full: changes are refused but for alarms and log-in; {hint}")
        elif self.fill >= TOLD_AT:
            found.append(f"the audit log is {int(self.fill * 100)} % full: {hint}")
        return found

    @property
    def fill(self) -> float:
        """How much of the room is taken; 1: ordinary changes are refused until the log was exported."""
        return self._size_bytes / self._limit_bytes

    async def put(self, act: Act) -> AuditRow:
        """Append one entry. Raises Unavailable where it cannot be stored, or the log is full and this can wait."""
        if self.fill >= 1 and act.result is Result.ASKED and not act.action.startswith(VITAL):
            raise Unavailable("the audit log is full", "an administrator exports it: park-gateway audit export --upto")
        row = await self.state.put_down(act)
        self._size_bytes += row.size_bytes
        return row

    def act(self, who: Who, action: str, target: str, *, before: object = None, after: object = None) -> "Entry":
        """For `async with`: puts down that this is asked for, and at the end how it went."""
        return Entry(self, who, action, target, f"{self._random.getrandbits(64):016x}", before, after)

    async def note(
        self,
        who: Who,
        action: str,
        target: str,
        *,
        result: Result = Result.DONE,
        reason: str = "",
        before: object = None,
        after: object = None,
    ) -> None:
        """Put down what has happened already: one entry. Raises Unavailable."""
        request_id = f"{self._random.getrandbits(64):016x}"
        await self.put(Act(who, action, target, result, reason, request_id, shown(before), shown(after)))

    async def note_once(self, who: Who, action: str, target: str, kind: str, **more: Any) -> None:
        """The same, at most once a minute of one kind from one name and address: a flood must not fill the log."""
        if not self._is_repeated(who, action, kind):
            self._remember(who, action, kind)
            await self.note(who, action, target, **more)

    async def note_refused(self, who: Who, action: str, target: str, kind: str, reason: str) -> None:
        """Somebody did not get in: once a minute of one kind, and not more altogether than the log has room for.

        They may come from a thousand addresses with a thousand names. How many were left out stands in the next entry.
        """
        if self._is_repeated(who, action, kind):
            return
        if not self._has_room_for_stranger():
            self._left_out += 1
            return
        self._remember(who, action, kind)
        left_out, self._left_out = self._left_out, 0
        after = {"left_out": left_out} if left_out else None
        await self.note(who, action, target, result=Result.REFUSED, reason=reason, after=after)

    def _is_repeated(self, who: Who, action: str, kind: str) -> bool:
        at = self._recent.get((who.name, who.origin, action, kind))
        return at is not None and self._clock.monotonic() - at < MINUTE_S

    def _remember(self, who: Who, action: str, kind: str) -> None:
        now = self._clock.monotonic()
        self._recent = {known: at for known, at in self._recent.items() if now - at < MINUTE_S}
        self._recent[who.name, who.origin, action, kind] = now

    def _has_room_for_stranger(self) -> bool:
        now, (left, since) = self._clock.monotonic(), self._strangers
        left = min(float(STRANGERS), left + (now - since) * STRANGERS_PER_S)
        self._strangers = max(0.0, left - 1 if left >= 1 else left), now
        return left >= 1

    async def run(self) -> None:
        """Put down steps of the clock, until cancelled."""
        while True:
            await self._clock.sleep(LOOK_S)
            await self.look_at_clock()

    async def look_at_clock(self) -> None:
        """One look: has somebody set it?"""
        before, self._offset_s = self._offset_s, self._clock.time_ns() / 1e9 - self._clock.monotonic()
        step_s = self._offset_s - before
        if abs(step_s) >= STEP_S:
            now_ns = self._clock.time_ns()
            told = {"time_ns": now_ns - int(step_s * 1e9)}, {"time_ns": now_ns, "step_s": round(step_s, 3)}
            try:
                await self.note(GATEWAY, "clock step", "clock", before=told[0], after=told[1])
            except Unavailable as error:
                _LOG.warning("clock_step_not_put_down step_s=%.3f error=%s", step_s, error)


class Entry:
    """One thing that somebody does. `before` and `after` may be set until it ends; they are shown without secrets."""

    def __init__(
        self, keeper: AuditKeeper, who: Who, action: str, target: str, request_id: str, before: object, after: object
    ) -> None:
        self.before = before
        self.after = after
        self.target = target
        self.request_id = request_id
        self._keeper = keeper
        self._who = who
        self._action = action
        self._refusal = ""
        self._is_asked = False

    def refuse(self, reason: str) -> None:
        """It is not done, and said so without an exception."""
        self._refusal = reason or "refused"

    async def ask(self) -> Self:
        """Put down that it is asked for. By itself only where the end comes later than the answer begins: a stream."""
        if not self._is_asked:
            await self._keeper.put(self._said(Result.ASKED, ""))
            self._is_asked = True
        return self

    async def __aenter__(self) -> Self:
        return await self.ask()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        result, reason = _outcome(error) if error is not None else (Result.DONE, "")
        if self._refusal:
            result, reason = Result.REFUSED, self._refusal
        try:
            await self._keeper.put(self._said(result, reason))
        except Unavailable as trouble:  # that it was asked for is on the disk
            _LOG.error("audit_result_lost request=%s result=%s error=%s", self.request_id, result.value, trouble)

    def _said(self, result: Result, reason: str) -> Act:
        before, after = shown(self.before), shown(self.after)
        return Act(self._who, self._action, self.target, result, reason, self.request_id, before, after)


def _outcome(error: BaseException) -> tuple[Result, str]:
    """What an exception means for who asked: refused with words, or a fault."""
    if isinstance(error, GatewayError):
        return Result.REFUSED, error.message
    status, detail = getattr(error, "status_code", None), getattr(error, "detail", None)
    if isinstance(status, int) and detail is not None:
        said = detail.get("detail", detail) if isinstance(detail, Mapping) else detail
        return Result.REFUSED, f"{status}: {said}"
    return Result.FAILED, type(error).__name__
