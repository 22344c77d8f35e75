"""The forms of the configuration in force, and of what a reload changes."""

from gateway.api.shapes.base import AnyValue, Shape, TimeMs, Told


class FileShape(Shape):
    """One file as it was read, line by line; secrets are `***`."""

    name: str
    text: str


class FindingShape(Shape):
    """What works and should be looked at, and where it stands."""

    file: str
    line: int
    column: int
    message: str
    hint: str


class FieldChangeShape(Shape):
    """One value that is another one; `null` where there is none."""

    path: str
    old: AnyValue
    new: AnyValue


class ChangeShape(Shape):
    """One entry that is `added`, `removed` or `changed`; an empty id is the part itself."""

    part: str
    kind: str
    id: str
    fields: list[FieldChangeShape]


class EffectShape(Shape):
    """What happens to something that runs: `source_restarts`, `sink_opens`, `restart_needed`, `refused`."""

    kind: str
    name: str
    count: int | None
    """Devices behind a source; samples that a sink which is closed has not got."""
    text: str


class RuleCounts(Shape):
    """How many alarms are new, other than before, gone, and as they were."""

    added: int
    changed: int
    removed: int
    kept: int


class ConfigurationShape(Told):
    """The configuration in force."""

    version: str
    """SHA-256 of the files."""
    loaded_ms: TimeMs
    is_changed_on_disk: bool
    """The files say something else by now."""
    files: list[FileShape]
    findings: list[FindingShape]
    restart_needed: list[str]
    """What was changed in the files and is taken in at the next start only."""


class ConfigurationPreview(Told):
    """What a reload would change."""

    version: str
    is_changed: bool
    changes: list[ChangeShape]
    effects: list[EffectShape]
    rules: RuleCounts
    findings: list[FindingShape]
    restart_needed: list[str]


class ConfigurationReloaded(ConfigurationPreview):
    """What a reload has changed."""

    loaded_ms: TimeMs
    given_up: dict[str, int]
    """Samples that a removed sink had not got, by its name."""
