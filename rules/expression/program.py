"""A compiled expression: text in, something to evaluate out."""

from dataclasses import dataclass, field

from rules.expression.check import Checker
from rules.expression.errors import ExpressionError
from rules.expression.evaluation import Evaluation
from rules.expression.parser import parse
from rules.expression.plan import Plan
from rules.expression.remembering import Remembering
from rules.expression.result import ResultType
from rules.expression.scope import Operand, Scope
from rules.expression.typed import Compared, Constant, Input, Typed

__all__ = ["Evaluation", "Expression", "ExpressionError", "ResultType", "Threshold", "compile_expression"]


@dataclass(frozen=True, slots=True)
class Threshold:
    """A whole expression of the form `point OP constant`, in the point's own unit: one guard per batch decides it."""

    tag: str
    operator: str  # ">", ">=", "<", "<="
    limit: float


@dataclass(frozen=True, slots=True)
class Expression:
    """A compiled expression; constant, shared by every evaluation of it."""

    text: str
    type: ResultType
    unit: str  # of a number
    inputs: tuple[Operand, ...]  # the slots of `Evaluation.push`
    threshold: Threshold | None
    has_windows: bool  # every sample of its inputs matters, not only changes
    needs_time: bool  # the result may change without a sample: `Evaluation.next_due_ns` says when
    plan: Plan | None = field(default=None, repr=False, compare=False)

    @property
    def accumulates(self) -> bool:
        """It adds up for ever (`running_hours`): `Evaluation.start_anew` begins anew."""
        return self.plan is not None and self.plan.accumulates

    def start(self) -> Evaluation:
        """A fresh evaluation, knowing nothing."""
        if self.plan is None:
            raise TypeError("an expression is made by compile_expression")
        return Remembering(self.plan) if self.plan.feeds or self.plan.uses_clock else Evaluation(self.plan)


def compile_expression(
    text: str,
    scope: Scope,
    *,
    zone: str = "UTC",
    wants: ResultType | None = None,
    unit: str | None = None,
) -> Expression:
    """Compile.

    `zone` (IANA) is for `hour`, `weekday` and quarter hours; `wants` the type that the result must have; `unit`: the
    result is a number that is converted to this unit (without a unit of its own it is taken in it).
    Raises ExpressionError, and ZoneInfoNotFoundError for a zone that does not exist.
    """
    tree = parse(text, scope)
    checker = Checker(tree, zone)
    typed = checker.wanted(tree, wants, unit)
    plan = Plan(typed, checker.inputs, zone)
    return Expression(
        text,
        typed.kind.type,
        unit or ("" if typed.kind.unit is None else typed.kind.unit.text),
        checker.inputs,
        _threshold(typed, checker.inputs),
        plan.has_windows,
        plan.needs_time,
        plan,
    )


def _threshold(tree: Typed, inputs: tuple[Operand, ...]) -> Threshold | None:
    if not (isinstance(tree, Compared) and isinstance(tree.left, Input) and isinstance(tree.right, Constant)):
        return None
    if tree.operator in ("==", "!=") or isinstance(tree.right.value, str):
        return None
    return Threshold(inputs[tree.left.slot].tag, tree.operator, float(tree.right.value))
