"""What a file of rule tests may say, as pydantic models; the layout is promtool's, with alarms in place of alerts."""

import re
from datetime import datetime
from typing import Annotated

from pydantic import BeforeValidator, Field

from gateway.config.exact import Moment
from gateway.config.models import Strict
from gateway.config.types import parse_quantity
from gateway.core.alarm import AlarmState, Condition

_SECONDS = {"ms": "1e-3", "s": "1", "min": "60", "h": "3600", "d": "86400"}
_SHORT = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_SHORT_FORM = re.compile(r"(?:[0-9]+(?:ms|s|m|h|d))+")
_MAX_S = 400 * 86_400.0


def _time_s(value: object) -> float:
    """`2 min` as everywhere, or `1h30m` as promtool writes it."""
    if isinstance(value, str) and _SHORT_FORM.fullmatch(value):
        return sum(int(number) * _SHORT[unit] for number, unit in re.findall(r"([0-9]+)(ms|s|m|h|d)", value))
    return 0.0 if value in (0, "0") else float(parse_quantity(value, _SECONDS, "2 min"))


Span = Annotated[float, BeforeValidator(_time_s), Field(le=_MAX_S)]


class SeriesModel(Strict):
    """The values of one point, one at each interval from the start on."""

    series: str  # a tag
    values: str


class ActionModel(Strict):
    """What a person does in the middle of a test."""

    at: Span
    acknowledge: str = ""
    reset: str = ""
    shelve: str = ""
    duration: Span | None = None  # of shelving; none: one-shot
    unshelve: str = ""
    comment: str = ""


class ExpectModel(Strict):
    """How an alarm must stand; what is not written does not matter."""

    state: AlarmState | None = None
    condition: Condition | None = None
    priority: Annotated[str, Field(pattern="^(high|medium|low)$")] | None = None
    value: float | None = None
    message: str | None = None  # the English one, in full
    occurrence: int | None = None
    first_out: bool | None = None


class AlarmTestModel(Strict):
    """At a time: how one alarm stands, or which alarms are active."""

    eval_time: Span
    alarm: str = ""
    expect: ExpectModel | None = None
    active: tuple[str, ...] | None = None  # exactly these alarms have an active condition


class ValueTestModel(Strict):
    """At a time: the value of a point, computed ones included."""

    eval_time: Span
    point: str
    value: float | bool | str | None = None  # nothing: no value, or a bad one
    tolerance: Annotated[float, Field(ge=0)] = 1e-9  # of the value


class TrialModel(Strict):
    """One test: series from a start on, and what must be true when."""

    name: str = ""
    start: Moment = datetime(2026, 1, 5)  # noqa: DTZ001  a Monday, in the site's zone
    interval: Annotated[float, BeforeValidator(_time_s), Field(ge=0.001, le=86_400)] = 60.0
    rules: tuple[str, ...] = ()  # only these; nothing: all
    input_series: tuple[SeriesModel, ...] = ()
    alarm_test: tuple[AlarmTestModel, ...] = ()
    value_test: tuple[ValueTestModel, ...] = ()
    actions: tuple[ActionModel, ...] = ()


class TrialFileModel(Strict):
    """A file of tests."""

    tests: Annotated[list[TrialModel], Field(min_length=1)]
