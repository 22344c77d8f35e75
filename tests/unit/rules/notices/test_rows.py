"""Events to rows: one per route and channel, and none for what calls nobody."""

from typing import Any

import pytest

from gateway.core.alarm import AlarmEvent, AlarmState, Priority, Transition
from rules.notices.match import Facts, group_of, labels_of_group, matches
from rules.notices.rows import plan_rows
from rules.notices.spec import Escalation, Matcher, NoticePlan, Route


def event(transition: Transition = Transition.RAISED, **fields: Any) -> AlarmEvent:
    values: dict[str, Any] = {
        "time_ns": 1_000,
        "alarm": "overload:tx1",
        "rule": "overload",
        "device": "tx1",
        "enterprise": "dongyue",
        "occurrence": 3,
        "state": AlarmState.UNACKNOWLEDGED,
        "priority": Priority.MEDIUM,
        "area": "supply",
    }
    return AlarmEvent(transition=transition, **(values | fields))


FACTS = Facts((("team", "electric"), ("floor", "2")))


@pytest.mark.parametrize(
    ("matcher", "does"),
    [
        (Matcher(), True),
        (Matcher(at_least=Priority.MEDIUM), True),
        (Matcher(at_least=Priority.LOW), True),
        (Matcher(at_least=Priority.HIGH), False),
        (Matcher(rules=frozenset({"overload", "silent"})), True),
        (Matcher(rules=frozenset({"silent"})), False),
        (Matcher(enterprises=frozenset({"huali"})), False),
        (Matcher(devices=frozenset({"tx1"})), True),
        (Matcher(devices=frozenset({"tx2"})), False),
        (Matcher(areas=frozenset({"supply"})), True),
        (Matcher(areas=frozenset({"cold"})), False),
        (Matcher(labels=(("team", "electric"),)), True),
        (Matcher(labels=(("team", "electric"), ("floor", "1"))), False),
        (Matcher(rules=frozenset({"overload"}), areas=frozenset({"cold"})), False),
    ],
)
def test_a_matcher_holds_when_each_of_its_fields_does(matcher: Matcher, does: bool) -> None:
    assert matches(matcher, event(), FACTS) is does


def test_an_alarm_of_the_park_matches_no_device_and_no_enterprise() -> None:
    park = event(device=None, enterprise=None)
    assert not matches(Matcher(devices=frozenset({"tx1"})), park, FACTS)
    assert matches(Matcher(rules=frozenset({"overload"})), park, FACTS)


def test_a_group_is_named_by_its_labels_and_leaves_out_what_an_alarm_has_not() -> None:
    group = group_of(("rule", "enterprise", "device", "area", "priority", "team", "shift"), event(device=None), FACTS)
    assert labels_of_group(group) == {
        "rule": "overload",
        "enterprise": "dongyue",
        "area": "supply",
        "priority": "medium",
        "team": "electric",
    }


def test_each_route_and_channel_gets_a_row_and_escalations_get_theirs_later() -> None:
    routes = (
        Route("default", Matcher(), ("duty", "mail", "duty"), escalation=(Escalation(900, ("boss",)),)),
        Route("cold", Matcher(areas=frozenset({"cold"})), ("duty",)),
        Route("electric", Matcher(labels=(("team", "electric"),)), ("duty",)),
    )
    rows = plan_rows([event()], NoticePlan(routes), lambda alarm: FACTS)
    assert [(row.channel, row.route, row.step, row.after_ns) for row in rows] == [
        ("", "", 0, 0),
        ("duty", "default", 0, 0),
        ("mail", "default", 0, 0),
        ("boss", "default", 1, 900),
        ("duty", "electric", 0, 0),
    ]
    assert len({row.key for row in rows}) == 5


@pytest.mark.parametrize("transition", [t for t in Transition if t not in ("commented", "notified")])
def test_every_change_of_an_alarm_is_followed_and_only_calls_and_ends_are_for_people(
    transition: Transition,
) -> None:
    rows = plan_rows([event(transition)], NoticePlan((Route("default", Matcher(), ("duty",)),)))
    calls = transition in ("raised", "worsened", "reannunciated", "returned", "removed")
    assert [row.channel for row in rows] == ["", *(["duty"] if calls else [])]


@pytest.mark.parametrize("transition", ["commented", "notified"])
def test_a_remark_and_the_note_of_a_message_change_nothing(transition: str) -> None:
    assert plan_rows([event(Transition(transition))], NoticePlan((Route("default", Matcher(), ("duty",)),))) == []


def test_without_routes_it_is_only_put_down_how_alarms_stand() -> None:
    assert [row.channel for row in plan_rows([event()], NoticePlan())] == [""]


def test_a_return_is_for_those_who_may_have_been_told_whatever_its_priority() -> None:
    routes = (
        Route("urgent", Matcher(at_least=Priority.HIGH), ("boss",)),
        Route("quiet", Matcher(), ("duty",), sends_returned=False),
        Route("others", Matcher(rules=frozenset({"silent"})), ("duty",)),
    )
    rows = plan_rows([event(Transition.RETURNED, priority=Priority.LOW)], NoticePlan(routes))
    assert [row.channel for row in rows] == ["", "boss"]


def test_a_key_is_the_same_for_the_same_event_and_another_for_what_can_happen_again() -> None:
    plan = NoticePlan((Route("default", Matcher(), ("duty",)),))

    def key(transition: Transition, **fields: Any) -> str:
        return plan_rows([event(transition, **fields)], plan)[-1].key

    assert key(Transition.RAISED) == key(Transition.RAISED, time_ns=2_000, priority=Priority.HIGH)
    assert key(Transition.RAISED) != key(Transition.RAISED, occurrence=4)
    assert key(Transition.WORSENED) != key(Transition.WORSENED, priority=Priority.HIGH)
    assert key(Transition.REANNUNCIATED) != key(Transition.REANNUNCIATED, time_ns=2_000)
    assert key(Transition.RAISED) != key(Transition.RETURNED)
