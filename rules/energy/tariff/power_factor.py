"""The power-factor adjustment of China (力调电费): 水利电力部、国家物价局 (83)水电财字第215号, 功率因数调整电费办法.

The table is put down as its rules, as they are commonly cited; the notice itself was not at hand. Per 0.01 below the
standard value the bill rises by 0.5 % for twenty steps, by 1 % for five more, then by 2 %; per 0.01 above it falls by
0.10 % up to 0.90 and by 0.15 % beyond, down to the least value that each standard has.
"""

from decimal import Decimal
from math import isqrt

STANDARDS = (Decimal("0.90"), Decimal("0.85"), Decimal("0.80"))
_LAST_REDUCTION = {90: 95, 85: 94, 80: 92}  # from this power factor on it falls no further
_SLOW, _FAST = 20, 5  # steps of 0.5 %, of 1 %


def power_factor(active_micro: int, reactive_micro: int) -> Decimal | None:
    """The month's mean power factor, two digits, halves upwards; `None` where no active energy flowed.

    cos phi = P / sqrt(P^2 + Q^2), exact: k is the largest whole number with (2 k - 1)^2 (P^2 + Q^2) <= 200^2 P^2.
    """
    if active_micro <= 0:
        return None
    squares = active_micro**2 + reactive_micro**2
    return Decimal((isqrt(40_000 * active_micro**2 // squares) + 1) // 2).scaleb(-2)


def adjustment_percent(standard: Decimal, factor: Decimal) -> Decimal:
    """By how much the charges rise (above 0) or fall, in percent. Raises ValueError for another standard value."""
    if standard not in STANDARDS:
        raise ValueError(f"{standard} is no standard value: 0.90, 0.85 or 0.80")
    goal, reached = int(standard * 100), int(factor * 100)
    if reached >= goal:
        last = min(reached, _LAST_REDUCTION[goal])
        slow = max(min(last, 90) - goal, 0)
        return -(Decimal("0.10") * slow + Decimal("0.15") * (last - goal - slow))
    steps = goal - reached
    slow, fast = min(steps, _SLOW), min(max(steps - _SLOW, 0), _FAST)
    return Decimal("0.5") * slow + fast + 2 * (steps - slow - fast)
