"""What a good configuration becomes."""

import gc
from pathlib import Path

from gateway.config.types import Secret
from gateway.core.device import MeterRole
from gateway.core.point import Deadband, Names, PointKind, ValueType

DEVICES = """
devices:
  - {id: m1, name: {en: Meter, zh: 电表}, enterprise: acme, role: main, profile: meter, connection: line, unit: 7}
  - {id: m2, name: Both, enterprise: acme, profile: meter, connection: line, unit: 8}
  - {id: m3, enterprise: acme, kind: machine, connection: none}
"""


def test_devices_of_one_profile_share_its_points(load_text, minimal) -> None:
    (line,) = load_text(minimal + DEVICES).plan.connections
    first, second = line.devices
    assert [group.name for group in first.groups] == ["fast", "slow"]
    assert first.groups is second.groups
    assert (first.groups[1].interval_s, first.groups[1].points[0].name) == (10.0, "energy")
    assert (first.address.unit, second.address.unit) == (7, 8)


def test_a_device_carries_its_names_role_and_address(load_text, minimal) -> None:
    device = load_text(minimal + DEVICES).plan.devices[0]
    assert device.names == Names("Meter", "电表")
    assert (device.site, device.enterprise, device.kind, device.role) == ("park", "acme", "meter", MeterRole.MAIN)
    assert (device.connection, device.driver, device.address) == ("line", "bus", "10.0.0.1:502, unit 7")


def test_a_plain_name_serves_both_languages(load_text, minimal) -> None:
    assert load_text(minimal + DEVICES).plan.devices[1].names == Names("Both", "Both")


def test_a_device_without_connection_is_known_but_has_no_points(load_text, minimal) -> None:
    plan = load_text(minimal + DEVICES).plan
    assert not plan.devices[2].is_connected
    assert len(plan.connections[0].devices) == 2


def test_everything_but_the_site_has_a_default(load_text, tmp_path: Path) -> None:
    plan = load_text("site: {id: park}").plan
    assert plan.store.directory == tmp_path / "data"
    assert (plan.store.outbox_max_bytes, plan.store.commit_interval_s, plan.store.durability) == (
        2**30,
        1.0,
        "power_loss",
    )
    assert (plan.api.host, plan.api.port, plan.api.socket) == ("127.0.0.1", 8080, tmp_path / "data/gateway.sock")
    assert (plan.site.timezone, plan.site.contract_demand_kw) == ("UTC", None)


def test_the_history_is_there_without_being_written(load_text) -> None:
    (sink,) = load_text("site: {id: park}").plan.sinks
    assert (sink.name, sink.driver, sink.options.keep) == ("history", "history", 86_400.0)


def test_the_history_can_be_switched_off(load_text) -> None:
    assert load_text("site: {id: park}\nsinks: {history: none}").plan.sinks == ()


def test_the_history_can_be_given_other_options_beside_other_sinks(load_text) -> None:
    text = "site: {id: park}\nsinks: {cloud: {driver: cloud, url: 'http://c'}, history: {driver: history, keep: 2 d}}"
    cloud, history = load_text(text).plan.sinks
    assert (cloud.name, history.options.keep) == ("cloud", 2 * 86_400.0)


def test_a_demand_is_in_kilowatts(load_text) -> None:
    assert load_text("site: {id: park, contract_demand: 2.5 MW}").plan.site.contract_demand_kw == 2500.0


def test_values_that_come_by_themselves_have_one_group_without_interval(load_text) -> None:
    text = """
site: {id: park}
enterprises: [{id: acme}]
connections: {mq: {driver: broker, url: 'mq://host'}}
devices: [{id: a, enterprise: acme, kind: room, connection: mq, points: {t: {path: x}, u: {}}}]
"""
    (device,) = load_text(text).plan.connections[0].devices
    (group,) = device.groups
    assert (group.interval_s, [point.name for point in group.points]) == (0.0, ["t", "u"])


def test_a_device_may_change_intervals_of_its_profile(load_text, minimal) -> None:
    text = minimal + "devices: [{id: m, enterprise: acme, profile: meter, connection: line, groups: {fast: 5 s}}]"
    groups = load_text(text).plan.connections[0].devices[0].groups
    assert [(group.name, group.interval_s) for group in groups] == [("fast", 5.0), ("slow", 10.0)]


def test_a_device_may_add_and_change_points_of_its_profile(load_text, minimal) -> None:
    text = minimal + (
        "devices: [{id: m, enterprise: acme, profile: meter, connection: line,"
        " points: {power: {scale: 40}, extra: {address: 9, group: slow}}}]"
    )
    fast, slow = load_text(text).plan.connections[0].devices[0].groups
    assert (fast.points[0].multiplier, fast.points[0].unit, fast.addresses[0].address) == (40, "kW", 1)
    assert [point.name for point in slow.points] == ["energy", "extra"]


