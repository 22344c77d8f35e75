"""`park-gateway carbon summary|trace|close|restate|due|instruments|sample`: the accounts, with or without a gateway."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import Connection
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
    say,
)
from gateway.cli.peer import Refused, ask, is_running

if TYPE_CHECKING:
    from gateway.accounts.books import Books
    from gateway.accounts.carbon.close import Acceptance, Approval
    from gateway.config.plan import ParkPlan
    from rules.carbon.inventory.entry import Basis
    from rules.ledger.note import Signer

Json = dict[str, Any]
ALL = "all"
CLOSE_S = 600.0
Period = Annotated[str, typer.Option("--period", help="2026-10, 2026 or 2026-10-01..2026-10-31.", show_default=False)]
Entity = Annotated[
    str,
    typer.Option("--enterprise", help="An enterprise's id; the site's id, or nothing: the park.", show_default=False),
]
By = Annotated[str, typer.Option("--by", help="Who prepares this: the person's name.", show_default=False)]
Approver = Annotated[
    str, typer.Option("--approver", help="Who approves it: another person's name.", show_default=False)
]
Missing = Annotated[str, typer.Option("--accept-missing", help="Why missing data is accepted; listed as an exclusion.")]
Excluded = Annotated[
    list[str] | None, typer.Option("--exclude", help="SOURCE=REASON: leave a source out that has no value.")
]


def add_to(app: typer.Typer) -> None:
    """Put the commands into `park-gateway carbon`."""
    for name, command in (
        ("summary", summary),
        ("trace", trace),
        ("close", close),
        ("restate", restate),
        ("due", due),
        ("instruments", instruments),
        ("sample", sample),
    ):
        app.command(name)(command)


def summary(
    period: Period,
    enterprise: Entity = "",
    basis: Annotated[str, typer.Option("--basis", help="all, or location, market, cn_enterprise, ...")] = ALL,
    as_published: Annotated[bool, typer.Option("--as-published", help="Without restatements.")] = False,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Show the figures of an enterprise or the park: scope 1 and scope 2 on every basis, and what they rest on."""
    from gateway.accounts.carbon.answers import summary_answer
    from gateway.cli.carbon_show import show_summary

    plan, books = _loaded(config)
    bases = () if basis == ALL else (_basis(basis),)
    with errors_for_people():
        where = plan.store.directory
        found = summary_answer(where, books, enterprise or books.site.id, period, time.time_ns(), bases, as_published)
    if as_json:
        print_json(found)
    else:
        show_summary(found)


