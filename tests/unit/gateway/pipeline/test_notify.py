"""Notifications from the flush of events to the provider: groups, repetitions, escalation, inhibition, mute times."""

from collections.abc import Callable
from typing import Any

import pytest

from gateway.core.alarm import AlarmState, Priority, Transition
from rules.notices.spec import Escalation, Inhibition, Matcher, NoticePlan, Route
from tests.faults.notify.scripted import SECOND, START_NS, Office, named

MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
OfficeMaker = Callable[..., Office]


class Nights:
    """A schedule that is active between two moments (UTC)."""

    name = "nights"

    def __init__(self, start_ns: int, end_ns: int) -> None:
        self.start_ns, self.end_ns = start_ns, end_ns

    def is_active(self, wall_ns: int) -> bool:
        return self.start_ns <= wall_ns < self.end_ns

    def next_change_ns(self, wall_ns: int) -> int | None:
        return next((at for at in (self.start_ns, self.end_ns) if at > wall_ns), None)


def route(**fields: Any) -> Route:
    return Route(**{"name": "default", "match": Matcher(), "channels": ("duty",), **fields})


def plan_of(*routes: Route, **fields: Any) -> NoticePlan:
    return NoticePlan(routes, **fields)


# -- groups -----------------------------------------------------------------------------------------------------------


async def test_a_new_group_waits_and_then_tells_of_everything_that_came_meanwhile(make: OfficeMaker) -> None:
    office = make(route(), facts_of=named())
    await office.emit(office.raised("overload:tx1"))
    await office.pass_time(20)
    await office.emit(office.raised("overload:tx2", priority=Priority.LOW))
    await office.pass_time(9)
    assert office.duty.taken == []
    await office.pass_time(2)
    assert office.duty.titles == ["2 alarms, 1 high - Dongyue Dyeing"]
    assert [event.alarm for event in office.duty.taken[0].events] == ["overload:tx1", "overload:tx2"]
    assert office.duty.taken[0].group == {"rule": "overload", "enterprise": "dongyue"}


async def test_an_alarm_that_was_raised_and_returned_before_the_group_was_told_is_told_as_returned(
    make: OfficeMaker,
) -> None:
    office = make(route(), facts_of=named())
    await office.emit(office.raised())
    await office.pass_time(12)
    await office.emit(office.returned())
    await office.pass_time(60)
    (notice,) = office.duty.taken
    assert notice.title.en == "Returned: Transformer overload - Dongyue Dyeing, tx1"
    assert "after 12 s" in notice.text.en
    assert not notice.firing
    assert office.outcomes() == {"sent": 2}


async def test_where_returns_are_not_sent_it_is_not_told_at_all_and_the_reason_is_put_down(make: OfficeMaker) -> None:
    office = make(route(sends_returned=False))
    await office.emit(office.raised(), office.returned())
    await office.pass_time(60)
    assert office.duty.taken == []
    assert office.state.rows("SELECT state, reason FROM notice_row") == [("expired", "returned before it was sent")]


async def test_a_group_that_stands_waits_for_the_interval_but_not_for_what_is_urgent(make: OfficeMaker) -> None:
    office = make(route(group_by=()))
    await office.emit(office.raised("a:tx1", priority=Priority.LOW))
    await office.pass_time(31)
    await office.emit(office.raised("b:tx1", priority=Priority.MEDIUM))
    await office.pass_time(60)
    assert len(office.duty.taken) == 1
    await office.emit(office.raised("c:tx1", priority=Priority.HIGH))
    await office.pass_time(31)  # group_wait: the medium one goes with it
    assert [[event.alarm for event in notice.events] for notice in office.duty.taken] == [
        ["a:tx1"],
        ["b:tx1", "c:tx1"],
    ]
    await office.emit(office.raised("d:tx1", priority=Priority.LOW))
    await office.pass_time(200)
    assert len(office.duty.taken) == 2
    await office.pass_time(100)
    assert [event.alarm for event in office.duty.taken[2].events] == ["d:tx1"]


async def test_groups_are_told_apart_by_their_labels_and_routes_do_not_exclude_each_other(make: OfficeMaker) -> None:
    routes = route(), route(name="supply", match=Matcher(rules=frozenset({"overload"})), channels=("duty", "boss"))
    office = make(*routes, channels=("duty", "boss"))
    await office.emit(office.raised("overload:tx1"), office.raised("silent:tx1", enterprise="huali"))
    await office.pass_time(31)
    assert sorted(notice.group["enterprise"] for notice in office.duty.taken) == ["dongyue", "dongyue", "huali"]
    assert [notice.group["rule"] for notice in office.notifiers["boss"].taken] == ["overload"]


async def test_the_return_of_an_alarm_that_was_told_is_told_even_when_it_comes_back_with_a_lower_priority(
    make: OfficeMaker,
) -> None:
    office = make(route(match=Matcher(at_least=Priority.HIGH), group_by=("priority",)))
    await office.emit(office.raised(), office.raised("overload:tx2", priority=Priority.LOW))
    await office.pass_time(31)
    eased = office.event(transition=Transition.EASED, priority=Priority.LOW)
    await office.emit(eased, office.returned(priority=Priority.LOW), office.returned("overload:tx2"))
    await office.pass_time(301)
    assert [[event.transition.value for event in notice.events] for notice in office.duty.taken] == [
        ["raised"],
        ["returned"],
    ]


