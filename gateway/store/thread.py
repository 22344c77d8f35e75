"""The one thread that a file's blocking calls run on, so that nothing of it ever holds the event loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


class FileThread:
    """Runs calls one after the other on a thread of its own."""

    def __init__(self, name: str) -> None:
        self._executor = ThreadPoolExecutor(1, thread_name_prefix=name)

    def submit(self, call: Callable[[], T]) -> asyncio.Future[T]:
        """Have `call` done in the thread, after what was submitted before."""
        return asyncio.get_running_loop().run_in_executor(self._executor, call)

    async def run(self, call: Callable[[], T], then: Callable[[T], None] | None = None) -> T:
        """The result of `call`, made in the thread.

        `then` gets it on the loop even when the waiting task is cancelled meanwhile: what the file knows and what the
        loop remembers of it must not part.
        """
        future = self.submit(call)
        if then is not None:
            future.add_done_callback(lambda done: None if done.cancelled() or done.exception() else then(done.result()))
        return await asyncio.shield(future)

    def close(self) -> None:
        """Take no more calls. Those that wait are still done."""
        self._executor.shutdown(wait=False)
