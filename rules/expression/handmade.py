"""Conversions by hand, `power_w / 1000 > 5 kW`: units are converted already, so the factor would count twice.

What was multiplied keeps its unit, `power_w / 1000` is in W; whoever writes such a factor likely thinks otherwise.
"""

from collections.abc import Sequence
from fractions import Fraction
from math import prod

from rules.expression.errors import ExpressionError
from rules.expression.lexer import Place
from rules.expression.typed import Constant, Kind, Typed
from rules.expression.units import RATIO, Unit

_ONE = Fraction(1)
_PREFIX = 1000


class HandmadeConversion(ExpressionError):
    """A written factor does what the conversion of units does. More can be said in the hint."""


def written(node: Typed) -> tuple[Fraction, ...]:
    """The plain numbers that were written as factors of a node: its own value where it is one. Never 0."""
    if not isinstance(node, Constant):
        return node.kind.factors
    is_plain = node.kind.unit is None and not isinstance(node.value, str)
    return (Fraction(str(node.value)),) if is_plain and node.value else ()


def inverted(factors: tuple[Fraction, ...]) -> tuple[Fraction, ...]:
    """The factors of a divisor."""
    return tuple(1 / factor for factor in factors)


def common_history(items: Sequence[Typed]) -> tuple[tuple[Fraction, ...], Fraction]:
    """`Kind.factors` and `Kind.share` of numbers that are joined: what those with a unit have in common, otherwise
    nothing."""
    found = {
        (item.kind.factors, item.kind.share)
        for item in items
        if item.kind.unit is not None and not isinstance(item, Constant)
    }
    return found.pop() if len(found) == 1 else ((), _ONE)


def refuse_handmade(items: Sequence[Typed], places: Sequence[Place]) -> None:
    """Raises where numbers that are put into one unit hold one that was converted by hand."""
    units = {(item.kind.unit, isinstance(item, Constant)) for item in items if item.kind.unit is not None}
    for item, place in zip(items, places, strict=True):
        if not isinstance(item, Constant) and item.kind.factors:
            for unit, is_written in units:
                _refuse(item.kind, unit, place, is_written=is_written)


def refuse_target(node: Typed, target: Unit, place: Place) -> None:
    """The same for a number that is put into the unit that is wanted of the whole."""
    if not isinstance(node, Constant):
        _refuse(node.kind, target, place)


def refuse_percent(kind: Kind, place: Place) -> None:
    """Raises where a percentage was a factor and is divided by 100 as well: `soc / 100 * power`."""
    if kind.share != _ONE and kind.share in _suspects(kind):
        text = _text(kind.share)
        message = f"a percentage is converted by itself, `{text}` would do it again"
        raise place.error(message, f"leave out `{text}`: `soc * x` is a part of `x`, in its unit")


def _suspects(kind: Kind) -> list[Fraction]:
    """The factors one by one, and all of them together."""
    return [*kind.factors, prod(kind.factors, start=_ONE)]


def _refuse(kind: Kind, target: Unit, place: Place, *, is_written: bool = False) -> None:
    source = kind.unit
    if source is None or source.dimension != target.dimension:
        return
    is_same = source.factor == target.factor
    if is_same and not (is_written and source.dimension == RATIO.dimension):
        return
    found = [factor for factor in _suspects(kind) if abs(factor) != _ONE and _is_handmade(factor, source, target)]
    if not found:
        return
    text, unit = _text(found[0]), source.text or "a ratio"
    message = f"`{text}` leaves the number in `{unit}`"
    hint = f"units are converted by themselves: leave out `{text}`"
    if not is_same:
        message += f", and to `{target.text or 'a ratio'}` it is converted by itself"
        hint += f", or stay in `{unit}` if it is meant" if source.text else ""
    raise HandmadeConversion(message, hint, place.line, place.column)


def _is_handmade(factor: Fraction, source: Unit, target: Unit) -> bool:
    """True where a factor is what the conversion does, or looks like another prefix."""
    size = abs(factor)
    if source.factor == target.factor:  # of percentages: `soc / 100 > 50 %`
        return size == source.factor
    return size == source.factor / target.factor or _is_prefix(size)


def _is_prefix(size: Fraction) -> bool:
    """A power of a thousand."""
    while size > 1:
        size /= _PREFIX
    while size < 1:
        size *= _PREFIX
    return size == 1


def _text(factor: Fraction) -> str:
    """The factor as it was likely written."""
    if factor.denominator == 1:
        return f"* {factor.numerator}"
    return f"/ {1 / factor}" if abs(factor.numerator) == 1 else f"* {float(factor):g}"
