"""Units in sums, comparisons and products.

A plain number is taken in the unit of the other side. Constants are converted to the other side's unit, otherwise the
right side to the left's. What is measured in different things is refused, except in products, whose unit is only known
where one side is a plain constant or both cancel out.
"""

from collections.abc import Sequence
from dataclasses import replace

from rules.expression.lexer import Place
from rules.expression.result import ResultType
from rules.expression.typed import Constant, Converted, Kind, Product, Typed
from rules.expression.units import PERCENT, RATIO, Unit, conversion, convert

NUMBER = Kind(ResultType.NUMBER)


def in_unit(node: Typed, target: Unit, *, is_difference: bool = False) -> Typed:
    """The number in another unit of the same dimension."""
    source = node.kind.unit
    kind = replace(node.kind, unit=target)
    if source is None or source.is_same(target):
        return replace(node, kind=kind) if isinstance(node, Constant) else node
    if isinstance(node, Constant):
        return Constant(kind, convert(node.value, source, target, is_difference=is_difference))  # type: ignore[arg-type]
    return Converted(kind, node, conversion(source, target, is_difference=is_difference))


def converted(node: Typed, target: Unit, place: Place) -> Typed:
    """The number in the unit that is wanted of the whole. One without a unit is taken in it."""
    source = node.kind.unit
    if source is not None and source.dimension == target.dimension:
        return in_unit(node, target, is_difference=node.kind.is_difference)
    if source is not None and not node.kind.is_weak:
        raise mismatch(source, target, place)
    return node


def same_unit(left: Typed, right: Typed, place: Place) -> tuple[Typed, Typed]:
    """Both sides of a comparison in one unit."""
    _, (first, second) = aligned((left, right), place)
    return first, second


def aligned(items: Sequence[Typed], place: Place) -> tuple[Kind, tuple[Typed, ...]]:
    """Numbers that are compared, or one of which is taken: all in one unit."""
    target = _target(items)
    if target is None:
        return NUMBER, tuple(items)
    is_difference = any(item.kind.is_difference for item in items)
    if not _fit(items, target, [place] * len(items)):
        return NUMBER, tuple(items)
    is_weak = all(item.kind.is_weak for item in items if item.kind.unit is not None)
    moved = tuple(in_unit(item, target, is_difference=is_difference) for item in items)
    return Kind(ResultType.NUMBER, target, is_weak, is_difference), moved


def amount(signs: Sequence[bool], terms: Sequence[Typed], places: Sequence[Place]) -> tuple[Kind, tuple[Typed, ...]]:
    """The terms of a sum in one unit. Of temperatures, a constant is an amount of degrees, and the difference of two
    is one as well."""
    target = _target(terms)
    if target is None or not _fit(terms, target, places):
        return NUMBER, tuple(terms)
    only_constants = all(isinstance(term, Constant) for term in terms)
    absolute = [
        not term.kind.is_difference and (not isinstance(term, Constant) or (only_constants and index == 0))
        for index, term in enumerate(terms)
    ]
    moved = tuple(
        in_unit(term, target, is_difference=not is_absolute) for term, is_absolute in zip(terms, absolute, strict=True)
    )
    count = sum(1 if is_added else -1 for is_added, is_absolute in zip(signs, absolute, strict=True) if is_absolute)
    is_weak = all(term.kind.is_weak for term in terms if term.kind.unit is not None)
    return Kind(ResultType.NUMBER, target, is_weak, target.has_offset and count == 0), moved


def product(operator: str, left: Typed, right: Typed, place: Place) -> Product:
    """`*`, `/` and `%` with what is known of the result's unit."""
    if operator == "%":
        kind, (left, right) = aligned((left, right), place)
        return Product(replace(kind, is_weak=True), "%", left, right)
    if operator == "/":
        return _quotient(left, right, place)
    if _is_share(left) and not _is_share(right):
        left, right = right, left
    if _is_share(right):
        return _share(left, right)
    if isinstance(left, Constant) and (left.kind.unit is not None or not isinstance(right, Constant)):
        left, right = right, left  # the constant to the right
    factor, quantity = right, left
    if isinstance(right, Constant) and right.kind.unit is not None and left.kind.unit is None:
        factor, quantity = left, right  # `count * 5 kW`
    if factor.kind.unit is None and (isinstance(factor, Constant) or isinstance(quantity, Constant)):
        return Product(replace(quantity.kind, is_weak=True), "*", left, right)
    return Product(NUMBER, "*", left, right)


def _is_share(node: Typed) -> bool:
    """A constant in percent: `80 %`."""
    return isinstance(node, Constant) and node.kind.unit is not None and node.kind.unit.dimension == "ratio"


def _share(left: Typed, right: Typed) -> Product:
    """A ratio times `100 %` is in percent, and so is a number of which nothing is known; `80 %` of anything else is 0.8
    of it, in its unit."""
    unit = left.kind.unit
    is_whole = isinstance(right, Constant) and right.value == 100
    if _is_share(left) or (unit.is_same(RATIO) if unit is not None else is_whole):
        return Product(Kind(ResultType.NUMBER, right.kind.unit, unit is None), "*", in_unit(left, RATIO), right)
    return Product(replace(left.kind, is_weak=True), "*", left, in_unit(right, RATIO))


def _quotient(left: Typed, right: Typed, place: Place) -> Product:
    first, second = left.kind.unit, right.kind.unit
    if first is not None and second is not None and first.dimension == second.dimension:
        _, (left, right) = aligned((left, right), place)
        return Product(Kind(ResultType.NUMBER, RATIO), "/", left, right)
    if _is_share(right):
        return Product(replace(left.kind, is_weak=True), "/", left, in_unit(right, RATIO))
    if second is None and isinstance(right, Constant):
        return Product(replace(left.kind, is_weak=True), "/", left, right)
    return Product(NUMBER, "/", left, right)


def _target(items: Sequence[Typed]) -> Unit | None:
    """The unit in which several numbers are taken: that of the first which is not a constant."""
    having = [item for item in items if item.kind.unit is not None]
    first = next((item for item in having if not isinstance(item, Constant)), having[0] if having else None)
    return None if first is None else first.kind.unit


def _fit(items: Sequence[Typed], target: Unit, places: Sequence[Place]) -> bool:
    """False where a product of unknown meaning is among them; raises where two things are plainly different."""
    having = [(item, item.kind.unit, place) for item, place in zip(items, places, strict=True)]
    others = [
        (item, unit, place) for item, unit, place in having if unit is not None and unit.dimension != target.dimension
    ]
    if not others:
        return True
    holder = next(item for item, unit, _ in having if unit is not None and unit.dimension == target.dimension)
    for item, unit, place in others:
        if not item.kind.is_weak and not holder.kind.is_weak:
            raise mismatch(unit, target, place)
    return False


def mismatch(unit: Unit, other: Unit, place: Place) -> Exception:
    """The error of two units that do not go together."""
    message = f"`{unit.text or 'a ratio'}` and `{other.text or 'a ratio'}` do not go together"
    if PERCENT.dimension in (unit.dimension, other.dimension):
        return place.error(message, "for a percentage of something write `80 % * x`")
    return place.error(message, "compare and add only what has the same unit, or give the number without a unit")
