"""avg and sum over a window."""

from typing import Any

from rules.expression.organ import LARGEST, number, whole
from rules.expression.window import Sliding

_Total = tuple[int, Any]  # count, sum


class Total(Sliding[_Total]):
    """The sum of the samples in the window; unknown where there are none."""

    __slots__ = ()

    def _lift(self, value: Any) -> _Total:
        return (1, value)

    def _join(self, older: _Total, newer: _Total) -> _Total:
        return (older[0] + newer[0], older[1] + newer[1])

    def _pack(self, total: _Total) -> list[Any]:
        return list(total)

    def _unpack(self, saved: list[Any]) -> _Total:
        count, total = saved
        return (whole(count), number(total))

    def value(self, now_ns: int) -> Any:
        """The sum."""
        found = self.total(now_ns)
        return found[1] if found is not None and -LARGEST <= found[1] <= LARGEST else None


class Average(Total):
    """The mean of the samples in the window, each counting once (as PromQL's avg_over_time)."""

    __slots__ = ()

    def value(self, now_ns: int) -> float | None:
        """The mean."""
        found = self.total(now_ns)
        return found[1] / found[0] if found is not None and -LARGEST <= found[1] <= LARGEST else None
