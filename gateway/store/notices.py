"""The queue of notifications in state.db: its tables, and how events come in, in the journal's own transaction.

enqueue ─▶ notice_row ─ freeze ─▶ notice_message ─ mark ─▶ sent | failed | expired
     └───▶ notice_alarm (as each alarm stands)      └────▶ notice_group, notice_told (what people know)
"""

import sqlite3
from collections.abc import Iterable
from dataclasses import replace

import msgspec

from gateway.core.alarm import ANNUNCIATING, WAITING, AlarmEvent, Transition
from gateway.core.notice_queue import ENDING, REMOVED, QueueRow, RowState
from gateway.core.point import Names

CAPACITY = 100_000  # rows that wait; about 60 MB
_WAITING = "('queued', 'held')"
_ENDS = "('" + "', '".join(sorted(transition.value for transition in ENDING)) + "')"
_CALLS = "('" + "', '".join(sorted(transition.value for transition in ANNUNCIATING)) + "')"

TABLES: tuple[str, ...] = (
    """CREATE TABLE notice_alarm(
        id INTEGER PRIMARY KEY AUTOINCREMENT, alarm TEXT NOT NULL UNIQUE, rule TEXT NOT NULL, device TEXT,
        enterprise TEXT, area TEXT NOT NULL, priority INTEGER NOT NULL, occurrence INTEGER NOT NULL,
        state TEXT NOT NULL, transition TEXT NOT NULL, stretch INTEGER NOT NULL, raised_ns INTEGER NOT NULL,
        actor TEXT NOT NULL)""",
    """CREATE TABLE notice_row(
        id INTEGER PRIMARY KEY AUTOINCREMENT, key TEXT NOT NULL UNIQUE, channel TEXT NOT NULL, route TEXT NOT NULL,
        step INTEGER NOT NULL, labels TEXT NOT NULL, alarm TEXT NOT NULL, occurrence INTEGER NOT NULL,
        transition TEXT NOT NULL, priority INTEGER NOT NULL, stretch INTEGER NOT NULL, raised_ns INTEGER NOT NULL,
        after_ns INTEGER NOT NULL, since_ns INTEGER NOT NULL, state TEXT NOT NULL, reason TEXT NOT NULL,
        message TEXT, event BLOB NOT NULL)""",
    "CREATE INDEX notice_row_waiting ON notice_row(channel, id) WHERE state IN ('queued', 'held')",
    "CREATE INDEX notice_row_alarm ON notice_row(alarm, occurrence)",
    "CREATE INDEX notice_row_message ON notice_row(message) WHERE message IS NOT NULL",
    """CREATE TABLE notice_message(
        id TEXT PRIMARY KEY, channel TEXT NOT NULL, route TEXT NOT NULL, enterprise TEXT, state TEXT NOT NULL,
        body BLOB NOT NULL, queued_ns INTEGER NOT NULL, expires_ns INTEGER NOT NULL, sent_ns INTEGER,
        attempts INTEGER NOT NULL, answer TEXT NOT NULL)""",
    "CREATE INDEX notice_message_queued ON notice_message(queued_ns)",
    "CREATE INDEX notice_message_sending ON notice_message(channel) WHERE state = 'sending'",
    """CREATE TABLE notice_group(
        channel TEXT NOT NULL, route TEXT NOT NULL, step INTEGER NOT NULL, labels TEXT NOT NULL,
        sent_ns INTEGER NOT NULL, PRIMARY KEY(channel, route, step, labels)) WITHOUT ROWID""",
    """CREATE TABLE notice_told(
        channel TEXT NOT NULL, route TEXT NOT NULL, step INTEGER NOT NULL, labels TEXT NOT NULL, alarm TEXT NOT NULL,
        occurrence INTEGER NOT NULL, priority INTEGER NOT NULL, stretch INTEGER NOT NULL, raised_ns INTEGER NOT NULL,
        event BLOB NOT NULL,
        PRIMARY KEY(channel, route, step, labels, alarm)) WITHOUT ROWID""",
    "CREATE INDEX notice_told_alarm ON notice_told(alarm)",
    """CREATE TABLE notice_channel(
        channel TEXT PRIMARY KEY, taken TEXT NOT NULL, heartbeat_ns INTEGER, digest_ns INTEGER, counts TEXT NOT NULL,
        sent_ns INTEGER, answer TEXT NOT NULL) WITHOUT ROWID""",
    """CREATE TABLE notice_merged(
        channel TEXT NOT NULL, priority INTEGER NOT NULL, count INTEGER NOT NULL,
        PRIMARY KEY(channel, priority)) WITHOUT ROWID""",
)

