"""What the user writes under `energy:`, `carbon:` and `tariffs:`, as pydantic models."""

from datetime import tzinfo
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, WithJsonSchema, model_validator

from gateway.config.accountplan import Direction, Medium
from gateway.config.exact import Day, Moment, NotNegative, Percent, Positive, in_ns
from gateway.config.models import Bilingual, Id, Strict
from gateway.config.rulemodels import Texts
from gateway.config.types import Duration, HintedError, parse_quantity

_DAY_S = 86_400
_SECONDS = {"s": "1", "min": "60", "h": "3600", "d": "86400"}
_MAX_TEXT = 500

Line = Annotated[str, StringConstraints(min_length=1, max_length=_MAX_TEXT, pattern=r"^[^\x00-\x1f]*$")]
"""A text on one line that says something."""

BasisName = Literal["location", "market", "cn_enterprise", "cn_zero_carbon_park"]


def _whole_steps(value: object) -> int:
    step_s = parse_quantity(value, _SECONDS, "15 min")
    if step_s < 60 or step_s % 60 or _DAY_S % step_s:
        raise HintedError("intervals of whole minutes that divide a day", "5 min, 15 min, 30 min, 1 h")
    return int(step_s)


Step = Annotated[
    int,
    BeforeValidator(_whole_steps),
    WithJsonSchema({"type": "string", "pattern": r"^\s*[0-9]+(\.[0-9]+)?\s*(s|min|h|d)\s*$"}),
]
"""Seconds of an interval, written `15 min`."""

Flow = Annotated[Line, WithJsonSchema({"type": ["string", "number"]})]
"""`1250 kW`, `400 Nm3/h`; `gateway.accounts` reads it, for it depends on the meter's unit."""


class MultiplierModel(Strict):
    """A CT/PT multiplier from an instant on."""

    valid_from: Moment
    value: Positive


def versions(first: Decimal, later: list[MultiplierModel], zone: tzinfo) -> tuple[tuple[int, Decimal], ...]:
    """Multipliers with their beginnings, UTC nanoseconds, ascending."""
    return ((0, first), *sorted((in_ns(one.valid_from, zone), one.value) for one in later))


class MeterModel(Strict):
    """An entry of `energy.meters:`."""

    point: Line
    unit: Annotated[str, StringConstraints(max_length=32)] = ""
    name: Bilingual = Bilingual()
    medium: Medium | None = None
    direction: Direction | None = None
    rated: Flow | None = None
    multiplier: Positive | None = None
    multipliers: list[MultiplierModel] = Field([])
    modulus: Positive | None = None
    resolution: NotNegative | None = None
    accuracy: Percent | None = Field(None, alias="class")
    under: Texts | None = None
    complete: bool = False
    gap: Annotated[Duration, Field(gt=0, le=366 * _DAY_S)] | None = None
    excluded: bool = False

    @model_validator(mode="after")
    def _has_ascending_multipliers(self) -> Self:
        moments = [version.valid_from.isoformat() for version in self.multipliers]
        if len(set(moments)) < len(moments):
            raise HintedError("two multipliers begin at the same time", "one `valid_from` each")
        return self


class VirtualModel(Strict):
    """An entry of `energy.virtual:`."""

    id: Id
    enterprise: Line
    name: Bilingual = Bilingual()
    medium: Medium = Medium.ELECTRICITY
    plus: Texts
    minus: Texts | None = None


class AllocationModel(Strict):
    """An entry of `energy.allocations:`."""

    of: Line
    by: Line
    valid_from: Day
    weights: Annotated[dict[str, NotNegative], Field(min_length=1)]
    evidence: Annotated[str, StringConstraints(max_length=_MAX_TEXT)] = ""


class EnergyModel(Strict):
    """`energy:` without its lists."""

    interval: Step = Field(900, json_schema_extra={"default": "15 min"})
    loss_limit: Percent = Field(Decimal(5), json_schema_extra={"default": "5 %"})


class SourceModel(Strict):
    """The fields of an entry of `carbon.sources:` beside those that describe a calculation."""

    id: Id
    enterprise: Line
    name: Bilingual = Bilingual()
    meters: Texts | None = None


class FallbackModel(Strict):
    """An entry of `carbon.fallbacks:`."""

    activity: Line
    reason: Line
    as_of: Day | None = None
    region: Line | None = None
    basis: BasisName | None = None
    enterprise: Line | None = None

    @model_validator(mode="after")
    def _names_a_factor(self) -> Self:
        if self.as_of is None and self.region is None:
            hint = "write `as_of: 2023-12-31`, `region: CN`, or both"
            raise HintedError("a fallback says of which day or which region the factor may be", hint)
        return self


class UncertaintyModel(Strict):
    """An entry of `carbon.uncertainties:`."""

    factor: Line
    percent: Percent
    source: Line


def _each_once(names: list[str]) -> list[str]:
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise HintedError(f"`{twice[0]}` stands twice", "each once")
    return names


class CarbonModel(Strict):
    """`carbon:` without its lists of entries."""

    approach: Literal["operational_control", "financial_control"] = "operational_control"  # shares: not yet
    region: Line | None = None
    gwp: Literal["AR4", "AR5", "AR6"] = "AR6"
    bases: Annotated[list[BasisName], Field(min_length=1), AfterValidator(_each_once)] = Field(
        ["location", "market", "cn_enterprise", "cn_zero_carbon_park"]
    )
    default_basis: BasisName | None = None
    responsible: Annotated[str, StringConstraints(max_length=_MAX_TEXT)] = ""
    standards: Texts | None = None
    base_year: Annotated[int, Field(ge=1990, le=2200)] | None = None
    threshold: Percent = Field(Decimal(5), json_schema_extra={"default": "5 %"})
    residual_mix: Line | None = None
    indicator_coal: Literal["calorific", "primary"] = "calorific"
    exclusions: Texts | None = None

    @model_validator(mode="after")
    def _shows_what_it_computes(self) -> Self:
        if self.default_basis is not None and self.default_basis not in self.bases:
            raise HintedError(f"`default_basis` is `{self.default_basis}`, which `bases` does not name", "add it")
        return self


class TariffHead(Strict):
    """What every entry of `tariffs:` has."""

    id: Id
