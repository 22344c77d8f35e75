"""`park-gateway ledger verify|checkpoint|export|proof|key|show`: the accounts' record, and whether it is intact."""

import sqlite3
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.console import (
    DEFAULT_CONFIG,
    EXIT_FAILED,
    EXIT_UNAVAILABLE,
    EXIT_USAGE,
    AsJson,
    ConfigPath,
    errors_for_people,
    fail,
    load_config,
    print_json,
    print_line,
    print_table,
)
from gateway.cli.peer import ask, is_running

if TYPE_CHECKING:
    from gateway.config.plan import ParkPlan
    from gateway.store.ledger_check import Fault, Verdict
    from gateway.store.records import Record
    from rules.ledger.note import Verifier

NAME = "ledger"
TARGET = "/api/v1/carbon/ledger/checkpoint"
AUDIT = "/api/v1/audit/verify"
AUDIT_S = 600.0
app = typer.Typer(
    name=NAME, help="The append-only record of energy and carbon accounts: verify, prove, export.", no_args_is_help=True
)
OfRecord = Annotated[str, typer.Argument(help="Id of a record, or its first 8 characters.")]
Outside = Annotated[
    list[Path] | None,
    typer.Option("--checkpoint", help="A checkpoint that somebody kept outside; may be given several times."),
]
TrustedKey = Annotated[
    str, typer.Option("--key", help="The public key as it was handed out: its text, or a file with it.")
]
VerifyPath = Annotated[
    Path | None, typer.Argument(help="A data directory, a ledger.db or an export; default: the configuration's.")
]


