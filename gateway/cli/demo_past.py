"""The demo's past: what the park's counters showed since the first of last month, as intervals in ledger.db.

Made once, before the gateway first starts, with the consumer that makes them while it runs.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from drivers.simulator.past import Row, past
from gateway.accounts.books import Books
from gateway.pipeline.energy_book import EnergyBook
from gateway.store.ledger import NAME, Ledger
from rules.energy.reading import Reading

_NS = 1_000_000_000
_STEP_S = 900


def needs_past(directory: Path) -> bool:
    """True before the first start."""
    return not (directory / f"{NAME}.db").exists()


def first_second(books: Books, now_s: int) -> int:
    """The beginning of last month, local time."""
    zone = ZoneInfo(books.site.timezone)
    today = datetime.fromtimestamp(now_s, zone).date()
    first = (today.replace(day=1) - timedelta(days=1)).replace(day=1)
    return int(datetime(first.year, first.month, first.day, tzinfo=zone).timestamp())


async def write_past(ledger: Ledger, books: Books, seed: int, start_s: int, end_s: int) -> int:
    """Fill the ledger with the intervals between two instants; returns how many readings they were made of."""
    book = EnergyBook(books, {}, lambda: end_s * _NS)
    tags = await ledger.do(lambda db: book.open(ledger.write, db))
    await ledger.do(lambda db: book.load(tags, db))
    count = 0
    for day, rows in _by_day(past(seed, start_s - _STEP_S, end_s, _STEP_S), ZoneInfo(books.site.timezone)):
        del day
        count += _take(book, rows)
        book.prepare(book.dirty)
        await ledger.do(lambda db: book.commit(ledger.write, db))
    return count


def _take(book: EnergyBook, rows: list[tuple[int, Row]]) -> int:
    count = 0
    for second, row in rows:
        for tag, value in row.items():
            entry = book.entries.get(tag)
            if entry is not None:
                entry.add(Reading(second * _NS, value), book.grid)
                count += 1
    return count


def _by_day(rows: Iterator[tuple[int, Row]], zone: ZoneInfo) -> Iterator[tuple[date, list[tuple[int, Row]]]]:
    """The rows of each local day: what is committed together."""
    together: list[tuple[int, Row]] = []
    last: date | None = None
    for second, row in rows:
        day = datetime.fromtimestamp(second, zone).date()
        if last is not None and day != last:
            yield last, together
            together = []
        last = day
        together.append((second, row))
    if last is not None:
        yield last, together
