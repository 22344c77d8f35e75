"""What a description may not combine, and tables with columns or sources that are wrong."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest

from gateway.carbon.catalogue import load_catalogue
from gateway.config.problems import ConfigErrors
from rules.carbon.calculation import calculate
from rules.carbon.catalogue import Catalogue
from rules.carbon.description import Description, Stated
from rules.carbon.errors import CalculationError
from rules.carbon.factor import Activity
from rules.carbon.units import UNITS

Mistakes = Callable[[str], list[str]]
DAY = date(2026, 10, 31)
COAL = {"activity": "standard_coal", "region": "CN", "date": "2026-10-31", "quantity": "10 MWh"}
BURNT = {"activity": "stationary_combustion", "region": "GB", "date": "2025-10-31", "fuel": "natural_gas"}
HEADER = "id,activity,fuel,region,series,gas,value,unit,per,review,source,place"
ROW = "a,process,lime,CN,s,CO2,0.44,t,t,reviewed,doc,p. 1"


def text(said: dict[str, object]) -> str:
    return json.dumps(said)


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({**COAL, "coefficient": {"value": "0.3 kg/kWh", "source": "x"}}, "leads to no coal equivalent"),
        ({**COAL, "coefficient": {"value": "1 tce(primary)/tce(calorific)", "source": "x"}}, "per coal equivalent"),
        ({**COAL, "coefficient": {"value": "0.3 kgce(primary)/kg", "source": "x"}}, "does not fit"),
        ({**COAL, "coefficient": {"value": "0.3 kgce(primary)/kWh"}}, "needs its `source`"),
        (
            {
                **COAL,
                "coefficient": {"value": "0.3 kgce(primary)/kWh", "source": "x"},
                "factor": {"series": "gbt-2589"},
            },
            "a coefficient is stated already",
        ),
        ({**BURNT, "quantity": "1 t", "density": {"value": "840 GJ(net)/t", "source": "x"}}, "is no density"),
        (
            {
                **BURNT,
                "quantity": "1 t",
                "density": {"value": "0.8 kg/m3", "source": "x"},
                "heating_value": {"value": "50 GJ(gross)/t", "source": "x"},
            },
            "can be reached",
        ),
        (
            {
                **BURNT,
                "region": "GLOBAL",
                "quantity": "1 TJ(net)",
                "factor": {"id": "ipcc2006.stationary.natural_gas.energy.ch4", "sector": "commercial"},
            },
            "is for `energy`",
        ),
        (
            {**COAL, "activity": "fugitive", "quantity": "1 kg", "gas": "CH4", "gwp": "AR4", "methane": "fossil"},
            "AR4 has no GWP for CH4 (fossil)",
        ),
    ],
)
def test_what_does_not_go_together_is_refused(mistakes: Mistakes, said: dict[str, object], words: str) -> None:
    (line,) = mistakes(text(said))
    assert words in line


def test_what_is_no_activity_is_refused_by_the_rules_too(catalogue: Catalogue) -> None:
    quantity = Stated(Fraction(1), "1 kg", "", UNITS["kg"])
    for activity in (Activity.GWP, Activity.BLEND, Activity.PROPERTY):
        with pytest.raises(CalculationError, match="not an activity that emits"):
            calculate(Description(activity, quantity, "CN", DAY, DAY), catalogue)
    unitless = Description(Activity.PROCESS, replace(quantity, unit=None), "CN", DAY, DAY, fuel="caco3")
    with pytest.raises(CalculationError, match="has no unit"):
        calculate(unitless, catalogue)


@pytest.mark.parametrize(
    ("table", "sources", "words"),
    [
        (f"{HEADER},colour\n{ROW},red\n", "doc,D,P\n", "factors.csv:1:13: unknown column `colour`"),
        (f"{HEADER}\n{ROW}\n", "doc,D,P\ndoc,E,P\n", "source `doc` stands here a second time"),
        (f"{HEADER.replace('gas,', '')}\n{ROW}\n", "doc,D,P\n", "the table has no column `gas`"),
        ("", "doc,D,P\n", "the table is empty"),
    ],
)
def test_tables_with_wrong_columns_are_refused(
    tmp_path: Path, seal: Callable[[Path], None], table: str, sources: str, words: str
) -> None:
    (tmp_path / "factors.csv").write_text(table, encoding="utf-8")
    (tmp_path / "sources.csv").write_text(f"id,title,publisher\n{sources}", encoding="utf-8")
    seal(tmp_path)
    with pytest.raises(ConfigErrors) as caught:
        load_catalogue(tmp_path)
    assert any(words in str(problem) for problem in caught.value.problems)
