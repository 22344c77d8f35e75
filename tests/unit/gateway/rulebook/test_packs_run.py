"""Every shipped pack, on the demo's park: an alarm is raised and returns."""

import json
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from gateway.config.nodes import Node, plain
from gateway.config.plan import ParkPlan
from gateway.config.problems import Report
from gateway.config.yamltext import parse_yaml
from gateway.core.alarm import AlarmEvent, Transition
from gateway.core.device import Device
from gateway.core.point import Point, Value
from gateway.plugins import DRIVERS
from gateway.rulebook import Rulebook, load_park
from gateway.rulebook.health import gateway_device, health_points
from gateway.rulebook.packs import SHIPPED, shipped
from gateway.trial.series import Sample
from gateway.trial.stage import Feed, Stage

DEMO = Path(__file__).parents[4] / "drivers" / "simulator" / "demo"
EXAMPLE = Path(__file__).parents[4] / "deploy" / "examples" / "park.yaml"
START_NS = 1_772_409_600 * 10**9  # 2026-03-02 00:00 UTC, a quarter of an hour
DETECTORS = """
profiles:
  detector:
    driver: mqtt
    kind: detector
    points:
      gas_lel: {unit: "%LEL"}
      smoke: {kind: state, type: bool}
      leak: {kind: state, type: int}
      hydrant_pressure: {unit: bar}
  other:
    driver: mqtt
    kind: cold-room
    points:
      smoke: {kind: state, type: int}
      leak: {kind: state, type: bool}
      thd_voltage_l1: {unit: "%"}
      so2: {unit: mg/m³}
      dust: {unit: mg/m³}
      temperature: {unit: °C}
      door: {kind: state, type: int}
devices:
  - {id: boiler-house, enterprise: dongyue, profile: detector, connection: iot}
  - {id: other, enterprise: dongyue, profile: other, connection: iot}
"""
EVERY_PARAMETER = {
    "electrical": "{rated_power: 1 MW, rated_current: 1 kA}",
    "cold-room": "{high: -15 °C, low: -30 °C}",
    "demand": "{limit: 5700 kW}",
}
Values = Mapping[str, Value | Callable[[int], Value] | None]


@dataclass(frozen=True, slots=True)
class Scenario:
    """What devices say while all is well, and while something is wrong. `None`: the device says nothing."""

    pack: str
    alarm: str
    well: Mapping[str, Values]
    wrong: Mapping[str, Values | None]
    wrong_s: int  # until the alarm must have been raised
    well_s: int  # until it must have returned
    uses: str = "{}"
    settle_s: int = 30
    step_s: int = 1
    expected: Mapping[str, object] = field(default_factory=dict)  # of the event


def meter(**values: Value | Callable[[int], Value]) -> Values:
    """A three-phase meter at rest."""
    volts = {f"voltage_l{phase}": 230.0 for phase in (1, 2, 3)}
    amperes = {f"current_l{phase}": 50.0 for phase in (1, 2, 3)}
    return {"power_active": 30.0, "power_factor": 0.95, "frequency": 50.0, **volts, **amperes, **values}


def room(air: float, door: bool = False) -> Values:
    """A cold room with its set point at -20 deg C."""
    return {"temperature_air": air, "temperature_setpoint": -20.0, "door": door, "compressor": True}


