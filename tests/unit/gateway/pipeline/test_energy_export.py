"""Finished intervals on their way to the sinks: each once, again after a kill, whole days when they changed."""

import asyncio
from decimal import Decimal
from pathlib import Path

import pytest

from gateway.accounts.setup.compile import load_books
from gateway.config import load
from gateway.config.plan import ParkPlan
from gateway.core.batch import Batch, Stream
from gateway.pipeline import energy_export
from gateway.pipeline.energy_export import FARTHEST_DAYS, KIND, IntervalBatches, IntervalExport, tags_of
from gateway.pipeline.engine import Gateway
from gateway.plugins import known_drivers
from tests.faults.energy.plant import QUARTER_NS, START_NS, Plant, Shelf, books_of, intervals_in, meter
from tests.unit.gateway.pipeline.test_engine import METERED, block_of

TAG = "a.energy_import"
MINUTE_NS = 60 * 10**9
DAY_NS = 86_400 * 10**9


class Box:
    """An outbox with room for so many batches."""

    def __init__(self, room: int = 10**6) -> None:
        self.batches: list[Batch] = []
        self.room = room

    def store(self, batch: Batch) -> int | None:
        if len(self.batches) >= self.room:
            return None
        self.batches.append(batch)
        return len(self.batches)

    def quarters(self) -> list[int]:
        """The quarters of an hour that came, as they came."""
        return [(batch.time_ns - START_NS) // QUARTER_NS for batch in self.batches]

    def known(self) -> dict[int, float]:
        """What InfluxDB has in the end: of each quarter what came last."""
        return {batch.time_ns: float(batch.values[0] or 0) for batch in self.batches}


def export_of(plant: Plant, box: Box) -> IntervalExport:
    ids = {tag: number for number, tag in enumerate(tags_of(plant.books))}
    export = IntervalExport(plant.ledger, plant.books, ids, plant.clock)
    export.connect(box.store)
    return export


async def count(plant: Plant, *minutes: int) -> None:
    for minute in minutes:
        plant.count("a", START_NS + minute * MINUTE_NS, 100.0 + minute)
    await plant.settle()


async def test_every_interval_is_sent_once_when_it_is_over(tmp_path: Path) -> None:
    plant, box = await Plant.open(tmp_path, books_of(meter(TAG))), Box()
    export = export_of(plant, box)
    for first in (0, 40, 80):
        await count(plant, *range(first, first + 40))
        await export.copy()
        export.on_durable(len(box.batches))
    await export.copy()
    assert box.quarters() == [0, 1, 2, 3, 4, 5, 6]
    batch = box.batches[0]
    device = batch.block.device
    assert (device.kind, device.id, device.enterprise, device.site) == (KIND, "a", "acme", "park")
    assert dict(zip((point.name for point in batch.block.points), batch.values, strict=True)) == {
        "energy_import_known_kwh": 15.0, "energy_import_estimated": 0.0, "energy_import_missing": 0.0,
        "energy_import_method": "measured", "energy_import_version": 1,
    }  # fmt: skip
    await plant.close()


async def test_what_the_outbox_had_not_committed_at_a_kill_is_sent_again_with_the_same_time(tmp_path: Path) -> None:
    plant, before = await Plant.open(tmp_path, books_of(meter(TAG))), Box()
    export = export_of(plant, before)
    await count(plant, *range(61))
    await export.copy()
    export.on_durable(len(before.batches))
    await count(plant, *range(61, 121))
    await export.copy()  # marks the first hour; the second one is in the outbox, and is lost
    await plant.abandon()
    plant, after = await Plant.open(tmp_path, books_of(meter(TAG))), Box()
    await export_of(plant, after).copy()
    assert before.quarters() == [0, 1, 2, 3, 4, 5, 6, 7]
    assert after.quarters() == [4, 5, 6, 7]
    assert [one.values for one in after.batches] == [one.values for one in before.batches[4:]]
    await plant.close()


@pytest.mark.parametrize("is_durable", [True, False])
async def test_another_version_of_a_day_is_sent_and_the_sinks_end_with_what_the_ledger_has(
    tmp_path: Path, is_durable: bool
) -> None:
    plant, box = await Plant.open(tmp_path, books_of(meter(TAG)), shelf=Shelf()), Box()
    export = export_of(plant, box)
    await count(plant, *range(30), *range(200, 331))
    await export.copy()
    if is_durable:
        export.on_durable(len(box.batches))
    plant.count("a", START_NS + 100 * MINUTE_NS, 101.0 + 30)
    await plant.settle()
    await export.copy()
    export.on_durable(len(box.batches))
    await export.copy()
    stored = await intervals_in(tmp_path, TAG)
    assert max(one.version for one in stored) > 1
    assert box.known() == {one.span.start_ns: float(one.known or 0) for one in stored}
    last = {batch.time_ns: batch.values[4] for batch in box.batches}
    assert last == {one.span.start_ns: one.version for one in stored}
    await plant.close()


async def test_what_the_outbox_has_no_room_for_waits(tmp_path: Path) -> None:
    plant, box = await Plant.open(tmp_path, books_of(meter(TAG))), Box(room=3)
    export = export_of(plant, box)
    await count(plant, *range(121))
    await export.copy()
    assert len(box.batches) == 3
    box.room = 100
    await export.copy()
    assert set(box.quarters()) == set(range(8))
    await plant.close()


async def test_many_days_are_sent_in_rounds_and_old_ones_never(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(energy_export, "_MOST", 35)
    plant, box = await Plant.open(tmp_path, books_of(meter(TAG))), Box()
    days = FARTHEST_DAYS + 5
    for day in range(days):
        plant.count("a", START_NS + day * DAY_NS, 0.0 + day)
        plant.count("a", START_NS + day * DAY_NS + QUARTER_NS, 1.0 + day)
    await plant.settle()
    export = export_of(plant, box)
    sizes = []
    for _ in range(4):
        await export.copy()
        sizes.append(len(box.batches))
    assert sizes[0] < sizes[1] == sizes[3] == len({(one.block, one.time_ns) for one in box.batches})
    assert min(box.quarters()) == (days - 1 - FARTHEST_DAYS) * 96
    await plant.close()


async def test_a_missing_part_has_a_share_and_every_field_a_value(tmp_path: Path) -> None:
    plant = await Plant.open(tmp_path, books_of(meter(TAG, rated=Decimal(100))))
    await count(plant, *range(31))
    for minute in range(31, 61):
        plant.count("a", START_NS + minute * MINUTE_NS, 1.0 + minute)
    await plant.settle()
    batches = IntervalBatches(plant.books, {tag: number for number, tag in enumerate(tags_of(plant.books))})
    found = [batches.batch(TAG, one).values for one in await intervals_in(tmp_path, TAG)]
    assert (found[2][0], found[2][3]) == (14.0, "partial")
    assert found[2][2] == pytest.approx(1 / 15, abs=1e-6)
    assert all(value is not None for values in found for value in values)
    await plant.close()


@pytest.fixture
def plan(tmp_path: Path) -> ParkPlan:
    (tmp_path / "park.yaml").write_text(METERED, encoding="utf-8")
    return load(tmp_path / "park.yaml", known_drivers()).plan


async def test_a_gateway_sends_its_intervals_to_the_sinks(plan: ParkPlan) -> None:
    books = await asyncio.to_thread(load_books, plan)
    gateway = await Gateway.open(plan, books=books)
    now_ns = gateway.clock.time_ns()
    for minute in range(61):
        gateway._intake.accept(Batch(block_of(gateway), (1.0, 100.0 + minute), now_ns - (61 - minute) * 60 * 10**9))
    await gateway._committer.commit()
    await gateway._deliveries.forwarders["energy"]._deliver()
    await gateway.energy.flush()
    await gateway.energy.look()
    await gateway._committer.commit()
    chunks = await gateway._outbox.read("history", Stream.TELEMETRY, 0, 2**20)
    found = [batch for chunk in chunks for batch in chunk.batches if batch.block.device.kind == KIND]
    stored = await gateway.ledger.do(lambda db: db.execute("SELECT sum(known) FROM meter_day").fetchone()[0])
    assert len(found) >= 3
    assert round(sum(float(batch.values[0] or 0) for batch in found) * 10**6) == stored
    assert len(set(found[0].block.ids)) == 5
    await gateway.ledger.checkpoint()
    await gateway.energy.look()  # ledger.db changed: marks what is durable by now
    assert await gateway.ledger.do(lambda db: db.execute("SELECT count(*) FROM interval_mark").fetchone()[0])
    await gateway.close()
