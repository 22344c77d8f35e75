"""Verifying: whatever was changed in a ledger is found, and the record is named."""

import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from shutil import copytree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.core.errors import Unavailable
from gateway.store import checkpoints, intervals, records
from gateway.store.evidence import EvidenceStore
from gateway.store.ledger import MIGRATIONS, open_readonly
from gateway.store.ledger_check import MOST_FAULTS, Verdict
from gateway.store.ledger_verify import verify
from gateway.store.migrate import open_database, transaction
from gateway.store.records import Kind
from rules.energy.grid import Span
from rules.energy.quantity import IntervalQuantity, Method
from rules.ledger import canonical
from rules.ledger.merkle import Frontier, leaf_hash
from rules.ledger.note import Signer, TreeHead, signed

NOW = 1_790_000_000 * 10**9
KEY = Signer("park-gateway/test", b"\x05" * 32)
DAY = date(2026, 9, 21)
QUARTER_NS = 900 * 10**9
PHOTO = b"\xff\xd8\xff a photo of a meter"
TRIGGERS = ("record_no_update", "record_no_delete", "record_no_gap", "node_no_update", "node_no_delete",
            "checkpoint_no_update", "checkpoint_no_delete")  # fmt: skip


@dataclass
class Kept:
    """A ledger of 21 records, 3 checkpoints, 2 meters, a photo."""

    directory: Path
    notes: list[str]  # of its checkpoints

    @property
    def path(self) -> Path:
        return self.directory / "ledger.db"

    def tamper(self, *statements: str, values: tuple[object, ...] = ()) -> None:
        """Change the file as somebody would who knows SQL."""
        with closing(sqlite3.connect(self.path, isolation_level=None)) as db:
            for trigger in TRIGGERS:
                db.execute(f"DROP TRIGGER {trigger}")
            for statement in statements:
                changed = db.execute(statement, values)
                assert changed.rowcount, statement


def _interval(tag: str, number: int) -> IntervalQuantity:
    start = int(datetime(DAY.year, DAY.month, DAY.day, tzinfo=UTC).timestamp()) * 10**9 + number * QUARTER_NS
    known = Decimal(number) / 8
    proof = sha256(f"{tag} {number}".encode()).hexdigest()
    span = Span(start, start + QUARTER_NS)
    return IntervalQuantity(span, "kWh", known, known, Method.MEASURED, QUARTER_NS, 0, (), (), 0, (), (), proof)


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    directory = tmp_path_factory.mktemp("ledger")
    digest = EvidenceStore(directory).put(PHOTO)
    notes = []
    with closing(open_database(directory / "ledger.db", MIGRATIONS, is_shared=True)) as db:
        with transaction(db):
            for n in range(9):
                records.append(db, NOW + n, Kind.ACTIVITY, {"n": n, "t": "1.5"}, enterprise="acme", period="2026-09")
            notes.append(checkpoints.sign(db, KEY, NOW).note)
            records.append(db, NOW, Kind.READING, {"evidence": [{"sha256": digest, "name": "meter.jpg"}]})
        with transaction(db):
            for tag in ("m1", "m2"):
                intervals.store(db, tag, [_interval(tag, n) for n in range(96)], NOW, zone=UTC)
            meters = {}
            for one in intervals.days(db, ["m1", "m2"], DAY, DAY):
                meters[one.tag] = {"version": one.version, "digest": one.digest, "unit": one.unit}
            records.append(db, NOW, Kind.ENERGY_DAY, {"day": str(DAY), "meters": meters}, period=str(DAY))
            for n in range(7):
                records.append(db, NOW + n, Kind.ENTRY, {"mass_kg": f"{n}.000000001"}, about="run", period="2026-09")
            notes.append(checkpoints.sign(db, KEY, NOW + 10**12).note)
            for _ in range(3):
                records.append(db, NOW, Kind.APPROVAL, {"by": "Li"}, about="x")
            notes.append(checkpoints.sign(db, KEY, NOW + 2 * 10**12).note)
    return Kept(directory, notes)


@pytest.fixture
def kept(original: Kept, tmp_path: Path) -> Kept:
    """A copy to do harm to."""
    return _copied(original, tmp_path)


def _copied(original: Kept, directory: Path) -> Kept:
    copytree(original.directory, directory, dirs_exist_ok=True)
    return Kept(directory, original.notes)


def said(verdict: Verdict) -> str:
    return "\n".join(fault.message for fault in verdict.faults)


def test_what_was_written_is_good(kept: Kept) -> None:
    verdict = verify(kept.directory, outside=kept.notes, trusted=[KEY.verifier])
    assert verdict.faults == []
    assert (verdict.size, verdict.checkpoints, verdict.outside) == (21, 3, 3)
    assert (verdict.signed_size, verdict.days, verdict.files) == (21, 2, 1)
    assert verify(kept.path).is_good, "the file itself will do"


