"""Verifying what lies beside the records: evidence files, and the rows of intervals with their versions."""

import json
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC
from decimal import Decimal

import pytest

from gateway.store import checkpoints, intervals, records
from gateway.store.evidence import EvidenceStore
from gateway.store.ledger import MIGRATIONS, open_readonly
from gateway.store.ledger_verify import verify
from gateway.store.migrate import open_database, transaction
from gateway.store.records import Kind
from rules.ledger import canonical
from tests.unit.gateway.store.kept_ledger import DAY, KEY, NOW, PHOTO, Kept, interval, said


def test_evidence_that_was_changed_or_is_gone_names_the_record_that_rests_on_it(kept: Kept) -> None:
    store = EvidenceStore(kept.directory)
    (digest,) = store.digests()
    store.path(digest).write_bytes(PHOTO + b"!")
    (fault,) = verify(kept.directory).faults
    assert (fault.seq, fault.message) == (10, f"the evidence {digest} of record 10 was changed")
    store.path(digest).unlink()
    assert "is missing" in said(verify(kept.directory))


def test_evidence_that_no_record_names_is_noted_and_no_fault(kept: Kept) -> None:
    assert not any("no record names" in note for note in verify(kept.directory).notes)
    digests = [EvidenceStore(kept.directory).put(b"a note %d" % number) for number in range(6)]
    found = verify(kept.directory)
    assert found.is_good
    (note,) = (note for note in found.notes if "no record names" in note)
    assert note == f"evidence that no record names: 6 ({', '.join(sorted(digests)[:5])}, ...)"


def test_an_interval_row_that_was_replaced_with_a_fitting_digest_does_not_fit_its_record(kept: Kept) -> None:
    with closing(sqlite3.connect(kept.path, isolation_level=None)) as db:
        db.execute("DELETE FROM meter_day WHERE meter = 2")
        intervals.store(db, "m2", [interval("forged", n) for n in range(96)], NOW, zone=UTC)
    (fault,) = verify(kept.directory).faults
    assert fault.seq == 11
    assert "interval row m2, 2026-09-21, version 1 was changed: record 11 has another digest" in fault.message


def test_an_interval_row_that_is_gone_is_missed(kept: Kept) -> None:
    with closing(sqlite3.connect(kept.path, isolation_level=None)) as db:
        db.execute("DELETE FROM meter_day WHERE meter = 1")
    (fault,) = verify(kept.directory).faults
    assert (fault.seq, fault.kind) == (11, "energy_day")
    assert "is missing" in fault.message


def test_a_row_that_grew_is_held_against_the_newest_record_of_its_day(kept: Kept) -> None:
    with closing(open_database(kept.path, MIGRATIONS, is_shared=True)) as db, transaction(db):
        late = replace(interval("m1", 95), quantity=Decimal(7), known=Decimal(7), hash="ab" * 32)
        intervals.store(db, "m1", [late], NOW + 1, zone=UTC)
        (one,) = intervals.days(db, ["m1"], DAY, DAY)
        assert one.version == 2
        body = {"day": str(DAY), "meters": {"m1": {"version": 2, "digest": one.digest, "unit": "kWh"}}}
        records.append(db, NOW, Kind.ENERGY_DAY, body, period=str(DAY))
    assert verify(kept.directory).is_good


def test_evidence_whose_name_was_changed_to_no_hash_is_named_and_nothing_to_fail_on(kept: Kept) -> None:
    with closing(sqlite3.connect(kept.path)) as db:
        document = json.loads(db.execute("SELECT content FROM record WHERE seq = 10").fetchone()[0])
    document["body"]["evidence"][0]["sha256"] = "../../etc/passwd"
    kept.tamper("UPDATE record SET content = ? WHERE seq = 10", values=(canonical(document),))
    verdict = verify(kept.directory)
    assert {fault.seq for fault in verdict.faults} == {10}
    assert "is none: a file is named by its SHA-256" in said(verdict)


def _with_a_second_version(kept: Kept, *, is_recorded: bool) -> None:
    with closing(open_database(kept.path, MIGRATIONS, is_shared=True)) as db, transaction(db):
        changed = [interval("m1", n) for n in range(96)]
        changed[5] = replace(changed[5], known=Decimal(99), quantity=Decimal(99), hash="f" * 64)
        assert intervals.store(db, "m1", changed, NOW + 10**9, zone=UTC) == [DAY]
        if is_recorded:
            (one,) = intervals.days(db, ["m1"], DAY, DAY)
            body = {"day": str(DAY), "meters": {"m1": {"version": 2, "digest": one.digest, "unit": one.unit}}}
            records.append(db, NOW + 10**9, Kind.ENERGY_DAY, body, period=str(DAY))
            checkpoints.sign(db, KEY, NOW + 3 * 10**12)


def test_a_corrected_day_is_good(kept: Kept) -> None:
    _with_a_second_version(kept, is_recorded=True)
    assert verify(kept.directory).faults == []


def test_a_version_that_no_record_knows_is_told(kept: Kept) -> None:
    _with_a_second_version(kept, is_recorded=False)
    assert "interval row m1, 2026-09-21, version 2 was added: no record has its digest" in said(verify(kept.directory))


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE meter_day SET replaced_ns = CASE version WHEN 1 THEN NULL ELSE written_ns END WHERE meter = 1",
        "UPDATE meter_day SET replaced_ns = 5 WHERE version = 2",
        "UPDATE meter_day SET replaced_ns = replaced_ns + 1 WHERE version = 1 AND meter = 1",
        "UPDATE meter_day SET replaced_ns = 7 WHERE meter = 2",
    ],
)
def test_another_version_cannot_be_made_the_one_that_holds(kept: Kept, change: str) -> None:
    _with_a_second_version(kept, is_recorded=True)
    kept.tamper(change)
    assert "it does not follow on the version before it, or another one holds" in said(verify(kept.directory))


def test_an_index_that_says_something_else_than_its_table_is_told(kept: Kept) -> None:
    with closing(sqlite3.connect(kept.path, isolation_level=None)) as db:
        query = "SELECT sql FROM sqlite_master WHERE name = 'meter_day_sums'"
        (right,) = db.execute(query).fetchone()
        db.execute("DROP INDEX meter_day_sums")
        db.execute(right.replace("known", "known - 1000"))
        db.execute("PRAGMA writable_schema = ON")
        db.execute("UPDATE sqlite_master SET sql = ? WHERE name = 'meter_day_sums'", (right,))
    with closing(open_readonly(kept.directory)) as db:
        (total,) = intervals.totals(db, ["m1"], DAY, DAY, zone=UTC).values()
        (stored,) = intervals.days(db, ["m1"], DAY, DAY)
    assert total.known_micro == sum(micro or 0 for micro in stored.quantities()) - 1000, "the sum is another one"
    assert "the file is not sound" in said(verify(kept.directory))
