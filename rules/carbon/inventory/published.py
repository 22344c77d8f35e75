"""Which published factor a basis itself prescribes: China's national ones, the newest at the time; heat by its country.

A basis that asks for the latest published value takes that of the data year where there is one, else the newest of an
earlier year: the rule of the basis, so it is disclosed and needs no fallback.
"""

from dataclasses import replace
from datetime import date

from rules.carbon.catalogue import Catalogue, first_values
from rules.carbon.description import Choice, Description
from rules.carbon.errors import CalculationError, Wrong
from rules.carbon.factor import Activity, Factor

CHINA = "CN"
GRID = "grid_average"
FOSSIL = "grid_fossil"
NON_FOSSIL = "non_fossil_with_evidence"
HEAT = "heat"
_SERIES = "mee-nbs"


def national(description: Description, catalogue: Catalogue, fuel: str) -> Description:
    """Electricity at China's latest published national factor. Raises CalculationError where none is published yet."""
    _refuse_abroad(description)
    known = [one for one in catalogue.at(Activity.ELECTRICITY, fuel, CHINA) if one.series == _SERIES]
    first, last = _newest(known, description.start), _newest(known, description.end)
    if first is None or last is None:
        there = first_values(f"{one.id}: {one.validity}" for one in known) or "none"
        message = f"no national factor `{fuel}` is published for {description.start.isoformat()}"
        raise CalculationError([Wrong("date", message, f"there is: {there}")])
    if first is not last:
        message = f"two national factors hold in it: `{first.id}` and `{last.id}`"
        raise CalculationError([Wrong("date", message, "one line for each month, please")])
    return _with(description, first, "the latest published national factor")


def non_fossil(description: Description, evidence: tuple[str, ...]) -> Description:
    """Non-fossil electricity: 0, where there is evidence. Raises CalculationError where there is none."""
    _refuse_abroad(description)
    if not evidence:
        message = "non-fossil electricity without evidence: it is neither zero nor anything else"
        hint = "attach contract and settlement, or green certificates (GB/T 32151 app. D), or take the statement back"
        raise CalculationError([Wrong("evidence", message, hint)])
    choice = Choice(region=CHINA, reason="the standards' zero holds for all of China")
    plain = _bare(description, NON_FOSSIL)
    return replace(plain, choice=choice, evidence=tuple(sorted({*description.evidence, *evidence})))


def heat(description: Description, catalogue: Catalogue) -> tuple[Description, bool]:
    """Heat with its supplier's factor where the place has one, else with the country's; whether it is that one."""
    said = description if description.fuel or description.choice.id else replace(description, fuel=HEAT)
    country = description.region.partition("-")[0]
    if description.choice != Choice() or country == description.region:
        return said, False
    own = catalogue.at(Activity.HEAT, said.fuel, description.region)
    if any(one.holds(description.start, description.end) for one in own):
        return said, False
    reason = "no supplier's factor of this place and time: the country's default"
    return replace(said, choice=Choice(region=country, reason=reason)), True


def named(description: Description, catalogue: Catalogue, factor_id: str) -> Description:
    """Electricity at the factor with this id, on its own days where it has none for these."""
    factor = catalogue.factor(factor_id)
    if factor is None or factor.activity is not Activity.ELECTRICITY:
        message = f"`{factor_id[:80]}` is no factor of electricity in the catalogue"
        raise CalculationError([Wrong("residual_mix", message, "name the id of a factor; carbon factors lists them")])
    return _with(description, factor, "the residual mix that the policy names")


def grid(description: Description, policy_region: str) -> Description:
    """Electricity at the average of its place: what is bought as non-fossil makes no difference."""
    said = description if description.region else replace(description, region=policy_region)
    if not said.region:
        message = "the region of the grid is not known"
        raise CalculationError([Wrong("region", message, "write `carbon: region:`, for example `CN-ZJ`")])
    if said.fuel == NON_FOSSIL:
        return _bare(said, GRID)
    return said if said.fuel or said.choice.id else replace(said, fuel=GRID)


def _refuse_abroad(description: Description) -> None:
    if description.region and description.region.partition("-")[0] != CHINA:
        message = f"this basis does not apply in `{description.region}`: it is China's"
        raise CalculationError([Wrong("region", message, "account this source on `location` and `market`")])


def _newest(known: list[Factor], day: date) -> Factor | None:
    before = [one for one in known if (one.valid_from or date.min) <= day]
    return max(before, key=lambda one: one.valid_from or date.min, default=None)


def _with(description: Description, factor: Factor, reason: str) -> Description:
    """The factor by its id; of another place or time with the reason."""
    is_valid = factor.holds(description.start, description.end)
    as_of = None if is_valid else factor.valid_from
    choice = Choice(
        id=factor.id,
        region=factor.region,
        as_of=as_of,
        reason=reason,
        uncertainty_percent=description.choice.uncertainty_percent,
    )
    return replace(_bare(description, factor.fuel), choice=choice)


def _bare(description: Description, fuel: str) -> Description:
    """Without what was stated for another factor."""
    return replace(description, fuel=fuel, choice=Choice(), methane="single")
