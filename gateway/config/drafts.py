"""A device that somebody wants in the configuration: which files change for it, and how; nothing is written here.

A device that stands in a YAML file is changed there. One that stands in a table is changed there where the table has
the columns, else it moves from the table into the main file. A new one goes into the main file, behind the last one of
its enterprise.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from gateway.config import edit
from gateway.config.files import FileReader
from gateway.config.nodes import Mapping as MappingNode
from gateway.config.nodes import Node, Plain, Scalar
from gateway.config.problems import Problem, Report
from gateway.config.secrets import Vault
from gateway.config.spans import Lines, Part, spans
from gateway.config.tablerows import column_name, row_changed, row_removed
from gateway.config.yamltext import normalised
from gateway.core.errors import Rejected

_MISSING = re.compile(r"`([a-z_]+)` is missing")
_DEVICES, _CONNECTIONS = "devices", "connections"


@dataclass(frozen=True, slots=True)
class Draft:
    """What is wanted: keys of a device as in `park.yaml`, and the connection that it needs and that is not there."""

    id: str
    device: Mapping[str, Plain]  # over what is there; `None` takes a key away
    connection: tuple[str, Mapping[str, Plain]] | None = None  # name, what stands under it


@dataclass(frozen=True, slots=True)
class Rewrite:
    """A file as it is and as it will be."""

    path: Path
    before: bytes
    after: bytes


@dataclass(frozen=True, slots=True)
class Rewrites:
    """What changes for a draft, in the order of writing: after each file the configuration still is one."""

    files: tuple[Rewrite, ...]
    version: str  # of the configuration that was read; another one: somebody changed it meanwhile
    is_new: bool

    @property
    def instead(self) -> dict[Path, bytes]:
        """The new contents, for reading the configuration as it will be."""
        return {one.path: one.after for one in self.files}


def rewrites(config: Path, draft: Draft) -> Rewrites:
    """The files that change for a draft. Raises Rejected where the gateway cannot place it."""
    reader = FileReader(Vault({}, config.parent, Report()))
    sections = reader.sections(config)
    if draft.connection is not None:
        known = sections.maps.get(_CONNECTIONS)
        if known is not None and draft.connection[0] in known.items:
            raise Rejected(f"connection `{draft.connection[0]}` is there already", "choose it, or another name")
    nodes = [node for node in sections.lists[_DEVICES] if isinstance(node, MappingNode)]
    node = next((one for one in nodes if _text(one, "id") == draft.id), None)
    files = _Files()
    patch = {key: value for key, value in draft.device.items() if key != "id"}
    if node is None:
        _append(files, config, {"id": draft.id, **{key: value for key, value in patch.items() if value is not None}})
    elif _is_table(Path(node.mark.file), config):
        _change_row(files, config, node, patch)
    else:
        path = Path(node.mark.file)
        files.put(path, edit.patched(files.text(path), (_DEVICES, _position(files.text(path), node)), patch))
    if draft.connection is not None:
        target = config if node is None or _is_table(Path(node.mark.file), config) else Path(node.mark.file)
        files.put(target, edit.added(files.text(target), _CONNECTIONS, draft.connection[0], dict(draft.connection[1])))
    return Rewrites(files.changed(), reader.seen.version, node is None)


def written_entry(config: Path, device: str, secrets: frozenset[str]) -> dict[str, Plain] | None:
    """A device as it stands in the files, without secrets: its keys, its place. `None` where it does not."""
    sections = FileReader(Vault({}, config.parent, Report())).sections(config)
    for node in sections.lists[_DEVICES]:
        if isinstance(node, MappingNode) and _text(node, "id") == device:
            keys = _written(node.without(secrets))
            return {"device": keys, "file": Path(node.mark.file).name, "line": node.mark.line}
    return None


class _Files:
    """Files as they will be, in the order in which they were changed first."""

    def __init__(self) -> None:
        self._before: dict[Path, bytes] = {}
        self._after: dict[Path, bytes] = {}

    def data(self, path: Path) -> bytes:
        if path not in self._after:
            try:
                self._before[path] = self._after[path] = path.read_bytes()
            except OSError as error:
                raise Rejected(f"cannot read `{path.name}`: {error.strerror}", "check who may read it") from None
        return self._after[path]

    def text(self, path: Path) -> str:
        try:
            return self.data(path).decode()
        except UnicodeDecodeError:
            raise Rejected(f"`{path.name}` is no UTF-8 text", "save it as UTF-8") from None

    def put(self, path: Path, new: str | bytes) -> None:
        self._after[path] = new.encode() if isinstance(new, str) else new

    def changed(self) -> tuple[Rewrite, ...]:
        return tuple(
            Rewrite(path, before, self._after[path])
            for path, before in self._before.items()
            if before != self._after[path]
        )


def _append(files: _Files, config: Path, entry: dict[str, Plain]) -> None:
    text = files.text(config)
    files.put(config, edit.appended(text, _DEVICES, entry, _neighbour(text, entry.get("enterprise"))))


def _neighbour(text: str, enterprise: Plain) -> int | None:
    """The last device of the same enterprise in this file."""
    listed = _listed(text)
    own = [index for index, entry in enumerate(listed) if (one := entry.get("enterprise")) and one.value == enterprise]
    return own[-1] if own else None


def _listed(text: str) -> list[Part]:
    root = spans(normalised(text))
    found = None if root is None else root.get(_DEVICES)
    return [] if found is None else found.entries


def _position(text: str, node: Node) -> int:
    offset = Lines(normalised(text)).offset(node.mark.line - 1, node.mark.column - 1)
    for index, entry in enumerate(_listed(text)):
        if entry.start == offset:
            return index
    raise Rejected("the file has changed just now", "load the page again")


def _change_row(files: _Files, config: Path, node: MappingNode, patch: edit.Patch) -> None:
    path = Path(node.mark.file)
    data = files.data(path)
    changed = row_changed(data, node.mark.line, patch)
    if changed is not None:
        files.put(path, changed)
        return
    entry = _written(node)
    assert isinstance(entry, dict)
    edit.merge(entry, patch)
    files.put(path, row_removed(data, node.mark.line))  # written first: a device is rather missing than there twice
    _append(files, config, entry)


def _written(node: Node) -> Plain:
    """The values as they stand in the table: `${NAME}` stays."""
    if isinstance(node, Scalar):
        return node.value() if node.template is None else node.template
    if isinstance(node, MappingNode):
        return {key: _written(value) for key, value in node.items.items()}
    return [_written(entry) for entry in node.entries]


def _is_table(path: Path, config: Path) -> bool:
    return path != config and path.suffix.lower() not in (".yaml", ".yml")


def _text(node: MappingNode, key: str) -> str | None:
    value = node.items.get(key)
    return value.text if isinstance(value, Scalar) else None


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """A problem of the draft, at its field; `field` is empty where it is about something else."""

    field: str  # `device.unit`, `connection.host`
    message: str
    hint: str

    def as_json(self) -> dict[str, str]:
        """For a form."""
        pointer = "/" + self.field.replace(".", "/") if self.field else ""
        return {"pointer": pointer, "field": self.field, "message": self.message, "hint": self.hint}


def at_fields(problems: Iterable[Problem], changed: Rewrites, draft: Draft) -> list[FieldProblem]:
    """The problems of a configuration with this draft in it: each at the field that it is about."""
    places = [place for one in changed.files for place in _places(one, draft)]
    return [_at_field(problem, changed, places) for problem in problems]


@dataclass(frozen=True, slots=True)
class _Place:
    """A part of a file that stands for a field."""

    file: str
    start: tuple[int, int]  # line and column, from 1
    end: tuple[int, int]
    field: str


def _at_field(problem: Problem, changed: Rewrites, places: list[_Place]) -> FieldProblem:
    at = (problem.line, problem.column)
    holding = [one for one in places if one.file == problem.file and one.start <= at <= one.end]
    if holding:
        field = max(holding, key=lambda one: (one.start, one.field.count("."))).field
        missing = _MISSING.match(problem.message)
        return FieldProblem(f"{field}.{missing[1]}" if missing else field, problem.message, problem.hint)
    for one in changed.files:
        if str(one.path) == problem.file and one.path.suffix.lower() == ".csv":
            name = column_name(one.after, problem.column)
            return FieldProblem(f"device.{name}" if name else "device", problem.message, problem.hint)
    name = Path(problem.file).name
    return FieldProblem("", f"{name}:{problem.line}: {problem.message}", problem.hint)


def _places(changed: Rewrite, draft: Draft) -> list[_Place]:
    text = normalised(changed.after.decode("utf-8", "replace"))
    root = spans(text)
    if root is None:
        return []
    lines = Lines(text)
    listed = root.get(_DEVICES)
    found: list[_Place] = []
    for entry in [] if listed is None else listed.entries:
        own = entry.get("id")
        if own is not None and own.value == draft.id:
            found += _inside(entry, "device", str(changed.path), lines)
    named = root.get(_CONNECTIONS)
    wanted = None if draft.connection is None else draft.connection[0]
    for key, value in [] if named is None else named.pairs:
        if key.value == wanted:
            found += [_place(key, "connection.name", str(changed.path), lines)]
            found += _inside(value, "connection", str(changed.path), lines)
    return found


def _inside(part: Part, field: str, file: str, lines: Lines) -> list[_Place]:
    found = [_place(part, field, file, lines)]
    for key, value in part.pairs:
        own = f"{field}.{key.value}"
        found += [_place(key, own, file, lines), *_inside(value, own, file, lines)]
    return found


def _place(part: Part, field: str, file: str, lines: Lines) -> _Place:
    (first, left), (last, right) = lines.place(part.start), lines.place(part.end)
    return _Place(file, (first + 1, left + 1), (last + 1, right + 1), field)
