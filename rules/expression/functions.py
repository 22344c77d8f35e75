"""Functions of present values: abs, min, max, unbalance. Arguments are numbers, none of them unknown."""

from collections.abc import Callable
from typing import Any

from rules.expression.organ import LARGEST


def unbalance(values: list[Any]) -> float | None:
    """Unbalance in percent: the largest deviation from the mean, divided by the mean (NEMA MG 1, 14.36).

    Unknown where the mean is zero.
    """
    mean = sum(values) / len(values)
    if mean == 0:
        return None
    result = max(abs(value - mean) for value in values) / abs(mean) * 100
    return result if result <= LARGEST else None


def _absolute(values: list[Any]) -> Any:
    return abs(values[0])


FUNCTIONS: dict[str, Callable[[list[Any]], Any]] = {"abs": _absolute, "min": min, "max": max, "unbalance": unbalance}