def test_profile_defaults_and_device_fields_fill_in_what_is_not_written(load_text) -> None:
    text = """
site: {id: park}
enterprises: [{id: acme}]
connections: {line: {driver: bus, host: h}}
profiles:
  p:
    driver: bus
    kind: m
    groups: {g: 1 s}
    device: {unit: 9, phase: a}
    defaults: {type: int, unit: A}
    points: {x: {address: 1}, y: {address: 2, unit: V}}
devices: [{id: d, enterprise: acme, profile: p, connection: line, phase: b}]
"""
    (device,) = load_text(text).plan.connections[0].devices
    assert (device.address.unit, device.address.phase) == (9, "b")
    assert [(point.unit, point.type) for point in device.groups[0].points] == [("A", "int"), ("V", "int")]


def test_every_common_field_reaches_the_point(load_text, minimal) -> None:
    text = (
        minimal
        + """
devices:
  - id: d
    enterprise: acme
    kind: thing
    connection: line
    groups: {g: {interval: 10 s, phase: 500 ms}}
    points:
      t:
        {address: 1, unit: degC, scale: 0.25, offset: -40, range: [-40, null], deadband: 0.5 degC, heartbeat: 1 min,
         renamed_from: old, name: Temp}
      c: {address: 2, type: int, kind: counter, modulus: 2^32, scale: 1/1000}
      s: {address: 3, type: int, kind: state, words: {0: off, 1: {en: running, zh: 运行}}, deadband: 0}
      p: {address: 4, deadband: 1 %}
      h: {address: 5, unit: "%", deadband: 1 %}
"""
    )
    (group,) = load_text(text).plan.connections[0].devices[0].groups
    t, c, s, p, h = group.points
    assert (t.multiplier, t.divisor, t.offset, t.low, t.high) == (25, 100, -40.0, -40.0, None)
    assert (t.deadband, t.renamed_from, t.names) == (Deadband(0.5, 0.0, 60.0), "old", Names("Temp", "Temp"))
    assert (c.kind, c.modulus, c.multiplier, c.divisor, c.type) == (PointKind.COUNTER, 2**32, 1, 1000, ValueType.FLOAT)
    assert s.words == ((0, Names("off", "off")), (1, Names("running", "运行")))
    assert s.deadband == Deadband(0.0, 0.0, 300.0)
    assert (p.deadband, h.deadband) == (Deadband(percent=1.0), Deadband(absolute=1.0))
    assert (group.interval_s, group.phase_s) == (10.0, 0.5)


def test_a_whole_multiple_of_an_integer_stays_an_integer(load_text, minimal) -> None:
    text = minimal + (
        "devices: [{id: d, enterprise: acme, kind: k, connection: line, groups: {g: 1 s}, points: {"
        "a: {address: 1, type: int, scale: 1e3}, b: {address: 2, type: int, offset: 0.5},"
        " c: {address: 3, type: int, offset: 4}}}]"
    )
    (group,) = load_text(text).plan.connections[0].devices[0].groups
    assert [(p.type, p.multiplier, p.digits) for p in group.points] == [
        ("int", 1000, None),
        ("float", 1, None),
        ("int", 1, None),
    ]


def test_a_renamed_device_is_told_to_the_plan(load_text, minimal) -> None:
    text = minimal + "devices: [{id: new, enterprise: acme, kind: k, connection: none, renamed_from: old}]"
    assert load_text(text).plan.renamed_devices == (("old", "new"),)


def test_secrets_do_not_show_in_the_plan(load_text) -> None:
    text = "site: {id: park}\nsinks: {c: {driver: cloud, url: 'http://c', token: hunter2}}"
    loaded = load_text(text)
    assert "hunter2" not in repr(loaded)
    assert isinstance(loaded.plan.sinks[1].options.token, Secret)
    assert loaded.plan.sinks[1].options.token.reveal() == "hunter2"


def test_garbage_collection_is_on_again_after_loading(load_text, refuse_text) -> None:
    load_text("site: {id: park}")
    refuse_text("site: {id: Park}")
    assert gc.isenabled()


def test_the_room_of_the_audit_log_is_a_setting_of_the_store(load_text) -> None:
    assert load_text("site: {id: park}").plan.store.audit_max_bytes == 64 * 2**20
    written = "site: {id: park}\nstore: {audit: {max_size: 256 MiB}}"
    assert load_text(written).plan.store.audit_max_bytes == 256 * 2**20
