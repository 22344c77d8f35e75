"""When a result may change without a sample: windows that lose one, limits of age, durations that get there, hours.

A number that moves at a constant speed (age, duration, running hours, and what sums and constants make of them) crosses
the other side of a comparison at a moment that can be computed. What moves otherwise is looked at each second.
"""

from collections.abc import Callable, Iterator
from itertools import pairwise
from math import ceil
from typing import Any

from rules.expression.closures import Compiler
from rules.expression.localtime import LocalTime
from rules.expression.memory import Closure
from rules.expression.organ import Organ
from rules.expression.typed import (
    Clock,
    Compared,
    Constant,
    Converted,
    Negated,
    Ordered,
    Product,
    Read,
    Sampled,
    Sum,
    Typed,
    children,
)

Due = Callable[[list[Any], int, int], int | None]  # memory, steady now, UTC now
Slope = Callable[[list[Any]], float]  # per second
LOOK_AGAIN_NS = 1_000_000_000
_FAR_NS = 10 * 365 * 86_400 * 1_000_000_000


def dues(tree: Typed, compiler: Compiler, organs: dict[Sampled, int], local: LocalTime) -> tuple[Due, ...]:
    """One closure for each thing that time alone can change."""
    relevant = list(_relevant(tree))
    hours = [_of_hours(local)] if any(isinstance(node, Clock) for node in relevant) else []
    read = dict.fromkeys(node.organ for node in relevant if isinstance(node, Read) and node.organ.needs_time)
    return (*hours, *(_of_organ(organs[organ]) for organ in read), *_of_movement(tree, compiler, organs))


def _relevant(node: Typed) -> Iterator[Typed]:
    """Every node that time can change; organs other than conditions take what they are fed with from samples alone."""
    yield node
    below = children(node)
    if isinstance(node, Read) and node.organ.is_condition:
        below = (node.organ.argument,)
    for child in below:
        yield from _relevant(child)


def _of_hours(local: LocalTime) -> Due:
    return lambda memory, now_ns, wall_ns: now_ns + local.next_hour_ns(wall_ns) - wall_ns


def _of_organ(place: int) -> Due:
    def due(memory: list[Any], now_ns: int, wall_ns: int) -> int | None:
        organ: Organ = memory[place]
        return organ.due_ns(now_ns)

    return due


# -- movement ---------------------------------------------------------------------------------------------------------


def _of_movement(node: Typed, compiler: Compiler, organs: dict[Sampled, int]) -> Iterator[Due]:
    """Crossings of comparisons; a look each second for numbers that move outside of them."""
    if isinstance(node, Compared | Ordered) and _moves(node):
        sides = (node.left, node.right) if isinstance(node, Compared) else node.items
        for left, right in pairwise(sides):
            yield _crossing_of(left, right, compiler, organs)
    elif isinstance(node, Read) and node.organ.moves:
        yield _look_again
    else:
        for child in children(node):
            yield from _of_movement(child, compiler, organs)
    for inner in _conditions(node):
        yield from _of_movement(inner, compiler, organs)


def _crossing_of(left: Typed, right: Typed, compiler: Compiler, organs: dict[Sampled, int]) -> Due:
    left_slope, right_slope = slope(left, organs), slope(right, organs)
    if left_slope is None or right_slope is None:
        return _look_again
    return _crossing(compiler.closure(left), compiler.closure(right), left_slope, right_slope)


def _conditions(node: Typed) -> Iterator[Typed]:
    """The conditions that organs directly at or, for a comparison, below this node are fed with."""
    if isinstance(node, Read):
        if node.organ.is_condition:
            yield node.organ.argument
    elif isinstance(node, Compared | Ordered) and _moves(node):
        for child in children(node):
            yield from _conditions_below(child)


def _conditions_below(node: Typed) -> Iterator[Typed]:
    if isinstance(node, Read) and node.organ.is_condition:
        yield node.organ.argument
    for child in children(node):
        yield from _conditions_below(child)


def _moves(node: Typed) -> bool:
    return (isinstance(node, Read) and node.organ.moves) or any(_moves(child) for child in children(node))


def slope(node: Typed, organs: dict[Sampled, int]) -> Slope | None:
    """How fast a number grows, a second; `None` where that is not constant."""
    if not _moves(node):
        return lambda memory: 0.0
    match node:
        case Read():
            place = organs[node.organ]
            return (lambda memory: float(memory[place].slope())) if node.organ.is_steady else None
        case Negated():
            return _times(slope(node.item, organs), -1.0)
        case Converted():
            return _times(slope(node.item, organs), node.conversion.numerator / node.conversion.denominator)
        case Sum():
            return _summed([_times(slope(item, organs), 1.0 if is_added else -1.0) for is_added, item in node.terms])
        case Product() if isinstance(node.right, Constant) and node.operator in "*/":
            factor = float(node.right.value)
            return _times(slope(node.left, organs), factor if node.operator == "*" else 1 / factor)
        case _:
            return None


def _times(item: Slope | None, factor: float) -> Slope | None:
    return None if item is None else lambda memory: item(memory) * factor


def _summed(items: list[Slope | None]) -> Slope | None:
    known = [item for item in items if item is not None]
    return None if len(known) < len(items) else lambda memory: sum(item(memory) for item in known)


def _look_again(memory: list[Any], now_ns: int, wall_ns: int) -> int:
    return now_ns + LOOK_AGAIN_NS


def _crossing(left: Closure, right: Closure, left_slope: Slope, right_slope: Slope) -> Due:
    """The moment at which both sides are equal; one nanosecond later where they are now."""

    def crossing(memory: list[Any], now_ns: int, wall_ns: int) -> int | None:
        try:
            first, second = left(memory), right(memory)
            speed = left_slope(memory) - right_slope(memory)
            if first is None or second is None or speed == 0:
                return None
            left_ns = float(second - first) / speed * 1e9
        except OverflowError:  # whole numbers beyond what a float holds
            return None
        return now_ns + max(1, ceil(left_ns)) if 0 <= left_ns <= _FAR_NS else None

    return crossing
