"""Tonnes of steam in a record of heat: the enthalpy that it states, in the description of its source; what lacks."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from fractions import Fraction
from typing import Any

from gateway.accounts.books import EmissionSource
from gateway.accounts.records.submission_models import Fault
from rules.carbon.calculation import calculate
from rules.carbon.catalogue import Catalogue
from rules.carbon.description import Description, Stated
from rules.carbon.errors import CalculationError, Wrong
from rules.carbon.factor import Activity
from rules.carbon.units import UNITS, Dimension
from rules.carbon.units import unit as carbon_unit

_HINT = (
    "give GJ; or tonnes with `enthalpy_kj_per_kg` of the steam and `enthalpy_source`, at its pressure and temperature"
)
ENTHALPY, FEED_WATER, SOURCE = "enthalpy_kj_per_kg", "feed_water_kj_per_kg", "enthalpy_source"


def with_steam(template: Description, body: Mapping[str, Any]) -> Description:
    """The template with the record's own enthalpy. What the source states of steam has no place beside heat in GJ."""
    if carbon_unit(body["unit"]).dimension is not Dimension.MASS:
        return replace(template, enthalpy=_stated(body, ENTHALPY), feed_water=_stated(body, FEED_WATER))
    if not body.get(ENTHALPY):
        return template
    return replace(template, enthalpy=_stated(body, ENTHALPY), feed_water=_stated(body, FEED_WATER))


def steam_faults(body: Mapping[str, Any]) -> Iterator[Fault]:
    """A stated enthalpy needs where it comes from; the feed water's is nothing by itself."""
    if body.get(ENTHALPY) and not body.get(SOURCE):
        hint = "the supplier's statement or the table it was read in, with pressure and temperature"
        yield Fault(SOURCE, "a stated enthalpy needs its source", hint)
    if body.get(FEED_WATER) and not body.get(ENTHALPY):
        yield Fault(ENTHALPY, "is needed: the enthalpy of the feed water is deducted from it")


def valuation_wrongs(source: EmissionSource, body: Mapping[str, Any], catalogue: Catalogue) -> tuple[Wrong, ...]:
    """What a calculation of this source with a record's unit and days would refuse."""
    start, end = (date.fromisoformat(body[name]) for name in ("from", "to"))
    quantity = body.get("quantity", "1")  # any, where it cannot be read
    unit = carbon_unit(body["unit"])
    stated = Stated(Fraction(quantity), f"{quantity} {unit}", "a record", unit)
    try:
        calculate(replace(with_steam(source.template, body), quantity=stated, start=start, end=end), catalogue)
    except CalculationError as error:
        is_steam = source.template.activity is Activity.HEAT and unit.dimension is Dimension.MASS
        return tuple(replace(one, hint=_HINT) if is_steam and one.field == "quantity" else one for one in error.wrongs)
    return ()


def _stated(body: Mapping[str, Any], name: str) -> Stated | None:
    text = body.get(name)
    if not text:
        return None
    return Stated(Fraction(text), f"{text} kJ/kg", str(body.get(SOURCE, "")), UNITS["kJ"], UNITS["kg"])
