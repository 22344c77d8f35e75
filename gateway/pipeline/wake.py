"""A bell that a waiting task is woken by, or by the time, whichever comes first."""

import asyncio

from gateway.core.clock import Clock


class Wake:
    """Set from the loop by anybody, waited for by one task."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._event = asyncio.Event()

    def set(self) -> None:
        """Ring; heard at once or at the next `wait`."""
        self._event.set()

    async def wait(self, limit_s: float | None = None) -> bool:
        """True when it rang, False when `limit_s` seconds passed before."""
        if limit_s is not None and not self._event.is_set():
            await self._wait_or_sleep(limit_s)
        else:
            await self._event.wait()
        has_rung = self._event.is_set()
        self._event.clear()
        return has_rung

    async def _wait_or_sleep(self, limit_s: float) -> None:
        waits = [asyncio.ensure_future(self._event.wait()), asyncio.ensure_future(self._clock.sleep(limit_s))]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
            await asyncio.gather(*waits, return_exceptions=True)
