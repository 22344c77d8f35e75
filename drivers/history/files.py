"""The history's folder: names of its files, what may be removed, what is moved aside, and who may write.

history/2026-11-22.duckdb           every sample of that UTC day
history/rollup-2026-11.duckdb       15-minute minimum, mean, maximum of that month
history/quarantine/                 damaged files, kept for a person to look at
history/.lock                       held by the gateway, shared by readers while none runs
"""

import fcntl
import os
import re
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from drivers.history.segment import DAY_NS
from gateway.core.durable import sync_directory
from gateway.core.errors import Unavailable

_EPOCH = date(1970, 1, 1)
_DAY_FILE = re.compile(r"(\d{4})-(\d{2})-(\d{2})\.duckdb")
_ROLLUP_FILE = re.compile(r"rollup-(\d{4})-(\d{2})\.duckdb")


@dataclass(frozen=True, slots=True)
class Usage:
    """Sizes in bytes of what is there: days by day number, roll-ups by month number (year * 12 + month - 1)."""

    days: dict[int, int]
    rollups: dict[int, int]


class Folder:
    """The files of one history."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock: int | None = None

    def day_file(self, day: int) -> Path:
        """The file of a day, counted from 1970."""
        return self.path / f"{_EPOCH + timedelta(days=day)}.duckdb"

    def rollup_file(self, month: int) -> Path:
        """The roll-up of a month (`month_of`)."""
        return self.path / f"rollup-{month // 12:04}-{month % 12 + 1:02}.duckdb"

    def files(self) -> set[Path]:
        """The files of days and months that are there now."""
        return {file for file in self.path.glob("*.duckdb") if _is_ours(file.name)}

    def usage(self) -> Usage:
        """What is there now."""
        usage = Usage({}, {})
        for file in self.path.glob("*.duckdb"):
            if match := _DAY_FILE.fullmatch(file.name):
                with suppress(ValueError, FileNotFoundError):
                    usage.days[(date(*map(int, match.groups())) - _EPOCH).days] = _size(file)
            elif match := _ROLLUP_FILE.fullmatch(file.name):
                with suppress(FileNotFoundError):
                    usage.rollups[int(match[1]) * 12 + int(match[2]) - 1] = _size(file)
        return usage

    def remove(self, file: Path) -> None:
        """Unlink a file with its write-ahead log. Works on a full disk."""
        file.unlink(missing_ok=True)
        _wal(file).unlink(missing_ok=True)
        self.sync()

    def quarantine(self, file: Path) -> Path:
        """Move a damaged file aside; where it is now."""
        target = self.path / "quarantine"
        target.mkdir(exist_ok=True)
        number = sum(1 for other in target.iterdir() if other.suffix == ".duckdb")
        moved = target / f"{file.stem}.{number}.duckdb"
        file.rename(moved)
        if _wal(file).exists():
            _wal(file).rename(_wal(moved))
        self.sync()
        return moved

    def sync(self) -> None:
        """Make names durable after a file was created, renamed or removed."""
        sync_directory(self.path)

    def lock(self, *, exclusive: bool) -> None:
        """Claim the folder until `unlock`, anew where it was removed. Raises `Unavailable` while another has it."""
        file = self.path / ".lock"
        if self._lock is not None:
            if file.exists() and os.path.samestat(file.stat(), os.fstat(self._lock)):
                return
            self.unlock()
        descriptor = os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, (fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH) | fcntl.LOCK_NB)
        except BlockingIOError as error:
            os.close(descriptor)
            hint = (
                "stop it, or wait for it to end" if exclusive else "a gateway is running: ask it instead of its files"
            )
            raise Unavailable(f"the history in {self.path} is in use by another process", hint) from error
        self._lock = descriptor

    def unlock(self) -> None:
        """Give the folder back."""
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def days_within(days: Iterable[int], bounds: tuple[int, int]) -> list[int]:
    """Those days that a range of UTC nanoseconds touches, in order."""
    return [day for day in sorted(days) if bounds[0] < (day + 1) * DAY_NS and day * DAY_NS < bounds[1]]


def month_of(day: int) -> int:
    """The month of a day, as a number that counts on over the years."""
    calendar = _EPOCH + timedelta(days=day)
    return calendar.year * 12 + calendar.month - 1


def month_days(month: int) -> range:
    """The days of a month."""
    first, following = (date(number // 12, number % 12 + 1, 1) for number in (month, month + 1))
    return range((first - _EPOCH).days, (following - _EPOCH).days)


def day_name(day: int) -> str:
    """`2026-11-22`."""
    return datetime.fromtimestamp(day * 86_400, UTC).date().isoformat()


def days_to_remove(usage: Usage, *, keep_days: int, max_bytes: int) -> list[int]:
    """Oldest days first, until at most `keep_days` besides the newest remain and everything fits `max_bytes`.

    The newest day always stays. Roll-ups count at most half of `max_bytes`: `rollups_to_remove` sees to the rest.
    """
    days = sorted(usage.days)
    excess = sum(usage.days.values()) + min(sum(usage.rollups.values()), max_bytes // 2) - max_bytes
    return _oldest(days, usage.days, count=len(days) - keep_days - 1, excess=excess)


def rollups_to_remove(usage: Usage, *, keep_months: int, max_bytes: int) -> list[int]:
    """Oldest months first, until at most `keep_months` besides the newest remain and they fit half of `max_bytes`."""
    months = sorted(usage.rollups)
    excess = sum(usage.rollups.values()) - max_bytes // 2
    return _oldest(months, usage.rollups, count=len(months) - keep_months - 1, excess=excess)


def _oldest(keys: Sequence[int], sizes: dict[int, int], *, count: int, excess: int) -> list[int]:
    removed: list[int] = []
    for key in keys[:-1]:
        if len(removed) >= count and excess <= 0:
            break
        removed.append(key)
        excess -= sizes[key]
    return removed


def _is_ours(name: str) -> bool:
    return bool(_DAY_FILE.fullmatch(name) or _ROLLUP_FILE.fullmatch(name))


def _wal(file: Path) -> Path:
    return file.with_name(file.name + ".wal")


def _size(file: Path) -> int:
    return sum(part.stat().st_size for part in _existing((file, _wal(file))))


def _existing(files: Iterable[Path]) -> Iterable[Path]:
    return (file for file in files if file.exists())
