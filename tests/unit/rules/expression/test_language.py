"""What can be written, and what it means."""

import re
from pathlib import Path

import pytest

from gateway.core.point import ValueType
from gateway.core.quality import Quality
from rules.expression.program import Expression, ResultType, Threshold
from tests.unit.rules.expression.points import Run, compiled

README = Path(__file__).parents[4] / "rules" / "expression" / "README.md"
BLOCKS = re.findall(r"```expression\n(.*?)```", README.read_text("utf-8"), re.DOTALL)
EXAMPLES = [line for block in BLOCKS for line in block.splitlines()]
INLINE = [
    text for text in re.findall(r"`([^`\n]+)`", README.read_text("utf-8")) if re.match(r"\w+ [-+*/<>=]+ \w", text)
]


@pytest.mark.parametrize("text", EXAMPLES)
def test_every_example_of_the_reference_compiles(text: str) -> None:
    assert compiled(text, wants=ResultType.BOOLEAN).inputs or "hour" in text


def test_the_reference_has_examples() -> None:
    assert len(EXAMPLES) > 30


@pytest.mark.parametrize("text", [text for text in INLINE if "..." not in text and "e +=" not in text])
def test_every_example_within_a_sentence_compiles(text: str) -> None:
    compiled(text.replace("\\|", "|"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3 - 4 / 2", 5.0),
        ("-2 * -3", 6),
        ("10 - 3 - 2", 5),
        ("7 % 4 * 2", 6),
        ("-7 % 3", 2),
        ("5 / 2", 2.5),
        ("(1 + 2) * 3", 9),
        ("1 if 2 > 3 else 4 if false else 5", 5),
        ("not true or true", True),
        ("not (true or true)", False),
        ("true or false and false", True),
        ("!false && true || false", True),
        ("not 1 > 2", True),
        ("1 < 2 <= 2 < 3", True),
        ("3 > 2 >= 2 > 2", False),
        ('"a\\"b" == \'a"b\'', True),
        ('"a" != "b"', True),
        ("true == false", False),
        ("2 == 2.0", True),
        ("max(1, 5, 3) + min(4, 2) + abs(-1)", 8),
        ("1.5e3 + 1E-1", 1500.1),
        ("9223372036854775807 + 1", 2**63),
        ("50 % * 200", 100),
        ("50 % * 50 %", 25.0),
        ("80 % * 2", 1.6),
        ("2 h == 120 min", True),
        ("1\n  +\n 2", 3),
    ],
)
def test_operators_bind_as_the_reference_says(text: str, expected: object) -> None:
    value = Run(text).value
    assert value == expected
    assert type(value) is type(expected) or isinstance(expected, int)


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("dongyue-main.power_active > 1", ["dongyue-main.power_active"]),
        ("10kv-in.power_active>1", ["10kv-in.power_active"]),
        ("2.power_active > 2.5", ["2.power_active"]),
        ("power_active > 1 and tx1.power_active < 9", ["tx1.power_active"]),
        ("`dongyue-main.power_active` - `tx2.power_active` > 1", ["dongyue-main.power_active", "tx2.power_active"]),
        ("min > 1 or min(min, 5 s) > 1", ["tx1.min"]),
        ("a - b > n - a", ["tx1.a", "tx1.b", "tx1.n"]),
        ("a -b > 0", ["tx1.a", "tx1.b"]),
    ],
)
def test_points_are_found_by_their_longest_name_and_listed_once(text: str, tags: list[str]) -> None:
    assert [point.tag for point in compiled(text).inputs] == tags


@pytest.mark.parametrize(
    ("text", "threshold"),
    [
        ("power_active > 800 kW", Threshold("tx1.power_active", ">", 800.0)),
        ("power_active >= 1.2 MW", Threshold("tx1.power_active", ">=", 1200.0)),
        ("800 W < power_active", Threshold("tx1.power_active", ">", 0.8)),
        ("5 >= n", Threshold("tx1.n", "<=", 5.0)),
        ("temperature < -18 °C", Threshold("tx1.temperature", "<", -18.0)),
        ("temperature <= 32 °F", Threshold("tx1.temperature", "<=", 0.0)),
        ("(power_active) > 2 * 400 kW", Threshold("tx1.power_active", ">", 800.0)),
        ("power_active == 5", None),
        ("power_active > tx2.power_active", None),
        ("-power_active > 5", None),
        ("power_active > 5 and on", None),
        ("avg(power_active, 5 min) > 5", None),
        ("power_active / 2 > 5", None),
    ],
)
def test_a_point_against_a_constant_is_a_threshold_in_the_points_unit(text: str, threshold: Threshold | None) -> None:
    assert compiled(text).threshold == threshold


def test_states_are_compared_with_their_words() -> None:
    assert Run('state == "running"').push(state=1).value is True
    assert Run('"FAULT" != state').push(state=1).value is True
    assert Run('door == "open"').push(door=True).value is True
    assert Run('model == "A-100"').push(model="A-100").value is True
    assert Run("state == 2").push(state=2).value is True
    assert Run('prev(state) == "running" and state == "fault"').push(state=1).after(1).push(state=2).value is True


