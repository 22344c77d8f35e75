"""The gateway: opens the stores, builds sources and sinks, runs everything in one task group, stops it in order.

  sources ─▶ intake ─▶ outbox ─▶ committer ─▶ forwarders ─▶ sinks
               └─▶ watch            │               └─▶ energy account ─▶ ledger.db
                                     └─ on_durable ─▶ sources (acknowledge)

Stop order: the watch looks away, sources end (nothing new comes), one last commit, the forwarders deliver what they
can in a short time, then the stores close. What was not delivered waits in the outbox for the next start.
"""

import asyncio
import gc
import logging
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from functools import partial
from random import Random
from typing import Self

from gateway.accounts.books import Books
from gateway.config.plan import ParkPlan
from gateway.core.clock import Clock, SystemClock
from gateway.core.device import Device
from gateway.core.errors import Rejected
from gateway.core.history import History
from gateway.core.jobs import Jobs
from gateway.core.point import Point
from gateway.core.ports import Counts, Exchange, Sink, Source
from gateway.pipeline import report
from gateway.pipeline.accounting import Accounting
from gateway.pipeline.alarms import AlarmKeeper
from gateway.pipeline.commit import Committer
from gateway.pipeline.connectivity import ConnectivityKeeper
from gateway.pipeline.energy import NAME as ENERGY
from gateway.pipeline.energy import EnergyKeeper
from gateway.pipeline.forward import Forwarder
from gateway.pipeline.health import Vitals
from gateway.pipeline.intake import Observer, PipelineIntake
from gateway.pipeline.snapshot import Snapshot
from gateway.pipeline.stopping import attempt, cancel
from gateway.pipeline.supervise import Supervisor
from gateway.pipeline.taps import Taps
from gateway.pipeline.watch import Json, LoadRules, Watch
from gateway.plugins import build_sink, build_sources
from gateway.rulebook import Rulebook
from gateway.store.deadletter import DeadLetters
from gateway.store.ledger import Ledger
from gateway.store.lock import DirectoryLock
from gateway.store.outbox import Outbox
from gateway.store.state import State

log = logging.getLogger("gateway.engine")

SWITCH_INTERVAL_S = 0.0005  # worker threads give the loop its turn back sooner (knowledge of CPython: default 5 ms)
SETTLED_S = 20.0  # by then what is imported on use was used, and every connection stands
SOURCES_STOP_S = 2.0
COMMIT_STOP_S = 2.0
FORWARD_STOP_S = 2.0
PRIVATE_UMASK = 0o077  # whatever is stored is this user's alone: samples of tenants, refused lines, the audit


