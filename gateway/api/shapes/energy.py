"""The forms of energy: meters, intervals, usage, days, balances, flows."""

from typing import Literal

from pydantic import Field

from gateway.api.shapes.base import Day, DecimalText, IsoTime, Name, Shape
from gateway.core.device import MeterRole

Exact = DecimalText | None


class MeterShape(Shape):
    """A register, or a computed meter, that is accounted. What only one of the two has is absent from the other."""

    tag: str
    name: Name
    enterprise: str
    device: str | None = None
    medium: str
    direction: str | None = None
    role: MeterRole | None = None
    unit: str
    accuracy_percent: Exact = None
    under: list[str] = Field(default=[])
    """The meters that count what this one counts too."""
    is_manual: bool = False
    is_virtual: bool
    plus: list[str] = Field(default=[])
    minus: list[str] = Field(default=[])


class Meters(Shape):
    """Every meter that is accounted."""

    items: list[MeterShape]
    total: int


class IntervalShape(Shape):
    """The quantity of an interval, and how it is known."""

    meter: str
    from_: IsoTime = Field(alias="from")
    to: IsoTime
    quantity: Exact
    """`null`: not all of it is known."""
    known: DecimalText
    unit: str
    method: str
    """`measured`, `estimated`, `missing`, `sum`."""
    measured: DecimalText
    """Share of the time, 0 to 1."""
    estimated: DecimalText
    missing: DecimalText
    version: int
    provisional: bool
    hash: str


class Intervals(Shape):
    """A page of intervals."""

    meter: str
    step: str
    items: list[IntervalShape]
    next_from: IsoTime | None
    """`from` of the next page; `null` at the end."""


class EntityShape(Shape):
    """An enterprise or the park."""

    id: str
    kind: Literal["enterprise", "park"]
    name: Name


class StretchShape(Shape):
    """A stretch of time by the site's clock, up to before `to`."""

    label: str
    from_: IsoTime = Field(alias="from")
    to: IsoTime
    zone: str
    is_running: bool


class FlowShape(Shape):
    """A medium in one direction, with the shares of its time."""

    medium: str
    direction: str
    quantity: Exact
    unit: str
    is_lower_bound: bool
    measured_percent: DecimalText
    estimated_percent: DecimalText
    missing_percent: DecimalText


class CostShape(Shape):
    """What energy costs, without what is charged by the month: exact, and rounded once."""

    amount: Exact
    currency: str
    is_lower_bound: bool


class EmissionsShape(Shape):
    """CO2e in kg on the default basis, of what meters tell."""

    basis: str
    scope1_kg: Exact
    scope2_kg: Exact
    total_kg: Exact
    is_lower_bound: bool
    scope1_is_lower_bound: bool
    """Something of scope 1 is not in it: a source without meters, a factor, a part of the time."""
    scope2_is_lower_bound: bool
    """The same of scope 2."""
    sources_not_in_it: list[str]


class UsageOfStretch(Shape):
    """The figures of another stretch, for comparison."""

    period: StretchShape
    energy: list[FlowShape]
    cost: CostShape | None
    emissions: EmissionsShape


class UsageComparison(Shape):
    """The stretch before, and the same one a year ago."""

    previous_period: UsageOfStretch
    previous_year: UsageOfStretch


class DemandShape(Shape):
    """The highest mean power of an interval."""

    kw: DecimalText
    time: IsoTime
    interval_s: int


class BaseLoad(Shape):
    """What runs at night."""

    kw: DecimalText
    nights: int


class OffHours(Shape):
    """Use outside the working hours."""

    quantity: DecimalText
    unit: str
    percent: Exact


class SupplyShape(Shape):
    """Grid, PV and battery; shares between 0 and 1, `null` where not all is known."""

    unit: str
    is_complete: bool
    grid_import: Exact
    grid_export: Exact
    generation: Exact
    own_use_of_generation: Exact
    battery_charge: Exact
    battery_discharge: Exact
    consumption: Exact
    self_consumption: Exact
    autarky: Exact


class Flows(SupplyShape):
    """Supply of a period."""

    period: StretchShape


class ChargerShape(Shape):
    """One charging point."""

    meter: str
    device: str
    quantity: DecimalText
    is_lower_bound: bool
    percent: Exact


class Chargers(Shape):
    """The charging points."""

    quantity: DecimalText
    unit: str
    is_lower_bound: bool
    items: list[ChargerShape]


class ElectricityShape(Shape):
    """The electricity of a stretch."""

    maximum_demand: DemandShape | None
    load_factor: Exact
    base_load: BaseLoad | None
    off_hours: OffHours | None
    known_intervals: int
    supply: SupplyShape
    chargers: Chargers | None


class Usage(Shape):
    """Energy, cost, CO2e, demand of an enterprise or the park."""

    entity: EntityShape
    period: StretchShape
    energy: list[FlowShape]
    cost: CostShape | None
    emissions: EmissionsShape
    comparison: UsageComparison
    electricity: ElectricityShape
    shared_meters_not_in_it: list[str]


class DayShape(FlowShape):
    """Bought energy of a day."""

    day: Day


class Days(Shape):
    """Bought energy of each local day."""

    entity: EntityShape
    period: StretchShape
    items: list[DayShape]


class CalendarPeriod(Shape):
    """Whole days, both ends included."""

    label: str
    from_: Day = Field(alias="from")
    to: Day


class BalanceShape(Shape):
    """A meter that has others under it, against their sum."""

    meter: str
    unit: str
    supplied: Exact
    metered: Exact
    unexplained: Exact
    percent: Exact
    uncertainty: Exact
    missing: list[str]
    is_explained: bool | None
    limit_percent: DecimalText
    is_beyond: bool | None


class Balances(Shape):
    """Losses and what nobody explains."""

    period: CalendarPeriod
    items: list[BalanceShape]
