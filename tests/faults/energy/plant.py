"""A small park of counters with an outbox, a ledger and the energy consumer, driven by hand and by a script."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from gateway.accounts.books import Books, Meter
from gateway.config.accountplan import Direction, Medium
from gateway.config.plan import StoreLimits
from gateway.core.batch import Batch, Block, Stream
from gateway.core.device import Device, MeterRole, Site
from gateway.core.point import Names, Point, PointKind, Value
from gateway.core.quality import Quality
from gateway.pipeline.energy import NAME, STREAMS, EnergyKeeper, Surroundings
from gateway.pipeline.forward import Forwarder
from gateway.store.deadletter import DeadLetters
from gateway.store.intervals import days
from gateway.store.ledger import Ledger, open_readonly
from gateway.store.outbox import Outbox
from rules.carbon.catalogue import Catalogue
from rules.carbon.inventory.entry import Basis
from rules.carbon.inventory.policy import Policy
from rules.energy.account import quantities
from rules.energy.grid import Grid, Span
from rules.energy.quantity import IntervalQuantity
from rules.energy.reading import Reading
from rules.energy.spec import MeterSpec

T = TypeVar("T")
ZONE = ZoneInfo("Asia/Shanghai")
QUARTER_NS = 900 * 10**9
START_NS = 1_790_006_400_000_000_000  # 2026-09-22 00:00 in Shanghai
SITE = Site("park", timezone="Asia/Shanghai")
POINT = Point("energy_import", "kWh", PointKind.COUNTER)


class Clock:
    """Moves when it is told to; sleeping takes its time at once."""

    def __init__(self, now_ns: int = START_NS) -> None:
        self.now_ns = now_ns

    def time_ns(self) -> int:
        return self.now_ns

    def monotonic(self) -> float:
        return self.now_ns / 1e9

    async def sleep(self, seconds: float) -> None:
        self.now_ns += int(seconds * 1e9)
        await asyncio.sleep(0)


class InlineJobs:
    """The jobs process without a process."""

    async def run(self, function: Callable[..., T], *args: object, **_: object) -> T:
        return function(*args)


@dataclass
class Shelf:
    """The history: everything that was counted, by point id."""

    rows: dict[int, list[tuple[int, Value | None, int]]] = field(default_factory=dict)

    async def raw(self, point_id: int, from_ns: int, to_ns: int, limit: int) -> "Shelf.Page":
        rows = sorted(row for row in self.rows.get(point_id, []) if from_ns <= row[0] < to_ns)
        return Shelf.Page(rows[:limit], len(rows) > limit)

    @dataclass
    class Page:
        rows: Sequence[tuple[int, Value | None, int]]
        is_truncated: bool


def meter(tag: str, *, enterprise: str = "acme", role: MeterRole | None = None, **declared: Any) -> Meter:
    """A meter of electricity; `under`, `accuracy_percent`, `is_manual`, `is_complete`, and what a declaration has."""
    own = {
        name: declared.pop(name)
        for name in ("under", "accuracy_percent", "is_manual", "is_complete")
        if name in declared
    }
    spec = MeterSpec(tag, **{"gap_ns": 300 * 10**9, **declared})
    device = tag.partition(".")[0]
    return Meter(tag, enterprise, device, Names(), Medium.ELECTRICITY, Direction.IMPORT, role, spec, **own)


def books_of(*meters: Meter, **changes: Any) -> Books:
    """Books with these meters and nothing else."""
    policy = Policy("operational_control", "", "AR6", (Basis.LOCATION,), Basis.LOCATION)
    books = Books(SITE, (), 900, {one.tag: one for one in meters}, {}, (), Decimal(5), {}, {}, policy, Catalogue(()))
    return replace(books, **changes)


def devices_of(books: Books) -> dict[str, Device]:
    return {
        one.device: Device(one.device, "park", one.enterprise, "meter", role=one.role) for one in books.meters.values()
    }


class Plant:
    """Outbox, ledger, consumer and its forwarder over one data directory. Made by `open`."""

    def __init__(self, directory: Path, books: Books, clock: Clock, shelf: Shelf | None) -> None:
        self.directory = directory
        self.books = books
        self.clock = clock
        self.shelf = shelf
        self.ids = {tag: number for number, tag in enumerate(sorted(books.meters), 1)}
        self.blocks = {
            one.id: Block(one, (POINT,), 60.0, (self.ids.get(f"{one.id}.energy_import", 0),))
            for one in devices_of(books).values()
        }
        self.published: list[Batch] = []
        self.outbox: Outbox
        self.ledger: Ledger
        self.keeper: EnergyKeeper
        self.forwarder: Forwarder

    @classmethod
    async def open(
        cls,
        directory: Path,
        books: Books,
        clock: Clock | None = None,
        *,
        shelf: Shelf | None = None,
        renamed: Mapping[str, str] | None = None,
        durability: str = "process_crash",
    ) -> "Plant":
        plant = cls(directory, books, clock or Clock(), shelf)
        limits = StoreLimits(directory, 2**28, 7 * 86400.0, 0, 1.0, durability)
        plant.outbox = await Outbox.open(limits, plant.clock, ballast_bytes=0)
        await plant.outbox.register([NAME], {NAME: STREAMS})
        plant.ledger = await Ledger.open(directory, plant.clock, durability=durability, zone=ZONE)
        plant.keeper = plant.new_keeper(renamed or {})
        plant.keeper.points.connect(plant.published.append)
        letters = DeadLetters(directory, plant.clock)
        plant.forwarder = Forwarder(plant.keeper, plant.outbox, letters, plant.clock, Random(1), streams=STREAMS)
        return plant

    def new_keeper(self, renamed: Mapping[str, str]) -> EnergyKeeper:
        history: Any = self.shelf
        around = Surroundings(
            self.ids,
            lambda: history,
            lambda: (self.outbox.identity, self.outbox.highest_seq),
            lambda: self.outbox.cursor(NAME, Stream.COUNTERS),
            lambda: self.outbox.account(NAME).oldest_ns,
            renamed,
            devices_of(self.books),
        )
        jobs: Any = InlineJobs()
        return EnergyKeeper(self.ledger, self.books, jobs, self.clock, around, commit_s=0.0)

    def count(
        self, device: str, time_ns: int, value: Value | None, quality: Quality = Quality.GOOD, *, is_now: bool = True
    ) -> None:
        """A device said this; where that is later than the clock shows, the clock goes on to then."""
        if is_now:
            self.clock.now_ns = max(self.clock.now_ns, time_ns)
        grades = None if quality is Quality.GOOD else (quality,)
        self.outbox.append(Stream.COUNTERS, Batch(self.blocks[device], (value,), time_ns, grades))
        if self.shelf is not None:
            point = self.ids[f"{device}.energy_import"]
            self.shelf.rows.setdefault(point, []).append((time_ns, value, int(quality)))

    async def deliver(self) -> None:
        """Commit the outbox and hand everything to the consumer."""
        await self.outbox.commit()
        await self.forwarder._deliver()

    async def settle(self) -> None:
        """Everything, down to the flush and a look."""
        await self.deliver()
        await self.forwarder._flush()
        await self.keeper.look()

    async def close(self) -> None:
        await self.outbox.close()
        await self.ledger.close()

    async def abandon(self) -> None:
        """What a kill leaves: nothing is committed any more, the files are let go."""
        await self.outbox._thread.run(self.outbox._file.close)
        self.outbox._thread.close()
        await self.ledger._thread.run(self.ledger._disconnect)
        self.ledger._thread.close()


async def intervals_in(directory: Path, tag: str) -> list[IntervalQuantity]:
    """What ledger.db says of a meter."""
    return await asyncio.to_thread(stored_in, directory, tag)


def stored_in(directory: Path, tag: str) -> list[IntervalQuantity]:
    """The same, where nothing else runs."""
    with contextlib.closing(open_readonly(directory)) as db:
        found = days(db, [tag], date(2026, 1, 1), date(2027, 12, 31))
        return [interval for day in found for interval in day.intervals()]


def recounted(books: Books, tag: str, readings: Sequence[Reading]) -> list[IntervalQuantity]:
    """What all readings give at once: the intervals that are over."""
    span = Span(min(one.time_ns for one in readings), max(one.time_ns for one in readings))
    found = quantities(books.meters[tag].spec, Grid(ZONE, books.interval_s), readings, span)
    return [one for one in found if one.span.end_ns <= span.end_ns]


def facts(intervals: Sequence[IntervalQuantity]) -> list[tuple[object, ...]]:
    """What has to be equal: everything but version and provisional."""
    return [(one.span, one.quantity, one.known, one.method, one.marks, one.hash) for one in intervals]


def script(minutes: int, seed: int = 7) -> Iterator[tuple[str, int, float]]:
    """Two meters, a reading a minute each, with what happens to counters: a zero, a spike, a reset, a gap, a resend."""
    random = Random(seed)
    level = {"a": 1000.0, "b": 99_990.0}
    for minute in range(minutes):
        time_ns = START_NS + minute * 60 * 10**9
        for device in ("a", "b"):
            level[device] = round(level[device] + random.randrange(0, 4) * 0.25, 2)
            if device == "b" and level[device] >= 100_000:
                level[device] = round(level[device] - 100_000, 2)
            if device == "a" and minute == 150:
                level[device] = 3.0
            if 60 <= minute < 100 and device == "b":
                continue
            value = 0.0 if (minute, device) == (33, "a") else level[device]
            yield device, time_ns, value
            if minute % 50 == 49:
                yield device, time_ns, value


def script_books() -> Books:
    return books_of(
        meter("a.energy_import", rated=Decimal(500)),
        meter("b.energy_import", rated=Decimal(500), modulus=Decimal(100_000)),
    )


def remove_outbox(directory: Path) -> None:
    """As if somebody had deleted it."""
    for path in directory.glob("outbox.db*"):
        path.unlink()


def replace_ledger(directory: Path, data: bytes) -> None:
    """Put another file in its place."""
    for path in directory.glob("ledger.db*"):
        path.unlink()
    (directory / "ledger.db").write_bytes(data)
