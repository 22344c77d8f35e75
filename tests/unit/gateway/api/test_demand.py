"""The quarter-hour that is billed: average so far, forecast, and whose limit it is held against."""

from datetime import UTC, datetime

import pytest

from gateway.api.demand import QuarterHour
from gateway.rulebook import Rulebook
from tests.unit.gateway.pipeline.conftest import ManualClock

START = datetime(2026, 11, 19, 6, 30, tzinfo=UTC)  # 14:30 in Shanghai


class Import:
    """What the incomers give now."""

    kw: float | None = 4000.0

    def __call__(self) -> float | None:
        return self.kw


def ticked(quarter: QuarterHour, clock: ManualClock, seconds: int) -> None:
    for _ in range(seconds):
        quarter.tick()
        clock.move(1.0)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(int(START.timestamp()) * 10**9)


def test_before_the_first_value_nothing_is_said(clock: ManualClock) -> None:
    grid = Import()
    grid.kw = None
    quarter = QuarterHour(clock, "Asia/Shanghai", grid)
    quarter.tick()
    assert quarter.told(Rulebook()) is None


def test_the_forecast_takes_the_recent_level_for_what_is_left(clock: ManualClock) -> None:
    grid = Import()
    quarter = QuarterHour(clock, "Asia/Shanghai", grid)
    ticked(quarter, clock, 300)
    grid.kw = 7000.0
    ticked(quarter, clock, 300)
    told = quarter.told(Rulebook())
    assert told is not None
    assert told["average_kw"] == pytest.approx(5500, abs=15)
    assert told["forecast_kw"] == pytest.approx(6000, abs=40)  # (5500 * 10 min + 7000 * 5 min) / 15 min
    assert told["end_ms"] == int(START.timestamp() + 900) * 1000
    assert told["limit_kw"] is None


def test_another_quarter_begins_anew(clock: ManualClock) -> None:
    grid = Import()
    quarter = QuarterHour(clock, "Asia/Shanghai", grid)
    ticked(quarter, clock, 900)
    grid.kw = 1000.0
    ticked(quarter, clock, 60)
    told = quarter.told(Rulebook())
    assert told is not None
    assert told["average_kw"] == pytest.approx(1000, abs=60)
