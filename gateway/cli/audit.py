"""`park-gateway audit list|verify|export`: who changed what, whether that is intact, and room in the log."""

import hashlib
import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway.cli.console import (
    DEFAULT_CONFIG,
    EXIT_FAILED,
    EXIT_USAGE,
    AsJson,
    ConfigPath,
    errors_for_people,
    fail,
    load_config,
    print_json,
    print_line,
    print_table,
    say,
)
from gateway.cli.peer import answer, ask, is_running
from gateway.core.errors import Unavailable

if TYPE_CHECKING:
    from gateway.config.plan import ParkPlan
    from gateway.store.audit_anchor import Anchor
    from gateway.store.audit_chain import AuditVerdict

NAME = "audit"
API = "/api/v1/audit"
VERIFY_S = 600.0
_PAGE = 500
app = typer.Typer(name=NAME, help="The audit log: who changed what, and is it intact.", no_args_is_help=True)
Archives = Annotated[
    list[Path] | None, typer.Option("--archive", help="A file of `audit export`; the oldest first, several times.")
]


@app.command("list")
def list_entries(
    who: Annotated[str, typer.Option("--who", help="Only of this name.")] = "",
    action: Annotated[str, typer.Option("--action", help="Only this action; `alarm*`: all that begin so.")] = "",
    target: Annotated[str, typer.Option("--target", help="Only what was done to this object.")] = "",
    result: Annotated[str, typer.Option("--result", help="asked, done, refused or failed.")] = "",
    start: Annotated[str, typer.Option("--from", help="ISO time; without a zone it is UTC.")] = "",
    end: Annotated[str, typer.Option("--to", help="ISO time.")] = "",
    limit: Annotated[int, typer.Option("--limit", min=1, max=100_000, help="The newest so many.")] = 50,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """List the newest entries. Asks the running gateway."""
    plan = load_config(config, quiet=True).plan
    asked = {"who": who, "action": action, "target": target, "result": result, "from": start, "to": end}
    with errors_for_people():
        items = list(_pages(plan, {name: value for name, value in asked.items() if value}, limit))
    if as_json:
        print_json(items)
        return
    rows = [
        (one["id"], _when(one["time_ms"]), f"{one['who']} ({one['role']})", one["origin"] or one["via"], one["action"],
         one["target"], f"{one['result']}: {one['reason']}" if one["reason"] else one["result"])
        for one in items
    ]  # fmt: skip
    print_table(["id", "time (UTC)", "who", "from", "action", "object", "result"], rows)


@app.command("verify")
def verify(archive: Archives = None, config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Work the chain out anew and compare it with the ledger. Exit code 0: it is what was put down, 1: it is not.

    Exit code 69: it cannot be read. Asks the running gateway; where none runs it reads the files.
    """
    plan = load_config(config, quiet=True).plan
    with errors_for_people():
        rest = _rest(plan)
        over = _over_archives(plan, archive, rest) if archive else None
    if as_json:
        print_json({**rest.document, "archives": None if over is None else over.document})
    else:
        _print(rest, over, has_archives=bool(archive))
    if not rest.is_good or (over is not None and not over.is_good):
        raise typer.Exit(EXIT_FAILED)


@app.command("export")
def export(
    file: Annotated[Path, typer.Argument(help="The file to write (JSON lines); it must not exist.")],
    upto: Annotated[str, typer.Option("--upto", help="Up to this entry, or an ISO day: those before it.")] = "",
    remove: Annotated[
        bool, typer.Option("--remove", help="Let them go from the log when the file is on the disk: makes room.")
    ] = False,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Write entries into a file that `audit verify --archive` proves; with --remove they are in that file only.

    Asks the running gateway. Removing signs a checkpoint over them first.
    """
    if file.exists():
        fail(f"{file} exists already", "name another file", EXIT_USAGE)
    if remove and not upto:
        fail("--remove needs --upto", "how much is to go: an entry's number, or a day", EXIT_USAGE)
    plan = load_config(config, quiet=True).plan
    with errors_for_people():
        last = _last_of(plan, upto) if upto else 2**62 - 1
        rows, digest = _write(plan, file, last)
        removed = 0
        if remove:
            removed = ask(plan.api.socket, "POST", f"{API}/archive", {"upto": last, "sha256": digest})["removed"]
    told = {"file": str(file), "rows": rows, "sha256": digest, "removed": removed}
    if as_json:
        print_json(told)
    else:
        say(f"{file}: {rows} entries, SHA-256 {digest}{f'; {removed} are in it only: keep it' if removed else ''}")


def _pages(plan: "ParkPlan", asked: dict[str, str], limit: int) -> "Iterator[dict[str, Any]]":
    before = ""
    while limit > 0:
        parameters = {**asked, "limit": str(min(limit, _PAGE)), **({"before": before} if before else {})}
        page = _asked(plan, parameters)
        yield from page["items"]
        limit -= len(page["items"])
        if page["next_before"] is None:
            return
        before = str(page["next_before"])


def _asked(plan: "ParkPlan", parameters: dict[str, str]) -> dict[str, Any]:
    import json

    with answer(plan.api.socket, "GET", API, parameters=parameters) as found:
        document: dict[str, Any] = json.loads(b"".join(found.blocks()))
    return document


def _rest(plan: "ParkPlan") -> "AuditVerdict":
    """What the log itself says: of the running gateway, or of the files."""
    from gateway.store.audit_chain import AuditVerdict
    from gateway.store.audit_verify import verify_state

    if is_running(plan.api.socket):
        return AuditVerdict.of(ask(plan.api.socket, "POST", f"{API}/verify", timeout_s=VERIFY_S))
    return verify_state(plan.store.directory, _anchors(plan))


def _anchors(plan: "ParkPlan") -> "list[Anchor]":
    from gateway.store.audit_anchor import anchors
    from gateway.store.ledger import reading

    with reading(plan.store.directory) as db:
        return anchors(db)


def _over_archives(plan: "ParkPlan", files: list[Path], rest: "AuditVerdict") -> "AuditVerdict":
    from gateway.store.audit_verify import verify_archives

    return verify_archives(files, _anchors(plan), rest)


def _last_of(plan: "ParkPlan", upto: str) -> int:
    """The number of the last entry: as given, or of the newest before a day."""
    if upto.isdigit():
        return int(upto)
    items = _asked(plan, {"to": upto, "limit": "1"})["items"]
    if not items:
        fail(f"there are no entries before {upto}", "park-gateway audit list shows what there is")
    return int(items[0]["id"])


def _write(plan: "ParkPlan", file: Path, upto: int) -> tuple[int, str]:
    """The archive, on the disk when this returns: entries and SHA-256."""
    digest, rows = hashlib.sha256(), -1  # the first line is no entry
    with answer(plan.api.socket, "GET", f"{API}/export", parameters={"upto": str(upto)}) as found, _new(file) as out:
        for block in found.blocks():
            out.write(block)
            digest.update(block)
            rows += block.count(b"\n")
    return rows, digest.hexdigest()


@contextmanager
def _new(file: Path) -> Iterator[Any]:
    """A new file; whole and on the disk, or not there."""
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise Unavailable(f"{file} cannot be written: {error.strerror}", "name a file in a folder of yours") from error
    try:
        with closing(os.fdopen(handle, "wb")) as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
    except OSError as error:
        file.unlink(missing_ok=True)
        raise Unavailable(f"{file} cannot be written: {error.strerror}", "is its disk full?") from error
    except BaseException:
        file.unlink(missing_ok=True)
        raise


def _print(rest: "AuditVerdict", over: "AuditVerdict | None", *, has_archives: bool) -> None:
    for verdict in (over, rest):
        for fault in verdict.faults if verdict else ():
            print_line(f"CHANGED: {fault.text}")
        for gap in verdict.gaps if verdict else ():
            print_line(f"GAP: {gap.text}")
    faults = len(rest.faults) + (len(over.faults) if over else 0)
    entries = rest.entries + (over.entries if over else 0)
    print_line(f"audit log: {'good' if not faults else f'{faults} faults'}")
    print_line(f"{entries} entries up to {rest.last}; the ledger speaks for those up to {rest.anchored}")
    if rest.archived and not has_archives:
        print_line(f"note: entries up to {rest.archived} are in archives: give them, --archive")
    print_line("note: the ledger itself is checked by `park-gateway ledger verify`")


def _when(time_ms: int) -> str:
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")
