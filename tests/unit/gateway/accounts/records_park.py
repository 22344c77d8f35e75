"""A park with a manual meter, sources that are told by records, and a ledger in memory."""

import sqlite3
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from gateway.accounts.books import Books, EmissionSource, Entity, Meter
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
from gateway.store.ledger import MIGRATIONS
from gateway.store.migrate import open_database, transaction
from rules.carbon.description import Description, Stated
from rules.carbon.factor import Activity
from rules.carbon.inventory.entry import Basis
from rules.carbon.inventory.policy import Policy
from rules.carbon.units import unit
from rules.energy.spec import MeterSpec

NOW_NS = int(datetime(2026, 11, 22, 4, tzinfo=UTC).timestamp()) * 10**9
OCTOBER = (date(2026, 10, 1), date(2026, 10, 31))
PHOTO = EvidenceFile("a" * 64, "photo.jpg", "image/jpeg", 1000)
LI, WANG = Actor("Li Wei"), Actor("Wang Fang")
CATALOGUE = load_catalogue()


def _source(source_id: str, enterprise: str, of: str, **description: object) -> EmissionSource:
    zero = Stated(Fraction(0), "0", "", unit(of))
    template = Description(
        quantity=zero,
        start=date(2026, 1, 1),
        end=date(2026, 1, 1),
        **{"region": "CN", **description},  # type: ignore[arg-type]
    )
    return EmissionSource(source_id, enterprise, Names(), (), template)


def _meter(
    tag: str, enterprise: str, *, unit: str = "kWh", rated: str | None = "100", modulus: str | None = "100000"
) -> Meter:
    spec = MeterSpec(
        tag,
        unit,
        modulus=None if modulus is None else Decimal(modulus),
        multipliers=((0, Decimal(40)),),
        rated=None if rated is None else Decimal(rated),
    )
    names = Names()
    return Meter(tag, enterprise, "m", names, Medium.ELECTRICITY, Direction.IMPORT, None, spec, is_manual=True)


def books() -> Books:
    """Two enterprises, three meters, sources by records and one by its meter."""
    policy = Policy("operational_control", "CN-ZJ", "AR6", (Basis.LOCATION,), Basis.LOCATION)
    metered = _source("grid", "acme", "kWh", activity=Activity.ELECTRICITY, fuel="grid_average", region="CN-ZJ")
    metered = EmissionSource("grid", "acme", Names(), ("m1.energy",), metered.template)
    sources = (
        metered,
        _source("boiler", "acme", "kg", activity=Activity.STATIONARY, fuel="diesel"),
        _source("forklifts", "acme", "L", activity=Activity.STATIONARY, fuel="diesel"),
        _source("chillers", "acme", "kg", activity=Activity.FUGITIVE, gas="R-410A", gwp_set="AR6"),
        _source("steam", "zeta", "GJ", activity=Activity.HEAT, fuel="heat"),
    )
    meters = (
        _meter("m1.energy", "acme"),
        _meter("m2.energy", "acme", rated=None, modulus=None),
        _meter("m3.energy", "zeta"),
    )
    return Books(
        site=Site("park", Names(), "Asia/Shanghai"),
        enterprises=(Enterprise("acme"), Enterprise("zeta")),
        interval_s=900,
        meters={one.tag: one for one in meters},
        virtual={},
        allocations=(),
        loss_limit_percent=Decimal(5),
        sources={one.id: one for one in sources},
        entities={
            "acme": Entity("acme", Names(), False, ("grid", "boiler")),
            "park": Entity("park", Names(), True, ()),
        },
        policy=policy,
        catalogue=CATALOGUE,
    )


