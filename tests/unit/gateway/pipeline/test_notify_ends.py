"""How people are told that an alarm is over: its rule was removed, or an escalation had told them twice."""

from collections.abc import Callable
from typing import Any

import orjson

from drivers.outbound.document import encode
from drivers.webhook.alertmanager import webhook
from gateway.core.alarm import AlarmState, Transition
from rules.notices.match import Facts
from rules.notices.spec import Escalation, Matcher, Route
from tests.faults.notify.scripted import SECOND, Office, named

OfficeMaker = Callable[..., Office]
MINUTE = 60 * SECOND


def route(**fields: Any) -> Route:
    return Route(**{"name": "default", "match": Matcher(), "channels": ("duty",), **fields})


ESCALATING = route(escalation=(Escalation(15 * MINUTE, ("boss",)),))
TWICE = route(escalation=(Escalation(2 * MINUTE, ("duty",)),))


def removed(office: Office, **fields: Any) -> Any:
    return office.event(transition=Transition.REMOVED, **fields)


def told(office: Office, channel: str = "duty") -> list[list[str]]:
    return [[event.transition.value for event in notice.events] for notice in office.notifiers[channel].taken]


# -- removal ----------------------------------------------------------------------------------------------------------


async def test_who_was_told_hears_once_that_the_rule_was_removed(make: OfficeMaker) -> None:
    office = make(route())
    await office.emit(office.raised())
    await office.pass_time(90)
    await office.emit(removed(office))
    await office.emit(removed(office))
    await office.pass_time(3600)
    notice = office.duty.taken[1]
    assert told(office) == [["raised"], ["removed"]]
    assert notice.title.en == "Ended: overload - dongyue, tx1"
    assert notice.title.zh == "已结束：overload - dongyue，tx1"
    assert "after 1 min: its rule was removed" in notice.text.en
    assert "规则已删除" in notice.text.zh
    assert not notice.firing
    assert office.state.rows("SELECT count(*) FROM notice_told") == [(0,)]
    (alert,) = orjson.loads(webhook(notice, "duty", "en"))["alerts"]
    (firing,) = orjson.loads(webhook(office.duty.taken[0], "duty", "en"))["alerts"]
    assert alert["status"] == "resolved"
    assert alert["fingerprint"] == firing["fingerprint"]


async def test_the_end_is_told_though_nothing_is_known_of_the_alarm_any_more(make: OfficeMaker) -> None:
    facts = {"overload:tx1": Facts((("team", "electric"),))}
    by_label = route(match=Matcher(labels=(("team", "electric"),)), group_by=("team",))
    office = make(by_label, facts_of=lambda alarm: facts.get(alarm, Facts()))
    await office.emit(office.raised())
    await office.pass_time(31)
    facts.clear()
    await office.emit(removed(office))
    await office.pass_time(301)
    assert told(office) == [["raised"], ["removed"]]


async def test_what_was_not_told_or_told_as_returned_has_no_second_end(make: OfficeMaker) -> None:
    office = make(route(), facts_of=named())
    await office.emit(office.raised("a:1"), office.event("a:1", Transition.REMOVED))
    await office.emit(office.raised("b:1"))
    await office.pass_time(31)
    await office.emit(office.returned("b:1"))
    await office.emit(office.event("b:1", Transition.REMOVED))
    await office.pass_time(1000)
    assert told(office) == [["raised"], ["returned"]]
    reasons = office.state.rows("SELECT reason FROM notice_row WHERE alarm = 'a:1' AND transition = 'raised'")
    assert reasons == [("its rule was removed (or its device)",)]


async def test_where_returns_are_not_sent_the_end_is_not_either(make: OfficeMaker) -> None:
    office = make(route(sends_returned=False))
    await office.emit(office.raised())
    await office.pass_time(31)
    await office.emit(removed(office))
    await office.pass_time(400)
    assert told(office) == [["raised"]]


