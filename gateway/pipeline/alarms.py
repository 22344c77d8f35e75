"""Alarms in the gateway: runs the engine on batches and time, keeps its events and states in state.db.

  batch ─▶ engine ─ events ─▶ flush: one transaction [journal, states, rows for notifiers] ─▶ metrics, outbox, pages
           timers ┘

What an operator does is on the disk before the answer goes out. What the data does is stored within a second (a high
priority within a tenth): a kill in between loses the last second of it, which the data then says again.
"""

import asyncio
import logging
import sqlite3
from collections import Counter, deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from itertools import islice
from typing import Any

from gateway.core.alarm import ANNUNCIATING, GATEWAY, AlarmEvent, AlarmState, Priority, Transition
from gateway.core.batch import Batch, Block
from gateway.core.clock import Clock
from gateway.core.errors import Unavailable
from gateway.core.point import Names
from gateway.pipeline.alarm_export import EventBatches
from gateway.pipeline.journal_export import JournalExport
from gateway.pipeline.wake import Wake
from gateway.rulebook import Rulebook
from gateway.store import journal
from gateway.store.notices import enqueue
from gateway.store.state import State
from rules.alarms.engine import AlarmEngine, AlarmView
from rules.alarms.metrics import AlarmMetrics
from rules.alarms.spec import Moment
from rules.notices.match import FactsOf, no_facts
from rules.notices.rows import plan_rows

TICK_S = 1.0  # a batch may have set a nearer timer: it is looked at within this time
FLUSH_S = 1.0
FLUSH_HIGH_S = 0.1
RETRY_S = 5.0
MAX_NOTE = 500  # characters
MEMORY_S = 60.0  # how often what windows remember is put down
MAX_WAITING = 100_000  # events that a failing disk keeps from the journal; beyond them the oldest go, counted
METRICS_EVENTS = 50_000
METRICS_S = 86_400
STORED_AT_ONCE = 100  # events in one turn of the loop
ROUNDS = 20  # derived points may feed derived points; more rounds than that at one moment are left for the next

_SHOWN = frozenset({AlarmState.UNACKNOWLEDGED, AlarmState.ACKNOWLEDGED})  # active, and on the operator's list

log = logging.getLogger("gateway.alarms")


