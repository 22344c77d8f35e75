"""Is the audit log what was put down? The chain worked out anew and compared with every anchor in the ledger.

    entries, oldest first ──▶ hash of the one before + content = hash beside it?   else: changed or inserted
    numbers               ──▶ one after the other?                                 else: removed, or a gap that is told
    anchors of the ledger ──▶ same number, same hash, same count?                  else: the chain was rewritten

Entries come from archives, from state.db in pages, or from both; what was changed is named, the first one first.
"""

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from json import loads
from typing import Any

from gateway.store.audit import GAP, NO_HASH, RESTORED, AuditRow
from gateway.store.audit_anchor import Anchor

MOST_FAULTS = 100


class Code(StrEnum):
    """What was found, for who has own words for it."""

    CHANGED = "changed"  # entry `first`, or it was put in
    INSERTED = "inserted"  # entry `first`
    REMOVED = "removed"  # entries `first` to `last`
    REWRITTEN = "rewritten"  # one of `first` to `last`, and the chain behind it written anew
    CUT = "cut"  # `first` to `last` are not at the end any more
    OLDER = "older"  # the same, found when the gateway started
    ARCHIVE = "archive"  # archives do not fit
    LEDGER = "ledger"  # its records cannot be read
    RESTORED = "restored"  # `first` to `last` are lost (0: nobody knows how many), and told


@dataclass(frozen=True, slots=True)
class AuditFinding:
    """One thing that was found."""

    code: Code
    text: str
    first: int = 0
    last: int = 0
    record: int = 0  # of the ledger; 0: none
    time_ns: int = 0  # of the entry or record; 0: none

    @property
    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {**asdict(self), "time_ns": str(self.time_ns)}


@dataclass(slots=True)
class AuditVerdict:
    """What checking found. `gaps`: entries that are lost, and said so; `faults`: what is not what was put down."""

    entries: int = 0  # looked at
    last: int = 0  # number of the newest
    hash: bytes = NO_HASH
    archived: int = 0  # up to here only archives have them
    archived_hash: bytes = NO_HASH
    anchors: int = 0  # that fitted
    anchored: int = 0  # up to this entry the ledger speaks for the log
    faults: list[AuditFinding] = field(default_factory=list)
    gaps: list[AuditFinding] = field(default_factory=list)

    @property
    def is_good(self) -> bool:
        """True where everything that is there is what was put down."""
        return not self.faults

    @classmethod
    def of(cls, document: dict[str, Any]) -> "AuditVerdict":
        """From its JSON. Raises KeyError, ValueError for another document."""
        return cls(
            document["entries"],
            document["last"],
            bytes.fromhex(document["hash"]),
            document["archived"],
            bytes.fromhex(document["archived_hash"]),
            document["anchors"],
            document["anchored"],
            *([_finding(one) for one in document[name]] for name in ("faults", "gaps")),
        )

    @property
    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "good": self.is_good,
            "entries": self.entries,
            "last": self.last,
            "hash": self.hash.hex(),
            "archived": self.archived,
            "archived_hash": self.archived_hash.hex(),
            "anchors": self.anchors,
            "anchored": self.anchored,
            "faults": [one.document for one in self.faults],
            "gaps": [one.document for one in self.gaps],
        }