async def test_an_escalation_ends_with_its_rule_and_says_so_even_if_the_rule_is_back(make: OfficeMaker) -> None:
    office = make(ESCALATING, channels=("duty", "boss"))
    await office.emit(office.raised())
    await office.pass_time(60)
    await office.emit(removed(office), office.raised())
    query = "SELECT state, reason FROM notice_row WHERE channel = 'boss' ORDER BY id LIMIT 1"
    assert office.state.rows(query) == [("expired", "its rule was removed (or its device)")]
    await office.pass_time(14 * 60 + 30)
    assert told(office, "boss") == []
    await office.pass_time(40)
    assert told(office, "boss") == [["raised"]]


async def test_who_was_told_by_escalation_hears_of_the_removal(make: OfficeMaker) -> None:
    office = make(ESCALATING, channels=("duty", "boss"))
    await office.emit(office.raised())
    await office.pass_time(16 * 60)
    await office.emit(removed(office))
    await office.pass_time(400)
    assert told(office, "boss") == [["raised"], ["removed"]]


async def test_a_rule_that_comes_back_begins_a_new_pair(make: OfficeMaker) -> None:
    office = make(route(group_interval_ns=0))
    for _ in range(2):
        await office.emit(office.raised())
        await office.pass_time(60)
        await office.emit(removed(office))
        await office.pass_time(60)
    assert told(office) == [["raised"], ["removed"], ["raised"], ["removed"]]
    events = [event for notice in office.duty.taken for event in orjson.loads(encode(notice))["events"]]
    pairs = [(event["alarm"], event["raised_ms"]) for event in events]
    assert (pairs[0], pairs[2]) == (pairs[1], pairs[3])
    assert pairs[0] != pairs[2]


async def test_an_end_and_a_new_raise_in_one_message_leave_the_new_one_standing(make: OfficeMaker) -> None:
    office = make(route(), facts_of=named())
    await office.emit(office.raised())
    await office.pass_time(31)
    await office.emit(removed(office), office.raised())
    await office.pass_time(31)
    assert told(office) == [["raised"], ["removed", "raised"]]
    assert office.duty.taken[1].firing
    await office.emit(office.returned(state=AlarmState.NORMAL))
    await office.pass_time(301)
    assert told(office)[2:] == [["returned"]]


# -- one end for the route and its escalation -------------------------------------------------------------------------


async def test_an_escalation_to_the_same_channel_gives_one_message_of_the_return(make: OfficeMaker) -> None:
    office = make(TWICE)
    await office.emit(office.raised())
    await office.pass_time(500)
    await office.emit(office.returned())
    await office.pass_time(1000)
    assert told(office) == [["raised"], ["raised"], ["returned"]]
    assert office.outcomes() == {"sent": 3, "expired": 1}
    assert office.state.rows("SELECT count(*) FROM notice_told") == [(0,)]
    await office.restart()
    await office.emit(office.acknowledged(state=AlarmState.NORMAL), office.raised(occurrence=2))
    await office.pass_time(31)
    await office.emit(office.returned(occurrence=2, state=AlarmState.NORMAL))
    await office.pass_time(1000)
    assert told(office)[3:] == [["raised"], ["returned"]]


async def test_who_was_told_by_the_escalation_alone_still_hears_of_the_return(make: OfficeMaker) -> None:
    office = make(route(channels=("boss",), escalation=(Escalation(2 * MINUTE, ("duty",)),)), channels=("duty", "boss"))
    await office.emit(office.raised())
    await office.pass_time(500)
    await office.emit(office.returned())
    await office.pass_time(1000)
    assert told(office) == told(office, "boss") == [["raised"], ["returned"]]


async def test_other_alarms_of_the_escalation_keep_their_own_return(make: OfficeMaker) -> None:
    office = make(TWICE)
    await office.emit(office.raised("overload:tx1"), office.raised("overload:tx2"))
    await office.pass_time(500)
    await office.emit(office.returned("overload:tx1"))
    await office.pass_time(301)
    await office.emit(office.returned("overload:tx2"))
    await office.pass_time(1000)
    ends = [[event.alarm for event in notice.events] for notice in office.duty.taken if len(notice.events) == 1]
    assert ends == [["overload:tx1"], ["overload:tx2"]]
