"""The account of one block of points: what came of what should have come, point by point, in constant memory.

sort ──▶ count ──▶ batches since the last settlement ──▶ lanes ──▶ settle: good; bad and missing by reason

A lane is a set of points that always came together so far: one for a block that is read whole, more where a device
refuses some points or leaves some out of its messages.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from gateway.core.batch import Batch
from gateway.core.quality import Quality
from rules.connectivity.reason import Reason, flaw_of, reason_of
from rules.connectivity.slots import Slots
from rules.connectivity.tally import Tally

TIMED_INTERVAL_NS = 60_000_000_000  # what comes when it comes counts by time: one sample a minute
_MOST_KINDS = 64  # different sets of points that are counted apart between two settlements

Flaws = tuple[tuple[Reason, int], ...]
"""The points that came without a value, by reason; no point twice."""


@dataclass(slots=True)
class _Lane:
    """Points with the same fate; all counts are samples of each of them.

    A sample that is short may come yet: it is held until the next settlement, and missing if nothing more than what is
    due then has come. What came early is kept for the interval that runs. So a sample at the edge of two settlements
    costs nobody anything, and no hole is filled by more than one sample that belongs elsewhere.
    """

    mask: int
    good: int = 0  # came, not settled yet
    bad: Counter[Reason] = field(default_factory=Counter)  # came without a value, not settled yet
    held: int = 0  # due, not come, may come yet
    reason: Reason | None = None  # stands against these points

    def settle(self, due: int, fresh: int, why: Reason, into: Tally) -> None:
        """Book `due` samples of each point, of which `fresh` may come yet. What is more than asked for is forgotten."""
        most = self.held + due + 1
        good = min(self.good, most)
        bad = min(self.bad.total(), most - good)
        paid = min(good + bad, due)
        late = min(good + bad - paid, self.held)
        short = due - paid
        holding = min(short, fresh)
        size = self.mask.bit_count()
        booked_good = min(good, paid + late)
        booked_bad = paid + late - booked_good
        into.good += booked_good * size
        if missing := self.held - late + short - holding:
            into.missing[why] += missing * size
        self.good, self.held = good - booked_good, holding
        if self.bad:
            self._book_bad(booked_bad, bad - booked_bad, into)

    def _book_bad(self, booked: int, kept: int, into: Tally) -> None:
        """So many of the samples without a value are booked, so many kept, the first reason first."""
        left: Counter[Reason] = Counter()
        for why, came in self.bad.items():
            now = min(came, booked)
            later = min(came - now, kept)
            booked, kept = booked - now, kept - later
            if now:
                into.bad[why] += now * self.mask.bit_count()
            if later:
                left[why] = later
        self.bad = left


class BlockAccount:
    """Counts the batches of one block. Whole and good ones are counted by the caller: `full += 1` where `is_plain`."""

    __slots__ = (
        "_has_come",
        "_kinds",
        "_lanes",
        "_slots",
        "_was_heard",
        "calm",
        "full",
        "is_listened",
        "is_plain",
        "is_timed",
        "names",
        "whole",
    )

    def __init__(self, names: Sequence[str], interval_ns: int, origin_ns: int, *, is_listened: bool) -> None:
        """`interval_ns` 0: comes when it comes. `origin_ns`: steady time from which samples are expected."""
        self.names = tuple(names)
        self.is_listened = is_listened
        self.is_timed = interval_ns == 0
        self.is_plain = False  # whole good batches of it need no look
        self.calm = 0  # points of which good samples change nothing but the count
        self.full = 0
        self.whole: Reason | None = None  # stands against all of it
        self._was_heard = False  # ever
        self._has_come = False  # something good, since the last settlement
        self._lanes = [_Lane((1 << len(self.names)) - 1)]
        self._slots = Slots(interval_ns or TIMED_INTERVAL_NS, origin_ns)
        self._kinds: Counter[tuple[int, Flaws]] = Counter()  # by the points that were good and those that were bad

    @property
    def all(self) -> int:
        """The mask of all points that still belong to this block."""
        return sum(lane.mask for lane in self._lanes)

    def set_calm(self, *, is_well: bool) -> None:
        """Find what needs no look; `is_well`: nothing stands against the device, and it is heard."""
        is_well = is_well and self.whole is None
        self.calm = sum(lane.mask for lane in self._lanes if lane.reason is None) if is_well else 0
        self.is_plain = is_well and not self.is_timed and all(lane.reason is None for lane in self._lanes)

    def mask_of(self, names: Sequence[str]) -> int:
        """These points as a mask; names of other blocks are left out."""
        wanted = set(names)
        return sum(1 << i for i, name in enumerate(self.names) if name in wanted) & self.all

    def give_up(self, mask: int) -> None:
        """These points belong to another block from now on."""
        self._split(mask)
        self._lanes = [lane for lane in self._lanes if not lane.mask & mask]

    def take(self, batch: Batch) -> bool:
        """Count a batch of which nothing but the count changes; False where `DeviceAccount.note` must look at it."""
        good, bad, lost, _ = self.sort(batch)
        if lost or good & ~self.calm:
            return False
        if good or bad:
            self.count(good, bad)
        return True

    def sort(self, batch: Batch) -> tuple[int, Flaws, int, Reason | None]:
        """The points that came good, those that came bad, those that did not come, and why."""
        present = (1 << len(batch.values)) - 1 if batch.present is None else batch.present
        if batch.quality is None or None not in batch.values:
            return present, (), 0, None
        return self._sort(batch.values, batch.quality, present)

    def count(self, good: int, bad: Flaws) -> None:
        """One sample of each of these points came."""
        self._kinds[good, bad] += 1
        if len(self._kinds) > _MOST_KINDS:
            self._hand_out()

    def _sort(
        self, values: Sequence[object], quality: Sequence[Quality], present: int
    ) -> tuple[int, Flaws, int, Reason | None]:
        good, lost = present, 0
        bad: dict[Reason, int] = {}
        first: Reason | None = None
        for i in [i for i, value in enumerate(values) if value is None]:
            bit = 1 << i & present
            good &= ~bit
            if (why := reason_of(quality[i], is_listened=self.is_listened)) is None:
                flaw = flaw_of(quality[i])
                bad[flaw] = bad.get(flaw, 0) | bit
            else:
                lost |= bit
                first = first or why
        return good, tuple((flaw, mask) for flaw, mask in bad.items() if mask), lost, first

    def blame(self, mask: int, reason: Reason | None) -> None:
        """Why these points do not come from now on; `None`: nothing stands against them any more."""
        self._split(mask)
        for lane in self._lanes:
            if lane.mask & mask:
                lane.reason = reason

    def is_blamed(self, mask: int) -> bool:
        """True where something stands against one of these points."""
        return self.whole is not None or any(lane.reason is not None for lane in self._lanes if lane.mask & mask)

    def settle(self, now_ns: int, device: Reason | None, into: Tally, *, is_graceful: bool = True) -> bool:
        """Book what is due at this steady time; `device` is what stands against the whole device.

        Returns whether a good sample came since the last settlement. `is_graceful`: what is short may come yet.
        """
        self._hand_out()
        has_come, self._has_come = self._has_come, False
        due, fresh = self._slots.count(now_ns)
        if self.is_timed:
            self._settle_time(due, device, into)
            return has_come
        for lane in self._lanes:
            said = device or self.whole or lane.reason  # then nothing is under way
            lane.settle(due, fresh if is_graceful and said is None else 0, said or self._unsaid(lane), into)
        return has_come

    def _settle_time(self, due: int, device: Reason | None, into: Tally) -> None:
        """By time: the minutes in which nothing stood against it count as received, once it was heard."""
        for lane in self._lanes:
            lane.good = 0
            lane.bad.clear()
        why = device or self.whole or (None if self._was_heard else Reason.SILENT)
        if why is None:
            into.good += due
        elif due:
            into.missing[why] += due

    def _unsaid(self, lane: _Lane) -> Reason:
        """The reason where nobody gave one."""
        if lane.good or lane.bad:
            return Reason.STALE
        return Reason.SILENT if self.is_listened else Reason.UNKNOWN

    def _hand_out(self) -> None:
        """Give each lane what came for it."""
        full, self.full = self.full, 0
        self._has_come = self._has_come or full > 0
        for lane in self._lanes:
            lane.good += full
        for (good, bad), count in self._kinds.items():
            self._split(good)
            for _, mask in bad:
                self._split(mask)
            self._has_come = self._has_come or good > 0
            for lane in self._lanes:
                if lane.mask & good:
                    lane.good += count
                for flaw, mask in bad:
                    if lane.mask & mask:
                        lane.bad[flaw] += count
        self._kinds.clear()
        self._was_heard = self._was_heard or self._has_come

    def _split(self, mask: int) -> None:
        """Let no lane lie half inside this mask."""
        for lane in list(self._lanes):
            inside = lane.mask & mask
            if inside and inside != lane.mask:
                self._lanes.append(replace(lane, mask=inside, bad=lane.bad.copy()))
                lane.mask ^= inside
