"""Stopping tasks without waiting for ever, and without one failure keeping others from their end."""

import asyncio
import logging
from collections.abc import Awaitable, Sequence

log = logging.getLogger("gateway.engine")


async def cancel(tasks: Sequence[asyncio.Task[None]], within_s: float) -> None:
    """Cancel these tasks and wait for them, but not for ever."""
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks, timeout=within_s)


async def attempt(calls: Sequence[Awaitable[None]]) -> None:
    """Wait for all of these; the failure of one keeps neither the others nor the stop from going on."""
    for result in await asyncio.gather(*calls, return_exceptions=True):
        if isinstance(result, Exception):
            log.error("failed activity=stop", exc_info=result)
