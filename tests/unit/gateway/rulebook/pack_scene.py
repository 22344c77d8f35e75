"""The demo's park with packs alone and with sensors that it does not have, and what its devices say, played."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gateway.config.plan import ParkPlan
from gateway.core.alarm import Actor, AlarmEvent
from gateway.core.device import Device
from gateway.core.point import Point, Value
from gateway.plugins import DRIVERS
from gateway.rulebook import Rulebook, load_park
from gateway.rulebook.balance import BALANCE_POINTS
from gateway.rulebook.health import gateway_device, health_points
from gateway.trial.series import Sample
from gateway.trial.stage import Feed, Stage
from rules.alarms.engine import AlarmView

DEMO = Path(__file__).parents[4] / "drivers" / "simulator" / "demo"
START_NS = 1_772_409_600 * 10**9  # 2026-03-02 00:00 UTC, a quarter of an hour
DETECTORS = """
energy: {meters: [{point: jinbo-main.energy_import, complete: true}]}
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
      thd_current_l1: {unit: "%"}
      thd_current_l2: {unit: "%"}
      thd_current_l3: {unit: "%"}
      thd_voltage_l1: {unit: "%"}
      thd_voltage_l3: {unit: "%"}
      so2: {unit: mg/m³}
      co: {unit: mg/m³}
      dust: {unit: mg/m³}
      particulates: {unit: mg/m³}
      flue_flow: {unit: m³/h}
      temperature: {unit: °C}
      door: {kind: state, type: int}
devices:
  - {id: boiler-house, enterprise: dongyue, profile: detector, connection: iot}
  - {id: other, enterprise: dongyue, profile: other, connection: iot}
"""
Values = Mapping[str, Value | Callable[[int], Value] | None]


@dataclass(frozen=True, slots=True)
class Scenario:
    """What devices say while all is well, and while something is wrong. `None`: the device says nothing."""

    pack: str
    alarm: str
    well: Mapping[str, Values]
    wrong: Mapping[str, Values | None]
    wrong_s: int  # until the alarm must have been raised
    well_s: int  # until it must have returned; 0: it does not by itself
    uses: str = "{}"
    settle_s: int = 30
    step_s: int = 1
    expected: Mapping[str, object] = field(default_factory=dict)  # of the event
    says: str = ""  # its message, in English


def meter(**values: Value | Callable[[int], Value]) -> Values:
    """A three-phase meter at rest."""
    volts = {f"voltage_l{phase}": 230.0 for phase in (1, 2, 3)}
    amperes = {f"current_l{phase}": 50.0 for phase in (1, 2, 3)}
    return {"power_active": 30.0, "power_factor": 0.95, "frequency": 50.0, **volts, **amperes, **values}


def power(devices: str, kilowatts: float) -> dict[str, Values]:
    """What these meters say, each."""
    return {device: {"power_active": kilowatts} for device in devices.split()}


def room(air: float, door: bool = False) -> Values:
    """A cold room with its set point at -20 deg C."""
    return {"temperature_air": air, "temperature_setpoint": -20.0, "door": door, "compressor": True}


def demo_park(folder: Path, uses: str) -> tuple[ParkPlan, Rulebook]:
    """The demo's park with these packs alone, and what it does not have: a detector, a complete main meter."""
    (folder / "rules.d").mkdir()
    text = (DEMO / "park.yaml").read_text(encoding="utf-8")
    (folder / "park.yaml").write_text(f"{text}\ninclude: [more.yaml]\n", encoding="utf-8")
    shutil.copy(DEMO / "machines.csv", folder)
    (folder / "more.yaml").write_text(DETECTORS, encoding="utf-8")
    (folder / "rules.d" / "use.yaml").write_text(f"use: {uses}\n", encoding="utf-8")
    loaded, book = load_park(folder / "park.yaml", DRIVERS, {})
    return loaded.plan, book


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
        devices = (one for line in self._plan.connections for one in line.devices)
        return next((one.device, (*one.points, *BALANCE_POINTS)) for one in devices if one.device.id == device)

    def reset(self, alarm: str) -> None:
        """Somebody resets it."""
        self._stage.engine.reset(alarm, Actor("li", "operator", "192.0.2.7"), "", START_NS + self._t * 10**9)

    def view(self, alarm: str) -> AlarmView:
        """The alarm as it stands."""
        return self._stage.engine.view(alarm)
