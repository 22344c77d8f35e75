"""The demo's configuration describes exactly the simulated devices, and does so in ordinary terms."""

from pathlib import Path

import pytest

from drivers.modbus.config import DeviceAddress, PointAddress
from drivers.mqtt.config import PointAddress as JsonAddress
from drivers.simulator.configuration import MODBUS_BASE, MQTT_PORT, with_ports
from drivers.simulator.park import ModbusDevice, Park
from drivers.simulator.registers import Register, Table
from gateway.config import load
from gateway.config.plan import ConnectionPlan, DevicePlan, ParkPlan
from gateway.core.device import MeterRole
from gateway.core.point import Point, PointKind
from gateway.plugins import known_drivers

DEMO = Path(__file__).parents[4] / "drivers" / "simulator" / "demo"


@pytest.fixture(scope="module")
def plan() -> ParkPlan:
    loaded = load(DEMO / "park.yaml", known_drivers(), {})
    assert loaded.findings == []
    return loaded.plan


def lines(plan: ParkPlan) -> list[ConnectionPlan]:
    return [connection for connection in plan.connections if connection.driver == "modbus"]


def by_id(plan: ParkPlan, driver: str) -> dict[str, DevicePlan]:
    return {
        d.device.id: d for connection in plan.connections if connection.driver == driver for d in connection.devices
    }


def points(device: DevicePlan) -> list[tuple[Point, object]]:
    return [pair for group in device.groups for pair in zip(group.points, group.addresses, strict=True)]


def test_the_same_devices_stand_behind_the_same_lines_and_units(plan: ParkPlan, park: Park) -> None:
    configured = {
        device.device.id: (connection.options.port - MODBUS_BASE, device.address.unit)  # type: ignore[attr-defined]
        for connection in lines(plan)
        for device in connection.devices
        if isinstance(device.address, DeviceAddress)
    }
    assert configured == {device.id: (device.line, device.unit) for device in park.modbus}


def as_register(point: Point, address: PointAddress) -> Register:
    return Register(
        point.name,
        Table(address.table.value),
        address.address,
        address.raw_type.value,
        address.order,
        point.multiplier / point.divisor,
        int(address.sentinel[0]) if address.sentinel else None,
    )


def test_every_register_is_described_as_the_device_has_it(plan: ParkPlan, park: Park) -> None:
    configured = by_id(plan, "modbus")
    for device in park.modbus:
        described = [as_register(p, a) for p, a in points(configured[device.id]) if isinstance(a, PointAddress)]
        assert sorted(described, key=place) == sorted(device.layout.registers, key=place), device.id


def place(register: Register) -> tuple[str, int]:
    return register.table, register.address


def test_every_message_is_described_as_the_device_sends_it(plan: ParkPlan, park: Park) -> None:
    configured = by_id(plan, "mqtt")
    assert set(configured) == {device.id for device in park.mqtt}
    for device in park.mqtt:
        paths = {a.path: a.value_type() for _, a in points(configured[device.id]) if isinstance(a, JsonAddress)}
        sent = device.plant.values(1_795_487_400.0)
        assert set(paths) == set(sent)
        for name, value in sent.items():
            assert paths[name] == {bool: "bool", int: "int", float: "float"}[type(value)], (device.id, name)


def test_mqtt_topics_are_filled_with_the_configured_enterprise(plan: ParkPlan, park: Park) -> None:
    enterprise = {device.id: device.enterprise for device in plan.devices}
    assert all(enterprise[device.id] == device.enterprise for device in park.mqtt)


def test_every_meter_has_power_and_energy_under_the_house_names(plan: ParkPlan) -> None:
    for name, device in by_id(plan, "modbus").items():
        if device.device.role is not None:
            found = {point.name: point for point, _ in points(device)}
            assert found["power_active"].unit == "kW", name
            assert found["energy_import"].unit == "kWh"
            assert found["energy_import"].kind is PointKind.COUNTER


def test_meters_have_the_roles_that_the_balance_gives_them(plan: ParkPlan, park: Park) -> None:
    def of(role: MeterRole) -> set[str]:
        return {device.id for device in plan.devices if device.role is role}

    assert of(MeterRole.GRID) == {"park-tx1", "park-tx2"}
    assert of(MeterRole.PV) == set(park.balance.pv)
    assert of(MeterRole.MAIN) == {f"{enterprise}-main" for enterprise in park.balance.mains} | {"park-common"}
    assert of(MeterRole.SUB) == {name for name in park.balance.subs if not name.endswith("-rest")} - {"park-common"}


def test_every_name_is_given_in_both_languages(plan: ParkPlan) -> None:
    named = [plan.site, *plan.enterprises, *plan.devices]
    named += [point for driver in ("modbus", "mqtt") for d in by_id(plan, driver).values() for point, _ in points(d)]
    for one in named:
        assert one.names.en, one
        assert one.names.zh, one


def test_about_a_third_of_the_known_devices_is_connected(plan: ParkPlan, park: Park) -> None:
    connected = sum(device.is_connected for device in plan.devices)
    assert connected == len(park.modbus) + len(park.mqtt)
    assert 0.3 < connected / len(plan.devices) < 0.4


def test_one_type_per_kind_and_point(plan: ParkPlan) -> None:
    types: dict[tuple[str, str], str] = {}
    for device in (*by_id(plan, "modbus").values(), *by_id(plan, "mqtt").values()):
        for point, _ in points(device):
            assert types.setdefault((device.device.kind, point.name), point.type) == point.type


def test_other_ports_change_the_ports_and_nothing_else() -> None:
    text = (DEMO / "park.yaml").read_text(encoding="utf-8")
    moved = with_ports(text, modbus_base=25_000, mqtt_port=28_830, api_port=9090)
    assert [line for line in moved.splitlines() if "port:" not in line] == [
        line for line in text.splitlines() if "port:" not in line
    ]
    assert all(f"port: {25_000 + n}" in moved for n in range(8))
    assert "port: 28830" in moved
    assert "port: 9090" in moved
    assert str(MODBUS_BASE) not in moved
    assert str(MQTT_PORT) not in moved
    assert with_ports(text) == text


@pytest.mark.parametrize("device", ["huali-drying", "weike-grinding"])
def test_devices_that_never_answer_are_ordinary_ones_in_the_configuration(
    plan: ParkPlan, park: Park, device: str
) -> None:
    found = next(one for one in park.modbus if one.id == device)
    assert isinstance(found, ModbusDevice)
    assert by_id(plan, "modbus")[device].device.is_connected
