"""Every rule of every shipped pack, on the demo's park: the alarm is raised, says what it should, and returns."""

import json
import re
from pathlib import Path

import pytest

from gateway.config.nodes import Node, plain
from gateway.config.problems import Report
from gateway.config.yamltext import parse_yaml
from gateway.core.alarm import Condition, Transition
from gateway.plugins import DRIVERS
from gateway.rulebook import load_park
from gateway.rulebook.packs import SHIPPED, shipped
from tests.unit.gateway.rulebook.pack_scene import Scene, Values, demo_park, power, room
from tests.unit.gateway.rulebook.scenarios_plant import PLANT
from tests.unit.gateway.rulebook.scenarios_supply import SUPPLY

EXAMPLE = Path(__file__).parents[4] / "deploy" / "examples" / "park.yaml"
EVERY_PARAMETER = {
    "electrical": "{rated_power: 1 MW, rated_current: 1 kA}",
    "cold-room": "{high: -15 °C, low: -30 °C}",
    "demand": "{limit: 5700 kW}",
    "environment": "{co_limit: 100 mg/m³}",
    "maintenance": "{runs: compressor}",
    "metering": "{sub_loss: 10 %}",
}
SCENARIOS = SUPPLY | PLANT


def tree(pack: str) -> Node:
    """The nodes of a pack, parameters not filled in."""
    report = Report()
    node = parse_yaml((SHIPPED / f"{pack}.yaml").read_text(encoding="utf-8"), pack, report, lambda _: None)
    report.raise_problems()
    assert node is not None
    return node


@pytest.mark.parametrize("name", SCENARIOS)
def test_an_alarm_of_a_pack_is_raised_and_returns(name, tmp_path) -> None:
    scenario = SCENARIOS[name]
    scene = Scene(*demo_park(tmp_path, f"{{{scenario.pack}: {scenario.uses}}}"))
    quiet = scene.play(scenario.well, scenario.settle_s, scenario.step_s)
    assert [event for event in quiet if event.alarm == scenario.alarm] == []
    events = scene.play(scenario.wrong, scenario.wrong_s, scenario.step_s)
    raised = next(event for event in events if event.alarm == scenario.alarm)
    assert raised.transition is Transition.RAISED
    assert "?" not in raised.message.en + raised.message.zh
    assert "{" not in raised.message.en + raised.message.zh
    assert {key: getattr(raised, key) for key in scenario.expected} == scenario.expected
    assert raised.message.en == scenario.says or not scenario.says
    if scenario.well_s == 0:
        return
    events = scene.play(scenario.well, scenario.well_s, scenario.step_s)
    assert Transition.RETURNED in [event.transition for event in events if event.alarm == scenario.alarm]


@pytest.mark.parametrize("pack", shipped())
def test_every_rule_of_a_pack_has_a_scenario(pack) -> None:
    played = {scenario.alarm.partition(":")[0] for scenario in SCENARIOS.values() if scenario.pack == pack}
    assert played == plain(tree(pack))["alarms"].keys()


def test_every_message_about_a_duration_shows_the_duration(tmp_path) -> None:
    """`duration(door == true) > 3 min` is not about the door's value."""
    scene = Scene(*demo_park(tmp_path, "{cold-room: {}}"))
    scene.play({"other": {"door": 0}}, 30, 5)
    events = scene.play({"other": {"door": 1}}, 200, 5)
    (raised,) = [event for event in events if event.alarm == "cold-room-door-state:other"]
    assert raised.message.en == "The door has stood open for 180 s"
    assert raised.message.zh == "库门已打开 180 s"


def test_a_dead_detector_is_more_than_a_silent_device(tmp_path) -> None:
    scene = Scene(*demo_park(tmp_path, "{safety: {}, connectivity: {}}"))
    scene.play({"boiler-house": {"gas_lel": 1.0, "smoke": False, "hydrant_pressure": 4.0, "leak": 0}}, 300, 60)
    raised = [event for event in scene.play({"boiler-house": None}, 900, 60) if event.transition is Transition.RAISED]
    rules = {event.rule for event in raised if event.device == "boiler-house"}
    assert rules == {"device-silent", "gas-detector-fault", "smoke-detector-fault", "hydrant-sensor-fault"}
    assert scene.view("gas-detector-fault:boiler-house").condition is Condition.ACTIVE


def test_sub_meters_are_not_compared_while_one_is_dead(tmp_path) -> None:
    scene = Scene(*demo_park(tmp_path, "{metering: {sub_loss: 10 %}}"))
    subs = power("jinbo-furnace-1 jinbo-furnace-2 jinbo-sand", 100.0)
    every: dict[str, Values | None] = {**subs, **power("jinbo-main", 300.0)}
    scene.play(every, 60, 2)
    assert scene.view("sub-loss:jinbo").condition is Condition.INACTIVE
    scene.play(every | {"jinbo-sand": None}, 60, 2)
    assert scene.view("sub-loss:jinbo").condition is Condition.UNKNOWN
    scene.play(every, 60, 2)
    assert scene.view("sub-loss:jinbo").condition is Condition.INACTIVE


def test_sub_meters_are_compared_where_there_are_some_and_a_main_meter(tmp_path) -> None:
    _, book = demo_park(tmp_path, "{metering: {}}")
    compared = {alarm.enterprise for alarm in book.alarms if alarm.rule == "sub-excess"}
    assert "jinbo" in compared
    assert compared.isdisjoint({"park", "baishan"})
    assert [alarm.rule for alarm in book.alarms if alarm.rule == "sub-loss"] == []


