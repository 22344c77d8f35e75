"""An alarm of a connection says which one it is: in its message, its labels and the titles of messages about it."""

from gateway.config import load
from gateway.core.point import Names
from gateway.pipeline.watch import facts_of
from gateway.plugins import DRIVERS
from gateway.rulebook import load_park


def alarms_of(book):
    """The alarms by id."""
    return {alarm.id: alarm for alarm in book.alarms}


def test_the_pack_names_the_line_that_does_not_answer(compile_text) -> None:
    alarm = alarms_of(compile_text("use: {connectivity: {}}"))["line-silent:line-2"]
    assert alarm.message == Names("Line line-2: {value} devices do not answer", "线路 line-2：{value} 台设备无应答")


def test_a_message_that_is_not_written_names_the_connection(compile_text) -> None:
    rules = "alarms: {a: {name: {en: Silent, zh: 中断}, for_each: {each: connection}, when: devices_silent > 1}}"
    message = alarms_of(compile_text(rules))["a:iot"].message
    assert message == Names("Silent (iot): {value}, limit {limit}", "中断（iot）：{value}，限值 {limit}")


def test_an_alarm_of_a_connection_is_labelled_with_it(compile_text) -> None:
    rules = "alarms: {a: {for_each: {each: connection}, when: devices_silent > 1, labels: {team: it, connection: x}}}"
    assert alarms_of(compile_text(rules))["a:iot"].labels == (("connection", "iot"), ("team", "it"))


def test_a_message_about_a_device_may_name_its_connection(compile_text) -> None:
    rules = "alarms: {a: {for_each: {devices: tx1}, when: power_active > 1, message: '{device} on {connection}'}}"
    (alarm,) = compile_text(rules).alarms
    assert (alarm.message.en, alarm.labels) == ("{device} on line-1", ())


RULES = """
alarms:
  line: {for_each: {each: connection, connection: line-1}, when: devices_silent > 1}
  device: {for_each: {devices: tx1}, when: power_active > 1, labels: {connection: other}}
  park: {when: tx1.power_active > 1, labels: {connection: other}}
"""


def test_titles_name_the_device_the_connection_or_the_site(compile_text, tmp_path) -> None:
    compile_text(RULES)
    plan = load(tmp_path / "park.yaml", DRIVERS, {}).plan
    facts = facts_of(load_park(tmp_path / "park.yaml", DRIVERS, {})[1], plan)
    assert facts["line:line-1"].device == Names("line-1", "line-1")
    assert facts["device:tx1"].device == plan.devices[0].names
    assert facts["park:park"].device == plan.site.names
