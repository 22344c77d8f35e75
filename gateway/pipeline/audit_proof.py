"""The running gateway's audit log proven against the ledger, written out, and shortened by what was written out."""

import asyncio
import hashlib
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial

from gateway.core.clock import Clock
from gateway.core.errors import Rejected, Unavailable
from gateway.store import audit, audit_archive, audit_verify
from gateway.store.audit_anchor import anchors
from gateway.store.audit_chain import AuditFinding, AuditVerdict, Code
from gateway.store.ledger import Ledger
from gateway.store.state import State

_AT_ONCE = 500  # entries: the file's thread is everybody's


@dataclass(frozen=True, slots=True)
class Checked:
    """What the last check found, and when (UTC)."""

    time_ns: int
    verdict: AuditVerdict


class AuditProof:
    """Used on the loop. One check or removal at a time."""

    def __init__(self, state: State, ledger: Ledger, clock: Clock) -> None:
        self.checked: Checked | None = None  # since the start
        self._state = state
        self._ledger = ledger
        self._clock = clock
        self._lock = asyncio.Lock()

    async def verify(self) -> Checked:
        """Work the chain out anew, in pages. Raises Unavailable where a file cannot be read."""
        async with self._lock:
            verdict = await self._verdict()
            self.checked = Checked(self._clock.time_ns(), verdict)
        return self.checked

    async def _verdict(self) -> AuditVerdict:
        try:
            known = await self._ledger.do(anchors)
        except Unavailable as error:
            return AuditVerdict(faults=[AuditFinding(Code.LEDGER, error.message)])
        check = await self._state.do(lambda db: audit_verify.beginning(db, known))
        while True:
            after = check.verdict.last
            rows = await self._state.do(partial(audit.following, after=after, limit=_AT_ONCE))
            if not rows:
                return check.end()
            await asyncio.to_thread(check.feed, rows)

    async def lines(self, upto: int) -> AsyncIterator[bytes]:
        """The entries up to this one as an archive, in pages. Raises Unavailable."""
        head = await self._state.do(audit_archive.begin)
        yield audit_archive.head_line(head)
        after = head.after
        while True:
            block, last = await self._state.do(partial(audit_archive.page, after=after, upto=upto))
            if not block:
                return
            yield block
            after = last

    async def remove(self, upto: int, sha256: str) -> int:
        """Let the entries up to this one go: who asks names the hash of their archive. How many went.

        Before and after it a checkpoint is signed. Raises Rejected where the hash is not that of the archive, or the
        log is not what was put down.
        """
        async with self._lock:
            verdict = await self._verdict()
            if not verdict.is_good:
                raise Rejected("the audit log is not what was put down", "park-gateway audit verify says more; keep it")
            digest = hashlib.sha256()
            async for block in self.lines(upto):
                digest.update(block)
            if digest.hexdigest() != sha256:
                raise Rejected("the hash is not that of the archive", "export it again: park-gateway audit export")
            await self._ledger.checkpoint()
            count = await self._state.do(lambda db: self._removed(db, upto, sha256))
            await self._ledger.checkpoint()
        return count

    def _removed(self, db: sqlite3.Connection, upto: int, sha256: str) -> int:
        with self._state.write(db):
            return audit_archive.remove(db, upto, sha256, self._clock.time_ns())
