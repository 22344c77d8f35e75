"""A point: one thing that a device measures or counts, as the configuration describes it."""

from dataclasses import dataclass, field
from enum import StrEnum

Value = float | int | str | bool


class PointKind(StrEnum):
    """What kind of quantity a point is; it decides on deadband, stream and energy."""

    GAUGE = "gauge"
    COUNTER = "counter"
    STATE = "state"


class ValueType(StrEnum):
    """The type of a point's values after scaling: one type per field and measurement in every sink."""

    FLOAT = "float"
    INT = "int"
    BOOL = "bool"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class Names:
    """Display names in the two languages of the page; an empty one falls back to the other."""

    en: str = ""
    zh: str = ""

    def both(self, otherwise: str = "") -> dict[str, str]:
        """The name in each language as JSON; where there is none at all, this text."""
        return {"en": self.en or self.zh or otherwise, "zh": self.zh or self.en or otherwise}


@dataclass(frozen=True, slots=True)
class Deadband:
    """Report by exception: a value is sent on when it left the band around the last sent one, or at the heartbeat."""

    absolute: float = 0.0  # in the point's unit
    percent: float = 0.0  # of the last sent value
    heartbeat_s: float = 300.0  # sent at the latest after this time


@dataclass(frozen=True, slots=True)
class Point:
    """One point of a device or of a profile; the same object serves every device of that profile.

    Scaling (done by `gateway.pipeline.normalise` alone): value = raw * multiplier / divisor + offset, computed on exact
    integers where the raw value is one and rounded once.
    """

    name: str  # lower case, ASCII: `power_active`; the tag is device id + "." + name
    unit: str = ""
    kind: PointKind = PointKind.GAUGE
    type: ValueType = ValueType.FLOAT
    digits: int | None = None  # significant digits that the source holds (7: float32); None: all
    multiplier: int = 1
    divisor: int = 1  # a power of ten for decimal scales
    offset: float = 0.0
    low: float | None = None  # below or above: quality uncertain, reason range
    high: float | None = None
    deadband: Deadband | None = None  # None: every sample is sent on; counters never have one
    modulus: int | None = None  # width of a counter: the raw value at which it rolls over
    names: Names = field(default_factory=Names)
    words: tuple[tuple[int, Names], ...] = ()  # a state's words: (1, "running")
    renamed_from: str | None = None

    @property
    def is_scaled(self) -> bool:
        """True where the raw value is not the value."""
        return self.multiplier != 1 or self.divisor != 1 or self.offset != 0.0
