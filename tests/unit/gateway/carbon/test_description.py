"""Descriptions: every mistake in its place and all at once, exact numbers, YAML and JSON alike, no silent fallback."""

import json
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest

from gateway.carbon.description import MAX_BYTES, calculate_file, calculate_text
from gateway.carbon.document import result_document
from gateway.config.problems import ConfigErrors
from rules.carbon.catalogue import Catalogue
from rules.carbon.result import Result

Calculate = Callable[[str], Result]
Mistakes = Callable[[str], list[str]]
GOOD = {
    "activity": "stationary_combustion",
    "fuel": "diesel",
    "region": "CN",
    "date": "2026-10-31",
    "quantity": "1200 kg",
}


def but(**changes: object) -> str:
    """A good description with some keys changed; `None` leaves one out."""
    said = {key: value for key, value in {**GOOD, **changes}.items() if value is not None}
    return "".join(f"{key}: {json.dumps(value, ensure_ascii=False)}\n" for key, value in said.items())


def power(**changes: object) -> str:
    said = {"fuel": "grid_average", "region": "CN-ZJ", "quantity": "1 kWh", **changes}
    return but(activity="purchased_electricity", **said)


def boiler(**changes: object) -> str:
    said = {"fuel": "natural_gas", "region": "GLOBAL", "quantity": "1 TJ(net)", "gwp": "AR6", **changes}
    return but(**said)


