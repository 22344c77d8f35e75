"""`park-gateway check`: is the configuration right, rules and accounts included? No network, no files written."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from gateway.cli.console import DEFAULT_CONFIG, EXIT_CONFIG, AsJson, ConfigPath, load_all, print_json, print_line

if TYPE_CHECKING:
    from gateway.accounts.books import Books
    from gateway.config.plan import ParkPlan
    from gateway.rulebook import Rulebook

NAME = "check"


def command(config: ConfigPath = DEFAULT_CONFIG, as_json: AsJson = False) -> None:
    """Check the configuration: every error with file, line and column. Exit code 78 where there is one."""
    if as_json:
        print_json(_as_json(config))
        return
    found = load_all(config)
    counts = summary(found.loaded.plan) | rule_summary(found.rulebook) | account_summary(found.books)
    if warnings := len(found.findings):
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


def account_summary(books: "Books") -> dict[str, int]:
    """What its accounts are made with; nothing that is not there."""
    counts = {
        "meters": len(books.meters),
        "virtual meters": len(books.virtual),
        "emission sources": len(books.sources),
        "tariffs": len(books.tariffs),
    }
    return {what: count for what, count in counts.items() if count}


def _as_json(path: Path) -> dict[str, object]:
    from gateway.config import ConfigErrors
    from gateway.pipeline.configuration import load_configuration

    try:
        found = load_configuration(path)
    except ConfigErrors as errors:
        print_json({"ok": False, "errors": [problem.as_json() for problem in errors.problems]})
        raise typer.Exit(EXIT_CONFIG) from None
    counts = rule_summary(found.rulebook) | account_summary(found.books)
    named = {what.replace(" ", "_"): count for what, count in counts.items()}
    warnings = [finding.as_json() for finding in found.findings]
    return {"ok": True, **summary(found.loaded.plan), **named, "warnings": warnings}
