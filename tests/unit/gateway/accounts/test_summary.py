"""Summaries: exact sums over months and enterprises, decimals as texts, what is missing is said."""

import json
import re
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.accounts.carbon.runs import calculate, entity_of
from gateway.accounts.periods import parse_period
from gateway.accounts.records.forms import Form
from gateway.cli.carbon_show import show_summary
from gateway.core.errors import Rejected
from gateway.core.point import Names
from rules.carbon.inventory.entry import Basis
from tests.unit.gateway.accounts.account_park import AccountPark, at, filled, without_fallback

SAMPLE = Path(__file__).parents[3] / "cases/carbon/summary-sample.json"
INSTRUMENT = {
    "enterprise": "acme", "number": "GEC-1", "what": "gec", "energy_mwh": "12", "factor_kg_per_kwh": "0",
    "market": "CN", "retired_on": "2026-11-03", "period": "2026-10",
    **{f"criterion_{n}": "yes" for n in range(1, 6)}, "criterion_6": "not_applicable",
    "criterion_7": "not_applicable", "criterion_8": "disclosed",
}  # fmt: skip
CLAIM = {"instrument": "GEC-1", "source": "acme_power", "energy_mwh": "10", "period": "2026-10"}


def _basis(found: dict[str, Any], name: str) -> dict[str, Any]:
    return next(one for one in found["bases"] if one["basis"] == name)


def _sum(found: dict[str, Any], name: str, scope: str) -> Decimal:
    return Decimal(_basis(found, name)[scope]["kg"])


def test_a_summary_has_the_shape_of_the_sample(tmp_path: Path) -> None:
    park = filled(tmp_path)
    park.approved(Form.INSTRUMENT, INSTRUMENT)
    park.approved(Form.ALLOCATION, CLAIM)
    park.close()
    sample, found = json.loads(SAMPLE.read_text("utf-8")), park.summary()
    assert found.keys() == sample.keys()
    for name in ("entity", "period", "run", "closed", "scope1", "outside", "trust", "comparison", "checkpoint"):
        assert found[name].keys() == sample[name].keys(), name
    for name in ("bases", "energy", "factors", "instruments", "intensities"):
        assert found[name][0].keys() == sample[name][0].keys(), name


def test_there_is_no_float_in_it(tmp_path: Path) -> None:
    def check(value: Any) -> None:
        assert not isinstance(value, float)
        for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            check(one)

    check(filled(tmp_path).summary())


def test_exported_electricity_is_deducted_on_the_chinese_basis_alone(tmp_path: Path) -> None:
    found = filled(tmp_path).summary()
    assert [line["label"] for line in _basis(found, "location")["lines"]] == ["purchased", "purchased"]
    exported = [line for line in _basis(found, "cn_enterprise")["lines"] if line["label"] == "exported"]
    assert Decimal(exported[0]["kg"]) < 0
    energy = {(one["carrier"], one["direction"]): one["quantity"] for one in found["energy"]}
    assert energy["electricity", "export"] == "818.4"


def test_an_instrument_covers_its_part_on_the_market_basis(tmp_path: Path) -> None:
    park = filled(tmp_path)
    before = park.summary()
    park.approved(Form.INSTRUMENT, INSTRUMENT)
    park.approved(Form.ALLOCATION, CLAIM)
    after = park.summary()
    assert _sum(after, "location", "scope2") == _sum(before, "location", "scope2")
    assert _sum(after, "market", "scope2") < _sum(before, "market", "scope2")
    (instrument,) = after["instruments"]
    assert (instrument["allocated_mwh"], instrument["left_mwh"], instrument["criteria"][7]) == ("10", "2", None)