def test_every_mistake_is_told_at_once_and_in_its_place(mistakes: Mistakes) -> None:
    text = (
        "activity: stationary_combusting\n"
        "fuel: diesel\n"
        "regoin: CN\n"
        "date: 2026-02-30\n"
        "quantity:\n"
        "  value: 1200 kgs\n"
        "  uncertainty_percent: -3\n"
        "heating_value: {value: 42.8 GJ(net)/t}\n"
        "oxidation: {value: 98 kg, source: x}\n"
    )
    assert mistakes(text) == [
        "calc.yaml:1:11: unknown activity, found `stationary_combusting` (did you mean `stationary_combustion`?)",
        "calc.yaml:3:1: unknown key `regoin` (did you mean `region`?)",
        "calc.yaml:4:7: not a day, found `2026-02-30` (write for example `2026-10-31`)",
        "calc.yaml:6:10: unknown unit `kgs`, found `1200 kgs` (did you mean `kg`?)",
        "calc.yaml:7:24: expected a number that is not negative, without a unit, found `-3` (write for example `2.5`)",
        "calc.yaml:8:16: a stated value needs its `source` (a laboratory report, a delivery note, a standard)",
        "calc.yaml:9:20: `kg` is no unit for a share, found `98 kg` (write for example `98 %`)",
    ]


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        (but(quantity="1200"), "5:11", ["has no unit", "1200 kWh"]),
        (but(quantity="12 00 kg"), "5:11", ["unknown unit `00 kg`"]),
        (but(quantity="1200 tce"), "5:11", ["two things", "当量值"]),
        (but(quantity="-3 kg"), "5:11", ["negative", "entries of their own"]),
        (but(date=None), "1:1", ["one of `date` and `period`"]),
        (but(period={"from": "2026-01-01", "to": "2026-12-31"}), "4:7", ["one of `date` and `period`"]),
        (but(date=None, period={"from": "2026-02-01", "to": "2026-01-31"}), "5:1", ["ends before it begins"]),
        (but(fuel=None), "1:1", ["fuel: is missing"]),
        (but(fuel="diesl"), "2:7", ["no factor for stationary_combustion of `diesl`", "`diesel`"]),
        (but(region="CN-ZJ"), "3:9", ["in `CN-ZJ`", "`CN`"]),
        (but(quantity="1200 L"), "5:11", ["`t`", "heating_value", "cn.fuel.diesel.ncv"]),
        (but(quantity="1 GJ(gross)"), "5:11", ["gross_to_net"]),
        (but(fuel="natural_gas", quantity="1 m3(20C)"), "5:11", ["reference_conditions: ideal_gas"]),
        (but(fuel="natural_gas", quantity="1 m3"), "5:11", ["volume", "Nm3"]),
        (but(years={"value": "1", "source": "x"}), "6:1", ["has no meaning for stationary_combustion"]),
        (but(gas="R-22"), "6:6", ["has no meaning"]),
        (but(density={"value": "840 kg/m3", "source": "note"}), "6:1", ["is not needed"]),
        (but(oxidation={"value": "1.2", "source": "x"}), "6:22", ["at most 1"]),
        (but(heating_value={"value": "42.8 GJ/t", "source": "x"}), "6:26", ["no heating value", "GJ(net)/t"]),
        (but(heating_value={"id": "ipcc2006.ncv.gas_diesel_oi"}), "6:23", ["ipcc2006.ncv.gas_diesel_oil"]),
        (but(heating_value={}), "6:16", ["needs"]),
        (but(factor={"id": "cn.fuel.lpg.ncv"}), "2:7", ["is for fuel `lpg`, not `diesel`"]),
        (but(factor={"id": "cn.fuel.nothing"}), "6:16", ["no factor `cn.fuel.nothing`"]),
        (but(factor={"as_of": "2020-01-01"}), "6:1", ["needs a reason"]),
        (but(factor={"series": "ipcc-2006"}), "6:20", ["no factor for `diesel` of series", "gbt-32151.34"]),
        (but(factor={"sector": "energy"}), "6:20", ["every sector"]),
        (power(), "4:7", ["2023-01-01 to 2023-12-31", "as_of"]),
        (power(factor={"as_of": "2024-01-01", "reason": "x"}), "6:19", ["no factor is valid on 2024-01-01"]),
        (power(date="2022-07-01", factor={"id": "cn.grid.province.zj.2021"}), "6:16", ["cn.grid.province.zj.2022"]),
        (
            power(date=None, period={"from": "2022-12-01", "to": "2023-01-31"}),
            "5:1",
            ["all of 2022-12-01 to 2023-01-31", "apart"],
        ),
        (power(gwp="AR7"), "6:6", ["no GWP set `AR7`"]),
        (boiler(), "1:1", ["differ by sector", "`manufacturing`"]),
        (boiler(region="FR"), "3:9", ["`GLOBAL`", "reason"]),
        (boiler(factor={"sector": "energy"}), "7:1", ["2 series", "`ipcc-2006-carbon`"]),
        (boiler(gwp=None, factor={"sector": "energy", "series": "ipcc-2006"}), "1:1", ["which GWP set for"]),
        (boiler(methane="fossil"), "7:10", ["not for methane from combustion"]),
        (boiler(methane="green"), "7:10", ["unknown", "`non_fossil`"]),
        (
            boiler(quantity="1 t", factor={"sector": "energy", "series": "ipcc-2006"}),
            "5:11",
            ["heating_value", "TJ(net)"],
        ),
        (but(activity="standard_coal", fuel="electricity", quantity="1 t"), "5:11", ["electricity or heat"]),
        (but(activity="standard_coal", fuel="electricity", quantity="1 GJ(net)"), "5:11", ["electricity or heat"]),
    ],
)
def test_a_mistake_names_its_place_and_what_there_is_instead(
    mistakes: Mistakes, text: str, place: str, words: list[str]
) -> None:
    first = mistakes(text)[0]
    assert first.startswith(f"calc.yaml:{place}: "), first
    for word in words:
        assert word in first


def test_a_british_total_refuses_another_gwp_set(mistakes: Mistakes) -> None:
    (line,) = mistakes(power(region="GB", date="2025-01-01", gwp="AR6"))
    assert "in CO2e with the GWPs of AR5, not AR6" in line


def test_a_factor_that_contains_its_oxidation_takes_no_other(mistakes: Mistakes) -> None:
    text = but(
        activity="mobile_combustion", fuel="diesel", region="US", quantity="10 USgal",
        oxidation={"value": "0.99", "source": "x"},
    )  # fmt: skip
    (line,) = mistakes(text)
    assert "the factor contains it already" in line


