"""The checked tree: every node with its type and unit, units converted, constants folded."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from gateway.core.point import Value
from rules.expression.organ import Organ
from rules.expression.result import ResultType
from rules.expression.units import Conversion, Unit


@dataclass(frozen=True, slots=True)
class Kind:
    """What a node gives."""

    type: ResultType
    unit: Unit | None = None  # of a number; None: a plain number, or none is known
    is_weak: bool = False  # the unit, or that there is none, is not certain: converted where it fits, never refused
    is_difference: bool = False  # of temperatures: converted without offset
    factors: tuple[Fraction, ...] = ()  # the plain numbers that were written as factors, see handmade.py
    share: Fraction = Fraction(1)  # by which percentages in it were converted


@dataclass(frozen=True, slots=True)
class Constant:
    """A value that was written."""

    kind: Kind
    value: Value


@dataclass(frozen=True, slots=True)
class Input:
    """The newest value of an input."""

    kind: Kind
    slot: int


@dataclass(frozen=True, slots=True)
class Sum:
    """Terms to be added, or subtracted where the sign is false."""

    kind: Kind
    terms: "tuple[tuple[bool, Typed], ...]"


@dataclass(frozen=True, slots=True)
class Product:
    """`*`, `/` or `%` of two."""

    kind: Kind
    operator: str
    left: "Typed"
    right: "Typed"


@dataclass(frozen=True, slots=True)
class Negated:
    """The number with the other sign."""

    kind: Kind
    item: "Typed"


@dataclass(frozen=True, slots=True)
class Converted:
    """The number in another unit."""

    kind: Kind
    item: "Typed"
    conversion: Conversion


@dataclass(frozen=True, slots=True)
class Compared:
    """A comparison of two values of one type and unit."""

    kind: Kind
    operator: str
    left: "Typed"
    right: "Typed"


@dataclass(frozen=True, slots=True)
class Ordered:
    """A chain of comparisons of three or more numbers in one unit: `1 < a <= 3`."""

    kind: Kind
    operators: tuple[str, ...]
    items: "tuple[Typed, ...]"


@dataclass(frozen=True, slots=True)
class Joined:
    """`and` or `or` of two or more."""

    kind: Kind
    operator: str
    items: "tuple[Typed, ...]"


@dataclass(frozen=True, slots=True)
class Inverted:
    """`not`."""

    kind: Kind
    item: "Typed"


@dataclass(frozen=True, slots=True)
class Chosen:
    """`yes if condition else no`."""

    kind: Kind
    condition: "Typed"
    yes: "Typed"
    no: "Typed"


@dataclass(frozen=True, slots=True)
class Applied:
    """A function of its arguments' present values: abs, min, max, unbalance."""

    kind: Kind
    function: str
    arguments: "tuple[Typed, ...]"


@dataclass(frozen=True, slots=True)
class Clock:
    """`hour` or `weekday`."""

    kind: Kind
    part: str


@dataclass(frozen=True, slots=True)
class Read:
    """What an organ says: a function that remembers."""

    kind: Kind
    organ: "Sampled"


@dataclass(frozen=True, slots=True)
class Sampled:
    """One organ of an expression: what it is made by and what it is fed with."""

    function: str
    argument: "Typed"
    make: Callable[..., Organ]
    parameters: tuple[Any, ...] = ()
    is_condition: bool = False  # fed at every evaluation, not only with samples
    needs_time: bool = True  # what it says may change without a sample
    moves: bool = False  # what it says changes all the time
    is_steady: bool = False  # and where it moves, at a constant speed: `Organ.slope`
    sees_every_sample: bool = True  # equal samples in a row count
    needs_wall: bool = False  # it has `tell_wall(offset_ns)`: UTC minus steady time, told when it changes
    adds_up: bool = False  # for ever: a person may let it start anew, `Organ.start_anew`
    name: str = field(default="", compare=False)  # what it remembers is kept under: its text, normalised

    def fresh(self) -> Organ:
        """An organ that knows nothing."""
        return self.make(*self.parameters)


Typed = (
    Constant
    | Input
    | Sum
    | Product
    | Negated
    | Converted
    | Compared
    | Ordered
    | Joined
    | Inverted
    | Chosen
    | Applied
    | Clock
    | Read
)


def children(node: Typed) -> tuple[Typed, ...]:
    """The nodes directly below; what an organ is fed with is not one of them."""
    match node:
        case Sum():
            return tuple(item for _, item in node.terms)
        case Product() | Compared():
            return (node.left, node.right)
        case Negated() | Converted() | Inverted():
            return (node.item,)
        case Joined() | Ordered():
            return node.items
        case Chosen():
            return (node.condition, node.yes, node.no)
        case Applied():
            return node.arguments
        case _:
            return ()


def walk(node: Typed) -> Iterator[Typed]:
    """The node and all below it, with what organs are fed with."""
    yield node
    for child in (node.organ.argument,) if isinstance(node, Read) else children(node):
        yield from walk(child)
