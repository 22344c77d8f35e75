"""An account takes what comes late, gives new versions, stays small, and says what it cannot take."""

import json
from dataclasses import replace
from decimal import Decimal
from hashlib import sha256
from zoneinfo import ZoneInfo

import pytest

from rules.energy.account import MeterAccount, Outcome, quantities
from rules.energy.grid import Grid, Span
from rules.energy.marks import Mark
from rules.energy.quantity import CANON, digest_of
from rules.energy.reading import Event, EventKind, Reading, merge
from rules.energy.spec import MeterSpec

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
QUARTERS = Grid(ZoneInfo("UTC"))
SPEC = MeterSpec("m.e")


def reading(minute: int, value: int | str) -> Reading:
    return Reading(minute * MINUTE, Decimal(value))


def fed(*minutes: int, keep_minutes: int = 1440) -> MeterAccount:
    account = MeterAccount(SPEC, QUARTERS, keep_ns=keep_minutes * MINUTE)
    for minute in minutes:
        account.add(reading(minute, minute))
    return account


def test_intervals_are_given_once_when_they_are_over() -> None:
    account = fed(*range(0, 35, 5))
    assert [(one.span.start_ns // MINUTE, one.quantity, one.version) for one in account.changes()] == [
        (0, 15, 1),
        (15, 15, 1),
    ]
    assert account.changes() == []
    assert account.view()[-1].is_provisional


def test_a_late_reading_makes_a_new_version_of_its_intervals_only() -> None:
    account = fed(0, 5, 10, 20, 25, 30, 35, 40, 45, 50)
    assert [one.version for one in account.changes()] == [1, 1, 1]
    assert account.add(reading(15, "11.5")) is Outcome.ACCEPTED
    changed = account.changes()
    assert [(one.span.start_ns // MINUTE, one.quantity, one.version) for one in changed] == [
        (0, Decimal("11.5"), 2),
        (15, Decimal("18.5"), 2),
    ]


def test_a_duplicate_is_known_and_a_second_value_of_an_instant_is_a_conflict() -> None:
    account = fed(0, 5, 15, 20, 30)
    account.changes()
    assert account.add(reading(15, "15.0")) is Outcome.KNOWN
    assert account.add(reading(15, 16)) is Outcome.ACCEPTED
    assert account.add(reading(15, 16)) is Outcome.KNOWN
    assert all(Mark.CONFLICT in one.marks and one.quantity == 15 for one in account.changes())


def test_an_event_of_yesterday_corrects_the_intervals_since() -> None:
    account = MeterAccount(SPEC, QUARTERS)
    for minute in range(0, 65, 5):
        account.add(reading(minute, minute if minute < 25 else minute - 20))
    assert [one.quantity for one in account.changes()] == [15, None, 15, 15]
    event = Event(22 * MINUTE, EventKind.EXCHANGE, Decimal(22), Decimal(2))
    assert account.add(event) is Outcome.ACCEPTED
    assert account.add(event) is Outcome.KNOWN
    assert [(one.quantity, one.version) for one in account.changes()] == [(15, 2)]


def test_what_is_older_than_what_is_kept_is_refused_and_changes_nothing() -> None:
    account = fed(*range(0, 300, 5), keep_minutes=60)
    before = account.view()
    assert account.add(reading(3, 3)) is Outcome.TOO_LATE
    (kept_from, *_), settled = account.save()["items"], account.save()["settled_ns"]
    assert account.add(Reading(settled, Decimal(1))) is Outcome.TOO_LATE
    assert account.add(Reading(settled + 1, Decimal(str(settled / MINUTE)))) is Outcome.ACCEPTED
    assert kept_from[0] > settled
    assert account.add(reading(298, 298)) is Outcome.ACCEPTED
    assert account.view()[0] == before[0]


def test_an_account_stays_small_however_long_it_runs() -> None:
    account, sizes = MeterAccount(SPEC, QUARTERS, keep_ns=30 * MINUTE, keep_count=20), []
    for second in range(0, 40_000, 20):
        account.add(Reading(second * SECOND, Decimal(0 if second % 3000 == 0 else second)))
        account.changes()
        sizes.append(len(json.dumps(account.save())))
    assert max(sizes[1000:]) < 1.3 * max(sizes[:1000]) < 30_000


def test_a_saved_account_of_another_declaration_is_refused() -> None:
    saved = fed(0, 5).save()
    other = MeterAccount(replace(SPEC, rated=Decimal(5)), QUARTERS)
    with pytest.raises(ValueError, match="another declaration"):
        other.restore(saved)


def test_readings_that_do_not_follow_yet_can_be_seen() -> None:
    account = fed(5, 10)
    account.add(reading(15, 0))
    assert [(doubt.mark, doubt.readings[0].value) for doubt in account.doubts().listed] == [(Mark.TRANSIENT, 0)]


def test_the_hash_is_that_of_the_canonical_form_in_the_guide() -> None:
    account = fed(0, 15)
    (interval,) = account.changes()
    document = {
        "canon": CANON,
        "meter": sha256(SPEC.canonical.encode()).hexdigest(),
        "from_ns": 0,
        "to_ns": 900 * SECOND,
        "multipliers": [[0, "1"]],
        "readings": [[0, "0", "meter"], [900 * SECOND, "15", "meter"]],
        "findings": [["first_reading", [0, "0", "meter"]]],
        "more_findings": 0,
    }
    assert interval.hash == digest_of(document)


def test_a_multiplier_of_tomorrow_leaves_the_intervals_of_today_as_they_are() -> None:
    later = replace(SPEC, multipliers=((0, Decimal(1)), (20 * MINUTE, Decimal(40))))
    items = [reading(minute, minute) for minute in (0, 15, 30)]
    before, after = (quantities(spec, QUARTERS, items, Span(0, 30 * MINUTE)) for spec in (SPEC, later))
    assert before[0] == after[0]
    assert (after[1].quantity, after[1].multipliers) == (5 + 10 * 40, ((0, "1"), (20 * MINUTE, "40")))
    assert before[1].hash != after[1].hash
    at_boundary = replace(SPEC, multipliers=((0, Decimal(1)), (15 * MINUTE, Decimal(40))))
    one, other = quantities(at_boundary, QUARTERS, items, Span(0, 30 * MINUTE))
    assert (one.quantity, one.multipliers) == (15, ((0, "1"),))
    assert (other.quantity, other.multipliers) == (15 * 40, ((15 * MINUTE, "40"),))


def test_of_the_same_value_twice_the_certain_one_counts() -> None:
    certain, doubtful = reading(1, 5), replace(reading(1, 5), is_uncertain=True)
    assert merge(certain, doubtful) == merge(doubtful, certain) == certain


def test_a_number_that_is_none_and_a_declaration_that_cannot_be_are_refused() -> None:
    for value in ("NaN", "Infinity"):
        with pytest.raises(ValueError, match="finite"):
            reading(0, value)
        with pytest.raises(ValueError, match="finite"):
            Event(0, EventKind.RESET, None, Decimal(value))
    wrong = [
        {"multipliers": ()},
        {"multipliers": ((5, Decimal(1)),)},
        {"multipliers": ((0, Decimal(1)), (0, Decimal(2)))},
        {"multipliers": ((0, Decimal(0)),)},
        {"rated": Decimal(0)},
        {"modulus": Decimal(-1)},
        {"confirm": 1},
        {"gap_ns": 0},
        {"resolution": Decimal("NaN")},
    ]
    for change in wrong:
        with pytest.raises(ValueError, match=r"m\.e"):
            replace(SPEC, **change)
