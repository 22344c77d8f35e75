"""Whatever a description says, there is a result or a list of mistakes with places: nothing else."""

import json
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.carbon.catalogue import load_catalogue
from gateway.carbon.description import calculate_text
from gateway.carbon.document import result_document, result_lines
from gateway.config.problems import ConfigErrors
from gateway.config.yamltext import normalised
from rules.carbon.catalogue import GWP_SETS, METHANE
from rules.carbon.factor import CALCULATED, Activity
from rules.carbon.units import UNITS

CATALOGUE = load_catalogue()
FACTOR = st.sampled_from(CATALOGUE.factors)
UNIT = st.sampled_from([*UNITS, "tce", "kwh", "", "%", "/", "吨"])
NUMBER = st.one_of(
    st.integers(-2, 10**6).map(str),
    st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=0, max_value=10**6).map(str),
    st.sampled_from(["1e9", "1e99", "0", "-0", "1e-99", ".5", "5.", "nan", "--1", "1/3", "9" * 60]),
)
AMOUNT = st.builds("{} {}".format, NUMBER, UNIT)
RATE = st.builds("{} {}/{}".format, NUMBER, UNIT, UNIT)
DAY = st.sampled_from(
    ["2021-06-30", "2023-06-30", "2025-06-30", "2026-10-31", "0001-01-01", "9999-12-31", "2026-02-30"]
)
NOISE = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(max_size=8), st.lists(st.text(max_size=3), max_size=2)
)


