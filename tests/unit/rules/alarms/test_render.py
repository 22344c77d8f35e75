"""Numbers in what people read about an alarm: as many digits as they mean, and the limit as it was written."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.alarms.render import Language, aftermath, measured_text, number_text, value_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (11.3324, "11.33"),
        (9.74738, "9.747"),
        (0.0123456, "0.01235"),
        (833.456, "833.5"),
        (12345.67, "12346"),
        (1234567.8, "1234568"),
        (9999.96, "10000"),
        (-11.3324, "-11.33"),
        (800.0, "800"),
        (0.0, "0"),
        (123456789, "123456789"),
    ],
)
def test_a_measured_value_has_four_digits_and_every_one_before_the_point(value: float, text: str) -> None:
    assert measured_text(value) == text
    assert value_text(value, None, Language.ZH) == text


def test_a_value_just_over_its_limit_does_not_read_like_the_limit() -> None:
    assert measured_text(10.0004, 10.0) == "10.0004"
    assert measured_text(10.0, 10.0) == "10"
    assert measured_text(11.3324, 10.0) == "11.33"


@pytest.mark.parametrize(
    ("value", "limit", "text"),
    [
        (80.004, 80.001, "80.004"),
        (10.503, 10.501, "10.503"),
        (50.0504, 50.0502, "50.0504"),
        (79.996, 79.999, "79.996"),
        (-80.004, -80.001, "-80.004"),
    ],
)
def test_a_value_does_not_read_as_if_it_were_on_the_other_side_of_its_limit(
    value: float, limit: float, text: str
) -> None:
    assert measured_text(value, limit) == text


def test_the_worst_is_rounded_in_both_languages() -> None:
    assert aftermath(11.3324, "s", 90_000_000_000, Language.EN) == " (was 11.33 s at worst, 1 min)"
    assert aftermath(11.3324, "s", 90_000_000_000, Language.ZH) == "（最严重 11.33 s，持续 1 分钟）"


@given(st.floats(allow_nan=False, allow_infinity=False, width=32))
def test_rounding_changes_a_value_by_less_than_a_thousandth(value: float) -> None:
    assert float(measured_text(value)) == pytest.approx(value, rel=6e-4, abs=1e-45)
    assert len(measured_text(value)) <= len(number_text(value, 17)) or value == int(value)
