"""What a rule becomes."""

import pytest

from gateway.config import ConfigErrors
from gateway.core.alarm import Priority
from gateway.core.point import Names
from rules.alarms.spec import NoData
from rules.expression.program import Threshold

FULL = """
alarms:
  overload:
    name: {en: Overload, zh: 过载}
    for_each: {role: grid}
    when: power_active > 0.8 MW
    hysteresis: 40 kW
    on_delay: 60 s
    off_delay: 10 s
    keep_firing: 5 min
    no_data: keep_last
    priority: high
    latch: true
    area: supply
    group: main-supply
    suppress_when: voltage_l1 < 10 V
    schedule: nights
    re_alarm: 1 h
    max_shelve: 2 h
    guidance: {en: Shed load., zh: 减负荷。}
    labels: {team: electric, b: c}
schedules: {nights: {times: "22:00-06:00"}}
"""


def test_every_field_reaches_the_alarm(compile_text) -> None:
    first, second = compile_text(FULL).alarms
    assert (first.id, second.id, first.rule) == ("overload:tx1", "overload:tx2", "overload")
    assert (first.device.id, first.enterprise, first.area, first.group) == ("tx1", "acme", "supply", "main-supply")
    assert (first.on_delay_ns, first.off_delay_ns, first.keep_firing_ns) == (60 * 10**9, 10**10, 300 * 10**9)
    assert (first.no_data, first.latch, first.re_alarm_ns) == (NoData.KEEP_LAST, True, 3600 * 10**9)
    assert (first.max_shelve_ns, first.labels) == (7200 * 10**9, (("b", "c"), ("team", "electric")))
    assert (first.names, first.guidance) == (Names("Overload", "过载"), Names("Shed load.", "减负荷。"))
    assert (first.schedule.name, first.schedule.zone) == ("nights", "Asia/Shanghai")
    assert [operand.tag for operand in first.suppress.inputs] == ["tx1.voltage_l1"]


def test_a_limit_and_its_hysteresis_are_in_the_unit_of_the_point(compile_text) -> None:
    (level,) = compile_text(FULL).alarms[1].levels
    assert level.priority is Priority.HIGH
    assert level.when.threshold == Threshold("tx2.power_active", ">", 800.0)
    assert level.keep.threshold == Threshold("tx2.power_active", ">", 760.0)
    assert level.unit == "kW"


def test_value_and_limit_are_the_sides_of_the_first_comparison(compile_text) -> None:
    alarm = compile_text(FULL).alarms[0]
    assert [operand.tag for operand in alarm.value.inputs] == ["tx1.power_active"]
    assert alarm.levels[0].limit.start().evaluate(0, 0) == 800.0
    assert alarm.message.en == "Overload: {value} {unit}, limit {limit} {unit}"
    assert alarm.message.zh == "过载：{value} {unit}，限值 {limit} {unit}"


@pytest.mark.parametrize(
    ("condition", "message"),
    [
        ("temperature > 5", "a: {value} {unit}, limit {limit} {unit}"),
        ('state == "running"', "a: {value}"),
        ("door", "a: {value}"),
        ("door and not door", "a"),
    ],
)
def test_a_message_that_is_not_written_says_what_is_known(compile_text, condition, message) -> None:
    rules = f"alarms:\n  a:\n    for_each: {{kind: room}}\n    when: {condition}\n"
    assert compile_text(rules).alarms[0].message.en == message


@pytest.mark.parametrize(
    ("condition", "value", "limit"),
    [
        ("temperature > -18 °C", "temperature", "-18 °C"),
        ("-18 °C < temperature", "temperature", "-18 °C"),
        ("not (temperature - 2 < -18 °C) and door", "temperature - 2", "-18 °C"),
        ("abs(temperature) * (1 + 2) >= max(3, 4) or door", "abs(temperature) * (1 + 2)", "max(3, 4)"),
        ("duration(door == true) > 3 min", "duration(door == true)", "3 min"),
        ("door and (running_hours(temperature > 1 °C) >= 5 h)", "running_hours(temperature > 1 °C)", "5 h"),
        ("count_true((temperature > 1) and door, 1 h) > 3 or door", "count_true((temperature > 1) and door, 1 h)", "3"),
        ("door", "door", None),
        ('state == "running"', "state", None),
        ("door and not door", None, None),
    ],
)
def test_what_is_shown_by_default(compile_text, condition, value, limit) -> None:
    rules = f"alarms:\n  a:\n    for_each: {{kind: room}}\n    when: >-\n      {condition}\n"
    (alarm,) = compile_text(rules).alarms
    assert (alarm.value and alarm.value.text) == value
    assert (alarm.levels[0].limit and alarm.levels[0].limit.text) == limit


