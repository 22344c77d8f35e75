"""The demo park: one line of each emission source gives an inventory on every basis, and nothing is refused."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from fractions import Fraction
from pathlib import Path

from gateway.accounts.setup.compile import load_books
from gateway.config import load
from gateway.plugins import known_drivers
from rules.carbon.description import Stated
from rules.carbon.inventory.account import account
from rules.carbon.inventory.activity import ActivityLine
from rules.carbon.inventory.entry import Basis
from rules.carbon.units import unit

DEMO = Path(__file__).parents[4] / "drivers" / "simulator" / "demo" / "park.yaml"
RECORDED = {"tongda-diesel": "L", "lantian-r404a": "kg", "xinchen-r410a": "kg"}  # by records


def test_every_source_of_the_demo_park_is_valued_on_every_basis() -> None:
    books = load_books(load(DEMO, known_drivers(), {}).plan)
    assert {name for name, source in books.sources.items() if not source.meters} == RECORDED.keys()
    for entity in books.entities.values():
        lines = []
        for name in entity.sources:
            source = books.sources[name]
            measured = unit(RECORDED[name]) if name in RECORDED else source.template.quantity.unit
            quantity = Stated(Fraction(1000), f"1000 {measured}", "test", measured)
            template = replace(source.template, quantity=quantity, start=date(2026, 10, 1), end=date(2026, 10, 31))
            lines.append(ActivityLine(f"line-{name}", name, source.enterprise, template))
        inventory = account(lines, [], [], books.policy, books.catalogue)
        assert inventory.refusals == [], entity.id
        counted = {entry.basis for entry in inventory.entries if entry.scope == 2}
        assert counted == set(books.policy.bases), entity.id
        direct = sum((e.co2e_kg or Decimal(0) for e in inventory.entries if e.basis is Basis.DIRECT), Decimal(0))
        assert (direct > 0) is (
            entity.id in {"qinghe", "dongyue", "antu", "mingde", "qingyuan", "tongda", "lantian", "xinchen"}
        )
