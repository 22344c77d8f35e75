"""An engine on a clock that the data moves: batches in, events out, derived points fed back."""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from gateway.core.alarm import AlarmEvent
from gateway.core.batch import Batch, Block
from gateway.core.device import Device
from gateway.core.point import Point
from gateway.core.quality import Quality
from gateway.trial.series import Sample
from rules.alarms.engine import AlarmEngine, AlarmView
from rules.alarms.spec import Alarm, Derived

_ROUNDS = 20  # derived points may feed derived points


@dataclass(frozen=True, slots=True)
class Feed:
    """The points of one device that come together."""

    device: Device
    points: tuple[Point, ...]
    interval_s: float  # 0: comes when it comes


class Stage:
    """Rules at work. Every time is UTC nanoseconds; steady time is the same here."""

    def __init__(self, alarms: Sequence[Alarm], derived: Sequence[Derived], start_ns: int) -> None:
        self.events: list[AlarmEvent] = []
        self.now_ns = start_ns
        self._derived: deque[Batch] = deque()
        self._blocks: dict[Feed, Block] = {}
        self._latest: dict[str, Sample] = {}
        self.engine = AlarmEngine(alarms, derived, self.events.append, self._derived.append)
        self.engine.wall_offset_ns = 0
        self.advance(start_ns)

    def advance(self, to_ns: int) -> None:
        """Let time pass up to `to_ns`, with everything that is due in between at its own time."""
        while (due_ns := self.engine.next_due_ns()) is not None and due_ns <= to_ns:
            self._step(max(due_ns, self.now_ns))
            again_ns = self.engine.next_due_ns()
            if again_ns is not None and again_ns <= self.now_ns == due_ns:
                break  # it stays due: what is left happens at `to_ns`
        self._step(to_ns)

    def _step(self, now_ns: int) -> None:
        self.now_ns = now_ns
        for _ in range(_ROUNDS):
            self.engine.advance(now_ns)
            if not self._derived:
                return
            while self._derived:
                batch = self._derived.popleft()
                self._note(batch)
                self.engine.observe(batch, now_ns)

    def feed(self, feed: Feed, samples: Mapping[str, Sample], time_ns: int) -> None:
        """Samples of one device at one time; points that are not in `samples` did not come.

        What is due at just this time happens with the next `advance`: a sample of that moment decides it.
        """
        self.advance(max(time_ns - 1, self.now_ns))
        block = self._blocks.get(feed)
        if block is None:
            block = self._blocks[feed] = Block(feed.device, feed.points, feed.interval_s)
        batch = _batch(block, samples, time_ns)
        self._note(batch)
        self.now_ns = time_ns
        self.engine.observe(batch, time_ns)

    def _note(self, batch: Batch) -> None:
        for i, point in enumerate(batch.block.points):
            if batch.present is None or batch.present >> i & 1:
                value = batch.values[i]
                self._latest[f"{batch.block.device.id}.{point.name}"] = Sample(value, is_bad=value is None)

    def latest(self, tag: str) -> Sample:
        """The latest sample of a point, computed ones included."""
        return self._latest.get(tag, Sample(None))

    def views(self) -> list[AlarmView]:
        """Every alarm that is not plainly normal."""
        return self.engine.views()


def _batch(block: Block, samples: Mapping[str, Sample], time_ns: int) -> Batch:
    found = [samples.get(point.name, Sample(None)) for point in block.points]
    present = sum(1 << i for i, sample in enumerate(found) if sample.has_come)
    quality: Iterable[Quality] = (Quality.BAD_TIMEOUT if sample.is_bad else Quality.GOOD for sample in found)
    return Batch(
        block,
        tuple(sample.value for sample in found),
        time_ns,
        tuple(quality) if any(sample.is_bad for sample in found) else None,
        None if present == (1 << len(found)) - 1 else present,
    )
