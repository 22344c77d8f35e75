"""The start of a site day, for tests."""

from drivers.simulator.days import DAY_S, SITE_OFFSET_S


def start_of(day: int) -> float:
    """UTC seconds at which this site day starts."""
    return float(day * DAY_S - SITE_OFFSET_S)
