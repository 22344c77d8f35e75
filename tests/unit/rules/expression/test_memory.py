"""Functions that remember: their edges, their bounds, and how they come through a restart."""

import json
import math
from typing import Any

import pytest

from gateway.core.quality import Quality
from tests.unit.rules.expression.points import MS, Run, S, compiled


def test_a_window_is_open_on_the_left_and_closed_on_the_right() -> None:
    run = Run("sum(a, 10 s)").push(a=1).after(10)
    assert run.push(a=2).value == 2
    assert run.due_s == 10
    run.now_ns += 10 * S - 1
    assert run.value == 2
    run.now_ns += 1
    assert run.value is None
    assert run.due_s is None


def test_a_large_value_leaves_nothing_behind_in_a_sum() -> None:
    run = Run("sum(a, 10 s)").push(a=1e300).after(5).push(a=0.1)
    assert run.after(6).value == 0.1


def test_a_longer_argument_is_sampled_when_the_whole_instant_has_come() -> None:
    run = Run("duration(a > b) > 5 s").push(a=10, b=5)
    assert run.value is False
    run.after(4).push(a=3).push(b=1)  # in between a is below b
    assert run.after(2).value is True


def test_a_duration_is_interrupted_by_false_and_by_unknown() -> None:
    run = Run("duration(on)").push(on=True)
    assert run.after(3).value == 3
    assert run.push(on=True).after(1).value == 4
    assert run.push(on=None).value is None
    assert run.push(on=True).value == 0
    assert run.push(on=False).after(3).value == 0


def test_a_duration_is_due_when_it_gets_there() -> None:
    run = Run("duration(on) > 5 min").push(on=True)
    assert run.value is False
    assert run.due_s == 300
    assert run.after(300).value is False
    assert run.due_s == 1e-9
    run.now_ns += 1
    assert run.value is True
    assert run.due_s is None


@pytest.mark.parametrize(
    ("text", "due_s"),
    [
        ("age(a) >= 90 s", 90),
        ("age(a) + 30 s >= 2 min", 90),
        ("2 * age(a) >= 180 s", 90),
        ("180 s <= age(a) * 2", 90),
        ("1 min < age(a) < 2 min", 60),
        ("duration(on) - age(b) >= 5 s", None),
        ("running_hours(on) >= 0.5 h", 1800),
        ("running_hours(on) >= 30 min", 1800),
        ("stale(a, 7 s)", 7.000000001),
        ("absent(a, 7 s)", 7),
        ("count_true(on, 1 min) > 1", None),
        ("not on or 5 > age(a) / 1 min", 300),
        ("age(a)", 1),
        ("duration(age(a) > 5 s) > 2 s", 5),
        ("duration(stale(a, 7 s)) > 2 s", 7.000000001),
        ("count_true(absent(a, 5 s), 1 min) > 0", 5),
        ("avg(age(a), 5 s) >= 3 s", 5),
        ("max(age(a), 5 s) > 10 s", 1),
    ],
)
def test_what_time_alone_changes_is_due_at_its_moment(text: str, due_s: float | None) -> None:
    names: dict[str, Any] = {"a": 1, "b": 1, "on": True}
    run = Run(text)
    run.push(**{point.tag[4:]: names[point.tag[4:]] for point in run.expression.inputs})
    assert run.value is not None
    assert run.due_s == (None if due_s is None else pytest.approx(due_s, abs=1e-9))


def test_staleness_and_absence() -> None:
    run = Run("stale(power_active)")  # after 3 s
    assert (run.value, Run("absent(power_active)").value) == (False, True)
    assert run.push(power_active=1).after(3).value is False
    assert run.push(power_active=None).after(0.001).value is True
    assert run.push(power_active=1).value is False


@pytest.mark.parametrize("text", ["prev(a)", "rate(a)", "ewma(a, 1 s)"])
def test_what_is_said_of_the_newest_sample_is_unknown_while_that_is(text: str) -> None:
    run = Run(text).push(a=1).after(1).push(a=2)
    assert run.value is not None
    assert run.after(1).push(a=None).value is None
    assert run.after(1).push(a=3).value is not None


