"""Rates and their exact integrals: power and energy, gas flow and volume, pieces an hour and pieces.

A day is a table of 1441 knots, one a minute. Between two knots the rate is a straight line plus a ripple whose periods
divide the minute, so the integral is a formula and the ripple adds nothing to a whole minute. The sum of a day is fixed
beforehand (nominal day x factor of the day) and the factors repeat after four weeks, so the total since the start is a
formula too: no state, no drift, the same counters after a restart.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from random import Random
from typing import Protocol

from drivers.simulator.days import CYCLE_DAYS, EPOCH_DAY, split
from drivers.simulator.noise import stream
from drivers.simulator.shapes import MINUTES, Shape

_BLEND_MINUTES = 45  # a day starts from the level at which the day before ended
_KEPT_DAYS = 2
_TAU = math.tau


class Flow(Protocol):
    """Something that flows: a rate per hour and what has flowed since the park's counters started."""

    def rate(self, t: float) -> float:
        """The rate per hour (kW, Nm3/h) at UTC seconds `t`."""
        ...

    def total(self, t: float) -> float:
        """The exact integral of `rate` (kWh, Nm3) since the start of EPOCH_DAY, at UTC seconds `t`."""
        ...


class Days(Protocol):
    """Where a day's knots come from, and how much flowed on all days before."""

    jitter: float
    """Amplitude of the ripple inside a minute, as a fraction of the level; at most 0.6 keeps every rate positive."""

    def before(self, day: int) -> float:
        """The total of all days from EPOCH_DAY up to, and without, this one."""
        ...

    def knots(self, day: int) -> list[float]:
        """1441 rates whose trapezoidal sum is `before(day + 1) - before(day)`."""
        ...


@dataclass(frozen=True, slots=True)
class Load:
    """What is typical of one load."""

    name: str
    peak: float  # level at shape 1.0, per hour
    shape: Shape
    noise: float = 0.03  # minute to minute, as a fraction
    spread: float = 0.05  # day to day, as a fraction
    jitter: float = 0.01  # second to second, as a fraction
    cycle_minutes: float = 0.0  # 0: no batches
    duty: float = 1.0  # fraction of the cycle at full level
    rest: float = 1.0  # level outside, as a fraction of the full one

    @property
    def mean(self) -> float:
        """Mean level over its batches, as a fraction of the full one."""
        return self.duty + (1.0 - self.duty) * self.rest if self.cycle_minutes else 1.0


class LoadDays:
    """The days of a load: its shape, the day's own factor, its batches and its noise."""

    def __init__(self, load: Load, seed: int) -> None:
        self.load = load
        self.jitter = load.jitter
        self._seed = seed
        self._levels = load.shape.levels()
        random = stream(seed, load.name, "days")
        spreads = [1.0 + load.spread * random.uniform(-1.0, 1.0) for _ in range(CYCLE_DAYS)]
        self._factors = [spread * load.shape.of_day(day) for day, spread in enumerate(spreads)]
        self._sums = [0.0, *accumulate(self._factors)]
        self._nominal = load.peak * load.mean * _hours(self._levels)

    def before(self, day: int) -> float:
        """See `Days`: whole cycles of four weeks and the rest."""
        return self._nominal * (self._factor_sum(day) - self._factor_sum(EPOCH_DAY))

    def knots(self, day: int) -> list[float]:
        """See `Days`."""
        factor, yesterday = self._factors[day % CYCLE_DAYS], self._factors[(day - 1) % CYCLE_DAYS]
        random = stream(self._seed, self.load.name, day)
        batches = self._batches(random)
        noise = 0.0
        knots: list[float] = []
        for minute, level in enumerate(self._levels):
            noise = 0.8 * noise + 0.6 * random.uniform(-1.0, 1.0)
            blend = min(1.0, minute / _BLEND_MINUTES)
            day_level = yesterday + (factor - yesterday) * blend
            knots.append(level * day_level * batches(minute) * (1.0 + self.load.noise * noise))
        return rescaled(knots, self._nominal * factor)

    def _factor_sum(self, day: int) -> float:
        cycles, rest = divmod(day, CYCLE_DAYS)
        return cycles * self._sums[-1] + self._sums[rest]

    def _batches(self, random: Random) -> Callable[[int], float]:
        load = self.load
        offset = random.uniform(0.0, load.cycle_minutes)
        if not load.cycle_minutes:
            return lambda minute: 1.0
        on_minutes = load.cycle_minutes * load.duty
        return lambda minute: 1.0 if (minute + offset) % load.cycle_minutes < on_minutes else load.rest


