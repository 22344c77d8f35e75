"""Periods: what is one, how it is cut into months, what comes before it."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.accounts.periods import is_in, parse_period
from gateway.core.errors import Rejected

DAYS = st.dates(date(2000, 1, 1), date(2100, 1, 1))


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026-02", date(2026, 2, 1), date(2026, 2, 28)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2026", date(2026, 1, 1), date(2026, 12, 31)),
        ("2026-10-05..2026-11-04", date(2026, 10, 5), date(2026, 11, 4)),
    ],
)
def test_a_period_is_read(text: str, first: date, last: date) -> None:
    found = parse_period(text)
    assert (found.label, found.first, found.last) == (text, first, last)


@pytest.mark.parametrize(
    "text",
    [
        "", "October", "2026-13", "2026-1", "2026-02-30..2026-03-01", "2026-03-02..2026-03-01", "0001", "2026-10-01",
        "1990-01-01..2199-01-01", "2026\n", "9999-12",
    ],
)  # fmt: skip
def test_what_is_no_period_is_refused_with_a_hint(text: str) -> None:
    with pytest.raises(Rejected) as refused:
        parse_period(text)
    assert "2026-10" in refused.value.hint


@given(DAYS, st.integers(0, 900))
def test_its_months_follow_each_other_without_a_gap(first: date, more: int) -> None:
    last = first + timedelta(days=more)
    period = parse_period(f"{first}..{last}")
    parts = period.parts()
    assert (parts[0].first, parts[-1].last) == (first, last)
    for before, after in pairwise(parts):
        assert after.first - before.last == timedelta(days=1)
    assert sum(part.days for part in parts) == period.days
    assert all(is_in(part.label, period) and part.first.month == part.last.month for part in parts)


def test_whole_months_of_a_longer_period_are_the_months_that_are_closed() -> None:
    labels = [part.label for part in parse_period("2026-08-31..2026-10-31").parts()]
    assert labels == ["2026-08-31..2026-08-31", "2026-09", "2026-10"]


@pytest.mark.parametrize(
    ("text", "before", "year_before"),
    [
        ("2026-01", "2025-12", "2025-01"),
        ("2024-02", "2024-01", "2023-02"),
        ("2026", "2025", "2025"),
        ("2026-10-08..2026-10-14", "2026-10-01..2026-10-07", "2025-10-08..2025-10-14"),
        ("2024-02-29..2024-03-01", "2024-02-27..2024-02-28", "2023-02-28..2023-03-01"),
    ],
)
def test_the_period_before_and_the_year_before(text: str, before: str, year_before: str) -> None:
    period = parse_period(text)
    assert (period.before().label, period.year_before().label) == (before, year_before)
