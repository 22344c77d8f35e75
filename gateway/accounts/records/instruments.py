"""No instrument is claimed twice, and none for what accounting would refuse: other energy, days or beneficiaries."""

import sqlite3
from decimal import Decimal
from typing import Any

from gateway.accounts.books import Books
from gateway.accounts.records.forms import Form
from gateway.accounts.records.submission_log import Decisions, State, Submission, decisions, every
from gateway.accounts.records.submission_models import Fault
from gateway.accounts.records.submissions import claimed, instrument_of
from gateway.core.errors import Rejected
from gateway.store.records import Kind
from rules.carbon.inventory.claims import unfit

_LIVING = (State.WAITING, State.APPROVED)


def allocation_faults(
    db: sqlite3.Connection, books: Books, body: dict[str, Any], replaced: Submission | None
) -> list[Fault]:
    """What speaks against an allocation: no such instrument, another beneficiary, more than is left of it."""
    number = body["instrument"]
    known = decisions(db)
    instrument = _instrument(db, known, number, _LIVING)
    if instrument is None:
        return [Fault("instrument", f"there is no instrument `{number[:80]}`", "record the certificate first")]
    body["instrument"] = instrument.body["number"]
    faults: list[Fault] = []
    source = books.sources[body["source"]]
    region = source.template.region or books.policy.region
    wrongs = unfit(instrument_of(instrument), claimed(body), source.enterprise, region)
    faults += [Fault("instrument", one.message, one.hint) for one in wrongs]
    left = _energy(instrument) - _allocated(db, known, body["instrument"], _LIVING, replaced)
    if Decimal(body["energy_mwh"]) > left:
        faults.append(Fault("energy_mwh", f"more than is left of the instrument: {left:f} MWh"))
    return faults


def check_claims(db: sqlite3.Connection, one: Submission) -> None:
    """Raises Rejected where the approval of this record would leave more allocated than an instrument has."""
    known = decisions(db)
    replaced = one.record.about
    if one.form is Form.ALLOCATION:
        instrument = _instrument(db, known, one.body["instrument"], (State.APPROVED,))
        if instrument is None:
            raise Rejected("the instrument itself is not approved yet", "approve the certificate first")
        energy, number, wanted = _energy(instrument), one.body["instrument"], Decimal(one.body["energy_mwh"])
    elif one.record.kind is Kind.INSTRUMENT:
        is_void = one.form is Form.VOID
        before = next((r for r in every(db, (Kind.INSTRUMENT,)) if r.id == replaced), None)
        energy = Decimal(0) if is_void else _energy(one)
        number = before.body["number"] if before is not None else one.body["number"]
        if not is_void and one.body["number"].casefold() != number.casefold():
            energy = Decimal(0)  # it gets another number: what is allocated of the old one hangs in the air
        wanted = Decimal(0)
    else:
        return
    allocated = _allocated(db, known, number, (State.APPROVED,), None, but=replaced)
    if allocated + wanted > energy:
        raise Rejected(
            f"of instrument `{number}` {allocated:f} MWh are allocated; with this record it would have {energy:f} MWh "
            f"for {allocated + wanted:f} MWh",
            "supersede or void allocations first",
        )


def _instrument(db: sqlite3.Connection, known: Decisions, number: str, states: tuple[State, ...]) -> Submission | None:
    """The instrument of this number; the approved one before one that waits."""
    found = [known.of(record) for record in every(db, (Kind.INSTRUMENT,))]
    living = [
        one
        for one in found
        if one.form is Form.INSTRUMENT and one.state in states and one.body["number"].casefold() == number.casefold()
    ]
    return min(living, key=lambda one: one.state is not State.APPROVED, default=None)


def _allocated(
    db: sqlite3.Connection,
    known: Decisions,
    number: str,
    states: tuple[State, ...],
    replaced: Submission | None,
    *,
    but: str = "",
) -> Decimal:
    out = {but, *(() if replaced is None else (replaced.id,))}
    found = [known.of(record) for record in every(db, (Kind.ALLOCATION,))]
    return sum(
        (
            _energy(one)
            for one in found
            if one.form is Form.ALLOCATION
            and one.state in states
            and one.body["instrument"].casefold() == number.casefold()
            and one.id not in out
            and one.record.about not in (out - {""})
        ),
        Decimal(0),
    )


def _energy(one: Submission) -> Decimal:
    return Decimal(one.body["energy_mwh"])
