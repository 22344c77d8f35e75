"""What a channel's sender does to the queue of notifications: read, put aside, freeze a message, mark it.

Times are UTC; every function is called in the database's thread, the ones that write within a transaction.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from gateway.core.alarm import AlarmEvent, AlarmState, Priority, Transition
from gateway.core.notice import Notice
from gateway.core.notice_queue import Pending, RowState, Standing, Told
from gateway.store.notices import decode_event

GroupId = tuple[str, int, str]
"""Route, step, labels."""

KEPT_NS = 7 * 86_400 * 1_000_000_000
KEPT_ROWS = 50_000  # that are done
KEPT_MESSAGES = 5_000
_PRUNED_AT_ONCE = 5_000
_WAITING = "state IN ('queued', 'held')"
_PENDING = (
    "id, route, step, labels, alarm, occurrence, transition, priority, stretch, after_ns, since_ns, state, reason"
)
_STANDING = (
    "id, alarm, rule, device, enterprise, area, priority, occurrence, state, transition, stretch, raised_ns, actor"
)


class Changed(Exception):
    """The rows are not as the sender knows them: it reads the queue again."""


@dataclass(slots=True)
class Record:
    """What is kept of a channel beside its queue."""

    taken: list[int] = field(default_factory=list)  # when messages were sent that still count for its rate
    heartbeat_ns: int | None = None
    digest_ns: int | None = None
    counts: dict[str, int] = field(default_factory=dict)  # messages by what became of them; rows `expired`, `merged`
    sent_ns: int | None = None  # the last success
    answer: str = ""  # to it


@dataclass(slots=True)
class Message:
    """A frozen message."""

    notice: Notice
    route: str
    enterprise: str | None  # whose alone it is to see
    queued_ns: int
    expires_ns: int
    attempts: int = 1


@dataclass(frozen=True, slots=True)
class GroupChange:
    """What a message changes of what a group's people know."""

    id: GroupId
    sent_ns: int | None  # None: nothing of it stands, it is forgotten
    told: Sequence[int] = ()  # rows: the newest of each alarm that they are told of and that has not returned
    returned: Sequence[str] = ()  # alarms


@dataclass(frozen=True, slots=True)
class Saved:
    """A channel as a former run left it."""

    record: Record
    rows: list[Pending]
    groups: dict[GroupId, int]  # when the last message went out
    told: list[tuple[GroupId, Told]]
    sending: list[Message]  # in the order in which they were made
    newest: int  # id of a row


@dataclass(frozen=True, slots=True)
class Listed:
    """A message, or a row that is in none, for the page."""

    id: str
    channel: str
    route: str
    state: RowState
    notice: Notice | None
    event: AlarmEvent | None
    alarm: str
    queued_ns: int
    sent_ns: int | None
    attempts: int
    answer: str  # of the provider, or why it was not sent


# -- reading ----------------------------------------------------------------------------------------------------------


def load(db: sqlite3.Connection, channel: str) -> Saved:
    """Everything of a channel."""
    groups = db.execute("SELECT route, step, labels, sent_ns FROM notice_group WHERE channel = ?", (channel,))
    told = db.execute(
        "SELECT route, step, labels, alarm, occurrence, priority, stretch FROM notice_told WHERE channel = ?",
        (channel,),
    )
    return Saved(
        _record(db, channel),
        read(db, channel, 0)[0],
        {(route, step, labels): sent_ns for route, step, labels, sent_ns in groups},
        [
            ((route, step, labels), Told(alarm, occurrence, Priority(priority), stretch))
            for route, step, labels, alarm, occurrence, priority, stretch in told
        ],
        _sending(db, channel),
        newest_id(db, "notice_row"),
    )


def read(db: sqlite3.Connection, channel: str, after: int) -> tuple[list[Pending], int]:
    """The rows of a channel that wait, with a larger id than `after`, and the largest id of any row."""
    query = f"SELECT {_PENDING} FROM notice_row WHERE channel = ? AND id > ? AND {_WAITING} ORDER BY id"  # noqa: S608
    return [_pending(row) for row in db.execute(query, (channel, after))], newest_id(db, "notice_row")


