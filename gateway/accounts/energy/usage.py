"""Usage of an enterprise or the park in a stretch of time: energy by medium, cost, CO2e, and what it compares with."""

import sqlite3
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from gateway.accounts.books import Books
from gateway.accounts.energy.electricity import IsWorking, electricity
from gateway.accounts.energy.emission_rates import EmissionRates
from gateway.accounts.energy.emission_sums import EmissionSums
from gateway.accounts.energy.energyread import Amount, Energy, amounts_of, day_start_ns, energy, known, weighed
from gateway.accounts.energy.figures import entity_json, flow_json, window_json
from gateway.accounts.energy.flows import Flow, entity_of, is_shared, not_counted, registers_of, shared_by
from gateway.accounts.energy.payers import money, payer_of, zone_of
from gateway.accounts.energy.question import Question, days_of, months_of
from gateway.accounts.energy.windows import Window, before, window_of, year_before
from gateway.accounts.held import cut_of
from gateway.core.clock import day_of
from gateway.store.intervals import days
from gateway.store.ledger import reading
from rules.carbon.inventory.activity import Direction as LineDirection
from rules.energy.reading import plain_text
from rules.energy.tariff.bill import to_minor
from rules.schedule.schedule import Schedule

Json = dict[str, Any]
_GRACE = 2  # intervals that the newest figures may be late
_NS = 1_000_000_000


def usage(
    db: sqlite3.Connection,
    books: Books,
    entity: str,
    period: str,
    now_ns: int,
    *,
    rates: EmissionRates | None = None,
    is_working: IsWorking | None = None,
    kinds: Mapping[str, str] | None = None,
) -> Json:
    """The figures of an entity. `period`: `today`, `month`, `year`, or a period's text. JSON, decimals as texts.

    `kinds`: of devices by id, for charging points and batteries. Raises Rejected for what is not there.
    """
    ask = Question(db, books, payer_of(books, entity_of(books, entity)), rates or EmissionRates(books))
    zone = zone_of(books)
    window = settled(db, books, tags_of(ask.payer.flows), window_of(period, now_ns, zone), now_ns)
    return {
        "entity": entity_json(ask.entity),
        "period": window_json(window, books),
        **figures(ask, window),
        "comparison": {
            "previous_period": compared(ask, before(window, zone)),
            "previous_year": compared(ask, year_before(window, zone)),
        },
        "electricity": electricity(ask, window, is_working, kinds or {}),
        "shared_meters_not_in_it": list(shared_by(books, ask.entity)),  # the statement has them
    }


def usage_answer(
    directory: Path,
    books: Books,
    entity: str,
    period: str,
    now_ns: int,
    schedule: Schedule | None,
    kinds: Mapping[str, str],
) -> Json:
    """`usage` for the jobs process: a year of many meters takes seconds. `schedule`: working hours."""
    with reading(directory) as db:
        is_working = None if schedule is None else schedule.is_active
        return usage(db, books, entity, period, now_ns, is_working=is_working, kinds=kinds)


def settled(db: sqlite3.Connection, books: Books, tags: Sequence[str], window: Window, now_ns: int) -> Window:
    """A running window up to the newest interval; what is late by two intervals or more counts as missing."""
    if not window.is_running:
        return window
    zone = zone_of(books)
    step_ns = books.interval_s * _NS
    today = day_of(window.end_ns, zone)
    newest_ns = max(
        (stored.slots()[-1][1] for stored in days(db, tags, today, today)),
        default=day_start_ns(today, zone),
    )
    late_ns = now_ns // step_ns * step_ns - _GRACE * step_ns
    end_ns = min(max(newest_ns, late_ns, window.start_ns), max(window.end_ns, window.start_ns))
    return Window(window.label, window.start_ns, end_ns, is_running=True)


def tags_of(flows: Sequence[Flow]) -> list[str]:
    """The registers of some flows, each once."""
    return sorted({tag for flow in flows for tag, _ in flow.weights})


