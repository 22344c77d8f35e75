"""`rules.d` beside park.yaml: what is read, merged and shown; channels of drivers."""

import pytest

from gateway.config import load, redacted
from gateway.config.types import Secret
from gateway.core.alarm import Priority
from gateway.core.point import Names
from gateway.plugins import DRIVERS

SITE = "site: {id: park}\n"
ROBOT = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=11111111-2222-3333-4444-555555555555"


def test_rules_come_from_the_park_its_includes_and_rules_d_in_the_order_of_names(load_text) -> None:
    plan = load_text(
        SITE + "include: [more.yaml]\nalarms: {a: {when: x > 1}}",
        more_yaml="alarms: {b: {when: x > 1}}",
        **{"rules.d__20_yaml": "", "rules.d__1_yaml": "alarms: {d: {when: x > 1}}\nderived: {p: {value: x}}"},
        **{"rules.d__0_yaml": "alarms: {c: {when: x > 1}}"},
    ).plan
    assert [alarm.name for alarm in plan.rules.alarms] == ["a", "b", "c", "d"]
    assert [derived.name for derived in plan.rules.derived] == ["p"]


def test_without_rules_the_plan_is_empty(load_text) -> None:
    plan = load_text(SITE).plan
    assert (plan.rules.alarms, plan.rules.uses, plan.rules.notify.routes, plan.channels) == ((), (), (), ())


def test_files_that_are_no_rules_are_left_alone(load_text) -> None:
    assert load_text(SITE, **{"rules.d__README_md": "text", "rules.d__rules_yaml~": "x: ["}).plan.rules.alarms == ()


def test_a_rule_keeps_the_text_and_place_of_its_expressions(load_text, tmp_path) -> None:
    text = "alarms:\n  a:\n    levels:\n      - {priority: low, when: x > 1, clear: x < 0}\n    name: {zh: 高}\n"
    (alarm,) = load_text(SITE, **{"rules.d__a_yaml": text}).plan.rules.alarms
    (level,) = alarm.levels
    assert (level.priority, level.when.text, level.clear.text) == (Priority.LOW, "x > 1", "x < 0")
    assert str(level.when.mark) == f"{tmp_path}/rules.d/a.yaml:4:31"
    assert alarm.names == Names("", "高")


def test_numbers_and_words_are_expressions_as_they_are_written(load_text) -> None:
    text = "alarms: {a: {when: true, limit: 1e3, for_each: {has: 5}}}"
    (alarm,) = load_text(SITE, **{"rules.d__a_yaml": text}).plan.rules.alarms
    assert (alarm.levels[0].when.text, alarm.limit.text, alarm.for_each.has[0].text) == ("true", "1e3", "5")


def test_notify_of_several_files_is_one(load_text) -> None:
    plan = load_text(
        SITE + "notify: {channels: {a: {driver: robot, hook: x}}, heartbeat: {channel: a}}",
        **{
            "rules.d__a_yaml": "notify: {channels: {b: {driver: robot, hook: y}},"
            " heartbeat: [{channel: b, every: 1 h}]}",
            "rules.d__b_yaml": "notify: {routes: {r: {channels: a}}, url: 'https://h', inhibit: null}",
        },
    ).plan
    assert [channel.name for channel in plan.channels] == ["a", "b"]
    assert [(one.channel.text, one.every_s) for one in plan.rules.notify.heartbeats] == [("a", 86_400), ("b", 3_600)]
    assert (plan.rules.notify.page_url, plan.rules.notify.routes[0].name) == ("https://h", "r")


def test_a_channel_has_the_options_of_its_driver_and_its_own(load_text) -> None:
    text = SITE + "notify: {channels: {a: {driver: robot, hook: '${HOOK}', language: zh, rate: 20 per 2 min}}}"
    (channel,) = load_text(text, {"HOOK": "hunter2"}).plan.channels
    assert (channel.driver, channel.language, channel.rate) == ("robot", "zh", (20, 120.0))
    assert isinstance(channel.options.hook, Secret)
    assert channel.options.hook.reveal() == "hunter2"
    assert "hunter2" not in repr(channel)


