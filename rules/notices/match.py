"""Which alarms a matcher means, and the labels by which alarms are put into groups."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from gateway.core.alarm import Priority
from gateway.core.point import Names
from rules.notices.spec import Matcher


@dataclass(frozen=True, slots=True)
class Facts:
    """What the configuration knows of an alarm beyond its events."""

    labels: tuple[tuple[str, str], ...] = ()
    rule: Names = field(default_factory=Names)
    device: Names = field(default_factory=Names)
    enterprise: Names = field(default_factory=Names)


_UNKNOWN = Facts()
FactsOf = Callable[[str], Facts]
"""The facts of an alarm by its id; empty ones for an alarm that is not configured (any more)."""


def no_facts(_: str) -> Facts:
    """Knows of no alarm."""
    return _UNKNOWN


class Subject(Protocol):
    """An alarm's event, or an alarm as it stands."""

    @property
    def rule(self) -> str: ...
    @property
    def device(self) -> str | None: ...
    @property
    def enterprise(self) -> str | None: ...
    @property
    def area(self) -> str: ...
    @property
    def priority(self) -> Priority: ...


def matches(matcher: Matcher, subject: Subject, facts: Facts, *, is_any_priority: bool = False) -> bool:
    """True where every field of the matcher that is not empty holds."""
    labels = facts.labels
    return (
        (matcher.at_least is None or is_any_priority or subject.priority <= matcher.at_least)
        and (not matcher.rules or subject.rule in matcher.rules)
        and (not matcher.enterprises or subject.enterprise in matcher.enterprises)
        and (not matcher.devices or subject.device in matcher.devices)
        and (not matcher.areas or subject.area in matcher.areas)
        and all(label in labels for label in matcher.labels)
    )


def label_of(name: str, subject: Subject, facts: Facts) -> str:
    """The value of `rule`, `enterprise`, `device`, `area`, `priority` or of a label; empty where there is none."""
    match name:
        case "rule":
            return subject.rule
        case "enterprise":
            return subject.enterprise or ""
        case "device":
            return subject.device or ""
        case "area":
            return subject.area
        case "priority":
            return subject.priority.name.lower()
    return dict(facts.labels).get(name, "")


def group_of(names: Sequence[str], subject: Subject, facts: Facts) -> str:
    """The group that an alarm belongs to, as JSON: [[name, value], ...]."""
    pairs = [[name, label_of(name, subject, facts)] for name in names]
    return json.dumps(pairs, ensure_ascii=False, separators=(",", ":"))


def labels_of_group(group: str) -> dict[str, str]:
    """The labels of `group_of`, those that are empty left out."""
    return {name: value for name, value in json.loads(group) if value}
