"""Types that the configuration's models share: durations and sizes with units, secrets that never show."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Any

from pydantic import BeforeValidator, GetCoreSchemaHandler, GetJsonSchemaHandler, WithJsonSchema
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

_SECONDS = {"ns": "1e-9", "us": "1e-6", "ms": "1e-3", "s": "1", "min": "60", "h": "3600", "d": "86400"}
_BYTES = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
_KILOWATTS = {"W": "1e-3", "kW": "1", "MW": "1e3"}
_QUANTITY = re.compile(r"\s*([0-9]{1,15}(?:\.[0-9]{1,15})?)\s*([A-Za-z]+)\s*")


class HintedError(ValueError):
    """What a validator of a configuration model raises when it can also say what to write instead."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def parse_quantity(text: object, units: Mapping[str, int | str], example: str) -> Decimal:
    """Read `10 s`, `1.5 GiB`: a number and one of `units` (unit -> factor, as text where a float would not be exact).

    The answer is exact. Raises HintedError naming the units that are known.
    """
    match = _QUANTITY.fullmatch(text) if isinstance(text, str) else None
    if match is None or match[2] not in units:
        raise HintedError("expected a number with a unit", f"units: {', '.join(units)}; write for example `{example}`")
    return Decimal(match[1]) * Decimal(units[match[2]])


def _duration_s(value: object) -> float:
    return float(parse_quantity(value, _SECONDS, "10 s"))


def _size_bytes(value: object) -> int:
    return int(parse_quantity(value, _BYTES, "1 GiB"))


def _power_kw(value: object) -> float:
    return float(parse_quantity(value, _KILOWATTS, "6000 kW"))


Duration = Annotated[
    float,
    BeforeValidator(_duration_s),
    WithJsonSchema({"type": "string", "pattern": r"^\s*[0-9]+(\.[0-9]+)?\s*(ns|us|ms|s|min|h|d)\s*$"}),
]
"""Seconds, written with a unit: `500 ms`, `10 s`, `5 min`."""

ByteSize = Annotated[
    int,
    BeforeValidator(_size_bytes),
    WithJsonSchema({"type": "string", "pattern": r"^\s*[0-9]+(\.[0-9]+)?\s*(B|kB|MB|GB|KiB|MiB|GiB)\s*$"}),
]
"""Bytes, written with a unit: `64 MiB`, `1 GB`."""

Power = Annotated[
    float,
    BeforeValidator(_power_kw),
    WithJsonSchema({"type": "string", "pattern": r"^\s*[0-9]+(\.[0-9]+)?\s*(W|kW|MW)\s*$"}),
]
"""Kilowatts, written with a unit: `6000 kW`, `2.5 MW`."""


class Secret:
    """A secret text that shows as `***` wherever it is printed. Only `reveal` gives it away."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The secret itself, for the one call that needs it."""
        return self._text

    def __repr__(self) -> str:
        return "***"

    __str__ = __repr__

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        from_text = core_schema.no_info_after_validator_function(cls, core_schema.str_schema())
        return core_schema.union_schema(
            [core_schema.is_instance_schema(cls), from_text],
            serialization=core_schema.plain_serializer_function_ser_schema(lambda _: "***"),
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        return {"type": "string", "format": "password"}
