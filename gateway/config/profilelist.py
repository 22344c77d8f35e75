"""The profiles that devices can have, for people who choose one: product, points with unit and address, notes."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from gateway.config.drivermodels import DriverEntry, DriverModels
from gateway.config.files import FileReader
from gateway.config.nodes import Mapping as MappingNode
from gateway.config.nodes import Node, Scalar
from gateway.config.problems import Mark, Report
from gateway.config.profiles import SHIPPED, Profile, ProfileShelf
from gateway.config.secrets import Vault
from gateway.config.validate import Validator
from gateway.core.point import Point

Json = dict[str, Any]
_NOTES = 1000  # characters


def profiles_of(config: Path | None, drivers: Mapping[str, DriverEntry]) -> list[Json]:
    """Every profile that is sound, by name; those of the configuration and its folder go over the shipped ones.

    `searched` is the text that a search looks through. Without `config` only the shipped ones.
    """
    report = Report()
    folder = SHIPPED if config is None else config.parent
    vault = Vault({}, folder, report)
    reader = FileReader(vault)
    inline: Node | None = None if config is None else reader.sections(config).maps.get("profiles")
    inline = inline if isinstance(inline, MappingNode) else MappingNode(Mark("", 1, 1))
    nodes: dict[str, Node] = {}

    def read(path: Path, mark: Mark) -> Node | None:
        node = reader.yaml(path, mark)
        if node is not None:
            nodes[path.stem] = node
        return node

    shelf = ProfileShelf(inline, folder / "profiles", read, DriverModels(drivers), Validator(vault))
    paths = {path.stem: path for one in (SHIPPED, folder / "profiles") for path in sorted(one.glob("*.yaml"))}
    found = []
    for name in sorted({*inline.items, *paths}):
        profile = shelf.get(name, Mark("", 1, 1))
        if profile is not None and profile.points is not None:
            node = inline.items.get(name) or nodes.get(name)
            origin = "configuration" if name in inline.items else _origin(paths[name])
            notes = "" if name in inline.items else _notes(paths[name])
            found.append(_shown(profile, node, origin, notes))
    return found


def _origin(path: Path) -> str:
    return "shipped" if path.parent == SHIPPED else "folder"


def _notes(path: Path) -> str:
    """The comment that a profile's file begins with."""
    lines: list[str] = []
    try:
        for line in path.read_text(encoding="utf-8-sig").splitlines():
            if not line.startswith("#"):
                break
            lines.append(line.lstrip("# "))
    except (OSError, ValueError):
        return ""
    return " ".join(lines)[:_NOTES]


def _shown(profile: Profile, node: Node | None, origin: str, notes: str) -> Json:
    assert profile.points is not None
    name = _names(node)
    points = [
        _point(*pair) for group in profile.points.groups for pair in zip(group.points, group.addresses, strict=True)
    ]
    said = (profile.name, *name.values(), profile.kind, notes, *(point["point"] for point in points))
    return {
        "profile": profile.name,
        "name": name,
        "driver": profile.driver.name,
        "kind": profile.kind,
        "origin": origin,
        "notes": notes,
        "groups": {group.name: group.interval_s for group in profile.points.groups},
        "points": points,
        "searched": " ".join(filter(None, said)).casefold(),
    }


def _names(node: Node | None) -> dict[str, str]:
    written = node.items.get("name") if isinstance(node, MappingNode) else None
    if isinstance(written, Scalar):
        return {"en": written.text, "zh": written.text}
    found = written.items if isinstance(written, MappingNode) else {}
    return {key: one.text if isinstance(one := found.get(key), Scalar) else "" for key in ("en", "zh")}


def _point(point: Point, address: BaseModel) -> Json:
    return {
        "point": point.name,
        "name": {"en": point.names.en, "zh": point.names.zh},
        "unit": point.unit,
        "kind": point.kind.value,
        "address": address.model_dump(mode="json", exclude_none=True, exclude_defaults=True),
        "size": getattr(address, "size", None),  # registers, where there are any
        "low": point.low,
        "high": point.high,
    }
