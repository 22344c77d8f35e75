"""Derived points: computed values that flow like those of a device, one block per device and interval."""

from collections.abc import Sequence
from math import isfinite

from gateway.core.batch import Batch, Block
from gateway.core.point import Value, ValueType
from gateway.core.quality import Quality
from rules.alarms.judge import Kept
from rules.alarms.shared import Shared, earliest
from rules.alarms.spec import Derived

_EARLY = 10  # a tenth of the interval early is taken: what is polled every second comes not quite every second


class DerivedPoint:
    """One computed point. Listens to its inputs; evaluated at most once in its interval."""

    __slots__ = (
        "_block",
        "_is_waiting",
        "_last_ns",
        "_position",
        "_shared",
        "_tags",
        "evaluation",
        "judge_due_ns",
        "quality",
        "rank",
        "spec",
        "tag",
        "value",
    )

    def __init__(self, shared: Shared, spec: Derived, block: "DerivedBlock", position: int, rank: int) -> None:
        self.spec = spec
        self.tag = f"{spec.device.id}.{spec.point.name}"
        self.rank = rank
        self.evaluation = spec.expression.start()
        self.value: Value | None = None
        self.quality = Quality.BAD_NOT_AVAILABLE
        self.judge_due_ns: int | None = None  # the expression's own
        self._block = block
        self._position = position
        self._shared = shared
        self._tags = [operand.tag for operand in spec.expression.inputs]
        self._last_ns: int | None = None
        self._is_waiting = False  # an input changed, the interval is not over
        shared.inputs.feed(self.tag, spec.expression, self.evaluation, self)

    @property
    def due_ns(self) -> int | None:
        """When it has to be looked at."""
        after_ns = None if self._last_ns is None or not self._is_waiting else self._last_ns + self.spec.interval_ns
        own_ns = self.judge_due_ns
        if own_ns is not None and self._last_ns is not None:
            own_ns = max(own_ns, self._last_ns + self.spec.interval_ns)
        return earliest(after_ns, own_ns)

    @property
    def was_evaluated(self) -> bool:
        """False before the first result."""
        return self._last_ns is not None

    def kept(self) -> Kept:
        """What it remembers."""
        return "d", self.spec.expression, self.evaluation

    def update(self, now_ns: int) -> None:
        """An input changed."""
        interval_ns = self.spec.interval_ns
        if self._last_ns is not None and now_ns - self._last_ns < interval_ns - interval_ns // _EARLY:
            self._is_waiting = True
            self._block.wait()
        else:
            self.evaluate(now_ns)

    def evaluate(self, now_ns: int) -> None:
        """Compute, and let the block emit it; not before the first result while an input has not come since the start:
        the interval would begin with nothing, and the input may come any moment."""
        result = self._shared.evaluate(self.tag, self.evaluation, now_ns)
        if result is None and self._last_ns is None and self._shared.inputs.awaits(self._tags):
            return
        self._is_waiting, self._last_ns = False, now_ns
        self.value, self.quality = self._judged(result)
        self.judge_due_ns = self._shared.due_ns(self.tag, self.spec.expression, self.evaluation, now_ns)
        self._block.changed(self._position)

    def _judged(self, result: Value | None) -> tuple[Value | None, Quality]:
        if result is None:
            return None, Quality.BAD_NOT_AVAILABLE
        quality = self._shared.quality(self.tag, self.evaluation)
        if quality.is_bad:
            return None, quality
        if isinstance(result, float) and not isfinite(result):
            return None, Quality.BAD_NOT_A_NUMBER
        value = _of_type(result, self.spec.point.type)
        return value, quality if value is not None else Quality.BAD_TYPE


