"""Numbers and times that go into accounts: decimals as they were written, percentages, days, moments."""

import re
from datetime import date, datetime, tzinfo
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema

from gateway.config.types import HintedError

_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PERCENT = re.compile(r"\s*([0-9]{1,3}(?:\.[0-9]{1,9})?)\s*%\s*")
_FIRST_YEAR, _LAST_YEAR = 1980, 2200


def _exact(value: object) -> object:
    """The number as it was written: its shortest text is exact."""
    return str(value) if isinstance(value, float) else value


def _finite(value: Decimal) -> Decimal:
    if not value.is_finite():
        raise HintedError("not a number", "write for example `1234.5`")
    return value


Exact = Annotated[Decimal, BeforeValidator(_exact), AfterValidator(_finite)]
"""A number."""

Positive = Annotated[Exact, Field(gt=0)]
NotNegative = Annotated[Exact, Field(ge=0)]


def _percent(value: object) -> Decimal:
    match = _PERCENT.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise HintedError("expected a percentage", "write for example `0.5 %`")
    return Decimal(match[1])


Percent = Annotated[
    Decimal,
    BeforeValidator(_percent),
    WithJsonSchema({"type": "string", "pattern": r"^\s*[0-9]+(\.[0-9]+)?\s*%\s*$"}),
]
"""Percent, written `0.5 %`."""


def _moment(value: object) -> datetime:
    try:
        found = datetime.fromisoformat(str(value))
    except ValueError:
        raise HintedError("not a time", "write for example `2026-11-23T08:00`, in the site's zone") from None
    if not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        raise HintedError("a year outside 1980 to 2200", "write for example `2026-11-23T08:00`")
    return found


Moment = Annotated[
    datetime, BeforeValidator(_moment), WithJsonSchema({"type": "string", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}"})
]
"""A day or a time; without a zone it is the site's."""


def in_ns(moment: datetime, zone: tzinfo) -> int:
    """UTC nanoseconds; a time without a zone is the site's."""
    placed = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    return int(placed.timestamp()) * 1_000_000_000 + placed.microsecond * 1000


def _day(value: object) -> date:
    try:
        found = date.fromisoformat(value) if isinstance(value, str) and _DAY.fullmatch(value) else None
    except ValueError:
        found = None  # the 31st of a month that has 30 days
    if found is None or not _FIRST_YEAR <= found.year <= _LAST_YEAR:
        raise HintedError("not a day", "write for example `2026-01-31`")
    return found


Day = Annotated[
    date, BeforeValidator(_day), WithJsonSchema({"type": "string", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"})
]
"""A day of the site's calendar."""
