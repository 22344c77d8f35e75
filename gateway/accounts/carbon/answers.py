"""Questions about accounts as functions of a data directory: what the jobs process runs, and the command line.

Each opens ledger.db for reading beside a running gateway, asks one thing, and closes it.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gateway.accounts.books import Books
from gateway.accounts.carbon.audit_sample import write_sample
from gateway.accounts.carbon.by_month import by_month
from gateway.accounts.carbon.periods_list import months
from gateway.accounts.carbon.runs import entity_of, figures
from gateway.accounts.carbon.summary import summary
from gateway.accounts.carbon.summary_context import instrument_document
from gateway.accounts.carbon.trace import Depth, trace
from gateway.accounts.periods import parse_period
from gateway.accounts.records.plausible import plausibility
from gateway.accounts.records.submission_log import submission
from gateway.accounts.records.submissions import instruments
from gateway.core.errors import Rejected
from gateway.store.evidence import EvidenceStore
from gateway.store.ledger import reading
from rules.carbon.inventory.entry import Basis

Document = dict[str, Any]


def summary_answer(
    directory: Path,
    books: Books,
    entity: str,
    period: str,
    now_ns: int,
    bases: Sequence[Basis] = (),
    as_published: bool = False,  # handed on by position to the jobs process
) -> Document:
    """The Summary document."""
    with _reading(directory) as db:
        return summary(db, books, entity, period, now_ns, bases=bases, as_published=as_published)


def trace_answer(
    directory: Path,
    books: Books,
    entry_id: str,
    now_ns: int,
    enterprise: str | None = None,
    entity: str = "",
    period: str = "",
    depth: Depth | None = None,
) -> Document:
    """The chain of an entry."""
    with _reading(directory) as db:
        store = EvidenceStore(directory)
        return trace(
            db,
            books,
            entry_id,
            now_ns,
            evidence=store,
            enterprise=enterprise,
            entity=entity,
            period=period,
            depth=depth,
        )


def months_answer(directory: Path, books: Books, entity: str, year: int, now_ns: int) -> list[Document]:
    """The months of a year."""
    with _reading(directory) as db:
        return by_month(db, books, entity_of(books, entity), year, now_ns)


def sample_answer(
    directory: Path,
    books: Books,
    entity: str,
    period: str,
    count: int,
    seed: str,
    now_ns: int,
    file: Path,
    enterprise: str | None = None,
) -> list[str]:
    """Write the auditor's sample to a new file; gives the ids. `enterprise`: who asks."""
    with _reading(directory) as db, file.open("xb") as out:
        store = EvidenceStore(directory)
        return write_sample(db, books, entity, period, count, seed, out, now_ns, store, enterprise)


def entries_of_period(
    db: sqlite3.Connection, books: Books, entity: str, period: str, now_ns: int, *, as_published: bool = False
) -> list[Document]:
    """Every entry of a period: its id, its content, whether it is recorded."""
    found = figures(db, books, entity_of(books, entity), parse_period(period), now_ns, as_published=as_published)
    return [
        {"id": entry_id, "period": one.part.label, "is_recorded": bool(one.run), **entry.document}
        for one in found
        for entry_id, entry in one.entries.items()
    ]


def entries_answer(
    directory: Path,
    books: Books,
    entity: str,
    period: str,
    now_ns: int,
    as_published: bool,  # handed on by position to the jobs process
    basis: Basis | None,
    source: str | None,
    after: str,
    limit: int,
) -> Document:
    """A page of the entries of a period; `next` is the `after` of the next one. Raises Rejected for an `after`."""
    with _reading(directory) as db:
        found = entries_of_period(db, books, entity, period, now_ns, as_published=as_published)
    meant = [one for one in found if basis in (None, one["basis"]) and source in (None, one["source"])]
    ids = [one["id"] for one in meant]
    if after and after not in ids:
        raise Rejected(f"after: `{after[:64]}` is none of these entries", "begin anew, without `after`")
    begin = ids.index(after) + 1 if after else 0
    page = meant[begin : begin + limit]
    more = begin + limit < len(meant)
    return {"entries": page, "count": len(meant), "next": page[-1]["id"] if page and more else None}


def periods_answer(directory: Path, books: Books, entity: str, now_ns: int) -> list[Document]:
    """Where each month stands."""
    with _reading(directory) as db:
        return months(db, books, entity_of(books, entity), now_ns)


def plausibility_answer(directory: Path, books: Books, record_id: str) -> Document | None:
    """What the readings of a record would give."""
    with _reading(directory) as db:
        return plausibility(db, books, submission(db, record_id))


def instrument_list(db: sqlite3.Connection, beneficiary: str | None = None) -> list[Document]:
    """The approved instruments with their criteria, what is allocated of them, to whom, and what is left."""
    owned, allocations = instruments(db)
    found: list[Document] = []
    for one in owned:
        if beneficiary not in (None, one.beneficiary):
            continue
        own = [claim for claim in allocations if claim.instrument == one.id]
        document = instrument_document(one, sum((claim.energy_mwh for claim in own), start=one.energy_mwh * 0))
        document["allocations"] = [
            {
                "source": claim.source,
                "from": claim.start.isoformat(),
                "to": claim.end.isoformat(),
                "energy_mwh": format(claim.energy_mwh, "f"),
            }
            for claim in own
        ]
        found.append(document)
    return found


@contextmanager
def _reading(directory: Path) -> Iterator[sqlite3.Connection]:
    """One state of the ledger, from the first look to the last."""
    with reading(directory) as db:
        db.execute("BEGIN")
        yield db
