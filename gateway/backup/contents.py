"""What goes into a backup: copies of the databases, evidence, the configuration, history; gathered and written."""

import re
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from gateway import __version__
from gateway.backup import archive
from gateway.backup import manifest as manifests
from gateway.backup.archive import Item, Progress
from gateway.backup.manifest import (
    CONFIG,
    EVIDENCE,
    HISTORY,
    KEY,
    LEDGER,
    OUTBOX,
    STATE,
    AuditHead,
    LedgerHead,
    Manifest,
)
from gateway.backup.seal import checked_passphrase
from gateway.config.types import Secret
from gateway.config.whereabouts import files_of
from gateway.core.clock import utc_text
from gateway.core.durable import sync_directory, sync_file
from gateway.core.errors import ConfigError, Unavailable
from gateway.store import audit, checkpoints, records, signing_key, tree
from gateway.store.evidence import EvidenceStore
from gateway.store.migrate import FileErrors, connect_readonly
from gateway.store.saved import save_file
from gateway.store.space import free_bytes

DATABASES = (OUTBOX, LEDGER, STATE)
"""In the order in which they are copied: what speaks of another one's entries is older than those."""
_STAMP = re.compile(r"-(\d{8}T\d{6}Z)\.tar")
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants in a backup."""

    passphrase: Secret | None = None
    has_history: bool = False
    has_outbox: bool = False

    def __post_init__(self) -> None:
        """Raises Rejected for a passphrase that can be guessed."""
        if self.passphrase is not None:
            checked_passphrase(self.passphrase.reveal())

    @property
    def databases(self) -> tuple[str, ...]:
        """Those that are wanted, in their order."""
        return tuple(name for name in DATABASES if name != OUTBOX or self.has_outbox)


@dataclass(frozen=True, slots=True)
class Site:
    """Whose backup it is."""

    id: str
    config: Path  # the main file
    directory: Path  # of the data


def file_name(site: str, time_ns: int, *, is_sealed: bool) -> str:
    """The name of a backup: site, UTC time, kind."""
    stamp = datetime.fromtimestamp(time_ns // 10**9, UTC).strftime("%Y%m%dT%H%M%SZ")
    return f"{_UNSAFE.sub('-', site)}-{stamp}{archive.SEALED_SUFFIX if is_sealed else archive.SUFFIX}"


def need_room(directory: Path, work: Path, wish: Wish) -> None:
    """Raises Unavailable where the disk has no room for the copies and the file made of them."""
    names = [*wish.databases, *(history_files(directory) if wish.has_history else ())]
    size = sum((directory / name).stat().st_size for name in names if (directory / name).is_file())
    if 2 * size + archive.RESERVE_BYTES > (free := free_bytes(work)):
        text = f"a backup needs {2 * size // 2**20} MiB while it is made, and {work} has {free // 2**20} MiB free"
        raise Unavailable(text, "free some space")


def copy_stopped(site: Site, work: Path, wish: Wish) -> None:
    """Copy databases and history of a gateway that does not run. The caller holds the directory's lock."""
    for name in wish.databases:
        save_file(site.directory / name, work / name)
    for name in history_files(site.directory) if wish.has_history else ():
        copy_file(site.directory / name, work / name)


def copy_file(source: Path, target: Path) -> None:
    """One file of the history. Raises Unavailable; one that is gone meanwhile (its time is over) is no fault."""
    try:
        target.parent.mkdir(exist_ok=True)
        target.write_bytes(b"")
        with source.open("rb") as read, target.open("wb") as written:
            while block := read.read(2**20):
                written.write(block)
    except FileNotFoundError:
        target.unlink(missing_ok=True)
    except OSError as error:
        raise Unavailable(f"{source} cannot be copied: {error.strerror or error}", "check the disk") from error


def history_files(directory: Path) -> list[str]:
    """The files of the history, by name relative to the data directory."""
    found = sorted(directory.glob(f"{HISTORY}*.duckdb*"))
    return [name for path in found if manifests.is_allowed(name := f"{HISTORY}{path.name}")]


