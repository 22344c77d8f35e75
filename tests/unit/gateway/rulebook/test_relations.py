"""Parents, schedules, calendars and who is told."""

from datetime import UTC, date, datetime

from gateway.config import load
from gateway.core.alarm import Priority
from gateway.plugins import DRIVERS
from gateway.rulebook import compile_rules

SECOND = 10**9


def test_the_parent_is_that_of_the_same_device_or_its_connection_or_the_park(compile_text) -> None:
    rules = """
alarms:
  park: {when: gateway.devices_silent > 5}
  line: {for_each: {connection: line-1, each: connection}, when: devices_silent > 1, parent: park}
  device: {for_each: {kind: meter}, when: silent(), parent: line}
  high: {for_each: {kind: meter}, when: power_active > 1 kW, parent: [device, park, line]}
"""
    parents = {alarm.id: alarm.parents for alarm in compile_text(rules).alarms}
    assert parents == {
        "park:park": (),
        "line:line-1": ("park:park",),
        "device:tx1": ("line:line-1",),
        "device:tx2": ("line:line-1",),
        "device:main-1": (),
        "high:tx1": ("device:tx1", "park:park", "line:line-1"),
        "high:tx2": ("device:tx2", "park:park", "line:line-1"),
        "high:main-1": ("device:main-1", "park:park"),
    }


def test_an_alarm_of_an_enterprise_is_parent_of_its_devices_and_child_of_the_park(compile_text) -> None:
    rules = """
alarms:
  park: {when: gateway.devices_silent > 5}
  tenant: {for_each: {kind: meter, each: enterprise}, when: total(power_active) > 1 kW, parent: park}
  high: {for_each: {kind: meter}, when: power_active > 1 kW, parent: tenant}
"""
    parents = {alarm.id: alarm.parents for alarm in compile_text(rules).alarms}
    assert parents["tenant:acme"] == ("park:park",)
    assert (parents["high:tx1"], parents["high:main-1"]) == (("tenant:acme",), ("tenant:dongyue",))


def test_many_parents_of_parents_are_no_trouble(compile_text) -> None:
    rows = "".join(f"  r{i}: {{when: tx1.power_active > {i}, parent: r{i + 1}}}\n" for i in range(1200))
    book = compile_text(f"alarms:\n{rows}  r1200: {{when: tx1.power_active > 1}}\n")
    assert len(book.alarms) == 1201


SCHEDULES = """
calendars:
  works: {country: cn, holidays: [2026-03-02], workdays: [2026-10-01]}
  plain: {weekend: [fri], holidays: [2026-03-04]}
schedules:
  shift: {calendar: works, days: workday, times: ["08:00-12:00", "13:00-17:30"]}
  other: {calendar: plain, days: holiday}
  nights: {days: [fri-mon], times: "22:00-06:00", months: [1, 3], days_of_month: [1..10, -1]}
  several: {spans: [{days: sat}, {times: "06:00-07:00"}]}
alarms:
  a: {when: tx1.power_active > 1, schedule: shift}
  b: {when: tx1.power_active > 1, schedule: other}
  c: {when: tx1.power_active > 1, schedule: nights}
  d: {when: tx1.power_active > 1, schedule: several}
"""


def at(*when: int) -> int:
    """A UTC time."""
    return int(datetime(*when, tzinfo=UTC).timestamp()) * SECOND


def test_a_schedule_has_every_span_in_the_zone_of_the_site(compile_text) -> None:
    shift, _, nights, several = (alarm.schedule for alarm in compile_text(SCHEDULES).alarms)
    assert [(span.start_min, span.end_min, span.day_kind) for span in shift.spans] == [
        (480, 720, "workday"),
        (780, 1050, "workday"),
    ]
    (night,) = nights.spans
    assert (night.days, night.months, night.days_of_month) == ({5, 6, 7, 1}, {1, 3}, ((1, 10), (-1, -1)))
    assert [(span.start_min, span.end_min, span.days) for span in several.spans] == [(0, 1440, {6}), (360, 420, set())]
    assert shift.is_active(at(2026, 3, 3, 0, 0))  # Tuesday, 8 o'clock in Shanghai
    assert not shift.is_active(at(2026, 3, 3, 4, 30))


