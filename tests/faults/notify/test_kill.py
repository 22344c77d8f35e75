"""A gateway that is killed at any point of a message: nothing is lost, and what is sent twice has the same id."""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.alarm import AlarmState, Priority
from gateway.core.errors import Rejected, Unavailable
from rules.notices.spec import Escalation, Matcher, NoticePlan, Route
from tests.faults.notify.scripted import SECOND, Office

PLAN = NoticePlan(
    (
        Route(
            "default",
            Matcher(),
            ("duty", "boss"),
            ("device",),
            group_wait_ns=10 * SECOND,
            group_interval_ns=60 * SECOND,
            repeat_interval_ns=0,
        ),
    ),
    digest_above=3,
)


async def one_message(before: Callable[[Office], None], *, escalates: bool = False) -> Office:
    """An alarm, a kill, a restart, and time for everything."""
    route = Route("default", Matcher(), ("duty",), escalation=(Escalation(60 * SECOND, ("duty",)),) * escalates)
    office = Office(NoticePlan((route,)))
    await office.settle()
    before(office)
    await office.emit(office.raised())
    await office.pass_time(40)
    await office.restart(down_s=5)
    await office.pass_time(300)
    return office


async def test_a_kill_after_the_provider_took_a_message_sends_it_again_with_the_same_id() -> None:
    def before(office: Office) -> None:
        office.duty.dies_at = 1

    office = await one_message(before)
    assert len(office.duty.taken) == 2
    assert office.duty.taken[0] == office.duty.taken[1]
    assert office.outcomes() == {"sent": 1}
    assert (await office.dispatcher.newest())[0]["attempts"] == 2
    await office.close()


async def test_a_kill_before_the_provider_took_it_sends_what_was_frozen() -> None:
    def before(office: Office) -> None:
        office.duty.dies_at, office.duty.dies_before = 1, True

    office = await one_message(before)
    assert len(office.duty.taken) == 1
    assert office.duty.tried[0] == office.duty.tried[1]
    assert office.outcomes() == {"sent": 1}
    await office.close()


@pytest.mark.parametrize("dies_before", [True, False])
@pytest.mark.parametrize("operation", range(1, 9))
async def test_a_kill_at_any_operation_of_the_file_loses_nothing(operation: int, dies_before: bool) -> None:
    def before(office: Office) -> None:
        office.state.dies_at = office.state.operations + operation
        office.state.dies_before = dies_before

    office = await one_message(before)
    assert {notice.id for notice in office.duty.taken} == {office.duty.taken[0].id}
    assert office.outcomes() == {"sent": 1}
    await office.close()


class Life:
    """One alarm that is raised, returns and is acknowledged in a possible order."""

    def __init__(self, alarm: str, priority: Priority) -> None:
        self.alarm = alarm
        self.priority = priority
        self.occurrence = 0
        self.is_active = False
        self.is_waiting = False

    def event(self, office: Office, what: str) -> Any:
        if what == "acknowledge":
            if not self.is_waiting:
                return None
            self.is_waiting = False
            state = AlarmState.ACKNOWLEDGED if self.is_active else AlarmState.NORMAL
            return office.acknowledged(self.alarm, occurrence=self.occurrence, state=state, priority=self.priority)
        self.is_active = not self.is_active
        if self.is_active:
            self.occurrence += 1
            self.is_waiting = True
            return office.raised(self.alarm, occurrence=self.occurrence, priority=self.priority)
        state = AlarmState.RETURNED_UNACKNOWLEDGED if self.is_waiting else AlarmState.NORMAL
        return office.returned(self.alarm, occurrence=self.occurrence, state=state, priority=self.priority)


ANSWERS = {
    "ok": lambda: "ok",
    "away": lambda: Unavailable("away"),
    "later": lambda: Unavailable("later", retry_after_s=90.0),
    "no": lambda: Rejected("no"),
}
STEP = st.one_of(
    st.tuples(st.just("event"), st.integers(0, 3), st.sampled_from(["turn", "turn", "acknowledge"])),
    st.tuples(st.just("time"), st.sampled_from([1, 8, 31, 70]), st.just("")),
    st.tuples(st.just("answer"), st.integers(0, 1), st.sampled_from(sorted(ANSWERS))),
    st.tuples(st.just("file"), st.integers(1, 6), st.sampled_from(["before", "after"])),
    st.tuples(st.just("provider"), st.integers(0, 1), st.sampled_from(["before", "after"])),
    st.tuples(st.just("restart"), st.sampled_from([0, 20, 400]), st.just("")),
)


@settings(max_examples=50, deadline=None)
@given(st.lists(STEP, max_size=25))
def test_over_any_course_of_events_and_kills_every_event_is_told_once(steps: list[tuple[str, int, str]]) -> None:
    asyncio.run(play(steps))


async def play(steps: list[tuple[str, int, str]]) -> None:
    office = Office(PLAN, channels=("duty", "boss"), rate=(4, 60.0))
    office.clock.tick = 1e-6
    lives = [Life(f"rule-{number}:m{number % 2}", Priority(1 + number % 3)) for number in range(4)]
    try:
        for what, number, how in steps:
            await one_step(office, lives, what, number, how)
        await office.restart()
        for notifier in office.notifiers.values():
            notifier.script = []
        await office.pass_time(900)
        check(office)
    finally:
        await office.close()


async def one_step(office: Office, lives: list[Life], what: str, number: int, how: str) -> None:
    notifier = office.notifiers[("duty", "boss")[number % 2]]
    match what:
        case "event":
            event = lives[number].event(office, how)
            if event is not None:
                await office.emit(event)
        case "time":
            await office.pass_time(number)
        case "answer":
            notifier.script.append(ANSWERS[how]())
        case "file":
            office.state.dies_at = office.state.operations + number
            office.state.dies_before = how == "before"
        case "provider":
            notifier.dies_at, notifier.dies_before = len(notifier.tried) + 1, how == "before"
        case "restart":
            await office.restart(down_s=number)


def check(office: Office) -> None:
    ends = office.state.rows("SELECT DISTINCT state FROM notice_row")
    assert {state for (state,) in ends} <= {"sent", "failed"}
    messages = dict(office.state.rows("SELECT id, state FROM notice_message"))
    for name, notifier in office.notifiers.items():
        ids: dict[tuple[Any, ...], set[str]] = defaultdict(set)
        contents: dict[str, Any] = {}
        for notice in notifier.tried:
            assert contents.setdefault(notice.id, notice) == notice
            for event in notice.events:
                ids[event.alarm, event.occurrence, event.transition].add(notice.id)
        assert all(len(found) == 1 for found in ids.values())
        sent = {notice.id for notice in notifier.taken}
        assert sent <= messages.keys()
        own = office.state.rows("SELECT id FROM notice_message WHERE channel = ? AND state = 'sent'", name)
        assert {id_ for (id_,) in own} <= sent
    told = [report[0] for report in office.reports]
    assert len(told) == len(set(told))