class AlarmKeeper:
    """One gateway's alarms. `observe` is called for every batch; `run` keeps time and stores."""

    def __init__(
        self,
        rulebook: Rulebook,
        state: State,
        clock: Clock,
        events: EventBatches,
        enterprises: Mapping[str, Names],
        facts_of: FactsOf = no_facts,
    ) -> None:
        """`enterprises`: display names by id; `facts_of`: what messages about an alarm need."""
        self.counts: Counter[str] = Counter()
        self.revision = 0  # changes with every event
        self.rulebook = rulebook
        self._state = state
        self._clock = clock
        self._export = JournalExport(events, self.read)
        self._enterprises = enterprises
        self._facts_of = facts_of
        self._wake = Wake(clock)
        self._lock = asyncio.Lock()
        self._waiting: deque[AlarmEvent] = deque()
        self._backlog: Counter[str] = Counter()  # how many of them each alarm has
        self._states: dict[str, Any] = {}  # of every alarm that has one, as stored or about to be
        self._unsaved: set[str] = set()
        self._derived: deque[Batch] = deque()
        self._flush_at: float | None = None  # monotonic
        self._memory_at = 0.0
        self._away: Moment | None = None  # since then nobody looks at the data
        self._trouble: str | None = None
        self._accept: Callable[[Batch], object] = lambda batch: None
        self._on_stored: list[Callable[[list[AlarmEvent]], None]] = []
        self.metrics = AlarmMetrics()
        self._engine = self._engine_for(rulebook)

    def _engine_for(self, rulebook: Rulebook) -> AlarmEngine:
        engine = AlarmEngine(rulebook.alarms, rulebook.derived, self._emit, self._derived.append, self._enterprises)
        engine.wall_offset_ns = self._clock.time_ns() - self._now_ns()
        return engine

    # -- wiring -------------------------------------------------------------------------------------------------------

    def connect(self, accept: Callable[[Batch], object], store: Callable[[Batch], int | None]) -> None:
        """`accept` takes batches of derived points in; `store` puts a batch of events into the outbox and says at
        which position (`None`: there is no room)."""
        self._accept = accept
        self._export.connect(store)

    def add_listener(self, listener: Callable[[list[AlarmEvent]], None]) -> None:
        """Have `listener` called on the loop with every event after it was stored."""
        self._on_stored.append(listener)

    async def load(self) -> None:
        """Take back what the former run left. Before the first batch."""
        saved, events = await self._state.do(_load(self._clock.time_ns() - METRICS_S * 1_000_000_000))
        for event in events:
            self.metrics.observe(event)
        self._export.resume(saved.exported)
        self._states = dict(saved.states)
        self._engine.restore(saved.states, saved.memory, Moment(saved.wall_ns, saved.steady_ns), self._now_ns())
        self._collect()
        for view in self._engine.views():  # raised before the events that were read
            if view.state in _SHOWN and view.raised_ns is not None:
                self.metrics.stand(view.spec.id, view.spec.enterprise, view.raised_ns)

    # -- the hot path -------------------------------------------------------------------------------------------------

    def observe(self, batch: Batch) -> None:
        """A normalised batch that is not late. What is computed from it follows at once."""
        if self._away is not None:
            return
        self._engine.observe(batch, int(self._clock.monotonic() * 1e9))
        while self._derived:
            self._accept(self._derived.popleft())

    def _emit(self, event: AlarmEvent) -> None:
        self._waiting.append(event)
        self._backlog[event.alarm] += 1
        self.revision += 1
        is_urgent = event.priority is Priority.HIGH and event.transition in ANNUNCIATING
        self._hasten(FLUSH_HIGH_S if is_urgent else FLUSH_S)
        if len(self._waiting) > MAX_WAITING:
            self._take(1)
            self.counts["journal_lost"] += 1

    def _hasten(self, delay_s: float) -> None:
        at = self._clock.monotonic() + delay_s
        if self._flush_at is None or at < self._flush_at:
            self._flush_at = at
            self._wake.set()

    # -- time ---------------------------------------------------------------------------------------------------------

    def _now_ns(self) -> int:
        return int(self._clock.monotonic() * 1e9)

    async def run(self) -> None:
        """Until cancelled. A disk that does not answer keeps no timer from running."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._keep_time())
            group.create_task(self._keep_stored())

    async def _keep_time(self) -> None:
        while self._away is None:
            self.advance()
            if self._engine.has_changed:  # a delay that began makes no event
                self._hasten(FLUSH_S)
            due_ns = self._engine.next_due_ns()
            left_s = TICK_S if due_ns is None else due_ns / 1e9 - self._clock.monotonic()
            await self._clock.sleep(min(TICK_S, max(0.0, left_s)))

    async def _keep_stored(self) -> None:
        while True:
            if self._is_flush_due():
                await self._flush_quietly()
            ends = [end for end in (self._flush_at, self._memory_at) if end is not None]
            await self._wake.wait(max(0.0, min(ends) - self._clock.monotonic()))

    def look_away(self) -> None:
        """A stop begins: from now on no time passes for alarms, that the sources fall silent is no news."""
        self._away = self._moment()

    def _moment(self) -> Moment:
        return self._away or Moment(self._clock.time_ns(), self._now_ns())

    def advance(self) -> None:
        """Let time pass now."""
        if self._away is not None:
            return
        self._engine.wall_offset_ns = self._clock.time_ns() - self._now_ns()
        for _ in range(ROUNDS):
            self._engine.advance(self._now_ns())
            if not self._derived:
                return
            while self._derived:
                self._accept(self._derived.popleft())

    def _is_flush_due(self) -> bool:
        now = self._clock.monotonic()
        return (self._flush_at is not None and now >= self._flush_at) or now >= self._memory_at

    # -- storing ------------------------------------------------------------------------------------------------------

    async def _flush_quietly(self) -> None:
        with suppress(Unavailable):  # `flush` has said it; what the outbox has not got yet it gets after the next one
            await self.flush()
            await self._export.copy()

    async def flush(self) -> None:
        """Store every event and state so far. Raises Unavailable; then they wait for the next try."""
        async with self._lock:
            self._flush_at = None
            if is_memory_due := self._clock.monotonic() >= self._memory_at:
                self._memory_at = self._clock.monotonic() + MEMORY_S
            memory = await self._memory() if is_memory_due else {}
            self._collect()
            if memory or (is_memory_due and self._states):
                await self._store_some(memory)
            while self._waiting or self._unsaved:
                await self._store_some(None)
                await asyncio.sleep(0)  # a storm is stored in pieces: none holds the loop for long
                self._collect()

    async def _memory(self) -> dict[str, Any]:
        """What windows and timers remember, collected in pieces: hundreds of long windows would hold the loop."""
        engine, found = self._engine, dict[str, Any]()
        for part in engine.memory_parts():
            found.update(part)
            await asyncio.sleep(0)
        return found

    async def _store_some(self, memory: dict[str, Any] | None) -> None:
        """A piece: the first events, and the alarms that have no more of them. A state that is ahead of its events
        would, after a kill, hide that nobody has been told of them."""
        self._collect()
        events = self._take(STORED_AT_ONCE)
        alarms = {event.alarm for event in events if event.alarm not in self._backlog} & self._unsaved
        if not self._waiting:
            alarms.update(islice(self._unsaved, STORED_AT_ONCE))
        self._unsaved -= alarms
        try:
            stored = await self._state.do(self._transaction(events, alarms, memory))
        except Unavailable as error:
            self._keep(events, alarms, error)
            raise
        self._settle(stored, alarms)

    def _take(self, count: int) -> list[AlarmEvent]:
        """The oldest events, no longer waiting."""
        events = [self._waiting.popleft() for _ in range(min(len(self._waiting), count))]
        for event in events:
            self._backlog[event.alarm] -= 1
            if not self._backlog[event.alarm]:
                del self._backlog[event.alarm]
        return events

    def _collect(self) -> None:
        changed = self._engine.changed()
        self._states.update(changed)
        self._unsaved.update(changed)

    def _transaction(
        self, events: list[AlarmEvent], alarms: set[str], memory: dict[str, Any] | None
    ) -> Callable[[sqlite3.Connection], list[AlarmEvent]]:
        """What the database's thread does; everything that it needs is taken now."""
        states = {alarm: self._states[alarm] for alarm in alarms if self._states[alarm] is not None}
        removed = [alarm for alarm in alarms if self._states[alarm] is None]
        rows = plan_rows(events, self.rulebook.notices, self._facts_of)
        moment, exported = self._moment(), self._export.safe_seq

        def store(db: sqlite3.Connection) -> list[AlarmEvent]:
            with self._state.write(db):
                stored = journal.append(db, events)
                journal.save(db, states, removed, moment.wall_ns, moment.steady_ns)
                journal.save_exported(db, exported)
                if memory is not None:
                    journal.save_memory(db, memory)
                    journal.trim(db)
                enqueue(db, rows)
            return stored

        return store

    def _keep(self, events: list[AlarmEvent], alarms: set[str], error: Unavailable) -> None:
        """Nothing was stored: put all back in front of what has come meanwhile."""
        if self._trouble is None:
            log.warning("journal_not_stored reason=%s", error.message)
        self._trouble = f"alarms cannot be stored: {error.message}"
        self._waiting.extendleft(reversed(events))
        self._backlog.update(event.alarm for event in events)
        self._unsaved |= alarms
        self._flush_at = self._memory_at = self._clock.monotonic() + RETRY_S

    def _settle(self, stored: list[AlarmEvent], alarms: set[str]) -> None:
        if self._trouble is not None:
            log.info("journal_stored again")
            self._trouble = None
        for alarm in alarms:
            if self._states[alarm] is None and alarm not in self._unsaved:
                del self._states[alarm]
        if self._export.noted(stored):
            self._unsaved |= self._states.keys()  # the copy knows none of what has happened since it was made
        for event in stored:
            self.metrics.observe(event)
            self.counts[event.transition.value] += 1
        for listener in self._on_stored if stored else ():
            listener(stored)

    def on_durable(self, position: int) -> None:
        """The outbox has committed everything up to this position."""
        self._export.on_durable(position)

    # -- people -------------------------------------------------------------------------------------------------------

    async def act(self, alarm: str, action: Callable[[AlarmEngine, int], None]) -> AlarmView:
        """Do something to an alarm; on the disk when this returns.

        Raises KeyError for an unknown alarm, NotAllowed where its state does not take it, and Unavailable where it
        is done but cannot be stored at the moment.
        """
        action(self._engine, self._now_ns())
        await self.flush()
        return self._engine.view(alarm)

    def reload(self, rulebook: Rulebook, enterprises: Mapping[str, Names]) -> None:
        """Go on with other rules; alarms that are the same keep their state. They know no value yet: `observe` the
        newest ones, or each waits for its next."""
        self.advance()
        self._collect()
        memory = self._engine.memory()
        self.rulebook = rulebook
        self._enterprises = enterprises
        self._engine = self._engine_for(rulebook)
        self._engine.restore(
            {alarm: body for alarm, body in self._states.items() if body is not None},
            memory,
            self._moment(),
            self._now_ns(),
        )
        for alarm in rulebook.alarms:
            self.metrics.belong(alarm.id, alarm.enterprise)
        self.revision += 1
        self._hasten(0.0)

    def note(self, event: AlarmEvent, channel: str, answer: str) -> None:
        """Put down that a message about this event went out, or why not; with the state that the alarm has now."""
        try:
            state = self._engine.view(event.alarm).state
        except KeyError:  # its rule has gone meanwhile
            state = event.state
        self._emit(
            replace(
                event,
                state=state,
                time_ns=self._clock.time_ns(),
                transition=Transition.NOTIFIED,
                actor=GATEWAY,
                comment=f"{channel}: {answer}"[:MAX_NOTE],
                until_ns=None,
                seq=0,
            )
        )

    async def close(self) -> None:
        """Store what is left, with what windows remember. Raises Unavailable."""
        self._memory_at = 0.0
        await self.flush()
        await self._export.copy()

    # -- reading ------------------------------------------------------------------------------------------------------

    def views(self) -> list[AlarmView]:
        """Every alarm that is not plainly normal and inactive."""
        return self._engine.views()

    def view(self, alarm: str) -> AlarmView:
        """One alarm. Raises KeyError."""
        return self._engine.view(alarm)

    async def read(self, query: journal.JournalQuery, limit: int) -> list[AlarmEvent]:
        """Events of the journal. Raises Unavailable."""
        return await self._state.do(lambda db: journal.read(db, query, limit))

    @property
    def derived_blocks(self) -> list[Block]:
        """The blocks of computed points."""
        return list(self._engine.derived_blocks)

    @property
    def findings(self) -> list[str]:
        """What a person should look at."""
        found = [] if self._trouble is None else [self._trouble]
        faults = getattr(self._engine, "faults", Counter())
        return found + [f"rule `{rule}` fails when it is evaluated ({count} times)" for rule, count in faults.items()]


def _load(since_ns: int) -> Callable[[sqlite3.Connection], tuple[journal.Saved, list[AlarmEvent]]]:
    query = journal.JournalQuery(from_ns=since_ns)

    def load(db: sqlite3.Connection) -> tuple[journal.Saved, list[AlarmEvent]]:
        return journal.load(db), list(reversed(journal.read(db, query, METRICS_EVENTS)))

    return load
