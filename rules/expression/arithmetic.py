"""Closures of numbers. What no float can hold, and NaN, is unknown."""

import operator
from collections.abc import Callable
from typing import Any

from rules.expression.memory import Closure, Memory
from rules.expression.organ import LARGEST

PRODUCTS: dict[str, Callable[[Any, Any], Any]] = {"*": operator.mul, "/": operator.truediv, "%": operator.mod}


def sum_of_inputs(first: int, second: int) -> Closure:
    def added(memory: Memory) -> Any:
        left, right = memory[first], memory[second]
        if left is None or right is None:
            return None
        result = left + right
        return result if -LARGEST <= result <= LARGEST else None

    return added


def difference_of_inputs(first: int, second: int) -> Closure:
    def subtracted(memory: Memory) -> Any:
        left, right = memory[first], memory[second]
        if left is None or right is None:
            return None
        result = left - right
        return result if -LARGEST <= result <= LARGEST else None

    return subtracted


def sum_of_two(first: Closure, second: Closure) -> Closure:
    def added(memory: Memory) -> Any:
        left, right = first(memory), second(memory)
        if left is None or right is None:
            return None
        result = left + right
        return result if -LARGEST <= result <= LARGEST else None

    return added


def difference_of_two(first: Closure, second: Closure) -> Closure:
    def subtracted(memory: Memory) -> Any:
        left, right = first(memory), second(memory)
        if left is None or right is None:
            return None
        result = left - right
        return result if -LARGEST <= result <= LARGEST else None

    return subtracted


def sum_of_many(terms: list[tuple[bool, Closure]]) -> Closure:
    def summed(memory: Memory) -> Any:
        result: Any = 0
        for is_added, item in terms:
            value = item(memory)
            if value is None:
                return None
            result = result + value if is_added else result - value
        return result if -LARGEST <= result <= LARGEST else None

    return summed


def product_of(operation: Callable[[Any, Any], Any], first: Closure, second: Closure) -> Closure:
    """Divided by zero: unknown."""

    def product(memory: Memory) -> Any:
        left, right = first(memory), second(memory)
        if left is None or right is None:
            return None
        try:
            result = operation(left, right)
        except ZeroDivisionError:
            return None
        return result if -LARGEST <= result <= LARGEST else None

    return product


def negative_of(item: Closure) -> Closure:
    def negated(memory: Memory) -> Any:
        value = item(memory)
        return None if value is None else -value

    return negated


def in_other_unit(item: Closure, numerator: float, denominator: float, offset: float) -> Closure:
    def converted(memory: Memory) -> Any:
        value = item(memory)
        if value is None:
            return None
        result = value * numerator / denominator + offset
        return result if -LARGEST <= result <= LARGEST else None

    return converted


def applied_to(function: Callable[[list[Any]], Any], items: list[Closure]) -> Closure:
    def applied(memory: Memory) -> Any:
        values = [item(memory) for item in items]
        return None if None in values else function(values)

    return applied
