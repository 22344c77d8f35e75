"""A backup put back: everything is as it was, nothing of before is deleted, and a kill leaves the old or the new."""

import asyncio
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from gateway.backup import contents, restore, switch
from gateway.backup.contents import Site, Wish
from gateway.backup.restore import Backup
from gateway.config.types import Secret
from gateway.core.clock import SystemClock
from gateway.core.errors import ConfigError, Rejected, Unavailable
from gateway.store import audit, identities, records
from gateway.store.audit import Act, Who
from gateway.store.identities import Account, Session
from gateway.store.ledger import Ledger, open_readonly
from gateway.store.ledger_verify import verify
from gateway.store.lock import DirectoryLock
from gateway.store.migrate import transaction
from gateway.store.records import Kind
from gateway.store.state import ID_LEAP, State

CLOCK = SystemClock()
ANNA = Who("anna", "administrator", "session", "127.0.0.1")
PARK = "site: {id: qinghe}\ninclude: [devices.d]\nstore: {directory: data}\n"
PASSPHRASE = "correct horse battery"


async def _fill(directory: Path, tags: list[str], notes: list[str], photos: list[bytes]) -> dict[str, int]:
    """What a gateway would have written; the ids of the tags."""
    state = await State.open(directory, CLOCK)
    ids = await state.ids_for(dict.fromkeys(tags))
    for note in notes:
        await state.put_down(Act(ANNA, "comment", note))
    await state.do(lambda db: _sign_up(db, f"user-{len(identities.load(db).accounts)}"))
    await state.close()
    ledger = await Ledger.open(directory, CLOCK)

    def append(db: sqlite3.Connection) -> None:
        with ledger.write(db):
            for note in notes:
                records.append(db, CLOCK.time_ns(), Kind.DENOMINATOR, {"note": note})
            for photo in photos:
                body = {"sha256": ledger.evidence.put(photo), "media_type": "image/png", "name": "x.png"}
                records.append(db, CLOCK.time_ns(), Kind.EVIDENCE, body)

    await ledger.do(append)
    await ledger.checkpoint()
    await ledger.close()
    return ids


def _sign_up(db: sqlite3.Connection, name: str) -> None:
    account = Account(0, name, name, "viewer", None, None, False, False, "hash", None, 1, 0)
    with transaction(db):
        number = identities.add_account(db, account)
        identities.add(db, Session(name.encode(), name, number, "csrf", 1, 1, "127.0.0.1", "a browser", False))


def stored(directory: Path) -> identities.Stored:
    with closing(sqlite3.connect(directory / "state.db")) as db:
        return identities.load(db)


def fill(directory: Path, tags: list[str], notes: list[str], photos: list[bytes]) -> dict[str, int]:
    return asyncio.run(_fill(directory, tags, notes, photos))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, int]]:
    """An installation with its backup, to be copied by each test, and the ids that its points had then."""
    folder = tmp_path_factory.mktemp("made")
    (folder / "devices.d").mkdir()
    (folder / "rules.d").mkdir()
    (folder / "park.yaml").write_text(PARK)
    (folder / "devices.d" / "a.yaml").write_text("devices: [{id: a, enterprise: qinghe}]\n")
    (folder / "rules.d" / "own.yaml").write_text("# a comment that stays\nalarms: {}\n")
    ids = fill(folder / "data", ["a.x", "a.y"], ["one", "two"], [b"photo 1"])
    back_up(folder, folder / "plain")
    back_up(folder, folder / "sealed", Wish(Secret(PASSPHRASE)))
    return folder, ids


def back_up(folder: Path, target: Path, wish: Wish | None = None) -> None:
    work = folder / "work"
    work.mkdir()
    site = Site("qinghe", folder / "park.yaml", folder / "data")
    contents.copy_stopped(site, work, wish or Wish())
    contents.assemble(site, work, target, wish or Wish(), CLOCK.time_ns())
    shutil.rmtree(work)


@pytest.fixture
def park(made: tuple[Path, dict[str, int]], tmp_path: Path) -> Path:
    """The folder of an installation that has gone on since its backup was made: `plain`, `sealed`."""
    folder = tmp_path / "etc"
    shutil.copytree(made[0], folder)
    (folder / "park.yaml").write_text(PARK + "# changed since\n")
    fill(folder / "data", ["a.x", "a.y", "a.new"], ["three"], [b"photo 2"])
    return folder


def put_back(folder: Path, name: str = "plain", passphrase: str | None = None) -> restore.Restored:
    return restore.restore(Backup(folder / name, passphrase), folder / "park.yaml", CLOCK)


def noted(directory: Path) -> list[str]:
    with closing(open_readonly(directory)) as db:
        found = records.find(db, kinds=[Kind.DENOMINATOR], limit=100)
    return [record.body["note"] for record in found]


