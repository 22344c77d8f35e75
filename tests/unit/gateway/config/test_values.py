"""YAML's traps are read as people mean them, and quantities are exact."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from gateway.config.models import PointModel
from gateway.config.nodes import Scalar
from gateway.config.problems import Mark
from gateway.config.types import ByteSize, Duration, Power

HERE = Mark("park.yaml", 1, 1)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("NO", "NO"),
        ("yes", "yes"),
        ("on", "on"),
        ("012", "012"),
        ("22:22", "22:22"),
        ("1_000", "1_000"),
        ("2024-01-01", "2024-01-01"),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("1e3", 1000.0),
        ("-4", -4),
        ("+4", 4),
        ("0", 0),
        ("0x5B00", 0x5B00),
        (".5", 0.5),
        ("5.", 5.0),
        ("1e999", "1e999"),
        ("9" * 5000, "9" * 5000),
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("-", "-"),
        (".", "."),
    ],
)
def test_an_unquoted_text_means_what_people_mean(text, value) -> None:
    found = Scalar(text, HERE).value()
    assert found == value
    assert type(found) is type(value)


@given(st.text())
def test_a_quoted_text_is_itself(text) -> None:
    assert Scalar(text, HERE, is_quoted=True).value() == text


@given(st.integers(min_value=-(10**38), max_value=10**38))
def test_a_whole_number_is_exact(number) -> None:
    assert Scalar(str(number), HERE).value() == number


def test_a_number_where_text_is_wanted_is_the_text_as_written(load_text, minimal) -> None:
    text = minimal + (
        "devices: [{id: 012, name: 1e3, enterprise: acme, kind: 22, connection: line, phase: 0x10,"
        " points: {1: {address: 1, unit: 5}}, groups: {g: 1 s}}]"
    )
    plan = load_text(text).plan
    device = plan.devices[0]
    assert (device.id, device.names.en, device.kind) == ("012", "1e3", "22")
    (line,) = plan.connections
    assert line.devices[0].address.phase == "0x10"
    assert line.devices[0].groups[0].points[0].unit == "5"


def test_leading_zeros_are_never_octal_where_a_number_is_wanted(load_text, minimal) -> None:
    text = minimal + "devices: [{id: m, enterprise: acme, profile: meter, connection: line, unit: 012}]"
    assert load_text(text).plan.connections[0].devices[0].address.unit == 12


def test_an_exponent_is_a_number_where_a_number_is_wanted(load_text) -> None:
    text = (
        "site: {id: p}\nenterprises: [{id: a}]\nconnections: {l: {driver: bus, host: h, port: 1e3}}\n"
        "devices: [{id: d, enterprise: a, kind: k, connection: l, groups: {g: 1 s}, points: {p: {address: 0x1F}}}]"
    )
    (line,) = load_text(text).plan.connections
    assert line.options.port == 1000
    assert line.devices[0].groups[0].addresses[0].address == 31


NUMBERS = st.decimals(min_value=0, max_value=10**9, places=6, allow_nan=False, allow_infinity=False)


@given(NUMBERS, st.sampled_from([("ms", "0.001"), ("s", "1"), ("min", "60"), ("h", "3600"), ("d", "86400")]))
def test_a_duration_is_the_nearest_float_to_what_is_written(number, unit) -> None:
    assert TypeAdapter(Duration).validate_python(f"{number} {unit[0]}") == float(number * Decimal(unit[1]))


@given(
    st.integers(min_value=0, max_value=10**12),
    st.sampled_from([("B", 1), ("kB", 1000), ("MiB", 2**20), ("GiB", 2**30)]),
)
def test_a_size_is_exact(number, unit) -> None:
    assert TypeAdapter(ByteSize).validate_python(f"{number}{unit[0]}") == number * unit[1]


def test_a_broken_size_does_not_lose_a_byte_to_rounding() -> None:
    assert TypeAdapter(ByteSize).validate_python("1.001 kB") == 1001


@given(NUMBERS)
def test_a_power_is_in_kilowatts(number) -> None:
    assert TypeAdapter(Power).validate_python(f"{number} MW") == float(number * 1000)


@pytest.mark.parametrize("kind", [Duration, ByteSize, Power])
@given(value=st.one_of(st.text(), st.integers(), st.floats(), st.none(), st.booleans()))
def test_what_is_no_quantity_is_refused_with_the_known_units(kind, value) -> None:
    hint, found = "", -1.0
    try:
        found = TypeAdapter(kind).validate_python(value)
    except ValidationError as error:
        hint = error.errors()[0]["ctx"]["error"].hint
    assert "units:" in hint or (isinstance(value, str) and found >= 0)


@given(st.decimals(min_value=Decimal("1e-9"), max_value=10**8, places=9, allow_nan=False, allow_infinity=False))
def test_a_decimal_scale_is_exact_over_a_power_of_ten(number) -> None:
    multiplier, divisor = PointModel(scale=str(number)).scale
    assert Fraction(multiplier, divisor) == Fraction(number)
    assert set(str(divisor)) <= {"1", "0"}


@given(st.integers(min_value=-(10**17), max_value=10**17).filter(bool), st.integers(min_value=1, max_value=10**17))
def test_a_ratio_is_taken_as_written(multiplier, divisor) -> None:
    assert PointModel(scale=f"{multiplier}/{divisor}").scale == (multiplier, divisor)


def test_a_scale_in_the_file_never_passes_through_a_float(load_text, minimal) -> None:
    text = minimal + (
        "devices: [{id: d, enterprise: acme, kind: k, connection: line, groups: {g: 1 s}, points: {"
        "a: {address: 1, scale: 0.1000000000000000}, b: {address: 2, scale: 1.23456789012345678}}}]"
    )
    (group,) = load_text(text).plan.connections[0].devices[0].groups
    assert [(p.multiplier, p.divisor) for p in group.points] == [(1, 10), (123456789012345678, 10**17)]


@given(st.text(max_size=60))
def test_any_scale_is_taken_or_refused_with_a_hint(text) -> None:
    hint, scale = "", (0, 0)
    try:
        scale = PointModel(scale=text).scale
    except ValidationError as error:
        hint = error.errors()[0]["ctx"]["error"].hint
    assert hint or (scale[0] != 0 and scale[1] > 0)


def test_an_interval_that_no_clock_can_keep_is_refused(refuse_text, minimal) -> None:
    (problem,) = refuse_text(minimal.replace("fast: 1 s", "fast: 1 ns"))
    assert "must be at least 1 ms, found `1 ns`" in problem
