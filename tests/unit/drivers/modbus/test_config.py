"""What the user writes: what fits together is taken, what cannot work is said in words."""

import pytest
from pydantic import ValidationError

from drivers.modbus.config import Connection, DeviceAddress, PointAddress
from gateway.config.driver import COMMON_DEVICE_FIELDS, COMMON_POINT_FIELDS
from gateway.core.point import ValueType


def point(**fields: object) -> PointAddress:
    return PointAddress.model_validate({"address": 0, **fields})


def connection(**fields: object) -> Connection:
    return Connection.model_validate(fields)


def floats(count: int) -> tuple[PointAddress, ...]:
    return tuple(point(address=2 * i, type="float32") for i in range(count))


def test_its_fields_stand_flat_beside_the_common_ones() -> None:
    assert not COMMON_POINT_FIELDS & set(PointAddress.model_fields)
    assert not COMMON_DEVICE_FIELDS & set(DeviceAddress.model_fields)


@pytest.mark.parametrize(
    ("fields", "size", "value_type", "digits"),
    [
        ({}, 1, ValueType.INT, None),
        ({"type": "float32"}, 2, ValueType.FLOAT, 7),
        ({"type": "float16"}, 1, ValueType.FLOAT, 3),
        ({"type": "float64"}, 4, ValueType.FLOAT, None),
        ({"type": "uint64", "order": "GHEFCDAB"}, 4, ValueType.INT, None),
        ({"type": "bcd32"}, 2, ValueType.INT, None),
        ({"type": "string", "length": 8}, 8, ValueType.TEXT, None),
        ({"bit": 3}, 1, ValueType.BOOL, None),
        ({"table": "coil"}, 1, ValueType.BOOL, None),
        ({"table": "input", "type": "bool"}, 1, ValueType.BOOL, None),
    ],
)
def test_a_point_knows_its_size_and_type(
    fields: dict[str, object], size: int, value_type: ValueType, digits: int | None
) -> None:
    made = point(**fields)
    assert (made.size, made.value_type(), made.digits()) == (size, value_type, digits)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"table": "coil", "type": "uint16"}, "one bit"),
        ({"table": "discrete", "bit": 2}, "one bit"),
        ({"bit": 2, "type": "int16"}, "leave `type` out"),
        ({"bit": 16}, "less than or equal to 15"),
        ({"type": "string"}, "`length`"),
        ({"type": "int16", "length": 2}, "`length`"),
        ({"type": "int32", "order": "GHEFCDAB"}, "write CDAB"),
        ({"bit": 1, "sentinel": 1}, "`sentinel`"),
        ({"address": 65536}, "less than 65536"),
        ({"address": -1}, "greater than or equal to 0"),
        ({"sentinal": 1}, "Extra inputs"),
    ],
)
def test_what_does_not_fit_together_is_refused(fields: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        point(**fields)


def test_a_serial_transport_needs_its_device() -> None:
    with pytest.raises(ValidationError, match="/dev/ttyUSB0"):
        connection(transport="rtu")


def test_durations_carry_units() -> None:
    assert connection(timeout="500 ms").timeout == 0.5
    with pytest.raises(ValidationError, match="unit"):
        connection(timeout=5)


def test_an_address_is_described_as_people_read_it() -> None:
    assert connection(host="10.0.0.5", port=1502).describe(DeviceAddress(unit=12)) == "10.0.0.5:1502, unit 12"
    assert connection(transport="rtu", device="/dev/ttyS1").describe(DeviceAddress(unit=3)) == "/dev/ttyS1, unit 3"


def test_an_ordinary_device_has_nothing_against_it() -> None:
    assert connection().check(DeviceAddress(), floats(100), 1.0) == []


def test_a_point_beyond_the_last_register_is_refused() -> None:
    with pytest.raises(ValidationError, match="2 registers from address 65535 end at 65536, beyond 65535"):
        point(address=65535, type="float32")
    assert point(address=65534, type="float32").size == 2


@pytest.mark.parametrize("host", ["not a host!!", "10.0.0.300", "10.0.0.1:502", "tcp://10.0.0.1", "[::1]", "", "a..b"])
def test_what_cannot_be_a_host_is_refused(host: str) -> None:
    with pytest.raises(ValidationError):
        connection(host=host)


@pytest.mark.parametrize("host", ["10.0.0.1", "::1", "fe80::1%eth0", "meter-7", "meter_7.example.", "xn--fiq.cn"])
def test_names_and_addresses_are_hosts(host: str) -> None:
    assert connection(host=host).host == host


def test_a_value_longer_than_the_longest_read_is_found() -> None:
    (message,) = connection().check(DeviceAddress(max_registers=2), (point(type="float64"),), 1.0)
    assert "4 registers" in message


def test_a_point_outside_of_the_declared_ranges_is_found() -> None:
    address = DeviceAddress.model_validate({"readable": [{"first": 0, "last": 9}]})
    assert connection().check(address, (point(address=9),), 1.0) == []
    (message,) = connection().check(address, (point(address=9, type="int32"),), 1.0)
    assert "readable" in message


@pytest.mark.parametrize(("transport", "least_s"), [("tcp", 0.01), ("rtu-over-tcp", 0.1), ("udp", 0.01)])
def test_an_interval_shorter_than_the_least_is_found(transport: str, least_s: float) -> None:
    line = connection(transport=transport)
    assert line.check(DeviceAddress(), floats(1), least_s) == []
    (message,) = line.check(DeviceAddress(), floats(1), least_s * 0.99)
    assert "interval" in message


def test_a_poll_that_takes_longer_than_its_interval_on_the_line_is_found() -> None:
    line = connection(transport="rtu", device="/dev/ttyS1", baudrate=9600)
    # 120 registers: 8 + 245 bytes and two silences of 3.5 characters, 10 bits each, at 9600 baud: 0.27 s
    assert line.check(DeviceAddress(), floats(60), 0.3) == []
    (message,) = line.check(DeviceAddress(), floats(60), 0.25)
    assert "9600 baud" in message


@pytest.mark.parametrize("unit", [0, 248, 255])
def test_a_unit_that_no_serial_line_has_is_found(unit: int) -> None:
    line = connection(transport="rtu-over-tcp")
    (message,) = line.check(DeviceAddress(unit=unit), floats(1), 1.0)
    assert f"unit {unit}" in message
    assert connection().check(DeviceAddress(unit=unit), floats(1), 1.0) == []
