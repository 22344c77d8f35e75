"""ledger.db: read beside the gateway, copied, signed every day."""

import asyncio
import sqlite3
import stat
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from gateway.core.errors import ConfigError, Unavailable
from gateway.store import checkpoints, ledger, records
from gateway.store.checkpoints import Checkpoint
from gateway.store.ledger import Ledger, open_offline, open_readonly, writing
from gateway.store.records import Kind
from rules.ledger.merkle import leaf_hash, verify_consistency, verify_inclusion
from rules.ledger.note import opened as opened_note
from tests.unit.gateway.store.ledgers import add, opened, verify

DAY_NS = 86_400 * 10**9


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
