"""Working days: weekends, China's notices, a site's own days, years that nobody knows yet."""

import re
from datetime import date, timedelta

import pytest

from rules.schedule.calendar import Calendar
from rules.schedule.china import CHINA

# The sentences of the notices, as published: 国办发明电〔2023〕7号, 〔2024〕12号, 〔2025〕7号.
NOTICES = {
    2024: """1月1日放假，与周末连休。 2月10日至17日放假调休，共8天。2月4日（星期日）、2月18日（星期日）上班。
        4月4日至6日放假调休，共3天。4月7日（星期日）上班。
        5月1日至5日放假调休，共5天。4月28日（星期日）、5月11日（星期六）上班。
        6月10日放假，与周末连休。 9月15日至17日放假调休，共3天。9月14日（星期六）上班。
        10月1日至7日放假调休，共7天。9月29日（星期日）、10月12日（星期六）上班。""",
    2025: """1月1日（周三）放假1天，不调休。 1月28日（农历除夕、周二）至2月4日（农历正月初七、周二）放假调休，共8天。
        1月26日（周日）、2月8日（周六）上班。 4月4日（周五）至6日（周日）放假，共3天。
        5月1日（周四）至5日（周一）放假调休，共5天。4月27日（周日）上班。 5月31日（周六）至6月2日（周一）放假，共3天。
        10月1日（周三）至8日（周三）放假调休，共8天。9月28日（周日）、10月11日（周六）上班。""",
    2026: """1月1日（周四）至3日（周六）放假调休，共3天。1月4日（周日）上班。
        2月15日（农历腊月二十八、周日）至23日（农历正月初七、周一）放假调休，共9天。2月14日（周六）、2月28日（周六）上班。
        4月4日（周六）至6日（周一）放假，共3天。 5月1日（周五）至5日（周二）放假调休，共5天。5月9日（周六）上班。
        6月19日（周五）至21日（周日）放假，共3天。 9月25日（周五）至27日（周日）放假，共3天。
        10月1日（周四）至7日（周三）放假调休，共7天。9月20日（周日）、10月10日（周六）上班。""",
}


def read_notice(year: int) -> tuple[set[date], set[date]]:
    """Holidays and exchanged working days, read from the text."""
    text = re.sub(r"（[^）]*）", "", NOTICES[year])
    holidays, workdays = set(), set()
    for month, day, to_month, to_day, count in re.findall(
        r"(\d+)月(\d+)日(?:至(?:(\d+)月)?(\d+)日)?放假(?:调休)?(?:，共(\d+)天)?", text
    ):
        first = date(year, int(month), int(day))
        last = date(year, int(to_month or month), int(to_day or day))
        length = (last - first).days + 1
        assert length == int(count or 1)
        holidays |= {first + timedelta(days=n) for n in range(length)}
    for days in re.findall(r"((?:\d+月\d+日、?)+)上班", text):
        workdays |= {date(year, int(m), int(d)) for m, d in re.findall(r"(\d+)月(\d+)日", days)}
    return holidays, workdays


@pytest.mark.parametrize("year", NOTICES)
def test_the_shipped_days_are_those_of_the_notice(year: int) -> None:
    holidays, workdays = read_notice(year)
    assert {day for day in CHINA.holidays if day.year == year} == holidays
    assert {day for day in CHINA.workdays if day.year == year} == workdays


def test_every_exchanged_working_day_is_a_saturday_or_sunday() -> None:
    assert {day.isoweekday() for day in CHINA.workdays} == {6, 7}
    assert not CHINA.workdays & CHINA.holidays


def test_a_sunday_may_be_worked_and_a_monday_free() -> None:
    assert CHINA.is_workday(date(2026, 9, 20))
    assert not CHINA.is_workday(date(2026, 2, 23))
    assert CHINA.is_workday(date(2026, 2, 24))
    assert not CHINA.is_workday(date(2026, 2, 22))


def test_a_year_without_a_notice_goes_by_weekends_and_is_named() -> None:
    assert not CHINA.is_workday(date(2027, 10, 2))  # a Saturday
    assert CHINA.is_workday(date(2027, 10, 1))  # nobody has said yet that it is free
    assert CHINA.missing_year(date(2027, 10, 1)) == 2027
    assert CHINA.missing_year(date(2026, 10, 1)) is None


def test_a_calendar_of_weekends_misses_no_year() -> None:
    plain = Calendar()
    assert plain.missing_year(date(2050, 1, 1)) is None
    assert [plain.is_workday(date(2026, 11, day)) for day in (20, 21, 22, 23)] == [True, False, False, True]


def test_a_day_that_is_listed_as_both_is_worked() -> None:
    day = date(2026, 7, 1)
    assert Calendar(holidays=frozenset({day}), workdays=frozenset({day})).is_workday(day)


def test_another_weekend() -> None:
    six_days = Calendar(weekend=frozenset({7}))
    assert six_days.is_workday(date(2026, 11, 21))
    assert not six_days.is_workday(date(2026, 11, 22))
