"""JSON Schema of what is written about accounts: `energy:`, `carbon:`, `tariffs:`."""

from collections.abc import Callable

from pydantic import BaseModel

from gateway.config.accountmodels import (
    AllocationModel,
    CarbonModel,
    EnergyModel,
    FallbackModel,
    MeterModel,
    SourceModel,
    UncertaintyModel,
    VirtualModel,
)
from gateway.config.ruleschema import Schema
from gateway.config.tariffmodels import TariffModel

Model = Callable[[type[BaseModel]], Schema]


def account_properties(model: Model, template: type[BaseModel] | None) -> Schema:
    """The top-level keys of accounts. `template`: what an emission source takes beside its own fields; `None`: any."""
    entries: dict[str, type[BaseModel]] = {
        "meters": MeterModel,
        "virtual": VirtualModel,
        "allocations": AllocationModel,
    }
    energy = {**model(EnergyModel)["properties"], **{key: _list(model(one)) for key, one in entries.items()}}
    lists = {
        "fallbacks": _list(model(FallbackModel)),
        "uncertainties": _list(model(UncertaintyModel)),
        "sources": _list(_source(model, template)),
    }
    carbon = {**model(CarbonModel)["properties"], **lists}
    return {
        "energy": _or_null(_object(energy)),
        "carbon": _or_null(_object(carbon)),
        "tariffs": _list(model(TariffModel)),
    }


def _source(model: Model, template: type[BaseModel] | None) -> Schema:
    own = model(SourceModel)
    if template is None:
        return {**own, "additionalProperties": True}
    described = model(template)
    properties = {**described["properties"], **own["properties"]}
    properties["factor"] = {"anyOf": [{"type": "string"}, properties["factor"]]}  # plain text is short for its id
    return {**_object(properties), "required": [*own["required"], *described["required"]]}


def _list(items: Schema) -> Schema:
    return _or_null({"type": "array", "items": items})


def _object(properties: Schema) -> Schema:
    return {"type": "object", "properties": properties, "additionalProperties": False}


def _or_null(found: Schema) -> Schema:
    return {"anyOf": [found, {"type": "null"}]}
