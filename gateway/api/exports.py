"""Files on their way to who asked: so many at a time, so large, gone when they were sent or nobody waits any more.

How far each is can be asked (`GET /api/v1/exports`) while it is made: who downloads hears nothing until it is complete,
because only then is it known that it will be, and how long it is.
"""

import asyncio
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from fastapi import HTTPException, Request
from fastapi.responses import FileResponse
from starlette.background import BackgroundTask

from gateway.api.access import Principal
from gateway.core.clock import Clock
from gateway.core.errors import Rejected, Unavailable
from gateway.pipeline.report import ms

T = TypeVar("T")
Json = dict[str, Any]
MAX_EXPORTS = 4  # at a time: each is a file of its own and keeps the history busy
MAX_OF_ONE = 2  # of one person, who may also take them in as slowly as they like
MAX_BYTES = 4 * 2**30  # of one file
MIN_FREE_BYTES = 512 * 2**20  # samples come first
LOOK_S = 1.0


@dataclass(slots=True, eq=False)
class Export:
    """One file that is made or sent."""

    id: str
    name: str
    by: str
    user_id: str
    enterprise: str | None
    started_ns: int
    folder: Path
    done: int = 0
    parts: int | None = None
    bytes: int = 0
    is_made: bool = False

    def progress(self, done: int, parts: int) -> None:
        """So many parts of so many are made."""
        self.done, self.parts = done, parts

    @property
    def json(self) -> Json:
        """How far it is."""
        return {
            "id": self.id,
            "name": self.name,
            "by": self.by,
            "state": "sending" if self.is_made else "making",
            "started_ms": ms(self.started_ns),
            "parts_done": self.done,
            "parts": self.parts,
            "bytes": self.bytes,
        }


class ExportDesk:
    """All files that are on their way. Used on the loop."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._folder = folder
        self._clock = clock
        self._under_way: list[Export] = []

    def seen_by(self, principal: Principal) -> list[Export]:
        """One's own; those who see the whole park see those of all."""
        return [one for one in self._under_way if principal.enterprise is None or _is_of(one, principal)]

    async def begin(self, principal: Principal, name: str, export_id: str) -> Export:
        """Room for a file. Answers 503 where there is none, 409 for an id that is under way."""
        if len(self._under_way) >= MAX_EXPORTS:
            raise HTTPException(
                503, f"{MAX_EXPORTS} exports are under way already; wait for one to end", {"Retry-After": "10"}
            )
        if sum(one.user_id == principal.user_id for one in self._under_way) >= MAX_OF_ONE:
            raise HTTPException(
                503, f"{MAX_OF_ONE} exports of yours are under way already; wait for one to end", {"Retry-After": "10"}
            )
        if any(one.id == export_id for one in self._under_way):
            raise HTTPException(409, f"an export `{export_id}` is under way already")
        now_ns = self._clock.time_ns()
        whose = principal.name, principal.user_id, principal.enterprise
        found = Export(export_id, name, *whose, now_ns, self._folder)
        self._under_way.append(found)
        try:
            found.folder = await asyncio.to_thread(_make_folder, self._folder)
        except OSError as error:
            self._under_way.remove(found)
            raise Unavailable(f"no file can be written: {error.strerror}", "look at the disk") from error
        return found

    async def end(self, export: Export) -> None:
        """Nobody needs it any more."""
        await asyncio.to_thread(shutil.rmtree, export.folder, ignore_errors=True)
        if export in self._under_way:
            self._under_way.remove(export)

    async def make(self, request: Request, export: Export, work: Awaitable[T]) -> T:
        """Do the work while somebody waits for it and there is room. Raises Unavailable, Rejected, HTTPException."""
        task = asyncio.ensure_future(work)
        watchers = [asyncio.ensure_future(one) for one in (_gone(request), self._outgrown(export))]
        try:
            await asyncio.wait([task, *watchers], return_when=asyncio.FIRST_COMPLETED)
            for watcher in watchers:
                if watcher.done() and not task.done():
                    await watcher  # raises
            found = await task
            export.is_made = True
            return found
        except BaseException:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await self.end(export)
            raise
        finally:
            for watcher in watchers:
                watcher.cancel()
            await asyncio.gather(*watchers, return_exceptions=True)

    async def _outgrown(self, export: Export) -> None:
        """Raises when the file is too large or the disk runs full."""
        while True:
            await self._clock.sleep(LOOK_S)
            export.bytes, free = await asyncio.to_thread(_sizes, export.folder)
            if export.bytes > MAX_BYTES:
                raise Rejected(f"the file is larger than {MAX_BYTES // 2**30} GiB", "ask for fewer points or less time")
            if free < MIN_FREE_BYTES:
                raise Unavailable("there is no room for the file on the disk", "ask for less, or make room")

    def answer(self, export: Export, path: Path, media_type: str, file_name: str) -> FileResponse:
        """The complete file; it goes when it was sent."""
        gone = BackgroundTask(self.end, export)
        return FileResponse(path, media_type=media_type, filename=file_name, background=gone)


async def _gone(request: Request) -> None:
    """Raises when the client has gone."""
    receive: Callable[[], Awaitable[Any]] = request.receive
    while (await receive())["type"] != "http.disconnect":
        pass
    raise HTTPException(503, "nobody waits for the file any more")


def _is_of(export: Export, principal: Principal) -> bool:
    return export.enterprise == principal.enterprise and export.by == principal.name


def _make_folder(parent: Path) -> Path:
    parent.mkdir(exist_ok=True)
    return Path(tempfile.mkdtemp(prefix="export-", dir=parent))


def _sizes(folder: Path) -> tuple[int, int]:
    """Bytes in a folder, bytes free on its disk."""
    used = 0
    for path in folder.rglob("*"):
        try:
            used += path.stat().st_size
        except FileNotFoundError:  # a part that was appended just now
            continue
    return used, shutil.disk_usage(folder).free
