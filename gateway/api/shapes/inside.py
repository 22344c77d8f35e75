"""The forms of what is inside of the gateway: its log, what servers refused, the machine, the lines, backups."""

from gateway.api.shapes.base import Shape, TimeMs, Told
from gateway.api.shapes.status import CertificateShape


class LogRecordShape(Shape):
    """One record of the log."""

    id: int
    """Counts from 1 in this run."""
    time_ms: TimeMs
    level: str
    logger: str
    text: str


class LogList(Told):
    """The newest records, oldest first."""

    items: list[LogRecordShape]
    last_id: int
    """Of the newest record: `since` of the next question."""


class QuarantineEntry(Shape):
    """What a server refused for good."""

    first_seen_ms: TimeMs
    sink: str
    status: int
    """HTTP status, or the server's own code; 0: none."""
    reason: str
    """The server's own words."""
    line: str
    """What was refused."""
    count: int
    """Samples in it."""


class QuarantineList(Shape):
    """A page of it, the newest first."""

    items: list[QuarantineEntry]
    next: int | None
    """`offset` of the next page."""


class RetriedShape(Told):
    """What became of samples that were tried again."""

    delivered: int
    refused: int
    """Once more."""
    left: int
    """Not tried: the server went away, or the time was over. Ask again."""
    error: str
    hint: str


class BackupProgress(Shape):
    """How far the backup is that is being made."""

    done_bytes: int
    bytes: int


class BackupState(Told):
    """The last backup, and the automatic ones."""

    running: BackupProgress | None
    last_ms: TimeMs | None
    last_bytes: int | None
    """Of the last one of this run."""
    directory: str | None
    """Of automatic ones; `null`: there are none."""
    every_s: float | None
    keep: int | None
    is_late: bool
    error: str
    """Why the last one could not be made."""


class DiskShape(Shape):
    """The disk that holds the data."""

    free_bytes: int
    bytes: int
    history_bytes_a_day: int | None
    full_in_days: float | None
    """If the history goes on growing like that."""


class ClockShape(Shape):
    """The machine's clock."""

    is_synchronised: bool | None
    offset_ms: float | None


class Machine(Told):
    """The machine and the program."""

    version: str
    profiles: int
    """Profiles of devices that come with it."""
    uptime_s: float
    cpu_share: float | None
    """Of all cores, since the last question."""
    cores: int
    load_1min: float | None
    memory_bytes: int | None
    """Of the gateway."""
    machine_memory_bytes: int | None
    disk: DiskShape | None
    clock: ClockShape
    certificate: CertificateShape | None
    backup: BackupState


class LineLoadShape(Shape):
    """How one connection does."""

    name: str
    silent: int
    """Devices behind it without answer."""
    values_s: float | None
    """Of the last minute."""
    failed_share: float | None
    """Of what should have come in the last hour."""
    bus_load: float | None
    """Share of the last minute in which a request was under way; `null`: no such line."""


class LineLoadList(Shape):
    """All connections."""

    items: list[LineLoadShape]
    limit: float
    """A line above that has no room: cycles are skipped."""
