"""One channel's sender: reads its rows, judges its groups, freezes the next message, has it delivered.

  read ─▶ judge ─▶ choose ─▶ freeze (rows, message: one transaction) ─▶ line ─▶ send ─▶ mark
                                  └── killed here: the same message, with the same id, is sent again

Its trouble is its own: a channel that hangs or fails holds up no other.
"""

import asyncio
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import TypedDict

from gateway.config.plan import ChannelPlan
from gateway.core.alarm import Priority
from gateway.core.clock import Clock
from gateway.core.errors import Unavailable
from gateway.core.notice import Notice, NoticeKind, Notifier
from gateway.core.notice_queue import Pending, Standing, Told
from gateway.core.point import Names
from gateway.pipeline.notify_book import Book
from gateway.pipeline.notify_compose import Setting, change_of, draft, enterprise_of, notice_of
from gateway.pipeline.notify_delivery import Delivery, OnSent, Times, sound
from gateway.pipeline.notify_line import Flight
from gateway.pipeline.notify_outlook import Outlooks
from gateway.pipeline.wake import Wake
from gateway.store import notice_queue as queue
from gateway.store.state import State
from rules.notices import text
from rules.notices.choose import DIGEST_PAUSE_NS, Candidate, Choice, choose, told_elsewhere
from rules.notices.judge import EXPIRES_AFTER_NS, Group, Judgement, earliest_ns, judge
from rules.notices.spec import SECOND, Heartbeat, Matcher, Route

IDLE_S = 60.0
_SLICE = 100  # groups that are judged before others have the loop
_ROWS = 2_000  # rows that are loaded before others have it; a larger group is judged in a thread