async def test_the_same_event_that_is_flushed_twice_is_told_once(make: OfficeMaker) -> None:
    office = make(route())
    event = office.raised()
    await office.emit(event)
    await office.emit(event)
    await office.pass_time(31)
    await office.emit(event)
    await office.pass_time(400)
    assert len(office.duty.taken) == 1


async def test_an_alarm_that_was_removed_and_counts_anew_is_told_again(make: OfficeMaker) -> None:
    office = make(route())
    await office.emit(office.raised())
    await office.pass_time(31)
    await office.emit(office.event(transition=Transition.REMOVED))
    await office.emit(office.raised())
    await office.pass_time(31)
    assert len(office.duty.taken) == 2


@pytest.mark.parametrize("aside", [Transition.SHELVED, Transition.SUPPRESSED, Transition.OUT_OF_SERVICE])
async def test_what_was_put_aside_before_it_was_told_is_not_told(make: OfficeMaker, aside: Transition) -> None:
    office = make(route())
    await office.emit(office.raised(), office.event(transition=aside))
    await office.pass_time(31)
    assert office.duty.taken == []
    assert office.outcomes() == {"expired": 1}


async def test_names_are_in_the_channels_language_alone_where_it_has_one(make: OfficeMaker) -> None:
    office = make(route(), facts_of=named(), language="zh")
    await office.emit(office.raised())
    await office.pass_time(31)
    (notice,) = office.duty.taken
    assert notice.title.en == ""
    assert notice.title.zh == "[高] 变压器过载 - 东岳印染，tx1"


# -- repetition -------------------------------------------------------------------------------------------------------


async def test_what_nobody_acknowledges_is_repeated_until_somebody_does(make: OfficeMaker) -> None:
    office = make(route(repeat_interval_ns=20 * MINUTE), facts_of=named())
    await office.emit(office.raised())
    await office.pass_time(31 + 20 * 60)
    assert office.duty.titles[1] == "Still unacknowledged: [High] Transformer overload - Dongyue Dyeing, tx1"
    await office.pass_time(20 * 60)
    assert len(office.duty.taken) == 3
    await office.emit(office.acknowledged())
    await office.pass_time(3600)
    assert len(office.duty.taken) == 3


async def test_a_message_about_something_new_says_how_much_else_waits(make: OfficeMaker) -> None:
    office = make(route())
    await office.emit(office.raised("overload:tx1"))
    await office.pass_time(31)
    await office.emit(office.raised("overload:tx2"))
    await office.pass_time(301)
    assert "Told before and still unacknowledged: 1" in office.duty.taken[1].text.en
    await office.emit(*[office.event(f"overload:tx{n}", Transition.WORSENED) for n in (1, 2)])
    await office.pass_time(301)
    assert "Told before" not in office.duty.taken[2].text.en


# -- escalation -------------------------------------------------------------------------------------------------------

ESCALATING = route(escalation=(Escalation(15 * MINUTE, ("boss",)),))


async def test_who_is_next_is_told_when_nobody_has_acknowledged(make: OfficeMaker) -> None:
    office = make(ESCALATING, channels=("duty", "boss"), facts_of=named())
    await office.emit(office.raised())
    await office.pass_time(15 * 60 - 1)
    assert office.notifiers["boss"].taken == []
    await office.pass_time(2)
    (notice,) = office.notifiers["boss"].taken
    assert notice.title.en == "Nobody has acknowledged: [High] Transformer overload - Dongyue Dyeing, tx1"


async def test_who_was_told_by_escalation_is_told_of_the_return_without_waiting_for_its_time_again(
    make: OfficeMaker,
) -> None:
    office = make(ESCALATING, channels=("duty", "boss"))
    await office.emit(office.raised())
    await office.pass_time(15 * 60 + 1)
    await office.emit(office.returned())
    await office.pass_time(300)
    assert [notice.firing for notice in office.notifiers["boss"].taken] == [True, False]


async def test_an_acknowledgement_ends_an_escalation_at_once_and_says_so(make: OfficeMaker) -> None:
    office = make(ESCALATING, channels=("duty", "boss"))
    await office.emit(office.raised())
    await office.pass_time(60)
    await office.emit(office.acknowledged())
    query = "SELECT state, reason FROM notice_row WHERE channel = 'boss'"
    assert office.state.rows(query) == [("expired", "acknowledged by Li in time")]
    await office.pass_time(3600)
    assert office.notifiers["boss"].taken == []


async def test_the_time_until_an_escalation_goes_on_while_the_gateway_is_down(make: OfficeMaker) -> None:
    office = make(ESCALATING, channels=("duty", "boss"))
    await office.emit(office.raised())
    await office.pass_time(60)
    await office.restart(down_s=13 * 60)
    await office.pass_time(50)
    assert office.notifiers["boss"].taken == []
    await office.pass_time(20)
    assert len(office.notifiers["boss"].taken) == 1


