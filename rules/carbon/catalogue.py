"""The catalogue: every factor by id, GWP values by set and gas, the composition of blends."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from rules.carbon.factor import Activity, Factor
from rules.carbon.gases import folded, gas_named

GWP_SETS = ("AR4", "AR5", "AR6")
METHANE = {"single": "ch4", "fossil": "ch4_fossil", "non_fossil": "ch4_nonfossil"}


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """Of a factor, 95 %, in percent, as somebody states it who is not the factor's source."""

    percent: Fraction
    source: str


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Factors that have passed `rules.carbon.invariants`. `sha256` names exactly this content."""

    factors: tuple[Factor, ...]
    sha256: str = ""
    stated: Mapping[str, Uncertainty] = field(default_factory=dict)  # by id of the factor
    _by_id: dict[str, Factor] = field(init=False, repr=False, compare=False)
    _by_key: dict[tuple[str, ...], list[Factor]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Index them: an inventory looks some thousand times."""
        by_key: dict[tuple[str, ...], list[Factor]] = {}
        for one in self.factors:
            by_key.setdefault((one.activity,), []).append(one)
            by_key.setdefault((one.activity, one.fuel, one.region), []).append(one)
        object.__setattr__(self, "_by_id", {one.id: one for one in reversed(self.factors)})  # the first of an id
        object.__setattr__(self, "_by_key", by_key)

    def factor(self, factor_id: str) -> Factor | None:
        """The factor with this id."""
        return self._by_id.get(factor_id)

    def uncertainty_percent(self, factor: Factor) -> Fraction | None:
        """As it is stated, else as the factor's source has it."""
        stated = self.stated.get(factor.id)
        return factor.uncertainty_percent if stated is None else stated.percent

    def of(self, activity: Activity) -> list[Factor]:
        """The factors of an activity, in the order of the files."""
        return list(self._by_key.get((activity,), ()))

    def at(self, activity: Activity, fuel: str, region: str) -> list[Factor]:
        """Those of a fuel in a region."""
        return list(self._by_key.get((activity, fuel, region), ()))

    def gwp(self, gas: str, gwp_set: str, methane: str = "single") -> Factor | None:
        """The 100-year GWP of a gas in a set; of the three values of methane the one that is named."""
        name = METHANE[methane] if gas == "CH4" else gas.lower()
        found = (one for one in self.of(Activity.GWP) if one.gwp_set == gwp_set and one.fuel == name)
        return next(found, None)

    def composition(self, name: str) -> tuple[str, list[tuple[str, Fraction, Factor | None]]] | None:
        """The proper name of a gas or blend and its gases with their mass fractions; `None` for another name."""
        if (gas := gas_named(name)) is not None:
            return gas, [(gas, Fraction(1), None)]
        parts = [one for one in self.of(Activity.BLEND) if folded(one.fuel) == folded(name)]
        return (parts[0].fuel, [(one.gas, one.value, one) for one in parts]) if parts else None

    def refrigerants(self) -> list[str]:
        """The names that `composition` knows, as they are usually written."""
        blends = {one.fuel for one in self.of(Activity.BLEND)}
        return sorted({*blends, *(one.gas for one in self.of(Activity.GWP) if one.gas != "CO2")})


def first_values(values: Iterable[str], limit: int = 40) -> str:
    """`a, b, c (and 7 more)` for a message that says what there is."""
    known = sorted(set(values))
    more = f" (and {len(known) - limit} more)" if len(known) > limit else ""
    return ", ".join(f"`{value}`" for value in known[:limit]) + more
