"""Buckets from several places become one course."""

from hypothesis import given
from hypothesis import strategies as st

from drivers.history.trend import Bucket, Trend, merge

numbers = st.integers(-1000, 1000).map(float)
samples = st.lists(st.tuples(st.integers(0, 99), numbers), unique_by=lambda sample: sample[0], max_size=40)


def buckets(rows: list[tuple[int, float]], step: int) -> list[Bucket]:
    found: dict[int, list[tuple[int, float]]] = {}
    for time_ns, value in sorted(rows):
        found.setdefault(time_ns - time_ns % step, []).append((time_ns, value))
    return [
        Bucket(begin, min(v), sum(v), max(v), len(v), v[-1], row[-1][0])
        for begin, row in found.items()
        for v in [[value for _, value in row]]
    ]


@given(samples, st.lists(st.integers(0, 3), min_size=40, max_size=40), st.integers(1, 30))
def test_samples_spread_over_places_merge_to_the_same_as_together(
    rows: list[tuple[int, float]], places: list[int], step: int
) -> None:
    apart: list[Bucket] = []
    for place in range(4):
        apart += buckets([row for row, at in zip(rows, places, strict=False) if at == place], step)
    assert merge(apart) == buckets(rows, step)


@given(samples, st.integers(1, 50))
def test_a_trend_has_at_most_the_limit_and_says_so(rows: list[tuple[int, float]], limit: int) -> None:
    trend = Trend.of(buckets(rows, 1), limit)
    assert len(trend.time_ns) == min(limit, len(rows))
    assert trend.is_truncated == (len(rows) > limit)
    assert trend.mean == trend.last == tuple(value for _, value in sorted(rows)[:limit])
