"""What an administrator does with accounts and keys, put down in the audit log: for the API and the command line."""

from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from gateway.identity.accounts import LINK_S, AccountWanted
from gateway.identity.documents import Json, account_document, key_document, rights_document, session_document
from gateway.identity.keys import KeyWanted
from gateway.identity.refusals import Unknown
from gateway.identity.service import Identities
from gateway.store.identities import Account

LINK_PATH = "/login#token="  # what is behind the # never reaches a server or its log


class Putting(Protocol):
    """Puts down that something is asked for, and how it went."""

    def __call__(
        self, action: str, target: str, *, before: object = None, after: object = None
    ) -> AbstractAsyncContextManager[Any]:
        """For `async with`. Entering raises Unavailable where it cannot be put down."""
        ...


class Desk:
    """Every change is put down before it is made. Raises Rejected, Unknown, Unavailable."""

    def __init__(self, identities: Identities, audited: Putting, own: bytes | None = None) -> None:
        self._identities = identities
        self._directory = identities.directory
        self._audited = audited
        self._own = own  # the session of who asks

    def users(self) -> Json:
        """Every account."""
        items = [self._shown(one) for one in sorted(self._directory.accounts.values(), key=lambda one: one.name)]
        return {"items": items, "total": len(items)}

    def user(self, name: str) -> Json:
        """One account."""
        return self._shown(self._identities.accounts.get(name))

    async def add(self, wanted: AccountWanted, *, with_link: bool = False, valid_s: int = LINK_S) -> Json:
        """A new account, with a one-time link where it is wanted."""
        rights = {"role": wanted.role.value, "enterprise": wanted.enterprise, "wall": wanted.is_wall}
        until = None if wanted.valid_until is None else wanted.valid_until.isoformat()
        async with self._audited("user add", wanted.name, after={**rights, "valid_until": until}):
            account = await self._identities.accounts.add(wanted)
            await self._identities.settle()
        link = await self.link(account.name, valid_s=valid_s) if with_link else None
        return {**self._shown(account), "link": link}

    async def change(self, name: str, changed: Json) -> Json:
        """Another role, end, ...; the fields as in `rights_document`. Its sessions end."""
        before = self._identities.accounts.get(name)
        fields = {_FIELDS[key]: value for key, value in changed.items()}
        if fields.get("role", "enterprise") != "enterprise":
            fields.setdefault("enterprise", None)  # no other role has one
        told = rights_document(before)
        async with self._audited("user change", before.name, before=told, after={**told, **changed}):
            _, after = await self._identities.accounts.change(name, **fields)
        return self._shown(after)

    async def remove(self, name: str) -> Json:
        """The account is gone, with its sessions, keys and links."""
        account = self._identities.accounts.get(name)
        async with self._audited("user remove", account.name, before=rights_document(account)):
            await self._identities.accounts.remove(name)
        return rights_document(account)

    async def link(self, name: str, *, valid_s: int = LINK_S, is_reset: bool = False) -> Json:
        """A link that signs in as this account, once."""
        account = self._identities.accounts.get(name)
        async with self._audited("user link", account.name, after={"valid_s": valid_s, "reset": is_reset}):
            token, expires_ns = await self._identities.accounts.link(name, valid_s=valid_s, is_reset=is_reset)
        return {"token": token, "path": f"{LINK_PATH}{token}", "expires_ms": expires_ns // 1_000_000}

    def sessions(self, name: str) -> Json:
        """The sessions of an account, the newest first."""
        account = self._identities.accounts.get(name)
        sessions = self._identities.sessions
        items = [session_document(s, account, sessions, self._own) for s in self._directory.sessions_of(account)]
        return {"items": items, "total": len(items)}

    async def end_sessions(self, name: str, session_id: str = "") -> Json:
        """End all sessions of an account, or this one; how many that were."""
        account = self._identities.accounts.get(name)
        async with self._audited("user sessions end", account.name, after={"session": session_id or "all"}):
            ended = await self._identities.sessions.end(account, only=session_id)
            if session_id and not ended:
                raise Unknown(f"no session `{session_id[:40]}` of `{account.name}`", "it may have ended")
        return {"ended": ended}

    def keys(self) -> Json:
        """Every key, without its secret."""
        accounts = self._directory.accounts
        holds = self._identities.keys.holds
        items = [
            key_document(key, accounts[key.account_id], is_valid=holds(key.id)) for key in self._directory.keys.values()
        ]
        return {"items": items, "total": len(items)}

    async def add_key(self, wanted: KeyWanted) -> Json:
        """A new key; `key` of the answer is its text, which is shown this once."""
        told = {"account": wanted.account, "scopes": sorted(wanted.scopes), "days": wanted.days}
        async with self._audited("key add", wanted.name, after={**told, "enterprise": wanted.enterprise}) as entry:
            key, text = await self._identities.keys.make(wanted)
            entry.after = {**told, "enterprise": key.enterprise, "id": key.id}
        return {**key_document(key, self._directory.accounts[key.account_id], is_valid=True), "key": text}

    async def remove_key(self, key_id: str) -> Json:
        """The key is worthless from now on."""
        async with self._audited("key remove", key_id):
            key = await self._identities.keys.remove(key_id)
        return {"removed": key.id}

    def _shown(self, account: Account) -> Json:
        keys = sum(key.account_id == account.id for key in self._directory.keys.values())
        sessions = len(self._directory.sessions_of(account))
        return account_document(account, sessions=sessions, keys=keys, is_usable=self._directory.is_usable(account))


_FIELDS = {
    "display": "display",
    "role": "role",
    "enterprise": "enterprise",
    "valid_until": "valid_until",
    "disabled": "is_disabled",
    "wall": "is_wall",
}
