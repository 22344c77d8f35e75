"""`load_park`: the configuration and the rules in it, compiled."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

from gateway.config import Loaded, load
from gateway.config.drivermodels import DriverEntry
from gateway.config.plan import ParkPlan
from gateway.rulebook.book import Rulebook
from gateway.rulebook.compiler import compile_rules


def load_park(
    path: Path,
    drivers: Mapping[str, DriverEntry],
    environment: Mapping[str, str] | None = None,
    year: int | None = None,
) -> tuple[Loaded, Rulebook]:
    """Read `path` with everything that it names, and compile its rules. Raises ConfigErrors with every problem.

    What is wrong with the devices is said first: the rules are judged against them. `year` (default: this one) is asked
    of calendars.
    """
    loaded = load(path, drivers, environment)
    return loaded, rules_of(loaded.plan, year)


def rules_of(plan: ParkPlan, year: int | None = None) -> Rulebook:
    """The rules of a configuration. Raises ConfigErrors with every problem."""
    return compile_rules(plan, year or datetime.now(UTC).year)
