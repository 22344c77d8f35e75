"""Continuous emission monitoring: mass of a gas from concentration and flow, wet or dry, at a reference of oxygen.

    dry concentration = wet concentration / (1 - water)             (wet flow x (1 - water) = dry flow)
    actual concentration = reference concentration x (21 - O2) / (21 - O2 reference)
    mass in kg = dry actual concentration (mg/Nm3) x dry flow (Nm3/h) x hours / 1e6

Oxygen is of dry gas and that of air is 21 % (HJ 75-2017, GB 13223-2011). The measured figure stands beside the
calculated one and is never added to it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from rules.carbon.errors import CalculationError, Wrong

AIR_OXYGEN_PERCENT = Fraction(21)
MOLAR_VOLUME = Fraction("22.414")  # Nm3 per kmol of an ideal gas at 0 degC, 101.325 kPa
_MG_PER_KG = 10**6


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour, or a part of it. Concentration and flow at 0 degC, 101.325 kPa."""

    concentration_mg_per_nm3: Fraction
    flow_nm3_per_h: Fraction
    is_concentration_dry: bool
    is_flow_dry: bool
    water_percent: Fraction | None = None  # of the wet gas; needed where something is wet
    oxygen_percent: Fraction | None = None  # of the dry gas, measured
    reference_oxygen_percent: Fraction | None = None  # that the concentration was converted to; `None`: it was not
    hours: Fraction = Fraction(1)
    is_substituted: bool = False  # not measured: put in by the rules for missing data


@dataclass(frozen=True, slots=True)
class Measured:
    """The mass, and how much of it was substituted."""

    kg: Fraction
    hours: Fraction
    substituted_hours: Fraction
    substituted_kg: Fraction

    @property
    def flags(self) -> tuple[str, ...]:
        """`substituted` where an hour was."""
        return ("substituted",) if self.substituted_hours else ()


@dataclass(frozen=True, slots=True)
class Beside:
    """Measured beside calculated; there is no sum of them. `percent` of the calculated, `None` where that is 0."""

    measured_kg: Fraction
    calculated_kg: Fraction
    difference_kg: Fraction
    percent: Fraction | None


def mg_per_nm3(volume_percent: Fraction, molar_mass: Fraction) -> Fraction:
    """A volume share as mass concentration, of an ideal gas: 12 % CO2 (44 kg/kmol) are about 235567 mg/Nm3."""
    return volume_percent / 100 * molar_mass / MOLAR_VOLUME * _MG_PER_KG


def mass_kg(hour: Hour) -> Fraction:
    """The mass of one hour. Raises CalculationError for what is missing or impossible."""
    wrongs = _wrongs(hour)
    if wrongs:
        raise CalculationError(wrongs)
    dry_share = 1 - (hour.water_percent or Fraction(0)) / 100
    dry = hour.concentration_mg_per_nm3 if hour.is_concentration_dry else hour.concentration_mg_per_nm3 / dry_share
    if hour.reference_oxygen_percent is not None:
        assert hour.oxygen_percent is not None
        dry *= (AIR_OXYGEN_PERCENT - hour.oxygen_percent) / (AIR_OXYGEN_PERCENT - hour.reference_oxygen_percent)
    flow = hour.flow_nm3_per_h if hour.is_flow_dry else hour.flow_nm3_per_h * dry_share
    return dry * flow * hour.hours / _MG_PER_KG


def measured(hours: Iterable[Hour]) -> Measured:
    """The sum over hours; substituted ones are in it, and said."""
    kg = [(mass_kg(hour), hour) for hour in hours]
    return Measured(
        sum((mass for mass, _ in kg), Fraction(0)),
        sum((hour.hours for _, hour in kg), Fraction(0)),
        sum((hour.hours for _, hour in kg if hour.is_substituted), Fraction(0)),
        sum((mass for mass, hour in kg if hour.is_substituted), Fraction(0)),
    )


def beside(measured_kg: Fraction, calculated_kg: Fraction) -> Beside:
    """Side by side, as the standards ask."""
    difference = measured_kg - calculated_kg
    return Beside(measured_kg, calculated_kg, difference, difference / calculated_kg * 100 if calculated_kg else None)


def _wrongs(hour: Hour) -> list[Wrong]:
    found = []
    for name in ("concentration_mg_per_nm3", "flow_nm3_per_h", "hours"):
        if getattr(hour, name) < 0:
            found.append(Wrong(name, "must not be negative"))
    if hour.water_percent is None and not (hour.is_concentration_dry and hour.is_flow_dry):
        found.append(Wrong("water_percent", "is missing", "something is wet: state the water of the gas"))
    if hour.water_percent is not None and not 0 <= hour.water_percent < 100:
        found.append(Wrong("water_percent", "is a share of the wet gas, 0 or more and below 100 %"))
    if hour.reference_oxygen_percent is not None and hour.oxygen_percent is None:
        found.append(Wrong("oxygen_percent", "is missing", "a concentration at a reference needs the measured oxygen"))
    for name in ("oxygen_percent", "reference_oxygen_percent"):
        value = getattr(hour, name)
        if value is not None and not 0 <= value < AIR_OXYGEN_PERCENT:
            found.append(Wrong(name, "is that of air or more, or negative", "for example 6 % for coal"))
    return found
