"""Restatements: a closed month told anew with its reason and effect; what was published stays readable.

entries of the close ─┐  gone ─▶ reversal entries (masses negative, `reverses` names the entry)
calculated now ───────┴▶ new ─▶ entries        both, the run and the restatement in one transaction, then signed
"""

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from gateway.accounts.books import Books, Entity
from gateway.accounts.carbon.close import Acceptance, Approval, CloseRefused, missing_of, refusals_of
from gateway.accounts.carbon.frozen import boundary_document
from gateway.accounts.carbon.gather import gather, meter_digest, recorded_lines
from gateway.accounts.carbon.runs import Figures, append_entries, calculate, claims_of, entity_of, record, recorded
from gateway.accounts.carbon.summary_scopes import co2e, text
from gateway.accounts.energy.quantities import Quantities, Want, registers_of
from gateway.accounts.periods import Month, Period, month_states, parse_period
from gateway.accounts.records.submissions import instruments
from gateway.core.clock import day_of
from gateway.core.errors import Rejected
from gateway.store.checkpoints import Checkpoint, sign
from gateway.store.records import Kind, Record, append, get
from rules.carbon.inventory.entry import Basis, Entry
from rules.carbon.inventory.reversal import reversed_entry
from rules.ledger.note import Signer


@dataclass(frozen=True, slots=True)
class Due:
    """A closed month whose data is another by now."""

    entity: str
    period: str
    changed_lines: tuple[str, ...]  # emission sources
    effect: Mapping[str, Any]

    @property
    def document(self) -> dict[str, Any]:
        """JSON."""
        return {
            "entity": self.entity,
            "period": self.period,
            "sources": list(self.changed_lines),
            "effect": dict(self.effect),
        }


def restate(
    db: sqlite3.Connection,
    books: Books,
    entity_id: str,
    period_text: str,
    reason: str,
    approval: Approval,
    key: Signer,
    now_ns: int,
    acceptance: Acceptance | None = None,
) -> tuple[Record, Checkpoint]:
    """Tell a closed month anew from what is known now, inside the caller's transaction.

    Raises Rejected where the month is not closed, nothing has changed, or the names do not do; CloseRefused where the
    new figures have refusals or missing data that is not accepted.
    """
    signed = approval.checked()
    reason = " ".join(reason.split())
    if len(reason) < 3 or len(reason) > 2000:
        raise Rejected("the reason is needed", "`--reason TEXT`: why the published figures change, in a sentence")
    acceptance = (acceptance or Acceptance()).checked()
    entity, period, month, after = retold(db, books, entity_id, period_text, acceptance, now_ns)
    before = recorded(db, month.run())
    run = record(db, after, now_ns)
    reversals, added = _exchanged(db, before, after, now_ns, run)
    body = {
        "reason": reason,
        **signed,
        "run": run,
        "previous_run": before.run,
        "reversals": reversals,
        "added": added,
        "effect": effect_of(before.entries, after.entries),
        "sources": changed_sources(before, after),
        "exclusions": acceptance.exclusions(after),
        "snapshot_sha256": after.digest,
    }
    assert month.close is not None
    told = append(db, now_ns, Kind.RESTATEMENT, body, enterprise=entity.id, period=period.label, about=month.close.id)
    return told, sign(db, key, now_ns)


def retold(
    db: sqlite3.Connection, books: Books, entity_id: str, period_text: str, acceptance: Acceptance, now_ns: int
) -> tuple[Entity, Period, Month, Figures]:
    """The figures that a closed month would have now. Raises Rejected, CloseRefused like `restate`."""
    entity, period = entity_of(books, entity_id), parse_period(period_text)
    month = closed_month(db, entity, period)
    after = calculate(db, books, entity, [period], now_ns)[0]
    if set(recorded(db, month.run()).entries) == set(after.entries):
        raise Rejected(f"{entity.id} {period.label}: the figures are the same as before", "there is nothing to restate")
    if against := [*refusals_of(after, acceptance), *missing_of(after, acceptance)]:
        raise CloseRefused(entity.id, period.label, against)
    return entity, period, month, after


def closed_month(db: sqlite3.Connection, entity: Entity, period: Period) -> Month:
    """The close of a month with its restatements. Raises Rejected where it is open."""
    month = month_states(db, entity.id).get(period.label)
    if month is None or not period.is_month:
        hint = (
            "an open month needs none: its figures follow the data" if period.is_month else "write a month, `2026-10`"
        )
        raise Rejected(f"{entity.id} {period.label} is not closed", hint)
    return month


def due(db: sqlite3.Connection, books: Books, entity: Entity, now_ns: int, labels: Iterable[str] = ()) -> list[Due]:
    """The closed months whose data has changed since their figures were told; `labels`: only of these months.

    New factors alone change nothing that is closed: other lines do, and other claims of instruments.
    """
    wanted = set(labels)
    months = [one for one in month_states(db, entity.id).values() if not wanted or one.label in wanted]
    told = {month.label: recorded(db, month.run()) for month in months}
    suspects = _suspects(db, books, entity, list(told.values()), now_ns)
    other: list[Period] = []
    for part, origins in gather(db, books, entity, suspects, now_ns):
        before = told[part.label]
        is_same = {origin.line.id for origin in origins} == set(before.line_ids)
        if not is_same or _claims(db, entity, part) != before.snapshot["claims"]:
            other.append(part)
    return [_due(entity, told[after.part.label], after) for after in calculate(db, books, entity, other, now_ns)]


