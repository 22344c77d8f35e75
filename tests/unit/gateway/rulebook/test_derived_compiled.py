"""Derived points: order, types, whose they are."""

import re
from pathlib import Path

import pytest

from gateway.core.point import Names, PointKind, ValueType
from gateway.plugins import DRIVERS
from gateway.rulebook import load_park
from rules.alarms.spec import Derived

EXAMPLES = Path(__file__).parents[4] / "deploy" / "examples"


def tags(book) -> list[str]:
    """The derived points in their order."""
    return [f"{one.device.id}.{one.point.name}" for one in book.derived]


def test_a_derived_point_has_name_unit_type_and_pace(compile_text) -> None:
    rules = (
        "derived: {share: {name: 占比, for_each: {devices: tx1}, value: power_active / 1 MW * 100 %,"
        ' unit: "%", interval: 5 s}}'
    )
    (one,) = compile_text(rules).derived
    assert (one.device.id, one.point.name, one.point.unit, one.point.names) == (
        "tx1",
        "share",
        "%",
        Names("占比", "占比"),
    )
    assert (one.point.type, one.point.kind, one.interval_ns) == (ValueType.FLOAT, PointKind.GAUGE, 5 * 10**9)


def test_it_is_not_computed_more_often_than_its_inputs_come(compile_text) -> None:
    rules = "derived: {a: {for_each: {devices: tx1}, value: energy_import * 2}}"
    assert compile_text(rules).derived[0].interval_ns == 10 * 10**9


def test_type_and_unit_follow_from_the_expression(compile_text) -> None:
    rules = """
derived:
  on: {for_each: {devices: tx1}, value: power_active > 1 kW}
  half: {for_each: {devices: tx1}, value: power_active / 2}
  word: {for_each: {devices: tx1}, value: '"high" if power_active > 5 else "low"'}
"""
    points = [one.point for one in compile_text(rules).derived]
    assert [(point.type, point.kind, point.unit) for point in points] == [
        (ValueType.BOOL, PointKind.STATE, ""),
        (ValueType.FLOAT, PointKind.GAUGE, "kW"),
        (ValueType.TEXT, PointKind.STATE, ""),
    ]


def test_each_comes_after_those_that_it_is_computed_from(compile_text) -> None:
    rules = """
derived:
  a: {for_each: {role: grid}, value: b + 1 kW}
  b: {for_each: {role: grid}, value: c + 1 kW}
  c: {for_each: {role: grid}, value: power_active * 2}
  all: {value: tx1.a + tx2.a}
"""
    book = compile_text(rules)
    assert tags(book) == ["tx1.c", "tx1.b", "tx1.a", "tx2.c", "tx2.b", "tx2.a", "park.all"]


def test_an_alarm_may_watch_a_derived_point_of_its_device_and_of_the_park(compile_text) -> None:
    rules = """
derived:
  b: {for_each: {role: grid}, value: power_active * 2}
  all: {value: tx1.b + tx2.b}
alarms:
  one: {for_each: {role: grid}, when: b > 5 kW}
  park: {when: all > 5 kW}
"""
    alarms = compile_text(rules).alarms
    assert [alarm.value.inputs[0].tag for alarm in alarms] == ["tx1.b", "tx2.b", "park.all"]


def test_a_device_without_the_point_has_no_derived_point_either(compile_text) -> None:
    rules = """
derived: {b: {for_each: {kind: meter}, value: voltage_l1 * 2}}
alarms: {a: {for_each: {kind: meter}, when: b > 5}}
"""
    book = compile_text(rules)
    assert tags(book) == ["tx1.b", "tx2.b"]
    assert [alarm.id for alarm in book.alarms] == ["a:tx1", "a:tx2"]
    assert len(book.findings) == 2


def test_a_long_row_of_derived_points_is_refused_before_it_breaks_anything(refuse_text) -> None:
    rows = "".join(f"  p{i}: {{for_each: {{devices: tx1}}, value: p{i + 1} + 1}}\n" for i in range(200))
    problems = refuse_text(f"derived:\n{rows}  p200: {{for_each: {{devices: tx1}}, value: power_active}}\n")
    assert any("more than 20 derived points" in problem for problem in problems)


def test_a_device_with_the_name_of_the_site_or_the_gateway_is_refused(refuse_text, park) -> None:
    for wrong, whose in (("park", "the whole site"), ("gateway", "the gateway's own")):
        problems = refuse_text("alarms:\n", park.replace("id: tx1,", f"id: {wrong},"))
        assert any(f"`{wrong}` stands for" in problem and whose in problem for problem in problems)


def test_a_disabled_one_is_not_there(refuse_text) -> None:
    problems = refuse_text(
        "derived: {d: {for_each: {role: grid}, value: power_active, enabled: false}}\n"
        "alarms: {a: {for_each: {role: grid}, when: d > 1}}"
    )
    assert problems == [
        "rules.yaml:2:44: no point is called `d` (write `device.point`, or `point` alone for the rule's own device)"
    ]


PLANTS = """
profiles:
  chiller:
    driver: mqtt
    kind: chiller
    points:
      flow: {unit: m3/h}
      temperature_supply: {unit: °C}
      temperature_return: {unit: °C}
      power_active: {unit: kW}
  boiler: {driver: mqtt, kind: boiler, points: {steam: {unit: t, kind: counter}, gas_volume: {unit: m3, kind: counter}}}
devices:
  - {id: chiller-1, enterprise: acme, profile: chiller, connection: iot}
  - {id: boiler-1, enterprise: acme, profile: boiler, connection: iot}
"""


def test_the_points_that_the_example_only_describes_compile_where_the_plant_is_there(tmp_path, park) -> None:
    text = (EXAMPLES / "rules.d" / "derived.yaml").read_text(encoding="utf-8")
    described = re.sub(r"(?m)^#", "", text[text.index("\n#\n#   cop:") :])
    (tmp_path / "rules.d").mkdir()
    (tmp_path / "rules.d" / "derived.yaml").write_text(f"derived:\n{described}", encoding="utf-8")
    (tmp_path / "park.yaml").write_text(f"{park}include: [plants.yaml]\n", encoding="utf-8")
    (tmp_path / "plants.yaml").write_text(PLANTS, encoding="utf-8")
    book = load_park(tmp_path / "park.yaml", DRIVERS, {})[1]
    assert book.findings == []
    cop, efficiency = book.derived
    assert (cop.device.id, efficiency.device.id) == ("chiller-1", "boiler-1")
    samples = {"flow": 100.0, "temperature_return": 12.0, "temperature_supply": 7.0, "power_active": 116.3}
    assert computed(cop, [samples]) == pytest.approx(5.0)
    hour = [{"steam": 10.0, "gas_volume": 100.0}, {"steam": 11.0, "gas_volume": 176.0}]
    assert computed(efficiency, hour) == pytest.approx(2433 / (76 * 35.6) * 100)


def computed(derived: Derived, course: list[dict[str, float]]) -> object:
    """What a point becomes after these samples, ten seconds apart."""
    evaluation = derived.expression.start()
    for at, samples in enumerate(course):
        for slot, operand in enumerate(derived.expression.inputs):
            evaluation.push(slot, samples[operand.tag.partition(".")[2]], 0, at * 10**10)
    return evaluation.evaluate((len(course) - 1) * 10**10, 0)