def test_what_is_shown_of_a_duration_has_its_unit(compile_text) -> None:
    (alarm,) = compile_text("alarms: {a: {for_each: {kind: room}, when: duration(door == true) > 3 min}}").alarms
    assert (alarm.levels[0].unit, alarm.levels[0].limit.start().evaluate(0, 0)) == ("s", 180.0)


def test_levels_have_their_own_hysteresis_and_rise(compile_text) -> None:
    rules = """
alarms:
  warm:
    for_each: {kind: room}
    levels:
      - {priority: low, when: temperature > -18 °C, hysteresis: 1 °C}
      - {priority: high, when: temperature > 5 °F, hysteresis: 1 K}
"""
    low, high = compile_text(rules).alarms[0].levels
    assert (low.priority, high.priority) == (Priority.LOW, Priority.HIGH)
    assert (low.when.threshold.limit, low.keep.threshold.limit) == (-18, -19)
    assert (high.when.threshold.limit, high.keep.threshold.limit) == pytest.approx((-15, -16))


@pytest.mark.parametrize(
    ("condition", "hysteresis", "left"),
    [("power_active >= 5 kW", "1 kW", 4.0), ("power_active < 5 kW", "1 kW", 6.0), ("5 kW <= power_active", "1", 4.0)],
)
def test_a_hysteresis_lies_on_the_side_of_the_return(compile_text, condition, hysteresis, left) -> None:
    rules = f"alarms: {{a: {{for_each: {{devices: tx1}}, when: {condition}, hysteresis: {hysteresis}}}}}"
    assert compile_text(rules).alarms[0].levels[0].keep.threshold.limit == left


def test_a_hysteresis_works_on_any_single_comparison(compile_text) -> None:
    rules = "alarms: {a: {for_each: {devices: tx1}, when: power_active - 3 kW > energy_import / 1 h, hysteresis: 1 kW}}"
    assert compile_text(rules).alarms[0].levels[0].keep.text == "power_active - 3 kW > (energy_import / 1 h) - (1 kW)"


def test_clear_says_when_it_is_over(compile_text) -> None:
    rules = "alarms: {a: {for_each: {devices: tx1}, when: power_active > 5 kW, clear: power_active < 3 kW}}"
    keep = compile_text(rules).alarms[0].levels[0].keep
    evaluation = keep.start()
    for value, expected in ((4.0, True), (2.0, False)):
        evaluation.push(0, value, 0, 0)
        assert evaluation.evaluate(0, 0) is expected


def test_without_for_each_there_is_one_alarm_for_the_park(compile_text) -> None:
    (alarm,) = compile_text("alarms: {a: {when: tx1.power_active + tx2.power_active > 5 MW}}").alarms
    assert (alarm.id, alarm.device, alarm.enterprise) == ("a:park", None, None)
    assert [operand.tag for operand in alarm.value.inputs] == ["tx1.power_active", "tx2.power_active"]


def test_an_alarm_of_a_connection_sees_what_the_gateway_knows_of_it(compile_text) -> None:
    rules = "alarms: {line: {for_each: {each: connection}, when: devices_silent >= 2}}"
    alarms = compile_text(rules).alarms
    assert [(alarm.id, alarm.device, alarm.enterprise) for alarm in alarms] == [
        ("line:line-1", None, "acme"),
        ("line:line-2", None, "dongyue"),
        ("line:iot", None, "dongyue"),
    ]
    assert alarms[0].value.inputs[0].tag == "gateway.devices_silent_line-1"


def test_a_total_is_the_sum_over_all_devices_of_the_rule_that_have_the_point(compile_text) -> None:
    rules = "alarms: {a: {for_each: {each: park}, when: total(energy_import) > 5 kWh}}"
    (alarm,) = compile_text(rules).alarms
    assert alarm.id == "a:park"
    assert [operand.tag for operand in alarm.value.inputs] == ["tx1.energy_import", "tx2.energy_import"]


def test_a_total_may_be_of_some_roles_and_of_one_enterprise(compile_text) -> None:
    rules = (
        "alarms: {a: {for_each: {each: enterprise, kind: meter},"
        ' when: "total(power_active, grid, main) > 5 kW and total(power_active) > 2 kW"}}'
    )
    acme, dongyue = compile_text(rules).alarms
    assert (acme.id, acme.device, acme.enterprise) == ("a:acme", None, "acme")
    assert [operand.tag for operand in acme.value.inputs] == ["tx1.power_active", "tx2.power_active"]
    assert (dongyue.id, dongyue.value.inputs[0].tag) == ("a:dongyue", "main-1.power_active")


def test_the_highest_is_of_those_points_that_a_device_has(compile_text) -> None:
    rules = "alarms: {a: {for_each: {kind: meter}, when: 'highest(energy_import, nothing, energy_export) > 5'}}"
    every = "alarms: {a: {for_each: {role: grid}, when: 'highest(power_active, voltage_l1) > 5'}}"
    assert [alarm.value.text for alarm in compile_text(rules).alarms] == ["`energy_import`"] * 2
    with pytest.raises(ConfigErrors, match="do not go together"):
        compile_text(every)


