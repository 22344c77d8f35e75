"""Days grow while nobody relied on them; what was known once can be asked again; sums are those of the intervals."""

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.store import intervals
from gateway.store.intervals import COLUMN_MOST, days, faults, meter_ids, store, totals, versions
from rules.energy.account import quantities
from rules.energy.allocation import from_micro, in_micro
from rules.energy.corrected import corrected
from rules.energy.day import PackedDay, pack
from rules.energy.grid import Grid, Span
from rules.energy.quantity import IntervalQuantity
from rules.energy.reading import Reading
from rules.energy.spec import MeterSpec

ZONE = ZoneInfo("Europe/Berlin")
GRID = Grid(ZONE)
SPEC = MeterSpec("m.e")
SECOND = 1_000_000_000
SPRING = date(2026, 3, 29)  # 23 hours
MIDNIGHT = 1_774_738_800 * SECOND
QUARTER = 900 * SECOND


@pytest.fixture
def db() -> Iterator[sqlite3.Connection]:
    with sqlite3.connect(":memory:") as connection:
        for table in intervals.TABLES:
            connection.execute(table)
        yield connection
    connection.close()


def series(count: int, start_ns: int = MIDNIGHT, rate: int = 1, spec: MeterSpec = SPEC) -> list[IntervalQuantity]:
    items = [Reading(start_ns + place * QUARTER, Decimal(1000 + rate * place)) for place in range(count + 4)]
    found = quantities(spec, GRID, items, Span(start_ns, start_ns + count * QUARTER))
    return [replace(one, is_provisional=False) for one in found]


def put(db: sqlite3.Connection, found: list[IntervalQuantity], now_ns: int, frozen_ns: int = 0) -> list[date]:
    return store(db, "m.e", found, now_ns, zone=ZONE, meter=SPEC.digest, frozen_ns=frozen_ns)


def known(db: sqlite3.Connection, as_of_ns: int | None = None) -> list[IntervalQuantity]:
    stored = days(db, ["m.e"], date(2026, 1, 1), date(2026, 12, 31), as_of_ns=as_of_ns)
    return [interval for day in stored for interval in day.intervals()]


def test_intervals_go_to_their_local_days_and_come_back(db: sqlite3.Connection) -> None:
    every = series(92 + 96 + 5)
    assert put(db, every, 10) == []
    assert known(db) == every
    stored = list(days(db, ["m.e", "unknown"], SPRING, SPRING + timedelta(days=9)))
    assert [(one.day, len(one.quantities())) for one in stored] == [
        (SPRING, 92),
        (SPRING + timedelta(days=1), 96),
        (SPRING + timedelta(days=2), 5),
    ]
    assert stored[0].quantities() == [1_000_000] * 92
    assert stored[0].slots()[1] == (MIDNIGHT + QUARTER, MIDNIGHT + 2 * QUARTER, 1_000_000)


def test_a_day_grows_in_place_and_what_is_there_already_changes_nothing(db: sqlite3.Connection) -> None:
    every = series(92)
    for place in range(92):
        assert put(db, every[max(0, place - 2) : place + 1], 10 + place) == []
    (only,) = versions(db, "m.e", SPRING)
    assert (only.version, only.written_ns, only.replaced_ns) == (1, 10, None)
    assert only.intervals() == every
    assert only.digest == pack(every, [SPEC.digest]).digest.hex()


def test_another_quantity_makes_a_new_version_and_the_old_one_can_be_asked_for(db: sqlite3.Connection) -> None:
    every, other = series(92), series(92, rate=2)
    put(db, every, 10)
    assert put(db, [other[7]], 20) == [SPRING]
    first, second = versions(db, "m.e", SPRING)
    assert (first.replaced_ns, second.version, second.written_ns) == (20, 2, 20)
    assert known(db, as_of_ns=19) == every
    assert known(db, as_of_ns=20) == known(db) == [*every[:7], replace(other[7], version=2), *every[8:]]
    assert known(db, as_of_ns=9) == []
    assert put(db, [every[7]], 30) == [SPRING]
    assert known(db)[7] == replace(every[7], version=3)
    assert totals(db, ["m.e"], SPRING, SPRING, zone=ZONE, as_of_ns=20)["m.e"].known_micro == 93_000_000


def test_a_filled_hole_and_whatever_comes_after_a_close_make_a_new_version(db: sqlite3.Connection) -> None:
    every = series(92)
    put(db, [*every[:10], *every[11:20]], 10)
    assert put(db, [every[10]], 20) == [SPRING]
    assert put(db, every[20:30], 30) == []
    assert put(db, every[30:], 50, frozen_ns=40) == [SPRING]
    assert put(db, every, 60, frozen_ns=40) == []
    assert [len(known(db, as_of_ns=at)) for at in (10, 40, 50)] == [19, 30, 92]
    assert known(db) == every


def test_a_doubt_that_goes_is_no_new_version(db: sqlite3.Connection) -> None:
    every = series(92)
    put(db, [replace(one, is_provisional=True) for one in every], 10)
    assert put(db, every, 20) == []
    assert known(db) == every
    assert len(versions(db, "m.e", SPRING)) == 1


