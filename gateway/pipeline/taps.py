"""Watching the frames of a device as they pass (`trace`): bounded queues, nothing costs while nobody watches."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from gateway.core.ports import Frame

QUEUE_FRAMES = 1000  # a slow watcher loses the newest frames, and is told how many
QUEUE_BYTES = 2**20  # and those that are more than this together: a message may be large


@dataclass(slots=True, eq=False)
class _Watcher:
    """What one watcher has not taken yet."""

    queue: asyncio.Queue[Frame] = field(default_factory=lambda: asyncio.Queue(QUEUE_FRAMES))
    waiting_bytes: int = 0

    def offer(self, frame: Frame) -> bool:
        """Queue a frame; False where there is no room."""
        waiting = self.waiting_bytes + len(frame.data)
        if self.queue.full() or (self.waiting_bytes and waiting > QUEUE_BYTES):
            return False
        self.waiting_bytes = waiting
        self.queue.put_nowait(frame)
        return True

    async def take(self) -> Frame:
        """The next frame."""
        frame = await self.queue.get()
        self.waiting_bytes -= len(frame.data)
        return frame


class Taps:
    """Who watches which device."""

    def __init__(self) -> None:
        self._watchers: dict[str, list[_Watcher]] = {}
        self.lost = 0

    @property
    def count(self) -> int:
        """How many watch."""
        return sum(map(len, self._watchers.values()))

    def is_traced(self, device: str) -> bool:
        """True while somebody watches this device."""
        return device in self._watchers

    def frame(self, frame: Frame) -> None:
        """Hand a frame to everybody who watches its device."""
        for watcher in self._watchers.get(frame.device, ()):
            self.lost += not watcher.offer(frame)

    @contextmanager
    def _watching(self, device: str) -> Iterator[_Watcher]:
        watcher = _Watcher()
        self._watchers.setdefault(device, []).append(watcher)
        try:
            yield watcher
        finally:
            self._watchers[device].remove(watcher)
            if not self._watchers[device]:
                del self._watchers[device]

    async def watch(self, device: str, seconds: float) -> AsyncIterator[Frame]:
        """The frames of a device as they pass, for so many seconds."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        with self._watching(device) as watcher:
            while (left := end - loop.time()) > 0:
                try:
                    yield await asyncio.wait_for(watcher.take(), left)
                except TimeoutError:
                    return
