"""Activity lines from stored intervals: sums to the last digit, what is missing stays missing, nothing counts twice."""

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.accounts.books import Entity
from gateway.accounts.carbon.gather import MeterPart, Origin, _shares, gather
from gateway.accounts.carbon.runs import entity_of
from gateway.accounts.periods import Period, parse_period
from rules.carbon.inventory.activity import Grade
from tests.unit.gateway.accounts.account_park import AccountPark, at, filled


def _lines(park: AccountPark, entity: str, period: str) -> dict[str, Origin]:
    parts = [parse_period(period)]
    ((_, origins),) = gather(park.db, park.books, entity_of(park.books, entity), parts, park.now_ns)
    return {f"{one.line.source}/{one.line.direction}": one for one in origins}


def test_a_line_is_the_sum_of_its_meter_over_the_month(tmp_path: Path) -> None:
    line = _lines(filled(tmp_path), "acme", "2026-10")["acme_power/import"].line
    assert line.description.quantity.value == Fraction(31 * 24 * 3125, 100)
    assert (line.grade, line.measured, line.missing) == (Grade.HIGH, 1, 0)


def test_what_is_exported_is_a_line_of_its_own(tmp_path: Path) -> None:
    lines = _lines(filled(tmp_path), "acme", "2026-10")
    assert lines["acme_power/export"].line.description.quantity.value == Fraction(31 * 24 * 11, 10)


def test_the_same_days_give_the_same_id_and_another_reading_another(tmp_path: Path) -> None:
    park = filled(tmp_path)
    before = _lines(park, "bravo", "2026-10")
    assert {name: one.line.id for name, one in _lines(park, "bravo", "2026-10").items()} == {
        name: one.line.id for name, one in before.items()
    }
    park.fill("bravo.import", date(2026, 10, 1), date(2026, 10, 31), per_hour="20.6")
    after = _lines(park, "bravo", "2026-10")
    assert after["bravo_power/import"].line.id != before["bravo_power/import"].line.id
    assert after["bravo_yard/import"].line.id == before["bravo_yard/import"].line.id


def test_a_shared_meter_is_divided_so_that_the_parts_are_the_whole(tmp_path: Path) -> None:
    park = filled(tmp_path)
    shares = [
        _lines(park, name, "2026-10")[f"{name}_yard/import"].line.description.quantity.value
        for name in ("acme", "bravo")
    ]
    assert sum(shares) == Fraction(31 * 24 * 10_000_001, 10**6)
    assert shares[0] > shares[1]


def test_a_park_that_is_the_sum_of_its_tenants_has_the_shared_meter_once(tmp_path: Path) -> None:
    park = filled(tmp_path)
    own = {"park": park.books.entities["park"]}
    whole = replace(own["park"], sources=("acme_power", "bravo_power", "park_yard"))
    divided = replace(own["park"], sources=("acme_power", "bravo_power", "acme_yard", "bravo_yard"))
    yard = replace(park.books.sources["acme_yard"], id="park_yard", enterprise="park")
    park.books = replace(park.books, sources={**park.books.sources, "park_yard": yard})

    def total(entity: Entity) -> Fraction:
        park.books = replace(park.books, entities={**park.books.entities, "park": entity})
        lines = _lines(park, "park", "2026-10").items()
        return sum((one.line.description.quantity.value for name, one in lines if "/import" in name), Fraction(0))

    assert total(whole) == total(divided) == Fraction("61.750001") * 744


def test_days_without_data_are_missing_and_named_and_never_zero(tmp_path: Path) -> None:
    park = filled(tmp_path)
    lost = tuple(date(2026, 11, day) for day in (4, 5))
    park.fill("bravo.import", date(2026, 11, 1), date(2026, 11, 20), per_hour="20", but=lost)
    origin = _lines(park, "bravo", "2026-11")["bravo_power/import"]
    assert origin.line.grade is Grade.POOR
    assert origin.line.missing > 0
    told = [(gap.how, gap.first, gap.last) for gap in origin.gaps]
    assert ("missing", date(2026, 11, 21), date(2026, 11, 21)) in told
    assert any(first <= lost[0] <= lost[1] <= last for _, first, last in told)


