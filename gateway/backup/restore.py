"""A backup put back: unpacked beside what is there, checked as a whole, made ready, and only then switched to.

What was there is moved to `before-restore-<time>/` in its own folder and never deleted. What only grows is added to:
evidence, days of the history. What the backup does not have stays: the outbox, the certificate, the ledger's key.
"""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from gateway.backup import adopt, archive, contents, switch
from gateway.backup.archive import Progress
from gateway.backup.manifest import CONFIG, EVIDENCE, HISTORY, KEY, LEDGER, OUTBOX, STATE, Manifest
from gateway.backup.switch import Move
from gateway.config.whereabouts import data_directory
from gateway.core.clock import Clock
from gateway.core.durable import sync_directory
from gateway.core.errors import Rejected, Unavailable
from gateway.store.kept import copy_path
from gateway.store.lock import RESTORING, DirectoryLock

DATA = "data"  # below the folder of --into
_LOGS = ("-wal", "-shm")
_ADDED = (EVIDENCE, HISTORY)


@dataclass(frozen=True, slots=True)
class Restored:
    """What was done."""

    manifest: Manifest
    config: Path
    directory: Path  # of the data
    aside: tuple[Path, ...] = ()  # where what was there lies now
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that is to be put back."""

    path: Path
    passphrase: str | None = field(default=None, repr=False)
    accepts_faults: bool = False  # of the ledger, which were there before


def check(backup: Backup, progress: Progress | None = None) -> tuple[Manifest, list[str]]:
    """Check everything in a folder that goes away; what the backup says of itself, and what does not verify in it.

    Raises Rejected, ConfigError, Unavailable.
    """
    with tempfile.TemporaryDirectory(prefix="park-gateway-") as name:
        folder = Path(name)
        manifest = archive.unpack(backup.path, backup.passphrase, folder, progress)
        return manifest, adopt.check(folder, manifest)


def restore_into(backup: Backup, folder: Path, clock: Clock, progress: Progress | None = None) -> Restored:
    """Put everything into the new folder: the configuration, and `data/`. It is there as a whole or not at all."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Rejected(f"{folder} is not empty", "name a folder that is not there yet")
    part = folder.with_name(f".{folder.name}.part")
    with _disk(folder):
        shutil.rmtree(part, ignore_errors=True)
        part.mkdir(mode=0o700, parents=True)
        try:
            manifest = _unpacked(backup, part / DATA, adopt.Present(), clock, progress)
            for path in sorted((part / DATA / CONFIG).iterdir()):
                path.rename(part / path.name)
            (part / DATA / CONFIG).rmdir()
            if folder.exists():
                folder.rmdir()
            part.rename(folder)
            sync_directory(folder.parent)
        finally:
            shutil.rmtree(part, ignore_errors=True)
    config = folder / manifest.config
    written = data_directory(config)
    notes = _notes(manifest, None)
    if config.parent / written != folder / DATA:
        notes.insert(
            0, f"the configuration keeps its data in {written}: set `store: {{directory: {DATA}}}` to use these"
        )
    return Restored(manifest, config, folder / DATA, (), tuple(notes))


def restore(backup: Backup, config: Path, clock: Clock, progress: Progress | None = None) -> Restored:
    """Put everything in the place of what is there: the configuration at `config`, the data where that says.

    Raises Rejected and ConfigError for a backup that is not sound or a gateway that runs, Unavailable: nothing was
    changed then, or it goes on at the next start.
    """
    switch.finish_interrupted(config)
    directory = config.parent / _data_directory(backup, config)
    switch.finish_in(directory, config)
    with contextlib.ExitStack() as held:
        for one in dict.fromkeys([directory.resolve(), _present_directory(config).resolve()]):
            if one == directory.resolve() or one.exists():
                held.callback(DirectoryLock(one).release)
        with _disk(directory):
            return _restore(backup, config, directory, clock, progress)


def _restore(backup: Backup, config: Path, directory: Path, clock: Clock, progress: Progress | None) -> Restored:
    present = adopt.Present.of(directory)
    stage = switch.stage(directory)
    config_stage = config.with_name(f".{config.name}.restore")
    try:
        manifest = _unpacked(backup, stage / "new", present, clock, progress)
        aside_name = _aside_name(directory, config, clock)
        aside, config_aside = directory / aside_name, config.parent / aside_name
        moves = _data_moves(stage / "new", directory, aside)
        moves += _config_moves(stage / "new" / CONFIG, config_stage, config, config_aside, manifest)
        _give(stage, directory)
        _give(config_stage, config.parent)
        switch.switch(moves, directory, config, [stage, config_stage])
    finally:
        if not (directory / RESTORING).exists():
            shutil.rmtree(stage, ignore_errors=True)
            shutil.rmtree(config_stage, ignore_errors=True)
            switch.pointer_of(config).unlink(missing_ok=True)
    kept = tuple(one for one in dict.fromkeys((aside, config_aside)) if one.exists())
    return Restored(manifest, config, directory, kept, tuple(_notes(manifest, present)))


