"""Damaged files and rows, moved aside for a person to look at; bounded, and given up first when space runs out."""

import contextlib
from datetime import UTC, datetime
from pathlib import Path

from gateway.core.clock import Clock
from gateway.core.durable import sync_directory

_SUFFIXES = ("", "-wal", "-shm")


class Quarantine:
    """The folder `quarantine/` of a data directory."""

    def __init__(self, directory: Path, clock: Clock, *, max_files: int = 100, max_databases: int = 2) -> None:
        self.directory = directory
        self._clock = clock
        self._max_files = max_files
        self._max_databases = max_databases

    def take_database(self, path: Path) -> Path:
        """Move a SQLite file and its write-ahead log here; returns the new path. Raises OSError."""
        target = self._free_name(path.stem, path.suffix)
        for suffix in _SUFFIXES:
            source = path.with_name(path.name + suffix)
            if source.exists():
                source.rename(target.with_name(target.name + suffix))
        sync_directory(path.parent)
        sync_directory(self.directory)
        self._limit("*.db", self._max_databases)
        return target

    def databases(self, stem: str) -> list[Path]:
        """The files that were moved here from `<stem>.db`, the newest first."""
        return sorted(self.directory.glob(f"{stem}-*.db"), reverse=True)

    def take_row(self, name: str, payload: bytes) -> bool:
        """Keep a row's bytes. False where that was not possible (a full disk): evidence is worth less than going on."""
        try:
            self._free_name(name, ".bin").write_bytes(payload)
        except OSError:
            return False
        self._limit("*.bin", self._max_files)
        return True

    def clear(self) -> None:
        """Give up everything kept here."""
        self._limit("*", 0)

    def _free_name(self, stem: str, suffix: str) -> Path:
        self.directory.mkdir(parents=True, exist_ok=True)
        stamp = datetime.fromtimestamp(self._clock.time_ns() / 1e9, UTC).strftime("%Y%m%dT%H%M%S")
        names = (
            self.directory / f"{stem}-{stamp}{extra}{suffix}" for extra in ("", *(f"-{n}" for n in range(1, 10_000)))
        )
        return next(name for name in names if not name.exists())

    def _limit(self, pattern: str, count: int) -> None:
        """Remove the oldest beyond `count` (by name within the same second, so by order of arrival)."""
        with contextlib.suppress(OSError):
            files = sorted(self.directory.glob(pattern), key=lambda path: (path.stat().st_mtime_ns, path.name))
            for path in files[: len(files) - count] if count else files:
                for suffix in _SUFFIXES:
                    path.with_name(path.name + suffix).unlink(missing_ok=True)
