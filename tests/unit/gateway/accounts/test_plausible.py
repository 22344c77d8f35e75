"""Values of registers that do not follow those before: shown with what they give, approved only with force."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from gateway.accounts.records.approvals import NotAllowed, approve
from gateway.accounts.records.forms import Form
from gateway.accounts.records.plausible import plausibility
from gateway.accounts.records.record_document import record_document
from gateway.accounts.records.submission_log import Submission
from gateway.store.intervals import store
from gateway.store.migrate import transaction
from rules.energy.account import quantities
from rules.energy.grid import Grid, Span
from rules.energy.reading import Reading
from tests.unit.gateway.accounts.records_park import EVERY_FORM, WANG, Records

ZONE = ZoneInfo("Asia/Shanghai")


def reading(day: int, value: str, tag: str = "m1.energy", **more: object) -> dict[str, object]:
    return {"meter": tag, "time": f"2026-11-{day:02} 08:00", "value": value, **more}


def exchange(final: str, initial: str = "0", tag: str = "m1.energy") -> dict[str, object]:
    return {"meter": tag, "time": "2026-11-10 08:00", "what": "exchange", "final": final, "initial": initial}


def codes(records: Records, one: Submission) -> list[list[str]]:
    found = plausibility(records.db, records.books, one)
    assert found is not None
    return [[note["code"] for note in row["notes"]] for row in found["rows"]]


def with_days(records: Records, tag: str = "m1.energy") -> Records:
    for day in range(1, 6):
        records.approved(Form.READING, reading(day, str(9230 + day), tag))
    return records


def test_a_reading_that_falls_without_an_event_is_approved_only_with_force_which_the_ledger_says(
    records: Records,
) -> None:
    one = with_days(records).add(Form.READING, reading(6, "1.5"))
    with pytest.raises(
        NotAllowed, match=r"m1\.energy, 2026-11-06T08:00:00\+08:00: 1\.5 is lower than the reading before"
    ):
        records.approve(one)
    done = records.approve(one, force=True)
    assert "1.5 is lower than the reading before (9235 at" in record_document(done)["decision"]["forced"][0]


def test_approving_says_what_is_remarkable_of_a_reading_that_counts(records: Records) -> None:
    one = with_days(records).add(Form.READING, reading(6, "9999"))
    same = records.add(Form.READING, reading(7, "9999"))
    with transaction(records.db, synchronous="NORMAL"):
        found = approve(records.db, records.books, WANG, one.id, records.tick()).document
        again = approve(records.db, records.books, WANG, same.id, records.tick()).document
    assert [note["code"] for note in found["plausibility"]["rows"][0]["notes"]] == [
        "more_than_rated",
        "far_above_usual",
    ]
    assert found["decision"]["forced"] == []
    assert [note["code"] for note in again["plausibility"]["rows"][0]["notes"]] == ["nothing"]


def test_after_an_exchange_a_lower_reading_follows_the_new_register(records: Records) -> None:
    with_days(records).approved(Form.METER_EVENT, exchange("9240"))
    one = records.add(Form.READING, reading(11, "1.5"))
    found = plausibility(records.db, records.books, one)
    assert found is not None
    assert (found["rows"][0]["quantity"], found["rows"][0]["notes"], found["objections"]) == ("60", [], 0)
    records.approve(one)


def test_a_register_that_goes_over_its_end_does_not_fall(records: Records) -> None:
    records.approved(Form.READING, reading(1, "99990"))
    one = records.add(Form.READING, reading(3, "5"))
    assert codes(records, one) == [["rolls_over"]]
    found = plausibility(records.db, records.books, one)
    assert found is not None
    assert found["rows"][0]["quantity"] == "600"  # 15 x 40
    records.approve(one)


@pytest.mark.parametrize(
    ("final", "code"),
    [("9200", "falls"), ("92350", "more_than_rated"), ("9300", "far_above_usual")],
)
def test_a_final_value_that_does_not_follow_the_readings_needs_force(records: Records, final: str, code: str) -> None:
    tag = "m2.energy" if code == "far_above_usual" else "m1.energy"
    one = with_days(records, tag).add(Form.METER_EVENT, exchange(final, tag=tag))
    assert code in codes(records, one)[0]
    with pytest.raises(NotAllowed, match="final"):
        records.approve(one)
    records.approve(one, force=True)


def test_a_final_value_that_follows_is_shown_with_its_difference_per_day_against_rated_and_usual(
    records: Records,
) -> None:
    one = with_days(records).add(Form.METER_EVENT, exchange("9240.5", "12"))
    found = plausibility(records.db, records.books, one)
    assert found is not None
    final, initial = found["rows"]
    assert (final["mark"], final["before"]["value"], final["quantity"]) == ("final", "9235", "220")
    assert (final["per_day"], final["usual_per_day"], final["rated_per_day"]) == ("44", "40", "2400")
    assert (initial["mark"], initial["value"], initial["notes"]) == ("initial", "12", [])
    records.approve(one)


def test_a_final_value_is_held_against_what_the_gateway_read_itself(records: Records) -> None:
    meter = replace(records.books.meters["m1.energy"], is_manual=False)
    records.books = replace(records.books, meters={"m1.energy": meter})
    start_ns = int(datetime(2026, 11, 9, 16, tzinfo=UTC).timestamp()) * 10**9
    readings = [Reading(start_ns + part * 900 * 10**9, Decimal(500) + Decimal(part) / 4) for part in range(13)]
    span = Span(start_ns, readings[-1].time_ns)
    intervals = quantities(meter.spec, Grid(ZONE, 900), readings, span)
    with transaction(records.db, synchronous="NORMAL"):
        store(records.db, meter.tag, intervals, records.tick(), zone=ZONE, meter=meter.spec.digest)
    one = records.add(Form.METER_EVENT, exchange("400"))
    assert codes(records, one)[0] == ["falls"]


def test_a_record_that_takes_the_place_of_another_is_not_held_against_it(records: Records) -> None:
    with_days(records)
    wrong = records.approved(Form.READING, reading(6, "9999"))
    right = records.add(Form.READING, reading(7, "9236", supersedes=wrong.id))
    assert codes(records, right) == [[]]
    records.approve(right)


def test_a_record_says_its_unit_in_both_languages(records: Records) -> None:
    one = records.add(Form.DENOMINATOR, EVERY_FORM[Form.DENOMINATOR])
    assert record_document(one)["unit_name"] == {"en": "10 000 CNY", "zh": "万元"}
    people = {"enterprise": "acme", "what": "employees", "quantity": "120", "unit": "people", "period": "2026-10"}
    assert record_document(records.add(Form.DENOMINATOR, people))["unit_name"] == {"en": "people", "zh": "人"}
    assert record_document(records.add(Form.FACTOR, EVERY_FORM[Form.FACTOR]))["unit_name"] == {"en": "t", "zh": "t"}
