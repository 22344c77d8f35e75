"""Shipped packs: rules with parameters, switched on by `use:`.

A pack is a file of rules with a `parameters:` section: name -> {default: ..., about: ...}; `example: ...` where there
is no default, `kind: expression` where it need not be a quantity. `${name}` in a rule stands for the parameter; a rule
with one that has no value is left out (`required: true`: that is a problem). Rules are for whichever devices have the
points; the keys of a selector in the entry of `use:` narrow all of them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from gateway.config.drivermodels import field_names
from gateway.config.nodes import Mapping, Node, Scalar, scalars
from gateway.config.plan import ParkPlan
from gateway.config.problems import Mark, Report, nearest
from gateway.config.rulemodels import PackModel
from gateway.config.ruleplan import AlarmPlan, DerivedPlan, PackUse, RulesPlan, SelectorPlan, Written
from gateway.config.rulereader import RuleReader, selector_of
from gateway.config.secrets import Vault
from gateway.config.validate import Validator
from gateway.config.yamltext import parse_yaml
from gateway.rulebook.issues import Issues
from gateway.rulebook.parameters import Parameters

SHIPPED = Path(__file__).parent / "packs"
SECTIONS = ("alarms", "derived", "schedules", "calendars")
_COMMON = field_names(PackModel)
R = TypeVar("R", AlarmPlan, DerivedPlan)


def shipped() -> list[str]:
    """The names of the packs that come with the gateway."""
    return sorted(path.stem for path in SHIPPED.glob("*.yaml"))


def pack_of(rule: str) -> str:
    """The shipped pack that has a rule of this name; empty where none has."""
    for name in shipped():
        alarms = _tree(name, name, Report()).items.get("alarms")
        if isinstance(alarms, Mapping) and rule in alarms.items:
            return name
    return ""


def _tree(pack: str, file: str, report: Report) -> Mapping:
    """The nodes of a shipped pack, with `file` as the name in its marks."""
    root = parse_yaml((SHIPPED / f"{pack}.yaml").read_text(encoding="utf-8"), file, report, lambda _: None)
    assert isinstance(root, Mapping)
    return root


def with_packs(rules: RulesPlan, plan: ParkPlan, issues: Issues) -> RulesPlan:
    """The rules with those of the packs that are used; names that stand twice are problems."""
    alarms, derived = list(rules.alarms), list(rules.derived)
    schedules, calendars = list(rules.schedules), list(rules.calendars)
    for use in rules.uses:
        pack = _PackReader(use, plan, issues).read()
        alarms += pack.alarms
        texts = {(one.name, one.value.text) for one in derived if one.pack}
        derived += [one for one in pack.derived if (one.name, one.value.text) not in texts]  # packs may share one
        schedules += [one for one in pack.schedules if one.name not in {other.name for other in schedules}]
        calendars += [one for one in pack.calendars if one.name not in {other.name for other in calendars}]
    _refuse_doubles("alarm", alarms, issues)
    _refuse_doubles("derived point", derived, issues)
    return replace(
        rules, alarms=tuple(alarms), derived=tuple(derived), schedules=tuple(schedules), calendars=tuple(calendars)
    )


def _refuse_doubles(what: str, rules: Sequence[AlarmPlan] | Sequence[DerivedPlan], issues: Issues) -> None:
    marks: dict[str, Mark] = {}
    for rule in rules:
        if rule.name in marks:
            hint = f"first: {issues.where(marks[rule.name])}; rename it, or `disable: [{rule.name}]` in the pack"
            issues.error(rule.mark, f"{what} `{rule.name}` stands twice", hint)
        marks.setdefault(rule.name, rule.mark)


@dataclass(slots=True)
class _PackReader:
    """Reads one pack with the parameters of one entry of `use:`."""

    use: PackUse
    plan: ParkPlan
    issues: Issues

    def read(self) -> RulesPlan:
        """The pack's rules as they are for this use; none after problems."""
        name = self.use.pack.text
        if name not in shipped():
            hint = nearest(name, shipped()) or f"shipped: {', '.join(shipped())}"
            self.issues.error(self.use.pack.mark, f"no pack `{name}`", hint)
            self.issues.lacks_packs = True
            return RulesPlan()
        file = f"{SHIPPED / name}.yaml#{self.use.name}"  # the same pack may be used twice
        report = Report()
        parameters = Parameters(self.use, _COMMON, self.plan, self.issues)
        root = _tree(name, file, report)
        if not parameters.read(root.items.get("parameters")):
            self.issues.lacks_packs = True
            return RulesPlan()
        parameters.put_in(root.without(frozenset({"parameters"})))
        self.issues.adopt(file, self.use, parameters.marks, parameters.expressions)
        maps = {key: self._kept(node) for key, node in root.items.items() if isinstance(node, Mapping)}
        validator = Validator(Vault({}, SHIPPED, report))
        found = RuleReader(validator, self.use.name).read({key: maps[key] for key in SECTIONS if key in maps})
        for problem in report.problems:
            self.issues.error(Mark(problem.file, problem.line, problem.column), problem.message, problem.hint)
        return self._adapted(found)

    def _kept(self, node: Mapping) -> Mapping:
        """The entries whose parameters all have a value."""
        kept = Mapping(node.mark)
        for name, entry in node.items.items():
            if not any(scalar.is_unset for scalar in scalars(entry)):
                kept.put(name, entry, node.keys[name])
        return kept

    def _adapted(self, rules: RulesPlan) -> RulesPlan:
        disabled = self._disabled({rule.name for rule in rules.alarms} | {rule.name for rule in rules.derived})
        own = frozenset(rule.name for rule in rules.alarms)
        alarms = (
            replace(self._narrowed(rule), parents=tuple(self._parent(one, own) for one in rule.parents))
            for rule in rules.alarms
            if rule.name not in disabled
        )
        derived = (self._narrowed(rule) for rule in rules.derived if rule.name not in disabled)
        return replace(
            rules,
            alarms=tuple(replace(rule, name=self._named(rule.name)) for rule in alarms),
            derived=tuple(derived),
        )

    def _disabled(self, known: Iterable[str]) -> set[str]:
        node = dict(self.use.parameters).get("disable")
        found = [] if node is None else list(scalars(node))
        for one in found:
            if one.text not in known:
                hint = nearest(one.text, known)
                self.issues.error(one.mark, f"pack `{self.use.pack.text}` has no rule `{one.shown}`", hint)
        return {one.text for one in found}

    def _named(self, rule: str) -> str:
        return rule if self.use.name == self.use.pack.text else f"{self.use.name}-{rule}"

    def _parent(self, parent: Written, own: frozenset[str]) -> Written:
        return replace(parent, text=self._named(parent.text)) if parent.text in own else parent

    def _narrowed(self, rule: R) -> R:
        """The rule for the devices that the entry of `use:` selects; its own keys of the same name give way."""
        if rule.for_each is None:
            return rule
        written = Mapping(self.use.mark, dict(self.use.parameters), dict(self.use.marks)).only(_COMMON)
        model = PackModel.model_validate({key: _plain(node) for key, node in written.items.items()})
        own = selector_of(model, written)
        return replace(rule, for_each=_over(own, rule.for_each))


def _plain(node: Node) -> object:
    return node.text if isinstance(node, Scalar) else [one.text for one in scalars(node)]


def _over(own: SelectorPlan, base: SelectorPlan) -> SelectorPlan:
    return replace(
        base,
        profiles=own.profiles or base.profiles,
        kinds=own.kinds or base.kinds,
        roles=own.roles or base.roles,
        enterprises=own.enterprises or base.enterprises,
        connections=own.connections or base.connections,
        devices=own.devices or base.devices,
    )
