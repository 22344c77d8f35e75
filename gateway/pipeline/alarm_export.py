"""Alarm events as batches for the outbox: every sink gets the journal, as measurement `alarm_event`."""

from collections.abc import Mapping

from gateway.core.alarm import AlarmEvent
from gateway.core.batch import Batch, Block
from gateway.core.device import Device
from gateway.core.point import Names, Point, PointKind, Value, ValueType
from gateway.core.quality import Quality

KIND = "alarm_event"
_MICROSECOND = 1_000  # ns
_JOURNAL = "alarm-journal"  # the device whose point ids all events have in the history
_POINTS = (
    Point("alarm", kind=PointKind.STATE, type=ValueType.TEXT),
    Point("transition", kind=PointKind.STATE, type=ValueType.TEXT),
    Point("state", kind=PointKind.STATE, type=ValueType.TEXT),
    Point("priority", kind=PointKind.STATE, type=ValueType.INT),
    Point("occurrence", kind=PointKind.STATE, type=ValueType.INT),
    Point("value"),
    Point("limit"),
    Point("message", kind=PointKind.STATE, type=ValueType.TEXT, names=Names("Message", "消息")),
    Point("by", kind=PointKind.STATE, type=ValueType.TEXT),
    Point("comment", kind=PointKind.STATE, type=ValueType.TEXT),
)
TAGS = tuple(f"{_JOURNAL}.{point.name}" for point in _POINTS)
"""The tags whose integer ids the events carry."""


class EventBatches:
    """Makes batches of events. InfluxDB sees the alarm's own device as tag; the history keeps all under `TAGS`."""

    def __init__(self, site: str, ids: Mapping[str, int]) -> None:
        self._site = site
        self._ids = tuple(ids[tag] for tag in TAGS)
        self._blocks: dict[tuple[str, str], Block] = {}

    def batch(self, event: AlarmEvent) -> Batch:
        """One event. Two of one device at one time would overwrite each other in InfluxDB: below the microsecond, its
        time is its number in the journal. So an event that is sent again after a kill has the same time."""
        block = self._block(event.device or self._site, event.enterprise or "")
        time_ns = event.time_ns // _MICROSECOND * _MICROSECOND + event.seq % _MICROSECOND
        values: tuple[Value | None, ...] = (
            event.alarm, event.transition.value, event.state.value, int(event.priority), event.occurrence,
            _number(event.value), event.limit, event.message.en or event.message.zh, event.actor.name, event.comment,
        )  # fmt: skip
        if None not in values:
            return Batch(block, values, time_ns)
        quality = tuple(Quality.BAD_NOT_AVAILABLE if value is None else Quality.GOOD for value in values)
        present = sum(1 << i for i, value in enumerate(values) if value is not None)
        return Batch(block, values, time_ns, quality, present)

    def _block(self, device: str, enterprise: str) -> Block:
        key = (device, enterprise)
        if key not in self._blocks:
            self._blocks[key] = Block(Device(device, self._site, enterprise, KIND), _POINTS, 0.0, self._ids)
        return self._blocks[key]


def _number(value: Value | None) -> float | None:
    return None if value is None or isinstance(value, str) else float(value)
