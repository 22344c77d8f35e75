"""What is done on the DuckDB thread with the history's files: blocks in, roll-ups, retention, damaged files aside."""

from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import TypeVar

from drivers.history.client import Damaged, Session
from drivers.history.days import has_block, insert_block, mark_stale, numbers_of, spans_from, stale_hours
from drivers.history.files import Folder, day_name, days_to_remove, month_of, rollups_to_remove
from drivers.history.memory import Memory, Span
from drivers.history.rollup import has_day, join_late, late_spans, roll_up
from drivers.history.schema import is_made, make
from drivers.history.segment import HOUR_NS
from gateway.core.batch import Stream
from gateway.core.errors import GatewayError, Unavailable

T = TypeVar("T")

_NAMED = 3  # of many files that a finding is about
_ROLL_UPS_PER_BLOCK = 4  # an hour of 6,000 values a second takes half a second: queries wait for no more than that


@dataclass(frozen=True, slots=True)
class Limits:
    """How much is kept."""

    keep_days: int
    keep_months: int
    max_bytes: int


@dataclass(frozen=True, slots=True)
class Known:
    """What is on disk of a day."""

    spans: list[Span]  # the runs of chunks that may hold the one that was asked for, or later ones
    is_removed: bool = False  # the samples: the roll-up has what is left of the day


