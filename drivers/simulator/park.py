"""The park's devices: what each is, behind which line and unit id, or under which topic."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from drivers.simulator import loads, profiles
from drivers.simulator.balance import Balance, flow_of, make_balance
from drivers.simulator.electric import Feeder, Inverter, Meter, Values
from drivers.simulator.flow import Flow
from drivers.simulator.noise import stream
from drivers.simulator.plants import Boiler, ColdRoom, ColdRoomSpec, Compressor, Machine, Stack, Tank, WaterMeter
from drivers.simulator.registers import Layout

LINES = 8
_MACHINE_INTERVAL_S, _SENSOR_INTERVAL_S = 5.0, 10.0


class Plant(Protocol):
    """Whatever has values."""

    def values(self, t: float) -> Values:
        """Every quantity at UTC seconds `t`, in the point's unit; NaN where the device has no value."""
        ...


@dataclass(frozen=True, slots=True)
class ModbusDevice:
    """One unit on a line."""

    id: str
    line: int  # 0 to LINES - 1: an RS-485 gateway with a port of its own
    unit: int
    layout: Layout
    plant: Plant


@dataclass(frozen=True, slots=True)
class MqttDevice:
    """One device that publishes by itself."""

    id: str
    enterprise: str
    interval_s: float
    plant: Plant

    @property
    def topic(self) -> str:
        """Where it publishes."""
        return f"park/{self.enterprise}/{self.id}/telemetry"


@dataclass(frozen=True, slots=True)
class Park:
    """All devices, and the flows behind them."""

    balance: Balance
    modbus: tuple[ModbusDevice, ...]
    mqtt: tuple[MqttDevice, ...]

    @property
    def plants(self) -> dict[str, Plant]:
        """Every device's plant, by device id."""
        return {one.id: one.plant for one in self.modbus} | {one.id: one.plant for one in self.mqtt}


_MV = Feeder(voltage_v=5_890.0, power_factor=0.945, thd_percent=2.6)  # 10.2 kV between phases
_UNBALANCED = Feeder(power_factor=0.917, phase_shares=(0.369, 0.34, 0.291), thd_percent=16.0)
_DRIVES, _FURNACE = Feeder(power_factor=0.95, thd_percent=14.0), Feeder(power_factor=0.96, thd_percent=9.0)
_POOR, _WELDING = Feeder(power_factor=0.87, thd_percent=5.0), Feeder(power_factor=0.84, thd_percent=11.0)

# device id, line, unit id, layout, feeder; the main meters carry their enterprise's name, the others their load's
_MAINS = (
    ("dongyue", 1, 1, profiles.MAIN_METER, Feeder(power_factor=0.94)),
    ("jinbo", 2, 1, profiles.MAIN_METER, _FURNACE),
    ("weike", 2, 21, profiles.RAIL_METER, Feeder(power_factor=0.9)),
    ("ruihe", 3, 1, profiles.MAIN_METER, Feeder(power_factor=0.92)),
    ("huali", 3, 11, profiles.RAIL_METER, Feeder(power_factor=0.91)),
    ("baishan", 3, 21, profiles.PANEL_METER, Feeder(power_factor=0.89)),
    ("lantian", 4, 1, profiles.MAIN_METER, Feeder(power_factor=0.9)),
    ("tongda", 4, 11, profiles.RAIL_METER, Feeder(power_factor=0.96)),
    ("xinchen", 5, 1, profiles.MAIN_METER, Feeder(power_factor=0.95, thd_percent=8.0)),
    ("mingde", 5, 11, profiles.MAIN_METER, _POOR),
    ("antu", 6, 1, profiles.MAIN_METER, Feeder(power_factor=0.9, thd_percent=7.0)),
    ("qingyuan", 7, 1, profiles.MAIN_METER, Feeder()),
)
_SUBS = (
    ("park-common", 0, 3, profiles.PANEL_METER, Feeder(power_factor=0.95)),
    ("dongyue-stenter-1", 1, 11, profiles.PANEL_METER, _DRIVES),
    ("dongyue-stenter-2", 1, 12, profiles.PANEL_METER, _UNBALANCED),
    ("dongyue-jet-a", 1, 13, profiles.PANEL_METER, _DRIVES),
    ("dongyue-jet-b", 1, 14, profiles.PANEL_METER, _DRIVES),
    ("dongyue-compressors", 1, 15, profiles.RAIL_METER, Feeder(power_factor=0.88)),
    ("jinbo-furnace-1", 2, 11, profiles.RAIL_METER, _FURNACE),
    ("jinbo-furnace-2", 2, 12, profiles.RAIL_METER, _FURNACE),
    ("jinbo-sand", 2, 13, profiles.PANEL_METER, Feeder(power_factor=0.86)),
    ("weike-grinding", 2, 22, profiles.RAIL_METER, _DRIVES),
    ("ruihe-moulding", 3, 2, profiles.PANEL_METER, _DRIVES),
    ("ruihe-chillers", 3, 3, profiles.RAIL_METER, Feeder(power_factor=0.89)),
    ("huali-printing", 3, 12, profiles.RAIL_METER, _DRIVES),
    ("huali-drying", 3, 13, profiles.RAIL_METER, Feeder(power_factor=0.99)),
    ("lantian-refrigeration-1", 4, 2, profiles.PANEL_METER, Feeder(power_factor=0.88)),
    ("lantian-refrigeration-2", 4, 3, profiles.PANEL_METER, Feeder(power_factor=0.89)),
    ("tongda-chargers", 4, 12, profiles.RAIL_METER, Feeder(power_factor=0.98, thd_percent=7.0)),
    ("xinchen-smt", 5, 2, profiles.PANEL_METER, Feeder(power_factor=0.96, thd_percent=9.0)),
    ("xinchen-hvac", 5, 3, profiles.RAIL_METER, Feeder(power_factor=0.9)),
    ("mingde-cleanroom", 5, 12, profiles.PANEL_METER, _DRIVES),
    ("antu-welding", 6, 2, profiles.RAIL_METER, _WELDING),
    ("antu-press", 6, 3, profiles.RAIL_METER, _POOR),
    ("qingyuan-cooking", 7, 2, profiles.RAIL_METER, Feeder(power_factor=0.97)),
)
_BOILERS = (("dongyue-boiler", 1, 41), ("mingde-boiler", 5, 41), ("antu-oven", 6, 41), ("qingyuan-boiler", 7, 41))
_WATER_METERS = (("dongyue-water", 1, 51), ("mingde-water", 5, 51), ("qingyuan-water", 7, 51))
_COLD_ROOMS = (
    ("lantian-cold-a", "lantian", ColdRoomSpec(-20.0)),
    ("lantian-cold-b", "lantian", ColdRoomSpec(-18.5, door_every_s=900.0, door_rise_k=1.3)),
    ("lantian-cold-c", "lantian", ColdRoomSpec(2.5, band_k=0.9, cycle_s=720.0)),
    ("qingyuan-cold-1", "qingyuan", ColdRoomSpec(3.0, cycle_s=840.0)),
)


