"""`park-gateway ledger`: verify with its exit codes, checkpoints, proofs, exports - with and without a gateway."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.cli import ledger as command
from gateway.cli.main import app
from gateway.store import checkpoints, records, signing_key
from gateway.store.ledger import MIGRATIONS
from gateway.store.lock import DirectoryLock
from gateway.store.migrate import open_database, transaction
from gateway.store.records import Kind, Record
from rules.ledger.merkle import leaf_hash, verify_inclusion
from rules.ledger.note import opened, read_checkpoint, read_proof, read_verifier

NOW = 1_790_000_000 * 10**9
Run = Callable[..., tuple[int, str]]


@pytest.fixture
def made(tmp_path: Path) -> list[Record]:
    """A data directory as a gateway leaves it, 6 records, a checkpoint over the first 4."""
    data = tmp_path / "data"
    data.mkdir()
    (tmp_path / "park.yaml").write_text("site: {id: park}\nenterprises: [{id: acme}]\ndevices: []\n", encoding="utf-8")
    key = signing_key.make_key(data, "park-gateway/test")
    with closing(open_database(data / "ledger.db", MIGRATIONS, is_shared=True)) as db, transaction(db):
        found = [records.append(db, NOW + n, Kind.ACTIVITY, {"n": n}, enterprise="acme") for n in range(3)]
        found.append(records.append(db, NOW, Kind.ENTRY, {"kg": "1.000000001"}, period="2026-09", about="run"))
        checkpoints.sign(db, key, NOW)
        found += [records.append(db, NOW, Kind.APPROVAL, {"by": "李"}, about=found[0].id) for _ in range(2)]
    return found


@pytest.fixture
def run(tmp_path: Path, made: list[Record]) -> Run:
    """The command; its exit code and what it printed."""

    def call(name: str, *arguments: object) -> tuple[int, str]:
        given = ["ledger", name, *map(str, arguments), "--config", str(tmp_path / "park.yaml")]
        result = CliRunner().invoke(app, given)
        return result.exit_code, result.output

    return call


def change(tmp_path: Path, statement: str) -> None:
    with closing(sqlite3.connect(tmp_path / "data" / "ledger.db")) as db:
        db.execute("DROP TRIGGER record_no_update")
        db.execute(statement)
        db.commit()


def test_a_sound_ledger_is_good(run: Run, tmp_path: Path) -> None:
    code, text = run("verify")
    assert code == 0
    assert "data: good" in text
    assert "6 records, root" in text
    assert "1 checkpoints fit; the newest of 2026-09-21T14:13:20Z is over 4 records" in text
    assert "note: records 5 to 6 came after the newest checkpoint" in text
    assert "give a checkpoint that was kept outside" in text
    code, text = run("verify", "--json")
    assert json.loads(text)["is_good"] is True
    assert run("verify", tmp_path / "data" / "ledger.db")[0] == 0


def test_of_several_records_that_begin_alike_each_is_listed_with_its_kind(run: Run, made: list[Record]) -> None:
    code, text = run("show", made[4].id[:13])
    assert code == 1
    assert [line.split()[3] for line in text.splitlines() if made[4].id[:13] in line and "error" not in line] == (
        ["activity"] * 3 + ["approval"] * 2
    )
    assert "several records have an id that begins with" in text
    assert json.loads(run("show", made[4].id)[1])["id"] == made[4].id


def test_a_changed_record_is_named_and_the_exit_code_is_1(run: Run, made: list[Record], tmp_path: Path) -> None:
    change(tmp_path, "UPDATE record SET content = replace(content, '1.000000001', '0.000000001') WHERE seq = 4")
    code, text = run("verify")
    assert code == 1
    assert f"CHANGED: [4 entry {made[3].id}, 2026-09-21 14:13:20] entry 4 was changed" in text
    assert "data: 1 faults" in text
    fault = json.loads(run("verify", "--json")[1])["faults"][0]
    assert (fault["seq"], fault["id"], fault["kind"], fault["time_ns"]) == (4, made[3].id, "entry", NOW)


def test_what_is_not_there_cannot_be_verified(run: Run, tmp_path: Path) -> None:
    assert run("verify", tmp_path / "nothing")[0] == 69
    (tmp_path / "data" / "ledger.db").write_bytes(b"nonsense")
    code, text = run("verify")
    assert code == 69
    assert "cannot be read" in text or "is no JSON" in text


def test_a_checkpoint_is_signed_without_a_gateway_and_printed_to_be_kept(run: Run, tmp_path: Path) -> None:
    code, note = run("checkpoint")
    assert code == 0
    key = read_verifier((tmp_path / "data" / "ledger.pub").read_text())
    assert opened(note, [key]).size == 7, "with the record of the audit log"
    (tmp_path / "kept.txt").write_bytes(note.replace("\n", "\r\n").encode())  # as a mail keeps it
    code, text = run("verify", "--checkpoint", tmp_path / "kept.txt", "--key", tmp_path / "data" / "ledger.pub")
    assert code == 0
    assert "1 checkpoints that were kept outside fit" in text
    assert "for granted" not in text
    assert run("checkpoint", "--newest") == (0, note)
    assert json.loads(run("checkpoint", "--newest", "--json")[1])["size"] == 7


def test_a_gateway_that_runs_signs_itself(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def ask(socket: Path, method: str, target: str, **_: Any) -> Any:
        asked.append((method, target))
        return {"note": "from the gateway\n", "size": 1}

    monkeypatch.setattr(command, "is_running", lambda _: True)
    monkeypatch.setattr(command, "ask", ask)
    assert run("checkpoint") == (0, "from the gateway\n")
    assert asked == [("POST", "/api/v1/carbon/ledger/checkpoint")]


def test_nothing_is_signed_while_another_process_holds_the_directory(run: Run, tmp_path: Path) -> None:
    lock = DirectoryLock(tmp_path / "data")
    try:
        code, text = run("checkpoint")
    finally:
        lock.release()
    assert code == 78
    assert "another gateway uses" in text
    assert run("checkpoint")[0] == 0


def test_a_history_rewritten_after_a_checkpoint_was_kept_is_shown(run: Run, tmp_path: Path) -> None:
    (tmp_path / "kept.txt").write_text(run("checkpoint")[1], "utf-8")
    change(tmp_path, "UPDATE record SET content = replace(content, '2', '3') WHERE seq = 3")
    code, text = run("verify", "--checkpoint", tmp_path / "kept.txt")
    assert code == 1
    assert "[3 activity" in text


@pytest.mark.parametrize("text", ["", "nonsense", "\xff"])
def test_what_is_no_checkpoint_or_key_is_said(run: Run, tmp_path: Path, text: str) -> None:
    (tmp_path / "kept.txt").write_bytes(text.encode("latin-1"))
    code, said = run("verify", "--checkpoint", tmp_path / "kept.txt")
    assert code == 69
    assert "is no checkpoint" in said
    assert run("verify", "--key", tmp_path / "kept.txt")[0] == 2


def test_an_export_verifies_anywhere(run: Run, tmp_path: Path) -> None:
    code, text = run("export", tmp_path / "out.jsonl")
    assert (code, text.split(": ")[-1]) == (0, "7 records\n")
    key = run("key")[1].strip()
    (tmp_path / "park.yaml").unlink()
    result = CliRunner().invoke(app, ["ledger", "verify", str(tmp_path / "out.jsonl"), "--key", key])
    assert result.exit_code == 0, result.output
    assert "came after the newest checkpoint" not in result.output, "it was signed before it was written"


def test_an_export_overwrites_nothing(run: Run, tmp_path: Path) -> None:
    (tmp_path / "out.jsonl").write_text("mine")
    code, text = run("export", tmp_path / "out.jsonl")
    assert code == 2
    assert "exists already" in text
    assert (tmp_path / "out.jsonl").read_text() == "mine"


def test_a_proof_holds_against_its_own_checkpoint(run: Run, made: list[Record]) -> None:
    code, text = run("proof", made[3].id[:10])
    assert code == 0
    proof = read_proof(text)
    head = read_checkpoint(proof.note)
    assert verify_inclusion(leaf_hash(made[3].content), proof.index, head.size, list(proof.path), head.root)
    assert json.loads(run("proof", made[3].id, "--json")[1])["size"] == 4


def test_a_record_after_the_checkpoint_has_no_proof_yet(run: Run, made: list[Record]) -> None:
    code, text = run("proof", made[5].id)
    assert code == 1
    assert "sign a checkpoint" in text
    code, text = run("proof", "ffffffffffff")
    assert code == 1
    assert "has no record" in text


def test_records_are_listed_and_shown(run: Run, made: list[Record]) -> None:
    code, text = run("show", "--limit", "3")
    assert code == 0
    assert [line.split()[0] for line in text.splitlines()[1:]] == ["4", "5", "6"]
    assert len(json.loads(run("show", "--kind", "activity", "--enterprise", "acme", "--json")[1])) == 3
    assert json.loads(run("show", made[4].id)[1])["body"] == {"by": "李"}
    assert len(json.loads(run("show", "--about", made[0].id, "--json")[1])) == 2
    code, text = run("show", "--kind", "aproval")
    assert code == 2
    assert "approval" in text
