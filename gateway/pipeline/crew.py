"""Supervised activities side by side in one task group: begun and ended one by one, while the others go on."""

import asyncio
from collections.abc import Collection

from gateway.pipeline.stopping import cancel
from gateway.pipeline.supervise import Supervisor

STOP_S = 2.0


class Crew:
    """The supervisors by name, and the task of each that has begun."""

    def __init__(self) -> None:
        self.supervisors: dict[str, Supervisor] = {}
        self._group: asyncio.TaskGroup | None = None
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def start(self, group: asyncio.TaskGroup) -> None:
        """Begin those that do not run yet."""
        self._group = group
        for name, supervisor in self.supervisors.items():
            if name not in self._tasks:
                self._tasks[name] = group.create_task(supervisor.supervise())

    def start_added(self) -> None:
        """Begin those that were added while the others run; nothing before `start` and after `stop`."""
        if self._group is not None:
            self.start(self._group)

    async def end(self, names: Collection[str]) -> list[str]:
        """Let these end; which of them go on ending, though nobody waits any longer."""
        tasks = {name: self._tasks.pop(name) for name in names if name in self._tasks}
        await cancel(list(tasks.values()), STOP_S)
        return [name for name, task in tasks.items() if not task.done()]

    async def stop(self) -> None:
        """End all of them, before the gateway stops."""
        self._group = None
        await cancel(list(self._tasks.values()), STOP_S)
