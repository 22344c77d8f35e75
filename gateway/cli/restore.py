"""`park-gateway restore`: a backup back in its place, into a new folder, or only checked."""

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.backup import PassphraseFile, progress_on, read_passphrase, told
from gateway.cli.console import (
    DEFAULT_CONFIG,
    EXIT_USAGE,
    AsJson,
    ConfigPath,
    err,
    errors_for_people,
    fail,
    print_json,
    print_line,
    say,
)

if TYPE_CHECKING:
    from gateway.backup.manifest import Manifest
    from gateway.backup.restore import Backup, Restored

NAME = "restore"


def command(
    file: Annotated[Path, typer.Argument(help="The backup.")],
    config: ConfigPath = DEFAULT_CONFIG,
    into: Annotated[Path | None, typer.Option("--into", help="A new folder: leave what is there alone.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Check the whole file, touch nothing.")] = False,
    passphrase_file: PassphraseFile = None,
    despite_faults: Annotated[
        bool, typer.Option("--despite-faults", help="Also where the ledger in it does not verify.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Put a backup in the place of what is there, which is moved aside and never deleted. No gateway may run."""
    if check and into is not None:
        fail("--check with --into", "choose one of the two", EXIT_USAGE)
    with errors_for_people():
        from gateway.backup import restore
        from gateway.core.clock import SystemClock

        passphrase = read_passphrase(passphrase_file)
        backup = restore.Backup(file, passphrase.reveal() if passphrase else None, despite_faults)
        progress = progress_on(err.is_terminal, "checking")
        if check:
            _check(backup, as_json=as_json)
            return
        begun = time.monotonic()
        if into is not None:
            done = restore.restore_into(backup, into, SystemClock(), progress)
        else:
            done = restore.restore(backup, config, SystemClock(), progress)
    _tell(done, time.monotonic() - begun, as_json=as_json)


def _check(backup: "Backup", *, as_json: bool) -> None:
    from gateway.backup import restore

    manifest, faults = restore.check(backup, progress_on(err.is_terminal, "checking"))
    if as_json:
        print_json({**told(manifest), "faults": faults})
    else:
        _describe(manifest)
    if faults:
        fail(f"the ledger in the backup does not verify: {faults[0]} ({len(faults)} in all)", "it was so before")
    if not as_json:
        print_line("the backup is whole, and its ledger verifies")


def _describe(manifest: "Manifest") -> None:
    head = manifest.ledger
    print_line(f"site {manifest.site}, made {manifest.time} by park-gateway {manifest.gateway_version}")
    print_line(f"{len(manifest.files)} files, {manifest.size} bytes; ledger: {head.size} records, root {head.root}")
    for text in manifest.left_out:
        print_line(f"not in it: {text}")


def _tell(done: "Restored", took_s: float, *, as_json: bool) -> None:
    if as_json:
        places = {
            "config": str(done.config),
            "directory": str(done.directory),
            "aside": [str(one) for one in done.aside],
        }
        print_json({**told(done.manifest), **places, "notes": list(done.notes)})
        return
    _describe(done.manifest)
    print_line(f"restored to {done.directory} and {done.config} in {took_s:.1f} s")
    for path in done.aside:
        print_line(f"what was there is in {path}")
    for note in done.notes:
        say(f"note: {note}")
    say(f"next: park-gateway run --config {done.config}")
