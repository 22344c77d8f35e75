"""Names of files, what is removed when, and who may use the folder."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.history.files import (
    Folder,
    Usage,
    day_name,
    days_to_remove,
    days_within,
    month_days,
    month_of,
    rollups_to_remove,
)
from gateway.core.errors import Unavailable
from tests.integration.history.park import DAY, NOON

TODAY = NOON // DAY
sizes = st.dictionaries(st.integers(0, 60), st.integers(0, 1000), max_size=30)


def test_a_day_is_a_file_with_its_date(tmp_path: Path) -> None:
    assert Folder(tmp_path).day_file(TODAY).name == "2026-11-22.duckdb"
    assert Folder(tmp_path).rollup_file(month_of(TODAY)).name == "rollup-2026-11.duckdb"
    assert day_name(TODAY) == "2026-11-22"


@given(st.integers(0, 100_000))
def test_names_are_read_back(tmp_path_factory: pytest.TempPathFactory, day: int) -> None:
    folder = Folder(tmp_path_factory.mktemp("names"))
    folder.day_file(day).write_bytes(b"12345")
    folder.rollup_file(month_of(day)).write_bytes(b"123")
    folder.day_file(day).with_name(folder.day_file(day).name + ".wal").write_bytes(b"12")
    assert folder.usage() == Usage({day: 7}, {month_of(day): 3})
    assert day in month_days(month_of(day))


def test_other_files_are_nobody_s_business(tmp_path: Path) -> None:
    for name in ("notes.txt", "2026-13-45.duckdb", "x.duckdb", "rollup-2026.duckdb"):
        (tmp_path / name).write_bytes(b"x")
    assert Folder(tmp_path).usage() == Usage({}, {})


@given(sizes, st.integers(1, 40), st.integers(0, 20_000))
def test_the_oldest_days_go_until_count_and_size_fit(days: dict[int, int], keep: int, limit: int) -> None:
    removed = days_to_remove(Usage(days, {}), keep_days=keep, max_bytes=limit)
    left = {day: size for day, size in days.items() if day not in removed}
    assert removed == sorted(days)[: len(removed)]
    assert not days or max(days) in left
    assert len(left) <= keep + 1
    assert len(left) <= 1 or sum(left.values()) <= limit
    if removed:  # none too many
        again = left | {removed[-1]: days[removed[-1]]}
        assert len(again) > keep + 1 or sum(again.values()) > limit


@given(sizes, sizes, st.integers(0, 20_000))
def test_roll_ups_never_push_out_more_than_half(days: dict[int, int], rollups: dict[int, int], limit: int) -> None:
    usage = Usage(days, rollups)
    gone = rollups_to_remove(usage, keep_months=100, max_bytes=limit)
    left = [size for month, size in rollups.items() if month not in gone]
    assert len(left) <= 1 or sum(left) <= limit // 2
    removed = days_to_remove(usage, keep_days=100, max_bytes=limit)
    if sum(days.values()) <= limit // 2:
        assert removed == []


def test_a_range_touches_the_days_that_it_overlaps() -> None:
    days = [TODAY - 1, TODAY, TODAY + 1]
    assert days_within(days, (TODAY * DAY, (TODAY + 1) * DAY)) == [TODAY]
    assert days_within(days, (TODAY * DAY - 1, (TODAY + 1) * DAY + 1)) == days
    assert days_within(days, (TODAY * DAY, TODAY * DAY)) == []


def test_one_writes_or_many_read(tmp_path: Path) -> None:
    gateway, first, second = Folder(tmp_path), Folder(tmp_path), Folder(tmp_path)
    first.lock(exclusive=False)
    second.lock(exclusive=False)
    with pytest.raises(Unavailable, match="in use"):
        gateway.lock(exclusive=True)
    first.unlock()
    second.unlock()
    gateway.lock(exclusive=True)
    with pytest.raises(Unavailable, match="ask it instead"):
        first.lock(exclusive=False)
    gateway.unlock()
