"""Units of products, quotients and rates: what keeps its unit is checked and converted as without the factor."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.expression.program import ExpressionError
from tests.unit.rules.expression.points import Run, compiled


def refusal(text: str, **more: object) -> ExpressionError:
    with pytest.raises(ExpressionError) as caught:
        compiled(text, **more)
    return caught.value


@pytest.mark.parametrize(
    ("text", "column", "units"),
    [
        ("power_active * 2 > 1 V", 18, "`V` and `kW`"),
        ("power_active > 1 V * 2", 14, "`V` and `kW`"),
        ("2 * power_active > voltage_a", 18, "`V` and `kW`"),
        ("(power_active + power_active) / 2 > 1 V", 35, "`V` and `kW`"),
        ("80 % * power_active > 1 V", 21, "`V` and `kW`"),
        ("soc * power_active > 1 V", 20, "`V` and `kW`"),
        ("power_active / soc > 1 V", 20, "`V` and `kW`"),
        ("power_active / 80 % > 1 V", 21, "`V` and `kW`"),
        ("power_active * (tx2.power_active / power_total) > 1 V", 49, "`V` and `kW`"),
        ("power_active / tx2.power_active * voltage_a > 1 A", 45, "`A` and `V`"),
        ("power_active % 2 kW > 1 V", 21, "`V` and `kW`"),
        ("power_active * (2 if on else 3) > 1 V", 33, "`V` and `kW`"),
        ("power_active * hour() > 1 V", 23, "`V` and `kW`"),
        ("demand(power_active, 15 min) * 1.1 > 5 A", 36, "`A` and `kW`"),
        ("avg(power_active * 2, 15 min) > 5 A", 31, "`A` and `kW`"),
        ("abs(-power_active * 2) > 5 A", 24, "`A` and `kW`"),
        ("max(power_active * 2, 3) / 2 > 5 A", 30, "`A` and `kW`"),
        ("1 < 2 * power_active < 5 A", 3, "`A` and `kW`"),
        ("power_active * 2 + 3 A > 5", 18, "`A` and `kW`"),
        ("odd * 2 > 5 V", 9, "`V` and `furlong`"),
        ("duration(on) / 60 > 5 V", 19, "`V` and `s`"),
        ("100 % * hour() > 5 V", 16, "`V` and `%`"),
        ("power_active > 100 % * 1 V", 14, "`V` and `kW`"),
        ("rate(energy_import, 15 min) > 3 °C", 29, "`°C` and `kWh/s`"),
        ("rate(energy_import) * 2 > 3 kWh", 25, "`kWh` and `kWh/s`"),
        ("rate(gas, 15 min) > 3 kW", 19, "`kW` and `m³/s`"),
        ("rate(temperature, 15 min) > 3 °C", 27, "`°C` and `°C/s`"),
        ("rate(soc, 15 min) > 3 %", 19, "`%` and `%/s`"),
        ("rate(rate(energy_import)) > 3 kW", 27, "`kW` and `kWh/s/s`"),
        ("rate(power_active / power_total) > 3 %", 34, "`%` and `1/s`"),
        ("rate(odd, 15 min) > 3 `furlong`", 19, "`furlong` and `furlong/s`"),
    ],
)
def test_a_factor_or_a_rate_does_not_switch_the_check_off(text: str, column: int, units: str) -> None:
    error = refusal(text)
    assert (error.line, error.column) == (1, column)
    assert f"{units} do not go together" in error.message
    assert error.hint


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("power_active * 2", "V"),
        ("power_active / 3", "V"),
        ("80 % * power_active", "V"),
        ("rate(energy_import, 5 min)", "kWh"),
        ("rate(temperature, 5 min)", "°C"),
    ],
)
def test_a_derived_point_has_the_unit_of_its_product(text: str, unit: str) -> None:
    error = refusal(text, unit=unit)
    assert "do not go together" in error.message
    assert (error.line, error.column) > (0, 0)
    assert error.hint


UNITS = ("W", "kW", "V", "A", "°C", "%", "kWh", "m3/h", "s", "furlong")
POINTS = ("power_active", "voltage_a", "temperature", "energy_import", "gas", "odd")
FORMS = ("{} * 2", "3 * {}", "{} / 7", "80 % * {}", "{} * soc", "{} / soc", "-{}", "({} + {})", "abs({})", "{} * -0.5")


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(POINTS), st.sampled_from(UNITS), st.lists(st.sampled_from(FORMS), max_size=4), st.booleans())
def test_what_is_refused_without_factors_is_refused_with_them(
    point: str, unit: str, forms: list[str], is_flipped: bool
) -> None:
    side = point
    for form in forms:
        side = f"({form.replace('{}', side)})"
    assert is_refused(side, unit, is_flipped=is_flipped) == is_refused(point, unit, is_flipped=is_flipped)


def is_refused(side: str, unit: str, *, is_flipped: bool) -> bool:
    sides = (f"5 `{unit}`", side) if is_flipped else (side, f"5 `{unit}`")
    try:
        compiled(" > ".join(sides))
    except ExpressionError as error:
        if "do not go together" not in error.message and "no unit is called" not in error.message:
            raise
        return True
    return False


@pytest.mark.parametrize(
    ("text", "column", "factor", "instead"),
    [
        ("(power_total / 1000) > 5 kW", 22, "/ 1000", "(write `tx1.power_total > 5 kW`)"),  # as in the reference
        ("power_total / 1000 > 5 kW", 20, "/ 1000", "(write `tx1.power_total > 5 kW`)"),
        ("5 kW <= power_total * 0.001", 6, "/ 1000", "(write `5 kW <= tx1.power_total`)"),
        ("power_total / 1e3 > 5 MW", 19, "/ 1000", "(write `tx1.power_total > 5 MW`)"),
        ("power_total / 1e6 > 5 kW", 19, "/ 1000000", "(write `tx1.power_total > 5 kW`)"),
        ("1000 * power_active > 5000 W", 21, "* 1000", "(write `tx1.power_active > 5000 W`)"),
        ("power_active * 1e-3 > 5 MW", 21, "/ 1000", "(write `tx1.power_active > 5 MW`)"),
        ("power_total / 1000 * 2 > 5 kW", 24, "/ 1000", "(write `tx1.power_total > 5 kW`)"),
        ("power_total / 10 / 100 > 5 kW", 24, "/ 1000", "(write `tx1.power_total > 5 kW`)"),
        ("(power_total + power_total) / 2 / 1000 > 5 kW", 40, "/ 1000", "write `tx1.power_total + tx1.power_total >"),
        ("power_total / 1000 + power_total / 1000 > 5 kW", 41, "/ 1000", ""),
        ("power_total / 1000 + power_active > 5", 20, "/ 1000", ""),
        ("power_total / 1000 > power_active", 20, "/ 1000", "(write `tx1.power_total > tx1.power_active`)"),
        ("power_total / 1000 / 800 kW > 0.5", 20, "/ 1000", ""),
        ("avg(power_total / 1000, 5 min) > 5 kW", 32, "/ 1000", ""),
        ("demand(power_total, 15 min) / 1000 > 5 kW", 36, "/ 1000", "> 5 kW`)"),
        ("1 < power_total / 1000 < 5 kW", 3, "/ 1000", ""),
        ("power_total * -0.001 > 5 kW", 22, "/ -1000", ""),
        ("power_total / -1000 > 5 kW", 21, "/ -1000", ""),
        ("rate(energy_import) * 3600 > 5 kW", 28, "* 3600", "(write `rate(tx1.energy_import) > 5 kW`)"),
        ("age(a) / 60 > 5 min", 13, "/ 60", "(write `age(tx1.a) > 5 min`)"),
        ("power_active / power_total * 100 > 95 %", 34, "* 100", "(write `tx1.power_active / tx1.power_total > 95 %`)"),
        ("power_active * 100 / power_total > 95 %", 34, "* 100", ""),
        ("soc / 100 > 50 %", 11, "/ 100", "(write `tx1.soc > 50 %`)"),
    ],
)
def test_a_conversion_by_hand_is_refused(text: str, column: int, factor: str, instead: str) -> None:
    error = refusal(text)
    assert (error.line, error.column) == (1, column)
    assert f"`{factor}` leaves the number in" in error.message
    assert f"units are converted by themselves: leave out `{factor}`" in error.hint
    assert instead in error.hint


def test_a_conversion_by_hand_is_refused_in_a_derived_point() -> None:
    assert "converted by themselves" in refusal("power_total / 1000", unit="kW").hint
    assert "converted by themselves" in refusal("power_active / power_total * 100", unit="%").hint


@pytest.mark.parametrize(
    "text",
    [
        "soc / 100 * power_active > 5 kW",
        "power_active * soc / 100 > 5",
        "power_active * (soc * 0.01) > 5",
        "power_active * (1 - soc / 100) > 5",
        "power_active / (soc / 100) > 5",
        "soc * soc / 100 > 5",
    ],
)
def test_a_percentage_is_not_divided_by_100_as_well(text: str) -> None:
    error = refusal(text)
    assert "a percentage is converted by itself" in error.message
    assert "leave out `" in error.hint


@pytest.mark.parametrize(
    "text",
    [
        "power_total / 1000 > 5",
        "power_total / 1000 > 5 W",
        "power_total / 1000 > power_total / 2000",
        "power_total * 40 > 5 kW",
        "power_total > 5 kW / 1000",
        "1000 * 5 W < power_active",
        "(voltage_a + voltage_b) / 2 > 0.23 kV",
        "power_total * 1 > 5 kW",
        "power_total * -1 > 5 kW",
        "power_total * 2 * -0.5 > 5 kW",
        "power_total / 1000 * voltage_a > 5 kW",
        "power_active * 100 / n > 5 MW",
        "soc / 100 > 0.5",
        "soc / 100 > prev(soc) / 100",
        "temperature / 1000 > 5 K",
        "power_active / 0 > 1 kW",
        "power_active * 0 > 1 W",
    ],
)
def test_a_factor_that_is_meant_passes(text: str) -> None:
    assert compiled(text).inputs


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("power_active / max(a, 0.05)", "kVA"),
        ("power_active * a", "CNY"),
        ("power_active * voltage_a", "kVA2"),
        ("power_active * voltage_a * 2", "V"),
        ("energy_import / gas", "kWh/m3"),
        ("energy_import / gas * 100 %", "V"),
        ("5 kW / power_active * odd", "furlong"),
        ("a / power_active", "V"),
        ("1000 / power_active", "V"),
        ("rate(a)", "V"),
        ("n * 5 kW", "kWh"),
        ("sigma(power_active, 1 h) * 2", "V"),
        ("max(power_active * voltage_a, 5 kW)", "kW"),
    ],
)
def test_a_product_of_which_nothing_is_known_is_taken_as_it_comes(text: str, unit: str) -> None:
    assert compiled(text, unit=unit).unit == unit


@pytest.mark.parametrize(
    ("text", "unit", "value"),
    [
        ("power_active * 2", "W", 5000.0),
        ("soc * power_active", "W", 1000.0),
        ("power_active * soc", None, 1.0),
        ("power_active / soc", None, 6.25),
        ("soc * soc", "%", 16.0),
        ("(100 % - soc) * power_active", None, 1.5),
        ("power_active * (soc / 80 %)", None, 1.25),
        ("soc * a", None, 280.0),
        ("power_active * (2 if a > 1 else 3)", "W", 5000.0),
        ("a * 5 kW", "W", 35000.0),
        ("2 * 100 %", None, 2.0),
        ("power_active * 2 % 3 kW", "W", 2000.0),
        ("power_active + 1000 * 100 %", None, 1002.5),
    ],
)
def test_a_product_comes_in_the_unit_it_kept(text: str, unit: str | None, value: float) -> None:
    values = {"power_active": 2.5, "soc": 40.0, "a": 7.0}
    run = Run(text, unit=unit)
    names = [point.tag.removeprefix("tx1.") for point in run.expression.inputs]
    assert run.push(**{name: values[name] for name in names}).value == pytest.approx(value)


@pytest.mark.parametrize(
    ("point", "unit", "before", "after", "expected"),
    [
        ("energy_import", "kW", 100.0, 102.0, 4.0),
        ("energy_import", "kWh/h", 100.0, 102.0, 4.0),
        ("energy_reactive", "kvar", 100.0, 102.0, 4.0),
        ("gas", "m3/h", 100.0, 102.0, 4.0),
        ("temperature", "°C/h", 10.0, 12.0, 4.0),
        ("temperature", "K/min", 10.0, 12.0, 4 / 60),
        ("temperature_out", "K/h", 10.0, 19.0, 10.0),
        ("power_active", "W/s", 10.0, 12.0, 2000 / 1800),
        ("soc", "%/h", 10.0, 12.0, 4.0),
        ("odd", "furlong/s", 10.0, 1810.0, 1.0),
    ],
)
def test_a_rate_comes_in_every_unit_of_its_own(
    point: str, unit: str, before: float, after: float, expected: float
) -> None:
    run = Run(f"rate({point}, 1 h)", unit=unit).push(**{point: before})
    assert run.after(1800).push(**{point: after}).value == pytest.approx(expected)


def test_a_unit_per_time_takes_no_function_away() -> None:
    assert compiled("energy_import / 10 kWh/min(a, b) > 3").inputs
    assert compiled("soc > 50 %/max(a, b)").inputs
