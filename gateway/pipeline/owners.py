"""Whose each device is and was: kept in step with the configuration at every start and reload, and told to who asks."""

import logging
import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from gateway.config.exact import in_ns
from gateway.config.plan import ParkPlan
from gateway.core.clock import Clock
from gateway.core.device import Device
from gateway.core.ownership import EVER_NS, Ownership, Stretches
from gateway.store import audit, ownership
from gateway.store.audit import GATEWAY, Act
from gateway.store.audit_values import shown
from gateway.store.ownership import Move, Owned
from gateway.store.state import State

ACTION = "device move"
log = logging.getLogger("gateway.owners")


class Owners:
    """The ownership in force. Used on the loop."""

    def __init__(self, state: State, clock: Clock) -> None:
        self.present = Ownership()
        self.findings: list[str] = []  # what a person should look at
        self._state = state
        self._clock = clock
        self._moves: list[Move] = []  # what the last configuration has moved, until it is reached

    async def put_down(self, plan: ParkPlan, renamed: Iterable[tuple[str, str]]) -> Ownership:
        """Store whose the devices of this configuration are, with an entry of the audit log for each that has moved;
        what is in force then. `present` is the caller's to set. Raises Unavailable."""
        owned, now_ns = owned_by(plan), self._clock.time_ns()

        def store(db: sqlite3.Connection) -> tuple[Ownership, list[Move]]:
            with self._state.write(db):
                moves = ownership.put_down(db, owned, renamed, now_ns)
                for move in moves:
                    audit.append(db, _act(move), now_ns, self._clock.monotonic())
            self._moves = moves  # on the disk, whatever interrupts the rest
            return ownership.read(db), moves

        self._moves = []
        found, moves = await self._state.do(store)
        if found != self.present:
            await self._state.copy()  # commands that read the ledger themselves go by it
        for move in moves:
            last = move.after[-1]
            log.info("device_moved device=%s to=%s from=%s", move.device, last.enterprise, _text(last.from_ns))
        self.findings = [_finding(name, one) for name, one in owned.items() if _is_left(name, one, found)]
        return found

    def reached(self) -> None:
        """The configuration is in force: its moves stand."""
        self._moves = []

    async def take_back(self, renamed: Iterable[tuple[str, str]]) -> Ownership:
        """Undo what `put_down` stored for a configuration that was not reached, with an entry of the audit log for each
        device; what is in force then. Raises Unavailable."""
        moves, now_ns = self._moves, self._clock.time_ns()

        def store(db: sqlite3.Connection) -> Ownership:
            with self._state.write(db):
                ownership.take_back(db, moves, renamed)
                for move in moves:
                    back = Move(move.device, move.after, move.before)
                    audit.append(db, _act(back), now_ns, self._clock.monotonic())
            return ownership.read(db)

        found = await self._state.do(store)
        self._moves = []
        await self._state.copy()
        return found


def _is_left(device: str, owned: Owned, found: Ownership) -> bool:
    """True where a date is written that was not taken."""
    return owned.since_ns is not None and owned.since_ns != found.since_ns(device)


def _finding(device: str, owned: Owned) -> str:
    why = "the day is not behind that of the move before it"
    return f"device `{device}`: `enterprise_since` is not taken for `{owned.enterprise}`: {why}"


def owned_by(plan: ParkPlan) -> dict[str, Owned]:
    """Whose each device is, and since when where that is written."""
    zone = ZoneInfo(plan.site.timezone)
    return {device.id: Owned(device.enterprise, _since_ns(device, zone)) for device in plan.devices}


def _since_ns(device: Device, zone: ZoneInfo) -> int | None:
    return None if device.enterprise_since is None else in_ns(device.enterprise_since, zone)


def _act(move: Move) -> Act:
    return Act(GATEWAY, ACTION, move.device, before=shown(_told(move.before)), after=shown(_told(move.after)))


def _told(stretches: Stretches) -> dict[str, Any]:
    last = stretches[-1]
    return {"enterprise": last.enterprise, "since": _text(last.from_ns)}


def _text(time_ns: int) -> str:
    if time_ns == EVER_NS:
        return "ever"
    return datetime.fromtimestamp(time_ns / 1e9, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
