"""Where batches meet rules: for each block what is watched in it, and the latest value of every tag.

A block is compiled when its first batch comes. A new block takes over the tags that it shares with an older one.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from gateway.core.batch import Block
from gateway.core.point import Point, Value
from gateway.core.quality import Quality
from rules.alarms.timers import Timers
from rules.alarms.watch import Feed, GuardedListener, Listener, Push, Watch, push_all, stale_after_ns
from rules.expression.program import Evaluation, Expression
from rules.expression.scope import Operand

GRACE_NS = 600 * 1_000_000_000  # of what comes when it comes (Prometheus waits ten minutes after a restart)


@dataclass(slots=True)
class _Wanted:
    """What rules want of one tag."""

    grace_ns: int  # after the start, until it counts as missing
    watchers: list[GuardedListener] = field(default_factory=list)
    quiet: list[tuple[Push, Listener | None]] = field(default_factory=list)  # changes only
    busy: list[tuple[Push, Listener | None]] = field(default_factory=list)  # every sample


@dataclass(frozen=True, slots=True)
class Reading:
    """The latest of one tag."""

    value: Value | None
    quality: Quality
    point: Point


class _Patience:
    """Waits for the first values of tags."""

    __slots__ = ("_inputs", "_tags", "due_ns", "rank")

    def __init__(self, inputs: "Inputs", tags: list[str]) -> None:
        self.due_ns: int | None = None
        self.rank = 0
        self._inputs = inputs
        self._tags = tags

    def expire(self, now_ns: int) -> None:
        """It took too long."""
        self._inputs.give_up(self._tags, now_ns)


def grace_ns(operand: Operand) -> int:
    """How long after the start an input that has not come yet says nothing: until it would be stale."""
    if operand.stale_after_s > 0:
        return round(operand.stale_after_s * 1e9)
    return stale_after_ns(operand.interval_s) or GRACE_NS


class Inputs:
    """Every block that was seen, and who listens to what."""

    def __init__(self, timers: Timers, faults: Counter[str]) -> None:
        """`faults` counts, by rule, samples that an evaluation failed to take."""
        self._timers = timers
        self._faults = faults
        self._awaited: set[str] = set()
        self.on_touched: Callable[[Iterable[Listener], int], None] = lambda listeners, now_ns: None
        self._wanted: dict[str, _Wanted] = {}
        self._places: dict[str, tuple[Watch, int]] = {}
        self.watches: dict[Block, Watch] = {}

    def guard(self, operand: Operand, watcher: GuardedListener) -> None:
        """Let a threshold alarm know when the value leaves its band, or is missing, or comes back."""
        self._want(operand).watchers.append(watcher)

    def _want(self, operand: Operand) -> _Wanted:
        return self._wanted.setdefault(operand.tag, _Wanted(grace_ns(operand)))

    def feed(self, rule: str, expression: Expression, evaluation: Evaluation, listener: Listener | None) -> None:
        """Push the inputs of an expression, and let `listener` know."""
        for slot, operand in enumerate(expression.inputs):
            wanted = self._want(operand)
            sinks = wanted.busy if expression.has_windows else wanted.quiet
            sinks.append(((evaluation.push, slot, rule), listener))

    def open(self, block: Block, now_ns: int) -> Watch:
        """Compile a block that is new."""
        watch = self.watches[block] = Watch(block, now_ns, self._timers, self._faults, self._silent)
        taken: dict[Watch, list[tuple[int, int]]] = {}
        for position, point in enumerate(block.points):
            tag = f"{block.device.id}.{point.name}"
            owner = self._places.get(tag)
            self._places[tag] = (watch, position)
            if owner is not None:
                taken.setdefault(owner[0], []).append((owner[1], position))
            wanted = self._wanted.get(tag)
            if wanted is not None:
                watch.add(position, _feed(position, wanted), tuple(wanted.watchers))
        for owner_watch, positions in taken.items():
            self._take_over(owner_watch, watch, positions)
        watch.compile()
        oldest_ns = watch.oldest_ns  # of what it took over
        watch.expect(now_ns if oldest_ns is None else oldest_ns)
        return watch

    def _silent(self, watch: Watch, now_ns: int) -> None:
        self.on_touched(watch.lose(now_ns), now_ns)

    def reading(self, tag: str) -> Reading | None:
        """The latest value of a tag, `None` before the first one."""
        place = self._places.get(tag)
        if place is None:
            return None
        watch, position = place
        value, qualities = watch.values[position], watch.quality
        quality = Quality.GOOD if qualities is None else qualities[position]
        if value is None and quality is Quality.GOOD:
            return None
        return Reading(value, quality, watch.block.points[position])

    def value(self, tag: str) -> Value | None:
        """The latest value of a tag, `None` where it is not known."""
        place = self._places.get(tag)
        return None if place is None else place[0].values[place[1]]

    def settle(self, tag: str) -> None:
        """Put the band of this tag around its value, after an alarm on it changed."""
        place = self._places.get(tag)
        if place is not None and place[0].guard is not None:
            place[0].guard.move((place[1],), place[0].values)

    def _take_over(self, old: Watch, new: Watch, positions: list[tuple[int, int]]) -> None:
        """Points that another block had until now. A block without any is forgotten: sources may bring new ones again
        and again; should it come once more, it is a new one."""
        new.inherit(old, positions)
        old.give_up([position for position, _ in positions])
        if not old.owned:
            del self.watches[old.block]
            self._timers.set(old, None)

    # -- the first moments --------------------------------------------------------------------------------------------

    def begin(self, now_ns: int) -> None:
        """From now on every tag may take its time once, until it counts as missing."""
        by_grace: dict[int, list[str]] = {}
        for tag, wanted in self._wanted.items():
            by_grace.setdefault(wanted.grace_ns, []).append(tag)
        for grace, tags in by_grace.items():
            self._awaited.update(tags)
            self._timers.set(_Patience(self, tags), now_ns + grace)

    def awaits(self, tags: Iterable[str]) -> bool:
        """True where one of them has not come since the start, and its time is not over."""
        awaited = self._awaited
        return bool(awaited) and any(tag in awaited and self.reading(tag) is None for tag in tags)

    def give_up(self, tags: Iterable[str], now_ns: int) -> None:
        """What has not come by now is missing."""
        touched: list[Listener] = []
        for tag in tags:
            if tag in self._awaited and self.reading(tag) is None:
                wanted = self._wanted[tag]
                pushes = [push for push, _ in (*wanted.quiet, *wanted.busy)]
                push_all(pushes, None, Quality.BAD_TIMEOUT, now_ns, self._faults)
                touched += wanted.watchers
                touched += _each(listener for _, listener in (*wanted.quiet, *wanted.busy))
            self._awaited.discard(tag)
        self.on_touched(touched, now_ns)

    # -- reading ------------------------------------------------------------------------------------------------------

    def seen_ns(self, tags: Iterable[str]) -> int | None:
        """When (steady) the latest batch with one of these tags came."""
        places = [self._places[tag] for tag in tags if tag in self._places]
        times = (watch.seen_at(position) for watch, position in places)
        return max((seen_ns for seen_ns in times if seen_ns is not None), default=None)


def _feed(position: int, wanted: _Wanted) -> Feed | None:
    if not wanted.quiet and not wanted.busy:
        return None
    return Feed(
        position,
        quiet=tuple(push for push, _ in wanted.quiet),
        busy=tuple(push for push, _ in wanted.busy),
        quiet_listeners=_each(listener for _, listener in wanted.quiet),
        busy_listeners=_each(listener for _, listener in wanted.busy),
    )


def _each(listeners: Iterable[Listener | None]) -> tuple[Listener, ...]:
    return tuple(dict.fromkeys(listener for listener in listeners if listener is not None))