def audited(directory: Path) -> list[str]:
    with closing(sqlite3.connect(directory / "state.db")) as db:
        return [f"{row.action} {row.target}" for row in audit.following(db, 0, 100)]


def test_after_a_restoration_everything_is_as_it_was_and_the_ledger_verifies(
    park: Path, made: tuple[Path, dict[str, int]]
) -> None:
    done = put_back(park)
    assert noted(park / "data") == ["one", "two"]
    assert verify(park / "data").is_good
    assert (park / "park.yaml").read_text() == PARK
    assert (park / "rules.d" / "own.yaml").read_text().startswith("# a comment that stays")
    assert audited(park / "data")[-2:] == ["state restored state.db", "backup restore plain"]
    assert any("2 records" in note or "3 records" in note for note in done.notes)
    ids = fill(park / "data", ["a.x", "a.y"], [], [])
    assert ids == made[1]


def test_what_was_there_is_put_aside_whole(park: Path) -> None:
    before = {path.name: path.read_bytes() for path in (park / "data").glob("*.db")}
    done = put_back(park)
    (aside,) = {one for one in done.aside if one.parent == park / "data"}
    assert {name: (aside / name).read_bytes() for name in before} == before
    assert noted(aside) == ["one", "two", "three"]
    (config_aside,) = {one for one in done.aside if one.parent == park}
    assert [path.name for path in config_aside.iterdir()] == ["park.yaml"], "what says the same stays where it is"


def test_accounts_are_as_they_were_nobody_is_signed_in_and_no_number_is_given_twice(park: Path) -> None:
    newest = max(one.id for one in stored(park / "data").accounts)
    put_back(park)
    found = stored(park / "data")
    assert [one.name for one in found.accounts] == ["user-0"]
    assert found.sessions == []
    fill(park / "data", [], [], [])
    assert stored(park / "data").accounts[-1].id > newest


def test_an_id_that_was_given_after_the_backup_is_never_given_again(park: Path) -> None:
    given = fill(park / "data", ["a.new"], [], [])["a.new"]
    put_back(park)
    again = fill(park / "data", ["b.other"], [], [])["b.other"]
    assert again > given + ID_LEAP - 1


def test_photos_that_came_after_the_backup_stay(park: Path) -> None:
    kept = sorted(path.name for path in (park / "data" / "evidence").rglob("*") if path.is_file())
    put_back(park)
    assert sorted(path.name for path in (park / "data" / "evidence").rglob("*") if path.is_file()) == kept
    assert len(kept) == 2


def test_a_new_machine_gets_everything_and_the_key_where_the_file_is_sealed(park: Path, tmp_path: Path) -> None:
    new = tmp_path / "new"
    new.mkdir()
    key = (park / "data" / "ledger.key").read_text()
    restore.restore(Backup(park / "sealed", PASSPHRASE), new / "park.yaml", CLOCK)
    assert (new / "data" / "ledger.key").read_text() == key
    assert (new / "data").stat().st_mode & 0o777 == 0o700
    assert (new / "data" / "ledger.key").stat().st_mode & 0o777 == 0o600
    assert noted(new / "data") == ["one", "two"]
    assert (new / "devices.d" / "a.yaml").exists()
    assert verify(new / "data").is_good
    (tmp_path / "other").mkdir()
    restore.restore(Backup(park / "plain"), tmp_path / "other" / "park.yaml", CLOCK)
    assert not (tmp_path / "other" / "data" / "ledger.key").exists()


def test_a_new_folder_gets_everything_or_nothing(park: Path, tmp_path: Path) -> None:
    done = restore.restore_into(Backup(park / "plain"), tmp_path / "look", CLOCK)
    assert (done.config, done.directory) == (tmp_path / "look" / "park.yaml", tmp_path / "look" / "data")
    assert noted(done.directory) == ["one", "two"]
    with pytest.raises(Rejected, match="not empty"):
        restore.restore_into(Backup(park / "plain"), tmp_path / "look", CLOCK)
    with pytest.raises(Rejected, match="is sealed"):
        restore.restore_into(Backup(park / "sealed"), tmp_path / "none", CLOCK)
    assert {path.name for path in tmp_path.iterdir()} == {"etc", "look"}


def test_a_check_touches_nothing(park: Path) -> None:
    before = listing(park)
    manifest, faults = restore.check(Backup(park / "plain"))
    assert (manifest.site, faults) == ("qinghe", [])
    assert listing(park) == before


def test_a_gateway_that_runs_is_not_restored(park: Path) -> None:
    lock = DirectoryLock(park / "data")
    try:
        with pytest.raises(ConfigError, match="another gateway uses"):
            put_back(park)
    finally:
        lock.release()
    assert noted(park / "data") == ["one", "two", "three"]


