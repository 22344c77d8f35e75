"""The dead-letter folder: what servers refused for good, with their reason, one file of JSON lines a day (UTC)."""

import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from gateway.core.clock import Clock
from gateway.core.durable import sync_directory
from gateway.core.ports import Refused
from gateway.store.findings import Findings
from gateway.store.thread import FileThread

MAX_BYTES = 64 * 2**20
_REASON_CHARACTERS = 2000  # a server may quote the whole request
_READ_BYTES = 2**20  # of each file, from its end, for the page


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """One refused line."""

    first_seen_ns: int
    sink: str
    status: int
    reason: str
    line: str
    count: int  # samples


@dataclass(frozen=True, slots=True)
class Choice:
    """Some of the letters: those of a sink, all or with one reason."""

    sink: str
    reason: str | None = None

    def has(self, letter: DeadLetter) -> bool:
        """True for a letter that is meant."""
        return letter.sink == self.sink and self.reason in (None, letter.reason)


class DeadLetters:
    """Appends, keeps the folder within its size (oldest days first) and reads the newest for the page."""

    def __init__(self, directory: Path, clock: Clock, *, max_bytes: int = MAX_BYTES) -> None:
        self.directory = directory
        self._clock = clock
        self._max_bytes = max_bytes
        self._thread = FileThread("deadletter")
        self._findings = Findings("gateway.store.deadletter")

    @property
    def findings(self) -> list[str]:
        """What is wrong with the folder."""
        return self._findings.all()

    async def add(self, sink: str, refused: Sequence[Refused]) -> bool:
        """Write refused lines; True when they are safe on the disk.

        False where the disk does not take them: the caller counts them as dropped. To hold the sink back instead
        would keep a full disk full.
        """
        now_ns = self._clock.time_ns()
        letters = [
            DeadLetter(now_ns, sink, item.status, item.reason[:_REASON_CHARACTERS], item.text, item.count)
            for item in refused
        ]
        return await self._thread.run(lambda: self._store(letters))

    async def newest(self, limit: int) -> list[DeadLetter]:
        """The newest letters, newest first."""
        return await self._thread.run(lambda: self._newest(limit))

    async def oldest(self, choice: Choice, limit: int) -> list[DeadLetter]:
        """The oldest letters of a choice, oldest first."""
        return await self._thread.run(lambda: list(islice(filter(choice.has, self._all()), limit)))

    async def remove(self, letters: Sequence[DeadLetter]) -> bool:
        """Take letters out; True when that is safe on the disk. What stays keeps its order."""
        return await self._thread.run(lambda: self._remove(letters))

    def close(self) -> None:
        """Take no more."""
        self._thread.close()

    def _store(self, letters: Sequence[DeadLetter]) -> bool:
        data = b"".join(_to_line(letter) for letter in letters)
        day = datetime.fromtimestamp(letters[0].first_seen_ns / 1e9, UTC).strftime("%Y-%m-%d")
        path = self.directory / f"{day}.jsonl"
        for _ in range(2):
            try:
                self.directory.mkdir(parents=True, exist_ok=True)
                self._make_room(path, len(data))
                _append(path, data)
            except OSError as error:
                self._findings.say("deadletter", f"refused lines cannot be kept in {self.directory}: {error.strerror}")
                if not self._remove_oldest_but(path):
                    return False
            else:
                self._findings.clear("deadletter")
                return True
        return False

    def _files(self) -> list[Path]:
        return sorted(self.directory.glob("????-??-??.jsonl"))

    def _make_room(self, today: Path, incoming: int) -> None:
        while sum(path.stat().st_size for path in self._files()) + incoming > self._max_bytes:
            if not self._remove_oldest_but(today):
                _keep_newest(today, max(0, self._max_bytes // 2 - incoming))
                return

    def _remove_oldest_but(self, today: Path) -> bool:
        for path in self._files():
            if path != today:
                try:
                    path.unlink()
                except OSError:
                    return False
                self._findings.say("deadletter_dropped", f"the oldest refused lines were removed from {self.directory}")
                return True
        return False

    def _all(self) -> Iterator[DeadLetter]:
        for path in self._files():
            with path.open("rb") as file:
                yield from (letter for line in file if (letter := _from_line(line)) is not None)

    def _remove(self, letters: Sequence[DeadLetter]) -> bool:
        gone = Counter(letters)
        try:
            for path in self._files():
                if gone.total():
                    _take_out(path, gone)
        except OSError as error:
            self._findings.say("deadletter", f"refused lines cannot be kept in {self.directory}: {error.strerror}")
            return False
        return True

    def _newest(self, limit: int) -> list[DeadLetter]:
        letters: list[DeadLetter] = []
        for path in reversed(self._files()):
            for letter in _read_backwards(path):
                if len(letters) >= limit:
                    return letters
                letters.append(letter)
        return letters


def _to_line(letter: DeadLetter) -> bytes:
    # ensure_ascii: a refused line may hold anything, half a surrogate pair included
    return json.dumps(asdict(letter)).encode() + b"\n"


def _append(path: Path, data: bytes) -> None:
    """Add whole lines and have them on the disk; a failed try leaves nothing behind."""
    is_new = not path.exists()
    with path.open("a+b", buffering=0) as file:
        before = file.seek(0, os.SEEK_END)
        if before:
            file.seek(-1, os.SEEK_END)
        is_torn = before > 0 and file.read(1) != b"\n"  # by a power cut
        try:
            view = memoryview(b"\n" + data if is_torn else data)
            while view:
                view = view[file.write(view) or 0 :]
            os.fsync(file.fileno())
        except OSError:
            file.truncate(before)
            raise
    if is_new:
        sync_directory(path.parent)


def _keep_newest(path: Path, size: int) -> None:
    """Cut a file down to its last lines; what is thrown away is as old as this day gets."""
    if not path.exists():
        return
    with path.open("rb") as file:
        file.seek(-min(size, path.stat().st_size), 2)
        kept = file.read()
    first = kept.find(b"\n") + 1
    fresh = path.with_suffix(".new")
    fresh.write_bytes(kept[first:])
    fresh.replace(path)


def _read_backwards(path: Path) -> Iterator[DeadLetter]:
    with path.open("rb") as file:
        size = file.seek(0, 2)
        start = max(0, size - _READ_BYTES)
        file.seek(start)
        lines = file.read().splitlines()
    letters = map(_from_line, reversed(lines[1:] if start else lines))
    yield from (letter for letter in letters if letter is not None)


def _from_line(line: bytes) -> DeadLetter | None:
    try:
        return DeadLetter(**json.loads(line))
    except (ValueError, TypeError):  # torn by a power cut
        return None


def _take_out(path: Path, gone: Counter[DeadLetter]) -> None:
    """Write a file anew without these letters, which are counted down; a failed try leaves it as it was."""
    fresh = path.with_suffix(".new")
    has_changed = has_more = False
    try:
        with path.open("rb") as old, fresh.open("wb") as new:
            for line in old:
                letter = _from_line(line)
                if letter is not None and gone[letter] > 0:
                    gone[letter] -= 1
                    has_changed = True
                else:
                    new.write(line)
                    has_more = True
            new.flush()
            os.fsync(new.fileno())
    except OSError:
        fresh.unlink(missing_ok=True)
        raise
    if not has_changed:
        fresh.unlink()
        return
    fresh.replace(path)
    if not has_more:
        path.unlink()
    sync_directory(path.parent)
