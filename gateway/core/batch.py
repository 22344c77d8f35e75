"""Batch: what flows through the gateway - the values of some points of one device, read at one instant."""

from dataclasses import dataclass
from enum import StrEnum

from gateway.core.device import Device
from gateway.core.point import Point, Value
from gateway.core.quality import Quality


class Stream(StrEnum):
    """The outbox's streams, in the order in which they are given up when space runs out: telemetry first."""

    TELEMETRY = "telemetry"
    COUNTERS = "counters"


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """What is constant about batches: made once, the same object in every batch of that read; hashed by identity.

    Whatever can be compiled per block (decode plan, scale vector, line-protocol prefix) is kept in dictionaries by it.
    """

    device: Device
    points: tuple[Point, ...]
    interval_s: float = 0.0  # 0: comes when it comes (MQTT)
    ids: tuple[int, ...] = ()  # integer ids of the points in state.db; empty until the pipeline gave them
    is_computed: bool = False  # by a rule: says nothing of whether the device answers


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """The values of a block at one instant.

    `values` has one entry per point of the block. Where the point is present, `None` means that its quality is bad,
    and exactly then. `present` is a bit mask (bit i: position i); absent positions hold `None` and mean nothing.
    """

    block: Block
    values: tuple[Value | None, ...]
    time_ns: int  # UTC, when this request was answered
    quality: tuple[Quality, ...] | None = None  # None: every present value is good
    present: int | None = None  # None: all

    @property
    def count(self) -> int:
        """How many samples this batch carries (bad ones included)."""
        return len(self.values) if self.present is None else self.present.bit_count()


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """One committed outbox row: many batches, in the order of their arrival."""

    seq: int
    stream: Stream
    batches: tuple[Batch, ...]
    count: int  # samples
    t_first_ns: int
    t_last_ns: int
