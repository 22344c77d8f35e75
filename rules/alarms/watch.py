"""One block under watch: its latest values, who hears of a change, and when it has been silent for too long."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from gateway.core.batch import Batch, Block
from gateway.core.point import Value
from gateway.core.quality import Quality
from rules.alarms.guard import Guard, Pick, Watcher, picker
from rules.alarms.timers import Timers

STALE_INTERVALS = 3  # as `gateway.pipeline.snapshot`: older than this many intervals, and a little
STALE_SLACK_S = 2.0
_MERGES = 64  # masks whose merging is kept compiled
_GOOD = Quality.GOOD
_UNSEEN = _GOOD  # beside `None`: never in a batch

Push = tuple[Callable[[int, Value | None, Quality, int], None], int, str]  # slot, and the rule's name


def stale_after_ns(interval_s: float) -> int | None:
    """The age at which the values of a block of this interval are stale; `None`: never (it comes when it comes)."""
    return round((STALE_INTERVALS * interval_s + STALE_SLACK_S) * 1e9) if interval_s > 0 else None


class Listener(Protocol):
    """Who is to be evaluated, once per batch, when an input of it changed. Lower ranks go first."""

    rank: int

    def update(self, now_ns: int) -> None:
        """Look at the inputs again."""
        ...


class GuardedListener(Listener, Watcher, Protocol):
    """A threshold alarm."""


@dataclass(frozen=True, slots=True)
class Feed:
    """Who gets the samples of one position."""

    position: int
    quiet: tuple[Push, ...]  # changes only
    busy: tuple[Push, ...]  # every sample
    quiet_listeners: tuple[Listener, ...]
    busy_listeners: tuple[Listener, ...]


def push_all(pushes: Iterable[Push], value: Value | None, quality: Quality, now_ns: int, faults: Counter[str]) -> None:
    """Tell evaluations of a sample; one that fails is counted."""
    for push, slot, rule in pushes:
        try:
            push(slot, value, quality, now_ns)
        except Exception:  # noqa: BLE001 - one rule's fault is not the others'
            faults[rule] += 1


class Watch:
    """What is known of one block. `values` and `quality` are those of the latest batch, of the batches so far where
    they carry only some of the points; `None` with quality good: never seen."""

    __slots__ = (
        "_busy",
        "_changes",
        "_faults",
        "_feeds",
        "_merges",
        "_on_silence",
        "_parts",
        "_pick",
        "_seen",
        "_timers",
        "_untold",
        "_watchers",
        "block",
        "due_ns",
        "guard",
        "is_idle",
        "is_lost",
        "owned",
        "quality",
        "rank",
        "seen_ns",
        "stale_after_ns",
        "values",
    )

    def __init__(
        self,
        block: Block,
        now_ns: int,
        timers: Timers,
        faults: Counter[str],
        on_silence: Callable[["Watch", int], None],
    ) -> None:
        self.block = block
        self.seen_ns = now_ns
        self.stale_after_ns = stale_after_ns(block.interval_s)
        self.values: tuple[Value | None, ...] = (None,) * len(block.points)
        self.quality: tuple[Quality, ...] | None = None
        self.guard: Guard | None = None
        self.is_idle = True  # nobody listens
        self.is_lost = False  # silent for too long
        self.owned = set(range(len(block.points)))  # positions that no newer block has
        self.due_ns: int | None = None
        self.rank = 0
        self._timers = timers
        self._faults = faults
        self._on_silence = on_silence
        self._feeds: dict[int, Feed] = {}
        self._watchers: dict[int, tuple[GuardedListener, ...]] = {}
        self._untold: set[int] = set()  # positions whose watchers know nothing yet: a first value may be bad
        self._merges: dict[int, Pick] = {}
        self._parts: dict[int, tuple[int, ...]] = {}  # positions by mask, as `_merges`
        # where batches carry only some of the points: when each position came; `None`: never, or silent for too long
        self._seen: list[int | None] | None = None
        self._pick: Pick | None = None
        self._changes: tuple[tuple[int, tuple[Push, ...], tuple[Listener, ...]], ...] = ()
        self._busy: tuple[Feed, ...] = ()

    # -- who listens --------------------------------------------------------------------------------------------------

    def add(self, position: int, feed: Feed | None, watchers: tuple[GuardedListener, ...]) -> None:
        """Let them hear of this position."""
        if feed is not None:
            self._feeds[position] = feed
        if watchers:
            self._watchers[position] = watchers
            self._untold.add(position)

    def give_up(self, positions: Iterable[int]) -> None:
        """A newer block has these points from now on."""
        for position in positions:
            self.owned.discard(position)
            self._feeds.pop(position, None)
            self._watchers.pop(position, None)
            self._untold.discard(position)
        self.compile()

    def inherit(self, old: "Watch", positions: Iterable[tuple[int, int]]) -> None:
        """What an older block knew: its positions, and where they are in this one."""
        values, quality = list(self.values), list(self.quality or (_GOOD,) * len(self.values))
        seen = self._seen or [None] * len(values)
        for before, now in positions:
            values[now] = old.values[before]
            quality[now] = _GOOD if old.quality is None else old.quality[before]
            seen[now] = old.seen_at(before)
        self.values, self.quality, self._seen = tuple(values), tuple(quality) if any(quality) else None, seen

    def compile(self) -> None:
        """After `add` and `give_up`."""
        self.guard = Guard(dict(self._watchers)) if self._watchers else None
        if self.guard is not None:
            self.guard.move(self._watchers, self.values)
        feeds = self._feeds.values()
        quiet = [feed for feed in feeds if feed.quiet]
        self._changes = tuple((feed.position, feed.quiet, feed.quiet_listeners) for feed in quiet)
        self._busy = tuple(feed for feed in feeds if feed.busy)
        self._pick = picker([feed.position for feed in quiet]) if quiet else None
        self.is_idle = not (self._watchers or self._feeds)

    # -- batches and silence ------------------------------------------------------------------------------------------

    def take(self, batch: Batch, now_ns: int) -> Iterable[Listener]:
        """Keep a batch; who is to be evaluated for it."""
        if batch.present is None:
            values, quality = batch.values, batch.quality
            self._seen = None
        else:
            self._see(batch.present, now_ns)
            values, quality = self._merged(batch, batch.present)
        self.seen_ns = now_ns
        if self.is_lost:
            self.is_lost = False
            self.expect(now_ns)
        return self._change(values, quality, batch.present, now_ns)

    def seen_at(self, position: int) -> int | None:
        """When (steady) this position came last; `None`: never, or it has been silent for too long."""
        if self._seen is not None:
            return self._seen[position]
        return None if self.is_lost or self._is_unseen(position) else self.seen_ns

    def _is_unseen(self, position: int) -> bool:
        return self.values[position] is None and (self.quality is None or self.quality[position] is _UNSEEN)

    def _see(self, mask: int, now_ns: int) -> None:
        """Some points came."""
        if self.is_idle:
            self._seen = None
            return
        seen = self._seen
        if seen is None:
            seen = self._seen = [self.seen_at(position) for position in range(len(self.values))]
        part = self._parts.get(mask)
        if part is None:
            part = tuple(position for position in range(len(seen)) if mask >> position & 1)
            if len(self._parts) < _MERGES:
                self._parts[mask] = part
        for position in part:
            seen[position] = now_ns

    def expect(self, now_ns: int) -> None:
        """Wait for what comes next, no longer than until the values are stale."""
        if self.stale_after_ns is not None and not self.is_idle:
            self._timers.set(self, now_ns + self.stale_after_ns)

    @property
    def oldest_ns(self) -> int | None:
        """When (steady) the point came that is the next to be stale; `None`: there is nothing to lose."""
        if self._seen is None:
            return None if self.is_lost else self.seen_ns
        known = (self._seen[position] for position in self.owned)
        return min((seen_ns for seen_ns in known if seen_ns is not None), default=None)

    def expire(self, now_ns: int) -> None:
        """The time is over that `expect` set, some batches ago: the batches themselves cost no timer."""
        assert self.stale_after_ns is not None
        oldest_ns = self.oldest_ns
        if oldest_ns is not None and oldest_ns + self.stale_after_ns > now_ns:
            self.expect(oldest_ns)
        else:
            self._on_silence(self, now_ns)

    def lose(self, now_ns: int) -> Iterable[Listener]:
        """Silent for too long: what had values, and did not come since, has none from now on."""
        lost = self._find_lost(now_ns)
        oldest_ns = self.oldest_ns
        if oldest_ns is None:
            self.is_lost = True
        else:
            self.expect(oldest_ns)
        known = self.quality or (_GOOD,) * len(self.values)
        values = tuple(None if is_lost else value for value, is_lost in zip(self.values, lost, strict=True))
        quality = tuple(Quality.BAD_TIMEOUT if is_lost else each for each, is_lost in zip(known, lost, strict=True))
        present = sum(1 << position for position, is_lost in enumerate(lost) if is_lost)
        return self._change(values, quality if any(quality) else None, present, now_ns)

    def _find_lost(self, now_ns: int) -> list[bool]:
        """By position. What is lost has not been seen any more from now on."""
        count = range(len(self.values))
        if self._seen is None:
            self.is_lost = True
            return [not self._is_unseen(position) for position in count]
        assert self.stale_after_ns is not None
        latest_ns = now_ns - self.stale_after_ns
        lost = [(seen_ns := self._seen[position]) is not None and seen_ns <= latest_ns for position in count]
        self._seen = [None if is_lost else seen_ns for seen_ns, is_lost in zip(self._seen, lost, strict=True)]
        return lost

    def _change(
        self,
        values: tuple[Value | None, ...],
        quality: tuple[Quality, ...] | None,
        present: int | None,
        now_ns: int,
    ) -> Iterable[Listener]:
        before, known = self.values, self.quality
        self.values, self.quality = values, quality
        if self.is_idle:
            return ()
        touched: list[Listener] = []
        guard = self.guard
        if guard is not None and not guard.holds(values):
            for position in guard.left(values):
                touched += self._watchers[position]
        if self._untold:
            touched += self._tell_first()
        pick = self._pick
        if pick is not None and (quality is not known or pick(values) != pick(before)):
            touched += self._push_changes(before, known, now_ns)
        if self._busy:
            touched += self._push_samples(present, now_ns)
        return touched

    def _tell_first(self) -> list[Listener]:
        quality = self.quality or (_GOOD,) * len(self.values)
        come = {at for at in self._untold if self.values[at] is not None or quality[at] is not _UNSEEN}
        self._untold -= come
        return [watcher for at in come for watcher in self._watchers[at]]

    def _push_changes(
        self, before: Sequence[Value | None], known: Sequence[Quality] | None, now_ns: int
    ) -> list[Listener]:
        touched: list[Listener] = []
        values, qualities = self.values, self.quality
        is_good = qualities is None and known is None
        quality = _GOOD
        for at, pushes, listeners in self._changes:
            value = values[at]
            if not is_good:
                quality = _GOOD if qualities is None else qualities[at]
                if value == before[at] and quality is (_GOOD if known is None else known[at]):
                    continue
            elif value == before[at]:
                continue
            for push, slot, rule in pushes:  # as `push_all`, without the call: this is done for every changed value
                try:
                    push(slot, value, quality, now_ns)
                except Exception:  # noqa: BLE001
                    self._faults[rule] += 1
            touched += listeners
        return touched

    def _push_samples(self, present: int | None, now_ns: int) -> list[Listener]:
        touched: list[Listener] = []
        for feed in self._busy:
            at = feed.position
            value, quality = self.values[at], _GOOD if self.quality is None else self.quality[at]
            if (present is not None and not present >> at & 1) or (value is None and quality is _UNSEEN):
                continue
            push_all(feed.busy, value, quality, now_ns, self._faults)
            touched += feed.busy_listeners
        return touched

    def _merged(self, batch: Batch, mask: int) -> tuple[tuple[Value | None, ...], tuple[Quality, ...] | None]:
        """The values so far with those that this batch carries."""
        count = len(self.values)
        merge = self._merges.get(mask)
        if merge is None:
            merge = picker([i + count if mask >> i & 1 else i for i in range(count)])
            if len(self._merges) < _MERGES:
                self._merges[mask] = merge
        values: tuple[Any, ...] = merge(self.values + batch.values)
        if self.quality is None and batch.quality is None:
            return values, None
        good = (_GOOD,) * count
        quality: tuple[Quality, ...] = merge((self.quality or good) + (batch.quality or good))
        return values, quality if any(quality) else None
