"""`park-gateway export`: history to CSV or Parquet, from the running gateway or from the files."""

import asyncio
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, DownloadColumn, MofNCompleteColumn, Progress, TextColumn, TransferSpeedColumn

from drivers.history.query import open_reader
from gateway.api.periods import parse_range_ns
from gateway.cli.console import DEFAULT_CONFIG, ConfigPath, err, errors_for_people, load_config, say
from gateway.cli.peer import checked, connected, is_running
from gateway.config.plan import ParkPlan
from gateway.core.errors import Rejected
from gateway.core.history import Format, Wish
from gateway.store.points import read_ids

NAME = "export"
BLOCK_BYTES = 64 * 1024


def command(
    points: Annotated[list[str], typer.Argument(help="Tags or devices: `tx1.power_active`, `tx1`.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The file to write; .csv or .parquet.")],
    start: Annotated[str | None, typer.Option("--from", help="ISO time; default: 24 h before the end.")] = None,
    end: Annotated[str | None, typer.Option("--to", help="ISO time; default: now.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite an existing file.")] = False,
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """Write the raw samples of points to a file."""
    plan = load_config(config, quiet=True).plan
    with errors_for_people():
        form = _format_of(output, force=force)
        tags = _tags(plan, points)
        parameters = {"points": ",".join(tags), "format": form.value}
        parameters |= {name: text for name, text in (("from", start), ("to", end)) if text}
        if is_running(plan.api.socket):
            asyncio.run(_download(plan.api.socket, parameters, output))
        else:
            asyncio.run(_from_files(plan, tags, start, end, output, form))
        say(f"wrote {output} ({output.stat().st_size} bytes, {len(tags)} points)")


def _format_of(output: Path, *, force: bool) -> Format:
    if output.exists() and not force:
        raise Rejected(f"{output} exists", "choose another name, or --force")
    try:
        return Format(output.suffix.removeprefix("."))
    except ValueError:
        raise Rejected(f"{output} has no known format", "name it .csv or .parquet") from None


def _tags(plan: ParkPlan, wanted: list[str]) -> list[str]:
    """The tags that these tags and device ids name. Raises Rejected for one that does not exist."""
    known: dict[str, list[str]] = {}
    for connection in plan.connections:
        for device in connection.devices:
            names = [point.name for group in device.groups for point in group.points]
            known[device.device.id] = [f"{device.device.id}.{name}" for name in names]
    every = {tag for tags in known.values() for tag in tags}
    for name in wanted:
        if name not in known and name not in every:
            raise Rejected(
                f"no device or point `{name}`", "GET /api/v1/points lists them; `park-gateway check` the devices"
            )
    return [tag for name in wanted for tag in known.get(name, [name])]


async def _download(socket: Path, parameters: dict[str, str], output: Path) -> None:
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    async with connected(socket) as session, session.get("/api/v1/export", params=parameters) as response:
        await checked(response)
        part = output.with_name(output.name + ".part")
        with Progress(*columns, console=err) as progress, part.open("wb") as file:
            task = progress.add_task("downloading", total=response.content_length)
            async for block in response.content.iter_chunked(BLOCK_BYTES):
                file.write(block)
                progress.advance(task, len(block))
        part.replace(output)


async def _from_files(
    plan: ParkPlan, tags: list[str], start: str | None, end: str | None, output: Path, form: Format
) -> None:
    """From the files of a gateway that does not run."""
    from_ns, to_ns = parse_range_ns(start, end, time.time_ns(), default_s=86_400.0)
    ids = read_ids(plan.store.directory, tags)
    reader = await open_reader(plan.store.directory / "history")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TextColumn("hours of data"))
    try:
        with Progress(*columns, console=err) as progress:
            task = progress.add_task("exporting", total=None)
            part = output.with_name(output.name + ".part")
            await reader.export(
                Wish(ids, (from_ns, to_ns), part, form),
                lambda done, parts: progress.update(task, completed=done, total=parts),
            )
            part.replace(output)
    finally:
        await reader.close()
