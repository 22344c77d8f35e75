"""A clock that tests move by hand, and small blocks."""

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from rules.notices.spec import NoticePlan, Route
from tests.faults.notify.scripted import Office


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