class DerivedBlock:
    """The computed points of one device with one interval, as a constant block."""

    __slots__ = ("_emitted_ns", "_inputs", "_mask", "_shared", "block", "due_ns", "points", "rank")

    def __init__(self, shared: Shared, specs: Sequence[Derived], rank: int) -> None:
        first = specs[0]
        self.block = Block(first.device, tuple(spec.point for spec in specs), first.interval_ns / 1e9, is_computed=True)
        self.rank = rank
        self.due_ns: int | None = None
        self.points = [DerivedPoint(shared, spec, self, k, rank) for k, spec in enumerate(specs)]
        self._inputs = {operand.tag for spec in specs for operand in spec.expression.inputs}
        self._shared = shared
        self._mask = 0  # positions with a new result
        self._emitted_ns: int | None = None

    def changed(self, position: int) -> None:
        """There is a new result."""
        self._mask |= 1 << position
        self._shared.ready[self] = None

    def expire(self, now_ns: int) -> None:
        """Evaluate what is due. Inputs that came and did not change keep the block alive: it has an interval, after
        which everybody takes it for stale."""
        for point in self.points:
            due_ns = point.due_ns
            if due_ns is not None and due_ns <= now_ns:
                point.evaluate(now_ns)
        if not self._mask and self._is_to_be_repeated(now_ns):
            for position, point in enumerate(self.points):
                if point.was_evaluated:
                    self.changed(position)
        self.wait()

    def _is_to_be_repeated(self, now_ns: int) -> bool:
        emitted_ns = self._emitted_ns
        if emitted_ns is None or now_ns < emitted_ns + self._interval_ns:
            return False
        seen_ns = self._shared.inputs.seen_ns(self._inputs)
        return seen_ns is not None and seen_ns > emitted_ns

    @property
    def _interval_ns(self) -> int:
        return self.points[0].spec.interval_ns

    def wait(self) -> None:
        """Set the timer."""
        repeat_ns = None
        if self._emitted_ns is not None:
            repeat_ns = self._emitted_ns + self._interval_ns
            if self._shared.now_ns >= repeat_ns:  # nothing came: look again, rarely
                repeat_ns = self._shared.now_ns + self._interval_ns
        due_ns = earliest(repeat_ns, *(point.due_ns for point in self.points))
        if due_ns is None or self.due_ns is None or due_ns < self.due_ns:
            self._shared.timers.set(self, due_ns)

    def look_again(self, now_ns: int) -> None:
        """The wall clock was set: what goes by it may have another result."""
        for point in self.points:
            if point.was_evaluated and point.spec.expression.needs_time:
                point.update(now_ns)
        self.wait()

    def take(self, now_ns: int) -> Batch:
        """The batch of what is new."""
        mask, self._mask, self._emitted_ns = self._mask, 0, now_ns
        is_whole = mask == (1 << len(self.points)) - 1
        shown = [(point.value, point.quality) if mask >> k & 1 else _NOTHING for k, point in enumerate(self.points)]
        quality = tuple(each for _, each in shown)
        self.wait()
        return Batch(
            self.block,
            tuple(value for value, _ in shown),
            now_ns + self._shared.wall_offset_ns,
            quality if any(quality) else None,
            None if is_whole else mask,
        )


_NOTHING = (None, Quality.GOOD)


def _of_type(value: Value, wanted: ValueType) -> Value | None:
    """The value in the point's type; `None` where it has none."""
    if wanted is ValueType.TEXT or isinstance(value, str):
        return value if wanted is ValueType.TEXT and isinstance(value, str) else None
    if wanted is ValueType.BOOL:
        return bool(value) if value in (0, 1) else None
    if wanted is ValueType.FLOAT:
        return float(value)
    return int(value) if value == int(value) else None


def derived_blocks(shared: Shared, derived: Sequence[Derived], first_rank: int) -> list[DerivedBlock]:
    """Blocks by device and interval; those that others are computed from come first."""
    groups: dict[tuple[str, int], list[Derived]] = {}
    for spec in _in_order(derived):
        groups.setdefault((spec.device.id, spec.interval_ns), []).append(spec)
    return [DerivedBlock(shared, specs, first_rank + k) for k, specs in enumerate(groups.values())]


def _in_order(derived: Sequence[Derived]) -> list[Derived]:
    """Inputs before what is computed from them. The rulebook lets no circle through; one would end here as it came."""
    by_tag = {f"{spec.device.id}.{spec.point.name}": spec for spec in derived}
    done: dict[str, Derived] = {}
    started: set[str] = set()

    def visit(tag: str) -> None:
        if tag in started or tag not in by_tag:
            return
        started.add(tag)
        for operand in by_tag[tag].expression.inputs:
            visit(operand.tag)
        done[tag] = by_tag[tag]

    for tag in by_tag:
        visit(tag)
    return list(done.values())
