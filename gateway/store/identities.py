"""Accounts, sessions, API keys and one-time tickets in state.db. No secret is stored: of each there is only a hash."""

import sqlite3
from dataclasses import astuple, dataclass, fields
from typing import Any

TABLES = (
    # AUTOINCREMENT: the number of a removed account is never given to another one
    """CREATE TABLE account(
        id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL UNIQUE, display TEXT NOT NULL, role TEXT NOT NULL,
        enterprise TEXT, valid_until TEXT, is_disabled INTEGER NOT NULL, is_wall INTEGER NOT NULL,
        password TEXT NOT NULL, subject TEXT UNIQUE, created_ns INTEGER NOT NULL, seen_ns INTEGER NOT NULL)""",
    """CREATE TABLE session(
        hash BLOB PRIMARY KEY, id TEXT NOT NULL UNIQUE,
        account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE, csrf TEXT NOT NULL,
        created_ns INTEGER NOT NULL, seen_ns INTEGER NOT NULL, origin TEXT NOT NULL, agent TEXT NOT NULL,
        by_ticket INTEGER NOT NULL) WITHOUT ROWID""",
    """CREATE TABLE api_key(
        id TEXT PRIMARY KEY, hash BLOB NOT NULL, name TEXT NOT NULL,
        account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE, scopes TEXT NOT NULL, enterprise TEXT,
        created_ns INTEGER NOT NULL, expires_ns INTEGER NOT NULL, used_ns INTEGER NOT NULL, used_origin TEXT NOT NULL)
        WITHOUT ROWID""",
    """CREATE TABLE ticket(
        hash BLOB PRIMARY KEY, account_id INTEGER NOT NULL REFERENCES account(id) ON DELETE CASCADE,
        created_ns INTEGER NOT NULL, expires_ns INTEGER NOT NULL) WITHOUT ROWID""",
    "CREATE INDEX session_by_account ON session(account_id)",
    "CREATE INDEX api_key_by_account ON api_key(account_id)",
    "CREATE INDEX ticket_by_account ON ticket(account_id)",
)


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may sign in."""

    id: int  # 0: not stored yet
    name: str
    display: str
    role: str
    enterprise: str | None  # sees only what belongs to it
    valid_until: str | None  # the last day, in the site's zone, YYYY-MM-DD
    is_disabled: bool
    is_wall: bool  # its sessions do not end by being idle, and change nothing
    password: str  # argon2id in the PHC form; empty: none yet
    subject: str | None  # who this is at the identity provider: `issuer subject`
    created_ns: int
    seen_ns: int  # the newest log-in; 0: never


@dataclass(frozen=True, slots=True)
class Session:
    """One log-in of one browser."""

    hash: bytes  # SHA-256 of the cookie's token
    id: str  # its name in lists
    account_id: int
    csrf: str
    created_ns: int
    seen_ns: int
    origin: str  # address
    agent: str  # what the browser calls itself
    by_ticket: bool  # begun by a one-time link: a password may be set without the old one


@dataclass(frozen=True, slots=True)
class Key:
    """One API key: some of the rights of one account, until a time."""

    id: str
    hash: bytes  # SHA-256 of the secret
    name: str  # what it is for
    account_id: int
    scopes: str  # permissions, by spaces
    enterprise: str | None  # sees only what belongs to it
    created_ns: int
    expires_ns: int
    used_ns: int  # 0: never
    used_origin: str


@dataclass(frozen=True, slots=True)
class Ticket:
    """One one-time token: whoever has it signs in as this account, once."""

    hash: bytes
    account_id: int
    created_ns: int
    expires_ns: int


Row = Account | Session | Key | Ticket
_TABLE: dict[type, str] = {Account: "account", Session: "session", Key: "api_key", Ticket: "ticket"}


@dataclass(frozen=True, slots=True)
class Stored:
    """Everything that is there."""

    accounts: list[Account]
    sessions: list[Session]
    keys: list[Key]
    tickets: list[Ticket]


def load(db: sqlite3.Connection) -> Stored:
    """Everything."""
    accounts = [
        Account(*(*row[:6], bool(row[6]), bool(row[7]), *row[8:]))
        for row in db.execute(f"SELECT {_columns(Account)} FROM account ORDER BY name")  # noqa: S608
    ]
    sessions = [Session(*(*row[:8], bool(row[8]))) for row in db.execute(f"SELECT {_columns(Session)} FROM session")]  # noqa: S608
    keys = [Key(*row) for row in db.execute(f"SELECT {_columns(Key)} FROM api_key ORDER BY created_ns, id")]  # noqa: S608
    tickets = [Ticket(*row) for row in db.execute(f"SELECT {_columns(Ticket)} FROM ticket")]  # noqa: S608
    return Stored(accounts, sessions, keys, tickets)


def add_account(db: sqlite3.Connection, account: Account) -> int:
    """Store a new account; its number. Raises sqlite3.IntegrityError where the name is taken."""
    columns = [name for name in _names(Account) if name != "id"]
    query = f"INSERT INTO account({', '.join(columns)}) VALUES({', '.join('?' * len(columns))})"
    return int(db.execute(query, [getattr(account, name) for name in columns]).lastrowid or 0)


def add(db: sqlite3.Connection, row: Session | Key | Ticket) -> None:
    """Store a new one."""
    marks = ", ".join("?" * len(fields(row)))
    db.execute(f"INSERT INTO {_TABLE[type(row)]}({_columns(type(row))}) VALUES({marks})", astuple(row))


def change(db: sqlite3.Connection, row: Account | Session | Key) -> None:
    """Store what is different now; the first column says which one it is."""
    key, *others = _names(type(row))
    query = f"UPDATE {_TABLE[type(row)]} SET {', '.join(f'{name} = ?' for name in others)} WHERE {key} = ?"  # noqa: S608
    values: list[Any] = [getattr(row, name) for name in (*others, key)]
    db.execute(query, values)


def remove(db: sqlite3.Connection, *rows: Row) -> None:
    """Remove these; with an account everything that belongs to it."""
    for row in rows:
        key = _names(type(row))[0]
        db.execute(f"DELETE FROM {_TABLE[type(row)]} WHERE {key} = ?", (getattr(row, key),))  # noqa: S608


def sign_in(db: sqlite3.Connection, account: Account, session: Session) -> None:
    """Store a new session, and when its account was seen."""
    add(db, session)
    change(db, account)


def end_all_sessions(db: sqlite3.Connection) -> None:
    """End every session and one-time ticket: after an older file took the place, some of them were ended already."""
    db.execute("DELETE FROM session")
    db.execute("DELETE FROM ticket")


def _names(kind: type[Row]) -> list[str]:
    return [field.name for field in fields(kind)]


def _columns(kind: type[Row]) -> str:
    return ", ".join(_names(kind))
