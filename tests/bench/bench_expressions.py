"""Cost of expressions: one changed input and one evaluation, beside a plain Python function that does the same.

python -m tests.bench.bench_expressions
"""

import json
import time
from collections import deque
from collections.abc import Callable, Sequence

from gateway.core.point import PointKind, ValueType
from gateway.core.quality import Quality
from rules.expression.program import compile_expression
from rules.expression.scope import Operand

COUNT = 50_000
ROUNDS = 7
STEP_NS = 1_000_000_000
BEGIN_NS = 1000 * STEP_NS
WINDOW_NS = 300 * STEP_NS
Step = Callable[[int, float], object]  # time, new value of `a`


class Bay:
    """A scope of four points."""

    _points = {  # noqa: RUF012
        "a": Operand("bay.a", ValueType.FLOAT, stale_after_s=3.0),
        "b": Operand("bay.b", ValueType.FLOAT),
        "c": Operand("bay.c", ValueType.FLOAT, kind=PointKind.COUNTER),
        "d": Operand("bay.d", ValueType.INT),
    }

    def resolve(self, name: str) -> Operand | None:
        """The point."""
        return self._points.get(name)

    def known(self) -> Sequence[str]:
        """All of them."""
        return list(self._points)


def expression(text: str) -> Step:
    """Push and evaluate."""
    evaluation = compile_expression(text, Bay()).start()
    for slot, value in enumerate((90.0, 20.0, 1.0, 1)[: len(evaluation._qualities)]):
        evaluation.push(slot, value, Quality.GOOD, BEGIN_NS)
    push, evaluate, good = evaluation.push, evaluation.evaluate, Quality.GOOD

    def step(now_ns: int, value: float) -> object:
        push(0, value, good, now_ns)
        return evaluate(now_ns, now_ns)

    return step


def plain() -> Step:
    """`a > 80 and (b - c) > 5 and d == 1`: by hand."""
    values: dict[str, float | None] = {"a": 90.0, "b": 20.0, "c": 1.0, "d": 1}

    def holds(a: float | None, b: float | None, c: float | None, d: float | None) -> bool | None:
        if a is None or b is None or c is None or d is None:
            return None
        return a > 80 and (b - c) > 5 and d == 1

    def step(now_ns: int, value: float) -> object:
        values["a"] = value
        return holds(values["a"], values["b"], values["c"], values["d"])

    return step


def plain_threshold() -> Step:
    """`a > 80`: by hand."""
    return lambda now_ns, value: value > 80


def plain_average() -> Step:
    """`avg(a, 5 min) > 80`: by hand, the sum kept by subtraction."""
    window: deque[tuple[int, float]] = deque()
    total = 0.0

    def step(now_ns: int, value: float) -> object:
        nonlocal total
        window.append((now_ns, value))
        total += value
        while window[0][0] <= now_ns - WINDOW_NS:
            total -= window.popleft()[1]
        return total / len(window) > 80

    return step


def plain_largest() -> Step:
    """`max(a, 5 min) > 80`: by hand, a falling queue."""
    queue: deque[tuple[int, float]] = deque()

    def step(now_ns: int, value: float) -> object:
        while queue and queue[-1][1] <= value:
            queue.pop()
        queue.append((now_ns, value))
        while queue[0][0] <= now_ns - WINDOW_NS:
            queue.popleft()
        return queue[0][1] > 80

    return step


WORKLOADS: tuple[tuple[str, Callable[[], Step] | None], ...] = (
    ("a > 80 and (b - c) > 5 and d == 1", plain),
    ("a > 80", plain_threshold),
    ("avg(a, 5 min) > 80", plain_average),
    ("max(a, 5 min) > 80", plain_largest),
    ("sigma(a, 5 min) > 3", None),
    ("rate(a, 5 min) > 3", None),
    ("ewma(a, 1 min) > 80", None),
    ("duration(a > 80) > 5 min", None),
    ("stale(a)", None),
    ("demand_forecast(a, 15 min) > 80", None),
)


def cost_ns(make: Callable[[], Step]) -> float:
    """CPU time of one step: the shortest of some rounds, the least disturbed, without that of the loop around it."""
    step = make()

    def one_round(number: int, work: Step) -> float:
        start_ns, begin = BEGIN_NS + number * COUNT * STEP_NS, time.process_time_ns()
        for index in range(COUNT):
            work(start_ns + index * STEP_NS, 76.0 + (index & 7))
        return (time.process_time_ns() - begin) / COUNT

    return min(one_round(number, step) for number in range(ROUNDS)) - min(
        one_round(number, lambda now_ns, value: None) for number in range(ROUNDS)
    )


def main() -> None:
    for text, by_hand in WORKLOADS:
        own_ns = cost_ns(lambda text=text: expression(text))  # type: ignore[misc]
        report: dict[str, object] = {"workload": "expression", "text": text, "ns": round(own_ns)}
        report["millions_a_second"] = round(1000 / own_ns, 2)
        if by_hand is not None:
            plain_ns = cost_ns(by_hand)
            report |= {"plain_ns": round(plain_ns), "ratio": round(own_ns / max(plain_ns, 1.0), 1)}
        print(json.dumps(report))  # noqa: T201


if __name__ == "__main__":
    main()
