"""The intake: the way of one batch, on the loop, without waiting.

source ── accept ── normalise ── snapshot ─┬─ observers
                                           ├─ counters ──────────────┐
                                           └─ gauges ── deadband ──▶ outbox
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from gateway.core.batch import Batch, Block, Stream
from gateway.core.point import PointKind
from gateway.core.ports import Counts, Fault
from gateway.core.quality import Quality
from gateway.pipeline.commit import Committer
from gateway.pipeline.deadband import DeadbandFilter
from gateway.pipeline.normalise import Normaliser, picker, with_ids
from gateway.pipeline.snapshot import Snapshot
from gateway.pipeline.supervise import Supervisor
from gateway.pipeline.taps import Taps
from gateway.store.outbox import Outbox

Observer = Callable[[Batch], None]
FaultObserver = Callable[[str, Fault | None, tuple[str, ...]], None]


class _Part:
    """The points of a block that go to one stream."""

    __slots__ = ("_deadband", "_pick", "_positions", "block", "stream")

    def __init__(self, stream: Stream, block: Block, positions: list[int]) -> None:
        self.stream = stream
        is_whole = len(positions) == len(block.points)
        self._pick = None if is_whole else picker(positions)
        self._positions = positions
        pick = picker(positions)
        self.block = block if is_whole else Block(block.device, pick(block.points), block.interval_s, pick(block.ids))
        needs_deadband = stream is Stream.TELEMETRY and any(point.deadband for point in self.block.points)
        self._deadband = DeadbandFilter(self.block) if needs_deadband else None

    def of(self, batch: Batch, *, is_late: bool) -> Batch | None:
        """What of this batch goes to this stream; `None` where nothing does.

        What is late passes whole: its values say nothing about the band that the newest ones have to leave.
        """
        part: Batch | None = batch if self._pick is None else self._picked(batch, self._pick)
        if part is None or self._deadband is None or is_late:
            return part
        return self._deadband.apply(part)

    def _picked(self, batch: Batch, pick: Callable[[Sequence[Any]], tuple[Any, ...]]) -> Batch | None:
        quality: tuple[Quality, ...] | None = None if batch.quality is None else pick(batch.quality)
        present = batch.present
        if present is not None:
            present = sum(1 << k for k, position in enumerate(self._positions) if present >> position & 1)
            if present == 0:
                return None
        return Batch(
            self.block, pick(batch.values), batch.time_ns, quality if quality and any(quality) else None, present
        )


@dataclass(frozen=True, slots=True)
class _Way:
    """What is compiled for one block of raw values."""

    normaliser: Normaliser
    parts: tuple[_Part, ...]
    supervisor: Supervisor | None
    observers: tuple[Observer, ...]

    @property
    def stored_blocks(self) -> list[Block]:
        """The blocks as they go to the outbox: one per stream."""
        return [part.block for part in self.parts]


class PipelineIntake:
    """Implements `gateway.core.ports.Intake` for every source of one gateway."""

    def __init__(
        self,
        snapshot: Snapshot,
        outbox: Outbox,
        committer: Committer,
        ids: Mapping[str, int],
        observers: Sequence[Observer],
        fault_observers: Sequence[FaultObserver] = (),
    ) -> None:
        self.counts = Counts()
        self.taps = Taps()
        self._snapshot = snapshot
        self._outbox = outbox
        self._committer = committer
        self._ids = ids
        self._observers = tuple(observers)
        self._fault_observers = tuple(fault_observers)
        self._ways: dict[Block, _Way] = {}
        self._supervisors: dict[str | None, Supervisor] = {}
        self._leaving: set[str | None] = set()  # connections
        self.is_traced = self.taps.is_traced
        self.frame = self.taps.frame

    def add_supervisor(self, connection: str, supervisor: Supervisor) -> None:
        """Let the supervisor of this connection know when its devices answer."""
        self._supervisors[connection] = supervisor

    def register(self, block: Block) -> _Way:
        """Compile what is constant for a block. Sources that split a block hand in new ones at any time."""
        block_with_ids = with_ids(block, tuple(self._ids[f"{block.device.id}.{point.name}"] for point in block.points))
        self._snapshot.register(block_with_ids)
        parts = []
        for stream in Stream:
            is_counters = stream is Stream.COUNTERS
            positions = [i for i, p in enumerate(block.points) if (p.kind is PointKind.COUNTER) == is_counters]
            if positions:
                parts.append(_Part(stream, block_with_ids, positions))
        connection = block.device.connection
        supervisor = self._supervisors.get(connection)
        observers = () if connection in self._leaving and not block.is_computed else self._observers
        way = self._ways[block] = _Way(Normaliser(block_with_ids), tuple(parts), supervisor, observers)
        return way

    # -- another configuration ----------------------------------------------------------------------------------------

    def leave(self, connections: Collection[str]) -> None:
        """The sources of these connections are about to end: what that does to values is no news to observers."""
        self._leaving.update(connections)
        for block in self._of(connections):
            self._ways[block] = replace(self._ways[block], observers=())

    def forget(self, connections: Collection[str]) -> None:
        """Their sources have ended: their points are unknown."""
        self.withdraw(self._of(connections))
        for connection in connections:
            self._supervisors.pop(connection, None)
        self._leaving.difference_update(connections)

    def withdraw(self, blocks: Collection[Block]) -> None:
        """Nothing of these blocks comes any more."""
        ways = [way for block in blocks if (way := self._ways.pop(block, None)) is not None]
        self._snapshot.forget([way.normaliser.block for way in ways])

    def _of(self, connections: Collection[str]) -> list[Block]:
        return [one for one in self._ways if one.device.connection in connections and not one.is_computed]

    # -- the hot path -------------------------------------------------------------------------------------------------

    def accept(self, batch: Batch) -> int | None:
        """Take a batch in; see the contract."""
        outbox = self._outbox
        way = self._ways.get(batch.block) or self.register(batch.block)
        batch = way.normaliser.apply(batch)
        is_late = not self._snapshot.update(batch)
        if not is_late:
            for observe in way.observers:
                observe(batch)
        if outbox.is_full:  # the page and the observers have seen it: a full disk makes nobody blind
            self.counts["refused_full"] += batch.count
            return None
        for part in way.parts:
            passed = part.of(batch, is_late=is_late)
            if passed is not None:
                outbox.append(part.stream, passed)
        if way.supervisor is not None and way.supervisor.health.error is not None and _has_value(batch):
            way.supervisor.is_well()
        return outbox.position

    def hasten(self, delay_s: float) -> None:
        """Ask for a commit at the latest in `delay_s` seconds."""
        self._committer.hasten(delay_s)

    def fault(self, device: str, fault: Fault | None, points: tuple[str, ...] = ()) -> None:
        """Keep why a device gives no value; `None` clears."""
        self._snapshot.fault(device, fault, points)
        for observe in self._fault_observers:
            observe(device, fault, points)


def _has_value(batch: Batch) -> bool:
    """True where something answered, however little of it was good."""
    return batch.quality is None or any(value is not None for value in batch.values)
