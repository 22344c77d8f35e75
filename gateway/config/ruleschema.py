"""JSON Schema of what is written about rules: in park.yaml, and in the files of `rules.d/`."""

from collections.abc import Callable
from typing import Any

from pydantic import BaseModel

from gateway.config.noticemodels import ChannelModel, NotifyModel, RouteModel
from gateway.config.rulemodels import AlarmModel, DerivedModel, PackModel
from gateway.config.schedulemodels import CalendarModel, ScheduleModel

Schema = dict[str, Any]
NAMED: Schema = {"type": "object", "propertyNames": {"pattern": r"^[a-z0-9][a-z0-9_-]*$"}}


def rule_properties(model: Callable[[type[BaseModel]], Schema]) -> Schema:
    """The top-level keys of rules; `model` gives the schema of a model. Refers to `#/$defs/channel`."""
    return {
        "use": _or_null({**NAMED, "additionalProperties": _or_null(_pack(model))}),
        "calendars": _or_null({**NAMED, "additionalProperties": model(CalendarModel)}),
        "schedules": _or_null({**NAMED, "additionalProperties": model(ScheduleModel)}),
        "alarms": _or_null({**NAMED, "additionalProperties": model(AlarmModel)}),
        "derived": _or_null({**NAMED, "additionalProperties": model(DerivedModel)}),
        "notify": _or_null(_notify(model)),
    }


def channel_properties(model: Callable[[type[BaseModel]], Schema]) -> Schema:
    """The fields of every channel."""
    properties: Schema = model(ChannelModel)["properties"]
    return properties


def _pack(model: Callable[[type[BaseModel]], Schema]) -> Schema:
    """A pack takes parameters of its own beside what every pack takes."""
    return {**model(PackModel), "additionalProperties": {"type": ["string", "number", "boolean", "null"]}}


def _notify(model: Callable[[type[BaseModel]], Schema]) -> Schema:
    own = model(NotifyModel)
    heartbeats = own["properties"]["heartbeat"]
    properties = {
        **own["properties"],
        "heartbeat": {"anyOf": [heartbeats["items"], heartbeats]},
        "channels": _or_null({**NAMED, "additionalProperties": {"$ref": "#/$defs/channel"}}),
        "routes": _or_null({**NAMED, "additionalProperties": model(RouteModel)}),
    }
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _or_null(found: Schema) -> Schema:
    return {"anyOf": [found, {"type": "null"}]}