class ChannelSender:
    """Everything that is sent through one channel."""

    def __init__(
        self,
        plan: ChannelPlan,
        notifier: Notifier,
        setting: Setting,
        state: State,
        clock: Clock,
        random: Random,
        on_sent: OnSent,
        *,
        timeout_s: float,
    ) -> None:
        self.plan = plan
        self.delivery = Delivery(plan, notifier, state, clock, random, on_sent, timeout_s=timeout_s)
        self._notifier = notifier
        self._setting = setting
        self._state = state
        self._clock = clock
        self._times = Times(clock)
        self._random = random
        self._wake = Wake(clock)
        self._book = Book()
        self._heartbeat_ns: int | None = None  # steady: the last
        self._pause_ns: int | None = None  # steady: until then only what is urgent
        self._is_replanned = False  # every group is to be judged anew

    @property
    def name(self) -> str:
        """The channel."""
        return self.plan.name

    @property
    def queued(self) -> int:
        """Rows that wait, and messages that are on their way."""
        return self._book.waiting + len(self.delivery.line)

    def wake(self) -> None:
        """There is something new in the queue."""
        self._wake.set()

    def set_plan(self, setting: Setting) -> None:
        """Other routes from now on."""
        self._setting = setting
        self._is_replanned = True
        self._wake.set()

    async def run(self, on_well: Callable[[], None] = lambda: None) -> None:
        """Send until cancelled. Handles what notifiers raise; raises Unavailable where state.db cannot be used."""
        await self._load()
        while True:
            on_well()
            await self._step()

    async def test(self) -> str:
        """Send a test message now; the provider's own answer. Raises Unavailable, Rejected."""
        bucket, now_ns = self.delivery.bucket, self._times.now_ns()
        wait_s = (bucket.next_ns(now_ns) - now_ns) / SECOND
        if wait_s > 0:
            count, period_s = self.delivery.rate
            message = f"channel `{self.name}` has sent all that it may: {count} messages in {period_s:g} s"
            raise Unavailable(message, f"try again in {wait_s:.0f} s", retry_after_s=wait_s)
        bucket.take(now_ns)
        notice = self._notice(NoticeKind.TEST, text.trial(self._setting.site, self.name))
        return sound(await self.delivery.call(notice))

    async def close(self) -> None:
        """Let go of the notifier."""
        await self._notifier.close()

    # -- the queue ----------------------------------------------------------------------------------------------------

    async def _load(self) -> None:
        """Everything as a former run, or this one before an error, left it."""
        saved, (standings, newest) = await self._state.do(
            lambda db: (queue.load(db, self.name), queue.read_standings(db, 0))
        )
        times, book = self._times, Book()
        book.newest_row = saved.newest
        book.stand(standings, newest)
        for number, row in enumerate(saved.rows, 1):
            row.ready_ns = times.steady_ns(row.since_ns) + row.after_ns
            book.put(row)
            if number % _ROWS == 0:
                await asyncio.sleep(0)
        for group, told in saved.told:
            book.tell(group, told)
        for group, sent_ns in saved.groups.items():
            book.sent(group, times.steady_ns(sent_ns))
        book.schedule_all(times.now_ns())
        self._book = book
        self._heartbeat_ns = times.since(saved.record.heartbeat_ns)
        digest_ns = times.since(saved.record.digest_ns)
        self._pause_ns = None if digest_ns is None else digest_ns + DIGEST_PAUSE_NS
        self.delivery.load(saved.record)
        for message in saved.sending:
            self._launch(message, is_paid=False)

    async def _read(self) -> None:
        """What has come since the last time."""
        book = self._book
        (rows, newest_row), (standings, newest_alarm) = await self._state.do(
            lambda db: (queue.read(db, self.name, book.newest_row), queue.read_standings(db, book.newest_alarm))
        )
        if newest_row < book.newest_row or newest_alarm < book.newest_alarm:
            await self._load()  # the file was replaced by its copy
            return
        book.newest_row = newest_row
        book.stand(standings, newest_alarm)
        now_ns = self._times.now_ns()
        for row in rows:
            row.ready_ns = now_ns + row.after_ns
            group = book.put(row)
            book.schedule(group.id, earliest_ns(group, self._route(row.route), row))

    def _route(self, name: str) -> Route:
        """By name; one that is no longer configured sends what it has and nothing more."""
        found = (route for route in self._setting.plan.routes if route.name == name)
        return next(found, Route(name, Matcher(), (self.name,), repeat_interval_ns=0))

    # -- one message --------------------------------------------------------------------------------------------------

    async def _step(self) -> None:
        """Send one message, or wait for something to do."""
        await self._read()
        if self._is_replanned:
            self._is_replanned = False
            self._book.schedule_all(self._times.now_ns())
        line, now_ns = self.delivery.line, self._times.now_ns()
        free_ns = self.delivery.bucket.next_ns(now_ns)
        if line.current is not None:
            wait_ns = line.next_ns - now_ns if line.is_beginning else 0
            await self._pause(wait_ns / SECOND if wait_ns > 0 else await self.delivery.send(line.current))
        elif line.ahead and not line.is_full and free_ns > now_ns:
            await self._pause((free_ns - now_ns) / SECOND)  # the next token is for a message that has not failed
        elif free_ns <= now_ns and not line.is_full and (await self._beat(now_ns) or await self._freeze_next(now_ns)):
            pass
        elif line.ahead:
            line.begin()
        elif line.behind and line.behind[0].next_ns <= now_ns and line.next_ns <= now_ns:
            await self._pause(await self.delivery.send(line.behind[0]))
        else:
            await self._wake.wait(self._rest_s(free_ns))

    async def _pause(self, wait_s: float) -> None:
        """Wait, and read what comes meanwhile."""
        until_s = self._clock.monotonic() + wait_s
        while (left_s := until_s - self._clock.monotonic()) > 0:
            if await self._wake.wait(left_s):
                await self._read()

    def _rest_s(self, free_ns: int) -> float:
        """Until something may be due."""
        now_ns = self._times.now_ns()
        ends = [now_ns + int(IDLE_S * SECOND)]
        if self._book.next_ns is not None:
            ends.append(max(self._book.next_ns, free_ns))
        ends += [max(one.next_ns, self.delivery.line.next_ns) for one in self.delivery.line.behind[:1]]
        if (heartbeat := self._heartbeat()) is not None:
            ends.append(max(self._next_beat_ns(heartbeat), free_ns))
        return max(0.0, (min(ends) - now_ns) / SECOND)

    async def _freeze_next(self, now_ns: int) -> bool:
        """Choose the next message and put it down. False: nothing is due."""
        due = await self._judge(now_ns)
        is_pausing = self._pause_ns is not None and now_ns < self._pause_ns
        choice = choose([one for _, one in due], self.delivery.bucket.free(now_ns), is_pausing=is_pausing)
        chosen = {one.group.id for one in choice.candidates} if choice else set()
        for at_ns, one in due:
            if one.group.id not in chosen:
                self._book.schedule(one.group.id, self._pause_ns if is_pausing else at_ns)
        if choice is None:
            return False
        await self._freeze(choice, now_ns)
        return True

    async def _judge(self, now_ns: int) -> list[tuple[int, Candidate]]:
        """The groups whose message is due, with the time since when. What becomes of other rows is put down."""
        underway = self.delivery.line.underway
        outlooks = Outlooks(self._setting, self._book.standings, now_ns, self._clock.time_ns(), underway)
        settled: list[tuple[Group, Judgement]] = []
        due: list[tuple[int, Candidate]] = []
        for number, (at_ns, group) in enumerate(self._book.take_due(now_ns), 1):
            route = self._route(group.id[0])
            outlook = outlooks.of(route)
            is_large = len(group.pending) > _ROWS
            judgement = (
                await asyncio.to_thread(judge, group, route, outlook) if is_large else judge(group, route, outlook)
            )
            group.settle(judgement, now_ns, route.group_wait_ns)
            if judgement.drop or judgement.hold or judgement.release or judgement.forget:
                settled.append((group, judgement))
            if judgement.is_due:
                due.append((at_ns, Candidate(group, judgement)))
            else:
                self._book.schedule(group.id, judgement.next_ns)
                self._book.leave(group)
            if number % _SLICE == 0:
                await asyncio.sleep(0)
        if settled:
            await self._settle(settled)
        return due

    async def _settle(self, settled: Sequence[tuple[Group, Judgement]]) -> None:
        now_utc_ns = self._clock.time_ns()
        ended = _ended(settled)
        hold = [(row.id, reason) for _, one in settled for row, reason in one.hold]
        release = [(row.id, now_utc_ns) for _, one in settled for row in one.release]
        self.delivery.count("expired", len(ended["drop"]))
        record = self.delivery.record

        def store(db: sqlite3.Connection) -> None:
            with self._state.write(db):
                queue.settle(db, self.name, hold=hold, release=release, **ended)
                queue.save_record(db, self.name, record)

        await self._state.do(store)

    async def _freeze(self, choice: Choice, now_ns: int) -> None:
        """Put the message down, and its rows as being sent; from here on it goes out as it is."""
        sent_ns, id_, time_ns = self._times.utc_ns(now_ns), self._new_id(), self._clock.time_ns()
        standings, setting = self._book.standings, self._setting
        # in the database's thread with all its sorting and counting: a group may have as many rows as the queue
        made = await self._state.do(
            lambda db: _compose(db, self.name, choice, standings, setting, sent_ns, id_=id_, time_ns=time_ns)
        )
        record = replace(self.delivery.record)
        if choice.is_digest:
            record.digest_ns = sent_ns
        others = told_elsewhere(choice, self._book.groups.values())
        newest_ns = max((row.ready_ns for row in made.rows), default=now_ns)
        message = self._message(self._in_language(made.notice), newest_ns + EXPIRES_AFTER_NS, choice)

        def store(db: sqlite3.Connection) -> None:
            queue.freeze(db, self.name, message, made.rows, made.groups)
            queue.forget_merged(db, self.name, made.merged)
            queue.settle(db, self.name, **_ended(others))

        try:
            await self.delivery.store_paid(store, record, now_ns)
        except queue.Changed:  # some were acknowledged or merged meanwhile
            await self._load()
            return
        for group, judgement in others:
            group.settle(judgement, now_ns, 0)
            self.delivery.count("expired", len(judgement.drop))
            self._book.leave(group)
        self._pause_ns = now_ns + DIGEST_PAUSE_NS if choice.is_digest else self._pause_ns
        for number, one in enumerate(choice.candidates, 1):
            one.group.tell(one.judgement.send, now_ns)
            self._book.schedule(one.group.id, now_ns)
            if number % _SLICE == 0:
                await asyncio.sleep(0)
        self._launch(message, is_paid=True)

    def _message(self, notice: Notice, expires_ns: int, choice: Choice | None = None) -> queue.Message:
        """`expires_ns` is steady: what its newest row, or a heartbeat, may be late."""
        candidates = choice.candidates if choice else ()
        told: list[Told] = [one for candidate in candidates for one in candidate.judgement.remind]
        alarms = {row.alarm for candidate in candidates for row in candidate.judgement.send}
        enterprise = enterprise_of(alarms or {one.alarm for one in told}, self._book.standings)
        route = candidates[0].group.id[0] if candidates else ""
        return queue.Message(notice, route, enterprise, notice.time_ns, self._times.utc_ns(expires_ns))

    def _launch(self, message: queue.Message, *, is_paid: bool) -> None:
        left_ns = min(message.expires_ns - self._clock.time_ns(), EXPIRES_AFTER_NS)
        flight = Flight(message, self._times.now_ns() + left_ns, is_paid, failures=max(0, message.attempts - 1))
        self.delivery.line.add(flight)

    # -- messages without alarms --------------------------------------------------------------------------------------

    def _heartbeat(self) -> Heartbeat | None:
        own = [one for one in self._setting.plan.heartbeats if one.channel == self.name]
        return min(own, key=lambda one: one.every_ns, default=None)

    def _next_beat_ns(self, heartbeat: Heartbeat) -> int:
        """0, which is long ago: none was ever sent."""
        return 0 if self._heartbeat_ns is None else self._heartbeat_ns + heartbeat.every_ns

    async def _beat(self, now_ns: int) -> bool:
        """Put a heartbeat down where one is due."""
        heartbeat = self._heartbeat()
        if heartbeat is None or self._next_beat_ns(heartbeat) > now_ns:
            return False
        standings = self._book.standings.values()
        active, waiting = sum(one.is_active for one in standings), sum(one.is_waiting for one in standings)
        said = text.heartbeat(self._setting.site, active, waiting, heartbeat.every_ns)
        notice = self._notice(NoticeKind.HEARTBEAT, said)
        message = self._message(notice, now_ns + heartbeat.every_ns)  # then the next says more
        record = replace(self.delivery.record, heartbeat_ns=self._times.utc_ns(now_ns))
        await self.delivery.store_paid(lambda db: queue.freeze(db, self.name, message, (), ()), record, now_ns)
        self._heartbeat_ns = now_ns
        self._launch(message, is_paid=True)
        return True

    def _notice(self, kind: NoticeKind, said: tuple[Names, Names]) -> Notice:
        site, url = self._setting.site.id, self._setting.url
        notice = Notice(self._new_id(), kind, self._clock.time_ns(), *said, site=site, url=url)
        return self._in_language(notice)

    def _in_language(self, notice: Notice) -> Notice:
        language = self.plan.language
        title, body = text.in_language(notice.title, language), text.in_language(notice.text, language)
        return replace(notice, title=title, text=body)

    def _new_id(self) -> str:
        return f"{self._random.getrandbits(64):016x}"


