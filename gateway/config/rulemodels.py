"""What the user writes about alarms and derived points, as pydantic models."""

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, WithJsonSchema, model_validator

from gateway.config.models import Bilingual, Id, Strict
from gateway.config.types import Duration, HintedError
from gateway.core.device import MeterRole

MAX_EXPRESSION = 4096  # characters; the compiler's own limit
_DAY_S = 86_400.0


def _listed(value: object) -> object:
    """One text where a list may stand."""
    return [value] if isinstance(value, str | int | float) else value


_TEXT = {"type": ["string", "number"]}
_TEXTS = {"anyOf": [_TEXT, {"type": "array", "items": _TEXT, "minItems": 1}]}
Texts = Annotated[list[str], BeforeValidator(_listed), Field(min_length=1), WithJsonSchema(_TEXTS)]
"""One text, or several."""

Roles = Annotated[list[MeterRole], BeforeValidator(_listed), Field(min_length=1), WithJsonSchema(_TEXTS)]
Expression = Annotated[str, StringConstraints(min_length=1, max_length=MAX_EXPRESSION)]
"""Text of the expression language; `gateway.rulebook` compiles it."""

Quantity = Annotated[Expression, WithJsonSchema({"type": ["string", "number"]})]
"""A number with or without a unit."""

HAS = re.compile(r"([^:]*)(?::(bool|number|text))?")


def _checked_points(points: list[str]) -> list[str]:
    for point in points:
        if not HAS.fullmatch(point):
            raise HintedError(f"not a point: `{point}`", "write a name, or `door:bool` (or `:number`, `:text`)")
    return points


Word = Annotated[str, StringConstraints(max_length=64, pattern=r"^[^\x00-\x1f]*$")]
"""A short text on one line."""

PriorityName = Literal["high", "medium", "low"]


class SelectorModel(Strict):
    """`for_each:` - which devices a rule is for; each key must hold."""

    profile: Texts | None = None
    kind: Texts | None = None
    role: Roles | None = None
    enterprise: Texts | None = None
    connection: Texts | None = None
    devices: Texts | None = None
    has: Annotated[Texts, AfterValidator(_checked_points)] | None = None
    lacks: Annotated[Texts, AfterValidator(_checked_points)] | None = None
    each: Literal["device", "connection", "enterprise", "park"] = "device"

    @model_validator(mode="after")
    def _selects(self) -> Self:
        if not self.model_fields_set:
            raise HintedError(
                "`for_each` says nothing", "write for example `{kind: meter}`, or leave it out for the park"
            )
        return self


class LevelModel(Strict):
    """One severity: an entry of `levels:`."""

    priority: PriorityName
    when: Expression
    hysteresis: Quantity | None = None
    clear: Expression | None = None

    @model_validator(mode="after")
    def _one_way_back(self) -> Self:
        if self.hysteresis is not None and self.clear is not None:
            raise HintedError("`hysteresis` and `clear` both say when it is over", "keep one of them")
        return self


class AlarmModel(Strict):
    """An entry of `alarms:`."""

    name: Bilingual = Bilingual()
    for_each: SelectorModel | None = None
    when: Expression | None = None
    hysteresis: Quantity | None = None
    clear: Expression | None = None
    priority: PriorityName | None = None
    levels: Annotated[list[LevelModel], Field(min_length=1, max_length=3)] | None = None
    on_delay: Annotated[Duration, Field(le=7 * _DAY_S)] = 0.0
    off_delay: Annotated[Duration, Field(le=7 * _DAY_S)] = 0.0
    keep_firing: Annotated[Duration, Field(le=7 * _DAY_S)] = 0.0
    no_data: Literal["unknown", "keep_last", "alarm", "ok"] = "unknown"
    latch: bool = False
    area: Word = ""
    group: Word = ""
    parent: Texts | None = None
    suppress_when: Expression | None = None
    schedule: str | None = None
    re_alarm: Annotated[Duration, Field(le=30 * _DAY_S)] = 0.0
    max_shelve: Annotated[Duration, Field(gt=0, le=90 * _DAY_S)] = 8 * 3600.0
    value: Expression | None = None
    limit: Quantity | None = None
    message: Bilingual = Bilingual()
    guidance: Bilingual = Bilingual()
    labels: dict[str, Word] = Field({})
    enabled: bool = True

    @model_validator(mode="after")
    def _says_when(self) -> Self:
        if self.when is None and self.levels is None:
            raise HintedError("neither `when` nor `levels` says when it is raised", "write `when: power > 800 kW`")
        if self.levels is not None:
            for key in ("when", "priority", "hysteresis", "clear"):
                if getattr(self, key) is not None:
                    raise HintedError(f"`{key}` and `levels` exclude each other", "write it in each level")
            ranks = [("low", "medium", "high").index(level.priority) for level in self.levels]
            if ranks != sorted(set(ranks)):
                raise HintedError(
                    "the levels are not in rising order of priority", "the lowest first, each priority once"
                )
        if self.hysteresis is not None and self.clear is not None:
            raise HintedError("`hysteresis` and `clear` both say when it is over", "keep one of them")
        return self


class DerivedModel(Strict):
    """An entry of `derived:`."""

    value: Expression
    for_each: SelectorModel | None = None
    unit: Word | None = None
    interval: Annotated[Duration, Field(ge=0.1, le=_DAY_S)] = 1.0
    name: Bilingual = Bilingual()
    enabled: bool = True


class PackModel(Strict):
    """What every entry of `use:` may have beside the pack's own parameters."""

    pack: Id | None = None
    profile: Texts | None = None
    kind: Texts | None = None
    role: Roles | None = None
    enterprise: Texts | None = None
    connection: Texts | None = None
    devices: Texts | None = None
    disable: Texts | None = None
