"""The files of a configuration as they were read: a version, and whether the disk still says the same."""

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

_LISTED = frozenset({".yaml", ".yml", ".YAML", ".YML"})
_BLOCK_BYTES = 2**20


@dataclass(slots=True)
class SeenFiles:
    """What was read, by path. A folder counts by the names of the YAML files in it."""

    contents: dict[Path, bytes] = field(default_factory=dict)
    files: dict[Path, str] = field(default_factory=dict)  # sha256; empty: it could not be read
    folders: dict[Path, tuple[str, ...]] = field(default_factory=dict)

    def note_file(self, path: Path, data: bytes | None) -> None:
        """This was read from a file; `None`: it cannot be read."""
        self.files[path] = ""
        if data is not None:
            self.contents[path] = data
            self.files[path] = hashlib.sha256(data).hexdigest()

    def note_folder(self, path: Path) -> None:
        """The files of this folder are part of the configuration, whichever there are."""
        self.folders[path] = _names(path)

    @property
    def version(self) -> str:
        """The sha256 of everything: the same as long as nobody changed, added or removed a file."""
        whole = hashlib.sha256()
        for path, digest in sorted(self.files.items()):
            whole.update(f"{path}\0{digest}\0".encode(errors="surrogateescape"))
        for path, names in sorted(self.folders.items()):
            whole.update(f"{path}\0{'/'.join(names)}\0".encode(errors="surrogateescape"))
        return whole.hexdigest()

    def is_as_on_disk(self) -> bool:
        """True where the files say now what was read. It reads them: not on the loop."""
        return all(_names(path) == names for path, names in self.folders.items()) and all(
            _digest(path) == digest for path, digest in self.files.items()
        )


def _names(folder: Path) -> tuple[str, ...]:
    try:
        return tuple(sorted(path.name for path in folder.iterdir() if path.suffix in _LISTED))
    except OSError:
        return ()


def _digest(path: Path) -> str:
    whole = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(_BLOCK_BYTES):
                whole.update(block)
    except (OSError, ValueError):
        return ""
    return whole.hexdigest()
