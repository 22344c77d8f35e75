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
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Self

from gateway.accounts.books import Books
from gateway.accounts.held import dated
from gateway.backup.keeper import Backups
from gateway.config.plan import ParkPlan
from gateway.config.problems import Finding
from gateway.core.clock import Clock, SystemClock
from gateway.core.jobs import Jobs
from gateway.identity.service import Identities
from gateway.pipeline.accounting import Accounting, account_tags, streams_of
from gateway.pipeline.answers import Answers
from gateway.pipeline.audit import AuditKeeper
from gateway.pipeline.backup import open_backups
from gateway.pipeline.commit import Committer
from gateway.pipeline.configuration import Configuration, plain_configuration
from gateway.pipeline.connectivity import ConnectivityKeeper
from gateway.pipeline.deliveries import Deliveries
from gateway.pipeline.energy import EnergyKeeper
from gateway.pipeline.intake import Observer, PipelineIntake
from gateway.pipeline.lineload import LineLoads
from gateway.pipeline.lines import Lines
from gateway.pipeline.logtail import LogTail
from gateway.pipeline.owners import Owners
from gateway.pipeline.pointbook import PointBook, point_book
from gateway.pipeline.reload import Read, Reloader, present_target
from gateway.pipeline.rewiring import Rewiring, Running, Target
from gateway.pipeline.snapshot import Snapshot
from gateway.pipeline.stopping import attempt, cancel
from gateway.pipeline.supervise import Supervisor
from gateway.pipeline.watch import Watch, computed_points
from gateway.rulebook import Rulebook
from gateway.store.deadletter import DeadLetters
from gateway.store.ledger import Ledger
from gateway.store.lock import DirectoryLock
from gateway.store.outbox import Outbox
from gateway.store.state import State

if TYPE_CHECKING:
    from gateway.identity.certificate import Certificate  # cryptography is imported only where there is TLS

log = logging.getLogger("gateway.engine")

SWITCH_INTERVAL_S = 0.0005  # worker threads give the loop its turn back sooner (knowledge of CPython: default 5 ms)
SETTLED_S = 20.0  # by then what is imported on use was used, and every connection stands
KEEP_STOP_S = 2.0
COMMIT_STOP_S = 2.0
PRIVATE_UMASK = 0o077  # whatever is stored is this user's alone: samples of tenants, refused lines, the audit


