"""Backups of a running gateway: by request, by the clock, and told where they are late."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.backup import contents, restore
from gateway.backup.archive import read_manifest
from gateway.backup.contents import Wish
from gateway.backup.restore import Backup
from gateway.config import load
from gateway.config.plan import ParkPlan
from gateway.config.types import Secret
from gateway.core.clock import SystemClock
from gateway.core.errors import Rejected, Unavailable
from gateway.pipeline.engine import Gateway
from gateway.plugins import known_drivers
from gateway.store.audit import AuditQuery, read
from gateway.store.ledger import open_readonly
from gateway.store.records import size

PARK = """
site: {id: qinghe}
connections:
  line-1: {driver: modbus, host: 127.0.0.1, port: 1, timeout: 1 s}
devices:
  - {id: oven, enterprise: qinghe, kind: machine, connection: none}
enterprises: [{id: qinghe}]
store: {directory: data}
backup: {directory: kept, every: 1 d, keep: 2}
"""
DAY_NS = 86_400 * 10**9


class HandClock(SystemClock):
    """Time that goes on only when told."""

    ahead_ns = 0

    def time_ns(self) -> int:
        return super().time_ns() + self.ahead_ns

    def monotonic(self) -> float:
        return super().monotonic() + self.ahead_ns / 1e9


@pytest.fixture
async def gateway(tmp_path: Path) -> AsyncIterator[Gateway]:
    def read() -> ParkPlan:
        (tmp_path / "park.yaml").write_text(PARK)
        return load(tmp_path / "park.yaml", known_drivers()).plan

    gateway = await Gateway.open(await asyncio.to_thread(read), clock=HandClock())
    yield gateway
    await gateway.close()


def kept(tmp_path: Path) -> list[Path]:
    return list(contents.newest_first(tmp_path / "kept", "qinghe"))


def go_on(gateway: Gateway, days: float) -> None:
    gateway.clock.ahead_ns += round(days * DAY_NS)  # type: ignore[attr-defined]


async def test_a_backup_is_made_when_it_is_due_and_only_so_many_are_kept(gateway: Gateway, tmp_path: Path) -> None:
    for expected in (1, 2, 2):
        await gateway.backups.look()
        await gateway.backups.look()
        assert len(await asyncio.to_thread(kept, tmp_path)) == expected
        go_on(gateway, 1.01)
    newest = (await asyncio.to_thread(kept, tmp_path))[0]
    assert newest.stat().st_mode & 0o777 == 0o600
    manifest = await asyncio.to_thread(read_manifest, newest, None)
    assert {"state.db", "ledger.db", "config/park.yaml"} <= manifest.names
    assert "ledger.key" not in manifest.names
    rows = await gateway._state.do(lambda db: read(db, AuditQuery(action="backup"), 10))
    assert (rows[0].who, rows[0].target) == ("gateway", newest.name)
    assert not list(gateway.exports.iterdir())


async def test_a_backup_that_fails_is_told_tried_again_later_and_late_after_two_periods(
    gateway: Gateway, tmp_path: Path
) -> None:
    await gateway.backups.look()
    (tmp_path / "gone").write_text("no folder")
    plan = gateway.plan
    gateway.plan = replace(plan, backup=replace(plan.backup, directory=tmp_path / "gone" / "x"))
    go_on(gateway, 2.5)
    await gateway.backups.look()
    (said,) = [text for text in gateway.findings() if "no backup could be made" in text]
    assert "2.5 days ago" in said
    assert gateway.backups.state()["is_late"]
    gateway.plan = plan
    await gateway.backups.look()
    assert gateway.backups.state()["is_late"], "an hour has to go by first"
    go_on(gateway, 0.05)
    await gateway.backups.look()
    assert not gateway.backups.state()["is_late"]
    assert not [text for text in gateway.findings() if "backup" in text]


async def test_when_the_last_one_was_made_is_known_after_a_restart(gateway: Gateway) -> None:
    made = await gateway.backups.make(Wish())
    assert made.path.stat().st_size == made.size
    assert gateway.backups.state()["last_ms"] is None, "nobody has it yet"
    await gateway.backups.kept(made)
    before = gateway.backups.state()["last_ms"]
    await gateway.backups.open()
    assert gateway.backups.state()["last_ms"] == before is not None


async def test_one_backup_is_made_at_a_time_and_nothing_is_left_of_one_that_fails(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = asyncio.ensure_future(gateway.backups.make(Wish()))
    await asyncio.sleep(0)
    with pytest.raises(Rejected, match="being made already"):
        await gateway.backups.make(Wish())
    await first

    def full(*_: Any) -> None:
        raise Unavailable("the disk is full")

    monkeypatch.setattr(contents, "assemble", full)
    before = sorted(gateway.exports.iterdir())
    with pytest.raises(Unavailable):
        await gateway.backups.make(Wish())
    assert sorted(gateway.exports.iterdir()) == before


async def test_a_backup_of_everything_can_be_put_into_a_new_folder(gateway: Gateway, tmp_path: Path) -> None:
    await gateway.ledger.checkpoint()
    wish = Wish(Secret("correct horse battery"), has_history=True, has_outbox=True)
    made = await gateway.backups.make(wish)
    assert {"outbox.db", "ledger.key"} <= made.manifest.names

    def look() -> int:
        done = restore.restore_into(Backup(made.path, "correct horse battery"), tmp_path / "look", SystemClock())
        with closing(open_readonly(done.directory)) as db:
            return size(db)

    assert await asyncio.to_thread(look) == made.manifest.ledger.size + 1, "the restoration is a record too"
