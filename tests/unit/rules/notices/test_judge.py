"""What becomes of a group's rows at one moment: the corners that the whole way does not show."""

from dataclasses import replace
from typing import Any

import pytest

from gateway.core.alarm import AlarmState, Priority, Transition
from gateway.core.notice_queue import Pending, Standing, Told
from rules.notices.choose import Candidate, choose
from rules.notices.inhibit import Inhibitor
from rules.notices.judge import EXPIRES_AFTER_NS, Group, Judgement, Outlook, judge
from rules.notices.match import Facts
from rules.notices.spec import SECOND, Inhibition, Matcher, Route

NOW = 100_000 * SECOND
ROUTE = Route("default", Matcher(), ("duty",))


def row(number: int = 1, transition: Transition = Transition.RAISED, **fields: Any) -> Pending:
    values: dict[str, Any] = {
        "route": "default", "step": 0, "group": "[]", "alarm": "a:1", "occurrence": 1, "priority": Priority.MEDIUM,
        "stretch": 1, "after_ns": 0, "since_ns": 0, "ready_ns": NOW - 40 * SECOND,
    }  # fmt: skip
    return Pending(id=number, transition=transition, **(values | fields))


def standing(alarm: str = "a:1", state: AlarmState = AlarmState.UNACKNOWLEDGED, **fields: Any) -> Standing:
    rule, _, device = alarm.partition(":")
    values: dict[str, Any] = {
        "id": 1, "rule": rule, "device": device, "enterprise": "x", "area": "", "priority": Priority.MEDIUM,
        "occurrence": 1, "transition": Transition.RAISED, "stretch": 1, "raised_ns": 0, "actor": "gateway",
    }  # fmt: skip
    return Standing(alarm=alarm, state=state, **(values | fields))


def group(*rows: Pending, step: int = 0, **fields: Any) -> Group:
    found = Group(("default", step, "[]"), **fields)
    for one in rows:
        found.put(one)
    return found


def outlook(*standings: Standing, **fields: Any) -> Outlook:
    values: dict[str, Any] = {
        "now_ns": NOW, "standings": {one.alarm: one for one in standings}, "inhibited_by": lambda alarm: "",
        "recheck_ns": NOW + 15 * SECOND,
    }  # fmt: skip
    return Outlook(**(values | fields))


def reasons(judgement: Judgement) -> list[str]:
    return [reason for _, reason in judgement.drop]


def test_a_raise_of_which_nothing_more_is_known_is_told() -> None:
    judgement = judge(group(row()), ROUTE, outlook())
    assert [one.id for one in judgement.send] == [1]
    assert judgement.is_due


def test_a_row_that_is_a_day_late_is_dropped_and_one_that_was_held_that_long_is_not() -> None:
    late = row(ready_ns=NOW - EXPIRES_AFTER_NS - 1)
    assert reasons(judge(group(late), ROUTE, outlook())) == ["not delivered within 24 h"]
    held = replace(late, held="muted by `nights`")
    judgement = judge(group(held), ROUTE, outlook())
    assert judgement.send == judgement.release == [held]


def test_an_escalation_that_has_not_come_is_kept_until_then() -> None:
    judgement = judge(group(row(step=1, ready_ns=NOW + 9), step=1), ROUTE, outlook(standing()))
    assert not judgement.is_due
    assert judgement.next_ns == NOW + 9


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        (standing(stretch=0, state=AlarmState.ACKNOWLEDGED, transition=Transition.ACKNOWLEDGED, actor="Li"), "by Li"),
        (standing(stretch=0, state=AlarmState.SHELVED), "put aside"),
        (standing(stretch=7, occurrence=2), "acknowledged"),
        (standing(transition=Transition.REMOVED, state=AlarmState.NORMAL), "its rule was removed"),
    ],
)
def test_an_escalation_is_dropped_when_somebody_has_looked_after_it(now: Standing, reason: str) -> None:
    (said,) = reasons(judge(group(row(step=1), step=1), ROUTE, outlook(now)))
    assert reason in said


def test_an_escalation_that_got_worse_is_told_again_and_one_that_did_not_is_not() -> None:
    told = {"a:1": Told("a:1", 1, Priority.MEDIUM, 1)}
    worse = group(row(step=1, priority=Priority.HIGH), step=1, told=dict(told), sent_ns=NOW - SECOND)
    same = group(row(step=1), step=1, told=dict(told), sent_ns=NOW - SECOND)
    assert len(judge(worse, ROUTE, outlook(standing())).send) == 1
    assert reasons(judge(same, ROUTE, outlook(standing()))) == ["these people know of it already"]


def test_what_was_told_and_is_over_without_a_return_on_its_way_is_forgotten() -> None:
    told = {"a:1": Told("a:1", 1, Priority.MEDIUM, 1), "b:1": Told("b:1", 1, Priority.MEDIUM, 1)}
    returned = row(2, Transition.RETURNED, alarm="b:1", ready_ns=NOW)
    over = (standing("a:1", AlarmState.SHELVED), standing("b:1", AlarmState.RETURNED_UNACKNOWLEDGED))
    judgement = judge(group(returned, told=told, sent_ns=NOW - SECOND), ROUTE, outlook(*over))
    assert judgement.forget == ["a:1"]
    assert judgement.next_ns == NOW + 299 * SECOND


