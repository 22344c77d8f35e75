"""Problems and findings of rules at the place where a person can put them right: for a pack, its entry of `use:`."""

import re
from dataclasses import dataclass, field

from gateway.config.place import Places
from gateway.config.problems import Mark, Report
from gateway.config.ruleplan import PackUse, Written
from rules.expression.program import ExpressionError

_NAMES = re.compile(r"[A-Za-z0-9_.-]+")


@dataclass(slots=True)
class Issues:
    """Collects what is found while rules are compiled."""

    report: Report = field(default_factory=Report)
    lacks_packs: bool = False  # one could not be read: names of rules that are not known may be its own
    _uses: dict[str, PackUse] = field(default_factory=dict)  # by the file name that marks of its pack have
    _parameters: dict[Mark, Mark] = field(default_factory=dict)  # a place in a pack -> the parameter written for it
    _expressions: dict[Mark, Written] = field(default_factory=dict)  # the same for expressions
    _places: Places = field(default_factory=Places)

    def adopt(
        self, file: str, use: PackUse, parameters: dict[Mark, Mark], expressions: dict[Mark, Written] | None = None
    ) -> None:
        """From now on a mark in `file` stands for this entry of `use:`, or for the parameter that was put in there."""
        self._uses[file] = use
        self._parameters |= parameters
        self._expressions |= expressions or {}

    def error(self, mark: Mark, message: str, hint: str = "") -> None:
        """Note a problem."""
        self.report.error(self.where(mark), self._told(mark, message), hint)

    def warn(self, mark: Mark, message: str, hint: str = "") -> None:
        """Note a finding."""
        self.report.warn(self.where(mark), self._told(mark, message), hint)

    def refuse(self, written: Written, error: ExpressionError) -> None:
        """Note what is wrong with an expression, at the very place in the file."""
        if written.mark.file in self._uses:
            self.error(written.mark, f"`{written.text}`: {error.message}", error.hint)
        else:
            place = self._places.of(written.mark, written.text, error.line, error.column)
            self.error(place, error.message, error.hint)

    def is_of_pack(self, mark: Mark) -> bool:
        """True for what stands in a shipped pack: it may name what a park does not have."""
        return mark.file in self._uses

    def parameter_with(self, mark: Mark, name: str) -> Written | None:
        """The parameter at a place of a pack, where it is an expression that names this point."""
        found = self._expressions.get(mark)
        return found if found is not None and name in _NAMES.findall(found.text) else None

    def where(self, mark: Mark) -> Mark:
        """The place to show for a mark."""
        use = self._uses.get(mark.file)
        return mark if use is None else self._parameters.get(mark, use.mark)

    def _told(self, mark: Mark, message: str) -> str:
        use = self._uses.get(mark.file)
        return message if use is None else f"pack `{use.pack.text}`, line {mark.line}: {message}"
