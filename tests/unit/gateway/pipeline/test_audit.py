"""The keeper of the audit log over restarts: it compares with the ledger, which outlives an older state.db."""

import asyncio
import shutil
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from random import Random
from typing import Any, TypeVar

import pytest

from gateway.core.clock import SystemClock
from gateway.core.errors import Unavailable
from gateway.pipeline.audit import AuditKeeper
from gateway.store.audit import Who
from gateway.store.audit_chain import Code
from gateway.store.ledger import Ledger
from gateway.store.state import State

T = TypeVar("T")
LI = Who("li.wei", "operator", "session", "10.0.0.7")


def run(directory: Path, work: Callable[[AuditKeeper, Ledger], Awaitable[T]]) -> T:
    """A gateway's life, as far as the audit log sees it."""

    async def live() -> T:
        async with AsyncExitStack() as exits:
            state = await State.open(directory, SystemClock(), durability="process_crash")
            exits.push_async_callback(state.close)
            ledger = await Ledger.open(directory, SystemClock(), durability="process_crash")
            exits.push_async_callback(ledger.close)
            keeper = AuditKeeper(state, SystemClock(), Random(1))
            await keeper.open(ledger)
            return await work(keeper, ledger)

    return asyncio.run(live())


async def acted(keeper: AuditKeeper, ledger: Ledger) -> None:
    async with keeper.act(LI, "device read", "tx1"):
        pass
    await ledger.checkpoint()


async def findings(keeper: AuditKeeper, _: Any) -> list[str]:
    return keeper.findings


async def verified(keeper: AuditKeeper, _: Any) -> list[Code]:
    return [one.code for one in (await keeper.proof.verify()).verdict.faults]


def test_an_ordinary_restart_finds_everything_as_it_was(tmp_path: Path) -> None:
    run(tmp_path, acted)
    assert run(tmp_path, findings) == []
    run(tmp_path, acted)
    assert run(tmp_path, verified) == []


def test_an_older_state_that_somebody_put_back_is_told_at_the_start_and_for_ever(tmp_path: Path) -> None:
    run(tmp_path, acted)
    shutil.copyfile(tmp_path / "state.db", tmp_path / "older.db")
    run(tmp_path, acted)
    for left in tmp_path.glob("state.db*"):
        left.unlink()
    shutil.copyfile(tmp_path / "older.db", tmp_path / "state.db")
    (told,) = run(tmp_path, findings)
    assert "state.db is older than the ledger" in told
    run(tmp_path, acted)
    assert run(tmp_path, findings) == [], "it was told in the log"
    assert run(tmp_path, verified) == [Code.OLDER]


def test_a_ledger_that_is_older_than_the_log_is_no_fault_of_the_log(tmp_path: Path) -> None:
    run(tmp_path, acted)
    shutil.copyfile(tmp_path / "ledger.db", tmp_path / "older.db")
    run(tmp_path, acted)
    for left in tmp_path.glob("ledger.db*"):
        left.unlink()
    shutil.copyfile(tmp_path / "older.db", tmp_path / "ledger.db")
    assert run(tmp_path, findings) == []
    assert run(tmp_path, verified) == []


def test_the_room_of_the_log_is_what_the_configuration_gives_it(tmp_path: Path) -> None:
    async def live() -> None:
        async with AsyncExitStack() as exits:
            state = await State.open(tmp_path, SystemClock(), durability="process_crash")
            exits.push_async_callback(state.close)
            keeper = AuditKeeper(state, SystemClock(), Random(1), limit_bytes=2_000)
            while keeper.fill < 1:
                await keeper.note(LI, "device read", "tx1", reason="x" * 200)
            with pytest.raises(Unavailable, match="the audit log is full"):
                async with keeper.act(LI, "device read", "tx1"):
                    pass
            roomy = AuditKeeper(state, SystemClock(), Random(1), limit_bytes=1_000_000)
            await roomy.measure()
            assert 0 < roomy.fill < 0.01
            async with roomy.act(LI, "device read", "tx1"):
                pass

    asyncio.run(live())
