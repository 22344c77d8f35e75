"""What holds for every quantity: twice as much is twice as much, parts add up, and units do not matter."""

from datetime import date
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.carbon.catalogue import load_catalogue
from gateway.carbon.document import result_document
from rules.carbon.calculation import calculate
from rules.carbon.description import Choice, Description, Stated
from rules.carbon.factor import Activity
from rules.carbon.result import Result
from rules.carbon.units import UNITS, converted, units_of

CATALOGUE = load_catalogue()
AMOUNT = st.fractions(min_value=0, max_value=10**9)
DAY = date(2025, 6, 30)
KINDS: dict[str, tuple[Activity, str, str, str, str, Choice]] = {
    "diesel by carbon": (Activity.STATIONARY, "diesel", "CN", "t", "", Choice()),
    "gas by carbon": (Activity.STATIONARY, "natural_gas", "CN", "Nm3", "", Choice()),
    "boiler": (
        Activity.STATIONARY, "natural_gas", "GLOBAL", "GJ(net)", "AR6", Choice(series="ipcc-2006", sector="energy"),
    ),
    "British power": (Activity.ELECTRICITY, "grid_average", "GB", "kWh", "", Choice()),
    "American gas": (Activity.STATIONARY, "natural_gas", "US", "mmBtu(gross)", "AR4", Choice()),
    "lime": (Activity.PROCESS, "caco3", "CN", "t", "", Choice()),
}  # fmt: skip


def run(kind: str, amount: Fraction, unit: str = "") -> Result:
    activity, fuel, region, own, gwp_set, choice = KINDS[kind]
    quantity = Stated(amount, f"{amount} {unit or own}", "", UNITS[unit or own])
    return calculate(
        Description(activity, quantity, region, DAY, DAY, fuel=fuel, gwp_set=gwp_set, choice=choice), CATALOGUE
    )


def figures(result: Result) -> list[Fraction]:
    """Every figure of a result."""
    assert result.total is not None
    lines = [figure for line in result.lines for figure in (line.mass_kg, line.co2e_kg) if figure is not None]
    return [result.total.kg, result.unsplit_co2e_kg or Fraction(0), *lines]


each_kind = pytest.mark.parametrize("kind", KINDS)


@each_kind
@settings(max_examples=25)
@given(AMOUNT, st.fractions(min_value=0, max_value=1000))
def test_a_multiple_of_the_quantity_is_that_multiple_of_every_figure(
    kind: str, amount: Fraction, times: Fraction
) -> None:
    assert figures(run(kind, amount * times)) == [figure * times for figure in figures(run(kind, amount))]


@each_kind
@settings(max_examples=25)
@given(st.lists(AMOUNT, min_size=1, max_size=5))
def test_the_parts_of_a_quantity_add_up_exactly(kind: str, amounts: list[Fraction]) -> None:
    parts = [figures(run(kind, amount)) for amount in amounts]
    assert figures(run(kind, sum(amounts, Fraction(0)))) == [
        sum(column, Fraction(0)) for column in zip(*parts, strict=True)
    ]


@each_kind
@settings(max_examples=25)
@given(AMOUNT, st.data())
def test_the_unit_of_the_quantity_does_not_matter(kind: str, amount: Fraction, data: st.DataObject) -> None:
    own = UNITS[KINDS[kind][3]]
    other = UNITS[data.draw(st.sampled_from(units_of(own.dimension)))]
    assert figures(run(kind, converted(amount, own, other), other.name)) == figures(run(kind, amount))


@each_kind
def test_the_same_description_gives_the_same_document(kind: str) -> None:
    assert result_document(run(kind, Fraction(7, 3))) == result_document(run(kind, Fraction(7, 3)))
