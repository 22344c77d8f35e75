"""Which factors fit: by activity, fuel, region, series, day, sector and unit. Never a silent fallback.

Every step that leaves nothing is an error that names what there is instead. A factor of another region or another day
is taken only where the description names it with a reason; the result lists that as a deviation.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches

from rules.carbon.bridge import Bridge, heating, stated_bridges, way
from rules.carbon.catalogue import Catalogue, first_values
from rules.carbon.description import Choice, Description, Stated
from rules.carbon.errors import CalculationError, Wrong
from rules.carbon.factor import Activity, Factor
from rules.carbon.units import UNITS, Dimension, Unit, units_of

_STEAM = "an `enthalpy` of the steam in kJ/kg with its source (supplier, steam table), at its pressure and temperature"


@dataclass(frozen=True, slots=True)
class FactorSet:
    """The factors of one activity that are used together, by gas, and the way from the quantity to their unit."""

    lines: dict[str, Factor]
    goal: Dimension
    bridges: list[Bridge]
    deviations: list[str] = field(default_factory=list)


def select(catalogue: Catalogue, description: Description) -> FactorSet:
    """The one set of factors that fits. Raises CalculationError: nothing fits, or more than one does."""
    choice = _by_id(catalogue, description) if description.choice.id else description.choice
    fuel = description.fuel
    if description.choice.id:
        fuel = _known(catalogue, description.choice.id).fuel
    found = _matching(catalogue, description, fuel, choice)
    found = _in_sector(found, choice.sector)
    found = _of_one_series(found, description)
    if description.choice.id:
        found = _with_its_unit(found, _known(catalogue, description.choice.id))
    lines, goal, bridges = _reached(found, description, catalogue)
    if description.choice.id:
        _refuse_another(_known(catalogue, description.choice.id), lines, description)
    return FactorSet(lines, goal, bridges, _deviations(description, choice, lines))


def _known(catalogue: Catalogue, factor_id: str) -> Factor:
    factor = catalogue.factor(factor_id)
    if factor is None:
        close = get_close_matches(factor_id, [one.id for one in catalogue.factors], n=3, cutoff=0.5)
        hint = f"near: {first_values(close)}" if close else "`park-gateway carbon factors` lists them"
        raise CalculationError([Wrong("factor.id", f"no factor `{factor_id[:80]}`", hint)])
    return factor


def _by_id(catalogue: Catalogue, description: Description) -> Choice:
    """The choice with what the id says; contradictions are errors."""
    factor, choice = _known(catalogue, description.choice.id), description.choice
    wrongs = [
        Wrong(field_name, f"`{factor.id}` is for {what} `{own}`, not `{said}`", "leave it out, or take another factor")
        for field_name, what, own, said in (
            ("activity", "activity", factor.activity.value, description.activity.value),
            ("fuel", "fuel", factor.fuel, description.fuel),
            ("factor.series", "series", factor.series, choice.series),
        )
        if said and said != own
    ]
    if choice.sector and factor.sectors and choice.sector not in factor.sectors:
        wrongs.append(Wrong("factor.sector", f"`{factor.id}` is for {first_values(factor.sectors)}"))
    if wrongs:
        raise CalculationError(wrongs)
    sector = choice.sector or (factor.sectors[0] if len(factor.sectors) == 1 else "")
    return Choice(
        choice.id, factor.series, sector, choice.region, choice.as_of, choice.reason, choice.uncertainty_percent
    )


def _matching(catalogue: Catalogue, description: Description, fuel: str, choice: Choice) -> list[Factor]:
    """Those of the fuel, region, series and time."""
    region = choice.region or description.region
    activity = description.activity
    found = catalogue.at(activity, fuel, region)
    if not found:  # says which of the two there is not
        found = _narrowed(catalogue.of(activity), "fuel", fuel, lambda one: one.fuel, f"{activity} of")
        found = _narrowed(found, "region", region, lambda one: one.region, f"{activity} of `{fuel}` in")
    if choice.series:
        found = _narrowed(found, "factor.series", choice.series, lambda one: one.series, f"`{fuel}` of series")
    start, end = (choice.as_of, choice.as_of) if choice.as_of else (description.start, description.end)
    valid = [one for one in found if one.holds(start, end)]
    if not valid:
        _refuse_date(found, start, end, is_as_of=choice.as_of is not None)
    return valid


def _narrowed(found: list[Factor], name: str, wanted: str, of: Callable[[Factor], str], what: str) -> list[Factor]:
    kept = [one for one in found if of(one) == wanted]
    if kept:
        return kept
    known = sorted({of(one) for one in found})
    country = wanted.partition("-")[0]
    near = [one for one in known if wanted and one.partition("-")[0] == country]
    close = get_close_matches(wanted, known, n=2, cutoff=0.75)
    there = first_values(close or near or known)
    message = f"no factor for {what} `{wanted[:60]}`" if wanted else f"`{name}` is missing"
    hint = f"there is: {there}"
    if name == "region" and wanted:
        other = next((one for one in (country, "GLOBAL") if one in known), "...")
        hint += f"; a factor that is not of this region needs `factor: {{region: {other}, reason: ...}}`"
    raise CalculationError([Wrong(name, message, hint)])


def _refuse_date(found: list[Factor], start: date, end: date, *, is_as_of: bool) -> None:
    when = _days(start, end)
    there = first_values(f"{one.fuel} {one.region} ({one.series}): {one.validity}" for one in found)
    gaps = sorted({one.gap for one in found if one.gap})
    hint = f"there is: {there}" + "".join(f"; {gap}" for gap in gaps)
    if start != end and any(one.holds(start, start) for one in found):
        hint += "; calculate the parts of the period apart"
    elif not is_as_of:
        hint += "; an older or newer one needs `factor: {as_of: <day>, reason: ...}`"
    raise CalculationError([Wrong("factor.as_of" if is_as_of else "date", f"no factor is valid on {when}", hint)])


def _days(start: date, end: date) -> str:
    return start.isoformat() if start == end else f"all of {start.isoformat()} to {end.isoformat()}"


def _in_sector(found: list[Factor], wanted: str) -> list[Factor]:
    sectors = sorted({sector for one in found for sector in one.sectors})
    if not wanted:
        if len(sectors) > 1:
            message = "the factors differ by sector, and none is named"
            raise CalculationError([Wrong("factor.sector", message, f"there is: {first_values(sectors)}")])
        return found
    kept = [one for one in found if not one.sectors or wanted in one.sectors]
    if wanted not in sectors:
        hint = f"there is: {first_values(sectors)}" if sectors else "leave it out: the factors are for every sector"
        raise CalculationError([Wrong("factor.sector", f"no factor for sector `{wanted[:60]}`", hint)])
    return kept


def _of_one_series(found: list[Factor], description: Description) -> list[Factor]:
    """One publisher's line of values; where there are several, the description must say which."""
    series = sorted({one.series for one in found})
    if len(series) > 1:
        hint = f"write one of them under `factor: {{series: ...}}`: {first_values(series)}"
        message = f"{len(series)} series of factors fit `{description.fuel}` in `{found[0].region}`"
        raise CalculationError([Wrong("factor.series", message, hint)])
    return found


