"""Accounts, sessions and keys as JSON: what lists show of them, and no secret."""

from typing import Any

from gateway.identity.sessions import Sessions
from gateway.store.identities import Account, Key, Session

Json = dict[str, Any]
_MS = 1_000_000


def rights_document(account: Account) -> Json:
    """What an account may: what the audit log keeps before and after a change."""
    return {
        "name": account.name,
        "display": account.display,
        "role": account.role,
        "enterprise": account.enterprise,
        "valid_until": account.valid_until,
        "disabled": account.is_disabled,
        "wall": account.is_wall,
    }


def account_document(account: Account, *, sessions: int, keys: int, is_usable: bool) -> Json:
    """One account in a list."""
    return {
        **rights_document(account),
        "usable": is_usable,  # false where it is disabled or has ended
        "has_password": bool(account.password),
        "external": account.subject is not None,
        "created_ms": account.created_ns // _MS,
        "signed_in_ms": _ms(account.seen_ns),
        "sessions": sessions,
        "keys": keys,
    }


def session_document(session: Session, account: Account, sessions: Sessions, own: bytes | None) -> Json:
    """One session in a list. `own`: that of who asks."""
    return {
        "id": session.id,
        "created_ms": session.created_ns // _MS,
        "seen_ms": session.seen_ns // _MS,
        "expires_ms": sessions.ends_ns(session, account) // _MS,
        "origin": session.origin,
        "agent": session.agent,
        "by_link": session.by_ticket,
        "current": session.hash == own,
    }


def key_document(key: Key, account: Account, *, is_valid: bool) -> Json:
    """One key in a list."""
    return {
        "id": key.id,
        "name": key.name,
        "account": account.name,
        "role": account.role,
        "scopes": key.scopes.split(),
        "enterprise": account.enterprise or key.enterprise,
        "valid": is_valid,
        "created_ms": key.created_ns // _MS,
        "expires_ms": key.expires_ns // _MS,
        "used_ms": _ms(key.used_ns),
        "used_origin": key.used_origin or None,
    }


def _ms(time_ns: int) -> int | None:
    return time_ns // _MS or None
