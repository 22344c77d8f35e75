"""The statement of a tenant and a month: every line of the bill, what it rests on, and what is missing in it.

    registers ─▶ intervals ─▶ prices ─▶ portions (by version of the tariff) ─┐
    shared meters ─▶ shares, interval by interval ───────────────────────────┼─▶ bill ─▶ document
    highest demand, reactive energy, register readings ──────────────────────┘

Missing is never zero: a statement with gaps is a lower bound and names the gaps; where something is missing that is
taken away (a difference, a feed-in), it is not even that, and says so.
"""

import sqlite3
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from gateway.accounts.books import Books, Entity
from gateway.accounts.energy.electricity import pieces_of
from gateway.accounts.energy.emission_rates import EmissionRates
from gateway.accounts.energy.energyread import amounts_of, course, energy
from gateway.accounts.energy.figures import entity_json, iso, percent, window_json
from gateway.accounts.energy.flows import Flow, entity_of, reactive_of, registers_of, shared_by
from gateway.accounts.energy.payers import payer_of, zone_of
from gateway.accounts.energy.quantities import rule_on
from gateway.accounts.energy.question import Question
from gateway.accounts.energy.windows import Window, bounds_ns
from gateway.accounts.periods import Period, parse_period
from gateway.chinese import chinese
from gateway.config.accountplan import Direction, Medium
from gateway.core.clock import day_of
from gateway.core.errors import Rejected
from gateway.core.point import Names
from gateway.store.intervals import days
from gateway.store.ledger import reading
from rules.energy.allocation import from_micro, largest_remainder
from rules.energy.grid import Grid
from rules.energy.profile import peak
from rules.energy.reading import plain_text
from rules.energy.tariff.bill import NOTES, ROUNDING, Bill, Line, bill
from rules.energy.tariff.bill import Month as BilledMonth
from rules.energy.tariff.portion import Portion, by_version
from rules.energy.tariff.rates import Slot
from rules.energy.tariff.tariff import Tariff

Json = dict[str, Any]
_NS = 1_000_000_000
_HOUR_NS = 3600 * _NS
SCHEMA = "park-gateway statement 1"


@dataclass(slots=True)
class Lacking:
    """What is missing, as sentences in both languages."""

    codes: list[Names] = field(default_factory=list)
    is_bound: bool = True  # nothing is missing that is taken away

    def note(self, what: Names, *, is_taken_away: bool = False) -> None:
        """Put down a gap."""
        if what not in self.codes:
            self.codes.append(what)
        self.is_bound &= not is_taken_away


def statement(
    db: sqlite3.Connection, books: Books, enterprise: str, period: str, now_ns: int, *, compares: bool = True
) -> Json:
    """The statement as JSON, decimals as texts. `enterprise`: an id, the site's for the park as a whole.

    Raises Rejected for a period that is no month, an enterprise that is not there or has no tariff.
    """
    month = parse_period(period)
    if not month.is_month:
        raise Rejected(f"period: `{period[:40]}` is no month", "a statement is for one month: write `2026-10`")
    found = _Statement(db, books, entity_of(books, enterprise), month, now_ns)
    document = found.document()
    if compares:
        others = {"previous_period": month.before(), "previous_year": month.year_before()}
        document["comparison"] = {name: _brief(db, books, enterprise, one, now_ns) for name, one in others.items()}
    return document


def statement_answer(directory: Path, books: Books, enterprise: str, period: str, now_ns: int) -> Json:
    """`statement` for the jobs process."""
    with reading(directory) as db:
        return statement(db, books, enterprise, period, now_ns)


def _brief(db: sqlite3.Connection, books: Books, enterprise: str, month: Period, now_ns: int) -> Json | None:
    """Total and energy of another month; `None` where no tariff holds for it."""
    try:
        other = statement(db, books, enterprise, month.label, now_ns, compares=False)
    except Rejected:
        return None
    return {name: other[name] for name in ("period", "total", "currency", "energy", "is_lower_bound", "is_complete")}


