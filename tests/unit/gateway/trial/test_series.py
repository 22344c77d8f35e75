"""The notation of series: as promtool reads it, and never anything but a clear error."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.trial.series import MAX_SAMPLES, Sample, SeriesError, parse_series


def values(text: str) -> list[object]:
    return [sample.value for sample in parse_series(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("5", [5]),
        ("5x3", [5, 5, 5, 5]),
        ("5+2x3", [5, 7, 9, 11]),
        ("5-2x3", [5, 3, 1, -1]),
        ("-2+4x3", [-2, 2, 6, 10]),
        ("0.1+0.1x4", [0.1, 0.2, 0.3, 0.4, 0.5]),
        ("1 _ 2", [1, None, 2]),
        ("_x3", [None, None, None]),
        ("true falsex1", [True, False, False]),
        ('"on call" "x"', ["on call", "x"]),
        ("1e3", [1000.0]),
    ],
)
def test_a_series_is_read_as_promtool_does(text: str, expected: list[object]) -> None:
    assert values(text) == expected
    assert [type(value) for value in values(text)] == [type(value) for value in expected]


def test_a_bad_sample_has_come_and_a_missing_one_has_not() -> None:
    assert parse_series("bad stale _") == [Sample(None, is_bad=True), Sample(None, is_bad=True), Sample(None)]
    assert [sample.has_come for sample in parse_series("bad _ 0 false")] == [True, False, True, True]


def test_an_error_says_where() -> None:
    with pytest.raises(SeriesError, match="`7y3`") as caught:
        parse_series("1 2  7y3")
    assert caught.value.column == 6


def test_a_series_has_an_end() -> None:
    with pytest.raises(SeriesError, match="more than"):
        parse_series(f"1x{MAX_SAMPLES}")


@given(st.text('0123456789+-x_.eE"badstlruf ', max_size=30))
def test_whatever_is_written_is_a_series_or_an_error_with_its_column(text: str) -> None:
    column = None
    found: list[Sample] = []
    try:
        found = parse_series(text)
    except SeriesError as error:
        column = error.column
    assert all(isinstance(sample, Sample) for sample in found)
    assert column is None or 1 <= column <= len(text)


@given(st.integers(-1000, 1000), st.integers(0, 100), st.integers(0, 50))
def test_steps_are_exact(first: int, step: int, times: int) -> None:
    assert values(f"{first}+{step}x{times}") == [first + step * number for number in range(times + 1)]
