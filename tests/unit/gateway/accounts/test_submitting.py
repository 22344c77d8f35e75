"""Submitting: every form, everything that is wrong at once, duplicates, idempotency, closed months."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.accounts.people import Actor
from gateway.accounts.records.approvals import reject
from gateway.accounts.records.forms import Form
from gateway.accounts.records.submission_log import NoRecord, State, submission, submissions, waiting
from gateway.accounts.records.submission_models import Faults, read_fields
from gateway.accounts.records.submissions import (
    approved_activities,
    approved_factors,
    corrections,
    denominators,
    events_by_meter,
    instruments,
    manual_readings,
    measured_masses,
    meter_events,
    orphans,
    part_of,
)
from gateway.accounts.records.submitting import Duplicate, KeyReused
from gateway.core.errors import Rejected
from gateway.store.records import Kind, append, find
from rules.carbon.calculation import calculate
from rules.energy.reading import EventKind
from tests.unit.gateway.accounts.records_park import (
    DELIVERY,
    EVERY_FORM,
    FACTOR,
    INSTRUMENT,
    NOW_NS,
    OCTOBER,
    PHOTO,
    WANG,
    Records,
)


@pytest.mark.parametrize("form", EVERY_FORM)
def test_every_form_is_taken_waits_and_is_approved_by_somebody_else(records: Records, form: Form) -> None:
    one = records.add(form, EVERY_FORM[form])
    assert one.state is State.WAITING
    assert waiting(records.db) == 1
    done = records.approve(one)
    assert done.state is State.APPROVED
    assert submission(records.db, one.id) == done
    assert waiting(records.db) == 0
    assert done.body["warnings"] == []


@pytest.mark.parametrize("form", [form for form in EVERY_FORM if form is not Form.READING])
def test_no_form_is_taken_without_evidence(records: Records, form: Form) -> None:
    with pytest.raises(Faults) as refused:
        records.add(form, EVERY_FORM[form], evidence=())
    assert [fault.field for fault in refused.value.faults] == ["evidence"]
    assert find(records.db) == []


def test_a_record_cannot_take_the_place_of_another_kind_or_enterprise(records: Records) -> None:
    first = records.approved(Form.DELIVERY, DELIVERY)
    with pytest.raises(Faults, match="supersedes: that record is a delivery"):
        records.add(Form.HEAT, {**EVERY_FORM[Form.HEAT], "supersedes": first.id})
    with pytest.raises(Faults, match="there is no record"):
        records.add(Form.DELIVERY, {**DELIVERY, "supersedes": "00000000-nothing"})


def test_one_invoice_typed_twice_is_noticed_and_can_be_insisted_on(records: Records) -> None:
    first = records.add(Form.DELIVERY, DELIVERY)
    with pytest.raises(Duplicate, match=first.id):
        records.add(Form.INVOICE, {**DELIVERY, "document": " dn－1", "quantity": "1200.0"})
    assert records.add(Form.DELIVERY, {**DELIVERY, "document": "DN-2"}).state is State.WAITING
    assert records.add(Form.DELIVERY, DELIVERY, force=True).state is State.WAITING


@pytest.mark.parametrize("form", [Form.READING, Form.CORRECTION, Form.DENOMINATOR, Form.INSTRUMENT, Form.FACTOR])
def test_what_can_be_said_only_once_is_not_forced(records: Records, form: Form) -> None:
    first = records.add(form, EVERY_FORM[form])
    with pytest.raises(Duplicate, match=f"supersedes: {first.id}"):
        records.add(form, EVERY_FORM[form], force=True)


def test_the_same_key_is_the_same_record_and_with_other_content_a_conflict(records: Records) -> None:
    first = records.add(Form.DELIVERY, DELIVERY, key="k1")
    again = records.add(Form.DELIVERY, DELIVERY, key="k1")
    assert again.id == first.id
    assert len(submissions(records.db)) == 1
    with pytest.raises(KeyReused):
        records.add(Form.DELIVERY, {**DELIVERY, "quantity": "7"}, key="k1")
    with pytest.raises(KeyReused):
        records.add(Form.DELIVERY, DELIVERY, key="k1", evidence=(replace(PHOTO, sha256="b" * 64),))
    assert records.add(Form.DELIVERY, {**DELIVERY, "quantity": "7"}, key="k2").id != first.id


def test_a_record_for_a_closed_month_is_taken_and_marked_late(records: Records) -> None:
    append(records.db, NOW_NS, Kind.CLOSE, {"run": "r"}, enterprise="park", period="2026-10")
    one = records.add(Form.DELIVERY, {**DELIVERY, "period": "", "from": "2026-09-20", "to": "2026-10-05"})
    assert one.body["late"] == ["2026-10"]
    decision = records.approve(one).decision
    assert decision is not None
    assert decision.body["late"] == ["2026-10"]
    assert records.add(Form.DELIVERY, {**DELIVERY, "period": "2026-09"}).body["late"] == []


def test_everything_that_is_wrong_is_said_at_once(records: Records) -> None:
    with pytest.raises(Faults) as refused:
        records.add(Form.DELIVERY, {"source": "boiler", "quantity": "1,200", "unit": "kg", "perod": "2026-10"})
    assert [fault.field for fault in refused.value.faults] == ["", "document", "quantity", "perod"]
    assert refused.value.faults[0].message == "the days are needed, in one way"
    assert refused.value.faults[-1].hint == "did you mean `period`?"
    with pytest.raises(Faults) as refused:
        records.add(Form.DELIVERY, {"source": "boiler", "quantity": "1,2", "uni": "kg", "period": "2026-10"})
    assert {fault.field for fault in refused.value.faults} == {"document", "quantity", "unit", "uni"}
    with pytest.raises(Faults) as refused:
        records.add(Form.DELIVERY, {**DELIVERY, "source": "boilr", "unit": "tonns", "period": "2027-01"})
    found = {fault.field: fault.hint for fault in refused.value.faults}
    assert set(found) == {"source", "unit", "to"}
    wrong = {**DELIVERY, "source": "boilr", "quantity": "1,2", "unit": "tonns", "period": "2027-01"}
    with pytest.raises(Faults) as refused:
        records.add(Form.DELIVERY, {**wrong, "supersedes": "nothing"}, evidence=())
    assert {fault.field for fault in refused.value.faults} == {
        "source", "quantity", "unit", "to", "supersedes", "evidence",
    }  # fmt: skip
    with pytest.raises(Faults) as refused:
        records.add(
            Form.DELIVERY,
            {**DELIVERY, "quantity": "x", "unit": "kWh", "from": "2026-10-02", "to": "2026-10-01", "period": ""},
        )
    assert [fault.field for fault in refused.value.faults] == ["quantity", "to"]
    with pytest.raises(Faults) as refused:
        records.add(Form.DELIVERY, {**DELIVERY, "quantity": "x", "unit": "km"})
    assert [fault.field for fault in refused.value.faults] == ["quantity", "unit"]
    assert "boiler" in found["source"]


@pytest.mark.parametrize(
    ("form", "changed", "field"),
    [
        (Form.DELIVERY, {"quantity": 12.5}, "quantity"),
        (Form.DELIVERY, {"quantity": "-3"}, "quantity"),
        (Form.DELIVERY, {"quantity": "1e3"}, "quantity"),
        (Form.DELIVERY, {"quantity": "1" * 16}, "quantity"),
        (Form.DELIVERY, {"unit": "kWh"}, "unit"),
        (Form.DELIVERY, {"source": "grid", "unit": "kWh"}, "source"),
        (Form.DELIVERY, {"document": "a\x1bb"}, "document"),
        (Form.DELIVERY, {"source": ["boiler"]}, "source"),
        (Form.READING, {"time": "2026-11-01"}, "time"),
        (Form.READING, {"time": "2026-12-01 08:00"}, "time"),
        (Form.READING, {"value": "100000"}, "value"),
        (Form.READING, {"unit": "m3"}, "unit"),
        (Form.READING, {"meter": "m9.energy"}, "meter"),
        (Form.CORRECTION, {"time": "2026-10-12 14:31"}, "time"),
        (Form.CORRECTION, {"quantity": "1"}, "quantity"),
        (Form.CORRECTION, {"quantity": "0.0000000015"}, "quantity"),
        (Form.STOCK_BALANCE, {"closing": "99999"}, "closing"),
        (Form.REFRIGERANT_BALANCE, {"disbursed": "90"}, "closing"),
        (Form.CEMS, {"hours": "800"}, "hours"),
        (Form.CEMS, {"substituted_hours": "721"}, "substituted_hours"),
        (Form.CEMS, {"co2_kg": ""}, "co2_kg"),
        (Form.DENOMINATOR, {"what": "area", "unit": "kg"}, "unit"),
        (Form.DENOMINATOR, {"what": "production", "unit": "t"}, "product"),
        (Form.DENOMINATOR, {"unit": "money"}, "unit"),
        (Form.DENOMINATOR, {"enterprise": "acm"}, "enterprise"),
        (Form.INSTRUMENT, {"criterion_2": "disclosed"}, "criterion_2"),
        (Form.INSTRUMENT, {"criterion_1": "not_applicable"}, "criterion_1"),
        (Form.INSTRUMENT, {"what": "ppa"}, "criterion_7"),
        (Form.INSTRUMENT, {"criterion_8": ""}, "criterion_8"),
        (Form.INSTRUMENT, {"retired_on": ""}, "retired_on"),
        (Form.INSTRUMENT, {"energy_mwh": "0"}, "energy_mwh"),
        (Form.INSTRUMENT, {"retired_on": "2026-11-23"}, "retired_on"),
        (Form.INSTRUMENT, {"retired_on": "2026-09-30"}, "retired_on"),
        (Form.FACTOR, {"id": "cn.grid.national.2023"}, "id"),
        (Form.FACTOR, {"valid_to": "2025-01-01"}, "valid_to"),
        (Form.FACTOR, {"activity": "walking"}, "activity"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field(
    records: Records, form: Form, changed: dict[str, object], field: str
) -> None:
    with pytest.raises(Faults) as refused:
        records.add(form, {**EVERY_FORM[form], **changed})
    assert [fault.field for fault in refused.value.faults] == [field]
    assert find(records.db) == []


def test_somebody_of_one_enterprise_sees_and_submits_only_what_is_theirs(records: Records) -> None:
    zeta = Actor("Zhao", enterprise="zeta")
    one = records.add(Form.DELIVERY, DELIVERY)
    with pytest.raises(NoRecord):
        submission(records.db, one.id, "zeta")
    with pytest.raises(NoRecord):
        records.approve(one, zeta)
    with pytest.raises(Faults, match="no emission source"):
        records.add(Form.DELIVERY, {**DELIVERY, "document": "DN-9"}, by=zeta)
    assert records.add(Form.HEAT, EVERY_FORM[Form.HEAT], by=zeta).record.enterprise == "zeta"
    assert [one.form for one in submissions(records.db, enterprise="zeta")] == [Form.HEAT]


def test_an_instrument_is_never_claimed_for_more_than_it_has(records: Records) -> None:
    part = {"instrument": "gec-1", "source": "grid", "energy_mwh": "100", "period": "2026-10"}
    with pytest.raises(Faults, match="record the certificate first"):
        records.add(Form.ALLOCATION, part)
    instrument = records.add(Form.INSTRUMENT, INSTRUMENT)
    first = records.add(Form.ALLOCATION, part)
    with pytest.raises(Rejected, match="not approved yet"):
        records.approve(first)
    records.approve(instrument)
    records.approve(first)
    with pytest.raises(Faults, match="20 MWh"):
        records.add(Form.ALLOCATION, {**part, "energy_mwh": "20.1"})
    records.approved(Form.ALLOCATION, {**part, "energy_mwh": "20"})
    owned, allocations = instruments(records.db)
    assert [one.id for one in owned] == ["GEC-1"]
    assert sum(one.energy_mwh for one in allocations) == owned[0].energy_mwh == 120
    assert owned[0].criteria == (True, True, True, True, True, True, True, None)
    smaller = records.add(Form.INSTRUMENT, {**INSTRUMENT, "energy_mwh": "119", "supersedes": instrument.id})
    with pytest.raises(Rejected, match="allocated"):
        records.approve(smaller)
    reject(records.db, WANG, smaller.id, "no", records.tick())
    void = records.add(Form.VOID, {"supersedes": instrument.id, "reason": "cancelled"}, evidence=())
    with pytest.raises(Rejected, match="120 MWh are allocated"):
        records.approve(void)


_CONTRACT = {"what": "ppa", "retired_on": "", "criterion_7": "yes"}


@pytest.mark.parametrize(
    ("instrument", "part", "told"),
    [
        ({"enterprise": "park"}, {}, "its beneficiary is `park`, not `acme`"),
        ({"market": "GB"}, {}, "market `GB`"),
        (_CONTRACT, {"period": "2026-11"}, "delivered at another time"),
        (_CONTRACT, {"period": "2026-10-20..2026-11-02"}, "delivered at another time"),
    ],
)
def test_an_allocation_that_accounting_would_refuse_is_not_taken(
    records: Records, instrument: dict[str, str], part: dict[str, str], told: str
) -> None:
    records.approved(Form.INSTRUMENT, INSTRUMENT | instrument)
    wanted = {"instrument": "GEC-1", "source": "grid", "energy_mwh": "100", "period": "2026-10"}
    with pytest.raises(Faults, match=told):
        records.add(Form.ALLOCATION, wanted | part)


def test_two_allocations_that_wait_beside_each_other_are_not_both_approved_beyond_the_energy(records: Records) -> None:
    records.approved(Form.INSTRUMENT, INSTRUMENT)
    part = {"instrument": "GEC-1", "source": "grid", "energy_mwh": "100", "period": "2026-10"}
    first = records.approved(Form.ALLOCATION, part)
    more = records.add(Form.ALLOCATION, {**part, "energy_mwh": "120", "supersedes": first.id})
    with pytest.raises(Faults):
        records.add(Form.ALLOCATION, {**part, "energy_mwh": "1"})
    assert records.approve(more).state is State.APPROVED


def test_approved_records_say_what_accounts_need(records: Records) -> None:
    for form, fields in EVERY_FORM.items():
        records.approved(form, fields)
    lines = approved_activities(records.db, records.books, "acme", *OCTOBER)
    assert sorted(line.description.quantity.value for line in lines) == [3, Decimal("30.5"), 1200, 1200]
    assert all(line.evidence == (PHOTO.sha256,) and len(line.record_ids) == 2 for line in lines)
    assert [line.source for line in approved_activities(records.db, records.books, "zeta", *OCTOBER)] == ["steam"]
    reading = manual_readings(records.db, "m1.energy")
    assert [(one.time_ns, one.value) for one in reading] == [
        (int(datetime(2026, 11, 1, 0, tzinfo=UTC).timestamp()) * 10**9, Decimal("4233.7"))
    ]
    event = meter_events(records.db, "m1.energy")[0]
    assert (event.kind, event.final, event.initial) == (EventKind.RESET, 9, 0)
    correction = corrections(records.db, "m1.energy")[0]
    assert correction.quantity_micro == 21_500_000
    assert correction.end_ns - correction.start_ns == 900 * 10**9
    assert corrections(records.db, "m2.energy") == []
    denominator = denominators(records.db, "acme", *OCTOBER)[0]
    assert (denominator.value, denominator.unit) == (Decimal("1250.5"), "1e4CNY")
    cems = measured_masses(records.db, "acme", *OCTOBER)[0]
    assert cems.masses_kg == (("CO2", Decimal(18432)),)
    assert [record.body["id"] for record in approved_factors(records.db)] == [FACTOR["id"]]


def test_what_waits_or_was_rejected_says_nothing(records: Records) -> None:
    for form, fields in EVERY_FORM.items():
        one = records.add(form, fields)
        if form in (Form.DELIVERY, Form.READING):
            reject(records.db, WANG, one.id, "wrong", records.tick())
    assert approved_activities(records.db, records.books, None, *OCTOBER) == []
    assert manual_readings(records.db, "m1.energy") == []
    assert events_by_meter(records.db) == {}
    assert corrections(records.db) == []
    assert instruments(records.db) == ([], [])


def test_records_of_a_source_that_is_gone_or_metered_now_count_nowhere_and_are_told(records: Records) -> None:
    one = records.approved(Form.DELIVERY, DELIVERY)
    metered = replace(records.books.sources["boiler"], meters=("m2.energy",))
    for sources in ({}, {"boiler": metered}):
        changed = replace(records.books, sources=sources)
        assert approved_activities(records.db, changed, None, *OCTOBER) == []
        assert [left.id for left in orphans(records.db, changed, None, *OCTOBER)] == [one.id]
    assert orphans(records.db, records.books, None, *OCTOBER) == []


def test_balances_keep_their_inputs_and_compute_the_result(records: Records) -> None:
    tank = records.add(Form.STOCK_BALANCE, EVERY_FORM[Form.STOCK_BALANCE])
    assert tank.body["quantity"] == "13159"
    assert tank.body["working"] == "5200 + 8000 - 41 = 13159"
    assert (tank.body["opening"], tank.body["deliveries"], tank.body["closing"]) == ("5200", "8000", "41")
    cold = records.add(Form.REFRIGERANT_BALANCE, {**EVERY_FORM[Form.REFRIGERANT_BALANCE], "capacity_change": "2.5"})
    assert cold.body["quantity"] == "22.5"


def test_a_custom_factor_that_overlaps_an_approved_one_is_refused(records: Records) -> None:
    records.approved(Form.FACTOR, FACTOR)
    with pytest.raises(Faults):
        records.add(Form.FACTOR, {**FACTOR, "id": "own.steam.other"})


def test_only_the_fields_of_a_form_are_known() -> None:
    with pytest.raises(Faults, match="unknown field"):
        read_fields(Form.HEAT, {**EVERY_FORM[Form.HEAT], "sypersedes": "x"})


@given(
    st.decimals(min_value=0, max_value=10**14, places=9),
    st.lists(st.integers(1, 120), min_size=1, max_size=6),
)
def test_parts_of_a_quantity_that_follow_each_other_sum_to_all_of_it(quantity: Decimal, lengths: list[int]) -> None:
    start = date(2026, 1, 1).toordinal()
    end = start + sum(lengths) - 1
    total, first = Decimal(0), start
    for length in lengths:
        days = map(date.fromordinal, (start, end, first, first + length - 1))
        part = part_of(quantity, *days)
        assert part >= 0
        total += part
        first += length
    assert total == quantity


def test_tonnes_of_steam_need_an_enthalpy_with_its_source(records: Records) -> None:
    steam = {**EVERY_FORM[Form.HEAT], "quantity": "100", "unit": "t"}
    with pytest.raises(Faults) as refused:
        records.add(Form.HEAT, steam)
    assert "enthalpy_kj_per_kg" in str(refused.value)
    with pytest.raises(Faults, match="enthalpy_source: a stated enthalpy needs its source"):
        records.add(Form.HEAT, {**steam, "enthalpy_kj_per_kg": "2778"})
    with pytest.raises(Faults, match="enthalpy_kj_per_kg: is needed"):
        records.add(Form.HEAT, {**steam, "feed_water_kj_per_kg": "84"})
    whole = {
        **steam,
        "enthalpy_kj_per_kg": "2778",
        "feed_water_kj_per_kg": "84",
        "enthalpy_source": "supplier, 0.8 MPa",
    }
    records.approved(Form.HEAT, whole)
    (line,) = approved_activities(records.db, records.books, None, *OCTOBER)
    result = calculate(line.description, records.books.catalogue)
    assert any(step.startswith("100 t x (2778 kJ/kg - 84 kJ/kg) = 269400 MJ") for step in result.steps)
