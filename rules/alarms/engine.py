"""The engine: batches and time in, alarm events out. No I/O, no clock.

  batch ─▶ watch ─ guard: all values in their bands ─▶ nothing
             └ outside, or changed ─▶ judge ─▶ condition ─▶ life cycle ─▶ events
  time ──▶ timers: delays, silence, windows, schedules ┘        └ parents, groups

Whoever is due before a batch has its turn before it, at its own moment: called late, the engine ends where it would be
had it been called in time.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import islice
from operator import attrgetter
from typing import Any

from gateway.core.alarm import Actor, AlarmEvent, Transition
from gateway.core.batch import Batch, Block
from gateway.core.point import Names
from rules.alarms.derive import derived_blocks
from rules.alarms.group import Group
from rules.alarms.hours import Hours
from rules.alarms.lifecycle import NotAllowed
from rules.alarms.memory import (
    remembering,
    removal,
    restore_evaluations,
    restore_run,
    save_evaluations,
    save_run,
    shift_since,
)
from rules.alarms.run import AlarmRun
from rules.alarms.shared import Shared
from rules.alarms.spec import Alarm, Derived, Moment
from rules.alarms.view import AlarmView, view_of
from rules.alarms.watch import Listener

__all__ = ["AlarmEngine", "AlarmView", "NotAllowed"]

Emit = Callable[[AlarmEvent], None]
_STEP_NS = 1_000_000_000  # the wall clock was set, not just corrected
_BY_RANK = attrgetter("rank")


class _Moment:
    """Something that is due at once: the start, and whatever follows a clock step."""

    __slots__ = ("due_ns", "expire", "rank")

    def __init__(self, expire: Callable[[int], None]) -> None:
        self.due_ns: int | None = None
        self.rank = -1
        self.expire = expire


class AlarmEngine:
    """Runs alarms and derived points. Every `now_ns` is steady time (never steps); events are stamped with it plus
    `wall_offset_ns`, which the caller keeps current."""

    def __init__(
        self,
        alarms: Sequence[Alarm],
        derived: Sequence[Derived],
        emit: Emit,
        emit_batch: Callable[[Batch], None],
        enterprises: Mapping[str, Names] | None = None,
    ) -> None:
        """`emit` is called for every event, in order; `emit_batch` for every batch of derived points, which is to come
        back through `observe`. `enterprises`: display names by id, for messages."""
        self._shared = Shared(emit, enterprises or {})
        self._emit_batch = emit_batch
        self._timers = self._shared.timers
        self._inputs = self._shared.inputs
        self._inputs.on_touched = self._update
        self._watches = self._inputs.watches
        self._blocks = derived_blocks(self._shared, derived, 1)
        self._runs = _runs(self._shared, alarms, len(self._blocks) + 2)
        self._hours = _hours(self._shared, self._runs.values())
        kept = [(alarm, remembering(run.kept())) for alarm, run in self._runs.items()]
        kept += [(point.tag, remembering([point.kept()])) for block in self._blocks for point in block.points]
        self._remembering = [each for each in kept if each[1]]
        self._removed: dict[str, None] = {}
        self._has_offset = False
        self._step = _Moment(self._after_step)
        self._start: _Moment | None = _Moment(self._begin)
        self._timers.set(self._start, 0)

    @property
    def faults(self) -> Counter[str]:
        """How often an evaluation failed unexpectedly, by rule (or tag of a derived point)."""
        return self._shared.faults

    @property
    def derived_blocks(self) -> Sequence[Block]:
        """The blocks of derived points, as their batches carry them."""
        return tuple(each.block for each in self._blocks)

    @property
    def wall_offset_ns(self) -> int:
        """UTC minus steady time. Setting it to a time that is more than a second off is a clock step: schedules and
        hours of the day are looked at again, nothing else."""
        return self._shared.wall_offset_ns

    @wall_offset_ns.setter
    def wall_offset_ns(self, offset_ns: int) -> None:
        is_step = self._has_offset and abs(offset_ns - self._shared.wall_offset_ns) > _STEP_NS
        self._shared.wall_offset_ns = offset_ns
        self._has_offset = True
        if is_step:
            self._timers.set(self._step, 0)

    # -- batches and time ---------------------------------------------------------------------------------------------

    def observe(self, batch: Batch, now_ns: int) -> None:
        """A normalised batch that is not late. At most 0.1 us a value while nothing changes."""
        if now_ns > self._timers.first_ns:
            self.advance(now_ns - 1)  # what is due at just this moment is decided by what comes at it
        watch = self._watches.get(batch.block)
        if watch is None:
            watch = self._inputs.open(batch.block, now_ns)
        touched = watch.take(batch, now_ns)
        if touched:
            self._shared.now_ns = now_ns
            self._update(touched, now_ns)
            self._emit_derived(now_ns)

    def advance(self, now_ns: int) -> None:
        """Let time pass: delays, staleness, windows, schedules, shelving, derived points that are due."""
        shared, timers = self._shared, self._timers
        if self._start is not None:
            shared.now_ns = now_ns
        while (due := timers.take(now_ns)) is not None:
            due_ns, unit = due
            shared.now_ns = max(due_ns, shared.now_ns)
            unit.expire(shared.now_ns)
            if shared.ready:
                self._emit_derived(shared.now_ns)
        shared.now_ns = max(now_ns, shared.now_ns)

    def next_due_ns(self) -> int | None:
        """When (steady) `advance` has something to do; `None`: nothing waits (or nobody has said what time it is)."""
        return None if self._start is not None else self._timers.next_ns()

    def _update(self, touched: Iterable[Listener], now_ns: int) -> None:
        """Each once; derived points and parents first."""
        listeners = set(touched)
        for listener in sorted(listeners, key=_BY_RANK) if len(listeners) > 1 else listeners:
            listener.update(now_ns)

    def _emit_derived(self, now_ns: int) -> None:
        """What the receiver makes of them comes back through `observe`, in the middle of this at the earliest."""
        ready = self._shared.ready
        while ready:
            blocks = sorted(ready, key=_BY_RANK)
            ready.clear()
            for block in blocks:
                self._emit_batch(block.take(now_ns))

    def _begin(self, now_ns: int) -> None:
        self._start = None
        self._inputs.begin(now_ns)
        for hours in self._hours:
            hours.begin(now_ns)
        for run in self._runs.values():
            run.begin(now_ns)

    def _after_step(self, now_ns: int) -> None:
        """The wall clock was set: look at what goes by it."""
        for hours in self._hours:
            hours.expire(now_ns)
        for run in self._runs.values():
            run.update(now_ns)
            run.suppression.update(now_ns)
        for block in self._blocks:
            block.look_again(now_ns)

    # -- operators; each raises KeyError for an unknown alarm and NotAllowed ------------------------------------------

    def acknowledge(self, alarm: str, actor: Actor, comment: str, now_ns: int, occurrence: int | None = None) -> None:
        """Acknowledge the alarm at its current priority. `occurrence`: only if it is still this one."""
        run = self._at(alarm, now_ns)
        if occurrence is not None and occurrence != run.cycle.occurrence:
            raise NotAllowed("The alarm was raised again meanwhile: look at it, then acknowledge that occurrence.")
        self._done(run, run.cycle.acknowledge(actor, comment, now_ns), actor, comment, now_ns)

    def reset(self, alarm: str, actor: Actor, comment: str, now_ns: int) -> None:
        """Let go of a latch whose condition is over. What the alarm adds up (`running_hours`) starts at 0, in any
        state: the event has the value until then, and the alarm returns by itself where its condition is over now."""
        run = self._at(alarm, now_ns)
        transitions = run.cycle.reset(actor, comment, now_ns, is_starting_anew=run.accumulates)
        if run.accumulates:
            run.shown.take(max(run.level, 0), now_ns)
        self._done(run, transitions, actor, comment, now_ns)
        if run.accumulates:
            run.start_anew(now_ns)

    def shelve(self, alarm: str, actor: Actor, comment: str, now_ns: int, duration_ns: int | None) -> None:
        """Shelve for a time (at most the alarm's `max_shelve_ns`), or, with `None`, for this one occurrence."""
        run = self._at(alarm, now_ns)
        longest_ns = run.spec.max_shelve_ns
        if duration_ns is not None and duration_ns > longest_ns:
            raise NotAllowed(f"This alarm may be shelved for at most {_hours_text(longest_ns)}: choose a shorter time.")
        until_ns = None if duration_ns is None else now_ns + duration_ns
        self._done(run, run.cycle.shelve(actor, comment, now_ns, until_ns), actor, comment, now_ns)

    def unshelve(self, alarm: str, actor: Actor, comment: str, now_ns: int) -> None:
        """Take it back; a condition that is still true is annunciated as new."""
        run = self._at(alarm, now_ns)
        self._done(run, run.cycle.unshelve(actor, comment, now_ns), actor, comment, now_ns)

    def remove_from_service(self, alarm: str, actor: Actor, reason: str, now_ns: int) -> None:
        """Out of service until `return_to_service`; the reason is needed."""
        run = self._at(alarm, now_ns)
        self._done(run, run.cycle.remove_from_service(actor, reason, now_ns), actor, reason, now_ns)

    def return_to_service(self, alarm: str, actor: Actor, comment: str, now_ns: int) -> None:
        """In service again."""
        run = self._at(alarm, now_ns)
        self._done(run, run.cycle.return_to_service(actor, comment, now_ns), actor, comment, now_ns)

    def comment(self, alarm: str, actor: Actor, text: str, now_ns: int) -> None:
        """A remark for the journal."""
        run = self._at(alarm, now_ns)
        if not text.strip():
            raise NotAllowed("A remark needs a text.")
        run.cycle.comment = text
        self._done(run, [Transition.COMMENTED], actor, text, now_ns)

    def _at(self, alarm: str, now_ns: int) -> AlarmRun:
        """The alarm as it is at this moment."""
        run = self._runs[alarm]
        self.advance(now_ns)
        return run

    def _done(self, run: AlarmRun, transitions: list[Transition], actor: Actor, comment: str, now_ns: int) -> None:
        run.publish(transitions, now_ns, actor, comment)
        run.wait(now_ns)

    # -- reading ------------------------------------------------------------------------------------------------------

    def views(self) -> list[AlarmView]:
        """Every alarm that is not plainly normal and inactive. Nothing is written: called from another thread than the
        rest, it harms nothing, but may show an alarm half way from one state to the next."""
        return [view_of(run, self._shared) for run in self._runs.values() if not run.is_quiet]

    def view(self, alarm: str) -> AlarmView:
        """One alarm. Raises KeyError. See `views`."""
        return view_of(self._runs[alarm], self._shared)

    # -- restart and reload -------------------------------------------------------------------------------------------

    @property
    def has_changed(self) -> bool:
        """`changed` has something to say."""
        return bool(self._shared.changed or self._removed)

    def changed(self, limit: int | None = None) -> dict[str, Any]:
        """The state of every alarm that changed since the last call (alarm id -> JSON-able; `None`: nothing to keep),
        to be stored with the events emitted meanwhile. 5 to 40 us each: with a `limit` no more than so many, those
        that have waited longest; `has_changed` says whether there are more."""
        removed, runs = self._removed, self._shared.changed
        found: dict[str, Any] = dict.fromkeys(islice(removed, limit))
        runs_limit = None if limit is None else limit - len(found)
        found |= {alarm: save_run(run) for alarm, run in islice(runs.items(), runs_limit)}
        for alarm in found:
            removed.pop(alarm, None)
            runs.pop(alarm, None)
        return found

    def memory(self) -> dict[str, Any]:
        """What windows and timers of expressions remember (key -> JSON-able), to be stored now and then."""
        memory: dict[str, Any] = {}
        for part in self.memory_parts():
            memory |= part
        return memory

    def memory_parts(self) -> Iterator[dict[str, Any]]:
        """The same in parts of one alarm or derived point each (0.1 to 1 ms): who must not hold the loop may do
        something else in between."""
        for name, kept in self._remembering:
            run = self._runs.get(name)
            yield save_evaluations(name, kept, 0 if run is None else run.resets)

    def restore(self, states: dict[str, Any], memory: dict[str, Any], saved: Moment, now_ns: int) -> None:
        """Take back what a former run stored last at `saved` (both its clocks: its steady times mean nothing else).
        Pending timers go on with the time they had run where the gateway was down for at most an hour, and start anew
        otherwise; shelving ends at its UTC time. States of alarms that are no longer configured end with a REMOVED
        event (`changed()` then says `None` for them); those whose fingerprint changed go back to pending."""
        shift = shift_since(saved, now_ns, self.wall_offset_ns)
        for alarm, body in states.items():
            run = self._runs.get(alarm)
            if run is None:
                self._remove(alarm, body, now_ns)
            elif body is not None and restore_run(run, body, shift, now_ns):
                self._shared.changed[alarm] = run  # its times are this run's from now on
        for name, kept in self._remembering:
            resets = restore_evaluations(name, kept, memory, shift, now_ns)
            run = self._runs.get(name)
            if run is not None and resets is not None:
                run.recall_resets(resets, now_ns)

    def _remove(self, alarm: str, body: Any, now_ns: int) -> None:
        event = removal(alarm, body, now_ns + self.wall_offset_ns)
        if event is not None:
            self._shared.emit(event)
        self._removed[alarm] = None


def _runs(shared: Shared, alarms: Sequence[Alarm], first_rank: int) -> dict[str, AlarmRun]:
    """Parents before children, so that at one moment the parent is known first. Ranks go by twos: suppression of an
    alarm comes before the alarm."""
    ordered = _parents_first(alarms)
    runs = {spec.id: AlarmRun(shared, spec, first_rank + 2 * k) for k, spec in enumerate(ordered)}
    groups: dict[str, Group] = {}
    for run in runs.values():
        parents = [runs[parent] for parent in run.spec.parents if parent in runs and parent != run.spec.id]
        run.suppression.parents = tuple(parents)
        for parent in parents:
            parent.children.append(run)
        if run.spec.group:
            run.group = groups.setdefault(run.spec.group, Group())
            run.group.join(run.spec.id, run.touch)
    return runs


def _parents_first(alarms: Sequence[Alarm]) -> list[Alarm]:
    by_id = {spec.id: spec for spec in alarms}
    done: dict[str, Alarm] = {}
    started: set[str] = set()

    def visit(alarm: str) -> None:
        if alarm in started or alarm not in by_id:
            return
        started.add(alarm)
        for parent in by_id[alarm].parents:
            visit(parent)
        done[alarm] = by_id[alarm]

    for alarm in by_id:
        visit(alarm)
    return list(done.values())


def _hours(shared: Shared, runs: Iterable[AlarmRun]) -> list[Hours]:
    found: dict[int, Hours] = {}
    for run in runs:
        schedule = run.spec.schedule
        if schedule is not None:
            found.setdefault(id(schedule), Hours(shared, schedule)).add(run)
    return list(found.values())


def _hours_text(duration_ns: int) -> str:
    hours = duration_ns / 3.6e12
    return f"{hours:g} h" if hours >= 1 else f"{hours * 60:g} min"
