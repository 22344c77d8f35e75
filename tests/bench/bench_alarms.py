"""Cost of the alarm engine: the guard while nothing changes, expressions, and a storm. One JSON line each.

python tests/bench/bench_alarms.py
"""

import json
import time
from collections.abc import Callable, Sequence
from itertools import cycle, islice

from gateway.core.alarm import AlarmEvent, Priority
from gateway.core.batch import Batch, Block
from gateway.core.device import Device
from gateway.core.point import Names, Point, ValueType
from rules.alarms.engine import AlarmEngine
from rules.alarms.spec import Alarm, Level
from rules.expression.program import Expression, compile_expression
from rules.expression.scope import Operand

DEVICES = 100
POINTS = 20
THRESHOLDS = 6  # a block
ROUNDS = 50
STORM_ALARMS = 2_000
STORM_CHANGES = 10_000
SECOND = 1_000_000_000
GUARD_LIMIT_NS = 100  # a value


class _Scope:
    def __init__(self, device: str) -> None:
        self._device = device

    def resolve(self, name: str) -> Operand:
        return Operand(f"{self._device}.{name}", ValueType.FLOAT, "kW", interval_s=1.0, stale_after_s=5.0)

    def known(self) -> Sequence[str]:
        return ()


def expression(text: str, device: Device) -> Expression:
    return compile_expression(text, _Scope(device.id))


def blocks(points: int) -> list[Block]:
    made = tuple(Point(f"p{i:02}", unit="kW") for i in range(points))
    devices = (
        Device(f"m{i}", "park", f"tenant{i % 12}", "meter", Names(f"Meter {i}", f"{i}号表")) for i in range(DEVICES)
    )
    return [Block(device, made, 1.0) for device in devices]


def alarm(device: Device, rule: str, when: str, keep: str | None = None) -> Alarm:
    level = Level(
        Priority.HIGH, expression(when, device), None if keep is None else expression(keep, device), None, "kW"
    )
    message = Names("{device}: {value} {unit}, limit {limit} {unit}", "{device}：{value} {unit}，限值 {limit} {unit}")
    return Alarm(f"{rule}:{device.id}", rule, (level,), device, device.enterprise, message=message)


def engine(alarms: list[Alarm], events: list[AlarmEvent]) -> AlarmEngine:
    made = AlarmEngine(alarms, [], events.append, lambda batch: None)
    made.wall_offset_ns = 1_795_000_000 * SECOND
    return made


def best_s(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """CPU time of the shortest of some rounds: the least disturbed."""

    def once() -> float:
        start = time.thread_time_ns()
        work()
        return (time.thread_time_ns() - start) / 1e9

    return min(once() for _ in range(rounds))


def report(name: str, **figures: float | bool) -> None:
    print(json.dumps({"workload": name, **{key: round(figure, 3) for key, figure in figures.items()}}))  # noqa: T201


def observe_all(target: AlarmEngine, rows: list[Batch], now_ns: int) -> None:
    for row in rows:
        target.observe(row, now_ns)


def moving(block: Block) -> list[Batch]:
    """Every value is another one in every batch, none leaves its band."""
    return [Batch(block, tuple(50.0 + i + step / 10 for i in range(len(block.points))), 0) for step in range(20)]


def measure_rules(name: str, rules: Callable[[Device], list[Alarm]], points: int = POINTS) -> float:
    """CPU nanoseconds for one batch of a hundred devices each, over what an engine without rules costs."""
    made, events = blocks(points), list[AlarmEvent]()
    busy, idle = engine([each for block in made for each in rules(block.device)], events), engine([], [])
    rows = [row for column in zip(*(moving(block) for block in made), strict=True) for row in column]
    for target in (busy, idle):
        observe_all(target, rows, SECOND)
    clock = cycle(range(2 * SECOND, 2**60, SECOND // 100))
    busy_s, idle_s = (best_s(lambda target=target: observe_all(target, rows, next(clock))) for target in (busy, idle))
    assert not events, name
    per_batch_ns = busy_s / len(rows) * 1e9
    report(
        name,
        us_per_batch=per_batch_ns / 1e3,
        ns_per_value=per_batch_ns / points,
        ns_per_value_without_rules=idle_s / len(rows) * 1e9 / points,
    )
    return per_batch_ns


def guard() -> None:
    def thresholds(device: Device) -> list[Alarm]:
        return [alarm(device, f"high{i}", f"p{3 * i:02} > 800 kW", f"p{3 * i:02} > 760 kW") for i in range(THRESHOLDS)]

    per_value_ns = measure_rules("guard", thresholds) / POINTS
    report("guard_limit", ns_per_value=per_value_ns, limit_ns=GUARD_LIMIT_NS, is_kept=per_value_ns <= GUARD_LIMIT_NS)


def expressions() -> None:
    for name, text in {
        "sum": "p00 + p01 + p02 > 5000 kW",
        "spread": "p00 > 500 kW and p01 - p02 > 100 kW or p03 > 9000 kW",
        "window": "avg(p00, 1 min) > 800 kW",
        "stale": "stale(p00)",
    }.items():
        per_batch_ns = measure_rules(f"rule_{name}", lambda device, text=text: [alarm(device, "rule", text)])
        report(f"rule_{name}_rate", evaluations_per_cpu_s=1e9 / per_batch_ns)


def storm() -> None:
    """Two thousand alarms; every batch makes twenty of them change, acknowledgement and saving included."""
    made, events = blocks(POINTS), list[AlarmEvent]()
    alarms = [
        alarm(block.device, p.name, f"{p.name} > 800 kW", f"{p.name} > 760 kW") for block in made for p in block.points
    ]
    assert len(alarms) == STORM_ALARMS
    target = engine(alarms, events)
    low, high = (700.0,) * POINTS, (900.0,) * POINTS
    observe_all(target, [Batch(block, low, 0) for block in made], SECOND)
    target.changed()
    rows = [
        Batch(block, values, 0)
        for values in islice(cycle((high, low)), STORM_CHANGES // STORM_ALARMS)
        for block in made
    ]
    storm_s = best_s(lambda: observe_all(target, rows, SECOND), rounds=1)
    save_s = best_s(target.changed, rounds=1)
    changes = len(events)
    one = made[0]
    target.observe(Batch(one, (low, high)[changes // STORM_ALARMS % 2 == 0], 0), SECOND)
    few_s = best_s(target.changed, rounds=1)
    views_s = best_s(target.views)
    report(
        "storm",
        changes=changes,
        us_per_change=storm_s / changes * 1e6,
        us_per_saved_alarm=save_s / STORM_ALARMS * 1e6,
        changed_of_20_us=few_s * 1e6,
        views_of_2000_ms=views_s * 1e3,
    )


def main() -> None:
    guard()
    expressions()
    storm()


if __name__ == "__main__":
    main()
