"""The text of a part of an expression, however it was laid out: what it remembers is kept under this name."""

import zlib
from typing import assert_never

from rules.expression.nodes import Call, Chain, Choice, Name, Node, Number, Text, Truth, Unary

_LONGEST = 200  # characters


def part_name(function: str, arguments: tuple[Node, ...], form: str) -> str:
    """The name of a function with its arguments; `form`: unit or type of what it is fed with, "" for conditions.

    Blanks, needless parentheses and `1.0` for `1` make no difference, nor does whether a point of the own device is
    named with it. At most about 200 characters.
    """
    name = f"{function}({', '.join(map(wording, arguments))})" + (f" of {form}" if form else "")
    return name if len(name) <= _LONGEST else f"{name[:_LONGEST]} {zlib.crc32(name.encode()):08x}"


def wording(node: Node) -> str:
    """The text of a node; every operator's term that is not simple stands in parentheses."""
    match node:
        case Number():
            number = repr(node.value).removesuffix(".0")
            return f"{number} {node.unit}" if node.unit else number
        case Text():
            return repr(node.value)
        case Truth():
            return "true" if node.value else "false"
        case Name():
            return node.operand.tag
        case Unary():
            return f"{node.operator} {_term(node.item)}"
        case Chain():
            rest = (f" {operator} {_term(item)}" for operator, _, item in node.rest)
            return _term(node.first) + "".join(rest)
        case Choice():
            return f"{_term(node.yes)} if {_term(node.condition)} else {_term(node.no)}"
        case Call():
            return f"{node.function}({', '.join(map(wording, node.arguments))})"
        case _:
            assert_never(node)


def _term(node: Node) -> str:
    return f"({wording(node)})" if isinstance(node, Unary | Chain | Choice) else wording(node)


def without_factors(node: Node) -> Node:
    """The node without the plain numbers that it is multiplied or divided by."""
    match node:
        case Chain(first=first, rest=[("*" | "/", _, Number(unit=None))]):
            return without_factors(first)
        case Chain(first=Number(unit=None), rest=[("*", _, right)]):
            return without_factors(right)
        case _:
            return node
