"""The whole configuration for commands that judge it or run it: devices, rules, accounts, every mistake at once."""

from dataclasses import dataclass
from pathlib import Path

from gateway.accounts.books import Books
from gateway.accounts.setup.compile import load_books
from gateway.config import ConfigErrors, Finding, Loaded, Problem, load
from gateway.plugins import known_drivers
from gateway.rulebook import Rulebook
from gateway.rulebook.load import rules_of


@dataclass(frozen=True, slots=True)
class Configuration:
    """A configuration that can be run."""

    loaded: Loaded
    rulebook: Rulebook
    books: Books

    @property
    def findings(self) -> list[Finding]:
        """What works and should be looked at."""
        return [*self.loaded.findings, *self.rulebook.findings, *self.books.findings]


def load_configuration(path: Path) -> Configuration:
    """Read `path` with everything that it names. Raises ConfigErrors; rules and accounts are told together."""
    loaded = load(path, known_drivers())
    problems: list[Problem] = []
    rulebook: Rulebook | None = None
    books: Books | None = None
    try:
        rulebook = rules_of(loaded.plan)
    except ConfigErrors as errors:
        problems += errors.problems
    try:
        books = load_books(loaded.plan)
    except ConfigErrors as errors:
        problems += errors.problems
    if rulebook is None or books is None:
        raise ConfigErrors(problems)
    return Configuration(loaded, rulebook, books)
