"""Our condition machine and expressions against Prometheus' own: random series and rules, the same states each step.

Known differences, kept out of the comparison: Prometheus 2.42 has closed windows and ours are left-open, so windows
here end between two samples; Prometheus looks at its steps only, ours also at the moment at which a sample leaves its
window, so rules with windows have no delays here; `rate` and `delta` of Prometheus extrapolate.
"""

import json
import random
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.core.alarm import Condition, Priority
from gateway.core.device import Device
from gateway.core.point import Point, ValueType
from gateway.trial.series import Sample, parse_series
from gateway.trial.stage import Feed, Stage
from rules.alarms.spec import SECOND, Alarm, Level, NoData
from rules.expression.program import compile_expression
from rules.expression.scope import Operand

STEP_S = 10
STEPS = 40
RULES = 60
SERIES = 12
LOOKBACK_S = 300.0  # of Prometheus
STATES = {"pending": Condition.PENDING, "firing": Condition.ACTIVE}


@dataclass(frozen=True)
class Rule:
    """One rule in both languages."""

    promql: str
    ours: str
    on_delay_s: int
    keep_firing_s: int


class Scope:
    """Series `m.s0` to `m.s11`."""

    def resolve(self, name: str) -> Operand | None:
        known = re.fullmatch(r"m\.s\d+", name)
        return Operand(name, ValueType.FLOAT, interval_s=STEP_S, stale_after_s=LOOKBACK_S) if known else None

    def known(self) -> list[str]:
        return []


def random_series(chance: random.Random) -> str:
    """Mostly numbers that cross the limits now and then, sometimes nothing, sometimes the end of the series."""
    terms = []
    level = chance.randint(0, 10)
    while len(terms) < STEPS:
        kind = chance.random()
        if kind < 0.06:
            terms.append("stale")
        elif kind < 0.14 and terms:
            terms.append("_")
        else:
            level = max(0, min(10, level + chance.choice([-4, -1, 0, 0, 1, 4])))
            terms.append(str(level))
    return " ".join(terms)


def random_rule(chance: random.Random) -> Rule:
    first, second = (f"s{chance.randrange(SERIES)}" for _ in range(2))
    limit = chance.randint(2, 8)
    sign = chance.choice([">", ">=", "<", "<="])
    window = chance.choice([25, 45, 95])
    function = chance.choice(["avg", "min", "max", "sum"])
    promql, ours = chance.choice(
        [
            (f"{first} {sign} {limit}", f"m.{first} {sign} {limit}"),
            (f"{first} == {limit}", f"m.{first} == {limit}"),
            (f"{first} * 2 - {second} > {limit}", f"m.{first} * 2 - m.{second} > {limit}"),
            (f"{first} > {limit} and {second} < {limit}", f"m.{first} > {limit} and m.{second} < {limit}"),
            (f"{first} > {limit} or {second} < {limit - 1}", f"m.{first} > {limit} or m.{second} < {limit - 1}"),
            (
                f"{function}_over_time({first}[{window}s]) {sign} {limit}",
                f"{function}(m.{first}, {window} s) {sign} {limit}",
            ),
        ]
    )
    if "over_time" in promql:
        return Rule(promql, ours, 0, 0)
    return Rule(promql, ours, STEP_S * chance.choice([0, 0, 1, 2, 5]), STEP_S * chance.choice([0, 0, 1, 3]))


def prometheus_states(folder: Path, series: list[str], rules: list[Rule]) -> list[dict[int, Condition]]:
    """The state of every rule at each step, as promtool reports it; inactive ones are absent."""
    alerts = [
        {
            "alert": f"A{number}",
            "expr": rule.promql,
            "for": f"{rule.on_delay_s}s",
            **({"keep_firing_for": f"{rule.keep_firing_s}s"} if rule.keep_firing_s else {}),
        }
        for number, rule in enumerate(rules)
    ]
    wrong = [{"labels": "nothing_like_it", "value": 1}]  # promtool prints what it has only where it is not expected
    test = {
        "interval": f"{STEP_S}s",
        "input_series": [{"series": f"s{number}", "values": values} for number, values in enumerate(series)],
        "promql_expr_test": [
            {"expr": "ALERTS", "eval_time": f"{step * STEP_S}s", "exp_samples": wrong} for step in range(STEPS)
        ],
    }
    rule_file, test_file = folder / "rules.json", folder / "test.json"
    rule_file.write_text(json.dumps({"groups": [{"name": "g", "interval": f"{STEP_S}s", "rules": alerts}]}))
    test_file.write_text(
        json.dumps({"rule_files": [rule_file.name], "evaluation_interval": f"{STEP_S}s", "tests": [test]})
    )
    done = subprocess.run(
        ["promtool", "test", "rules", test_file.name], cwd=folder, capture_output=True, text=True, timeout=60
    )
    answers = re.findall(r"^\s*got: (.*)$", done.stdout + done.stderr, re.MULTILINE)
    assert len(answers) == STEPS, done.stderr[-2000:]
    found = []
    for answer in answers:
        states = re.findall(r'alertname="A(\d+)", alertstate="(\w+)"', answer)
        found.append({int(number): STATES[state] for number, state in states})
    return found


def our_states(series: list[str], rules: list[Rule]) -> list[dict[int, Condition]]:
    alarms = [
        Alarm(
            f"a{number}:m",
            f"a{number}",
            (Level(Priority.LOW, compile_expression(rule.ours, Scope())),),
            on_delay_ns=rule.on_delay_s * SECOND,
            keep_firing_ns=rule.keep_firing_s * SECOND,
            no_data=NoData.OK,
        )
        for number, rule in enumerate(rules)
    ]
    points = tuple(Point(f"s{number}") for number in range(len(series)))
    feed = Feed(Device("m", "park", "", "series"), points, LOOKBACK_S / 3)
    columns = [parse_series(values) for values in series]
    stage = Stage(alarms, (), 0)
    found = []
    for step in range(STEPS):
        row: dict[str, Sample] = {point.name: column[step] for point, column in zip(points, columns, strict=True)}
        stage.feed(feed, row, step * STEP_S * SECOND)
        stage.advance(step * STEP_S * SECOND)
        conditions = {alarm.id: stage.engine.view(alarm.id).condition for alarm in alarms}
        found.append(
            {
                number: conditions[alarm.id]
                for number, alarm in enumerate(alarms)
                if conditions[alarm.id] is not Condition.INACTIVE
            }
        )
    return found


@pytest.mark.parametrize("seed", range(4))
def test_states_are_those_of_prometheus_at_every_step(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    series = [random_series(chance) for _ in range(SERIES)]
    rules = [random_rule(chance) for _ in range(RULES)]
    expected, found = prometheus_states(tmp_path, series, rules), our_states(series, rules)
    assert sum(map(len, expected)) > STEPS  # there was something to compare
    for step, (theirs, ours) in enumerate(zip(expected, found, strict=True)):
        wrong = {n for n in range(RULES) if theirs.get(n) != ours.get(n)}
        first = min(wrong, default=None)
        assert first is None, (
            f"step {step}: {rules[first]}: Prometheus {theirs.get(first)}, ours {ours.get(first)}; "
            f"{[values for n, values in enumerate(series) if f's{n} ' in rules[first].promql + ' ']}"
        )
