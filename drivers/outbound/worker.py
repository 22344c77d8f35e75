"""Blocking libraries in a thread of their own: one call at a time, with a time-out, never holding the gateway's end.

Not the loop's own pool: it is shared by everything and waited for at the end, which a server that hangs would delay.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable
from functools import partial
from typing import Generic, TypeVar

T = TypeVar("T")


class Worker(Generic[T]):
    """At most one thread, a daemon. A call that outlives its time-out goes on in it; `is_busy` says so."""

    def __init__(self, name: str) -> None:
        self.is_busy = False  # an earlier call has not come back
        self._name = name

    async def run(self, call: Callable[[], T], timeout_s: float) -> T:
        """The call's result, or what it raised. Raises TimeoutError; only to be called while not `is_busy`."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        self.is_busy = True
        threading.Thread(target=self._work, args=(loop, future, call), name=self._name, daemon=True).start()
        async with asyncio.timeout(timeout_s):
            return await future

    def _work(self, loop: asyncio.AbstractEventLoop, future: "asyncio.Future[T]", call: Callable[[], T]) -> None:
        """The thread: every end of the call reaches the loop, unless the loop has gone."""
        try:
            settle = partial(_set_result, future, call())
        except Exception as error:  # noqa: BLE001 - raised again where it is awaited
            settle = partial(_set_exception, future, error)
        finally:
            self.is_busy = False
        with contextlib.suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(settle)


def _set_result(future: "asyncio.Future[T]", result: T) -> None:
    if not future.done():
        future.set_result(result)


def _set_exception(future: "asyncio.Future[T]", error: Exception) -> None:
    if not future.done():
        future.set_exception(error)
