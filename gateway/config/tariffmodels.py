"""What the user writes under `tariffs:`, as pydantic models."""

from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from gateway.config.exact import Day, Exact
from gateway.config.models import Bilingual, Id, Strict
from gateway.config.rulemodels import Texts
from gateway.config.schedulemodels import parse_times
from gateway.config.types import HintedError

BandName = Literal["sharp", "peak", "flat", "valley", "deep_valley"]
_MOST_DIGITS = 8  # after the point; `rules.energy.tariff` calculates with whole numbers of 10^-8
_MOST = Decimal(10) ** 12


def _checked_amount(value: Decimal) -> Decimal:
    exponent = value.as_tuple().exponent
    if abs(value) > _MOST or not isinstance(exponent, int) or -exponent > _MOST_DIGITS + 10:
        raise HintedError("not an amount", "write for example `0.6543`")
    if value != round(value, _MOST_DIGITS):
        raise HintedError(f"more than {_MOST_DIGITS} digits after the point", "write for example `0.6543`")
    return value


Amount = Annotated[Exact, AfterValidator(_checked_amount), WithJsonSchema({"type": "number"})]
"""Money, exact; negative where it is given back."""


def _checked_price(value: Decimal) -> Decimal:
    if value < 0:
        raise HintedError("a price is not negative", "only `feed_in` and charges may be")
    return value


Price = Annotated[Amount, AfterValidator(_checked_price), WithJsonSchema({"type": "number", "minimum": 0})]
"""What is paid for a unit: never negative. What a park is paid for feeding in may be, and so may a charge or rebate."""
Weight = Annotated[Amount, Field(ge=0), WithJsonSchema({"type": "number", "minimum": 0})]


def _checked_times(texts: list[str]) -> list[str]:
    for text in texts:
        parse_times(text)
    return texts


Times = Annotated[Texts, AfterValidator(_checked_times)]


class PeriodsModel(Strict):
    """An entry of `times:` - the periods of one kind of day in one season."""

    months: list[Annotated[int, Field(ge=1, le=12)]] = Field([])
    days: list[Literal["workday", "weekend", "holiday"]] = Field([])
    sharp: Times = Field([])
    peak: Times = Field([])
    flat: Times = Field([])
    valley: Times = Field([])
    deep_valley: Times = Field([])
    rest: BandName = "flat"
    prices: dict[BandName, Price] = Field({})


class ChargeModel(Strict):
    """An entry of `funds:` (per kWh)."""

    name: Bilingual
    per_kwh: Amount


class FixedModel(Strict):
    """An entry of `fixed:` (per month)."""

    name: Bilingual
    per_month: Amount


class CommonModel(Strict):
    """An entry of `common:` - a monthly cost that several bear."""

    name: Bilingual
    per_month: Amount
    by: str
    weights: Annotated[dict[str, Weight], Field(min_length=1)]

    @model_validator(mode="after")
    def _somebody_bears_it(self) -> Self:
        if not any(self.weights.values()):
            raise HintedError("every weight is 0", "somebody has to bear the cost")
        return self


class DemandModel(Strict):
    """`demand:` - the capacity charge."""

    by: Literal["maximum", "capacity"]
    price: Price
    capacity_kva: dict[str, Weight] = Field({})

    @model_validator(mode="after")
    def _has_what_it_needs(self) -> Self:
        if self.by == "capacity" and not self.capacity_kva:
            raise HintedError("no contracted capacity", "write `capacity_kva: {enterprise: 800}`")
        if self.by == "maximum" and self.capacity_kva:
            raise HintedError("`capacity_kva` belongs to `by: capacity`", "remove it, or write `by: capacity`")
        return self


class VatModel(Strict):
    """`vat:`."""

    percent: Annotated[Amount, Field(ge=0, le=100)]
    included: bool = True


def _checked_standard(value: Decimal) -> Decimal:
    if value not in (Decimal("0.90"), Decimal("0.85"), Decimal("0.80")):
        raise HintedError("not a standard value", "write `0.90`, `0.85` or `0.80`")
    return value


class TariffModel(Strict):
    """An entry of `tariffs:` - one version."""

    id: Id
    name: Bilingual = Bilingual()
    valid_from: Day
    valid_to: Day | None = None
    currency: str = "CNY"
    enterprises: Texts | None = None
    calendar: str | None = None
    source: str = ""
    price: Price | None = None
    prices: dict[BandName, Price] = Field({})
    times: list[PeriodsModel] = Field([])
    demand: DemandModel | None = None
    power_factor: (
        Annotated[Exact, AfterValidator(_checked_standard), WithJsonSchema({"enum": [0.9, 0.85, 0.8]})] | None
    ) = None
    funds: list[ChargeModel] = Field([])
    fixed: list[FixedModel] = Field([])
    common: list[CommonModel] = Field([])
    vat: VatModel | None = None
    self_use: Price | None = None
    feed_in: Amount | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.valid_to is not None and self.valid_to < self.valid_from:
            raise HintedError("ends before it begins", "`valid_to` is the last day")
        if self.price is not None and (self.prices or self.times):
            raise HintedError("`price` is one for all times", "write `prices` with `times`, or `price` alone")
        if self.price is None and not self.prices and not any(one.prices for one in self.times):
            raise HintedError("no price", "write `price: 0.65`, or `prices: {peak: 1.1, ...}` with `times`")
        return self
