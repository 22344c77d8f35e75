"""ledger.db: intervals, the record log with its Merkle tree, checkpoints. One gateway writes, others may read."""

import contextlib
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

from gateway.core.clock import Clock
from gateway.core.errors import ConfigError, Unavailable
from gateway.store import checkpoints, interval_marks, intervals, records, signing_key, tree
from gateway.store.audit import Head
from gateway.store.audit_anchor import anchor
from gateway.store.checkpoints import Checkpoint
from gateway.store.evidence import EvidenceStore
from gateway.store.findings import one_line
from gateway.store.kept import KeptFile, T, copy_path
from gateway.store.migrate import (
    FileErrors,
    Migrations,
    connect_readonly,
    full_or_normal,
    open_database,
    transaction,
)
from gateway.store.records import Kind
from rules.ledger.note import NotANote, Signer, Verifier

NAME = "ledger"
BALLAST_BYTES = 4 * 2**20  # room for the write-ahead log, so that it can be folded in on a full disk
MIGRATIONS: Migrations = (
    (*records.TABLES, *tree.TABLES, *checkpoints.TABLES, *intervals.TABLES),
    interval_marks.TABLES,
)


class Ledger(KeptFile):
    """ledger.db, the signing key and the evidence of one data directory. Made by `open`."""

    def __init__(self, directory: Path, clock: Clock, durability: str, zone: tzinfo) -> None:
        super().__init__(
            directory,
            clock,
            durability,
            name=NAME,
            migrations=MIGRATIONS,
            is_shared=True,
            ballast_bytes=BALLAST_BYTES,
        )
        self.evidence = EvidenceStore(directory)
        self.on_checkpoint: Callable[[Checkpoint], Awaitable[None]] | None = None  # tells the sinks
        self.audit_head: Callable[[], Awaitable[Head]] | None = None  # where the audit log ends
        self._directory = directory
        self._zone = zone
        self._key: Signer | None = None

    @classmethod
    async def open(
        cls, directory: Path, clock: Clock, *, durability: str = "power_loss", zone: tzinfo = UTC
    ) -> "Ledger":
        """Open, check, restore from the copy where the file is damaged (the findings tell), and take a fresh copy.

        `zone` is the site's: at its midnight a checkpoint is signed. The caller holds the directory's lock. Raises
        ConfigError for a file of a newer version or one in use, Unavailable where the disk cannot be used.
        """
        ledger = cls(directory, clock, durability, zone)
        await ledger._begin(ledger._prepare)
        return ledger

    @property
    def key(self) -> Signer:
        """The key that signs."""
        if self._key is None:
            raise Unavailable("the ledger has no key yet", "open it first")
        return self._key

    async def checkpoint(self) -> Checkpoint:
        """Sign the log as it is, with where the audit log ends, and tell the sinks. Raises Unavailable."""

        def sign(db: sqlite3.Connection) -> Checkpoint:
            return checkpoints.sign(db, self.key, self._clock.time_ns())

        found = await self.signed(sign)
        await self.tell(found)
        return found

    async def signed(self, act: Callable[[sqlite3.Connection], T]) -> T:
        """Do what ends in a checkpoint, in a transaction that holds where the audit log ends. Raises Unavailable."""
        head = None
        if self.audit_head is not None:
            with contextlib.suppress(Unavailable):  # trouble with that file is no reason to sign nothing
                head = await self.audit_head()

        def write(db: sqlite3.Connection) -> T:
            with self.write(db):
                if head is not None:
                    anchor(db, head, self._clock.time_ns())
                return act(db)

        return await self.do(write)

    async def run(self) -> None:
        """Every hour of the site's clock a copy, with every new day a checkpoint, until cancelled."""
        newest = await self.do(checkpoints.newest)
        if newest is not None:
            await self.tell(newest)  # again: a kill may have come between signing and telling
        while True:
            await self._sign_daily()
            await self._clock.sleep(self._to_the_hour_s())
            await self.copy()

    async def _sign_daily(self) -> None:
        with contextlib.suppress(Unavailable):  # the findings tell; an hour later it is tried again
            newest = await self.do(checkpoints.newest)
            if newest is None or self._day(newest.time_ns) != self._day(self._clock.time_ns()):
                await self.checkpoint()

    async def tell(self, checkpoint: Checkpoint) -> None:
        """Tell the sinks a checkpoint that was signed."""
        if self.on_checkpoint is not None:
            await self.on_checkpoint(checkpoint)

    def _day(self, time_ns: int) -> int:
        return datetime.fromtimestamp(time_ns // 10**9, self._zone).toordinal()

    def _to_the_hour_s(self) -> float:
        now = datetime.fromtimestamp(self._clock.time_ns() / 1e9, self._zone)
        return (timedelta(hours=1) - timedelta(minutes=now.minute, seconds=now.second)).total_seconds()

    # -- in the thread ------------------------------------------------------------------------------------------------

    def _prepare(self, db: sqlite3.Connection) -> None:
        self._key = self._make_or_read_key(db)
        with self.write(db):
            checkpoints.remember_key(db, self._key.verifier)

    def _make_or_read_key(self, db: sqlite3.Connection) -> Signer:
        path = self._directory / signing_key.NAME
        known = self._known_keys(db)
        try:
            found = signing_key.existing_key(self._directory)
        except NotANote as error:
            aside = path.with_suffix(".damaged")
            path.replace(aside)
            self._findings.say("ledger_key", f"{path}: {error}; it was moved to {aside.name}")
            found = None
        if found is None:
            found = signing_key.make_key(self._directory, known[-1].name if known else "")
            if known:  # the log is older than the key
                text = "the key that signs checkpoints was missing: a new one was made; hand out the new public key"
                self._findings.say("ledger_key_new", f"{text}, {self._directory / signing_key.PUBLIC_NAME}")
        elif known and found.verifier not in known:
            text = f"{path} is not the key that signed before: somebody put it there; hand out the new public key"
            self._findings.say("ledger_key_new", f"{text}, {self._directory / signing_key.PUBLIC_NAME}")
        elif not known and records.size(db) == 0:
            text = f"{self.path} was not there although its key is: a new log begins; put a backup in its place"
            self._findings.say("ledger_missing", text)
        signing_key.publish_key(self._directory, found)
        return found

    def _known_keys(self, db: sqlite3.Connection) -> list[Verifier]:
        """None where they cannot be read: that is told, and no reason to keep no accounts."""
        try:
            return checkpoints.keys(db)
        except Unavailable as error:
            self._findings.say("ledger_keys", f"{self.path}: {error.message}: {error.hint}")
            return []

    def _restored(self, db: sqlite3.Connection, aside: Path | None) -> str:
        kept, before = records.size(db), None if aside else self._moved_before(db)
        damaged = aside or before
        lost = None if damaged is None else _lost(damaged, kept)
        where = "" if before is None else f"; an interrupted start had moved it to {before}"
        many = "those that came after them may be" if lost is None else f"{lost} that came after them are"
        with transaction(db, synchronous="FULL"):
            body = {"kept": kept, "lost": lost}
            records.append(db, self._clock.time_ns(), Kind.RESTORED, body)
        return f"{where}; it holds {kept} records, {many} lost: a checkpoint kept outside proves what was there"

    def _moved_before(self, db: sqlite3.Connection) -> Path | None:
        """The file that a start moved aside and died before it put the copy in its place: the copy is its beginning.

        One of an earlier restoration has other records where the restored log went on.
        """
        kept = records.size(db)
        newest = records.id_at(db, kept)
        found = (path for path in self._quarantine.databases(self._name) if kept and _id_at(path, kept) == newest)
        return next(found, None)

    def _started_empty(self, db: sqlite3.Connection) -> str:
        with transaction(db, synchronous="FULL"):
            records.append(db, self._clock.time_ns(), Kind.RESTORED, {"kept": 0, "lost": None})
        return "; every record is lost: put a backup in its place, or begin anew; a checkpoint kept outside proves it"


def _lost(aside: Path, kept: int) -> int | None:
    """How many records the damaged file still counts beyond the copy; `None` where it cannot say."""
    with contextlib.suppress(*FileErrors), closing(connect_readonly(aside)) as db:
        return max(0, records.size(db) - kept)
    return None


def _id_at(path: Path, seq: int) -> str | None:
    """The id of a record in a file that may be damaged; `None` where it cannot be read or is not there."""
    with contextlib.suppress(*FileErrors), closing(connect_readonly(path)) as db:
        return records.id_at(db, seq)
    return None


def open_readonly(directory: Path) -> sqlite3.Connection:
    """A connection that only reads, beside a running gateway or without one.

    Raises Unavailable where there is no ledger or it cannot be read, ConfigError where its version is not this one's.
    """
    return open_file_readonly(directory / f"{NAME}.db")


@contextmanager
def reading(directory: Path) -> Iterator[sqlite3.Connection]:
    """The same for as long as something is read; a file that turns out to be damaged meanwhile is Unavailable too."""
    with closing(open_readonly(directory)) as db:
        try:
            yield db
        except sqlite3.DatabaseError as error:
            hint = "park-gateway ledger verify says more; a damaged file: start the gateway, it restores it"
            path = directory / f"{NAME}.db"
            raise Unavailable(f"{path} cannot be read: {one_line(str(error))}", hint) from error


def open_file_readonly(path: Path) -> sqlite3.Connection:
    """The same for a file. Raises like `open_readonly`."""
    if not path.is_file():
        raise Unavailable(f"there is no ledger {path}", "the gateway makes it when it first starts")
    try:
        db = connect_readonly(path)
        db.execute("PRAGMA query_only=ON")
        version = int(db.execute("PRAGMA user_version").fetchone()[0])
    except sqlite3.Error as error:
        raise Unavailable(f"{path} cannot be read: {error}", "is it a ledger, and may this user read it?") from error
    if version != len(MIGRATIONS):
        db.close()
        hint = "use the program that wrote it" if version > len(MIGRATIONS) else "start the gateway once"
        raise ConfigError(f"{path} has version {version}, this program reads {len(MIGRATIONS)}", hint)
    return db


@contextmanager
def open_offline(directory: Path, durability: str = "power_loss") -> Iterator[sqlite3.Connection]:
    """A connection that writes, for a command while no gateway runs. The caller holds the DirectoryLock.

    Write inside `writing(db, durability)`. Raises ConfigError, Unavailable.
    """
    path = directory / f"{NAME}.db"
    if not path.exists() and copy_path(path).exists():  # an empty one in its place would take that of the copy too
        raise Unavailable(f"{path} is missing, its copy is there", "start the gateway: it restores the ledger")
    try:
        with closing(open_database(path, MIGRATIONS, is_shared=True)) as db:
            yield db
    except FileErrors as error:
        raise Unavailable(f"{path} cannot be used: {error}", "start the gateway: it repairs what it can") from error


def offline_key(directory: Path) -> Signer:
    """The key that signs. Raises Unavailable where there is none."""
    try:
        found = signing_key.existing_key(directory)
    except (NotANote, OSError) as error:
        raise Unavailable(
            f"{directory / signing_key.NAME} cannot be used: {error}", "start the gateway once"
        ) from error
    if found is None:
        raise Unavailable(f"there is no key {directory / signing_key.NAME}", "the gateway makes it when it starts")
    return found


def writing(db: sqlite3.Connection, durability: str = "power_loss") -> contextlib.AbstractContextManager[None]:
    """A transaction of an offline command, on the disk when it ends."""
    return transaction(db, synchronous=full_or_normal(durability))
