"""What an alarm says: the rule's message with its placeholders checked, or one made from the rule's name."""

import re
from dataclasses import dataclass

from gateway.config.problems import nearest
from gateway.config.ruleplan import AlarmPlan
from gateway.core.point import Names
from gateway.rulebook.directory import Directory, connection_of
from gateway.rulebook.issues import Issues
from rules.expression.program import Expression

_PLACEHOLDER = re.compile(r"\{([^{}]*)\}")
_BRACE = re.compile(r"[{}]")
CONNECTION = "connection"
KEYS = frozenset({"value", "limit", "unit", "device", CONNECTION})


@dataclass(frozen=True, slots=True)
class MessageWriter:
    """Writes messages; a placeholder that means nothing is a problem."""

    directory: Directory
    issues: Issues

    def message(self, plan: AlarmPlan, home: str, value: Expression | None, *, has_limit: bool) -> Names:
        """The message with names of the rule's own points made tags: `{temperature}` and `{device.temperature}` become
        `{room-a.temperature}`."""
        if not (plan.message.en or plan.message.zh):
            return _default(_of_line(shown_names(plan), connection_of(home)), value, has_limit=has_limit)
        return Names(self._checked(plan.message.en, plan, home), self._checked(plan.message.zh, plan, home))

    def _checked(self, text: str, plan: AlarmPlan, home: str) -> str:
        if _BRACE.search(_PLACEHOLDER.sub("", text)):
            hint = "a placeholder stands between two: `{value}`"
            self.issues.error(plan.message_mark or plan.mark, f"a brace without its partner in `{text}`", hint)
        return _PLACEHOLDER.sub(lambda match: self._placeholder(match[1].strip(), plan, home), text)

    def _placeholder(self, name: str, plan: AlarmPlan, home: str) -> str:
        if name == CONNECTION:
            return self._connection(plan, home)
        if name in KEYS:
            return f"{{{name}}}"
        device, dot, point = name.removeprefix("device.").partition(".")
        found = self.directory.resolve(device, point) if dot else self.directory.resolve(home, device)
        if found is not None:
            return f"{{{found.tag}}}"
        hint = nearest(name, [*KEYS, *self.directory.names(home)])
        self.issues.error(plan.message_mark or plan.mark, f"the message names `{{{name}}}`, which is nothing", hint)
        return ""

    def _connection(self, plan: AlarmPlan, home: str) -> str:
        """The name of the connection that the alarm is about, or of that of its device: it never changes."""
        device = self.directory.devices.get(home)
        name = connection_of(home) or (device.connection if device else "")
        if not name:
            hint = "only rules with `for_each` have one; for one alarm for each write `for_each: {each: connection}`"
            self.issues.error(
                plan.message_mark or plan.mark, "the message names `{connection}`, which is nothing", hint
            )
        return name or ""


def shown_names(plan: AlarmPlan) -> Names:
    """The rule's names; its id where it has none."""
    return plan.names if plan.names.en or plan.names.zh else Names(plan.name, plan.name)


def _of_line(names: Names, connection: str) -> Names:
    """The rule's names with the connection behind them; as they are where the alarm is about none."""
    if not connection:
        return names
    return Names(f"{names.en or names.zh} ({connection})", f"{names.zh or names.en}（{connection}）")


def _default(names: Names, value: Expression | None, *, has_limit: bool) -> Names:
    """The rule's names with what is known of the value."""
    en, zh = names.en or names.zh, names.zh or names.en
    if value is None:
        return Names(en, zh)
    unit = " {unit}" if value.unit else ""
    limits = (f", limit {{limit}}{unit}", f"，限值 {{limit}}{unit}") if has_limit else ("", "")
    return Names(f"{en}: {{value}}{unit}{limits[0]}", f"{zh}：{{value}}{unit}{limits[1]}")
