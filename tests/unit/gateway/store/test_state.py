"""The state database: point ids are for ever, the audit table only grows, damage is repaired from the copy."""

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import pytest

from gateway.core.errors import ConfigError
from gateway.store.state import State


@asynccontextmanager
async def opened(directory: Path, clock: Any) -> AsyncIterator[State]:
    state = await State.open(directory, clock, durability="process_crash")
    yield state
    await state.close()


async def test_a_tag_keeps_its_id_over_restarts(tmp_path: Path, clock: Any) -> None:
    async with opened(tmp_path, clock) as state:
        first = await state.ids_for({"tx1.u": None, "tx1.i": None})
        assert len(set(first.values())) == 2
    async with opened(tmp_path, clock) as state:
        assert await state.ids_for({"tx1.i": None, "tx1.u": None}) == first


async def test_an_id_is_never_given_to_another_point(tmp_path: Path, clock: Any) -> None:
    async with opened(tmp_path, clock) as state:
        old = await state.ids_for({"a": None, "b": None})
        new = await state.ids_for({"c": None})
        assert new["c"] > max(old.values())
        assert (await state.ids_for({"a": None, "c": None}))["a"] == old["a"]


async def test_a_renamed_tag_takes_its_id_along(tmp_path: Path, clock: Any) -> None:
    async with opened(tmp_path, clock) as state:
        old = await state.ids_for({"a": None})
        assert await state.ids_for({"b": "a"}) == {"b": old["a"]}
        assert await state.ids_for({"b": "a"}) == {"b": old["a"]}, "the next start, renamed_from still in the file"
        again = await state.ids_for({"a": None, "b": None})
        assert again["b"] == old["a"]
        assert again["a"] != old["a"], "the old name is another point now"


async def test_a_former_name_that_is_still_in_use_keeps_its_id(tmp_path: Path, clock: Any) -> None:
    async with opened(tmp_path, clock) as state:
        old = await state.ids_for({"a": None})
        both = await state.ids_for({"a": None, "b": "a"})
        assert both["a"] == old["a"]
        assert both["b"] != old["a"]


async def test_two_tags_cannot_take_over_the_same_id(tmp_path: Path, clock: Any) -> None:
    async with opened(tmp_path, clock) as state:
        old = await state.ids_for({"a": None})
        new = await state.ids_for({"b": "a", "c": "a"})
        assert new["b"] == old["a"]
        assert new["c"] != old["a"]


async def test_a_hundred_thousand_points_get_ids_of_their_own_and_keep_them(tmp_path: Path, clock: Any) -> None:
    tags = dict.fromkeys(f"device{i // 20}.point{i % 20}" for i in range(100_000))
    async with opened(tmp_path, clock) as state:
        first = await state.ids_for(tags)
        ids = await state.ids_for(tags)
        assert ids == first
        assert len(set(ids.values())) == 100_000


async def test_the_installation_keeps_its_identity(tmp_path: Path, clock: Any) -> None:
    async with opened(tmp_path, clock) as state:
        identity = state.installation_id
    async with opened(tmp_path, clock) as state:
        assert state.installation_id == identity
    async with opened(tmp_path / "other", clock) as state:
        assert state.installation_id != identity


def damage(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[100:] = b"\xa5" * (len(content) - 100)
    path.write_bytes(content)


async def test_a_damaged_file_is_replaced_by_its_copy_and_kept_aside(tmp_path: Path, clock: Any) -> None:
    async with opened(tmp_path, clock) as state:
        ids = await state.ids_for({"a": None, "b": None})
        identity = state.installation_id
    damage(tmp_path / "state.db")
    async with opened(tmp_path, clock) as state:
        assert state.installation_id == identity
        assert any("restored from its copy" in finding for finding in state.findings)
        after = await state.ids_for({"a": None, "b": None, "c": None})
        assert {tag: after[tag] for tag in ids} == ids
        assert after["c"] > max(ids.values()) + 1000, "ids given since the copy was made must not be given again"
    assert len(list((tmp_path / "quarantine").glob("state-*.db"))) == 1


async def test_a_damaged_file_without_a_sound_copy_starts_empty_with_ids_that_nobody_had(
    tmp_path: Path, clock: Any
) -> None:
    async with opened(tmp_path, clock) as state:
        await state.ids_for({"a": None})
    damage(tmp_path / "state.db")
    damage(tmp_path / "state.copy.db")
    async with opened(tmp_path, clock) as state:
        assert any("started empty" in finding for finding in state.findings)
        assert (await state.ids_for({"a": None}))["a"] > 1_000_000_000


async def test_a_copy_is_made_when_points_come_and_every_hour(tmp_path: Path, clock: Any) -> None:
    async with opened(tmp_path, clock) as state:
        await state.ids_for({"a": None})
        with closing(sqlite3.connect(tmp_path / "state.copy.db")) as db:
            assert db.execute("SELECT tag FROM point").fetchall() == [("a",)]


async def test_a_copy_that_cannot_be_made_is_said_and_harms_nothing(tmp_path: Path, clock: Any) -> None:
    async with opened(tmp_path, clock) as state:
        (tmp_path / "state.copy.tmp").mkdir()
        assert not await state.copy()
        assert any("no copy" in finding for finding in state.findings)
        assert await state.ids_for({"a": None})
        (tmp_path / "state.copy.tmp").rmdir()
        assert await state.copy()
        assert state.findings == []


async def test_a_newer_file_is_refused(tmp_path: Path, clock: Any) -> None:
    async with opened(tmp_path, clock):
        pass
    with closing(sqlite3.connect(tmp_path / "state.db")) as db:
        db.execute("PRAGMA user_version=99")
    with pytest.raises(ConfigError, match="newer park-gateway"):
        await State.open(tmp_path, clock)
