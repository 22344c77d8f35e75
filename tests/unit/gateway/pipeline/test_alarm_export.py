"""Alarm events as batches: every sink gets them, none overwrites another."""

from dataclasses import replace

from gateway.core.alarm import AlarmEvent, AlarmState, Priority, Transition
from gateway.core.point import Names
from gateway.pipeline.alarm_export import TAGS, EventBatches

IDS = {tag: number for number, tag in enumerate(TAGS, 1)}
EVENT = AlarmEvent(
    1_790_000_000_000_000_000,
    "overload:tx1",
    "overload",
    "tx1",
    "acme",
    3,
    Transition.RAISED,
    AlarmState.UNACKNOWLEDGED,
    Priority.HIGH,
    value=861.2,
    limit=800.0,
    message=Names("Power 861 kW", "功率 861 kW"),
)


def test_two_events_of_a_device_at_one_time_get_times_of_their_own_the_same_after_a_restart() -> None:
    batches = EventBatches("park", IDS)
    first, second = batches.batch(replace(EVENT, seq=41)), batches.batch(replace(EVENT, seq=42))
    assert first.block is second.block
    assert second.time_ns == first.time_ns + 1
    assert EventBatches("park", IDS).batch(replace(EVENT, seq=42)).time_ns == second.time_ns


def test_a_clock_that_was_ahead_leaves_no_later_event_in_the_future() -> None:
    batches = EventBatches("park", IDS)
    batches.batch(replace(EVENT, seq=1, time_ns=EVENT.time_ns + 30 * 86_400 * 10**9))
    after = batches.batch(replace(EVENT, seq=2))
    assert abs(after.time_ns - EVENT.time_ns) < 1000


def test_an_event_without_value_or_limit_leaves_them_out() -> None:
    batch = EventBatches("park", IDS).batch(replace(EVENT, value=None, limit=None))
    names = [point.name for i, point in enumerate(batch.block.points) if batch.present and batch.present >> i & 1]
    assert "value" not in names
    assert "limit" not in names
    assert "transition" in names


def test_a_text_is_no_value_for_a_number_field_and_a_switch_is_one() -> None:
    batches = EventBatches("park", IDS)
    at = [point.name for point in batches.batch(EVENT).block.points].index("value")
    assert batches.batch(replace(EVENT, value="running")).values[at] is None
    assert batches.batch(replace(EVENT, value=True)).values[at] == 1.0


def test_an_event_of_the_park_carries_the_site_as_device() -> None:
    batch = EventBatches("qinghe", IDS).batch(replace(EVENT, device=None, enterprise=None))
    assert batch.block.device.id == "qinghe"
    assert batch.block.device.kind == "alarm_event"
