"""A checked tree to closures over the memory of an evaluation: a list of inputs, the time, and organs.

Every closure gives `None` for unknown. The frequent shapes (an input against a constant, two inputs subtracted) have
closures of their own: a call costs more than what it does.
"""

import operator
from collections.abc import Callable
from typing import Any

from rules.expression.arithmetic import (
    PRODUCTS,
    applied_to,
    difference_of_inputs,
    difference_of_two,
    in_other_unit,
    negative_of,
    product_of,
    sum_of_inputs,
    sum_of_many,
    sum_of_two,
)
from rules.expression.functions import FUNCTIONS
from rules.expression.logic import (
    COMPARISONS,
    against_constant,
    all_joined,
    both_compared,
    choice_of,
    in_order,
    input_above,
    input_against_constant,
    input_below,
    input_equals,
    inverse_of,
)
from rules.expression.memory import Closure
from rules.expression.typed import (
    Applied,
    Chosen,
    Clock,
    Compared,
    Constant,
    Converted,
    Input,
    Inverted,
    Joined,
    Negated,
    Ordered,
    Product,
    Read,
    Sampled,
    Sum,
    Typed,
)


class Compiler:
    """Makes closures. `organs` gives the place of an organ in the memory, `clock` the parts of the local time."""

    def __init__(self, organs: dict[Sampled, int], now: int, clock: Callable[[str], Closure]) -> None:
        self._organs = organs
        self._now = now
        self._clock = clock

    def closure(self, node: Typed) -> Closure:
        """The closure of a node."""
        match node:
            case Constant():
                return _constant(node.value)
            case Input():
                return operator.itemgetter(node.slot)
            case Sum():
                return self._sum(node)
            case Product():
                return product_of(PRODUCTS[node.operator], self.closure(node.left), self.closure(node.right))
            case Negated():
                return negative_of(self.closure(node.item))
            case Converted():
                conversion = node.conversion
                return in_other_unit(
                    self.closure(node.item), conversion.numerator, conversion.denominator, conversion.offset
                )
            case Compared():
                return self._compared(node)
            case Ordered():
                compare = [COMPARISONS[name] for name in node.operators]
                return in_order(compare, [self.closure(item) for item in node.items])
            case Joined():
                items = [self.closure(item) for item in node.items]
                return all_joined(items, node.operator == "or")
            case Inverted():
                return inverse_of(self.closure(node.item))
            case Chosen():
                return choice_of(self.closure(node.condition), self.closure(node.yes), self.closure(node.no))
            case Applied():
                return applied_to(FUNCTIONS[node.function], [self.closure(item) for item in node.arguments])
            case Clock():
                return self._clock(node.part)
            case Read():
                return _read(self._organs[node.organ], self._now)

    def _sum(self, node: Sum) -> Closure:
        terms = node.terms
        if len(terms) == 2:
            (_, first), (is_added, second) = terms
            if isinstance(first, Input) and isinstance(second, Input):
                return (sum_of_inputs if is_added else difference_of_inputs)(first.slot, second.slot)
            return (sum_of_two if is_added else difference_of_two)(self.closure(first), self.closure(second))
        return sum_of_many([(is_added, self.closure(item)) for is_added, item in terms])

    def _compared(self, node: Compared) -> Closure:
        compare = COMPARISONS[node.operator]
        if not isinstance(node.right, Constant):
            return both_compared(compare, self.closure(node.left), self.closure(node.right))
        if not isinstance(node.left, Input):
            return against_constant(compare, self.closure(node.left), node.right.value)
        by_operator = {"<": input_below, ">": input_above, "==": input_equals}
        make = by_operator.get(node.operator)
        if make is not None:
            return make(node.left.slot, node.right.value)
        return input_against_constant(compare, node.left.slot, node.right.value)


def _constant(value: Any) -> Closure:
    return lambda memory: value


def _read(place: int, now: int) -> Closure:
    return lambda memory: memory[place].value(memory[now])
