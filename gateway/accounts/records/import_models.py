"""A table that somebody wants to have recorded, and what became of it."""

from dataclasses import dataclass, field
from typing import Any

from gateway.accounts.records.evidence_files import EvidenceFile
from gateway.accounts.records.forms import Form
from gateway.accounts.records.submission_log import Submission
from gateway.accounts.records.submission_models import Fault
from gateway.accounts.records.tables import Table
from gateway.config.problems import Mark, Problem
from gateway.core.errors import Rejected

_MOST_PROBLEMS = 1000


@dataclass(slots=True)
class Imported:
    """What became of a table."""

    rows: int = 0
    taken: list[Submission] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    more_problems: int = 0  # that are not listed
    notes: list[str] = field(default_factory=list)
    broken: frozenset[tuple[int, int]] = frozenset()  # line and column of cells that cannot be read

    @property
    def count(self) -> int:
        """Of all problems."""
        return len(self.problems) + self.more_problems

    def wrong(self, mark: Mark, fault: Fault) -> None:
        """Note a fault at its place; of a cell that cannot be read that is told already."""
        if (mark.line, mark.column) in self.broken:
            return
        if len(self.problems) >= _MOST_PROBLEMS:
            self.more_problems += 1
            return
        message = f"{fault.field}: {fault.message}" if fault.field else fault.message
        self.problems.append(Problem(*mark, message, fault.hint))


class TableRefused(Rejected):
    """Rows are wrong and nothing was taken."""

    def __init__(self, imported: Imported) -> None:
        count = imported.count
        hint = "put them right; or take the good rows alone: `accept_good_rows`"
        super().__init__(f"{count} error{'s' * (count > 1)} in the table: nothing was taken", hint)
        self.imported = imported


@dataclass(frozen=True, slots=True)
class ImportWanted:
    """A table that somebody wants to have recorded. The first of `evidence` is the table itself."""

    form: Form
    table: Table
    evidence: tuple[EvidenceFile, ...]
    note: str = ""
    supersedes: str = ""  # of past readings: the table whose place this one takes
    key: str = ""
    accept_good_rows: bool = False
    is_forced: bool = False


def imported_document(done: Imported) -> dict[str, Any]:
    """What became of a table."""
    return {
        "rows": done.rows,
        "taken": len(done.taken),
        "records": [one.id for one in done.taken],
        "notes": done.notes,
        "errors": [one.as_json() for one in done.problems],
        "more_errors": done.more_problems,
    }
