"""The evaluation of an expression that remembers: it feeds its organs and knows when time alone changes the result.

An organ of a point gets every sample at once. One of a longer argument (`duration(a > b)`) gets what the argument is
when all samples of one instant have come: between two inputs of one batch it would see a state that never was.
"""

from collections.abc import Iterable, Sequence
from operator import attrgetter
from typing import Any

from gateway.core.point import Value
from gateway.core.quality import Quality
from rules.expression.evaluation import Evaluation
from rules.expression.organ import LARGEST
from rules.expression.plan import Feed, Plan
from rules.expression.saved import Saved, read_saved
from rules.expression.scope import Operand

_SAVED_ENTRIES = 400  # of all windows together: about 40 KiB
_SAVED_CHARACTERS = 64  # of a text; a longer one is not kept


class Remembering(Evaluation):
    """An evaluation with organs."""

    __slots__ = ("_always", "_direct", "_now", "_offset_ns", "_time_ns", "_touched", "_waiting", "_walled")

    def __init__(self, plan: Plan) -> None:
        super().__init__(plan)
        self._now = plan.now
        self._time_ns = 0  # of the newest sample or evaluation
        self._offset_ns: int | None = None  # UTC minus steady, as last told
        self._waiting = 0  # inputs with samples that arguments have not been told
        self._touched = 0  # inputs that arguments depend on
        self._always = [feed for feed in plan.feeds if feed.always]
        self._wire()

    def _wire(self) -> None:
        """Connect inputs with the organs in the memory."""
        self._direct: list[list[Any]] = [[] for _ in self._plan.inputs]
        self._walled = [self._memory[feed.place] for feed in self._plan.feeds if feed.organ.needs_wall]
        for feed in self._plan.feeds:
            if feed.slot is not None:
                self._direct[feed.slot].append(self._memory[feed.place].add)
            else:
                self._touched |= feed.slots

    def push(self, slot: int, value: Value | None, quality: Quality, time_ns: int) -> None:
        """A sample of input `slot`; `None` where it is bad. One that is older than another counts as of now."""
        if time_ns > self._time_ns:
            if self._waiting:
                self._settle()
            self._time_ns = time_ns
        if value.__class__ is float and not -LARGEST <= value <= LARGEST:
            value = None
        self._memory[slot] = value
        self._qualities[slot] = quality
        try:
            for add in self._direct[slot]:
                add(self._time_ns, value, quality)
        except OverflowError:  # whole numbers beyond what a float holds
            self._memory[slot] = None
        self._waiting |= self._touched & (1 << slot)

    def evaluate(self, now_ns: int, wall_ns: int) -> Value | None:
        """The result; `None` where it cannot be decided. `wall_ns` (UTC) is for the local time alone."""
        now_ns = self._advance(now_ns, wall_ns)
        for feed in self._always:
            self._feed(feed)
        return Evaluation.evaluate(self, now_ns, wall_ns)

    def next_due_ns(self, now_ns: int, wall_ns: int) -> int | None:
        """When (steady) the result may change without a sample; `None`: never. Always later than `now_ns`."""
        now_ns = self._advance(now_ns, wall_ns)
        found: int | None = None
        for due in self._plan.dues:
            moment = due(self._memory, now_ns, wall_ns)
            if moment is not None and (found is None or moment < found):
                found = moment
        return None if found is None else max(found, now_ns + 1)

    # -- feeding ------------------------------------------------------------------------------------------------------

    def _advance(self, now_ns: int, wall_ns: int) -> int:
        """Take note of the time, and of samples that wait."""
        now_ns = max(now_ns, self._time_ns)
        if wall_ns - now_ns != self._offset_ns:
            self._offset_ns = wall_ns - now_ns
            for organ in self._walled:
                organ.tell_wall(self._offset_ns)
        if self._waiting:
            self._settle()
        self._time_ns = self._memory[self._now] = now_ns
        self._memory[self._now + 1] = wall_ns
        return now_ns

    def _settle(self) -> None:
        """Tell organs what their arguments are at the instant of the newest samples."""
        self._memory[self._now] = self._time_ns
        self._memory[self._now + 1] = None if self._offset_ns is None else self._time_ns + self._offset_ns
        for feed in self._plan.feeds:
            if feed.slot is None and feed.slots & self._waiting:
                self._feed(feed)
        self._waiting = 0

    def _feed(self, feed: Feed) -> None:
        """Tell an organ what its argument is."""
        add = self._memory[feed.place].add
        try:
            value = feed.argument(self._memory)
            quality = feed.trust(self._memory, self._qualities) if any(self._qualities) else Quality.GOOD
            add(self._time_ns, value, Quality(quality))
        except OverflowError:
            add(self._time_ns, None, Quality.BAD_NOT_A_NUMBER)

    # -- restart ------------------------------------------------------------------------------------------------------

    def save(self) -> Any:
        """What it remembers, for msgspec/JSON; `None`: nothing. At most about 64 KiB: long windows are thinned."""
        plan = self._plan
        if not plan.feeds:
            return None
        limit = max(2, _SAVED_ENTRIES // len(plan.feeds))
        tags = [operand.tag for operand in plan.inputs]
        return {
            "at": self._time_ns,
            "wall": self._offset_ns,
            "waiting": [tag for slot, tag in enumerate(tags) if self._waiting >> slot & 1],
            "inputs": {tag: [_short(self._memory[slot]), int(self._qualities[slot])] for slot, tag in enumerate(tags)},
            "parts": {feed.organ.name: self._memory[feed.place].save(limit) for feed in plan.feeds},
        }

    def restore(self, memories: Sequence[Any], shift_ns: int, window_shift_ns: int | None = None) -> bool:
        """See `Evaluation`."""
        moved_ns = shift_ns if window_shift_ns is None else window_shift_ns
        known = [saved for saved in map(read_saved, memories) if saved is not None]
        used: dict[int, Saved] = {}  # by place of the organ
        for feed in self._plan.feeds:
            organ_shift_ns = moved_ns if feed.organ.sees_every_sample else shift_ns
            for saved in known:
                organ = saved.organ(feed.organ, organ_shift_ns)
                if organ is not None:
                    self._memory[feed.place], used[feed.place] = organ, saved
                    break
        if not used:
            return False
        self._wire()
        newest = max(used.values(), key=attrgetter("at_ns"))
        self._time_ns = newest.at_ns + shift_ns
        for slot, operand in enumerate(self._plan.inputs):
            self._restore_input(slot, operand, known)
            if operand.tag in newest.waiting:
                self._waiting |= self._touched & (1 << slot)
        if newest.offset_ns is not None:
            self._offset_ns = newest.offset_ns - moved_ns
            for organ in self._walled:
                organ.tell_wall(self._offset_ns)
        return True

    def _restore_input(self, slot: int, operand: Operand, known: Iterable[Saved]) -> None:
        for saved in known:
            sample = saved.sample(operand)
            if sample is not None:
                self._memory[slot], self._qualities[slot] = sample
                return

    def start_anew(self, now_ns: int) -> None:
        """See `Evaluation`."""
        if self._waiting:
            self._settle()
        self._time_ns = max(now_ns, self._time_ns)
        for feed in self._plan.feeds:
            if feed.organ.adds_up:
                self._memory[feed.place].start_anew(self._time_ns)


def _short(value: Value | None) -> Value | None:
    return None if isinstance(value, str) and len(value) > _SAVED_CHARACTERS else value
