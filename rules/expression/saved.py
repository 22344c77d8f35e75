"""What an evaluation of a former run saved, read with care: anything may stand in a file."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, cast

from gateway.core.point import Value, ValueType
from gateway.core.quality import Quality
from rules.expression.organ import Organ, whole
from rules.expression.scope import Operand
from rules.expression.typed import Sampled


@dataclass(frozen=True, slots=True)
class Saved:
    """One evaluation's."""

    at_ns: int  # steady, of its newest sample or evaluation
    offset_ns: int | None  # UTC minus steady
    waiting: Collection[Any]  # tags of samples that arguments have not been told
    inputs: dict[str, Any]  # by tag
    parts: dict[str, Any]  # by name

    def organ(self, sampled: Sampled, shift_ns: int) -> Organ | None:
        """The organ as it was, its times moved; `None` where nothing that fits is known of it."""
        if sampled.name not in self.parts:
            return None
        organ = sampled.fresh()
        try:
            organ.restore(self.parts[sampled.name], shift_ns)
        except (TypeError, ValueError, KeyError, IndexError, AttributeError):
            return None
        return organ

    def sample(self, operand: Operand) -> tuple[Value | None, Quality] | None:
        """The latest of an input; `None` where nothing that fits is known of it."""
        try:
            value, quality = self.inputs[operand.tag]
            return _of_type(value, operand.type), Quality(quality)
        except (TypeError, ValueError, KeyError):
            return None


def read_saved(memory: Any) -> Saved | None:
    """What `Remembering.save` gave; `None` where it is something else."""
    try:
        at_ns, wall, waiting = whole(memory["at"]), memory["wall"], memory["waiting"]
        inputs, parts = memory["inputs"], memory["parts"]
        offset_ns = None if wall is None else whole(wall)
    except (TypeError, KeyError):
        return None
    if not (isinstance(waiting, list) and isinstance(inputs, dict) and isinstance(parts, dict)):
        return None
    return Saved(at_ns, offset_ns, waiting, inputs, parts)


def _of_type(value: Any, wanted: ValueType) -> Value | None:
    """The value, where a point of this type can have it. Raises TypeError."""
    types = {ValueType.BOOL: bool, ValueType.TEXT: str}.get(wanted, int | float)
    if value is None or (isinstance(value, types) and isinstance(value, bool) is (wanted is ValueType.BOOL)):
        return cast("Value | None", value)
    raise TypeError("a value of another type")
