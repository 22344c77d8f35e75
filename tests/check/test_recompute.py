"""A month of a park with faulty meters: the independent script and the gateway agree to the last digit."""

import ast
import asyncio
import json
import sqlite3
import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gateway.accounts.books import Books
from gateway.accounts.carbon.close import Approval, close
from gateway.accounts.carbon.restate import restate
from gateway.accounts.carbon.summary import summary
from gateway.accounts.energy.statement import statement
from gateway.accounts.people import Actor
from gateway.accounts.records.forms import Form
from gateway.store.intervals import days, totals
from rules.energy.marks import Mark
from rules.ledger.note import Signer
from tests.check.checked_park import (
    ANTU,
    COMMON,
    EXPORT,
    FINAL,
    GAS,
    GREEN,
    HUALI,
    INITIAL,
    MAIN,
    PLAN,
    ZONE,
    Raw,
    approved,
    at_s,
    books_in,
    feed,
    held_back,
    plant_of,
    readings,
    write_readings,
)
from tests.faults.energy.plant import Plant

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
SCRIPT = Path(__file__).with_name("recompute.py")
CATALOGUE = Path(__file__).parents[2] / "rules" / "carbon" / "data"
ENTERPRISES = ("dongyue", "huali", "antu")
OCTOBER = date(2026, 10, 1), date(2026, 10, 31)
KEY = Signer("park.example/ledger", bytes(range(32)))
APPROVAL = Approval(Actor("Li Wei"), "Wang Fang")
EXCHANGE: dict[str, object] = {
    "meter": GAS, "time": "2026-10-10 12:07", "what": "exchange", "final": str(FINAL), "initial": str(INITIAL),
}  # fmt: skip
PART: dict[str, object] = {
    "instrument": "GEC-1", "source": "dongyue-electricity", "energy_mwh": "100.125", "period": "2026-10",
}  # fmt: skip
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Checked:
    """What the script says and what the gateway says, before and after readings that came when the month was closed."""

    script: Json
    summaries: Json
    statements: Json
    totals: Json
    marks: dict[str, set[Mark]]
    versions: dict[str, int]  # the highest of an interval
    script_late: Json
    closed: Json  # the closed month's summary, before anything came late
    after: Json  # the same when readings had come
    published: Json
    restated: Json
    findings: list[str]


def recomputed(folder: Path, raws: list[Raw]) -> Json:
    """What the script prints, run by itself: isolated, without the repository on its path."""
    write_readings(folder / "readings.csv", raws)
    (folder / "plan.json").write_text(json.dumps(PLAN), encoding="utf-8")
    command = [sys.executable, "-I", str(SCRIPT), "readings.csv", "plan.json", str(CATALOGUE)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=True)
    found: Json = json.loads(done.stdout)
    return found


def _summary(db: sqlite3.Connection, books: Books, now_ns: int, name: str = "dongyue", **more: Any) -> Json:
    found: Json = json.loads(json.dumps(summary(db, books, name, "2026-10", now_ns, **more)))
    return found


async def _month(plant: Plant, raws: list[Raw]) -> Json:
    """Everything that the gateway says of the month when it is over."""
    await feed(plant, raws, {"2026-10-12": [(Form.METER_EVENT, EXCHANGE)]})
    plant.clock.now_ns = at_s("2026-11-05T12:00") * 10**9
    await approved(plant, Form.INSTRUMENT, GREEN)
    await approved(plant, Form.ALLOCATION, PART)
    await plant.settle()

    def ask(db: sqlite3.Connection) -> Json:
        books, now_ns, found = plant.books, plant.clock.now_ns, {}
        stored = {tag: [one for day in days(db, [tag], *OCTOBER) for one in day.intervals()] for tag in books.meters}
        found["totals"] = totals(db, list(books.meters), *OCTOBER, zone=ZONE)
        found["marks"] = {tag: {mark for one in of_tag for mark in one.marks} for tag, of_tag in stored.items()}
        found["versions"] = {tag: max(one.version for one in of_tag) for tag, of_tag in stored.items()}
        found["summaries"] = {name: _summary(db, books, now_ns, name) for name in ENTERPRISES}
        bills = {name: statement(db, books, name, "2026-10", now_ns, compares=False) for name in ENTERPRISES}
        found["statements"] = json.loads(json.dumps(bills))
        return found

    return await plant.ledger.do(ask)


async def _late(plant: Plant, late: list[Raw]) -> Json:
    """Dongyue's month is closed; then readings of its last evening come; then it is told anew."""
    books, found = plant.books, {}

    def signed(db: sqlite3.Connection) -> None:
        with plant.ledger.write(db):
            close(db, books, "dongyue", "2026-10", APPROVAL, KEY, plant.clock.now_ns)

    def told_anew(db: sqlite3.Connection) -> None:
        with plant.ledger.write(db):
            restate(db, books, "dongyue", "2026-10", "readings came late", APPROVAL, KEY, plant.clock.now_ns)

    await plant.ledger.do(signed)
    found["closed"] = await plant.ledger.do(lambda db: _summary(db, books, plant.clock.now_ns))
    plant.clock.now_ns += 3_600 * 10**9
    for raw in late:
        plant.count(raw.tag, raw.time_s * 10**9, float(raw.value))
    await plant.settle()
    found["findings"] = plant.keeper.findings
    found["after"] = await plant.ledger.do(lambda db: _summary(db, books, plant.clock.now_ns))
    plant.clock.now_ns += 10**9
    await plant.ledger.do(told_anew)
    found["published"] = await plant.ledger.do(lambda db: _summary(db, books, plant.clock.now_ns, as_published=True))
    found["restated"] = await plant.ledger.do(lambda db: _summary(db, books, plant.clock.now_ns))
    return found