SCENARIOS = {
    "overload": Scenario(
        "electrical", "overload:park-tx1", {"park-tx1": meter(power_active=700.0)},
        {"park-tx1": meter(power_active=950.0)},
        70, 20, "{rated_power: 1000 kW, role: grid}", expected={"value": 950.0, "limit": 900.0, "unit": "kW"},
    ),
    "phase loss": Scenario(
        "electrical", "phase-loss:dongyue-main", {"dongyue-main": meter()},
        {"dongyue-main": meter(voltage_l2=20.0)}, 5, 5,
    ),
    "under-voltage": Scenario(
        "electrical", "under-voltage:huali-main", {"huali-main": meter()},
        {"huali-main": meter(voltage_l3=200.0)}, 65, 65,
        expected={"value": 200.0, "limit": 207.0},
    ),
    "voltage unbalance": Scenario(
        "electrical", "voltage-unbalance:huali-main", {"huali-main": meter()}, {"huali-main": meter(voltage_l3=218.0)},
        610, 70,
    ),
    "frequency": Scenario(
        "electrical", "frequency-off:park-tx2", {"park-tx2": meter()}, {"park-tx2": meter(frequency=49.2)}, 15, 35,
    ),
    "power factor": Scenario(
        "electrical", "power-factor-low:antu-main", {"antu-main": meter(power_active=200.0)},
        {"antu-main": meter(power_active=200.0, power_factor=0.7)}, 910, 310,
    ),
    "demand": Scenario(
        "demand", "demand-forecast:qinghe",
        {"park-tx1": meter(power_active=1000.0), "park-tx2": meter(power_active=1000.0)},
        {"park-tx1": meter(power_active=4000.0), "park-tx2": meter(power_active=4000.0)}, 400, 900, "{limit: 5700 kW}",
    ),
    "nox": Scenario(
        "environment", "nox-high-high:dongyue-stack", {"dongyue-stack": {"nox": 30.0, "flue_flow": 900.0}},
        {"dongyue-stack": {"nox": 120.0, "flue_flow": 900.0}}, 200, 130, step_s=2,
        expected={"limit": 75.0, "unit": "mg/m³"},
    ),
    "analyser": Scenario(
        "environment", "analyser-fault:dongyue-stack", {"dongyue-stack": {"nox": 30.0, "flue_flow": 900.0}},
        {"dongyue-stack": {"nox": None, "flue_flow": 900.0}}, 910, 10, step_s=2,
    ),
    "cold room": Scenario(
        "cold-room", "cold-room-warm:lantian-cold-a", {"lantian-cold-a": room(-19.5)}, {"lantian-cold-a": room(-12.0)},
        620, 80, "{high: -15 °C, devices: [lantian-cold-a]}", expected={"value": -12.0, "limit": -15.0},
    ),
    "cold room above its set point": Scenario(
        "cold-room", "cold-room-off-setpoint:lantian-cold-a", {"lantian-cold-a": room(-19.5)},
        {"lantian-cold-a": room(-16.5)}, 620, 80, expected={"value": -16.5},
    ),
    "door": Scenario(
        "cold-room", "cold-room-door:lantian-cold-b", {"lantian-cold-b": room(-19.5)},
        {"lantian-cold-b": room(-19.5, door=True)}, 190, 10,
    ),
    "stuck counter": Scenario(
        "metering", "counter-stuck:jinbo-main",
        {"jinbo-main": meter(power_active=40.0, energy_import=lambda t: 1000.0 + 40.0 * t / 3600)},
        {"jinbo-main": meter(power_active=40.0, energy_import=2000.0)}, 4000, 400, settle_s=60, step_s=2,
    ),
    "reverse power": Scenario(
        "metering", "reverse-power:huali-drying", {"huali-drying": meter()},
        {"huali-drying": meter(power_active=-20.0)},
        310, 70,
    ),
    "counter went back": Scenario(
        "metering", "counter-back:antu-press", {"antu-press": meter(energy_import=lambda t: 1000.0 + t)},
        {"antu-press": meter(energy_import=lambda t: 5.0 + t)}, 5, 620,
    ),
    "silent device": Scenario(
        "connectivity", "device-silent:dongyue-water", {"dongyue-water": {"volume": 5.0, "flow": 1.0}},
        {"dongyue-water": None}, 110, 30, step_s=10,
    ),
    "silent line": Scenario(
        "connectivity", "line-silent:line-2",
        {"gateway": {"devices_silent_line-2": 1, "devices_silent_percent_line-2": 10.0}},
        {"gateway": {"devices_silent_line-2": 9, "devices_silent_percent_line-2": 90.0}}, 60, 30, step_s=10,
    ),
    "waiting data": Scenario(
        "gateway-health", "outbox-waiting:qinghe", {"gateway": {"outbox_age_s": 5.0, "outbox_bytes": 500}},
        {"gateway": {"outbox_age_s": 4000.0, "outbox_bytes": 5000}}, 80, 20, step_s=10,
    ),
    "full disk": Scenario(
        "gateway-health", "disk-low:qinghe", {"gateway": {"disk_free_percent": 50.0}},
        {"gateway": {"disk_free_percent": 2.0}}, 80, 20, step_s=10,
    ),
    "hydrant": Scenario(
        "safety", "hydrant-pressure-low:boiler-house", {"boiler-house": {"hydrant_pressure": 4.0}},
        {"boiler-house": {"hydrant_pressure": 1.0}}, 40, 10, step_s=5,
        expected={"value": 1.0, "limit": 1.5, "unit": "bar"},
    ),
    "gas": Scenario(
        "safety", "gas-leak:boiler-house", {"boiler-house": {"gas_lel": 1.0}},
        {"boiler-house": {"gas_lel": 45.0}}, 10, 10,
    ),
    "smoke": Scenario(
        "safety", "smoke:boiler-house", {"boiler-house": {"smoke": False}}, {"boiler-house": {"smoke": True}}, 5, 5,
    ),
    "leak": Scenario(
        "safety", "leak-state:boiler-house", {"boiler-house": {"leak": 0}}, {"boiler-house": {"leak": 1}}, 10, 5,
    ),
}  # fmt: skip


