"""An export is proven with nothing but itself and what was handed out before."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.core.errors import Unavailable
from gateway.store import checkpoints, records
from gateway.store.ledger import MIGRATIONS
from gateway.store.ledger_export import write_export
from gateway.store.ledger_verify import verify
from gateway.store.migrate import open_database, transaction
from gateway.store.records import Kind
from rules.ledger.note import Signer

NOW = 1_790_000_000 * 10**9
KEY = Signer("park-gateway/test", b"\x05" * 32)
COUNT = 13


@pytest.fixture
def db(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    with closing(open_database(tmp_path / "ledger.db", MIGRATIONS, is_shared=True)) as db:
        yield db


@pytest.fixture
def export(db: sqlite3.Connection, tmp_path: Path) -> Path:
    """13 records, checkpoints over 6 and 13."""
    with transaction(db):
        for n in range(COUNT):
            records.append(db, NOW + n, Kind.ENTRY if n % 2 else Kind.ACTIVITY, {"n": n, "name": "清河 \u2028 é"})
            if n == 5:
                checkpoints.sign(db, KEY, NOW)
        checkpoints.sign(db, KEY, NOW + 10**9)
    assert write_export(db, tmp_path / "ledger.jsonl", NOW) == COUNT
    return tmp_path / "ledger.jsonl"


def test_an_export_is_good_and_can_be_read_by_any_program(export: Path) -> None:
    verdict = verify(export, trusted=[KEY.verifier])
    assert verdict.faults == []
    assert (verdict.size, verdict.checkpoints, verdict.signed_size) == (COUNT, 2, COUNT)
    lines = [json.loads(line) for line in export.read_bytes().split(b"\n")[:-1]]
    assert lines[0] == {"park_gateway_ledger": 1, "origin": KEY.name, "time": "2026-09-21T14:13:20Z"}
    assert lines[1] == {"key": KEY.verifier.text}
    assert json.loads(lines[-2]["content"])["body"]["name"] == "清河 \u2028 é"
    assert lines[-1] == {"end": {"records": COUNT}}


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(1, COUNT), st.integers(0, 500), st.integers(0, 6))
def test_a_flipped_bit_in_a_record_names_it(export: Path, seq: int, place: int, bit: int) -> None:
    lines = export.read_text("utf-8").split("\n")
    number = next(i for i, line in enumerate(lines) if line.startswith(f'{{"seq":{seq},'))
    document = json.loads(lines[number])
    field = "content" if place % 4 else "leaf"
    raw = bytearray(document[field].encode())
    raw[place % len(raw)] ^= 1 << bit
    lines[number] = json.dumps(document | {field: raw.decode("utf-8", errors="replace")})
    changed = export.with_name("changed.jsonl")
    changed.write_text("\n".join(lines), "utf-8")
    assert {fault.seq for fault in verify(changed).faults} == {seq}


def test_an_export_that_was_cut_is_told(export: Path) -> None:
    lines = export.read_bytes().splitlines(keepends=True)
    for kept in (-1, -2, -9):
        export.write_bytes(b"".join(lines[:kept]))
        assert any("it was cut" in fault.message for fault in verify(export).faults)
    export.write_bytes(b"".join(lines[:-9] + lines[-1:]))
    assert any("records were removed" in fault.message for fault in verify(export).faults)


def test_a_record_that_was_taken_out_of_the_middle_is_told(export: Path) -> None:
    lines = export.read_bytes().splitlines(keepends=True)
    export.write_bytes(b"".join(line for line in lines if not line.startswith(b'{"seq":4,')))
    assert verify(export).faults[0].seq == 5
    assert "after record 3 comes one with the number 5" in verify(export).faults[0].message


def test_a_forged_export_with_a_key_of_its_own_does_not_stand_before_the_one_handed_out(
    export: Path, db: sqlite3.Connection, tmp_path: Path
) -> None:
    other = Signer(KEY.name, b"\x06" * 32)
    with closing(open_database(tmp_path / "forged.db", MIGRATIONS, is_shared=True)) as forged:
        with transaction(forged):
            for n in range(COUNT):
                records.append(forged, NOW, Kind.ACTIVITY, {"n": n, "forged": True})
            checkpoints.sign(forged, other, NOW)
        write_export(forged, tmp_path / "forged.jsonl", NOW)
    assert verify(tmp_path / "forged.jsonl").is_good, "it is consistent in itself"
    assert not verify(tmp_path / "forged.jsonl", trusted=[KEY.verifier]).is_good
    outside = checkpoints.all_of(db)[0].note
    assert not verify(tmp_path / "forged.jsonl", outside=[outside]).is_good
    assert verify(export, outside=[outside]).outside == 1


@pytest.mark.parametrize("line", ['{"seq":"x","content":"{}","leaf":""}', "[]", "{", "null"])
def test_lines_that_are_none_end_it(export: Path, line: str) -> None:
    lines = export.read_text("utf-8").split("\n")
    export.write_text("\n".join([*lines[:6], line, *lines[6:]]), "utf-8")
    with pytest.raises(Unavailable):
        verify(export)


def test_a_file_that_cannot_be_written_leaves_nothing(db: sqlite3.Connection, tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        write_export(db, tmp_path / "nowhere" / "x.jsonl", NOW)
    (tmp_path / "taken").mkdir()
    with pytest.raises(OSError, match="directory"):
        write_export(db, tmp_path / "taken", NOW)
    assert not list(tmp_path.glob(".*.part"))
    assert not db.in_transaction
