"""The operator life cycle: what people, time and design do to an alarm, one path at a time."""

import json
from typing import Any

import pytest

from gateway.core.alarm import Actor, AlarmState, Priority, Transition
from gateway.core.point import Names
from rules.alarms.lifecycle import LifeCycle, NotAllowed

LI = Actor("li", "operator", "10.0.0.7")
HIGH, MEDIUM, LOW = Priority.HIGH, Priority.MEDIUM, Priority.LOW
S, Tr = AlarmState, Transition


def life(*, latch: bool = False, re_alarm: int = 0) -> LifeCycle:
    return LifeCycle(latch=latch, re_alarm_ns=re_alarm)


def raised(priority: Priority = MEDIUM, *, latch: bool = False, re_alarm: int = 0) -> LifeCycle:
    """Active at this priority since 10."""
    one = life(latch=latch, re_alarm=re_alarm)
    assert one.active(priority, 10) == [Tr.RAISED]
    return one


def test_an_alarm_that_clears_before_it_is_acknowledged_stays_visible() -> None:
    one = raised()
    assert (one.state, one.occurrence, one.raised_ns) == (S.UNACKNOWLEDGED, 1, 10)
    assert one.inactive(20) == [Tr.RETURNED]
    assert (one.state, one.returned_ns) == (S.RETURNED_UNACKNOWLEDGED, 20)
    assert one.acknowledge(LI, "seen", 30) == [Tr.ACKNOWLEDGED]
    assert (one.state, one.acknowledged_by, one.acknowledged_ns, one.comment) == (S.NORMAL, "li", 30, "seen")


def test_an_acknowledged_alarm_ends_with_its_condition() -> None:
    one = raised()
    one.acknowledge(LI, "", 20)
    assert one.state is S.ACKNOWLEDGED
    assert one.inactive(30) == [Tr.RETURNED]
    assert one.state is S.NORMAL


def test_true_again_before_the_acknowledgement_is_a_new_occurrence_at_the_worst_priority() -> None:
    one = raised(HIGH)
    one.inactive(20)
    assert one.active(LOW, 30) == [Tr.RAISED]
    assert (one.state, one.occurrence, one.priority, one.raised_ns, one.returned_ns) == (
        S.UNACKNOWLEDGED, 2, HIGH, 30, None,
    )  # fmt: skip


def test_worse_than_acknowledged_annunciates_again() -> None:
    one = raised(MEDIUM)
    one.acknowledge(LI, "", 20)
    assert one.active(HIGH, 30) == [Tr.WORSENED]
    assert (one.state, one.priority, one.occurrence, one.acknowledged_by) == (S.UNACKNOWLEDGED, HIGH, 1, "")


def test_back_to_the_acknowledged_level_does_not_annunciate() -> None:
    one = raised(HIGH)
    one.acknowledge(LI, "", 20)
    assert one.active(LOW, 30) == [Tr.EASED]
    assert (one.state, one.priority) == (S.ACKNOWLEDGED, LOW)
    assert one.active(HIGH, 40) == []
    assert (one.state, one.priority) == (S.ACKNOWLEDGED, HIGH)


def test_an_acknowledgement_accepts_the_current_priority_only() -> None:
    one = raised(HIGH)
    assert one.active(LOW, 20) == [Tr.EASED]
    assert one.priority is HIGH  # the worst since it was raised, nobody has seen it yet
    one.acknowledge(LI, "", 30)
    assert one.priority is LOW
    assert one.active(MEDIUM, 40) == [Tr.WORSENED]
    assert one.state is S.UNACKNOWLEDGED


def test_worse_while_unacknowledged() -> None:
    one = raised(LOW)
    assert one.active(MEDIUM, 20) == [Tr.WORSENED]
    assert one.active(MEDIUM, 21) == []
    assert one.active(LOW, 22) == [Tr.EASED]
    assert one.active(MEDIUM, 23) == []  # it waits at this priority already
    assert (one.state, one.priority, one.current) == (S.UNACKNOWLEDGED, MEDIUM, MEDIUM)


def test_a_latch_keeps_the_worst_priority_until_acknowledged_and_reset() -> None:
    one = raised(HIGH, latch=True)
    one.active(LOW, 20)
    assert one.inactive(30) == [Tr.RETURNED]
    assert (one.state, one.priority) == (S.LATCHED_UNACKNOWLEDGED, HIGH)
    with pytest.raises(NotAllowed, match="acknowledge it, then reset"):
        one.reset(LI, "", 35)
    one.acknowledge(LI, "", 40)
    assert (one.state, one.priority) == (S.LATCHED_ACKNOWLEDGED, HIGH)
    assert one.reset(LI, "fixed", 50) == [Tr.RESET]
    assert (one.state, one.comment) == (S.NORMAL, "fixed")


def test_a_latched_alarm_that_is_true_again_is_a_new_occurrence() -> None:
    one = raised(HIGH, latch=True)
    one.acknowledge(LI, "", 20)
    one.inactive(30)
    assert one.active(LOW, 40) == [Tr.RAISED]
    assert (one.state, one.occurrence, one.priority) == (S.UNACKNOWLEDGED, 2, HIGH)


