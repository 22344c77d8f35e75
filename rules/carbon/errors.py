"""What is wrong with a calculation: which field, what, and what to write instead; all of it at once."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Wrong:
    """One mistake in a description. `field` is a key as it is written, `heating_value.value` for one inside another."""

    field: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        text = f"{self.field}: {self.message}"
        return f"{text} ({self.hint})" if self.hint else text


class CalculationError(Exception):
    """The calculation cannot be made: every mistake that could be told."""

    def __init__(self, wrongs: Sequence[Wrong]) -> None:
        super().__init__("; ".join(map(str, wrongs)))
        self.wrongs = tuple(wrongs)
