"""The policy of an inventory: what a run freezes besides quantities and factors."""

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from rules.carbon.catalogue import Catalogue, Uncertainty
from rules.carbon.inventory.entry import Basis


@dataclass(frozen=True, slots=True)
class Fallback:
    """A named permission to take a factor of another day or place; every use of it is listed in the report."""

    activity: str  # purchased_electricity, purchased_heat, ...
    reason: str
    as_of: date | None = None
    region: str = ""
    basis: Basis | None = None  # only on this one
    enterprise: str = ""  # only for this one


@dataclass(frozen=True, slots=True)
class FactorUncertainty:
    """Of a factor of the catalogue that was published without one: 95 %, in percent, with where it stands."""

    factor: str  # id
    percent: Decimal
    source: str


@dataclass(frozen=True, slots=True)
class Policy:
    """How a reporting unit accounts."""

    approach: str  # operational_control | financial_control
    region: str  # of the electricity grid: `CN-ZJ`
    gwp_set: str  # AR4 | AR5 | AR6
    bases: tuple[Basis, ...]
    default_basis: Basis
    fallbacks: tuple[Fallback, ...] = ()
    residual_mix: str = ""  # id of the factor; empty: none is published, its absence is disclosed
    indicator_coal: str = "calorific"  # standard coal of the zero-carbon park's indicator: calorific | primary
    base_year: int | None = None
    threshold_percent: Decimal = Decimal(5)  # of the base year's total, from which on it is recalculated
    version: int = 1
    uncertainties: tuple[FactorUncertainty, ...] = ()  # by factor


def with_uncertainties(catalogue: Catalogue, policy: Policy) -> Catalogue:
    """The catalogue with what the policy states of its factors."""
    if not policy.uncertainties:
        return catalogue
    stated = {one.factor: Uncertainty(Fraction(one.percent), one.source) for one in policy.uncertainties}
    return replace(catalogue, stated=stated)
