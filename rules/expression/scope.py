"""What names in an expression mean: the contract between the compiler and whoever knows the configuration."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from gateway.core.point import PointKind, ValueType


@dataclass(frozen=True, slots=True)
class Operand:
    """What the compiler knows of a point."""

    tag: str  # in full: `tx1.power_active`
    type: ValueType
    unit: str = ""
    kind: PointKind = PointKind.GAUGE
    interval_s: float = 0.0
    words: tuple[tuple[int, str], ...] = ()  # a state's words in English: `state == "running"`
    stale_after_s: float = 0.0


class Scope(Protocol):
    """Resolves names. A bare name (`power_active`) is a point of the device that the rule is instantiated for."""

    def resolve(self, name: str) -> Operand | None:
        """The point, `None` where there is none of this name."""
        ...

    def known(self) -> Sequence[str]:
        """Names that would have been right, for suggestions."""
        ...
