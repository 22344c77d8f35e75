"""`park-gateway trace DEVICE`: its frames as they pass on the line of the running gateway."""

import json
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway.cli.console import DEFAULT_CONFIG, AsJson, ConfigPath, errors_for_people, load_config, print_line, say
from gateway.cli.park import find_device
from gateway.cli.peer import NOT_RUNNING, answer
from gateway.core.errors import Unavailable

NAME = "trace"
PATIENCE_S = 10.0  # beyond the time asked for


def command(
    device: Annotated[str, typer.Argument(help="Device id.")],
    seconds: Annotated[float, typer.Option(help="How long to watch.", min=0.1, max=600)] = 60.0,
    config: ConfigPath = DEFAULT_CONFIG,
    as_json: AsJson = False,
) -> None:
    """Watch the frames of a device: one line per frame (`--json`: one JSON object per line)."""
    plan = load_config(config, quiet=True).plan
    count = 0
    with errors_for_people():
        device_id = device.partition(".")[0]
        find_device(plan, device_id)
        for frame in _frames(plan.api.socket, device_id, seconds):
            count += 1
            if as_json:
                typer.echo(json.dumps(frame, ensure_ascii=False))
            else:
                print_line(_line(frame))
    say(f"{count} frame{'s' * (count != 1)}")


def _frames(socket: Path, device: str, seconds: float) -> Iterator[dict[str, Any]]:
    target, parameters = f"/api/v1/devices/{device}/trace", {"seconds": str(seconds)}
    with answer(socket, "GET", target, parameters=parameters, timeout_s=seconds + PATIENCE_S) as found:
        say(f"frames of {device} for {seconds:g} s (-> sent, <- received); Ctrl-C ends")
        end = time.monotonic() + seconds
        for line in found.lines():
            if line.startswith(b"data: "):
                yield json.loads(line[6:])
    if time.monotonic() < end - 1:
        raise Unavailable("the gateway stopped while its frames were watched", NOT_RUNNING)


def _line(frame: dict[str, Any]) -> str:
    moment = datetime.fromtimestamp(frame["time_ms"] / 1000).astimezone()
    way = "->" if frame["sent"] else "<-"
    note = f"  {frame['note']}" if frame["note"] else ""
    return f"{moment:%H:%M:%S}.{frame['time_ms'] % 1000:03d} {way} {frame['hex']}{note}"
