"""Tests of rules, as users write them: what fails is said with time, name, expected and found."""

from typing import Any

import pytest

from gateway.config import ConfigErrors
from gateway.core.errors import Rejected
from gateway.trial.trials import Trials, read_trials

GOOD = """
tests:
  - name: overload raises after a minute and returns below the hysteresis
    interval: 10 s
    input_series:
      - {series: tx1.power_active, values: "700x5 850x20 780x5 759x3"}
      - {series: tx2.power_active, values: "100x40"}
    alarm_test:
      - {eval_time: 50 s, alarm: "overload:tx1", expect: {state: normal, condition: inactive}}
      - {eval_time: 1m50s, alarm: "overload:tx1", expect: {condition: pending, state: normal}}
      - {eval_time: 2 min, alarm: "overload:tx1", expect: {state: unacknowledged, priority: high, value: 850}}
      - {eval_time: 2 min, active: ["overload:tx1"]}
      - {eval_time: 5 min, alarm: "overload:tx1", expect: {state: acknowledged, condition: active}}
      - {eval_time: 6 min, alarm: "overload:tx1", expect: {state: normal, condition: inactive}}
      - {eval_time: 6 min, active: []}
    value_test:
      - {eval_time: 2 min, point: tx1.load_share, value: 85.0}
      - {eval_time: 0 s, point: tx2.running, value: ~}
    actions:
      - {at: 4 min, acknowledge: "overload:tx1", comment: seen}
"""


def failures(rules: Any, path: Any) -> list[str]:
    trials = Trials(*rules)
    return [str(failure) for trial in read_trials(path) for failure in trials.run(trial)]


def test_what_is_as_written_passes(rules: Any, written: Any) -> None:
    assert failures(rules, written(GOOD)) == []


def test_what_is_not_is_said_with_time_expected_and_found(rules: Any, written: Any) -> None:
    wrong = GOOD.replace("state: unacknowledged, priority: high, value: 850", "state: normal, value: 851")
    wrong = wrong.replace("value: 85.0", "value: 86")
    name = "overload raises after a minute and returns below the hysteresis"
    assert failures(rules, written(wrong)) == [
        f"{name}: at 120 s, state of overload:tx1: expected normal, found unacknowledged",
        f"{name}: at 120 s, value of overload:tx1: expected 851.0, found 850",
        f"{name}: at 120 s, tx1.load_share: expected 86.0, found 85.0",
    ]


def test_every_mistake_of_a_file_is_told_with_its_place(written: Any) -> None:
    with pytest.raises(ConfigErrors) as caught:
        read_trials(
            written("tests:\n  - {intervall: 10 s}\n  - {interval: soon}\n  - {alarm_test: [{eval_time: -1 s}]}\n")
        )
    assert {(problem.line, problem.column) for problem in caught.value.problems} == {(2, 6), (3, 16), (4, 31)}


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (("series: tx2.power_active", "series: tx9.power_active"), "there is no point `tx9.power_active`"),
        (('values: "100x40"', 'values: "100y40"'), "column 1: `100y40`"),
        (('acknowledge: "overload:tx1"', 'acknowledge: "overload:tx9"'), "there is no alarm 'overload:tx9'"),
        (("at: 4 min", "at: 10 s"), "at 10 s: "),
        (("    interval: 10 s", "    interval: 10 s\n    rules: [overlaod]"), "there is no rule `overlaod`"),
    ],
)
def test_what_cannot_be_run_is_refused_in_words(rules: Any, written: Any, change: Any, text: str) -> None:
    with pytest.raises(Rejected, match=text):
        failures(rules, written(GOOD.replace(*change)))


def test_a_test_may_look_at_some_rules_only(rules: Any, written: Any) -> None:
    text = """
tests:
  - rules: [share-high]
    interval: 1 s
    input_series: [{series: tx1.power_active, values: "950x200"}]
    alarm_test: [{eval_time: 3 min, active: ["share-high:tx1"]}]
"""
    assert failures(rules, written(text)) == []


def test_a_meter_that_stops_answering_leaves_an_active_alarm_active_and_unknown(rules: Any, written: Any) -> None:
    text = """
tests:
  - interval: 1 s
    input_series: [{series: tx1.power_active, values: "950x100"}]
    alarm_test:
      - {eval_time: 100 s, alarm: "overload:tx1", expect: {condition: active}}
      - {eval_time: 5 min, alarm: "overload:tx1", expect: {condition: unknown, state: unacknowledged}}
"""
    assert failures(rules, written(text)) == []


def test_times_of_a_test_are_the_sites(rules: Any, written: Any) -> None:
    trials = Trials(*rules)
    (trial,) = read_trials(written('tests: [{start: "2026-11-23T08:00"}]'))
    assert trials.start_ns(trial.start) == 1_795_392_000 * 10**9
    (trial,) = read_trials(written('tests: [{start: "2026-11-23T00:00Z"}]'))
    assert trials.start_ns(trial.start) == 1_795_392_000 * 10**9
