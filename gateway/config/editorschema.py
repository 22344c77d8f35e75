"""JSON Schema of park.yaml and of rules.d with the models of the drivers: what editors check and complete with."""

import re
from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from gateway.config.accountschema import account_properties
from gateway.config.apimodels import ApiModel
from gateway.config.backupmodels import BackupModel
from gateway.config.drivermodels import DriverEntry, DriverModels, SourceModels
from gateway.config.endpoints import HISTORY
from gateway.config.models import (
    DeviceModel,
    EnterpriseModel,
    GroupModel,
    PointModel,
    ProfileModel,
    SiteModel,
    StoreModel,
)
from gateway.config.ruleschema import NAMED, Schema, channel_properties, rule_properties

_REFERENCE = r"\$\{[A-Za-z_][A-Za-z0-9_]*\}"  # any value may come from the environment
_NUMBERS = ("integer", "number", "boolean")
_SIZES = (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10), ("B", 1))
_TIMES = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1), ("ms", 0.001))


def schema(drivers: Mapping[str, DriverEntry], template: type[BaseModel] | None = None) -> Schema:
    """The schema of park.yaml, of the files that it includes, and (`#/$defs/profile`) of profile files.

    `template`: the model of what an emission source calculates; `None`: anything may stand there.
    """
    return _SchemaWriter(DriverModels(drivers)).whole(template)


def rule_schema(drivers: Mapping[str, DriverEntry]) -> Schema:
    """The schema of the files in `rules.d/`."""
    return _SchemaWriter(DriverModels(drivers)).rules()


class _SchemaWriter:
    """Collects definitions; those of drivers are named `driver.Model`."""

    def __init__(self, drivers: DriverModels) -> None:
        self._sources = drivers.sources()
        self._sinks = drivers.sinks()
        self._channels = drivers.channels()
        self._defs: Schema = {}

    def whole(self, template: type[BaseModel] | None) -> Schema:
        """The document."""
        self._define()
        table = _object({"csv": {"type": "string"}}, ["csv"])
        sink = {"$ref": "#/$defs/sink"}
        properties = {
            "site": self._model(SiteModel),
            "enterprises": {"type": ["array", "null"], "items": self._model(EnterpriseModel)},
            "include": {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
            "connections": _or_null({**NAMED, "additionalProperties": {"$ref": "#/$defs/connection"}}),
            "profiles": _or_null({**NAMED, "additionalProperties": {"$ref": "#/$defs/profile"}}),
            "devices": _or_null(
                {"anyOf": [table, {"type": "array", "items": {"anyOf": [table, {"$ref": "#/$defs/device"}]}}]}
            ),
            "sinks": _or_null(
                {**NAMED, "properties": {HISTORY: {"anyOf": [{"const": "none"}, sink]}}, "additionalProperties": sink}
            ),
            "store": self._model(StoreModel),
            "api": self._model(ApiModel),
            "backup": self._model(BackupModel),
            **rule_properties(self._model),
            **account_properties(self._model, template),
        }
        return self._document("park-gateway configuration", properties)

    def rules(self) -> Schema:
        """The document for the files of `rules.d/`."""
        self._define_channels()
        return self._document("park-gateway rules", rule_properties(self._model))

    def _document(self, title: str, properties: Schema) -> Schema:
        document = _tidy({**_object(properties, []), "$defs": dict(sorted(self._defs.items()))})
        return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": title, **document}

    def _define_channels(self) -> None:
        common = channel_properties(self._model)
        for name, options in self._channels.items():
            found = _with_driver(self._model(options, name), name)
            found["properties"] |= common
            self._defs[f"channel.{name}"] = found
        self._defs["channel"] = _by_driver("channel", list(self._channels))

    def _define(self) -> None:
        for name, models in self._sources.items():
            self._defs[f"connection.{name}"] = _with_driver(self._model(models.connection, name), name)
            self._defs[f"point.{name}"] = self._point([models])
            self._defs[f"profile.{name}"] = self._profile(name, models)
        for name, options in self._sinks.items():
            self._defs[f"sink.{name}"] = _with_driver(self._model(options, name), name)
        self._define_channels()
        self._defs["connection"] = _by_driver("connection", list(self._sources))
        self._defs["profile"] = _by_driver("profile", list(self._sources))
        self._defs["sink"] = _by_driver("sink", list(self._sinks))
        self._defs["point"] = self._point(list(self._sources.values()))
        self._defs["groups"] = self._groups()
        self._defs["device"] = self._device()

    def _groups(self) -> Schema:
        group = self._model(GroupModel)
        return {"type": "object", "additionalProperties": {"anyOf": [group["properties"]["interval"], group]}}

    def _point(self, sources: list[SourceModels]) -> Schema:
        common = self._model(PointModel)["properties"]
        own = [self._model(models.point, models.name) for models in sources]
        return _object({**_union([part["properties"] for part in own]), **common}, [])

    def _profile(self, name: str, models: SourceModels) -> Schema:
        part = self._model(ProfileModel)
        points = {"type": "object", "additionalProperties": {"$ref": f"#/$defs/point.{name}"}}
        address = _object(self._model(models.device, name)["properties"], [])
        more = {
            "driver": {"const": name},
            "groups": {"$ref": "#/$defs/groups"},
            "points": points,
            "defaults": {"$ref": f"#/$defs/point.{name}"},
            "device": address,
        }
        return _object({**part["properties"], **more}, ["driver"])

    def _device(self) -> Schema:
        common = self._model(DeviceModel)["properties"]
        own = _union([self._model(models.device, models.name)["properties"] for models in self._sources.values()])
        points = {"type": "object", "additionalProperties": {"$ref": "#/$defs/point"}}
        more = {"groups": {"$ref": "#/$defs/groups"}, "points": points}
        return _object({**own, **common, **more}, ["id", "enterprise", "connection"])

    def _model(self, model: type[BaseModel], prefix: str = "common") -> Schema:
        """The schema of one model; what it refers to goes to the definitions."""
        found = model.model_json_schema(ref_template=f"#/$defs/{prefix}.{{model}}")
        for name, definition in found.pop("$defs", {}).items():
            self._defs[f"{prefix}.{name}"] = definition
        return {"properties": {}, **found}


def _object(properties: Schema, required: list[str]) -> Schema:
    found = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**found, "required": required} if required else found