def stated(value: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    full = st.fixed_dictionaries(
        {"value": value}, optional={"source": st.just("lab"), "uncertainty_percent": NUMBER, "id": st.just("x")}
    )
    return st.one_of(full, full, st.builds(lambda one: {"id": one.id}, FACTOR), value, NOISE)


CHOICE = st.fixed_dictionaries(
    {},
    optional={
        "id": FACTOR.map(lambda one: one.id),
        "series": FACTOR.map(lambda one: one.series),
        "sector": st.sampled_from(["energy", "manufacturing", "road", "x"]),
        "region": FACTOR.map(lambda one: one.region),
        "as_of": DAY,
        "reason": st.just("because"),
        "uncertainty_percent": NUMBER,
    },
)
STATEMENTS: dict[Any, st.SearchStrategy[Any]] = {
    "gas": st.sampled_from(["R-410A", "R22", "CH4", "SF6", "CO2", "CO2_biogenic", "none"]),
    "gwp": st.sampled_from([*GWP_SETS, "SAR"]),
    "methane": st.sampled_from([*METHANE, "green"]),
    "factor": st.one_of(CHOICE, NOISE),
    "heating_value": stated(RATE),
    "density": stated(RATE),
    "gross_to_net": stated(NUMBER),
    "reference_conditions": st.sampled_from(["ideal_gas", "none"]),
    "oxidation": stated(NUMBER),
    "content": stated(NUMBER),
    "years": stated(NUMBER),
    "coefficient": stated(RATE),
    "evidence": st.one_of(st.just(["contract"]), NOISE),
    "period": st.one_of(st.fixed_dictionaries({"from": DAY, "to": DAY}), NOISE),
}


@st.composite
def descriptions(draw: st.DrawFn) -> dict[str, Any]:
    """Descriptions near to right ones: the keys of a factor with its unit, then any other statements."""
    factor = draw(FACTOR)
    activity = draw(st.sampled_from([factor.activity, factor.activity, *Activity]))
    unit = factor.per.name if factor.per is not None else "kg"
    amount = st.builds("{} {}".format, NUMBER, st.just(unit))
    said: dict[str, Any] = {
        "activity": activity.value,
        "fuel": factor.fuel,
        "region": factor.region,
        "date": draw(DAY),
        "quantity": draw(st.one_of(amount, amount, AMOUNT)),
    }
    said |= draw(st.fixed_dictionaries({}, optional={key: STATEMENTS[key] for key in ("factor", "gwp", "evidence")}))
    if draw(st.booleans()):
        said |= draw(st.fixed_dictionaries({}, optional=STATEMENTS))
    for key in draw(st.lists(st.sampled_from(sorted(said)), max_size=1)):
        said[key] = draw(NOISE)
    return said


GOOD_NUMBER = st.decimals(min_value=0, max_value=1000, places=3).map(str)
GOOD_UNIT = st.sampled_from(sorted(UNITS))
SHARE = st.sampled_from(["0.9", "98 %", "1", "1.1"])


def sourced(value: st.SearchStrategy[str]) -> st.SearchStrategy[Any]:
    return st.fixed_dictionaries(
        {"value": value, "source": st.just("lab")}, optional={"uncertainty_percent": GOOD_NUMBER}
    )


WELL_FORMED: dict[Any, st.SearchStrategy[Any]] = {
    "gwp": st.sampled_from(GWP_SETS),
    "methane": st.sampled_from(sorted(METHANE)),
    "heating_value": sourced(st.builds("{} {}/{}".format, GOOD_NUMBER, GOOD_UNIT, GOOD_UNIT)),
    "density": sourced(st.sampled_from(["840 kg/m3", "0.7 kg/Nm3", "1 t/L"])),
    "gross_to_net": sourced(SHARE),
    "reference_conditions": st.just("ideal_gas"),
    "oxidation": sourced(SHARE),
    "content": sourced(SHARE),
}


@st.composite
def well_formed(draw: st.DrawFn) -> dict[str, Any]:
    """Descriptions that the models take: what is wrong with them, if anything, only the rules can tell."""
    factor = draw(st.sampled_from([one for one in CATALOGUE.factors if one.activity in CALCULATED]))
    per = factor.per.name if factor.per is not None else "GJ(net)"
    unit = draw(st.one_of(st.just(per), st.just(per), GOOD_UNIT))
    day = factor.valid_from.isoformat() if factor.valid_from else "2026-10-31"
    said: dict[str, Any] = {
        "activity": factor.activity.value,
        "region": factor.region,
        "date": draw(st.one_of(st.just(day), st.just(day), DAY.filter(lambda one: one != "2026-02-30"))),
        "quantity": f"{draw(GOOD_NUMBER)} {unit}",
        "factor": {"id": factor.id, "sector": factor.sectors[0] if factor.sectors else ""},
        "gwp": factor.gwp_set or "AR5",
    }
    if draw(st.booleans()):
        said["factor"]["uncertainty_percent"] = draw(GOOD_NUMBER)
        said["quantity"] = {"value": said["quantity"], "uncertainty_percent": draw(GOOD_NUMBER)}
    if factor.activity is Activity.LEAKAGE:
        said |= {"gas": draw(st.sampled_from(CATALOGUE.refrigerants())), "years": {"value": "1", "source": "log"}}
    if factor.activity is Activity.STANDARD_COAL:
        del said["gwp"]
    for key in draw(st.lists(st.sampled_from(sorted(WELL_FORMED)), max_size=3)):
        said[key] = draw(WELL_FORMED[key])
    return said


def ends_well(text: str) -> bool:
    """True for a result. What is wrong has a place in the file and a message."""
    try:
        result = calculate_text(text, "fuzz.yaml", CATALOGUE)
    except ConfigErrors as errors:
        problems = errors.problems
    else:
        assert result.total is not None or result.coal_kgce is not None
        assert json.loads(json.dumps(result_document(result)))
        assert list(result_lines(result))
        return True
    lines = len(normalised(text).split("\n"))
    assert problems
    assert all(one.file == "fuzz.yaml" and 1 <= one.line <= lines and one.message for one in problems)
    return False


@settings(max_examples=200, deadline=None)
@given(descriptions())
def test_a_description_ends_in_a_result_or_in_mistakes(said: dict[str, Any]) -> None:
    ends_well(yaml.safe_dump(said, allow_unicode=True))


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=200))
def test_any_text_ends_in_mistakes(text: str) -> None:
    assert not ends_well(text)


def test_well_formed_descriptions_end_in_results_and_in_mistakes_of_the_rules() -> None:
    """Both often enough that the test says something."""
    ends: list[bool] = []

    @settings(max_examples=400, deadline=None)
    @given(well_formed())
    def check(said: dict[str, Any]) -> None:
        ends.append(ends_well(yaml.safe_dump(said, allow_unicode=True)))

    check()
    assert ends.count(True) > 20
    assert ends.count(False) > 20
