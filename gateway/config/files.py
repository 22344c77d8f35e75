"""Files to sections: `park.yaml`, what it includes, `rules.d/` and the tables of devices, merged; not checked yet."""

from collections.abc import Mapping as Map
from dataclasses import dataclass, field
from pathlib import Path

from gateway.config.accountreader import TARIFFS
from gateway.config.csvtext import decode_table, parse_table
from gateway.config.merge import ACCOUNTS, NOTIFY, RULE_MAPS, RULE_SECTIONS, merge_accounts, merge_map, merge_notify
from gateway.config.nodes import Mapping, Node, Scalar, Sequence
from gateway.config.problems import WIDE_COLON, Mark, Report, nearest
from gateway.config.respell import respelt
from gateway.config.secrets import Vault
from gateway.config.seen import SeenFiles
from gateway.config.yamltext import normalised, parse_yaml

SINGLE = ("site", "store", "api", "backup")
LISTS = ("enterprises", "devices", TARIFFS)
MAPS = ("connections", "profiles", "sinks", *RULE_MAPS)
RULES_FOLDER = "rules.d"
_MAX_FILE_BYTES = 64 * 2**20  # ten times what the largest park writes
_REQUIRED_COLUMNS = ("id", "enterprise", "connection")
SECTIONS = (*SINGLE, *LISTS, *MAPS, NOTIFY, *ACCOUNTS, "include")


@dataclass(slots=True)
class Sections:
    """The merged top-level keys."""

    mark: Mark
    single: dict[str, tuple[Mark, Node]] = field(default_factory=dict)  # key -> its place, its value
    lists: dict[str, list[Node]] = field(default_factory=lambda: {name: [] for name in LISTS})
    maps: dict[str, Mapping] = field(default_factory=dict)


