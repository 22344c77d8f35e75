"""How a register went on over time: its stored readings, exchanges and new values, and what flowed between two."""

import sqlite3
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Self
from zoneinfo import ZoneInfo

from gateway.accounts.books import Books, Meter
from gateway.accounts.records.submissions import events_by_meter, readings_by_meter
from gateway.store.intervals import days
from rules.energy.reading import Event, Origin, Reading
from rules.energy.spec import factor_at

_USUAL_OF = 13  # readings before it that make what is usual
_LOOK_BACK = timedelta(days=14)  # in the account of a register that is read by itself
_DAY_NS = 86_400_000_000_000
_HOUR_NS = 3_600_000_000_000
_ROLLED = 10  # times what is usual, at most, where a register without a rating went over its end


@dataclass(frozen=True, slots=True, order=True)
class Step:
    """One value of a register. At one instant the old register's last comes before the new one's first."""

    time_ns: int
    place: int  # 0: the last of an old register, 1: the first of a new one, 2: a reading
    value: Decimal | None  # `None`: nobody wrote it down

    @property
    def is_start(self) -> bool:
        """True for the first value of another register."""
        return self.place == 1

    @property
    def mark(self) -> str:
        """As in a table of readings."""
        return ("final", "initial", "")[self.place]

    @classmethod
    def marked(cls, time_ns: int, value: Decimal, mark: str) -> Self:
        """A row of a table of readings."""
        return cls(time_ns, ("final", "initial", "").index(mark), value)

    @classmethod
    def of_event(cls, event: Event) -> tuple[Self, Self]:
        """The last value of the old register and the first of the new one."""
        return cls(event.time_ns, 0, event.final), cls(event.time_ns, 1, event.initial)


@dataclass(frozen=True, slots=True)
class Flow:
    """What flowed between two values of one register."""

    quantity: Fraction  # in the unit of account
    most: Fraction | None  # by the meter's rating
    is_rollover: bool = False

    @property
    def is_fall(self) -> bool:
        """True where the register went back."""
        return self.quantity < 0


@dataclass(frozen=True, slots=True)
class Course:
    """The values of one register, in order of time."""

    meter: Meter
    stored: Sequence[Step]
    steps: Sequence[Step]  # with the new ones

    def before(self, step: Step) -> Step | None:
        """The value of the same register before it; `None` where there is none, or nobody knows it."""
        place = bisect_left(self.steps, _key(step), key=_key)
        found = self.steps[place - 1] if place and not step.is_start else None
        return None if found is None or found.value is None or found.place == 0 else found

    def after(self, step: Step) -> Step | None:
        """The value of the same register after it, like `before`."""
        place = bisect_left(self.steps, _key(step), key=_key) + 1
        found = self.steps[place] if place < len(self.steps) and step.place != 0 else None
        return None if found is None or found.value is None or found.is_start else found

    def flowed(self, before: Step, step: Step) -> Flow:
        """What flowed between two values that are known, over the register's end where that can be."""
        spec = self.meter.spec
        factor = factor_at(spec.factors(), step.time_ns)
        quantity = Fraction((step.value or 0) - (before.value or 0)) * factor
        most = None
        if spec.rated is not None:
            elapsed_ns = step.time_ns - before.time_ns + spec.slack_ns
            most = Fraction(spec.rated) * Fraction(spec.margin) * elapsed_ns / _HOUR_NS
        if quantity < 0 and spec.modulus is not None:
            over = quantity + Fraction(spec.modulus) * factor
            usual = self.usual_per_day(before)
            days = Fraction(step.time_ns - before.time_ns, _DAY_NS)
            limit = most if most is not None or usual is None else usual * _ROLLED * days
            if limit is not None and over <= limit:
                return Flow(over, most, is_rollover=True)
        return Flow(quantity, most)

    def usual_per_day(self, step: Step) -> Fraction | None:
        """What flowed a day over the stored readings before; `None` where there are too few or they fall."""
        place = bisect_left(self.stored, _key(step), key=_key)
        earlier: list[Step] = []
        for one in reversed(self.stored[max(place - _USUAL_OF, 0) : place]):
            if one.place == 0 or one.value is None:
                break
            earlier.append(one)
            if one.is_start:
                break
        if len(earlier) < 3:
            return None
        risen, elapsed_ns = (earlier[0].value or 0) - (earlier[-1].value or 0), earlier[0].time_ns - earlier[-1].time_ns
        if risen < 0 or not elapsed_ns:
            return None
        return Fraction(risen) * factor_at(self.meter.spec.factors(), step.time_ns) * _DAY_NS / elapsed_ns


class Timeline:
    """The courses of the registers as approved records and accounts tell them, without the record `but`."""

    def __init__(self, db: sqlite3.Connection, books: Books, but: str = "") -> None:
        self._db = db
        self._books = books
        self._readings: Mapping[str, Sequence[Reading]] = readings_by_meter(db, but)
        self._events: Mapping[str, Sequence[Event]] = events_by_meter(db, but)

    def course(self, tag: str, own: Sequence[Step]) -> Course | None:
        """The course of a register with new values; `None` for one that is not configured."""
        meter = self._books.meters.get(tag)
        if meter is None:
            return None
        found = {one.time_ns: one for one in self._counted(meter, own)}
        found |= {one.time_ns: one for one in self._readings.get(tag, ())}
        said = [Step(one.time_ns, 2, one.value) for one in found.values()]
        ends = [step for event in self._events.get(tag, ()) for step in Step.of_event(event)]
        stored = sorted([*said, *ends], key=_key)
        steps = {_key(one): one for one in (*stored, *own)}
        return Course(meter, stored, sorted(steps.values(), key=_key))

    def _counted(self, meter: Meter, own: Sequence[Step]) -> Iterator[Reading]:
        """Readings of a meter that is read by itself, around the new values."""
        if meter.is_manual or not own:
            return
        zone = ZoneInfo(self._books.site.timezone)
        first, last = (datetime.fromtimestamp(one.time_ns // 10**9, UTC).astimezone(zone) for one in (own[0], own[-1]))
        for day in days(self._db, [meter.tag], (first - _LOOK_BACK).date(), last.date()):
            for interval in day.intervals():
                yield from _of_the_meter(interval.readings)


def _of_the_meter(readings: Iterable[Reading]) -> Iterator[Reading]:
    return (one for one in readings if one.origin is Origin.METER and not one.is_conflicting)


def _key(step: Step) -> tuple[int, int]:
    return step.time_ns, step.place
