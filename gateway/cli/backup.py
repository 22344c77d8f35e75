"""`park-gateway backup`: state, ledger, evidence and configuration in one file, with or without a running gateway."""

import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.console import (
    DEFAULT_CONFIG,
    AsJson,
    ConfigPath,
    err,
    errors_for_people,
    fail,
    load_config,
    print_json,
    say,
)
from gateway.cli.peer import answer, is_running
from gateway.core.errors import GatewayError, Unavailable

if TYPE_CHECKING:
    from gateway.backup.archive import Progress
    from gateway.backup.contents import Wish
    from gateway.backup.manifest import Manifest
    from gateway.config.plan import ParkPlan
    from gateway.config.types import Secret

NAME = "backup"
MAKING_S = 3600.0  # longest silence while the file is made: with years of history it takes its time

PassphraseFile = Annotated[
    Path | None,
    typer.Option("--passphrase-file", help="A file that holds the passphrase; `-`: the first line of standard input."),
]


def command(
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="The file to write; default: SITE-TIME.tar.zst here.")
    ] = None,
    passphrase_file: PassphraseFile = None,
    with_history: Annotated[bool, typer.Option("--with-history", help="The measured values too.")] = False,
    with_outbox: Annotated[bool, typer.Option("--with-outbox", help="What was not delivered yet, too.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Write a backup. With a passphrase it is sealed, and the key that signs checkpoints is in it."""
    plan = load_config(config, quiet=True).plan
    with errors_for_people():
        from gateway.backup.contents import Wish

        wish = Wish(read_passphrase(passphrase_file), with_history, with_outbox)
        target = output or Path(_default_name(plan, wish))
        if target.exists() and not force:
            fail(f"{target} exists", "choose another name with --output, or --force")
        manifest = _write(plan, config, wish, target)
    size = target.stat().st_size
    if as_json:
        print_json({"file": str(target), "bytes": size, **told(manifest)})
        return
    say(f"wrote {target} ({size} bytes, {len(manifest.files)} files, {manifest.ledger.size} ledger records)")
    for text in manifest.left_out:
        say(f"not in it: {text}")


def read_passphrase(path: Path | None) -> "Secret | None":
    """The first line of a file. Raises GatewayError."""
    from gateway.config.types import Secret

    if path is None:
        return None
    try:
        text = typer.get_text_stream("stdin").readline() if str(path) == "-" else path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise GatewayError(f"{path} cannot be read: {error}", "name a text file with the passphrase in it") from error
    line = text.split("\n", 1)[0].rstrip("\r")
    if not line:
        raise GatewayError(f"{path} holds no passphrase", "write it in the first line")
    return Secret(line)


def told(manifest: "Manifest") -> dict[str, object]:
    """A manifest without its list of files, for programs."""
    ledger = {"size": manifest.ledger.size, "root": manifest.ledger.root}
    return {
        "site": manifest.site,
        "installation": manifest.installation,
        "time": manifest.time,
        "gateway_version": manifest.gateway_version,
        "files": len(manifest.files),
        "content_bytes": manifest.size,
        "ledger": ledger,
        "has_key": "ledger.key" in manifest.names,
        "has_history": any(name.startswith("history/") for name in manifest.names),
        "has_outbox": "outbox.db" in manifest.names,
        "left_out": list(manifest.left_out),
    }


def _default_name(plan: "ParkPlan", wish: "Wish") -> str:
    from gateway.backup.contents import file_name

    return file_name(plan.site.id, time.time_ns(), is_sealed=wish.passphrase is not None)


def _write(plan: "ParkPlan", config: Path, wish: "Wish", target: Path) -> "Manifest":
    from gateway.backup.archive import read_manifest

    part = target.with_name(f".{target.name}.part")
    try:
        if is_running(plan.api.socket):
            _download(plan.api.socket, wish, part)
        else:
            _from_files(plan, config, wish, part)
        manifest = read_manifest(part, wish.passphrase.reveal() if wish.passphrase else None)
        part.replace(target)
    except OSError as error:
        hint = "choose another place with --output"
        raise Unavailable(f"{target} cannot be written: {error.strerror or error}", hint) from error
    finally:
        part.unlink(missing_ok=True)
    return manifest


def _download(socket: Path, wish: "Wish", part: Path) -> None:
    from rich.progress import BarColumn, DownloadColumn, TextColumn
    from rich.progress import Progress as Bars

    body: dict[str, object] = {"history": wish.has_history, "outbox": wish.has_outbox}
    if wish.passphrase is not None:
        body["passphrase"] = wish.passphrase.reveal()
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    part.touch(0o600)
    with Bars(*columns, console=err, disable=not err.is_terminal) as progress:
        task = progress.add_task("the gateway makes it", total=None)
        with answer(socket, "POST", "/api/v1/backup", body=body, timeout_s=MAKING_S) as found, part.open("wb") as file:
            progress.update(task, description="downloading", total=found.length)
            for block in found.blocks():
                file.write(block)
                progress.advance(task, len(block))


def _from_files(plan: "ParkPlan", config: Path, wish: "Wish", part: Path) -> None:
    """From the files of a gateway that does not run, under its lock."""
    from gateway.backup import contents
    from gateway.store.lock import DirectoryLock

    site = contents.Site(plan.site.id, config, plan.store.directory)
    if not (site.directory / "state.db").is_file():
        raise Unavailable(f"there is no data in {site.directory}", "start the gateway once: `park-gateway run`")
    lock = DirectoryLock(site.directory)
    exports = site.directory / "exports"  # emptied at every start: what a kill leaves there does not stay
    exports.mkdir(exist_ok=True, mode=0o700)
    work = Path(tempfile.mkdtemp(prefix="backup-", dir=exports))
    try:
        contents.need_room(site.directory, work, wish)
        contents.copy_stopped(site, work, wish)
        contents.assemble(site, work, part, wish, time.time_ns(), progress_on(err.is_terminal, "writing"))
    finally:
        shutil.rmtree(work, ignore_errors=True)
        lock.release()


def progress_on(is_terminal: bool, verb: str) -> "Progress | None":
    """Tells a person how far it is; nobody else."""
    if not is_terminal:
        return None

    def tell(done: int, whole: int) -> None:
        err.print(f"{verb}: {done / max(1, whole):.0%} of {whole / 2**20:.0f} MiB", end="\r")

    return tell
