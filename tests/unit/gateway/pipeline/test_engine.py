"""The gateway as a whole: private files, connections that are well again, a stop that one failure does not spoil."""

import asyncio
import stat
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from gateway.accounts.setup.compile import load_books
from gateway.config import load
from gateway.config.plan import ParkPlan
from gateway.core.batch import Batch, Block, Stream
from gateway.core.errors import ConfigError, Unavailable
from gateway.core.quality import Quality
from gateway.pipeline.engine import Gateway
from gateway.plugins import known_drivers
from gateway.store.audit import GATEWAY

PARK = """
site: {id: park}
enterprises: [{id: a}]
connections: {line: {driver: modbus, host: 127.0.0.1, port: 1}}
devices:
  - id: m1
    enterprise: a
    kind: meter
    connection: line
    unit: 1
    groups: {fast: 1 h}
    points:
      p: {table: input, address: 0, type: float32, unit: kW, deadband: 1 kW}
      q: {table: input, address: 2, type: float32}
store: {directory: data}
"""


@pytest.fixture
def plan(tmp_path: Path) -> ParkPlan:
    (tmp_path / "park.yaml").write_text(PARK, encoding="utf-8")
    return load(tmp_path / "park.yaml", known_drivers()).plan


@pytest.fixture
async def gateway(plan: ParkPlan) -> AsyncIterator[Gateway]:
    gateway = await Gateway.open(plan)
    yield gateway
    await gateway.close()


def nap() -> None:
    time.sleep(60)


def modes_in(folder: Path) -> dict[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in [folder, *folder.rglob("*")]}


def block_of(gateway: Gateway) -> Block:
    return gateway.sources["line"].blocks[0]


async def test_what_is_stored_is_for_its_user_alone(gateway: Gateway, tmp_path: Path) -> None:
    modes = await asyncio.to_thread(modes_in, tmp_path / "data")
    assert {"data", "outbox.db", "state.db"} <= modes.keys()
    del modes["ledger.pub"]  # everybody may check a checkpoint
    assert {name: oct(mode) for name, mode in modes.items() if mode & 0o077} == {}


async def test_a_connection_is_well_again_though_a_value_stays_bad(gateway: Gateway) -> None:
    health = gateway._lines.crew.supervisors["line"].health
    health.error = "gone"
    block, now_ns = block_of(gateway), gateway.clock.time_ns()
    gateway._intake.accept(Batch(block, (None, None), now_ns, (Quality.BAD_DISCONNECTED,) * 2))
    assert health.error == "gone"
    gateway._intake.accept(Batch(block, (1.0, None), now_ns + 1, (Quality.GOOD, Quality.BAD_NO_REGISTER)))
    assert health.error is None


async def test_what_a_connection_finds_is_among_the_findings(gateway: Gateway) -> None:
    gateway.sources["line"].findings = ["a second gateway?"]  # type: ignore[attr-defined]
    assert "a second gateway?" in gateway.findings()


async def test_what_comes_late_passes_the_deadband_and_does_not_move_it(gateway: Gateway) -> None:
    block, now_ns = block_of(gateway), gateway.clock.time_ns()
    gateway._intake.accept(Batch(block, (5.0, 1.0), now_ns))
    before = gateway._outbox.position
    gateway._intake.accept(Batch(block, (9.0, 1.0), now_ns - 10**10))
    gateway._intake.accept(Batch(block, (9.0, 1.0), now_ns + 10**9))
    await gateway._committer.commit()
    (chunk,) = await gateway._outbox.read("history", Stream.TELEMETRY, 0, 2**20)
    assert [batch.values for batch in chunk.batches[before:]] == [(9.0, 1.0), (9.0, 1.0)]
    assert all(batch.present is None for batch in chunk.batches)


