"""The park's calendar: days and minutes of the site's own time."""

SITE_OFFSET_S = 8 * 3600  # Asia/Shanghai; no daylight saving time since 1991
DAY_S = 86_400
EPOCH_DAY = 20_454  # 2026-01-01, the day the park's counters started, in days since 1970-01-01
CYCLE_DAYS = 28  # after four weeks the daily totals repeat: sums over any number of days stay a formula


def split(t: float) -> tuple[int, float]:
    """Day number since 1970-01-01 and minute of the day (0 to below 1440), both in site time, of UTC seconds `t`."""
    day, second = divmod(t + SITE_OFFSET_S, DAY_S)
    return int(day), second / 60.0


def weekday(day: int) -> int:
    """0 for Monday to 6 for Sunday."""
    return (day + 3) % 7  # 1970-01-01 was a Thursday
