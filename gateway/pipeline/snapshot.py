"""The latest value of every point, and what each device says: what the API and the page read."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from gateway.core.batch import Batch, Block
from gateway.core.clock import Clock, SystemClock
from gateway.core.device import Device
from gateway.core.point import Point, Value
from gateway.core.ports import Fault
from gateway.core.quality import Quality

STALE_INTERVALS = 3  # a value is stale when it is older than this many of its intervals
STALE_SLACK_S = 2.0  # and a little: answers come late, clocks tick unevenly
_SLACK_NS = int(STALE_SLACK_S * 1e9)


class DeviceState(StrEnum):
    """Does the device answer?"""

    ANSWERING = "answering"
    SILENT = "silent"
    WAITING = "waiting"  # connected by configuration, no answer since the gateway started
    NOT_CONNECTED = "not_connected"


@dataclass(frozen=True, slots=True)
class Sample:
    """The latest value of one point."""

    value: Value | None
    quality: Quality
    time_ns: int
    interval_s: float


@dataclass(slots=True)
class _Presence:
    """When a device answered."""

    last_answer_ns: int | None = None
    since_ns: int | None = None  # answering since
    stale_after_s: float = 0.0
    faults: dict[tuple[str, ...], Fault] = field(default_factory=dict)  # by points; (): the whole device


def stale_after_s(interval_s: float) -> float:
    """The age at which a value of this interval is stale."""
    return STALE_INTERVALS * interval_s + STALE_SLACK_S


class Snapshot:
    """Latest batches by block. Reading is by tag; writing is one dictionary entry per batch."""

    def __init__(self, devices: Iterable[Device], clock: Clock | None = None) -> None:
        self.devices = {device.id: device for device in devices}
        self._time_ns = (clock or SystemClock()).time_ns
        self._latest: dict[Block, Batch] = {}
        self._partial: dict[Block, list[Batch | None]] = {}
        self._places: dict[str, tuple[Block, int]] = {}
        self._presence = {device: _Presence() for device in self.devices}
        self._described: Mapping[str, Mapping[str, Point]] = {}  # by device and name, where blocks are older
        self.late = 0  # batches older than the newest of their block

    def register(self, block: Block) -> None:
        """Let the points of this block be found by tag; a later block with the same tag takes it over."""
        for position, point in enumerate(block.points):
            self._places[f"{block.device.id}.{point.name}"] = (block, position)
        if block.is_computed:
            return
        presence = self._presence[block.device.id]
        limit = stale_after_s(block.interval_s)
        presence.stale_after_s = min(presence.stale_after_s or limit, limit)

    # -- another configuration ----------------------------------------------------------------------------------------

    def forget(self, blocks: Collection[Block]) -> None:
        """These blocks come no more, and their points are unknown unless a later block took them over. What is known
        of when the devices answered stays."""
        for block in blocks:
            for tag in [f"{block.device.id}.{point.name}" for point in block.points]:
                if tag in self._places and self._places[tag][0] is block:
                    del self._places[tag]
            self._latest.pop(block, None)
            self._partial.pop(block, None)
            if not block.is_computed and block.device.id in self._presence:
                presence = self._presence[block.device.id]
                presence.stale_after_s = 0.0  # of the blocks that come: `register` says
                presence.faults.clear()

    def change(self, devices: Iterable[Device], points: Mapping[str, Mapping[str, Point]]) -> None:
        """Know these devices and no others. `points` has what they are called now, by device and name: sources that
        go on have blocks of before."""
        known = {device.id: device for device in devices}
        self.devices.clear()  # the same dictionary: others look devices up in it
        self.devices.update(known)
        self._presence = {device: self._presence.get(device) or _Presence() for device in self.devices}
        self._described = points

    def arrange(self) -> None:
        """Put the tags into the order of the devices again."""
        by_device: dict[str, list[str]] = {device: [] for device in self.devices}
        for tag, (block, _) in self._places.items():
            by_device.setdefault(block.device.id, []).append(tag)
        self._places = {tag: self._places[tag] for tags in by_device.values() for tag in tags}

    def update(self, batch: Batch) -> bool:
        """Take a normalised batch. False where it is older than what is known (late): then nothing changes."""
        block = batch.block
        newest = self._latest.get(block)
        if newest is not None and batch.time_ns < newest.time_ns and not self._was_set_back(batch, newest):
            self.late += 1
            return False
        self._latest[block] = batch
        if batch.present is not None or block in self._partial:
            self._merge(batch, newest)
        if not block.is_computed and (batch.quality is None or any(value is not None for value in batch.values)):
            self._answered(block.device.id, batch.time_ns)
        return True

    def _was_set_back(self, batch: Batch, newest: Batch) -> bool:
        """True where the clock was set back since `newest`: that lies ahead of it, and this batch was stamped just now.

        Otherwise everything would be late, and nothing new be shown, until the clock has caught up.
        """
        now_ns = self._time_ns()
        return newest.time_ns > now_ns and abs(batch.time_ns - now_ns) <= _SLACK_NS

    def _merge(self, batch: Batch, before: Batch | None) -> None:
        """Blocks whose batches leave points out keep the newest batch of each point."""
        column = self._partial.setdefault(batch.block, [before] * len(batch.values))
        for i in range(len(batch.values)):
            if batch.present is None or batch.present >> i & 1:
                column[i] = batch

    def _answered(self, device: str, time_ns: int) -> None:
        presence = self._presence[device]
        time_ns = min(time_ns, self._time_ns())  # a device's own clock may be ahead
        if presence.since_ns is None or self._is_overdue(presence, time_ns):
            presence.since_ns = time_ns
        presence.last_answer_ns = time_ns

    def _is_overdue(self, presence: _Presence, now_ns: int) -> bool:
        """True after a silence; and where the clock was set back and the device has not answered since."""
        last = presence.last_answer_ns
        return last is not None and (now_ns - last > presence.stale_after_s * 1e9 or last > now_ns + _SLACK_NS)

    def fault(self, device: str, fault: Fault | None, points: tuple[str, ...] = ()) -> None:
        """Keep why a device (or these points of it) gives no value; `None` clears."""
        faults = self._presence[device].faults
        if fault is None:
            faults.pop(points, None)
        else:
            faults[points] = fault

    def faults(self, device: str) -> tuple[Fault, ...]:
        """What keeps the device, or points of it, from giving values now."""
        return tuple(self._presence[device].faults.values())

    def sample(self, tag: str) -> Sample | None:
        """The latest value of a point; `None` where it was never read. Raises KeyError for an unknown tag."""
        batch, position = self.latest(tag)
        if batch is None:
            return None
        quality = Quality.GOOD if batch.quality is None else batch.quality[position]
        return Sample(batch.values[position], quality, batch.time_ns, batch.block.interval_s)

    def latest(self, tag: str) -> tuple[Batch | None, int]:
        """The newest batch that has a value of this point (`None`: never read), and where in it. Raises KeyError."""
        block, position = self._places[tag]
        column = self._partial.get(block)
        return (self._latest.get(block) if column is None else column[position]), position

    def fresh(self, now_ns: int) -> Iterator[Batch]:
        """The newest values of every block that devices sent and that are not stale, as one batch each: the newest
        when it is taken from here, however long that takes."""
        for block in list(self._latest):
            batch = self._latest.get(block)
            if batch is None or block.is_computed:
                continue
            if block.interval_s <= 0 or now_ns - batch.time_ns <= stale_after_s(block.interval_s) * 1e9:
                yield self._whole(batch)

    def _whole(self, newest: Batch) -> Batch:
        """What is known of all points of a block whose batches leave points out."""
        column = self._partial.get(newest.block)
        if column is None:
            return newest
        known = [batch is not None for batch in column]
        values = tuple(None if batch is None else batch.values[i] for i, batch in enumerate(column))
        quality = tuple(
            Quality.GOOD if batch is None or batch.quality is None else batch.quality[i]
            for i, batch in enumerate(column)
        )
        present = None if all(known) else sum(1 << i for i, is_known in enumerate(known) if is_known)
        return Batch(newest.block, values, newest.time_ns, quality if any(quality) else None, present)

    def point(self, tag: str) -> tuple[Device, Point, int, float]:
        """Device, point, integer id and interval (s) of a tag. Raises KeyError."""
        block, position = self._places[tag]
        known = block.points[position]
        device = self.devices.get(block.device.id, block.device)
        point = self._described.get(device.id, {}).get(known.name, known)
        return device, point, block.ids[position], block.interval_s

    def tags(self) -> list[str]:
        """Every tag, in the order of the configuration."""
        return list(self._places)

    def last_answer_ns(self, device: str) -> int | None:
        """When the device last gave a value."""
        return self._presence[device].last_answer_ns

    def state(self, device: str, now_ns: int) -> tuple[DeviceState, int | None]:
        """Whether the device answers, and since when (UTC, ns; `None`: not since the start)."""
        presence = self._presence[device]
        if not self.devices[device].is_connected:
            return DeviceState.NOT_CONNECTED, None
        if presence.last_answer_ns is None:
            return (DeviceState.SILENT if () in presence.faults else DeviceState.WAITING), None
        if () in presence.faults or self._is_overdue(presence, now_ns):
            return DeviceState.SILENT, presence.last_answer_ns
        return DeviceState.ANSWERING, presence.since_ns
