"""A small park with its quantities in a real ledger.db: two enterprises, meters of every kind, records."""

import json
import sqlite3
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

from gateway.accounts.books import AllocationRule, Books, EmissionSource, Entity, Meter, VirtualMeter
from gateway.accounts.carbon.close import Acceptance, Approval, close
from gateway.accounts.carbon.restate import restate
from gateway.accounts.carbon.summary import summary
from gateway.accounts.people import Actor
from gateway.accounts.records.approvals import approve
from gateway.accounts.records.evidence_files import EvidenceFile
from gateway.accounts.records.forms import Form
from gateway.accounts.records.submission_log import Submission
from gateway.accounts.records.submitting import Wanted, submit
from gateway.carbon.catalogue import load_catalogue
from gateway.config.accountplan import Direction, Medium
from gateway.core.device import Enterprise, Site
from gateway.core.point import Names
from gateway.store.checkpoints import Checkpoint
from gateway.store.intervals import store
from gateway.store.ledger import MIGRATIONS
from gateway.store.migrate import open_database, transaction
from gateway.store.records import Record
from rules.carbon.description import Description, Stated
from rules.carbon.factor import Activity
from rules.carbon.inventory.entry import Basis
from rules.carbon.inventory.policy import Fallback, Policy
from rules.carbon.units import unit
from rules.energy.account import recount
from rules.energy.grid import Grid, Span
from rules.energy.reading import Reading
from rules.energy.spec import MeterSpec
from rules.ledger.note import Signer

ZONE = ZoneInfo("Asia/Shanghai")
STEP_S = 3600
CATALOGUE = load_catalogue()
KEY = Signer("park.example/ledger", bytes(range(32)))
LI, WANG = "Li Wei", "Wang Fang"
FILE = EvidenceFile("a" * 64, "note.pdf", "application/pdf", 1000)


def at(text: str) -> int:
    """UTC nanoseconds of a local time."""
    return int(datetime.fromisoformat(text).replace(tzinfo=ZONE).timestamp()) * 10**9


def _meter(tag: str, enterprise: str, of: str = "kWh", **more: Any) -> Meter:
    spec = MeterSpec(tag, of, gap_ns=2 * STEP_S * 10**9)
    medium = Medium.ELECTRICITY if of == "kWh" else Medium.GAS
    return Meter(tag, enterprise, tag.split(".", maxsplit=1)[0], Names(), medium, Direction.IMPORT, None, spec, **more)


def _source(source_id: str, enterprise: str, of: str, meters: tuple[str, ...] = (), **said: Any) -> EmissionSource:
    exports = said.pop("exports", ())
    zero = Stated(Fraction(0), "0", "", unit(of))
    day = date(2026, 1, 1)
    template = Description(quantity=zero, start=day, end=day, **{"region": "CN", **said})
    return EmissionSource(source_id, enterprise, Names(source_id.title(), ""), meters, template, exports)


METERS = (
    _meter("tx1.import", "park", accuracy_percent=Decimal("0.5")),
    _meter("acme.import", "acme", accuracy_percent=Decimal("0.5"), under=("tx1.import",)),
    _meter("acme.export", "acme"),
    _meter("bravo.import", "bravo", accuracy_percent=Decimal("0.5"), under=("tx1.import",)),
    _meter("yard.import", "park", under=("tx1.import",)),
    _meter("acme.gas", "acme", "Nm3"),
)
_GRID = {"activity": Activity.ELECTRICITY, "fuel": "grid_average", "region": "CN-ZJ"}
SOURCES = (
    _source("acme_power", "acme", "kWh", ("acme.import",), exports=("acme.export",), **_GRID),
    _source("acme_gas", "acme", "Nm3", ("acme.gas",), activity=Activity.STATIONARY, fuel="natural_gas", gwp_set="AR6"),
    _source("acme_diesel", "acme", "kg", activity=Activity.STATIONARY, fuel="diesel", gwp_set="AR6"),
    _source("acme_yard", "acme", "kWh", ("yard.import",), **_GRID),
    _source("bravo_power", "bravo", "kWh", ("bravo.import",), **_GRID),
    _source("bravo_yard", "bravo", "kWh", ("yard.import",), **_GRID),
    _source("park_power", "park", "kWh", ("tx1.import",), **_GRID),
)
POLICY = Policy(
    "operational_control",
    "CN-ZJ",
    "AR6",
    (Basis.LOCATION, Basis.MARKET, Basis.CN_ENTERPRISE),
    Basis.LOCATION,
    fallbacks=(Fallback("purchased_electricity", "the newest that is published", date(2023, 12, 31)),),
)


def books() -> Books:
    """The park's books; the yard's meter is shared by area."""
    return Books(
        site=Site("park", Names("Test park", "测试园区"), "Asia/Shanghai"),
        enterprises=(Enterprise("acme", Names("Acme", "")), Enterprise("bravo")),
        interval_s=STEP_S,
        meters={meter.tag: meter for meter in METERS},
        virtual={
            "virtual.rest": VirtualMeter(
                "virtual.rest", "park", Names(), Medium.ELECTRICITY, "kWh", ("tx1.import",), ("acme.import",)
            )
        },
        allocations=(
            AllocationRule(
                "yard.import",
                "floor area",
                date(2026, 1, 1).toordinal(),
                (("acme", Decimal(2)), ("bravo", Decimal(1))),
                "",
            ),
        ),
        loss_limit_percent=Decimal(5),
        sources={source.id: source for source in SOURCES},
        entities={
            "acme": Entity("acme", Names("Acme", ""), False, ("acme_power", "acme_gas", "acme_diesel", "acme_yard")),
            "bravo": Entity("bravo", Names(), False, ("bravo_power", "bravo_yard")),
            "park": Entity("park", Names("Test park", "测试园区"), True, ("park_power", "acme_gas", "acme_diesel")),
        },
        policy=POLICY,
        catalogue=CATALOGUE,
    )


