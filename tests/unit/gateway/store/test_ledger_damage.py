"""A ledger that is damaged, gone or not its own: the copy takes its place, and what may be lost is said."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from gateway.core.errors import Unavailable
from gateway.store import checkpoints, records
from gateway.store.ledger import Ledger, open_offline
from gateway.store.quarantine import Quarantine
from gateway.store.records import Kind
from rules.ledger.note import Signer
from tests.unit.gateway.store.ledgers import add, damage, opened, verify


def damage_index(path: Path) -> None:
    """An index that is not its table's: the file is damaged, and still counts its records."""
    with closing(sqlite3.connect(path)) as db:
        page = db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'record_by_kind'").fetchone()[0]
    content = bytearray(path.read_bytes())
    content[(page - 1) * 4096 : page * 4096] = b"\xa5" * 4096
    path.write_bytes(content)


async def damaged_with_three_more_than_its_copy(directory: Path, clock: Any) -> None:
    async with opened(directory, clock) as found:
        await add(found, 5)
        await found.copy()
        copy = (directory / "ledger.copy.db").read_bytes()
        await add(found, 3)
    (directory / "ledger.copy.db").write_bytes(copy)
    damage_index(directory / "ledger.db")


async def test_a_damaged_file_is_restored_and_the_finding_says_what_may_be_lost(tmp_path: Path, clock: Any) -> None:
    async with opened(tmp_path, clock) as found:
        await add(found, 5)
        before = await found.checkpoint()
        await found.copy()
    damage(tmp_path / "ledger.db")
    async with opened(tmp_path, clock) as found:
        (finding,) = found.findings
        assert "restored from its copy" in finding
        assert "it holds 5 records, those that came after them may be lost" in finding
        assert "a checkpoint kept outside proves" in finding
        newest = (await found.do(lambda db: records.find(db, newest_first=True)))[0]
        assert (newest.kind, newest.body) == (Kind.RESTORED, {"kept": 5, "lost": None})
    assert len(await asyncio.to_thread(lambda: list((tmp_path / "quarantine").glob("ledger-*.db")))) == 1
    assert (await verify(tmp_path, outside=[before.note])).is_good, "nothing under this checkpoint is gone"


async def test_where_the_damaged_file_still_counts_its_records_the_loss_is_a_number(tmp_path: Path, clock: Any) -> None:
    async with opened(tmp_path, clock) as found:
        await add(found, 5)
        await found.copy()
        copy = (tmp_path / "ledger.copy.db").read_bytes()
        await add(found, 3)
        late = await found.checkpoint()
    (tmp_path / "ledger.copy.db").write_bytes(copy)
    damage_index(tmp_path / "ledger.db")
    async with opened(tmp_path, clock) as found:
        assert "it holds 5 records, 3 that came after them are lost" in found.findings[0]
    verdict = await verify(tmp_path, outside=[late.note])
    assert any("does not fit the checkpoint that was kept outside" in fault.message or "removed" in fault.message
               for fault in verdict.faults)  # fmt: skip


