"""Notifications: a sender for each channel, supervised, and what the API asks of them.

flush: one transaction [journal, notice_row] ─ wake ─▶ channel ─▶ provider
                                              └──────▶ channel ─▶ provider      each at its own pace
"""

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace
from datetime import tzinfo
from functools import partial
from random import Random
from typing import Any

from gateway.config.plan import ChannelPlan
from gateway.core.clock import Clock
from gateway.core.device import Site
from gateway.core.errors import Unavailable
from gateway.core.notice import Notifier
from gateway.core.notice_queue import RowState
from gateway.core.point import Names
from gateway.pipeline.notify_channel import ChannelSender
from gateway.pipeline.notify_compose import Setting
from gateway.pipeline.notify_delivery import SEND_TIMEOUT_S, OnSent
from gateway.pipeline.report import ms
from gateway.pipeline.stopping import attempt, cancel
from gateway.pipeline.supervise import Supervisor
from gateway.store import notice_queue as queue
from gateway.store.state import State
from rules.notices import text
from rules.notices.match import FactsOf
from rules.notices.spec import NoticePlan

NEWEST = 100
PRUNE_S = 3600.0
CHANNELS_STOP_S = 2.0
_SHOWN = {RowState.HELD: "muted"}

Json = dict[str, Any]
_LOG = logging.getLogger(__name__)