def read_standings(db: sqlite3.Connection, after: int) -> tuple[list[Standing], int]:
    """Alarms as they stand after events with a larger id than `after`, and the largest id."""
    query = f"SELECT {_STANDING} FROM notice_alarm WHERE id > ? ORDER BY id"  # noqa: S608
    return [_standing(row) for row in db.execute(query, (after,))], newest_id(db, "notice_alarm")


def newest_id(db: sqlite3.Connection, table: str) -> int:
    """The largest id that was ever given; smaller than before only where the file was replaced by its copy."""
    row = db.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).fetchone()
    return int(row[0]) if row else 0


def events_of(db: sqlite3.Connection, ids: Iterable[int]) -> dict[int, tuple[AlarmEvent, int]]:
    """The events of rows, and when their occurrence was raised."""
    query = "SELECT event, raised_ns FROM notice_row WHERE id = ?"
    found = ((number, db.execute(query, (number,)).fetchone()) for number in ids)
    return {number: (decode_event(row[0]), row[1]) for number, row in found if row is not None and row[0]}


def told_events(
    db: sqlite3.Connection, channel: str, group: GroupId, alarms: Iterable[str]
) -> list[tuple[AlarmEvent, int]]:
    """The events by which a group was told of these alarms, and when their occurrence was raised."""
    query = """SELECT event, raised_ns FROM notice_told
        WHERE channel = ? AND route = ? AND step = ? AND labels = ? AND alarm = ?"""
    found = (db.execute(query, (channel, *group, alarm)).fetchone() for alarm in alarms)
    return [(decode_event(row[0]), row[1]) for row in found if row is not None]


def merged(db: sqlite3.Connection, channel: str) -> dict[Priority, int]:
    """Rows that found no room in the queue and are not told yet."""
    query = "SELECT priority, count FROM notice_merged WHERE channel = ?"
    return {Priority(priority): count for priority, count in db.execute(query, (channel,))}


def newest(db: sqlite3.Connection, limit: int, enterprise: str | None) -> list[Listed]:
    """The newest messages, and rows that are in none; `enterprise`: only what is of this one."""
    messages = """SELECT id, channel, route, state, body, queued_ns, sent_ns, attempts, answer FROM notice_message
        WHERE ?1 IS NULL OR enterprise = ?1 ORDER BY queued_ns DESC LIMIT ?2"""
    rows = """SELECT notice_row.id, channel, route, notice_row.state, event, alarm, since_ns, reason
        FROM notice_row JOIN notice_alarm USING(alarm)
        WHERE message IS NULL AND (?1 IS NULL OR enterprise = ?1) ORDER BY notice_row.id DESC LIMIT ?2"""
    found = [
        Listed(id_, channel, route, RowState(state), _notice(body), None, "", queued, sent, attempts, answer)
        for id_, channel, route, state, body, queued, sent, attempts, answer in db.execute(
            messages, (enterprise, limit)
        )
    ]
    for id_, channel, route, state, body, alarm, since_ns, reason in db.execute(rows, (enterprise, limit)):
        event = decode_event(body) if body else None
        found.append(
            Listed(f"row-{id_}", channel, route, RowState(state), None, event, alarm, since_ns, None, 0, reason)
        )
    return sorted(found, key=lambda one: one.queued_ns, reverse=True)[:limit]


# -- writing ----------------------------------------------------------------------------------------------------------


def settle(
    db: sqlite3.Connection,
    channel: str,
    *,
    drop: Iterable[tuple[int, str]],
    hold: Iterable[tuple[int, str]] = (),
    release: Iterable[tuple[int, int]] = (),
    forget: Iterable[tuple[GroupId, str]],
) -> None:
    """Put down what became of rows (id and reason; id and since when), and which alarms groups need not remember."""
    change = f"UPDATE notice_row SET state = ?, reason = ? WHERE id = ? AND {_WAITING}"  # noqa: S608
    db.executemany(change, [(RowState.EXPIRED.value, reason, number) for number, reason in drop])
    db.executemany(change, [(RowState.HELD.value, reason, number) for number, reason in hold])
    let_go = f"UPDATE notice_row SET state = 'queued', reason = '', since_ns = ? WHERE id = ? AND {_WAITING}"  # noqa: S608
    db.executemany(let_go, [(since_ns, number) for number, since_ns in release])
    _forget(db, channel, forget)


