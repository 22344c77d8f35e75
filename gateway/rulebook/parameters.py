"""The parameters of a pack: as written in `use:`, as the site says, or the pack's own default."""

import re
from dataclasses import dataclass, field
from functools import partial

from gateway.config.nodes import Mapping, Node, Scalar, plain, scalars
from gateway.config.plan import ParkPlan
from gateway.config.problems import Mark, nearest
from gateway.config.ruleplan import PackUse
from gateway.rulebook.issues import Issues

_REFERENCE = re.compile(r"\$\{([a-z0-9_]+)\}")
_OF_SITE = "site.contract_demand"
"""What a default may name instead of a value."""


@dataclass(slots=True)
class Parameters:
    """The values of one use of a pack. `marks`: where what was put into a place of the pack was written."""

    use: PackUse
    common: frozenset[str]  # what every entry of `use:` takes
    plan: ParkPlan
    issues: Issues
    marks: dict[Mark, Mark] = field(default_factory=dict)
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
        return value[0]

    def _value(self, name: str, written: Node | None, entry: Node) -> tuple[str, Mark] | None:
        if isinstance(written, Scalar) and written.text and not written.is_unset:
            return written.text, written.mark
        if written is not None:
            self.issues.error(written.mark, f"parameter `{name}` takes one value", "write for example `-18 °C`")
            return None
        stated = plain(entry)
        options = stated if isinstance(stated, dict) else {}
        default = options.get("default")
        if default == _OF_SITE:
            demand_kw = self.plan.site.contract_demand_kw
            default = None if demand_kw is None else f"{demand_kw:g} kW"
        if default is None and options.get("required"):
            example = options.get("example", "...")
            what = f"pack `{self.use.pack.text}` needs `{name}`"
            self.issues.error(self.use.mark, what, f"write for example `{self.use.name}: {{{name}: {example}}}`")
        return None if default is None else (str(default), self.use.mark)
