"""The texts of record fields: what people write, checked for its form and brought to one spelling."""

import re
import unicodedata
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from gateway.carbon.texts import parse_day
from gateway.config.types import HintedError
from rules.energy.reading import plain_text

MAX_TEXT = 1000
_AMOUNT = re.compile(r"[-+]?[0-9]{1,15}(?:\.[0-9]{1,9})?")
_YES, _NO = ("yes", "true", "1", "y", "是"), ("no", "false", "0", "n", "", "否")
_TEXT_HINT = "write it as text"


def as_text(value: object) -> object:
    """Numbers that are exact, truth values and days are taken for their text."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return str(value) if abs(value) < 10**30 else ""
    if isinstance(value, float):
        raise HintedError("a binary fraction is not exact", f'{_TEXT_HINT}: `"12.5"`')
    if not isinstance(value, str):
        raise HintedError("expected a text", _TEXT_HINT)
    if any(unicodedata.category(letter) in ("Cc", "Cs", "Co") and letter not in "\n\t" for letter in value):
        raise HintedError("contains control characters", "type it anew")
    return unicodedata.normalize("NFC", value).strip()


def parse_amount(text: str) -> str:
    """The plain text of a decimal number of at most 15 digits and 9 decimals. Raises HintedError."""
    if _AMOUNT.fullmatch(text) is None:
        hint = "digits and one point, at most 9 decimals: `1234.5`, no `1,234.5`"
        raise HintedError("expected a decimal number", hint)
    return plain_text(Decimal(text))


def _not_negative(text: str) -> str:
    if text.startswith("-"):
        raise HintedError("must not be negative", "a quantity that is given back has `direction: export`")
    return text


def _truth(text: str) -> str:
    if text.lower() in _YES:
        return "yes"
    if text.lower() in _NO:
        return "no"
    raise HintedError("expected yes or no", "write `yes` or `no`")


def _percent(text: str) -> str:
    return _not_negative(parse_amount(text.removesuffix("%").strip()))


def plain_day(text: str) -> str:
    """A day as `2026-10-01`. Raises HintedError."""
    return parse_day(text).isoformat()


Text = Annotated[str, BeforeValidator(as_text), Field(max_length=MAX_TEXT)]
Named = Annotated[str, BeforeValidator(as_text), Field(min_length=1, max_length=200)]
Reason = Annotated[str, BeforeValidator(as_text), Field(min_length=1, max_length=MAX_TEXT)]
Amount = Annotated[Named, AfterValidator(parse_amount)]
Positive = Annotated[Named, AfterValidator(parse_amount), AfterValidator(_not_negative)]
Percent = Annotated[Named, AfterValidator(_percent)]
Day = Annotated[Named, AfterValidator(plain_day)]
Truth = Annotated[Text, AfterValidator(_truth)]
Criterion = Annotated[
    Literal["yes", "no", "disclosed", "not_applicable"],
    BeforeValidator(lambda value: as_text(value) or None),
]
