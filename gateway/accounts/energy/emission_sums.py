"""CO2e of an entity's meters by scope, with what each scope lacks: a source, a factor, a part of the time."""

from collections.abc import Iterable, Mapping
from typing import Any

from gateway.accounts.books import EmissionSource
from gateway.accounts.energy.emission_rates import EmissionRates, Month, kg_of
from gateway.accounts.energy.energyread import Amount
from rules.carbon.inventory.activity import Direction
from rules.energy.reading import plain_text

SCOPES = (1, 2)


class EmissionSums:
    """Micro-units times rates. A scope is a lower bound where something of its own sources is not in it."""

    def __init__(self, sources: Mapping[str, EmissionSource], rates: EmissionRates) -> None:
        self._sources = sources
        self._rates = rates
        self._sums = dict.fromkeys(SCOPES, 0)
        self._lacking: set[int] = set()  # scopes
        self._without: set[str] = set()
        self._is_known = False

    def leave_out(self, source: str) -> None:
        """A source that no meter of the entity's own measures."""
        self._without.add(source)
        self._lacking.add(self._sources[source].scope)

    def add(self, source: str, direction: Direction, month: Month, micro: int) -> None:
        """So many micro-units of a source's meters in a month; without a factor they are not in it."""
        rate = self._rates.rate(source, month, direction)
        for scope, kg in zip(SCOPES, (rate.scope1, rate.scope2), strict=True):
            if kg is None:
                self._without.add(source)
                self._lacking.add(scope)
            else:
                self._sums[scope] += micro * kg

    def cover(self, source: str, amounts: Iterable[Amount], *, is_whole: bool) -> None:
        """The time that what was added comes from."""
        self._is_known |= any(one.measured_ns or one.estimated_ns or one.is_whole for one in amounts)
        if not is_whole:
            self._lacking.add(self._sources[source].scope)

    def document(self) -> dict[str, Any]:
        """JSON, as texts in kg; `None` where nothing is known of any of the time."""
        kg = {scope: kg_of(micro, 1) for scope, micro in self._sums.items()} if self._is_known else None
        return {
            "basis": self._rates.basis.value,
            "scope1_kg": None if kg is None else plain_text(kg[1]),
            "scope2_kg": None if kg is None else plain_text(kg[2]),
            "total_kg": None if kg is None else plain_text(kg[1] + kg[2]),
            "is_lower_bound": bool(self._lacking),
            "scope1_is_lower_bound": 1 in self._lacking,
            "scope2_is_lower_bound": 2 in self._lacking,
            "sources_not_in_it": sorted(self._without),
        }
