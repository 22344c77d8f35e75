"""Watching the frames of a device as they pass (`trace`): bounded queues, nothing costs while nobody watches."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager

from gateway.core.ports import Frame

QUEUE_FRAMES = 1000  # a slow watcher loses the newest frames, and is told how many


class Taps:
    """Who watches which device."""

    def __init__(self) -> None:
        self._queues: dict[str, list[asyncio.Queue[Frame]]] = {}
        self.lost = 0

    def is_traced(self, device: str) -> bool:
        """True while somebody watches this device."""
        return device in self._queues

    def frame(self, frame: Frame) -> None:
        """Hand a frame to everybody who watches its device."""
        for queue in self._queues.get(frame.device, ()):
            if queue.full():
                self.lost += 1
            else:
                queue.put_nowait(frame)

    @contextmanager
    def _watching(self, device: str) -> Iterator[asyncio.Queue[Frame]]:
        queue: asyncio.Queue[Frame] = asyncio.Queue(QUEUE_FRAMES)
        self._queues.setdefault(device, []).append(queue)
        try:
            yield queue
        finally:
            self._queues[device].remove(queue)
            if not self._queues[device]:
                del self._queues[device]

    async def watch(self, device: str, seconds: float) -> AsyncIterator[Frame]:
        """The frames of a device as they pass, for so many seconds."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        with self._watching(device) as queue:
            while (left := end - loop.time()) > 0:
                try:
                    yield await asyncio.wait_for(queue.get(), left)
                except TimeoutError:
                    return
