"""Titles and texts: in both languages, in the site's time, plain whatever names hold, never too long."""

import unicodedata
from datetime import timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.alarm import AlarmEvent, AlarmState, Priority, Transition
from gateway.core.device import Site
from gateway.core.point import Names
from rules.notices.match import Facts
from rules.notices.text import (
    MAX_TEXT,
    MAX_TITLE,
    Content,
    Item,
    Occasion,
    clean,
    compose,
    duration,
    heartbeat,
    in_language,
    local_time,
    number,
    trial,
)
from rules.notices.words import EN, ZH

MINUTE = 60_000_000_000
RAISED_NS = 1_790_000_000_000_000_000  # 2026-09-21 22:13:20 in China
SITE = Site("qinghe", Names("Qinghe Industrial Park", "清河工业园"), "Asia/Shanghai")
FACTS = Facts(
    (), Names("Transformer overload", "变压器过载"), Names("Main transformer"), Names("Dongyue Dyeing", "东岳印染")
)


def item(facts: Facts = FACTS, *, has_returned: bool = False, **fields: Any) -> Item:
    values: dict[str, Any] = {
        "time_ns": RAISED_NS,
        "alarm": "overload:tx1",
        "rule": "overload",
        "device": "tx1",
        "enterprise": "dongyue",
        "occurrence": 1,
        "transition": Transition.RETURNED if has_returned else Transition.RAISED,
        "state": AlarmState.NORMAL if has_returned else AlarmState.UNACKNOWLEDGED,
        "priority": Priority.HIGH,
        "message": Names("Power 861.2 kW, limit 800 kW", "功率 861.2 kW，限值 800 kW"),
    }
    event = AlarmEvent(**(values | fields))
    return Item(event, facts, event.state, has_returned, RAISED_NS)


def content(*items: Item, **fields: Any) -> Content:
    counts: dict[Priority, int] = {}
    for one in items:
        counts[one.event.priority] = counts.get(one.event.priority, 0) + 1
    returned = sum(one.has_returned for one in items)
    values = {"items": items, "counts": counts, "returned": returned}
    return Content(site=SITE, zone=ZoneInfo("Asia/Shanghai"), **(values | fields))


def test_one_alarm_has_its_name_in_the_title_and_everything_else_in_the_text() -> None:
    title, text = compose(content(item(value=861.2, limit=800.0, unit="kW")))
    assert title == Names(
        "[High] Transformer overload - Dongyue Dyeing, Main transformer",
        "[高] 变压器过载 - 东岳印染，Main transformer",
    )
    assert text.en.splitlines() == [
        "2026-09-21 22:13:20 +08:00: Power 861.2 kW, limit 800 kW",
        "Device: Main transformer (tx1)",
        "Value: 861.2 kW, limit 800 kW",
        "State: unacknowledged",
    ]
    assert text.zh.splitlines()[1:4] == ["设备：Main transformer (tx1)", "数值：861.2 kW，限值 800 kW", "状态：未确认"]


def test_an_alarm_that_is_over_says_how_long_it_was_there() -> None:
    title, text = compose(content(item(has_returned=True, time_ns=RAISED_NS + 26 * MINUTE)))
    assert title.en == "Returned: Transformer overload - Dongyue Dyeing, Main transformer"
    assert title.zh.startswith("已恢复：变压器过载")
    assert text.en.startswith("2026-09-21 22:39:20 +08:00, after 26 min: Power")
    assert "持续 26 分钟" in text.zh


def test_several_alarms_are_counted_in_the_title_and_the_urgent_ones_come_first() -> None:
    items = [item(priority=Priority.LOW), item(has_returned=True), item(alarm="b:tx2")]
    title, text = compose(content(*items, waiting=2))
    assert title == Names("3 alarms, 2 high, 1 returned - Dongyue Dyeing", "3 条报警，高 2 条，已恢复 1 条 - 东岳印染")
    heads = [line for line in text.en.splitlines() if "Transformer overload" in line]
    assert [head[:9] for head in heads] == ["[High] Tr", "[Low] Tra", "Returned:"]
    assert text.en.endswith("Told before and still unacknowledged: 2")


def test_alarms_of_several_enterprises_are_the_sites() -> None:
    title, _ = compose(content(item(has_returned=True), item(has_returned=True, enterprise="huali")))
    assert title == Names("2 alarms returned - Qinghe Industrial Park", "2 条报警已恢复 - 清河工业园")


@pytest.mark.parametrize(
    ("occasion", "en", "zh"),
    [
        (Occasion.REMINDER, "Still unacknowledged: [High]", "仍未确认：[高]"),
        (Occasion.ESCALATION, "Nobody has acknowledged: [High]", "无人确认：[高]"),
    ],
)
def test_a_title_says_why_people_are_told_again(occasion: Occasion, en: str, zh: str) -> None:
    title, _ = compose(content(item(), occasion=occasion))
    assert title.en.startswith(en)
    assert title.zh.startswith(zh)


