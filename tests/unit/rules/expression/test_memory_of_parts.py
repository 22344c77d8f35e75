"""What is remembered is of a part: it outlives an edit of the rest, and hours start anew when a person says so."""

import json

import pytest

from tests.unit.rules.expression.points import Run, S, compiled


def kept(before: str, after: str, **values: object) -> Run:
    """`before` runs for 200 s, then `after` goes on with what it remembers."""
    run = Run(before).push(**values).after(200)
    assert run.value is not None
    again = Run(after)
    again.now_ns = run.now_ns
    again.evaluation.restore([json.loads(json.dumps(run.evaluation.save()))], 0)
    return again


@pytest.mark.parametrize(
    "after",
    [
        "running_hours(power_active > 1 kW) * 36",
        "36*running_hours( (tx1.power_active) > (1.0kW) )",
        "36 * running_hours(tx1.power_active > 1 kW) + 0 * duration(power_active > 2 kW)",
        "max(0, 2 * running_hours(power_active > 1 kW) * 18)",
    ],
)
def test_a_part_with_the_same_text_goes_on_where_it_was(after: str) -> None:
    run = kept("running_hours(power_active > 1 kW) > 500 h", after, power_active=5.0)
    if "duration" in after:
        assert run.value is None  # of that part nothing is known
        run.push(power_active=5.0)
    assert run.value == pytest.approx(2.0)
    assert run.after(40).value == pytest.approx(2.4)


@pytest.mark.parametrize(
    "after",
    [
        "running_hours(power_active > 2 kW)",
        "running_hours(power_active >= 1 kW)",
        "running_hours(not power_active > 1 kW)",
        "running_hours(tx2.power_active > 1 kW)",
        "duration(power_active > 1 kW)",
    ],
)
def test_a_part_with_another_text_starts_anew(after: str) -> None:
    assert kept("running_hours(power_active > 1 kW) > 500 h", after, power_active=5.0).value is None


@pytest.mark.parametrize(
    ("before", "after", "value"),
    [
        ("duration(on) > 5 min", "duration(on) > 1 min or a > 3", True),
        ("avg(a, 1 h) > 30", "avg(a, 1 h) + a", 14),
        ("max(a, 1 h) - min(a, 1 h) > 1", "min(a, 1 h)", 7),
        ("demand(power_active, 15 min) > 800 kW", "2 * demand(power_active, 15 min)", 10),
        ("count_true(on or a > 3, 1 h) > 3", "1 + count_true(on or a > 3, 1 h)", 1),
        ("duration(avg(a, 1 h) > 3) > 5 min", "duration(avg(a, 1 h) > 3)", 200),
        ("duration(avg(a, 1 h) > 3) > 5 min", "duration(avg(a, 1 h) > 4) + avg(a, 1 h) * 1 s", 7),
        ("age(a) > 1 s", "age(a)", 200),
    ],
)
def test_windows_and_durations_survive_an_edit_too(before: str, after: str, value: object) -> None:
    inputs = {"on": True, "a": 7, "power_active": 5}
    texts = {point.tag.removeprefix("tx1.") for point in compiled(before).inputs}
    assert kept(before, after, **{name: inputs[name] for name in texts}).value == value


def test_a_part_that_two_expressions_have_comes_from_the_first_that_fits() -> None:
    short, long = Run("duration(on) > 9 s").push(on=True).after(10), Run("duration(on) > 9 s").push(on=True).after(50)
    run = Run("duration(on)")
    run.now_ns = long.now_ns
    assert run.evaluation.restore([{}, short.evaluation.save(), long.evaluation.save()], long.now_ns - short.now_ns)
    assert run.value == 10


def test_texts_too_long_for_a_name_are_told_apart() -> None:
    long = " + ".join(["power_active"] * 40)
    for other, hours in ((f"{long} > 2 kW", None), (f"{long} > 1 kW", pytest.approx(200 / 3600))):
        run = kept(f"running_hours({long} > 1 kW) > 5 h", f"running_hours({other})", power_active=5.0)
        assert run.value == hours
        assert all(len(name) < 250 for name in run.evaluation.save()["parts"])


def test_samples_in_another_unit_are_other_samples() -> None:
    saved = Run("avg(power_active, 1 h)").push(power_active=5).evaluation.save()
    assert list(saved["parts"]) == ["avg(tx1.power_active, 1 h) of kW"]
    assert list(Run("running_hours(power_active > 1 kW)").evaluation.save()["parts"]) == [
        "running_hours(tx1.power_active > 1 kW)"
    ]


def test_hours_do_not_count_the_time_in_between_though_a_window_beside_them_does() -> None:
    text = "running_hours(avg(power_active, 1 h) > 1 kW)"
    run = Run(text).push(power_active=5.0).after(1800)
    assert run.value == 0.5
    again = Run(text)
    again.now_ns = run.now_ns + 1000 * S
    again.evaluation.restore([run.evaluation.save()], 1000 * S, 0)
    assert again.value == 0.5
    assert again.after(799).value == pytest.approx(0.5 + 799 / 3600)
    assert again.after(1).value == pytest.approx(0.5 + 800 / 3600)  # the sample left the window an hour after it came
    assert again.after(500).value == pytest.approx(0.5 + 800 / 3600)


# -- starting anew ----------------------------------------------------------------------------------------------------


def test_hours_start_anew_and_go_on_from_there() -> None:
    run = Run("running_hours(on)").push(on=True).after(3600).push(on=False).after(60).push(on=True).after(3600)
    assert run.value == 2
    run.evaluation.start_anew(run.now_ns)
    assert run.value == 0
    assert run.after(1800).value == 0.5
    run.push(on=False).evaluation.start_anew(run.now_ns)
    assert run.after(1800).value == 0


def test_hours_that_start_anew_while_the_condition_is_unknown_are_none() -> None:
    run = Run("running_hours(on)").push(on=True).after(3600).push(on=None)
    run.evaluation.start_anew(run.now_ns)
    assert run.value == 0
    fresh = Run("running_hours(on)")
    fresh.evaluation.start_anew(fresh.now_ns)
    assert fresh.value is None


def test_only_what_is_added_up_for_ever_starts_anew() -> None:
    run = Run("duration(on) + sum(a, 1 h) * 1 s").push(on=True, a=3).after(10)
    run.evaluation.start_anew(run.now_ns)
    assert run.value == 13
    assert not run.expression.accumulates
    assert compiled("duration(running_hours(on) > 5 h) > 1 s").accumulates
    assert not compiled("a > 3").accumulates
