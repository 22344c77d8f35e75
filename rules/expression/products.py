"""Units of products and quotients: what is known of the result's unit, and what is kept of the check.

Times or divided by a plain number, a ratio or a percentage, a quantity stays what it is. One divided by another of its
dimension is a ratio. Of everything else (two quantities, a point without a unit) nothing is known: it is taken as it
comes.
"""

from dataclasses import replace
from fractions import Fraction

from rules.expression.handmade import inverted, refuse_percent, written
from rules.expression.lexer import Place
from rules.expression.quantities import aligned, in_unit
from rules.expression.result import ResultType
from rules.expression.typed import Constant, Kind, Product, Typed
from rules.expression.units import RATIO

UNKNOWN = Kind(ResultType.NUMBER, is_weak=True)


def product(operator: str, left: Typed, right: Typed, place: Place) -> Product:
    """`*`, `/` and `%` with what is known of the result's unit. Raises ExpressionError."""
    if operator == "%":
        kind, (left, right) = aligned((left, right), place)
        return Product(kind, "%", left, right)
    found = _quotient(left, right, place) if operator == "/" else _times(left, right)
    refuse_percent(found.kind, place)
    return found


def _times(left: Typed, right: Typed) -> Product:
    if _is_share(left) and not _is_share(right):
        left, right = right, left
    if _is_share(right):
        return _share(left, right)
    if isinstance(left, Constant) and (left.kind.unit is not None or not isinstance(right, Constant)):
        left, right = right, left  # the constant to the right
    first, second = left.kind.unit, right.kind.unit
    if first is None or second is None:
        quantity, factor = (left, right) if second is None else (right, left)
        return Product(_scaled(quantity, factor, written(factor)), "*", left, right)
    if first.is_same(RATIO) or (_is_ratio(left) and not _is_ratio(right)):
        left, right = right, left
    return _by_ratio("*", left, right) if _is_ratio(right) else Product(UNKNOWN, "*", left, right)


def _quotient(left: Typed, right: Typed, place: Place) -> Product:
    first, second = left.kind.unit, right.kind.unit
    if first is not None and second is not None and first.dimension == second.dimension:
        _, (left, right) = aligned((left, right), place)
        is_weak = left.kind.is_weak or right.kind.is_weak
        kind = Kind(ResultType.NUMBER, RATIO, is_weak, factors=written(left) + inverted(written(right)))
        return Product(kind, "/", left, right)
    if _is_share(right):
        return Product(left.kind, "/", left, in_unit(right, RATIO))
    if second is None:
        return Product(_scaled(left, right, inverted(written(right))), "/", left, right)
    return _by_ratio("/", left, right) if first is not None and _is_ratio(right) else Product(UNKNOWN, "/", left, right)


def _scaled(quantity: Typed, factor: Typed, by: tuple[Fraction, ...]) -> Kind:
    """What a quantity becomes by a factor without a unit. A point without one may be anything, a power factor or a
    price: only of a written quantity (`count * 5 kW`) it is likely a count."""
    if not factor.kind.is_weak:
        return replace(quantity.kind, factors=quantity.kind.factors + by)
    return replace(quantity.kind, is_weak=True) if isinstance(quantity, Constant) else UNKNOWN


def _by_ratio(operator: str, quantity: Typed, ratio: Typed) -> Product:
    """A quantity times or divided by a ratio that is measured: percentages are converted."""
    unit = ratio.kind.unit or RATIO
    share, by = ratio.kind.share * unit.factor, written(ratio)
    if operator == "/":
        share, by = 1 / share, inverted(by)
    kind = replace(
        quantity.kind,
        is_weak=quantity.kind.is_weak or ratio.kind.is_weak,
        factors=quantity.kind.factors + by,
        share=quantity.kind.share * share,
    )
    return Product(kind, operator, quantity, in_unit(ratio, RATIO))


def _is_ratio(node: Typed) -> bool:
    return node.kind.unit is not None and node.kind.unit.dimension == RATIO.dimension


def _is_share(node: Typed) -> bool:
    """A constant in percent: `80 %`."""
    return isinstance(node, Constant) and _is_ratio(node)


def _share(left: Typed, right: Typed) -> Product:
    """A ratio times `100 %` is in percent, and so is a number of which nothing is known; `80 %` of anything else is 0.8
    of it, in its unit."""
    unit = left.kind.unit
    is_whole = isinstance(right, Constant) and right.value == 100 and not isinstance(left, Constant)
    if _is_share(left) or (unit.is_same(RATIO) if unit is not None else is_whole):
        return Product(replace(left.kind, unit=right.kind.unit), "*", in_unit(left, RATIO), right)
    return Product(left.kind, "*", left, in_unit(right, RATIO))
