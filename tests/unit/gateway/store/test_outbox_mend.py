"""Mending: any figures in `cursor` and `dropped` become accounts that add up, and sound ones are left alone."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gateway.store.migrate import connect
from gateway.store.outbox_mend import mend_accounts
from gateway.store.outbox_tables import MIGRATIONS

HIGHEST = 1000
SOUND = [("a", "telemetry", 7, 10, 4, 1, 2), ("a", "counters", 0, 3, 0, 3, 0)]
DROPPED = [("a", "telemetry", "cap_age", 2), ("a", "telemetry", "text", 1)]

sinks = st.sampled_from(["a", "b", "", "a\ufffd", 5])
streams = st.sampled_from(["telemetry", "counters", "telemetrz", 5])
figures = st.one_of(st.integers(-2, 50), st.integers(-(2**63), 2**63 - 1), st.sampled_from(["x", 0.5, b"\0"]))
cursor_rows = st.lists(st.tuples(sinks, streams, *[figures] * 5), max_size=4)
dropped_rows = st.lists(st.tuples(sinks, streams, st.sampled_from(["cap_age", "", 1]), figures), max_size=4)


@contextmanager
def tables(cursors: list[Any], dropped: list[Any]) -> Iterator[sqlite3.Connection]:
    with closing(connect(":memory:")) as db:  # type: ignore[arg-type]
        for statement in MIGRATIONS[0]:
            db.execute(statement)
        db.execute("INSERT INTO sqlite_sequence VALUES('chunk', ?)", (HIGHEST,))
        db.executemany("INSERT OR REPLACE INTO cursor VALUES(?, ?, ?, ?, ?, ?, ?)", cursors)
        db.executemany("INSERT OR REPLACE INTO dropped VALUES(?, ?, ?, ?)", dropped)
        yield db


def content(db: sqlite3.Connection) -> tuple[list[Any], list[Any]]:
    return db.execute("SELECT * FROM cursor").fetchall(), db.execute("SELECT * FROM dropped").fetchall()


@given(cursor_rows, dropped_rows)
def test_whatever_the_tables_hold_the_accounts_add_up_afterwards(cursors: list[Any], dropped: list[Any]) -> None:
    with tables(cursors, dropped) as db:
        mend_accounts(db)
        mended = content(db)
        lost: dict[tuple[str, str], int] = {}
        for sink, stream, _, count in mended[1]:
            lost[sink, stream] = lost.get((sink, stream), 0) + count
        for sink, stream, seq, accepted, delivered, buffered, quarantined in mended[0]:
            assert accepted == delivered + buffered + quarantined + lost.pop((sink, stream), 0)
            assert 0 <= seq <= HIGHEST
        assert lost == {}, "drops of an account that does not exist"
        assert mend_accounts(db) == []
        assert content(db) == mended


def test_sound_accounts_are_left_as_they_are() -> None:
    with tables(SOUND, DROPPED) as db:
        before = content(db)
        assert mend_accounts(db) == []
        assert content(db) == before


def test_drops_without_their_cursor_go_with_it() -> None:
    with tables(SOUND[1:], DROPPED) as db:
        assert mend_accounts(db) == ["a"]
        assert content(db) == (SOUND[1:], [])


def test_with_the_drops_lost_what_came_in_is_what_is_known_of_it() -> None:
    with tables(SOUND, []) as db:
        assert mend_accounts(db) == ["a"]
        assert ("a", "telemetry", 7, 7, 4, 1, 2) in content(db)[0]


def test_a_cursor_beyond_every_row_is_not_believed() -> None:
    with tables([("a", "telemetry", HIGHEST + 1, 1, 1, 0, 0)], []) as db:
        assert mend_accounts(db) == ["a"]
        assert content(db) == ([], [])
