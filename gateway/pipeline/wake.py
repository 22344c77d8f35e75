"""A bell that a waiting task is woken by, or by the time, whichever comes first."""

import asyncio

from gateway.core.clock import Clock


class Wake:
    """Set from the loop by anybody, waited for by one task."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._has_rung = False
        self._waiter: asyncio.Future[None] | None = None

    def set(self) -> None:
        """Ring; heard at once or at the next `wait`."""
        self._has_rung = True
        if self._waiter is not None:
            _end(self._waiter)

    async def wait(self, limit_s: float | None = None) -> bool:
        """True when it rang, False when `limit_s` seconds passed before."""
        if not self._has_rung:
            await self._pause(limit_s)
        has_rung, self._has_rung = self._has_rung, False
        return has_rung

    async def _pause(self, limit_s: float | None) -> None:
        """One future, and one task where there is a limit: this happens up to a hundred times a second."""
        waiter = self._waiter = asyncio.get_running_loop().create_future()
        sleep = None if limit_s is None else asyncio.ensure_future(self._clock.sleep(limit_s))
        if sleep is not None:
            sleep.add_done_callback(lambda _: _end(waiter))
        try:
            await waiter
        finally:
            self._waiter = None
            if sleep is not None:
                sleep.cancel()


def _end(waiter: "asyncio.Future[None]") -> None:
    if not waiter.done():
        waiter.set_result(None)