def test_a_counter_that_falls_says_nothing_of_that_step() -> None:
    run = Run("rate(c)").push(c=100).after(1).push(c=110)
    assert run.value == 10
    assert run.after(1).push(c=5).value is None
    assert run.after(2).push(c=15).value == 5
    gauge = Run("rate(a)").push(a=100).after(1).push(a=40)
    assert gauge.value == -60


def test_a_window_over_a_counter_leaves_its_resets_out() -> None:
    amount, rate = Run("delta(c, 1 min)"), Run("rate(c, 1 min)")
    for value in (100, 110, 3, 13, 23):
        for run in (amount, rate):
            run.after(10).push(c=value)
    assert amount.value == 30
    assert rate.value == 1.0


def test_running_hours_do_not_count_what_is_unknown() -> None:
    run = Run("running_hours(on)").push(on=True).after(3600).push(on=None).after(3600).push(on=True).after(1800)
    assert run.value == 1.5


def test_changes_are_counted_from_false_to_true() -> None:
    run = Run("count_true(on, 1 h)")
    assert run.value is None
    for state in (True, False, True, None, True, False, None, True):
        run.after(1).push(on=state)
    assert run.value == 2
    assert run.after(3600).value == 0


def test_a_demand_is_the_average_of_the_clocks_quarter_hour() -> None:
    run = Run("demand(power_active, 15 min)")
    run.wall_ns = 900 * 1_000_000 * S - run.now_ns + 600 * S  # 10 minutes into a quarter
    assert run.value is None
    run.push(power_active=1000.0)
    assert run.value == 1000
    assert run.after(100).push(power_active=400.0).value == 1000
    assert run.after(100).value == 700
    assert run.after(110).value == 400  # the next quarter
    assert run.push(power_active=None).after(10).value == 400  # not covered


def test_a_demand_begins_with_what_held_at_the_quarter_hour() -> None:
    run = Run("demand(power_active, 15 min)")
    run.wall_ns = 900 * 1_000_000 * S - run.now_ns + 600 * S  # 10 minutes into a quarter
    assert run.push(power_active=1000.0).value == 1000
    run.after(400).push(power_active=400.0)  # 100 s into the next
    assert run.after(100).value == 700


def test_a_forecast_extends_the_average_by_the_recent_level() -> None:
    run = Run("demand_forecast(power_active, 15 min)")
    run.wall_ns = 900 * 1_000_000 * S - run.now_ns
    run.push(power_active=100.0)
    assert run.value == 100
    run.after(600).push(power_active=700.0)
    average_s = 600 * 100 + 250 * 700
    recent = 700 - 600 * math.exp(-250 / 60)
    assert run.after(250).value == pytest.approx((average_s + 50 * recent) / 900)


def test_a_clock_that_is_set_begins_another_quarter_hour() -> None:
    run = Run("demand(power_active, 15 min)").push(power_active=100.0)
    assert run.value == 100
    run.after(300).push(power_active=300.0)
    run.wall_ns += 3600 * S
    assert run.after(1).value == 300


def test_a_window_of_a_month_stays_small_and_nearly_exact() -> None:
    texts = ("avg(a, 1 h)", "max(a, 1 h)", "min(a, 1 h)", "sigma(a, 1 h)", "delta(a, 1 h)", "count_true(a > 0, 1 h)")
    for text in texts:
        run = Run(text)
        values = []
        for index in range(9000):
            value = 100.0 if index == 5000 else math.sin(index / 300) - index / 1e5
            values.append(value)
            run.now_ns += S
            run.evaluation.push(0, value, Quality.GOOD, run.now_ns)
        exact = Run(text)
        exact.now_ns = run.now_ns
        for index, value in enumerate(values[-3600:]):
            exact.evaluation.push(0, value, Quality.GOOD, run.now_ns - (3599 - index) * S)
        size = len(json.dumps(run.evaluation.save()))
        assert size < 64 * 1024, text
        found, inside = run.value, values[-3600:]
        mean = sum(inside) / 3600
        expected: dict[str, float] = {
            "avg(a, 1 h)": mean,
            "max(a, 1 h)": max(inside),
            "min(a, 1 h)": min(inside),
            "sigma(a, 1 h)": abs(inside[-1] - mean) / math.sqrt(sum((v - mean) ** 2 for v in inside) / 3600),
            "delta(a, 1 h)": inside[-1] - inside[0],
            "count_true(a > 0, 1 h)": 2,
        }
        assert found == pytest.approx(expected[text], abs=0.05), text


