"""Submitting records: checked as a whole, one transaction, one record; typed twice is noticed."""

import sqlite3
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from gateway.accounts.books import Books
from gateway.accounts.people import Actor, person
from gateway.accounts.periods import month_states, parse_period
from gateway.accounts.records.evidence_files import MAX_FILES, EvidenceFile
from gateway.accounts.records.factors import factor_wrongs
from gateway.accounts.records.forms import ACTIVITIES, Form
from gateway.accounts.records.instruments import allocation_faults
from gateway.accounts.records.submission_checks import Checked, Rehearsed, check
from gateway.accounts.records.submission_log import Decisions, State, Submission, decisions, submission
from gateway.accounts.records.submission_models import MODELS, Fault, Faults, form_named, read_fields
from gateway.accounts.records.submission_rest import check_rest, sound_fields
from gateway.accounts.records.submissions import approved_factors
from gateway.core.errors import Rejected
from gateway.store.records import Kind, Record, append, find, get
from rules.carbon.catalogue import Catalogue
from rules.ledger.canonical import content_id

_LIVING = (State.WAITING, State.APPROVED)
_WITHOUT_EVIDENCE = (Form.READING, Form.ALLOCATION, Form.VOID)  # a photo is welcome, and noted where it is missing
_ONLY_ONCE = (
    Form.INSTRUMENT, Form.FACTOR, Form.READING, Form.CORRECTION, Form.METER_EVENT, Form.DENOMINATOR, Form.CEMS,
    Form.VOID,
)  # fmt: skip
_PARK_WIDE = (Form.INSTRUMENT, Form.FACTOR)  # one number, whoever gives it and whenever
_KEY_CHARACTERS = 32  # of an id that an idempotency key makes: no length that other ids have


class Duplicate(Rejected):
    """Most probably the same thing typed twice. `twin`: id of the record that says it already."""

    def __init__(self, message: str, hint: str, twin: str) -> None:
        super().__init__(message, hint)
        self.twin = twin


class KeyReused(Rejected):
    """An idempotency key came with another body."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody wants to have recorded."""

    form: Form
    fields: Mapping[str, object]  # as they were written
    evidence: tuple[EvidenceFile, ...] = ()
    key: str = ""  # of idempotency: the same one with the same content is the same record
    is_forced: bool = False  # take it although it looks typed twice

    def request(self, by: str) -> str:
        """SHA-256 of what is asked for."""
        fields = {name: str(value) for name, value in self.fields.items() if value not in ("", None)}
        files = [one.sha256 for one in self.evidence]
        return content_id({"form": self.form.value, "fields": fields, "evidence": files, "by": by})


@dataclass(frozen=True, slots=True)
class Submitted:
    """What became of it. `is_new`: false where it was recorded before under the same key."""

    submission: Submission
    is_new: bool = True