def _with_its_unit(found: list[Factor], named: Factor) -> list[Factor]:
    """Where a publisher gives factors per m3 and per kWh, those in the unit of the one that is named."""
    if named.gas in ("NCV", "C", "oxidation") or named.per is None:
        return found
    return [one for one in found if one.per is not None and one.per.dimension is named.per.dimension]


def _refuse_another(named: Factor, lines: dict[str, Factor], description: Description) -> None:
    """The factor that is named is the one that is used, or none is."""
    if any(one.id == named.id for one in lines.values()):
        return
    day = (description.choice.as_of or description.start).isoformat()
    there = first_values(one.id for one in lines.values())
    message = f"`{named.id}` is valid {named.validity}, not on {day}"
    hint = f"valid then: {there}; or name a day of its own: `factor: {{as_of: <day>, reason: ...}}`"
    raise CalculationError([Wrong("factor.id", message, hint)])


def goals(found: Iterable[Factor]) -> list[Dimension]:
    """The dimensions that a quantity may be brought to for these factors."""
    per = [one.per.dimension for one in found if one.per is not None and one.gas not in ("NCV", "oxidation")]
    return list(dict.fromkeys(per))


def _reached(
    found: list[Factor], description: Description, catalogue: Catalogue
) -> tuple[dict[str, Factor], Dimension, list[Bridge]]:
    start = description.quantity.unit
    assert start is not None
    bridges = _bridges(found, description, catalogue)
    ways = {goal: way(bridges, start.dimension, goal) for goal in goals(found)}
    reached = {goal: path for goal, path in ways.items() if path is not None}
    if not reached:
        _refuse_unit(found, description, list(ways))
    shortest = min(map(len, reached.values()))
    best = [goal for goal, path in reached.items() if len(path) == shortest]
    if len(best) > 1:
        hint = "name the factor by its id, or give the quantity in one of these units"
        raise CalculationError([Wrong("quantity", f"factors per {' and per '.join(best)} can be reached", hint)])
    goal = best[0]
    _refuse_unused(description, reached[goal])
    keep = [one for one in found if one.per is None or one.per.dimension is goal or one.gas == "NCV"]
    return {one.gas: one for one in keep}, goal, reached[goal]


