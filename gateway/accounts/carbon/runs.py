"""Runs: an entity's figures of a month or of days of one, calculated now, or read back as they were recorded.

    gather (lines) ─▶ rules.carbon.inventory.account ─▶ entries ┐
    policy, boundary, factors, code version ────────────────────┴─▶ Figures ─▶ RUN and ENTRY records (at a close)

A calculation that is not recorded has the same entry ids: they are hashes of what the entries say.
"""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from gateway import __version__
from gateway.accounts.books import Books, Entity
from gateway.accounts.carbon.coal import energy_of
from gateway.accounts.carbon.frozen import boundary_document, entry_of, frozen
from gateway.accounts.carbon.gather import Origin, gather
from gateway.accounts.periods import Period, month_states, parse_period
from gateway.accounts.records.factors import catalogue_with
from gateway.accounts.records.submissions import approved_factors, instruments
from gateway.carbon.document import factor_document
from gateway.core.clock import day_of
from gateway.core.errors import Rejected, Unavailable
from gateway.store.records import Kind, Record, append, find, get
from rules.carbon.catalogue import Catalogue
from rules.carbon.inventory import account
from rules.carbon.inventory.entry import Entry
from rules.carbon.inventory.instrument import Allocation, Instrument
from rules.carbon.inventory.inventory import Inventory
from rules.ledger.canonical import content_id

FORM = 1  # of the frozen document; changes with it


@dataclass(frozen=True, slots=True)
class Figures:
    """The entries of one part, by id in the order of the calculation, and everything that they were made with."""

    part: Period
    entries: Mapping[str, Entry]
    snapshot: Mapping[str, Any]
    time_ns: int
    run: str = ""  # id of the record; empty: calculated now, not recorded

    @property
    def digest(self) -> str:
        """SHA-256 of the snapshot: the same inputs give the same bytes."""
        return content_id(self.snapshot)

    @property
    def line_ids(self) -> list[str]:
        """What the entries were made of."""
        return [line["id"] for line in self.snapshot["lines"]]


def entity_of(books: Books, entity_id: str) -> Entity:
    """The entity with this id. Raises Rejected where there is none."""
    found = books.entities.get(entity_id)
    if found is None:
        known = ", ".join(f"`{one}`" for one in list(books.entities)[:20])
        raise Rejected(f"there is no entity `{entity_id[:80]}`", f"there is: {known or 'none, see `carbon:`'}")
    return found


def figures(
    db: sqlite3.Connection,
    books: Books,
    entity: Entity,
    period: Period,
    now_ns: int,
    *,
    as_published: bool = False,
) -> list[Figures]:
    """The figures of a period, month by month: recorded ones of closed months, the others calculated now."""
    states = month_states(db, entity.id)
    found: list[Figures] = []
    parts = period.parts()
    runs = {part.label: states[part.label].run(as_published=as_published) for part in parts if part.label in states}
    todo = [part for part in parts if part.label not in runs]
    fresh = {one.part.label: one for one in calculate(db, books, entity, todo, now_ns)}
    for part in parts:
        found.append(recorded(db, runs[part.label]) if part.label in runs else fresh[part.label])
    return found


def figures_beside(
    db: sqlite3.Connection, books: Books, entity: Entity, period: Period, now_ns: int, told: Record | None
) -> list[Figures]:
    """The figures of a period that stand beside another one's, which `told` told last; `None`: that one is open.

    Beside a closed one they are what was known when it was told, so that it does not change by itself: the runs of
    then, else months that were over, from the meters' quantities of then. A month that still ran is not there.
    """
    if told is None:
        return figures(db, books, entity, period, now_ns)
    states = {label: month.as_of(told) for label, month in month_states(db, entity.id).items()}
    runs = {label: run for label, month in states.items() if (run := month.run())}
    today = day_of(told.time_ns, ZoneInfo(books.site.timezone))
    parts = [part for part in period.parts() if part.label in runs or part.last < today]
    todo = [part for part in parts if part.label not in runs]
    then = calculate(db, books, entity, todo, told.time_ns, as_of_ns=told.time_ns)
    fresh = {one.part.label: one for one in then}
    return [recorded(db, runs[part.label]) if part.label in runs else fresh[part.label] for part in parts]


def calculate(
    db: sqlite3.Connection,
    books: Books,
    entity: Entity,
    parts: Iterable[Period],
    now_ns: int,
    *,
    as_of_ns: int | None = None,
) -> list[Figures]:
    """Calculate parts of an entity now, or with the meters' quantities as they were known then; nothing is recorded."""
    catalogue = catalogue_with(books.catalogue, approved_factors(db))
    owned, allocations = instruments(db)
    found: list[Figures] = []
    for part, origins in gather(db, books, entity, list(parts), now_ns, as_of_ns=as_of_ns):
        inventory = account([one.line for one in origins], owned, allocations, books.policy, catalogue)
        snapshot = _snapshot(books, entity, part, origins, inventory, catalogue)
        snapshot["claims"] = claims_of(entity, part, owned, allocations)
        found.append(Figures(part, {entry.id: entry for entry in inventory.entries}, snapshot, as_of_ns or now_ns))
    return found


