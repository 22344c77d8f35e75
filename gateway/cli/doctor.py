"""`park-gateway doctor`: a bundle for whoever helps, without secrets and without values."""

import io
import json
import platform
import sqlite3
import sys
import zipfile
from contextlib import closing
from datetime import UTC, datetime
from importlib.metadata import distributions
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway import __version__
from gateway.cli.console import DEFAULT_CONFIG, ConfigPath, errors_for_people, fail, say
from gateway.cli.peer import ask, is_running
from gateway.config import ConfigErrors, Loaded, load, redacted
from gateway.config.plan import ParkPlan
from gateway.core.errors import GatewayError
from gateway.plugins import known_drivers

NAME = "doctor"


def command(
    output: Annotated[Path | None, typer.Option("--output", "-o", help="The ZIP file to write.")] = None,
    config: ConfigPath = DEFAULT_CONFIG,
) -> None:
    """Collect configuration (secrets shown as ***), versions, states and sizes into one ZIP file to send."""
    target = output or Path(f"park-gateway-doctor-{datetime.now(UTC):%Y%m%dT%H%M%SZ}.zip")
    if target.exists():
        fail(f"{target} exists", "choose another name with --output")
    with errors_for_people():
        parts = collect(config)
        try:
            target.write_bytes(_zip(parts))
        except OSError as error:
            fail(f"cannot write {target}: {error.strerror}", "choose another place with --output")
    say(f"wrote {target}: {', '.join(parts)}. Secrets are shown as ***; look through it before you send it")


def collect(config: Path) -> dict[str, str]:
    """The files of the bundle by name. A part that cannot be had says why."""
    parts = {"versions.json": _json(_versions())}
    drivers = known_drivers()
    try:
        loaded = load(config, drivers)
    except ConfigErrors as errors:
        return {**parts, "config-errors.txt": str(errors)}
    parts |= {
        f"config/{number}-{Path(path).name}": text
        for number, (path, text) in enumerate(redacted(config, drivers).items())
    }
    parts["findings.txt"] = "\n".join(map(str, loaded.findings))
    parts["data.json"] = _json(_data(loaded.plan))
    return {**parts, **_running(loaded)}


def _running(loaded: Loaded) -> dict[str, str]:
    """What the running gateway says of itself."""
    socket = loaded.plan.api.socket
    if not is_running(socket):
        return {"status.txt": "no gateway runs"}
    try:
        status = ask(socket, "GET", "/api/v1/status")
        devices = ask(socket, "GET", "/api/v1/devices")["items"]
    except GatewayError as error:
        return {"status.txt": str(error)}
    without_values = [{key: value for key, value in device.items() if key != "power_kw"} for device in devices]
    return {"status.json": _json(status), "devices.json": _json(without_values)}


def _versions() -> dict[str, Any]:
    packages = {distribution.name: distribution.version for distribution in distributions()}
    return {
        "park-gateway": __version__,
        "python": sys.version,
        "platform": platform.platform(),
        "sqlite": sqlite3.sqlite_version,
        "packages": dict(sorted(packages.items())),
    }


def _data(plan: ParkPlan) -> dict[str, Any]:
    """The files of the data directory: sizes, and the versions of the databases."""
    directory = plan.store.directory
    files = sorted(path for path in directory.rglob("*") if path.is_file())
    sizes = {str(path.relative_to(directory)): path.stat().st_size for path in files}
    versions = {path.name: _user_version(path) for path in files if path.suffix == ".db"}
    return {"directory": str(directory), "sizes": sizes, "user_version": versions}


def _user_version(path: Path) -> int | str:
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=2)) as db:
            return int(db.execute("PRAGMA user_version").fetchone()[0])
    except sqlite3.Error as error:
        return str(error)


def _json(document: Any) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2)


def _zip(parts: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(name, text)
    return buffer.getvalue()
