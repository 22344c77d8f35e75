"""How much a channel is sent: digests, the rate, heartbeats, the test message."""

from collections.abc import Callable
from typing import Any

import pytest

from gateway.core.alarm import Priority
from gateway.core.errors import Rejected, Unavailable
from gateway.core.notice import NoticeKind
from rules.notices.spec import Heartbeat, Matcher, NoticePlan, Route
from tests.faults.notify.scripted import SECOND, START_NS, Office, named

MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
OfficeMaker = Callable[..., Office]


def route(**fields: Any) -> Route:
    return Route(**{"name": "default", "match": Matcher(), "channels": ("duty",), **fields})


def plan_of(*routes: Route, **fields: Any) -> NoticePlan:
    return NoticePlan(routes, **fields)


# -- rates and digests ------------------------------------------------------------------------------------------------


async def test_a_message_with_more_alarms_than_fit_is_a_digest_with_the_first_high_one_in_full(
    make: OfficeMaker,
) -> None:
    office = make(plan=plan_of(route(group_by=()), digest_above=10), facts_of=named())
    lows = [office.raised(f"low-{number}:tx1", priority=Priority.LOW) for number in range(30)]
    await office.emit(*lows, office.raised("fire:hall"), office.returned("low-3:tx1", priority=Priority.LOW))
    await office.pass_time(31)
    (notice,) = office.duty.taken
    assert notice.kind is NoticeKind.DIGEST
    assert notice.title.en == "31 alarms, 1 high, 1 returned - Qinghe Park"
    assert notice.text.en.startswith("1 high, 30 low; 1 returned\n[High] Transformer overload")
    assert "Power too high at hall" in notice.text.en
    assert len(notice.events) <= 20
    assert office.outcomes() == {"sent": 32}


async def test_more_groups_than_the_channel_may_be_sent_messages_become_one_digest(make: OfficeMaker) -> None:
    office = make(route(), rate=(3, 60.0))
    await office.emit(*[office.raised(f"rule-{number}:tx1", priority=Priority.LOW) for number in range(9)])
    await office.pass_time(31)
    assert [notice.kind for notice in office.duty.taken] == [NoticeKind.DIGEST]
    await office.emit(office.raised("other:tx1", priority=Priority.LOW))
    await office.pass_time(5)
    await office.emit(office.raised("fire:tx1"))
    await office.pass_time(29)
    assert len(office.duty.taken) == 1  # a digest is followed by a pause
    await office.pass_time(2)
    assert office.duty.titles[1].startswith("[High] fire")  # but not for what is urgent
    await office.pass_time(20)
    assert len(office.duty.taken) == 2
    await office.pass_time(10)
    assert office.duty.titles[2].startswith("[Low] other")


async def test_a_storm_sends_no_more_than_the_rate_and_tells_the_first_high_alarm(make: OfficeMaker) -> None:
    office = make(route(), rate=(5, 60.0))
    office.patience = 150  # thousands of groups are judged in slices
    first = "fire:m0"
    for second in range(60):
        rows = [
            office.raised(f"rule-{second}-{number}:tx1", priority=Priority.LOW if number else Priority.MEDIUM)
            for number in range(166)
        ]
        if second == 20:
            rows.append(office.raised(first))
        await office.emit(*rows)
        await office.pass_time(1)
    await office.pass_time(240)
    starts = [notice.time_ns for notice in office.duty.taken]
    assert all(sum(at <= other < at + MINUTE for other in starts) <= 5 for at in starts)
    told = [notice for notice in office.duty.taken if "Power too high at m0" in notice.text.en]
    assert len(told) == 1
    assert told[0].time_ns <= START_NS + 60 * SECOND
    assert office.outcomes() == {"sent": 60 * 166 + 1}


async def test_a_restart_does_not_give_the_tokens_back(make: OfficeMaker) -> None:
    office = make(route(group_by=("device",), group_wait_ns=0), rate=(2, 60.0))
    await office.emit(office.raised("a:1"))
    await office.emit(office.raised("a:2"))
    await office.restart(down_s=1)
    await office.emit(office.raised("a:3"))
    await office.pass_time(50)
    assert len(office.duty.taken) == 2
    await office.pass_time(10)
    assert len(office.duty.taken) == 3


# -- heartbeat and test -----------------------------------------------------------------------------------------------


async def test_a_heartbeat_comes_at_the_start_and_then_at_its_interval_across_restarts(make: OfficeMaker) -> None:
    office = make(plan=plan_of(heartbeats=(Heartbeat("duty", HOUR),)))
    await office.settle()
    assert office.duty.taken[0].kind is NoticeKind.HEARTBEAT
    await office.pass_time(1800)
    await office.restart(down_s=600)
    await office.pass_time(1190)
    assert len(office.duty.taken) == 1
    await office.pass_time(20)
    assert len(office.duty.taken) == 2
    assert "due in 1 h" in office.duty.taken[1].text.en


async def test_everything_is_sent_while_time_passes_between_two_looks_at_the_clock(make: OfficeMaker) -> None:
    office = make(plan=plan_of(route(), heartbeats=(Heartbeat("duty", HOUR),)))
    office.clock.tick = 1e-6
    await office.emit(office.raised())
    await office.pass_time(31)
    await office.pass_time(3600)
    kinds = [notice.kind for notice in office.duty.taken]
    assert kinds == [NoticeKind.HEARTBEAT, NoticeKind.ALARMS, NoticeKind.HEARTBEAT]


async def test_a_heartbeat_that_could_not_be_sent_makes_way_for_the_next(make: OfficeMaker) -> None:
    office = make(plan=plan_of(heartbeats=(Heartbeat("duty", HOUR),)))
    office.duty.always = Unavailable("no route")
    for _ in range(3):
        await office.pass_time(60)
        office.clock.move(3600)
    await office.pass_time(10)
    office.duty.always = None
    await office.pass_time(120)
    (notice,) = office.duty.taken
    assert notice.time_ns >= START_NS + 3 * HOUR
    assert office.dispatcher.states()[0]["failed"] == 3


async def test_the_test_message_reports_the_providers_own_words(make: OfficeMaker) -> None:
    office = make(route(), rate=(2, 60.0))
    await office.settle()
    office.duty.script = ["errcode 0", Rejected("errcode 93000: invalid webhook url")]
    assert await office.dispatcher.test("duty") == "errcode 0"
    assert office.duty.taken[0].kind is NoticeKind.TEST
    with pytest.raises(Rejected, match="errcode 93000"):
        await office.dispatcher.test("duty")
    with pytest.raises(Unavailable, match="2 messages in 60 s") as error:
        await office.dispatcher.test("duty")
    assert error.value.hint == "try again in 60 s"
    with pytest.raises(KeyError):
        await office.dispatcher.test("nobody")
    assert office.reports == []