def test_memory_and_what_is_saved_are_bounded_for_falling_values_too() -> None:
    text = " + ".join(
        f"{name}(a, {hours} h)" for name in ("max", "min", "avg", "sigma", "delta") for hours in (1, 2, 3)
    )
    run = Run(text)
    for index in range(5000):
        run.now_ns += 700 * MS
        run.evaluation.push(0, 1e6 / (index + 1.1), Quality.GOOD, run.now_ns)
    assert len(json.dumps(run.evaluation.save())) < 64 * 1024
    again = Run(text)
    again.now_ns = run.now_ns
    again.evaluation.restore([run.evaluation.save()], 0)
    assert again.value == pytest.approx(run.value, rel=0.05)


def test_what_does_not_fit_is_ignored_after_a_restart() -> None:
    saved = Run("avg(a, 10 s)").push(a=5).evaluation.save()
    (name,) = saved["parts"]
    broken: list[Any] = [
        None,
        7,
        [],
        {},
        "x",
        saved | {"parts": []},
        saved | {"parts": {}},
        saved | {"inputs": []},
        saved | {"waiting": None},
        saved | {"wall": 1.5},
        saved | {"at": "x"},
        ["avg(a, 11 s > 3", saved],
        *(
            saved | {"parts": {name: junk}}
            for junk in (None, 3, [1, 2], {}, [[0, 0], 0, [[0, 1, "x"]]], [[0, 0], 0, [[0, 1, True]]])
        ),
    ]
    for what in broken:
        run = Run("avg(a, 10 s)")
        assert not run.evaluation.restore([what], 0), what
        assert run.value is None, what
        assert run.push(a=3).value == 3
    other = Run("avg(a, 11 s)")
    assert not other.evaluation.restore([saved], 0)
    assert other.value is None
    again = Run("avg(a, 10 s)")
    assert again.evaluation.restore([None, saved], 0)
    assert again.value == 5


@pytest.mark.parametrize("junk", [7, ["x", 0], ["x", 999], [1.0, 999], [True, 0], [1.0]])
def test_an_input_that_does_not_fit_is_unknown(junk: object) -> None:
    saved = Run("avg(a, 10 s) + a").push(a=5).evaluation.save()
    run = Run("avg(a, 10 s) + a")
    assert run.evaluation.restore([saved | {"inputs": {"tx1.a": junk}}], 0)
    assert run.value is None
    assert run.push(a=3).value == 7


def test_an_expression_without_a_memory_saves_nothing() -> None:
    assert Run("a > 3 and on").push(a=5, on=True).evaluation.save() is None
    assert Run("hour() > 3").evaluation.save() is None


def test_times_move_with_the_clock_of_the_new_run() -> None:
    run = Run("duration(on) > 5 min").push(on=True).after(200)
    saved = json.loads(json.dumps(run.evaluation.save()))
    again = Run("duration(on) > 5 min")
    again.now_ns = 7 * S
    again.evaluation.restore([saved], again.now_ns - run.now_ns)
    assert again.value is False
    assert again.due_s == 100
    assert again.after(101).value is True


def test_late_samples_count_as_of_now() -> None:
    run = Run("sum(a, 10 s) + sum(b, 10 s)").push(a=1)
    run.evaluation.push(1, 5, Quality.GOOD, run.now_ns - 20 * S)
    assert run.value == 6


def test_equal_functions_share_their_memory() -> None:
    run = Run("avg(a, 5 s) > 3 or avg(a, 5 s) < 1 or 2 < avg(a, 5 s) < 3").push(a=5)
    assert len(run.evaluation.save()["parts"]) == 1
    assert len(compiled("avg(a, 5 s) > avg(a, 6 s)").start().save()["parts"]) == 2
