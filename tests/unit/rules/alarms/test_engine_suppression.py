"""Parents, suppression by expression, and the first of a group."""

import pytest

from gateway.core.alarm import ANNUNCIATING, AlarmState, Condition, Priority, Transition
from rules.alarms.spec import NoData
from tests.unit.rules.alarms.engine_park import SECOND, WANG, Park, alarm, level

RAISED, RETURNED = Transition.RAISED, Transition.RETURNED
PARENT = alarm("grid.voltage < 100", rule="dead", at="grid", on_delay_ns=5 * SECOND)
CHILD = alarm("power > 800 kW", parents=("dead:grid",))


def annunciations(park: Park) -> list[str]:
    return [event.alarm for event in park.events if event.transition in ANNUNCIATING]


def test_a_loss_of_communication_raises_one_alarm_not_fifty() -> None:
    # Each child goes stale before the parent's on-delay is over.
    names = [f"m{i}" for i in range(50)]
    children = [
        alarm("power > 800 kW", at=name, parents=("silent:link",), on_delay_ns=i % 3 * SECOND)
        for i, name in enumerate(names)
    ]
    park = Park([alarm("stale(link.beat)", rule="silent", at="link", on_delay_ns=3 * SECOND), *children])
    for second in range(4):
        park.feed(second, "link", beat=1.0)
        for name in names:
            park.feed(second, name, power=700.0)
    park.to(100)
    assert annunciations(park) == ["silent:link"]
    assert {park.state(child.id) for child in children} == {AlarmState.SUPPRESSED}
    for second in range(101, 120):
        park.feed(second, "link", beat=1.0)
        for name in names:
            park.feed(second, name, power=700.0)
    assert annunciations(park) == ["silent:link"]
    assert {park.state(child.id) for child in children} == {AlarmState.NORMAL}


def test_a_child_that_comes_up_while_its_parent_is_pending_waits_for_the_parent() -> None:
    park = Park([PARENT, CHILD])
    park.feed(0, power=700.0)
    park.feed(0, "grid", voltage=0.0)
    park.feed(1, power=900.0)
    assert park.state() is AlarmState.SUPPRESSED
    view = park.engine.view("overload:tx1")
    assert "dead:grid" in view.reason.en
    assert "dead报警" in view.reason.zh
    park.feed(4, "grid", voltage=0.0)
    park.feed(5, power=900.0)
    assert annunciations(park) == ["dead:grid"]


def test_a_quiet_child_is_left_alone_while_its_parent_is_only_pending() -> None:
    park = Park([PARENT, CHILD])
    park.feed(0, power=700.0)
    park.feed(0, "grid", voltage=0.0)
    park.feed(2, "grid", voltage=230.0)
    assert park.events == []


def test_after_the_parent_a_child_that_is_still_true_is_annunciated_when_data_have_settled() -> None:
    park = Park([PARENT, CHILD])
    for second in range(10):
        park.feed(second, "grid", voltage=0.0)
        park.feed(second, power=900.0)
    for second in range(10, 20):
        park.feed(second, "grid", voltage=230.0)
        park.feed(second, power=900.0)
    assert annunciations(park) == ["dead:grid", "overload:tx1"]
    times = [time for time, transition in park.times() if transition is Transition.UNSUPPRESSED]
    assert times == [15]  # three intervals of a second and two


def test_after_the_parent_a_child_without_new_data_waits_for_them() -> None:
    park = Park([PARENT, CHILD])
    for second in range(10):
        park.feed(second, "grid", voltage=0.0)
        if second < 5:
            park.feed(second, power=900.0)
    for second in range(10, 40):
        park.feed(second, "grid", voltage=230.0)
    assert park.condition() is Condition.UNKNOWN
    assert park.state() is AlarmState.SUPPRESSED
    park.feed(40, "grid", voltage=230.0)
    park.feed(40, power=900.0)
    assert park.state() is AlarmState.UNACKNOWLEDGED
    assert annunciations(park) == ["dead:grid", "overload:tx1"]


def test_a_parent_that_comes_back_while_things_settle_goes_on_suppressing() -> None:
    park = Park([alarm("grid.voltage < 100", rule="dead", at="grid"), CHILD])
    for second in range(20):
        park.feed(second, "grid", voltage=0.0 if second % 3 else 230.0)
        park.feed(second, power=900.0)
    assert annunciations(park).count("overload:tx1") == 1
    assert park.state() is AlarmState.SUPPRESSED