def test_a_ledger_that_was_tampered_with_before_its_backup_is_put_back_only_when_asked(park: Path) -> None:
    put_back(park)
    with closing(sqlite3.connect(park / "data" / "ledger.db")) as db:
        db.execute("DROP TRIGGER record_no_update")
        db.execute("UPDATE record SET content = replace(content, 'one', 'won') WHERE seq = 1")
        db.commit()
    back_up(park, park / "tampered")
    with pytest.raises(Rejected, match="does not verify"):
        put_back(park, "tampered")
    restore.restore(Backup(park / "tampered", accepts_faults=True), park / "park.yaml", CLOCK)


def test_a_backup_that_is_damaged_changes_nothing(park: Path) -> None:
    data = bytearray((park / "plain").read_bytes())
    data[len(data) // 2] ^= 1
    (park / "plain").write_bytes(data)
    before = listing(park)
    with pytest.raises(Rejected):
        put_back(park)
    assert listing(park) == before


def test_an_unreadable_state_is_no_reason_not_to_restore(park: Path) -> None:
    (park / "data" / "state.db").write_bytes(b"nothing that SQLite knows")
    put_back(park)
    assert fill(park / "data", ["b.other"], [], [])["b.other"] > 1_600_000_000, "nobody could say which ids were given"


class Killed(BaseException):
    """kill -9: nothing of the program runs any more."""


def listing(folder: Path) -> dict[str, bytes]:
    """Every file that counts, by its path."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "gateway.lock"
    }


@pytest.fixture
def killed_at(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], None]]:
    """Let the program end at the n-th time that it renames or removes anything."""
    left = [10**9]

    def wrapped(name: str) -> None:
        original = getattr(Path, name)

        def step(self: Path, *args: Any, **more: Any) -> Any:
            left[0] -= 1
            if left[0] < 0:
                raise Killed
            return original(self, *args, **more)

        monkeypatch.setattr(Path, name, step)

    def arm(count: int) -> None:
        left[0] = count

    for name in ("rename", "unlink", "mkdir", "rmdir"):
        wrapped(name)
    # the program that was killed cleans nothing up
    monkeypatch.setattr(shutil, "rmtree", _rmtree_while(left))
    yield arm
    left[0] = 10**9


def _rmtree_while(left: list[int]) -> Callable[..., None]:
    original = shutil.rmtree

    def rmtree(*args: Any, **more: Any) -> None:
        if left[0] < 0:
            raise Killed
        original(*args, **more)

    return rmtree


def test_a_kill_at_any_point_leaves_the_old_or_the_new(
    park: Path, tmp_path: Path, killed_at: Callable[[int], None]
) -> None:
    (park / "data" / "ledger.db-wal").write_bytes(b"a log that must never be applied to another file")
    outcomes = []
    for count in range(200):
        folder = tmp_path / f"try-{count}"
        shutil.copytree(park, folder)
        killed_at(count)
        try:
            put_back(folder)
            is_over = True
        except Killed:
            is_over = False
        killed_at(10**9)
        was_committed = (folder / "data" / "restore" / "journal.json").exists()
        if was_committed:
            with pytest.raises(ConfigError, match="was interrupted"):
                DirectoryLock(folder / "data")
        assert switch.finish_interrupted(folder / "park.yaml") == was_committed
        DirectoryLock(folder / "data").release()
        text = (folder / "park.yaml").read_text()
        assert text != PARK or not (folder / "data" / "ledger.db-wal").exists()
        found = (text == PARK, noted(folder / "data") == ["one", "two"], is_new(folder))
        outcomes.append(found)
        assert found in {(True, True, True), (False, False, False)}, f"killed at step {count}: a mixture"
        shutil.rmtree(folder)
        if is_over:
            break
    assert outcomes[0] == (False, False, False)
    assert outcomes[-1] == (True, True, True)
    assert len(outcomes) > 15, "every rename is a point where it may end"


def is_new(folder: Path) -> bool:
    return any(one.startswith("backup restore") for one in audited(folder / "data"))


def test_a_disk_that_fails_in_the_middle_is_finished_at_the_next_start(
    park: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = Path.rename

    def failing(self: Path, target: Any) -> Any:
        if Path(target) == park / "data" / "ledger.db":
            raise OSError(5, "Input/output error")
        return original(self, target)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(Unavailable, match="not finished"):
        put_back(park)
    monkeypatch.setattr(Path, "rename", original)
    assert switch.finish_interrupted(park / "park.yaml")
    assert noted(park / "data") == ["one", "two"]
    assert not switch.finish_interrupted(park / "park.yaml")
