"""The parameters of a pack: as written in `use:`, as the site says, or the pack's own default.

A parameter is a quantity: a time or a share where its default or example is one. `kind: expression` in the pack says
that it may be any expression, the name of a point too.
"""

import re
from dataclasses import dataclass, field
from functools import partial

from gateway.config.nodes import Mapping, Node, Scalar, plain, scalars
from gateway.config.plan import ParkPlan
from gateway.config.problems import Mark, nearest
from gateway.config.ruleplan import PackUse, Written
from gateway.rulebook.issues import Issues
from rules.expression.units import PERCENT, SECONDS, is_known, unit_of

_REFERENCE = re.compile(r"\$\{([a-z0-9_]+)\}")
_OF_SITE = "site.contract_demand"
"""What a default may name instead of a value."""
_QUANTITY = re.compile(
    r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?\s*(?P<unit>[^\s0-9()<>=,!+*`'\"-][^\s()<>=,!+*`'\"]*)?"
)
_SAYS = {SECONDS.dimension: "a time with its unit", PERCENT.dimension: "a share"}
_ANY = "-18 °C"


@dataclass(slots=True)
class Parameters:
    """The values of one use of a pack. `marks`: where what was put into a place of the pack was written; `expressions`:
    the parameter of kind `expression` that was put in there."""

    use: PackUse
    common: frozenset[str]  # what every entry of `use:` takes
    plan: ParkPlan
    issues: Issues
    marks: dict[Mark, Mark] = field(default_factory=dict)
    expressions: dict[Mark, Written] = field(default_factory=dict)
    _free: set[str] = field(default_factory=set)  # parameters that may be any expression
    _values: dict[str, tuple[str, Mark] | None] = field(default_factory=dict)  # None: without value

    def read(self, declared: Node | None) -> bool:
        """Take the pack's `parameters:` in. False after problems: unknown ones, required ones without a value."""
        known = declared.items if isinstance(declared, Mapping) else {}
        written = dict(self.use.parameters)
        marks = dict(self.use.marks)
        before = len(self.issues.report.problems)
        for name, mark in marks.items():
            if name not in known and name not in self.common:
                what = f"pack `{self.use.pack.text}` has no parameter `{name}`"
                self.issues.error(mark, what, nearest(name, [*known, *self.common]))
        for name, entry in known.items():
            self._values[name] = self._value(name, written.get(name), entry)
        return len(self.issues.report.problems) == before

    def put_in(self, rules: Node) -> None:
        """Replace `${name}` in every text; one with a parameter that has no value is marked as unset."""
        for node in scalars(rules):
            if "${" in node.text:
                node.text = _REFERENCE.sub(partial(self._replacement, node), node.text)

    def _replacement(self, node: Scalar, match: re.Match[str]) -> str:
        value = self._values.get(match[1])
        if value is None:
            node.is_unset = True
            return ""
        if value[1] != self.use.mark:
            self.marks[node.mark] = value[1]
            if match[1] in self._free:
                self.expressions[node.mark] = Written(*value)
        return value[0]

    def _value(self, name: str, written: Node | None, entry: Node) -> tuple[str, Mark] | None:
        stated = plain(entry)
        options = stated if isinstance(stated, dict) else {}
        default = options.get("default")
        like = str(options.get("example", _ANY) if default in (None, _OF_SITE) else default)
        if isinstance(written, Scalar) and written.text and not written.is_unset:
            if options.get("kind") == "expression":
                self._free.add(name)
            else:
                self._check(name, written, like)
            return written.text, written.mark
        if written is not None:
            self.issues.error(written.mark, f"parameter `{name}` takes one value", f"write for example `{like}`")
            return None
        if default == _OF_SITE:
            demand_kw = self.plan.site.contract_demand_kw
            default = None if demand_kw is None else f"{demand_kw:g} kW"
        if default is None and options.get("required"):
            example = options.get("example", "...")
            what = f"pack `{self.use.pack.text}` needs `{name}`"
            self.issues.error(self.use.mark, what, f"write for example `{self.use.name}: {{{name}: {example}}}`")
        return None if default is None else (str(default), self.use.mark)

    def _check(self, name: str, written: Scalar, like: str) -> None:
        """Note what is no quantity, and no time or share where `like` is one; other units are judged in the rules."""
        wanted = _dimension(like)
        found = _dimension(written.text)
        if found is None or (wanted in _SAYS and found != wanted):
            what = f"parameter `{name}` is {_SAYS.get(wanted or '', 'a number with or without a unit')}"
            self.issues.error(written.mark, f"{what}, not `{written.shown}`", f"write for example `{like}`")


def _dimension(text: str) -> str | None:
    """What a quantity is of, empty for a plain number or a unit of the user's own; `None` for what is no quantity."""
    match = _QUANTITY.fullmatch(text.strip())
    if match is None:
        return None
    unit = unit_of(match["unit"] or "")
    return unit.dimension if unit is not None and is_known(unit.text) else ""
