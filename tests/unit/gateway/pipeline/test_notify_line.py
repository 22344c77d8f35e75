"""A message that fails on and on lets others pass; while everything fails the order stays."""

from collections.abc import Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gateway.core.alarm import Priority
from gateway.core.errors import Rejected, Unavailable
from gateway.core.notice import Notice, NoticeKind
from gateway.core.point import Names
from gateway.pipeline.notify_line import LOST_AFTER, MOST_AHEAD, PATIENCE, Flight, Line
from gateway.store.notice_queue import Message
from rules.notices.spec import Heartbeat, Matcher, NoticePlan, Route
from tests.faults.notify.scripted import SECOND, Office, PlayedNotifier

OfficeMaker = Callable[..., Office]
HOUR_S = 3600.0


def route(**fields: Any) -> Route:
    values = {"name": "default", "match": Matcher(), "channels": ("duty",), "group_by": ("rule", "device")}
    return Route(**{**values, "repeat_interval_ns": 0, **fields})


def alarms(notice: Notice) -> list[str]:
    return [event.alarm for event in notice.events]


def taken(office: Office) -> list[str]:
    return [alarm for notice in office.duty.taken for alarm in alarms(notice)]


class Fussy:
    """A provider that closes the connection at messages about some alarms."""

    def __init__(self, notifier: PlayedNotifier, *hated: str) -> None:
        self._notify = notifier.notify
        self.hated = set(hated)
        self.tried: list[Notice] = []
        notifier.notify = self.notify  # type: ignore[method-assign]

    async def notify(self, notice: Notice) -> str:
        if self.hated & set(alarms(notice)):
            self.tried.append(notice)
            raise Unavailable("the broker closed the connection")
        return await self._notify(notice)


def flight(name: str) -> Flight:
    notice = Notice(name, NoticeKind.ALARMS, 0, Names(), Names())
    return Flight(Message(notice, "", None, 0, 0), 0, is_paid=False)


@given(st.lists(st.sampled_from(["fail", "later", "sent", "expired"]), max_size=200))
def test_every_message_is_in_the_line_once_until_it_ends_and_who_only_fails_keeps_its_place(answers: list[str]) -> None:
    line, made, ended, delivered = Line(), [], set(), False
    for number, answer in enumerate(answers):
        if line.current is None and not line.is_full:
            line.add(flight(str(number)))
            made.append(str(number))
        if (one := line.current) is None:
            line.begin()
            continue
        if answer in ("sent", "expired"):
            line.end(one, is_answered=answer == "sent")
            ended.add(one.message.notice.id)
            delivered = delivered or answer == "sent"
        else:
            line.fail(one, 0, is_alone=answer == "fail")
        left = [name for name in made if name not in ended]
        assert sorted(each.message.notice.id for each in line) == sorted(left)
        assert delivered or [each.message.notice.id for each in line.ahead] == left


async def test_what_the_provider_never_takes_holds_up_no_other_and_still_expires(make: OfficeMaker) -> None:
    office = make(route())
    fussy = Fussy(office.duty, "bad:0")
    await office.emit(office.raised("bad:0"))
    await office.pass_time(31)
    for number in range(1, 11):
        await office.emit(office.raised(f"a:{number}"))
        await office.pass_time(20)
    await office.pass_time(200)
    assert taken(office) == [f"a:{number}" for number in range(1, 11)]
    assert len({notice.id for notice in fussy.tried}) == 1
    (state,) = office.dispatcher.states()
    assert (state["state"], state["queued"]) == ("waiting", 1)
    assert state["error"] == "others are delivered, but 1 cannot be: the broker closed the connection"
    assert fussy.tried[0].id in state["hint"]
    office.clock.move(24 * HOUR_S)
    await office.pass_time(120)
    assert office.outcomes() == {"sent": 10, "expired": 1}
    reason = "not delivered in time: the broker closed the connection"
    assert office.state.rows("SELECT reason FROM notice_row WHERE state = 'expired'") == [(reason,)]


async def test_what_stepped_aside_goes_out_with_its_own_id_once_the_provider_takes_it(make: OfficeMaker) -> None:
    office = make(route())
    fussy = Fussy(office.duty, "bad:0")
    await office.emit(office.raised("bad:0"))
    await office.pass_time(120)
    await office.emit(office.raised("a:1"))
    await office.pass_time(200)
    assert taken(office) == ["a:1"]
    fussy.hated.clear()
    await office.pass_time(70)
    assert taken(office) == ["a:1", "bad:0"]
    assert office.duty.taken[1].id == fussy.tried[0].id
    assert office.dispatcher.states()[0]["state"] == "ok"
    assert office.dispatcher.findings == []


async def test_before_it_has_failed_so_often_nothing_passes_it(make: OfficeMaker) -> None:
    office = make(route())
    office.duty.script = [Unavailable("timeout")] * (PATIENCE - 1)
    await office.emit(office.raised("a:0"), office.raised("a:1"))
    await office.pass_time(300)
    assert taken(office) == ["a:0", "a:1"]
    assert len({notice.id for notice in office.duty.tried[:PATIENCE]}) == 1


