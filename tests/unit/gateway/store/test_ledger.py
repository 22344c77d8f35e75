"""ledger.db: read beside the gateway, copied, restored with a word about what is lost, signed every day."""

import asyncio
import sqlite3
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from gateway.core.errors import ConfigError, Unavailable
from gateway.store import checkpoints, ledger, ledger_verify, records
from gateway.store.checkpoints import Checkpoint
from gateway.store.ledger import Ledger, open_offline, open_readonly, writing
from gateway.store.ledger_check import Verdict
from gateway.store.quarantine import Quarantine
from gateway.store.records import Kind
from rules.ledger.merkle import leaf_hash, verify_consistency, verify_inclusion
from rules.ledger.note import Signer
from rules.ledger.note import opened as opened_note

DAY_NS = 86_400 * 10**9


@asynccontextmanager
async def opened(directory: Path, clock: Any, zone: str = "UTC") -> AsyncIterator[Ledger]:
    found = await Ledger.open(directory, clock, durability="process_crash", zone=ZoneInfo(zone))
    yield found
    await found.close()


async def add(into: Ledger, count: int = 1) -> None:
    def write(db: sqlite3.Connection) -> None:
        with into.write(db):
            for number in range(count):
                records.append(db, into._clock.time_ns(), Kind.ACTIVITY, {"number": number})

    await into.do(write)


async def verify(directory: Path, **known: Any) -> Verdict:
    return await asyncio.to_thread(ledger_verify.verify, directory, **known)