async def _of_gateway(folder: Path, raws: list[Raw], late: list[Raw]) -> Json:
    (folder / "data").mkdir()
    plant = await plant_of(folder / "data", books_in(folder))
    try:
        return {**await _month(plant, raws), **await _late(plant, late)}
    finally:
        await plant.close()


@pytest.fixture(scope="module")
def checked(tmp_path_factory: pytest.TempPathFactory) -> Checked:
    """The month, gone through once by both."""
    folder = tmp_path_factory.mktemp("check")
    raws, late = readings(), held_back()
    both = {"script": recomputed(folder, raws), "script_late": recomputed(folder, raws + late)}
    return Checked(**both, **asyncio.run(_of_gateway(folder, raws, late)))


def assert_same(found: Json, script: Json) -> None:
    """A summary has the script's kilograms, gas by gas and basis by basis."""
    mine = {gas: Decimal(kg) for gas, kg in script["scope1_kg"].items()}
    assert Decimal(found["scope1"]["kg"]) == mine.pop("CO2e", Decimal(0))
    assert {one["gas"]: Decimal(one["mass_kg"]) for one in found["scope1"]["by_gas"]} == mine
    assert {basis["basis"] for basis in found["bases"]} == script["scope2_kg"].keys()
    for basis in found["bases"]:
        assert basis["refusals"] == []
        assert Decimal(basis["scope2"]["kg"]) == Decimal(script["scope2_kg"][basis["basis"]]), basis["basis"]


def test_the_script_imports_nothing_of_the_gateway() -> None:
    text = SCRIPT.read_text(encoding="utf-8")
    nodes = list(ast.walk(ast.parse(text)))
    names = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "." for node in nodes if isinstance(node, ast.ImportFrom)}
    assert names == {"argparse", "collections.abc", "csv", "dataclasses", "datetime", "fractions", "json", "pathlib",
                     "sys", "typing", "zoneinfo"}  # fmt: skip
    assert "__import__" not in text


def test_every_meter_counted_the_same(checked: Checked) -> None:
    assert checked.script["meters"].keys() == checked.totals.keys()
    for tag, total in checked.totals.items():
        found = checked.script["meters"][tag]
        assert Decimal(found["quantity"]) * 10**6 == total.known_micro, tag
        assert Decimal(found["missing_s"]) * 10**9 == total.missing_ns, tag


def test_everything_that_a_meter_does_wrong_happened(checked: Checked) -> None:
    marks = checked.marks
    assert {Mark.TRANSIENT, Mark.SPIKE, Mark.GAP} <= marks[MAIN]
    assert Mark.EXCHANGE in marks[GAS]
    assert Mark.ROLLOVER in marks[HUALI]
    assert {Mark.IMPLAUSIBLE, Mark.RESET} <= marks[ANTU]
    assert checked.versions[MAIN] > 1  # readings that came late
    assert checked.versions[GAS] > 1  # an exchange that was told two days later
    assert [tag for tag, one in checked.totals.items() if one.missing_ns] == [ANTU]
    assert checked.totals[EXPORT].known_micro > 0


@pytest.mark.parametrize("enterprise", ENTERPRISES)
def test_every_kilogram_is_the_same(checked: Checked, enterprise: str) -> None:
    assert_same(checked.summaries[enterprise], checked.script["entities"][enterprise])
    assert checked.summaries[enterprise]["is_complete"] is (enterprise != "antu")


def test_the_tenants_parts_of_a_shared_meter_are_the_meter(checked: Checked) -> None:
    parts = {
        name: Decimal(line["quantity"])
        for name in ENTERPRISES
        for line in checked.summaries[name]["bases"][0]["lines"]
        if line["source"] == f"{name}-common"
    }
    assert len(parts) == len(ENTERPRISES)
    assert sum(parts.values()) * 10**6 == checked.totals[COMMON].known_micro


@pytest.mark.parametrize(("enterprise", "meter"), [("dongyue", MAIN), ("huali", HUALI)])
def test_the_statement_bills_the_same_energy(checked: Checked, enterprise: str, meter: str) -> None:
    bill = checked.statements[enterprise]
    lines = [Decimal(line["quantity"]) for line in bill["lines"] if line["kind"] == "energy"]
    assert sum(lines) == Decimal(checked.script["meters"][meter]["quantity"])


def test_readings_that_come_after_the_close_change_nothing_that_was_published(checked: Checked) -> None:
    assert checked.closed["status"] == "closed"
    assert_same(checked.closed, checked.script["entities"]["dongyue"])
    for told in (checked.after, checked.published):
        assert told["bases"] == checked.closed["bases"]
        assert told["scope1"] == checked.closed["scope1"]
    assert any("a restatement is due" in finding for finding in checked.findings)
    (due,) = checked.after["due"]
    assert due["sources"] == ["dongyue-electricity"]


def test_the_restatement_is_what_the_script_says_with_the_late_readings(checked: Checked) -> None:
    assert checked.script_late["meters"][MAIN] != checked.script["meters"][MAIN]
    assert checked.restated["status"] == "restated"
    assert_same(checked.restated, checked.script_late["entities"]["dongyue"])
