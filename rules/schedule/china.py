"""China's holidays and exchanged working days, as the General Office of the State Council publishes them each autumn.

Sources: 国务院办公厅关于 2024 / 2025 / 2026 年部分节假日安排的通知, the numbers beside each year. The notice of the
next year is added here when it is out; until then a site can enter the days itself.
"""

from collections.abc import Iterator
from datetime import date, timedelta

from rules.schedule.calendar import Calendar

_Day = tuple[int, int]  # month, day

_HOLIDAYS: dict[int, tuple[tuple[_Day, _Day], ...]] = {  # first and last day, in the order of the notice
    # 国办发明电〔2023〕7号, 25 October 2023. New Year and the Dragon Boat Festival adjoin a weekend.
    2024: (
        ((1, 1), (1, 1)),
        ((2, 10), (2, 17)),  # New Year's Eve (9 February) is recommended leave, not a holiday
        ((4, 4), (4, 6)),
        ((5, 1), (5, 5)),
        ((6, 10), (6, 10)),
        ((9, 15), (9, 17)),
        ((10, 1), (10, 7)),
    ),
    # 国办发明电〔2024〕12号, 12 November 2024
    2025: (
        ((1, 1), (1, 1)),
        ((1, 28), (2, 4)),
        ((4, 4), (4, 6)),
        ((5, 1), (5, 5)),
        ((5, 31), (6, 2)),
        ((10, 1), (10, 8)),  # National Day and Mid-Autumn together
    ),
    # 国办发明电〔2025〕7号, 4 November 2025
    2026: (
        ((1, 1), (1, 3)),
        ((2, 15), (2, 23)),
        ((4, 4), (4, 6)),
        ((5, 1), (5, 5)),
        ((6, 19), (6, 21)),
        ((9, 25), (9, 27)),
        ((10, 1), (10, 7)),
    ),
}

_WORKDAYS: dict[int, tuple[_Day, ...]] = {  # Saturdays and Sundays that are worked, from the same notices
    2024: ((2, 4), (2, 18), (4, 7), (4, 28), (5, 11), (9, 14), (9, 29), (10, 12)),
    2025: ((1, 26), (2, 8), (4, 27), (9, 28), (10, 11)),
    2026: ((1, 4), (2, 14), (2, 28), (5, 9), (9, 20), (10, 10)),
}


def _holidays() -> Iterator[date]:
    for year, breaks in _HOLIDAYS.items():
        for first, last in breaks:
            day = date(year, *first)
            while day <= date(year, *last):
                yield day
                day += timedelta(days=1)


CHINA = Calendar(
    name="cn",
    holidays=frozenset(_holidays()),
    workdays=frozenset(date(year, *day) for year, days in _WORKDAYS.items() for day in days),
    covers=frozenset(_HOLIDAYS),
)
"""`country: cn`."""


def site_calendar(
    name: str, weekend: frozenset[int], country: str, holidays: frozenset[date], workdays: frozenset[date]
) -> Calendar:
    """The days of a site's own, with those of its country: its own come before them where they contradict each other.

    `country`: `cn`, or empty for none.
    """
    if country != "cn":
        return Calendar(name, weekend, holidays, workdays)
    every_holiday = (CHINA.holidays - workdays) | holidays
    every_workday = (CHINA.workdays - holidays) | workdays
    own_years = {day.year for day in holidays}  # who writes the holidays of a year knows them
    return Calendar(name, weekend, every_holiday, every_workday, CHINA.covers | own_years)
