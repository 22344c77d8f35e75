"""Keeps one activity running: back-off with jitter, one line in the log when it goes and one when it returns."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import Random

from gateway.core.clock import Clock
from gateway.core.errors import GatewayError, Unavailable

log = logging.getLogger("gateway.supervise")

FIRST_WAIT_S = 0.5
LONGEST_WAIT_S = 30.0
STEADY_S = 10.0  # what ran this long starts again with the shortest wait


@dataclass(slots=True)
class Health:
    """How an activity is, for the API."""

    name: str
    state: str = "stopped"  # "running" | "waiting" | "stopped"
    since_ns: int = 0
    error: str | None = None
    hint: str = ""
    retry_at: float | None = None  # monotonic
    restarts: int = 0


class Supervisor:
    """Runs an activity for ever: `Unavailable` and the unexpected alike lead to a wait and another try."""

    def __init__(self, name: str, run: Callable[[], Awaitable[None]], clock: Clock, random: Random) -> None:
        self.health = Health(name)
        self._run = run
        self._clock = clock
        self._random = random
        self._failures = 0
        self._started = 0.0  # monotonic
        self._was_well = False  # in this run
        self._flaps = 0  # runs in succession that were well and ended young

    async def supervise(self) -> None:
        """Runs until cancelled."""
        while True:
            self._enter("running")
            self._started = self._clock.monotonic()
            self._was_well = False
            error = await self._run_once()
            if self._is_steady():
                self._failures = self._flaps = 0
            elif self._was_well:
                self._flaps += 1
            await self._wait(error)

    def _is_steady(self) -> bool:
        return self._clock.monotonic() - self._started >= STEADY_S

    async def _run_once(self) -> Exception | None:
        try:
            await self._run()
        except Unavailable as error:
            return error
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            # Nobody cancelled this task: a future inside was. The task would end, and nobody would start it again.
            return Unavailable("something it waited for was cancelled")
        except Exception as error:  # the one broad net: a fault in one activity must not end the gateway
            log.exception("failed activity=%s", self.health.name)
            return error
        return None

    async def _wait(self, error: Exception | None) -> None:
        self._failures += 1
        ceiling = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2 ** min(self._failures - 1, 10))
        wait_s = self._random.uniform(FIRST_WAIT_S / 2, ceiling)
        if isinstance(error, Unavailable) and error.retry_after_s is not None:
            wait_s = max(wait_s, error.retry_after_s)
        self._record(error, wait_s)
        await self._clock.sleep(wait_s)
        self.health.restarts += 1

    def _record(self, error: Exception | None, wait_s: float) -> None:
        health = self.health
        text = "ended without an error" if error is None else getattr(error, "message", "") or repr(error)
        said = error.hint if isinstance(error, GatewayError) else ""
        if health.error is None:
            hint = f" hint={said}" if said else ""
            log.warning("unavailable activity=%s reason=%s%s", health.name, text, hint)
        health.error = text
        health.hint = said
        health.retry_at = self._clock.monotonic() + wait_s
        self._enter("waiting")

    def _enter(self, state: str) -> None:
        if self.health.state != state:
            self.health.state = state
            self.health.since_ns = self._clock.time_ns()

    def is_well(self) -> None:
        """The activity says that it works (again): forget the error, say it once.

        What worked and went again keeps its error until a run was steady: two that throw each other off would
        otherwise come and go without end, and nobody would see why. The wait too starts short only after a steady run.
        """
        self._was_well = True
        self.health.retry_at = None
        if self.health.error is None or (self._flaps and not self._is_steady()):
            return
        log.info("available again activity=%s", self.health.name)
        self.health.error = None
        self.health.hint = ""