def test_in_a_running_month_an_allocation_of_the_whole_month_covers_what_was_consumed(tmp_path: Path) -> None:
    park = filled(tmp_path)
    for tag in ("acme.import", "yard.import", "acme.export", "acme.gas"):
        park.fill(tag, date(2026, 11, 1), date(2026, 11, 21))
    park.now_ns = at("2026-11-22T00:00")
    park.approved(Form.INSTRUMENT, INSTRUMENT)
    park.approved(Form.ALLOCATION, CLAIM | {"period": "2026-11"})
    found = _basis(park.summary(period="2026-11"), "market")
    assert not found["refusals"]
    covered = next(line for line in found["lines"] if line["label"] == "instrument")
    assert covered["quantity"] == "5040"  # 21 days of 240 kWh; 10 MWh are allocated
    assert any("4960 kWh more are allocated" in one["en"] and "4960" in one["zh"] for one in found["notes"])
    part = _basis(park.summary(period="2026-11-01..2026-11-20"), "market")
    assert not part["refusals"]  # by days it would be 6666 kWh of 4800: the month is not over either
    park.now_ns = at("2026-12-01T00:00")
    for tag in ("acme.import", "yard.import", "acme.export", "acme.gas"):
        park.fill(tag, date(2026, 11, 1), date(2026, 11, 30))
    found = _basis(park.summary(period="2026-11"), "market")
    assert "more are allocated than `acme_power` consumed" in found["refusals"][0]["message"]


def test_without_a_factor_of_the_year_there_is_a_refusal_and_a_lower_bound(tmp_path: Path) -> None:
    park = filled(tmp_path)
    park.books = without_fallback(park.books)
    found = _basis(park.summary(), "location")
    assert found["scope2"] == {"kg": "0", "is_lower_bound": True, "gas": "CO2e"}
    assert {one["source"] for one in found["refusals"]} == {"acme_power", "acme_yard"}
    assert all(one["hint"] for one in found["refusals"])


def test_missing_days_make_a_lower_bound_and_an_incomplete_period(tmp_path: Path) -> None:
    park = filled(tmp_path)
    park.fill("bravo.import", date(2026, 9, 1), date(2026, 9, 20))
    found = park.summary("bravo", "2026-09")
    assert not found["is_complete"]
    assert _basis(found, "location")["total"]["is_lower_bound"]
    assert Decimal(found["trust"]["missing_percent"]) > 0
    shares = [Decimal(found["trust"][f"{name}_percent"]) for name in ("measured", "estimated", "missing")]
    assert sum(shares) == 100


def test_intensities_are_of_the_whole_period_only(tmp_path: Path) -> None:
    park = filled(tmp_path)
    (value,) = park.summary()["intensities"]
    assert (value["denominator"], value["value"]) == ("output_value", "1250.5")
    assert not park.summary(period="2026")["intensities"]


def test_the_period_before_is_compared_where_there_are_figures(tmp_path: Path) -> None:
    park = filled(tmp_path)
    park.fill("bravo.import", date(2026, 9, 1), date(2026, 9, 30), per_hour="20.5")
    park.fill("yard.import", date(2026, 9, 1), date(2026, 9, 30), per_hour="10.000001")
    found = park.summary("bravo")["comparison"]
    assert found["previous_year"] is None
    assert (found["previous_period"]["period"], found["previous_period"]["difference_percent"]) == ("2026-09", "3.33")


def test_what_waits_is_counted_and_nobody_counts_it(tmp_path: Path) -> None:
    park = filled(tmp_path)
    before = park.summary()
    park.add(
        Form.DELIVERY, {"source": "acme_diesel", "quantity": "5", "unit": "kg", "date": "2026-10-03", "document": "D2"}
    )
    after = park.summary()
    assert (after["trust"]["waiting"], after["is_complete"]) == (1, False)
    assert after["bases"] == before["bases"]


def test_the_same_inputs_give_the_same_bytes(tmp_path: Path) -> None:
    park = filled(tmp_path)
    entity, parts = entity_of(park.books, "acme"), [parse_period("2026-10")]
    first = calculate(park.db, park.books, entity, parts, park.tick())[0]
    second = calculate(park.db, park.books, entity, parts, park.tick())[0]
    assert first.digest == second.digest
    assert list(first.entries) == list(second.entries)
    park.books = replace(park.books, exclusions=("the canteen",))
    assert calculate(park.db, park.books, entity, parts, park.tick())[0].digest != first.digest