def figures(ask: Question, window: Window) -> Json:
    """Energy by medium and direction, cost, emissions."""
    zone = zone_of(ask.books)
    amounts = amounts_of(ask.db, tags_of(ask.payer.flows), window.start_ns, window.end_ns, zone, ask.cut)
    return {
        "energy": [flow_json(flow, weighed_flow(flow, amounts)) for flow in ask.payer.flows],
        "cost": cost(ask, window, amounts),
        "emissions": emissions(ask, window),
    }


def weighed_flow(flow: Flow, amounts: dict[str, Amount]) -> Energy:
    """The sum of a flow's registers."""
    return weighed(dict(flow.weights), amounts)


def compared(ask: Question, window: Window) -> Json:
    """The figures of another stretch, for comparison; a stretch of which nothing is stored says so."""
    found = figures(ask, window)
    return {"period": window_json(window, ask.books), **found}


def cost(ask: Question, window: Window, amounts: dict[str, Amount]) -> Json | None:
    """Energy and funds per kWh, own generation and feed-in at their prices; without what is charged by the month."""
    payer = ask.payer
    zone = zone_of(ask.books)
    if not payer.has_tariff:
        return None
    total, currency, is_whole = 0, "", True
    for tag in payer.pricing:
        for stored in days(ask.db, [tag], *days_of(window, ask.books)):
            parts = known(stored)
            inside = [
                (start, n)
                for start, end, n in parts
                if window.start_ns <= start and end <= window.end_ns and ask.counts(tag, start)
            ]
            found = payer.cost(tag, stored.day, inside)
            is_whole &= found is not None
            total += found or 0
            tariff = payer.rates.tariff(stored.day)
            currency = tariff.currency if tariff else currency
    last = payer.rates.tariff(day_of(max(window.end_ns - 1, window.start_ns), zone))
    if not currency and last is None:
        return None
    tariff_digits = 2 if last is None else last.digits
    lacking = [tag for tag in payer.pricing if not amounts[tag].is_whole]
    return {
        "amount": cost_text(money(total), tariff_digits, [amounts[tag] for tag in payer.pricing]),
        "currency": currency or (last.currency if last else ""),
        "is_lower_bound": bool(lacking) or not is_whole,
    }


def cost_text(total: Fraction, digits: int, amounts: Sequence[Amount]) -> str | None:
    """What is known of a cost; `None` where it is to be paid for registers of whose time nothing is known."""
    return plain_text(to_minor(total, digits)) if is_anything_known(amounts) else None


def is_anything_known(amounts: Sequence[Amount]) -> bool:
    """False where there are registers, and nothing is known of any of their time."""
    return not amounts or any(one.measured_ns or one.estimated_ns or one.is_whole for one in amounts)


def emissions(ask: Question, window: Window) -> Json:
    """CO2e by scope on one basis, from the meters of the entity's sources; sources by records are not in it."""
    zone = zone_of(ask.books)
    sums = EmissionSums(ask.books.sources, ask.rates)
    counted: set[tuple[str, str]] = set()
    for name in ask.entity.sources:
        source = ask.books.sources[name]
        is_left_out = not ask.entity.is_park and any(is_shared(ask.books, tag) for tag in source.meters)
        if is_left_out or not source.meters:
            sums.leave_out(name)
            continue
        cut = cut_of(ask.books, source.enterprise)
        for meters, direction in ((source.meters, LineDirection.IMPORT), (source.exports, LineDirection.EXPORT)):
            tags = not_counted(ask.books, meters, direction, counted)
            for month, part in months_of(window, ask):
                for tag in tags:
                    found = energy(ask.db, registers_of(ask.books, tag), *part, zone, cut)
                    sums.add(name, direction, month, found.amount.known)
                    sums.cover(name, [found.amount], is_whole=not found.lacking)
    return sums.document()
