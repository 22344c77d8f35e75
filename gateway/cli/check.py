"""`park-gateway check`: is the configuration right, rules included? No network, no files written."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from gateway.cli.console import DEFAULT_CONFIG, EXIT_CONFIG, AsJson, ConfigPath, load_rules, print_json, print_line

if TYPE_CHECKING:
    from gateway.config.plan import ParkPlan
    from gateway.rulebook import Rulebook

NAME = "check"


def command(config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Check the configuration: every error with file, line and column. Exit code 78 where there is one."""
    if as_json:
        print_json(_as_json(config))
        return
    loaded, rulebook = load_rules(config)
    counts = summary(loaded.plan) | rule_summary(rulebook)
    if warnings := len(loaded.findings) + len(rulebook.findings):
        counts["warnings"] = warnings
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


def rule_summary(rulebook: "Rulebook") -> dict[str, int]:
    """What its rules come to; nothing that is not there."""
    counts = {
        "rules": sum(rule.is_enabled for rule in rulebook.rules),
        "alarms": len(rulebook.alarms),
        "derived points": len(rulebook.derived),
        "routes": len(rulebook.notices.routes),
    }
    return {what: count for what, count in counts.items() if count}


def _as_json(path: Path) -> dict[str, object]:
    from gateway.config import ConfigErrors
    from gateway.plugins import known_drivers
    from gateway.rulebook import load_park

    try:
        loaded, rulebook = load_park(path, known_drivers())
    except ConfigErrors as errors:
        print_json({"ok": False, "errors": [problem.as_json() for problem in errors.problems]})
        raise typer.Exit(EXIT_CONFIG) from None
    counts = {what.replace(" ", "_"): count for what, count in rule_summary(rulebook).items()}
    warnings = [finding.as_json() for finding in (*loaded.findings, *rulebook.findings)]
    return {"ok": True, **summary(loaded.plan), **counts, "warnings": warnings}