@dataclass(frozen=True, slots=True)
class _Table:
    begin: float  # flowed before midnight
    end: float  # and before the next one
    knots: list[float]
    prefix: list[float]  # flowed since midnight, at each knot
    ripple: list[float]  # amplitude in each minute


class DayFlow:
    """A flow of days. Keeps the tables of the last two days it was asked about, nothing else."""

    def __init__(self, days: Days) -> None:
        self.days = days
        self._tables: dict[int, _Table] = {}

    def rate(self, t: float) -> float:
        """See `Flow`."""
        day, minute = split(t)
        table = self._tables.get(day) or self._make(day)
        m = int(minute)
        x = minute - m
        first = table.knots[m]
        wave = math.sin(3 * _TAU * x) + 0.5 * math.sin(7 * _TAU * x)
        return first + (table.knots[m + 1] - first) * x + table.ripple[m] * wave

    def total(self, t: float) -> float:
        """See `Flow`."""
        day, minute = split(t)
        table = self._tables.get(day) or self._make(day)
        m = int(minute)
        x = minute - m
        first = table.knots[m]
        line = first * x + (table.knots[m + 1] - first) * x * x / 2
        wave = (1 - math.cos(3 * _TAU * x)) / (3 * _TAU) + 0.5 * (1 - math.cos(7 * _TAU * x)) / (7 * _TAU)
        flowed = table.begin + table.prefix[m] + (line + table.ripple[m] * wave) / 60.0
        return min(flowed, table.end)  # the last digits of a sum may not make a counter fall at midnight

    def _make(self, day: int) -> _Table:
        knots = self.days.knots(day)
        pairs = list(pairwise(knots))
        table = _Table(
            self.days.before(day),
            self.days.before(day + 1),
            knots,
            [0.0, *accumulate((a + b) / 120.0 for a, b in pairs)],
            [self.days.jitter * min(a, b) for a, b in pairs],
        )
        while len(self._tables) >= _KEPT_DAYS:
            del self._tables[next(iter(self._tables))]
        self._tables[day] = table
        return table


@dataclass(frozen=True, slots=True)
class Sum:
    """The weighted sum of flows: a main meter over its loads, an incomer over everything behind it."""

    parts: Sequence[tuple[float, Flow]]

    def rate(self, t: float) -> float:
        """See `Flow`."""
        return sum(weight * flow.rate(t) for weight, flow in self.parts)

    def total(self, t: float) -> float:
        """See `Flow`."""
        return sum(weight * flow.total(t) for weight, flow in self.parts)


class LossDays:
    """Losses of transformers and cables: a constant part and one that grows with the square of the load.

    A day's losses are `SHARE` of the day's energy; over the day their share of the load stays between 1 and 2.5 %.
    """

    SHARE = 0.0165
    _NO_LOAD, _LOADED = 0.006, 0.0105  # of the rated power; typical of 10/0.4 kV transformers with their cables

    jitter = 0.0

    def __init__(self, loads: Sequence[Days], rated: float) -> None:
        self._loads = loads
        self._rated = rated

    def before(self, day: int) -> float:
        """See `Days`."""
        return self.SHARE * sum(load.before(day) for load in self._loads)

    def knots(self, day: int) -> list[float]:
        """See `Days`."""
        loads = [sum(levels) for levels in zip(*(load.knots(day) for load in self._loads), strict=True)]
        losses = [self._NO_LOAD * self._rated + self._LOADED * load * load / self._rated for load in loads]
        return rescaled(losses, self.SHARE * _hours(loads))


def rescaled(knots: Sequence[float], total: float) -> list[float]:
    """The same day, scaled so that exactly `total` flows on it; nothing flows where the knots are all zero."""
    hours = _hours(knots)
    scale = total / hours if hours else 0.0
    return [knot * scale for knot in knots]


def _hours(knots: Sequence[float]) -> float:
    """What flows on a day of these knots."""
    return (sum(knots) - (knots[0] + knots[MINUTES]) / 2) / 60.0
