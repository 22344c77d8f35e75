"""A gateway with two enterprises that nothing answers, and a client of its API."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from gateway.accounts.books import Books
from gateway.accounts.setup.compile import load_books
from gateway.api.access import Principal, Role, Via, principal_of
from gateway.api.app import create_app
from gateway.api.live import Ticker
from gateway.config import load
from gateway.config.plan import ParkPlan
from gateway.core.batch import Batch
from gateway.core.point import Value
from gateway.core.quality import Quality
from gateway.identity.accounts import AccountWanted
from gateway.pipeline.configuration import load_configuration
from gateway.pipeline.engine import Gateway
from gateway.plugins import known_drivers
from gateway.web import Asset, assets
from tests.unit.gateway.api.conformance import checking

PARK = """
site: {id: qinghe, name: Qinghe Industrial Park, timezone: Asia/Shanghai, contract_demand: 6000 kW}
enterprises:
  - {id: park}
  - {id: dongyue, name: {en: Dongyue Dyeing, zh: 东岳印染}}
  - {id: huali, name: Huali Packaging}
connections:
  line-1: {driver: modbus, host: 127.0.0.1, port: 1, timeout: 1 s}
profiles:
  meter:
    driver: modbus
    kind: meter
    groups: {fast: 1 s}
    points:
      power_active: {unit: kW, table: input, address: 0, type: float32, group: fast}
      energy_import: {unit: kWh, kind: counter, table: input, address: 2, type: float32, group: fast}
devices:
  - {id: grid, enterprise: park, role: grid, profile: meter, connection: line-1, unit: 1}
  - {id: dongyue-main, enterprise: dongyue, role: main, profile: meter, connection: line-1, unit: 2}
  - {id: huali-main, enterprise: huali, role: main, profile: meter, connection: line-1, unit: 3}
  - {id: oven, enterprise: huali, kind: machine, connection: none}
store: {directory: data}
"""

RULES = """
derived:
  load_share: {for_each: {role: main}, value: power_active / 1000 kW * 100 %, unit: "%"}
alarms:
  overload:
    name: {en: Overload, zh: 过载}
    for_each: {role: main}
    when: power_active > 800 kW
    hysteresis: 40 kW
    priority: high
    message: {en: "Power {value} kW, limit {limit} kW", zh: "功率 {value} kW，限值 {limit} kW"}
    guidance: {en: Shed load., zh: 减负荷。}
  grid-high:
    for_each: {role: grid}
    when: power_active > 5000 kW
    priority: medium
    latch: true
"""
CARBON = """
carbon:
  region: CN-ZJ
  bases: [location, cn_enterprise]
"""


@dataclass
class Park:
    """The gateway, its app, and a client that a test may make somebody else's."""

    gateway: Gateway
    app: FastAPI
    http: httpx.AsyncClient

    def feed(self, device: str, *values: Value | None, age_s: float = 0.0) -> None:
        """Let a device answer."""
        source = self.gateway.sources["line-1"]
        block = next(block for block in source.blocks if block.device.id == device)
        quality = tuple(Quality.GOOD if v is not None else Quality.BAD_TIMEOUT for v in values)
        time_ns = self.gateway.clock.time_ns() - int(age_s * 1e9)
        self.gateway._intake.accept(Batch(block, values, time_ns, quality if any(quality) else None))

    def become(self, enterprise: str | None, role: Role = Role.OPERATOR) -> None:
        """Ask as somebody of this enterprise from now on; names are stated, as on the Unix socket."""
        self.ask_as(Principal("test", role, "127.0.0.1", enterprise, via=Via.SOCKET))

    def ask_as(self, principal: Principal) -> None:
        """Ask as this one from now on, whoever it is."""

        async def given() -> Principal:
            return principal

        self.app.dependency_overrides[principal_of] = given

    def be_nobody(self) -> None:
        """Ask as a browser that is not signed in from now on."""
        self.app.dependency_overrides.clear()
        self.http.cookies.clear()
        self.http.headers.pop("x-csrf-token", None)

    async def sign_in(self, role: Role = Role.OPERATOR, name: str = "", **more: Any) -> dict[str, Any]:
        """Sign in with a real session, as a new account of this role; what the page is told of it."""
        accounts = self.gateway.identities.accounts
        if not self.gateway.identities.is_set_up and role is not Role.ADMINISTRATOR:
            await accounts.add(AccountWanted("root", Role.ADMINISTRATOR))
        if role is Role.AUDITOR:
            more = {"valid_until": date(2099, 12, 31), **more}
        account = await accounts.add(AccountWanted(name or role.value, role, **more))
        token, _ = await accounts.link(account.name)
        self.be_nobody()
        answer = await self.http.post("/api/v1/session/token", json={"token": token})
        assert answer.status_code == 200, answer.text
        self.http.headers["x-csrf-token"] = answer.json()["csrf"]
        return dict(answer.json())


@pytest.fixture
def plan(tmp_path: Path) -> ParkPlan:
    path = tmp_path / "park.yaml"
    path.write_text(PARK, encoding="utf-8")
    return load(path, known_drivers()).plan


@pytest.fixture
def files() -> Mapping[str, Asset]:
    return assets()


@pytest.fixture
async def park(plan: ParkPlan, files: Mapping[str, Asset]) -> AsyncIterator[Park]:
    async with _asked(await Gateway.open(plan), files) as park:
        yield park


@pytest.fixture
async def accounted(tmp_path: Path, files: Mapping[str, Asset]) -> AsyncIterator[Park]:
    """The same with accounts of energy and carbon."""

    def read() -> tuple[ParkPlan, Books]:
        (tmp_path / "park.yaml").write_text(PARK + CARBON, encoding="utf-8")
        plan = load(tmp_path / "park.yaml", known_drivers()).plan
        return plan, load_books(plan)

    plan, books = await asyncio.to_thread(read)
    async with _asked(await Gateway.open(plan, books=books), files) as park:
        yield park


@pytest.fixture
async def park_with_rules(tmp_path: Path, files: Mapping[str, Asset]) -> AsyncIterator[Park]:
    """The same with `RULES`, which can be read again."""

    def write() -> Path:
        (tmp_path / "rules.d").mkdir()
        (tmp_path / "rules.d" / "park.yaml").write_text(RULES, encoding="utf-8")
        (tmp_path / "park.yaml").write_text(PARK, encoding="utf-8")
        return tmp_path / "park.yaml"

    path = await asyncio.to_thread(write)

    read = partial(load_configuration, path)
    gateway = await Gateway.open_configuration(await asyncio.to_thread(read), read=read)
    async with _asked(gateway, files) as park:
        yield park


@asynccontextmanager
async def _asked(gateway: Gateway, files: Mapping[str, Asset]) -> AsyncIterator[Park]:
    app = create_app(gateway, Ticker(gateway.clock), files)
    transport = httpx.ASGITransport(app, raise_app_exceptions=True)
    try:
        hooks = {"response": [checking(app)]}
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8080", event_hooks=hooks) as http:
            park = Park(gateway, app, http)
            park.become(None)
            yield park
    finally:
        await gateway.close()