class _Statement:
    def __init__(self, db: sqlite3.Connection, books: Books, entity: Entity, month: Period, now_ns: int) -> None:
        self._db = db
        self._books = books
        self._month = month
        self._zone = zone_of(books)
        self._ask = Question(db, books, payer_of(books, entity), EmissionRates(books))
        start_ns, end_ns = bounds_ns(month, self._zone)
        self._window = Window(month.label, start_ns, end_ns, is_running=start_ns <= now_ns < end_ns)
        over_ns = Grid(self._zone, books.interval_s).span(now_ns).start_ns  # the interval that runs is no gap yet
        self._past_ns = start_ns, max(start_ns, min(end_ns, over_ns))
        self._is_open = now_ns < end_ns
        self._lacking = Lacking()
        if self._is_open:
            text = f"the month is not over: {iso(now_ns, self._zone)}"
            self._lacking.note(Names(text, f"该月尚未结束：{iso(now_ns, self._zone)}"))

    def document(self) -> Json:
        """Everything."""
        portions = self._portions()
        electric = self._flows()
        bought = electric.get(Direction.IMPORT)
        if bought is not None:
            self._buy(portions, bought)
        self._generate(portions, electric)
        for tag in shared_by(self._books, self._ask.entity):
            self._share(portions, tag)
        made = bill(list(portions.values()), self._month_facts(bought))
        return self._as_json(made, portions, bought)

    def _flows(self) -> dict[Direction, Flow]:
        flows = (flow for flow in self._ask.payer.flows if flow.medium is Medium.ELECTRICITY and flow.unit == "kWh")
        return {flow.direction: flow for flow in flows}

    def _portions(self) -> dict[str, Portion]:
        """The versions of the month, by id, with their days."""
        found: dict[str, Portion] = {}
        lacking: list[date] = []
        for step in range(self._month.days):
            day = self._month.first + timedelta(days=step)
            tariff = self._ask.payer.rates.tariff(day)
            if tariff is None:
                lacking.append(day)
                continue
            portion = found.setdefault(tariff.id, Portion(tariff, 0, self._month.days))
            portion.days += 1
        if not found:
            name = self._ask.entity.id
            raise Rejected(f"no tariff for `{name}` in {self._month.label}", "write it under `tariffs:`")
        if lacking:
            days_text = f"{lacking[0]} to {lacking[-1]}"
            self._lacking.note(Names(f"no tariff holds on {days_text}", f"{lacking[0]} 至 {lacking[-1]} 无适用电价"))
        return found

    def _buy(self, portions: dict[str, Portion], flow: Flow) -> None:
        for name, bands in by_version(self._priced(dict(flow.weights))).items():
            if name in portions:
                portions[name].bought = bands

    def _priced(self, weights: Mapping[str, int]) -> list[tuple[Slot, int]]:
        """Every interval's known quantity with its price; gaps are noted."""
        found: list[tuple[Slot, int]] = []
        for tag, weight in weights.items():
            for stored in days(self._db, [tag], self._month.first, self._month.last):
                slots = self._ask.payer.rates.day(stored.day)
                starts = [slot.span.start_ns for slot in slots]  # intervals were shorter once, perhaps
                found += [
                    (slots[bisect_right(starts, start) - 1], amount.known * weight)
                    for start, _, amount in course(stored)
                    if self._ask.counts(tag, start)
                ]
        self._note_gaps(weights)
        return found

    def _note_gaps(self, weights: Mapping[str, int]) -> None:
        """What is missing up to now; hours to come are no gap, but of a sum that takes away nothing is a bound yet."""
        self._lacking.is_bound &= not (self._is_open and any(weight < 0 for weight in weights.values()))
        amounts = amounts_of(self._db, tuple(weights), *self._past_ns, self._zone, self._ask.cut)
        for tag, amount in amounts.items():
            if not amount.is_whole:
                hours = percent(amount.missing_ns, 100 * _HOUR_NS)
                text = Names(f"{tag}: {hours} h without quantity", f"{tag}：缺 {hours} 小时电量")
                self._lacking.note(text, is_taken_away=weights[tag] < 0)

    def _generate(self, portions: dict[str, Portion], flows: Mapping[Direction, Flow]) -> None:
        made, given = flows.get(Direction.GENERATION), flows.get(Direction.EXPORT)
        generated = self._by_tariff(made)
        exported = self._by_tariff(given)
        for name, portion in portions.items():
            if given is not None:
                portion.fed_in = exported.get(name, 0)
            if made is not None:
                portion.self_used = generated.get(name, 0) - exported.get(name, 0)
        if given is not None and (self._is_open or not self._is_whole(given)):
            self._lacking.is_bound = False

    def _by_tariff(self, flow: Flow | None) -> dict[str, int]:
        if flow is None:
            return {}
        return {name: sum(bands.values()) for name, bands in by_version(self._priced(dict(flow.weights))).items()}

    def _is_whole(self, flow: Flow) -> bool:
        return not energy(self._db, dict(flow.weights), *self._past_ns, self._zone, self._ask.cut).lacking

    def _share(self, portions: dict[str, Portion], tag: str) -> None:
        """The part of a shared meter: every interval is divided by the rule of its day, all parts are the whole."""
        rules = [rule for rule in self._books.allocations if rule.of == tag]
        weights = registers_of(self._books, tag)
        sums: dict[int, tuple[Slot, int]] = {}
        for slot, micro in self._priced(weights):
            before = sums.get(slot.span.start_ns, (slot, 0))[1]
            sums[slot.span.start_ns] = (slot, before + micro)
        parts: dict[str, list[tuple[Slot, int]]] = {}
        for slot, micro in sums.values():
            day = day_of(slot.span.start_ns, self._zone)
            rule = rule_on(rules, day.toordinal())
            if rule is None or not any(name == self._ask.entity.id for name, _ in rule.weights):
                continue
            shares = largest_remainder(micro, [Fraction(weight) for _, weight in rule.weights])
            place = next(i for i, (name, _) in enumerate(rule.weights) if name == self._ask.entity.id)
            parts.setdefault(rule.by, []).append((slot, shares[place]))
        for by, priced in parts.items():
            names = self._names_of(tag)
            label = Names(f"{names.en or tag}, shared by {by}", f"{names.zh or tag}（按{chinese(by) or by}分摊）")
            for name, bands in by_version(priced).items():
                if name in portions:
                    portions[name].shares.append((label, bands))

    def _names_of(self, tag: str) -> Names:
        virtual = self._books.virtual.get(tag)
        return virtual.names if virtual is not None else self._books.meters[tag].names

    def _month_facts(self, bought: Flow | None) -> BilledMonth:
        """Highest demand, active and reactive energy. A gap makes the demand a lower bound, which is noted already."""
        if bought is None:
            return BilledMonth(self._ask.entity.id)
        highest = peak(pieces_of(self._ask, dict(bought.weights), self._window))
        demand = None if highest is None else highest.micro_kw
        active = energy(self._db, dict(bought.weights), *self._past_ns, self._zone, self._ask.cut)
        tags = reactive_of(self._books, self._ask.entity)
        amounts = amounts_of(self._db, tags, *self._past_ns, self._zone, self._ask.cut)
        is_known = bool(tags) and all(one.is_whole for one in amounts.values()) and not active.lacking
        reactive = sum(abs(one.known) for one in amounts.values()) if is_known else None
        return BilledMonth(self._ask.entity.id, demand, active.amount.known if is_known else None, reactive)

    # As JSON

    def _as_json(self, made: Bill, portions: Mapping[str, Portion], bought: Flow | None) -> Json:
        for code in made.notes:
            self._lacking.note(NOTES[code])
        tags = sorted({tag for flow in self._flows().values() for tag, _ in flow.weights})
        amounts = amounts_of(self._db, tags, *self._past_ns, self._zone, self._ask.cut)
        time_ns = sum(one.measured_ns + one.estimated_ns + one.missing_ns for one in amounts.values())
        estimated = sum(one.estimated_ns for one in amounts.values())
        total = None if bought is None else sum(sum(one.bought.values()) for one in portions.values())
        return {
            "schema": SCHEMA,
            "enterprise": entity_json(self._ask.entity),
            "period": window_json(self._window, self._books),
            "currency": made.currency,
            "tariffs": [tariff_json(one.tariff) | {"days": one.days} for one in portions.values()],
            "lines": [line_json(line) for line in made.lines],
            "total": format(made.total, "f"),
            "vat_in_total": None if made.contained_vat is None else format(made.contained_vat, "f"),
            "rounding": ROUNDING,
            "energy": {"quantity": None if total is None else plain_text(from_micro(total)), "unit": "kWh"},
            "power_factor": None if made.power_factor is None else plain_text(made.power_factor),
            "estimated_percent": _percent(estimated, time_ns),
            "is_complete": not self._lacking.codes,
            "is_lower_bound": bool(self._lacking.codes) and self._lacking.is_bound,
            "missing": [{"en": one.en, "zh": one.zh} for one in self._lacking.codes],
            "readings": [self._readings(tag) for tag in tags],
        }

    def _days_of(self, tag: str) -> tuple[date, date]:
        """The first and the last day of the month, of the time in which the register counts for who pays."""
        parts = self._ask.cut(tag, (self._window.start_ns, self._window.end_ns))
        if not parts:
            return self._month.first, self._month.last
        return day_of(parts[0][0], self._zone), day_of(parts[-1][1] - 1, self._zone)

    def _readings(self, tag: str) -> Json:
        """What the register showed around the month's first and last instant, as the intervals keep it."""
        found: dict[str, Json | None] = {"begin": None, "end": None}
        for name, day in zip(found, self._days_of(tag), strict=True):
            stored = next(iter(days(self._db, [tag], day, day)), None)
            intervals = [] if stored is None else stored.intervals()
            intervals = [one for one in intervals if self._ask.counts(tag, one.span.start_ns)]
            if intervals:
                chosen = intervals[0] if name == "begin" else intervals[-1]
                readings = chosen.readings[:1] if name == "begin" else chosen.readings[-1:]
                found[name] = next(
                    ({"time": iso(one.time_ns, self._zone), "value": plain_text(one.value)} for one in readings),
                    None,
                )
        meter = self._books.meters[tag]
        amount = amounts_of(self._db, [tag], *self._past_ns, self._zone, self._ask.cut)[tag]
        return {
            "meter": tag,
            "unit": meter.spec.unit,
            **found,
            "quantity": plain_text(from_micro(amount.known)),
            "quantity_unit": meter.spec.accounted_unit,
            "is_lower_bound": self._is_open or not amount.is_whole,
        }


def line_json(line: Line) -> Json:
    """A line, decimals as texts."""
    return {
        "kind": line.kind.value,
        "name": line.names.both(),
        "tariff": line.tariff,
        "period": line.band and line.band.value,
        "quantity": plain_text(line.quantity),
        "unit": line.unit,
        "price": plain_text(line.price),
        "amount": format(line.amount, "f"),
        "days": line.days,
        "month_days": line.month_days,
    }


def tariff_json(tariff: Tariff) -> Json:
    """The version that was used, and where it is from."""
    return {
        "id": tariff.id,
        "name": {"en": tariff.names.en or tariff.id, "zh": tariff.names.zh or tariff.id},
        "valid_from": tariff.valid_from.isoformat(),
        "valid_to": tariff.valid_to and tariff.valid_to.isoformat(),
        "currency": tariff.currency,
        "source": tariff.source,
    }


def _percent(part: int, whole: int) -> str:
    return plain_text(Decimal(largest_remainder(10**6, [part, whole - part])[0]).scaleb(-4)) if whole > 0 else "0"
