"""What the user writes about calendars and schedules, as pydantic models."""

import re
from datetime import date
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator

from gateway.config.models import Strict
from gateway.config.problems import nearest
from gateway.config.rulemodels import Texts
from gateway.config.types import HintedError

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_DAYS = (*WEEKDAYS, "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "tues", "thurs")
DAY_KINDS = ("workday", "holiday")
_TIMES = re.compile(r"\s*(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})\s*")
_RANGE = re.compile(r"\s*(-?\d{1,2})\s*(?:\.\.\s*(-?\d{1,2})\s*)?")
_MINUTES_A_DAY = 1440


def _date(value: object) -> date:
    try:
        return date.fromisoformat(str(value))
    except ValueError as error:
        raise HintedError("not a date", "write `2027-01-02`") from error


Date = Annotated[date, BeforeValidator(_date), WithJsonSchema({"type": "string", "format": "date"})]


def parse_times(text: str) -> tuple[int, int]:
    """`08:00-17:30` in minutes since midnight, the end exclusive. Raises HintedError."""
    match = _TIMES.fullmatch(text)
    start, end = (int(match[1]) * 60 + int(match[2]), int(match[3]) * 60 + int(match[4])) if match else (0, 0)
    is_right = match is not None and int(match[2]) < 60 and int(match[4]) < 60
    if not is_right or start >= _MINUTES_A_DAY or end > _MINUTES_A_DAY or start == end:
        raise HintedError(f"not times of a day: `{text}`", 'write "08:00-17:30", "22:00-06:00" or "00:00-24:00"')
    return start, end


def _weekday(text: str) -> int:
    word = text.strip().lower()
    if word not in _DAYS:
        near = nearest(word, (*_DAYS, *DAY_KINDS))
        hint = near if near.startswith("did") else f"write {', '.join(WEEKDAYS)}"
        raise HintedError(f"not a weekday: `{text.strip()}`", hint)
    return WEEKDAYS.index(word[:3]) + 1


def parse_days(texts: list[str]) -> tuple[str, frozenset[int]]:
    """`[workday]`, `[mon-fri, sun]`: the kind of day, or ISO weekdays. Raises HintedError."""
    if len(texts) == 1 and texts[0] in DAY_KINDS:
        return texts[0], frozenset()
    days: set[int] = set()
    for text in texts:
        if text in DAY_KINDS:
            raise HintedError(f"`{text}` stands alone", "write another span for the weekdays")
        first, dash, last = text.partition("-")
        start, end = _weekday(first), _weekday(last if dash else first)
        days |= {(start + step - 1) % 7 + 1 for step in range((end - start) % 7 + 1)}
    return "", frozenset(days)


def parse_range(text: str) -> tuple[int, int]:
    """`1..10`, `-3..-1`, `15`: days of a month, negative ones counted from its end. Raises HintedError."""
    match = _RANGE.fullmatch(text)
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
    if not (1 <= abs(first) <= 31 and 1 <= abs(last) <= 31) or ((first < 0) == (last < 0) and first > last):
        raise HintedError(
            f"not a range of days of the month: `{text}`", "write `1..10`, or `-3..-1` for the last three"
        )
    return first, last


def _checked_times(texts: list[str]) -> list[str]:
    for text in texts:
        parse_times(text)
    return texts


def _checked_days(texts: list[str]) -> list[str]:
    parse_days(texts)
    return texts


def _checked_ranges(texts: list[str]) -> list[str]:
    for text in texts:
        parse_range(text)
    return texts


class CalendarModel(Strict):
    """An entry of `calendars:`."""

    weekend: list[Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]] = Field(["sat", "sun"])
    country: Literal["cn"] | None = None
    holidays: list[Date] = Field([])
    workdays: list[Date] = Field([])

    @model_validator(mode="after")
    def _has_no_day_twice(self) -> Self:
        both = sorted(set(self.holidays) & set(self.workdays))
        if both:
            raise HintedError(f"{both[0]} is a holiday and a working day", "remove it from one of the lists")
        return self


class SpanModel(Strict):
    """Times on some days; what is not written does not restrict."""

    days: Annotated[Texts, AfterValidator(_checked_days)] | None = None
    times: Annotated[Texts, AfterValidator(_checked_times)] | None = None
    months: list[Annotated[int, Field(ge=1, le=12)]] = Field([])
    days_of_month: Annotated[Texts, AfterValidator(_checked_ranges)] | None = None


class ScheduleModel(SpanModel):
    """An entry of `schedules:` - one span, or several under `spans:`."""

    calendar: str | None = None
    spans: Annotated[list[SpanModel], Field(min_length=1)] | None = None

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        own = self.model_fields_set & set(SpanModel.model_fields)
        if self.spans is not None and own:
            raise HintedError(f"`{min(own)}` and `spans` exclude each other", "write it in each span")
        if self.spans is None and not own:
            raise HintedError("the schedule says no times", 'write for example `times: ["08:00-17:30"]`')
        return self
