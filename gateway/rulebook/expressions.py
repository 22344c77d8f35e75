"""Compiles the expressions of rules for many devices: each text once, wherever its operands are alike."""

import re
from dataclasses import dataclass, replace

from gateway.config.ruleplan import Written
from gateway.rulebook.comparison import Comparison, first_comparison
from gateway.rulebook.directory import Directory, RuleScope
from gateway.rulebook.expansion import expanded
from gateway.rulebook.refusal import MissingPoint, Refused
from rules.expression.errors import ExpressionError
from rules.expression.program import Expression, ResultType, Threshold, compile_expression
from rules.expression.scope import Operand

_MISSING = re.compile(r"no point is called `([^`]+)`")
_NAME = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?")
_Key = tuple[str, ResultType | None, str | None]


@dataclass(frozen=True, slots=True)
class _Compiled:
    """An expression as it was compiled for one device, and the bare names in it."""

    expression: Expression
    relative: dict[str, Operand]


class ExpressionShelf:
    """Gives expressions. `zone` is the site's, for `hour` and `weekday`."""

    def __init__(self, directory: Directory, zone: str) -> None:
        self._directory = directory
        self._zone = zone
        self._compiled: dict[_Key, list[_Compiled]] = {}
        self._found: dict[tuple[str, ResultType | None, str | None, str], Expression] = {}  # with the home
        self._lacking: dict[str, dict[str, ExpressionError]] = {}  # by text: names that some device has not
        self._comparisons: dict[str, Comparison | None] = {}

    def get(self, written: Written, home: str, wants: ResultType | None = None, unit: str | None = None) -> Expression:
        """The expression as seen from `home` (see `Directory.resolve`). Raises MissingPoint or Refused."""
        written = expanded(written, home, self._directory)
        key = (written.text, wants, unit)
        known = self._found.get((*key, home))
        if known is None:
            known = self._found[*key, home] = self._made(key, written, home)
        return known

    def _made(self, key: _Key, written: Written, home: str) -> Expression:
        for one in self._compiled.get(key, ()):
            found = self._rebound(one, home)
            if found is not None:
                return found
        for name, error in self._lacking.get(written.text, {}).items():
            if "." not in name and self._directory.resolve(home, name) is None:
                raise MissingPoint(name, written, error)
        return self._compile(key, written, home)

    def comparison(self, written: Written, home: str) -> Comparison | None:
        """The first comparison of an expression."""
        written = expanded(written, home, self._directory)
        if written.text not in self._comparisons:
            self._comparisons[written.text] = first_comparison(written.text, RuleScope(self._directory, home).resolve)
        return self._comparisons[written.text]

    def _compile(self, key: _Key, written: Written, home: str) -> Expression:
        _, wants, unit = key
        scope = RuleScope(self._directory, home)
        try:
            found = compile_expression(written.text, scope, zone=self._zone, wants=wants, unit=unit)
        except ExpressionError as error:
            match = _MISSING.match(error.message)
            if match is None or "." in match[1]:
                raise Refused(written, error) from None
            error = _with_quotes(error, match[1], written.text, scope)
            self._lacking.setdefault(written.text, {})[match[1]] = error
            raise MissingPoint(match[1], written, error) from None
        if scope.absolute.isdisjoint(one.tag for one in scope.relative.values()):
            self._compiled.setdefault(key, []).append(_Compiled(found, scope.relative))
        return found

    def _rebound(self, one: _Compiled, home: str) -> Expression | None:
        """The same program with the operands of another device; `None` where they are of another form.

        Programs know operands by position only, so tags can be exchanged.
        """
        tags: dict[str, Operand] = {}
        for name, first in one.relative.items():
            own = self._directory.resolve(home, name)
            if own is None:
                return None
            if own is not first and not _is_alike(own, first):
                return None
            tags[first.tag] = own
        inputs = tuple(tags.get(operand.tag, operand) for operand in one.expression.inputs)
        if inputs == one.expression.inputs:
            return one.expression
        threshold = one.expression.threshold
        if threshold is not None and threshold.tag in tags:
            threshold = Threshold(tags[threshold.tag].tag, threshold.operator, threshold.limit)
        return replace(one.expression, inputs=inputs, threshold=threshold)


def _with_quotes(error: ExpressionError, name: str, text: str, scope: RuleScope) -> ExpressionError:
    """The error with the hint that a word stands between quotes, where a point beside it has this word."""
    for match in _NAME.finditer(text):
        operand = scope.resolve(match[0])
        words = operand.words if operand is not None else ()
        word = next((word for _, word in words if word.casefold() == name.casefold()), None)
        if word is not None:
            hint = f'a word of `{match[0]}` stands between quotes: `{match[0]} == "{word}"`'
            return ExpressionError(error.message, hint, error.line, error.column)
    return error


def _is_alike(one: Operand, other: Operand) -> bool:
    """True where both compile to the same: everything but the tag is equal."""
    return (
        one.type is other.type
        and one.unit == other.unit
        and one.kind is other.kind
        and one.interval_s == other.interval_s
        and one.stale_after_s == other.stale_after_s
        and one.words == other.words
    )