def make_park(seed: int) -> Park:
    """The park for a seed: the same seed gives the same park at every time, in every process."""
    balance = make_balance(seed)
    gas = {name: flow_of(load, seed) for name, load in loads.GAS.items()}
    return Park(
        balance,
        (*_supply(seed, balance), *_meters(seed, balance), *_utilities(seed, balance, gas)),
        (*_machines(seed), *_sensors(seed)),
    )


def _start(seed: int, device: str, scale: float) -> float:
    """What a counter showed when the park's counters started."""
    return round(stream(seed, device, "start").uniform(200.0, 2000.0) * scale)


def _supply(seed: int, balance: Balance) -> Iterator[ModbusDevice]:
    """Incomers and PV on the first line."""
    for number, flow in enumerate(balance.grid, start=1):
        name = f"park-tx{number}"
        plant = Meter(name, seed, flow, _MV, _start(seed, name, 5_000.0))
        yield ModbusDevice(name, 0, number, profiles.INCOMER, plant)
    for number, (name, rated_kw) in enumerate((("park-pv1", 1000.0), ("park-pv2", 800.0)), start=1):
        inverter = Inverter(name, seed, balance.pv[name], rated_kw, _start(seed, name, 500.0))
        yield ModbusDevice(name, 0, 10 + number, profiles.INVERTER, inverter)


def _meters(seed: int, balance: Balance) -> Iterator[ModbusDevice]:
    for enterprise, line, unit, layout, feeder in _MAINS:
        name, flow = f"{enterprise}-main", balance.mains[enterprise]
        yield ModbusDevice(name, line, unit, layout, Meter(name, seed, flow, feeder, _start(seed, name, 1_000.0)))
    for name, line, unit, layout, feeder in _SUBS:
        plant = Meter(name, seed, balance.subs[name], feeder, _start(seed, name, 100.0))
        yield ModbusDevice(name, line, unit, layout, plant)


def _utilities(seed: int, balance: Balance, gas: dict[str, Flow]) -> Iterator[ModbusDevice]:
    """Gas, stack, compressed air and water."""
    for name, line, unit in _BOILERS:
        boiler = Boiler(name, seed, gas[name], _start(seed, name, 300.0))
        yield ModbusDevice(name, line, unit, profiles.GAS_METER, boiler)
    stack = Stack("dongyue-stack", seed, gas["dongyue-boiler"], loads.GAS["dongyue-boiler"].peak)
    yield ModbusDevice("dongyue-stack", 1, 42, profiles.STACK_ANALYSER, stack)
    for name, line, unit, load, rated_kw in (
        ("dongyue-compressor-1", 1, 31, "dongyue-compressors", 300.0),
        ("antu-compressor-1", 6, 31, "antu-press", 160.0),
    ):
        compressor = Compressor(name, seed, balance.subs[load], rated_kw, _start(seed, name, 10.0))
        yield ModbusDevice(name, line, unit, profiles.COMPRESSOR, compressor)
    for name, line, unit in _WATER_METERS:
        water = WaterMeter(flow_of(loads.WATER[name], seed), _start(seed, name, 20.0))
        yield ModbusDevice(name, line, unit, profiles.WATER_METER, water)


def _machines(seed: int) -> Iterator[MqttDevice]:
    for name, load in loads.PIECES.items():
        machine = Machine(name, seed, flow_of(load, seed), load.peak, _start(seed, name, 50.0))
        yield MqttDevice(name, name.split("-")[0], _MACHINE_INTERVAL_S, machine)


def _sensors(seed: int) -> Iterator[MqttDevice]:
    """Cold rooms and tanks."""
    for name, enterprise, spec in _COLD_ROOMS:
        yield MqttDevice(name, enterprise, _SENSOR_INTERVAL_S, ColdRoom(name, seed, spec))
    for name, load in loads.DIESEL.items():
        yield MqttDevice(name, name.split("-")[0], _SENSOR_INTERVAL_S, Tank(name, seed, flow_of(load, seed)))
