"""The alarm journal: what goes in comes out as it was, in order; it only grows, up to its cap."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core.alarm import Actor, AlarmEvent, AlarmState, Priority, Transition
from gateway.core.point import Names
from gateway.store import journal
from gateway.store.migrate import open_database, transaction
from gateway.store.state import MIGRATIONS, State

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
EVENTS = st.builds(
    AlarmEvent,
    time_ns=st.integers(0, 2**62),
    alarm=TEXT,
    rule=TEXT,
    device=st.none() | TEXT,
    enterprise=st.none() | TEXT,
    occurrence=st.integers(0, 10**6),
    transition=st.sampled_from(Transition),
    state=st.sampled_from(AlarmState),
    priority=st.sampled_from(Priority),
    area=TEXT,
    value=st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    limit=st.none() | st.floats(allow_nan=False, allow_infinity=False),
    unit=TEXT,
    message=st.builds(Names, TEXT, TEXT),
    actor=st.builds(Actor, TEXT, TEXT, TEXT),
    comment=TEXT,
    until_ns=st.none() | st.integers(0, 2**62),
    first_out=st.booleans(),
)


def event(number: int, **changes: Any) -> AlarmEvent:
    given = {"alarm": "overload:tx1", "rule": "overload", "device": "tx1", "enterprise": "acme", **changes}
    return AlarmEvent(
        number,
        occurrence=1,
        transition=Transition.RAISED,
        state=AlarmState.UNACKNOWLEDGED,
        priority=Priority.HIGH,
        **given,
    )


def database(path: Path) -> sqlite3.Connection:
    return open_database(path / "state.db", MIGRATIONS)


@given(events=st.lists(EVENTS, max_size=5))
def test_events_come_back_as_they_were(tmp_path_factory: pytest.TempPathFactory, events: list[AlarmEvent]) -> None:
    with closing(database(tmp_path_factory.mktemp("j"))) as db:
        stored = journal.append(db, events)
        assert [entry.seq for entry in stored] == sorted({entry.seq for entry in stored})
        assert journal.read(db, journal.JournalQuery(oldest_first=True), 10) == stored


def test_half_of_a_surrogate_pair_in_a_name_does_not_keep_an_event_out(tmp_path: Path) -> None:
    with closing(database(tmp_path)) as db:
        journal.append(db, [event(1, message=Names("bad \ud800 name", ""))])
        assert journal.read(db, journal.JournalQuery(), 1)[0].message.en == "bad ? name"


def test_a_query_limits_by_everything_that_it_names(tmp_path: Path) -> None:
    with closing(database(tmp_path)) as db:
        journal.append(db, [event(1), event(2, device="tx2", alarm="overload:tx2", enterprise="zeta"), event(3)])

        def times(**query: Any) -> list[int]:
            return [entry.time_ns for entry in journal.read(db, journal.JournalQuery(**query), 10)]

        assert times() == [3, 2, 1]
        assert times(enterprise="zeta") == times(device="tx2") == times(alarm="overload:tx2") == [2]
        assert times(from_ns=2) == [3, 2]
        assert times(to_ns=2) == [1]
        assert times(before=3) == [2, 1]
        assert times(after=1, oldest_first=True) == [2, 3]
        assert times(priority=2) == []


def test_a_tenant_reads_its_time_of_devices_however_many_have_moved(tmp_path: Path) -> None:
    within = {f"m{number}": [] for number in range(1500)} | {"tx1": [(2, 4), (6, 7)]}
    with closing(database(tmp_path)) as db:
        events = [event(number) for number in range(1, 9)]
        events += [event(20, device="m7"), event(21, device=None), event(22, device="other")]
        with transaction(db):
            journal.append(db, events)
        found = journal.read(db, journal.JournalQuery(within=within), 100)
    assert sorted(one.time_ns for one in found) == [2, 3, 6, 21, 22]


def test_the_journal_cannot_be_rewritten(tmp_path: Path) -> None:
    with closing(database(tmp_path)) as db:
        journal.append(db, [event(1)])
        for statement in ("UPDATE alarm_event SET comment = 'nothing happened'", "DELETE FROM alarm_event"):
            with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                db.execute(statement)


def test_beyond_the_cap_the_oldest_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "KEPT_EVENTS", 3)
    with closing(database(tmp_path)) as db:
        journal.append(db, [event(number) for number in range(5)])
        assert journal.trim(db) == 0  # the outbox has none of them yet
        journal.save_exported(db, 5)
        assert journal.trim(db) == 2
        assert journal.trim(db) == 0
        assert [entry.time_ns for entry in journal.read(db, journal.JournalQuery(), 10)] == [4, 3, 2]


def test_an_outbox_that_is_full_for_ever_does_not_fill_the_disk_with_events(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "KEPT_EVENTS", 3)
    with closing(database(tmp_path)) as db:
        journal.append(db, [event(number) for number in range(8)])
        assert journal.trim(db) == 2


def test_states_and_memory_come_back_after_a_restart(tmp_path: Path) -> None:
    with closing(database(tmp_path)) as db, transaction(db):
        journal.save(db, {"a": {"x": 1}, "b": {"y": 2}}, [], 1000, 50)
        journal.save_memory(db, {"w": [1, 2]})
        journal.save_exported(db, 7)
    with closing(database(tmp_path)) as db:
        with transaction(db):
            journal.save(db, {"a": {"x": 3}}, ["b"], 2000, 60)
        assert journal.load(db) == journal.Saved({"a": {"x": 3}}, {"w": [1, 2]}, 2000, 60, 7)


def test_nothing_is_known_before_the_first_save(tmp_path: Path) -> None:
    with closing(database(tmp_path)) as db:
        assert journal.load(db) == journal.Saved({}, {}, 0, 0, 0)


def test_a_state_that_cannot_be_read_is_left_out(tmp_path: Path) -> None:
    with closing(database(tmp_path)) as db:
        db.execute("INSERT INTO alarm_state VALUES('a', 'not json'), ('b', '1')")
        assert journal.load(db).states == {"b": 1}


async def test_a_database_of_the_first_release_gets_the_new_tables(tmp_path: Path, clock: Any) -> None:
    def make() -> None:
        with closing(open_database(tmp_path / "state.db", MIGRATIONS[:1])) as db:
            db.execute("INSERT INTO point(tag) VALUES('tx1.u')")

    await asyncio.to_thread(make)
    state = await State.open(tmp_path, clock, durability="process_crash")
    assert await state.ids_for({"tx1.u": None}) == {"tx1.u": 1}
    assert await state.do(lambda db: journal.read(db, journal.JournalQuery(), 1)) == []
    await state.close()
