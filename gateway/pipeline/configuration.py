"""The whole configuration, to be run or judged: devices, rules, accounts, every mistake at once."""

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from gateway.accounts.books import Books
from gateway.accounts.setup.compile import load_books, no_books
from gateway.accounts.setup.tariffs import without_tariff
from gateway.config import ConfigErrors, Finding, Loaded, Problem
from gateway.config.drivermodels import DriverModels
from gateway.config.park import attempt
from gateway.config.plan import ParkPlan
from gateway.config.problems import Report
from gateway.config.profiles import SHIPPED
from gateway.config.redact import redacted_text
from gateway.config.seen import SeenFiles
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
    seen: SeenFiles = field(default_factory=SeenFiles)
    folder: Path = Path()  # of park.yaml

    @property
    def plan(self) -> ParkPlan:
        """What is to be run."""
        return self.loaded.plan

    @property
    def findings(self) -> list[Finding]:
        """What works and should be looked at."""
        return [*self.loaded.findings, *self.rulebook.findings, *self.books.findings, *self.untimely]

    def short(self, file: str | Path) -> str:
        """A file as it may be named: where the folder lies on this machine is nobody's business."""
        path = Path(file)
        return path.relative_to(self.folder).as_posix() if path.is_relative_to(self.folder) else path.name

    def texts(self) -> dict[str, str]:
        """The files by name as they may be shown, line by line as they were read; secrets are `***`."""
        models = DriverModels(known_drivers())
        secrets = models.secret_fields(), models.channel_secrets()
        contents: Mapping[Path, bytes] = self.seen.contents
        own = {path: data for path, data in contents.items() if not path.is_relative_to(SHIPPED)}
        return {self.short(path): redacted_text(path, data, *secrets) for path, data in own.items()}


def plain_configuration(
    plan: ParkPlan, rulebook: Rulebook | None = None, books: Books | None = None, findings: Sequence[Finding] = ()
) -> Configuration:
    """A plan that was not read from files. Without `books` nothing is accounted."""
    return Configuration(Loaded(plan, list(findings)), rulebook or Rulebook(), books or no_books(plan))


def load_configuration(
    path: Path, clock: Clock | None = None, instead: Mapping[Path, bytes] | None = None
) -> Configuration:
    """Read `path` with everything that it names. Raises ConfigErrors: form, rules and accounts are told together.

    `instead` stands in for what files hold on the disk.
    """
    found = attempt(path, known_drivers(), instead=instead)
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
    untimely = (*without_tariff(plan, books.tariffs, today), *_of_certificate(plan, moment))
    return Configuration(loaded, rulebook, books, untimely, found.seen, path.parent)


def _of_certificate(plan: ParkPlan, now: datetime) -> tuple[Finding, ...]:
    """What to do about a certificate of the owner's own, in time."""
    own = plan.api.own
    if own is None or own.mark is None:
        return ()
    from gateway.identity import certificate  # with cryptography, which few need

    found = certificate.read(own.certificate, is_own=True)
    return tuple(Finding(*own.mark, text) for text in found.findings(int(now.timestamp()) * 10**9))


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