@pytest.mark.parametrize(
    ("text", "has_windows", "needs_time"),
    [
        ("a > 1 and on", False, False),
        ("avg(a, 1 s) > 1", True, True),
        ("prev(a) != a", True, False),
        ("rate(a) > 1", True, False),
        ("rate(a, 1 min) > 1", True, True),
        ("ewma(a, 1 s) > 1", True, False),
        ("stale(a)", True, True),
        ("absent(a)", True, False),
        ("absent(a, 1 s)", True, True),
        ("age(a) > 1", True, True),
        ("duration(a > 1) > 5 s", False, True),
        ("count_true(on, 1 h) > 5", False, True),
        ("duration(avg(a, 1 s) > 1) > 5 s", True, True),
        ("running_hours(on) > 5 h", False, True),
        ("hour() > 5", False, True),
        ("quality_bad(a)", False, False),
        ("demand(a, 15 min) > 1", True, True),
    ],
)
def test_an_expression_says_what_it_needs(text: str, has_windows: bool, needs_time: bool) -> None:
    expression = compiled(text)
    assert (expression.has_windows, expression.needs_time) == (has_windows, needs_time)


@pytest.mark.parametrize(
    ("text", "wanted", "value", "unit"),
    [
        ("power_active", "W", 2500.0, "W"),
        ("power_active", None, 2.5, "kW"),
        ("power_active / 10 kW", "%", 25.0, "%"),
        ("power_active / 10 kW * 100 %", "%", 25.0, "%"),
        ("power_active * 3", "MW", 0.0075, "MW"),
        ("50 % * power_active", "W", 1250.0, "W"),
        ("power_active * power_active", "kVA2", 6.25, "kVA2"),
        ("power_active * power_active", None, 6.25, ""),
        ("power_active + 500 W", None, 3.0, "kW"),
        ("500 W + power_active", None, 3.0, "kW"),
        ("max(power_active, 3000 W)", "W", 3000.0, "W"),
        ("power_active if power_active > 1 else 1 W", "W", 2500.0, "W"),
        ("abs(-power_active)", "kW", 2.5, "kW"),
        ("power_active % 2 kW", "W", 500.0, "W"),
        ("power_active * power_active * 100 %", "%", 625.0, "%"),
        ("80 % * (power_active * power_active)", None, 5.0, ""),
        ("power_active / 5 kW * 50 %", None, 25.0, "%"),
        ("power_active / 50 %", None, 5.0, "kW"),
    ],
)
def test_a_number_comes_in_the_unit_that_is_wanted(text: str, wanted: str | None, value: float, unit: str) -> None:
    run = Run(text, unit=wanted).push(power_active=2.5)
    assert run.value == pytest.approx(value)
    assert (run.expression.type, run.expression.unit) == (ResultType.NUMBER, unit)


@pytest.mark.parametrize(
    ("text", "celsius", "fahrenheit", "expected"),
    [
        ("temperature_out - temperature > 4.9 K", 20.0, 77.0, True),
        ("temperature_out - temperature > 5.1 °C", 20.0, 77.0, False),
        ("temperature_out - temperature > 8.9 °F", 20.0, 77.0, True),
        ("temperature - temperature_out < -4.9 K", 20.0, 77.0, True),
        ("temperature + 5 K == temperature_out", 20.0, 77.0, True),
        ("temperature - 10 K < 284 K", 20.0, 77.0, True),
        ("temperature < 293 K", 20.0, 77.0, False),
        ("(temperature + temperature_out) / 2 > 22.4 °C", 20.0, 77.0, True),
        ("max(temperature, temperature_out) > 297 K", 20.0, 77.0, True),
        ("293 K < temperature <= temperature_out", 20.0, 77.0, True),
    ],
)
def test_temperatures_have_an_offset_and_their_differences_none(
    text: str, celsius: float, fahrenheit: float, expected: bool
) -> None:
    run, values = Run(text), {"temperature": celsius, "temperature_out": fahrenheit}
    names = [point.tag.removeprefix("tx1.") for point in run.expression.inputs]
    assert run.push(**{name: values[name] for name in names}).value is expected


def test_a_rate_of_energy_is_a_power() -> None:
    run = Run("rate(energy_import, 1 h) > 800 kW").push(energy_import=1000.0)
    assert run.after(1800).push(energy_import=1401.0).value is True
    assert run.after(600).push(energy_import=1402.0).value is False


def test_hours_and_weekdays_are_those_of_the_site() -> None:
    run = Run("weekday() * 100 + hour()", zone="Asia/Shanghai")
    run.wall_ns = 1_795_000_000_000_000_000 - run.now_ns  # 2026-11-18 11:06:40 UTC, a Wednesday
    assert run.value == 319
    assert run.due_s == 3200
    assert run.after(3200).value == 320
    assert run.after(4 * 3600).value == 400


def test_a_day_of_summer_time_has_its_hours() -> None:
    run = Run("hour()", zone="Europe/Berlin")
    run.wall_ns = 1_774_742_400_000_000_000 - run.now_ns  # 2026-03-29 00:00 UTC, 01:00 local time
    hours = []
    for _ in range(3):
        hours.append(run.value)
        run.after(run.due_s or 0)
    assert hours == [1, 3, 4]


def test_a_point_of_every_type_can_be_the_result() -> None:
    assert [compiled(name).type for name in ("a", "n", "on", "model")] == ["number", "number", "boolean", "text"]
    assert compiled("model").inputs[0].type is ValueType.TEXT


def test_an_expression_that_was_not_compiled_cannot_be_started() -> None:
    bare = Expression("a", ResultType.NUMBER, "", (), None, has_windows=False, needs_time=False)
    with pytest.raises(TypeError, match="compile_expression"):
        bare.start()


def test_numbers_without_bounds_are_unknown() -> None:
    assert Run("a * a").push(a=1e200).value is None
    assert Run("a + 1").push(a=float("nan")).value is None
    assert Run("a > 1").push(a=float("inf")).value is None
    assert Run("n * n * 1.5").push(n=10**200).value is None
    run = Run("n / (n - n)").push(n=3)
    assert run.value is None
    assert run.quality is Quality.BAD_NOT_A_NUMBER
