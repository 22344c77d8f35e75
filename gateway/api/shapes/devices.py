"""The forms of devices and of exchanges with them."""

from gateway.api.shapes.base import AnyValue, Name, Shape, TimeMs, Told
from gateway.api.shapes.points import PointNow
from gateway.core.device import MeterRole
from gateway.core.quality import Level
from gateway.pipeline.snapshot import DeviceState


class FaultShape(Shape):
    """Why some of a device's points have no value."""

    points: list[str]
    quality: str
    """The reason as a key: `timeout`, `no_register`."""
    message: str
    hint: str
    time_ms: TimeMs


class DeviceNow(Shape):
    """One device, connected or not."""

    id: str
    name: Name
    enterprise: str
    kind: str
    role: MeterRole | None
    driver: str | None
    connection: str | None
    address: str
    """For people: `127.0.0.1:502, unit 3`."""
    state: DeviceState
    since_ms: TimeMs | None
    last_answer_ms: TimeMs | None
    intervals_s: list[float]
    """How often its points are read."""
    points: int
    """How many it has."""
    faults: list[FaultShape]
    power_kw: float | None


class DeviceList(Told):
    """Devices."""

    items: list[DeviceNow]
    total: int


class DeviceWithPoints(DeviceNow, Told):
    """One device with its points and their latest values."""

    items: list[PointNow]


class ReadingShape(Shape):
    """One point in an exchange."""

    point: str
    raw: str
    """The registers as they came, hexadecimal."""
    value: AnyValue
    """After scaling."""
    unit: str
    level: Level
    reason: str


class ExchangeShape(Shape):
    """A request and its answer, as bytes and as values."""

    device: str
    request: str
    """Hexadecimal."""
    response: str
    elapsed_ms: float
    error: str
    readings: list[ReadingShape]


class Exchanges(Told):
    """What a device said when it was asked."""

    exchanges: list[ExchangeShape]
