"""Raw values to values: scale, range, precision. The only place where a value is scaled.

Compiled once per block. The fast path stays in C (`map`, `itemgetter`) and is left as soon as one value is missing, not
a number or out of range; then `normalise_one` decides value by value. Both give the same result (property test).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from math import isfinite
from operator import ge, itemgetter, le, mul, truediv
from struct import pack
from typing import Any, cast

from gateway.core.batch import Batch, Block
from gateway.core.point import Point, PointKind, Value, ValueType
from gateway.core.quality import Quality

Pick = Callable[[Sequence[Any]], tuple[Any, ...]]
_SUBNORMAL = 2.0**-126  # smaller float32 have fewer digits
EXACT_DIGITS = 10**15  # up to 15 significant digits the shortest text of a float is the exact decimal (IEEE 754)


def picker(positions: Sequence[int]) -> Pick:
    """A function that gives these positions of a sequence as a tuple, in C."""
    if len(positions) == 1:
        only = positions[0]
        return lambda values: (values[only],)
    return itemgetter(*positions) if positions else lambda values: ()


def float32_fraction(value: float) -> Fraction:
    """The number that a float32 stands for: the shortest decimal text that reads back as the same float32."""
    wanted = pack(">f", value)
    # Six digits never are more than needed (`g` drops zeros), but for numbers too small to have them all.
    for digits in range(6 if abs(value) > _SUBNORMAL else 1, 10):
        text = f"{value:.{digits}g}"
        if pack(">f", float(text)) == wanted:
            return Fraction(text)
    return Fraction(value)


def scale_exactly(point: Point, raw: float | int) -> tuple[float | int, bool]:
    """`raw * multiplier / divisor + offset` in exact arithmetic, rounded once; and whether no digit was lost."""
    if type(raw) is int and point.offset == 0.0:
        return _scale_integer(point, raw * point.multiplier)
    exact = float32_fraction(raw) if point.digits == 7 and isinstance(raw, float) else Fraction(raw)
    exact = exact * point.multiplier / point.divisor + Fraction(str(point.offset))
    if point.type is ValueType.INT and exact.denominator == 1:
        return exact.numerator, True
    digits = abs(exact.numerator * point.divisor // exact.denominator)
    return float(exact), not isinstance(raw, int) or digits < EXACT_DIGITS


def _scale_integer(point: Point, product: int) -> tuple[float | int, bool]:
    """The same without fractions, ten times as fast: Python's division of integers rounds once, correctly."""
    if point.type is ValueType.INT and product % point.divisor == 0:
        return product // point.divisor, True
    return product / point.divisor, abs(product) < EXACT_DIGITS


def normalise_one(point: Point, raw: Value | None, quality: Quality) -> tuple[Value | None, Quality]:
    """One value, by the book: what the fast path must equal."""
    if raw is None:
        return None, quality if quality.is_bad else Quality.BAD_NOT_AVAILABLE
    if quality.is_bad:
        return None, quality
    if isinstance(raw, bool | str):
        return (None, Quality.BAD_TYPE) if point.is_scaled else (raw, quality)
    if isinstance(raw, float) and not isfinite(raw):
        return None, Quality.BAD_NOT_A_NUMBER
    value, is_exact = _scaled(point, raw) if _needs_scaling(point) else (raw, True)
    if isinstance(value, float) and not isfinite(value):
        return None, Quality.BAD_NOT_A_NUMBER
    if quality is Quality.GOOD and not is_exact:
        quality = Quality.UNCERTAIN_PRECISION
    if quality is Quality.GOOD and not _is_inside(point, value):
        quality = Quality.UNCERTAIN_RANGE
    return value, quality


def _needs_scaling(point: Point) -> bool:
    return point.is_scaled or (point.kind is PointKind.COUNTER and point.digits == 7)


def _is_exactly_scaled(point: Point) -> bool:
    """Counters, offsets and integer results take the exact way; gauges are scaled as floats."""
    return point.kind is PointKind.COUNTER or point.offset != 0.0 or point.type is ValueType.INT


def _scaled(point: Point, raw: float) -> tuple[float | int, bool]:
    try:
        if _is_exactly_scaled(point):
            return scale_exactly(point, raw)
        return raw * point.multiplier / point.divisor, True
    except OverflowError:
        return float("inf"), True


def _is_inside(point: Point, value: float) -> bool:
    return (point.low is None or value >= point.low) and (point.high is None or value <= point.high)


