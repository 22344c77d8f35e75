"""The parse tree: what was written, not yet checked."""

from dataclasses import dataclass

from rules.expression.lexer import Place
from rules.expression.scope import Operand


@dataclass(frozen=True, slots=True)
class Number:
    """A number with the unit that was written behind it."""

    place: Place
    value: float
    unit: str | None
    unit_place: Place


@dataclass(frozen=True, slots=True)
class Text:
    """A text or a state's word."""

    place: Place
    value: str


@dataclass(frozen=True, slots=True)
class Truth:
    """`true` or `false`."""

    place: Place
    value: bool


@dataclass(frozen=True, slots=True)
class Name:
    """A point."""

    place: Place
    operand: Operand


@dataclass(frozen=True, slots=True)
class Unary:
    """`-a`, `not a`."""

    place: Place
    operator: str
    item: "Node"


@dataclass(frozen=True, slots=True)
class Chain:
    """Terms joined by operators of one rank: sums, products, comparisons, `and`, `or`. Each place is the operator's."""

    place: Place
    first: "Node"
    rest: "tuple[tuple[str, Place, Node], ...]"


@dataclass(frozen=True, slots=True)
class Choice:
    """`yes if condition else no`."""

    place: Place
    condition: "Node"
    yes: "Node"
    no: "Node"


@dataclass(frozen=True, slots=True)
class Call:
    """A function with its arguments."""

    place: Place
    function: str
    arguments: "tuple[Node, ...]"


Node = Number | Text | Truth | Name | Unary | Chain | Choice | Call


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly below."""
    match node:
        case Unary():
            return (node.item,)
        case Chain():
            return (node.first, *(item for _, _, item in node.rest))
        case Choice():
            return (node.condition, node.yes, node.no)
        case Call():
            return node.arguments
        case _:
            return ()


def depth(node: Node) -> int:
    """How many nodes stand one in another."""
    return 1 + max((depth(child) for child in children(node)), default=0)
