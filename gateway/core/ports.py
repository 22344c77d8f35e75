"""The contracts at the edges: Source, Sink, and what the pipeline offers to a source (Intake). Notifier: `notice`."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from gateway.core.batch import Batch, Block, Chunk
from gateway.core.point import Value
from gateway.core.quality import Quality

Counts = Counter[str]
"""Counters of a component by name (`timeouts`, `late_answers`), shown on /metrics and the page. Only ever rise."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a device, or some points of it, give no value at the moment; `None` in its place means it answers again."""

    device: str  # id
    time_ns: int
    quality: Quality
    message: str  # what happened, for a person, in English: "no answer within 1 s (3 times)"
    points: tuple[str, ...] = ()  # names; empty: the whole device
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame as it passed on the line, for `trace`."""

    time_ns: int
    device: str  # id; empty where a frame belongs to none
    sent: bool
    data: bytes
    note: str = ""  # "late answer, dropped"


@dataclass(frozen=True, slots=True)
class Reading:
    """One point as the device gave it, for `read`."""

    point: str
    raw: str  # registers or JSON text as a person reads them: "0x4366 0x8000"
    value: Value | None  # typed raw value, before scaling
    quality: Quality


@dataclass(frozen=True, slots=True)
class Exchange:
    """One real request and its answer, without producing data."""

    device: str
    request: bytes
    response: bytes
    elapsed_s: float
    readings: tuple[Reading, ...] = ()
    error: str = ""
    frames: tuple[Frame, ...] = ()  # as they passed, with what they mean; empty where the driver keeps none


@dataclass(frozen=True, slots=True)
class Advice:
    """What a person should look at after a first exchange with a device."""

    code: str  # `unit_silent`
    en: str
    zh: str
    points: tuple[str, ...] = ()  # that it is about; empty: the whole device
    suggestion: str = ""  # what would help, as it is written in the configuration: `CDAB`


class Intake(Protocol):
    """What the pipeline offers to a running source. Every method is called on the loop and returns at once."""

    def accept(self, batch: Batch) -> int | None:
        """Take a batch of raw values in. Returns its position, which `Source.on_durable` later reports as safe;
        `None` where the queue before the outbox is full and the batch was NOT taken (counted by the pipeline)."""
        ...

    def hasten(self, delay_s: float) -> None:
        """Ask for a commit at the latest in `delay_s` seconds (0: now), because somebody waits for it."""
        ...

    def fault(self, device: str, fault: Fault | None, points: tuple[str, ...] = ()) -> None:
        """Say why a device (or these points of it) does not answer; `None` clears it. Call on changes only."""
        ...

    def frame(self, frame: Frame) -> None:
        """Hand over a frame that passed. Call only while `is_traced` says so."""
        ...

    def is_traced(self, device: str) -> bool:
        """True while somebody watches the frames of this device."""
        ...


class Source(Protocol):
    """One connection (a Modbus endpoint, a broker) with all devices behind it."""

    name: str  # the connection's name in the configuration
    counts: Counts
    blocks: Sequence[Block]  # what it is going to read, known before it runs

    async def run(self, intake: Intake) -> None:
        """Connect and read until cancelled. Raises `Unavailable` when the line drops or cannot be had; never retries
        a connection by itself: the supervisor does, with back-off. On the way out the points it feeds have been
        handed in as bad once."""
        ...

    def on_durable(self, position: int) -> None:
        """Everything accepted up to this position is committed: acknowledge what waits for it."""
        ...

    async def probe(self, device: str, points: Sequence[str] = ()) -> list[Exchange]:
        """One real exchange for these points of a device (all: empty) that produces no data. Works beside `run`,
        in turn with its requests, and without it. Raises `Unavailable`."""
        ...


@dataclass(frozen=True, slots=True)
class Refused:
    """What a server refused for good, with its reason; goes to the dead-letter file."""

    text: str  # the line as sent
    reason: str
    status: int
    count: int  # samples


@dataclass(frozen=True, slots=True)
class Written:
    """Answer of a sink."""

    durable_seq: int  # everything up to here, in this stream, is safe on the other side; may lag behind the chunk
    refused: Sequence[Refused] = ()
    skipped: Counter[str] = field(default_factory=Counter)  # samples with no form at this sink, by cause (`text`)


class Sink(Protocol):
    """One server or store that chunks are forwarded to, in order, per stream."""

    name: str
    counts: Counts

    async def write(self, chunk: Chunk) -> Written:
        """Deliver a chunk, or say exactly what was refused for good. Raises `Unavailable`: nothing after the last
        `durable_seq` counts as delivered and is sent again."""
        ...

    async def flush(self) -> dict[str, int]:
        """Make what was taken durable; returns the durable seq per stream. Called at stop and when nothing comes."""
        ...

    async def close(self) -> None:
        """Let go of connections and files."""
        ...


@runtime_checkable
class Resender(Protocol):
    """A sink that can send again what was refused: an option for those where the same twice changes nothing."""

    async def resend(self, refused: Sequence[Refused]) -> Sequence[Refused]:
        """Send these again, in order; gives those that are refused once more, each with its reason of now.

        Raises `Unavailable`: none of them counts as sent, and all may be given again.
        """
        ...
