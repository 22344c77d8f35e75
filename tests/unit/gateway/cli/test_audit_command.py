"""`park-gateway audit`: list, verify with its exit codes, export that makes room; with and without a gateway."""

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.cli import audit as command
from gateway.cli.main import app
from gateway.store import audit, audit_archive, audit_verify, state
from gateway.store.audit import Act, Who
from gateway.store.audit_anchor import anchor, anchors
from gateway.store.audit_offline import COMMAND_LINE, audited_offline
from gateway.store.ledger import MIGRATIONS as LEDGER
from gateway.store.migrate import open_database, transaction

LI = Who("li.wei", "operator", "session", "10.0.0.7")
NOW = 1_790_000_000 * 10**9
Run = Callable[..., tuple[int, str]]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """Six entries, the ledger speaks for the first four."""
    found = tmp_path / "data"
    found.mkdir()
    (tmp_path / "park.yaml").write_text("site: {id: park}\nenterprises: []\ndevices: []\n", encoding="utf-8")
    with (
        closing(open_database(found / "state.db", state.MIGRATIONS)) as db,
        closing(open_database(found / "ledger.db", LEDGER, is_shared=True)) as ledger,
    ):
        for number in range(1, 7):
            with transaction(db):
                audit.append(db, Act(LI, "device read", f"tx{number}"), NOW + number * 10**9, float(number))
            if number == 4:
                with transaction(ledger):
                    anchor(ledger, audit.head(db), NOW)
    return found


@pytest.fixture
def run(tmp_path: Path, data: Path) -> Run:
    """The command; its exit code and what it printed."""

    def call(name: str, *arguments: object) -> tuple[int, str]:
        result = CliRunner().invoke(app, ["audit", name, *map(str, arguments), "--config", str(tmp_path / "park.yaml")])
        return result.exit_code, result.output

    return call


class Answering:
    """A running gateway, as far as this command asks it."""

    def __init__(self, data: Path) -> None:
        self._data = data

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(open_database(self._data / "state.db", state.MIGRATIONS)) as db:
            yield db

    def ask(self, _: Path, __: str, target: str, body: Any = None, **___: Any) -> Any:
        with self._open() as db:
            if target.endswith("/verify"):
                return audit_verify.check_rows(db, ()).document
            with transaction(db):
                return {"removed": audit_archive.remove(db, body["upto"], body["sha256"], NOW)}

    @contextmanager
    def answer(self, _: Path, __: str, target: str, *, parameters: Mapping[str, str]) -> Iterator[Any]:
        with self._open() as db:
            content = self._archive(db, parameters) if target.endswith("/export") else self._page(db, parameters)

        class Found:
            def blocks(self) -> Iterator[bytes]:
                yield content

        yield Found()

    @staticmethod
    def _archive(db: sqlite3.Connection, asked: Mapping[str, str]) -> bytes:
        head = audit_archive.begin(db)
        return audit_archive.head_line(head) + audit_archive.page(db, head.after, int(asked["upto"]))[0]

    @staticmethod
    def _page(db: sqlite3.Connection, asked: Mapping[str, str]) -> bytes:
        limit = min(2, int(asked["limit"]))
        before = int(asked["before"]) if "before" in asked else None
        rows = audit.read(db, audit.AuditQuery(before_id=before, who=asked.get("who")), limit)
        names = ("id", "who", "role", "via", "origin", "action", "target", "result", "reason")
        items = [{**{name: getattr(row, name) for name in names}, "time_ms": row.time_ns // 10**6} for row in rows]
        return json.dumps({"items": items, "next_before": rows[-1].id if len(rows) == limit else None}).encode()


@pytest.fixture
def running(data: Path, monkeypatch: pytest.MonkeyPatch) -> Answering:
    found = Answering(data)
    monkeypatch.setattr(command, "is_running", lambda _: True)
    monkeypatch.setattr(command, "ask", found.ask)
    monkeypatch.setattr(command, "answer", found.answer)
    return found


def test_what_nobody_changed_is_good_without_a_gateway(run: Run) -> None:
    code, text = run("verify")
    assert code == 0
    assert "audit log: good" in text
    assert "6 entries up to 6; the ledger speaks for those up to 4" in text
    assert json.loads(run("verify", "--json")[1])["faults"] == []


def test_what_was_changed_is_named_and_ends_with_1(run: Run, data: Path) -> None:
    with closing(sqlite3.connect(data / "state.db", isolation_level=None)) as db:
        db.execute("DROP TRIGGER audit_no_update")
        db.execute("UPDATE audit SET who = 'wang' WHERE id = 2")
    code, text = run("verify")
    assert code == 1
    assert "CHANGED: entry 2 of 2026-09-21T14:13:22Z was changed or inserted" in text


def test_what_cannot_be_read_ends_with_69(run: Run, data: Path) -> None:
    assert run("list")[0] == 69, "no gateway runs"
    (data / "state.db").unlink()
    assert run("verify")[0] == 69


@pytest.mark.usefixtures("running")
def test_entries_are_listed_over_several_pages(run: Run) -> None:
    code, text = run("list", "--limit", 5, "--who", "li.wei")
    lines = text.splitlines()
    assert code == 0
    assert lines[0].split() == ["id", "time", "(UTC)", "who", "from", "action", "object", "result"]
    assert [line.split()[0] for line in lines[1:] if line.strip() and line[0] != "-"][-5:] == ["6", "5", "4", "3", "2"]
    assert [one["id"] for one in json.loads(run("list", "--limit", 3, "--json")[1])] == [6, 5, 4]


@pytest.mark.usefixtures("running")
def test_an_archive_makes_room_and_proves_what_is_in_it(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    assert run("export", file, "--remove")[0] == 2, "how much is to go has to be said"
    code, text = run("export", file, "--upto", 4, "--remove", "--json")
    told = json.loads(text)
    assert (code, told["rows"], told["removed"], told["sha256"]) == (0, 4, 4, sha256(file.read_bytes()).hexdigest())
    assert file.stat().st_mode & 0o777 == 0o600
    assert run("export", file, "--upto", 6)[0] == 2, "a file that is there is not written over"
    code, text = run("verify")
    assert (code, "entries up to 4 are in archives" in text) == (0, True)
    assert run("verify", "--archive", file)[0] == 0
    file.write_bytes(file.read_bytes().replace(b"tx2", b"tx9"))
    code, text = run("verify", "--archive", file)
    assert code == 1
    assert "CHANGED: entry 2 of" in text


def test_what_a_command_changes_while_no_gateway_runs_is_put_down(data: Path) -> None:
    with audited_offline(data, "process_crash", "record approve", "r1", after={"note": "ok"}) as entry:
        entry.after = {"state": "approved"}
        with closing(open_database(data / "ledger.db", LEDGER, is_shared=True)) as ledger, transaction(ledger):
            entry.anchor(ledger)
            assert anchors(ledger)[-1].head == entry.head()
    with pytest.raises(KeyError), audited_offline(data, "process_crash", "record reject", "r2"):
        raise KeyError
    with closing(open_database(data / "state.db", state.MIGRATIONS)) as db:
        rows = audit.following(db, 6, 10)
    assert [(row.action, row.result, row.after) for row in rows] == [
        ("record approve", "asked", '{"note":"ok"}'),
        ("record approve", "done", '{"state":"approved"}'),
        ("record reject", "asked", None),
        ("record reject", "failed", None),
    ]
    assert {(row.who, row.via) for row in rows} == {(COMMAND_LINE.name, "files")}