class Gateway:
    """One running gateway. Made by `open`; the API and the command line read it."""

    def __init__(
        self,
        plan: ParkPlan,
        config_findings: Sequence[str],
        clock: Clock,
        lock: DirectoryLock,
        watch: Watch,
        books: Books | None = None,
    ) -> None:
        self.plan = plan
        self.watch = watch
        self.clock = clock
        self.started_ns = clock.time_ns()
        self.exports = plan.store.directory / "exports"  # files on their way to who asked; emptied at the start
        self.snapshot = Snapshot([*plan.devices, *watch.devices], clock)
        self._accounting = Accounting(plan, books)
        self.books = self._accounting.books
        self.ledger: Ledger
        self.jobs: Jobs
        self.energy: EnergyKeeper
        self._config_findings = list(config_findings)
        self._lock = lock
        self._exit = AsyncExitStack()
        self._random = Random()
        self._outbox: Outbox
        self._state: State
        self.connectivity: ConnectivityKeeper
        self._dead_letters: DeadLetters
        self._committer: Committer
        self._intake: PipelineIntake
        self._sources: dict[str, Source] = {}
        self._sinks: dict[str, Sink] = {}
        self._supervisors: dict[str, Supervisor] = {}
        self._forwarders: dict[str, Forwarder] = {}
        self._deliveries: list[tuple[Forwarder, Supervisor, str]] = []  # with the sink's driver
        self.tags_by_device: dict[str, dict[str, None]] = {}
        self._points: dict[str, Mapping[str, Point]] = {}

    @classmethod
    async def open(
        cls,
        plan: ParkPlan,
        config_findings: Sequence[str] = (),
        clock: Clock | None = None,
        observers: Sequence[Observer] = (),
        *,
        rulebook: Rulebook | None = None,
        load_rules: LoadRules | None = None,
        books: Books | None = None,
    ) -> Self:
        """A gateway that is ready to run. Raises ConfigError where the data directory cannot be used.

        `load_rules` reads the configuration with its rules again, for a reload; it runs in a thread. Without `books`
        nothing is accounted.
        From here on files of this process are made for its user alone.
        """
        os.umask(PRIVATE_UMASK)
        lock = await asyncio.to_thread(DirectoryLock, plan.store.directory)
        clock = clock or SystemClock()
        watch = Watch(plan, rulebook or Rulebook(), clock, Random(), load_rules)
        gateway = cls(plan, config_findings, clock, lock, watch, books)
        try:
            await gateway._open(observers)
        except BaseException:
            await gateway.close()
            raise
        return gateway

    async def _open(self, observers: Sequence[Observer]) -> None:
        store = self.plan.store
        await asyncio.to_thread(shutil.rmtree, self.exports, ignore_errors=True)
        self._state = await State.open(store.directory, self.clock, durability=store.durability)
        self._exit.push_async_callback(self._state.close)
        self._outbox = await Outbox.open(store, self.clock)
        self._exit.push_async_callback(self._outbox.close)
        self._dead_letters = DeadLetters(store.directory, self.clock)
        self._exit.callback(self._dead_letters.close)
        self._committer = Committer(self._outbox, self.clock, interval_s=store.commit_interval_s)
        self._committer.add_listener(self._wake_forwarders)
        accounting = self._accounting
        await accounting.open(self._exit, self.clock, self._outbox, lambda: self.history)
        self.ledger, self.jobs, self.energy = accounting.ledger, accounting.jobs, accounting.energy
        await self._open_sinks()
        ids = await self._assign_ids()
        await self.watch.open(self._state, ids)
        connectivity = self.connectivity = ConnectivityKeeper(self.plan, self.snapshot, self._state, self.clock)
        watchers = (*observers, connectivity.observe, self.watch.alarms.observe)
        self._intake = PipelineIntake(
            self.snapshot, self._outbox, self._committer, ids, watchers, (connectivity.fault,)
        )
        self.watch.connect(self._intake, self._outbox, self._vitals)
        for block in self.energy.points.blocks:
            self._intake.register(block)
        self._accounting.connect(ids, self._outbox, self._intake.accept)
        self._committer.add_listener(self.watch.on_durable)
        self._committer.add_listener(self._accounting.on_durable)
        await self._open_sources()
        await connectivity.load()

    async def _open_sinks(self) -> None:
        streams = self._accounting.streams
        await self._outbox.register([*(sink.name for sink in self.plan.sinks), *streams], streams)
        for plan in self.plan.sinks:
            sink = await asyncio.to_thread(build_sink, plan, self.plan.store.directory, self.clock)
            self._sinks[plan.name] = sink
            self._exit.push_async_callback(sink.close)
            gather_s = getattr(sink, "gather_s", 0.0)
            forwarder = Forwarder(sink, self._outbox, self._dead_letters, self.clock, self._random, gather_s=gather_s)
            self._add_forwarder(forwarder, plan.driver)
        if streams:
            deliver = self._accounting.forwarder(self._outbox, self._dead_letters, self.clock, self._random)
            self._add_forwarder(deliver, ENERGY)

    def _add_forwarder(self, forwarder: Forwarder, driver: str) -> None:
        name = forwarder.sink.name
        self._forwarders[name] = forwarder
        supervisor = Supervisor(f"sink {name}", forwarder.run, self.clock, self._random)
        self._deliveries.append((forwarder, supervisor, driver))

    async def _assign_ids(self) -> dict[str, int]:
        """The integer ids of all points; remembers which points each device has."""
        wanted: dict[str, str | None] = dict.fromkeys([*self.watch.tags(), *self._accounting.tags])
        former_ids = {new: old for old, new in self.plan.renamed_devices}
        for connection in self.plan.connections:
            for device in connection.devices:
                points = {point.name: point for group in device.groups for point in group.points}
                self._points[device.device.id] = points
                tags = {f"{device.device.id}.{name}": point for name, point in points.items()}
                self.tags_by_device[device.device.id] = dict.fromkeys(tags)
                former_id = former_ids.get(device.device.id, device.device.id)
                for tag, point in tags.items():
                    former = f"{former_id}.{point.renamed_from or point.name}"
                    wanted[tag] = former if former != tag else None
                    self._accounting.renamed |= {former: tag} if former != tag else {}
        wanted.update(dict.fromkeys(self._note_watched_points()))
        return await self._state.ids_for(wanted)

    def _note_watched_points(self) -> list[str]:
        """Let the devices have the points that the watch and the energy account compute; their tags."""
        tags = []
        for device, points in (*self.watch.points().items(), *self.energy.points.points().items()):
            self._points[device] = {**self._points.get(device, {}), **points}
            own = [f"{device}.{name}" for name in points]
            self.tags_by_device.setdefault(device, {}).update(dict.fromkeys(own))
            tags += own
        return tags

    async def _open_sources(self) -> None:
        for source in await asyncio.to_thread(build_sources, self.plan.connections, self.clock):
            self._sources[source.name] = source
            supervisor = Supervisor(source.name, partial(source.run, self._intake), self.clock, self._random)
            self._supervisors[source.name] = supervisor
            self._intake.add_supervisor(source.name, supervisor)
            for block in source.blocks:
                self._outbox.prepare(self._intake.register(block).stored_blocks)
                self.connectivity.register(block)
            self._committer.add_listener(source.on_durable)

    def _wake_forwarders(self, _: int) -> None:
        for forwarder in self._forwarders.values():
            forwarder.wake()

    # -- running ------------------------------------------------------------------------------------------------------

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop` is set, then stop in order, with everything accepted committed."""
        gc.collect()
        gc.freeze()  # what the configuration made lives as long as the process: a full collection would hold the loop
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        log.info("running site=%s devices=%d sinks=%d", self.plan.site.id, len(self.plan.devices), len(self._sinks))
        settle = asyncio.get_running_loop().call_later(SETTLED_S, _keep_from_collector)
        async with asyncio.TaskGroup() as group:
            keep = [
                group.create_task(Supervisor(name, run, self.clock, self._random).supervise())
                for name, run in (
                    ("commit", self._committer.run),
                    ("state", self._state.run),
                    ("connectivity", self.connectivity.run),
                    ("ledger", self.ledger.run),
                    ("energy", self.energy.run),
                    *self.watch.activities(),
                )
            ]
            forward = [group.create_task(supervisor.supervise()) for _, supervisor, _ in self._deliveries]
            sources = [group.create_task(supervisor.supervise()) for supervisor in self._supervisors.values()]
            await stop.wait()
            settle.cancel()
            self.watch.look_away()
            self.connectivity.look_away()
            await cancel(sources, SOURCES_STOP_S)
            await cancel([*keep, *forward], SOURCES_STOP_S)
            await self._finish()
        log.info("stopped site=%s", self.plan.site.id)

    async def _finish(self) -> None:
        """The last commit, and what can still be delivered in a short time."""
        await attempt([self.watch.close(), self.connectivity.flush()])
        await attempt([self._last_commit()])
        await attempt([forwarder.finish(FORWARD_STOP_S) for forwarder in self._forwarders.values()])

    async def _last_commit(self) -> None:
        try:
            async with asyncio.timeout(COMMIT_STOP_S):
                await self._committer.commit()
        except TimeoutError:
            log.warning("stopping_uncommitted reason=the disk does not answer within %g s", COMMIT_STOP_S)

    async def close(self) -> None:
        """Close sinks and stores, and let the data directory go."""
        try:
            await self._exit.aclose()
        finally:
            self._lock.release()
            gc.unfreeze()  # foreign libraries complain at exit about what was kept from the collector

    # -- what the API asks --------------------------------------------------------------------------------------------

    @property
    def history(self) -> History | None:
        """The query side of the local history; `None` where the configuration has none."""
        return next((sink.reader for sink in self._sinks.values() if hasattr(sink, "reader")), None)

    @property
    def counts(self) -> Counts:
        """What happened in the pipeline, by kind."""
        return self._intake.counts + Counts(late=self.snapshot.late, trace_frames_lost=self.taps.lost)

    @property
    def taps(self) -> Taps:
        """Who watches which device's frames."""
        return self._intake.taps

    @property
    def installation_id(self) -> str:
        """Made once per installation; survives everything but the loss of the disk."""
        return self._state.installation_id

    @property
    def alarms(self) -> AlarmKeeper:
        """The alarms of the park."""
        return self.watch.alarms

    async def reload_rules(self) -> Json:
        """Read the rules again and go on with them; what changed. Raises ConfigErrors: then the old ones stay."""
        changed = await self.watch.reload(lambda: self.snapshot.fresh(self.clock.time_ns()))
        self._note_watched_points()
        return changed

    def _vitals(self) -> Vitals:
        """What the gateway's own health is made of."""
        state, accounts = self._outbox.state, [self._outbox.account(name) for name in self._sinks]
        oldest = [account.oldest_ns for account in accounts if account.oldest_ns is not None]
        return Vitals(
            oldest_ns=min(oldest, default=None),
            outbox_bytes=state.used_bytes,
            sinks_up={sink["name"]: sink["error"] is None for sink in self.sink_states()},
            quarantined=sum(account.quarantined for account in accounts),
            dropped=sum(sum(account.dropped.values()) for account in accounts),
            silent=report.silent_by_connection(self.plan.connections, self.snapshot, self.clock.time_ns()),
            channels_failing=self.watch.notifier.failing,
        )

    def points_of(self, device: Device) -> Mapping[str, Point]:
        """The device's points by name; none where it is not connected."""
        return self._points.get(device.id, {})

    async def probe(self, device: Device, points: Sequence[str]) -> list[Exchange]:
        """One real exchange with a device. Raises Rejected for what it does not have, Unavailable."""
        if device.connection not in self._sources:
            raise Rejected(
                f"device `{device.id}` is known but has no connection", "give it a `connection:` in park.yaml"
            )
        for name in points:
            if name not in self.points_of(device):
                raise Rejected(
                    f"device `{device.id}` has no point `{name}`", "GET /api/v1/devices/{id} lists its points"
                )
        return await self._sources[device.connection].probe(device.id, points)

    async def audit(self, who: str, role: str, origin: str, action: str, target: str, result: str = "asked") -> None:
        """Put down who did what before it is done, or what became of it. Raises Unavailable where that cannot be
        stored."""
        request_id = f"{self._random.getrandbits(64):016x}"
        await self._state.audit(
            who=who, role=role, origin=origin, action=action, target=target, result=result, request_id=request_id
        )

    def source_states(self) -> list[Json]:
        """Every connection: state, last error, counters."""
        return [
            report.source_state(self._sources[c.name], self._supervisors[c.name], c, self.clock)
            for c in self.plan.connections
        ]

    def sink_states(self) -> list[Json]:
        """Every sink: state, last error, account."""
        return [
            report.sink_state(forwarder, supervisor, self._outbox, driver, self.clock)
            for forwarder, supervisor, driver in self._deliveries
        ]

    def outbox_state(self) -> Json:
        """The outbox's sizes and findings."""
        return report.outbox_state(self._outbox, self._committer, self._sinks, self.plan.store.outbox_max_bytes)

    @property
    def storage(self) -> str:
        """Whether samples are kept at the moment: `ok`, `full` (the oldest are dropped) or `failing`."""
        return self._outbox.storage.value

    def device_counts(self) -> dict[str, int]:
        """Devices by state."""
        return report.device_counts(self.plan.devices, self.snapshot, self.clock.time_ns())

    def findings(self) -> list[str]:
        """What a person should look at: configuration warnings, what the stores had to do."""
        found = [*self._config_findings, *self._state.findings, *self._outbox.findings, *self._dead_letters.findings]
        found += [*self.watch.findings, *self._accounting.findings]
        for part in (*self._sources.values(), *self._sinks.values()):
            found += getattr(part, "findings", [])
        return found

    def reasons_not_ready(self) -> list[str]:
        """Why samples cannot be taken in and kept at the moment; empty: ready."""
        full = ["so much waits to be stored that nothing more is taken in"] if self._outbox.is_full else []
        return [*self._outbox.troubles, *full]


def _keep_from_collector() -> None:
    """What lives by now lives on: a full collection that looks at all of it would hold the loop for 30 ms."""
    gc.collect(1)  # the young only, which takes no time
    gc.freeze()