async def test_what_comes_while_the_outbox_is_full_is_refused_and_counted(gateway: Gateway) -> None:
    block, now_ns = block_of(gateway), gateway.clock.time_ns()
    gateway._outbox._pending_max = 1
    assert gateway._intake.accept(Batch(block, (5.0, 1.0), now_ns)) is not None
    assert gateway._intake.accept(Batch(block, (6.0, 2.0), now_ns + 1)) is None
    assert gateway.counts["refused_full"] == 2
    seen = gateway.snapshot.sample("m1.p")
    assert seen is not None
    assert seen.value == 6.0  # a full disk makes nobody blind
    await gateway._committer.commit()
    assert gateway._intake.accept(Batch(block, (7.0, 3.0), now_ns + 2)) is not None


async def test_a_sink_that_fails_in_its_own_way_at_the_stop_spoils_nothing(
    gateway: Gateway, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail() -> dict[str, int]:
        raise ZeroDivisionError("bug")

    monkeypatch.setattr(gateway._deliveries.sinks["history"], "flush", fail)
    stop = asyncio.Event()
    running = asyncio.create_task(gateway.run(stop))
    await asyncio.sleep(0)
    stop.set()
    await asyncio.wait_for(running, 30)
    assert any(record.getMessage() == "failed activity=stop" for record in caplog.records)


async def test_whoever_waits_for_a_report_is_told_when_the_gateway_stops(gateway: Gateway) -> None:
    stop = asyncio.Event()
    running = asyncio.ensure_future(gateway.run(stop))
    report = asyncio.ensure_future(gateway.jobs.run(nap))
    await asyncio.sleep(0)
    stop.set()
    await running
    with pytest.raises(Unavailable):
        await asyncio.wait_for(report, 30)


async def test_a_store_that_cannot_be_closed_does_not_keep_the_directory(plan: ParkPlan) -> None:
    async def fail() -> None:
        raise ZeroDivisionError("bug")

    gateway = await Gateway.open(plan)
    gateway._exit.push_async_callback(fail)
    with pytest.raises(ZeroDivisionError):
        await gateway.close()
    await (await Gateway.open(plan)).close()


METERED = PARK.replace(
    "      q: {table: input, address: 2, type: float32}",
    "      energy_import: {table: input, address: 2, type: float32, unit: kWh, kind: counter}",
)


@pytest.fixture
def metered(tmp_path: Path) -> ParkPlan:
    (tmp_path / "park.yaml").write_text(METERED, encoding="utf-8")
    return load(tmp_path / "park.yaml", known_drivers()).plan


async def test_counters_reach_the_account_like_a_sink(metered: ParkPlan, tmp_path: Path) -> None:
    books = await asyncio.to_thread(load_books, metered)
    gateway = await Gateway.open(metered, books=books)
    now_ns = gateway.clock.time_ns()
    for minute in range(31):
        time_ns = now_ns - (31 - minute) * 60 * 10**9
        gateway._intake.accept(Batch(block_of(gateway), (1.0, 100.0 + minute), time_ns))
    stop = asyncio.Event()
    running = asyncio.create_task(gateway.run(stop))
    await asyncio.sleep(0)
    stop.set()
    await asyncio.wait_for(running, 30)
    (energy,) = (sink for sink in gateway.sink_states() if sink["name"] == "energy")
    assert (energy["accepted"], energy["delivered"], energy["balanced"]) == (31, 31, True)
    stored = await gateway.ledger.do(lambda db: db.execute("SELECT sum(known) FROM meter_day").fetchone()[0])
    assert stored >= 15_000_000
    assert gateway.ledger.on_checkpoint is not None
    await gateway.close()


async def test_a_sink_cannot_have_the_name_of_the_account(metered: ParkPlan) -> None:
    plan = replace(metered, sinks=(replace(metered.sinks[0], name="energy"),))
    with pytest.raises(ConfigError, match="energy account"):
        await Gateway.open(plan)


async def test_the_audit_log_has_the_room_that_the_configuration_gives_it(plan: ParkPlan) -> None:
    fills = []
    for size in (2**23, 2**26):
        roomy = replace(plan, store=replace(plan.store, audit_max_bytes=size))
        gateway = await Gateway.open(roomy)
        await gateway.audit.note(GATEWAY, "device read", "m1")
        fills.append(gateway.audit.fill)
        await gateway.close()
    assert fills[0] > fills[1] > 0
