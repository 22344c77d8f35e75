"""The queue of notifications in the file: what comes in once, what finds no room, what a message changes."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.core.alarm import AlarmEvent, AlarmState, Priority, Transition
from gateway.core.notice import Notice, NoticeKind
from gateway.core.notice_queue import Pending, QueueRow, RowState
from gateway.core.point import Names
from gateway.store import notice_queue as queue
from gateway.store.migrate import transaction
from gateway.store.notices import TABLES, decode_event, encode_event, enqueue
from gateway.store.state import State

DAY_NS = 86_400 * 1_000_000_000


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    found = sqlite3.connect(":memory:", isolation_level=None)
    for statement in TABLES:
        found.execute(statement)
    yield found
    found.close()


def event(alarm: str = "a:tx1", transition: Transition = Transition.RAISED, **fields: Any) -> AlarmEvent:
    values: dict[str, Any] = {
        "time_ns": 1_000,
        "rule": "a",
        "device": "tx1",
        "enterprise": "dongyue",
        "occurrence": 1,
        "state": AlarmState.UNACKNOWLEDGED,
        "priority": Priority.MEDIUM,
        "message": Names("Power too high", "功率过高"),
    }
    return AlarmEvent(alarm=alarm, transition=transition, **(values | fields))


def rows_of(one: AlarmEvent, *channels: str, step: int = 0) -> list[QueueRow]:
    rows = [QueueRow(one)]
    for channel in channels:
        key = f"{one.alarm}/{one.occurrence}/{one.transition}>{channel}/{step}"
        rows.append(QueueRow(one, key, channel, "default", step, step * 900, '[["rule","a"]]'))
    return rows


def states(db: sqlite3.Connection) -> list[tuple[Any, ...]]:
    return db.execute("SELECT channel, transition, state FROM notice_row ORDER BY id").fetchall()


def message(id_: str = "m1", queued_ns: int = 5_000) -> queue.Message:
    notice = Notice(id_, NoticeKind.ALARMS, queued_ns, Names("Title", "标题"), Names("Text"), (event(),))
    return queue.Message(notice, "default", "dongyue", queued_ns, queued_ns + DAY_NS)


GROUP = ("default", 0, '[["rule","a"]]')


def freeze_all(db: sqlite3.Connection, id_: str = "m1", **change: Any) -> list[Pending]:
    rows, _ = queue.read(db, "duty", 0)
    group = queue.GroupChange(GROUP, **({"sent_ns": 6_000, "told": [row.id for row in rows]} | change))
    with transaction(db):
        queue.freeze(db, "duty", message(id_), rows, [group])
    return rows


@pytest.mark.parametrize("value", [861.25, 5, 5.0, True, "run", None])
def test_an_event_comes_back_as_it_was_put_in(value: Any) -> None:
    one = event(value=value, limit=800.0, until_ns=7, first_out=True, comment="seen")
    assert decode_event(encode_event(one)) == one
    assert type(decode_event(encode_event(one)).value) is type(value)


def test_half_a_surrogate_pair_is_replaced_and_keeps_nothing_from_the_queue(db: sqlite3.Connection) -> None:
    odd = event(message=Names("bad \ud800", "坏"), value="\udfff", comment="\ud800")
    enqueue(db, rows_of(odd, "duty"))
    rows, _ = queue.read(db, "duty", 0)
    assert queue.events_of(db, [rows[0].id])[rows[0].id][0].message.en == "bad ?"


def test_a_row_that_is_there_is_left_as_it_is(db: sqlite3.Connection) -> None:
    for _ in range(2):
        enqueue(db, rows_of(event(), "duty", "mail"))
    assert states(db) == [("duty", "raised", "queued"), ("mail", "raised", "queued")]


def test_a_return_goes_where_its_raise_went_and_nowhere_else(db: sqlite3.Connection) -> None:
    enqueue(db, rows_of(event(), "duty"))
    returned = event(transition=Transition.RETURNED, state=AlarmState.NORMAL, time_ns=9_000)
    enqueue(db, rows_of(returned, "duty", "mail"))
    enqueue(db, rows_of(replace(returned, occurrence=2), "duty"))
    assert states(db) == [("duty", "raised", "queued"), ("duty", "returned", "queued")]
    rows, _ = queue.read(db, "duty", 0)
    assert queue.events_of(db, [rows[1].id])[rows[1].id][1] == 1_000  # raised then


def test_a_return_finds_what_was_told_so_long_ago_that_its_row_is_gone(db: sqlite3.Connection) -> None:
    enqueue(db, rows_of(event(), "duty"))
    freeze_all(db)
    db.execute("DELETE FROM notice_row")
    enqueue(db, rows_of(event(transition=Transition.RETURNED, state=AlarmState.NORMAL), "duty"))
    assert states(db) == [("duty", "returned", "queued")]


def test_the_stretch_of_waiting_begins_with_a_raise_and_ends_with_an_acknowledgement(db: sqlite3.Connection) -> None:
    def stretch(**fields: Any) -> int:
        enqueue(db, rows_of(event(**fields)))
        return queue.read_standings(db, 0)[0][-1].stretch

    first = stretch()
    assert first > 0
    assert stretch(transition=Transition.RETURNED, state=AlarmState.RETURNED_UNACKNOWLEDGED) == first
    assert stretch(occurrence=2) == first
    assert stretch(transition=Transition.ACKNOWLEDGED, state=AlarmState.ACKNOWLEDGED, occurrence=2) == 0
    again = stretch(transition=Transition.REANNUNCIATED, occurrence=2)
    assert again > first
    assert queue.newest_id(db, "notice_alarm") == 5


def test_the_time_of_a_raise_is_that_of_its_own_occurrence(db: sqlite3.Connection) -> None:
    enqueue(db, rows_of(event(), "duty"))
    enqueue(db, rows_of(event(transition=Transition.WORSENED, time_ns=2_000), "duty"))
    enqueue(db, rows_of(event(transition=Transition.WORSENED, occurrence=2, time_ns=3_000), "duty"))
    raised = [ns for (ns,) in db.execute("SELECT raised_ns FROM notice_row ORDER BY id")]
    assert raised == [1_000, 1_000, 0]


def test_an_acknowledgement_ends_waiting_escalations_of_this_alarm_alone(db: sqlite3.Connection) -> None:
    for alarm in ("a:tx1", "b:tx1"):
        enqueue(db, [*rows_of(event(alarm), "duty"), *rows_of(event(alarm), "boss", step=1)[1:]])
    enqueue(db, rows_of(event(transition=Transition.ACKNOWLEDGED, state=AlarmState.ACKNOWLEDGED)))
    assert [state for *_, state in states(db)] == ["queued", "expired", "queued", "queued"]


def test_a_removal_ends_what_calls_for_somebody_and_is_put_in_where_the_raise_is_once(db: sqlite3.Connection) -> None:
    enqueue(db, [*rows_of(event(), "duty"), *rows_of(event(), "boss", step=1)[1:]])
    for _ in range(2):
        enqueue(db, rows_of(event(transition=Transition.REMOVED, state=AlarmState.NORMAL), "duty", "mail"))
    assert states(db) == [
        ("duty", "raised", "expired"),
        ("boss", "raised", "expired"),
        ("duty", "removed", "queued"),
    ]
    reasons = db.execute("SELECT DISTINCT reason FROM notice_row WHERE state = 'expired'").fetchall()
    assert reasons == [("its rule was removed (or its device)",)]
    enqueue(db, rows_of(event(), "duty"))
    assert states(db)[-1] == ("duty", "raised", "queued")


def test_a_rule_that_goes_after_its_alarm_returned_is_no_second_end(db: sqlite3.Connection) -> None:
    enqueue(db, rows_of(event(), "duty"))
    enqueue(db, rows_of(event(transition=Transition.RETURNED, state=AlarmState.RETURNED_UNACKNOWLEDGED), "duty"))
    db.execute("UPDATE notice_row SET state = 'sent'")
    enqueue(db, rows_of(event(transition=Transition.REMOVED, state=AlarmState.NORMAL), "duty"))
    assert [transition for _, transition, _ in states(db)] == ["raised", "returned"]


def test_messages_on_their_way_come_back_in_the_order_in_which_they_were_made(db: sqlite3.Connection) -> None:
    for number, queued_ns in ((1, 7_000), (2, 7_000), (3, 5_000)):
        with transaction(db):
            queue.freeze(db, "duty", message(f"m{number}", queued_ns), [], [])
    assert [one.notice.id for one in queue.load(db, "duty").sending] == ["m3", "m1", "m2"]


def test_beyond_its_capacity_the_oldest_of_the_lowest_priority_become_a_number(db: sqlite3.Connection) -> None:
    for number in range(10):
        priority = Priority(1 + number % 3)
        enqueue(db, rows_of(event(f"a:{number}", priority=priority), "duty"), capacity=6)
    enqueue(db, rows_of(event("a:other"), "mail"), capacity=6)
    left = db.execute("SELECT alarm FROM notice_row WHERE state = 'queued' ORDER BY id").fetchall()
    assert [alarm for (alarm,) in left] == ["a:0", "a:3", "a:6", "a:7", "a:9", "a:other"]
    merged = queue.merged(db, "duty")
    assert merged == {Priority.LOW: 3, Priority.MEDIUM: 2}
    with transaction(db):
        queue.forget_merged(db, "duty", {Priority.LOW: 2, Priority.MEDIUM: 2})
    assert queue.merged(db, "duty") == {Priority.LOW: 1}


def test_a_message_takes_its_rows_once_or_not_at_all(db: sqlite3.Connection) -> None:
    enqueue(db, rows_of(event(), "duty"))
    rows = freeze_all(db)
    with pytest.raises(queue.Changed), transaction(db):
        queue.freeze(db, "duty", message("m2"), rows, [])
    saved = queue.load(db, "duty")
    assert saved.sending == [message()]
    assert saved.rows == []
    assert saved.groups == {GROUP: 6_000}
    assert [(group, told.alarm, told.priority) for group, told in saved.told] == [(GROUP, "a:tx1", Priority.MEDIUM)]


def test_what_became_of_a_message_is_that_of_its_rows(db: sqlite3.Connection) -> None:
    enqueue(db, rows_of(event(), "duty"))
    freeze_all(db)
    with transaction(db):
        queue.mark(db, message(), RowState.FAILED, "errcode 93000", None)
    assert states(db) == [("duty", "raised", "failed")]
    (listed,) = queue.newest(db, 10, "dongyue")
    assert (listed.id, listed.state, listed.answer) == ("m1", RowState.FAILED, "errcode 93000")
    assert queue.newest(db, 10, "huali") == []
    assert queue.load(db, "duty").sending == []


def test_a_group_of_which_everything_has_returned_is_forgotten(db: sqlite3.Connection) -> None:
    enqueue(db, rows_of(event(), "duty"))
    freeze_all(db)
    enqueue(db, rows_of(event(transition=Transition.RETURNED, state=AlarmState.NORMAL), "duty"))
    freeze_all(db, "m2", sent_ns=None, told=[], returned=["a:tx1"])
    saved = queue.load(db, "duty")
    assert (saved.groups, saved.told) == ({}, [])


def test_old_rows_and_messages_go_and_what_waits_stays(db: sqlite3.Connection) -> None:
    enqueue(db, rows_of(event("a:old"), "duty"))
    freeze_all(db)
    with transaction(db):
        queue.mark(db, message(), RowState.SENT, "ok", 6_000)
    enqueue(db, rows_of(event("a:waits"), "duty"))
    with transaction(db):
        assert queue.prune(db, DAY_NS) == 0
        assert queue.prune(db, 8 * DAY_NS) == 2
    assert states(db) == [("duty", "raised", "queued")]
    assert queue.newest(db, 10, None)[0].alarm == "a:waits"


def test_more_that_is_done_than_is_kept_goes_too(db: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "KEPT_ROWS", 3)
    for number in range(8):
        enqueue(db, rows_of(event(f"a:{number}"), "duty"))
    freeze_all(db)
    with transaction(db):
        queue.mark(db, message(), RowState.SENT, "ok", 6_000)
        assert queue.prune(db, DAY_NS) == 5
    assert db.execute("SELECT group_concat(alarm) FROM notice_row").fetchone() == ("a:5,a:6,a:7",)


def test_what_waits_for_a_channel_that_is_gone_ends(db: sqlite3.Connection) -> None:
    enqueue(db, rows_of(event(), "duty", "mail"))
    freeze_all(db)
    with transaction(db):
        assert queue.end_strangers(db, ["mail"]) == 0  # the row of `duty` is in a message
    assert [state for *_, state in states(db)] == ["expired", "queued"]
    assert queue.load(db, "duty").sending == []
    with transaction(db):
        assert queue.end_strangers(db, []) == 1


def test_the_record_of_a_channel_comes_back(db: sqlite3.Connection) -> None:
    assert queue.load(db, "duty").record == queue.Record()
    record = queue.Record([1, 2], 3, None, {"sent": 4}, 5, "errcode 0")
    with transaction(db):
        queue.save_record(db, "duty", record)
    assert queue.load(db, "duty").record == record


async def test_the_tables_are_part_of_the_state_file(tmp_path: Path, clock: Any) -> None:
    state = await State.open(tmp_path, clock, durability="process_crash")
    try:

        def store(db: sqlite3.Connection) -> list[Pending]:
            with state.write(db):
                enqueue(db, rows_of(event(), "duty"))
            return queue.read(db, "duty", 0)[0]

        assert len(await state.do(store)) == 1
    finally:
        await state.close()