def test_a_device_that_has_what_a_rule_lacks_has_no_alarm(compile_text) -> None:
    rules = "alarms: {a: {for_each: {kind: meter, lacks: [voltage_l1]}, when: power_active > 5 kW}}"
    assert [alarm.id for alarm in compile_text(rules).alarms] == ["a:main-1"]


def test_silence_is_asked_of_the_points_that_are_read_most_often(compile_text) -> None:
    rules = "alarms: {a: {for_each: {each: device}, when: silent()}}"
    alarms = {alarm.id: alarm for alarm in compile_text(rules).alarms}
    assert list(alarms) == ["a:tx1", "a:tx2", "a:main-1", "a:room-a"]
    assert [operand.tag for operand in alarms["a:tx1"].levels[0].when.inputs] == [
        "tx1.power_active",
        "tx1.voltage_l1",
    ]


def test_silence_needs_a_device(refuse_text) -> None:
    (problem,) = refuse_text("alarms: {a: {when: silent()}}")
    assert problem.startswith("rules.yaml:1:20: `silent()` is about one device")


def test_names_of_points_in_messages_become_tags(compile_text) -> None:
    rules = """
alarms:
  a:
    for_each: {devices: tx1}
    when: power_active > 1 kW
    message: "{device}: {value} {voltage_l1} {device.energy_import} {tx2.power_active} {gateway.outbox_age_s}"
"""
    message = compile_text(rules).alarms[0].message
    wanted = "{device}: {value} {tx1.voltage_l1} {tx1.energy_import} {tx2.power_active} {gateway.outbox_age_s}"
    assert message == Names(wanted, wanted)


def test_a_disabled_rule_is_known_and_has_no_alarm(compile_text) -> None:
    book = compile_text(
        "alarms: {a: {for_each: {role: grid}, when: power_active > 1, enabled: false},"
        " b: {for_each: {role: grid}, when: power_active > 1, parent: a}}"
    )
    assert [(rule.rule, rule.alarms, rule.is_enabled) for rule in book.rules] == [("a", 0, False), ("b", 2, True)]


def test_a_rule_knows_where_it_stands(compile_text, tmp_path) -> None:
    (info,) = compile_text(FULL).rules
    assert (info.file, info.line, info.alarms) == (str(tmp_path / "rules.d" / "rules.yaml"), 3, 2)


def test_devices_of_one_profile_share_the_program_of_an_expression(compile_text) -> None:
    first, second = compile_text(FULL).alarms
    assert first.levels[0].when.plan is second.levels[0].when.plan
    assert first.levels[0].when.inputs != second.levels[0].when.inputs


def test_a_tag_in_full_stays_what_it_is_beside_the_same_point_as_bare_name(compile_text) -> None:
    first, second = compile_text(
        "alarms: {a: {for_each: {role: grid}, when: power_active >= tx1.power_active + 0}}"
    ).alarms
    assert [operand.tag for operand in first.levels[0].when.inputs] == ["tx1.power_active"]
    assert [operand.tag for operand in second.levels[0].when.inputs] == ["tx2.power_active", "tx1.power_active"]


@pytest.mark.parametrize(
    ("change", "is_kept"),
    [
        (("on_delay: 60 s", "on_delay: 61 s"), False),
        (("0.8 MW", "0.9 MW"), False),
        (("hysteresis: 40 kW", "hysteresis: 41 kW"), False),
        (("unit: kW", "unit: W"), False),
        (("area: supply", "area: other"), True),
        (("{en: Overload, zh: 过载}", "other"), True),
    ],
)
def test_the_fingerprint_is_of_what_decides(compile_text, park, change, is_kept) -> None:
    before = compile_text(FULL).alarms[0].fingerprint
    after = compile_text(FULL.replace(*change), park.replace(*change)).alarms[0].fingerprint
    assert (before == after) is is_kept


def test_more_alarms_than_anybody_can_bear_are_refused(refuse_text, monkeypatch) -> None:
    monkeypatch.setattr("gateway.rulebook.compiler.MAX_ALARMS", 3)
    (problem,) = refuse_text(
        "alarms: {a: {for_each: {role: grid}, when: power_active > 1}, b: {for_each: {each: device}, when: silent()}}"
    )
    assert problem == "rules.yaml:1:63: 6 alarms, and 3 are the most (`b` alone has 4: narrow it with `for_each`)"


def test_a_park_without_rules_has_an_empty_book(compile_text) -> None:
    book = compile_text("alarms:\n")
    assert (book.alarms, book.derived, book.rules, book.findings) == ((), (), (), [])