def test_days_of_the_site_come_before_those_of_the_country(compile_text) -> None:
    shift = compile_text(SCHEDULES).alarms[0].schedule
    assert not shift.calendar.is_workday(date(2026, 3, 2))  # a Monday that is free here
    assert shift.calendar.is_workday(date(2026, 10, 1))  # a national holiday that is worked here
    assert not shift.calendar.is_workday(date(2026, 10, 2))


def test_a_calendar_of_the_site_alone_knows_its_own_days_only(compile_text) -> None:
    other = compile_text(SCHEDULES).alarms[1].schedule
    assert not other.calendar.is_workday(date(2026, 3, 6))  # a Friday
    assert not other.calendar.is_workday(date(2026, 3, 4))
    assert other.calendar.is_workday(date(2026, 10, 1))


NOTIFY = """
notify:
  url: http://10.0.0.5:8080/
  digest_above: 5
  channels:
    duty: {driver: webhook, url: "http://10.0.0.9/a", language: zh, rate: 20 per 1 min}
    boss: {driver: webhook, url: "http://10.0.0.9/b", rate: 3/h}
  routes:
    all: {channels: duty}
    some:
      at_least: medium
      rules: [a]
      enterprises: acme
      devices: [tx1]
      areas: [supply]
      labels: {team: electric}
      channels: [duty, boss, duty]
      group_by: [device, team]
      group_wait: 1 s
      group_interval: 2 s
      repeat_interval: 0 s
      send_returned: false
      mute: [nights]
      escalate: [{after: 5 min, channels: boss}, {after: 10 min, channels: [boss, duty]}]
  inhibit:
    - {source: {rules: a}, target: {at_least: low}, equal: [enterprise]}
  heartbeat: {channel: boss, every: 12 h}
schedules: {nights: {times: "22:00-06:00"}}
alarms: {a: {for_each: {role: grid}, when: power_active > 1, labels: {team: electric}}}
"""


def test_routes_say_everything_that_was_written(compile_text) -> None:
    plan = compile_text(NOTIFY).notices
    every, some = plan.routes
    assert (every.name, every.channels, every.group_by) == ("all", ("duty",), ("rule", "enterprise"))
    assert (every.match.at_least, every.match.rules, every.sends_returned) == (None, frozenset(), True)
    assert (some.match.at_least, some.match.rules, some.match.enterprises) == (Priority.MEDIUM, {"a"}, {"acme"})
    assert (some.match.devices, some.match.areas, some.match.labels) == ({"tx1"}, {"supply"}, (("team", "electric"),))
    assert (some.channels, some.group_by, some.sends_returned) == (("duty", "boss"), ("device", "team"), False)
    times = (some.group_wait_ns, some.group_interval_ns, some.repeat_interval_ns)
    assert times == (SECOND, 2 * SECOND, 0)
    assert [schedule.name for schedule in some.mute] == ["nights"]
    assert [(step.after_ns, step.channels) for step in some.escalation] == [
        (300 * SECOND, ("boss",)),
        (600 * SECOND, ("boss", "duty")),
    ]
    (inhibition,) = plan.inhibitions
    assert (inhibition.source.rules, inhibition.target.at_least) == ({"a"}, Priority.LOW)
    assert inhibition.equal == ("enterprise",)
    assert [(one.channel, one.every_ns) for one in plan.heartbeats] == [("boss", 43_200 * SECOND)]
    assert (plan.page_url, plan.digest_above) == ("http://10.0.0.5:8080", 5)


def test_a_year_whose_holidays_are_not_published_is_a_finding(compile_text, tmp_path) -> None:
    compile_text(SCHEDULES)
    plan = load(tmp_path / "park.yaml", DRIVERS, {}).plan
    assert compile_rules(plan, 2026).findings == []
    (finding,) = compile_rules(plan, 2099).findings
    assert finding.message == "calendar `works`: the holidays of 2099 are not known to this version"