@pytest.mark.parametrize("seq", range(1, 22))
def test_a_changed_content_names_its_record_and_only_that(kept: Kept, seq: int) -> None:
    kept.tamper(f"UPDATE record SET content = replace(content, '1', '2') WHERE seq = {seq}")
    verdict = verify(kept.directory)
    assert [fault.seq for fault in verdict.faults if fault.seq is not None][:1] == [seq]
    assert {fault.seq for fault in verdict.faults} == {seq}
    with closing(open_readonly(kept.directory)) as db:
        record_id, kind = db.execute("SELECT id, kind FROM record WHERE seq = ?", (seq,)).fetchone()
    assert verdict.faults[0].kind == kind
    assert record_id in (verdict.faults[0].id, verdict.faults[0].id.replace("2", "1")) or verdict.faults[0].id


PLACES = {
    "record": ("seq", ("id", "kind", "enterprise", "period", "about", "time_ns", "content")),
    "node": ("rowid", ("hash",)),
    "checkpoint": ("number", ("time_ns", "size", "root", "note")),
    "checkpoint_key": ("number", ("verifier",)),
    "meter_day": (
        "rowid",
        ("known", "measured_ns", "estimated_ns", "missing_ns", "unit", "digest", "payload", "version", "replaced_ns"),
    ),
    "meter": ("id", ("tag",)),
}