def test_a_latch_is_not_reset_while_the_condition_is_true_or_where_there_is_none() -> None:
    one = raised(latch=True)
    one.acknowledge(LI, "", 20)
    with pytest.raises(NotAllowed, match="still true"):
        one.reset(LI, "", 30)
    with pytest.raises(NotAllowed, match="neither latches"):
        raised().reset(LI, "", 30)
    with pytest.raises(NotAllowed, match="normal"):
        life(latch=True).reset(LI, "", 30)


def test_acknowledging_twice_is_refused_with_who_did_it() -> None:
    one = raised()
    one.acknowledge(LI, "", 20)
    with pytest.raises(NotAllowed, match="Already acknowledged by li"):
        one.acknowledge(LI, "", 30)
    with pytest.raises(NotAllowed, match="normal"):
        life().acknowledge(LI, "", 30)
    latched = raised(latch=True)
    latched.acknowledge(LI, "", 20)
    latched.inactive(25)
    with pytest.raises(NotAllowed, match="reset it"):
        latched.acknowledge(LI, "", 30)


def test_timed_shelving_ends_without_a_sample_and_a_true_condition_is_raised_anew() -> None:
    one = raised()
    assert one.shelve(LI, "noisy", 20, 100) == [Tr.SHELVED]
    assert (one.state, one.until_ns, one.next_due_ns, one.comment) == (S.SHELVED, 100, 100, "noisy")
    assert one.advance(99) == []
    assert one.advance(100) == [Tr.UNSHELVED, Tr.RAISED]
    assert (one.state, one.occurrence, one.until_ns, one.raised_ns) == (S.UNACKNOWLEDGED, 2, None, 100)


def test_a_condition_that_ends_while_shelved_is_normal_afterwards() -> None:
    one = raised()
    one.shelve(LI, "", 20, 100)
    assert one.inactive(50) == [Tr.RETURNED]
    assert one.active(HIGH, 60) == []
    assert one.inactive(70) == []
    assert one.unshelve(LI, "", 80) == [Tr.UNSHELVED]
    assert (one.state, one.occurrence) == (S.NORMAL, 1)


def test_one_shot_shelving_ends_with_the_occurrence() -> None:
    one = raised()
    one.acknowledge(LI, "", 15)
    assert one.shelve(LI, "", 20, None) == [Tr.SHELVED]
    assert one.next_due_ns is None
    assert one.active(HIGH, 25) == []
    assert one.inactive(30) == [Tr.RETURNED, Tr.UNSHELVED]
    assert one.state is S.NORMAL
    assert one.active(LOW, 40) == [Tr.RAISED]


def test_shelving_again_moves_the_end() -> None:
    one = life()
    one.shelve(LI, "", 20, 100)
    assert one.shelve(LI, "", 30, 200) == [Tr.SHELVED]
    assert one.next_due_ns == 200
    assert one.advance(200) == [Tr.UNSHELVED]


def test_shelving_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(NotAllowed, match="shelve it for a time"):
        life().shelve(LI, "", 20, None)
    with pytest.raises(NotAllowed, match="passed"):
        raised().shelve(LI, "", 20, 20)
    with pytest.raises(NotAllowed, match="not shelved"):
        raised().unshelve(LI, "", 20)
    one = raised()
    one.remove_from_service(LI, "repair", 20)
    with pytest.raises(NotAllowed, match="return it to service"):
        one.shelve(LI, "", 30, 100)


def test_a_shelved_alarm_is_not_acknowledged_behind_its_back() -> None:
    one = raised()
    one.shelve(LI, "", 20, 100)
    with pytest.raises(NotAllowed, match="unshelve it"):
        one.acknowledge(LI, "", 30)


def test_a_latch_outlives_shelving() -> None:
    one = raised(HIGH, latch=True)
    one.shelve(LI, "", 20, 100)
    one.inactive(30)
    assert one.advance(100) == [Tr.UNSHELVED]
    assert one.state is S.LATCHED_UNACKNOWLEDGED


def test_out_of_service_needs_a_reason_and_ends_by_hand_only() -> None:
    one = raised()
    with pytest.raises(NotAllowed, match="reason"):
        one.remove_from_service(LI, "  ", 20)
    assert one.remove_from_service(LI, "sensor out", 20) == [Tr.OUT_OF_SERVICE]
    assert (one.state, one.reason, one.next_due_ns) == (S.OUT_OF_SERVICE, Names("sensor out"), None)
    with pytest.raises(NotAllowed, match="sensor out"):
        one.remove_from_service(LI, "again", 21)
    assert one.active(HIGH, 30) == []
    assert one.advance(10**18) == []
    assert one.return_to_service(LI, "", 40) == [Tr.IN_SERVICE, Tr.RAISED]
    assert (one.state, one.priority, one.reason) == (S.UNACKNOWLEDGED, HIGH, Names())
    with pytest.raises(NotAllowed, match="in service"):
        one.return_to_service(LI, "", 50)


