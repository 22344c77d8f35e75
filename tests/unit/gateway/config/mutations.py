"""Every single change of the example configuration: a value that is another one, a key or an entry that is gone."""

import copy
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

from gateway.config import ConfigErrors, load
from gateway.config.plan import ParkPlan
from gateway.plugins import known_drivers

EXAMPLES = Path(__file__).parents[4] / "deploy" / "examples"
FILES = ("park.yaml", "rules.d/alarms.yaml", "rules.d/derived.yaml", "rules.d/notify.yaml")
Path_ = tuple[str | int, ...]


def _yaml() -> YAML:
    """Writes what it read as it was written: quotes, hexadecimal numbers."""
    yaml = YAML()
    yaml.preserve_quotes = True
    yaml.width = 10_000
    return yaml


def trees() -> dict[str, Any]:
    """The example's files."""
    return {name: _yaml().load((EXAMPLES / name).read_text(encoding="utf-8")) for name in FILES}


def places(tree: Any, path: Path_ = ()) -> Iterator[Path_]:
    """The way to every value in a tree."""
    entries = tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in entries:
        yield (*path, key)
        yield from places(value, (*path, key))


def changed(tree: Any, path: Path_, *, is_removed: bool) -> Any:
    """The tree with the value at this place gone, or another one."""
    found = copy.deepcopy(tree)
    inner = found
    for key in path[:-1]:
        inner = inner[key]
    if is_removed:
        del inner[path[-1]]
    else:
        inner[path[-1]] = other(inner[path[-1]])
    return found


def other(value: Any) -> Any:
    """Another value of the same kind, most probably."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, list):
        return value[:-1]
    if not isinstance(value, str):
        return {}
    digits = [i for i, character in enumerate(value) if character.isdigit()]
    if not digits:
        return f"{value}x"
    last = digits[-1]
    return f"{value[:last]}{(int(value[last]) + 1) % 10}{value[last + 1 :]}"


def plan_of(folder: Path, files: dict[str, Any]) -> ParkPlan | None:
    """What the configuration compiles to; `None`: it is refused."""
    if not folder.exists():
        shutil.copytree(EXAMPLES, folder)
    for name, tree in files.items():
        with (folder / name).open("w", encoding="utf-8") as file:
            _yaml().dump(tree, file)
    try:
        return load(folder / "park.yaml", known_drivers()).plan
    except ConfigErrors:
        return None
