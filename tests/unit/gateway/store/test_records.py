"""The record log: appended once, found again, never changed."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gateway.core.errors import Rejected, Unavailable
from gateway.store import records, tree
from gateway.store.ledger import MIGRATIONS
from gateway.store.migrate import open_database, transaction
from gateway.store.records import Kind, append, find, get
from rules.ledger import content_id
from rules.ledger.merkle import leaf_hash
from rules.ledger.uuid7 import is_uuid7

NOW = 1_790_000_000_000_000_000


def append_two(db: sqlite3.Connection) -> None:
    """The second of them is refused."""
    append(db, NOW, Kind.ACTIVITY, {"n": 2})
    append(db, NOW, Kind.ACTIVITY, {"n": 2.5})


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(open_database(tmp_path / "ledger.db", MIGRATIONS, is_shared=True)) as db:
        yield db


def test_records_are_numbered_from_one_without_a_gap_even_after_a_failed_transaction(db: sqlite3.Connection) -> None:
    with transaction(db):
        assert append(db, NOW, Kind.ACTIVITY, {"n": 1}).seq == 1
    with pytest.raises(TypeError), transaction(db):
        append_two(db)
    with transaction(db):
        assert append(db, NOW, Kind.ACTIVITY, {"n": 3}).seq == 2
    assert [record.body["n"] for record in find(db)] == [1, 3]
    assert tree.root(db, 2) == tree.node(db, 1, 0)


def test_what_people_submit_gets_ids_in_the_order_of_time_even_when_the_clock_goes_back(db: sqlite3.Connection) -> None:
    times = (NOW, NOW, NOW - 10**12, NOW + 1, NOW - 5)
    with transaction(db):
        ids = [append(db, time, Kind.ACTIVITY, {}).id for time in times]
        append(db, NOW, Kind.ENTRY, {"kg": "1"})
        ids.append(append(db, NOW - 10**15, Kind.READING, {}).id)
    assert all(map(is_uuid7, ids))
    assert ids == sorted(set(ids))


def test_an_entry_is_called_by_the_hash_of_what_it_says(db: sqlite3.Connection) -> None:
    body = {"mass_kg": Decimal("1.500000000"), "gas": "CH4"}
    with transaction(db):
        entry = append(db, NOW, Kind.ENTRY, body, about="run-1")
        assert entry.id == content_id(body)
        with pytest.raises(ValueError, match="is the hash of its body"):
            append(db, NOW, Kind.ENTRY, {"gas": "CO2"}, id=entry.id)
        with pytest.raises(sqlite3.IntegrityError):
            append(db, NOW, Kind.ENTRY, body)


def test_a_record_is_read_back_with_decimals_as_text(db: sqlite3.Connection) -> None:
    with transaction(db):
        made = append(
            db,
            NOW,
            Kind.ACTIVITY,
            {"t": Decimal("2.50"), "list": (1, 2)},
            enterprise="acme",
            period="2026-10",
            about="x",
        )
    found = get(db, made.id)
    assert found is not None
    assert (found.seq, found.kind, found.enterprise, found.period, found.about, found.time_ns) == (
        1, Kind.ACTIVITY, "acme", "2026-10", "x", NOW,
    )  # fmt: skip
    assert found.body == {"t": "2.50", "list": [1, 2]}
    stored = db.execute("SELECT content FROM record").fetchone()[0]
    assert stored == found.content == made.content
    assert tree.node(db, 0, 0) == leaf_hash(stored)


def test_a_body_without_a_canonical_form_is_refused_and_leaves_nothing(db: sqlite3.Connection) -> None:
    with pytest.raises(TypeError), transaction(db):
        append(db, NOW, Kind.ACTIVITY, {"kg": 0.1})
    assert records.size(db) == 0


@pytest.mark.parametrize("change", ["content = X'ff00'", "content = '{}'", "kind = 'none'"])
def test_a_record_that_was_changed_is_said_to_be(db: sqlite3.Connection, change: str) -> None:
    with transaction(db):
        found = append(db, NOW, Kind.ACTIVITY, {"n": 1})
        db.execute("DROP TRIGGER record_no_update")
        db.execute(f"UPDATE record SET {change}")
    with pytest.raises(Unavailable, match="record 1 of the ledger was changed"):
        get(db, found.id)


def test_among_the_records_that_are_meant_a_beginning_need_not_differ_from_others(db: sqlite3.Connection) -> None:
    with transaction(db):
        evidence = append(db, NOW, Kind.EVIDENCE, {"sha256": "ab"}, enterprise="acme")
        note = append(db, NOW, Kind.ACTIVITY, {"n": 1}, enterprise="acme")
        other = append(db, NOW, Kind.ACTIVITY, {"n": 2}, enterprise="other")
    beginning = note.id[:13]
    assert evidence.id.startswith(beginning), "of the same millisecond"
    assert get(db, beginning, kinds=(Kind.EVIDENCE,)) == evidence
    assert get(db, beginning, kinds=(Kind.ACTIVITY, Kind.READING), enterprise="acme") == note
    assert get(db, other.id, enterprise="acme") is None
    assert get(db, evidence.id, kinds=(Kind.ACTIVITY,)) is None
    with pytest.raises(Rejected, match="several records"):
        get(db, beginning, kinds=(Kind.ACTIVITY,))
    assert [one.id for one in records.beginning_with(db, beginning)] == [evidence.id, note.id, other.id]


def test_the_beginning_of_an_id_is_enough_where_only_one_begins_so(db: sqlite3.Connection) -> None:
    with transaction(db):
        entries = [append(db, NOW, Kind.ENTRY, {"n": n}) for n in range(20)]
        first, second = (append(db, NOW, Kind.ACTIVITY, {"n": n}) for n in range(2))
    assert get(db, entries[7].id[:8]) == entries[7]
    assert get(db, entries[7].id[:7]) is None
    assert get(db, first.id) is not None
    with pytest.raises(Rejected, match="several"):
        get(db, first.id[:8])
    assert first.id[:8] == second.id[:8]
    for nothing in ("", "ffffffff-ffff", "%" * 8, "zzzzzzzzz", "x" * 10_000):
        assert get(db, nothing) is None


def test_records_are_found_by_what_they_are_about(db: sqlite3.Connection) -> None:
    with transaction(db):
        for number in range(10):
            kind = Kind.ACTIVITY if number % 2 else Kind.APPROVAL
            append(
                db,
                NOW,
                kind,
                {},
                enterprise="acme" if number < 5 else "",
                period=f"2026-{number:02}",
                about=str(number % 3),
            )

    def seqs(**wish: Any) -> list[int]:
        return [record.seq for record in find(db, **wish)]

    assert seqs() == list(range(1, 11))
    assert seqs(kinds=(Kind.APPROVAL,)) == [1, 3, 5, 7, 9]
    assert seqs(kinds=(Kind.APPROVAL, Kind.ACTIVITY), enterprise="acme", about="1") == [2, 5]
    assert seqs(enterprise="") == [6, 7, 8, 9, 10]
    assert seqs(period="2026-04") == [5]
    assert seqs(after_seq=7, limit=2) == [8, 9]
    assert seqs(newest_first=True, limit=3) == [10, 9, 8]
    assert seqs(newest_first=True, after_seq=8, limit=3) == [7, 6, 5], "the next page"
    assert seqs(kinds=(Kind.CLOSE,)) == []


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE record SET period = 'x'", "DELETE FROM record", "DELETE FROM node",
        "UPDATE node SET hash = x'00'",
        "INSERT OR REPLACE INTO record SELECT 1, 'x', kind, '', '', '', 0, '' FROM record",
        "INSERT OR REPLACE INTO record SELECT 2, id, kind, '', '', '', 0, '' FROM record",
        "INSERT INTO record SELECT 3, 'x', kind, '', '', '', 0, '' FROM record",
    ],
)  # fmt: skip
def test_nothing_of_the_log_can_be_changed_through_sql(db: sqlite3.Connection, statement: str) -> None:
    with transaction(db):
        append(db, NOW, Kind.ACTIVITY, {})
    with pytest.raises(sqlite3.IntegrityError, match=r"append-only|next number"):
        db.execute(statement)
