"""`Identities`: signing in, and whom a token or key belongs to."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from gateway.config.plan import ParkPlan
from gateway.core.clock import Clock
from gateway.core.errors import Rejected
from gateway.identity.accounts import Accounts, AccountWanted
from gateway.identity.attempts import Attempts
from gateway.identity.buckets import ACTS, ACTS_PER_S, Buckets
from gateway.identity.directory import Directory
from gateway.identity.keys import Keys
from gateway.identity.passwords import Passwords, normalised
from gateway.identity.principal import Principal, Via
from gateway.identity.refusals import NotSignedIn, Wait
from gateway.identity.sessions import Opened, Sessions
from gateway.identity.setup_code import SetupCode
from gateway.store.identities import Account
from gateway.store.state import State

_SETUP = " setup"  # no log-in name has a blank
_ATTEMPT_LENGTH = 64


@dataclass(frozen=True, slots=True)
class Visit:
    """Where somebody comes from."""

    origin: str  # address
    agent: str = ""  # what the browser calls itself


class Identities:
    """Accounts, sessions, keys and the first set-up of one gateway. Made by `open`."""

    def __init__(self, directory: Directory, code: SetupCode, passwords: Passwords) -> None:
        self.directory = directory
        self.passwords = passwords
        self.accounts = Accounts(directory, passwords)
        self.sessions = Sessions(directory)
        self.keys = Keys(directory)
        self.attempts = Attempts(directory.clock)
        self.buckets = Buckets(directory.clock)
        self.acts = Buckets(directory.clock, burst=ACTS, per_s=ACTS_PER_S)
        self.setup_code = code
        self._settling = asyncio.Lock()

    @classmethod
    async def open(
        cls,
        state: State,
        clock: Clock,
        plan: Callable[[], ParkPlan],
        folder: Path,
        passwords: Passwords | None = None,
    ) -> Self:
        """What state.db has. Raises Unavailable."""
        directory = Directory(state, clock, plan)
        await directory.load()
        return cls(directory, SetupCode(folder), passwords or Passwords())

    async def begin(self) -> None:
        """The gateway starts: without an administrator there is a code to become one. Raises ConfigError."""
        await asyncio.to_thread(self.setup_code.forget if self.is_set_up else self.setup_code.make)

    @property
    def is_set_up(self) -> bool:
        """False until there is an administrator: then nobody is let in but by the setup code and the Unix socket."""
        return self.directory.has_administrator

    async def sign_in(self, name: str, password: str, visit: Visit) -> Opened:
        """A session by name and password. Raises Wait, NotSignedIn (the same for every reason), Unavailable."""
        counted = name.strip().casefold()[:_ATTEMPT_LENGTH]
        self._begin_attempt(counted, visit)
        account = self.directory.named(name)
        hashed = account.password if account else ""
        is_right = await self.passwords.is_right(hashed, password)
        if account is None or not is_right or account.is_wall or not self.directory.is_usable(account):
            raise NotSignedIn("name or password is wrong", "an administrator can send a one-time link")
        self.attempts.succeed(counted, visit.origin)
        opened = await self.sessions.begin(account, visit.origin, visit.agent)
        if self.passwords.is_outdated(hashed):
            await self.accounts.rehash(opened.account, normalised(password))
        return opened

    async def check_password(self, account: Account, password: str, origin: str) -> None:
        """Return where it is this account's password. Raises Wait, Rejected: a try like one at the door."""
        self._begin_attempt(account.name, Visit(origin))
        if not await self.passwords.is_right(account.password, password):
            raise Rejected("old: this is not the present password", "an administrator can send a one-time link")
        self.attempts.succeed(account.name, origin)

    async def redeem(self, token: str, visit: Visit) -> Opened:
        """A session by a one-time token. Raises NotSignedIn, Unavailable."""
        account = await self.accounts.redeem(token)
        if account is None:
            raise NotSignedIn("this link was used already, or has expired", "ask an administrator for another one")
        return await self.sessions.begin(account, visit.origin, visit.agent, by_ticket=True)

    async def adopt(self, wanted: AccountWanted, visit: Visit) -> Opened:
        """A session for somebody whom an identity provider knows (`wanted.subject`); role and enterprise as it says.

        Their account is made at the first log-in and changed when the provider says something else. One that an
        administrator disabled stays so. Raises NotSignedIn, Rejected, Unavailable.
        """
        known = next((one for one in self.directory.accounts.values() if one.subject == wanted.subject), None)
        if wanted.subject is None or (known is not None and known.is_disabled):
            raise NotSignedIn("this account is disabled", "ask an administrator")
        if known is None:
            account = await self.accounts.add(wanted)
            await self.settle()
        else:
            told = {"role": wanted.role.value, "enterprise": wanted.enterprise, "display": wanted.display}
            _, account = await self.accounts.change(known.name, **told)
        if not self.directory.is_usable(account):
            raise NotSignedIn("this account has ended", "ask an administrator")
        return await self.sessions.begin(account, visit.origin, visit.agent)

    async def set_up(self, code: str, wanted: AccountWanted, password: str, visit: Visit) -> Opened:
        """The first administrator, by the setup code. Raises Wait, NotSignedIn, Rejected, Unavailable."""
        self._begin_attempt(_SETUP, visit)
        async with self._settling:
            if self.is_set_up or not self.setup_code.is_right(code):
                raise NotSignedIn("the setup code is wrong", "the gateway printed it at its start")
            self.attempts.succeed(_SETUP, visit.origin)
            if not password:
                raise Rejected("password: the first administrator needs one", "at least 12 characters")
            account = await self.accounts.add(wanted, password)
            await self.settle()
        return await self.sessions.begin(account, visit.origin, visit.agent)

    async def settle(self) -> None:
        """There is an administrator: the code is worth nothing any more."""
        if self.is_set_up:
            await asyncio.to_thread(self.setup_code.forget)

    def holds(self, principal: Principal) -> bool:
        """True while what it was let in with is valid: asked again and again while a stream lasts."""
        if principal.via is Via.SESSION:
            return self.sessions.of(principal) is not None
        return principal.via is Via.SOCKET or (principal.via is Via.KEY and self.keys.gives(principal))

    def _begin_attempt(self, name: str, visit: Visit) -> None:
        wait_s = self.attempts.begin(name, visit.origin)
        if wait_s > 0:
            raise Wait(wait_s)
