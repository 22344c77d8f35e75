"""Questions about energy as functions of a data directory, for the jobs process: months of many meters take seconds."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from gateway.accounts.books import Books
from gateway.accounts.energy.balances import Reconciled, balances
from gateway.accounts.energy.electricity import supply_json, supply_of
from gateway.accounts.energy.emission_rates import EmissionRates
from gateway.accounts.energy.energydays import energy_days
from gateway.accounts.energy.figures import window_json
from gateway.accounts.energy.flows import entity_of
from gateway.accounts.energy.intervalrows import Page, interval_rows
from gateway.accounts.energy.payers import payer_of, zone_of
from gateway.accounts.energy.question import Question
from gateway.accounts.energy.usage import settled, tags_of
from gateway.accounts.energy.windows import window_of
from gateway.store.ledger import reading

Json = dict[str, Any]


def days_answer(directory: Path, books: Books, entity: str, period: str, now_ns: int) -> Json:
    """Bought energy day by day."""
    with reading(directory) as db:
        return energy_days(db, books, entity, period, now_ns)


def balances_answer(directory: Path, books: Books, first: date, last: date) -> list[Reconciled]:
    """Every meter that has others under it, against their sum."""
    with reading(directory) as db:
        return balances(db, books, first, last)


def flows_answer(
    directory: Path, books: Books, entity: str, period: str, now_ns: int, kinds: Mapping[str, str]
) -> Json:
    """PV, grid, export, battery. `kinds`: of devices by id."""
    with reading(directory) as db:
        ask = Question(db, books, payer_of(books, entity_of(books, entity)), EmissionRates(books))
        tags = tags_of(ask.payer.flows)
        window = settled(db, books, tags, window_of(period, now_ns, zone_of(books)), now_ns)
        return {"period": window_json(window, books), **supply_json(supply_of(ask, window, kinds))}


def intervals_answer(
    directory: Path, books: Books, tag: str, bounds: tuple[int, int], step: str, limit: int, as_of_ns: int | None
) -> Page:
    """Intervals of a meter."""
    with reading(directory) as db:
        return interval_rows(db, books, tag, bounds, step, limit, as_of_ns)
