"""Notifications in trouble: providers that are away, refuse or hang, disks, clock steps, other configurations."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from gateway.core.alarm import Priority, Transition
from gateway.core.errors import Rejected, Unavailable
from rules.notices.match import Facts
from rules.notices.spec import Escalation, Matcher, Route
from tests.faults.notify.scripted import HANG, SECOND, Office

MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
OfficeMaker = Callable[..., Office]


def route(**fields: Any) -> Route:
    return Route(**{"name": "default", "match": Matcher(), "channels": ("duty",), **fields})


ESCALATING = route(escalation=(Escalation(15 * MINUTE, ("boss",)),))


# -- trouble ----------------------------------------------------------------------------------------------------------


async def test_a_provider_that_is_away_is_tried_again_with_the_same_message_and_not_before_it_wants(
    make: OfficeMaker,
) -> None:
    office = make(route())
    office.duty.script = [Unavailable("errcode 45009", "too often", retry_after_s=600.0), Unavailable("timeout")]
    await office.emit(office.raised())
    await office.pass_time(40)
    (state,) = office.dispatcher.states()
    assert (state["state"], state["error"], state["queued"]) == ("waiting", "errcode 45009", 1)
    assert office.dispatcher.findings == ["channel `duty`: errcode 45009 (too often)"]
    await office.pass_time(580)
    assert len(office.duty.tried) == 1
    await office.pass_time(20)
    assert len({notice.id for notice in office.duty.tried}) == 1
    (state,) = office.dispatcher.states()
    assert (state["state"], state["sent"], state["queued"]) == ("ok", 1, 0)
    assert office.dispatcher.findings == []
    assert [report[1:] for report in office.reports] == [("duty", "ok", True)]
    assert (await office.dispatcher.newest())[0]["attempts"] == 3


async def test_what_a_provider_refuses_is_failed_with_its_words_and_the_next_goes_on(make: OfficeMaker) -> None:
    office = make(route())
    office.duty.script = [Rejected("errcode 93000: invalid key", "look at the channel's url")]
    await office.emit(office.raised("a:tx1"))
    await office.emit(office.raised("b:tx1"))
    await office.pass_time(31)
    assert [report[2:] for report in office.reports] == [("errcode 93000: invalid key", False), ("ok", True)]
    assert office.outcomes() == {"failed": 1, "sent": 1}
    failed = [item for item in await office.dispatcher.newest() if item["state"] == "failed"]
    assert failed[0]["answer"] == "errcode 93000: invalid key"


async def test_a_channel_that_hangs_holds_up_no_other_and_is_given_up_after_its_time(make: OfficeMaker) -> None:
    office = make(route(channels=("duty", "boss")), channels=("duty", "boss"), timeout_s=0.05)
    office.duty.script = [HANG]
    await office.emit(office.raised())
    await office.pass_time(31)
    assert len(office.notifiers["boss"].taken) == 1
    while office.duty.tried and office.dispatcher.states()[0]["state"] == "ok":
        await office.settle()
    assert "no answer within" in office.dispatcher.states()[0]["error"]
    await office.pass_time(5)
    assert len(office.duty.taken) == 1


async def test_a_driver_that_fails_in_an_unforeseen_way_loses_one_message_and_not_the_channel(
    make: OfficeMaker,
) -> None:
    office = make(route())
    office.duty.script = [ZeroDivisionError(), ZeroDivisionError(), ZeroDivisionError()]
    await office.emit(office.raised("a:tx1"))
    await office.pass_time(300)
    await office.emit(office.raised("b:tx1"))
    await office.pass_time(100)
    assert office.outcomes() == {"failed": 1, "sent": 1}
    assert office.dispatcher.states()[0]["state"] == "ok"


async def test_what_cannot_be_delivered_for_a_day_expires_and_is_counted(make: OfficeMaker) -> None:
    office = make(route(repeat_interval_ns=0))
    office.duty.always = Unavailable("no route")
    await office.emit(office.raised("a:tx1"))
    await office.pass_time(60)
    office.clock.move(3600)
    await office.emit(office.raised("b:tx1"))
    office.clock.move(23 * 3600)
    await office.pass_time(120)
    await office.emit(office.raised("c:tx1"))
    await office.pass_time(120)
    office.clock.move(2 * 3600)
    await office.pass_time(120)
    office.duty.always = None
    await office.pass_time(120)
    assert office.outcomes() == {"expired": 2, "sent": 1}
    assert [event.alarm for event in office.duty.taken[0].events] == ["c:tx1"]


async def test_a_disk_that_fails_after_the_provider_has_answered_does_not_send_again(make: OfficeMaker) -> None:
    office = make(route(group_wait_ns=0))
    await office.settle()
    answered = office.duty.notify

    async def notify(notice: Any) -> str:
        office.state.fails = 3
        return await answered(notice)

    office.duty.notify = notify  # type: ignore[method-assign]
    await office.emit(office.raised())
    await office.pass_time(120)
    assert len(office.duty.tried) == 1
    assert office.outcomes() == {"sent": 1}
    assert office.dispatcher.findings == []


@pytest.mark.parametrize("step_s", [-3600, 3600])
async def test_a_step_of_the_clock_neither_sends_nor_loses(make: OfficeMaker, step_s: int) -> None:
    office = make(ESCALATING, channels=("duty", "boss"))
    office.duty.script = [Unavailable("away", retry_after_s=60.0)]
    await office.emit(office.raised())
    await office.pass_time(5)
    office.clock.wall_ns += step_s * SECOND
    await office.pass_time(20)
    assert office.duty.tried == []
    await office.pass_time(10)
    assert len(office.duty.tried) == 1
    office.clock.wall_ns -= step_s * SECOND
    await office.pass_time(50)
    assert len(office.duty.tried) == 1
    await office.pass_time(20)
    assert len(office.duty.taken) == 1
    office.clock.wall_ns += step_s * SECOND
    await office.pass_time(13 * 60)
    assert office.notifiers["boss"].taken == []
    await office.pass_time(60)
    assert len(office.notifiers["boss"].taken) == 1
    assert len(office.duty.taken) == 1


async def test_an_event_that_is_stamped_before_a_step_of_the_clock_still_waits_for_its_group(make: OfficeMaker) -> None:
    office = make(route())
    await office.settle()
    event = office.raised()
    office.clock.wall_ns += HOUR
    await office.emit(event)
    await office.pass_time(29)
    assert office.duty.taken == []
    await office.pass_time(2)
    assert len(office.duty.taken) == 1


async def test_the_interval_of_a_group_goes_on_over_a_restart(make: OfficeMaker) -> None:
    office = make(route())
    await office.emit(office.raised("overload:tx1", priority=Priority.LOW))
    await office.pass_time(31)
    await office.restart(down_s=60)
    await office.emit(office.raised("overload:tx2", priority=Priority.LOW))
    await office.pass_time(235)
    assert len(office.duty.taken) == 1
    await office.pass_time(10)
    assert len(office.duty.taken) == 2


async def test_what_was_put_aside_after_it_was_told_is_not_repeated_nor_remembered(make: OfficeMaker) -> None:
    office = make(route(repeat_interval_ns=10 * MINUTE))
    await office.emit(office.raised())
    await office.pass_time(31)
    await office.emit(office.event(transition=Transition.SHELVED))
    await office.pass_time(3600)
    assert len(office.duty.taken) == 1
    assert office.state.rows("SELECT count(*) FROM notice_told") == [(0,)]


async def test_a_file_that_was_replaced_by_an_older_copy_is_read_anew(make: OfficeMaker) -> None:
    office = make(route())
    for number in range(5):
        await office.emit(office.raised(f"a:{number}"))
    await office.pass_time(31)

    def replace_file(db: Any) -> None:
        for table in ("notice_row", "notice_alarm", "notice_told", "notice_group", "sqlite_sequence"):
            db.execute(f"DELETE FROM {table}")

    office.state.now(replace_file)
    await office.emit(office.raised("b:1", enterprise="huali"))
    await office.pass_time(31)
    assert office.duty.taken[-1].events[0].alarm == "b:1"


# -- configuration ----------------------------------------------------------------------------------------------------


async def test_a_channel_that_is_gone_ends_what_waited_for_it(make: OfficeMaker) -> None:
    office = make(route(channels=("duty", "boss")), channels=("duty", "boss"))
    await office.emit(office.raised())
    await office.stop()
    del office.notifiers["boss"]
    office.start()
    await office.pass_time(31)
    query = "SELECT state, reason FROM notice_row WHERE channel = 'boss'"
    assert office.state.rows(query) == [("expired", "its channel is no longer configured")]
    assert len(office.duty.taken) == 1


async def test_a_reload_takes_the_new_routes_and_what_waits_goes_out_by_the_old_name(make: OfficeMaker) -> None:
    office = make(route())
    await office.emit(office.raised("a:tx1"))
    office.plan = replace(office.plan, routes=(route(name="other", group_wait_ns=5 * SECOND),))
    office.dispatcher.reload(office.plan, lambda alarm: Facts())
    await office.emit(office.raised("b:tx1"))
    await office.pass_time(31)
    assert sorted(event.alarm for notice in office.duty.taken for event in notice.events) == ["a:tx1", "b:tx1"]


async def test_who_sees_one_enterprise_is_shown_its_messages_alone(make: OfficeMaker) -> None:
    office = make(route(group_by=("enterprise",)))
    await office.emit(office.raised("a:tx1"), office.raised("b:tx1", enterprise="huali"))
    await office.pass_time(31)
    await office.emit(office.raised("c:tx1", enterprise="huali"))
    assert len(await office.dispatcher.newest()) == 3
    assert len(await office.dispatcher.newest("huali")) == 2


async def test_closing_lets_the_notifiers_go(make: OfficeMaker) -> None:
    office = make(route(), channels=("duty", "boss"))
    await office.dispatcher.close()
    assert [notifier.closed for notifier in office.notifiers.values()] == [True, True]
