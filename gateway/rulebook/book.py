"""What rules compile to."""

from dataclasses import dataclass, field

from gateway.config.problems import Finding
from gateway.core.point import Names
from rules.alarms.spec import Alarm, Derived
from rules.notices.spec import NoticePlan

MAX_ALARMS = 20_000
"""More would be no alarms but a log: an operator takes 300 a day (EEMUA 191), and each costs memory and a start-up."""


@dataclass(frozen=True, slots=True)
class RuleInfo:
    """One rule as it was written, for lists: where it stands and how many alarms it has."""

    rule: str
    names: Names
    file: str
    line: int
    alarms: int
    is_enabled: bool = True
    pack: str = ""  # the entry of `use:` that it comes from
    guidance: Names = field(default_factory=Names)


@dataclass(frozen=True, slots=True)
class Rulebook:
    """Everything that the rules of a configuration say, ready to run.

    `derived` is in an order in which each point comes after those that it is computed from.
    """

    alarms: tuple[Alarm, ...] = ()
    derived: tuple[Derived, ...] = ()
    notices: NoticePlan = field(default_factory=NoticePlan)
    findings: list[Finding] = field(default_factory=list)
    rules: tuple[RuleInfo, ...] = ()
