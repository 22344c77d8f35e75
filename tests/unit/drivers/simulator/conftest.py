"""A park made once, a clock that stands still, and times worth looking at."""

from datetime import datetime, timedelta, timezone

import pytest

from drivers.simulator.park import Park, make_park

SITE = timezone(timedelta(hours=8))


class StoppedClock:
    """Both times are what the test says."""

    def __init__(self, wall_s: float, park_s: float | None = None) -> None:
        self.wall_s = wall_s
        self.park_s = wall_s if park_s is None else park_s

    def wall(self) -> float:
        return self.wall_s

    def park(self) -> float:
        return self.park_s


@pytest.fixture(scope="session")
def park() -> Park:
    return make_park(7)


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock(datetime(2026, 11, 24, 10, 30, tzinfo=SITE).timestamp())


@pytest.fixture(scope="session")
def week() -> list[float]:
    """Instants all over a week, Saturday and Sunday included, none on a minute."""
    start = datetime(2026, 11, 23, tzinfo=SITE).timestamp()
    return [start + 0.37 + 2_371.0 * n for n in range(7 * 86_400 // 2_371)]
