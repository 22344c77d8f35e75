"""The running figures: what every register counted today, this month and this year, and what it cost.

    ledger.db ─▶ read_base (jobs process) ─▶ adopt ─┐
    committed intervals (energy consumer) ─▶ changed ┴▶ sums in whole numbers ─▶ figures

Sums are micro-units, costs 10^-14 of the currency: an interval that is the same again costs one look. Intervals of
today and yesterday are kept, so that another version replaces the first; a change further back makes the register
stale: it is read again.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

from gateway.accounts.books import Books
from gateway.accounts.energy.energyread import Amount, amount_of, amounts_of, course, day_start_ns, known
from gateway.accounts.energy.flows import Flow, shared_flow
from gateway.accounts.energy.payers import Payer, payers_of, zone_of
from gateway.accounts.held import spans_of
from gateway.core.clock import day_of
from gateway.core.ownership import Bounds
from gateway.store.intervals import days
from gateway.store.ledger import reading
from rules.energy.quantity import IntervalQuantity
from rules.energy.tariff.rates import Pricing

Month = tuple[int, int]  # year, month
Prices = dict[int, int]
"""Start of an interval -> what a micro-unit costs in it."""
HOUR_NS = 3_600 * 1_000_000_000
_GRACE = 2  # intervals that a register may be late before its time counts as missing


@dataclass(slots=True)
class Register:
    """One register. `months` holds everything of this year; `slots` the intervals of today and yesterday."""

    slots: dict[int, tuple[int, Amount]] = field(default_factory=dict)  # start -> end, amount
    months: dict[Month, Amount] = field(default_factory=dict)
    costs: dict[tuple[str, Month], int] = field(default_factory=dict)  # by entity; no key: no tariff held
    through_ns: int = 0  # end of the newest interval


Base = dict[str, Register]


class LiveAccounts:
    """The running sums of all registers that an entity is made of. Lives on the loop; `read_base` runs elsewhere."""

    def __init__(self, books: Books) -> None:
        self.books = books
        self.zone = zone_of(books)
        self._parts: dict[str, tuple[str, str]] = {}  # tag and enterprise of registers that count for it for a time
        self.payers: dict[str, Payer] = {name: self._own(payer) for name, payer in payers_of(books).items()}
        found = {name: shared_flow(books, payer.entity) for name, payer in self.payers.items()}
        self.shared: dict[str, Flow] = {name: flow for name, flow in found.items() if flow is not None}
        self.revision = 0
        self.is_loaded = False
        self._registers: dict[str, Register] = {tag: Register() for tag in self._tags()}
        self._of_tag: dict[str, list[str]] = {}
        for name in self._registers:
            self._of_tag.setdefault(self._parts.get(name, (name, ""))[0], []).append(name)
        self._paid_by: dict[str, list[Payer]] = {}
        for payer in self.payers.values():
            for tag in payer.pricing:
                self._paid_by.setdefault(tag, []).append(payer)
        self._prices: dict[tuple[str, str], Prices] = {}  # by entity and tag
        self._worked_out: dict[tuple[int, Pricing], Prices] = {}  # by prices and what counts: many are the same
        self._today = date.min
        self._today_ns = self._tomorrow_ns = self._oldest_ns = 0
        self._month: Month = (0, 0)
        self.stale: set[str] = set(self._registers)  # to be read from ledger.db
        self._missed: dict[str, dict[int, IntervalQuantity]] = {}  # what came while they were read
        self._is_reading = False

    def _tags(self) -> set[str]:
        own = [flow for payer in self.payers.values() for flow in payer.flows]
        return {tag for flow in (*own, *self.shared.values()) for tag, _ in flow.weights}

    # Registers that have gone from one enterprise to another

    def register_of(self, entity: str, tag: str) -> str:
        """Under which name a register counts for an entity: of one that moved each enterprise has a part."""
        known = () if tag in self.books.undivided else self.books.held.get(tag, ())
        return f"{tag}@{entity}" if any(one.enterprise == entity for one in known) else tag

    def _own(self, payer: Payer) -> Payer:
        named = {tag: self.register_of(payer.entity.id, tag) for flow in payer.flows for tag, _ in flow.weights}
        parts = {name: (tag, payer.entity.id) for tag, name in named.items() if name != tag}
        if not parts:
            return payer
        self._parts |= parts
        flows = [
            replace(flow, weights=tuple((named[tag], weight) for tag, weight in flow.weights)) for flow in payer.flows
        ]
        return replace(payer, flows=tuple(flows), pricing={named[tag]: one for tag, one in payer.pricing.items()})

    def _spans(self, name: str, bounds: Bounds) -> list[Bounds]:
        if name not in self._parts:
            return [bounds] if bounds[0] < bounds[1] else []
        tag, enterprise = self._parts[name]
        return spans_of(self.books, tag, enterprise, bounds)

    def _counts(self, name: str, time_ns: int) -> bool:
        return name not in self._parts or bool(self._spans(name, (time_ns, time_ns + 1)))

    def elapsed_ns(self, name: str, from_ns: int, now_ns: int) -> int:
        """How much time of a register should be accounted for from here on."""
        return sum(end - start for start, end in self._spans(name, (from_ns, self.through_ns(name, now_ns))))

    # Intervals

    def changed(self, intervals: Iterable[tuple[str, IntervalQuantity]], now_ns: int) -> None:
        """Take in what the energy consumer has committed."""
        if now_ns >= self._tomorrow_ns:
            self._turn(now_ns)
        found = ((name, interval) for tag, interval in intervals for name in self._of_tag.get(tag, ()))
        for tag, interval in found:
            register = self._registers[tag]
            if not self._counts(tag, interval.span.start_ns):
                continue
            if self._is_reading:
                self._missed.setdefault(tag, {})[interval.span.start_ns] = interval
            if interval.span.start_ns < self._oldest_ns:
                self.stale.add(tag)
            elif self._put(tag, register, interval.span.start_ns, interval.span.end_ns, amount_of(interval)):
                self.revision += 1

    def _put(self, tag: str, register: Register, start_ns: int, end_ns: int, amount: Amount) -> bool:
        """Count an interval in place of what was there; False where it is the same."""
        _, before = register.slots.get(start_ns, (0, None))
        if before == amount:
            return False
        register.slots[start_ns] = (end_ns, amount)
        register.through_ns = max(register.through_ns, end_ns)
        month = self._month if start_ns >= self._today_ns else _month(day_of(start_ns, self.zone))
        total = register.months.setdefault(month, Amount())
        if before is not None:
            total.add(Amount(-before.known, -before.measured_ns, -before.estimated_ns, -before.missing_ns))
        total.add(amount)
        delta = amount.known - (before.known if before else 0)
        for payer in self._paid_by.get(tag, ()):
            price = self._price(payer, tag, start_ns)
            if price is not None:
                key = (payer.entity.id, month)
                register.costs[key] = register.costs.get(key, 0) + delta * price
        return True

    def _price(self, payer: Payer, tag: str, start_ns: int) -> int | None:
        prices = self._prices.get((payer.entity.id, tag))
        if prices is None:
            prices = self._prices[payer.entity.id, tag] = self._priced(payer, tag)
        return prices.get(start_ns)

    def _priced(self, payer: Payer, tag: str) -> Prices:
        """Those of yesterday and today; nothing where no tariff holds."""
        pricing = payer.pricing[tag]
        key = id(payer.rates), pricing
        prices = self._worked_out.get(key)
        if prices is None:
            yesterday = self._today - timedelta(days=1)
            both = [payer.rates.costs(day, pricing) or {} for day in (yesterday, self._today)]
            prices = self._worked_out[key] = {**both[0], **both[1]}
        return prices

    def _turn(self, now_ns: int) -> None:
        """Another day: what was today is yesterday."""
        self._today = day_of(now_ns, self.zone)
        self._today_ns, self._tomorrow_ns, self._oldest_ns = (
            day_start_ns(self._today + timedelta(days=shift), self.zone) for shift in (0, 1, -1)
        )
        self._month = _month(self._today)
        self._prices.clear()
        self._worked_out.clear()
        self.revision += 1
        for register in self._registers.values():
            register.slots = {start: slot for start, slot in register.slots.items() if start >= self._oldest_ns}

    # From ledger.db

    def begin_reading(self, now_ns: int) -> tuple[str, ...]:
        """The registers to hand to `read_base`; from now on what comes is also kept for `adopt`."""
        if now_ns >= self._tomorrow_ns:
            self._turn(now_ns)
        self._is_reading = True
        return tuple(sorted(self.stale))

    def read_base(self, db: sqlite3.Connection, tags: Sequence[str], now_ns: int) -> Base:
        """The sums of these registers from this year's rows. Changes nothing here: it runs in another thread."""
        today = day_of(now_ns, self.zone)
        found = {tag: Register() for tag in tags}
        for month in range(1, today.month + 1):
            first = date(today.year, month, 1)
            last = min(_last(first), today)
            end_ns = day_start_ns(last + timedelta(days=1), self.zone)
            for tag, amount in self._amounts(db, tags, (day_start_ns(first, self.zone), end_ns)).items():
                amount.missing_ns = 0  # of time that is over, `figures` finds it
                found[tag].months[today.year, month] = amount
        for tag, register in found.items():
            self._read_days(db, tag, register, today)
        return found

    def _amounts(self, db: sqlite3.Connection, names: Sequence[str], bounds: Bounds) -> dict[str, Amount]:
        found = amounts_of(db, [name for name in names if name not in self._parts], *bounds, self.zone)
        for name in names:
            if name in self._parts:
                tag, found[name] = self._parts[name][0], Amount()
                for part in self._spans(name, bounds):
                    found[name].add(amounts_of(db, [tag], *part, self.zone)[tag])
        return found

    def _read_days(self, db: sqlite3.Connection, tag: str, register: Register, today: date) -> None:
        """Costs of all days of the year, and the intervals of the last two."""
        paid_by = self._paid_by.get(tag, ())
        first = date(today.year, 1, 1) if paid_by else today - timedelta(days=1)
        for stored in days(db, [self._parts.get(tag, (tag, ""))[0]], min(first, today - timedelta(days=1)), today):
            parts = [one for one in known(stored) if self._counts(tag, one[0])]
            if parts:
                register.through_ns = max(register.through_ns, parts[-1][1])
            if stored.day >= today - timedelta(days=1):
                register.slots |= {
                    start: (end, amount) for start, end, amount in course(stored) if self._counts(tag, start)
                }
            for payer in paid_by:
                cost = payer.cost(tag, stored.day, [(start, micro) for start, _, micro in parts])
                if cost is not None:
                    key = (payer.entity.id, _month(stored.day))
                    register.costs[key] = register.costs.get(key, 0) + cost

    def adopt(self, base: Base) -> None:
        """Take over what was read, and what came meanwhile."""
        self._registers |= {tag: register for tag, register in base.items() if tag in self._registers}
        missed, self._missed, self._is_reading = self._missed, {}, False
        self.stale -= set(base)
        for tag in base:
            for start_ns, interval in missed.get(tag, {}).items():
                if start_ns < self._oldest_ns:
                    self.stale.add(tag)
                else:
                    self._put(tag, self._registers[tag], start_ns, interval.span.end_ns, amount_of(interval))
        self.is_loaded = True
        self.revision += 1

    def give_up_reading(self) -> None:
        """It could not be read: try again later."""
        self._is_reading = False
        self._missed = {}

    # Figures

    def today(self, tag: str) -> Amount:
        """What a register counted since midnight."""
        found = Amount()
        for start_ns, (_, amount) in self._registers[tag].slots.items():
            if start_ns >= self._today_ns:
                found.add(amount)
        return found

    def today_by_hour(self, tag: str) -> dict[int, Amount]:
        """The same by the start (UTC ns) of each hour since midnight; an hour without an interval is not there."""
        found: dict[int, Amount] = {}
        for start_ns, (_, amount) in self._registers[tag].slots.items():
            if start_ns >= self._today_ns:
                hour_ns = start_ns - (start_ns - self._today_ns) % HOUR_NS
                found.setdefault(hour_ns, Amount()).add(amount)
        return found

    def month(self, tag: str, month: Month) -> Amount:
        """What a register counted in a month of this year."""
        return self._registers[tag].months.get(month, Amount())

    def months(self, now_ns: int) -> list[Month]:
        """The months of this year so far."""
        today = day_of(now_ns, self.zone)
        return [(today.year, month) for month in range(1, today.month + 1)]

    def through_ns(self, tag: str, now_ns: int) -> int:
        """Until when a register's time has been accounted for: what lies before it and is not known is missing."""
        grace_ns = _GRACE * self.books.interval_s * 1_000_000_000
        return max(self._registers[tag].through_ns, now_ns - grace_ns)

    def cost_today(self, entity: str) -> int | None:
        """In 10^-14 of the currency; `None` where no tariff holds today."""
        payer = self.payers[entity]
        if payer.rates.tariff(self._today) is None:
            return None
        total = 0
        for tag in payer.pricing:
            for start_ns, (_, amount) in self._registers[tag].slots.items():
                if start_ns >= self._today_ns:
                    total += amount.known * (self._price(payer, tag, start_ns) or 0)
        return total

    def cost(self, entity: str, months: Iterable[Month]) -> int | None:
        """What these months cost so far; `None` where no tariff held in any of them."""
        payer = self.payers[entity]
        keys = [(entity, month) for month in months]
        found = [
            costs[key]
            for tag in payer.pricing
            for costs in [self._registers[tag].costs]
            for key in keys
            if key in costs
        ]
        return sum(found) if found else None


def base_answer(directory: Path, books: Books, tags: Sequence[str], now_ns: int) -> Base:
    """`read_base` for the jobs process: a year of many priced meters takes a while."""
    with reading(directory) as db:
        return LiveAccounts(books).read_base(db, tags, now_ns)


def _month(day: date) -> Month:
    return day.year, day.month


def _last(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