def freeze(
    db: sqlite3.Connection, channel: str, message: Message, rows: Sequence[Pending], groups: Iterable[GroupChange]
) -> None:
    """Put a message down before it is sent, with the rows that it tells of. Raises Changed where one is not there."""
    insert = "INSERT INTO notice_message VALUES(?, ?, ?, ?, 'sending', ?, ?, ?, NULL, ?, '')"
    body = msgspec.json.encode(message.notice)
    times = (message.queued_ns, message.expires_ns)
    db.execute(
        insert,
        (message.notice.id, channel, message.route, message.enterprise, body, *times, message.attempts),
    )
    take = f"UPDATE notice_row SET state = 'sending', reason = '', message = ? WHERE id = ? AND {_WAITING}"  # noqa: S608
    cursor = db.executemany(take, [(message.notice.id, row.id) for row in rows])
    if rows and cursor.rowcount != len(rows):
        raise Changed
    for group in groups:
        _change_group(db, channel, group)


def forget_merged(db: sqlite3.Connection, channel: str, counts: Mapping[Priority, int]) -> None:
    """A message has told of these."""
    update = "UPDATE notice_merged SET count = count - ? WHERE channel = ? AND priority = ?"
    db.executemany(update, [(count, channel, int(priority)) for priority, count in counts.items()])
    db.execute("DELETE FROM notice_merged WHERE count <= 0")


def note_attempt(db: sqlite3.Connection, message: Message) -> None:
    """It is about to be sent once more."""
    db.execute("UPDATE notice_message SET attempts = ? WHERE id = ?", (message.attempts, message.notice.id))


def mark(db: sqlite3.Connection, message: Message, state: RowState, answer: str, sent_ns: int | None) -> None:
    """What became of a message, and with it of its rows."""
    update = "UPDATE notice_message SET state = ?, answer = ?, sent_ns = ? WHERE id = ?"
    db.execute(update, (state.value, answer, sent_ns, message.notice.id))
    done = "UPDATE notice_row SET state = ?, reason = ?, event = x'' WHERE message = ?"
    db.execute(done, (state.value, "" if state is RowState.SENT else answer, message.notice.id))


def save_record(db: sqlite3.Connection, channel: str, record: Record) -> None:
    """Put down what is kept of a channel."""
    db.execute(
        "INSERT OR REPLACE INTO notice_channel VALUES(?, ?, ?, ?, ?, ?, ?)",
        (channel, json.dumps(record.taken), record.heartbeat_ns, record.digest_ns, json.dumps(record.counts),
         record.sent_ns, record.answer),
    )  # fmt: skip


def end_strangers(db: sqlite3.Connection, channels: Sequence[str]) -> int:
    """Put an end to what waits for channels that are no longer configured; how many rows."""
    known = ", ".join("?" for _ in channels) or "''"
    reason = "its channel is no longer configured"
    rows = f"UPDATE notice_row SET state = 'expired', reason = ? WHERE {_WAITING} AND channel NOT IN ({known})"  # noqa: S608
    count = db.execute(rows, (reason, *channels)).rowcount
    where = f"WHERE state = 'sending' AND channel NOT IN ({known})"
    sending = f"UPDATE notice_message SET state = 'expired', answer = ? {where}"  # noqa: S608
    db.execute(sending, (reason, *channels))
    db.execute(f"UPDATE notice_row SET state = 'expired', reason = ? {where}", (reason, *channels))  # noqa: S608
    return count


