"""`park-gateway carbon summary|trace|close|restate|due|sample` where no gateway runs."""

import json
import zipfile
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from typer.testing import CliRunner

from gateway.cli.main import app
from gateway.store import signing_key
from gateway.store.intervals import store
from gateway.store.ledger import MIGRATIONS
from gateway.store.migrate import open_database, transaction
from rules.energy.account import recount
from rules.energy.grid import Grid, Span
from rules.energy.reading import Reading
from rules.energy.spec import MeterSpec

PARK = """
site: {id: qinghe, timezone: Asia/Shanghai}
enterprises: [{id: huali, name: Huali Packaging}]
connections:
  line-1: {driver: modbus, host: 127.0.0.1, port: 1}
profiles:
  meter:
    driver: modbus
    kind: meter
    groups: {fast: 1 s}
    points:
      energy_import: {unit: kWh, kind: counter, table: input, address: 2, type: float32, group: fast}
devices:
  - {id: main, enterprise: huali, role: main, profile: meter, connection: line-1, unit: 3}
carbon:
  region: CN-ZJ
  bases: [location, market]
  fallbacks: [{activity: purchased_electricity, as_of: 2023-12-31, reason: the newest that is published}]
store: {directory: data}
"""
ZONE = ZoneInfo("Asia/Shanghai")
PEOPLE = ("--by", "Li Wei", "--approver", "Wang Fang")
Run = Callable[..., tuple[int, str]]


def _fill(folder: Path, step_kwh: str) -> None:
    """October of the main meter."""
    start, end = (int(datetime(2026, month, 1, tzinfo=ZONE).timestamp()) * 10**9 for month in (10, 11))
    step = 900 * 10**9
    readings = [Reading(start + n * step, 5000 + Decimal(step_kwh) * n) for n in range((end - start) // step + 1)]
    found = recount(MeterSpec("main.energy_import"), Grid(ZONE, 900), readings, Span(start, end)).intervals
    with closing(open_database(folder / "data" / "ledger.db", MIGRATIONS, is_shared=True)) as db, transaction(db):
        now_ns = int(datetime.now(ZONE).timestamp() * 10**9)
        store(db, "main.energy_import", found, now_ns, zone=ZONE, frozen_ns=now_ns)


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """The command; its exit code and what it printed."""
    (tmp_path / "data").mkdir()
    (tmp_path / "park.yaml").write_text(PARK, encoding="utf-8")
    signing_key.make_key(tmp_path / "data", "park.example/ledger")
    _fill(tmp_path, "10")

    def call(name: str, *arguments: object) -> tuple[int, str]:
        given = ["carbon", name, *map(str, arguments), "--config", str(tmp_path / "park.yaml")]
        result = CliRunner().invoke(app, given)
        return result.exit_code, result.output

    return call


def test_a_summary_is_readable_and_for_programs(run: Run) -> None:
    code, text = run("summary", "--period", "2026-10", "--enterprise", "huali")
    assert code == 0, text
    assert "Huali Packaging (huali), 2026-10-01 to 2026-10-31 Asia/Shanghai: open" in text
    assert "location (default)" in text
    assert "14.803" in text  # 29,760 kWh x 0.4974 kg
    code, text = run("summary", "--period", "2026-10", "--enterprise", "huali", "--basis", "market", "--json")
    assert [basis["basis"] for basis in json.loads(text)["bases"]] == ["market"]
    assert run("summary", "--period", "2026-10", "--basis", "marked")[0] == 2
    assert run("summary", "--period", "October")[0] == 1


def test_closing_tracing_and_restating_without_a_gateway(run: Run, tmp_path: Path) -> None:
    month = ("--period", "2026-10", "--enterprise", "huali")
    code, text = run("close", *month, "--by", "Li Wei", "--approver", "li wei")
    assert (code, "cannot both prepare and approve" in text) == (1, True)
    code, text = run("close", *month, *PEOPLE, "--json")
    assert code == 0, text
    assert json.loads(text)["checkpoint"]["note"]
    code, text = run("close", *month, *PEOPLE)
    assert code == 1
    assert "closed: it is closed already" in text
    entry = json.loads(run("summary", *month, "--json")[1])["bases"][0]["lines"][0]["entries"][0]
    code, text = run("trace", entry[:8])
    assert code == 0, text
    assert "every link holds" in text
    assert "5000 at 2026-10-01T00:00:00+08:00" in text
    assert run("restate", *month, *PEOPLE, "--reason", "none")[0] == 1
    assert "0 restatements due" in run("due")[1]
    _fill(tmp_path, "10.5")
    code, text = run("due")
    assert "location 0.74 t" in text
    code, text = run("restate", *month, *PEOPLE, "--reason", "the readings came late")
    assert code == 0, text
    published = json.loads(run("summary", *month, "--as-published", "--json")[1])
    now = json.loads(run("summary", *month, "--json")[1])
    assert (published["bases"][0]["total"]["kg"], now["bases"][0]["total"]["kg"]) == ("14802.624", "15542.7552")


def test_every_reason_against_a_close_is_on_a_line_of_its_own(run: Run) -> None:
    code, text = run("close", "--period", "2026-09", "--enterprise", "huali", *PEOPLE)
    assert code == 1
    assert "missing: data of `main.energy_import` is missing: 2026-09-01 to 2026-09-30" in text
    assert "1 reason against it: nothing was recorded" in text


def test_a_sample_is_written_whole_or_not_at_all(run: Run, tmp_path: Path) -> None:
    month = ("--period", "2026-10", "--enterprise", "huali")
    out = tmp_path / "sample.zip"
    code, text = run("sample", *month, "--seed", "moon", "--n", 2, "--out", out)
    assert code == 0, text
    with zipfile.ZipFile(out) as archive:
        assert archive.testzip() is None
    assert run("sample", *month, "--seed", "moon", "--out", out)[0] == 2
    other = tmp_path / "other.zip"
    assert run("sample", "--period", "2026-12", "--enterprise", "huali", "--seed", "moon", "--out", other)[0] == 1
    assert not other.exists()
    assert [path.name for path in tmp_path.glob("*.part")] == []


def test_instruments_are_listed(run: Run) -> None:
    assert run("instruments", "--json") == (0, "[]\n")
    assert run("instruments")[0] == 0