class Gateway(Answers):
    """One running gateway. Made by `open`; the API and the command line read it."""

    def __init__(
        self, configuration: Configuration, clock: Clock, lock: DirectoryLock, watch: Watch, read: Read | None
    ) -> None:
        plan = configuration.plan
        self.plan = plan
        self.watch = watch
        self.clock = clock
        self.started_ns = clock.time_ns()
        self.exports = plan.store.directory / "exports"  # files on their way to who asked; emptied at the start
        self.snapshot = Snapshot([*plan.devices, *watch.devices], clock)
        self._accounting = Accounting(plan, configuration.books)
        self.books = configuration.books
        self.ledger: Ledger
        self.jobs: Jobs
        self.energy: EnergyKeeper
        self.certificate: Certificate | None = None  # of the page, where it has TLS
        self.config_path: Path | None = None  # park.yaml; None: there is no file that could be changed
        self.reloader: Reloader
        self._configuration = configuration
        self._read = read
        self._lock = lock
        self._exit = AsyncExitStack()
        self._random = Random()
        self._outbox: Outbox
        self._state: State
        self.audit: AuditKeeper
        self.backups: Backups
        self.identities: Identities
        self.connectivity: ConnectivityKeeper
        self.loads: LineLoads
        self.owners: Owners
        self.log = LogTail()
        self._dead_letters: DeadLetters
        self._committer: Committer
        self._intake: PipelineIntake
        self._lines: Lines
        self._deliveries: Deliveries
        self._points = PointBook()
        self._on_reload: list[Callable[[], None]] = []

    @classmethod
    async def open(
        cls,
        plan: ParkPlan,
        clock: Clock | None = None,
        observers: Sequence[Observer] = (),
        *,
        rulebook: Rulebook | None = None,
        books: Books | None = None,
        findings: Sequence[Finding] = (),
    ) -> Self:
        """A gateway that is ready to run by a plan that no file says. Without `books` nothing is accounted.

        Raises ConfigError where the data directory cannot be used.
        """
        return await cls.open_configuration(plain_configuration(plan, rulebook, books, findings), clock, observers)

    @classmethod
    async def open_configuration(
        cls,
        configuration: Configuration,
        clock: Clock | None = None,
        observers: Sequence[Observer] = (),
        *,
        read: Read | None = None,
    ) -> Self:
        """A gateway that is ready to run. Raises ConfigError where the data directory cannot be used.

        `read` reads the configuration again, for a reload; it runs in a thread.
        From here on files of this process are made for its user alone.
        """
        os.umask(PRIVATE_UMASK)
        lock = await asyncio.to_thread(DirectoryLock, configuration.plan.store.directory)
        clock = clock or SystemClock()
        watch = Watch(configuration.plan, configuration.rulebook, clock, Random())
        gateway = cls(configuration, clock, lock, watch, read)
        try:
            await gateway._open(observers)
        except BaseException:
            await gateway.close()
            raise
        return gateway

    async def _open(self, observers: Sequence[Observer]) -> None:
        self._exit.enter_context(self.log.attached())
        await asyncio.to_thread(shutil.rmtree, self.exports, ignore_errors=True)
        await self._open_stores()
        await self._open_ledger()
        await self._open_sinks()
        stores = (self._outbox, self.ledger, self._state)
        self.backups = await open_backups(
            lambda: self.plan, stores, self._deliveries.sinks, self.exports, self.audit, self.clock
        )
        self.owners = Owners(self._state, self.clock)
        self.owners.present = await self.owners.put_down(self.plan, self.plan.renamed_devices)
        self.owners.reached()
        self.books = dated(self.books, self.owners.present)
        ids = await self._assign_ids()
        await self.watch.open(self._state, ids)
        self._open_intake(observers, ids)
        await self._open_lines()
        self.reloader = self._make_reloader(ids)

    async def _open_stores(self) -> None:
        store = self.plan.store
        self._state = await State.open(store.directory, self.clock, durability=store.durability)
        self._exit.push_async_callback(self._state.close)
        self.identities = await Identities.open(self._state, self.clock, lambda: self.plan, store.directory)
        await self.identities.begin()
        self._outbox = await Outbox.open(store, self.clock)
        self._exit.push_async_callback(self._outbox.close)
        self._dead_letters = DeadLetters(store.directory, self.clock)
        self._exit.callback(self._dead_letters.close)
        self._committer = Committer(self._outbox, self.clock, interval_s=store.commit_interval_s)

    async def _open_ledger(self) -> None:
        accounting = self._accounting
        await accounting.open(self._exit, self.clock, self._outbox, lambda: self.history)
        self.ledger, self.jobs, self.energy = accounting.ledger, accounting.jobs, accounting.energy
        self.audit = AuditKeeper(self._state, self.clock, self._random, limit_bytes=self.plan.store.audit_max_bytes)
        await self.audit.open(self.ledger)

    async def _open_sinks(self) -> None:
        deliveries = self._deliveries = Deliveries(
            self._outbox, self._dead_letters, self.plan.store.directory, self.clock, self._random
        )
        self._exit.push_async_callback(deliveries.close)
        self._committer.add_listener(deliveries.wake)
        streams = streams_of(self.books)
        await self._outbox.register([*(sink.name for sink in self.plan.sinks), *streams], streams)
        await deliveries.open(self.plan.sinks)
        if streams:
            deliveries.add_energy(self._accounting.forwarder)

    def _open_intake(self, observers: Sequence[Observer], ids: dict[str, int]) -> None:
        connectivity = self.connectivity = ConnectivityKeeper(self.plan, self.snapshot, self._state, self.clock)
        watchers = (*observers, connectivity.observe, self.watch.alarms.observe)
        self._intake = PipelineIntake(
            self.snapshot, self._outbox, self._committer, ids, watchers, (connectivity.fault,)
        )
        self.watch.connect(self._intake, self._outbox, self._vitals)
        self._accounting.connect(ids, self._outbox, self._intake.accept)
        for block in self.energy.points.blocks:
            self._intake.register(block)
        self._committer.add_listener(self.watch.on_durable)
        self._committer.add_listener(self._accounting.on_durable)

    async def _open_lines(self) -> None:
        self._lines = Lines(self._intake, self._outbox, self.connectivity, self.clock, self._random)
        sources = self._lines.sources
        self.loads = LineLoads(
            self.snapshot.devices, lambda: {name: one.counts for name, one in sources.items()}, self.clock
        )
        await self._lines.open(self.plan.connections)
        self._committer.add_listener(self._lines.on_durable)
        await self.connectivity.load()
        self.connectivity.book.listener = self.loads.heard

    async def _assign_ids(self) -> dict[str, int]:
        """The integer ids of all points; remembers which points each device has."""
        computed = computed_points(self.plan, self._configuration.rulebook)
        self._points = point_book(self.plan, computed, self.energy.points.points())
        self._accounting.renamed |= self._points.former
        others = [*self.watch.tags(), *account_tags(self.plan, self.books)]
        return await self._state.ids_for(self._points.wanted(others))

    # -- another configuration ----------------------------------------------------------------------------------------

    def _make_reloader(self, ids: dict[str, int]) -> Reloader:
        running = Running(
            self.snapshot,
            self._intake,
            self._outbox,
            self._state,
            self._committer,
            self.watch,
            self.connectivity,
            self._accounting,
            self._lines,
            self._deliveries,
            self.owners,
            ids,
            self.clock,
        )
        present = present_target(self._configuration, self.clock.time_ns())
        return Reloader(present, running, Rewiring(running, self._adopt), self._read)

    def _adopt(self, target: Target, points: PointBook) -> None:
        """In the turn of the loop in which everything changes."""
        self.plan, self._points = target.plan, points
        self.books = dated(target.books, self.owners.present)
        self._configuration = target.configuration
        for listener in self._on_reload:
            listener()
        asyncio.get_running_loop().call_later(SETTLED_S, _keep_from_collector)

    def on_reload(self, listener: Callable[[], None]) -> None:
        """Have `listener` called on the loop when another configuration is taken in."""
        self._on_reload.append(listener)

    # -- running ------------------------------------------------------------------------------------------------------

    async def run(self, stop: asyncio.Event) -> None:
        """Run until `stop` is set, then stop in order, with everything accepted committed."""
        gc.collect()
        gc.freeze()  # what the configuration made lives as long as the process: a full collection would hold the loop
        sys.setswitchinterval(SWITCH_INTERVAL_S)
        log.info("running site=%s devices=%d sinks=%d", self.plan.site.id, len(self.plan.devices), len(self.plan.sinks))
        settle = asyncio.get_running_loop().call_later(SETTLED_S, _keep_from_collector)
        async with asyncio.TaskGroup() as group:
            keep = [
                group.create_task(Supervisor(name, run, self.clock, self._random).supervise())
                for name, run in (
                    ("commit", self._committer.run),
                    ("state", self._state.run),
                    ("connectivity", self.connectivity.run),
                    ("ledger", self.ledger.run),
                    ("audit", self.audit.run),
                    ("backup", self.backups.run),
                    ("energy", self.energy.run),
                    *self.watch.activities(),
                )
            ]
            self._deliveries.crew.start(group)
            self._lines.crew.start(group)
            await stop.wait()
            settle.cancel()
            self.reloader.stop()
            self.watch.look_away()
            self.connectivity.look_away()
            await self._lines.crew.stop()
            await asyncio.gather(cancel(keep, KEEP_STOP_S), self._deliveries.crew.stop())
            await self._finish()
        log.info("stopped site=%s", self.plan.site.id)

    async def _finish(self) -> None:
        """The last commit, and what can still be delivered in a short time."""
        await attempt([self.watch.close(), self.connectivity.flush()])
        await attempt([self._last_commit()])
        await self._deliveries.finish()
        await self.jobs.close()  # whoever waits for a report is told so now: the servers would cancel it

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

    def certify(self, certificate: "Certificate") -> None:
        """The page has this certificate from now on."""
        self.certificate = certificate


def _keep_from_collector() -> None:
    """What lives by now lives on: a full collection that looks at all of it would hold the loop for 30 ms."""
    gc.collect(1)  # the young only, which takes no time
    gc.freeze()
