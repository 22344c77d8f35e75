"""Accounts on a real state.db, with a clock that tests move and a password hash that costs little."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from zoneinfo import ZoneInfo

import pytest

from gateway.config.plan import ParkPlan
from gateway.core.device import Enterprise, Site
from gateway.identity.accounts import AccountWanted
from gateway.identity.passwords import Passwords
from gateway.identity.roles import Role
from gateway.identity.service import Identities, Visit
from gateway.store.state import State

NOON_NS = 1_795_320_000 * 10**9  # 2026-11-22 12:00 in Shanghai
PASSWORD = "four words that differ"
ZONE = ZoneInfo("Asia/Shanghai")  # loaded before the loop turns, as the configuration does
HERE = Visit("192.0.2.7", "Firefox")


class ManualClock:
    """Moves by hand, both clocks together."""

    def __init__(self) -> None:
        self.now_ns = NOON_NS

    def time_ns(self) -> int:
        return self.now_ns

    def monotonic(self) -> float:
        return self.now_ns / 1e9

    async def sleep(self, seconds: float) -> None:
        raise AssertionError("nothing here waits")

    def move(self, seconds: float) -> None:
        self.now_ns += int(seconds * 1e9)


@dataclass
class Door:
    """One gateway's identities, and what is around them."""

    identities: Identities
    clock: ManualClock
    state: State
    folder: Path

    async def again(self) -> Identities:
        """As the next start of the gateway finds it."""
        return await opened(self.state, self.clock, self.folder)

    async def account(self, name: str, role: Role = Role.OPERATOR, password: str = "", **more: Any) -> None:
        if not self.identities.is_set_up and role is not Role.ADMINISTRATOR:
            await self.identities.accounts.add(AccountWanted("root", Role.ADMINISTRATOR))
        await self.identities.accounts.add(AccountWanted(name, role, **more), password)


def plan() -> ParkPlan:
    enterprises = (Enterprise("dongyue"), Enterprise("huali"))
    return cast("ParkPlan", SimpleNamespace(site=Site("qinghe", timezone=ZONE.key), enterprises=enterprises))


async def opened(state: State, clock: ManualClock, folder: Path) -> Identities:
    return await Identities.open(state, clock, plan, folder, Passwords(memory_kib=8, passes=1))


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Door]:
    clock = ManualClock()
    state = await State.open(tmp_path, clock)
    door = Door(await opened(state, clock, tmp_path), clock, state, tmp_path)
    try:
        yield door
    finally:
        await door.state.close()