@dataclass(slots=True)
class Known:
    """What is in the ledger already, read once for many submissions."""

    db: sqlite3.Connection
    decisions: Decisions = field(init=False)
    closed: dict[str, set[str]] = field(default_factory=dict)  # months, by entity
    rehearsed: Rehearsed = field(default_factory=dict)
    _likenesses: dict[tuple[str, ...], dict[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.decisions = decisions(self.db)

    def like(self, place: tuple[str, ...], likeness: str, but: Sequence[str] = ()) -> str:
        """The id of a living record that says the same; empty: none."""
        found = self._bucket(place).get(likeness, "")
        return "" if found in but else found

    def note(self, place: tuple[str, ...], record: Record) -> None:
        """A record has been added."""
        self._bucket(place)[str(record.body["likeness"])] = record.id
        if record.about:
            others = self.decisions.successors.get(record.about, ())
            self.decisions.successors[record.about] = (*others, record.id)

    def late(self, books: Books, enterprise: str, period: str) -> list[str]:
        """The closed months that a period touches, of the enterprise or of the park."""
        if not period:
            return []
        touched = {part.first.strftime("%Y-%m") for part in parse_period(period).parts()}
        for entity in (enterprise, books.site.id):
            if entity not in self.closed:
                self.closed[entity] = set(month_states(self.db, entity))
        return sorted(touched & (self.closed[enterprise] | self.closed[books.site.id]))

    def _bucket(self, place: tuple[str, ...]) -> dict[str, str]:
        if place not in self._likenesses:
            found: dict[str, str] = {}
            after = 0
            kind, *where = place
            enterprise, period = where if where else (None, None)
            while page := find(self.db, kinds=(Kind(kind),), enterprise=enterprise, period=period, after_seq=after):
                for record in page:
                    if self.decisions.of(record).state in _LIVING:
                        found[str(record.body.get("likeness", ""))] = record.id
                after = page[-1].seq
            self._likenesses[place] = found
        return self._likenesses[place]


def wanted_of(
    document: Mapping[str, object], evidence: tuple[EvidenceFile, ...], key: str = "", *, is_forced: bool = False
) -> Wanted:
    """What a request asks for: `kind` and the fields of its form. Raises Faults."""
    fields = {name: value for name, value in document.items() if name not in ("kind", "by", "force", "evidence")}
    return Wanted(form_named(document.get("kind")), fields, evidence, key, is_forced)


def submit(
    db: sqlite3.Connection, books: Books, actor: Actor, wanted: Wanted, now_ns: int, known: Known | None = None
) -> Submitted:
    """Record what somebody wants, inside the caller's transaction. It waits for the approval of somebody else.

    Raises Faults with everything that is wrong with it, Duplicate, KeyReused, Rejected for the name of who prepared it.
    """
    by = person(actor.by)
    record_id = keyed_id(actor, wanted.key) if wanted.key else ""
    request = wanted.request(by)
    if record_id and (before := get(db, record_id)) is not None:
        return _again(db, before, request)
    known = known or Known(db)
    found, replaced = judged(db, books, actor, wanted, now_ns, known)
    if found.faults:
        raise Faults(found.faults)
    likeness = _likeness(wanted.form, found)
    kind = replaced.record.kind if wanted.form is Form.VOID and replaced is not None else wanted.form.kind
    place = (kind.value,) if wanted.form in _PARK_WIDE else (kind.value, found.enterprise, found.period)
    _check_likeness(known, wanted, place, likeness, replaced)
    body = found.body | {
        "by": by,
        "principal": actor.document,
        "evidence": [one.document for one in wanted.evidence],
        "warnings": found.warnings,
        "late": known.late(books, found.enterprise, found.period),
        "likeness": likeness,
        "request": request,
    }
    note_files(db, wanted.evidence, found.enterprise, by, now_ns)
    about = "" if replaced is None else replaced.id
    body["supersedes"] = about
    record = append(db, now_ns, kind, body, enterprise=found.enterprise, period=found.period, about=about, id=record_id)
    known.note(place, record)
    return Submitted(Submission(record, State.WAITING))


def judged(
    db: sqlite3.Connection, books: Books, actor: Actor, wanted: Wanted, now_ns: int, known: Known
) -> tuple[Checked, Submission | None]:
    """What a record would hold, with everything that is wrong with it, and the one whose place it would take."""
    try:
        found = check(wanted.form, read_fields(wanted.form, wanted.fields), books, actor, now_ns, known.rehearsed)
    except Faults as error:
        if wanted.form not in MODELS:
            raise
        said = sound_fields(wanted.form, wanted.fields, error.faults)
        found = check_rest(wanted.form, said, books, actor, now_ns, known.rehearsed)
        found.faults[:0] = error.faults
    replaced = _replaced(db, known, wanted.form, found, actor)
    _check_evidence(wanted, found)
    if wanted.form is Form.ALLOCATION and not found.faults:
        found.faults += allocation_faults(db, books, found.body, replaced)
    if wanted.form is Form.FACTOR and not found.faults:
        files = {"evidence": [one.document for one in wanted.evidence]}
        found.faults += own_factor_faults(db, books, found.body | files, "" if replaced is None else replaced.id)
    return found, replaced


def own_factor_faults(db: sqlite3.Connection, books: Books, body: Mapping[str, Any], replaced: str) -> list[Fault]:
    """What speaks against a factor of one's own beside the catalogue and the others that are approved."""
    shipped = {one.id for one in books.catalogue.factors}
    others = [one for one in approved_factors(db) if one.id != replaced and one.body["id"] not in shipped]
    catalogue = Catalogue(tuple(one for one in books.catalogue.factors if one.id != body["id"]))
    return [Fault(wrong.field, wrong.message, wrong.hint) for wrong in factor_wrongs(catalogue, others, body)]


def keyed_id(actor: Actor, key: str) -> str:
    """The id of the record that an idempotency key of this principal makes."""
    text = "\n".join(("idempotency", actor.principal, actor.enterprise or "", key))
    return sha256(text.encode()).hexdigest()[:_KEY_CHARACTERS]


def _again(db: sqlite3.Connection, before: Record, request: str) -> Submitted:
    if before.body.get("request") != request:
        raise KeyReused(
            "this idempotency key was used for another record", "take a new key for a new record, the same for a retry"
        )
    return Submitted(submission(db, before.id), is_new=False)


def _replaced(db: sqlite3.Connection, known: Known, form: Form, found: Checked, actor: Actor) -> Submission | None:
    """The record whose place this one takes; faults where it cannot."""
    wanted = str(found.body.get("supersedes", ""))
    if not wanted:
        return None
    try:
        replaced = submission(db, wanted, actor.enterprise)
    except Rejected as error:
        found.wrong("supersedes", error.message, error.hint)
        return None
    if replaced.state not in _LIVING:
        hint = f"`{replaced.successor}` took its place" if replaced.successor else "submit a new record"
        found.wrong("supersedes", f"that record is {replaced.state}", hint)
    if form is Form.VOID:
        found.enterprise, found.period = replaced.record.enterprise, replaced.record.period
        if replaced.state is State.WAITING:
            found.wrong("supersedes", "nobody has approved that record yet", "withdraw it")
    elif (form, found.enterprise) != (replaced.form, replaced.record.enterprise) and not found.faults:
        found.wrong("supersedes", f"that record is a {replaced.form} of `{replaced.record.enterprise}`")
    for successor in known.decisions.successors.get(replaced.id, ()):
        record = get(db, successor)
        if record is not None and known.decisions.of(record).state in _LIVING:
            found.wrong("supersedes", f"record {successor} supersedes it already", "have that one rejected first")
    return replaced


def _check_evidence(wanted: Wanted, found: Checked) -> None:
    if len(wanted.evidence) > MAX_FILES:
        found.wrong("evidence", f"more than {MAX_FILES} files", "put them into one archive")
    if wanted.evidence or wanted.form in _WITHOUT_EVIDENCE:
        if wanted.form is Form.READING and not wanted.evidence:
            found.warnings.append("no photo of the register")
        return
    found.wrong("evidence", "is needed", "a photo, the scanned note or invoice, the certificate")


def _check_likeness(
    known: Known, wanted: Wanted, place: tuple[str, ...], likeness: str, replaced: Submission | None
) -> None:
    before: list[str] = []
    one = replaced
    while one is not None and one.id not in before:
        before.append(one.id)
        about = one.record.about
        one = submission(known.db, about) if about else None
    twin = known.like(place, likeness, before)
    if not twin:
        return
    if wanted.form in _ONLY_ONCE:
        raise Duplicate(f"record {twin} says this already", f"to correct it: `supersedes: {twin}`", twin)
    if not wanted.is_forced:
        message = f"record {twin} has the same source, days, quantity and document number: typed twice?"
        raise Duplicate(message, f"`supersedes: {twin}` to correct it; `force` where it really is another one", twin)


def _likeness(form: Form, found: Checked) -> str:
    """A hash that is the same for what is most probably the same thing typed twice."""
    parts = [form.value, *found.subject]
    if form in ACTIVITIES:
        document = unicodedata.normalize("NFKC", str(found.body.get("document", ""))).casefold()
        parts = ["activity", *found.subject, "".join(document.split()), found.body["quantity"], found.body["unit"]]
    if form is Form.ALLOCATION:
        parts.append(found.body["energy_mwh"])
    return content_id(parts)


def note_files(db: sqlite3.Connection, files: tuple[EvidenceFile, ...], enterprise: str, by: str, now_ns: int) -> None:
    """Each file that the ledger does not know yet as this enterprise's gets a record of its own."""
    for file in dict.fromkeys(files):
        if not find(db, kinds=(Kind.EVIDENCE,), enterprise=enterprise, about=file.sha256, limit=1):
            body: dict[str, Any] = {**file.document, "by": by}
            append(db, now_ns, Kind.EVIDENCE, body, enterprise=enterprise, about=file.sha256)


def one_fault(name: str, message: str, hint: str = "") -> Faults:
    """An error of one field."""
    return Faults([Fault(name, message, hint)])