async def test_while_everything_fails_the_order_stays_and_few_messages_are_frozen(make: OfficeMaker) -> None:
    office = make(route(group_wait_ns=0), rate=(100, 60.0))
    office.duty.always = Unavailable("no route")
    for number in range(30):
        await office.emit(office.raised(f"a:{number}"))
        await office.pass_time(120)
    assert len({notice.id for notice in office.duty.tried}) == MOST_AHEAD
    office.duty.always = None
    await office.pass_time(300)
    assert taken(office) == [f"a:{number}" for number in range(30)]


async def test_while_everything_fails_a_restart_keeps_the_order_too(make: OfficeMaker) -> None:
    office = make(route(group_wait_ns=0))
    office.duty.always = Unavailable("no route")
    for number in range(4):
        await office.emit(office.raised(f"a:{number}"))
        await office.pass_time(200)
    ids = list(dict.fromkeys(notice.id for notice in office.duty.tried))
    assert len(ids) > 1
    await office.restart(down_s=60)
    office.duty.always = None
    await office.pass_time(100)
    assert taken(office) == [f"a:{number}" for number in range(4)]
    assert [notice.id for notice in office.duty.taken][: len(ids)] == ids


async def test_several_that_are_never_taken_step_aside_one_after_the_other(make: OfficeMaker) -> None:
    office = make(route())
    Fussy(office.duty, "bad:1", "bad:2", "bad:3")
    for number in range(1, 4):
        await office.emit(office.raised(f"bad:{number}"))
    await office.emit(office.raised("a:1", priority=Priority.LOW))
    await office.pass_time(1200)
    assert taken(office) == ["a:1"]
    await office.emit(office.raised("a:2"))
    await office.pass_time(40)
    assert taken(office) == ["a:1", "a:2"]


async def test_a_refusal_of_the_next_shows_as_well_that_the_provider_is_there(make: OfficeMaker) -> None:
    office = make(route())
    fussy = Fussy(office.duty, "bad:0")
    office.duty.script = [Rejected("too long")]
    await office.emit(office.raised("bad:0"), office.raised("a:1"), office.raised("a:2"))
    await office.pass_time(300)
    assert taken(office) == ["a:2"]
    assert office.outcomes() == {"failed": 1, "sent": 1, "sending": 1}
    assert len({notice.id for notice in fussy.tried}) == 1


async def test_who_wants_nothing_for_a_while_is_left_alone(make: OfficeMaker) -> None:
    office = make(route())
    office.duty.always = Unavailable("errcode 45009", retry_after_s=60.0)
    await office.emit(office.raised("a:0"), office.raised("a:1"))
    await office.pass_time(30 + 60 * (PATIENCE + 3))
    assert len(office.duty.tried) <= PATIENCE + 4
    assert len({notice.id for notice in office.duty.tried}) == 1


async def test_news_of_the_same_alarm_does_not_overtake_it_until_it_is_lost(make: OfficeMaker) -> None:
    office = make(route(group_interval_ns=0), rate=(1000, 60.0))
    fussy = Fussy(office.duty, "bad:0")
    await office.emit(office.raised("bad:0"))
    await office.pass_time(100)
    await office.emit(office.returned("bad:0"), office.raised("a:1"))
    await office.pass_time(100)
    assert taken(office) == ["a:1"]
    fussy.hated.clear()
    await office.pass_time(120)
    assert taken(office) == ["a:1", "bad:0", "bad:0"]
    assert [notice.firing for notice in office.duty.taken][1:] == [True, False]


async def test_what_is_lost_keeps_no_news_of_its_alarms_back(make: OfficeMaker) -> None:
    office = make(route(group_interval_ns=0), rate=(1000, 60.0))
    office.duty.script = [Unavailable("closed")] * (LOST_AFTER + 10)
    await office.emit(office.raised("bad:0"))
    await office.pass_time(100)
    await office.emit(office.raised("bad:0", occurrence=2))
    await office.pass_time(60 * (LOST_AFTER + 10))
    ids = [notice.id for notice in office.duty.tried]
    assert len(set(ids[:LOST_AFTER])) == 1
    assert len(set(ids[: LOST_AFTER + 10])) == 2


async def test_a_heartbeat_passes_too(make: OfficeMaker) -> None:
    plan = NoticePlan((route(),), heartbeats=(Heartbeat("duty", 600 * SECOND),))
    office = make(plan=plan)
    Fussy(office.duty, "bad:0")
    await office.pass_time(5)
    await office.emit(office.raised("bad:0"))
    await office.pass_time(1900)
    assert [notice.kind.value for notice in office.duty.taken] == ["heartbeat"] * 4


async def test_a_driver_that_fails_at_one_message_in_an_unforeseen_way_gives_up_that_one(make: OfficeMaker) -> None:
    office = make(route())
    Fussy(office.duty, "bad:0")
    office.duty.script = [ZeroDivisionError()] * 3
    await office.emit(office.raised("bad:0"), office.raised("a:1"), office.raised("a:2"))
    await office.pass_time(1200)
    assert taken(office) == ["a:2"]
    assert office.outcomes() == {"failed": 1, "sent": 1, "sending": 1}
