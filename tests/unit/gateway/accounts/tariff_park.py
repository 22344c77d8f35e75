"""A small park with a tariff and its intervals in a real ledger.db: two tenants, PV, a shared meter, kvarh."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

from gateway.accounts.books import AllocationRule, Books, EmissionSource, Entity, Meter
from gateway.accounts.energy.energyread import day_start_ns
from gateway.carbon.catalogue import load_catalogue
from gateway.config.accountplan import Direction, Medium
from gateway.core.device import Enterprise, Site
from gateway.core.point import Names
from gateway.store.intervals import store
from gateway.store.ledger import MIGRATIONS
from gateway.store.migrate import open_database, transaction
from rules.carbon.description import Description, Stated
from rules.carbon.factor import Activity
from rules.carbon.inventory.entry import Basis
from rules.carbon.inventory.policy import Fallback, Policy
from rules.carbon.units import unit
from rules.energy.account import recount
from rules.energy.grid import Grid, Span
from rules.energy.quantity import IntervalQuantity
from rules.energy.reading import Reading
from rules.energy.spec import MeterSpec
from rules.energy.tariff.tariff import Tariff
from tests.unit.rules.energy.tariff.tariff_cases import tariff

ZONE = ZoneInfo("Asia/Shanghai")
STEP_S = 3600
NS = 10**9
CATALOGUE = load_catalogue()


def at(text: str) -> int:
    """UTC nanoseconds of a local time."""
    return int(datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp()) * NS


def _meter(tag: str, enterprise: str, of: str = "kWh", way: Direction = Direction.IMPORT, **more: object) -> Meter:
    medium = {"kWh": Medium.ELECTRICITY, "m3": Medium.WATER}.get(of, Medium.OTHER)
    spec = MeterSpec(tag, of, gap_ns=2 * STEP_S * NS)
    return Meter(tag, enterprise, tag.split(".", maxsplit=1)[0], Names(tag, ""), medium, way, None, spec, **more)  # type: ignore[arg-type]


METERS = (
    _meter("acme.import", "acme"),
    _meter("acme.export", "acme", way=Direction.EXPORT),
    _meter("acme.reactive", "acme", "kvarh"),
    _meter("pv.energy", "acme", way=Direction.GENERATION),
    _meter("acme-evc.import", "acme", under=("acme.import",)),
    _meter("acme.water", "acme", "m3"),
    _meter("bravo.import", "bravo"),
    _meter("yard.import", "park"),
)
YARD = AllocationRule(
    "yard.import", "floor area", date(2026, 1, 1).toordinal(), (("acme", Decimal(2)), ("bravo", Decimal(1))), ""
)


def _source(
    enterprise: str, meters: tuple[str, ...], exports: tuple[str, ...] = (), made: tuple[str, ...] = ()
) -> EmissionSource:
    zero = Stated(0, "0", "", unit("kWh"))  # type: ignore[arg-type]
    day = date(2026, 1, 1)
    template = Description(Activity.ELECTRICITY, zero, "CN-ZJ", day, day, "grid_average", gwp_set="AR6")
    return EmissionSource(f"{enterprise}-electricity", enterprise, Names(), meters, template, exports, made)


SOURCES = (
    _source("acme", ("acme.import",), ("acme.export",), ("pv.energy",)),
    _source("bravo", ("bravo.import",)),
)
POLICY = Policy(
    "operational_control",
    "CN-ZJ",
    "AR6",
    (Basis.LOCATION,),
    Basis.LOCATION,
    fallbacks=(Fallback("purchased_electricity", "the newest that is published", date(2023, 12, 31)),),
)


def books(*tariffs: Tariff) -> Books:
    """The park's books."""
    return Books(
        site=Site("park", Names("Test park", "测试园区"), "Asia/Shanghai"),
        enterprises=(Enterprise("acme", Names("Acme", "")), Enterprise("bravo")),
        interval_s=STEP_S,
        meters={meter.tag: meter for meter in METERS},
        virtual={},
        allocations=(YARD,),
        loss_limit_percent=Decimal(5),
        sources={source.id: source for source in SOURCES},
        entities={
            "acme": Entity("acme", Names("Acme", ""), False, ("acme-electricity",)),
            "bravo": Entity("bravo", Names(), False, ("bravo-electricity",)),
            "park": Entity("park", Names("Test park", "测试园区"), True, ("acme-electricity", "bravo-electricity")),
        },
        policy=POLICY,
        catalogue=CATALOGUE,
        tariffs=tariffs or (tariff(),),
    )


PerHour = Callable[[datetime], Decimal]


@dataclass
class TariffPark:
    """A ledger with books."""

    db: sqlite3.Connection
    books: Books = field(default_factory=books)
    now_ns: int = at("2026-11-22T12:00")

    @classmethod
    def at(cls, folder: Path, *tariffs: Tariff) -> "TariffPark":
        """With a file of its own."""
        return cls(open_database(folder / "ledger.db", MIGRATIONS, is_shared=True), books(*tariffs))

    def fill(
        self, tag: str, first: date, last: date, per_hour: str | PerHour = "10", *, but: tuple[int, ...] = ()
    ) -> list[IntervalQuantity]:
        """Intervals from a reading every hour; none at the hours of `but` (places since the first midnight)."""
        start_ns, end_ns = day_start_ns(first, ZONE), day_start_ns(last + timedelta(days=1), ZONE)
        value, readings = Decimal(1000), []
        for place in range((end_ns - start_ns) // (STEP_S * NS) + 1):
            time_ns = start_ns + place * STEP_S * NS
            if place not in but:
                readings.append(Reading(time_ns, value))
            local = datetime.fromtimestamp(time_ns // NS, ZONE)
            value += Decimal(per_hour) if isinstance(per_hour, str) else per_hour(local)
        spec = self.books.meters[tag].spec
        found = recount(spec, Grid(ZONE, STEP_S), readings, Span(start_ns, end_ns)).intervals
        while found and found[-1].quantity is None:  # not over yet
            found.pop()
        self.store(tag, found)
        return found

    def store(self, tag: str, intervals: list[IntervalQuantity]) -> None:
        """Put intervals into the ledger; a second later by its clock."""
        self.now_ns += NS
        with transaction(self.db):
            store(self.db, tag, intervals, self.now_ns, zone=ZONE, meter=self.books.meters[tag].spec.digest)


def changed(interval: IntervalQuantity, kwh: str) -> IntervalQuantity:
    """Another version of an interval, as late data makes it."""
    return replace(interval, quantity=Decimal(kwh), known=Decimal(kwh), version=interval.version + 1, hash="e" * 64)
