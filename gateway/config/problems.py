"""Problems and findings with their position, and the one error that carries all of them."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import NamedTuple

from gateway.core.errors import ConfigError

_SHOWN_CHOICES = 12
WIDE_COLON = "the colon `：` is full-width: write `:` and a blank"


class Mark(NamedTuple):
    """Where something stands: line and column count from 1. In a CSV file the column is the number of the cell."""

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """Something in the configuration that must be changed before the gateway can start."""

    file: str
    line: int
    column: int
    message: str
    hint: str = ""

    def as_json(self) -> dict[str, str | int]:
        """The fields by name, for programs."""
        return {
            "file": self.file, "line": self.line, "column": self.column, "message": self.message, "hint": self.hint,
        }  # fmt: skip

    def __str__(self) -> str:
        text = f"{self.file}:{self.line}:{self.column}: {self.message}"
        return f"{text} ({self.hint})" if self.hint else text


@dataclass(frozen=True, slots=True, order=True)
class Finding(Problem):
    """Something in the configuration that works but should be looked at: a warning."""


class ConfigErrors(ConfigError):
    """Everything that is wrong with the configuration, in the order of the files and lines."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = list(problems)
        super().__init__("\n".join(map(str, self.problems)))


@dataclass(slots=True)
class Report:
    """Collects what is found while a configuration is read; every problem once."""

    problems: dict[Problem, None] = field(default_factory=dict)
    findings: dict[Finding, None] = field(default_factory=dict)

    def error(self, mark: Mark, message: str, hint: str = "") -> None:
        """Note a problem at a position."""
        self.problems[Problem(*mark, message, hint)] = None

    def warn(self, mark: Mark, message: str, hint: str = "") -> None:
        """Note a finding at a position."""
        self.findings[Finding(*mark, message, hint)] = None

    def raise_problems(self) -> None:
        """Raise ConfigErrors if there is any problem, sorted by place within each file."""
        if self.problems:
            files = list(dict.fromkeys(problem.file for problem in self.problems))
            raise ConfigErrors(sorted(self.problems, key=lambda p: (files.index(p.file), p.line, p.column)))


def nearest(word: str, known: Iterable[str]) -> str:
    """A hint: the known word that comes nearest, else the known words, else nothing. A key with the colon of a Chinese
    input method is not misspelt."""
    if "：" in word:
        return WIDE_COLON
    words = sorted(set(known))
    if close := get_close_matches(word, words, n=1, cutoff=0.6):
        return f"did you mean `{close[0]}`?"
    if not words or len(words) > _SHOWN_CHOICES:
        return ""
    return "known: " + ", ".join(f"`{known_word}`" for known_word in words)
