"""Sessions of browsers: they live here and in state.db, the browser has only a random token.

Limits: 30 minutes without a request, 12 hours altogether (IEC 62443-4-2 CR 2.5). A screen on the wall does not end by
being idle; its account may only look, so it may stay for 400 days, the longest that browsers keep a cookie.
"""

import logging
from dataclasses import dataclass, replace

from gateway.core.errors import Unavailable
from gateway.identity.directory import Directory
from gateway.identity.principal import Principal, Via
from gateway.identity.refusals import NotSignedIn
from gateway.identity.roles import WALL, Role
from gateway.identity.secret_text import hash_of, new_id, new_token
from gateway.store import identities
from gateway.store.identities import Account, Session

IDLE_S = 30 * 60
LONGEST_S = 12 * 3600
WALL_S = 400 * 86_400
SEEN_S = 60  # how often it is stored that somebody is still there
MOST = 20  # sessions of one account; the one not used for longest ends
_AGENT_LENGTH = 200
_log = logging.getLogger("gateway.identity")


@dataclass(frozen=True, slots=True)
class Opened:
    """A session that has just begun. `token` is for the cookie and nowhere else."""

    token: str
    session: Session
    account: Account


class Sessions:
    """Begin, find, end."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._stored_ns: dict[bytes, int] = {}  # when `seen_ns` of a session was stored

    async def begin(self, account: Account, origin: str, agent: str, *, by_ticket: bool = False) -> Opened:
        """A new session with a new token, whatever the browser had before. Raises NotSignedIn, Unavailable.

        The account may have changed since it was looked at, while a password was verified: it is looked at again.
        """
        async with self._directory.changing:
            now = self._directory.accounts.get(account.id)
            if now is None or now.password != account.password or not self._directory.is_usable(now):
                raise NotSignedIn("the account has just changed", "sign in again")
            return await self._begin(now, origin, agent, by_ticket)

    async def _begin(self, account: Account, origin: str, agent: str, by_ticket: bool) -> Opened:
        directory, now_ns = self._directory, self._directory.clock.time_ns()
        token = new_token()
        shown = "".join(letter for letter in agent if letter.isprintable())[:_AGENT_LENGTH]
        session = Session(hash_of(token), new_id(), account.id, new_token(), now_ns, now_ns, origin, shown, by_ticket)
        seen = replace(account, seen_ns=now_ns)
        await directory.end([*self._over(), *self._too_many(account)])
        await directory.store(lambda db: identities.sign_in(db, seen, session))
        directory.accounts[account.id] = seen
        directory.sessions[session.hash] = session
        self._stored_ns[session.hash] = now_ns
        return Opened(token, session, seen)

    def find(self, token: str) -> tuple[Account, Session] | None:
        """The session of this token and its account, where both still are valid."""
        return self._valid(self._directory.sessions.get(hash_of(token)))

    def of(self, principal: Principal) -> tuple[Account, Session] | None:
        """The account and the session that somebody was let in with, while they last."""
        if principal.via is not Via.SESSION:
            return None
        return self._valid(self._directory.sessions.get(bytes.fromhex(principal.credential)))

    async def touch(self, session: Session) -> None:
        """Somebody is still there. It is stored once a minute at the most, and a full disk ends no session."""
        now_ns = self._directory.clock.time_ns()
        seen = replace(session, seen_ns=now_ns)
        if session.hash not in self._directory.sessions:
            return
        self._directory.sessions[session.hash] = seen
        if now_ns - self._stored_ns.get(session.hash, 0) < SEEN_S * 10**9:
            return
        self._stored_ns[session.hash] = now_ns
        try:
            await self._directory.store(lambda db: identities.change(db, seen))
        except Unavailable as error:
            _log.debug("session_not_noted %s", error)

    async def end(self, account: Account, *, but: str = "", only: str = "") -> int:
        """End the sessions of an account: all, all but one, or one (by id); how many that were."""
        gone = [one for one in self._directory.sessions_of(account) if one.id != but and only in ("", one.id)]
        await self._directory.end(gone)
        return len(gone)

    def ends_ns(self, session: Session, account: Account) -> int:
        """When it ends if nothing more comes."""
        ends = [session.created_ns + (WALL_S if account.is_wall else LONGEST_S) * 10**9]
        if not account.is_wall:
            ends.append(session.seen_ns + IDLE_S * 10**9)
        last_ns = self._directory.ends_ns(account)
        return min([*ends, *([] if last_ns is None else [last_ns])])

    def principal(self, account: Account, session: Session, origin: str) -> Principal:
        """Who asks in this session."""
        return Principal(
            account.name,
            Role(account.role),
            origin,
            account.enterprise,
            WALL if account.is_wall else None,
            Via.SESSION,
            f"user {account.id}",
            account.display,
            session.hash.hex(),
            session.csrf,
        )

    def _valid(self, session: Session | None) -> tuple[Account, Session] | None:
        if session is None:
            return None
        account = self._directory.accounts.get(session.account_id)
        if account is None or not self._directory.is_usable(account):
            return None
        return None if self._directory.clock.time_ns() >= self.ends_ns(session, account) else (account, session)

    def _over(self) -> list[Session]:
        over = [one for one in self._directory.sessions.values() if self._valid(one) is None]
        self._stored_ns = {one: at for one, at in self._stored_ns.items() if one in self._directory.sessions}
        return over

    def _too_many(self, account: Account) -> list[Session]:
        by_use = sorted(self._directory.sessions_of(account), key=lambda one: one.seen_ns, reverse=True)
        return by_use[MOST - 1 :]