def test_days_that_are_still_to_come_are_not_missing(tmp_path: Path) -> None:
    park = AccountPark.at(tmp_path)
    park.now_ns = at("2026-11-03T00:00")
    park.fill("bravo.import", date(2026, 11, 1), date(2026, 11, 2))
    assert _lines(park, "bravo", "2026-11")["bravo_power/import"].line.missing == 0
    assert not _lines(park, "bravo", "2026-12")


def test_a_computed_meter_is_the_difference_and_lacks_what_a_part_lacks(tmp_path: Path) -> None:
    from gateway.accounts.energy.quantities import Quantities, Want

    park = filled(tmp_path)
    days = Quantities(park.db, park.books, date(2026, 10, 1), date(2026, 10, 31), date(2026, 11, 22))
    rest = days.days(Want("virtual.rest", "park"))
    assert sum(day.known_micro for day in rest.values()) == 31 * 24 * (63_700_000 - 31_250_000)
    park.fill("tx1.import", date(2026, 11, 1), date(2026, 11, 2), per_hour="50")
    park.fill("acme.import", date(2026, 11, 1), date(2026, 11, 1), per_hour="20")
    days = Quantities(park.db, park.books, date(2026, 11, 1), date(2026, 11, 2), date(2026, 11, 22))
    first, second = days.days(Want("virtual.rest", "park")).values()
    assert first.known_micro == 24 * 30_000_000
    assert (second.known_micro, second.missing_ns) == (0, 86_400 * 10**9)


@settings(max_examples=15, deadline=None)
@given(cuts=st.lists(st.integers(0, 30), max_size=4), grams=st.integers(1, 10**9))
def test_a_record_over_several_parts_is_divided_to_the_last_digit(cuts: list[int], grams: int) -> None:
    from tempfile import TemporaryDirectory

    from gateway.accounts.records.forms import Form

    with TemporaryDirectory() as folder:
        park = AccountPark.at(Path(folder))
        quantity = Decimal(grams) / 1000
        park.approved(
            Form.DELIVERY,
            {"source": "acme_diesel", "quantity": f"{quantity:f}", "unit": "kg", "period": "2026-10", "document": "1"},
        )
        first, last = date(2026, 10, 1), date(2026, 10, 31)
        starts = sorted({first, *(first + timedelta(days=cut) for cut in cuts)})
        ends = [*(start - timedelta(days=1) for start in starts[1:]), last]
        parts = [Period(f"{start}..{end}", start, end) for start, end in zip(starts, ends, strict=True)]
        found = gather(park.db, park.books, entity_of(park.books, "acme"), parts, park.now_ns)
        divided = [one.line for _, origins in found for one in origins if one.line.source == "acme_diesel"]
        assert sum(line.description.quantity.value for line in divided) == Fraction(quantity)
        assert len({line.id for line in divided}) == len(parts)


def test_before_its_first_rule_a_shared_meter_is_its_owners_alone(tmp_path: Path) -> None:
    park = filled(tmp_path)
    (rule,) = park.books.allocations
    later = replace(rule, from_day=date(2026, 10, 16).toordinal())
    park.books = replace(park.books, allocations=(later,))
    whole = Fraction("10.000001") * 24 * 31
    found = [
        _lines(park, name, "2026-10")[f"{name}_yard/import"].line.description.quantity.value
        for name in ("acme", "bravo")
    ]
    assert sum(found) == Fraction("10.000001") * 24 * 16 < whole


def test_a_quarter_of_an_hour_among_a_thousand_meters_is_still_missing() -> None:
    month = 31 * 86_400 * 10**9
    whole = MeterPart("m", "kWh", 0, month * 999, 0, 0, 31, "")
    part = MeterPart("n", "kWh", 0, month - 900 * 10**9, 0, 900 * 10**9, 31, "")
    assert _shares([whole, part]) == [10**6 - 1, 0, 1]
