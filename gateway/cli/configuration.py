"""The whole configuration for commands that judge it or run it: devices, rules, accounts, every mistake at once."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from gateway.accounts.books import Books
from gateway.accounts.setup.compile import load_books
from gateway.accounts.setup.tariffs import without_tariff
from gateway.config import ConfigErrors, Finding, Loaded, Problem
from gateway.config.park import attempt
from gateway.config.plan import ParkPlan
from gateway.config.problems import Report
from gateway.core.clock import Clock, SystemClock
from gateway.plugins import known_drivers
from gateway.rulebook import Rulebook
from gateway.rulebook.load import rules_of

_NAMED = re.compile(r"`([^`]+)`")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Configuration:
    """A configuration that can be run."""

    loaded: Loaded
    rulebook: Rulebook
    books: Books
    untimely: tuple[Finding, ...] = ()  # what lacks today

    @property
    def findings(self) -> list[Finding]:
        """What works and should be looked at."""
        return [*self.loaded.findings, *self.rulebook.findings, *self.books.findings, *self.untimely]


def load_configuration(path: Path, clock: Clock | None = None) -> Configuration:
    """Read `path` with everything that it names. Raises ConfigErrors: form, rules and accounts are told together."""
    found = attempt(path, known_drivers())
    plan, report = found.plan, Report(dict(found.report.problems))
    if plan is None or not found.is_sound_but_accounts:
        report.raise_problems()
    assert plan is not None
    rulebook = _judged(rules_of, plan, report)
    books = _judged(load_books, plan, report, found.unread)
    report.raise_problems()
    assert rulebook is not None
    assert books is not None
    moment = datetime.fromtimestamp((clock or SystemClock()).time_ns() // 1_000_000_000, UTC)
    today = moment.astimezone(ZoneInfo(plan.site.timezone)).date()
    loaded = Loaded(plan, sorted(found.report.findings))
    return Configuration(loaded, rulebook, books, without_tariff(plan, books.tariffs, today))


def _judged(judge: Callable[[ParkPlan], T], plan: ParkPlan, report: Report, unread: Collection[str] = ()) -> T | None:
    """What `judge` makes of the plan, `None` after problems; those that only name what was left out are no news."""
    try:
        return judge(plan)
    except ConfigErrors as errors:
        report.problems |= {one: None for one in errors.problems if not _is_about(one, unread)}
        return None


def _is_about(problem: Problem, unread: Collection[str]) -> bool:
    names = _NAMED.findall(problem.message)
    return any(fnmatchcase(name, left_out) for name in names for left_out in unread)
