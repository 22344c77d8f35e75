"""Where records are handed in: at the running gateway, or, when none runs, straight into the ledger."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from sqlite3 import Connection
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import quote, urlencode

from gateway.cli.peer import ask, is_running
from gateway.core.errors import Rejected

if TYPE_CHECKING:
    from gateway.config.plan import ParkPlan

Json = dict[str, Any]
API = "/api/v1/carbon"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file of the command line, read."""

    name: str
    data: bytes


class Desk(Protocol):
    """Takes records and decisions. Raises what the accounts raise, or `peer.Refused` with the same `errors`."""

    def add(self, document: Mapping[str, Any], files: list[Upload]) -> Json:
        """Submit one record."""
        ...

    def add_table(self, document: Mapping[str, Any], table: Upload, files: list[Upload]) -> Json:
        """Submit a table."""
        ...

    def decide(self, what: str, record_id: str, words: Mapping[str, str]) -> Json:
        """`approve`, `reject` or `withdraw`."""
        ...


@contextmanager
def desk(plan: "ParkPlan") -> Iterator[Desk]:
    """The running gateway's, or one's own while the data directory is held."""
    if is_running(plan.api.socket):
        yield GatewayDesk(plan.api.socket)
        return
    from gateway.store.lock import DirectoryLock

    lock = DirectoryLock(plan.store.directory)
    try:
        yield OwnDesk(plan)
    finally:
        lock.release()


@dataclass(frozen=True, slots=True)
class GatewayDesk:
    """Asks the running gateway."""

    socket: Path

    def add(self, document: Mapping[str, Any], files: list[Upload]) -> Json:
        """Submit one record."""
        named = [self._named(file) for file in files]
        return self._ask("/records", {**document, "evidence": named})

    def add_table(self, document: Mapping[str, Any], table: Upload, files: list[Upload]) -> Json:
        """Submit a table."""
        named = {"table": self._keep(table), "name": table.name, "evidence": [self._named(file) for file in files]}
        return self._ask("/imports", {**document, **named})

    def decide(self, what: str, record_id: str, words: Mapping[str, Any]) -> Json:
        """Decide on a record."""
        return self._ask(f"/records/{quote(record_id, safe='')}/{what}", dict(words))

    def _named(self, file: Upload) -> Json:
        return {"sha256": self._keep(file), "name": file.name}

    def _keep(self, file: Upload) -> str:
        found = self._ask(f"/evidence?{urlencode({'name': file.name[:300]})}", file.data)
        return str(found["sha256"])

    def _ask(self, target: str, body: Any) -> Json:
        found: Json = ask(self.socket, "POST", f"{API}{target}", body)
        return found


@dataclass(frozen=True, slots=True)
class OwnDesk:
    """Writes into the ledger. The caller holds the directory's lock."""

    plan: "ParkPlan"

    def add(self, document: Mapping[str, Any], files: list[Upload]) -> Json:
        """Submit one record."""
        from gateway.accounts.records.evidence_files import keep
        from gateway.accounts.records.plausible import plausibility
        from gateway.accounts.records.record_document import record_document
        from gateway.accounts.records.submitting import submit, wanted_of

        what = str(document.get("document") or document.get("kind") or "record")
        with self._ledger("record submit", what, document) as (db, books, store, now_ns), self._writing(db):
            stored = tuple(keep(store, file.data, file.name) for file in files)
            wanted = wanted_of(document, stored, is_forced=document.get("force") is True)
            done = submit(db, books, self._actor(document["by"]), wanted, now_ns)
            shown = plausibility(db, books, done.submission)
            return {**record_document(done.submission), "is_new": done.is_new, "plausibility": shown}

    def add_table(self, document: Mapping[str, Any], table: Upload, files: list[Upload]) -> Json:
        """Submit a table."""
        from gateway.accounts.records.evidence_files import keep
        from gateway.accounts.records.import_models import ImportWanted, imported_document
        from gateway.accounts.records.imports import take_table
        from gateway.accounts.records.submission_models import form_named
        from gateway.accounts.records.tables import read_table

        form, read = form_named(document["kind"]), read_table(table.data, table.name)
        with self._ledger("record import", table.name, document) as (db, books, store, now_ns), self._writing(db):
            stored = tuple(keep(store, file.data, file.name) for file in (table, *files))
            wanted = ImportWanted(
                form,
                read,
                stored,
                document["note"],
                document["supersedes"],
                "",
                document["accept_good_rows"],
                document["force"],
            )
            return imported_document(take_table(db, books, self._actor(document["by"]), wanted, now_ns))

    def decide(self, what: str, record_id: str, words: Mapping[str, Any]) -> Json:
        """Decide on a record."""
        from gateway.accounts.records.approvals import approve, reject, withdraw
        from gateway.accounts.records.record_document import record_document

        actor = self._actor(words["by"])
        with self._ledger(f"record {what}", record_id, words) as (db, books, _, now_ns), self._writing(db):
            if what == "approve":
                is_forced = words.get("force") is True
                return approve(db, books, actor, record_id, now_ns, words["note"], is_forced=is_forced).document
            if what == "reject":
                return record_document(reject(db, actor, record_id, words.get("reason", ""), now_ns))
            return record_document(withdraw(db, actor, record_id, now_ns, words.get("reason", "")))

    @staticmethod
    def _actor(by: str) -> Any:
        from gateway.accounts.people import Actor

        return Actor(by)

    @contextmanager
    def _ledger(self, action: str, target: str, told: Mapping[str, Any]) -> Iterator[tuple[Connection, Any, Any, int]]:
        from gateway.accounts.owned_books import load_owned_books
        from gateway.core.clock import SystemClock
        from gateway.store.audit_offline import audited_offline
        from gateway.store.evidence import EvidenceStore
        from gateway.store.ledger import open_offline

        limits = self.plan.store
        where = limits.directory, limits.durability
        with audited_offline(*where, action, target, after=dict(told)), open_offline(*where) as db:
            yield db, load_owned_books(self.plan), EvidenceStore(limits.directory), SystemClock().time_ns()

    def _writing(self, db: Connection) -> Any:
        from gateway.store.ledger import writing

        return writing(db, self.plan.store.durability)


def read_upload(path: Path) -> Upload:
    """A file of the command line. Raises Rejected for one that cannot be read or is too large."""
    from gateway.store.evidence import MAX_BYTES

    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)  # no more: it may be a device without an end
    except OSError as error:
        raise Rejected(f"cannot read {path}: {error.strerror}", "check the path and who may read it") from None
    if not 0 < len(data) <= MAX_BYTES:
        raise Rejected(f"{path} is empty or larger than {MAX_BYTES // 2**20} MiB", "is it the right file?")
    return Upload(path.name, data)
