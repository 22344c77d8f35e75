"""A source is tried against the catalogue before there is any quantity: what no date and no unit would put right."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

from rules.carbon.calculation import calculate
from rules.carbon.catalogue import Catalogue
from rules.carbon.description import Description, Stated
from rules.carbon.errors import CalculationError, Wrong
from rules.carbon.units import UNITS, Unit

_ANY_DAY = date(2020, 1, 1)
_MOST_DAYS = 12
_OF_UNIT = {"date", "quantity", "heating_value", "density", "enthalpy", "gross_to_net", "reference_conditions"}
_RECORDED = ("kg", "L", "m3", "Nm3", "kWh", "GJ", "GJ(net)", "km", "kgce(calorific)")


def rehearse(template: Description, counted: Unit | None, catalogue: Catalogue) -> Sequence[Wrong]:
    """What is wrong with a source on every day; nothing where one day works.

    `counted`: the unit of its meters; `None`: by records, in any unit that the factors take.
    """
    best: tuple[int, Sequence[Wrong]] | None = None
    for unit in [UNITS[name] for name in _RECORDED] if counted is None else [counted]:
        for day in _days(template, catalogue):
            quantity = Stated(Fraction(1), f"1 {unit}", "", unit)
            try:
                calculate(replace(template, quantity=quantity, start=day, end=day), catalogue)
            except CalculationError as error:
                depends = _OF_UNIT if counted is None else {"date"}
                score = sum(wrong.field in depends for wrong in error.wrongs)
                best = min(best or (score, error.wrongs), (score, error.wrongs), key=lambda one: one[0])
            else:
                return ()
    return best[1] if best else ()


def _days(template: Description, catalogue: Catalogue) -> list[date]:
    """A day of each validity that factors of this activity have, the newest first."""
    found = set()
    for factor in catalogue.of(template.activity):
        if template.fuel in ("", factor.fuel) and template.choice.id in ("", factor.id):
            last = factor.valid_to - timedelta(days=1) if factor.valid_to else _ANY_DAY
            found.add(factor.valid_from or last)
    return sorted(found, reverse=True)[:_MOST_DAYS] or [_ANY_DAY]