class _Ended(TypedDict):
    drop: list[tuple[int, str]]
    forget: list[tuple[queue.GroupId, str]]


def _ended(settled: Sequence[tuple[Group, Judgement]]) -> _Ended:
    """What is put down of rows and alarms that a group need not keep."""
    drop = [(row.id, reason) for _, one in settled for row, reason in one.drop]
    return {"drop": drop, "forget": [(group.id, alarm) for group, one in settled for alarm in one.forget]}


@dataclass(frozen=True, slots=True)
class _Made:
    """A message, and what it changes."""

    notice: Notice
    rows: list[Pending]
    merged: dict[Priority, int]
    groups: list[queue.GroupChange]


def _compose(
    db: sqlite3.Connection,
    channel: str,
    choice: Choice,
    standings: Mapping[str, Standing],
    setting: Setting,
    sent_ns: int,
    *,
    id_: str,
    time_ns: int,
) -> _Made:
    made = draft(choice, setting.plan.digest_above)
    found = queue.events_of(db, made.wanted)
    reminded = [one for group, alarms in made.reminded for one in queue.told_events(db, channel, group, alarms)]
    merged = queue.merged(db, channel)
    notice = notice_of(made, found, reminded, merged, standings, setting, id_=id_, time_ns=time_ns)
    return _Made(notice, made.rows, merged, [change_of(one, sent_ns) for one in choice.candidates])
