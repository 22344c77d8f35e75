"""The way back from a figure: total, entry, activity line, days and intervals, raw readings, factor, ledger.

    total ◀─ entry ◀─ line ◀─┬─ meters ◀─ days ◀─ intervals ◀─ readings     (as they were known at the run)
                │            └─ records (who prepared, who approved, which files)
                ├─ factors ◀─ documents
                └─ ledger: record, run, inclusion proof, signed checkpoint

Every link is recomputed. The chain ends at the first link that does not hold, and says what is missing or differs.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from gateway.accounts.books import Books
from gateway.accounts.carbon.frozen import books_then, entry_of
from gateway.accounts.carbon.runs import Figures, calculate, entity_of, recorded
from gateway.accounts.carbon.summary_scopes import co2e, text
from gateway.accounts.carbon.trace_activity import Broken, line_step, records_step
from gateway.accounts.carbon.trace_ledger import ledger_step
from gateway.accounts.carbon.trace_meters import days_steps
from gateway.accounts.periods import Period, month_of, month_states, parse_period
from gateway.core.clock import utc_text
from gateway.core.errors import GatewayError, Rejected
from gateway.store.evidence import EvidenceStore
from gateway.store.records import SHORTEST_PREFIX, Kind, Record, get
from rules.carbon.inventory.entry import Basis, Entry

Document = dict[str, Any]
_MONTHS_BACK = 24  # in which an entry that is not recorded is looked for


@dataclass(frozen=True, slots=True)
class Depth:
    """How much of the intervals is shown: those of `day` (`None`: of the most telling one), or every one."""

    day: date | None = None
    every_interval: bool = False


@dataclass(frozen=True, slots=True)
class _Found:
    """The entry, the figures that it belongs to, its record where there is one."""

    id: str
    entry: Entry
    figures: Figures
    record: Record | None


def trace(
    db: sqlite3.Connection,
    books: Books,
    entry_id: str,
    now_ns: int,
    *,
    evidence: EvidenceStore | None = None,
    enterprise: str | None = None,
    entity: str = "",
    period: str = "",
    depth: Depth | None = None,
) -> Document:
    """The chain of one entry, by its id or a unique beginning of 8 characters or more.

    `enterprise`: only an entry of this one; `entity` and `period` say where an entry that is not recorded is looked
    for: without them in the open months of the last two years. Raises Rejected where there is none.
    """
    found = _find(db, books, entry_id, now_ns, enterprise, entity, period)
    chain: list[Document] = []
    broken: Document | None = None
    try:
        for step in _steps(db, books, found, evidence, depth or Depth(), enterprise):
            chain.append(step)
    except Broken as error:
        broken = {"after": chain[-1]["step"] if chain else "", "step": error.step, "missing": error.message}
    return {
        "entry": found.id,
        "is_recorded": found.record is not None,
        "entity": found.figures.snapshot["entity"],
        "period": found.figures.part.label,
        "is_whole": broken is None,
        "broken": broken,
        "steps": chain,
    }


def _steps(
    db: sqlite3.Connection,
    books: Books,
    found: _Found,
    evidence: EvidenceStore | None,
    depth: Depth,
    enterprise: str | None,
) -> Iterator[Document]:
    yield _total(found)
    yield _entry(db, found)
    line, figures = _line_of(db, found)
    yield line_step(line, found.entry)
    as_of_ns = figures.time_ns if figures.run else None
    if line["records"]:
        yield records_step(db, line, evidence)
    if line["meters"]:
        then = books_then(books, figures.snapshot["boundary"])
        asked = as_of_ns, depth.day, enterprise
        yield from days_steps(db, then, line, *asked, every_interval=depth.every_interval, now=books)
    yield _factors(found)
    yield ledger_step(db, found.record, found.figures)


def _find(
    db: sqlite3.Connection,
    books: Books,
    entry_id: str,
    now_ns: int,
    enterprise: str | None,
    entity: str,
    period: str,
) -> _Found:
    record = get(db, entry_id, kinds=(Kind.ENTRY,), enterprise=enterprise)
    if record is not None:
        run = _run_of(db, record, entity or enterprise or "")
        try:
            figures = recorded(db, run)
        except GatewayError as error:
            raise Rejected(f"the run of entry `{entry_id}` cannot be read: {error.message}", error.hint) from error
        return _Found(record.id, entry_of(record.body), figures, record)
    if len(entry_id) >= SHORTEST_PREFIX:
        for figures in _open_figures(db, books, now_ns, enterprise, entity, period):
            matching = [one for one in figures.entries if one.startswith(entry_id)]
            if len(matching) > 1:
                raise Rejected(f"several entries begin with `{entry_id}`", "give more of its characters")
            if matching:
                return _Found(matching[0], figures.entries[matching[0]], figures, None)
    hint = "`park-gateway carbon summary --json` lists the ids; give 8 characters or more"
    raise Rejected(f"there is no entry `{entry_id[:80]}`", hint)


def _run_of(db: sqlite3.Connection, entry: Record, entity: str) -> str:
    """The run that the entry was recorded with; or of this entity, which shares it with another one."""
    first = get(db, entry.about)
    if first is None or entity in ("", first.enterprise):
        return entry.about
    month = month_states(db, entity).get(entry.period)
    told = [] if month is None or month.close is None else [month.close, *month.restatements]
    for one in reversed(told):
        run = get(db, str(one.body["run"]))
        if run is not None and entry.id in run.body["snapshot"]["entries"]:
            return run.id
    raise Rejected(f"`{entity}` has no entry `{entry.id}`", "`park-gateway carbon summary --json` lists the ids")


def _open_figures(
    db: sqlite3.Connection, books: Books, now_ns: int, enterprise: str | None, entity: str, period: str
) -> Iterator[Figures]:
    """What can be calculated now, the newest month first."""
    wanted = [entity] if entity else [enterprise] if enterprise else list(books.entities)
    for part in [*reversed(parse_period(period).parts())] if period else _months_back(now_ns):
        for name in wanted:
            if name is not None:
                yield from calculate(db, books, entity_of(books, name), [part], now_ns)


def _months_back(now_ns: int) -> Iterator[Period]:
    month = month_of(date(1970, 1, 1) + timedelta(seconds=now_ns // 10**9))
    for _ in range(_MONTHS_BACK):
        yield month
        month = month.before()


def _total(found: _Found) -> Document:
    """The totals that this entry is a part of."""
    entry = found.entry
    bases = [entry.basis] if entry.basis is not Basis.DIRECT else [*Basis]
    same = [one for one in found.figures.entries.values() if one.basis in bases and one.scope == entry.scope]
    return {
        "step": "total",
        "entity": found.figures.snapshot["entity"],
        "period": found.figures.part.label,
        "scope": entry.scope,
        "basis": entry.basis.value,
        "value": text(co2e(same)),
        "unit": "kg CO2e",
        "formula": f"sum of {len(same)} entries",
        "entries": [entry_id for entry_id, one in found.figures.entries.items() if one in same],
        "run": found.figures.run,
        "time": utc_text(found.figures.time_ns),
    }


def _entry(db: sqlite3.Connection, found: _Found) -> Document:
    entry = found.entry
    if entry.id != found.id:
        raise Broken("entry", f"the entry's content has the hash {entry.id}: it was changed")
    if entry.reverses:
        original = get(db, entry.reverses)
        if original is None:
            raise Broken("entry", f"the entry {entry.reverses} that it takes back is not in the ledger")
    return {
        "step": "entry",
        "id": found.id,
        "value": None if entry.co2e_kg is None else text(entry.co2e_kg),
        "unit": "kg CO2e",
        "mass_kg": text(entry.mass_kg),
        "gas": entry.gas,
        "formula": list(entry.working),
        "reverses": entry.reverses,
        "content": entry.document,
    }


def _line_of(db: sqlite3.Connection, found: _Found) -> tuple[Mapping[str, Any], Figures]:
    """The frozen line of the entry with its run; of a reversal that of what it takes back."""
    figures, entry = found.figures, found.entry
    while True:
        for line in figures.snapshot["lines"]:
            if line["id"] == entry.activity:
                return line, figures
        original = get(db, entry.reverses) if entry.reverses else None
        if original is None:
            raise Broken("activity", f"the run holds no activity line `{entry.activity}`")
        figures, entry = recorded(db, original.about), entry_of(original.body)


def _factors(found: _Found) -> Document:
    known = {factor["id"]: factor for factor in found.figures.snapshot["factors"]}
    lacking = [factor for factor in found.entry.factors if factor not in known]
    if lacking and not found.entry.reverses:
        raise Broken("factors", f"the run does not hold the factors {', '.join(lacking)}")
    return {
        "step": "factors",
        "catalogue_sha256": found.figures.snapshot["catalogue_sha256"],
        "factors": [known[factor] for factor in found.entry.factors if factor in known],
    }
