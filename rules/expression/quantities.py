"""Units in sums and comparisons. See also products.py.

A plain number is taken in the unit of the other side. Constants are converted to the other side's unit, otherwise the
right side to the left's. What is measured in different things is refused.
"""

from collections.abc import Sequence
from dataclasses import replace

from rules.expression.handmade import common_history, refuse_handmade, refuse_target
from rules.expression.lexer import Place
from rules.expression.result import ResultType
from rules.expression.typed import Constant, Converted, Kind, Typed
from rules.expression.units import PERCENT, Unit, conversion, convert

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
        refuse_target(node, target, place)
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
    if target is None or not _fit(items, target, [place] * len(items)):
        return _unitless(items), tuple(items)
    is_difference = any(item.kind.is_difference for item in items)
    is_weak = all(item.kind.is_weak for item in items if item.kind.unit is not None)
    moved = tuple(in_unit(item, target, is_difference=is_difference) for item in items)
    return Kind(ResultType.NUMBER, target, is_weak, is_difference, *common_history(items)), moved


def amount(signs: Sequence[bool], terms: Sequence[Typed], places: Sequence[Place]) -> tuple[Kind, tuple[Typed, ...]]:
    """The terms of a sum in one unit. Of temperatures, a constant is an amount of degrees, and the difference of two
    is one as well."""
    target = _target(terms)
    if target is None or not _fit(terms, target, places):
        return _unitless(terms), tuple(terms)
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
    is_difference = target.has_offset and count == 0
    return Kind(ResultType.NUMBER, target, is_weak, is_difference, *common_history(terms)), moved


def _unitless(items: Sequence[Typed]) -> Kind:
    """Of numbers that have no unit in common."""
    return replace(NUMBER, is_weak=any(item.kind.is_weak for item in items))


def _target(items: Sequence[Typed]) -> Unit | None:
    """The unit in which several numbers are taken: that of the first which is not a constant."""
    having = [item for item in items if item.kind.unit is not None]
    first = next((item for item in having if not isinstance(item, Constant)), having[0] if having else None)
    return None if first is None else first.kind.unit


def _fit(items: Sequence[Typed], target: Unit, places: Sequence[Place]) -> bool:
    """False where a product of unknown meaning is among them; raises where two things are plainly different, or one was
    converted by hand."""
    refuse_handmade(items, places)
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