def test_a_secret_of_a_channel_in_plain_text_is_a_finding(load_text) -> None:
    findings = load_text(SITE + "notify: {channels: {a: {driver: robot, hook: x}}}").findings
    assert [finding.message for finding in findings] == ["a secret stands in the file as plain text"]


def test_a_driver_that_is_not_installed_breaks_only_who_uses_it(load_text, refuse_text) -> None:
    load_text(SITE + "notify: {channels: {a: {driver: robot, hook: '${H}'}}}", {"H": "x"})
    (problem,) = refuse_text(SITE + "notify: {channels: {a: {driver: absent}}}")
    assert problem.startswith("park.yaml:2:33: driver `absent` cannot be loaded")


@pytest.mark.parametrize(
    ("written", "rate"), [("3/s", (3, 1.0)), ("20 per min", (20, 60.0)), ("5 per 1.5 h", (5, 5400.0))]
)
def test_rates_are_messages_in_a_time(load_text, written, rate) -> None:
    text = SITE + f"notify: {{channels: {{a: {{driver: robot, hook: '${{H}}', rate: {written}}}}}}}"
    assert load_text(text, {"H": "x"}).plan.channels[0].rate == rate


@pytest.mark.parametrize("written", ["20", "0 per 1 min", "20 per 0 s", "20 per 1 fortnight", "x per 1 s"])
def test_other_rates_are_refused(refuse_text, written) -> None:
    (problem,) = refuse_text(
        SITE + f"notify: {{channels: {{a: {{driver: robot, hook: '${{H}}', rate: {written}}}}}}}", {"H": "x"}
    )
    assert "rate" in problem or "messages" in problem or "units" in problem


def test_a_device_plan_knows_its_profile(load_text, minimal) -> None:
    text = minimal + (
        "devices:\n  - {id: a, enterprise: acme, profile: meter, connection: line}\n"
        "  - {id: b, enterprise: acme, kind: k, connection: line, groups: {g: 1 s}, points: {p: {address: 1}}}\n"
    )
    devices = load_text(text).plan.connections[0].devices
    assert [device.profile for device in devices] == ["meter", None]
    assert [point.name for point in devices[0].points] == ["power", "energy"]


def test_addresses_of_robots_are_hidden_and_those_of_servers_are_not(tmp_path) -> None:
    (tmp_path / "rules.d").mkdir()
    (tmp_path / "park.yaml").write_text(SITE + "sinks: {i: {driver: influxdb, url: 'http://db:8086'}}\n")
    (tmp_path / "rules.d" / "n.yaml").write_text(
        f"# old: {ROBOT}\n"
        "notify:\n  url: http://page\n  channels:\n"
        f"    a: {{driver: wecom, webhook: '{ROBOT}'}}\n"
        "    b: {driver: webhook, url: 'http://10.0.0.1/x', headers: {X-Key: hunter2}}\n"
        f"  chanels: {{c: {{driver: webhook, secret_url: '{ROBOT}'}}}}\n"
    )
    shown = redacted(tmp_path / "park.yaml", DRIVERS)
    rules = shown[str(tmp_path / "rules.d" / "n.yaml")]
    assert "http://db:8086" in shown[str(tmp_path / "park.yaml")]
    assert "11111111" not in rules
    assert "hunter2" not in rules
    assert "url: http://page" in rules
    assert "url: 'http://10.0.0.1/x'" in rules


def test_the_url_of_a_channel_is_hidden_where_its_driver_says_so(load_text, drivers, tmp_path) -> None:
    text = (
        SITE
        + "sinks: {s: {driver: cloud, url: 'http://c', token: '${T}'}}\n"
        + "notify: {channels: {a: {driver: robot, hook: q, url: w}}}"
    )
    load_text(text, {"T": "x"})
    assert load(tmp_path / "park.yaml", drivers, {"T": "x"})
    (shown,) = redacted(tmp_path / "park.yaml", drivers).values()
    assert "url: 'http://c'" in shown
    assert "{driver: robot, hook: ***, url: ***}" in shown