def test_an_alarm_of_the_park_without_names_is_called_by_its_ids() -> None:
    title, text = compose(content(item(Facts(), device=None, enterprise=None, message=Names())))
    assert title.en == "[High] overload"
    assert text.en == "2026-09-21 22:13:20 +08:00\nState: unacknowledged"


def test_a_digest_counts_by_priority_and_tells_the_first_high_alarm_whatever_else_it_leaves_out() -> None:
    lows = [item(priority=Priority.LOW, message=Names("x" * 300)) for _ in range(15)]
    counts = {Priority.HIGH: 1, Priority.LOW: 1999}
    title, text = compose(
        content(*lows, item(message=Names("fire")), counts=counts, is_digest=True, merged={Priority.LOW: 1234})
    )
    assert title.en == "2,000 alarms, 1 high - Qinghe Industrial Park"
    lines = text.en.splitlines()
    assert lines[0] == "1 high, 1,999 low"
    assert lines[1].startswith("[High] Transformer overload")
    assert "fire" in lines[2]
    told = sum("Transformer" in line for line in lines)
    assert 2 < told < 10
    assert f"and {2000 - told:,} more" in lines
    assert lines[-1] == "1,234 low more found no room in the queue"
    assert text.zh.splitlines()[-1] == "另有低 1,234 条未能进入队列"


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.text(max_size=900), st.text(max_size=300), st.sampled_from(list(Priority)), st.booleans()),
        min_size=1,
        max_size=25,
    ),
    st.booleans(),
    st.text(max_size=100),
)
def test_nothing_that_names_hold_steers_a_message_or_makes_it_too_long(
    parts: list[tuple[str, str, Priority, bool]], is_digest: bool, value: str
) -> None:
    items = [
        item(
            Facts((), Names(name), Names(name, name), Names(name)),
            message=Names(words, words),
            priority=priority,
            has_returned=has_returned,
            value=value,
            unit=name,
        )
        for words, name, priority, has_returned in parts
    ]
    title, text = compose(content(*items, is_digest=is_digest))
    for words in (title.en, title.zh, text.en, text.zh):
        assert not [c for c in words if c != "\n" and unicodedata.category(c) in ("Cc", "Cf", "Cs", "Co")]
    assert "\n" not in title.en + title.zh
    assert max(len(title.en), len(title.zh)) <= MAX_TITLE
    assert max(len(text.en), len(text.zh)) <= MAX_TEXT


def test_control_characters_become_spaces_and_direction_overrides_go() -> None:
    assert clean("a\x00b\r\nc\u202ed \x1b[31m e\ud800", 50) == "a b c d [31m e"
    assert clean("abcdef", 4) == "abc…"


@pytest.mark.parametrize(
    ("seconds", "en", "zh"),
    [
        (0, "0 s", "0 秒"),
        (59, "59 s", "59 秒"),
        (26 * 60 + 40, "26 min", "26 分钟"),
        (3 * 3600 + 5 * 60, "3 h 5 min", "3 小时 5 分钟"),
        (4 * 3600, "4 h", "4 小时"),
        (86_400 + 7200, "1 d 2 h", "1 天 2 小时"),
    ],
)
def test_a_duration_has_the_units_that_matter(seconds: int, en: str, zh: str) -> None:
    assert (duration(seconds * 10**9, EN), duration(seconds * 10**9, ZH)) == (en, zh)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (861.2, "861.2"),
        (800.0, "800"),
        (0.0, "0"),
        (0.1 + 0.2, "0.3"),
        (0.00012, "0.00012"),
        (12, "12"),
        (1234567.25, "1234567.25"),
        (float("inf"), "inf"),
        (True, "True"),
        ("run\n", "run"),
    ],
)
def test_a_value_reads_as_a_person_would_write_it(value: Any, said: str) -> None:
    assert number(value) == said


def test_times_are_the_sites_with_its_offset() -> None:
    assert local_time(RAISED_NS, timezone(timedelta(hours=-3, minutes=-30))) == "2026-09-21 10:43:20 -03:30"


def test_heartbeat_and_test_name_the_site_and_what_to_do() -> None:
    title, text = heartbeat(SITE, 3, 1, 24 * 60 * MINUTE)
    assert title == Names("The gateway is running - Qinghe Industrial Park", "网关运行正常 - 清河工业园")
    assert "Active alarms: 3; waiting for an acknowledgement: 1." in text.en
    assert "due in 1 d" in text.en
    assert "1 天后" in text.zh
    assert "`duty`" in trial(SITE, "duty")[1].en
    assert in_language(title, "both") == title
    assert in_language(title, "en").zh == ""