class Dispatcher:
    """All channels of one gateway. `run` sends; the API reads the rest."""

    def __init__(
        self,
        plan: NoticePlan,
        channels: Sequence[tuple[ChannelPlan, Notifier]],
        state: State,
        clock: Clock,
        random: Random,
        site: Site,
        zone: tzinfo,
        facts_of: FactsOf,
        on_sent: OnSent,
        *,
        timeout_s: float = SEND_TIMEOUT_S,
    ) -> None:
        """`zone` is the site's; `facts_of` says what the configuration knows of an alarm; `on_sent` is called on the
        loop after every message that was delivered or given up, heartbeats too, tests not."""
        self._setting = Setting(site, zone, plan, facts_of)
        self._state = state
        self._clock = clock
        self._random = random
        self._on_sent = on_sent
        self._timeout_s = timeout_s
        self._senders = {channel.name: self._sender(channel, notifier) for channel, notifier in channels}
        self._supervisors: dict[str, Supervisor] = {}
        self._group: asyncio.TaskGroup | None = None  # while it runs
        self._tasks: dict[str, asyncio.Task[None]] = {}

    def _sender(self, plan: ChannelPlan, notifier: Notifier) -> ChannelSender:
        around = self._setting, self._state, self._clock, self._random, self._on_sent
        return ChannelSender(plan, notifier, *around, timeout_s=self._timeout_s)

    async def run(self) -> None:
        """Send until cancelled. Raises Unavailable where state.db cannot be used at the start."""
        await self._end_strangers()
        try:
            async with asyncio.TaskGroup() as self._group:
                for sender in self._senders.values():
                    self._start(sender)
                while True:
                    await self._prune()
                    await self._clock.sleep(PRUNE_S)
        finally:
            self._group = None
            self._tasks.clear()

    def _start(self, sender: ChannelSender) -> None:
        if self._group is not None:
            self._tasks[sender.name] = self._group.create_task(self._supervised(sender).supervise())

    def _supervised(self, sender: ChannelSender) -> Supervisor:
        async def run() -> None:
            await sender.run(supervisor.is_well)

        supervisor = Supervisor(f"channel {sender.name}", run, self._clock, self._random)
        self._supervisors[sender.name] = supervisor
        return supervisor

    async def _end_strangers(self) -> None:
        count = await self._write(partial(queue.end_strangers, channels=list(self._senders)))
        if count:
            _LOG.warning("notifications_without_channel rows=%d", count)

    async def _prune(self) -> None:
        try:
            while await self._write(partial(queue.prune, now_ns=self._clock.time_ns())):
                pass  # some at a time, so that others get at the file in between
        except Unavailable as error:
            _LOG.debug("notifications_not_pruned reason=%s", error)

    async def _write(self, change: Callable[[sqlite3.Connection], int]) -> int:
        def store(db: sqlite3.Connection) -> int:
            with self._state.write(db):
                return change(db)

        return await self._state.do(store)

    def wake(self) -> None:
        """Rows were put into the queue."""
        for sender in self._senders.values():
            sender.wake()

    # -- another configuration ----------------------------------------------------------------------------------------

    @property
    def plans(self) -> dict[str, ChannelPlan]:
        """What the channels were made from, by name."""
        return {name: sender.plan for name, sender in self._senders.items()}

    async def end(self, channels: Collection[str]) -> None:
        """Let these channels go. What they have not sent waits in the queue."""
        leaving = [self._senders.pop(name) for name in channels]
        await cancel([self._tasks.pop(name) for name in channels if name in self._tasks], CHANNELS_STOP_S)
        await attempt([sender.close() for sender in leaving])
        for name in channels:
            self._supervisors.pop(name, None)

    def reload(
        self,
        plan: NoticePlan,
        facts_of: FactsOf,
        site: Site | None = None,
        channels: Iterable[tuple[ChannelPlan, Notifier]] = (),
    ) -> None:
        """Go on with other routes, and with these channels too."""
        self._setting = replace(self._setting, plan=plan, facts_of=facts_of, site=site or self._setting.site)
        for sender in self._senders.values():
            sender.set_plan(self._setting)
        for channel, notifier in channels:
            sender = self._senders[channel.name] = self._sender(channel, notifier)
            self._start(sender)

    async def settle(self) -> None:
        """After a reload: what waited for channels that are gone is ended, and counted. Raises Unavailable."""
        await self._end_strangers()

    async def close(self) -> None:
        """Let go of the notifiers. What was not sent waits in the queue for the next start."""
        for sender in self._senders.values():
            await sender.close()

    # -- what the API asks --------------------------------------------------------------------------------------------

    @property
    def channels(self) -> list[str]:
        """Their names."""
        return list(self._senders)

    async def test(self, channel: str) -> str:
        """Send a test message; the provider's own answer. Raises KeyError for an unknown channel, and what the
        provider says: Unavailable, Rejected."""
        return await self._senders[channel].test()

    def states(self) -> list[Json]:
        """Every channel: state, last error, how much waits, what was sent."""
        return [self._state_of(sender) for sender in self._senders.values()]

    def _state_of(self, sender: ChannelSender) -> Json:
        status, record = sender.delivery.status, sender.delivery.record
        health = self._supervisors[sender.name].health if sender.name in self._supervisors else None
        fault = (health and health.error) or ""
        return {
            "name": sender.name,
            "driver": sender.plan.driver,
            "state": "failing" if fault else status.state,
            "error": fault or status.error,
            "hint": (health.hint if health and fault else "") or status.hint,
            "queued": sender.queued,
            "sent": record.counts.get("sent", 0),
            "failed": record.counts.get("failed", 0),
            "expired": record.counts.get("expired", 0),
            "last_sent_ms": ms(record.sent_ns),
            "last_answer": record.answer,
        }

    async def newest(self, enterprise: str | None = None) -> list[Json]:
        """The newest messages, and rows that are in none; `enterprise`: only of this one. Raises Unavailable."""
        return [_listed(one) for one in await self._state.do(lambda db: queue.newest(db, NEWEST, enterprise))]

    @property
    def failing(self) -> int:
        """Channels that do not deliver at the moment."""
        return sum(state["state"] != "ok" for state in self.states())

    @property
    def findings(self) -> list[str]:
        """What a person should look at."""
        return [finding for sender in self._senders.values() for finding in sender.delivery.findings.all()]


def _listed(one: queue.Listed) -> Json:
    title = one.notice.title if one.notice else Names(one.alarm, one.alarm)
    if one.event is not None:
        message = one.event.message
        title = Names(text.clean(message.en or one.alarm, 200), text.clean(message.zh or message.en or one.alarm, 200))
    return {
        "id": one.id,
        "channel": one.channel,
        "route": one.route,
        "state": _SHOWN.get(one.state, one.state.value),
        "title": title.both(),
        "queued_ms": ms(one.queued_ns),
        "sent_ms": ms(one.sent_ns),
        "attempts": one.attempts,
        "answer": one.answer,
    }