@dataclass
class Records:
    """A ledger, the books, and a clock that goes on a second with every step."""

    db: sqlite3.Connection
    books: Books = field(default_factory=books)
    now_ns: int = NOW_NS

    @classmethod
    def at(cls, folder: Path) -> "Records":
        """With a file of its own."""
        return cls(open_database(folder / "ledger.db", MIGRATIONS, is_shared=True))

    def tick(self) -> int:
        """Now."""
        self.now_ns += 10**9
        return self.now_ns

    def add(
        self, form: Form, fields: dict[str, object], *, by: Actor = LI, key: str = "", force: bool = False,
        evidence: tuple[EvidenceFile, ...] = (PHOTO,),
    ) -> Submission:  # fmt: skip
        """Submit a record."""
        wanted = Wanted(form, fields, evidence, key, force)
        with transaction(self.db, synchronous="NORMAL"):
            return submit(self.db, self.books, by, wanted, self.tick()).submission

    def approve(self, one: Submission, by: Actor = WANG, *, force: bool = False) -> Submission:
        """Approve it."""
        with transaction(self.db, synchronous="NORMAL"):
            return approve(self.db, self.books, by, one.id, self.tick(), is_forced=force).submission

    def approved(self, form: Form, fields: dict[str, object], **options: object) -> Submission:
        """Submit and approve."""
        return self.approve(self.add(form, fields, **options))  # type: ignore[arg-type]


DELIVERY: dict[str, object] = {
    "source": "boiler", "quantity": "1200 ", "unit": "kg", "period": "2026-10", "document": "DN-1",
}  # fmt: skip
INSTRUMENT: dict[str, object] = {
    "enterprise": "acme", "number": "GEC-1", "what": "gec", "energy_mwh": "120", "factor_kg_per_kwh": "0",
    "market": "CN", "retired_on": "2026-11-03", "period": "2026-10",
    **{f"criterion_{n}": "yes" for n in range(1, 6)}, "criterion_6": "not_applicable",
    "criterion_7": "not_applicable", "criterion_8": "disclosed",
}  # fmt: skip
FACTOR: dict[str, object] = {
    "id": "own.steam.2026", "activity": "purchased_heat", "fuel": "heat", "region": "CN-ZJ", "series": "supplier",
    "valid_from": "2026-01-01", "valid_to": "2027-01-01", "gas": "CO2", "value": "0.098", "unit": "t", "per": "GJ",
    "title": "Emission statement", "publisher": "City Heat", "year": "2026", "place": "page 2",
}  # fmt: skip
EVERY_FORM: dict[Form, dict[str, object]] = {
    Form.READING: {"meter": "m1.energy", "time": "2026-11-01 08:00", "value": "4233.7"},
    Form.METER_EVENT: {"meter": "m1.energy", "time": "2026-10-12 14:30", "what": "reset", "final": "9", "initial": "0"},
    Form.CORRECTION: {
        "meter": "m1.energy", "time": "2026-10-12 14:30", "quantity": "0.0215", "unit": "MWh", "reason": "stuck",
    },
    Form.DELIVERY: DELIVERY,
    Form.STOCK_BALANCE: {
        "source": "boiler", "unit": "kg", "opening": "5200", "deliveries": "8000", "closing": "41", "period": "2026-09",
    },
    Form.REFRIGERANT_BALANCE: {
        "source": "chillers", "opening": "40", "closing": "31", "acquired": "20", "disbursed": "4", "period": "2026-08",
    },
    Form.INVOICE: {**DELIVERY, "document": "INV-1", "supplier": "Fuel Ltd"},
    Form.VEHICLE_FUEL: {"source": "boiler", "quantity": "30.5", "unit": "kg", "date": "2026-10-03", "vehicle": "3"},
    Form.PROCESS: {"source": "boiler", "quantity": "3", "unit": "t", "from": "2026-10-01", "to": "2026-10-02"},
    Form.HEAT: {"source": "steam", "quantity": "310.25", "unit": "GJ", "period": "2026-10", "document": "H-1"},
    Form.CEMS: {"source": "boiler", "co2_kg": "18432", "hours": "720", "substituted_hours": "6", "period": "2026-10"},
    Form.DENOMINATOR: {
        "enterprise": "acme", "what": "output_value", "quantity": "1250.5", "unit": "万元", "period": "2026-10",
    },
    Form.INSTRUMENT: INSTRUMENT,
    Form.FACTOR: FACTOR,
}  # fmt: skip
