"""`park-gateway carbon report|label|statement` where no gateway runs."""

import json
from collections.abc import Callable
from contextlib import closing
from datetime import datetime
from decimal import Decimal
from pathlib import Path

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
from tests.unit.gateway.cli.test_carbon_accounts import PARK, ZONE

Run = Callable[..., tuple[int, str]]
PERIOD = ("--enterprise", "huali", "--period", "2026-10")


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """In a folder with October of the main meter, which is closed."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "park.yaml").write_text(PARK, encoding="utf-8")
    (tmp_path / "data").mkdir()
    signing_key.make_key(tmp_path / "data", "park.example/ledger")
    start, end = (int(datetime(2026, month, 1, tzinfo=ZONE).timestamp()) * 10**9 for month in (10, 11))
    readings = [
        Reading(start + n * 9 * 10**11, Decimal(5000 + 2 * n)) for n in range((end - start) // (9 * 10**11) + 1)
    ]
    found = recount(MeterSpec("main.energy_import"), Grid(ZONE, 900), readings, Span(start, end)).intervals
    with closing(open_database(tmp_path / "data" / "ledger.db", MIGRATIONS, is_shared=True)) as db, transaction(db):
        store(db, "main.energy_import", found, int(datetime.now(ZONE).timestamp() * 10**9), zone=ZONE)

    def invoke(*arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(app, ["carbon", *arguments])
        return result.exit_code, result.output

    assert invoke("close", *PERIOD, "--by", "Li Wei", "--approver", "Wang Fang")[0] == 0
    return invoke


def test_every_format_is_written_and_the_same_twice(run: Run, tmp_path: Path) -> None:
    for ending in ("xlsx", "csv", "pdf", "json", "zip"):
        for name in ("a", "b"):
            code, told = run("report", *PERIOD, "--out", f"{name}.{ending}")
            assert code == 0, told
        assert (tmp_path / f"a.{ending}").read_bytes() == (tmp_path / f"b.{ending}").read_bytes()
    assert json.loads((tmp_path / "a.json").read_text("utf-8"))["status"] == "closed"


def test_a_label_is_written(run: Run, tmp_path: Path) -> None:
    assert run("label", *PERIOD, "--out", "label.html", "--lang", "zh")[0] == 0
    assert "碳标签" in (tmp_path / "label.html").read_text("utf-8")


def test_nothing_is_written_over_and_mistakes_are_told(run: Run, tmp_path: Path) -> None:
    (tmp_path / "held.pdf").write_text("mine")
    for arguments, words in (
        (("--out", "held.pdf"), "exists already"),
        (("--out", "a.docx"), "is none of xlsx"),
        (("--out", "a.pdf", "--lang", "fr"), "is none of en"),
        (("--out", "absent/a.csv"), "cannot be written"),
    ):
        code, told = run("report", *PERIOD, *arguments)
        assert code != 0
        assert words in " ".join(told.split())
    code, told = run("report", "--enterprise", "nobody", "--period", "2026-10", "--out", "a.csv")
    assert code == 1
    assert "no entity" in told
    assert (tmp_path / "held.pdf").read_text() == "mine"
    assert not list(tmp_path.glob("a.*"))


def test_a_font_that_is_none_is_a_clear_error(run: Run, tmp_path: Path) -> None:
    (tmp_path / "broken.ttf").write_text("no font")
    code, told = run("report", *PERIOD, "--out", "a.pdf", "--font", "broken.ttf")
    assert code == 69
    assert "fonts-noto-cjk" in told


def test_a_statement_needs_a_tariff(run: Run) -> None:
    code, told = run("statement", *PERIOD, "--out", "a.pdf")
    assert code == 1
    assert "no tariff" in told