def test_an_unknown_entity_or_period_is_refused(tmp_path: Path) -> None:
    park = filled(tmp_path)
    for entity, period in (("nobody", "2026-10"), ("acme", "2026-13")):
        with pytest.raises(Rejected):
            park.summary(entity, period)


RATES = st.integers(1, 10**9).map(lambda micro: f"{Decimal(micro) / 10**6:f}")


@settings(max_examples=8, deadline=None)
@given(acme=RATES, bravo=RATES, yard=RATES, cut=st.integers(1, 27))
def test_totals_are_additive_over_time_to_the_last_digit(acme: str, bravo: str, yard: str, cut: int) -> None:
    with TemporaryDirectory() as folder:
        park = AccountPark.at(Path(folder))
        for tag, rate in (("acme.import", acme), ("bravo.import", bravo), ("yard.import", yard)):
            park.fill(tag, date(2026, 8, 1), date(2026, 9, 30), per_hour=rate)
        months = [park.summary("bravo", period) for period in ("2026-08", "2026-09")]
        both = park.summary("bravo", "2026-08-01..2026-09-30")
        for basis in ("location", "cn_enterprise"):
            assert _sum(both, basis, "scope2") == sum(_sum(month, basis, "scope2") for month in months)
        year = park.summary("bravo", "2026")
        assert _sum(year, "location", "scope2") == _sum(both, "location", "scope2")
        first, last = date(2026, 8, 1), date(2026, 8, 31)
        at = first + timedelta(days=cut)
        parts = [
            park.summary("bravo", f"{start}..{end}") for start, end in ((first, at - timedelta(days=1)), (at, last))
        ]
        quantities = [Decimal(one["energy"][0]["quantity"]) for one in (*parts, months[0])]
        assert quantities[0] + quantities[1] == quantities[2]


@settings(max_examples=8, deadline=None)
@given(yard=RATES)
def test_what_enterprises_share_is_all_of_it(yard: str) -> None:
    with TemporaryDirectory() as folder:
        park = AccountPark.at(Path(folder))
        park.fill("yard.import", date(2026, 10, 1), date(2026, 10, 4), per_hour=yard)
        for tag in ("acme.import", "bravo.import", "acme.export", "acme.gas"):
            park.fill(tag, date(2026, 10, 1), date(2026, 10, 4), per_hour="0")
        shares = [park.summary(name, "2026-10-01..2026-10-04")["energy"] for name in ("acme", "bravo")]
        imported = [
            Decimal(one["quantity"])
            for energy in shares
            for one in energy
            if (one["carrier"], one["direction"]) == ("electricity", "import")
        ]
        assert sum(imported) == Decimal(yard) * 96


def _output(enterprise: str, quantity: str) -> dict[str, str]:
    return {"enterprise": enterprise, "what": "output_value", "quantity": quantity, "unit": "万元", "period": "2026-10"}


def test_the_park_is_divided_by_its_own_denominator_or_by_those_of_all_its_enterprises(tmp_path: Path) -> None:
    park = filled(tmp_path)
    assert park.summary("park")["intensities"] == []  # acme alone has told one
    park.approved(Form.DENOMINATOR, _output("bravo", "100"))
    assert [one["value"] for one in park.summary("park")["intensities"]] == ["1350.5"]
    park.approved(Form.DENOMINATOR, _output("park", "1400"))
    assert [one["value"] for one in park.summary("park")["intensities"]] == ["1400"]


def test_a_ratio_and_an_energy_of_which_something_is_missing_say_that_they_are_bounds(tmp_path: Path) -> None:
    park = filled(tmp_path)
    assert not any("is_lower_bound" in one for one in (*park.summary()["energy"], *park.summary()["intensities"]))
    park.fill("bravo.import", date(2026, 9, 1), date(2026, 9, 20))
    park.approved(Form.DENOMINATOR, {**_output("bravo", "7"), "period": "2026-09"})
    found = park.summary("bravo", "2026-09")
    assert [one["is_lower_bound"] for one in (*found["energy"], *found["intensities"])] == [True, True]


