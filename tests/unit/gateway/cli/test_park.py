"""Names that people type, found in the configuration or answered with the nearest."""

from pathlib import Path

import pytest

from gateway.cli.park import check_points, find_device, find_tags, lines
from gateway.config import load
from gateway.config.plan import ParkPlan
from gateway.core.errors import Rejected
from gateway.plugins import known_drivers

PARK = """
site: {id: p}
enterprises: [{id: e}]
connections:
  line: {driver: modbus, host: 127.0.0.1}
  broker: {driver: mqtt, host: 127.0.0.1, topics: ["p/{device}"]}
profiles:
  meter: {driver: modbus, kind: meter, groups: {all: 1 s}, points: {power: {address: 0}, energy: {address: 2}}}
  room: {driver: mqtt, kind: room, points: {temperature: {}}}
devices:
  - {id: tx1, enterprise: e, profile: meter, connection: line, unit: 1}
  - {id: tx2, enterprise: e, profile: meter, connection: line, unit: 2}
  - {id: cold-1, enterprise: e, profile: room, connection: broker}
  - {id: cold-2, enterprise: e, profile: room, connection: broker}
  - {id: oven, enterprise: e, kind: machine, connection: none}
"""


@pytest.fixture
def plan(tmp_path: Path) -> ParkPlan:
    (tmp_path / "park.yaml").write_text(PARK)
    return load(tmp_path / "park.yaml", known_drivers()).plan


def test_tags_and_devices_become_tags_each_once(plan: ParkPlan) -> None:
    assert find_tags(plan, ["tx2.energy", "tx1", "tx1.power"]) == ["tx2.energy", "tx1.power", "tx1.energy"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("tx1.pwer", "did you mean `tx1.power`"),
        ("tx9", "did you mean `tx"),
        ("oven", "give it a `connection:`"),
        ("oven.power", "no device or point `oven.power`"),
        ("", "no device or point"),
    ],
)
def test_a_name_that_is_not_there_is_answered_with_help(plan: ParkPlan, name: str, said: str) -> None:
    with pytest.raises(Rejected) as error:
        find_tags(plan, [name])
    assert said in str(error.value)
    assert error.value.hint


def test_a_device_that_is_known_but_not_connected_is_told_from_one_that_is_not_known(plan: ParkPlan) -> None:
    assert find_device(plan, "tx2")[1].device.id == "tx2"
    with pytest.raises(Rejected, match="has no connection"):
        find_device(plan, "oven")
    with pytest.raises(Rejected, match="did you mean `cold-"):
        find_device(plan, "cold-3")


def test_a_point_that_a_device_lacks_is_refused(plan: ParkPlan) -> None:
    _, device = find_device(plan, "tx1")
    check_points(device, ["power", "energy"])
    with pytest.raises(Rejected, match="has no point `powr`"):
        check_points(device, ["powr"])


def test_devices_behind_one_line_are_asked_in_turn_and_the_others_all_at_once(plan: ParkPlan) -> None:
    assert [[one.device.id for one in devices] for _, devices in lines(plan)] == [
        ["tx1", "tx2"],
        ["cold-1"],
        ["cold-2"],
    ]
