"""Constants computed once, by the closures that compute everything else."""

from dataclasses import replace
from fractions import Fraction

from rules.expression.closures import Compiler
from rules.expression.memory import Closure
from rules.expression.typed import Clock, Constant, Input, Joined, Read, Typed, children

_ONE = Fraction(1)


def folded(node: Typed) -> Typed | None:
    """The node, or the constant that it always is; `None` where it is always unknown."""
    if isinstance(node, Joined):
        return _decided(node)
    below = children(node)
    if isinstance(node, Constant | Input | Clock | Read) or not all(isinstance(child, Constant) for child in below):
        return node
    try:
        value = Compiler({}, 0, _no_clock).closure(node)([])
    except OverflowError:
        return None
    kind = replace(node.kind, factors=(), share=_ONE)  # factors of a constant are its value
    return None if value is None else Constant(kind, value)


def _decided(node: Joined) -> Typed:
    """`and` and `or` with constants among them."""
    decides = node.operator == "or"
    if any(isinstance(item, Constant) and item.value is decides for item in node.items):
        return Constant(node.kind, decides)
    open_items = tuple(item for item in node.items if not isinstance(item, Constant))
    if not open_items:
        return Constant(node.kind, not decides)
    return open_items[0] if len(open_items) == 1 else Joined(node.kind, node.operator, open_items)


def _no_clock(part: str) -> Closure:
    raise AssertionError(part)