_FOLLOW = """INSERT OR REPLACE INTO notice_alarm(
    alarm, rule, device, enterprise, area, priority, occurrence, state, transition, stretch, raised_ns, actor)
    VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"""
_INSERT = """INSERT OR IGNORE INTO notice_row(
    key, channel, route, step, labels, alarm, occurrence, transition, priority, stretch, raised_ns, after_ns, since_ns,
    state, reason, event) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'queued', '', ?)"""
_RAISED_IN = f"""SELECT labels FROM notice_row
    WHERE alarm = ?1 AND occurrence = ?2 AND channel = ?3 AND route = ?4 AND step = ?5 AND transition IN {_CALLS}
    UNION SELECT labels FROM notice_told WHERE alarm = ?1 AND channel = ?3 AND route = ?4 AND step = ?5
    ORDER BY 1"""  # noqa: S608  constants; what was told long ago is no row any more
_RETURNED_IN = f"""SELECT 1 FROM notice_row WHERE alarm = ?1 AND occurrence = ?2 AND channel = ?3 AND route = ?4
    AND step = ?5 AND transition = '{Transition.RETURNED}'"""  # noqa: S608
_ACKNOWLEDGED = f"""UPDATE notice_row SET state = '{RowState.EXPIRED}', reason = ?
    WHERE alarm = ? AND step > 0 AND state IN {_WAITING} AND transition NOT IN {_ENDS}"""  # noqa: S608
_REMOVED = f"""UPDATE notice_row SET state = '{RowState.EXPIRED}', reason = ?
    WHERE alarm = ? AND state IN {_WAITING} AND transition NOT IN {_ENDS}"""  # noqa: S608
_FREE_KEYS = f"UPDATE notice_row SET key = id || '#' || key WHERE alarm = ? AND transition != '{Transition.REMOVED}'"  # noqa: S608


def encode_event(event: AlarmEvent) -> bytes:
    """An event as it is kept."""
    try:
        return msgspec.json.encode(event)
    except UnicodeEncodeError:
        return msgspec.json.encode(_sound(event))


def _sound(event: AlarmEvent) -> AlarmEvent:
    """Without halves of surrogate pairs, which the text of a device may hold and neither JSON nor SQLite takes."""
    message = Names(_text(event.message.en), _text(event.message.zh))
    actor = replace(event.actor, name=_text(event.actor.name))
    value = _text(event.value) if isinstance(event.value, str) else event.value
    return replace(event, message=message, actor=actor, value=value, comment=_text(event.comment))


def decode_event(body: bytes) -> AlarmEvent:
    """What `encode_event` made."""
    return msgspec.json.decode(body, type=AlarmEvent)


def enqueue(db: sqlite3.Connection, rows: Iterable[QueueRow], *, capacity: int = CAPACITY) -> None:
    """Put rows into the queue, in the order of their events; within a transaction of the caller.

    What is there already is left as it is. An alarm's end is put in where its raise is. An acknowledgement ends
    escalations that have not begun, a removal everything that calls for somebody. More than `capacity` rows that wait:
    the oldest of the lowest priority of the channel with most of them become a number that its next message names.
    """
    event: AlarmEvent | None = None
    body, stretch, raised_ns = b"", 0, 0
    for row in rows:
        if row.event is not event:
            event, body = row.event, encode_event(row.event)
        if not row.channel:
            stretch, raised_ns = _follow(db, row.event)
        elif row.event.transition in ENDING:
            _insert_end(db, row, stretch, raised_ns, body)
        else:
            db.execute(_INSERT, _values(row, row.key, row.group, stretch, raised_ns, body))
    if event is not None:
        _make_room(db, capacity)


