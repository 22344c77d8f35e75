"""What the forms of all answers share."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

TimeMs = Annotated[int, Field(description="UTC, milliseconds since 1970.", examples=[1_795_334_400_000])]
IsoTime = Annotated[str, Field(description="ISO 8601 with its offset.", examples=["2026-11-22T08:00:00+08:00"])]
Day = Annotated[str, Field(description="A day of the site's calendar.", examples=["2026-11-22"])]
DecimalText = Annotated[str, Field(description="A decimal number as text, exact.", examples=["144.25"])]
Sha256 = Annotated[str, Field(description="SHA-256, hexadecimal.")]
AnyValue = float | int | str | bool | None
FreeForm = dict[str, Any]


class Shape(BaseModel):
    """The form of one object: nothing but these fields."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, defer_build=True)


class Told(Shape):
    """An answer in which the gateway says something."""

    chinese: dict[str, str] = Field(default={})
    """Chinese of sentences in this answer, by the English ones; absent where there are none."""


class Name(Shape):
    """A name or sentence in both languages."""

    en: str
    zh: str
