"""Accounts: make, change, remove, one-time links, passwords. Whatever lessens a right ends the sessions at once."""

import re
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from gateway.core.errors import Rejected
from gateway.identity.directory import Directory
from gateway.identity.passwords import Passwords, check
from gateway.identity.refusals import Unknown
from gateway.identity.roles import Role
from gateway.identity.secret_text import hash_of, new_token
from gateway.store import identities
from gateway.store.identities import Account, Session, Ticket

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,31}")
MOST = 500  # accounts of a gateway
LINK_S = 24 * 3600  # how long a one-time link is valid, unless something else is asked
LONGEST_LINK_S = 14 * 86_400
_DISPLAY_LENGTH = 100
_FIRST_YEAR, _LAST_YEAR = 1970, 2200  # of a last day: what a clock can count to
_WALL_ROLES = (Role.VIEWER, Role.ENTERPRISE)
_RIGHTS = ("role", "enterprise", "valid_until", "is_disabled", "is_wall")


@dataclass(frozen=True, slots=True)
class AccountWanted:
    """An account that somebody asks for."""

    name: str
    role: Role
    display: str = ""
    enterprise: str | None = None
    valid_until: date | None = None  # the last day, in the site's zone
    is_disabled: bool = False
    is_wall: bool = False
    subject: str | None = None  # who this is at the identity provider