def _unpacked(backup: Backup, into: Path, present: adopt.Present, clock: Clock, progress: Progress | None) -> Manifest:
    into.mkdir(mode=0o700)
    manifest = archive.unpack(backup.path, backup.passphrase, into, progress)
    faults = adopt.check(into, manifest)
    if faults and not backup.accepts_faults:
        hint = "use another backup, or take it as it is with --despite-faults"
        raise Rejected(f"the ledger in the backup does not verify: {faults[0]} ({len(faults)} in all)", hint)
    adopt.adopt(into, manifest, present, clock, backup.path.name)
    return manifest


def _data_directory(backup: Backup, config: Path) -> str:
    """`store: directory` of the configuration in the backup; read in a folder that goes away."""
    with tempfile.TemporaryDirectory(prefix="park-gateway-") as name:
        folder = Path(name)
        manifest = archive.unpack(backup.path, backup.passphrase, folder, only=CONFIG)
        return data_directory(folder / CONFIG / manifest.config)


def _present_directory(config: Path) -> Path:
    return config.parent / data_directory(config)


def _data_moves(new: Path, directory: Path, aside: Path) -> list[Move]:
    """The logs of what is there go first: they must never be applied to another file."""
    moves = []
    for name in (STATE, LEDGER, OUTBOX):
        if (new / name).exists():
            target = directory / name
            old = [*(directory / f"{name}{log}" for log in _LOGS), copy_path(target)]
            moves += [Move(None, one, aside / one.name) for one in old]
            moves.append(Move(new / name, target, aside / name))
    if (new / KEY).exists():
        moves.append(Move(new / KEY, directory / KEY, aside / KEY))
    return moves + [
        Move(path, directory / name, aside / name)
        for kind in _ADDED
        for path in sorted((new / kind).rglob("*"))
        if path.is_file() and not (directory / (name := str(path.relative_to(new)))).exists()
    ]


def _config_moves(new: Path, stage: Path, config: Path, aside: Path, manifest: Manifest) -> list[Move]:
    """The configuration's files, copied to its own disk first; one that says the same stays."""
    shutil.rmtree(stage, ignore_errors=True)
    moves = []
    for path in sorted(new.rglob("*")):
        name = str(path.relative_to(new))
        target = config if name == manifest.config else config.parent / name
        if not path.is_file() or (target.is_file() and target.read_bytes() == path.read_bytes()):
            continue
        staged = stage / name
        staged.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        contents.copy_file(path, staged)
        staged.chmod(target.stat().st_mode & 0o777 if target.exists() else 0o600)
        moves.append(Move(staged, target, aside / name))
    return moves


def _give(folder: Path, owner_of: Path) -> None:
    """Where root restores: to the user whose folder it is, who is to read it."""
    if os.geteuid() == 0 and folder.exists():
        owner = owner_of.stat()
        for path in (folder, *folder.rglob("*")):
            os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)


def _aside_name(directory: Path, config: Path, clock: Clock) -> str:
    stamp = datetime.fromtimestamp(clock.time_ns() // 10**9, UTC).strftime("%Y%m%dT%H%M%SZ")
    names = (f"before-restore-{stamp}{more}" for more in ("", *(f"-{number}" for number in range(1, 100))))
    return next(name for name in names if not (directory / name).exists() and not (config.parent / name).exists())


def _notes(manifest: Manifest, present: adopt.Present | None) -> list[str]:
    """What a person should know afterwards."""
    head = manifest.ledger
    signed = f"its newest checkpoint has {head.checkpoint_size} records and is of {head.checkpoint_time}"
    notes = [
        f"the ledger holds {head.size} records of the backup; {signed if head.checkpoint_size else 'none was signed'}: "
        "checkpoints that were kept elsewhere and are newer do not fit it, and prove what is gone"
    ]
    lost = present.ledger.size - head.size if present is not None and present.ledger is not None else 0
    if lost > 0:
        notes.append(f"{lost} records that came after the backup are only in the ledger that was put aside")
    if KEY not in manifest.names:
        notes.append("the key that signs checkpoints is not in the backup: without one a new key is made at the start")
    notes.append("accounts and API keys are as they were then: end again what was ended since; everybody signs in anew")
    return notes


@contextlib.contextmanager
def _disk(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unavailable(f"{folder} cannot be written: {error}", "check the disk and who may write there") from error
