"""What stands beside the figures of a summary: energy, instruments, factors, intensities, base year, losses."""

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from gateway.accounts.books import Books, Entity
from gateway.accounts.carbon.runs import Figures, figures_beside
from gateway.accounts.carbon.summary_scopes import Entries, co2e, entries_of, text
from gateway.accounts.carbon.summary_trust import is_partial, lines_of
from gateway.accounts.energy.balances import balances
from gateway.accounts.periods import Period, parse_period
from gateway.accounts.records.submissions import denominators, instruments, measured_masses
from gateway.core.clock import day_of
from gateway.store.records import Record
from rules.carbon.inventory.baseyear import compared
from rules.carbon.inventory.entry import SCOPE2_BASES, Basis
from rules.carbon.inventory.instrument import Instrument
from rules.carbon.inventory.intensity import intensity
from rules.carbon.numbers import plain

Document = dict[str, Any]
_MONTHS = 12  # of a year


def factors_used(found: Sequence[Figures]) -> list[Document]:
    """Every value that was used, with the document that it stands in, as it was frozen."""
    frozen = {factor["id"]: factor for one in found for factor in one.snapshot["factors"]}
    return [_factor(factor) for _, factor in sorted(frozen.items())]


def _factor(factor: Mapping[str, Any]) -> Document:
    source = factor["source"]
    start, before = factor["valid_from"], factor["valid_before"]
    per = factor["per"]
    return {
        "id": factor["id"],
        "value": factor["value"],
        "unit": factor["unit"] + ("" if per is None else f"/{per}"),
        "gas": factor["gas"],
        "source": source["title"],
        "publisher": source["publisher"],
        "year": source["year"],
        "place": source["place"],
        "validity": f"{start or ''}..{_day_before(before)}",
        "region": factor["region"],
        "basis": factor["basis"],
        "gwp_set": factor["gwp_set"],
        "review": factor["review"],
        "sha256": source["sha256"],
        "url": source["url"],
    }


def _day_before(day: str | None) -> str:
    return "" if day is None else date.fromordinal(date.fromisoformat(day).toordinal() - 1).isoformat()


def instrument_documents(db: sqlite3.Connection, books: Books, entity: Entity, period: Period) -> list[Document]:
    """The instruments of which something is allocated to the entity's electricity in these days, or could be.

    Of the park also those of its enterprises: whose days touch the period, or that are allocated in it.
    """
    owned, allocations = instruments(db)
    found: list[Document] = []
    for one in owned:
        own = [claim for claim in allocations if claim.instrument == one.id]
        now = [claim for claim in own if claim.start <= period.last and claim.end >= period.first]
        here = [claim for claim in now if claim.source in entity.sources]
        is_of_period = one.start <= period.last and one.end >= period.first
        if here or (is_of_period and one.beneficiary == entity.id) or (entity.is_park and (is_of_period or now)):
            allocated = sum((claim.energy_mwh for claim in own), Decimal(0))
            found.append(instrument_document(one, allocated, sum((claim.energy_mwh for claim in here), Decimal(0))))
    return found


def instrument_document(one: Instrument, allocated: Decimal, here: Decimal | None = None) -> Document:
    """One instrument: criteria of table 7.1 (true, false, null: disclosed), what is allocated of it and left."""
    document = {
        "id": one.id,
        "kind": one.kind,
        "beneficiary": one.beneficiary,
        "energy_source": one.energy_source,
        "market": one.market,
        "from": one.start.isoformat(),
        "to": one.end.isoformat(),
        "factor_kg_per_kwh": text(one.factor_kg_per_kwh),
        "energy_mwh": text(one.energy_mwh),
        "allocated_mwh": text(allocated),
        "left_mwh": text(one.energy_mwh - allocated),
        "retired_on": None if one.retired_on is None else one.retired_on.isoformat(),
        "criteria": list(one.criteria),
        "evidence": list(one.evidence),
    }
    return document if here is None else {**document, "allocated_here_mwh": text(here)}


def intensities(
    db: sqlite3.Connection, entries: Entries, books: Books, entity: Entity, period: Period, *, is_lower_bound: bool
) -> list[Document]:
    """Emissions (scope 1 and scope 2 of the default basis) per denominator whose days are those of the period.

    Denominators of single months add up where they cover the period: outputs do; areas and heads do not. The park has
    its own, or the sum of its enterprises' where every one of them has told it: else it would be divided by a part.
    """
    whole = co2e(entry for entry in entries.values() if entry.basis in (Basis.DIRECT, books.policy.default_basis))
    groups: dict[tuple[str, str, str], list[Any]] = {}
    for one in denominators(db, None if entity.is_park else entity.id, period.first, period.last):
        if one.start >= period.first and one.end <= period.last and (one.enterprise == entity.id or entity.is_park):
            groups.setdefault((one.what, one.product, one.unit), []).append(one)
    found: list[Document] = []
    for (what, product, unit), group in sorted(groups.items()):
        own = [one for one in group if one.enterprise == entity.id]
        if entity.is_park and not own and {one.enterprise for one in group} != {one.id for one in books.enterprises}:
            continue
        counted = own or group
        value = _value(what, counted, period)
        if value is not None and value > 0:
            found.append(
                {
                    "denominator": what,
                    "product": product,
                    "value": text(value),
                    "unit": unit,
                    "basis": books.policy.default_basis.value,
                    "kg_per_unit": text(intensity(whole, value, what)),
                    **({"is_lower_bound": True} if is_lower_bound else {}),
                    "record": counted[0].record,
                    "records": [one.record for one in counted],
                }
            )
    return found


