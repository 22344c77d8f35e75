"""Randomness that depends on the seed and on names only, so that the same seed gives the same park."""

import math
from dataclasses import dataclass
from random import Random


def stream(seed: int, *key: object) -> Random:
    """A generator of its own for one purpose; `key` names the purpose (device, day, quantity)."""
    return Random("/".join(map(str, (seed, *key))))


@dataclass(frozen=True, slots=True)
class Wobble:
    """A smooth, never repeating deviation around zero: a sum of sine waves without common period."""

    terms: tuple[tuple[float, float, float], ...]  # amplitude, angular frequency in 1/s, phase

    def at(self, t: float) -> float:
        """The deviation at `t` (seconds); its magnitude never exceeds the sum of the amplitudes."""
        return sum(amplitude * math.sin(omega * t + phase) for amplitude, omega, phase in self.terms)


def wobble(random: Random, amplitude: float, period_s: float) -> Wobble:
    """A wobble of at most `amplitude` whose main swing takes about `period_s` seconds."""
    shares = ((0.5, 1.0), (0.3, 0.381), (0.2, 0.1307))  # ratios of periods without a common multiple
    return Wobble(
        tuple(
            (amplitude * share, math.tau / (period_s * ratio * random.uniform(0.9, 1.1)), random.uniform(0, math.tau))
            for share, ratio in shares
        )
    )
