"""The account of one device: its blocks, what stands against it, its silences.

Before something that stands against a device changes, what is due by then is settled under it: a gap is explained by
what held while it lasted.
"""

from collections.abc import Sequence

from gateway.core.batch import Batch, Block
from gateway.core.ports import Fault
from rules.connectivity.block import BlockAccount
from rules.connectivity.reason import Reason, reason_of
from rules.connectivity.silence import Outage, Silence
from rules.connectivity.tally import Tally

_FAULT_WINDOW_NS = 2_000_000_000  # a device without an interval is silent when a fault stands for longer


class DeviceAccount:
    """Of one connected device. Times: `now_ns` UTC, `steady_ns` of a clock that never steps."""

    __slots__ = (
        "_heard_ns", "_message", "_origin_ns", "_settled_ns", "_tally", "blocks", "id", "is_listened", "reason",
        "silence",
    )  # fmt: skip

    def __init__(self, device: str, now_ns: int, steady_ns: int, *, is_listened: bool) -> None:
        """`is_listened`: it publishes by itself and is not asked. It is taken as quiet until it is heard."""
        self.id = device
        self.is_listened = is_listened
        self.reason: Reason | None = None  # stands against the whole device
        self.blocks: list[BlockAccount] = []
        self.silence = Silence(device)
        self.silence.begin(now_ns, steady_ns, 0)
        self._message = ""
        self._tally = Tally()
        self._origin_ns = self._settled_ns = self._heard_ns = steady_ns

    def add(self, block: Block, stale_after_ns: int) -> BlockAccount:
        """Expect the samples of this block too. Points that another block had before are that one's no more."""
        names = [point.name for point in block.points]
        for other in self.blocks:
            other.give_up(other.mask_of(names))
        interval_ns = round(block.interval_s * 1e9)
        self.silence.limit(stale_after_ns if interval_ns else _FAULT_WINDOW_NS)
        account = BlockAccount(names, interval_ns, self._settled_ns, is_listened=self.is_listened)
        self.blocks.append(account)
        return account

    def note(self, block: BlockAccount, batch: Batch, steady_ns: int) -> Outage | None:
        """Count a batch that `BlockAccount.take` did not: with samples that did not come, or the first after trouble.

        Returns the outage that it ended.
        """
        good, bad, lost, why = block.sort(batch)
        ended = None
        if good:
            ended = self._heard(steady_ns)
            is_back = block.is_blamed(good)
            if is_back or ended is not None:
                self._settle(steady_ns)  # what comes now fills no hole of before
            if is_back:
                block.whole = None
                block.blame(good, None)
        if good or bad:
            block.count(good, bad)
        if lost:
            self._lost(block, lost, why, steady_ns)
        self._set_plain()
        return ended

    def _heard(self, steady_ns: int) -> Outage | None:
        self._heard_ns = steady_ns
        return self.silence.end(steady_ns, *self.why_quiet()) if self.silence.is_quiet else None

    def _lost(self, block: BlockAccount, lost: int, why: Reason | None, steady_ns: int) -> None:
        if lost & block.all == block.all:
            if block.whole not in (None, why):
                self._settle(steady_ns)
            block.whole = why
        else:
            block.blame(lost, why)

    def fault(
        self, fault: Fault | None, points: Sequence[str], last_answer_ns: int | None, now_ns: int, steady_ns: int
    ) -> Outage | None:
        """What the source says stands against the device (`points` empty) or these points; `None`: no more.

        Returns the outage that is seen by this.
        """
        reason = None if fault is None else reason_of(fault.quality, is_listened=self.is_listened)
        seen = None
        if points:
            self._points_fault(reason, points, steady_ns)
        elif fault is None or reason is None:
            seen = self.silence.check(steady_ns, *self.why_quiet())
            self._forget(steady_ns)
        else:
            if self.reason not in (None, reason):
                self._settle(steady_ns)
            self.reason, self._message = reason, fault.message
            self._hush(last_answer_ns, now_ns, steady_ns)
        self._set_plain()
        return seen

    def _points_fault(self, reason: Reason | None, points: Sequence[str], steady_ns: int) -> None:
        masks = [(block, mask) for block in self.blocks if (mask := block.mask_of(points))]
        if any(block.is_blamed(mask) for block, mask in masks):
            self._settle(steady_ns)
        for block, mask in masks:
            block.blame(mask, reason)

    def _forget(self, steady_ns: int) -> None:
        """Nothing stands against the device any more, nor (until it is said again) against a block as a whole."""
        if self.reason is not None or any(block.whole is not None for block in self.blocks):
            self._settle(steady_ns)
        self.reason, self._message = None, ""
        for block in self.blocks:
            block.whole = None

    def _hush(self, last_answer_ns: int | None, now_ns: int, steady_ns: int) -> None:
        """It says nothing. Since its last answer by the wall clock, if that fits what the steady clock allows."""
        longest_ns = steady_ns - self._heard_ns
        age_ns = longest_ns if last_answer_ns is None else min(max(0, now_ns - last_answer_ns), longest_ns)
        self.silence.begin(now_ns, steady_ns, age_ns)

    def settle(
        self, last_answer_ns: int | None, now_ns: int, steady_ns: int, *, is_graceful: bool = True
    ) -> Outage | None:
        """Book what is due. Returns the outage that began, or whose reason is known now."""
        has_come = self._settle(steady_ns, is_graceful=is_graceful and self.silence.open is None)
        if self.reason is None and all(block.is_timed and block.whole is None for block in self.blocks):
            return None  # what comes when it comes may be quiet for long
        if not has_come and not self.silence.is_quiet:
            self._hush(last_answer_ns, now_ns, steady_ns)
            self._set_plain()
        return self.silence.check(steady_ns, *self.why_quiet())

    def _settle(self, steady_ns: int, *, is_graceful: bool = False) -> bool:
        has_come = False
        for block in self.blocks:
            has_come |= block.settle(steady_ns, self.reason, self._tally, is_graceful=is_graceful)
        if has_come:
            self._heard_ns = max(self._heard_ns, self._settled_ns)
        self._settled_ns = steady_ns
        return has_come

    def take(self) -> Tally:
        """What was booked since the last call."""
        taken, self._tally = self._tally, Tally()
        return taken

    def why_quiet(self) -> tuple[Reason, str]:
        """The reason and the source's words of a silence now."""
        whole = next((block.whole for block in self.blocks if block.whole is not None), None)
        if self.reason is not None:
            return self.reason, self._message
        return whole or (Reason.SILENT if self.is_listened else Reason.UNKNOWN), ""

    def _set_plain(self) -> None:
        """Let the caller count whole good batches by itself where nothing of them can change anything."""
        is_well = self.reason is None and not self.silence.is_quiet
        for block in self.blocks:
            block.set_calm(is_well=is_well)
