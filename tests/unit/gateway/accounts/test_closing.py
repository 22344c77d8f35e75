"""Closing and restating: every reason at once, all or nothing, late data afterwards, what was published stays."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from gateway.accounts.carbon.close import CloseRefused, close
from gateway.accounts.carbon.restate import due
from gateway.accounts.carbon.runs import entity_of
from gateway.accounts.periods import month_states
from gateway.accounts.records.forms import Form
from gateway.core.errors import Rejected
from gateway.store import records
from gateway.store.checkpoints import newest
from gateway.store.migrate import transaction
from gateway.store.records import Kind, find, get
from tests.unit.gateway.accounts.account_park import (
    KEY,
    LI,
    OCTOBER,
    WANG,
    AccountPark,
    approval,
    filled,
    hourly,
    without_fallback,
)

DIESEL = {"source": "acme_diesel", "quantity": "5", "unit": "kg", "date": "2026-10-03", "document": "DN-2"}


def _location(park: AccountPark, **more: bool) -> Decimal:
    return Decimal(park.summary(**more)["bases"][0]["total"]["kg"])


def _late(park: AccountPark, rate: str = "31.5") -> None:
    park.put("acme.import", hourly(*OCTOBER, rate), *OCTOBER)


def test_a_close_records_run_entries_and_close_and_signs_them(tmp_path: Path) -> None:
    park = filled(tmp_path)
    ids = {entry for basis in park.summary()["bases"] for line in basis["lines"] for entry in line["entries"]}
    closed, checkpoint = park.close()
    assert checkpoint.size == records.size(park.db) == closed.seq
    assert all(get(park.db, entry) is not None for entry in ids)
    found = park.summary()
    assert (found["status"], found["closed"]["by"], found["closed"]["approver"]) == ("closed", LI, WANG)
    assert found["run"]["is_recorded"]
    assert found["checkpoint"]["size"] == closed.seq


def test_one_person_cannot_prepare_and_approve(tmp_path: Path) -> None:
    park = filled(tmp_path)
    with pytest.raises(Rejected, match="cannot both"), transaction(park.db):
        close(park.db, park.books, "acme", "2026-10", approval("Li Wei", " li  WEI"), KEY, park.tick())


def test_every_reason_against_a_close_is_told_at_once(tmp_path: Path) -> None:
    park = filled(tmp_path)
    park.books = without_fallback(park.books)
    park.fill("acme.import", date(2026, 11, 1), date(2026, 11, 10))
    park.add(Form.DELIVERY, {**DIESEL, "date": "2026-11-03"})
    with pytest.raises(CloseRefused) as refused:
        park.close(period="2026-11")
    assert {one.code for one in refused.value.obstacles} == {"not_over", "refusal", "missing", "no_record", "waiting"}
    assert all(one.zh for one in refused.value.obstacles)
    assert find(park.db, kinds=(Kind.RUN, Kind.ENTRY, Kind.CLOSE)) == []


def test_a_gap_in_days_is_refused_unless_it_is_accepted_and_then_an_exclusion(tmp_path: Path) -> None:
    park = filled(tmp_path)
    park.fill("bravo.import", date(2026, 9, 1), date(2026, 9, 28))
    park.fill("yard.import", date(2026, 9, 1), date(2026, 9, 30))
    with pytest.raises(CloseRefused, match="2026-09-29 to 2026-09-30"):
        park.close("bravo", "2026-09")
    park.close("bravo", "2026-09", missing="the meter was not there yet")
    found = park.summary("bravo", "2026-09")
    assert found["trust"]["exclusions"] == ["2026-09: missing data: the meter was not there yet"]
    assert found["bases"][0]["total"]["is_lower_bound"]


def test_a_refused_source_is_left_out_only_by_name(tmp_path: Path) -> None:
    park = filled(tmp_path)
    park.books = without_fallback(park.books)
    with pytest.raises(CloseRefused):
        park.close(sources={"acme_yard": "no factor is published"})
    park.close(sources={"acme_yard": "no factor is published", "acme_power": "the same"})
    assert len(park.summary()["trust"]["exclusions"]) == 2


def test_months_are_closed_in_order(tmp_path: Path) -> None:
    park = filled(tmp_path, date(2026, 7, 1), date(2026, 10, 31))
    park.close("bravo", "2026-07")
    with pytest.raises(CloseRefused, match="2026-08, 2026-09"):
        park.close("bravo", "2026-10")
    for period in ("2026-08", "2026-09", "2026-10"):
        park.close("bravo", period)
    with pytest.raises(CloseRefused, match="closed already"):
        park.close("bravo", "2026-10")
    assert park.summary("bravo", "2026-07-01..2026-10-31")["status"] == "closed"


def test_a_longer_period_is_closed_by_its_months(tmp_path: Path) -> None:
    with pytest.raises(CloseRefused, match="no month"):
        filled(tmp_path).close(period="2026")


def test_a_fault_between_the_records_of_a_close_leaves_none_of_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    park = filled(tmp_path)
    before = records.size(park.db)
    real = records.append

    def failing(*args: object, **more: object) -> object:
        if args[2] is Kind.CLOSE:
            raise KeyboardInterrupt
        return real(*args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr("gateway.accounts.carbon.close.append", failing)
    with pytest.raises(KeyboardInterrupt):
        park.close()
    assert records.size(park.db) == before
    assert newest(park.db) is None
    monkeypatch.undo()
    park.close()
    assert park.summary()["status"] == "closed"


def test_late_data_leaves_a_closed_month_as_it_is_and_says_what_is_due(tmp_path: Path) -> None:
    park = filled(tmp_path)
    park.close()
    before = _location(park)
    assert park.summary()["due"] == []
    _late(park)
    found = park.summary()
    assert _location(park) == before
    (told,) = found["due"]
    assert told["sources"] == ["acme_power"]
    assert Decimal(told["effect"]["scope2"]["location"]["difference_kg"]) == Decimal("0.25") * 744 * Decimal("0.4974")


def test_a_clock_that_stepped_back_after_the_close_hides_nothing(tmp_path: Path) -> None:
    park = filled(tmp_path)
    park.close()
    park.now_ns -= 3 * 86_400 * 10**9
    park.fill("acme.gas", *OCTOBER, per_hour="4.5")
    (told,) = due(park.db, park.books, entity_of(park.books, "acme"), park.now_ns)
    assert told.changed_lines == ("acme_gas",)


def test_another_factor_alone_makes_nothing_due(tmp_path: Path) -> None:
    park = filled(tmp_path)
    park.close()
    fallback = replace(park.books.policy.fallbacks[0], as_of=date(2022, 12, 31))
    park.books = replace(park.books, policy=replace(park.books.policy, fallbacks=(fallback,)))
    assert due(park.db, park.books, entity_of(park.books, "acme"), park.now_ns) == []


def test_a_restatement_reverses_what_is_gone_and_keeps_what_was_published(tmp_path: Path) -> None:
    park = filled(tmp_path)
    park.close()
    published = _location(park)
    _late(park)
    told = park.restate("readings came late")
    found = park.summary()
    assert (found["status"], found["due"]) == ("restated", [])
    assert found["restatements"][0]["reason"] == "readings came late"
    assert _location(park, as_published=True) == published
    assert _location(park) > published
    assert len(told.body["reversals"]) == len(told.body["added"]) == 3
    first = get(park.db, told.body["reversals"][0])
    assert first is not None
    original = get(park.db, first.body["reverses"])
    assert original is not None
    assert Decimal(first.body["mass_kg"]) == -Decimal(original.body["mass_kg"])


def test_the_entries_of_the_ledger_add_up_to_what_holds_whatever_was_restated(tmp_path: Path) -> None:
    park = filled(tmp_path)
    park.close()
    for rate in ("31.5", "31.25", "31.75", "31.25"):
        _late(park, rate)
        park.restate(f"at {rate}")
        ledger = sum(
            Decimal(one.body["co2e_kg"])
            for one in find(park.db, kinds=(Kind.ENTRY,), limit=10_000)
            if one.body["basis"] in ("location", "direct") and one.body["co2e_kg"] is not None
        )
        assert ledger == _location(park)


def test_enterprise_and_park_share_entries_and_are_restated_each_by_itself(tmp_path: Path) -> None:
    park = filled(tmp_path)
    park.close("acme")
    park.close("park")
    before = park.summary("park")["scope1"]["kg"]
    park.put("acme.gas", hourly(*OCTOBER, "4.5"), *OCTOBER)
    park.restate("gas", "acme")
    assert park.summary("park")["scope1"]["kg"] == before
    assert [one["period"] for one in park.summary("park")["due"]] == ["2026-10"]
    park.restate("gas", "park")
    assert park.summary("park")["scope1"]["kg"] == park.summary("acme")["scope1"]["kg"] != before


def test_nothing_is_restated_where_nothing_changed_or_nothing_is_closed(tmp_path: Path) -> None:
    park = filled(tmp_path)
    with pytest.raises(Rejected, match="is not closed"):
        park.restate()
    park.close()
    with pytest.raises(Rejected, match="the same as before"):
        park.restate()
    assert month_states(park.db, "acme")["2026-10"].restatements == ()


@pytest.mark.parametrize("other", ["Li-Wei", "li. wei", "L\u0456 Wei", "Li W\u0435i", "ＬＩ　ＷＥＩ", "Li Wei\u3002"])
def test_no_spelling_makes_two_people_of_one(tmp_path: Path, other: str) -> None:
    park = filled(tmp_path)
    with pytest.raises(Rejected, match="cannot both"), transaction(park.db):
        close(park.db, park.books, "acme", "2026-10", approval(LI, other), KEY, park.tick())


@pytest.mark.parametrize("other", ["Li Wei\ufe0f", "Li\u3164Wei", "Li Wei\u200b", "Li Wei\u034f"])
def test_a_name_with_invisible_letters_is_none(tmp_path: Path, other: str) -> None:
    park = filled(tmp_path)
    with pytest.raises(Rejected, match="invisible"), transaction(park.db):
        close(park.db, park.books, "acme", "2026-10", approval(LI, other), KEY, park.tick())


def test_blanks_are_no_reason(tmp_path: Path) -> None:
    park = filled(tmp_path)
    park.fill("bravo.import", date(2026, 9, 1), date(2026, 9, 28))
    park.fill("yard.import", date(2026, 9, 1), date(2026, 9, 30))
    with pytest.raises(CloseRefused, match="2026-09-29"):
        park.close("bravo", "2026-09", missing=" \n ")
    park.books = without_fallback(park.books)
    with pytest.raises(Rejected, match="without a reason"):
        park.close(sources={"acme_yard": " ", "acme_power": "no factor is published"})


def test_a_month_of_which_nothing_is_known_is_not_closed_as_zero(tmp_path: Path) -> None:
    park = filled(tmp_path)
    acme = replace(park.books.entities["acme"], sources=("acme_diesel",))
    park.books = replace(park.books, entities={**park.books.entities, "acme": acme})
    with pytest.raises(CloseRefused, match="nothing at all is known"):
        park.close(period="2026-09")
    park.close(period="2026-09", missing="the tank was bought in October")
    assert park.summary(period="2026-09")["trust"]["exclusions"] == [
        "2026-09: missing data: the tank was bought in October"
    ]


def test_a_reading_that_waits_holds_up_its_own_month_alone(tmp_path: Path) -> None:
    park = filled(tmp_path)
    park.add(Form.READING, {"meter": "acme.gas", "time": "2026-11-05 08:00", "value": "99"})
    assert park.summary()["trust"]["waiting"] == 0
    park.close()


def test_what_was_published_is_closed_and_not_restated(tmp_path: Path) -> None:
    park = filled(tmp_path)
    park.close()
    _late(park)
    park.restate()
    assert [park.summary(as_published=known)["status"] for known in (False, True)] == ["restated", "closed"]


def test_an_approved_record_that_no_source_counts_any_more_is_not_left_out_in_silence(tmp_path: Path) -> None:
    park = filled(tmp_path)
    acme = replace(park.books.entities["acme"], sources=("acme_power", "acme_gas", "acme_yard"))
    sources = {name: one for name, one in park.books.sources.items() if name != "acme_diesel"}
    park.books = replace(park.books, sources=sources, entities={**park.books.entities, "acme": acme})
    with pytest.raises(CloseRefused) as refused:
        park.close()
    assert [one.code for one in refused.value.obstacles] == ["uncounted"]
    assert len(park.summary()["trust"]["uncounted"]) == 1


def test_a_source_of_which_nothing_is_recorded_holds_up_the_close_until_a_record_says_0(tmp_path: Path) -> None:
    park = filled(tmp_path, date(2026, 9, 1), date(2026, 9, 30))
    with pytest.raises(CloseRefused, match=r"nothing is recorded of Acme_Diesel \(`acme_diesel`\)") as refused:
        park.close(period="2026-09", missing="that of meters is none of it")
    assert [one.code for one in refused.value.obstacles] == ["no_record"]
    park.approved(Form.DELIVERY, {**DIESEL, "quantity": "0", "date": "2026-09-30"})
    assert park.summary(period="2026-09")["is_complete"]
    park.close(period="2026-09")


def test_a_source_of_which_nothing_is_recorded_is_left_out_with_a_reason_and_the_figures_stay_bounds(
    tmp_path: Path,
) -> None:
    park = filled(tmp_path, date(2026, 9, 1), date(2026, 9, 30))
    park.close(period="2026-09", sources={"acme_diesel": "the tank is read in October"})
    found = park.summary(period="2026-09")
    assert found["trust"]["exclusions"] == ["2026-09: acme_diesel: the tank is read in October"]
    assert (found["status"], found["is_complete"]) == ("closed", False)
    assert found["scope1"]["is_lower_bound"]
    acme = park.books.entities["acme"]
    park.books = replace(park.books, entities={**park.books.entities, "acme": replace(acme, sources=acme.sources[:2])})
    assert park.summary(period="2026-09")["trust"]["without_data"] == ["acme_diesel"]  # as it was closed
