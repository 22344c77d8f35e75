"""Backups of a running gateway: one at a time, on request or by the clock, and what became of the last one.

outbox, ledger, state: each copied by its own thread ──▶ exports/backup-…/ ──▶ one file, made in a worker thread
"""

import asyncio
import shutil
import tempfile
import threading
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from gateway.backup import contents
from gateway.backup.contents import Site, Wish
from gateway.backup.manifest import LEDGER, OUTBOX, STATE, Manifest
from gateway.config.plan import ParkPlan
from gateway.core.clock import Clock
from gateway.core.errors import GatewayError, Rejected, Unavailable
from gateway.store.findings import Findings
from gateway.store.kept import KeptFile
from gateway.store.outbox import Outbox
from gateway.store.saved import save
from gateway.store.state import State

LOOK_S = 60.0
FIRST_LOOK_S = 300.0  # after the start, which has enough to do
RETRY_S = 3600.0  # after a failure
LATE = 2  # so many times `every` without a backup is told
_LAST = "last_backup_ns"  # in state.db: also backups that were downloaded count

SaveHistory = Callable[[Path], Awaitable[None]]


class Audit(Protocol):
    """Puts down a backup that nobody asked for."""

    def __call__(self, path: Path, manifest: Manifest) -> Awaitable[None]: ...


@dataclass(frozen=True, slots=True)
class Stores:
    """What is copied."""

    outbox: Outbox
    ledger: KeptFile
    state: State
    history: Callable[[], SaveHistory | None]


@dataclass(frozen=True, slots=True)
class Made:
    """A backup. Who asked for it removes `path.parent`."""

    path: Path
    manifest: Manifest
    size: int


