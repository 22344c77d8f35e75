"""What a report is made of: summary, entries, activity lines, factors in full, of one state of the ledger.

A closed period shows the checkpoint that signed its close (or its last restatement) and that time, not today's: the
same period is the same bytes. An open one shows now, and may change.
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.accounts.books import Books
from gateway.accounts.carbon.runs import Figures, entity_of, figures
from gateway.accounts.carbon.summary import summary
from gateway.accounts.periods import month_states, parse_period, told_last
from gateway.core.errors import Rejected
from gateway.store.checkpoints import Checkpoint, all_of, keys, newest
from gateway.store.ledger import reading
from gateway.store.ledger_views import checkpoint_document
from rules.carbon.inventory.entry import Basis
from rules.carbon.inventory.indicator import counted

Document = dict[str, Any]
MOST_ENTRIES = 100_000
NS = 10**9


@dataclass(frozen=True, slots=True)
class ReportData:
    """Everything, as documents with decimals as texts."""

    summary: Document
    entries: tuple[Document, ...]  # id, period, is_recorded and the content
    lines: tuple[Document, ...]  # frozen activity lines, with the period
    factors: tuple[Document, ...]  # in full, by id
    published: Document | None  # the summary as it was closed, where it was told anew since
    enterprises: tuple[Document, ...]  # of the boundary: id, name
    site: Document
    keys: tuple[str, ...]  # public keys of the checkpoints
    park_direct: frozenset[str]  # ids of the direct entries that the basis of zero-carbon parks counts
    as_of_ns: int  # of the figures: the close of a closed period, else now

    @property
    def is_open(self) -> bool:
        """True where the figures may still change."""
        return bool(self.summary["status"] == "open")

    @property
    def file_name(self) -> str:
        """Without an ending, of plain characters."""
        label = f"carbon-{self.summary['entity']['id']}-{self.summary['period']['label']}"
        return "".join(one if one.isascii() and (one.isalnum() or one in "._-") else "-" for one in label)


def read_data(directory: Path, books: Books, entity: str, period: str, now_ns: int) -> ReportData:
    """From a data directory, beside a running gateway or without one."""
    with reading(directory) as db:
        db.execute("BEGIN")  # one state from the first look to the last
        return report_data(db, books, entity, period, now_ns)


def report_data(db: sqlite3.Connection, books: Books, entity_id: str, period_text: str, now_ns: int) -> ReportData:
    """Raises Rejected for an unknown entity or period, or one with more entries than a report holds."""
    entity, period = entity_of(books, entity_id), parse_period(period_text)
    document = summary(db, books, entity.id, period.label, now_ns)
    found = figures(db, books, entity, period, now_ns)
    if sum(len(one.entries) for one in found) > MOST_ENTRIES:
        raise Rejected(f"{entity.id} {period.label} has more than {MOST_ENTRIES} entries", "ask for a shorter period")
    as_of_ns, checkpoint = _settled(db, document, entity.id, period_text, now_ns)
    document["checkpoint"] = None if checkpoint is None else checkpoint_document(checkpoint)
    published = None
    if document["restatements"]:
        published = summary(db, books, entity.id, period.label, now_ns, as_published=True, with_comparison=False)
    shown = books.enterprises if entity.is_park else [one for one in books.enterprises if one.id == entity.id]
    return ReportData(
        summary=document,
        entries=tuple(_entries(found)),
        lines=tuple({"period": one.part.label, **line} for one in found for line in one.snapshot["lines"]),
        factors=tuple(_factors(found)),
        published=published,
        enterprises=tuple({"id": one.id, "name": one.names.both(one.id)} for one in shown),
        site={"id": books.site.id, "name": books.site.names.both(books.site.id)},
        keys=tuple(key.text for key in keys(db)),
        park_direct=_park_direct(found),
        as_of_ns=as_of_ns,
    )


def _settled(
    db: sqlite3.Connection, document: Document, entity: str, period: str, now_ns: int
) -> tuple[int, Checkpoint | None]:
    """Since when the figures are what they are, and the checkpoint that signed them."""
    if document["status"] == "open":
        return now_ns, newest(db)
    last = told_last(month_states(db, entity), parse_period(period))
    assert last is not None  # it is not open
    signed = next((one for one in all_of(db) if one.size >= last.seq), newest(db))
    return last.time_ns, signed


def _entries(found: Sequence[Figures]) -> list[Document]:
    return [
        {"id": entry_id, "period": one.part.label, "is_recorded": bool(one.run), **entry.document}
        for one in found
        for entry_id, entry in one.entries.items()
    ]


def _park_direct(found: Sequence[Figures]) -> frozenset[str]:
    """CO2 of energy and processes: neither other gases nor what escapes."""
    direct = (entry for one in found for entry in one.entries.values() if entry.basis is Basis.DIRECT)
    return frozenset(entry.id for entry in counted(entry for entry in direct if entry.co2e_kg is not None))


def _factors(found: Sequence[Figures]) -> list[Document]:
    frozen = {factor["id"]: factor for one in found for factor in one.snapshot["factors"]}
    return [factor for _, factor in sorted(frozen.items())]
