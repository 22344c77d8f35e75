"""A clock that tests move by hand, and small blocks."""

import asyncio
from dataclasses import dataclass, field

import pytest


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
