"""How a kind of business spends its day: levels between 0 and 1 over 24 hours, and how much is left on weekends."""

from dataclasses import dataclass

from drivers.simulator.days import weekday

MINUTES = 1440


@dataclass(frozen=True, slots=True)
class Shape:
    """Corner points (hour, level) of a working day; Saturday and Sunday are fractions of it."""

    corners: tuple[tuple[float, float], ...]
    saturday: float
    sunday: float

    def of_day(self, day: int) -> float:
        """The fraction of a working day's level that is reached on this day."""
        return {5: self.saturday, 6: self.sunday}.get(weekday(day), 1.0)

    def levels(self) -> list[float]:
        """The level at each minute from 0 to 1440 inclusive, straight between the corners."""
        levels: list[float] = []
        for (hour, level), (next_hour, next_level) in zip(self.corners, self.corners[1:], strict=False):
            first, last = round(hour * 60), round(next_hour * 60)
            levels += [level + (next_level - level) * (m - first) / (last - first) for m in range(first, last)]
        return [*levels, self.corners[-1][1]]


def _day(*corners: tuple[float, float], saturday: float, sunday: float) -> Shape:
    return Shape(((0.0, corners[0][1]), *corners, (24.0, corners[0][1])), saturday, sunday)


CONTINUOUS = _day(
    (5.5, 0.68), (7, 0.8), (8.5, 1.0), (11.6, 0.99), (12.2, 0.86), (13.1, 0.97), (17, 0.95), (20, 0.82), (23, 0.7),
    saturday=0.92, sunday=0.62,
)  # fmt: skip
TWO_SHIFTS = _day(
    (5.5, 0.16), (6.6, 0.85), (8.3, 1.0), (11.5, 1.0), (12.0, 0.62), (12.8, 0.98), (17.5, 0.92), (21.6, 0.7),
    (22.6, 0.16),
    saturday=0.75, sunday=0.3,
)  # fmt: skip
DAY_SHIFT = _day(
    (7.2, 0.09), (8.2, 0.9), (9.5, 1.0), (11.6, 1.0), (12.0, 0.38), (13.2, 0.4), (13.7, 1.0), (17.0, 0.94),
    (18.2, 0.28), (19.5, 0.09),
    saturday=0.5, sunday=0.2,
)  # fmt: skip
NIGHT_MELT = _day(
    (6, 0.96), (8.2, 0.86), (10.5, 0.7), (12.0, 0.66), (14.5, 0.8), (17.5, 0.72), (21, 0.74), (22.5, 0.96),
    saturday=0.85, sunday=0.35,
)  # melts when energy is cheap  # fmt: skip
COLD = _day((5.5, 0.72), (9, 0.84), (14.5, 1.0), (18, 0.92), (22, 0.78), saturday=0.97, sunday=0.9)
EARLY = _day(
    (2.5, 0.18), (4.0, 0.9), (6.0, 1.0), (10.5, 0.95), (12, 0.7), (14, 0.8), (16.5, 0.4), (19, 0.2),
    saturday=1.0, sunday=0.7,
)  # fmt: skip
PARCELS = _day(
    (5, 0.3), (7.5, 0.5), (9, 0.75), (12, 0.6), (15, 0.8), (18, 1.0), (21.5, 0.95), (23, 0.5),
    saturday=0.95, sunday=0.7,
)  # fmt: skip
OFFICES = _day(
    (6, 0.55), (8.5, 0.95), (12, 0.8), (14, 1.0), (17.5, 0.9), (19, 0.75), (23, 0.6), saturday=0.7, sunday=0.6
)
STEADY = _day((12, 1.0), saturday=1.0, sunday=1.0)
SOLAR = _day(
    (6.3, 0.0), (7.2, 0.08), (8.2, 0.3), (9.4, 0.62), (10.6, 0.88), (11.8, 1.0), (12.6, 1.0), (13.8, 0.9), (15, 0.66),
    (16.2, 0.34), (17.1, 0.1), (17.9, 0.0),
    saturday=1.0, sunday=1.0,
)  # fmt: skip
MACHINE_SHIFTS = _day(
    (6.9, 0.0), (7.1, 1.0), (11.9, 1.0), (12.0, 0.0), (12.7, 0.0), (12.8, 1.0), (21.7, 1.0), (21.9, 0.0),
    saturday=0.9, sunday=0.0,
)  # fmt: skip
MACHINE_ALWAYS = _day((12, 1.0), saturday=1.0, sunday=0.8)