def prune(db: sqlite3.Connection, now_ns: int) -> int:
    """Remove what is done and old, some of it at a time; how many rows and messages went."""
    done = "state IN ('sent', 'failed', 'expired')"
    row = f"SELECT id FROM notice_row WHERE {done} ORDER BY id DESC LIMIT 1 OFFSET {KEPT_ROWS}"  # noqa: S608
    rows = f"""DELETE FROM notice_row WHERE id IN (SELECT id FROM notice_row
        WHERE {done} AND (since_ns < ? OR id <= ifnull(({row}), 0)) ORDER BY id LIMIT {_PRUNED_AT_ONCE})"""  # noqa: S608
    oldest = f"SELECT queued_ns FROM notice_message ORDER BY queued_ns DESC LIMIT 1 OFFSET {KEPT_MESSAGES}"  # noqa: S608
    messages = f"""DELETE FROM notice_message WHERE id IN (SELECT id FROM notice_message
        WHERE {done} AND (queued_ns < ? OR queued_ns <= ifnull(({oldest}), 0)) LIMIT {_PRUNED_AT_ONCE})"""  # noqa: S608
    db.execute("DELETE FROM notice_alarm WHERE transition = 'removed' AND alarm NOT IN (SELECT alarm FROM notice_row)")
    db.execute(
        "DELETE FROM notice_group WHERE (channel, route, step, labels) NOT IN "
        "(SELECT channel, route, step, labels FROM notice_told)"
    )
    since_ns = now_ns - KEPT_NS
    return db.execute(rows, (since_ns,)).rowcount + db.execute(messages, (since_ns,)).rowcount


# -- parts ------------------------------------------------------------------------------------------------------------


def _pending(row: tuple[object, ...]) -> Pending:
    *fields, state, reason = row
    found = Pending(*fields)  # type: ignore[arg-type]
    found.transition = Transition(found.transition)
    found.priority = Priority(found.priority)
    found.held = str(reason) if state == RowState.HELD else ""
    return found


def _standing(row: tuple[object, ...]) -> Standing:
    number, alarm, rule, device, enterprise, area, priority, occurrence, state, transition, *rest = row
    return Standing(
        number, alarm, rule, device, enterprise, area, Priority(priority), occurrence, AlarmState(state),  # type: ignore[arg-type]
        Transition(transition), *rest,  # type: ignore[arg-type]
    )  # fmt: skip


def _notice(body: bytes) -> Notice:
    return msgspec.json.decode(body, type=Notice)


def _record(db: sqlite3.Connection, channel: str) -> Record:
    query = "SELECT taken, heartbeat_ns, digest_ns, counts, sent_ns, answer FROM notice_channel WHERE channel = ?"
    row = db.execute(query, (channel,)).fetchone()
    if row is None:
        return Record()
    return Record(json.loads(row[0]), row[1], row[2], json.loads(row[3]), row[4], row[5])


def _sending(db: sqlite3.Connection, channel: str) -> list[Message]:
    query = """SELECT body, route, enterprise, queued_ns, expires_ns, attempts FROM notice_message
        WHERE channel = ? AND state = 'sending' ORDER BY queued_ns, rowid"""
    return [Message(_notice(body), *fields) for body, *fields in db.execute(query, (channel,))]


def _change_group(db: sqlite3.Connection, channel: str, group: GroupChange) -> None:
    place = (channel, *group.id)
    if group.sent_ns is None:
        db.execute("DELETE FROM notice_group WHERE channel = ? AND route = ? AND step = ? AND labels = ?", place)
    else:
        db.execute("INSERT OR REPLACE INTO notice_group VALUES(?, ?, ?, ?, ?)", (*place, group.sent_ns))
    tell = """INSERT OR REPLACE INTO notice_told
        SELECT channel, route, step, labels, alarm, occurrence, priority, stretch, raised_ns, event
        FROM notice_row WHERE id = ?"""
    db.executemany(tell, [(number,) for number in group.told])
    _forget(db, channel, [(group.id, alarm) for alarm in group.returned])


def _forget(db: sqlite3.Connection, channel: str, alarms: Iterable[tuple[GroupId, str]]) -> None:
    query = "DELETE FROM notice_told WHERE channel = ? AND route = ? AND step = ? AND labels = ? AND alarm = ?"
    db.executemany(query, [(channel, *group, alarm) for group, alarm in alarms])