@app.command("verify")
def verify(
    path: VerifyPath = None,
    checkpoint: Outside = None,
    key: TrustedKey = "",
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Check every hash, signature and file. Exit code 0: all is what was written, 1: something was changed.

    Exit code 69: it cannot be read. Needs no running gateway, and for an export no configuration either.
    """
    from gateway.store.ledger_verify import verify as check

    trusted = _trusted(key) if key else []
    outside = [_note(file) for file in checkpoint or ()]
    plan = None if path is not None else load_config(config, quiet=True).plan
    where = path or (plan.store.directory if plan else Path())
    with errors_for_people():
        found = check(where, outside=outside, trusted=trusted)
        if plan is not None and is_running(plan.api.socket):
            _ask_for_audit(plan.api.socket, found)
    if as_json:
        print_json(found.document)
    else:
        _print(where, found, is_key_known=bool(key), has_outside=bool(outside))
    if not found.is_good:
        raise typer.Exit(EXIT_FAILED)


@app.command("checkpoint")
def checkpoint(
    newest: Annotated[bool, typer.Option("--newest", help="Only print the newest; sign nothing.")] = False,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Sign the ledger as it is now and print the checkpoint: keep it outside, on paper or in a mail."""
    plan = load_config(config, quiet=True).plan
    with errors_for_people():
        found = _newest(plan) if newest else _sign(plan)
    if as_json:
        print_json(found)
    else:
        typer.echo(found["note"], nl=False)  # byte for byte: it is signed


@app.command("export")
def export(
    file: Annotated[Path, typer.Argument(help="The file to write; it must not exist.")],
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """Write records, checkpoints and public key into one file (JSON lines) that `ledger verify` proves anywhere."""
    from gateway.store.ledger import reading
    from gateway.store.ledger_export import write_export

    plan = load_config(config, quiet=True).plan
    if file.exists():
        fail(f"{file} exists already", "name another file", EXIT_USAGE)
    with errors_for_people():
        _sign(plan)  # so that a signature is over every record in it
        try:
            with reading(plan.store.directory) as db:
                count = write_export(db, file, time.time_ns())
        except OSError as error:
            fail(f"{file} cannot be written: {error.strerror}", "name a file in a folder that you may write to")
        except (sqlite3.Error, ValueError, TypeError) as error:  # a content that is no text any more
            fail(f"the ledger cannot be exported: {error}", "`park-gateway ledger verify` says what was changed")
    print_line(f"{file}: {count} records")


@app.command("proof")
def proof(record: OfRecord, config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Prove that a record is in the newest checkpoint's log, as a C2SP tlog-proof (or with --json as JSON)."""
    from gateway.store import checkpoints, records
    from gateway.store.ledger import reading
    from gateway.store.ledger_views import inclusion_document

    plan = load_config(config, quiet=True).plan
    with errors_for_people(), reading(plan.store.directory) as db:
        found = records.get(db, record)
        if found is None:
            fail(f"the ledger has no record {record}", "`park-gateway ledger show` lists them")
        document = inclusion_document(db, found)
        text = checkpoints.proof_of(db, found.seq)
    if as_json or text is None:
        print_json(document)
    else:
        typer.echo(text.text, nl=False)


@app.command("key")
def key(config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Print the public key that checkpoints are signed with: hand it out before anybody needs it."""
    from gateway.store import checkpoints
    from gateway.store.ledger import reading
    from gateway.store.ledger_views import key_document

    plan = load_config(config, quiet=True).plan
    with errors_for_people(), reading(plan.store.directory) as db:
        found = key_document(checkpoints.keys(db))
    if as_json:
        print_json(found)
    else:
        print_line(found["key"])


@app.command("show")
def show(
    record: Annotated[str, typer.Argument(help="Id of a record: print it whole.")] = "",
    kind: Annotated[
        list[str] | None, typer.Option("--kind", help="Only this kind; may be given several times.")
    ] = None,
    enterprise: Annotated[str | None, typer.Option("--enterprise", "-e", help="Only of this enterprise.")] = None,
    period: Annotated[str | None, typer.Option("--period", "-p", help="Only of this period, as it was given.")] = None,
    about: Annotated[str | None, typer.Option("--about", help="Only about the record with this id.")] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=100_000, help="The newest so many.")] = 50,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """List the newest records, or print one."""
    from gateway.store import records
    from gateway.store.ledger import reading
    from gateway.store.ledger_views import record_document

    kinds = [_kind(text) for text in kind or ()]
    plan = load_config(config, quiet=True).plan
    with errors_for_people(), reading(plan.store.directory) as db:
        if record:
            _show_one(records.beginning_with(db, record, limit=limit), record)
            return
        found = records.find(
            db,
            kinds=kinds,
            enterprise=enterprise,
            period=period,
            about=about,
            limit=limit,
            newest_first=True,
            with_body=as_json,
        )[::-1]
    if as_json:
        print_json([record_document(one) for one in found])
        return
    _print_rows(found)


def _show_one(found: "list[Record]", asked: str) -> None:
    """The record whole; where several begin so, a row of each, and exit code 1."""
    from gateway.store.ledger_views import record_document

    if not found:
        fail(f"the ledger has no record {asked}", "`park-gateway ledger show` lists them")
    if len(found) > 1:
        _print_rows(found)
        fail(f"several records have an id that begins with {asked}", "copy more of it, or all of it")
    print_json(record_document(found[0]))


def _print_rows(found: "list[Record]") -> None:
    rows = [(r.seq, _when(r.time_ns), r.kind.value, r.enterprise or "-", r.period or "-", r.id) for r in found]
    print_table(["seq", "time (UTC)", "kind", "enterprise", "period", "id"], rows)


def _ask_for_audit(socket: Path, found: "Verdict") -> None:
    """The running gateway holds the audit log, and answers for it itself."""
    checked = ask(socket, "POST", AUDIT, timeout_s=AUDIT_S)
    found.add_audit(checked["entries"], checked["gaps"], checked["faults"])


def _sign(plan: "ParkPlan") -> dict[str, Any]:
    """A checkpoint of now: by the gateway where one runs, else directly."""
    if is_running(plan.api.socket):
        found: dict[str, Any] = ask(plan.api.socket, "POST", TARGET)
        return found
    from gateway.store import checkpoints
    from gateway.store.audit_offline import audited_offline
    from gateway.store.ledger import offline_key, open_offline, open_readonly, writing
    from gateway.store.ledger_views import checkpoint_document
    from gateway.store.lock import DirectoryLock

    directory, durability = plan.store.directory, plan.store.durability
    open_readonly(directory).close()  # says what is wrong before anything is made
    lock = DirectoryLock(directory)
    try:
        with (
            audited_offline(directory, durability, "ledger checkpoint", NAME) as entry,
            open_offline(directory, durability) as db,
            writing(db, durability),
        ):
            entry.anchor(db)
            found = checkpoint_document(checkpoints.sign(db, offline_key(directory), time.time_ns()))
            entry.after = {"size": found["size"], "root": found["root"]}
        return found
    finally:
        lock.release()


def _newest(plan: "ParkPlan") -> dict[str, Any]:
    from gateway.store import checkpoints
    from gateway.store.ledger import reading
    from gateway.store.ledger_views import checkpoint_document

    with reading(plan.store.directory) as db:
        found = checkpoints.newest(db)
    if found is None:
        fail("no checkpoint was signed yet", "`park-gateway ledger checkpoint` signs one")
    return checkpoint_document(found)


def _kind(text: str) -> Any:
    from gateway.config.problems import nearest
    from gateway.store.records import Kind

    try:
        return Kind(text)
    except ValueError:
        fail(f"there is no kind of record `{text}`", nearest(text, [kind.value for kind in Kind]), EXIT_USAGE)


def _trusted(text: str) -> "list[Verifier]":
    from rules.ledger.note import NotANote, read_verifier

    file = Path(text)
    try:
        given = file.read_text("utf-8") if len(text) < 1000 and file.is_file() else text
        return [read_verifier(given)]
    except (NotANote, OSError, UnicodeDecodeError) as error:
        fail(f"--key: {error}", "`park-gateway ledger key` prints it: name+hash+key", EXIT_USAGE)


def _note(file: Path) -> str:
    from rules.ledger.note import NotANote, read_checkpoint

    try:
        text = file.read_bytes().decode("utf-8").replace("\r\n", "\n")  # mail makes them
        read_checkpoint(text)
    except (OSError, UnicodeDecodeError, NotANote) as error:
        hint = "it is what `park-gateway ledger checkpoint` printed, to the last line"
        fail(f"{file} is no checkpoint: {error}", hint, EXIT_UNAVAILABLE)
    return text


def _print(where: Path, found: "Verdict", *, is_key_known: bool, has_outside: bool) -> None:
    for fault in found.faults:
        print_line(f"CHANGED: {_place(fault)}{fault.message}")
    print_line(f"{where}: {'good' if found.is_good else f'{len(found.faults)} faults'}")
    print_line(f"{found.size} records, root {found.root_hex}")
    audited = f", {found.audit_entries} entries of the audit log" if found.audit_entries else ""
    print_line(f"{found.days} interval rows, {found.files} evidence files{audited}")
    newest = f"; the newest of {found.signed_time} is over {found.signed_size} records" if found.checkpoints else ""
    print_line(f"{found.checkpoints} checkpoints fit{newest}")
    for note in found.notes:
        print_line(f"note: {note}")
    if has_outside:
        print_line(f"{found.outside} checkpoints that were kept outside fit")
    else:
        print_line("note: who has the gateway's disk has its key too: give a checkpoint that was kept outside")
    if not is_key_known:
        print_line(
            "note: the key that came with the file was taken for granted: give the one that was handed out, --key"
        )


def _place(fault: "Fault") -> str:
    if fault.seq is None:
        return ""
    when = "" if fault.time_ns is None else f", {_when(fault.time_ns)}"
    return f"[{fault.seq} {fault.kind} {fault.id}{when}] "


def _when(time_ns: int) -> str:
    try:
        return datetime.fromtimestamp(time_ns // 10**9, UTC).strftime("%Y-%m-%d %H:%M:%S")
    except (ValueError, OverflowError, OSError):
        return str(time_ns)
