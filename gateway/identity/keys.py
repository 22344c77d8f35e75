"""API keys `pg_<id>_<secret>`: some of the rights of one account, until a time. The secret is shown once."""

import logging
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass, replace

from gateway.core.errors import Rejected, Unavailable
from gateway.identity.directory import Directory
from gateway.identity.principal import Principal, Via
from gateway.identity.refusals import NotSignedIn, Unknown
from gateway.identity.roles import GRANTED, KEY_SCOPES, WALL, Permission, Role
from gateway.identity.secret_text import hash_of, new_id, new_token
from gateway.store import identities
from gateway.store.identities import Account, Key

DAY_NS = 86_400 * 10**9
LONGEST_DAYS = 731  # two years, one of them with a leap day
MOST = 200  # keys of a gateway
USED_S = 60  # how often the last use is stored
_FORM = re.compile(r"pg_([a-z0-9]{1,32})_([A-Za-z0-9_-]{1,200})")
_log = logging.getLogger("gateway.identity")


@dataclass(frozen=True, slots=True)
class KeyWanted:
    """A key that somebody asks for."""

    name: str  # what it is for
    account: str  # whose rights it has
    scopes: Collection[Permission]
    days: int
    enterprise: str | None = None  # sees only what belongs to it; an account of an enterprise has its own anyway


class Keys:
    """Make, find, remove."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def make(self, wanted: KeyWanted) -> tuple[Key, str]:
        """A new key and its text, which nobody can show again. Raises Rejected, Unavailable."""
        directory, now_ns = self._directory, self._directory.clock.time_ns()
        account = self._account(wanted)
        secret = new_token()
        key = Key(
            new_id(),
            hash_of(secret),
            wanted.name.strip(),
            account.id,
            " ".join(sorted(set(wanted.scopes))),
            wanted.enterprise or account.enterprise,
            now_ns,
            now_ns + wanted.days * DAY_NS,
            0,
            "",
        )
        await directory.store(lambda db: identities.add(db, key))
        directory.keys[key.id] = key
        return key, f"pg_{key.id}_{secret}"

    async def remove(self, key_id: str) -> Key:
        """The key is worthless from now on. Raises Unknown where there is none, Unavailable."""
        key = self._directory.keys.pop(key_id, None)
        if key is None:
            raise Unknown(f"no key `{key_id[:40]}`", "`park-gateway key list` shows them")
        await self._directory.store(lambda db: identities.remove(db, key))
        return key

    def find(self, text: str) -> tuple[Account, Key]:
        """The key and its account. Raises NotSignedIn, which tells of an end only to somebody who has the secret."""
        form = _FORM.fullmatch(text)
        key = self._directory.keys.get(form[1]) if form else None
        given = hash_of(form[2] if form else "")
        if not secrets.compare_digest(given, key.hash if key else hash_of("nobody's")) or key is None:
            raise NotSignedIn("this API key is not known", "copy all of it; an administrator makes another one")
        account = self._directory.accounts.get(key.account_id)
        if self._directory.clock.time_ns() >= key.expires_ns:
            raise NotSignedIn(f"the API key {key.id} has expired", "an administrator makes another one")
        if account is None or not self._directory.is_usable(account):
            raise NotSignedIn(f"the account of the API key {key.id} is disabled or has ended", "ask an administrator")
        if _is_of_others(account, key):
            raise NotSignedIn(
                f"the account of the API key {key.id} is of another enterprise now", "ask an administrator"
            )
        return account, key

    def holds(self, key_id: str) -> bool:
        """True while the key of this id is valid."""
        return self._valid(key_id) is not None

    def gives(self, principal: Principal) -> bool:
        """True while the key that this one was let in with gives the same rights as then."""
        found = self._valid(principal.credential)
        return found is not None and self.principal(*found, principal.origin) == principal

    def _valid(self, key_id: str) -> tuple[Account, Key] | None:
        key = self._directory.keys.get(key_id)
        account = None if key is None else self._directory.accounts.get(key.account_id)
        if key is None or account is None or not self._directory.is_usable(account) or _is_of_others(account, key):
            return None
        return (account, key) if self._directory.clock.time_ns() < key.expires_ns else None

    async def touch(self, key: Key, origin: str) -> None:
        """It was used. Stored once a minute at the most; a full disk refuses nobody."""
        now_ns = self._directory.clock.time_ns()
        if now_ns - key.used_ns < USED_S * 10**9:
            return
        used = replace(key, used_ns=now_ns, used_origin=origin)
        self._directory.keys[key.id] = used
        try:
            await self._directory.store(lambda db: identities.change(db, used))
        except Unavailable as error:
            _log.debug("key_use_not_noted %s", error)

    def principal(self, account: Account, key: Key, origin: str) -> Principal:
        """Who asks with this key: its account, as far as the key goes."""
        scopes = frozenset(Permission(one) for one in key.scopes.split())
        limits = scopes & WALL if account.is_wall else scopes
        enterprise = account.enterprise or key.enterprise
        return Principal(
            account.name,
            Role(account.role),
            origin,
            enterprise,
            limits,
            Via.KEY,
            f"user {account.id}",
            account.display,
            key.id,
        )

    def _account(self, wanted: KeyWanted) -> Account:
        """The account that the key is for. Raises Rejected for whatever does not fit."""
        account = self._directory.named(wanted.account)
        if account is None:
            raise Rejected(f"no account `{wanted.account[:40]}`", "`park-gateway user list` shows them")
        if not wanted.name.strip() or not wanted.name.isprintable():
            raise Rejected("name: a key needs a name", "write what it is for: `Grafana`")
        may = GRANTED[Role(account.role)] & KEY_SCOPES
        if wanted.enterprise is not None:  # the inside of the gateway is not divided by enterprises
            may &= GRANTED[Role.ENTERPRISE]
        too_much = sorted(set(wanted.scopes) - may)
        if too_much or not wanted.scopes:
            said = f"scopes: `{too_much[0]}` is not for a key of `{account.name}`" if too_much else "scopes: none"
            raise Rejected(said, f"there is: {', '.join(sorted(may))}")
        if not 1 <= wanted.days <= LONGEST_DAYS:
            raise Rejected(f"a key is valid for 1 to {LONGEST_DAYS} days", "make another one when it expires")
        known = {one.id for one in self._directory.plan().enterprises}
        if wanted.enterprise is not None and wanted.enterprise not in known:
            raise Rejected(f"no enterprise `{wanted.enterprise[:64]}`", f"there is: {', '.join(sorted(known))}")
        if account.enterprise not in (None, wanted.enterprise) and wanted.enterprise is not None:
            raise Rejected(f"`{account.name}` sees only `{account.enterprise}`", "leave the enterprise out")
        if len(self._directory.keys) >= MOST:
            raise Rejected(f"there are {MOST} keys already", "remove those that nobody uses")
        return account


def _is_of_others(account: Account, key: Key) -> bool:
    """True where the key was made for one enterprise, and handed to it, and its account has come to another."""
    return None not in (account.enterprise, key.enterprise) and account.enterprise != key.enterprise