class FileReader:
    """Reads the files of one configuration.

    `paths` lists what was read, `seen` remembers it. `is_complete` turns false when a file is missing or is no YAML:
    what refers to its contents cannot be judged then. `instead` stands in for what files hold on the disk.
    """

    def __init__(self, vault: Vault, instead: Map[Path, bytes] | None = None) -> None:
        self.paths: list[Path] = []
        self.seen = SeenFiles()
        self.is_complete = True
        self._vault = vault
        self._report: Report = vault.report
        self._instead = instead or {}

    def yaml(self, path: Path, asked_at: Mark | None = None) -> Node | None:
        """The tree of a YAML file; `None` after problems, and where it is empty."""
        before = len(self._report.problems)
        tree = self._tree(path, asked_at)
        if tree is None and len(self._report.problems) > before:
            self.is_complete = False
        return tree

    def _tree(self, path: Path, asked_at: Mark | None) -> Node | None:
        data = self._bytes(path, asked_at)
        if data is None:
            return None
        try:
            text = data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            before = normalised(data[: error.start].decode("utf-8-sig", "replace")).split("\n")
            mark = Mark(str(path), len(before), len(before[-1]) + 1)
            self._report.error(mark, "not UTF-8 text", "save the file as UTF-8")
            return None
        return parse_yaml(text, str(path), self._report, self._vault.expand)

    def sections(self, path: Path) -> Sections:
        """`path` with everything that it includes."""
        found = Sections(Mark(str(path), 1, 1))
        root = self.yaml(path)
        if not isinstance(root, Mapping):
            if self.is_complete:
                hint = "write `site:`, `connections:`, `devices:`; see the examples"
                self._report.error(found.mark, "the file holds no configuration", hint)
            self.is_complete = False
            return found
        root = respelt(root, frozenset(SECTIONS), self._report)
        self._merge(root, found, path.parent)
        for include in self._includes(root, path.parent):
            tree = self.yaml(include)
            if isinstance(tree, Mapping):
                if "include" in tree.keys:
                    self._report.error(
                        tree.keys["include"], "an included file cannot include", f"do it in `{path.name}`"
                    )
                tree = respelt(tree, frozenset(SECTIONS), self._report, taken=found.single)
                self._merge(tree, found, include.parent)
            elif tree is not None:
                hint = _hint_of(tree, "for example `devices:`")
                self._report.error(tree.mark, "expected the keys of a configuration", hint)
        self._rules(path.parent / RULES_FOLDER, found)
        return found

    def _rules(self, folder: Path, found: Sections) -> None:
        """The files of `rules.d`, in the order of their names."""
        for path in self._inside(folder):
            if path.suffix in (".yml", ".YML", ".YAML"):
                hint = f"rename it to `{path.stem}.yaml`, or move it away"
                self._report.error(Mark(str(path), 1, 1), f"`{path.name}` would not be read", hint)
            if path.suffix != ".yaml" or path in self.paths:
                continue
            tree = self.yaml(path)
            if isinstance(tree, Mapping):
                tree = respelt(tree, frozenset(RULE_SECTIONS), self._report)
                for key in tree.keys.keys() & (set(SECTIONS) - set(RULE_SECTIONS)):
                    hint = f"write it in `park.yaml`, or in a file that it includes; here: {', '.join(RULE_SECTIONS)}"
                    self._report.error(tree.keys[key], f"`{key}` is not read from `{RULES_FOLDER}`", hint)
                self._merge(tree.without(frozenset(SECTIONS) - frozenset(RULE_SECTIONS)), found, folder)
            elif tree is not None:
                self._report.error(tree.mark, "expected the keys of rules", _hint_of(tree, "for example `alarms:`"))

    def _inside(self, folder: Path) -> list[Path]:
        """What lies in the folder of rules by name, hidden files left out; none where there is no such folder."""
        self.seen.note_folder(folder)
        try:
            return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
        except FileNotFoundError:
            if not folder.is_symlink():
                return []
            what, hint = f"`{folder.name}` is a link to what is not there", "let it point to a folder, or remove it"
        except NotADirectoryError:
            what, hint = f"`{folder.name}` is no folder", f"move it to `{folder.name}/rules.yaml`, or remove it"
        except OSError as error:
            what, hint = f"cannot read `{folder}`: {error.strerror}", "check who may read it"
        self.is_complete = False
        self._report.error(Mark(str(folder), 1, 1), f"{what}: no rule would be read from it", hint)
        return []

    def _bytes(self, path: Path, asked_at: Mark | None) -> bytes | None:
        self.paths.append(path)
        if path in self._instead:
            self.seen.note_file(path, self._instead[path])
            return self._instead[path]
        self.seen.note_file(path, None)
        try:
            with path.open("rb") as file:
                data = file.read(_MAX_FILE_BYTES + 1)  # no more: it may be a device without an end
        except (OSError, ValueError) as error:
            reason = error.strerror if isinstance(error, OSError) else "not a path"
            mark = asked_at or Mark(str(path), 1, 1)
            self._report.error(mark, f"cannot read `{path}`: {reason}", "check the path and who may read it")
            return None
        if len(data) > _MAX_FILE_BYTES:
            mark = asked_at or Mark(str(path), 1, 1)
            self._report.error(mark, f"`{path}` is larger than {_MAX_FILE_BYTES // 2**20} MiB", "is it the right file?")
            return None
        self.seen.note_file(path, data)
        return data

    def _includes(self, root: Mapping, folder: Path) -> list[Path]:
        node = root.items.get("include")
        if node is None:
            return []
        found: list[Path] = []
        for entry in node.entries if isinstance(node, Sequence) else [node]:
            if not isinstance(entry, Scalar) or not entry.text:
                self._report.error(entry.mark, "expected a file or a folder", "write `include: [devices.d/]`")
                continue
            path = folder / entry.text
            if _exists(path):
                if path.is_dir():
                    self.seen.note_folder(path)
                found += sorted(path.glob("*.yaml")) if path.is_dir() else [path]
            else:
                self.is_complete = False
                known = [other.name for other in folder.glob("*") if other.is_dir() or other.suffix == ".yaml"]
                self._report.error(
                    entry.mark, f"no file or folder `{entry.shown}`", nearest(entry.text.strip("/"), known)
                )
        return list(dict.fromkeys(found))

    def _merge(self, tree: Mapping, found: Sections, folder: Path) -> None:
        for key, node in tree.items.items():
            mark = tree.keys[key]
            if key not in SECTIONS:
                self._report.error(mark, f"unknown key `{key}`", nearest(key, SECTIONS))
            elif isinstance(node, Scalar) and node.value() is None:
                continue  # a section whose entries are all commented out
            elif key in SINGLE:
                if key in found.single:
                    self._report.error(mark, f"`{key}` stands twice", f"first: {found.single[key][0]}")
                found.single.setdefault(key, (mark, node))
            elif key in LISTS:
                found.lists[key] += self._entries(key, node, folder)
            elif key in MAPS:
                merge_map(key, node, found.maps.setdefault(key, Mapping(node.mark)), self._report)
            elif key == NOTIFY:
                merge_notify(node, found.maps.setdefault(key, Mapping(node.mark)), self._report)
            elif key in ACCOUNTS:
                merge_accounts(key, node, found.maps.setdefault(key, Mapping(node.mark)), self._report)

    def _entries(self, key: str, node: Node, folder: Path) -> list[Node]:
        if key == "devices" and isinstance(node, Mapping):
            return self._table(node, folder)
        if not isinstance(node, Sequence):
            example = "write `- id: ...`, or `{csv: meters.csv}`" if key == "devices" else "write `- id: ...`"
            self._report.error(node.mark, f"`{key}` is a list", example)
            return []
        found: list[Node] = []
        for entry in node.entries:
            is_table = key == "devices" and isinstance(entry, Mapping) and "csv" in entry.keys
            found += self._table(entry, folder) if is_table and isinstance(entry, Mapping) else [entry]
        return found

    def _table(self, node: Mapping, folder: Path) -> list[Node]:
        name = node.items.get("csv")
        if not isinstance(name, Scalar) or not name.text or len(node.items) > 1:
            self._report.error(node.mark, "a table of devices is just its file", "write `{csv: meters.csv}`")
            return []
        path = folder / name.text
        data = self._bytes(path, name.mark)
        if data is None:
            return []
        try:
            text = decode_table(data)
        except UnicodeDecodeError:
            self._report.error(Mark(str(path), 1, 1), "not readable as UTF-8 or GBK text", "save as `CSV UTF-8`")
            return []
        return list(parse_table(text, str(path), self._report, self._vault.expand, _REQUIRED_COLUMNS))


def _hint_of(tree: Node, usual: str) -> str:
    """What to do about a file that is no mapping."""
    return WIDE_COLON if isinstance(tree, Scalar) and "：" in tree.text else usual


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:  # a name that is too long, a folder that may not be entered
        return False