def test_a_zero_factor_needs_evidence(calc: Calculate, mistakes: Mistakes) -> None:
    zero = {"activity": "purchased_electricity", "fuel": "non_fossil_with_evidence", "quantity": "5 MWh"}
    assert "evidence" in mistakes(but(**zero))[0]
    result = calc(but(**zero, evidence=["contract 7", "settlement 2026-10"]))
    assert result.total is not None
    assert result.total.kg == 0
    assert result_document(result)["inputs"]["evidence"] == ["contract 7", "settlement 2026-10"]


def test_an_escaped_gas_is_a_mass_and_takes_no_factor(mistakes: Mistakes) -> None:
    escaped = {"activity": "fugitive", "fuel": None, "gas": "SF6", "gwp": "AR6"}
    assert "is not a mass" in mistakes(but(**escaped, quantity="1 L"))[0]
    assert "no gas or blend `R-999`" in mistakes(but(**{**escaped, "gas": "R-999"}))[0]
    assert "needs no factor" in mistakes(but(**escaped, factor={"series": "x"}))[0]


def test_numbers_are_taken_as_they_are_written(calc: Calculate) -> None:
    exact = calc(but(quantity="0.1000000000000000055511151231257827 t"))
    assert exact.description.quantity.value == Fraction("0.1000000000000000055511151231257827")
    plain = calc("{activity: refrigerant_leakage, fuel: chillers, gas: R-32, region: US, date: 2026-01-01, gwp: AR6,"
                 " quantity: 1 kg, years: {value: 0.1, source: log}}")  # fmt: skip
    assert plain.description.years is not None
    assert plain.description.years.value == Fraction(1, 10)


def test_json_and_yaml_give_the_same(catalogue: Catalogue, calc: Calculate) -> None:
    text = json.dumps(GOOD, indent="\t")
    assert result_document(calculate_text(text, "x.json", catalogue)) == result_document(calc(but()))


def test_every_number_of_a_document_is_text(calc: Calculate) -> None:
    def numbers(node: object) -> list[object]:
        if isinstance(node, dict):
            return [one for value in node.values() for one in numbers(value)]
        if isinstance(node, list):
            return [one for value in node for one in numbers(value)]
        return [node] if isinstance(node, int | float) else []

    document = result_document(calc(boiler(factor={"sector": "energy", "series": "ipcc-2006"})))
    assert numbers(document) == []
    assert document["total"]["exact_kg"] == "56155.2"  # 56100 + 27.9 + 0.1 x 273
    assert {one["id"] for one in document["factors"]} > {"gwp100.ar6.ch4", "gwp100.ar6.n2o"}
    assert json.loads(json.dumps(document)) == document


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "describes nothing"),
        (b"# nothing\n", "describes nothing"),
        (b"- a\n- b\n", "expected keys with values"),
        (b"a: b: c", "not readable as YAML"),
        (b"activity: \xff\xfe", "not UTF-8"),
        (b"a" * (MAX_BYTES + 1), "larger than 1 MiB"),
        (b"a: &x 1\n", "anchor"),
        (b"activity: ${HOME}\n", "unknown activity"),
    ],
)
def test_a_file_that_is_no_description_says_so(catalogue: Catalogue, tmp_path: Path, data: bytes, words: str) -> None:
    path = tmp_path / "calc.yaml"
    path.write_bytes(data)
    with pytest.raises(ConfigErrors) as caught:
        calculate_file(path, catalogue)
    assert any(words in str(problem) and str(problem).startswith(f"{path}:") for problem in caught.value.problems)


def test_a_file_that_is_not_there_says_so(catalogue: Catalogue, tmp_path: Path) -> None:
    for path in (tmp_path / "none.yaml", tmp_path, Path("\0")):
        with pytest.raises(ConfigErrors, match="cannot read the file"):
            calculate_file(path, catalogue)
