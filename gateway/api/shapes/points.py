"""The forms of points: latest values and history."""

from typing import Literal

from gateway.api.shapes.base import AnyValue, Name, Shape, TimeMs
from gateway.core.point import PointKind, ValueType

LevelNow = Literal["good", "uncertain", "bad", "none"]


class PointNow(Shape):
    """One point with its latest value."""

    tag: str
    """Device and point: `tx1.power_active`."""
    device: str
    point: str
    name: Name
    unit: str
    kind: PointKind
    type: ValueType
    words: dict[str, Name]
    """What the numbers of a state mean."""
    value: AnyValue
    level: LevelNow
    """`none`: nothing came since the gateway started."""
    reason: str
    """Why the value is not good, as a key: `timeout`."""
    time_ms: TimeMs | None
    interval_s: float
    stale_after_s: float
    gap_after_s: float
    """So far apart two stored samples may lie while all is well."""


class PointList(Shape):
    """A page of points."""

    items: list[PointNow]
    total: int


class History(Shape):
    """The course of one point. The cells of a row are in the order of `columns`."""

    tag: str
    unit: str
    from_ms: TimeMs
    to_ms: TimeMs
    step_s: float
    """0: raw samples."""
    columns: list[str]
    rows: list[list[AnyValue]]
    truncated: bool
    """There is more: ask for a shorter time or a longer step."""


class ManyCourses(Shape):
    """The courses of several points; each row is an object with the names of `columns`."""

    from_ms: TimeMs
    to_ms: TimeMs
    step_s: float
    columns: list[str]
    rows: list[dict[str, AnyValue]]
    truncated: bool
