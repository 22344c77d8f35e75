"""Compiled expressions against the slow interpreter: values, restarts, and the moments at which time alone matters."""

import json
import math
from typing import Any

import pytest
from hypothesis import HealthCheck, given, note, reject, settings
from hypothesis import strategies as st

from gateway.core.quality import Quality
from rules.expression import dues
from rules.expression.program import Evaluation, Expression, ExpressionError
from tests.unit.rules.expression.points import MS, compiled
from tests.unit.rules.expression.reference import Tree, World, conditions, histories, numbers, text_of

BEGIN_NS = 5_000 * MS
trees = st.one_of(conditions(3), numbers(3))
History = list[tuple[int, list[tuple[str, Any]], bool]]
some = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


def compile_tree(tree: Tree) -> Expression:
    text = text_of(tree)
    note(text)
    try:
        return compiled(text)
    except ExpressionError as error:
        if error.message in ("this can never be decided", "this never changes"):
            reject()  # constants divided by zero
        raise


def slots(expression: Expression) -> dict[str, int]:
    return {point.tag.removeprefix("tx1."): slot for slot, point in enumerate(expression.inputs)}


def push(evaluation: Evaluation, slot: int, value: Any, time_ns: int) -> None:
    evaluation.push(slot, value, Quality.BAD_TIMEOUT if value is None else Quality.GOOD, time_ns)


def same(left: Any, right: Any) -> bool:
    if left is None or right is None or isinstance(left, bool):
        return left is right
    return math.isclose(left, right, rel_tol=1e-9, abs_tol=1e-9)


def check_values(tree: Tree, history: History) -> None:
    expression = compile_tree(tree)
    evaluation, world, now_ns = expression.start(), World(), BEGIN_NS
    places = slots(expression)
    for passed_ms, samples, is_evaluated in history:
        now_ns += passed_ms * MS
        for name, value in samples:
            world.push(name, value, now_ns)
            if name in places:
                push(evaluation, places[name], value, now_ns)
        if is_evaluated:
            expected, found = world.evaluate(tree, now_ns), evaluation.evaluate(now_ns, now_ns)
            assert same(expected, found), (now_ns, expected, found)
            assert evaluation.quality().is_bad is (found is None)


@some
@given(trees, histories)
def test_every_value_is_that_of_the_slow_interpreter(tree: Tree, history: History) -> None:
    check_values(tree, history)


A, B, ON = ("point", "a"), ("point", "b"), ("point", "on")
STALE = ("call", "stale", "", A, 7)
FUNCTIONS = [
    *(("call", name, "", A, 20) for name in ("avg", "sum", "min", "max", "sigma", "delta", "rate", "ewma")),
    *(("call", name, "", ("-", A, B), 20) for name in ("avg", "sum", "min", "max", "sigma", "delta", "rate", "ewma")),
    *(("call", name, "", ("point", "c"), 35) for name in ("delta", "rate")),
    *(("call", name, "", of) for name in ("prev", "rate") for of in (A, ("+", A, B), ("point", "c"))),
    *(("call", name, "", of, 20) for name in ("stale", "absent") for of in (A, ("point", "n"))),
    *(("call", "count_true", "", of, 20) for of in (ON, (">", A, B), STALE)),
    *(("call", "duration", " / 1 s", of) for of in (ON, (">", A, B), STALE)),
    *(("call", "running_hours", " / 1 h", of) for of in (ON, (">", A, B), STALE)),
    ("call", "age", " / 1 s", A),
    ("call", "quality_bad", "", A),
    ("call", "avg", "", ("call", "max", "", A, 7), 20),
    ("call", "duration", " / 1 s", (">", ("call", "avg", "", A, 7), ("number", 2))),
]


@pytest.mark.parametrize("tree", FUNCTIONS, ids=text_of)
def test_every_function_is_that_of_the_slow_interpreter(tree: Tree) -> None:
    @settings(max_examples=20, deadline=None)
    @given(histories)
    def compare(history: History) -> None:
        check_values(tree, history)

    compare()


@some
@given(trees, histories, st.integers(0, 20), st.sampled_from([0, 3_600_000 * MS, -1_000 * MS]))
def test_a_restart_at_any_point_changes_nothing(tree: Tree, history: History, restart: int, shift_ns: int) -> None:
    expression = compile_tree(tree)
    evaluation, again, now_ns = expression.start(), expression.start(), BEGIN_NS
    places, moved_ns = slots(expression), 0
    for index, (passed_ms, samples, is_evaluated) in enumerate(history):
        now_ns += passed_ms * MS
        for number, (name, value) in enumerate(samples):
            if index == restart and number == 1 and (saved := again.save()) is not None:
                again, moved_ns = expression.start(), shift_ns
                again.restore([json.loads(json.dumps(saved))], shift_ns)
            if name in places:
                push(evaluation, places[name], value, now_ns)
                push(again, places[name], value, now_ns + moved_ns)
        if is_evaluated:
            expected, found = evaluation.evaluate(now_ns, 0), again.evaluate(now_ns + moved_ns, 0)
            assert same(expected, found)
            assert evaluation.quality() == again.quality()
            due_ns, due_again_ns = evaluation.next_due_ns(now_ns, 0), again.next_due_ns(now_ns + moved_ns, 0)
            assert (due_ns is None and due_again_ns is None) or due_again_ns == due_ns + moved_ns  # type: ignore[operator]


@some
@given(st.one_of(conditions(2), numbers(2)), histories)
def test_a_result_never_changes_without_a_sample_before_it_is_due(tree: Tree, history: History) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dues, "LOOK_AGAIN_NS", MS)  # what moves in a curve is looked at again
        expression = compile_tree(tree)
        evaluation, now_ns = expression.start(), BEGIN_NS
        places = slots(expression)
        for passed_ms, samples, _ in history:
            for name, value in samples:
                if name in places:
                    push(evaluation, places[name], value, now_ns)
            before = evaluation.evaluate(now_ns, 0)
            due_ns = evaluation.next_due_ns(now_ns, 0)
            for _ in range(passed_ms * 3):
                now_ns += MS
                value = evaluation.evaluate(now_ns, 0)
                if not same(before, value):
                    assert expression.needs_time
                    assert due_ns is not None
                    assert due_ns <= now_ns
                before, due_ns = value, evaluation.next_due_ns(now_ns, 0)
                assert due_ns is None or due_ns > now_ns