def test_out_of_service_ends_shelving() -> None:
    one = raised()
    one.shelve(LI, "", 20, 100)
    assert one.remove_from_service(LI, "repair", 30) == [Tr.UNSHELVED, Tr.OUT_OF_SERVICE]
    assert one.return_to_service(LI, "", 40) == [Tr.IN_SERVICE, Tr.RAISED]


def test_what_waits_survives_suppression_by_design() -> None:
    one = raised(HIGH)
    assert one.suppress(Names("plant stands"), 20) == [Tr.SUPPRESSED]
    assert one.suppress(Names("parent"), 21) == []
    assert (one.state, one.reason) == (S.SUPPRESSED, Names("parent"))
    assert one.inactive(30) == [Tr.RETURNED]
    assert one.unsuppress(40) == [Tr.UNSUPPRESSED]
    assert (one.state, one.priority) == (S.RETURNED_UNACKNOWLEDGED, HIGH)
    assert one.unsuppress(41) == []


def test_a_condition_of_a_suppressed_alarm_is_raised_afterwards_or_never() -> None:
    one = life(latch=True)
    one.suppress(Names("parent"), 10)
    assert [one.active(LOW, 20), one.inactive(30)] == [[], []]
    assert one.unsuppress(40) == [Tr.UNSUPPRESSED]
    assert (one.state, one.occurrence) == (S.NORMAL, 0)
    one.suppress(Names("parent"), 50)
    one.active(LOW, 60)
    assert one.unsuppress(70) == [Tr.UNSUPPRESSED, Tr.RAISED]
    assert one.occurrence == 1


def test_a_suppressed_alarm_that_waits_can_be_acknowledged() -> None:
    one = raised()
    one.suppress(Names("parent"), 20)
    assert one.acknowledge(LI, "", 30) == [Tr.ACKNOWLEDGED]
    assert one.state is S.SUPPRESSED
    one.inactive(40)
    one.unsuppress(50)
    assert one.state is S.NORMAL


def test_what_a_person_did_lies_over_what_design_did() -> None:
    one = raised()
    one.suppress(Names("parent"), 20)
    one.shelve(LI, "", 30, 100)
    assert (one.state, one.reason) == (S.SHELVED, Names())
    assert one.advance(100) == [Tr.UNSHELVED]
    assert one.state is S.SUPPRESSED
    one.remove_from_service(LI, "repair", 110)
    assert one.unsuppress(120) == [Tr.UNSUPPRESSED]
    assert one.state is S.OUT_OF_SERVICE
    assert one.return_to_service(LI, "", 130) == [Tr.IN_SERVICE, Tr.RAISED]


def test_re_alarm_takes_an_acknowledged_alarm_back_to_unacknowledged() -> None:
    one = raised(re_alarm=100)
    assert one.next_due_ns == 110
    one.acknowledge(LI, "", 50)
    assert one.advance(109) == []
    assert one.advance(110) == [Tr.REANNUNCIATED]
    assert (one.state, one.occurrence, one.acknowledged_by, one.next_due_ns) == (S.UNACKNOWLEDGED, 1, "", 210)
    assert one.advance(500) == [Tr.REANNUNCIATED]  # also while it waits; once, however late
    one.inactive(510)
    assert one.next_due_ns is None


def test_re_alarm_counts_from_the_latest_annunciation_and_not_while_hidden() -> None:
    one = raised(LOW, re_alarm=100)
    one.active(HIGH, 60)
    assert one.next_due_ns == 160
    one.suppress(Names("parent"), 70)
    assert one.next_due_ns is None
    assert one.unsuppress(300) == [Tr.UNSUPPRESSED, Tr.RAISED]
    assert one.next_due_ns == 400


def test_save_and_restore_shift_every_time() -> None:
    one = raised(re_alarm=100)
    one.suppress(Names("parent", "上级"), 12)
    one.shelve(LI, "noisy", 20, 500)
    other = life(re_alarm=100)
    other.restore(json.loads(json.dumps(one.save())), 1000)
    assert (other.state, other.until_ns, other.raised_ns, other.comment) == (S.SHELVED, 1500, 1010, "noisy")
    other.advance(1500)
    assert other.reason == Names("parent", "上级")
    assert other.unsuppress(1600) == [Tr.UNSUPPRESSED, Tr.RAISED]


@pytest.mark.parametrize(
    "change",
    [{"below": "shelved"}, {"below": "x"}, {"priority": 9}, {"times": [1]}, {"times": [None] * 5}, {"current": "x"},
     {"suppressed": ["a", "b", "c"]}, {"occurrence": None}, {"occurrence": float("inf")}],
)  # fmt: skip
def test_a_saved_state_that_does_not_fit_is_ignored_as_a_whole(change: dict[str, Any]) -> None:
    one = life()
    one.restore({**raised().save(), **change}, 0)
    assert one.save() == life().save()


@pytest.mark.parametrize("saved", [None, 3, [], {}, "x"])
def test_something_that_is_no_saved_state_is_ignored(saved: Any) -> None:
    one = raised()
    before = one.save()
    one.restore(saved, 0)
    assert one.save() == before
