"""`energy statement | usage` out of a ledger: text, CSV, JSON, and what is told where there is nothing."""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner

from gateway.accounts.setup.compile import load_books
from gateway.cli.main import app
from gateway.config import load
from gateway.plugins import known_drivers
from gateway.store.intervals import store
from gateway.store.ledger import MIGRATIONS
from gateway.store.migrate import open_database, transaction
from rules.energy.account import recount
from rules.energy.grid import Grid, Span
from rules.energy.reading import Reading

PARK = """
site: {id: park, timezone: Asia/Shanghai}
enterprises: [{id: acme, name: Acme}]
connections:
  broker: {driver: mqtt, host: 127.0.0.1, topics: ["park/{enterprise}/{device}/telemetry"]}
profiles:
  plain: {driver: mqtt, points: {energy_import: {unit: kWh, kind: counter}}}
devices:
  - {id: a, enterprise: acme, kind: meter, role: main, connection: broker, profile: plain}
tariffs:
  - {id: t, valid_from: 2026-01-01, price: 0.5, source: "=notice", vat: {percent: 13}}
store: {directory: data}
"""
ZONE = ZoneInfo("Asia/Shanghai")
STEP_NS = 900 * 10**9
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A command over a ledger with October 2026: exit code, stdout, stderr."""
    path = tmp_path / "park.yaml"
    path.write_text(PARK, encoding="utf-8")
    books = load_books(load(path, known_drivers()).plan)
    (tmp_path / "data").mkdir()
    db = open_database(tmp_path / "data" / "ledger.db", MIGRATIONS, is_shared=True)
    start = datetime(2026, 10, 1, tzinfo=ZONE)
    start_ns = int(start.timestamp()) * 10**9
    end_ns = int((start + timedelta(days=31)).timestamp()) * 10**9
    count = (end_ns - start_ns) // STEP_NS
    readings = [Reading(start_ns + n * STEP_NS, Decimal(n) / 4) for n in range(count + 1)]
    spec = books.meters["a.energy_import"].spec
    found = recount(spec, Grid(ZONE, 900), readings, Span(start_ns, end_ns)).intervals
    with transaction(db):
        store(db, spec.tag, found, end_ns, zone=ZONE, meter=spec.digest)
    db.close()

    def call(*arguments: str) -> tuple[int, str, str]:
        result = CliRunner().invoke(app, ["energy", *arguments, "-c", str(path)])
        return result.exit_code, result.stdout, result.stderr

    return call


def test_a_statement_is_text_json_and_csv(run: Run) -> None:
    code, text, _ = run("statement", "-e", "acme", "-p", "2026-10")
    assert code == 0
    assert "Acme, 2026-10" in text
    assert "372.00" in text
    assert "VAT in the total: 42.80 CNY" in text
    assert "a.energy_import: 0 to 744 kWh, 744 kWh" in text
    code, text, _ = run("statement", "-e", "acme", "-p", "2026-10", "--json")
    assert json.loads(text)["total"] == "372.00"
    code, text, _ = run("statement", "-e", "acme", "-p", "2026-10", "--csv")
    assert [line.split(",")[3] for line in text.splitlines()] == ["kind", "energy", "total"]


def test_what_is_missing_is_told(run: Run) -> None:
    code, text, told = run("statement", "-e", "acme", "-p", "2026-09")
    assert code == 0
    assert "total (lower bound)" in text
    assert "missing: a.energy_import: 720 h without quantity" in told


def test_an_enterprise_that_nobody_knows_is_refused(run: Run) -> None:
    code, _, told = run("statement", "-e", "nobody", "-p", "2026-10")
    assert code == 1
    assert "no enterprise `nobody`" in told


def test_usage_stands_beside_the_period_before(run: Run) -> None:
    code, text, _ = run("usage", "-e", "acme", "-p", "2026-10")
    assert code == 0
    assert "744" in text
    assert "not known" in text  # September has no intervals
    code, text, _ = run("usage", "-e", "acme", "-p", "2026-10", "--json")
    assert json.loads(text)["cost"]["amount"] == "372"
