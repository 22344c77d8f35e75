"""What the user writes under `notify:`, as pydantic models; a channel's own fields are its driver's."""

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from gateway.config.models import Strict
from gateway.config.rulemodels import PriorityName, Texts, Word
from gateway.config.types import Duration, HintedError, parse_quantity

_RATE = re.compile(r"\s*([0-9]{1,6})\s*(?:per|/)\s*((?:[0-9.]+\s*)?[A-Za-z]+)\s*")
_PERIODS = {"s": "1", "min": "60", "h": "3600", "d": "86400"}
_EXAMPLE = "20 per 1 min"


def _rate(value: object) -> tuple[int, float]:
    match = _RATE.fullmatch(value) if isinstance(value, str) else None
    if match is None or int(match[1]) == 0:
        raise HintedError("expected a number of messages and a time", f"write for example `{_EXAMPLE}`")
    period = match[2] if match[2][0].isdigit() else f"1 {match[2]}"
    per_s = float(parse_quantity(period, _PERIODS, _EXAMPLE))
    if per_s <= 0:
        raise HintedError("the time of a rate cannot be 0", f"write for example `{_EXAMPLE}`")
    return int(match[1]), per_s


_RATE_SCHEMA = {"type": "string", "pattern": r"^\s*[0-9]+\s*(per|/)\s*([0-9.]+\s*)?(s|min|h|d)\s*$"}
Rate = Annotated[tuple[int, float], BeforeValidator(_rate), WithJsonSchema(_RATE_SCHEMA)]
"""Messages in seconds, written `20 per 1 min`."""


def _checked_url(text: str) -> str:
    if not re.fullmatch(r"https?://[^\s/?#@]+(/\S*)?", text):
        raise HintedError("not the address of a page", "write for example `http://10.0.0.5:8080`")
    return text


class ChannelModel(Strict):
    """The common fields of a channel; the driver's ChannelOptions stand flat beside them."""

    language: Literal["en", "zh", "both"] = "both"
    rate: Rate | None = None


class MatchModel(Strict):
    """Which alarms; every key must hold, one of its entries."""

    at_least: PriorityName | None = None
    rules: Texts | None = None
    enterprises: Texts | None = None
    devices: Texts | None = None
    areas: Texts | None = None
    labels: dict[str, Word] = Field({})


class EscalationModel(Strict):
    """An entry of `escalate:`."""

    after: Annotated[Duration, Field(gt=0, le=7 * 86_400)]
    channels: Texts


class RouteModel(MatchModel):
    """An entry of `notify.routes:`."""

    channels: Texts
    group_by: list[str] = Field(["rule", "enterprise"])
    group_wait: Annotated[Duration, Field(le=3600)] = 30.0
    group_interval: Annotated[Duration, Field(gt=0, le=86_400)] = 300.0
    repeat_interval: Annotated[Duration, Field(le=30 * 86_400)] = 4 * 3600.0
    send_returned: bool = True
    mute: Texts | None = None
    escalate: list[EscalationModel] = Field([])

    @model_validator(mode="after")
    def _rises(self) -> Self:
        times = [step.after for step in self.escalate]
        if times != sorted(set(times)):
            raise HintedError("the steps of `escalate` are not in rising order", "the earliest first, each time once")
        return self


class InhibitModel(Strict):
    """An entry of `notify.inhibit:`."""

    source: MatchModel
    target: MatchModel
    equal: list[str] = Field([])


class HeartbeatModel(Strict):
    """The message that says: the gateway lives."""

    channel: str
    every: Annotated[Duration, Field(ge=60, le=30 * 86_400)] = 86_400.0


class NotifyModel(Strict):
    """`notify:` without channels and routes."""

    url: Annotated[str, AfterValidator(_checked_url)] | None = None
    inhibit: list[InhibitModel] = Field([])
    heartbeat: list[HeartbeatModel] = Field([])
    digest_above: Annotated[int, Field(ge=1, le=1000)] = 20