class Backups:
    """See the module. Used on the loop."""

    def __init__(
        self, plan: Callable[[], ParkPlan], stores: Stores, exports: Path, clock: Clock, put_down: Audit
    ) -> None:
        self._plan = plan
        self._stores = stores
        self._exports = exports
        self._clock = clock
        self._put_down = put_down
        self._findings = Findings(__name__)
        self._lock = asyncio.Lock()
        self._stopped = threading.Event()
        self._progress: tuple[int, int] | None = None  # bytes done and in all, of the one under way
        self._last_ns = 0
        self._last_bytes: int | None = None
        self._error = ""
        self._tried_at: float | None = None  # monotonic, where it failed

    async def open(self) -> None:
        """Learn when the last one was made. Raises Unavailable."""
        query = "SELECT value FROM meta WHERE key = ?"
        row = await self._stores.state.do(lambda db: db.execute(query, (_LAST,)).fetchone())
        self._last_ns = int(row[0]) if row and str(row[0]).isdigit() else 0

    @property
    def findings(self) -> list[str]:
        """What a person should look at."""
        return self._findings.all()

    def state(self) -> dict[str, Any]:
        """For the API."""
        plan = self._plan().backup
        done = self._progress
        return {
            "running": None if done is None else {"done_bytes": done[0], "bytes": done[1]},
            "last_ms": self._last_ns // 1_000_000 or None,
            "last_bytes": self._last_bytes,
            "directory": None if plan.directory is None else str(plan.directory),
            "every_s": None if plan.directory is None else plan.every_s,
            "keep": None if plan.directory is None else plan.keep,
            "is_late": self._is_late(),
            "error": self._error,
        }

    # -- one backup ---------------------------------------------------------------------------------------------------

    async def make(self, wish: Wish) -> Made:
        """Make one, in a folder of its own below `exports/`. Raises Rejected where one is under way, Unavailable."""
        if self._lock.locked():
            raise Rejected("a backup is being made already", "wait until it is done")
        async with self._lock:
            now_ns = self._clock.time_ns()
            name = contents.file_name(self._plan().site.id, now_ns, is_sealed=wish.passphrase is not None)
            folder = await asyncio.to_thread(_folder, self._exports)
            try:
                manifest = await self._assemble(wish, folder / name, now_ns)
                size = (await asyncio.to_thread((folder / name).stat)).st_size
            except BaseException:
                await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
                raise
            return Made(folder / name, manifest, size)

    async def _assemble(self, wish: Wish, target: Path, now_ns: int) -> Manifest:
        plan = self._plan()
        site = Site(plan.site.id, plan.backup.config, plan.store.directory)
        work = target.parent / "work"
        self._progress = 0, 0
        try:
            await asyncio.to_thread(work.mkdir)
            await asyncio.to_thread(contents.need_room, site.directory, work, wish)
            await self._copy(wish, work)
            return await asyncio.to_thread(contents.assemble, site, work, target, wish, now_ns, self._went_on)
        except OSError as error:
            raise Unavailable(f"the backup cannot be made: {error}", "check the disk") from error
        finally:
            self._progress = None
            await asyncio.to_thread(shutil.rmtree, work, ignore_errors=True)

    async def _copy(self, wish: Wish, work: Path) -> None:
        """In the order of `DATABASES`."""
        if wish.has_outbox:
            await self._stores.outbox.save(work / OUTBOX)
        for name, file in ((LEDGER, self._stores.ledger), (STATE, self._stores.state)):
            await file.do(lambda db, name=name: save(db, work / name))  # type: ignore[misc]
        history = self._stores.history() if wish.has_history else None
        if history is not None:
            await history(work / "history")

    def _went_on(self, done: int, whole: int) -> None:
        """Called in the worker thread after every file."""
        if self._stopped.is_set():
            raise Unavailable("the gateway stops", "try again when it runs")
        self._progress = done, whole

    async def kept(self, made: Made) -> None:
        """This one has arrived where it is to be: it counts as the last."""
        now_ns = made.manifest.time_ns
        self._last_ns, self._last_bytes, self._error = now_ns, made.size, ""
        self._findings.clear("backup")
        state = self._stores.state

        def note(db: Any) -> None:
            with state.write(db):
                db.execute("INSERT OR REPLACE INTO meta VALUES(?, ?)", (_LAST, str(now_ns)))

        with suppress(Unavailable):  # the backup is there all the same
            await state.do(note)

    # -- by the clock -------------------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Make backups when they are due, until cancelled."""
        self._stopped.clear()
        try:
            await self._clock.sleep(FIRST_LOOK_S)
            while True:
                await self.look()
                await self._clock.sleep(LOOK_S)
        finally:
            self._stopped.set()

    async def look(self) -> None:
        """Make one where it is due; keep as many as are wanted. Never raises: what is wrong is a finding."""
        plan = self._plan().backup
        if plan.directory is None or not await self._is_due(plan.directory, plan.every_s):
            return
        try:
            await self._keep_one(plan.directory)
            self._tried_at = None
        except GatewayError as error:
            self._tried_at = self._clock.monotonic()
            self._error = error.message
        if self._error or self._is_late():
            late = f"; the last one is of {_days(self._age_s())}" if self._last_ns else "; there is none yet"
            self._findings.say("backup", f"no backup could be made in {plan.directory}: {self._error}{late}")

    async def _is_due(self, directory: Path, every_s: float) -> bool:
        if self._tried_at is not None and self._clock.monotonic() - self._tried_at < RETRY_S:
            return False
        there = await asyncio.to_thread(contents.newest_first, directory, self._plan().site.id)
        newest_ns = contents.time_of(there[0]) if there else 0
        return abs(self._clock.time_ns() - newest_ns) >= every_s * 1e9  # also where the clock was set back far

    async def _keep_one(self, directory: Path) -> None:
        plan = self._plan()
        made = await self.make(Wish(plan.backup.passphrase))
        try:
            kept = await asyncio.to_thread(_move, made.path, directory)
            await asyncio.to_thread(_remove_beyond, directory, plan.site.id, plan.backup.keep)
        finally:
            await asyncio.to_thread(shutil.rmtree, made.path.parent, ignore_errors=True)
        await self.kept(made)
        await self._put_down(kept, made.manifest)

    def _age_s(self) -> float:
        return max(0.0, (self._clock.time_ns() - self._last_ns) / 1e9)

    def _is_late(self) -> bool:
        plan = self._plan().backup
        return plan.directory is not None and bool(self._last_ns) and self._age_s() > LATE * plan.every_s


def _folder(parent: Path) -> Path:
    try:
        parent.mkdir(exist_ok=True, mode=0o700)
        return Path(tempfile.mkdtemp(prefix="backup-", dir=parent))
    except OSError as error:
        raise Unavailable(f"{parent} cannot be written: {error.strerror or error}", "check the disk") from error


def _move(path: Path, directory: Path) -> Path:
    """To a folder that may lie on another disk: there as a whole or not at all."""
    try:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        part = directory / f".{path.name}.part"
        contents.copy_file(path, part)
        contents.publish(part, directory / path.name)
    except OSError as error:
        raise Unavailable(f"{directory} cannot be written: {error.strerror or error}", "check the disk") from error
    return directory / path.name


def _remove_beyond(directory: Path, site: str, keep: int) -> None:
    for path in contents.newest_first(directory, site)[keep:]:
        with suppress(OSError):
            path.unlink()


def _days(age_s: float) -> str:
    return f"{age_s / 86_400:.1f} days ago"
