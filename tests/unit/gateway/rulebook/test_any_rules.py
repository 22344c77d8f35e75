"""Whatever is written as rules: a rulebook or ConfigErrors, never anything else."""

import json
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.config import ConfigErrors, load
from gateway.plugins import DRIVERS
from gateway.rulebook import compile_rules

TEXTS = st.sampled_from(
    ["power_active > 1 kW", "tx1.power_active", "a", "a + 1", "total(power_active) > 1", "silent()", "temperature < 5",
     "door", "5 °C", "{value} {x}", "1 s", "", "not", "(", "device-silent", "grid", "meter", "tx1", "room-a", "line-1",
     "workday", "08:00-17:00", "mon-fri", "-1", "2026-01-01", "electrical", "demand", "duty", "low", "high", "each",
     "connection", "park", "stale(`power_active`)", "\u0000", "${X}", "功率 > 1"]
)  # fmt: skip
KEYS = st.sampled_from(
    ["when", "levels", "for_each", "hysteresis", "clear", "priority", "value", "limit", "message", "parent", "schedule",
     "suppress_when", "unit", "kind", "devices", "has", "each", "profile", "times", "days", "spans", "calendar",
     "holidays", "days_of_month", "months", "pack", "rated_power", "disable", "channels", "routes", "inhibit",
     "heartbeat", "channel", "group_by", "mute", "escalate", "after", "source", "target", "url", "driver",
     "labels", "name", "en"]
)  # fmt: skip
VALUES = st.recursive(
    TEXTS
    | st.just("x").map(lambda text: text * 5000)
    | st.integers(-5, 100)
    | st.booleans()
    | st.none()
    | st.floats(allow_nan=False, width=16),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=8,
)
ENTRIES = st.dictionaries(
    st.sampled_from(["a", "b", "power_active", "electrical", "demand", "metering"]), VALUES, max_size=3
)
RULES = st.fixed_dictionaries(
    {},
    optional=dict.fromkeys(("use", "calendars", "schedules", "alarms", "derived"), ENTRIES) | {"notify": VALUES},
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Where the park is."""
    path = tmp_path_factory.mktemp("any")
    (path / "rules.d").mkdir()
    return path


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(RULES)
def test_anything(folder, park, rules) -> None:
    (folder / "park.yaml").write_text(park, encoding="utf-8")
    (folder / "rules.d" / "a.yaml").write_text(json.dumps(rules, ensure_ascii=True), encoding="utf-8")
    with suppress(ConfigErrors):
        compile_rules(load(folder / "park.yaml", DRIVERS, {}).plan)


WHEN = st.sampled_from(
    ["power_active > 1 kW", "a > 1", "total(power_active) > 1 kW", "silent()", "temperature < 5 °C", "door", "b",
     "power_active - 1 W < 5", "devices_silent > 1", "gateway.outbox_age_s > 5 min", "park.a > 3", "tx2.b == tx1.a"]
)  # fmt: skip
SELECTORS = st.fixed_dictionaries(
    {},
    optional={
        "kind": st.sampled_from(["meter", "room"]),
        "role": st.sampled_from(["grid", "main", "pv"]),
        "devices": st.lists(st.sampled_from(["tx1", "tx2", "main-1", "room-a", "planned"]), min_size=1, max_size=3),
        "has": st.lists(st.sampled_from(["power_active", "door:bool", "voltage_l1", "a"]), min_size=1, max_size=2),
        "each": st.sampled_from(["device", "connection", "park"]),
    },
)
ALARMS = st.fixed_dictionaries(
    {"when": WHEN},
    optional={
        "for_each": SELECTORS,
        "hysteresis": st.sampled_from(["1 kW", "2", "1 °C"]),
        "clear": WHEN,
        "value": WHEN,
        "limit": st.sampled_from(["5 kW", "5", "power_active"]),
        "parent": st.sampled_from(["a", "b"]),
        "suppress_when": WHEN,
        "message": st.sampled_from(["{value}", "{power_active}", "{device.a}", "{", "{}"]),
    },
)
DERIVED = st.fixed_dictionaries(
    {"value": WHEN | st.sampled_from(["power_active * 2", "b + 1", "a", "total(power_active)"])},
    optional={"for_each": SELECTORS, "unit": st.sampled_from(["kW", "%", ""])},
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(st.sampled_from(["a", "b", "c"]), ALARMS, max_size=3),
    st.dictionaries(st.sampled_from(["a", "b", "voltage_l1"]), DERIVED, max_size=3),
)
def test_anything_that_has_the_right_form(folder, park, alarms, derived) -> None:
    (folder / "park.yaml").write_text(park, encoding="utf-8")
    text = json.dumps({"alarms": alarms, "derived": derived}, ensure_ascii=False)
    (folder / "rules.d" / "a.yaml").write_text(text, encoding="utf-8")
    with suppress(ConfigErrors):
        book = compile_rules(load(folder / "park.yaml", DRIVERS, {}).plan)
        assert len({alarm.id for alarm in book.alarms}) == len(book.alarms)
        seen: set[str] = set()
        own = {f"{one.device.id}.{one.point.name}" for one in book.derived}
        for one in book.derived:
            assert {operand.tag for operand in one.expression.inputs} & own <= seen
            seen.add(f"{one.device.id}.{one.point.name}")