def _or_null(found: Schema) -> Schema:
    return {"anyOf": [found, {"type": "null"}]}


def _with_driver(model: Schema, name: str) -> Schema:
    properties = {"driver": {"const": name}, **model["properties"]}
    return _object(properties, ["driver", *model.get("required", [])])


def _by_driver(kind: str, names: list[str]) -> Schema:
    """An entry whose `driver` chooses its schema: one error of the right driver instead of one of each."""
    choices = [
        {
            "if": {"properties": {"driver": {"const": name}}, "required": ["driver"]},
            "then": {"$ref": f"#/$defs/{kind}.{name}"},
        }
        for name in names
    ]
    return {"type": "object", "properties": {"driver": {"enum": names}}, "required": ["driver"], "allOf": choices}


def _union(parts: list[Schema]) -> Schema:
    """All properties; where several parts have one of the same name, either form."""
    forms: dict[str, list[Schema]] = {}
    for part in parts:
        for name, form in part.items():
            if form not in forms.setdefault(name, []):
                forms[name].append(form)
    return {name: found[0] if len(found) == 1 else {"anyOf": found} for name, found in forms.items()}


def _tidy(node: Any) -> Any:
    """Without pydantic's titles and null defaults, defaults spelled as people write them, references allowed."""
    if isinstance(node, list):
        return [_tidy(entry) for entry in node]
    if not isinstance(node, dict):
        return node
    found = {key: _tidy(value) for key, value in node.items() if not (key == "title" and isinstance(value, str))}
    if isinstance(found.get("properties"), dict) and not isinstance(found.get("type"), str):
        return found
    if not isinstance(found.get("default", ""), str | int | float):
        del found["default"]
    if isinstance(found.get("pattern"), str) and found.get("type") == "string":
        found = _spelled(found)
        found["pattern"] = f"(?:{found['pattern']})|{_REFERENCE}"
    elif found.get("type") in _NUMBERS and "enum" not in found:
        found = {**found, "type": [found["type"], "string"], "pattern": _REFERENCE}
    return found


def _spelled(found: Schema) -> Schema:
    default, pattern = found.get("default"), found["pattern"]
    # limits that pydantic states in seconds or bytes say nothing about the text
    found = {key: value for key, value in found.items() if "imum" not in key and "Minimum" not in key}
    if isinstance(default, bool) or not isinstance(default, int | float):
        return found
    units = _TIMES if re.search(r"\bmin\b", pattern) else _SIZES
    unit, factor = next((choice for choice in units if default and (default / choice[1]).is_integer()), units[-2])
    return {**found, "default": f"{default / factor:g} {unit}"}
