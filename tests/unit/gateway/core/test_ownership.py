"""Whose a device was when: no moment is two enterprises', and nobody sees what was before it was theirs."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from gateway.core.ownership import EVER_NS, Ownership, Stretch, Stretches, moved, ownership

TIMES = st.integers(0, 50)
NAMES = st.sampled_from(["dongyue", "huali", "jinlun"])
ACTS = st.lists(st.tuples(NAMES, st.integers(1, 5), st.none() | TIMES), max_size=8)


def stretches(acts: list[tuple[str, int, int | None]]) -> Stretches:
    """What is known of a device after these configurations (enterprise, time that passes, date that is written)."""
    known: Stretches = (Stretch(EVER_NS, "dongyue"),)
    now = 0
    for enterprise, passed, written in acts:
        now += passed
        known = moved(known, enterprise, now, written)
    return known


def owners(known: Stretches, time: int) -> list[str]:
    found = Ownership({"oven": known})
    return [name for name in ("dongyue", "huali", "jinlun") if found.had("oven", name, time)]


@given(ACTS, TIMES)
def test_every_moment_is_one_enterprises_or_nobodys(acts: list[tuple[str, int, int | None]], time: int) -> None:
    known = stretches(acts)
    assert len(owners(known, time)) <= 1
    assert list(known) == sorted(known, key=lambda one: one.from_ns)
    assert len({one.from_ns for one in known}) == len(known)


@given(ACTS, TIMES, TIMES)
def test_the_parts_of_a_time_lie_in_it_in_order_and_are_what_was_theirs(
    acts: list[tuple[str, int, int | None]], one: int, other: int
) -> None:
    known, bounds = stretches(acts), (min(one, other), max(one, other))
    for name in ("dongyue", "huali", "jinlun"):
        parts = Ownership({"oven": known}).spans("oven", name, bounds)
        inside = {time for start, end in parts for time in range(start, end)}
        assert inside == {time for time in range(*bounds) if owners(known, time) == [name]}
        assert all(start < end for start, end in parts)
        assert all(before[1] < after[0] for before, after in pairwise(parts))


@given(ACTS, NAMES, st.integers(1, 5), st.none() | TIMES)
def test_a_configuration_that_is_read_again_changes_nothing(
    acts: list[tuple[str, int, int | None]], enterprise: str, passed: int, written: int | None
) -> None:
    known = stretches(acts)
    now = sum(passed for _, passed, _ in acts) + passed
    once = moved(known, enterprise, now, written)
    assert moved(once, enterprise, now + 1, written) == once
    assert once[-1].enterprise == enterprise


@given(ACTS, NAMES, st.integers(1, 5))
def test_without_a_date_who_has_it_now_sees_nothing_of_before(
    acts: list[tuple[str, int, int | None]], enterprise: str, passed: int
) -> None:
    known = stretches(acts)
    now = sum(passed for _, passed, _ in acts) + passed
    after = moved(known, enterprise, now)
    if known[-1].enterprise != enterprise:
        assert after[-1].from_ns >= now
        assert all(owners(after, time) == owners(known, time) for time in range(now))


def test_a_date_that_was_left_from_an_earlier_move_gives_nothing_away() -> None:
    known = moved((Stretch(EVER_NS, "dongyue"),), "huali", 100, 80)
    assert known == (Stretch(EVER_NS, "dongyue"), Stretch(80, "huali"))
    later = moved(known, "jinlun", 200, 80)
    assert later[-1] == Stretch(200, "jinlun")
    assert moved(later, "jinlun", 300, 80) == later


def test_a_move_that_is_written_late_holds_from_its_day() -> None:
    late = moved((Stretch(EVER_NS, "dongyue"),), "huali", 100)
    assert moved(late, "huali", 120, 60) == (Stretch(EVER_NS, "dongyue"), Stretch(60, "huali"))


def test_a_clock_that_was_set_back_puts_no_move_before_the_last_one() -> None:
    known = moved((Stretch(EVER_NS, "dongyue"),), "huali", 100)
    assert moved(known, "dongyue", 50)[-1] == Stretch(101, "dongyue")


def test_a_device_that_never_moved_is_in_no_table() -> None:
    found = ownership([("grid", 0, "park"), ("oven", 0, "dongyue"), ("oven", 7, "huali"), ("press", 5, "huali")])
    assert set(found.stretches) == {"oven", "press"}
    assert (found.since_ns("grid"), found.since_ns("oven"), found.since_ns("press")) == (EVER_NS, 7, 5)
    assert found.spans("grid", "whoever", (3, 9)) == [(3, 9)]
    assert found.spans("press", "huali", (3, 9)) == [(5, 9)]
    assert found.moved_spans("dongyue")["oven"] == [(0, 7)]