def test_a_return_of_what_nobody_was_told_is_dropped() -> None:
    judgement = judge(group(row(2, Transition.RETURNED)), ROUTE, outlook())
    assert reasons(judgement) == ["nobody here was told that it was raised"]


def test_a_return_is_told_even_when_its_alarm_is_inhibited_by_then() -> None:
    told = {"a:1": Told("a:1", 1, Priority.MEDIUM, 1)}
    inhibited = outlook(standing(state=AlarmState.NORMAL), inhibited_by=lambda alarm: "power:1")
    found = group(row(2, Transition.RETURNED), told=told, sent_ns=NOW - 400 * SECOND)
    assert len(judge(found, ROUTE, inhibited).send) == 1


def test_what_was_held_back_and_returned_before_it_was_let_go_is_not_told() -> None:
    found = group(row(1, held="muted by `nights`"), row(2, Transition.RETURNED))
    judgement = judge(found, ROUTE, outlook(standing(state=AlarmState.NORMAL)))
    assert reasons(judgement)[0] == "returned meanwhile; it was muted by `nights`"
    assert len(judgement.drop) == 2


def test_who_was_told_by_escalation_hears_of_the_return_of_a_later_occurrence() -> None:
    told = {"a:1": Told("a:1", 1, Priority.MEDIUM, 1)}
    found = group(row(2, Transition.RETURNED, occurrence=2, step=1), step=1, told=told, sent_ns=NOW - 400 * SECOND)
    assert len(judge(found, ROUTE, outlook(standing(state=AlarmState.RETURNED_UNACKNOWLEDGED, occurrence=2))).send) == 1


def test_a_repetition_waits_for_the_end_of_a_mute_time() -> None:
    told = {"a:1": Told("a:1", 1, Priority.MEDIUM, 1)}
    found = group(told=told, sent_ns=NOW - 5 * 3600 * SECOND)
    muted = judge(found, ROUTE, outlook(standing(), muted="nights"))
    assert (muted.is_due, muted.next_ns) == (False, NOW + 15 * SECOND)
    assert len(judge(found, ROUTE, outlook(standing())).remind) == 1
    never = replace(ROUTE, repeat_interval_ns=0)
    assert judge(found, never, outlook(standing())).next_ns is None


def test_after_everything_has_returned_a_group_is_new_again() -> None:
    found = group(row(1), told={"b:1": Told("b:1", 1, Priority.LOW, 1)}, sent_ns=NOW - SECOND)
    found.tell([row(1)], NOW)
    assert (found.sent_ns, list(found.told)) == (NOW, ["b:1", "a:1"])
    for number, alarm in ((2, "a:1"), (3, "b:1")):
        found.put(row(number, Transition.RETURNED, alarm=alarm))
    found.tell(list(found.pending.values()), NOW)
    assert (found.sent_ns, found.told, found.pending) == (None, {}, {})


def candidate(name: str, priority: Priority, **fields: Any) -> Candidate:
    one = row(priority=priority)
    return Candidate(Group((name, 0, "[]"), **fields), Judgement(send=[one]))


def test_the_urgent_go_first_and_too_many_become_a_digest() -> None:
    low, high = candidate("low", Priority.LOW), candidate("high", Priority.HIGH)
    choice = choose([low, high], 2, is_pausing=False)
    assert choice is not None
    assert (choice.candidates, choice.is_digest) == ([high], False)
    digest = choose([low, high], 1, is_pausing=False)
    assert digest is not None
    assert (list(digest.candidates), digest.is_digest) == ([low, high], True)


def test_in_the_pause_after_a_digest_only_the_urgent_are_told() -> None:
    low, high = candidate("low", Priority.LOW), candidate("high", Priority.HIGH)
    assert choose([low], 5, is_pausing=True) is None
    choice = choose([low, high], 1, is_pausing=True)
    assert choice is not None
    assert (choice.candidates, choice.is_digest) == ([high], False)


def test_an_inhibition_needs_equal_labels_and_an_active_source() -> None:
    inhibition = Inhibition(Matcher(rules=frozenset({"power"})), Matcher(), ("enterprise", "team"))
    alarms = {
        one.alarm: one
        for one in (
            standing("power:1"),
            standing("a:1"),
            standing("b:1", enterprise="y"),
            standing("power:2", AlarmState.RETURNED_UNACKNOWLEDGED, enterprise="y"),
        )
    }

    def facts_of(alarm: str) -> Facts:
        return Facts((("team", "2"),)) if alarm == "c:1" else Facts()

    inhibitor = Inhibitor([inhibition], alarms, facts_of)
    assert inhibitor.source_of("a:1") == "power:1"
    assert inhibitor.source_of("b:1") == ""
    assert inhibitor.source_of("power:1") == ""
    assert inhibitor.source_of("gone:1") == ""
    alarms["c:1"] = standing("c:1")
    assert inhibitor.source_of("c:1") == ""
