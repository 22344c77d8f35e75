"""`park-gateway carbon`: what is printed, as text and as JSON, and how it ends."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from gateway.cli.main import app

GOOD = "{activity: stationary_combustion, fuel: diesel, region: CN, date: 2026-10-31, quantity: 1200 kg}\n"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["carbon", *arguments])


def described(folder: Path, text: str) -> str:
    path = folder / "calc.yaml"
    path.write_text(text, encoding="utf-8")
    return str(path)


def test_a_calculation_is_printed_with_working_and_sources(tmp_path: Path) -> None:
    ended = run("calc", described(tmp_path, GOOD))
    assert ended.exit_code == 0
    assert ended.stdout.startswith("3715.091565 kg CO2, scope 1 stationary\n")
    for words in ("GB/T 32151.34-2024", "Annex C.1 (PDF p.26, printed p.18)", "half up", "SHA-256"):
        assert words in ended.stdout


def test_a_calculation_as_json_has_inputs_gases_total_working_and_factors(tmp_path: Path) -> None:
    document = json.loads(run("calc", described(tmp_path, GOOD), "--json").stdout)
    assert document["inputs"]["quantity"] == {"value": "1200 kg"}
    assert document["total"]["gas"] == "CO2"
    assert document["total"]["kg"] == "3715.091565"
    assert [one["id"] for one in document["factors"]] == [
        "cn.fuel.diesel.ncv",
        "cn.fuel.diesel.carbon_content",
        "cn.fuel.diesel.oxidation",
    ]
    assert document["factors"][0]["source"]["place"].startswith("Annex C.1")
    assert len(document["catalogue_sha256"]) == 64


def test_mistakes_end_with_78_and_their_places(tmp_path: Path) -> None:
    path = described(tmp_path, GOOD.replace("CN", "CX").replace("kg", "kgg"))
    ended = run("calc", path)
    assert ended.exit_code == 78
    assert ended.stdout == ""
    assert f"{path}:1:" in ended.stderr
    assert "nothing was calculated" in ended.stderr
    document = json.loads(run("calc", path, "--json").stdout)
    assert not document["ok"]
    assert document["errors"][0]["line"] == 1
    assert "did you mean" in document["errors"][0]["hint"]


def test_factors_are_listed_by_activity_region_and_day() -> None:
    document = json.loads(
        run(
            "factors", "--activity", "purchased_electricity", "--fuel", "grid_average", "--region", "CN-ZJ",
            "--date", "2022-12-31", "--json",
        ).stdout
    )  # fmt: skip
    (factor,) = document["factors"]
    assert (factor["id"], factor["value"], factor["review"]) == ("cn.grid.province.zj.2022", "0.5153", "pending")
    assert (factor["valid_from"], factor["valid_before"]) == ("2022-01-01", "2023-01-01")


def test_factors_are_a_table_for_people() -> None:
    ended = run("factors", "--region", "CN-ZJ")
    assert ended.exit_code == 0
    assert "0.4974 kg CO2/kWh" in ended.stdout
    assert "3 of 632 values" in ended.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["factors", "--region", "CN-ZZ"], 2, "no factor has `CN-ZZ`"),
        (["factors", "--activity", "electricity"], 2, "did you mean `purchased_electricity`?"),
        (["factors", "--date", "2022-13-01"], 2, "2026-10-31"),
        (["factor", "cn.grid.national.2032"], 1, "did you mean `cn.grid.national.202"),
        (["calc"], 2, "FILE"),
        (["calc", "nowhere.yaml"], 78, "cannot read the file"),
    ],
)
def test_wrong_arguments_say_what_is_right(arguments: list[str], code: int, words: str) -> None:
    ended = run(*arguments)
    assert ended.exit_code == code
    assert words in ended.stderr


def test_one_factor_is_shown_with_all_that_is_known() -> None:
    shown = run("factor", "cn.grid.national.2023").stdout
    for words in ("0.5306 kg CO2/kWh", "2023-01-01 to 2023-12-31", "MEE and NBS 2025", "Table 1", "d43b60a3eaad9f3f"):
        assert words in shown
    document = json.loads(run("factor", "ipcc2006.ncv.natural_gas", "--json").stdout)
    assert document["factor"]["low_95"] == "46.5"