@dataclass(slots=True)
class Store:
    """The files of one history and what is known about them. Every method runs on the DuckDB thread."""

    folder: Folder
    memory: Memory
    counts: Counter[str] = field(default_factory=Counter)
    findings: deque[str] = field(default_factory=lambda: deque(maxlen=20))  # for a person, newest last
    durable: dict[str, int] = field(default_factory=dict)  # last seq on disk, by stream
    is_read_only: bool = False
    _stale: dict[int, set[int]] = field(default_factory=dict)  # hours without a complete roll-up, by day
    _seen: set[Path] = field(default_factory=set)  # files that are to be there: another hand may remove one
    _is_uncertain: bool = False  # the last commit failed: it may be on disk all the same

    def open(self) -> None:
        """Claim the folder; makes it where it is not there. Raises `Unavailable` while another process has it."""
        if not self.is_read_only:
            self.folder.path.mkdir(parents=True, exist_ok=True)
        elif not self.folder.path.is_dir():
            raise Unavailable(f"there is no history in {self.folder.path}", "check the data directory")
        self.folder.lock(exclusive=not self.is_read_only)

    def known(self, session: Session, days: Iterable[int], stream: Stream, seq: int) -> dict[int, Known]:
        """Per day, what is on disk of it and may hold this chunk or later ones.

        Late samples of a removed day go into its roll-up: a file of their own would stand for the whole day, and
        replace an hour of the roll-up.
        """
        self.open()
        oldest = min(self.folder.usage().days, default=0)
        return {day: self._known(session, day, stream, seq, is_before_all=day < oldest) for day in days}

    def _known(self, session: Session, day: int, stream: Stream, seq: int, *, is_before_all: bool) -> Known:
        if is_before_all:
            file = self.folder.rollup_file(month_of(day))
            late = self.read(session, file, "rollup", partial(_late, session, day, stream, seq))
            if late is not None:
                return Known(late, is_removed=True)
        ask = partial(spans_from, session, stream, seq)
        return Known(self.read(session, self.folder.day_file(day), "day", ask) or [])

    def stale(self, session: Session, day: int) -> set[int]:
        """The hours of a day that are to be read raw because their roll-up is not complete."""
        if day not in self._stale:
            file = self.folder.day_file(day)
            self._stale[day] = self.read(session, file, "day", partial(stale_hours, session)) or set()
        return self._stale[day]

    def read(self, session: Session, file: Path, alias: str, work: Callable[[], T]) -> T | None:
        """Do work that reads one file; `None` where it is not there or damaged (then it is moved aside and said)."""
        if not file.exists():
            return None
        try:
            with session.attached(file, alias, read_only=True):
                return work() if is_made(session, file, alias) else None
        except Damaged as error:
            self._set_aside(error)
            return None

    def write_block(self, session: Session, limits: Limits, now_ns: int) -> None:
        """Make everything in memory durable, then see to roll-ups and retention, whose trouble stops nothing."""
        self.open()
        self._notice_removed()
        hours: set[int] = set().union(*(segment.hours for segment in self.memory.segments))
        for day in sorted({segment.day for segment in self.memory.segments}):
            self._write_day(session, day)
        for stream, span in self.memory.spans.items():
            self.durable[stream.value] = max(span.seq_last, self.durable.get(stream.value, 0))
        self.memory.complete()
        self.counts["blocks"] += 1
        try:
            self._roll_up_some(session, hours, now_ns // HOUR_NS)
            self._retain(session, limits)
        except Damaged as error:
            self._set_aside(error)
        except (GatewayError, OSError) as error:
            self._find(f"roll-up or removal of old history was put off: {error}")

    def _write_day(self, session: Session, day: int) -> None:
        is_late = day in self.memory.removed
        file, put = (
            (self.folder.rollup_file(month_of(day)), self._join)
            if is_late
            else (self.folder.day_file(day), self._insert)
        )
        try:
            put(session, day, file)
        except Damaged as error:
            self._set_aside(error)
            put(session, day, file)
        if not file.exists():  # removed under our hands: the rows went with it
            self._notice_removed()
            put(session, day, file)
        self.memory.drop(day)

    def _join(self, session: Session, day: int, file: Path) -> None:
        """Late samples of a removed day into its month's roll-up."""
        is_new = not file.exists()
        if is_new:
            self._mark_stale(session, month_of(day))
        segments = [segment for segment in self.memory.segments if segment.day == day]
        join_late(session, file, day, numbers_of(segments), self.memory.spans.values())
        if is_new:
            self.folder.sync()
        self._seen.add(file)
        count = sum(segment.count for segment in segments)
        self.counts.update(samples=count, late_samples=count)

    def _insert(self, session: Session, day: int, file: Path) -> None:
        segments = [segment for segment in self.memory.segments if segment.day == day]
        hours = set().union(*(segment.hours for segment in segments))
        spans = self.memory.spans.values()
        known, is_new = self.stale(session, day), not file.exists()
        is_retry, self._is_uncertain = self._is_uncertain, True
        with session.attached(file, "day", read_only=False):
            make(session, file, "day")
            if not (is_retry and has_block(session, spans)):
                insert_block(session, segments, spans, sorted(hours - known))
        if is_new:
            self.folder.sync()
        self._is_uncertain = False
        self._seen.add(file)
        self._stale[day] = known | hours
        self.counts["samples"] += sum(segment.count for segment in segments)

    def _roll_up_some(self, session: Session, fresh: set[int], this_hour: int) -> None:
        """Hours that have ended and that this block did not touch; a few, so that nobody waits long.

        Days that nothing was read from since the start are looked at one a block.
        """
        unseen = self.folder.usage().days.keys() - self._stale.keys()
        if unseen:
            self.stale(session, max(unseen))
        ended = [
            (hour, day)
            for day, hours in self._stale.items()
            for hour in hours
            if hour < this_hour and hour not in fresh
        ]
        for hour, day in sorted(ended)[:_ROLL_UPS_PER_BLOCK]:
            self._roll_up(session, day, hour)

    def _roll_up(self, session: Session, day: int, hour: int) -> None:
        file = self.folder.rollup_file(month_of(day))
        is_new = not file.exists()
        if is_new:
            self._mark_stale(session, month_of(day))
        roll_up(session, self.folder.day_file(day), file, hour)
        self.stale(session, day).discard(hour)
        self._seen.add(file)
        self.counts["hours_rolled_up"] += 1
        if is_new:
            self.folder.sync()

    def _mark_stale(self, session: Session, month: int) -> None:
        """A month's roll-up is begun, perhaps because the one before was lost: it gets all that its days have."""
        for day in self.folder.usage().days:
            if month_of(day) == month:
                with session.attached(self.folder.day_file(day), "day", read_only=False):
                    mark_stale(session, day)
                self._stale.pop(day, None)

    def _retain(self, session: Session, limits: Limits) -> None:
        usage = self.folder.usage()
        for month in rollups_to_remove(usage, keep_months=limits.keep_months, max_bytes=limits.max_bytes):
            self._remove(self.folder.rollup_file(month))
            self.counts["months_removed"] += 1
        for day in days_to_remove(usage, keep_days=limits.keep_days, max_bytes=limits.max_bytes):
            self._remove_day(session, day)

    def _remove_day(self, session: Session, day: int) -> None:
        try:
            while hours := self.stale(session, day):  # asked anew: a roll-up that is begun makes more
                self._roll_up(session, day, min(hours))
        except GatewayError as error:  # e.g. no space for it: what must go goes all the same
            self._find(f"{day_name(day)} was removed before its 15-minute roll-up was complete: {error}")
        self._remove(self.folder.day_file(day))
        self._stale.pop(day, None)
        self.counts["days_removed"] += 1

    def _remove(self, file: Path) -> None:
        self.folder.remove(file)
        self._seen.discard(file)

    def _notice_removed(self) -> None:
        """Files that are gone and that were not removed here: say so, and forget what was known of them."""
        there = self.folder.files()
        gone = sorted(file.name for file in self._seen - there)
        self._seen = there
        if not gone:
            return
        self._stale.clear()
        self.counts["files_removed_by_others"] += len(gone)
        more = f" and {len(gone) - _NAMED} more" if len(gone) > _NAMED else ""
        self._find(
            f"{', '.join(gone[:_NAMED])}{more} in {self.folder.path} vanished while the gateway ran: what was in there "
            "is gone; days begin a new file with the next samples, roll-ups are made again from the days that are left"
        )

    def _set_aside(self, error: Damaged) -> None:
        """Move a damaged file to `quarantine/`; what it held is missing from then on."""
        self.counts["damaged_files"] += 1
        if self.is_read_only:
            self._find(f"{error}; it was left out")
            return
        moved = self.folder.quarantine(error.path)
        self._stale.clear()
        self._seen.discard(error.path)
        self._find(f"{error}; it was moved to {moved} and a new file is begun")

    def _find(self, text: str) -> None:
        if not self.findings or self.findings[-1] != text:
            self.findings.append(text)


def _late(session: Session, day: int, stream: Stream, seq: int) -> list[Span] | None:
    """What came late of a removed day; `None` where the attached roll-up has nothing of the day: it was never there."""
    return late_spans(session, day, stream, seq) if has_day(session, day) else None
