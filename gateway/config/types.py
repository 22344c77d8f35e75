"""Types that the configuration's models share: durations and sizes with units, secrets that never show."""

import re
from collections.abc import Mapping
from decimal import Decimal
from hmac import compare_digest
from ipaddress import IPv4Address, IPv6Address
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, GetCoreSchemaHandler, GetJsonSchemaHandler, WithJsonSchema
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, core_schema

_SECONDS = {"ns": "1e-9", "us": "1e-6", "ms": "1e-3", "s": "1", "min": "60", "h": "3600", "d": "86400"}
_BYTES = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30}
_KILOWATTS = {"W": "1e-3", "kW": "1", "MW": "1e3"}
_TOLD_IN = {**_SECONDS, **_BYTES, **_KILOWATTS}
_TOLD_FROM_2 = ("d", "h", "min")  # people write `60 s`, not `1 min`
_TOLD_UP_TO = 10_000  # in the user's own unit; beyond it a larger one is easier to read
_QUANTITY = re.compile(r"\s*(-?)([0-9]{1,15}(?:\.[0-9]{1,15})?)\s*([A-Za-z]+)\s*")
_HOST_NAME = re.compile(r"[^\W_](?:[\w.-]{0,251}\w)?\.?|_[\w.-]{0,251}\w")


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
    if match is None or match[3] not in units:
        raise HintedError("expected a number with a unit", f"units: {', '.join(units)}; write for example `{example}`")
    if match[1]:
        raise HintedError("must not be negative", f"write for example `{example}`")
    return Decimal(match[2]) * Decimal(units[match[3]])


def told_like(text: str, limit: float) -> str | None:
    """A limit of a field in the way that its value was written: 0.001 is `1 ms` where `text` is `0 ms`.

    `None` where the text is no quantity.
    """
    match = _QUANTITY.fullmatch(text)
    table = next((units for units in (_SECONDS, _BYTES, _KILOWATTS) if match and match[3] in units), None)
    if match is None or table is None:
        return None
    by_size = sorted(table, key=lambda unit: Decimal(table[unit]), reverse=True)
    for unit in (match[3], *by_size):
        number = Decimal(str(limit)) / Decimal(table[unit])
        least = 2 if unit in _TOLD_FROM_2 and unit != match[3] else 1
        is_told_so = number >= least and (unit != match[3] or number <= _TOLD_UP_TO)
        if number == number.to_integral_value() and (is_told_so or not number):
            return f"{int(number)} {unit}"
    return None


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


def checked_host(text: str) -> str:
    """A name or an IP address; that there is such a machine is not asked. Raises HintedError."""
    if "://" in text or "/" in text:
        raise HintedError("expected a host name or an IP address", "only the name: no `//` and no path")
    if text.startswith("[") or text.count(":") > 1:
        try:
            IPv6Address(text)
        except ValueError as error:
            raise HintedError("not an IPv6 address", "write for example `fd00::12`, without brackets") from error
        return text
    if ":" in text:
        raise HintedError("expected a host name or an IP address", "write the port under `port`")
    if text.rsplit(".", 1)[-1].isdecimal():
        try:
            IPv4Address(text)
        except ValueError as error:
            raise HintedError("not an IP address", "four numbers up to 255, like `10.0.0.12`") from error
        return text
    if not _HOST_NAME.fullmatch(text) or ".." in text:
        raise HintedError("not a host name", "letters, digits, `-` and dots, like `meter-7.example`, or an IP address")
    return text


Host = Annotated[str, AfterValidator(checked_host)]
"""The name or IP address of a machine, without port."""


class Secret:
    """A secret text that shows as `***` wherever it is printed. Only `reveal` gives it away."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The secret itself, for the one call that needs it."""
        return self._text

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and compare_digest(self._text.encode(), other._text.encode())

    def __hash__(self) -> int:
        return hash(self._text)

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
