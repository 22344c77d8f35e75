"""What a first exchange tells: one likely cause in words, and nothing where nothing is odd."""

import struct

import pytest

from drivers.modbus.advice import advise
from drivers.modbus.config import DeviceAddress, PointAddress, RawType
from gateway.config.plan import DevicePlan, GroupPlan
from gateway.core.device import Device
from gateway.core.point import Point
from gateway.core.ports import Exchange, Reading
from gateway.core.quality import Quality

ORDERS = {"ABCD": (0, 1, 2, 3), "CDAB": (2, 3, 0, 1), "BADC": (1, 0, 3, 2), "DCBA": (3, 2, 1, 0)}


def device(order: str = "ABCD") -> DevicePlan:
    places = tuple(
        PointAddress.model_validate({"address": 2 * i, "type": RawType.FLOAT32, "order": order}) for i in range(3)
    )
    points = tuple(Point(f"p{i}") for i in range(3))
    return DevicePlan(Device("m", "x", "acme", "meter"), DeviceAddress(), (GroupPlan("fast", 1, 0, points, places),))


def exchange(values: list[float], sent_as: str = "ABCD", read_as: str = "ABCD") -> Exchange:
    readings = []
    for i, value in enumerate(values):
        packed = struct.pack(">f", value)
        wire = bytes(packed[place] for place in ORDERS[sent_as])
        seen = struct.unpack(">f", bytes(wire[ORDERS[read_as].index(place)] for place in range(4)))[0]
        raw = f"0x{wire[:2].hex().upper()} 0x{wire[2:].hex().upper()}"
        readings.append(Reading(f"p{i}", raw, seen, Quality.GOOD))
    return Exchange("m", b"", b"", 0.01, tuple(readings))


@pytest.mark.parametrize("sent_as", ORDERS)
@pytest.mark.parametrize("read_as", ORDERS)
def test_the_order_in_which_the_device_sends_is_found(sent_as: str, read_as: str) -> None:
    found = advise(device(read_as), [exchange([229.87, 49.98, 12.345], sent_as, read_as)])
    assert [one.suggestion for one in found] == ([] if sent_as == read_as else [sent_as])


def test_values_that_no_order_makes_right_are_no_matter_of_order() -> None:
    assert advise(device(), [exchange([229.87, 1e-30, 1e30])]) == []


def test_zeros_everywhere_are_remarkable_and_one_is_not() -> None:
    assert [one.code for one in advise(device(), [exchange([0.0, 0.0, 0.0])])] == ["all_zero"]
    assert advise(device(), [exchange([0.0, 0.0, 230.1])]) == []


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ("no answer within 1 s", "unit_silent"),
        ("exception 1, illegal function", "wrong_table"),
        ("exception 2, illegal data address", "no_register"),
        ("exception 11, gateway target device failed to respond", "unit_silent"),
    ],
)
def test_what_was_not_answered_has_its_likely_cause_in_both_languages(error: str, code: str) -> None:
    failed = Exchange("m", b"", b"", 1.0, (Reading("p0", "", None, Quality.BAD_TIMEOUT),), error)
    (found,) = advise(device(), [failed])
    assert (found.code, bool(found.en), bool(found.zh)) == (code, True, True)


def test_a_block_that_is_silent_beside_one_that_answers_is_no_silent_unit() -> None:
    failed = Exchange("m", b"", b"", 1.0, (Reading("p0", "", None, Quality.BAD_TIMEOUT),), "no answer within 1 s")
    assert advise(device(), [failed, exchange([229.87, 49.98, 12.3])]) == []
