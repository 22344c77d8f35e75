"""The figures of a summary by scope, gas, source and basis: exact sums of entries."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from gateway.accounts.books import Books
from gateway.accounts.carbon.runs import Figures
from gateway.accounts.carbon.summary_trust import Silent
from gateway.core.point import Names
from rules.carbon.inventory.entry import Basis, Entry
from rules.carbon.inventory.indicator import counted as counted_by_park

Entries = Mapping[str, Entry]
_ZERO = Decimal(0)
_PARTIAL = "missing"  # the flag of an entry whose quantity is a lower bound


def entries_of(found: Sequence[Figures]) -> dict[str, Entry]:
    """All entries, by id."""
    return {entry_id: entry for one in found for entry_id, entry in one.entries.items()}


def text(number: Decimal) -> str:
    """A number as plain decimal text without trailing zeros."""
    plain = format(number, "f")
    plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    return "0" if plain in ("-0", "") else plain


def co2e(entries: Iterable[Entry]) -> Decimal:
    """The exact sum of what counts, kg."""
    return sum((entry.co2e_kg for entry in entries if entry.co2e_kg is not None), _ZERO)


def total(entries: Sequence[Entry], *, is_lower_bound: bool = False) -> dict[str, Any]:
    """`kg` of some entries, and that it is a lower bound where something is missing from it."""
    found: dict[str, Any] = {"kg": text(co2e(entries))}
    if is_lower_bound or any(_PARTIAL in entry.flags for entry in entries):
        found["is_lower_bound"] = True
    return found


def scope1(
    books: Books,
    entries: Entries,
    shares: Mapping[str, Mapping[str, str]],
    refusals: Sequence[Mapping[str, Any]],
    unknown: Sequence[Silent],
) -> dict[str, Any]:
    """Direct emissions: by category, gas and source. `shares`: measured, estimated, missing by source.

    `refusals`, `unknown`: what lacks a value and what nothing is recorded of, for lower bounds.
    """
    direct = {entry_id: entry for entry_id, entry in entries.items() if entry.basis is Basis.DIRECT}
    counted = [entry for entry in direct.values() if entry.co2e_kg is not None]
    categories: dict[str, Decimal] = {}
    for entry in counted:
        categories[entry.category] = categories.get(entry.category, _ZERO) + (entry.co2e_kg or _ZERO)
    sources = sorted({entry.source for entry in direct.values()})
    refused = {one["source"] for one in refusals if one["basis"] == Basis.DIRECT.value}
    lacking = refused | {one.source for one in unknown if one.is_direct}
    return {
        **total(counted, is_lower_bound=bool(lacking)),
        "by_category": {name: text(kg) for name, kg in sorted(categories.items())},
        "by_gas": _gases(counted),
        "by_source": [_source(books, name, direct, shares, lacking) for name in sources],
    }


def outside(entries: Entries) -> dict[str, Any]:
    """What no scope counts: CO2 from biomass, gases of the Montreal Protocol."""
    found = [entry for entry in entries.values() if entry.basis is Basis.DIRECT]
    biogenic = sum((entry.mass_kg for entry in found if entry.group == "biogenic"), _ZERO)
    masses: dict[str, Decimal] = {}
    for entry in found:
        if entry.group == "montreal":
            masses[entry.gas] = masses.get(entry.gas, _ZERO) + entry.mass_kg
    return {
        "biogenic_co2_kg": text(biogenic),
        "non_kyoto": [{"gas": gas, "mass_kg": text(mass)} for gas, mass in sorted(masses.items())],
    }


def basis_document(
    basis: Basis,
    entries: Entries,
    refusals: Sequence[Mapping[str, Any]],
    factors: Mapping[str, str],
    unknown: Sequence[Silent],
) -> dict[str, Any]:
    """One basis: its scopes, the lines that scope 2 consists of, what could not be valued. `factors`: shown, by id.

    `unknown`: sources of which nothing is recorded; what would count them is a lower bound.
    """
    if basis is Basis.CN_ZERO_CARBON_PARK:
        unknown = [one for one in unknown if one.is_of_zero_carbon_park]
    direct = [entry for entry in entries.values() if entry.basis is Basis.DIRECT and entry.co2e_kg is not None]
    if basis is Basis.CN_ZERO_CARBON_PARK:  # CO2 of energy and processes: neither other gases nor what escapes
        direct = [entry for entry in counted_by_park(direct) if entry.co2e_kg is not None]
    own = {entry_id: entry for entry_id, entry in entries.items() if entry.basis is basis}
    counted = [entry for entry in own.values() if entry.co2e_kg is not None]
    refused = [one for one in refusals if one["basis"] == basis.value]
    refused_direct = [one for one in refusals if one["basis"] == Basis.DIRECT.value]
    lacks_direct = bool(refused_direct) or any(one.is_direct for one in unknown)
    lacks_bought = bool(refused) or any(not one.is_direct for one in unknown)
    first = total(direct, is_lower_bound=lacks_direct)
    second = total(counted, is_lower_bound=lacks_bought)
    both = total([*direct, *counted], is_lower_bound=lacks_direct or lacks_bought)
    return {
        "basis": basis.value,
        "scope1": {**first, "gas": _gas_of(direct)},
        "scope2": {**second, "gas": _gas_of(counted)},
        "total": both,
        "lines": _lines(own, factors),
        "refusals": [_refusal(one) for one in (*refused_direct, *refused)],
    }


def _refusal(refused: Mapping[str, Any]) -> dict[str, Any]:
    messages = [f"{wrong['field']}: {wrong['message']}" for wrong in refused["wrongs"]]
    hints = [wrong["hint"] for wrong in refused["wrongs"] if wrong.get("hint")]
    return {
        "source": refused["source"],
        "activity": refused["activity"],
        "basis": refused["basis"],
        "message": "; ".join(messages),
        "hint": "; ".join(hints),
    }


def _gas_of(entries: Sequence[Entry]) -> str:
    """`CO2` where every factor covers only that gas, else `CO2e`."""
    return "CO2" if entries and all("co2_only" in entry.flags for entry in entries) else "CO2e"


def _gases(entries: Iterable[Entry]) -> list[dict[str, str]]:
    masses: dict[str, tuple[Decimal, Decimal]] = {}
    for entry in entries:
        mass, kg = masses.get(entry.gas, (_ZERO, _ZERO))
        masses[entry.gas] = mass + entry.mass_kg, kg + (entry.co2e_kg or _ZERO)
    return [{"gas": gas, "mass_kg": text(mass), "co2e_kg": text(kg)} for gas, (mass, kg) in sorted(masses.items())]


def _source(
    books: Books, name: str, direct: Entries, shares: Mapping[str, Mapping[str, str]], lacking: Collection[str]
) -> dict[str, Any]:
    own = {entry_id: entry for entry_id, entry in direct.items() if entry.source == name}
    entries = list(own.values())
    known = books.sources.get(name)
    return {
        "source": name,
        "name": (known.names if known else Names()).both(name),
        "enterprise": entries[0].enterprise,
        "category": entries[0].category,
        **_quantity(entries),
        "gases": _gases(entry for entry in entries if entry.co2e_kg is not None),
        **total([entry for entry in entries if entry.co2e_kg is not None], is_lower_bound=name in lacking),
        "entries": list(own),
        "shares": dict(shares.get(name, {})),
    }


def _quantity(entries: Sequence[Entry]) -> dict[str, Any]:
    """The sum of the lines' quantities, each once though it has an entry per gas; none where units differ."""
    once = {(entry.activity, entry.label, entry.instrument, entry.quantity): entry for entry in entries}
    units = {entry.unit for entry in once.values()}
    if len(units) != 1:
        return {"quantity": None, "unit": ", ".join(sorted(units))}
    return {"quantity": text(sum((entry.quantity for entry in once.values()), _ZERO)), "unit": units.pop()}


def _lines(entries: Entries, factors: Mapping[str, str]) -> list[dict[str, Any]]:
    """Scope 2 by kind of line, source and instrument."""
    groups: dict[tuple[str, ...], dict[str, Entry]] = {}
    for entry_id, entry in entries.items():
        key = (entry.source, entry.label, entry.instrument, entry.unit)
        groups.setdefault(key, {})[entry_id] = entry
    return [_line(group, factors) for _, group in sorted(groups.items())]


def _line(group: Entries, factors: Mapping[str, str]) -> dict[str, Any]:
    entries = list(group.values())
    used = list(dict.fromkeys(factor for entry in entries for factor in entry.factors))
    first = entries[0]
    return {
        "label": first.label,
        "source": first.source,
        "category": first.category,
        "instrument": first.instrument,
        **_quantity(entries),
        "factor": "; ".join(used),
        "factor_text": "; ".join(factors[factor] for factor in used if factor in factors),
        **total([entry for entry in entries if entry.co2e_kg is not None]),
        "note": ", ".join(sorted({flag for entry in entries for flag in entry.flags})),
        "entries": list(group),
    }
