"""The alarm journal and the alarms' states in state.db: stored together, so that neither is ahead of the other."""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from gateway.core.alarm import Actor, AlarmEvent, AlarmState, Priority, Transition
from gateway.core.ownership import Bounds
from gateway.core.point import Names

KEPT_EVENTS = 200_000  # four years at 144 a day, about 60 MB; every event also goes to the sinks
_TRIMMED_AT_ONCE = 1_000

TABLES: tuple[str, ...] = (
    """CREATE TABLE alarm_event(
        seq INTEGER PRIMARY KEY AUTOINCREMENT, time_ns INTEGER NOT NULL, alarm TEXT NOT NULL, rule TEXT NOT NULL,
        device TEXT, enterprise TEXT, occurrence INTEGER NOT NULL, transition TEXT NOT NULL, state TEXT NOT NULL,
        priority INTEGER NOT NULL, area TEXT NOT NULL, value TEXT NOT NULL, limit_value REAL, unit TEXT NOT NULL,
        message_en TEXT NOT NULL, message_zh TEXT NOT NULL, who TEXT NOT NULL, role TEXT NOT NULL, origin TEXT NOT NULL,
        comment TEXT NOT NULL, until_ns INTEGER, first_out INTEGER NOT NULL)""",
    "CREATE INDEX alarm_event_alarm ON alarm_event(alarm, seq)",
    "CREATE INDEX alarm_event_time ON alarm_event(time_ns)",
    """CREATE TRIGGER alarm_event_no_update BEFORE UPDATE ON alarm_event
        BEGIN SELECT raise(ABORT, 'the alarm journal is append-only'); END""",
    """CREATE TRIGGER alarm_event_no_delete BEFORE DELETE ON alarm_event WHEN OLD.seq > coalesce(
            (SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'alarms_trimmed'), 0)
        BEGIN SELECT raise(ABORT, 'the alarm journal is append-only'); END""",
    "CREATE TABLE alarm_state(alarm TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID",
    "CREATE TABLE alarm_memory(key TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID",
)
_COLUMNS = (
    "time_ns, alarm, rule, device, enterprise, occurrence, transition, state, priority, area, value, limit_value, "
    "unit, message_en, message_zh, who, role, origin, comment, until_ns, first_out"
)
_INSERT = f"INSERT INTO alarm_event({_COLUMNS}) VALUES({', '.join('?' * 21)})"
_SAVED = "alarms_saved"  # keys in the table `meta`
_EXPORTED = "alarms_exported"
_TRIMMED = "alarms_trimmed"  # up to this event the cap has taken what was


@dataclass(frozen=True, slots=True)
class Saved:
    """What a former run left."""

    states: dict[str, Any]
    memory: dict[str, Any]
    wall_ns: int  # UTC of the last save; 0: never
    steady_ns: int  # the same moment on that run's steady clock
    exported: int  # the last event that is in the outbox


@dataclass(frozen=True, slots=True)
class JournalQuery:
    """Which events; what is `None` does not limit."""

    from_ns: int | None = None
    to_ns: int | None = None
    alarm: str | None = None
    device: str | None = None
    enterprise: str | None = None
    priority: int | None = None
    before: int | None = None  # only events with a smaller seq
    after: int | None = None  # only events with a larger seq
    oldest_first: bool = False
    within: Mapping[str, Sequence[Bounds]] = field(
        default_factory=dict
    )  # of these devices only what lies in these times


def append(db: sqlite3.Connection, events: Iterable[AlarmEvent]) -> list[AlarmEvent]:
    """Append events; the same with their seq. Within a transaction of the caller."""
    stored = []
    for event in events:
        cursor = db.execute(_INSERT, _row(event))
        stored.append(replace(event, seq=cursor.lastrowid or 0))
    return stored


def save(
    db: sqlite3.Connection, states: Mapping[str, Any], removed: Iterable[str], wall_ns: int, steady_ns: int
) -> None:
    """Put down the states of these alarms, and when; within a transaction of the caller."""
    rows = [(alarm, json.dumps(body)) for alarm, body in states.items()]
    db.executemany("INSERT OR REPLACE INTO alarm_state VALUES(?, ?)", rows)
    db.executemany("DELETE FROM alarm_state WHERE alarm = ?", [(alarm,) for alarm in removed])
    _put(db, _SAVED, f"{wall_ns} {steady_ns}")


def save_memory(db: sqlite3.Connection, memory: Mapping[str, Any]) -> None:
    """Replace what windows and timers remember; within a transaction of the caller."""
    db.execute("DELETE FROM alarm_memory")
    db.executemany("INSERT INTO alarm_memory VALUES(?, ?)", [(key, json.dumps(body)) for key, body in memory.items()])


def save_exported(db: sqlite3.Connection, seq: int) -> None:
    """Everything up to `seq` is in the outbox; within a transaction of the caller."""
    _put(db, _EXPORTED, str(seq))


