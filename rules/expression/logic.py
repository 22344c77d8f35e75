"""Closures of comparisons and of three-valued logic."""

import operator
from collections.abc import Callable
from typing import Any

from rules.expression.memory import Closure, Memory

COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


def input_above(slot: int, limit: Any) -> Closure:
    def above(memory: Memory) -> Any:
        value = memory[slot]
        return None if value is None else value > limit

    return above


def input_below(slot: int, limit: Any) -> Closure:
    def below(memory: Memory) -> Any:
        value = memory[slot]
        return None if value is None else value < limit

    return below


def input_equals(slot: int, wanted: Any) -> Closure:
    def equals(memory: Memory) -> Any:
        value = memory[slot]
        return None if value is None else value == wanted

    return equals


def input_against_constant(compare: Callable[[Any, Any], Any], slot: int, constant: Any) -> Closure:
    def compared(memory: Memory) -> Any:
        value = memory[slot]
        return None if value is None else compare(value, constant)

    return compared


def against_constant(compare: Callable[[Any, Any], Any], left: Closure, constant: Any) -> Closure:
    def compared(memory: Memory) -> Any:
        value = left(memory)
        return None if value is None else compare(value, constant)

    return compared


def both_compared(compare: Callable[[Any, Any], Any], left: Closure, right: Closure) -> Closure:
    def compared(memory: Memory) -> Any:
        first = left(memory)
        if first is None:
            return None
        second = right(memory)
        return None if second is None else compare(first, second)

    return compared


def in_order(compare: list[Callable[[Any, Any], Any]], items: list[Closure]) -> Closure:
    """One false comparison decides; an unknown value leaves those beside it open."""

    def ordered(memory: Memory) -> bool | None:
        values = [item(memory) for item in items]
        for holds, left, right in zip(compare, values, values[1:], strict=False):
            if left is not None and right is not None and not holds(left, right):
                return False
        return None if None in values else True

    return ordered


def all_joined(items: list[Closure], decides: bool) -> Closure:
    """`and` (false decides) or `or` (true decides)."""
    if len(items) == 2:
        return _two_joined(items[0], items[1], decides)

    def joined(memory: Memory) -> Any:
        result: bool | None = not decides
        for item in items:
            value = item(memory)
            if value is decides:
                return decides
            if value is None:
                result = None
        return result

    return joined


def _two_joined(left: Closure, right: Closure, decides: bool) -> Closure:
    def joined(memory: Memory) -> Any:
        first = left(memory)
        if first is decides:
            return decides
        second = right(memory)
        if second is decides:
            return decides
        return None if first is None or second is None else not decides

    return joined


def inverse_of(item: Closure) -> Closure:
    def inverted(memory: Memory) -> bool | None:
        value = item(memory)
        return None if value is None else not value

    return inverted


def choice_of(condition: Closure, yes: Closure, no: Closure) -> Closure:
    def chosen(memory: Memory) -> Any:
        is_true = condition(memory)
        if is_true is None:
            return None
        return yes(memory) if is_true else no(memory)

    return chosen
