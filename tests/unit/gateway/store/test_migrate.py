"""Opening SQLite files: versions go forward, a newer one is left alone, a damaged one is noticed."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from gateway.core.errors import ConfigError
from gateway.store.migrate import Damaged, Trouble, open_database, transaction, trouble_of

FIRST = ("CREATE TABLE a(x)", "INSERT INTO a VALUES(1)")
SECOND = ("ALTER TABLE a ADD COLUMN y DEFAULT 5",)


def test_a_new_file_gets_every_migration(tmp_path: Path) -> None:
    with closing(open_database(tmp_path / "a.db", [FIRST, SECOND])) as db:
        assert db.execute("SELECT x, y FROM a").fetchall() == [(1, 5)]
        assert db.execute("PRAGMA user_version").fetchone() == (2,)
        assert db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert db.execute("PRAGMA auto_vacuum").fetchone() == (2,)


def test_an_old_file_gets_only_what_it_lacks_and_keeps_its_rows(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with closing(open_database(path, [FIRST])) as db:
        db.execute("INSERT INTO a VALUES(2)")
    with closing(open_database(path, [FIRST, SECOND])) as db:
        assert db.execute("SELECT x, y FROM a").fetchall() == [(1, 5), (2, 5)]


def test_a_migration_that_fails_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    open_database(path, [FIRST]).close()
    with pytest.raises(sqlite3.OperationalError):
        open_database(path, [FIRST, ("INSERT INTO a VALUES(9)", "no sql")])
    with closing(open_database(path, [FIRST])) as db:
        assert db.execute("SELECT x FROM a").fetchall() == [(1,)]


def test_a_file_of_a_newer_version_is_refused_and_not_touched(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    open_database(path, [FIRST, SECOND]).close()
    before = path.read_bytes()
    with pytest.raises(ConfigError, match=r"newer park-gateway \(version 2, this one knows 1\)"):
        open_database(path, [FIRST])
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["a.db"]


def test_a_newer_version_that_is_still_in_the_log_is_refused_too(tmp_path: Path) -> None:
    path, copy = tmp_path / "a.db", tmp_path / "copy.db"
    open_database(path, [FIRST]).close()
    with closing(open_database(path, [FIRST, SECOND])):
        for suffix in ("", "-wal"):
            copy.with_name(copy.name + suffix).write_bytes(path.with_name(path.name + suffix).read_bytes())
    with pytest.raises(ConfigError, match="newer"):
        open_database(copy, [FIRST])


@pytest.mark.parametrize(
    "content", [b"not a database at all, but long enough to be read" * 100, b"SQLite format 3\x00"]
)
def test_what_is_no_database_asks_to_be_moved_aside(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.db"
    path.write_bytes(content)
    with pytest.raises((Damaged, sqlite3.DatabaseError)) as caught:
        open_database(path, [FIRST])
    assert trouble_of(caught.value) is Trouble.DAMAGED


def test_a_file_that_another_process_uses_is_said_to_be_in_use(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    with closing(open_database(path, [FIRST])) as db:
        db.execute("INSERT INTO a VALUES(2)")
        with pytest.raises(sqlite3.OperationalError) as caught:
            open_database(path, [FIRST], connection=sqlite3.connect(path, isolation_level=None, timeout=0.01))
    assert trouble_of(caught.value) is Trouble.IN_USE


def test_a_transaction_that_raises_leaves_no_trace(tmp_path: Path) -> None:
    with closing(open_database(tmp_path / "a.db", [FIRST])) as db:
        with pytest.raises(sqlite3.OperationalError), transaction(db):
            db.executemany("INSERT INTO a VALUES(?)", [(2,)]).execute("no sql")
        assert db.execute("SELECT count(*) FROM a").fetchone() == (1,)


def test_errors_that_are_not_the_disks_are_not_repaired() -> None:
    assert trouble_of(ValueError()) is None
    assert trouble_of(OSError(28, "No space left on device")) is Trouble.FULL
    assert trouble_of(OSError(5, "Input/output error")) is Trouble.IO
