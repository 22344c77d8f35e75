"""The forms of connectivity: figures, outages."""

from gateway.api.shapes.base import Name, Shape, TimeMs, Told
from gateway.pipeline.snapshot import DeviceState
from rules.connectivity.reason import Reason


class Figure(Shape):
    """How much of what should have come has come (samples). `expected` = `good` + all `reasons`."""

    known: int
    """Devices."""
    connected: int
    answering: int
    expected: int
    received: int
    """Good, or without a value."""
    good: int
    rate: float | None
    """good / expected, 0 to 1."""
    reasons: dict[str, int]
    """Samples that are not good, by reason: missing, or received without a value."""
    gateway_down_s: float
    """For so long the gateway did not run: it is in none of the figures."""


class AskedPeriod(Shape):
    """Whole local hours."""

    name: str
    """`hour`, `day`, `month` or `custom`."""
    from_ms: TimeMs
    to_ms: TimeMs


class EnterpriseFigure(Figure):
    """One enterprise."""

    id: str
    name: Name


class Connectivity(Shape):
    """The park and its enterprises."""

    park: Figure
    enterprises: list[EnterpriseFigure]
    period: AskedPeriod


class SpanFigure(Shape):
    """An hour or a day of one device."""

    from_ms: TimeMs
    rate: float | None
    expected: int
    good: int
    gateway_down_s: float


class OutageShape(Shape):
    """A time without good samples."""

    device: str
    from_ms: TimeMs
    to_ms: TimeMs | None
    """`null`: it lasts."""
    reason: Reason
    message: str
    gateway_down_s: float


class DeviceFigure(Figure):
    """One device with a sentence about it."""

    id: str
    name: Name
    state: DeviceState
    since_ms: TimeMs | None
    sentence: Name
    hours: list[SpanFigure]
    """The last 24."""


class EnterpriseConnectivity(EnterpriseFigure, Told):
    """One enterprise with its devices."""

    period: AskedPeriod
    devices: list[DeviceFigure]
    longest_outages: list[OutageShape]


class DeviceConnectivity(DeviceFigure, Told):
    """One device with its last hours, days and outages, the newest first."""

    enterprise: str
    period: AskedPeriod
    days: list[SpanFigure]
    """The last 31."""
    outages: list[OutageShape]
