"""The inventory of some activity lines: every line on every basis of the policy; pure, and independent of order."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from rules.carbon.bridge import steam_heat
from rules.carbon.catalogue import Catalogue
from rules.carbon.errors import CalculationError, Wrong
from rules.carbon.factor import Activity
from rules.carbon.inventory.activity import ActivityLine, Direction
from rules.carbon.inventory.claims import Claims
from rules.carbon.inventory.electricity import Electricity
from rules.carbon.inventory.entry import SCOPE2_BASES, Basis, Entry
from rules.carbon.inventory.instrument import Allocation, Instrument
from rules.carbon.inventory.inventory import Inventory
from rules.carbon.inventory.policy import Policy, with_uncertainties
from rules.carbon.inventory.published import heat
from rules.carbon.inventory.valuation import Valuer, Way
from rules.carbon.units import Dimension

_CATEGORIES = {
    Activity.STATIONARY: "stationary",
    Activity.MOBILE: "mobile",
    Activity.PROCESS: "process",
    Activity.FUGITIVE: "fugitive",
    Activity.LEAKAGE: "fugitive",
}
_CHINESE = (Basis.CN_ENTERPRISE, Basis.CN_ZERO_CARBON_PARK)
_STEAM = "give GJ (tonnes x enthalpy of the steam in kJ/kg / 1000), or state the `enthalpy` with its source"


def account(
    lines: Iterable[ActivityLine],
    instruments: Iterable[Instrument],
    allocations: Iterable[Allocation],
    policy: Policy,
    catalogue: Catalogue,
) -> Inventory:
    """Entries of every line, refusals, and what a report has to disclose. The order of the input does not matter.

    Raises ValueError where two lines or two instruments have the same id: each would be counted twice.
    """
    ordered = sorted(lines, key=_place)
    if len({line.id for line in ordered}) != len(ordered):
        raise ValueError("an activity line stands twice")
    owned = sorted(instruments, key=lambda one: one.id)
    claims = Claims(ordered, owned, sorted(allocations, key=_allocation_place), policy.region)
    found = Inventory(unallocated_mwh=claims.left_mwh, rejected_instruments=claims.rejected)
    valuer = Valuer(policy, with_uncertainties(catalogue, policy), found)
    run = _Run(policy, valuer, claims, Electricity(valuer, claims))
    for line in ordered:
        run.line(line)
    run.close()
    return found


def _place(line: ActivityLine) -> tuple[str, ...]:
    said = line.description
    return line.source, said.start.isoformat(), said.end.isoformat(), line.direction.value, line.id


def _allocation_place(one: Allocation) -> tuple[object, ...]:
    return one.source, one.instrument, one.start, one.end, one.energy_mwh


def _entry_place(entry: Entry) -> tuple[str, ...]:
    return str(entry.scope), entry.basis.value, entry.source, entry.start.isoformat(), entry.activity, entry.id


@dataclass(frozen=True, slots=True)
class _Run:
    """One inventory being made."""

    policy: Policy
    valuer: Valuer
    claims: Claims
    electricity: Electricity

    def line(self, line: ActivityLine) -> None:
        """Values one line on all bases that it belongs to."""
        activity = line.description.activity
        if activity is Activity.ELECTRICITY:
            for basis in self._bases():
                self.electricity.value(line, basis)
        elif activity is Activity.HEAT:
            for basis in self._bases():
                self._heat(line, basis)
        else:
            self.valuer.tried(line, Basis.DIRECT, lambda: self._direct(line))

    def close(self) -> None:
        """Order, and the sentences."""
        found = self.valuer.found
        for wrongs in self.claims.rejected.values():
            for wrong in wrongs:
                self.valuer.disclose(
                    f"{wrong.field}: {wrong.message}; it counts nowhere",
                    f"{wrong.field}：不满足质量标准，不计入任何口径（{wrong.message}）",
                )
        for en, zh in self.claims.cut:
            self.valuer.disclose(en, zh)
        found.entries.sort(key=_entry_place)
        found.refusals.sort(key=lambda one: (one.source, one.activity, one.basis))
        found.chinese = dict(sorted(found.chinese.items()))
        found.factors = dict(sorted(found.factors.items()))
        found.fallbacks = sorted(self.valuer.fallen_back)
        found.disclosures = sorted(self.valuer.disclosed)

    def _bases(self) -> list[Basis]:
        return [basis for basis in SCOPE2_BASES if basis in self.policy.bases]

    def _direct(self, line: ActivityLine) -> list[Entry]:
        """Scope 1, the same on every basis."""
        description = line.description
        category = _CATEGORIES.get(description.activity)
        if category is None:
            message = f"{description.activity} is neither scope 1 nor scope 2"
            raise CalculationError([Wrong("activity", message, "calculate it by itself: `carbon calc`")])
        if line.direction is not Direction.IMPORT:
            raise CalculationError([Wrong("direction", f"{line.direction} has no meaning for {description.activity}")])
        return self.valuer.value(line, description, Way(Basis.DIRECT, category, category, scope=1))

    # Heat, steam, cooling

    def _heat(self, line: ActivityLine, basis: Basis) -> None:
        if line.direction is Direction.GENERATION:
            self.valuer.disclose(
                f"own heat of `{line.source}` is no purchase: its fuel is scope 1",
                f"`{line.source}` 自产热力不属于外购：其燃料计入范围一",
            )
        elif line.direction is Direction.EXPORT and basis not in _CHINESE:
            self.valuer.disclose(
                f"{basis}: exported heat of `{line.source}` is not deducted",
                f"{basis}：`{line.source}` 外供热力不扣减",
            )
        else:
            self.valuer.tried(line, basis, lambda: self._heat_entries(line, basis))

    def _heat_entries(self, line: ActivityLine, basis: Basis) -> list[Entry]:
        description = line.description
        if not description.region:
            description = replace(description, region=self.policy.region)
        quantity = description.quantity
        is_steam = steam_heat(description) is not None
        if quantity.unit is not None and quantity.unit.dimension is not Dimension.ENERGY and not is_steam:
            raise CalculationError([Wrong("quantity", f"`{quantity.text}` is no heat", _STEAM)])
        said, is_default = heat(description, self.valuer.catalogue)
        is_export = line.direction is Direction.EXPORT
        way = Way(
            basis,
            "heat_exported" if is_export else "heat",
            "heat",
            sign=-1 if is_export else 1,
            flags=("default_factor",) if is_default else (),
            is_basis_rule=is_default,
        )
        return self.valuer.value(line, said, way)