def demo_park(folder: Path, uses: str) -> tuple[ParkPlan, Rulebook]:
    """The demo's park with these packs alone, and a detector that it does not have."""
    (folder / "rules.d").mkdir()
    text = (DEMO / "park.yaml").read_text(encoding="utf-8")
    (folder / "park.yaml").write_text(f"{text}\ninclude: [more.yaml]\n", encoding="utf-8")
    shutil.copy(DEMO / "machines.csv", folder)
    (folder / "more.yaml").write_text(DETECTORS, encoding="utf-8")
    (folder / "rules.d" / "use.yaml").write_text(f"use: {uses}\n", encoding="utf-8")
    loaded, book = load_park(folder / "park.yaml", DRIVERS, {})
    return loaded.plan, book


def tree(pack: str) -> Node:
    """The nodes of a pack, parameters not filled in."""
    report = Report()
    node = parse_yaml((SHIPPED / f"{pack}.yaml").read_text(encoding="utf-8"), pack, report, lambda _: None)
    report.raise_problems()
    assert node is not None
    return node


class Scene:
    """A pack at work."""

    def __init__(self, plan: ParkPlan, book: Rulebook) -> None:
        self._plan = plan
        self._stage = Stage(book.alarms, book.derived, START_NS)
        self._t = 0

    def play(self, devices: Mapping[str, Values | None], for_s: int, step_s: int) -> list[AlarmEvent]:
        """What happens while the devices say this."""
        before = len(self._stage.events)
        for t in range(self._t, self._t + for_s, step_s):
            for device, values in devices.items():
                if values is not None:
                    said = {name: value(t) if callable(value) else value for name, value in values.items()}
                    samples = {name: Sample(value, is_bad=value is None) for name, value in said.items()}
                    self._stage.feed(self._feed(device, samples, step_s), samples, START_NS + t * 10**9)
        self._t += for_s
        self._stage.advance(START_NS + self._t * 10**9)
        return self._stage.events[before:]

    def _feed(self, device: str, names: Mapping[str, Sample], step_s: int) -> Feed:
        owner, points = self._points(device)
        return Feed(owner, tuple(point for point in points if point.name in names), float(step_s))

    def _points(self, device: str) -> tuple[Device, tuple[Point, ...]]:
        if device == "gateway":
            return gateway_device(self._plan.site), health_points(self._plan)
        return next((one.device, one.points) for line in self._plan.connections for one in line.devices
                    if one.device.id == device)  # fmt: skip


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
    events = scene.play(scenario.well, scenario.well_s, scenario.step_s)
    assert Transition.RETURNED in [event.transition for event in events if event.alarm == scenario.alarm]


def test_every_pack_has_a_scenario() -> None:
    assert sorted({scenario.pack for scenario in SCENARIOS.values()}) == shipped()


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
    assert all(parameter.keys() <= {"about", "default", "required", "example"} for parameter in parameters.values())


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
