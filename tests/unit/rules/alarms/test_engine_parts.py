"""Blocks whose batches carry only some of their points: each point is silent by itself."""

import pytest

from gateway.core.alarm import Condition, Transition
from gateway.core.batch import Batch, Block
from gateway.core.point import Value
from gateway.core.quality import Quality
from rules.alarms.spec import NoData
from tests.unit.rules.alarms.engine_park import Park, alarm, expression

RAISED, RETURNED = Transition.RAISED, Transition.RETURNED
WHENS = ["power > 800", "power + 0 > 800"]
NAMES = ("power", "current", "voltage")


def send(park: Park, at_s: float, block: Block | None = None, **values: Value | None) -> None:
    """A batch with these points only, or with all of them."""
    park.to(at_s)
    block = park.block("tx1", NAMES) if block is None else block
    names = [point.name for point in block.points]
    mask = sum(1 << position for position, name in enumerate(names) if name in values)
    bad = tuple(Quality.BAD_TYPE if name in values and values[name] is None else Quality.GOOD for name in names)
    park.engine.observe(
        Batch(
            block,
            tuple(values.get(name) for name in names),
            park.now_ns,
            bad if any(bad) else None,
            None if len(values) == len(names) else mask,
        ),
        park.now_ns,
    )


@pytest.mark.parametrize("when", WHENS)
def test_a_point_that_comes_no_more_is_stale_though_its_block_goes_on(when: str) -> None:
    park = Park([alarm(when, no_data=NoData.ALARM)])
    send(park, 0, power=100.0)
    send(park, 2, power=100.0)
    for second in range(3, 20):
        send(park, second, current=1.0)
    assert park.times() == [(7, RAISED)]
    send(park, 20, power=100.0)
    assert park.times()[1:] == [(20, RETURNED)]
    for second in range(21, 40):
        send(park, second, current=1.0)
    assert park.times()[2:] == [(25, RAISED)]


@pytest.mark.parametrize("when", WHENS)
def test_a_point_that_came_with_the_whole_block_is_stale_by_itself_too(when: str) -> None:
    park = Park([alarm(when)])
    send(park, 0, power=900.0, current=1.0, voltage=1.0)
    for second in range(1, 5):
        send(park, second, current=1.0)
    assert park.condition() is Condition.ACTIVE
    send(park, 5, current=1.0)
    assert park.condition() is Condition.UNKNOWN
    assert park.engine._inputs.value("tx1.current") == 1.0
    send(park, 6, power=900.0, current=1.0, voltage=1.0)
    assert park.condition() is Condition.ACTIVE
    park.to(10.9)
    assert park.condition() is Condition.ACTIVE
    park.to(11)
    assert park.condition() is Condition.UNKNOWN
    assert park.engine._inputs.value("tx1.current") is None


def test_all_points_are_lost_one_after_the_other_and_then_nothing_waits() -> None:
    park = Park([alarm(f"{name} > 10", rule=name, no_data=NoData.ALARM) for name in NAMES])
    for second, name in enumerate(NAMES):
        send(park, second, **{name: 1.0})
    park.to(30)
    # what had not come by 5 s after the start would have been missing then
    assert [(time, event.rule) for (time, _), event in zip(park.times(), park.events, strict=True)] == [
        (5, "power"),
        (6, "current"),
        (7, "voltage"),
    ]
    assert park.engine.next_due_ns() is None
    send(park, 40, current=1.0)
    park.to(50)
    assert [(time, event.rule) for (time, _), event in zip(park.times(), park.events, strict=True)][3:] == [
        (40, "current"),
        (45, "current"),
    ]
    assert park.engine.next_due_ns() is None


def test_what_is_lost_is_no_sample_of_the_others() -> None:
    park = Park([alarm("stale(current)", rule="silent"), alarm()])
    send(park, 0, power=1.0)
    send(park, 2, current=1.0)
    for second in range(3, 20):
        send(park, second, voltage=1.0)
    assert [(round(time, 3), each) for time, each in park.times()] == [(7, RAISED)]


def test_a_bad_value_that_comes_is_not_silence() -> None:
    park = Park([alarm(no_data=NoData.OK), alarm("stale(power)", rule="silent")])
    send(park, 0, power=900.0)
    for second in range(1, 12):
        send(park, second, power=None)
    reading = park.engine._inputs.reading("tx1.power")
    assert reading is not None
    assert reading.quality is Quality.BAD_TYPE


def test_a_source_that_brings_a_new_block_with_every_batch_hides_no_silence() -> None:
    park = Park([alarm(no_data=NoData.ALARM)])
    first = park.block("tx1", NAMES)
    send(park, 0, first, power=100.0)
    for second in range(1, 12):
        send(park, second, Block(first.device, first.points, 1.0), current=1.0)
    assert park.times() == [(5, RAISED)]


def test_a_value_that_comes_no_more_is_not_shown_any_longer() -> None:
    park = Park([alarm("power > 800", value=expression("current"), no_data=NoData.ALARM)])
    send(park, 0, power=900.0, current=5.0)
    send(park, 4, power=900.0)
    send(park, 7, power=900.0)
    assert park.engine.view("overload:tx1").value is None


def test_an_engine_that_is_called_late_loses_the_same() -> None:
    punctual, late = (Park([alarm(no_data=NoData.ALARM), alarm("current > 5", rule="c")]) for _ in range(2))
    for park in (punctual, late):
        send(park, 0, power=100.0)
    for second in (1, 9, 10, 30):
        send(punctual, second, current=9.0)
        late.now_s = second
        block = late.block("tx1", NAMES)
        late.engine.observe(Batch(block, (None, 9.0, None), late.now_ns, None, 0b10), late.now_ns)
    assert late.events == punctual.events
    assert punctual.times()[1] == (5, RAISED)