def _follow(db: sqlite3.Connection, event: AlarmEvent) -> tuple[int, int]:
    """Put down how the alarm stands; the stretch of waiting for an acknowledgement, and when it was raised."""
    query = "SELECT occurrence, stretch, raised_ns FROM notice_alarm WHERE alarm = ?"
    occurrence, stretch, raised_ns = db.execute(query, (event.alarm,)).fetchone() or (0, 0, 0)
    if event.transition is Transition.RAISED:
        raised_ns = event.time_ns
    elif occurrence != event.occurrence:
        raised_ns = 0
    stretch = (stretch or _next_id(db)) if event.state in WAITING else 0
    if event.transition is Transition.REMOVED:
        db.execute(_REMOVED, (REMOVED, event.alarm))
        db.execute(_FREE_KEYS, (event.alarm,))  # its occurrences may be counted from 1 again
    if event.transition is Transition.ACKNOWLEDGED:
        db.execute(_ACKNOWLEDGED, (f"acknowledged by {_text(event.actor.name)} in time", event.alarm))
    db.execute(
        _FOLLOW,
        (event.alarm, event.rule, event.device, event.enterprise, event.area, int(event.priority), event.occurrence,
         event.state.value, event.transition.value, stretch, raised_ns, _text(event.actor.name)),
    )  # fmt: skip
    return stretch, raised_ns


def _next_id(db: sqlite3.Connection) -> int:
    found = db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'notice_alarm'").fetchone()
    return 1 + (found[0] if found else 0)


def _insert_end(db: sqlite3.Connection, row: QueueRow, stretch: int, raised_ns: int, body: bytes) -> None:
    """Once for each group that got the raise: its labels may have been others then (its priority)."""
    event = row.event
    place = (event.alarm, event.occurrence, row.channel, row.route, row.step)
    if event.transition is Transition.REMOVED and db.execute(_RETURNED_IN, place).fetchone():
        return  # its end has been told, or is about to be
    for number, (group,) in enumerate(db.execute(_RAISED_IN, place).fetchall()):
        key = f"{row.key}#{number}" if number else row.key
        db.execute(_INSERT, _values(row, key, group, stretch, raised_ns, body))


def _values(row: QueueRow, key: str, group: str, stretch: int, raised_ns: int, body: bytes) -> tuple[object, ...]:
    event = row.event
    return (
        key, row.channel, row.route, row.step, group, event.alarm, event.occurrence, event.transition.value,
        int(event.priority), stretch, raised_ns, row.after_ns, event.time_ns, body,
    )  # fmt: skip


def _text(text: str) -> str:
    """SQLite takes no half of a surrogate pair."""
    return text.encode(errors="replace").decode()


def _make_room(db: sqlite3.Connection, capacity: int) -> None:
    counts = f"SELECT count(*), channel FROM notice_row WHERE state IN {_WAITING} GROUP BY channel"  # noqa: S608
    waiting = db.execute(counts).fetchall()
    excess = sum(count for count, _ in waiting) - capacity
    if excess <= 0:
        return
    fullest = max(waiting)[1]
    oldest = f"""SELECT id, priority FROM notice_row WHERE channel = ? AND state IN {_WAITING}
        ORDER BY priority DESC, id LIMIT ?"""  # noqa: S608
    merged = db.execute(oldest, (fullest, excess)).fetchall()
    reason = "the queue was full: counted in the channel's next message"
    update = f"UPDATE notice_row SET state = '{RowState.EXPIRED}', reason = ?, event = x'' WHERE id = ?"  # noqa: S608
    db.executemany(update, [(reason, number) for number, _ in merged])
    count = """INSERT INTO notice_merged VALUES(?, ?, 1)
        ON CONFLICT(channel, priority) DO UPDATE SET count = count + 1"""
    db.executemany(count, [(fullest, priority) for _, priority in merged])
