"""Profiles: found by name in the configuration, in the user's folder or among the shipped ones, compiled once each."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gateway.config.drivermodels import DriverModels, SourceModels, field_names
from gateway.config.models import ProfileModel
from gateway.config.nodes import Mapping, Node, Scalar
from gateway.config.points import Groups, PointCompiler, PointSet
from gateway.config.problems import Mark, Report, nearest
from gateway.config.respell import meant, respelt
from gateway.config.validate import Validator

SHIPPED = Path(__file__).parent / "profiles"
"""The folder of the profiles that come with the gateway."""

_SEPARATE = frozenset({"groups", "points", "defaults", "device"})
_KEYS = field_names(ProfileModel) | _SEPARATE
EMPTY = Mapping(Mark("", 1, 1))


@dataclass(frozen=True, slots=True)
class Profile:
    """A product's register map, compiled; the nodes are kept for devices that change some of it.

    One with problems has no `points`: they have been said, and what a device says beside it is still checked.
    """

    name: str
    driver: SourceModels
    kind: str | None
    groups: Groups | None
    points: PointSet | None
    point_nodes: Mapping
    defaults: Mapping  # for every point
    device: Mapping  # for every device: fields of the driver's address


class ProfileShelf:
    """Finds and compiles profiles. Where two have the same name, the configuration's own comes before the folder's,
    and the folder's before the shipped one."""

    def __init__(
        self,
        inline: Mapping,
        folder: Path,
        read: Callable[[Path, Mark], Node | None],
        drivers: DriverModels,
        validator: Validator,
    ) -> None:
        self._inline = inline
        self._folders = (folder, SHIPPED)
        self._read = read
        self._drivers = drivers
        self._validator = validator
        self._report: Report = validator.report
        self._points = PointCompiler(validator)
        self._compiled: dict[str, Profile | None] = {}

    def compile_inline(self) -> None:
        """Compile those of the configuration, so that their problems show although no device uses them yet."""
        for name in self._inline.items:
            self.get(name, self._inline.keys[name])

    def get(self, name: str, mark: Mark) -> Profile | None:
        """The profile; `None` where there is none that can be judged. `mark` is where it is asked for.

        A misspelt name is a problem and gives the profile that is meant.
        """
        if name in self._compiled:
            return self._compiled[name]
        node = self._find(name, mark)
        if node is None:
            profile = None
        elif isinstance(node, Mapping):
            profile = self._compile(name, node)
        else:
            self._report.error(node.mark, f"profile `{name}` is a mapping", "write `{driver: ..., points: {...}}`")
            profile = None
        if node is not None:  # one that is not there is a problem of each place that asks for it
            self._compiled[name] = profile
        return profile

    def _find(self, name: str, mark: Mark) -> Node | None:
        if name in self._inline.items:
            return self._inline.items[name]
        files = {path.stem: path for folder in reversed(self._folders) for path in sorted(folder.glob("*.yaml"))}
        if name not in files:
            hint = nearest(name, {*self._inline.items, *files}) or "write it under `profiles:`"
            self._report.error(mark, f"no profile `{name}`", hint)
            right = meant(name, {*self._inline.items, *files})
            return None if right is None else self._find(right, mark)
        before = len(self._report.problems)
        node = self._read(files[name], mark)
        if node is None and len(self._report.problems) == before:
            return Mapping(Mark(str(files[name]), 1, 1))  # an empty file: everything is missing
        if node is None:
            self._compiled[name] = None
        return node

    def _compile(self, name: str, node: Mapping) -> Profile | None:
        node = respelt(node, _KEYS, self._report)
        head = self._validator.read(ProfileModel, node.without(_SEPARATE), _SEPARATE)
        groups = self._points.groups(node.items.get("groups"))
        parts = [self._mapping(node, key) for key in ("points", "defaults", "device")]
        written = node.items.get("driver")
        if not isinstance(written, Scalar) or not written.text or written.is_unset:
            return None
        driver = self._drivers.wanted_source(written.text, written.mark, self._report)
        if driver is None:
            return None
        points, defaults, device = (part or EMPTY for part in parts)
        compiled = self._points.compile(points, groups, driver, defaults)
        if compiled is not None:
            self._points.warn_unused(node.items.get("groups"), compiled)
        is_sound = head is not None and None not in parts
        kind = None if head is None else head.kind
        return Profile(name, driver, kind, groups, compiled if is_sound else None, points, defaults, device)

    def _mapping(self, node: Mapping, key: str) -> Mapping | None:
        """The part of a profile under a key, empty where it is not given; `None` after a problem."""
        part = node.items.get(key, EMPTY)
        if isinstance(part, Scalar) and part.value() is None:
            return EMPTY
        if not isinstance(part, Mapping):
            self._report.error(part.mark, f"`{key}` is a mapping", f"write `{key}: {{...}}`")
            return None
        return part
