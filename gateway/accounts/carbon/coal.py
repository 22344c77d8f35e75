"""Standard coal of an activity line, by both equivalents (当量值, 等价值), where the catalogue has a coefficient."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

from rules.carbon.bridge import steam_heat
from rules.carbon.calculation import calculate
from rules.carbon.catalogue import Catalogue
from rules.carbon.description import Choice, Description
from rules.carbon.errors import CalculationError
from rules.carbon.factor import Activity, Factor
from rules.carbon.inventory.activity import ActivityLine
from rules.carbon.numbers import shown
from rules.carbon.units import UNITS, Dimension, converted

_DIGITS = 9
_CARRIERS = {Activity.ELECTRICITY: "electricity", Activity.HEAT: "heat"}
_GAS, _GAS_COEFFICIENT = "natural_gas", "natural_gas_38931kj"
"""The coefficient of GB/T 2589 belongs to 38,931 kJ/m3, which is the heating value per Nm3 that GB/T 32151 and this
catalogue give natural gas in China: a cubic metre of one is a cubic metre of the other."""
_SAME = {"gas_diesel_oil": "diesel", "motor_gasoline": "gasoline"}  # IPCC's names of what GB/T 2589 has
_BURNT = (Activity.STATIONARY, Activity.MOBILE)
_ENERGY = (Activity.ELECTRICITY, Activity.HEAT, *_BURNT)


def energy_of(line: ActivityLine, catalogue: Catalogue) -> dict[str, str | None] | None:
    """Carrier and tonnes of standard coal with nine decimals; `None` for what is no energy.

    An equivalent without a coefficient is `None`: it is never computed from heating values (GB/T 2589). A 等价值 of
    electricity or heat changes from year to year: it is there where a factor of one's own says it for these days.
    """
    description = line.description
    if description.activity not in _ENERGY:
        return None
    carrier = _CARRIERS.get(description.activity, description.fuel)
    name, days = _coefficient_name(description), (description.start, description.end)
    fitting = [one for one in catalogue.of(Activity.STANDARD_COAL) if one.fuel == name and one.holds(*days)]
    description = _in_its_unit(description)
    calorific = _tce(description, fitting, Dimension.COAL_CALORIFIC, catalogue)
    primary = _tce(description, fitting, Dimension.COAL_PRIMARY, catalogue)
    if primary is None and description.activity in _BURNT:
        primary = calorific  # nothing is lost before a fuel is burnt: both equivalents are the same
    return {"carrier": carrier, "tce_calorific": calorific, "tce_primary": primary}


def _coefficient_name(description: Description) -> str:
    if description.fuel == _GAS and description.heating_value is None and description.region.startswith("CN"):
        return _GAS_COEFFICIENT
    return _CARRIERS.get(description.activity, _SAME.get(description.fuel, description.fuel))


def _in_its_unit(description: Description) -> Description:
    """Natural gas in the cubic metres of its coefficient, litres as a mass by the density that the source states,
    tonnes of steam as their heat.
    """
    if (heat := steam_heat(description)) is not None:
        return replace(description, quantity=heat)
    quantity = description.quantity
    if (mass_kg := _mass_kg(description)) is not None:
        return replace(description, quantity=replace(quantity, value=mass_kg, unit=UNITS["kg"]))
    if description.fuel != _GAS or quantity.unit is None or quantity.unit.dimension is not Dimension.GAS_0C:
        return description
    m3 = converted(quantity.value, quantity.unit, UNITS["Nm3"])
    return replace(description, quantity=replace(quantity, value=m3, unit=UNITS["m3"]))


def _mass_kg(description: Description) -> Fraction | None:
    """Of a volume whose density is stated."""
    unit, density = description.quantity.unit, description.density
    if unit is None or density is None or density.unit is None or density.per is None:
        return None
    if unit.dimension is not density.per.dimension:
        return None
    return description.quantity.value * unit.size * density.value * density.unit.size / density.per.size


def _tce(description: Description, fitting: list[Factor], wanted: Dimension, catalogue: Catalogue) -> str | None:
    """By the one coefficient that fits; where several do, none is chosen."""
    found = [one for one in fitting if UNITS[one.unit].dimension is wanted]
    if len(found) != 1:
        return None
    factor = found[0]
    coal = replace(
        description,
        activity=Activity.STANDARD_COAL,
        fuel=factor.fuel,
        region=factor.region,
        gwp_set="",
        choice=Choice(id=factor.id),
        oxidation=None,
        heating_value=None,
        density=None,
        enthalpy=None,
        feed_water=None,
        gross_to_net=None,
        reference_conditions="",
        methane="single",
    )
    try:
        kgce = calculate(coal, catalogue).coal_kgce
    except CalculationError:
        return None  # another unit, another year: there is no coefficient for this
    return None if kgce is None else format(Decimal(shown(kgce / Fraction(1000), _DIGITS)), "f")
