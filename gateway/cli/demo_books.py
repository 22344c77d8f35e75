"""What people in the demo recorded last month, with two of them on everything, and the month that they closed."""

import sqlite3
from calendar import monthrange
from collections.abc import Mapping
from datetime import date, timedelta

from gateway.accounts.books import Books
from gateway.accounts.carbon.close import Approval, close
from gateway.accounts.people import Actor
from gateway.accounts.records.approvals import approve
from gateway.accounts.records.evidence_files import keep
from gateway.accounts.records.submitting import submit, wanted_of
from gateway.cli.demo_people import APPROVER, PREPARER
from gateway.store.evidence import EvidenceStore
from gateway.store.ledger import Ledger

SITE = "qinghe"  # of the demo's configuration

Fields = Mapping[str, str]


async def write_books(ledger: Ledger, books: Books, month: date, now_ns: int) -> None:
    """Fill in last month's records, approve them, close the month for everybody; one record of this month waits."""
    await ledger.do(lambda db: _write(ledger, db, books, month, now_ns))
    await ledger.checkpoint()


def _write(ledger: Ledger, db: sqlite3.Connection, books: Books, month: date, now_ns: int) -> None:
    with ledger.write(db):
        for name, fields in _records(month).items():
            record = _submit(db, ledger.evidence, books, name, fields, now_ns)
            approve(db, books, Actor(APPROVER), record, now_ns)
        for entity in books.entities:
            approval = Approval(Actor(PREPARER), APPROVER)
            close(db, books, entity, f"{month:%Y-%m}", approval, ledger.key, now_ns)
        following = month.replace(day=28) + timedelta(days=7)
        waiting = {
            "kind": "delivery",
            "source": "tongda-diesel",
            "quantity": "9150",
            "unit": "L",
            "document": "DN-waiting",
        }
        _submit(db, ledger.evidence, books, "waiting", waiting | {"date": f"{following}"}, now_ns)


def _submit(db: sqlite3.Connection, store: EvidenceStore, books: Books, name: str, fields: Fields, now_ns: int) -> str:
    """One record with a file that says that the demo made it."""
    text = f"Made by park-gateway demo in place of a document: {name}\n" + "".join(
        f"{key}: {value}\n" for key, value in fields.items()
    )
    file = keep(store, text.encode(), f"{name}.txt")
    return submit(db, books, Actor(PREPARER), wanted_of(fields, (file,)), now_ns).submission.record.id


def _records(month: date) -> dict[str, Fields]:
    """By name, in the order in which they are needed."""
    period = f"{month:%Y-%m}"
    last = month.replace(day=monthrange(month.year, month.month)[1])
    note = {"kind": "delivery", "source": "tongda-diesel", "unit": "L", "uncertainty_percent": "1"}
    loss = {
        "kind": "refrigerant_balance", "period": period, "opening": "60", "capacity_change": "0", "disbursed": "0",
        "uncertainty_percent": "5",
    }  # fmt: skip
    whole = {"kind": "denominator", "period": period}
    return {
        "coal-electricity": _primary_equivalent(month.year),
        "note-1": note | {"quantity": "9400", "date": f"{month.replace(day=6)}", "document": f"DN-{period}-1"},
        "note-2": note | {"quantity": "9380.5", "date": f"{month.replace(day=20)}", "document": f"DN-{period}-2"},
        "r404a": loss | {"source": "lantian-r404a", "acquired": "20", "closing": "65.6"},
        "r410a": loss | {"source": "xinchen-r410a", "acquired": "10", "closing": "66.8"},
        "output-dongyue": whole
        | {"enterprise": "dongyue", "what": "output_value", "quantity": "1860", "unit": "1e4CNY"},
        "output-jinbo": whole
        | {"enterprise": "jinbo", "what": "production", "product": "castings", "quantity": "1240", "unit": "t"},
        "staff-ruihe": whole | {"enterprise": "ruihe", "what": "employees", "quantity": "214", "unit": "people"},
        **_certificate("jinbo", "jinbo-electricity", "120", f"GEC-{period}-000417", period, last),
        **_certificate(SITE, f"{SITE}-electricity", "400", f"GEC-{period}-000418", period, last),
    }


def _primary_equivalent(year: int) -> Fields:
    """等价值 of electricity: published for each year by authorities; this one is the demo's, of no publication."""
    return {
        "kind": "factor", "id": f"own.coal.electricity.demo.{year}", "activity": "standard_coal",
        "fuel": "electricity", "region": "CN", "series": "demo-example", "valid_from": f"{year}-01-01",
        "gas": "tce", "value": "0.3", "unit": "kgce(primary)", "per": "kWh",
        "title": "Example value of the demo, not published (演示示例值，非公布数据)", "publisher": "park-gateway demo",
        "year": f"{year}", "place": "example",
    }  # fmt: skip


def _certificate(owner: str, source: str, mwh: str, number: str, period: str, retired_on: date) -> dict[str, Fields]:
    """A green certificate, and its allocation to the electricity of who holds it."""
    criteria = {f"criterion_{one}": "yes" for one in range(1, 6)}
    criteria |= {"criterion_6": "not_applicable", "criterion_7": "not_applicable", "criterion_8": "disclosed"}
    return {
        f"certificate-{owner}": {
            "kind": "instrument", "enterprise": owner, "number": number, "what": "gec", "energy_mwh": mwh,
            "factor_kg_per_kwh": "0", "market": "CN", "energy_source": "wind", "period": period,
            "retired_on": f"{retired_on}", "is_compliant_green": "yes", **criteria,
        },
        f"claim-{owner}": {
            "kind": "allocation", "instrument": number, "source": source, "energy_mwh": mwh, "period": period,
        },
    }  # fmt: skip