def claims_of(
    entity: Entity, part: Period, owned: Sequence[Instrument], allocations: Sequence[Allocation]
) -> list[Any]:
    """What instruments are claimed for the entity's electricity of these days, with the instruments."""
    here = [
        claim
        for claim in allocations
        if claim.source in entity.sources and claim.start <= part.last and claim.end >= part.first
    ]
    claimed = {claim.instrument for claim in here}
    return [*(frozen(one) for one in owned if one.id in claimed), *(frozen(claim) for claim in here)]


def record(db: sqlite3.Connection, found: Figures, now_ns: int) -> str:
    """Append the run and those of its entries that the ledger does not hold; gives the run's id.

    In the caller's transaction. Enterprise and park share entries: an entry is what it says, and is held once.
    """
    entity = str(found.snapshot["entity"])
    body = {"snapshot": found.snapshot, "snapshot_sha256": found.digest, "calculated_ns": found.time_ns}
    run = append(db, now_ns, Kind.RUN, body, enterprise=entity, period=found.part.label)
    append_entries(db, found.entries, now_ns, run=run.id, period=found.part.label)
    return run.id


def append_entries(db: sqlite3.Connection, entries: Mapping[str, Entry], now_ns: int, *, run: str, period: str) -> None:
    """Append the entries that the ledger does not hold yet."""
    for entry_id, entry in entries.items():
        if db.execute("SELECT 1 FROM record WHERE id = ?", (entry_id,)).fetchone() is None:
            append(
                db,
                now_ns,
                Kind.ENTRY,
                entry.document,
                enterprise=entry.enterprise,
                period=period,
                about=run,
                id=entry_id,
            )


def recorded(db: sqlite3.Connection, run_id: str) -> Figures:
    """A recorded run with its entries. Raises Unavailable where the ledger lacks a part of it."""
    run = get(db, run_id)
    if run is None:
        raise Unavailable(f"the ledger has no run `{run_id}`", "`park-gateway ledger verify` says what is missing")
    snapshot = run.body["snapshot"]
    entries = _entries(db, run.id, snapshot["entries"])
    return Figures(parse_period(run.period), entries, snapshot, run.body["calculated_ns"], run.id)


def _entries(db: sqlite3.Connection, run: str, ids: list[str]) -> dict[str, Entry]:
    """Those that were appended with the run in one go, shared ones singly."""
    held: dict[str, Entry] = {}
    after = 0
    while page := find(db, kinds=(Kind.ENTRY,), about=run, after_seq=after):
        held |= {one.id: entry_of(one.body) for one in page}
        after = page[-1].seq
    for entry_id in ids:
        if entry_id not in held:
            one = get(db, entry_id)
            if one is None:
                raise Unavailable(
                    f"the ledger has no entry `{entry_id}` of run `{run}`",
                    "`park-gateway ledger verify` says what is missing",
                )
            held[entry_id] = entry_of(one.body)
    return {entry_id: held[entry_id] for entry_id in ids}


def _snapshot(
    books: Books, entity: Entity, part: Period, origins: list[Origin], inventory: Inventory, catalogue: Catalogue
) -> dict[str, Any]:
    """Everything that decided the figures, and their ids."""
    used = sorted(inventory.factors.values(), key=lambda one: one.id)
    return {
        "form": FORM,
        "entity": entity.id,
        "period": part.label,
        "from": part.first.isoformat(),
        "to": part.last.isoformat(),
        "zone": books.site.timezone,
        "code_version": __version__,
        "catalogue_sha256": catalogue.sha256,
        "policy": frozen(books.policy),
        "boundary": boundary_document(books, entity),
        "lines": [_line(origin, catalogue) for origin in origins],
        "factors": [factor_document(factor) for factor in used],
        "entries": [entry.id for entry in inventory.entries],
        "refusals": [frozen(refusal) for refusal in inventory.refusals],
        "fallbacks": list(inventory.fallbacks),
        "disclosures": list(inventory.disclosures),
        "chinese": {
            text: inventory.chinese[text]
            for text in (*inventory.disclosures, *inventory.fallbacks)
            if text in inventory.chinese
        },
        "unallocated_mwh": frozen(inventory.unallocated_mwh),
    }


def _line(origin: Origin, catalogue: Catalogue) -> dict[str, Any]:
    energy = energy_of(origin.line, catalogue)
    return origin.document if energy is None else {**origin.document, "energy": energy}
