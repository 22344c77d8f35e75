"""`park-gateway export`: history to CSV or Parquet, from the running gateway or from the files."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex
from threading import Event, Thread
from typing import TYPE_CHECKING, Annotated

import typer

from gateway.cli.console import (
    DEFAULT_CONFIG,
    EXIT_USAGE,
    AsJson,
    ConfigPath,
    err,
    errors_for_people,
    fail,
    load_config,
    print_json,
    say,
)
from gateway.cli.park import find_tags
from gateway.cli.peer import answer, ask, is_running
from gateway.core.errors import GatewayError, Rejected
from gateway.core.history import Format, Wish

if TYPE_CHECKING:
    from gateway.config.plan import ParkPlan

NAME = "export"
DEFAULT_S = 86_400.0
LOOK_S = 0.5
MAX_LIST = 55_000  # characters: the gateway takes requests of up to 64 KiB
_NEW_FILE = 0o666


@dataclass(frozen=True, slots=True)
class Export:
    """What to write where: tags, from `bounds[0]` to before `bounds[1]` (UTC nanoseconds, whole microseconds)."""

    tags: list[str]
    bounds: tuple[int, int]
    form: Format


def command(
    points: Annotated[list[str], typer.Argument(help="Tags or devices: `tx1.power_active`, `tx1`.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write; .csv or .parquet.")],
    start: Annotated[
        str | None, typer.Option("--from", help="ISO time, UTC where it has no zone; default: 24 h before the end.")
    ] = None,
    end: Annotated[str | None, typer.Option("--to", help="ISO time; default: now.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Write the raw samples of points to a file."""
    form = _format_of(output)
    bounds = bounds_of(start, end)
    plan = load_config(config, quiet=True).plan
    if output.exists() and not force:
        fail(f"{output} exists", "choose another name, or --force")
    with errors_for_people():
        wanted = Export(find_tags(plan, points), bounds, form)
        with _complete_or_nothing(output) as part:
            fetch(plan, wanted, part)
    size = output.stat().st_size
    if as_json:
        first, last = (_iso(time_ns) for time_ns in bounds)
        print_json({"file": str(output), "format": form, "bytes": size, "from": first, "to": last, "tags": wanted.tags})
    else:
        say(f"wrote {output} ({size} bytes, {len(wanted.tags)} point{'s' * (len(wanted.tags) > 1)})")


def _format_of(output: Path) -> Format:
    try:
        return Format(output.suffix.removeprefix(".").lower())
    except ValueError:
        fail(f"{output} has no known format", "name it .csv or .parquet", EXIT_USAGE)


def bounds_of(start: str | None, end: str | None) -> tuple[int, int]:
    """The range, fixed before anything is asked, so that a running gateway and its files are asked for the same."""
    from fastapi import HTTPException

    from gateway.api.periods import parse_range_ns

    try:
        from_ns, to_ns = parse_range_ns(start, end, time.time_ns(), DEFAULT_S)
    except HTTPException as error:
        fail(f"--{error.detail}", "see `park-gateway export --help`", EXIT_USAGE)
    return from_ns // 1000 * 1000, to_ns // 1000 * 1000


def _iso(time_ns: int) -> str:
    return datetime.fromtimestamp(time_ns // 10**9, UTC).replace(microsecond=time_ns // 1000 % 10**6).isoformat()


@contextmanager
def _complete_or_nothing(output: Path) -> Iterator[Path]:
    """A file beside the target that takes its place when it is complete, and is gone where that fails."""
    try:
        handle, name = tempfile.mkstemp(prefix=f".{output.name}.", suffix=".part", dir=output.parent)
        os.close(handle)
        part = Path(name)
        try:
            yield part
            mask = os.umask(0)
            os.umask(mask)
            part.chmod(_NEW_FILE & ~mask)
            part.replace(output)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise GatewayError(
            f"cannot write {output}: {error.strerror or error}", "choose another place with --output"
        ) from error


def fetch(plan: "ParkPlan", wanted: Export, part: Path) -> None:
    """Write what is wanted to `part`: from the running gateway, else from the files. Raises GatewayError."""
    if is_running(plan.api.socket):
        _download(plan.api.socket, wanted, part)
    else:
        _from_files(plan.store.directory, wanted, part)


def _download(socket: Path, wanted: Export, part: Path) -> None:
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TransferSpeedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    first, last = (_iso(time_ns) for time_ns in wanted.bounds)
    parameters = {"points": ",".join(wanted.tags), "format": wanted.form.value, "from": first, "to": last}
    if len(parameters["points"]) > MAX_LIST:
        raise Rejected(f"{len(wanted.tags)} points are too many for one file", "name fewer at a time")
    parameters["id"] = token_hex(8)
    with Progress(*columns, console=err, disable=not err.is_terminal) as progress:
        task = progress.add_task("the gateway collects", total=None)
        told = _told_of(socket, parameters["id"], lambda text: progress.update(task, description=text))
        with told, answer(socket, "GET", "/api/v1/export", parameters=parameters) as found, part.open("wb") as file:
            progress.update(task, description="downloading", total=found.length)
            for block in found.blocks():
                file.write(block)
                progress.advance(task, len(block))


@contextmanager
def _told_of(socket: Path, export_id: str, tell: Callable[[str], None]) -> Iterator[None]:
    """Tell how far the gateway is with a file, until it comes."""
    ended = Event()

    def watch() -> None:
        while not ended.wait(LOOK_S):
            try:
                items = ask(socket, "GET", "/api/v1/exports", timeout_s=LOOK_S * 10)["items"]
            except (GatewayError, ValueError):
                return  # who downloads hears of it
            for one in items:
                if one["id"] == export_id and one["state"] == "making" and one["parts"]:
                    tell(f"the gateway collects: {one['parts_done']} of {one['parts']} hours of data")

    watcher = Thread(target=watch, name="progress", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()


def _from_files(directory: Path, wanted: Export, part: Path) -> None:
    """From the files of a gateway that does not run."""
    import asyncio

    asyncio.run(_read_files(directory, wanted, part))


async def _read_files(directory: Path, wanted: Export, part: Path) -> None:
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from drivers.history.query import open_reader
    from gateway.store.points import read_ids

    ids = read_ids(directory, wanted.tags)
    reader = await open_reader(directory / "history")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("hours of data"))
    try:
        with Progress(*columns, console=err, disable=not err.is_terminal) as progress:
            task = progress.add_task("exporting", total=None)
            await reader.export(
                Wish(ids, wanted.bounds, part, wanted.form),
                lambda done, parts: progress.update(task, completed=done, total=parts),
            )
    finally:
        await reader.close()