def _value(what: str, group: Sequence[Any], period: Period) -> Decimal | None:
    """The denominator of the whole period, where the records say it without a hole and without counting twice."""
    by_enterprise: dict[str, list[Any]] = {}
    for one in group:
        by_enterprise.setdefault(one.enterprise, []).append(one)
    total = Decimal(0)
    for records in by_enterprise.values():
        records.sort(key=lambda one: one.start)
        days = sum((one.end - one.start).days + 1 for one in records)
        overlaps = any(later.start <= earlier.end for earlier, later in pairwise(records))
        adds_up = what in ("output_value", "added_value", "production", "other") or len(records) == 1
        if days != period.days or overlaps or not adds_up:
            return None
        total += sum((one.value for one in records), Decimal(0))
    return total


def measured_beside(db: sqlite3.Connection, books: Books, entity: Entity, period: Period) -> list[Document]:
    """What continuous measurement gave: beside the calculated figure, never added to it."""
    return [
        {
            "source": one.source,
            "from": one.start.isoformat(),
            "to": one.end.isoformat(),
            "masses_kg": {gas: text(kg) for gas, kg in one.masses_kg},
            "hours": text(one.hours),
            "substituted_hours": text(one.substituted_hours),
            "record": one.record,
            "evidence": list(one.evidence),
        }
        for one in measured_masses(db, None, period.first, period.last)
        if one.source in entity.sources
    ]


def unexplained(
    db: sqlite3.Connection, books: Books, entity: Entity, period: Period, now_ns: int, told: Record | None
) -> list[Document]:
    """Meters with others under them, against the sum of those: what nobody explains. `told`: of a closed period."""
    own = {tag: meter for tag, meter in books.meters.items() if entity.is_park or meter.enterprise == entity.id}
    if not any(meter.under for meter in own.values()):
        return []
    today = day_of(now_ns, ZoneInfo(books.site.timezone))
    last = min(period.last, date.fromordinal(today.toordinal() - 1))
    if last < period.first:
        return []
    return [
        {
            "meter": one.parent,
            "name": books.meters[one.parent].names.both(one.parent),
            "percent": None if one.result.percent is None else text(one.result.percent),
            "quantity": None if one.result.unexplained is None else text(one.result.unexplained),
            "unit": one.unit,
            "uncertainty": None if one.result.uncertainty is None else text(one.result.uncertainty),
            "is_explained": one.result.is_explained,
            "is_beyond_limit": one.is_beyond,
            "missing": list(one.result.missing),
        }
        for one in balances(db, books, period.first, last, as_of_ns=None if told is None else told.time_ns)
        if one.parent in own
    ]


def energy(found: Sequence[Figures]) -> list[Document]:
    """Energy by carrier and direction, with standard coal by both equivalents, as it was frozen with each line."""
    groups: dict[tuple[str, str, str], list[Mapping[str, Any]]] = {}
    for line in lines_of(found):
        if "energy" in line:
            key = (line["energy"]["carrier"], line["direction"], line["unit"])
            groups.setdefault(key, []).append(line)
    return [_carrier(*key, group) for key, group in sorted(groups.items())]


def _carrier(carrier: str, direction: str, unit: str, lines: Sequence[Mapping[str, Any]]) -> Document:
    return {
        "carrier": carrier,
        "direction": direction,
        "quantity": plain(sum((Fraction(line["quantity"]) for line in lines), Fraction(0))),
        "unit": unit,
        "tce_calorific": _coal(lines, "tce_calorific"),
        "tce_primary": _coal(lines, "tce_primary"),
        **({"is_lower_bound": True} if any(int(line["time_ns"]["missing"]) for line in lines) else {}),
    }


def _coal(lines: Sequence[Mapping[str, Any]], name: str) -> str | None:
    """The exact sum; none where a line has none: there is no coefficient for it."""
    values = [line["energy"][name] for line in lines]
    return None if None in values else text(sum((Decimal(value) for value in values), Decimal(0)))


def base_year(
    db: sqlite3.Connection,
    books: Books,
    entity: Entity,
    period: Period,
    entries: Entries,
    now_ns: int,
    told: Record | None,
) -> Document | None:
    """The base year's totals, where a policy names one; the difference is that of a year to a year.

    `told`: what last told the period. Beside a closed one stands what was known of the base year then, of whole months.
    """
    year = books.policy.base_year
    if year is None:
        return None
    found = figures_beside(db, books, entity, parse_period(str(year)), now_ns, told)
    today = day_of(now_ns, ZoneInfo(books.site.timezone))
    begun = sum(1 for one in found if one.part.first <= today)
    base = entries_of(found).values()
    counted = (Basis.DIRECT, books.policy.default_basis)
    now = compared(
        co2e(entry for entry in base if entry.basis in counted),
        co2e(entry for entry in entries.values() if entry.basis in counted),
    )
    bases = [basis for basis in SCOPE2_BASES if basis in books.policy.bases]
    is_year = (period.first.month, period.first.day) == (1, 1) and period.last == date(period.first.year, 12, 31)
    return {
        "year": year,
        "threshold_percent": text(books.policy.threshold_percent),
        "scope1_kg": text(co2e(entry for entry in base if entry.basis is Basis.DIRECT)),
        "scope2_kg": {basis.value: text(co2e(entry for entry in base if entry.basis is basis)) for basis in bases},
        "total_kg": text(now.before_kg),
        "difference_kg": text(now.difference_kg) if is_year else None,
        "difference_percent": text(now.percent) if is_year and now.percent is not None else None,
        "is_recorded": bool(found) and all(one.run for one in found),
        "is_lower_bound": begun < _MONTHS or is_partial(found),
        "months": begun,
    }
