"""Matching hour by hour: what of a claim was generated in the hour in which it was used, and the score of it."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from rules.carbon.errors import CalculationError, Wrong
from rules.carbon.inventory.activity import ActivityLine
from rules.carbon.inventory.claims import Claim
from rules.carbon.inventory.valuation import kwh_of

_KWH_PER_MWH = 1000


class Hours:
    """What is left of each instrument in each hour: no hour's energy covers two lines."""

    def __init__(self) -> None:
        self._used: dict[tuple[str, int], Fraction] = {}

    def covered(self, line: ActivityLine, claims: Sequence[Claim]) -> list[Claim]:
        """The claims cut to hours: in each hour at most the load and what is left of it, in all at most the claim.

        Raises CalculationError where the line's hours are not known or more than its quantity.
        """
        load = _load(line)
        found = []
        for claim in claims:
            kwh = self._match(load, claim)
            if kwh:
                found.append(Claim(claim.instrument, kwh))
        return found

    def _match(self, load: dict[int, Fraction], claim: Claim) -> Fraction:
        rest = claim.kwh
        for hour, mwh in sorted(claim.instrument.hours):
            key = claim.instrument.id, hour
            left = Fraction(mwh) * _KWH_PER_MWH - self._used.get(key, Fraction(0))
            part = min(load.get(hour, Fraction(0)), left, rest)
            if part > 0:
                load[hour] -= part
                rest -= part
                self._used[key] = self._used.get(key, Fraction(0)) + part
        return claim.kwh - rest


def _load(line: ActivityLine) -> dict[int, Fraction]:
    load = {hour: Fraction(kwh) for hour, kwh in line.hourly_kwh}
    if not load:
        message = "its hours are not known: hourly matching needs intervals without gaps"
        raise CalculationError([Wrong("hourly_kwh", message, "leave the basis `hourly` out, or see the gaps")])
    if sum(load.values()) > kwh_of(line) or len(load) != len(line.hourly_kwh) or min(load.values()) < 0:
        message = "the hours do not fit the quantity: they are doubled, negative or more than it"
        raise CalculationError([Wrong("hourly_kwh", message)])
    return load


def cfe_score(load: Mapping[int, Fraction], clean: Mapping[int, Fraction]) -> Fraction | None:
    """Share of the load that clean energy of the same hour covers: sum(min(load, clean)) / sum(load) (EnergyTag, 24/7).

    `None` where there is no load.
    """
    whole = sum(load.values(), Fraction(0))
    matched = sum((min(kwh, clean.get(hour, Fraction(0))) for hour, kwh in load.items()), Fraction(0))
    return matched / whole if whole else None
