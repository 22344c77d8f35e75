"""Which statements belong to which activity: what is missing, and what would have no effect."""

from rules.carbon.bridge import heating
from rules.carbon.catalogue import GWP_SETS, METHANE, Catalogue, first_values
from rules.carbon.description import Description, Stated
from rules.carbon.errors import Wrong
from rules.carbon.factor import CALCULATED, EMITTING, Activity
from rules.carbon.units import Dimension

_BURNING = ("fuel", "heating_value", "density", "gross_to_net", "reference_conditions", "oxidation", "gwp", "methane")
_TAKES: dict[Activity, tuple[str, ...]] = {
    Activity.STATIONARY: _BURNING,
    Activity.MOBILE: _BURNING,
    Activity.PROCESS: ("fuel", "content", "gwp", "methane"),
    Activity.FUGITIVE: ("gas", "gwp", "methane"),
    Activity.LEAKAGE: ("fuel", "gas", "years", "gwp", "methane"),
    Activity.ELECTRICITY: ("fuel", "gwp", "methane"),
    Activity.HEAT: ("fuel", "enthalpy", "feed_water", "gwp", "methane"),
    Activity.LOSSES: ("fuel", "gwp", "methane"),
    Activity.STANDARD_COAL: ("fuel", "coefficient"),
}
SHARES = ("oxidation", "content", "gross_to_net")


def wrongs(description: Description, catalogue: Catalogue) -> list[Wrong]:
    """What is wrong with a description before a factor is looked for."""
    if description.activity not in CALCULATED:
        known = ", ".join(f"`{activity}`" for activity in CALCULATED)
        return [Wrong("activity", f"`{description.activity}` is not an activity that emits", f"there is: {known}")]
    return [*_unfit(description), *_numbers(description), *_names(description, catalogue)]


def _unfit(description: Description) -> list[Wrong]:
    """What has no effect for this activity, and what it cannot do without."""
    takes = _TAKES[description.activity]
    said = {
        "fuel": description.fuel,
        "gas": description.gas,
        "heating_value": description.heating_value,
        "density": description.density,
        "enthalpy": description.enthalpy,
        "feed_water": description.feed_water,
        "gross_to_net": description.gross_to_net,
        "reference_conditions": description.reference_conditions,
        "oxidation": description.oxidation,
        "content": description.content,
        "years": description.years,
        "coefficient": description.coefficient,
        "gwp": description.gwp_set,
        "methane": "" if description.methane == "single" else description.methane,
    }
    found = [
        Wrong(name, f"has no meaning for {description.activity}", "remove it")
        for name, value in said.items()
        if value and name not in takes
    ]
    if description.activity is Activity.FUGITIVE and (description.choice.id or description.choice.series):
        found.append(Wrong("factor", "a gas that escapes needs no factor, only its GWP", "remove it"))
    if description.coefficient is not None and (description.choice.id or description.choice.series):
        found.append(Wrong("factor", "a coefficient is stated already", "keep one of them"))
    needed: list[str] = [name for name in ("gas", "years") if name in takes and not said[name]]
    if "fuel" in takes and not (description.fuel or description.choice.id or description.coefficient):
        needed.append("fuel")
    return found + [Wrong(name, "is missing", f"{description.activity} needs it") for name in needed]


def _numbers(description: Description) -> list[Wrong]:
    found = []
    if description.start > description.end:
        found.append(Wrong("date", "the period ends before it begins", "swap the days"))
    if description.quantity.value < 0:
        found.append(Wrong("quantity", "must not be negative", "exports and corrections are entries of their own"))
    if description.quantity.unit is None:
        found.append(Wrong("quantity", "has no unit", "write for example `1200 kWh`"))
    for name in ("heating_value", "density", "enthalpy", "feed_water", *SHARES, "years", "coefficient"):
        stated: Stated | None = getattr(description, name)
        if stated is not None and stated.value <= 0:
            found.append(Wrong(f"{name}.value", "must be more than zero"))
        elif stated is not None and name in SHARES and stated.value > 1:
            found.append(Wrong(f"{name}.value", "is a share and at most 1", "write `0.98` or `98 %`"))
    return found + _dimensions(description) + _steam(description)


