"""The one table of drivers, by name. Strings, imported on use; third parties add theirs by entry point.

A source driver's module has `build(plans, clock) -> list[Source]` (all its connections at once, so that they can share
a clock tick), a sink's `build(plan, directory, clock) -> Sink`, a notifier's the same with a `Notifier`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from types import ModuleType
from typing import cast

from gateway.config.plan import ChannelPlan, ConnectionPlan, DevicePlan, SinkPlan
from gateway.core.clock import Clock
from gateway.core.errors import ConfigError
from gateway.core.notice import Notifier
from gateway.core.ports import Advice, Exchange, Sink, Source


@dataclass(frozen=True, slots=True)
class Driver:
    """Module names of a driver; `None` where it has no such side."""

    config: str  # has Connection, DeviceAddress, PointAddress and/or SinkOptions and/or ChannelOptions
    source: str | None = None
    sink: str | None = None
    notifier: str | None = None


DRIVERS: Mapping[str, Driver] = {
    "modbus": Driver("drivers.modbus.config", source="drivers.modbus.source"),
    "mqtt": Driver("drivers.mqtt.config", source="drivers.mqtt.source", notifier="drivers.mqtt.notifier"),
    "influxdb": Driver("drivers.influxdb.config", sink="drivers.influxdb.sink"),
    "history": Driver("drivers.history.config", sink="drivers.history.sink"),
    "webhook": Driver("drivers.webhook.config", notifier="drivers.webhook.notifier"),
    "smtp": Driver("drivers.smtp.config", notifier="drivers.smtp.notifier"),
    "wecom": Driver("drivers.wecom.config", notifier="drivers.wecom.notifier"),
    "dingtalk": Driver("drivers.dingtalk.config", notifier="drivers.dingtalk.notifier"),
    "feishu": Driver("drivers.feishu.config", notifier="drivers.feishu.notifier"),
    "apprise": Driver("drivers.apprise.config", notifier="drivers.apprise.notifier"),
}


def known_drivers() -> dict[str, Driver]:
    """The shipped drivers and those of other packages (entry-point group `park_gateway.drivers`, value: a `Driver`)."""
    others = {entry.name: cast("Driver", entry.load()) for entry in entry_points(group="park_gateway.drivers")}
    return {**others, **DRIVERS}


def _module(name: str | None, driver: str, side: str) -> ModuleType:
    if name is None:
        raise ConfigError(f"driver `{driver}` is no {side}")
    return import_module(name)


def build_sources(plans: Sequence[ConnectionPlan], clock: Clock) -> list[Source]:
    """One source per connection, made by the drivers' own `build`."""
    drivers = known_drivers()
    sources: list[Source] = []
    for name in dict.fromkeys(plan.driver for plan in plans):
        module = _module(drivers[name].source, name, "source")
        sources += module.build([plan for plan in plans if plan.driver == name], clock)
    return sources


def advice_on(driver: str, device: DevicePlan, exchanges: Sequence[Exchange]) -> list[Advice]:
    """What a driver makes of a first exchange with a device; nothing where it has no opinion (`advise`)."""
    module = _module(known_drivers()[driver].source, driver, "source")
    advise = getattr(module, "advise", None)
    return [] if advise is None else list(advise(device, exchanges))


def build_sink(plan: SinkPlan, directory: Path, clock: Clock) -> Sink:
    """The sink of a plan; `directory` is where it may keep files of its own."""
    module = _module(known_drivers()[plan.driver].sink, plan.driver, "sink")
    return cast("Sink", module.build(plan, directory, clock))


def build_notifier(plan: ChannelPlan, directory: Path, clock: Clock) -> Notifier:
    """The notifier of a channel; `directory` is where it may keep files of its own."""
    module = _module(known_drivers()[plan.driver].notifier, plan.driver, "notifier")
    return cast("Notifier", module.build(plan, directory, clock))
