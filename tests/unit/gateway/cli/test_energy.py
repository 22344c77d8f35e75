"""`park-gateway energy intervals` shows what counters counted, and is plain about what nobody can know."""

import csv
import io
import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway.cli import energy
from gateway.cli.export import Export
from gateway.cli.main import app

PARK = """
site: {id: park, timezone: Europe/Berlin}
enterprises: [{id: acme}]
connections:
  broker: {driver: mqtt, host: 127.0.0.1, topics: ["park/{enterprise}/{device}/telemetry"]}
devices:
  - id: tx1
    enterprise: acme
    kind: meter
    connection: broker
    points:
      energy_import: {unit: MWh, kind: counter, modulus: 1000000, scale: 0.001}
      power_active: {unit: kW}
  - {id: box, enterprise: acme, kind: meter, connection: broker, points: {colour: {unit: kW}}}
"""
HEADER = "time,tag,value,text,quality\n"
TAG = "tx1.energy_import"
Run = Callable[..., tuple[int, str, str]]


def rows(*samples: tuple[str, str, str]) -> str:
    """Samples of one counter on 2026-11-22: UTC time, value, quality."""
    return HEADER + "".join(f"2026-11-22T{time}Z,{TAG},{value},,{quality}\n" for time, value, quality in samples)


GOOD = rows(
    ("10:00:00.000000000", "1.0", "good"),
    ("10:10:00.000000000", "", "bad_timeout"),
    ("10:15:00.500000000", "1.25", "uncertain_range"),
    ("10:20:00.000000000", "0.5", "uncertain_retained"),
    ("10:29:00.000000000", "1.375", "good"),
    ("10:30:00.000000000", "1.5", "good"),
)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command over these stored samples: exit code, stdout, stderr with single spaces."""
    (tmp_path / "park.yaml").write_text(PARK, encoding="utf-8")

    def call(stored: str, *arguments: str) -> tuple[int, str, str]:
        def fetch(_: Any, wanted: Export, part: Path) -> None:
            assert wanted.bounds[1] - wanted.bounds[0] > 2 * energy.MARGIN_NS
            part.write_text(stored, encoding="utf-8")

        monkeypatch.setattr(energy, "fetch", fetch)
        result = CliRunner().invoke(
            app, ["energy", "intervals", "--recount", "-c", str(tmp_path / "park.yaml"), *arguments]
        )
        return result.exit_code, result.stdout, " ".join(result.stderr.split())

    return call


SPAN = ("--from", "2026-11-22T11:00", "--to", "2026-11-22T11:45")


def test_a_table_in_local_time_with_a_total_that_is_the_sum(run: Run) -> None:
    code, text, note = run(GOOD, TAG, *SPAN)
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert code == 0
    assert lines[0] == f"{TAG}, kWh, Europe/Berlin"
    assert lines[2].startswith("2026-11-22 11:00+01:00 2026-11-22 11:15+01:00 249.861188 100 % 0 % 0 % interpolated")
    assert lines[3].startswith("2026-11-22 11:15+01:00 2026-11-22 11:30+01:00 250.138812 ")
    assert lines[4].startswith("2026-11-22 11:30+01:00 2026-11-22 11:45+01:00 - 0 % 0 % 100 % missing")
    assert lines[5] == "total at least 500 66.6667 % 0 % 33.3333 %"
    assert "samples without a value, ignored: 2" in lines
    assert f"no rated flow is declared for {TAG}" in note


def test_json_has_exact_texts_that_add_up_and_what_decided(run: Run) -> None:
    code, text, _ = run(GOOD, TAG, "--json", *SPAN[:3], "2026-11-22T11:30")
    (account,) = json.loads(text)
    assert code == 0
    assert sum(Decimal(one["quantity"]) for one in account["intervals"]) == Decimal(account["total"]["quantity"]) == 500
    first = account["intervals"][0]
    assert (first["from"], first["to"]) == ("2026-11-22T11:00:00+01:00", "2026-11-22T11:15:00+01:00")
    assert [row[1] for row in first["readings"]] == ["1", "1.25"]
    assert "uncertain" in first["flags"]
    assert len(first["hash"]) == 64


def test_csv_has_a_line_for_each_interval(run: Run) -> None:
    code, text, _ = run(GOOD, "tx1", "--csv", *SPAN)
    lines = list(csv.DictReader(io.StringIO(text)))
    assert code == 0
    assert [line["quantity"] for line in lines] == ["249.861188", "250.138812", ""]
    assert [line["known"] for line in lines] == ["249.861188", "250.138812", ""]
    assert {line["tag"] for line in lines} == {TAG}


def test_what_is_declared_about_a_meter_counts(run: Run, tmp_path: Path) -> None:
    meters = tmp_path / "meters.yaml"
    meters.write_text(
        f"meters:\n  {TAG}:\n    rated: 2000\n    multiplier: 40\n    multipliers:\n"
        "      - {valid_from: 2026-11-22T11:10, value: 80}\n"
        "    events: [{time: 2026-11-22T11:20, kind: exchange, final: 1.25, initial: 900.1, evidence: WO 7}]\n",
        encoding="utf-8",
    )
    stored = rows(
        ("10:00:00.0", "1.0", "good"),
        ("10:05:00.0", "999.0", "good"),  # not at that rate
        ("10:10:00.0", "1.001", "good"),
        ("10:15:00.0", "1.002", "good"),
        ("10:25:00.0", "900.101", "good"),
        ("10:30:00.0", "900.102", "good"),
    )
    code, text, note = run(stored, TAG, "--meters", str(meters), *SPAN[:3], "2026-11-22T11:30", "--step", "30min")
    assert code == 0
    assert "refused implausible: register 999 at 2026-11-22 11:05:00+01:00; more than the rated flow allows" in text
    assert "finding exchange: register 1.002 at 2026-11-22 11:15:00+01:00 -> 900.1 at 2026-11-22 11:20:00+01:00" in text
    assert "finding final_unfit: register 1.25 at 2026-11-22 11:20:00" in text
    assert "at least 280" in text  # 0.001 x 40 + 0.001 x 80 + 0.002 x 80 MWh; the final reading did not fit
    assert note == ""


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["tx1.energy_imprt"], 1, "did you mean `tx1.energy_import`?"),
        (["tx1.power_active"], 1, "`tx1.power_active` is a gauge, not a counter"),
        (["box"], 1, "box has no counter"),
        ([TAG, "--from", "2026-11-22", "--to", "2026-11-22"], 2, "from must be before to"),
        ([TAG, "--from", "yesterday"], 2, "ISO 8601"),
        ([TAG, "--step", "7min"], 2, "do not divide a day"),
        ([TAG, "--step", "quarter"], 2, "--step"),
        ([TAG, "--csv", "--json"], 2, "choose one"),
        ([TAG, "--meters", "nowhere.yaml"], 78, "nowhere.yaml"),
        ([TAG], 1, f"no readings of {TAG}"),
    ],
)
def test_what_cannot_be_is_said_plainly(run: Run, arguments: list[str], code: int, words: str) -> None:
    ended, text, told = run(HEADER, *arguments)
    assert (ended, text) == (code, "")
    assert words in told


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (f"meters: {{{TAG}: {{rated: -1}}}}", "greater than 0"),
        (f"meters: {{{TAG}: {{events: [{{time: soon, kind: exchange}}]}}}}", "not a time"),
        ("meters: {tx9.energy_import: {rated: 1}}", "no device or point `tx9.energy_import`"),
        (
            f"meters: {{{TAG}: {{multipliers: [{{valid_from: 1999-01-01, value: 2}}, "
            "{valid_from: 1999-01-01, value: 3}]}}",
            "ascending dates of validity",
        ),
    ],
)
def test_a_wrong_file_of_meters_is_refused_with_the_reason(run: Run, tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "meters.yaml"
    path.write_text(text, encoding="utf-8")
    code, _, told = run(GOOD, TAG, "--meters", str(path))
    assert code != 0
    assert words in told


def test_the_roll_over_of_the_declared_register_is_counted(run: Run) -> None:
    values = ["999.8", "999.9", "0.1", "0.2", "0.3", "0.4"]
    stored = rows(*((f"10:{5 * place:02}:00.0", value, "good") for place, value in enumerate(values)))
    code, text, _ = run(stored, TAG, *SPAN[:3], "2026-11-22T11:15", "--json")
    (interval,) = json.loads(text)[0]["intervals"]
    assert code == 0
    assert (interval["quantity"], interval["method"]) == ("400.000000", "measured")
    assert "rollover" in interval["flags"]


def test_readings_that_do_not_follow_are_shown_although_they_count_nothing(run: Run) -> None:
    stored = rows(("10:00:00.0", "5", "good"), ("10:15:00.0", "6", "good"), ("10:20:00.0", "0", "good"))
    code, text, _ = run(stored, TAG, *SPAN)
    assert code == 0
    assert "total at least 1000" in " ".join(text.split())
    assert "waiting: register 0 at 2026-11-22 11:20:00+01:00; does not follow" in text


def test_a_long_time_without_anything_is_one_row(run: Run) -> None:
    code, text, _ = run(GOOD, TAG, "--from", "2026-11-22", "--to", "2026-11-22T12:00")
    lines = [" ".join(line.split()) for line in text.splitlines()]
    assert code == 0
    assert lines[2] == "2026-11-22 00:00+01:00 2026-11-22 11:00+01:00 - 0 % 0 % 100 % missing 44 intervals"
    assert sum(" missing" in line for line in lines[2:]) == 3


def test_a_unit_that_a_spreadsheet_would_take_for_a_formula_is_disarmed(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "formula.yaml"
    path.write_text(PARK.replace("unit: MWh", "unit: '=1+1'"), encoding="utf-8")
    code, text, _ = run(GOOD, TAG, "--csv", *SPAN, "-c", str(path))
    assert code == 0
    assert {line["unit"] for line in csv.DictReader(io.StringIO(text))} == {"'=1+1"}


@pytest.mark.parametrize(
    ("watts", "words"),
    [
        ("1010", "check: power integral 252.5 kWh against 250 kWh over 1 intervals: 1 %"),
        ("40000", "3900 %; more than 2 %: a multiplier of 40 forgotten, or counted twice?"),
        ("-5", "check: power integral 0 kWh against 250 kWh over 1 intervals: -100 %; more than 2 %"),
    ],
)
def test_the_register_is_checked_with_the_integral_of_power(run: Run, watts: str, words: str) -> None:
    stored = rows(("10:00:00.0", "1.0", "good"), ("10:15:00.0", "1.25", "good"))
    for minute in range(16):
        stored += f"2026-11-22T10:{minute:02}:00.0Z,tx1.power_active,{watts},,good\n"
    code, text, _ = run(stored, TAG, "--check", *SPAN)
    assert (code, words in text) == (0, True)
    code, text, _ = run(stored, TAG, "--check", "--json", *SPAN)
    assert json.loads(text)[0]["check"]["register"] == "250.000000"


def test_a_check_without_power_says_so(run: Run) -> None:
    code, text, _ = run(rows(("10:00:00.0", "1.0", "good"), ("10:15:00.0", "1.25", "good")), TAG, "--check", *SPAN)
    assert code == 0
    assert "check: no interval has both a quantity and power without gaps" in text
