"""What a unit emits: the inventory's own answer, divided."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from gateway.accounts.energy.emission_rates import EmissionRates, kg_of
from rules.carbon.inventory.account import account
from rules.carbon.inventory.activity import ActivityLine, Direction
from tests.unit.gateway.accounts.tariff_park import books


def test_a_unit_emits_what_the_inventory_says_of_many() -> None:
    park = books()
    rates = EmissionRates(park)
    rate = rates.rate("acme-electricity", (2026, 10))
    assert rate.scope1 == 0
    assert rate.scope2 is not None
    assert rate.scope2 > 0
    source = park.sources["acme-electricity"]
    template = replace(source.template, quantity=replace(source.template.quantity, value=Fraction(74600), text="74600"))
    line = ActivityLine("x", source.id, "acme", template)
    inventory = account([line], [], [], park.policy, park.catalogue)
    total = sum((entry.co2e_kg or Decimal(0) for entry in inventory.entries), Decimal(0))
    assert abs(kg_of(74_600_000_000, rate.scope2) - total) <= Decimal("0.000000002")


def test_what_is_given_back_has_a_rate_of_its_own() -> None:
    rates = EmissionRates(books())
    given = rates.rate("acme-electricity", (2026, 10), Direction.EXPORT)
    assert given.scope2 is not None
    assert given.scope2 <= 0


def test_without_a_factor_there_is_no_rate_and_not_zero() -> None:
    park = books()
    park = replace(park, policy=replace(park.policy, fallbacks=()))
    assert EmissionRates(park).rate("acme-electricity", (2026, 10)).scope2 is None


def test_a_rate_is_worked_out_once() -> None:
    rates = EmissionRates(books())
    assert rates.rate("bravo-electricity", (2026, 9)) is rates.rate("bravo-electricity", (2026, 9))


def test_kilograms_are_rounded_to_nine_digits() -> None:
    assert kg_of(1, 5 * 10**14) == Decimal("0.000000500")
    assert kg_of(1, 500_000_000_000) == Decimal("0.000000001")