def load(db: sqlite3.Connection) -> Saved:
    """What the former run left; what cannot be read is left out."""
    wall_ns, _, steady_ns = _get(db, _SAVED, "0 0").partition(" ")
    return Saved(
        _bodies(db.execute("SELECT alarm, body FROM alarm_state")),
        _bodies(db.execute("SELECT key, body FROM alarm_memory")),
        int(wall_ns),
        int(steady_ns),
        int(_get(db, _EXPORTED, "0")),
    )


def read(db: sqlite3.Connection, query: JournalQuery, limit: int) -> list[AlarmEvent]:
    """Events, the newest first unless the query says otherwise."""
    where, values = _where(query)
    order = "seq" if query.oldest_first else "seq DESC"
    sql = f"SELECT seq, {_COLUMNS} FROM alarm_event{where} ORDER BY {order} LIMIT ?"  # noqa: S608  constant names
    return [_event(row) for row in db.execute(sql, (*values, limit))]


def trim(db: sqlite3.Connection) -> int:
    """Remove the oldest events beyond the cap, some at a time; how many went. Within a transaction of the caller.

    What the outbox has not got yet stays, up to twice the cap.
    """
    newest = db.execute("SELECT coalesce(max(seq), 0) FROM alarm_event").fetchone()[0]
    exported = int(_get(db, _EXPORTED, "0"))
    last = max(min(newest - KEPT_EVENTS, exported), newest - 2 * KEPT_EVENTS)
    if last <= 0:
        return 0
    _put(db, _TRIMMED, str(last))
    query = "DELETE FROM alarm_event WHERE seq IN (SELECT seq FROM alarm_event WHERE seq <= ? ORDER BY seq LIMIT ?)"
    return db.execute(query, (last, _TRIMMED_AT_ONCE)).rowcount


def _row(event: AlarmEvent) -> tuple[object, ...]:
    actor, message = event.actor, event.message
    return (
        event.time_ns, event.alarm, event.rule, event.device, event.enterprise, event.occurrence,
        event.transition.value, event.state.value, int(event.priority), event.area, json.dumps(event.value),
        event.limit, event.unit, _text(message.en), _text(message.zh), _text(actor.name), actor.role, actor.origin,
        _text(event.comment), event.until_ns, int(event.first_out),
    )  # fmt: skip


def _text(text: str) -> str:
    """SQLite takes no half of a surrogate pair, which the text of a device may hold."""
    return text.encode(errors="replace").decode()


def _event(row: tuple[Any, ...]) -> AlarmEvent:
    (seq, time_ns, alarm, rule, device, enterprise, occurrence, transition, state, priority, area, value, limit, unit,
     message_en, message_zh, who, role, origin, comment, until_ns, first_out) = row  # fmt: skip
    return AlarmEvent(
        time_ns, alarm, rule, device, enterprise, occurrence, Transition(transition), AlarmState(state),
        Priority(priority), area, json.loads(value), limit, unit, Names(message_en, message_zh),
        Actor(who, role, origin), comment, until_ns, bool(first_out), seq,
    )  # fmt: skip


_WITHIN = """(device IS NULL OR device NOT IN (SELECT value FROM json_each(?)) OR EXISTS (
    SELECT 1 FROM json_each(?) WHERE json_extract(value, '$[0]') = device
    AND time_ns >= json_extract(value, '$[1]') AND time_ns < json_extract(value, '$[2]')))"""


def _where(query: JournalQuery) -> tuple[str, list[object]]:
    limits: Sequence[tuple[str, object]] = (
        ("time_ns >= ?", query.from_ns),
        ("time_ns < ?", query.to_ns),
        ("alarm = ?", query.alarm),
        ("device = ?", query.device),
        ("enterprise = ?", query.enterprise),
        ("priority = ?", query.priority),
        ("seq < ?", query.before),
        ("seq > ?", query.after),
    )
    given = [(text, [value]) for text, value in limits if value is not None]
    if query.within:
        given.append((_WITHIN, _within(query.within)))
    values = [value for _, found in given for value in found]
    return (" WHERE " + " AND ".join(text for text, _ in given) if given else ""), values


def _within(within: Mapping[str, Sequence[Bounds]]) -> list[object]:
    """Two lists as JSON: SQLite takes a thousand terms at the most, and there may be more devices."""
    spans = [(device, *span) for device, known in within.items() for span in known]
    return [json.dumps(list(within)), json.dumps(spans)]


def _bodies(rows: Iterable[tuple[str, str]]) -> dict[str, Any]:
    found = {}
    for key, body in rows:
        try:
            found[key] = json.loads(body)
        except ValueError:
            continue
    return found


def _put(db: sqlite3.Connection, key: str, value: str) -> None:
    db.execute("INSERT OR REPLACE INTO meta VALUES(?, ?)", (key, value))


def _get(db: sqlite3.Connection, key: str, default: str) -> str:
    row = db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
    return default if row is None else str(row[0])