def _dimensions(description: Description) -> list[Wrong]:
    """A heating value leads to energy, a density is kg per m3."""
    found = []
    heating, density = description.heating_value, description.density
    gases = (Dimension.GAS_0C, Dimension.GAS_15C, Dimension.GAS_20C)
    if heating is not None:
        energy = heating.unit is not None and heating.unit.dimension in (Dimension.ENERGY_NET, Dimension.ENERGY_GROSS)
        per = heating.per is not None and heating.per.dimension in (Dimension.MASS, Dimension.VOLUME, *gases)
        if not energy or not per:
            hint = "write for example `42.652 GJ(net)/t` or `38.931 MJ(net)/Nm3`"
            found.append(Wrong("heating_value.value", f"`{heating.text}` is no heating value", hint))
    if density is not None:
        mass = density.unit is not None and density.unit.dimension is Dimension.MASS
        per = density.per is not None and density.per.dimension in (Dimension.VOLUME, *gases)
        if not mass or not per:
            found.append(Wrong("density.value", f"`{density.text}` is no density", "write for example `840 kg/m3`"))
    if (coefficient := description.coefficient) is not None:
        coal = (Dimension.COAL_CALORIFIC, Dimension.COAL_PRIMARY)
        if coefficient.unit is None or coefficient.per is None or coefficient.unit.dimension not in coal:
            hint = "write for example `0.3020 kgce(primary)/kWh`"
            found.append(Wrong("coefficient.value", f"`{coefficient.text}` leads to no coal equivalent", hint))
        elif coefficient.per.dimension in coal:
            found.append(Wrong("coefficient.value", "a coal equivalent per coal equivalent"))
    return found


def _steam(description: Description) -> list[Wrong]:
    """Enthalpies are energy per mass; what came with the feed water is less than the steam brought."""
    known = {"enthalpy": description.enthalpy, "feed_water": description.feed_water}
    found = [
        Wrong(
            f"{name}.value", f"`{stated.text}` is no enthalpy", "write for example `{value: 2778 kJ/kg, source: ...}`"
        )
        for name, stated in known.items()
        if stated is not None and not _is_enthalpy(stated)
    ]
    steam, water = description.enthalpy, description.feed_water
    if water is not None and steam is None:
        found.append(
            Wrong("feed_water", "is deducted from the enthalpy of steam, and none is stated", "see `enthalpy`")
        )
    elif water is not None and steam is not None and not found and heating(water).ratio >= heating(steam).ratio:
        found.append(Wrong("feed_water.value", f"`{water.text}` is not less than the steam's `{steam.text}`"))
    return found


def _is_enthalpy(stated: Stated) -> bool:
    if stated.unit is None or stated.per is None:
        return False
    return (stated.unit.dimension, stated.per.dimension) == (Dimension.ENERGY, Dimension.MASS)


def _names(description: Description, catalogue: Catalogue) -> list[Wrong]:
    found = []
    if description.gwp_set and description.gwp_set not in GWP_SETS:
        found.append(Wrong("gwp", f"no GWP set `{description.gwp_set[:20]}`", f"there is: {first_values(GWP_SETS)}"))
    if description.methane not in METHANE:
        found.append(Wrong("methane", f"`{description.methane[:20]}` is unknown", f"there is: {first_values(METHANE)}"))
    elif (
        description.methane == "fossil"
        and description.activity in EMITTING
        and (description.activity is not Activity.PROCESS)
    ):
        hint = "its carbon is counted as CO2 already: fossil methane is for what escapes, leave it out here"
        found.append(Wrong("methane", "not for methane from combustion", hint))
    takes_gas = "gas" in _TAKES[description.activity]
    if takes_gas and description.gas and catalogue.composition(description.gas) is None:
        hint = f"there is: {first_values(catalogue.refrigerants())}"
        found.append(Wrong("gas", f"no gas or blend `{description.gas[:40]}`", hint))
    choice = description.choice
    is_elsewhere = bool(choice.region) and choice.region != description.region
    if (is_elsewhere or choice.as_of is not None) and not choice.reason:
        hint = "it is listed in the result, for example `latest published national factor`"
        found.append(Wrong("factor.reason", "a factor of another place or time needs a reason", hint))
    return found
