"""`park-gateway check`: is the configuration right? No network, no files written."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from gateway.cli.console import DEFAULT_CONFIG, EXIT_CONFIG, AsJson, ConfigPath, load_config, print_json, print_line

if TYPE_CHECKING:
    from gateway.config.plan import ParkPlan

NAME = "check"


def command(config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Check the configuration: every error with file, line and column. Exit code 78 where there is one."""
    if as_json:
        print_json(_as_json(config))
        return
    loaded = load_config(config)
    counts = summary(loaded.plan)
    if loaded.findings:
        counts["warnings"] = len(loaded.findings)
    shown = (f"{count} {what if count != 1 else what.removesuffix('s')}" for what, count in counts.items())
    print_line(f"configuration is right: {', '.join(shown)}")


def summary(plan: "ParkPlan") -> dict[str, int]:
    """What the configuration holds."""
    return {
        "enterprises": len(plan.enterprises),
        "devices": len(plan.devices),
        "connected": sum(device.is_connected for device in plan.devices),
        "connections": len(plan.connections),
        "points": sum(len(g.points) for c in plan.connections for d in c.devices for g in d.groups),
        "sinks": len(plan.sinks),
    }


def _as_json(path: Path) -> dict[str, object]:
    from gateway.config import ConfigErrors, load
    from gateway.plugins import known_drivers

    try:
        loaded = load(path, known_drivers())
    except ConfigErrors as errors:
        print_json({"ok": False, "errors": [problem.as_json() for problem in errors.problems]})
        raise typer.Exit(EXIT_CONFIG) from None
    return {"ok": True, **summary(loaded.plan), "warnings": [finding.as_json() for finding in loaded.findings]}
