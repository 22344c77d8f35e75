"""Periods of accounts: a month, a year, or days, in the site's zone; and where each month of an entity stands."""

import re
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from gateway.core.errors import Rejected
from gateway.store.records import Kind, Record, find

_MONTH = re.compile(r"([0-9]{4})-([0-9]{2})")
_YEAR = re.compile(r"[0-9]{4}")
_DAYS = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})\.\.([0-9]{4}-[0-9]{2}-[0-9]{2})")
_FIRST_YEAR, _LAST_YEAR = 1990, 2199
_LONGEST_DAYS = 20 * 366
HINT = "write `2026-10` for a month, `2026` for a year, `2026-10-01..2026-10-31` for days, both included"


class Status(StrEnum):
    """Where a period stands."""

    OPEN = "open"
    CLOSED = "closed"
    RESTATED = "restated"  # closed, and told anew after that


@dataclass(frozen=True, slots=True)
class Period:
    """Days, both included."""

    label: str
    first: date
    last: date

    @property
    def days(self) -> int:
        """How many."""
        return (self.last - self.first).days + 1

    @property
    def is_month(self) -> bool:
        """True for one calendar month as a whole: what can be closed."""
        return _MONTH.fullmatch(self.label) is not None

    def parts(self) -> list["Period"]:
        """Cut by calendar months: figures of a longer period are the sums of these."""
        found, first = [], self.first
        while first <= self.last:
            whole = month_of(first)
            part = Period(f"{first}..{min(whole.last, self.last)}", first, min(whole.last, self.last))
            found.append(whole if (part.first, part.last) == (whole.first, whole.last) else part)
            first = part.last + timedelta(days=1)
        return found

    def before(self) -> "Period":
        """The period before it: of a month the month, of a year the year, of days as many days (环比)."""
        end = self.first - timedelta(days=1)
        if self.is_month:
            return month_of(end)
        if _YEAR.fullmatch(self.label):
            return Period(f"{end.year:04d}", end.replace(month=1, day=1), end)
        first = self.first - timedelta(days=self.days)
        return Period(f"{first}..{end}", first, end)

    def year_before(self) -> "Period":
        """The same days of the year before (同比). The 29th of February becomes the 28th."""
        if self.is_month:
            return month_of(_year_earlier(self.first))
        if _YEAR.fullmatch(self.label):
            return self.before()
        first, last = _year_earlier(self.first), _year_earlier(self.last)
        return Period(f"{first}..{last}", first, last)


def parse_period(text: str) -> Period:
    """The period of a text. Raises Rejected for a text that is none."""
    try:
        found = _parsed(text)
    except (ValueError, OverflowError):
        found = None  # a month 13, a 31st of April, the month after which there is no date
    if found is None or not _FIRST_YEAR <= found.first.year <= found.last.year <= _LAST_YEAR:
        raise Rejected(f"period: `{text[:40]}` is no period", HINT)
    if found.first > found.last or found.days > _LONGEST_DAYS:
        raise Rejected(f"period: `{text[:40]}` ends before it begins, or is longer than 20 years", HINT)
    return found


def month_of(day: date) -> Period:
    """The calendar month of a day."""
    first = day.replace(day=1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return Period(f"{first:%Y-%m}", first, last)


def is_in(label: str, period: Period) -> bool:
    """True where the period of this label lies in the other one as a whole."""
    inner = parse_period(label)
    return inner.first >= period.first and inner.last <= period.last


def _parsed(text: str) -> Period | None:
    if match := _MONTH.fullmatch(text):
        return month_of(date(int(match[1]), int(match[2]), 1))
    if _YEAR.fullmatch(text):
        return Period(text, date(int(text), 1, 1), date(int(text), 12, 31))
    if match := _DAYS.fullmatch(text):
        return Period(text, date.fromisoformat(match[1]), date.fromisoformat(match[2]))
    return None


def _year_earlier(day: date) -> date:
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)


@dataclass(frozen=True, slots=True)
class Month:
    """Where a month of an entity stands: its close and what was told anew since."""

    label: str
    close: Record | None
    restatements: tuple[Record, ...] = ()

    @property
    def status(self) -> Status:
        """Open without a close."""
        if self.close is None:
            return Status.OPEN
        return Status.RESTATED if self.restatements else Status.CLOSED

    def run(self, *, as_published: bool = False) -> str:
        """The id of the recorded run whose figures hold; as published: that of the close. Empty: open."""
        if self.close is None:
            return ""
        told = self.close if as_published or not self.restatements else self.restatements[-1]
        return str(told.body["run"])

    def as_of(self, record: Record) -> "Month":
        """As it stood when this was recorded."""
        close = self.close if self.close is not None and self.close.seq <= record.seq else None
        return Month(self.label, close, tuple(one for one in self.restatements if one.seq <= record.seq))


def told_last(months: Mapping[str, Month], period: Period, *, as_published: bool = False) -> Record | None:
    """The close or restatement that last told the figures of a period; `None` while one of its months is open."""
    inside = [month for label, month in months.items() if is_in(label, period)]
    if len(inside) < len(period.parts()):
        return None
    told = [one for month in inside for one in (month.close, *(() if as_published else month.restatements))]
    return max((one for one in told if one is not None), key=lambda one: one.seq)


def month_states(db: sqlite3.Connection, entity: str) -> dict[str, Month]:
    """The closed months of an entity by their labels; a month that is not there is open."""
    closes = _all(db, Kind.CLOSE, entity)
    told: dict[str, list[Record]] = {}
    for record in _all(db, Kind.RESTATEMENT, entity):
        told.setdefault(record.about, []).append(record)
    return {close.period: Month(close.period, close, tuple(told.get(close.id, ()))) for close in closes}


def _all(db: sqlite3.Connection, kind: Kind, entity: str) -> list[Record]:
    """Every record of a kind of one entity, in order."""
    found: list[Record] = []
    while page := find(db, kinds=(kind,), enterprise=entity, after_seq=found[-1].seq if found else 0):
        found += page
    return found