def _flip(value: object, place: int, bit: int) -> object:
    """One bit of a stored value changed."""
    if isinstance(value, int):
        return value ^ (1 << bit)
    raw = bytearray(value if isinstance(value, bytes) else str(value).encode())
    if not raw:
        return "x"
    raw[place % len(raw)] ^= 1 << bit
    return bytes(raw) if isinstance(value, bytes) else raw.decode("latin-1")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_flipped_bit_is_found_and_said_where(
    original: Kept, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    kept = _copied(original, tmp_path_factory.mktemp("flipped"))
    table = data.draw(st.sampled_from(sorted(PLACES)))
    column = data.draw(st.sampled_from(PLACES[table][1]))
    place, bit = data.draw(st.integers(0, 5000)), data.draw(st.integers(0, 7))
    with closing(sqlite3.connect(kept.path, isolation_level=None)) as db:
        keys = (
            "level, number" if table == "node" else "meter, day, version" if table == "meter_day" else PLACES[table][0]
        )
        rows = db.execute(f"SELECT {column}, {keys} FROM {table} ORDER BY {keys}").fetchall()
        value, *key = data.draw(st.sampled_from(rows))
    where = " AND ".join(f"{name} = {number}" for name, number in zip(keys.split(", "), key, strict=True))
    kept.tamper(f"UPDATE {table} SET {column} = ? WHERE {where}", values=(_flip(value, place, bit),))
    verdict = verify(kept.directory)
    assert not verdict.is_good
    first = verdict.faults[0]
    if table == "record":
        assert first.seq == key[0]
    elif table == "node":
        level, number = key
        assert first.seq is not None
        assert (number << level) < first.seq <= (number + 1) << level
    elif table == "meter_day":
        assert {fault.kind for fault in verdict.faults} == {"energy_day"}
        assert {fault.seq for fault in verdict.faults} == {11}
    elif table == "meter":
        assert first.kind == "energy_day"
    else:
        assert "checkpoint" in said(verdict) or "public key" in said(verdict)


@pytest.mark.parametrize("column", ["seq", "level"])
def test_a_number_that_was_changed_is_a_gap(kept: Kept, column: str) -> None:
    kept.tamper(
        "UPDATE record SET seq = 900 WHERE seq = 5"
        if column == "seq"
        else "UPDATE node SET level = 7 WHERE level = 2 AND number = 1"
    )
    verdict = verify(kept.directory)
    assert verdict.faults[0].seq in (5, 8)


def test_a_record_that_was_taken_out_is_missed_by_its_number(kept: Kept) -> None:
    kept.tamper("DELETE FROM record WHERE seq = 7")
    verdict = verify(kept.directory)
    assert [(fault.seq, fault.message) for fault in verdict.faults] == [(7, "record 7 is missing")]


def test_records_that_were_taken_off_the_end_are_missed(kept: Kept) -> None:
    kept.tamper("DELETE FROM record WHERE seq > 18", "DELETE FROM node WHERE level = 0 AND number >= 18")
    text = said(verify(kept.directory))
    assert "is over 21 records, the log has only 18: records were removed" in text


def test_records_after_the_newest_checkpoint_are_said_to_be_unsigned(kept: Kept) -> None:
    with closing(open_database(kept.path, MIGRATIONS, is_shared=True)) as db, transaction(db):
        records.append(db, NOW, Kind.ACTIVITY, {})
    verdict = verify(kept.directory)
    assert verdict.is_good
    assert verdict.notes == ["records 22 to 22 came after the newest checkpoint: nothing signed speaks for them yet"]


def test_a_change_of_record_and_tree_together_is_bounded_by_the_checkpoints(kept: Kept) -> None:
    _rewrite(kept, 12, is_resigned=False)
    verdict = verify(kept.directory)
    assert "does not fit the checkpoint" in said(verdict)
    assert "one of the records 10 to 18 was changed, added or removed; the first 9 fit an older one" in said(verdict)


def test_a_history_rewritten_with_the_key_is_only_shown_by_a_checkpoint_kept_outside(kept: Kept) -> None:
    _rewrite(kept, 12, is_resigned=True)
    assert verify(kept.directory).is_good, "who has the disk has the key"
    verdict = verify(kept.directory, outside=[kept.notes[1]])
    assert "does not fit the checkpoint that was kept outside: one of the records 1 to 18" in said(verdict)
    narrow = said(verify(kept.directory, outside=kept.notes[:2]))
    assert "one of the records 10 to 18 was changed, added or removed; the first 9 fit an older one" in narrow
    assert verify(kept.directory, outside=[kept.notes[0]]).is_good, "record 12 came after it"


def test_a_key_that_was_replaced_is_shown_by_the_one_that_was_handed_out(kept: Kept) -> None:
    other = Signer(KEY.name, b"\x06" * 32)
    _rewrite(kept, 12, is_resigned=True, key=other)
    assert not verify(kept.directory, trusted=[KEY.verifier]).is_good
    assert "is not this ledger's, or the key was replaced" in said(verify(kept.directory, outside=[kept.notes[0]]))


def _rewrite(kept: Kept, seq: int, *, is_resigned: bool, key: Signer = KEY) -> None:
    """Change a record and make everything that the disk holds fit it."""
    with closing(sqlite3.connect(kept.path, isolation_level=None)) as db:
        for trigger in TRIGGERS:
            db.execute(f"DROP TRIGGER {trigger}")
        (content,) = db.execute("SELECT content FROM record WHERE seq = ?", (seq,)).fetchone()
        document = json.loads(content)
        document["body"]["mass_kg"] = "0"
        document["id"] = sha256(canonical(document["body"])).hexdigest()
        db.execute("UPDATE record SET content = ?, id = ? WHERE seq = ?", (canonical(document), document["id"], seq))
        db.execute("DELETE FROM node")
        frontier, roots = Frontier(), {}
        for number, (content,) in enumerate(db.execute("SELECT content FROM record ORDER BY seq").fetchall(), 1):
            db.executemany("INSERT INTO node VALUES(?, ?, ?)", list(frontier.append(leaf_hash(content))))
            roots[number] = frontier.root()
        if not is_resigned:
            return
        for number, size, time_ns in db.execute("SELECT number, size, time_ns FROM checkpoint").fetchall():
            note = signed(TreeHead(key.name, size, roots[size], checkpoints.text_of(time_ns)), key)
            db.execute("UPDATE checkpoint SET root = ?, note = ? WHERE number = ?", (roots[size], note, number))
        db.execute("UPDATE checkpoint_key SET verifier = ?", (key.verifier.text,))


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
        intervals.store(db, "m2", [_interval("forged", n) for n in range(96)], NOW, zone=UTC)
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
        late = replace(_interval("m1", 95), quantity=Decimal(7), known=Decimal(7), hash="ab" * 32)
        intervals.store(db, "m1", [late], NOW + 1, zone=UTC)
        (one,) = intervals.days(db, ["m1"], DAY, DAY)
        assert one.version == 2
        body = {"day": str(DAY), "meters": {"m1": {"version": 2, "digest": one.digest, "unit": "kWh"}}}
        records.append(db, NOW, Kind.ENERGY_DAY, body, period=str(DAY))
    assert verify(kept.directory).is_good


@pytest.mark.parametrize(
    "content", [b"", b"SQLite format 3\x00" + b"\xa5" * 5000, b"{}\n", b"[1]\n", b"\xff\xfe", b"nonsense"]
)
def test_what_cannot_be_read_is_not_called_changed(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(Unavailable):
        verify(tmp_path / "file")
    with pytest.raises(Unavailable):
        verify(tmp_path / "nothing")


def test_a_flood_of_faults_ends(kept: Kept) -> None:
    with closing(open_database(kept.path, MIGRATIONS, is_shared=True)) as db, transaction(db):
        for n in range(300):
            records.append(db, NOW, Kind.ACTIVITY, {"n": n})
    kept.tamper("UPDATE record SET content = '{}'")
    assert len(verify(kept.directory).faults) == MOST_FAULTS


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
        changed = [_interval("m1", n) for n in range(96)]
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


def test_with_the_key_that_was_handed_out_a_log_without_any_signature_is_not_good(kept: Kept) -> None:
    kept.tamper("DELETE FROM checkpoint")
    assert "checkpoints were removed" in said(verify(kept.directory, trusted=[KEY.verifier]))


def test_guards_that_are_gone_are_noted(kept: Kept) -> None:
    assert not any("another program" in note for note in verify(kept.directory).notes)
    kept.tamper("UPDATE record SET seq = seq WHERE seq = 1")
    verdict = verify(kept.directory)
    assert verdict.is_good
    assert any("another program: changed are checkpoint_no_delete" in note for note in verdict.notes)
