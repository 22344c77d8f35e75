"""`energy intervals | meters | balance | recount` out of a ledger that a gateway wrote."""

import asyncio
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.accounts.books import Books
from gateway.accounts.setup.compile import load_books
from gateway.cli import energy_ledger
from gateway.cli.main import app
from gateway.config import load
from gateway.plugins import known_drivers
from tests.faults.energy.plant import START_NS, Clock, Plant, Shelf

PARK = """
site: {id: park, timezone: Asia/Shanghai}
enterprises: [{id: acme}]
connections:
  broker: {driver: mqtt, host: 127.0.0.1, topics: ["park/{enterprise}/{device}/telemetry"]}
profiles:
  plain: {driver: mqtt, points: {energy_import: {unit: kWh, kind: counter}}}
devices:
  - {id: a, enterprise: acme, kind: meter, connection: broker, profile: plain}
  - {id: b, enterprise: acme, kind: meter, connection: broker, profile: plain}
  - {id: hand, enterprise: acme, kind: meter, connection: none}
energy:
  meters:
    - {point: hand.energy_import, medium: electricity, unit: kWh}
    - {point: a.energy_import, class: 1 %}
    - {point: b.energy_import, class: 1 %, under: [a.energy_import]}
store: {directory: data}
"""
SPAN = ("--from", "2026-09-22T00:00", "--to", "2026-09-22T02:00")
Run = Callable[..., tuple[int, str, str]]


async def fill(folder: Path, books: Books) -> None:
    """Two hours: 1 kWh a minute in `a`, half of it in `b`, which is silent for three quarters of an hour."""
    plant = await Plant.open(folder / "data", books, Clock(), shelf=Shelf())
    for minute in range(121):
        time_ns = START_NS + minute * 60 * 10**9
        plant.count("a", time_ns, 1000.0 + minute)
        if not 40 < minute < 85:
            plant.count("b", time_ns, 500.0 + minute / 2)
    await plant.settle()
    await plant.close()


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """A command over that ledger: exit code, stdout, stderr."""
    (tmp_path / "park.yaml").write_text(PARK, encoding="utf-8")
    asyncio.run(fill(tmp_path, load_books(load(tmp_path / "park.yaml", known_drivers()).plan)))

    def call(*arguments: str) -> tuple[int, str, str]:
        result = CliRunner().invoke(app, ["energy", *arguments, "-c", str(tmp_path / "park.yaml")])
        return result.exit_code, result.stdout, " ".join(result.stderr.split())

    return call


def test_intervals_come_out_of_the_ledger_with_what_decided_them(run: Run) -> None:
    code, text, _ = run("intervals", "a.energy_import", *SPAN, "--json")
    assert code == 0
    (account,) = json.loads(text)
    assert [one["quantity"] for one in account["intervals"]] == ["15.000000"] * 8
    assert account["total"]["quantity"] == "120.000000"
    assert account["intervals"][0]["readings"][0][1] == "1000"


def test_longer_steps_are_the_exact_sums(run: Run) -> None:
    _, text, _ = run("intervals", "b.energy_import", *SPAN, "--step", "1h", "--json")
    (account,) = json.loads(text)
    assert [Decimal(one["quantity"]) for one in account["intervals"]] == [30, 30]
    assert [one["method"] for one in account["intervals"]] == ["gap_estimated"] * 2


@pytest.mark.parametrize("name", ["hand.energy_import", "hand"])
def test_a_meter_that_people_read_has_intervals_too(run: Run, name: str) -> None:
    code, text, told = run("intervals", name, "a", *SPAN, "--json")
    assert code == 0, told
    found = {one["tag"]: one["total"]["quantity"] for one in json.loads(text)}
    assert found == {"a.energy_import": "120.000000", "hand.energy_import": None}
    code, _, told = run("intervals", name, *SPAN, "--recount")
    assert (code, "people read it" in told) == (1, True)


def test_csv_has_a_line_for_each_interval_that_ended(run: Run) -> None:
    _, text, _ = run("intervals", "a", *SPAN, "--csv")
    assert len(text.splitlines()) == 9


def test_an_interval_that_is_not_stored_is_missing(run: Run) -> None:
    _, text, _ = run("intervals", "a", "--from", "2026-09-22T01:45", "--to", "2026-09-22T02:15", "--json")
    (account,) = json.loads(text)
    assert [one["quantity"] for one in account["intervals"]] == ["15.000000", None]
    assert account["intervals"][1]["method"] == "missing"


def test_shorter_steps_than_the_accounts_need_a_recount(run: Run) -> None:
    code, _, told = run("intervals", "a", *SPAN, "--step", "5min")
    assert code == 1
    assert "--recount" in told


def test_meters_say_how_they_are(run: Run) -> None:
    code, text, _ = run("meters", "--json")
    assert code == 0
    first, second, by_hand = json.loads(text)
    assert (by_hand["tag"], by_hand["is_manual"]) == ("hand.energy_import", True)
    assert first["newest"] == [START_NS + 7200 * 10**9, "1120", "meter"]
    assert first["last"]["quantity"] == "15.000000"
    assert second["under"] == ["a.energy_import"]
    assert "a.energy_import" in run("meters")[1]


def test_a_balance_says_what_nobody_explains(run: Run) -> None:
    code, text, _ = run("balance", "--period", "2026-09-22..2026-09-22", "--json")
    assert code == 0
    (found,) = json.loads(text)
    assert (found["meter"], found["is_beyond"], found["missing"]) == (
        "a.energy_import",
        None,
        ["a.energy_import", "b.energy_import"],
    )
    told = run("balance", "--period", "2026-09-22..2026-09-22")[1]
    assert "missing: a.energy_import, b.energy_import" in told
    assert "`park-gateway energy intervals METER`" in told
    assert run("balance", "--period", "soon")[0] == 1


def test_a_recount_says_what_would_change(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from rules.energy.reading import Reading

    def late(*_: Any) -> list[Reading]:
        return [Reading(START_NS + 55 * 60 * 10**9, Decimal("520.5"))]

    monkeypatch.setattr(energy_ledger, "_samples", late)
    monkeypatch.setattr(energy_ledger, "_now_ns", lambda: START_NS + 7200 * 10**9)
    code, text, told = run("recount", "b.energy_import", "--period", "2026-09-22..2026-09-22", "--json")
    assert code == 0, told
    found = json.loads(text)
    assert found["intervals"] == 8
    changed = {one["stored"]["from"][11:16] for one in found["differing"]}
    assert {"00:30", "00:45", "01:00"} <= changed
    assert "would change" in run("recount", "b.energy_import", "--period", "2026-09-22..2026-09-22")[1]


def test_what_has_no_account_is_said_plainly(run: Run) -> None:
    code, _, told = run("recount", "x.energy_import", "--period", "2026-09")
    assert code == 1
    assert "energy meters" in told