async def test_an_alarm_that_comes_and_goes_without_an_acknowledgement_is_escalated_once(make: OfficeMaker) -> None:
    office = make(ESCALATING, channels=("duty", "boss"))
    await office.emit(office.raised())
    await office.pass_time(60)
    await office.emit(office.returned())
    await office.pass_time(60)
    await office.emit(office.raised(occurrence=2))
    await office.pass_time(3600)
    assert len(office.notifiers["boss"].taken) == 1
    await office.emit(office.acknowledged(occurrence=2))
    await office.pass_time(60)
    again = office.event(transition=Transition.REANNUNCIATED, occurrence=2)
    await office.emit(again)
    await office.pass_time(16 * 60)
    assert len(office.notifiers["boss"].taken) == 2


# -- inhibition and mute times ----------------------------------------------------------------------------------------

POWER = Inhibition(Matcher(rules=frozenset({"power-lost"})), Matcher(at_least=Priority.LOW), ("enterprise",))


async def test_what_is_inhibited_is_told_only_if_it_still_stands_afterwards(make: OfficeMaker) -> None:
    office = make(plan=plan_of(route(), inhibitions=(POWER,)))
    await office.emit(office.raised("power-lost:grid"), office.raised("silent:m1"), office.raised("silent:m2"))
    await office.emit(office.raised("silent:m3", enterprise="huali"))
    await office.pass_time(120)
    assert sorted(event.alarm for notice in office.duty.taken for event in notice.events) == [
        "power-lost:grid",
        "silent:m3",
    ]
    await office.emit(office.returned("silent:m1", state=AlarmState.NORMAL))
    await office.pass_time(20)
    await office.emit(office.returned("power-lost:grid"))
    await office.pass_time(20)
    assert [event.alarm for event in office.duty.taken[-1].events] == ["silent:m2"]
    reasons = office.state.rows("SELECT DISTINCT reason FROM notice_row WHERE alarm = 'silent:m1' ORDER BY id")
    assert reasons[0] == ("returned meanwhile; it was inhibited by `power-lost:grid`",)


async def test_an_inhibition_does_not_reach_those_that_are_its_source(make: OfficeMaker) -> None:
    office = make(plan=plan_of(route(), inhibitions=(POWER,)))
    await office.emit(office.raised("power-lost:grid"), office.raised("power-lost:spare"))
    await office.pass_time(31)
    assert len(office.duty.taken[0].events) == 2


async def test_after_a_mute_time_what_still_stands_is_told_in_one_message(make: OfficeMaker) -> None:
    nights = Nights(START_NS, START_NS + 8 * HOUR)
    office = make(route(mute=(nights,)))
    for number in range(5):
        await office.emit(office.raised(f"rule-{number}:tx1"))
        await office.pass_time(600)
    await office.emit(office.returned("rule-0:tx1"))
    await office.pass_time(120)
    states = {item["state"] for item in await office.dispatcher.newest()}
    assert office.duty.taken == []
    assert states == {"muted", "expired"}
    office.clock.move(7 * 3600)
    await office.pass_time(60)
    assert office.duty.taken == []
    office.clock.move(3600 - 5 * 600 - 120 - 60)
    await office.pass_time(1)
    (notice,) = office.duty.taken
    assert [event.alarm for event in notice.events] == [f"rule-{number}:tx1" for number in (1, 2, 3, 4)]
    assert office.outcomes() == {"sent": 4, "expired": 2}


async def test_a_mute_time_longer_than_the_life_of_a_row_loses_nothing_and_a_restart_in_it_neither(
    make: OfficeMaker,
) -> None:
    office = make(route(mute=(Nights(START_NS, START_NS + 64 * HOUR),), repeat_interval_ns=0))
    await office.emit(office.raised())
    await office.pass_time(60)
    office.clock.move(30 * 3600)
    await office.pass_time(60)
    await office.restart(down_s=30 * 3600 - 120)
    await office.pass_time(3 * 60)
    assert office.duty.taken == []
    office.clock.move(4 * 3600)
    await office.pass_time(1)
    assert len(office.duty.taken) == 1


async def test_a_restart_after_the_mute_time_still_tells_of_it_in_one_message(make: OfficeMaker) -> None:
    office = make(route(mute=(Nights(START_NS, START_NS + HOUR),)))
    await office.emit(*[office.raised(f"rule-{number}:tx1") for number in range(3)])
    await office.pass_time(60)
    await office.restart(down_s=3600)
    await office.pass_time(60)
    assert [len(notice.events) for notice in office.duty.taken] == [3]


async def test_what_was_told_before_a_mute_time_and_returned_in_it_is_told_to_have_returned_after_it(
    make: OfficeMaker,
) -> None:
    office = make(route(mute=(Nights(START_NS + 60 * SECOND, START_NS + HOUR),)))
    await office.emit(office.raised())
    await office.pass_time(61)
    await office.emit(office.returned())
    await office.pass_time(3500)
    assert len(office.duty.taken) == 1
    await office.pass_time(60)
    assert office.duty.taken[1].firing is False
