"""Derived points: order, types, whose they are."""

from gateway.core.point import Names, PointKind, ValueType


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