class Accounts:
    """What administrators do with accounts, and everybody with their own password."""

    def __init__(self, directory: Directory, passwords: Passwords) -> None:
        self._directory = directory
        self._passwords = passwords

    def get(self, name: str) -> Account:
        """The account. Raises Unknown where there is none."""
        found = self._directory.named(name)
        if found is None:
            raise Unknown(f"no account `{name[:40]}`", "`park-gateway user list` shows them")
        return found

    async def add(self, wanted: AccountWanted, password: str = "") -> Account:
        """A new account; without a password it is entered by a link first. Raises Rejected, Unavailable."""
        directory = self._directory
        hashed = await self._passwords.hash(check(password, wanted.name)) if password else ""
        async with directory.changing:
            if directory.named(wanted.name) is not None:
                raise Rejected(f"there is an account `{wanted.name}` already", "choose another name")
            if len(directory.accounts) >= MOST:
                raise Rejected(f"there are {MOST} accounts already", "remove those that nobody uses")
            if not directory.has_administrator and wanted.role is not Role.ADMINISTRATOR:
                raise Rejected("the first account has to be an administrator's", "role: administrator")
            draft = self._checked(_drafted(wanted, hashed, directory.clock.time_ns()))
            number = await directory.store(lambda db: identities.add_account(db, draft))
            account = directory.accounts[number] = replace(draft, id=number)
        return account

    async def change(self, name: str, **changed: Any) -> tuple[Account, Account]:
        """The account before and after. `changed`: fields of `Account` other than id, name and password.

        Raises Rejected for what does not fit and for the last administrator, Unavailable.
        """
        directory = self._directory
        async with directory.changing:
            before = self.get(name)
            after = self._checked(replace(before, **changed), before)
            self._keep_an_administrator(before, after)
            if any(getattr(before, one) != getattr(after, one) for one in _RIGHTS):
                await directory.end(directory.sessions_of(before))
            await directory.store(lambda db: identities.change(db, after))
            directory.accounts[after.id] = after
        return before, after

    async def remove(self, name: str) -> Account:
        """The account with its sessions, keys and links. Raises Rejected for the last administrator, Unavailable."""
        directory = self._directory
        async with directory.changing:
            gone = self.get(name)
            self._keep_an_administrator(gone, None)
            del directory.accounts[gone.id]
            directory.sessions = {one.hash: one for one in directory.sessions.values() if one.account_id != gone.id}
            directory.keys = {one.id: one for one in directory.keys.values() if one.account_id != gone.id}
            directory.tickets = {one.hash: one for one in directory.tickets.values() if one.account_id != gone.id}
            await directory.store(lambda db: identities.remove(db, gone))
        return gone

    async def link(self, name: str, *, valid_s: int = LINK_S, is_reset: bool = False) -> tuple[str, int]:
        """A one-time token that signs in as this account, and when it expires (UTC ns).

        With `is_reset` the password is gone and every session ended: whoever has the link sets another one.
        Raises Rejected, Unavailable.
        """
        if not 60 <= valid_s <= LONGEST_LINK_S:
            raise Rejected(f"a link is valid for 1 min to {LONGEST_LINK_S // 86_400} days", "make another one later")
        directory = self._directory
        account = self.get(name)
        await directory.end_tickets(account)  # one at a time: the newest
        if is_reset:
            await self._store_password(account, "")
        token, now_ns = new_token(), directory.clock.time_ns()
        ticket = Ticket(hash_of(token), account.id, now_ns, now_ns + valid_s * 10**9)
        await directory.store(lambda db: identities.add(db, ticket))
        directory.tickets[ticket.hash] = ticket
        return token, ticket.expires_ns

    async def redeem(self, token: str) -> Account | None:
        """The account that this one-time token is for; the token is worth nothing afterwards, whatever comes."""
        directory = self._directory
        ticket = directory.tickets.pop(hash_of(token), None)
        if ticket is None:
            return None
        await directory.store(lambda db: identities.remove(db, ticket))
        account = directory.accounts.get(ticket.account_id)
        if account is None or directory.clock.time_ns() >= ticket.expires_ns or not directory.is_usable(account):
            return None
        return account

    async def set_password(self, account: Account, password: str, *, keep: Session | None = None) -> None:
        """Another password; every session but `keep`, and every link, ends. Raises Rejected, Unavailable."""
        if account.is_wall:
            raise Rejected("a screen on the wall has no password", "it is signed in by a one-time link")
        hashed = await self._passwords.hash(check(password, account.name))
        await self._store_password(account, hashed, keep)
        await self._directory.end_tickets(account)

    async def rehash(self, account: Account, password: str) -> None:
        """The same password with today's parameters."""
        hashed = await self._passwords.hash(password)
        async with self._directory.changing:
            if self.get(account.name).password == account.password:
                await self._write_password(account, hashed)

    async def _store_password(self, account: Account, hashed: str, keep: Session | None = None) -> None:
        directory = self._directory
        async with directory.changing:
            await self._write_password(account, hashed)
            await directory.end(one for one in directory.sessions_of(account) if keep is None or one.id != keep.id)

    async def _write_password(self, account: Account, hashed: str) -> None:
        changed = replace(self.get(account.name), password=hashed)
        await self._directory.store(lambda db: identities.change(db, changed))
        self._directory.accounts[changed.id] = changed

    def _keep_an_administrator(self, before: Account, after: Account | None) -> None:
        """Somebody has to be able to let others in, without an end. Raises Rejected."""
        others = (one for one in self._directory.accounts.values() if one.id != before.id)
        if before.role == Role.ADMINISTRATOR and not any(
            _is_lasting_administrator(one) for one in [*others, *([after] if after else [])]
        ):
            hint = "make another account an administrator first"
            raise Rejected(f"`{before.name}` is the last administrator without an end", hint)

    def _checked(self, account: Account, before: Account | None = None) -> Account:
        """The account, its display name filled in. Raises Rejected for what does not fit together.

        The enterprise that it had before may have left the park: its account can be changed all the same.
        """
        if not NAME.fullmatch(account.name):
            hint = "1 to 32 of a-z, 0-9, dot, hyphen and underscore; a letter or digit first: `li.wei`"
            raise Rejected(f"name: `{account.name[:40]}` is no log-in name", hint)
        shown = " ".join(account.display.split()) or account.name
        if len(shown) > _DISPLAY_LENGTH or not shown.isprintable() or not any(letter.isalpha() for letter in shown):
            raise Rejected("display: too long, without letters, or with invisible ones", "write the person's name")
        self._check_role(account, None if before is None else before.enterprise)
        self._check_end(account, is_new=before is None)
        return replace(account, display=shown)

    def _check_role(self, account: Account, former: str | None) -> None:
        role, known = Role(account.role), {one.id for one in self._directory.plan().enterprises}
        if (role is Role.ENTERPRISE) != (account.enterprise is not None):
            hint = "the role `enterprise` has one, every other role sees the whole park and has none"
            raise Rejected(f"enterprise: role {role} and enterprise `{account.enterprise or 'none'}`", hint)
        if account.enterprise is not None and account.enterprise not in {*known, former}:
            raise Rejected(f"no enterprise `{account.enterprise[:64]}`", f"there is: {', '.join(sorted(known))}")
        if role is Role.AUDITOR and account.valid_until is None:
            raise Rejected("valid_until: an auditor's account has a last day", "write it: 2026-12-31")
        if account.is_wall and role not in _WALL_ROLES:
            raise Rejected(f"wall: a screen on the wall is no {role}", "role: viewer, or enterprise")

    def _check_end(self, account: Account, *, is_new: bool) -> None:
        """A day of long ago ends an account, but no new one begins with it."""
        if account.valid_until is None:
            return
        year = date.fromisoformat(account.valid_until).year
        if not _FIRST_YEAR <= year <= _LAST_YEAR:
            hint = "write a day to come: 2026-12-31"
            raise Rejected(f"valid_until: the year {year} is outside {_FIRST_YEAR} to {_LAST_YEAR}", hint)
        ends_ns = self._directory.ends_ns(account)
        if is_new and ends_ns is not None and ends_ns <= self._directory.clock.time_ns():
            raise Rejected(f"valid_until: {account.valid_until} is over already", "write a day to come: 2026-12-31")


def _drafted(wanted: AccountWanted, hashed: str, now_ns: int) -> Account:
    """Not stored and not checked yet."""
    return Account(
        id=0,
        name=wanted.name,
        display=wanted.display,
        role=wanted.role.value,
        enterprise=wanted.enterprise,
        valid_until=None if wanted.valid_until is None else wanted.valid_until.isoformat(),
        is_disabled=wanted.is_disabled,
        is_wall=wanted.is_wall,
        password=hashed,
        subject=wanted.subject,
        created_ns=now_ns,
        seen_ns=0,
    )


def _is_lasting_administrator(account: Account) -> bool:
    return account.role == Role.ADMINISTRATOR and not account.is_disabled and account.valid_until is None