def damage(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[100:] = b"\xa5" * (len(content) - 100)
    path.write_bytes(content)


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


async def test_a_new_ledger_is_empty_has_a_key_of_its_own_and_is_good(tmp_path: Path, clock: Any) -> None:
    async with opened(tmp_path, clock) as found:
        assert found.findings == []
        assert found.key.name.startswith("park-gateway/")
    key, public = await asyncio.to_thread(
        lambda: ((tmp_path / "ledger.key").stat(), (tmp_path / "ledger.pub").read_text())
    )
    assert stat.S_IMODE(key.st_mode) == 0o600
    assert public == found.key.verifier.text + "\n"
    verdict = await verify(tmp_path)
    assert verdict.is_good
    assert verdict.size == 0


async def test_the_key_stays_over_restarts(tmp_path: Path, clock: Any) -> None:
    async with opened(tmp_path, clock) as first:
        pass
    async with opened(tmp_path, clock) as second:
        assert second.key == first.key
        assert second.findings == []


async def test_others_read_while_it_is_written_and_when_it_is_not(tmp_path: Path, clock: Any) -> None:
    async with opened(tmp_path, clock) as found:
        await add(found, 3)

        def read() -> list[int]:
            with closing(open_readonly(tmp_path)) as reader, open_offline(tmp_path) as writer:
                before = records.size(reader)
                with writing(writer):
                    records.append(writer, 1, Kind.ACTIVITY, {})
                with pytest.raises(sqlite3.OperationalError):
                    records.append(reader, 0, Kind.ACTIVITY, {})
                return [before, records.size(reader)]

        assert await asyncio.to_thread(read) == [3, 4]
        assert await found.copy()
        await add(found)
    assert await asyncio.to_thread(read) == [5, 6]


async def test_a_command_writes_when_no_gateway_runs(tmp_path: Path, clock: Any) -> None:
    async with opened(tmp_path, clock):
        pass

    def write() -> None:
        with open_offline(tmp_path) as db, writing(db):
            records.append(db, 1, Kind.ACTIVITY, {})
            checkpoints.sign(db, ledger.offline_key(tmp_path), 10**18)

    await asyncio.to_thread(write)
    assert (await verify(tmp_path)).signed_size == 1


def test_no_ledger_is_said_and_none_is_made(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="there is no ledger"):
        open_readonly(tmp_path)
    with pytest.raises(Unavailable, match="there is no key"):
        ledger.offline_key(tmp_path)
    assert list(tmp_path.iterdir()) == []


async def test_a_file_of_a_newer_version_is_left_alone(tmp_path: Path, clock: Any) -> None:
    async with opened(tmp_path, clock):
        pass
    with closing(sqlite3.connect(tmp_path / "ledger.db")) as db:
        db.execute("PRAGMA user_version=999")
    before = (tmp_path / "ledger.db").read_bytes()
    with pytest.raises(ConfigError, match="newer"):
        await Ledger.open(tmp_path, clock)
    with pytest.raises(ConfigError, match="version 999"):
        await asyncio.to_thread(open_readonly, tmp_path)
    assert (tmp_path / "ledger.db").read_bytes() == before


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


async def test_a_checkpoint_is_signed_stored_and_told(tmp_path: Path, clock: Any) -> None:
    told: list[Checkpoint] = []

    async def tell(checkpoint: Checkpoint) -> None:
        told.append(checkpoint)

    async with opened(tmp_path, clock) as found:
        found.on_checkpoint = tell
        await add(found, 3)
        made = await found.checkpoint()
        assert await found.do(checkpoints.newest) == made
        head = opened_note(made.note, [found.key.verifier])
    assert told == [made]
    assert (head.size, head.root.hex()) == (3, made.root_hex)
    assert made.time_ns % 10**9 == 0


async def test_the_same_log_gets_no_second_checkpoint_within_the_hour(tmp_path: Path, clock: Any) -> None:
    async with opened(tmp_path, clock) as found:
        await add(found)
        first = await found.checkpoint()
        clock.wall_ns += 60 * 10**9
        assert await found.checkpoint() == first
        clock.wall_ns += 3600 * 10**9
        assert (await found.checkpoint()).time_ns > first.time_ns
        await add(found)
        assert (await found.checkpoint()).size == 2


async def test_proofs_hold_between_any_two_checkpoints(tmp_path: Path, clock: Any) -> None:
    async with opened(tmp_path, clock) as found:
        made = []
        for count in (1, 4, 2, 9):
            await add(found, count)
            made.append(await found.checkpoint())
        for old in made:
            for new in made:
                if old.size <= new.size:
                    proof = await found.do(lambda db, o=old, n=new: checkpoints.consistency(db, o.size, n.size))
                    roots = bytes.fromhex(old.root_hex), bytes.fromhex(new.root_hex)
                    assert verify_consistency(old.size, new.size, *roots, proof)
        newest = made[-1]
        for record in await found.do(records.find):
            path = await found.do(lambda db, r=record: checkpoints.inclusion(db, r.seq, newest.size))
            root = bytes.fromhex(newest.root_hex)
            assert verify_inclusion(leaf_hash(record.content), record.seq - 1, newest.size, path, root)


async def test_the_day_of_the_site_gets_a_checkpoint_and_the_hour_a_copy(tmp_path: Path, clock: Any) -> None:
    told: list[Checkpoint] = []
    slept: list[float] = []

    class Stop(Exception):
        pass

    async def tell(checkpoint: Checkpoint) -> None:
        told.append(checkpoint)

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        clock.wall_ns += int(seconds * 1e9)
        if len(slept) >= 30:
            raise Stop

    async with opened(tmp_path, clock, "Asia/Shanghai") as found:
        found.on_checkpoint = tell
        await add(found)
        clock.sleep = sleep
        with pytest.raises(Stop):
            await found.run()
        days = [found._day(checkpoint.time_ns) for checkpoint in told]
        assert days == sorted(set(days)), "one a day"
        assert len(days) == 3
        for later in told[1:]:
            assert (later.time_ns // 10**9 + 8 * 3600) % 86_400 == 0, "at the site's midnight"
        assert set(slept[1:]) == {3600.0}
        with pytest.raises(Stop):  # the next start tells the newest again: a kill may have come before it was stored
            await found.run()
        assert told[3] == told[2]


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
