"""Rules as they are written, compiled against the configured devices: the alarms, derived points and routes that run.

  ParkPlan.rules ─┬─ packs (gateway/rulebook/packs/*.yaml, with the parameters of `use:`)
                  └─▶ per device: names -> operands ─▶ rules.expression ─▶ Alarm, Derived, NoticePlan = Rulebook

Everything that is wrong is said at once, with file, line and column of the text that was written.
"""

from gateway.rulebook.book import Rulebook, RuleInfo
from gateway.rulebook.compiler import compile_rules
from gateway.rulebook.load import load_park

__all__ = ["RuleInfo", "Rulebook", "compile_rules", "load_park"]
