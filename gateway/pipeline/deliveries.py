"""The sinks: each with its forwarder, its supervisor and its task, begun and ended one by one."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Iterator
from pathlib import Path
from random import Random

from gateway.config.plan import SinkPlan
from gateway.core.clock import Clock
from gateway.core.history import History
from gateway.core.ports import Sink
from gateway.pipeline import report
from gateway.pipeline.crew import Crew
from gateway.pipeline.energy import NAME as ENERGY
from gateway.pipeline.forward import Forwarder
from gateway.pipeline.report import Json
from gateway.pipeline.retrial import Retrial
from gateway.pipeline.stopping import attempt
from gateway.pipeline.supervise import Supervisor
from gateway.plugins import build_sink
from gateway.store.deadletter import DeadLetters
from gateway.store.outbox import Outbox

FINISH_S = 2.0


class Deliveries:
    """Who gets what the outbox holds, by name: the sinks, and what else has a cursor."""

    def __init__(
        self, outbox: Outbox, dead_letters: DeadLetters, directory: Path, clock: Clock, random: Random
    ) -> None:
        self.sinks: dict[str, Sink] = {}
        self.plans: dict[str, SinkPlan] = {}  # what they were made from
        self.forwarders: dict[str, Forwarder] = {}
        self.crew = Crew()
        self.retrial = Retrial(self.sinks, outbox, dead_letters, clock)
        self._drivers: dict[str, str] = {}
        self._outbox = outbox
        self._dead_letters = dead_letters
        self._directory = directory
        self._clock = clock
        self._random = random

    async def open(self, plans: Iterable[SinkPlan]) -> None:
        """Deliver to these, as the gateway starts. Raises ConfigError."""
        for plan in plans:
            self.add(plan, await self.build(plan))

    async def build(self, plan: SinkPlan) -> Sink:
        """The sink of a plan. Raises ConfigError."""
        return await asyncio.to_thread(build_sink, plan, self._directory, self._clock)

    def add(self, plan: SinkPlan, sink: Sink) -> None:
        """Deliver to this sink, from its cursor on."""
        gather_s = getattr(sink, "gather_s", 0.0)
        forwarder = Forwarder(sink, self._outbox, self._dead_letters, self._clock, self._random, gather_s=gather_s)
        self.sinks[plan.name], self.plans[plan.name] = sink, plan
        self.add_forwarder(forwarder, plan.driver)

    def add_forwarder(self, forwarder: Forwarder, driver: str) -> None:
        """Deliver by this forwarder."""
        name = forwarder.sink.name
        self.forwarders[name], self._drivers[name] = forwarder, driver
        self.crew.supervisors[name] = Supervisor(f"sink {name}", forwarder.run, self._clock, self._random)

    def add_energy(self, make: Callable[[Outbox, DeadLetters, Clock, Random], Forwarder]) -> None:
        """Let the energy account have the counters."""
        self.add_forwarder(make(self._outbox, self._dead_letters, self._clock, self._random), ENERGY)

    async def end(self, names: Collection[str]) -> None:
        """Let these end: what can be delivered in a short time is, then the sinks are closed. Their cursors stay."""
        await self.pause(names)
        await attempt([self.sinks[name].close() for name in names if name in self.sinks])
        for name in names:
            for known in (self.sinks, self.plans, self.forwarders, self._drivers, self.crew.supervisors):
                known.pop(name, None)

    async def pause(self, names: Collection[str]) -> None:
        """Hand nothing to these until the crew starts them again, once they have what can be delivered."""
        await self.crew.end(names)
        await attempt([self.forwarders[name].finish(FINISH_S) for name in names])

    async def finish(self) -> None:
        """Deliver what can be delivered in a short time."""
        await attempt([forwarder.finish(FINISH_S) for forwarder in self.forwarders.values()])

    async def close(self) -> None:
        """Close every sink; the failure of one keeps none of the others open."""
        await attempt([sink.close() for sink in self.sinks.values()])

    def wake(self, _: int) -> None:
        """There is something new in the outbox."""
        for forwarder in self.forwarders.values():
            forwarder.wake()

    @property
    def history(self) -> History | None:
        """The query side of the local history; `None` where the configuration has none."""
        return next((sink.reader for sink in self.sinks.values() if hasattr(sink, "reader")), None)

    def states(self) -> list[Json]:
        """Every sink: state, last error, account."""
        return [
            report.sink_state(forwarder, self.crew.supervisors[name], self._outbox, self._drivers[name], self._clock)
            for name, forwarder in self.forwarders.items()
        ]

    def __iter__(self) -> Iterator[Sink]:
        return iter(self.sinks.values())