@dataclass
class AccountPark:
    """A ledger with books; every step takes a second of its clock."""

    db: sqlite3.Connection
    books: Books = field(default_factory=books)
    now_ns: int = at("2026-11-22T12:00")

    @classmethod
    def at(cls, folder: Path) -> "AccountPark":
        """With a file of its own."""
        return cls(open_database(folder / "ledger.db", MIGRATIONS, is_shared=True))

    def tick(self) -> int:
        """Now."""
        self.now_ns += 10**9
        return self.now_ns

    def fill(self, tag: str, first: date, last: date, *, per_hour: str = "10", but: tuple[date, ...] = ()) -> None:
        """Readings every hour, of a register that rises evenly; none on the days of `but`."""
        self.put(tag, hourly(first, last, per_hour, but), first, last)

    def put(self, tag: str, readings: list[Reading], first: date, last: date) -> None:
        """The intervals that follow from readings, day by day as they came."""
        spec = self.books.meters[tag].spec
        span = Span(at(f"{first}T00:00"), at(f"{last + timedelta(days=1)}T00:00"))
        found = recount(spec, Grid(ZONE, STEP_S), readings, span).intervals
        with transaction(self.db):
            store(self.db, tag, found, self.tick(), zone=ZONE, meter=spec.digest, frozen_ns=self.frozen_ns())

    def frozen_ns(self) -> int:
        """When somebody last relied on what was known."""
        row = self.db.execute("SELECT max(time_ns) FROM record WHERE kind IN ('close', 'restatement')").fetchone()
        return int(row[0] or 0)

    def add(self, form: Form, fields: dict[str, Any]) -> Submission:
        """A record that waits."""
        with transaction(self.db):
            wanted = Wanted(form, fields, (FILE,))
            return submit(self.db, self.books, Actor(LI), wanted, self.tick()).submission

    def approved(self, form: Form, fields: dict[str, Any]) -> Submission:
        """A record that somebody else has approved."""
        one = self.add(form, fields)
        with transaction(self.db):
            return approve(self.db, self.books, Actor(WANG), one.id, self.tick()).submission

    def summary(self, entity: str = "acme", period: str = "2026-10", **more: Any) -> dict[str, Any]:
        """The summary, as JSON that went over a line."""
        found = summary(self.db, self.books, entity, period, self.now_ns, **more)
        document: dict[str, Any] = json.loads(json.dumps(found))
        return document

    def close(self, entity: str = "acme", period: str = "2026-10", **accepted: Any) -> tuple[Record, Checkpoint]:
        """Close a month."""
        with transaction(self.db):
            return close(self.db, self.books, entity, period, approval(), KEY, self.tick(), Acceptance(**accepted))

    def restate(self, reason: str = "late readings", entity: str = "acme", period: str = "2026-10") -> Record:
        """Tell a month anew."""
        with transaction(self.db):
            return restate(self.db, self.books, entity, period, reason, approval(), KEY, self.tick())[0]


def approval(by: str = LI, approver: str = WANG) -> Approval:
    """One person prepares, another approves."""
    return Approval(Actor(by), approver)


def hourly(first: date, last: date, per_hour: str, but: tuple[date, ...] = ()) -> list[Reading]:
    """A reading at every full hour from the first day's midnight to the last day's."""
    step, found = Decimal(per_hour), []
    start_ns, end_ns = at(f"{first}T00:00"), at(f"{last + timedelta(days=1)}T00:00")
    for number in range((end_ns - start_ns) // (STEP_S * 10**9) + 1):
        time_ns = start_ns + number * STEP_S * 10**9
        day = datetime.fromtimestamp(time_ns // 10**9, UTC).astimezone(ZONE).date()
        if day not in but:
            found.append(Reading(time_ns, Decimal(1000) + step * number))
    return found


OCTOBER = date(2026, 10, 1), date(2026, 10, 31)


def filled(folder: Path, first: date = OCTOBER[0], last: date = OCTOBER[1]) -> AccountPark:
    """The park with every meter's readings, a delivery of diesel, production."""
    data, now_ns = _filled(first, last)
    (folder / "ledger.db").write_bytes(data)
    park = AccountPark.at(folder)
    park.now_ns = now_ns
    return park


@cache
def _filled(first: date, last: date) -> tuple[bytes, int]:
    """The file, made once."""
    with TemporaryDirectory() as folder:
        park = AccountPark.at(Path(folder))
        rates = {"tx1.import": "63.7", "acme.import": "31.25", "acme.export": "1.1", "bravo.import": "20.5",
                 "yard.import": "10.000001", "acme.gas": "4.4"}  # fmt: skip
        for tag, rate in rates.items():
            park.fill(tag, first, last, per_hour=rate)
        delivery = {"source": "acme_diesel", "quantity": "1200", "unit": "kg", "document": "DN-1"}
        output = {"enterprise": "acme", "what": "output_value", "quantity": "1250.5", "unit": "万元"}
        park.approved(Form.DELIVERY, delivery | {"period": "2026-10"})
        park.approved(Form.DENOMINATOR, output | {"period": "2026-10"})
        park.db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        park.db.close()
        return (Path(folder) / "ledger.db").read_bytes(), park.now_ns


def without_fallback(found: Books) -> Books:
    """Books whose policy names no fallback: no grid factor is valid in 2026."""
    return replace(found, policy=replace(found.policy, fallbacks=()))
