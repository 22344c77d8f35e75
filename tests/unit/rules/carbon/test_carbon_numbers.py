"""Numbers: exact in, half up out; uncertainties by hand."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.carbon.numbers import number, plain, root, shown
from rules.carbon.uncertainty import of_product, of_sum


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0.0000005", "0.000001"),
        ("0.0000015", "0.000002"),
        ("0.0000025", "0.000003"),
        ("0.00000249999", "0.000002"),
        ("-0.0000015", "-0.000002"),
        ("-0.0000001", "0"),
        ("1200", "1200"),
        ("123456789012345678901234567890.1234565", "123456789012345678901234567890.123457"),
    ],
)
def test_printed_values_are_rounded_half_up(value: str, expected: str) -> None:
    assert shown(Fraction(value)) == expected


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**12), max_value=10**12, places=6))
def test_six_decimals_are_printed_as_they_are(value: Decimal) -> None:
    assert Decimal(shown(Fraction(value))) == value


@given(st.fractions())
def test_the_exact_text_gives_the_value_back(value: Fraction) -> None:
    assert Fraction(plain(value)) == value


@given(st.fractions(min_value=-(10**15), max_value=10**15), st.integers(0, 12))
def test_no_printed_value_is_further_away_than_half_a_digit(value: Fraction, places: int) -> None:
    assert abs(Fraction(shown(value, places)) - value) <= Fraction(1, 2 * 10**places)


@pytest.mark.parametrize("text", ["", "abc", "1,5", "1/3", "nan", "inf", "1e999", "１２", "0x10", "1_000", " 1", "1 "])
def test_what_is_no_decimal_number_is_refused(text: str) -> None:
    assert number(text) is None


def test_a_decimal_is_read_exactly() -> None:
    assert number("0.1") == Fraction(1, 10)
    assert number("-12.50e-3") == Fraction(-1, 80)


def test_products_and_sums_by_approach_1() -> None:
    assert of_product([Fraction(3), Fraction(4)]) == 5
    assert of_product([Fraction(3), None]) is None
    assert of_product([]) == 0
    assert of_sum([(Fraction(300), Fraction(1)), (Fraction(100), Fraction(4))]) == Fraction(5, 4)  # root(9 + 16)/4
    assert of_sum([(Fraction(1), None)]) is None
    assert of_sum([]) is None


@given(st.fractions(min_value=0, max_value=10**12))
def test_roots_are_good_to_25_digits(value: Fraction) -> None:
    assert abs(root(value * value) - value) <= value / 10**25