def test_sums_count_time_without_an_interval_as_missing_never_as_zero(db: sqlite3.Connection) -> None:
    put(db, series(92), 10)
    later = date(2026, 4, 2)
    put(db, series(48, MIDNIGHT + (92 + 3 * 96) * QUARTER), 10)
    found = totals(db, ["m.e", "never"], SPRING, later, zone=ZONE)
    assert (found["m.e"].known_micro, found["m.e"].days, found["m.e"].unit) == (140_000_000, 2, "kWh")
    assert found["m.e"].measured_ns == 140 * QUARTER
    assert found["m.e"].missing_ns == (3 * 96 + 48) * QUARTER
    assert found["never"].missing_ns == (92 + 4 * 96) * QUARTER
    assert (found["never"].known_micro, found["never"].days, found["never"].unit) == (0, 0, "")


def test_another_unit_begins_another_version_and_says_that_sums_mean_nothing(db: sqlite3.Connection) -> None:
    put(db, series(92), 10)
    gas = MeterSpec("m.e", unit="m3")
    every = series(10, MIDNIGHT + 92 * QUARTER, spec=gas)
    store(db, "m.e", every, 20, zone=ZONE, meter=gas.digest)
    assert totals(db, ["m.e"], SPRING, SPRING + timedelta(days=1), zone=ZONE)["m.e"].is_mixed
    assert not totals(db, ["m.e"], SPRING, SPRING, zone=ZONE)["m.e"].is_mixed


@given(st.lists(st.sampled_from([0, 1, 10**15 - 1, 10**15, 10**20, 10**40, -5]), min_size=1, max_size=20))
@settings(max_examples=30, deadline=None)
def test_sums_are_exact_however_large(micros: list[int]) -> None:
    with sqlite3.connect(":memory:") as db:
        for table in intervals.TABLES:
            db.execute(table)
        template = series(1)[0]
        for place, micro in enumerate(micros):
            span = Span(MIDNIGHT + place * 96 * QUARTER, MIDNIGHT + (place * 96 + 1) * QUARTER)
            one = replace(template, span=span, quantity=from_micro(micro), known=from_micro(micro), hash="x")
            put(db, [one], 1)
        found = totals(db, ["m.e"], SPRING, SPRING + timedelta(days=40), zone=ZONE)["m.e"]
        assert found.known_micro == sum(micros)
        assert list(faults(db)) == []
    db.close()


def test_a_corrected_interval_is_a_version_and_keeps_the_readings_of_the_first(db: sqlite3.Connection) -> None:
    every = series(92)
    put(db, every, 10)
    put(db, [corrected(every[3], 7_500_000, "record-1")], 20)
    one = known(db)[3]
    assert (one.quantity, one.version, one.estimated_ns, one.readings) == (
        Decimal("7.5"),
        2,
        QUARTER,
        every[3].readings,
    )
    assert sum(in_micro(found.known) for found in known(db) if found.known is not None) == 98_500_000
    assert totals(db, ["m.e"], SPRING, SPRING, zone=ZONE)["m.e"].known_micro == 98_500_000


def test_a_row_that_was_changed_is_named_and_not_believed(db: sqlite3.Connection) -> None:
    put(db, series(92 + 96), 10)
    assert list(faults(db)) == []
    db.execute("UPDATE meter_day SET known = known + 1 WHERE day = ?", (SPRING.toordinal(),))
    payload = bytearray(versions(db, "m.e", SPRING + timedelta(days=1))[0].payload)
    payload[-1] ^= 1
    db.execute("UPDATE meter_day SET payload = ? WHERE day = ?", (bytes(payload), SPRING.toordinal() + 1))
    first, second = faults(db)
    assert "2026-03-29, version 1: the sums are not those" in first
    assert "2026-03-30, version 1: changed since it was written" in second
    with pytest.raises(ValueError, match="changed since"):
        versions(db, "m.e", SPRING + timedelta(days=1))[0].quantities()


def test_a_day_worked_out_elsewhere_is_stored_only_where_it_rests_on_the_newest_row(db: sqlite3.Connection) -> None:
    every = series(92)
    put(db, every, 10)
    (old,) = versions(db, "m.e", SPRING)
    whole: PackedDay | None = intervals.merged(old, series(92, rate=3)[:5], SPEC.digest)
    assert whole is not None
    assert not intervals.replace_day(db, "m.e", SPRING, "", whole, 20)
    assert intervals.replace_day(db, "m.e", SPRING, old.digest, whole, 20)
    assert not intervals.replace_day(db, "m.e", SPRING, old.digest, whole, 30)
    assert [one.version for one in versions(db, "m.e", SPRING)] == [1, 2]
    assert intervals.merged(versions(db, "m.e", SPRING)[1], series(92, rate=3)[:5], SPEC.digest) is None


def test_ids_of_meters_stay(db: sqlite3.Connection) -> None:
    assert meter_ids(db, ["a", "b"]) == {"a": 1, "b": 2}
    assert meter_ids(db, ["c", "a"]) == {"c": 3, "a": 1}
    assert COLUMN_MOST * 365 * 20 < 2**63
