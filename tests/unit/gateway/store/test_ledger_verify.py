"""Verifying: whatever was changed in a ledger is found, and the record is named."""

import json
import sqlite3
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.core.clock import utc_text
from gateway.core.errors import Unavailable
from gateway.store import records
from gateway.store.ledger import MIGRATIONS, open_readonly
from gateway.store.ledger_check import MOST_FAULTS
from gateway.store.ledger_verify import verify
from gateway.store.migrate import open_database, transaction
from gateway.store.records import Kind
from rules.ledger import canonical
from rules.ledger.merkle import Frontier, leaf_hash
from rules.ledger.note import Signer, TreeHead, signed
from tests.unit.gateway.store.kept_ledger import KEY, NOW, TRIGGERS, Kept, copied, said


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
    kept = copied(original, tmp_path_factory.mktemp("flipped"))
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
            note = signed(TreeHead(key.name, size, roots[size], utc_text(time_ns)), key)
            db.execute("UPDATE checkpoint SET root = ?, note = ? WHERE number = ?", (roots[size], note, number))
        db.execute("UPDATE checkpoint_key SET verifier = ?", (key.verifier.text,))


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


def test_with_the_key_that_was_handed_out_a_log_without_any_signature_is_not_good(kept: Kept) -> None:
    kept.tamper("DELETE FROM checkpoint")
    assert "checkpoints were removed" in said(verify(kept.directory, trusted=[KEY.verifier]))


def test_guards_that_are_gone_are_noted(kept: Kept) -> None:
    assert not any("another program" in note for note in verify(kept.directory).notes)
    kept.tamper("UPDATE record SET seq = seq WHERE seq = 1")
    verdict = verify(kept.directory)
    assert verdict.is_good
    assert any("another program: changed are checkpoint_no_delete" in note for note in verdict.notes)
