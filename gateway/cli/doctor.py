"""`park-gateway doctor`: a bundle for whoever helps, without secrets and without values."""

import io
import json
import platform
import re
import sqlite3
import sys
import zipfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gateway import __version__
from gateway.cli.console import DEFAULT_CONFIG, ConfigPath, fail, say
from gateway.cli.peer import ask, is_running
from gateway.core.errors import GatewayError

if TYPE_CHECKING:
    from gateway.config import Problem
    from gateway.config.plan import ParkPlan

NAME = "doctor"
TIMEOUT_S = 15.0
VALUES = frozenset({"power_kw", "payload", "value"})  # keys under which an answer says something of the park itself
_QUOTED = re.compile("`([^`]*)`")


def command(
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The ZIP file to write.")] = None,
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """Collect configuration (secrets shown as ***), versions, states and sizes into one ZIP file to send."""
    target = output or Path(f"park-gateway-doctor-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.zip")
    parts = collect(config)
    try:
        with target.open("xb") as file:
            file.write(_zip(parts))
    except FileExistsError:
        fail(f"{target} exists", "choose another name with --output")
    except OSError as error:
        fail(f"cannot write {target}: {error.strerror or error}", "choose another place with --output")
    say(f"wrote {target}: {', '.join(parts)}. Secrets are shown as ***; look through it before you send it")


def collect(config: Path) -> dict[str, str]:
    """The files of the bundle by name. A part that cannot be had says why."""
    from gateway.config import ConfigErrors, load, redacted
    from gateway.plugins import known_drivers

    drivers = known_drivers()
    parts = {"versions.json": _json(_versions())}
    shown = redacted(config, drivers)
    parts |= {f"config/{number}-{Path(path).name}": text for number, (path, text) in enumerate(shown.items())}
    texts = "\n".join(shown.values())
    try:
        loaded = load(config, drivers)
    except ConfigErrors as errors:
        return {**parts, "config-errors.txt": _told(errors.problems, texts)}
    parts["findings.txt"] = _told(loaded.findings, texts)
    parts["data.json"] = _json(_data(loaded.plan.store.directory))
    return {**parts, **_running(loaded.plan)}


def _told(problems: "Sequence[Problem]", texts: str) -> str:
    """Problems by place. What they quote is shown only where it also stands in the masked files: it may be a secret."""

    def masked(found: re.Match[str]) -> str:
        return found[0] if found[1] in texts else "`***`"

    return "\n".join(f"{p.file}:{p.line}:{p.column}: {_QUOTED.sub(masked, p.message)}" for p in problems)


def _running(plan: "ParkPlan") -> dict[str, str]:
    """What the running gateway says of itself."""
    socket = plan.api.socket
    try:
        if not is_running(socket):
            return {"status.txt": "no gateway runs"}
        status = ask(socket, "GET", "/api/v1/status", timeout_s=TIMEOUT_S)
        devices = ask(socket, "GET", "/api/v1/devices", timeout_s=TIMEOUT_S)["items"]
    except GatewayError as error:
        return {"status.txt": str(error)}
    return {"status.json": _json(_without_values(status)), "devices.json": _json(_without_values(devices))}


def _without_values(document: Any) -> Any:
    if isinstance(document, list):
        return [_without_values(entry) for entry in document]
    if isinstance(document, dict):
        return {key: _without_values(entry) for key, entry in document.items() if key not in VALUES}
    return document


def _versions() -> dict[str, Any]:
    from importlib.metadata import distributions

    packages = {distribution.name: distribution.version for distribution in distributions()}
    return {
        "park-gateway": __version__,
        "python": sys.version,
        "platform": platform.platform(),
        "sqlite": sqlite3.sqlite_version,
        "packages": dict(sorted(packages.items())),
    }


def _data(directory: Path) -> dict[str, Any]:
    """The files of the data directory: sizes, and the versions of the databases."""
    sizes: dict[str, int | str] = {}
    versions: dict[str, int | str] = {}
    for path in sorted(directory.rglob("*")):
        try:
            if path.is_file():
                sizes[str(path.relative_to(directory))] = path.stat().st_size
        except OSError as error:  # it went while we looked, or may not be looked at
            sizes[str(path.relative_to(directory))] = str(error.strerror)
        if path.suffix == ".db":
            versions[path.name] = _user_version(path)
    return {"directory": str(directory), "sizes": sizes, "user_version": versions}


def _user_version(path: Path) -> int | str:
    """As SQLite's file header has it: a running gateway has its databases for itself (SQLite file format, 1.3)."""
    log = path.with_name(path.name + "-wal")
    try:
        with path.open("rb") as file:
            version = int.from_bytes(file.read(64)[60:], "big")
        return f"{version}, or newer in its write-ahead log" if log.exists() and log.stat().st_size else version
    except OSError as error:
        return str(error.strerror)


def _json(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2)


def _zip(parts: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return buffer.getvalue()
