"""The forms of statements and tariffs. Decimals are texts."""

from pydantic import Field

from gateway.api.shapes.base import AnyValue, Day, DecimalText, IsoTime, Name, Shape, Told
from gateway.api.shapes.energy import EntityShape, StretchShape

Exact = DecimalText | None


class TariffShape(Shape):
    """A version of a tariff and where it is from."""

    id: str
    name: Name
    valid_from: Day
    valid_to: Day | None
    currency: str
    source: str


class UsedTariff(TariffShape):
    """A version that holds on days of the month."""

    days: int


class TariffTimes(Shape):
    """The bands of a day: `periods` are from, to (local) and band."""

    months: list[int]
    days: list[str]
    periods: list[list[AnyValue]]
    prices: dict[str, DecimalText]
    """Price per kWh by band."""


class TariffVersion(TariffShape):
    """A version with its prices."""

    enterprises: list[str]
    """Whom it holds for; empty: everybody."""
    times: list[TariffTimes]


class Tariffs(Shape):
    """The versions of tariffs."""

    items: list[TariffVersion]
    total: int


class StatementLine(Shape):
    """A line of the bill."""

    kind: str
    name: Name
    tariff: str
    period: str | None
    quantity: DecimalText
    unit: str
    price: DecimalText
    amount: DecimalText
    days: int | None
    month_days: int | None


class BoughtEnergy(Shape):
    """Electrical energy."""

    quantity: Exact
    unit: str


class RegisterAt(Shape):
    """What a register showed."""

    time: IsoTime
    value: DecimalText


class StatementReading(Shape):
    """A meter at the ends of the month."""

    meter: str
    unit: str
    begin: RegisterAt | None
    end: RegisterAt | None
    quantity: DecimalText
    quantity_unit: str
    is_lower_bound: bool


class StatementBrief(Shape):
    """Another month."""

    period: StretchShape
    total: DecimalText
    currency: str
    energy: BoughtEnergy
    is_lower_bound: bool
    is_complete: bool


class StatementComparison(Shape):
    """The month before, and the same one a year ago."""

    previous_period: StatementBrief | None
    previous_year: StatementBrief | None


class Statement(Told):
    """The statement of a tenant and a month."""

    schema_: str = Field(alias="schema")
    enterprise: EntityShape
    period: StretchShape
    currency: str
    tariffs: list[UsedTariff]
    lines: list[StatementLine]
    total: DecimalText
    vat_in_total: Exact
    rounding: str
    energy: BoughtEnergy
    power_factor: Exact
    estimated_percent: DecimalText
    is_complete: bool
    is_lower_bound: bool
    missing: list[Name]
    readings: list[StatementReading]
    comparison: StatementComparison
