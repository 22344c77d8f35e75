"""Goes from one configuration to another while the gateway runs; what is the same in both is not touched.

  build what is new ─▶ end what goes ─▶ commit ─▶ [ swap: one turn of the loop ] ─▶ begin what comes
        └── a failure here changes nothing       └── before: nothing is known of the new; after: nothing of the old

What lives as long as the process - stores, committer, snapshot, jobs - stays. What is running is compared with what is
to run, so the same steps lead back where one of them fails.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from gateway.accounts.books import Books
from gateway.config.plan import ChannelPlan, ConnectionPlan, ParkPlan, SinkPlan
from gateway.core.clock import Clock
from gateway.core.errors import Unavailable
from gateway.core.notice import Notifier
from gateway.core.ports import Sink, Source
from gateway.pipeline.accounting import Accounting, account_tags, check_names, streams_of
from gateway.pipeline.commit import Committer
from gateway.pipeline.configuration import Configuration
from gateway.pipeline.connectivity import ConnectivityKeeper
from gateway.pipeline.deliveries import Deliveries
from gateway.pipeline.energy import NAME as ENERGY
from gateway.pipeline.intake import PipelineIntake
from gateway.pipeline.lines import Lines
from gateway.pipeline.owners import Owners
from gateway.pipeline.pointbook import PointBook, point_book
from gateway.pipeline.snapshot import Snapshot
from gateway.pipeline.watch import Watch, computed_points
from gateway.plugins import build_sources
from gateway.rulebook.health import gateway_device, park_device
from gateway.store.outbox import Outbox
from gateway.store.state import State

COMMIT_S = 5.0
log = logging.getLogger("gateway.reload")


@dataclass(frozen=True, slots=True)
class Target:
    """A configuration, and what each source is to be made from: the plan that it runs by where nothing touches it."""

    configuration: Configuration
    lines: Mapping[str, ConnectionPlan]
    loaded_ns: int
    pending: tuple[str, ...] = ()  # what only a restart takes in: `store.directory`

    @property
    def plan(self) -> ParkPlan:
        """The park."""
        return self.configuration.plan

    @property
    def books(self) -> Books:
        """What is accounted."""
        return self.configuration.books


@dataclass(frozen=True, slots=True)
class Running:
    """What a configuration wires together, and what it is wired to."""

    snapshot: Snapshot
    intake: PipelineIntake
    outbox: Outbox
    state: State
    committer: Committer
    watch: Watch
    connectivity: ConnectivityKeeper
    accounting: Accounting
    lines: Lines
    deliveries: Deliveries
    owners: Owners
    ids: dict[str, int]  # of points, by tag
    clock: Clock


@dataclass(slots=True)
class _Fresh:
    """What was built and does not run yet."""

    sources: list[tuple[ConnectionPlan, Source]] = field(default_factory=list)
    sinks: list[tuple[SinkPlan, Sink]] = field(default_factory=list)
    channels: list[tuple[ChannelPlan, Notifier]] = field(default_factory=list)

    async def close(self) -> None:
        """Let go of it."""
        for _, part in (*self.sinks, *self.channels):
            await part.close()  # type: ignore[attr-defined]
        self.sinks, self.channels = [], []


class Rewiring:
    """See the module. `adopt` is called in the turn of the loop in which everything changes."""

    def __init__(self, running: Running, adopt: Callable[[Target, PointBook], None]) -> None:
        self._running = running
        self._adopt = adopt

    async def go_to(self, target: Target, former: ParkPlan, *, is_return: bool = False) -> dict[str, int]:
        """Run by this configuration; samples that a sink that is gone has not got, by its name. `is_return`: what was
        renamed on the way to `former`, which was not reached, gets its name back.

        Raises ConfigError, Unavailable and whatever a driver raises; then it runs by neither.
        """
        check_names(target.plan)
        fresh = _Fresh()
        try:
            await self._build(target, fresh)
            ending = self._ending(target)
            given_up = await self._end(target, ending, fresh)
            points = self._points(target)
            if is_return:
                points.former.update(_undone(former, points))
            renamed = _renamed(target.plan, former, is_return=is_return)
            owners = self._running.owners
            owned = await (owners.take_back(renamed) if is_return else owners.put_down(target.plan, renamed))
            ids = await self._running.state.ids_for(points.wanted(self._other_tags(target)))
            if renamed:
                await self._running.connectivity.rename(renamed)
            self._running.owners.present = owned
            self._swap(target, ending, points, ids, fresh)
        except BaseException:
            await fresh.close()
            raise
        await self._begin(target)
        self._running.owners.reached()
        return given_up

    # -- what is other ------------------------------------------------------------------------------------------------

    def _ending(self, target: Target) -> list[str]:
        lines = self._running.lines
        return [name for name, plan in lines.plans.items() if target.lines.get(name) is not plan or name in lines.ended]

    def _starting(self, target: Target) -> list[ConnectionPlan]:
        """What is new or other, and what ended for a configuration that was not reached."""
        lines = self._running.lines
        return [plan for name, plan in target.lines.items() if lines.plans.get(name) is not plan or name in lines.ended]

    def _sinks(self, target: Target, *, is_open: bool) -> list[SinkPlan]:
        """The sinks that are to be opened: those that take the place of another one of that name, or new ones."""
        known = self._running.deliveries.plans
        return [one for one in target.plan.sinks if known.get(one.name) != one and (one.name in known) is is_open]

    # -- before the swap ----------------------------------------------------------------------------------------------

    async def _build(self, target: Target, fresh: _Fresh) -> None:
        """Everything that can be built beside what runs."""
        running = self._running
        starting = {plan.name: plan for plan in self._starting(target)}
        drivers = {plan.driver for plan in starting.values()}
        beside = [plan for plan in target.lines.values() if plan.driver in drivers]  # a driver judges them together
        for source in await asyncio.to_thread(build_sources, beside, running.clock):
            if source.name in starting:
                fresh.sources.append((starting[source.name], source))
        for sink in self._sinks(target, is_open=False):
            fresh.sinks.append((sink, await running.deliveries.build(sink)))
        known = running.watch.notifier.plans
        channels = [one for one in target.plan.channels if known.get(one.name) != one]
        fresh.channels += await running.watch.build_channels(channels)

    async def _end(self, target: Target, ending: Collection[str], fresh: _Fresh) -> dict[str, int]:
        """End what goes; what only then can be built."""
        running, deliveries = self._running, self._running.deliveries
        if ending:
            await self._commit()  # so that the least possible is sent again to sources that begin anew
            await running.lines.end(ending)
            await self._commit()
        wanted = {sink.name: sink for sink in target.plan.sinks}
        names = {*wanted, *streams_of(target.books)}
        reopened = self._sinks(target, is_open=True)
        gone = [name for name in deliveries.forwarders if name not in names]
        await deliveries.end([*gone, *(sink.name for sink in reopened)])
        given_up = {name: running.outbox.account(name).buffered for name in gone if name != ENERGY}
        for sink in reopened:
            fresh.sinks.append((sink, await deliveries.build(sink)))
        if target.books is not running.accounting.books and ENERGY in deliveries.forwarders:
            await deliveries.pause([ENERGY])
        known = {one.name: one for one in target.plan.channels}
        notifier = running.watch.notifier
        await notifier.end([name for name, plan in notifier.plans.items() if known.get(name) != plan])
        return {name: count for name, count in given_up.items() if count}

    async def _commit(self) -> None:
        async with asyncio.timeout(COMMIT_S):
            await self._running.committer.commit()

    def _other_tags(self, target: Target) -> list[str]:
        return [*self._running.watch.tags(), *account_tags(target.plan, target.books)]

    def _points(self, target: Target) -> PointBook:
        accounting, configuration = self._running.accounting, target.configuration
        balances = accounting.points_of(target.plan, target.books)
        return point_book(target.plan, computed_points(target.plan, configuration.rulebook), balances)

    # -- the swap -----------------------------------------------------------------------------------------------------

    def _swap(
        self, target: Target, ending: Collection[str], points: PointBook, ids: Mapping[str, int], fresh: _Fresh
    ) -> None:
        """Everything in one turn of the loop: whoever looks sees the configuration before, or this one."""
        running, plan, site = self._running, target.plan, target.plan.site
        running.ids.update(ids)
        running.lines.forget(ending)
        running.snapshot.change([*plan.devices, gateway_device(site), park_device(site)], points.points)
        self._swap_accounts(target, points)
        for line, source in fresh.sources:
            running.lines.add(line, source)
        running.connectivity.change(plan)
        self._adopt(target, points)
        channels, fresh.channels = fresh.channels, []
        running.watch.change(plan, target.configuration.rulebook, channels)
        sinks, fresh.sinks = fresh.sinks, []
        for sink_plan, sink in sinks:
            running.deliveries.add(sink_plan, sink)

    def _swap_accounts(self, target: Target, points: PointBook) -> None:
        running, accounting = self._running, self._running.accounting
        if not accounting.is_changed_by(target.plan, target.books):
            return
        running.intake.withdraw(accounting.energy.points.blocks)
        accounting.change(target.plan, target.books, running.ids, points.former)
        for block in accounting.energy.points.blocks:
            running.intake.register(block)

    # -- after the swap -----------------------------------------------------------------------------------------------

    async def _begin(self, target: Target) -> None:
        """Begin what comes."""
        running, deliveries = self._running, self._running.deliveries
        streams = streams_of(target.books)
        await running.outbox.register([*(sink.name for sink in target.plan.sinks), *streams], streams)
        if streams and ENERGY not in deliveries.forwarders:
            deliveries.add_energy(running.accounting.forwarder)
        deliveries.crew.start_added()
        running.lines.crew.start_added()
        running.snapshot.arrange()
        await running.watch.catch_up(running.snapshot.fresh(running.clock.time_ns()))
        with suppress(Unavailable):  # state.db says it itself; at the next start it is done
            await running.watch.notifier.settle()


def _renamed(plan: ParkPlan, former: ParkPlan, *, is_return: bool) -> list[tuple[str, str]]:
    """The devices (former id, id) that this step renames."""
    known, wanted = ({device.id for device in one.devices} for one in (former, plan))
    if is_return:
        return [(new, old) for old, new in former.renamed_devices if old in wanted and new not in wanted]
    return [(old, new) for old, new in plan.renamed_devices if old in known and new not in known]


def _undone(failed: ParkPlan, points: PointBook) -> dict[str, str]:
    """The tags that a configuration renamed which was not reached, back to those of `points`."""
    known = {tag for tags in points.tags.values() for tag in tags}
    renamed = point_book(failed).former.items()
    return {new: old for old, new in renamed if old in known and new not in known}