def test_a_service_is_counted_by_the_machine_or_here_not_by_both(tmp_path) -> None:
    devices = "[antu-compressor-1, lantian-cold-a]"
    _, book = demo_park(tmp_path, f"{{maintenance: {{runs: compressor, devices: {devices}}}}}")
    assert [alarm.id for alarm in book.alarms] == [
        "service-due:antu-compressor-1",
        "service-due-counted:lantian-cold-a",
    ]


def test_a_silent_line_speaks_for_its_devices(tmp_path) -> None:
    scene = Scene(*demo_park(tmp_path, "{connectivity: {}}"))
    well: dict[str, Values] = {"dongyue-water": {"volume": 5.0, "flow": 1.0}}
    scene.play(well | {"gateway": {"devices_silent_line-2": 0, "devices_silent_percent_line-2": 0.0}}, 60, 10)
    line = {"devices_silent_line-2": 9, "devices_silent_percent_line-2": 90.0}
    events = scene.play({"dongyue-water": None, "gateway": line}, 300, 10)
    of_device = [event.transition for event in events if event.alarm == "device-silent:dongyue-water"]
    assert Transition.RAISED not in of_device
    assert Transition.SUPPRESSED in of_device


@pytest.mark.parametrize("pack", shipped())
def test_every_rule_of_a_pack_compiles_speaks_both_languages_and_says_what_to_do(pack, tmp_path) -> None:
    _, book = demo_park(tmp_path, f"{{{pack}: {EVERY_PARAMETER.get(pack, '{}')}}}")
    assert [rule.rule for rule in book.rules if not rule.alarms] == []
    assert len(book.rules) == len(plain(tree(pack))["alarms"])
    for alarm in book.alarms:
        for names in (alarm.names, alarm.message, alarm.guidance):
            assert names.en, alarm.rule
            assert names.zh, alarm.rule
            assert names.en != names.zh, alarm.rule


@pytest.mark.parametrize("pack", shipped())
def test_every_parameter_of_a_pack_is_explained_and_used(pack) -> None:
    whole = plain(tree(pack))
    rules = json.dumps({key: value for key, value in whole.items() if key != "parameters"})
    parameters = whole.get("parameters", {})
    assert set(re.findall(r"\$\{([^}]*)\}", rules)) == parameters.keys()
    assert all(parameter["about"] for parameter in parameters.values())
    assert all(
        parameter.keys() <= {"about", "default", "required", "example", "kind"} for parameter in parameters.values()
    )


def test_priorities_are_a_pyramid(tmp_path) -> None:
    """About 80 % low, 15 % medium, 5 % high (ISA-18.2, clause on rationalisation), over all alarms of all packs."""
    _, book = demo_park(tmp_path, "{" + ", ".join(f"{pack}: {{}}" for pack in shipped()) + "}")
    lowest = [alarm.levels[0].priority.name for alarm in book.alarms]
    assert lowest.count("LOW") / len(lowest) > 0.75
    assert lowest.count("HIGH") / len(lowest) < 0.1


@pytest.mark.parametrize("pack", shipped())
def test_a_pack_says_how_it_is_used(pack) -> None:
    text = (SHIPPED / f"{pack}.yaml").read_text(encoding="utf-8")
    assert text.startswith("# ")
    assert f"#     {pack}: " in text


def test_the_example_compiles_without_a_finding() -> None:
    _, book = load_park(EXAMPLE, DRIVERS, {}, year=2026)
    assert book.findings == []
    assert {"oil-hot", "boiler-pressure-low", "overload"} <= {alarm.rule for alarm in book.alarms}
    assert "chill-cold-room-temperature:huali-cold-2" in {alarm.id for alarm in book.alarms}
    assert [route.name for route in book.notices.routes] == ["everything", "duty"]


def test_a_pack_is_narrowed_disabled_in_parts_and_used_twice(tmp_path) -> None:
    own = "a: {pack: cold-room, high: 1 °C, devices: lantian-cold-a}"
    uses = f"{{{own}, cold-room: {{enterprise: [qingyuan], disable: cold-room-door}}}}"
    _, book = demo_park(tmp_path, uses)
    assert sorted(alarm.id for alarm in book.alarms) == [
        "a-cold-room-door:lantian-cold-a",
        "a-cold-room-off-setpoint:lantian-cold-a",
        "a-cold-room-warm:lantian-cold-a",
        "cold-room-off-setpoint:qingyuan-cold-1",
    ]


def test_packs_that_need_the_same_derived_point_share_it(tmp_path) -> None:
    _, book = demo_park(tmp_path, "{one: {pack: demand, limit: 1 MW}, two: {pack: demand, limit: 2 MW}}")
    assert [one.point.name for one in book.derived] == ["park_import"]
    assert {alarm.rule for alarm in book.alarms} == {
        f"{name}-demand-{which}" for name in ("one", "two") for which in ("forecast", "exceeded")
    }


def test_a_parameter_of_a_pack_falls_back_to_the_site(tmp_path) -> None:
    _, book = demo_park(tmp_path, "{demand: {}}")
    exceeded = next(alarm for alarm in book.alarms if alarm.rule == "demand-exceeded")
    assert exceeded.levels[0].limit.start().evaluate(0, 0) == 6000.0


def test_a_reset_after_a_service_starts_the_hours_anew(tmp_path) -> None:
    alarm = "service-due-counted:lantian-cold-a"
    uses = "{maintenance: {every: 0.2 h, runs: compressor, devices: [lantian-cold-a]}}"
    scene = Scene(*demo_park(tmp_path, uses))
    scene.play({"lantian-cold-a": room(-20.0)}, 800, 10)
    assert scene.view(alarm).condition is Condition.ACTIVE
    scene.reset(alarm)
    scene.play({"lantian-cold-a": room(-20.0)}, 60, 10)
    assert scene.view(alarm).condition is Condition.INACTIVE
