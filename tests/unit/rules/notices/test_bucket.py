"""Tokens come back a whole period after they were taken, so no window ever holds more than the provider allows."""

from hypothesis import given, settings
from hypothesis import strategies as st

from rules.notices.bucket import Bucket


def test_a_token_comes_back_a_period_after_it_was_taken() -> None:
    bucket = Bucket(2, 60, taken=[0])
    bucket.take(10)
    assert bucket.free(59) == 0
    assert bucket.next_ns(59) == 60
    assert bucket.free(60) == 1
    assert bucket.next_ns(60) == 60
    assert bucket.taken(69) == [10]
    assert bucket.taken(70) == []


def test_a_smaller_rate_after_a_restart_counts_the_newest_that_were_sent() -> None:
    bucket = Bucket(2, 60, taken=[1, 2, 30, 40])
    assert bucket.next_ns(50) == 90


@settings(deadline=None)
@given(st.integers(1, 6), st.lists(st.integers(0, 40), max_size=60))
def test_no_window_of_a_period_holds_more_than_the_count(count: int, gaps: list[int]) -> None:
    bucket, now, sent = Bucket(count, 60), 0, []
    for gap in gaps:
        now += gap
        if bucket.next_ns(now) <= now:
            bucket.take(now)
            sent.append(now)
    assert all(sum(at <= other < at + 60 for other in sent) <= count for at in sent)
