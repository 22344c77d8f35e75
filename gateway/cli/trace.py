"""`park-gateway trace DEVICE`: its frames as they pass on the line of the running gateway."""

import asyncio
import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.cli.console import DEFAULT_CONFIG, AsJson, ConfigPath, errors_for_people, load_config, out, say
from gateway.cli.offline import find_device
from gateway.cli.peer import checked, connected

NAME = "trace"


def command(
    device: Annotated[str, typer.Argument(help="Device id.")],
    seconds: Annotated[float, typer.Option(help="How long to watch.", min=0.1, max=600)] = 60.0,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Watch the frames of a device: one line per frame (`--json`: one JSON object per line)."""
    plan = load_config(config, quiet=True).plan
    with errors_for_people():
        find_device(plan, device)
        say(f"frames of {device} for {seconds:g} s; Ctrl-C ends")
        count = asyncio.run(_watch(plan.api.socket, device, seconds, _print_json if as_json else _print_line))
    say(f"{count} frames")


async def _watch(socket: Path, device: str, seconds: float, show: Callable[[dict[str, Any]], None]) -> int:
    count = 0
    path = f"/api/v1/devices/{device}/trace"
    async with connected(socket) as session, session.get(path, params={"seconds": str(seconds)}) as response:
        async for line in (await checked(response)).content:
            if line.startswith(b"data: "):
                show(json.loads(line[6:]))
                count += 1
    return count


def _print_json(frame: dict[str, Any]) -> None:
    typer.echo(json.dumps(frame, ensure_ascii=False))


def _print_line(frame: dict[str, Any]) -> None:
    moment = datetime.fromtimestamp(frame["time_ms"] / 1000).astimezone()
    way = "->" if frame["sent"] else "<-"
    note = f"  {frame['note']}" if frame["note"] else ""
    out.print(f"{moment:%H:%M:%S}.{frame['time_ms'] % 1000:03d} {way} {frame['hex']}{note}", markup=False)
