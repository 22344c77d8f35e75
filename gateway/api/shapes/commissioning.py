"""The forms of profiles, of a device that is tried, and of the lines that it needs in the configuration."""

from gateway.api.shapes.base import AnyValue, FreeForm, Name, Shape, TimeMs, Told
from gateway.core.point import PointKind


class ProfilePoint(Shape):
    """One point of a profile."""

    point: str
    name: Name
    unit: str
    kind: PointKind
    address: FreeForm
    """As in the profile: `{"table": "input", "address": 52, "type": "float32"}`; what is the default is left out."""
    size: int | None
    """Registers, where it has any."""
    low: float | None
    high: float | None


class ProfileShape(Shape):
    """A product's register map."""

    profile: str
    name: Name
    driver: str
    kind: str | None
    origin: str
    """`shipped`, `folder` (of the user) or `configuration`."""
    notes: str
    groups: dict[str, float]
    """Poll groups: seconds between two reads."""
    points: list[ProfilePoint]


class ProfileList(Told):
    """Profiles, by name."""

    items: list[ProfileShape]
    total: int


class WrittenDevice(Shape):
    """A device as it stands in the files."""

    device: FreeForm
    file: str
    line: int


class TriedFrame(Shape):
    """One frame as it passed."""

    time_ms: TimeMs | None
    sent: bool
    hex: str
    text: str
    """The same as text, where it is one."""
    note: str
    """What it says, in words."""


class TriedPoint(Shape):
    """One point as the device gave it."""

    point: str
    name: Name
    unit: str
    raw: str
    """Registers: `0x4366 0x8000`."""
    raw_value: AnyValue
    """Before scaling."""
    value: AnyValue
    level: str
    """`good`, `uncertain`, `bad`, or `none` where it was not asked."""
    reason: str
    low: float | None
    high: float | None


class AdviceShape(Shape):
    """What a person should look at."""

    code: str
    en: str
    zh: str
    points: list[str]
    suggestion: str
    """What would help, as it is written: `CDAB`."""


class Tried(Told):
    """One real exchange with a device."""

    ok: bool
    """At least one point is good."""
    address: str
    error: str
    hint: str
    elapsed_ms: float
    frames: list[TriedFrame]
    points: list[TriedPoint]
    advice: list[AdviceShape]


class ChangedFile(Shape):
    """One file that changes."""

    file: str
    lines: list[str]
    """A unified diff; secrets near the change do not show."""


class SavedFinding(Shape):
    """Something new that works and should be looked at."""

    file: str
    line: int
    column: int
    message: str
    hint: str


class Saved(Told):
    """The lines that a device needs, written or not."""

    version: str
    """Of the configuration that they were made for."""
    is_new: bool
    files: list[ChangedFile]
    findings: list[SavedFinding]
    saved: bool
    copies: list[str]
    """The old files, kept beside the new ones."""
