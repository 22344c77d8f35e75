"""The sources: one per connection, each with its supervisor and its task, begun and ended one by one."""

import asyncio
import logging
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import partial
from random import Random

from gateway.config.plan import ConnectionPlan
from gateway.core.clock import Clock
from gateway.core.device import Device
from gateway.core.ports import Source
from gateway.pipeline import report
from gateway.pipeline.connectivity import ConnectivityKeeper
from gateway.pipeline.crew import Crew
from gateway.pipeline.intake import PipelineIntake
from gateway.pipeline.report import Json
from gateway.pipeline.supervise import Supervisor
from gateway.plugins import build_sources
from gateway.store.outbox import Outbox

log = logging.getLogger("gateway.engine")


class Lines:
    """The sources of one gateway, by the names of their connections."""

    def __init__(
        self, intake: PipelineIntake, outbox: Outbox, connectivity: ConnectivityKeeper, clock: Clock, random: Random
    ) -> None:
        self.sources: dict[str, Source] = {}
        self.crew = Crew()
        self.plans: dict[str, ConnectionPlan] = {}  # what they were made from
        self.ended: set[str] = set()  # and not forgotten yet: nobody looks at what they would say now
        self._intake = intake
        self._outbox = outbox
        self._connectivity = connectivity
        self._clock = clock
        self._random = random

    async def open(self, connections: Iterable[ConnectionPlan]) -> None:
        """Expect the sources of these, as the gateway starts. Raises ConfigError."""
        plans = {plan.name: plan for plan in connections}
        for source in await asyncio.to_thread(build_sources, list(plans.values()), self._clock):
            self.add(plans[source.name], source)

    def add(self, plan: ConnectionPlan, source: Source) -> None:
        """Expect this source, and begin it where the others run."""
        supervisor = Supervisor(source.name, partial(source.run, self._intake), self._clock, self._random)
        self.plans[source.name], self.sources[source.name] = plan, source
        self.crew.supervisors[source.name] = supervisor
        self._intake.add_supervisor(source.name, supervisor)
        for block in source.blocks:
            self._outbox.prepare(self._intake.register(block).stored_blocks)
            self._connectivity.register(block)

    async def end(self, names: Collection[str]) -> None:
        """Let these sources end. One that takes too long goes on ending without anybody waiting."""
        self._connectivity.leave([one.device.id for name in names for one in self.plans[name].devices])
        self._intake.leave(names)
        self.ended.update(names)
        for name in await self.crew.end(names):
            log.warning("source_ends_slowly connection=%s", name)

    def forget(self, names: Collection[str]) -> None:
        """These sources have ended: nothing of them is known any more."""
        self._intake.forget(names)
        self.ended.difference_update(names)
        for name in names:
            for known in (self.plans, self.sources, self.crew.supervisors):
                known.pop(name)

    def on_durable(self, position: int) -> None:
        """The outbox has committed everything up to this position."""
        for source in self.sources.values():
            source.on_durable(position)

    def source_of(self, device: Device) -> Source | None:
        """What reads the device; `None` where it is known and not connected."""
        return self.sources.get(device.connection or "")

    def states(self, connections: Iterable[ConnectionPlan]) -> list[Json]:
        """Every connection: state, last error, counters."""
        return [
            report.source_state(self.sources[c.name], self.crew.supervisors[c.name], c, self._clock)
            for c in connections
        ]

    def __iter__(self) -> Iterator[Source]:
        return iter(self.sources.values())


def lines_of(
    connections: Iterable[ConnectionPlan], present: Mapping[str, ConnectionPlan], touched: Collection[str]
) -> dict[str, ConnectionPlan]:
    """What each source is to be made from: as it is where nothing touches it."""
    return {one.name: one if one.name in touched else present.get(one.name, one) for one in connections}