def trace(
    entry: Annotated[str, typer.Argument(metavar="ENTRY", help="The entry's id, or its first 8 characters or more.")],
    enterprise: Entity = "",
    period: Annotated[str, typer.Option("--period", help="Where an entry that is not recorded is looked for.")] = "",
    day: Annotated[str | None, typer.Option("--day", help="Show the intervals of this day.")] = None,
    every_interval: Annotated[bool, typer.Option("--every-interval", help="Show every interval.")] = False,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Follow an entry back: line, days, intervals, raw readings, factor, ledger. Exit code 1 where the chain breaks."""
    from gateway.accounts.carbon.answers import trace_answer
    from gateway.accounts.carbon.trace import Depth
    from gateway.cli.carbon_show import show_trace

    plan, books = _loaded(config)
    depth = Depth(None if day is None else _day(day), every_interval)
    with errors_for_people():
        where = plan.store.directory
        found = trace_answer(where, books, entry, time.time_ns(), None, enterprise, period, depth)
    if as_json:
        print_json(found)
    else:
        show_trace(found)
    if not found["is_whole"]:
        raise typer.Exit(EXIT_FAILED)


def close(
    period: Period,
    by: By,
    approver: Approver,
    enterprise: Entity = "",
    accept_missing: Missing = "",
    exclude: Excluded = None,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Close a month: its figures are recorded, signed, and change only by restatement. Says every reason against it."""
    wanted = _wanted(period, by, approver, enterprise, accept_missing, exclude)
    _show_signed(_signed(config, "close", wanted), as_json=as_json)


def restate(
    period: Period,
    by: By,
    approver: Approver,
    reason: Annotated[str, typer.Option("--reason", help="Why the published figures change.", show_default=False)],
    enterprise: Entity = "",
    accept_missing: Missing = "",
    exclude: Excluded = None,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Tell a closed month anew: reversals and new entries, with reason and effect. The old figures stay readable."""
    wanted = _wanted(period, by, approver, enterprise, accept_missing, exclude) | {"reason": reason}
    _show_signed(_signed(config, "restate", wanted), as_json=as_json)


def due(
    enterprise: Annotated[str, typer.Option("--enterprise", help="Only this one; else all and the park.")] = "",
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """List closed months whose data has changed since: restatements that are due, with their effect."""
    from gateway.accounts.carbon.restate import due as find_due
    from gateway.accounts.carbon.runs import entity_of
    from gateway.cli.carbon_show import show_due
    from gateway.store.ledger import reading

    plan, books = _loaded(config)
    with errors_for_people(), reading(plan.store.directory) as db:
        names = [enterprise] if enterprise else list(books.entities)
        found = [one.document for name in names for one in find_due(db, books, entity_of(books, name), time.time_ns())]
    if as_json:
        print_json(found)
    else:
        show_due(found)


def instruments(
    enterprise: Annotated[str | None, typer.Option("--enterprise", help="Only of this beneficiary.")] = None,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """List contractual instruments: criteria, allocated, left. They are entered with `carbon record add`."""
    from gateway.accounts.carbon.answers import instrument_list
    from gateway.cli.carbon_show import show_instruments
    from gateway.store.ledger import reading

    plan = load_config(config, quiet=True).plan
    with errors_for_people(), reading(plan.store.directory) as db:
        found = instrument_list(db, enterprise)
    if as_json:
        print_json(found)
    else:
        show_instruments(found)


def sample(
    period: Period,
    seed: Annotated[str, typer.Option("--seed", help="A text that the auditor names.", show_default=False)],
    out: Annotated[Path, typer.Option("--out", help="The ZIP to write; it must not exist.", show_default=False)],
    enterprise: Entity = "",
    n: Annotated[int, typer.Option("--n", min=1, max=200, help="So many entries.")] = 5,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Write an auditor's sample: entries by seed with their traces, files and proofs, and a manifest of SHA-256."""
    from gateway.accounts.carbon.answers import sample_answer

    plan, books = _loaded(config)
    if out.exists():
        fail(f"{out} exists already", "name another file", EXIT_USAGE)
    part = out.with_name(f"{out.name}.part")
    part.unlink(missing_ok=True)
    try:
        with errors_for_people():
            where, entity = plan.store.directory, enterprise or books.site.id
            found = sample_answer(where, books, entity, period, n, seed, time.time_ns(), part)
            part.replace(out)
    except OSError as error:
        fail(f"{out} cannot be written: {error.strerror}", "name a file in a folder that you may write to")
    finally:
        part.unlink(missing_ok=True)
    if as_json:
        print_json({"file": str(out), "entries": found})
        return
    for entry in found:
        print_line(entry)
    say(f"{out}: {len(found)} entries")


def _loaded(config: Path) -> "tuple[ParkPlan, Books]":
    from gateway.accounts.owned_books import load_owned_books

    plan = load_config(config, quiet=True).plan
    return plan, load_owned_books(plan)


def _basis(text: str) -> "Basis":
    from gateway.config.problems import nearest
    from rules.carbon.inventory.entry import SCOPE2_BASES

    found = next((basis for basis in SCOPE2_BASES if basis.value == text), None)
    if found is None:
        known = [basis.value for basis in SCOPE2_BASES]
        fail(
            f"--basis: there is no basis `{text}`", nearest(text, known) or f"there is: {', '.join(known)}", EXIT_USAGE
        )
    return found


def _day(text: str) -> Any:
    from gateway.carbon.texts import parse_day
    from gateway.config.types import HintedError

    try:
        return parse_day(text)
    except HintedError as error:
        fail(f"--day: `{text}` is {error}", error.hint, EXIT_USAGE)


def _wanted(
    period: str, by: str, approver: str, enterprise: str, accept_missing: str, exclude: list[str] | None
) -> Json:
    """The body of the request, as the API takes it."""
    excluded: dict[str, str] = {}
    for text in exclude or []:
        source, equals, reason = text.partition("=")
        if not equals or not reason.strip():
            fail(f"--exclude: `{text}` is not SOURCE=REASON", "write `--exclude boiler2='no fuel data'`", EXIT_USAGE)
        excluded[source.strip()] = reason.strip()
    return {
        "entity": enterprise,
        "period": period,
        "by": by,
        "approver": approver,
        "accept_missing": accept_missing,
        "exclude": excluded,
    }


def _signed(config: Path, action: str, wanted: Json) -> Json:
    """Asked of the running gateway; without one done here, while the data directory is held."""
    plan, books = _loaded(config)
    wanted["entity"] = wanted["entity"] or books.site.id
    with errors_for_people(), _obstacles_told():
        if is_running(plan.api.socket):
            target = f"/api/v1/carbon/periods/{action}"
            found: Json = ask(plan.api.socket, "POST", target, wanted, timeout_s=CLOSE_S)
            return found
        return _directly(plan, books, action, wanted)


@contextmanager
def _obstacles_told() -> Iterator[None]:
    """Every reason against a close on a line of its own."""
    from gateway.accounts.carbon.close import CloseRefused

    try:
        yield
    except (CloseRefused, Refused) as error:
        listed = [one.document for one in error.obstacles] if isinstance(error, CloseRefused) else error.errors
        for one in listed:
            say(f"{one.get('code', '')}: {one.get('en', one.get('message', ''))}")
            if one.get("hint"):
                say(f"  {one['hint']}")
        fail(f"{len(listed)} reason{'s' * (len(listed) > 1)} against it: nothing was recorded")


def _directly(plan: "ParkPlan", books: "Books", action: str, wanted: Json) -> Json:
    from gateway.accounts.carbon.close import Acceptance, Approval
    from gateway.accounts.carbon.close_document import closed_document
    from gateway.accounts.people import Actor
    from gateway.store.audit_offline import audited_offline
    from gateway.store.ledger import offline_key, open_offline, open_readonly, writing
    from gateway.store.lock import DirectoryLock

    directory, durability = plan.store.directory, plan.store.durability
    open_readonly(directory).close()  # says what is wrong before anything is made
    act = _act(action, books, wanted, Approval(Actor(wanted["by"]), wanted["approver"]),
               Acceptance(wanted["accept_missing"], wanted["exclude"]))  # fmt: skip
    lock = DirectoryLock(directory)
    try:
        target = f"{wanted['entity']} {wanted['period']}"
        with audited_offline(directory, durability, f"period {action}", target, after=wanted) as entry:
            with open_offline(directory, durability) as db, writing(db, durability):
                entry.anchor(db)
                found = closed_document(*act(db, offline_key(directory), time.time_ns()))
            entry.after = {**wanted, "record": found["record"], "size": found["checkpoint"]["size"]}
        return found
    finally:
        lock.release()


def _act(
    action: str, books: "Books", wanted: Json, approval: "Approval", acceptance: "Acceptance"
) -> "Callable[[Connection, Signer, int], Any]":
    from gateway.accounts.carbon.close import close as close_month
    from gateway.accounts.carbon.restate import restate as restate_month

    def act(db: Connection, key: "Signer", now_ns: int) -> Any:
        entity, period = wanted["entity"], wanted["period"]
        if action == "close":
            return close_month(db, books, entity, period, approval, key, now_ns, acceptance)
        return restate_month(db, books, entity, period, wanted["reason"], approval, key, now_ns, acceptance)

    return act


def _show_signed(found: Json, *, as_json: bool) -> None:
    if as_json:
        print_json(found)
        return
    verb = "closed" if found["kind"] == "close" else "restated"
    print_line(f"{found['entity']} {found['period']} {verb}: record {found['record']} ({found['seq']})")
    for exclusion in found["exclusions"]:
        print_line(f"excluded: {exclusion}")
    print_line("")
    typer.echo(found["checkpoint"]["note"], nl=False)  # byte for byte: it is signed