def _bridges(found: list[Factor], description: Description, catalogue: Catalogue) -> list[Bridge]:
    """What the description states, and the heating value of the set where it states none."""
    bridges = stated_bridges(description)
    ncv = next((one for one in found if one.gas == "NCV"), None)
    if description.heating_value is None and ncv is not None:
        text = f"{ncv.text} {ncv.unit}/{ncv.per}"
        uncertainty = catalogue.uncertainty_percent(ncv)
        stated = Stated(ncv.value, text, ncv.source.title, UNITS[ncv.unit], ncv.per, uncertainty, ncv.id)
        bridges.append(heating(stated, ""))
    return bridges


def _refuse_unit(found: list[Factor], description: Description, wanted: list[Dimension]) -> None:
    unit = description.quantity.unit
    assert unit is not None
    own = [one.per for one in found if one.per is not None]
    there = "; ".join(f"{goal}: {_units_like(own, goal)}" for goal in wanted)
    if (ncv := next((one for one in found if one.gas == "NCV"), None)) is not None and ncv.per is not None:
        there += f"; by `{ncv.id}` for {ncv.per.dimension}: {_units_like(own, ncv.per.dimension)}"
    needed = {
        Dimension.ENERGY_NET: "a `heating_value` in GJ(net)/t or GJ(net)/Nm3 with its source",
        Dimension.ENERGY_GROSS: "a `heating_value` in GJ(gross)/t with its source",
        Dimension.MASS: "a `density` in kg/m3 with its source",
    }
    gases = (Dimension.GAS_0C, Dimension.GAS_15C, Dimension.GAS_20C)
    stated = [needed[goal] for goal in wanted if goal in needed]
    if description.activity is Activity.HEAT and unit.dimension is Dimension.MASS:
        stated = [_STEAM]
    if unit.dimension in gases and any(one.per is not None and one.per.dimension in gases for one in found):
        stated = ["`reference_conditions: ideal_gas`"]
    if unit.dimension is Dimension.ENERGY_GROSS and Dimension.ENERGY_NET in wanted:
        stated = ["`gross_to_net` with its source"]
    hint = f"the factors are for {there}" + (f"; or state {' or '.join(stated)}" if stated else "")
    message = f"{unit} ({unit.dimension}) does not lead to the unit of a factor"
    raise CalculationError([Wrong("quantity", message, hint)])


def _units_like(own: list[Unit], dimension: Dimension) -> str:
    """Some units of a dimension, those of the factors first."""
    names = dict.fromkeys([one.name for one in own if one.dimension is dimension] + units_of(dimension))
    return ", ".join(f"`{name}`" for name in list(names)[:5]) + (", ..." if len(names) > 5 else "")


def _refuse_unused(description: Description, path: list[Bridge]) -> None:
    used = {bridge.field for bridge in path}
    names = ("heating_value", "density", "enthalpy", "gross_to_net", "reference_conditions")
    wrongs = [
        Wrong(name, "is not needed for this factor and unit", "remove it: a statement that is not used misleads")
        for name in names
        if getattr(description, name) and name not in used
    ]
    if wrongs:
        raise CalculationError(wrongs)


def _deviations(description: Description, choice: Choice, lines: dict[str, Factor]) -> list[str]:
    """What was chosen against the rule that place and time of the factor are those of the activity."""
    factor = min(lines.values(), key=lambda one: one.holds(description.start, description.end))
    found = []
    if choice.region and choice.region != description.region:
        found.append(f"factor of region {choice.region} for an activity in {description.region}: {choice.reason}")
    if choice.as_of and not factor.holds(description.start, description.end):
        when = _days(description.start, description.end)
        found.append(f"factor as of {choice.as_of.isoformat()} ({factor.validity}) for {when}: {choice.reason}")
    return found
