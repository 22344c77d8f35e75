"""What the user may write about brokers, and what it compiles to."""

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from drivers.mqtt.compile import compile_connection
from drivers.mqtt.config import Connection, DeviceAddress, PointAddress, Time, Tls
from drivers.mqtt.source import build
from gateway.config.driver import COMMON_DEVICE_FIELDS, COMMON_POINT_FIELDS
from gateway.core.clock import SystemClock
from gateway.core.errors import ConfigError
from gateway.core.point import ValueType
from tests.integration.mqtt.park import TOPIC, device_plan, plan


def test_the_least_that_can_be_written() -> None:
    connection = Connection(host="broker", topics=[TOPIC])
    assert (connection.port, connection.protocol, connection.qos, connection.window) == (1883, "5", 1, 1000)
    assert connection.describe(DeviceAddress()) == f"broker:1883, topic {TOPIC}"
    assert connection.describe(DeviceAddress(topic="tele/x/SENSOR")) == "broker:1883, topic tele/x/SENSOR"


def test_mqtt_3_leaves_the_window_to_the_broker() -> None:
    assert Connection(host="b", protocol="3.1.1").window == 20
    assert Connection(host="b", protocol="3.1.1", receive_maximum=100).window == 100


def test_a_protocol_that_yaml_read_as_a_number_is_understood() -> None:
    assert Connection.model_validate({"host": "b", "protocol": 5}).protocol == "5"


@pytest.mark.parametrize(
    "stated",
    [
        {"host": ""},
        {"port": 0},
        {"protocol": "4"},
        {"qos": 2},
        {"topics": ["park/telemetry"]},
        {"topics": ["a/#/{device}"]},
        {"password": "x"},
        {"receive_maximum": 0},
        {"max_payload": "1 B"},
        {"keepalive": 60},
        {"tls": {"cert": "c.pem"}},
        {"time": {"zone": "Mars/Base"}},
        {"time": {"path": "a..b"}},
        {"topic": "x"},
    ],
)
def test_what_cannot_work_is_refused(stated: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Connection.model_validate({"host": "b", **stated})


def test_secrets_do_not_show() -> None:
    connection = Connection(host="b", username="gateway", password="hunter2")
    assert "hunter2" not in repr(connection) + connection.model_dump_json()


def test_tls_takes_files() -> None:
    assert Tls(ca="ca.pem").ca == Path("ca.pem")


def test_own_fields_never_collide_with_the_common_ones() -> None:
    assert not set(DeviceAddress.model_fields) & COMMON_DEVICE_FIELDS
    assert not set(PointAddress.model_fields) & COMMON_POINT_FIELDS


def test_a_point_says_its_type() -> None:
    assert PointAddress().value_type() is ValueType.FLOAT
    assert PointAddress(type="int").value_type() is ValueType.INT


def test_a_device_that_no_topic_leads_to_is_found() -> None:
    nowhere = Connection(host="b")
    own = PointAddress(topic="x")
    assert nowhere.check(DeviceAddress(), (PointAddress(),), 0.0) != []
    assert nowhere.check(DeviceAddress(), (own,), 0.0) == []
    assert nowhere.check(DeviceAddress(topic="x"), (PointAddress(),), 0.0) == []


def test_devices_share_one_subscription_and_have_topics_of_their_own() -> None:
    devices = [device_plan(f"m{i}") for i in range(3)]
    compiled = compile_connection(plan(*devices))
    assert compiled.filters == ("park/+/+/telemetry",)
    assert [compiled.topics[device.device] for device in devices] == [(f"park/acme/m{i}/telemetry",) for i in range(3)]
    assert compiled.router.find("park/acme/m1/telemetry")[0].block.device.id == "m1"


@pytest.mark.parametrize("topic", ["park/other/m1/telemetry", "park/acme/m9/telemetry", "park/acme/m1", "x"])
def test_a_topic_of_another_enterprise_or_device_leads_nowhere(topic: str) -> None:
    assert compile_connection(plan()).router.find(topic) == ()


def test_a_device_can_have_another_name_at_the_broker() -> None:
    compiled = compile_connection(plan(device_plan("m1", topic_id="shellyem3-A8")))
    assert compiled.router.find("park/acme/shellyem3-A8/telemetry") != ()


def test_points_with_topics_of_their_own_are_blocks_of_their_own() -> None:
    points = {"power": {}, "relay": {"topic": "r/{device}"}, "heat": {"topic": "r/{device}"}, "door": {"topic": "d"}}
    compiled = compile_connection(plan(device_plan("m1", points)))
    assert [tuple(p.name for p in found.block.points) for found in compiled.plans] == [
        ("power",),
        ("relay", "heat"),
        ("door",),
    ]
    assert set(compiled.filters) == {"park/+/+/telemetry", "r/m1", "d"}


def test_one_topic_may_serve_several_devices() -> None:
    devices = [device_plan(f"m{i}", {"power": {"path": f"m{i}.power"}}, topic="gateway/all") for i in range(2)]
    compiled = compile_connection(plan(*devices))
    assert [found.block.device.id for found in compiled.router.find("gateway/all")] == ["m0", "m1"]
    assert compiled.filters == ("gateway/all",)


def test_several_templates_lead_to_one_block() -> None:
    compiled = compile_connection(plan(device_plan("m1"), topics=["a/{device}", "b/{device}/#"]))
    assert len(compiled.plans) == 1
    assert compiled.router.find("a/m1") == compiled.router.find("b/m1/x/y") == compiled.plans


def test_a_device_says_how_often_it_is_expected() -> None:
    assert compile_connection(plan(device_plan(expect="5 min"))).plans[0].block.interval_s == 300.0
    assert compile_connection(plan()).plans[0].block.interval_s == 60.0


def test_a_device_may_have_a_time_of_its_own() -> None:
    own = Time(path="when", format="ms")
    compiled = compile_connection(plan(device_plan(time=own)))
    assert compiled.plans[0].time.read({"when": 5}, 0) == (5_000_000, True)


def test_client_ids_are_stable_and_differ_by_site_and_connection() -> None:
    sources = build([plan(name="a"), plan(name="b")], SystemClock())
    assert [source.client_id for source in sources] == ["park-gateway-park-a", "park-gateway-park-b"]


def test_two_connections_with_one_client_id_are_refused() -> None:
    with pytest.raises(ConfigError, match="client id `x`"):
        build([plan(name="a", client_id="x"), plan(name="b", client_id="x")], SystemClock())
    assert len(build([plan(name="a", client_id="x"), plan(name="b", client_id="x", port=1884)], SystemClock())) == 2
