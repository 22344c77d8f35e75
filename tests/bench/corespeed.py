"""How fast the gateway's core is while a workload runs: rented cores vary by half, from minute to minute."""

import os
import threading
import time
from statistics import median
from typing import Self

STEPS = 10_000  # of a plain loop: less than a millisecond of CPU
EVERY_S = 0.5


class CoreSpeed:
    """A thread that now and then runs a short loop on a core and takes the CPU time of that."""

    def __init__(self, core: int) -> None:
        self._core = core
        self._found_ns = [_step_ns()]
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)

    @property
    def step_ns(self) -> float:
        """Nanoseconds of one step of the loop: the median so far."""
        return round(median(self._found_ns), 1)

    def _run(self) -> None:
        os.sched_setaffinity(0, {self._core})  # of this thread
        self._found_ns.clear()
        while True:
            self._found_ns.append(_step_ns())
            if self._over.wait(EVERY_S):
                return

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()


def _step_ns() -> float:
    start = time.thread_time_ns()
    total = 0
    for step in range(STEPS):
        total += step
    return (time.thread_time_ns() - start) / STEPS