def test_a_month_is_not_compared_with_the_base_year(tmp_path: Path) -> None:
    park = filled(tmp_path)
    park.books = replace(park.books, policy=replace(park.books.policy, base_year=2025))
    month, year = park.summary()["base_year"], park.summary(period="2026")["base_year"]
    assert (month["difference_kg"], month["is_lower_bound"]) == (None, True)
    assert Decimal(year["difference_kg"]) > 0


def test_a_base_year_of_records_alone_of_which_there_is_none_is_a_bound_and_not_zero(tmp_path: Path) -> None:
    park = filled(tmp_path)
    acme = replace(park.books.entities["acme"], sources=("acme_diesel",))
    policy = replace(park.books.policy, base_year=2025)
    park.books = replace(park.books, policy=policy, entities={**park.books.entities, "acme": acme})
    assert park.summary()["base_year"]["is_lower_bound"]
    assert park.summary(period="2026-09")["trust"]["without_data"] == ["acme_diesel"]


def test_what_a_basis_discloses_is_said_in_chinese_too(tmp_path: Path) -> None:
    found = filled(tmp_path).summary()
    notes = [note for basis in found["bases"] for note in basis["notes"] if note["code"] == "disclosure"]
    assert notes
    assert all(any("\u4e00" <= letter <= "\u9fff" for letter in note["zh"]) for note in notes)


def test_the_first_year_has_a_year_before_it(tmp_path: Path) -> None:
    assert parse_period("1990").before().label == "1989"
    assert filled(tmp_path).summary(period="1990")["status"] == "open"


def test_a_source_of_which_nothing_is_recorded_makes_bounds_of_everything_that_should_contain_it(
    tmp_path: Path,
) -> None:
    park = filled(tmp_path, date(2026, 9, 1), date(2026, 10, 31))
    whole = park.summary()
    park.approved(Form.DENOMINATOR, {**_output("acme", "9"), "period": "2026-09"})
    found = park.summary(period="2026-09")
    assert whole["is_complete"]
    assert not found["is_complete"]
    for basis in (*found["bases"], *park.summary(period="2026")["bases"]):
        assert [basis[name].get("is_lower_bound", False) for name in ("scope1", "scope2", "total")][::2] == [True, True]
    assert not any("is_lower_bound" in basis["scope2"] for basis in found["bases"])  # it burns, it buys nothing
    assert found["scope1"]["is_lower_bound"]
    assert [one["source"] for one in found["scope1"]["by_source"] if "is_lower_bound" in one] == []
    assert found["intensities"][0]["is_lower_bound"]
    assert found["trust"]["silent"] == [
        {
            "source": "acme_diesel",
            "name": {"en": "Acme_Diesel", "zh": "Acme_Diesel"},
            "scope": 1,
            "periods": ["2026-09"],
        }
    ]
    before = whole["comparison"]["previous_period"]
    assert (before["is_lower_bound"], before["difference_percent"]) == (True, None)
    both = park.summary(period="2026-09-01..2026-10-31")["scope1"]
    assert [one["source"] for one in both["by_source"] if "is_lower_bound" in one] == ["acme_diesel"]
    assert not any("is_lower_bound" in whole[name] for name in ("scope1",))


def test_a_month_that_runs_is_compared_with_the_same_days_of_the_month_before(tmp_path: Path) -> None:
    park = filled(tmp_path, date(2026, 9, 1), date(2026, 10, 31))
    park.approved(Form.DELIVERY, {"source": "acme_diesel", "quantity": "30", "unit": "kg", "document": "D-9",
                                  "period": "2026-09"})  # fmt: skip
    park.now_ns = at("2026-10-10T23:59")
    before = park.summary("bravo")["comparison"]["previous_period"]
    assert (before["period"], before["from"], before["to"]) == ("2026-09-01..2026-09-10", "2026-09-01", "2026-09-10")
    assert before["difference_percent"] == "0"  # the same load on each day
    acme = park.summary("acme", "2026-09")["bases"][0]
    third = Decimal(park.summary("acme")["comparison"]["previous_period"]["scope1_kg"])
    assert abs(third * 3 - Decimal(acme["scope1"]["kg"])) < Decimal("0.001")