class ChainCheck:
    """Takes entries in the order of their numbers."""

    def __init__(
        self, anchors: Sequence[Anchor], after: int = 0, hash_: bytes = NO_HASH, count: int | None = 0
    ) -> None:
        """The entries up to `after` (with this hash; so many, where that is known) are in archives: not looked at."""
        self.verdict = AuditVerdict(last=after, hash=hash_, archived=after, archived_hash=hash_)
        self._count = count
        self._waiting = sorted(anchors, key=lambda one: (one.head.id, one.seq))
        self._fitted = after  # up to this entry an anchor fitted
        self._named = 0  # the newest entry with a fault of its own
        self._lost: list[tuple[int, int]] = []  # entries that are missing, both included, and told
        self._archives_end(after, hash_)

    def feed(self, rows: Iterable[AuditRow]) -> None:
        """The next entries."""
        for row in rows:
            self._number(row)
            self._hash(row)
            found = self.verdict
            found.entries, found.last, found.hash = found.entries + 1, row.id, row.hash
            self._count = None if self._count is None else self._count + 1
            self._anchors_at(row)

    def end(self) -> AuditVerdict:
        """There are no more."""
        left = [one for one in self._waiting if not self._is_told(one.head.id)]
        if left:
            last = left[-1]
            first = self.verdict.last + 1
            text = f"entries {first} to {last.head.id} are missing: record {last.seq} of the ledger speaks for them"
            text = f"{text}; they were removed, or state.db was replaced by an older copy"
            self._say(AuditFinding(Code.CUT, text, first, last.head.id, last.seq, last.time_ns))
        return self.verdict

    def _archives_end(self, after: int, hash_: bytes) -> None:
        """What the ledger says of the last archive."""
        newest = next((one for one in sorted(self._waiting, key=lambda one: -one.seq) if one.head.archived), None)
        if after == 0 or newest is None:
            return
        if newest.head.archived == after and newest.head.archived_hash != hash_:
            text = f"the end of the last archive, entry {after}, was changed: the ledger has another hash"
            self._say(AuditFinding(Code.ARCHIVE, text, after, after, newest.seq, newest.time_ns))
        self._waiting = [one for one in self._waiting if one.head.id > after]

    def _number(self, row: AuditRow) -> None:
        expected = self.verdict.last + 1
        if row.id == expected:
            return
        if row.id < expected:
            text = f"entry {row.id} stands behind entry {expected - 1}: it was inserted"
            self._fault(row, AuditFinding(Code.INSERTED, text, row.id, row.id))
            return
        missing = f"entry {expected}" if row.id == expected + 1 else f"entries {expected} to {row.id - 1}"
        if row.action not in (RESTORED, GAP):
            text = f"{missing} before entry {row.id} of {_time(row.time_ns)}: removed"
            self._fault(row, AuditFinding(Code.REMOVED, text, expected, row.id - 1, 0, _whole(row.time_ns)))
            return
        self._lost.append((expected, row.id - 1))
        self._gap(row, expected)

    def _gap(self, row: AuditRow, expected: int) -> None:
        """A gap that the gateway itself told."""
        lost = _lost_upto(row)
        which = "entries that came after the copy" if lost is None else f"entries {expected} to {lost}"
        if lost is not None and lost < expected:
            return  # the copy had everything
        if row.action == RESTORED:
            text = f"an older state.db took its place on {_time(row.time_ns)} (entry {row.id})"
            found = AuditFinding(
                Code.RESTORED, f"{text}: {which} are lost", expected, lost or 0, 0, _whole(row.time_ns)
            )
            self.verdict.gaps.append(found)
            return
        text = f"{which} are missing: state.db was older than the ledger when the gateway started on"
        text = f"{text} {_time(row.time_ns)} (entry {row.id}): put back by hand, or they were removed"
        self._say(AuditFinding(Code.OLDER, text, expected, lost or 0, 0, _whole(row.time_ns)))

    def _hash(self, row: AuditRow) -> None:
        if self._named == row.id:
            return  # what it follows on is not there
        if not row.is_behind(self.verdict.hash):
            text = f"entry {row.id} of {_time(row.time_ns)} was changed or inserted"
            self._fault(row, AuditFinding(Code.CHANGED, text, row.id, row.id, 0, _whole(row.time_ns)))

    def _anchors_at(self, row: AuditRow) -> None:
        while self._waiting and self._waiting[0].head.id <= row.id:
            one = self._waiting.pop(0)
            if one.head.id < row.id:
                continue  # missing, which was said, or told as a gap
            if one.head.hash == row.hash and self._count in (None, one.head.count):
                self._fitted = row.id
                self.verdict.anchors += 1
                self.verdict.anchored = row.id
            elif self._named <= self._fitted:
                which = f"one of the entries {self._fitted + 1} to {row.id}"
                text = f"the log does not fit record {one.seq} of the ledger ({_time(one.time_ns)}): {which} was"
                text = f"{text} changed, removed or inserted, and the chain behind it written anew"
                found = AuditFinding(Code.REWRITTEN, text, self._fitted + 1, row.id, one.seq, one.time_ns)
                self._fault(row, found)

    def _fault(self, row: AuditRow, found: AuditFinding) -> None:
        self._named = row.id
        self._say(found)

    def _say(self, found: AuditFinding) -> None:
        if len(self.verdict.faults) < MOST_FAULTS:
            self.verdict.faults.append(found)

    def _is_told(self, number: int) -> bool:
        return any(first <= number <= last for first, last in self._lost)


def _lost_upto(row: AuditRow) -> int | None:
    try:
        found = loads(row.after or "{}").get("lost_upto")
    except (ValueError, AttributeError, TypeError):
        return None
    return found if isinstance(found, int) else None


def _finding(document: dict[str, Any]) -> AuditFinding:
    return AuditFinding(**{**document, "code": Code(document["code"]), "time_ns": int(document["time_ns"])})


def _whole(time_ns: Any) -> int:
    return time_ns if isinstance(time_ns, int) else 0


def _time(time_ns: Any) -> str:
    """UTC; an entry that was changed may say anything."""
    try:
        return datetime.fromtimestamp(time_ns / 1e9, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    except (TypeError, ValueError, OverflowError, OSError):
        return "an unreadable time"
