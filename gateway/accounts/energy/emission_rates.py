"""How much CO2e a unit of a source's meters stands for, by month: what the running figures multiply with.

The inventory's own calculation is asked for a million units and the answer divided; instruments are left out: they are
allocated for whole periods, and the running figures say what electricity emits without them.
"""

from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from fractions import Fraction

from gateway.accounts.books import Books
from rules.carbon.inventory.account import account
from rules.carbon.inventory.activity import ActivityLine, Direction
from rules.carbon.inventory.entry import Basis

_UNITS = 10**6
_DIGITS = 9  # of an entry's kg
Month = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Rate:
    """CO2e in 10^-15 kg per unit; `None` where no factor is there."""

    scope1: int | None
    scope2: int | None


class EmissionRates:
    """Rates of all sources, each worked out once."""

    def __init__(self, books: Books, basis: Basis | None = None) -> None:
        self._books = books
        self.basis = basis or books.policy.default_basis
        self._known: dict[tuple[str, Month, Direction], Rate] = {}

    def rate(self, source: str, month: Month, direction: Direction = Direction.IMPORT) -> Rate:
        """Of a unit that a source takes or gives back in a month."""
        key = (source, month, direction)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._calculate(source, month, direction)
        return found

    def _calculate(self, name: str, month: Month, direction: Direction) -> Rate:
        source = self._books.sources[name]
        last = date(*month, monthrange(*month)[1])
        quantity = replace(source.template.quantity, value=Fraction(_UNITS), text=str(_UNITS))
        description = replace(source.template, quantity=quantity, start=date(*month, 1), end=last)
        line = ActivityLine("rate", name, source.enterprise, description, direction)
        policy = replace(self._books.policy, bases=(self.basis,), default_basis=self.basis)
        inventory = account([line], [], [], policy, self._books.catalogue)
        refused = {refusal.basis for refusal in inventory.refusals}
        sums = {Basis.DIRECT: 0, self.basis: 0}
        scopes: set[int] = set()
        for entry in inventory.entries:
            scopes.add(entry.scope)
            if entry.co2e_kg is not None:
                sums[entry.basis] += int(entry.co2e_kg.scaleb(_DIGITS))
        return Rate(
            None if Basis.DIRECT in refused else sums[Basis.DIRECT],
            None if self.basis in refused else sums[self.basis],
        )


def kg_of(micro: int, rate: int) -> Decimal:
    """So many micro-units at a rate, in kg, rounded to nine digits halves upwards (towards more)."""
    scaled = micro * rate  # 10^-21 kg
    half = 10 ** (21 - _DIGITS)
    return Decimal((2 * scaled + half) // (2 * half)).scaleb(-_DIGITS)
