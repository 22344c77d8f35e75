"""What is valid now, in memory and in state.db: accounts, sessions, keys, tickets."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from gateway.config.plan import ParkPlan
from gateway.core.clock import Clock
from gateway.identity.roles import Role
from gateway.store import identities
from gateway.store.identities import Account, Key, Session, Ticket
from gateway.store.state import State

T = TypeVar("T")


class Directory:
    """Memory answers, state.db keeps. Whatever is taken away is taken from memory first, so that it ends at once."""

    def __init__(self, state: State, clock: Clock, plan: Callable[[], ParkPlan]) -> None:
        self.clock = clock
        self.plan = plan  # the configuration of the moment: it may be read again
        self.accounts: dict[int, Account] = {}
        self.sessions: dict[bytes, Session] = {}
        self.keys: dict[str, Key] = {}
        self.tickets: dict[bytes, Ticket] = {}
        self.changing = asyncio.Lock()  # held while an account changes
        self._state = state

    async def load(self) -> None:
        """Read everything."""
        found = await self._state.do(identities.load)
        self.accounts = {one.id: one for one in found.accounts}
        self.sessions = {one.hash: one for one in found.sessions}
        self.keys = {one.id: one for one in found.keys}
        self.tickets = {one.hash: one for one in found.tickets}

    async def store(self, operation: Callable[[sqlite3.Connection], T]) -> T:
        """Do this in one transaction; on the disk when it returns. Raises Unavailable."""

        def run(db: sqlite3.Connection) -> T:
            with self._state.write(db):
                return operation(db)

        return await self._state.do(run)

    def named(self, name: str) -> Account | None:
        """The account with this log-in name, however it is capitalised."""
        wanted = name.strip().casefold()
        return next((one for one in self.accounts.values() if one.name == wanted), None)

    def is_usable(self, account: Account) -> bool:
        """False where it is disabled or its last day is over."""
        ends_ns = self.ends_ns(account)
        return not account.is_disabled and (ends_ns is None or self.clock.time_ns() < ends_ns)

    def ends_ns(self, account: Account) -> int | None:
        """When its last day ends, in the site's zone; `None`: it has none."""
        if account.valid_until is None:
            return None
        following = date.fromisoformat(account.valid_until) + timedelta(days=1)
        zone = ZoneInfo(self.plan().site.timezone)
        return int(datetime.combine(following, time(), zone).timestamp()) * 10**9

    @property
    def has_administrator(self) -> bool:
        """False until somebody has set the gateway up."""
        return any(one.role == Role.ADMINISTRATOR for one in self.accounts.values())

    def sessions_of(self, account: Account) -> list[Session]:
        """The newest first."""
        found = (one for one in self.sessions.values() if one.account_id == account.id)
        return sorted(found, key=lambda one: one.created_ns, reverse=True)

    async def end(self, sessions: Iterable[Session]) -> None:
        """End these sessions: in memory at once, then in state.db."""
        gone = list(sessions)
        for one in gone:
            self.sessions.pop(one.hash, None)
        if gone:
            await self.store(lambda db: identities.remove(db, *gone))

    async def end_tickets(self, account: Account) -> None:
        """Make the links of an account worthless."""
        gone = [one for one in self.tickets.values() if one.account_id == account.id]
        for one in gone:
            del self.tickets[one.hash]
        if gone:
            await self.store(lambda db: identities.remove(db, *gone))