def test_a_parent_that_cannot_be_decided_silences_nobody() -> None:
    park = Park([PARENT, CHILD])
    park.to(0)
    park.to(10)
    park.feed(10, power=900.0)
    assert park.condition("dead:grid") is Condition.UNKNOWN
    assert annunciations(park) == ["overload:tx1"]


def test_a_parent_that_was_active_and_cannot_be_decided_goes_on_suppressing() -> None:
    park = Park([PARENT, CHILD])
    for second in range(7):
        park.feed(second, "grid", voltage=0.0)
    for second in range(7, 60):
        park.feed(second, power=900.0)
    assert park.condition("dead:grid") is Condition.UNKNOWN
    assert annunciations(park) == ["dead:grid"]


def test_parents_and_children_in_one_batch_are_looked_at_in_that_order() -> None:
    child = alarm("power < 10", rule="low", parents=("off:tx1",))
    park = Park([child, alarm("voltage < 10", rule="off")])
    park.feed(0, power=100.0, voltage=230.0)
    park.feed(1, power=0.0, voltage=0.0)
    assert annunciations(park) == ["off:tx1"]


@pytest.mark.parametrize("policy", [NoData.UNKNOWN, NoData.OK])
def test_a_rule_may_say_itself_when_it_is_suppressed(policy: NoData) -> None:
    child = alarm("power > 800 kW", suppress=alarm("current < 1").levels[0].when, no_data=policy)
    park = Park([child])
    park.feed(0, power=900.0, current=0.0)
    assert park.state() is AlarmState.SUPPRESSED
    assert "current < 1" in park.engine.view("overload:tx1").reason.en
    park.feed(1, power=900.0, current=None)  # keeps its last result
    park.feed(2, power=900.0, current=9.0)
    park.run(3, 6, power=900.0, current=9.0)
    assert annunciations(park) == []
    park.feed(7, power=900.0, current=9.0)
    assert annunciations(park) == ["overload:tx1"]


def test_acknowledged_alarms_are_suppressed_too_and_return_quietly() -> None:
    park = Park([PARENT, CHILD])
    park.feed(0, power=900.0)
    park.engine.acknowledge("overload:tx1", WANG, "", park.now_ns)
    for second in range(1, 12):
        park.feed(second, "grid", voltage=0.0)
    assert park.state() is AlarmState.SUPPRESSED
    for second in range(12, 40):
        park.feed(second, "grid", voltage=230.0)
        park.feed(second, power=100.0)
    assert park.state() is AlarmState.NORMAL
    assert annunciations(park) == ["overload:tx1", "dead:grid"]


def test_parents_in_a_circle_do_not_hang() -> None:
    park = Park([alarm(rule="a", parents=("b:tx1",)), alarm(rule="b", parents=("a:tx1", "b:tx1", "none:tx1"))])
    park.feed(0, power=900.0)
    assert len(annunciations(park)) >= 1


# -- first-out --------------------------------------------------------------------------------------------------------


def first_outs(park: Park) -> list[str]:
    return [event.alarm for event in park.events if event.first_out and event.transition is RAISED]


def test_the_first_of_a_group_is_marked_until_all_are_normal() -> None:
    rules = [alarm(f"{name} > 10", rule=name, group="boiler") for name in ("pressure", "level", "flame")]
    park = Park(rules)
    park.feed(0, pressure=0.0, level=0.0, flame=0.0)
    park.feed(1, pressure=0.0, level=20.0, flame=0.0)
    park.feed(2, pressure=20.0, level=0.0, flame=20.0)
    park.feed(3, pressure=20.0, level=20.0, flame=20.0)
    assert first_outs(park) == ["level:tx1", "level:tx1"]
    assert park.engine.view("level:tx1").first_out
    assert not park.engine.view("flame:tx1").first_out
    park.feed(4, pressure=0.0, level=0.0, flame=0.0)
    assert park.engine.view("level:tx1").first_out  # it waits to be acknowledged
    for name in ("pressure", "level", "flame"):
        park.engine.acknowledge(f"{name}:tx1", WANG, "", park.now_ns)
    assert not park.engine.view("level:tx1").first_out
    park.feed(5, pressure=0.0, level=0.0, flame=20.0)
    assert first_outs(park)[-1] == "flame:tx1"


def test_no_alarm_is_the_first_while_another_of_the_group_stands() -> None:
    low = level("power > 10", priority=Priority.LOW)
    park = Park([alarm(levels=(low,), rule="a", group="g"), alarm("current > 10", rule="b", group="g")])
    park.feed(0, power=20.0, current=0.0)
    park.feed(1, power=0.0, current=20.0)
    assert first_outs(park) == ["a:tx1"]
