"""Commands that read ledger.db, where the file is damaged: a line that names it and says what to do, no traceback."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli.main import app
from gateway.store import signing_key
from gateway.store.ledger import MIGRATIONS
from gateway.store.migrate import PAGE_BYTES, open_database
from tests.unit.gateway.cli.test_carbon_accounts import PARK

PERIOD = ("--period", "2026-10")


@pytest.fixture
def damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A ledger that opens, and of which no table can be read."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "park.yaml").write_text(PARK, encoding="utf-8")
    (tmp_path / "data").mkdir()
    signing_key.make_key(tmp_path / "data", "park.example/ledger")
    path = tmp_path / "data" / "ledger.db"
    with closing(open_database(path, MIGRATIONS)) as db:
        pages = [page for (page,) in db.execute("SELECT rootpage FROM sqlite_master WHERE rootpage > 0")]
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    content = bytearray(path.read_bytes())
    for page in pages:
        content[(page - 1) * PAGE_BYTES : page * PAGE_BYTES] = b"\xa5" * PAGE_BYTES
    path.write_bytes(content)
    with closing(sqlite3.connect(path)) as db, pytest.raises(sqlite3.DatabaseError):
        db.execute("SELECT * FROM record").fetchall()
    return path


@pytest.mark.parametrize(
    "command",
    [
        ("carbon", "summary", *PERIOD),
        ("carbon", "trace", "0123456789ab", *PERIOD),
        ("carbon", "record", "list"),
        ("carbon", "record", "show", "01a20413"),
        ("carbon", "record", "approve", "01a20413", "--by", "Wang Fang"),
        ("carbon", "due"),
        ("carbon", "instruments"),
        ("carbon", "close", *PERIOD, "--by", "Li Wei", "--approver", "Wang Fang"),
        ("carbon", "report", *PERIOD, "--out", "a.json"),
        ("carbon", "label", *PERIOD, "--out", "a.svg"),
        ("carbon", "sample", *PERIOD, "--seed", "s", "--out", "a.zip"),
        ("energy", "intervals", "main.energy_import"),
        ("energy", "meters"),
        ("energy", "usage"),
        ("energy", "recount", "main.energy_import", *PERIOD),
        ("ledger", "show"),
        ("ledger", "verify"),
        ("ledger", "key"),
        ("ledger", "checkpoint", "--newest"),
        ("ledger", "export", "a.jsonl"),
    ],
    ids=" ".join,
)
def test_a_damaged_ledger_is_named_with_what_to_do(damaged: Path, command: tuple[str, ...]) -> None:
    result = CliRunner().invoke(app, [*command, "--config", "park.yaml"])
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == 69, result.output
    assert f"error: {damaged.relative_to(Path.cwd())} cannot be " in result.output
    assert "start the gateway" in result.output