async def test_a_damaged_file_of_a_folder_that_is_named_from_here_is_restored_too(
    tmp_path: Path, clock: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    directory = Path("data 100%?")
    directory.mkdir()
    await damaged_with_three_more_than_its_copy(directory, clock)
    async with opened(directory, clock) as found:
        assert "it holds 5 records, 3 that came after them are lost" in found.findings[0]


async def test_a_start_that_died_while_it_restored_takes_no_number_away_from_the_next(
    tmp_path: Path, clock: Any
) -> None:
    await damaged_with_three_more_than_its_copy(tmp_path, clock)
    quarantine = Quarantine(tmp_path / "quarantine", clock)
    aside = await asyncio.to_thread(quarantine.take_database, tmp_path / "ledger.db")
    async with opened(tmp_path, clock) as found:
        assert (
            f"was missing and is restored from its copy; an interrupted start had moved it to {aside}"
            in (found.findings[0])
        )
        assert "it holds 5 records, 3 that came after them are lost" in found.findings[0]
        newest = (await found.do(lambda db: records.find(db, newest_first=True)))[0]
        assert newest.body == {"kept": 5, "lost": 3}


async def test_a_file_that_was_moved_aside_long_ago_says_nothing_of_one_that_is_missing_now(
    tmp_path: Path, clock: Any
) -> None:
    await damaged_with_three_more_than_its_copy(tmp_path, clock)
    async with opened(tmp_path, clock) as found:
        await add(found, 1)
    (tmp_path / "ledger.db").unlink()
    async with opened(tmp_path, clock) as found:
        assert "was missing and is restored from its copy; it holds 7 records, those that came" in found.findings[0]


async def test_without_a_copy_it_begins_anew_and_says_so(tmp_path: Path, clock: Any) -> None:
    async with opened(tmp_path, clock) as found:
        await add(found, 5)
    damage(tmp_path / "ledger.db")
    damage(tmp_path / "ledger.copy.db")
    async with opened(tmp_path, clock) as found:
        assert "started empty" in found.findings[0]
        assert "every record is lost" in found.findings[0]
        assert await found.do(records.size) == 1
    assert (await verify(tmp_path)).is_good


async def test_a_missing_file_is_restored_without_the_log_that_it_left(tmp_path: Path, clock: Any) -> None:
    async with opened(tmp_path, clock) as found:
        await add(found, 5)
    (tmp_path / "ledger.db").unlink()
    (tmp_path / "ledger.db-wal").write_bytes(b"of the file that is gone")
    async with opened(tmp_path, clock) as found:
        assert "was missing and is restored" in found.findings[0]
        assert await found.do(records.size) == 6
    assert (await verify(tmp_path)).is_good


async def test_a_ledger_that_is_gone_with_its_copy_is_missed_by_its_key(tmp_path: Path, clock: Any) -> None:
    async with opened(tmp_path, clock) as found:
        await add(found)
        kept = await found.checkpoint()
    (tmp_path / "ledger.db").unlink()
    (tmp_path / "ledger.copy.db").unlink()
    async with opened(tmp_path, clock) as found:
        assert any("was not there although its key is" in finding for finding in found.findings)
    assert "records were removed" in (await verify(tmp_path, outside=[kept.note])).faults[0].message


async def test_a_missing_key_is_replaced_under_the_same_name_and_said(tmp_path: Path, clock: Any) -> None:
    async with opened(tmp_path, clock) as found:
        await add(found)
        await found.checkpoint()
        first = found.key
    (tmp_path / "ledger.key").write_text("nonsense")
    async with opened(tmp_path, clock) as found:
        assert any("was missing: a new one was made" in finding for finding in found.findings)
        assert any("holds no key" in finding or "no private key" in finding for finding in found.findings)
        assert found.key.name == first.name
        assert found.key.seed != first.seed
        await add(found)
        await found.checkpoint()
    assert (tmp_path / "ledger.damaged").read_text() == "nonsense"
    verdict = await verify(tmp_path)
    assert verdict.is_good, "the checkpoints of the former key still count"
    assert verdict.checkpoints == 2
    assert not (await verify(tmp_path, trusted=[first.verifier])).is_good, "whoever knows only the former key is told"


async def test_a_copy_that_cannot_be_taken_now_is_not_given_up(tmp_path: Path, clock: Any) -> None:
    async with opened(tmp_path, clock) as found:
        await add(found, 5)
    damage(tmp_path / "ledger.db")
    (tmp_path / "ledger.new.db").mkdir()  # stands for a disk without room for it
    before = (tmp_path / "ledger.copy.db").read_bytes()
    with pytest.raises(Unavailable):
        await Ledger.open(tmp_path, clock)
    assert (tmp_path / "ledger.copy.db").read_bytes() == before
    (tmp_path / "ledger.new.db").rmdir()
    async with opened(tmp_path, clock) as found:
        assert "is restored from its copy" in found.findings[0]
        assert await found.do(records.size) == 6
    assert (await verify(tmp_path)).is_good


async def test_a_damaged_copy_is_kept_for_a_person(tmp_path: Path, clock: Any) -> None:
    async with opened(tmp_path, clock) as found:
        await add(found, 5)
    damage(tmp_path / "ledger.db")
    damage(tmp_path / "ledger.copy.db")
    async with opened(tmp_path, clock):
        pass
    kept = await asyncio.to_thread(lambda: sorted(path.name for path in (tmp_path / "quarantine").glob("*.db")))
    assert len(kept) == 2
    assert kept[1].startswith("ledger.copy-")


async def test_a_public_key_that_was_changed_is_told_and_stops_nothing(tmp_path: Path, clock: Any) -> None:
    async with opened(tmp_path, clock) as found:
        await add(found)
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as db, db:
        db.execute("UPDATE checkpoint_key SET verifier = 'none'")
    async with opened(tmp_path, clock) as found:
        assert any("a public key that the ledger keeps was changed" in finding for finding in found.findings)
        await add(found)
        with pytest.raises(Unavailable, match="ledger verify"):
            await found.do(checkpoints.keys)


async def test_another_key_in_the_place_of_the_one_that_signed_is_told(tmp_path: Path, clock: Any) -> None:
    async with opened(tmp_path, clock) as found:
        await add(found)
        await found.checkpoint()
        name = found.key.name
    forged = Signer(name, b"\x07" * 32)
    (tmp_path / "ledger.key").write_text(forged.text + "\n")
    async with opened(tmp_path, clock) as found:
        assert any("is not the key that signed before" in finding for finding in found.findings)
    async with opened(tmp_path, clock) as found:
        assert found.findings == [], "it is told once: after that it is one of the ledger's"


async def test_a_command_makes_no_empty_ledger_beside_a_copy(tmp_path: Path, clock: Any) -> None:
    async with opened(tmp_path, clock) as found:
        await add(found, 5)
    (tmp_path / "ledger.db").unlink()

    def write() -> None:
        with open_offline(tmp_path):
            pass

    with pytest.raises(Unavailable, match="its copy is there"):
        await asyncio.to_thread(write)
    async with opened(tmp_path, clock) as found:
        assert await found.do(records.size) == 6
