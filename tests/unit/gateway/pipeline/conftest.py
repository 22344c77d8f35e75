"""A clock that tests move by hand, and small blocks."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from gateway.core.clock import SystemClock
from gateway.rulebook import Rulebook
from gateway.store.state import State
from rules.notices.spec import NoticePlan, Route
from tests.faults.notify.scripted import Office
from tests.unit.gateway.pipeline.alarm_site import RULES, Disk, Site, read_rules


@dataclass
class ManualClock:
    """Time stands still until a test moves it; sleeping moves it."""

    now_ns: int = 1_790_000_000_000_000_000
    elapsed_s: float = 100.0
    slept: list[float] = field(default_factory=list)

    def time_ns(self) -> int:
        return self.now_ns

    def monotonic(self) -> float:
        return self.elapsed_s

    def move(self, seconds: float) -> None:
        self.now_ns += int(seconds * 1e9)
        self.elapsed_s += seconds

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.move(seconds)
        await asyncio.sleep(0)  # others get their turn


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def make(caplog: pytest.LogCaptureFixture) -> AsyncIterator[Callable[..., Office]]:
    """Notifications of a gateway with these routes, or this plan."""
    caplog.set_level("CRITICAL")  # channels that fail are the matter of many tests
    made: list[Office] = []

    def make_office(*routes: Route, plan: NoticePlan | None = None, **options: Any) -> Office:
        made.append(Office(plan or NoticePlan(routes), **options))
        return made[-1]

    yield make_office
    for one in made:
        await one.close()


@pytest.fixture(scope="module")
def rulebook(tmp_path_factory: pytest.TempPathFactory) -> Rulebook:
    return read_rules(tmp_path_factory.mktemp("rules"), RULES)


@pytest.fixture
async def disk(tmp_path: Path) -> AsyncIterator[Disk]:
    state = await State.open(tmp_path, SystemClock(), durability="process_crash")
    yield Disk(state)
    await state.close()


@pytest.fixture
async def site(disk: Disk, rulebook: Rulebook) -> Site:
    site = Site(disk, rulebook)
    await site.start()
    return site
