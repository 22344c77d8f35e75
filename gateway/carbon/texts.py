"""What stands in a description as text: days, quantities, rates and shares, each with a hint where it is none."""

import re
from datetime import date
from fractions import Fraction

from gateway.config.types import HintedError
from rules.carbon.numbers import number
from rules.carbon.units import Unit, UnknownUnit, unit

_AMOUNT = re.compile(r"\s*([-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?)\s*(.*?)\s*", re.DOTALL)
_QUANTITY, _RATE, _SHARE = "1200 kWh", "42.652 GJ(net)/t", "98 %"


def parse_day(text: str) -> date:
    """A day: `2026-10-31`. Raises HintedError."""
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            return date.fromisoformat(text)
    except ValueError:
        pass  # the 31st of a month that has 30 days
    raise HintedError("not a day", "write for example `2026-10-31`")


def parse_quantity(text: str) -> tuple[Fraction, Unit]:
    """A number with a unit: `1200 kWh`, `3.5 1e4Nm3`. Raises HintedError."""
    value, rest = _split(text, _QUANTITY)
    if not rest:
        raise HintedError("has no unit", f"write for example `{_QUANTITY}`")
    return value, _unit(rest)


def parse_rate(text: str) -> tuple[Fraction, Unit, Unit]:
    """A number with a unit per unit: `42.652 GJ(net)/t`. Raises HintedError."""
    value, rest = _split(text, _RATE)
    of, slash, per = rest.partition("/")
    if not slash:
        raise HintedError("needs a unit per unit", f"write for example `{_RATE}`")
    return value, _unit(of), _unit(per)


def parse_share(text: str) -> Fraction:
    """A share: `0.98`, `98 %`. Raises HintedError."""
    value, rest = _split(text, _SHARE)
    if rest not in ("", "%"):
        raise HintedError(f"`{rest[:40]}` is no unit for a share", f"write for example `{_SHARE}`")
    return value / 100 if rest else value


def parse_number(text: str) -> Fraction:
    """A number that is not negative: `2.5`. Raises HintedError."""
    value, rest = _split(text, "2.5")
    if rest or value < 0:
        raise HintedError("expected a number that is not negative, without a unit", "write for example `2.5`")
    return value


def _split(text: str, example: str) -> tuple[Fraction, str]:
    match = _AMOUNT.fullmatch(text)
    value = number(match[1]) if match else None
    if match is None or value is None:
        raise HintedError("does not begin with a number", f"write for example `{example}`")
    return value, match[2]


def _unit(text: str) -> Unit:
    try:
        return unit(text)
    except UnknownUnit as error:
        raise HintedError(str(error), error.hint) from None
