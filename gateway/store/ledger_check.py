"""Is this ledger what was written? Every hash, signature and proof worked out anew; what was changed is named.

    records ──▶ leaf of the content ─┐   two trees: of the contents, and of the leaf hashes that are stored beside them.
    stored leaves ───────────────────┴▶  Where the two part, a record was changed; where a stored node fits neither, the
    stored nodes, checkpoints ────────▶  node was; where a signed root fits neither, history was rewritten.

Works on what a `Source` gives, so that ledger.db and an export are checked by the same code.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from gateway.core.clock import utc_text
from gateway.store.checkpoints import Checkpoint
from gateway.store.records import FORMAT_VERSION, Kind
from rules.ledger import canonical, content_id
from rules.ledger.merkle import Frontier, leaf_hash
from rules.ledger.note import NotANote, TreeHead, Verifier, opened

MOST_FAULTS = 100
_OUTSIDE = "the checkpoint that was kept outside"
_FIELDS = ("id", "kind", "enterprise", "period", "about", "time_ns")


@dataclass(frozen=True, slots=True)
class Row:
    """A record as it is stored. `columns`: the values beside the content, by name; `leaf`: the hash beside it."""

    seq: int
    content: bytes
    columns: dict[str, Any] | None
    leaf: bytes | None


class Source(Protocol):
    """Where a log is read from."""

    @property
    def has_nodes(self) -> bool:
        """More of the tree than its leaves is stored."""
        ...

    @property
    def checkpoints(self) -> Sequence[Checkpoint]:
        """Every checkpoint, oldest first."""
        ...

    @property
    def keys(self) -> Sequence[Verifier]:
        """The keys that are kept with the log."""
        ...

    def rows(self) -> Iterator[Row]:
        """The records in the order of their numbers."""
        ...

    def node(self, level: int, number: int) -> bytes | None:
        """A stored hash of the tree; `None` where there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is not what was written. Without `seq` it is no single record."""

    message: str
    seq: int | None = None
    id: str = ""
    kind: str = ""
    time_ns: int | None = None


@dataclass(slots=True)
class Verdict:
    """What checking found. `notes` are for a person: what nothing speaks for, what was not checked."""

    size: int = 0
    root_hex: str = ""
    checkpoints: int = 0  # sound ones
    signed_size: int = 0  # records under the newest sound checkpoint
    signed_time: str = ""
    outside: int = 0  # checkpoints kept outside that fit
    days: int = 0  # interval rows looked at
    files: int = 0  # evidence looked at
    audit_entries: int = 0  # of the audit log looked at
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        """True where everything is what was written."""
        return not self.faults

    @property
    def document(self) -> dict[str, Any]:
        """JSON."""
        return {
            "is_good": self.is_good,
            "records": self.size,
            "root": self.root_hex,
            "checkpoints": self.checkpoints,
            "signed": {"records": self.signed_size, "time": self.signed_time},
            "outside": self.outside,
            "interval_rows": self.days,
            "evidence_files": self.files,
            "audit_entries": self.audit_entries,
            "faults": [asdict(fault) for fault in self.faults],
            "notes": self.notes,
        }

    def add_audit(self, entries: int, gaps: Sequence[str], faults: Sequence[str]) -> None:
        """What the running gateway, which holds the audit log, found in it; in place of the note that nobody looked."""
        self.notes = [note for note in self.notes if not note.startswith("the audit log was not checked")]
        self.notes += [f"audit log: {text}" for text in gaps]
        self.audit_entries = entries
        for text in faults:
            self.say(Fault(f"audit log: {text}"))

    def say(self, fault: Fault) -> None:
        """One more, up to a bound."""
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(fault)


@dataclass(frozen=True, slots=True)
class Named:
    """A record, as a fault of it names it."""

    seq: int
    id: str
    kind: str
    time_ns: int | None

    def fault(self, message: str) -> Fault:
        """A fault of this record."""
        return Fault(message, self.seq, self.id, self.kind, self.time_ns)


class LogCheck:
    """Reads a log once from end to end."""

    def __init__(self, source: Source, outside: Sequence[str], trusted: Sequence[Verifier]) -> None:
        """`outside`: notes that somebody kept elsewhere. `trusted`: keys known from elsewhere; only they count then."""
        self.verdict = Verdict()
        self.files: dict[str, Named] = {}  # evidence by its SHA-256: the first record that names it
        self.days: dict[str, list[Named]] = {}  # records of a local day's intervals, oldest first
        self._source = source
        self._keys, self._is_trusted = trusted or source.keys, bool(trusted)
        self._wrong: list[tuple[int, int]] = []  # ranges of records (both included) in which a fault is named already
        self._contents, self._leaves = Frontier(), Frontier()
        self._fits = {True: 0, False: 0}  # records under the newest checkpoint that fitted: kept outside, or stored
        self._heads = sorted(self._opened(outside), key=lambda one: one[0].size)

    def run(self) -> Verdict:
        """Everything about the log itself."""
        found = self.verdict
        self._heads_at(0)
        for row in self._source.rows():
            if not self._is_next(row):
                break
            self._tree(row, self._record(row))
            self._heads_at(row.seq)
        found.size, found.root_hex = self._contents.size, self._contents.root().hex()
        for head, where in self._heads:
            text = f"{where} is over {head.size} records, the log has only {found.size}: records were removed"
            found.say(Fault(text))
        if self._is_trusted and found.size and not (found.checkpoints or found.outside or found.faults):
            found.say(Fault("nothing in it is signed with the key that was given: checkpoints were removed"))
        if found.signed_size < found.size:
            rest = f"records {found.signed_size + 1} to {found.size} came after the newest checkpoint"
            found.notes.append(f"{rest}: nothing signed speaks for them yet")
        return found

    # -- signatures ---------------------------------------------------------------------------------------------------

    def _opened(self, outside: Sequence[str]) -> Iterator[tuple[TreeHead, str]]:
        for number, stored in enumerate(self._source.checkpoints, 1):
            where = f"the checkpoint of {utc_text(stored.time_ns)} (number {number})"
            try:
                head = opened(stored.note, self._keys)
            except NotANote as error:
                self.verdict.say(Fault(f"{where} was changed: {error}"))
                continue
            beside = (stored.size, stored.root_hex, utc_text(stored.time_ns))
            if (head.size, head.root.hex(), head.time) != beside or stored.time_ns % 10**9:
                self.verdict.say(Fault(f"{where} was changed: what is stored beside it is not what it says"))
                continue
            yield head, where
        for note in outside:
            try:
                yield opened(note, self._keys), _OUTSIDE
            except NotANote as error:
                text = f"{_OUTSIDE} is not this ledger's, or the key was replaced: {error}"
                self.verdict.say(Fault(text))

    def _heads_at(self, size: int) -> None:
        """Compare the checkpoints over exactly so many records."""
        while self._heads and self._heads[0][0].size <= size:
            head, where = self._heads.pop(0)
            if head.root not in (self._contents.root(), self._leaves.root()):
                self._rewritten(head, where)
                continue
            self._fits[where == _OUTSIDE] = size
            if where == _OUTSIDE:
                self.verdict.outside += 1
            else:
                self.verdict.checkpoints += 1
                self.verdict.signed_size, self.verdict.signed_time = size, head.time

    def _rewritten(self, head: TreeHead, where: str) -> None:
        is_outside = where == _OUTSIDE
        fits = self._fits[is_outside]
        if not is_outside and self._is_named(fits + 1, head.size):
            return
        which = f"one of the records {fits + 1} to {head.size}"
        before = f"; the first {fits} fit an older one" if fits else ""
        self.verdict.say(Fault(f"the log does not fit {where}: {which} was changed, added or removed{before}"))
        self._wrong.append((fits + 1, head.size))

    # -- records and tree ---------------------------------------------------------------------------------------------

    def _is_next(self, row: Row) -> bool:
        expected = self._contents.size + 1
        while expected < row.seq and (leaf := self._source.node(0, expected - 1)) is not None:
            self._say_of(Fault(f"record {expected} is missing", expected), expected)
            for frontier in (self._contents, self._leaves):
                list(frontier.append(leaf))
            self._heads_at(expected)
            expected += 1
        if row.seq == expected:
            return True
        text = f"after record {expected - 1} comes one with the number {row.seq}: the numbers have no gaps"
        self._say_of(Fault(text, row.seq), row.seq)
        return False

    def _record(self, row: Row) -> Named:
        """The record, compared with itself: form, columns, hash as id."""
        try:
            document = json.loads(row.content)
            named = Named(row.seq, str(document["id"]), str(document["kind"]), document["time_ns"])
            body = document["body"]
            is_form = document["v"] == FORMAT_VERSION and set(document) == {"v", "body", *_FIELDS}
            is_sound = is_form and isinstance(body, dict) and canonical(document) == row.content
        except (ValueError, KeyError, TypeError, RecursionError):
            is_sound = False
        if not is_sound:
            named = _by_columns(row)
            self._say_of(named.fault(f"record {row.seq} was changed: it is no longer canonical JSON"), row.seq)
            return named
        wrong = [name for name in _FIELDS if row.columns is not None and row.columns[name] != document[name]]
        if wrong:
            text = f"record {row.seq} was changed: its columns {', '.join(wrong)} are not what its content says"
            self._say_of(named.fault(text), row.seq)
        elif named.kind == Kind.ENTRY and content_id(body) != named.id:
            self._say_of(named.fault(f"entry {row.seq} was changed: its id is not the hash of its content"), row.seq)
        for digest in files_of(named.kind, body):
            self.files.setdefault(digest, named)
        if named.kind == Kind.ENERGY_DAY:
            self.days.setdefault(str(body.get("day")), []).append(named)
        return named

    def _tree(self, row: Row, named: Named) -> None:
        leaf = leaf_hash(row.content)
        beside = leaf if row.leaf is None else row.leaf
        if row.leaf is None:
            self._say_of(named.fault(f"record {row.seq} has no leaf in the tree"), row.seq)
        if leaf != beside and not self._is_named(row.seq, row.seq):
            text = f"record {row.seq} was changed: its content and its leaf of the tree do not fit each other"
            self._say_of(named.fault(text), row.seq)
        both = zip(self._contents.append(leaf), self._leaves.append(beside), strict=True)
        for (level, number, hash_), (_, _, other) in both:
            if level and self._source.has_nodes:
                self._node(level, number, (hash_, other), named)

    def _node(self, level: int, number: int, right: tuple[bytes, bytes], named: Named) -> None:
        first, last = (number << level) + 1, (number + 1) << level
        if self._source.node(level, number) in right or self._is_named(first, last):
            return
        self._wrong.append((first, last))
        text = f"the stored hash over the records {first} to {last} was changed, or one of these records"
        self.verdict.say(named.fault(text))

    def _say_of(self, fault: Fault, seq: int) -> None:
        self._wrong.append((seq, seq))
        self.verdict.say(fault)

    def _is_named(self, first: int, last: int) -> bool:
        return any(first <= start and end <= last for start, end in self._wrong[: MOST_FAULTS * 2])


def files_of(kind: str, body: dict[str, Any]) -> list[str]:
    """The evidence that a record names, by SHA-256: itself, or in its list `evidence`."""
    named = body.get("evidence")
    entries: list[Any] = [*([body] if kind == Kind.EVIDENCE else []), *(named if isinstance(named, list) else [])]
    found = [entry.get("sha256") for entry in entries if isinstance(entry, dict)]
    return [digest for digest in found if isinstance(digest, str)]


def _by_columns(row: Row) -> Named:
    """Of a content that cannot be read the columns tell what it was."""
    known = row.columns or {}
    time_ns = known.get("time_ns")
    return Named(
        row.seq, str(known.get("id", "")), str(known.get("kind", "")), time_ns if isinstance(time_ns, int) else None
    )