def _suspects(db: sqlite3.Connection, books: Books, entity: Entity, told: list[Figures], now_ns: int) -> list[Period]:
    """The months of which something is another than it was told: cheap, a year of closed months is looked at fast."""
    if not told:
        return []
    today = day_of(now_ns, ZoneInfo(books.site.timezone))
    first, last = min(one.part.first for one in told), max(one.part.last for one in told)
    known = Quantities(db, books, first, last, today)
    known.read(registers_of(books, entity))
    return [one.part for one in told if _may_differ(db, books, entity, one, known)]


def _may_differ(db: sqlite3.Connection, books: Books, entity: Entity, told: Figures, known: Quantities) -> bool:
    """False where its days, records and claims are those that it was made of, whatever the clock said meanwhile."""
    boundary = boundary_document(books, entity)
    before = told.snapshot["boundary"]
    if any(boundary.get(name) != before.get(name) for name in ("sources", "virtual", "allocations", "held")):
        return True
    if any(_has_other_days(line, told.part, known) for line in told.snapshot["lines"]):
        return True
    recorded_ids = {line["id"] for line in told.snapshot["lines"] if line["records"]}
    if {line.id for line in recorded_lines(db, books, entity, told.part)} != recorded_ids:
        return True
    return bool(_claims(db, entity, told.part) != told.snapshot["claims"])


def _has_other_days(line: Mapping[str, Any], part: Period, known: Quantities) -> bool:
    """True where the days of a line's meters are not those of the run any more, by their digests."""
    ordinals = range(part.first.toordinal(), part.last.toordinal() + 1)
    for meter in line["meters"]:
        days = known.days(Want(meter["meter"], line["enterprise"]))
        if meter_digest({one: days[one] for one in ordinals if one in days}) != meter["digest"]:
            return True
    return False


def _claims(db: sqlite3.Connection, entity: Entity, part: Period) -> list[Any]:
    return claims_of(entity, part, *instruments(db))


def _due(entity: Entity, before: Figures, after: Figures) -> Due:
    effect = effect_of(before.entries, after.entries)
    effect["other_catalogue"] = before.snapshot["catalogue_sha256"] != after.snapshot["catalogue_sha256"]
    return Due(entity.id, after.part.label, tuple(changed_sources(before, after)), effect)


def changed_sources(before: Figures, after: Figures) -> list[str]:
    """The emission sources whose lines are others, came or went."""
    old, new = ({(line["source"], line["id"]) for line in one.snapshot["lines"]} for one in (before, after))
    return sorted({source for source, _ in old ^ new})


def effect_of(before: Mapping[str, Entry], after: Mapping[str, Entry]) -> dict[str, Any]:
    """What changes, kg CO2e, by scope and basis."""
    bases = sorted({entry.basis for entry in (*before.values(), *after.values())})
    scopes = {basis.value: _change(before, after, basis) for basis in bases if basis is not Basis.DIRECT}
    return {"scope1": _change(before, after, Basis.DIRECT), "scope2": scopes}


def _change(before: Mapping[str, Entry], after: Mapping[str, Entry], basis: Basis) -> dict[str, str]:
    old, new = (co2e(entry for entry in one.values() if entry.basis is basis) for one in (before, after))
    return {"before_kg": text(old), "after_kg": text(new), "difference_kg": text(new - old)}


def _exchanged(
    db: sqlite3.Connection, before: Figures, after: Figures, now_ns: int, run: str
) -> tuple[list[str], list[str]]:
    """Reversals of what is gone; what is new was appended with the run, or is taken up again. Gives the ids of both.

    An entry that was reversed earlier and holds again is in the ledger already: its reversal is reversed.
    """
    gone = [entry_id for entry_id in before.entries if entry_id not in after.entries]
    added = [entry_id for entry_id in after.entries if entry_id not in before.entries]
    reversals = [_turned(db, before.entries[entry_id], holds=False, now_ns=now_ns, run=run) for entry_id in gone]
    holding = [_turned(db, after.entries[entry_id], holds=True, now_ns=now_ns, run=run) for entry_id in added]
    return reversals, holding


def _turned(db: sqlite3.Connection, entry: Entry, *, holds: bool, now_ns: int, run: str) -> str:
    """The id of the last in the chain entry, reversal, reversal of that, ...: made such that the entry holds, or not.

    Enterprise and park share entries, so another restatement may have turned it already.
    """
    period = f"{entry.start:%Y-%m}"
    last, state = entry, True
    while True:
        following = reversed_entry(last)
        if get(db, following.id) is None:
            break
        last, state = following, not state
    if state is not holds:
        append_entries(db, {following.id: following}, now_ns, run=run, period=period)
        return following.id
    return last.id