@dataclass(frozen=True, slots=True)
class _Scaling:
    """The scaled positions of a block, and how their results get back to their places."""

    pick: Pick
    multipliers: tuple[int, ...] | None  # None: all 1
    divisors: tuple[int, ...]
    merge: Pick | None  # None: every position is scaled

    def apply(self, values: tuple[Value | None, ...]) -> tuple[Value | None, ...] | None:
        """The scaled values; `None` where one is not finite. Raises TypeError where one is missing."""
        picked = self.pick(values) if self.merge else values
        products = picked if self.multipliers is None else map(mul, picked, self.multipliers)
        scaled = tuple(map(truediv, cast("Sequence[float]", products), self.divisors))
        if not isfinite(sum(scaled)):
            return None
        return self.merge(values + scaled) if self.merge else scaled


@dataclass(frozen=True, slots=True)
class _Limits:
    """The positions that have a range."""

    pick: Pick
    lows: tuple[float, ...]
    highs: tuple[float, ...]

    def hold(self, values: tuple[Value | None, ...]) -> bool:
        """True where all values are inside. Raises TypeError where one is missing."""
        picked = self.pick(values)
        return all(map(le, self.lows, picked)) and all(map(ge, self.highs, picked))


class Normaliser:
    """Compiled for one block of raw values; gives batches of `block`, whose points have integer ids."""

    __slots__ = ("_exact", "_floats", "_limits", "_scaling", "block")

    def __init__(self, block: Block) -> None:
        self.block = block
        points = block.points
        needs = [i for i, point in enumerate(points) if _needs_scaling(point)]
        self._exact = tuple((i, points[i]) for i in needs if _is_exactly_scaled(points[i]))
        self._scaling = _compile_scaling(points, [i for i in needs if not _is_exactly_scaled(points[i])])
        self._limits = _compile_limits(points)
        floats = [i for i, point in enumerate(points) if point.type is ValueType.FLOAT and not _needs_scaling(point)]
        self._floats = picker(floats) if floats else None

    def apply(self, batch: Batch) -> Batch:
        """The batch with scaled values and their quality, as a batch of `self.block`."""
        if batch.quality is None and batch.present is None:
            try:
                values = self._fast(batch.values)
            except (TypeError, OverflowError):
                values = None
            if values is not None:
                return Batch(self.block, values, batch.time_ns)
        return self._slow(batch)

    def _fast(self, values: tuple[Value | None, ...]) -> tuple[Value | None, ...] | None:
        """All values, or `None` where one of them needs a second look (an infinite sum of finite ones included)."""
        if self._floats is not None and not isfinite(sum(self._floats(values))):
            return None
        if self._scaling is not None:
            scaled = self._scaling.apply(values)
            if scaled is None:
                return None
            values = scaled
        if self._exact:
            column = list(values)
            for position, point in self._exact:
                column[position], quality = normalise_one(point, values[position], Quality.GOOD)
                if quality is not Quality.GOOD:
                    return None
            values = tuple(column)
        if self._limits is not None and not self._limits.hold(values):
            return None
        return values

    def _slow(self, batch: Batch) -> Batch:
        qualities = batch.quality or (Quality.GOOD,) * len(batch.values)
        present = batch.present
        pairs = [
            normalise_one(point, raw, quality) if present is None or present >> i & 1 else (None, Quality.GOOD)
            for i, (point, raw, quality) in enumerate(zip(self.block.points, batch.values, qualities, strict=True))
        ]
        quality = tuple(q for _, q in pairs)
        return Batch(self.block, tuple(v for v, _ in pairs), batch.time_ns, quality if any(quality) else None, present)


def _compile_scaling(points: tuple[Point, ...], positions: list[int]) -> _Scaling | None:
    if not positions:
        return None
    multipliers = tuple(points[i].multiplier for i in positions)
    places = {position: len(points) + k for k, position in enumerate(positions)}
    order = [places.get(i, i) for i in range(len(points))]
    return _Scaling(
        picker(positions),
        None if set(multipliers) == {1} else multipliers,
        tuple(points[i].divisor for i in positions),
        None if len(positions) == len(points) else picker(order),
    )


def _compile_limits(points: tuple[Point, ...]) -> _Limits | None:
    limited = [
        (i, -float("inf") if p.low is None else p.low, float("inf") if p.high is None else p.high)
        for i, p in enumerate(points)
        if p.low is not None or p.high is not None
    ]
    if not limited:
        return None
    positions, lows, highs = zip(*limited, strict=True)
    return _Limits(picker(positions), lows, highs)


def with_ids(block: Block, ids: tuple[int, ...]) -> Block:
    """The block whose points have these integer ids."""
    return replace(block, ids=ids)