def assemble(
    site: Site, work: Path, target: Path, wish: Wish, now_ns: int, progress: Progress | None = None
) -> Manifest:
    """Make the backup `target` of the copies in `work` and of the files that do not change. Blocks.

    Raises Unavailable, ConfigError, Rejected.
    """
    config, left_out = _config_items(site.config)
    items = [
        *(Item(name, work / name) for name in reversed(wish.databases)),
        *_key_items(site.directory, wish, left_out),
        *config,
        *(Item(f"{EVIDENCE}{one[:2]}/{one}", EvidenceStore(site.directory).path(one)) for one in _digests(site)),
        *(Item(name, work / name) for name in history_files(work)),
    ]
    left_out += [] if wish.has_history else ["history: measured values (--with-history)"]
    left_out += [] if wish.has_outbox else ["outbox: what was not delivered yet (--with-outbox)"]
    left_out.append("secrets that the configuration reads from files, the environment or systemd")
    ledger, installation, audit_head = _heads(work)
    manifest = Manifest(
        __version__, installation, site.id, now_ns, _main_name(site.config), ledger, audit_head,
        tuple(left_out), archive.entries_of(items),
    )  # fmt: skip
    archive.write(target, manifest, items, wish.passphrase.reveal() if wish.passphrase else None, progress)
    return manifest


def _digests(site: Site) -> list[str]:
    return list(EvidenceStore(site.directory).digests())


def _key_items(directory: Path, wish: Wish, left_out: list[str]) -> list[Item]:
    path = directory / signing_key.NAME
    if wish.passphrase is not None:
        return [Item(KEY, path)] if path.is_file() else []
    left_out.append("the key that signs checkpoints: it goes only into a file with a passphrase")
    return []


def _main_name(config: Path) -> str:
    return config.name if manifests.is_config_name(config.name) else "park.yaml"


def _config_items(config: Path) -> tuple[list[Item], list[str]]:
    """The files of the configuration below its folder, and those that cannot be in a backup."""
    if not config.is_file():
        raise ConfigError(f"there is no configuration {config}", "name it with --config")
    items, left_out = [Item(CONFIG + _main_name(config), config)], []
    for path in files_of(config):
        name = _relative(path, config.parent)
        if path == config or name == _main_name(config):
            continue
        if name is not None and manifests.is_allowed(CONFIG + name):
            items.append(Item(CONFIG + name, path))
        else:
            left_out.append(f"{path}: outside of the configuration's folder, or not .yaml or .csv")
    return items, left_out


def _relative(path: Path, folder: Path) -> str | None:
    try:
        return path.relative_to(folder).as_posix()
    except ValueError:
        return None


def _heads(work: Path) -> tuple[LedgerHead, str, AuditHead]:
    try:
        with closing(connect_readonly(work / LEDGER)) as db:
            ledger = ledger_head(db)
        with closing(connect_readonly(work / STATE)) as db:
            row = db.execute("SELECT value FROM meta WHERE key = 'installation_id'").fetchone()
            return ledger, str(row[0]) if row else "", _audit_head(db)
    except FileErrors as error:
        raise Unavailable(f"what was copied cannot be read: {error}", "start the gateway: it repairs it") from error


def ledger_head(db: sqlite3.Connection) -> LedgerHead:
    """Up to where a ledger goes."""
    size, newest = records.size(db), checkpoints.newest(db)
    root = tree.root(db, size).hex()
    return LedgerHead(size, root, *((newest.size, utc_text(newest.time_ns)) if newest else ()))


def _audit_head(db: sqlite3.Connection) -> AuditHead:
    found = audit.head(db)
    newest = audit.get(db, found.id)
    return AuditHead(found.count, utc_text(newest.time_ns) if newest else "")


def publish(part: Path, target: Path) -> None:
    """A finished file gets its name: for this user alone, and on the disk when this returns. Raises OSError."""
    part.chmod(0o600)
    sync_file(part)
    part.rename(target)
    sync_directory(target.parent)


def time_of(path: Path) -> int:
    """When a backup was made, by its name; UTC nanoseconds, 0 where the name is none."""
    found = _STAMP.search(path.name)
    try:
        return int(datetime.strptime(found[1], "%Y%m%dT%H%M%S%z").timestamp()) * 10**9 if found else 0
    except ValueError:
        return 0


def newest_first(directory: Path, site: str) -> Sequence[Path]:
    """The backups of a site in a folder, the newest first."""
    stem = _UNSAFE.sub("-", site)
    pattern = re.compile(rf"{re.escape(stem)}-\d{{8}}T\d{{6}}Z{re.escape(archive.SUFFIX)}(?:\.sealed)?")
    try:
        return sorted((path for path in directory.iterdir() if pattern.fullmatch(path.name)), reverse=True)
    except OSError:
        return []