def test_instruments_of_another_month_are_not_listed(tmp_path: Path) -> None:
    park = filled(tmp_path)
    park.approved(Form.INSTRUMENT, INSTRUMENT)
    listed = {
        (entity, period): [one["id"] for one in park.summary(entity, period)["instruments"]]
        for entity in ("acme", "park", "bravo")
        for period in ("2026-10", "2026-11")
    }
    assert listed == {
        ("acme", "2026-10"): ["GEC-1"],
        ("park", "2026-10"): ["GEC-1"],
        ("bravo", "2026-10"): [],
        ("acme", "2026-11"): [],
        ("park", "2026-11"): [],
        ("bravo", "2026-11"): [],
    }


def test_a_fallback_is_told_in_chinese_too(tmp_path: Path) -> None:
    trust = filled(tmp_path).summary()["trust"]
    assert trust["fallbacks"]
    assert all("使用替代因子" in trust["chinese"][text] for text in trust["fallbacks"])
    assert not any("without limit" in text or " to " in text for text in trust["chinese"].values())


def test_a_note_stands_with_the_scope_whose_figures_it_is_about(tmp_path: Path) -> None:
    park = filled(tmp_path)
    found = park.summary()
    for basis in found["bases"]:
        own = {flag for line in basis["lines"] for flag in line["note"].split(", ")}
        assert {note["code"] for note in basis["notes"] if note["scope"] == 2} == {*own, "disclosure"}
        direct = [note for note in basis["notes"] if note["scope"] == 1]
        assert direct == found["scope1"]["notes"]
    assert [note["code"] for note in found["scope1"]["notes"]] == ["co2_only"]


def test_a_summary_for_people_prints_each_note_under_its_scope(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = filled(tmp_path).summary()
    found["scope1"]["notes"] = [{"code": "pending_factor", "scope": 1, "en": "not reviewed", "zh": "未核对"}]
    for basis in found["bases"]:
        basis["notes"] = found["scope1"]["notes"] + [one for one in basis["notes"] if one["scope"] == 2]
        basis["scope1"] |= {"gas": "CO2e"}
    show_summary(found)
    said = capsys.readouterr().out
    assert said.count("note: not reviewed") == 1
    assert said.index("by gas:") < said.index("note: not reviewed") < said.index("purchased")
    assert "CO2e, scope 2 CO2 only" in said


def test_an_incomer_that_is_not_metered_whole_is_told_by_its_name_and_is_no_doubt(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    park = filled(tmp_path)
    incomer = replace(park.books.meters["tx1.import"], names=Names("Incomer 1, import", "一号进线"))
    park.books = replace(park.books, meters={**park.books.meters, "tx1.import": incomer})
    found = park.summary("park")
    (loss,) = found["trust"]["unexplained"]
    assert loss["name"] == {"en": "Incomer 1, import", "zh": "一号进线"}
    assert loss["is_beyond_limit"] is None
    show_summary(found)
    assert re.search(r"Incomer 1, import \(tx1\.import\): .*not all of it is metered", capsys.readouterr().out)


def test_what_gives_no_indicator_is_said_in_words_and_a_month_to_come_has_not_begun(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    park = filled(tmp_path)
    bases = (*park.books.policy.bases, Basis.CN_ZERO_CARBON_PARK)
    park.books = replace(park.books, policy=replace(park.books.policy, bases=bases))
    show_summary(park.summary(period="2026-09"))
    said = capsys.readouterr().out
    assert "no indicator: no energy was consumed" in said
    assert "None" not in said
    later = park.summary(period="2027-01")
    assert later["period"]["has_begun"] is False
    show_summary(later)
    assert capsys.readouterr().out == "Acme (acme), 2027-01-01 to 2027-01-31 Asia/Shanghai: has not begun\n"
