"""The quarter-hour that the supplier bills: its average so far and how it is going to end, from the grid meters.

It is told the park's import once a second by the live ticker, whether a page is open or not.
"""

from collections.abc import Callable

from gateway.core.clock import Clock
from gateway.core.quality import Quality
from gateway.pipeline.report import Json, ms
from gateway.rulebook import Rulebook
from rules.expression.demand import Demand

PERIOD_NS = 15 * 60 * 1_000_000_000  # what Chinese and European tariffs bill; DL/T 614 demand period
RULE = "demand-forecast"  # of the shipped pack `demand`
_NS_PER_S = 1_000_000_000


class QuarterHour:
    """Demand of the period that runs. `import_kw` gives the park's import now, `None` where it is not known."""

    def __init__(self, clock: Clock, zone: str, import_kw: Callable[[], float | None]) -> None:
        self._clock = clock
        self._import_kw = import_kw
        self._so_far = Demand(PERIOD_NS, is_forecast=False, zone=zone)
        self._forecast = Demand(PERIOD_NS, is_forecast=True, zone=zone)

    def tick(self) -> None:
        """Take in the import of now."""
        steady_ns = self._steady_ns()
        kw = self._import_kw()
        for organ in (self._so_far, self._forecast):
            organ.tell_wall(self._clock.time_ns() - steady_ns)
            organ.add(steady_ns, kw, Quality.GOOD)

    def told(self, rulebook: Rulebook) -> Json | None:
        """Average so far, forecast and alarm limit in kW, and when the period ends; `None` before the first value."""
        steady_ns = self._steady_ns()
        so_far, forecast = self._so_far.value(steady_ns), self._forecast.value(steady_ns)
        due_ns = self._so_far.due_ns(steady_ns)
        if so_far is None or forecast is None or due_ns is None:
            return None
        return {
            "average_kw": round(so_far, 1),
            "forecast_kw": round(forecast, 1),
            "limit_kw": _limit_kw(rulebook),
            "end_ms": ms(self._clock.time_ns() + due_ns - steady_ns),
        }

    def _steady_ns(self) -> int:
        return int(self._clock.monotonic() * _NS_PER_S)


def _limit_kw(rulebook: Rulebook) -> float | None:
    """What the rule on demand alarms at, its highest level; `None` without it, or where the limit is computed."""
    for alarm in rulebook.alarms:
        limit = alarm.levels[-1].limit
        if alarm.rule == RULE and limit is not None and not limit.inputs and limit.unit == "kW":
            value = limit.start().evaluate(0, 0)
            return float(value) if isinstance(value, int | float) else None
    return None
