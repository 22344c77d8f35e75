"""A clock moved by hand, blocks, limits and ledgers for the tests of the stores."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.config.plan import StoreLimits
from gateway.core.batch import Batch, Block
from gateway.core.device import Device
from gateway.core.point import Point, PointKind, ValueType
from tests.unit.gateway.store.kept_ledger import Kept, copied, kept_in


class ManualClock:
    """Wall and monotonic time, moved apart from each other."""

    def __init__(self) -> None:
        self.wall_ns = 1_790_000_000_000_000_000
        self.seconds = 1000.0

    def time_ns(self) -> int:
        return self.wall_ns

    def monotonic(self) -> float:
        return self.seconds

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)

    def pass_time(self, seconds: float) -> None:
        self.seconds += seconds
        self.wall_ns += round(seconds * 1e9)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def limits(tmp_path: Path) -> StoreLimits:
    return StoreLimits(tmp_path / "data", 2**28, 7 * 86400.0, 0, 1.0, "process_crash")


@pytest.fixture
def limited(limits: StoreLimits) -> Callable[..., StoreLimits]:
    """The limits with some of them changed."""

    def change(**changes: Any) -> StoreLimits:
        return replace(limits, **changes)

    return change


@pytest.fixture
def block() -> Block:
    points = (
        Point("power_active", "kW", digits=7),
        Point("energy", "kWh", PointKind.COUNTER, ValueType.INT),
        Point("note", type=ValueType.TEXT),
    )
    return Block(Device("tx1", "park", "acme", "meter"), points, 1.0, ids=(1, 2, 3))


@pytest.fixture
def make_batch(block: Block) -> Callable[[int], Batch]:
    """A batch that carries its number, three samples."""

    def make(number: int, text: str = "") -> Batch:
        return Batch(block, (float(number), number, text), 1_790_000_000_000_000_000 + number)

    return make


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """A ledger that nothing is wrong with."""
    return kept_in(tmp_path_factory.mktemp("ledger"))


@pytest.fixture
def kept(original: Kept, tmp_path: Path) -> Kept:
    """A copy of it, to do harm to."""
    return copied(original, tmp_path)
