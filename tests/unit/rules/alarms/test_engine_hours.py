"""Running hours: they outlive edits of the rule and restarts, and start anew when a person says so."""

import json
from typing import Any

import pytest

from gateway.core.alarm import AlarmEvent, AlarmState, Condition, Priority, Transition
from rules.alarms.engine import NotAllowed
from rules.alarms.spec import Alarm
from tests.unit.rules.alarms.engine_park import WANG, Park, alarm, expression, level

T = Transition
HOUR_S = 3600
ID = "service:pump"


def service(hours: float = 500, rule: str = "service", **more: Any) -> Alarm:
    more.setdefault("value", expression("running_hours(run_event > 1)", "pump", unit="h"))
    when = more.pop("when", f"running_hours(run_event > 1) > {hours:g} h")
    return alarm(when, rule=rule, at="pump", fingerprint=f"{when}{len(more)}", **more)


def running(hours: float, *alarms: Alarm) -> Park:
    """The pump has run for so long, and goes on."""
    park = Park(alarms or [service()], interval_s=0.0)
    park.feed(0, "pump", run_event=5.0)
    park.to(hours * HOUR_S)
    return park


def edit(park: Park, *alarms: Alarm) -> None:
    """The rules are loaded anew; the pump still runs."""
    park.save()
    park.kill(0.0, alarms, park.now_ns)
    park.feed(None, "pump", run_event=5.0)


def happened(park: Park, from_index: int = 0) -> list[tuple[float, Transition]]:
    return [(seconds / HOUR_S, transition) for seconds, transition in park.times()[from_index:]]


# -- edits ------------------------------------------------------------------------------------------------------------


def test_the_hours_outlive_an_edit_of_their_limit() -> None:
    park = running(400)
    edit(park, service(450))
    park.to(460 * HOUR_S)
    assert happened(park) == [(pytest.approx(450), T.RAISED)]
    assert park.events[0].value == pytest.approx(450)


def test_an_alarm_whose_limit_is_raised_above_its_hours_returns() -> None:
    park = running(510)
    edit(park, service(600))
    assert happened(park) == [(pytest.approx(500), T.RAISED), (pytest.approx(510), T.RETURNED)]
    park.to(700 * HOUR_S)
    assert happened(park, 2) == [(pytest.approx(600), T.RAISED)]


def test_a_level_that_is_added_knows_the_hours_of_the_other() -> None:
    park = running(400)
    texts = [f"running_hours(run_event > 1) > {hours} h" for hours in (450, 500)]
    levels = (level(texts[0], priority=Priority.LOW, at="pump"), level(texts[1], at="pump"))
    edit(park, service(levels=levels, value=None))
    park.to(501 * HOUR_S)
    assert happened(park) == [(pytest.approx(450), T.RAISED), (pytest.approx(500), T.WORSENED)]


def test_a_shown_value_that_is_added_knows_the_hours_of_the_condition() -> None:
    park = running(400, service(value=None))
    edit(park, service(410))
    park.to(411 * HOUR_S)
    assert park.events[0].value == pytest.approx(410)


def test_other_conditions_beside_them_may_change() -> None:
    park = running(400)
    edit(park, service(when="running_hours(run_event > 1) > 450 h and duration(run_event > 1) > 1 h"))
    park.to(500 * HOUR_S)
    assert happened(park) == [(pytest.approx(450), T.RAISED)]


def test_another_condition_has_other_hours() -> None:
    park = running(400)
    edit(park, service(when="running_hours(run_event > 2) > 450 h"))
    park.to(800 * HOUR_S)
    assert happened(park) == []
    park.to(851 * HOUR_S)
    assert happened(park) == [(pytest.approx(850), T.RAISED)]


def test_what_was_saved_by_an_older_version_is_ignored() -> None:
    park = running(400)
    park.save()
    of = park.memory[ID]["of"]["0"]
    park.memory = {f"{ID}#0": ["running_hours(run_event > 1) > 500 h", of], ID: [0, of]}
    park.kill(0.0, [service()])
    park.feed(None, "pump", run_event=5.0)
    park.to(899 * HOUR_S)
    assert happened(park) == []
    park.to(901 * HOUR_S)
    assert happened(park) == [(pytest.approx(900), T.RAISED)]


# -- starting anew ----------------------------------------------------------------------------------------------------


def reset(park: Park, comment: str = "oil changed") -> list[AlarmEvent]:
    """The events of it."""
    count = len(park.events)
    park.engine.reset(ID, WANG, comment, park.now_ns)
    return park.events[count:]


def test_a_reset_after_a_service_starts_the_hours_anew_and_the_alarm_returns_by_itself() -> None:
    park = running(512)
    assert park.engine.view(ID).accumulates
    park.engine.acknowledge(ID, WANG, "ordered", park.now_ns)
    begun, returned = reset(park)
    assert (begun.transition, begun.actor, begun.comment) == (T.RESET, WANG, "oil changed")
    assert (begun.state, begun.value) == (AlarmState.ACKNOWLEDGED, pytest.approx(512))
    assert (returned.transition, returned.actor.name, returned.value) == (T.RETURNED, "gateway", 0)
    assert park.state(ID) is AlarmState.NORMAL
    assert park.engine.view(ID).comment == "oil changed"
    park.to((512 + 501) * HOUR_S)
    assert happened(park)[-1] == (pytest.approx(512 + 500), T.RAISED)


def test_one_that_nobody_acknowledged_still_waits_for_that() -> None:
    park = running(512)
    assert [event.transition for event in reset(park)] == [T.RESET, T.RETURNED]
    assert park.state(ID) is AlarmState.RETURNED_UNACKNOWLEDGED
    park.engine.acknowledge(ID, WANG, "", park.now_ns)
    assert park.state(ID) is AlarmState.NORMAL


def test_a_service_before_the_limit_counts_too() -> None:
    park = running(400)
    (event,) = reset(park)
    assert (event.transition, event.state, event.value) == (T.RESET, AlarmState.NORMAL, pytest.approx(400))
    park.to(899 * HOUR_S)
    assert len(park.events) == 1
    park.to(901 * HOUR_S)
    assert happened(park, 1) == [(pytest.approx(900), T.RAISED)]


def test_a_service_is_possible_while_the_alarm_is_out_of_service() -> None:
    park = running(512)
    park.engine.remove_from_service(ID, WANG, "service", park.now_ns)
    assert [event.state for event in reset(park)] == [AlarmState.OUT_OF_SERVICE, AlarmState.OUT_OF_SERVICE]
    park.engine.return_to_service(ID, WANG, "", park.now_ns)
    assert (park.state(ID), park.condition(ID)) == (AlarmState.NORMAL, Condition.INACTIVE)


def test_a_service_ends_one_shot_shelving() -> None:
    park = running(512)
    park.engine.shelve(ID, WANG, "", park.now_ns, None)
    assert [event.transition for event in reset(park)] == [T.RESET, T.RETURNED, T.UNSHELVED]
    assert park.state(ID) is AlarmState.NORMAL


def test_a_latch_that_adds_up_hours_stays_until_it_is_reset_once_more() -> None:
    park = running(512, service(latch=True))
    park.engine.acknowledge(ID, WANG, "", park.now_ns)
    reset(park)
    assert park.state(ID) is AlarmState.LATCHED_ACKNOWLEDGED
    (event,) = reset(park)
    assert (event.transition, event.state) == (T.RESET, AlarmState.NORMAL)


def test_hours_of_a_pump_that_does_not_answer_start_anew_too() -> None:
    park = running(512)
    park.feed(None, "pump", run_event=None)
    park.to(600 * HOUR_S)
    assert [event.transition for event in reset(park)] == [T.RESET, T.RETURNED]
    park.feed(None, "pump", run_event=5.0)
    park.to((600 + 499) * HOUR_S)
    assert park.condition(ID) is Condition.INACTIVE


def test_hours_that_suppress_an_alarm_are_not_those_of_the_service() -> None:
    rule = service(suppress=expression("running_hours(on_event > 0) < 100 h", "pump"))
    park = Park([rule], interval_s=0.0)
    park.feed(0, "pump", run_event=5.0, on_event=1.0)
    park.to(200 * HOUR_S)
    reset(park)
    park.to(210 * HOUR_S)
    assert park.transitions() == [T.SUPPRESSED, T.UNSUPPRESSED, T.RESET]


@pytest.mark.parametrize("more", [{"when": "run_event > 1"}, {"when": "duration(run_event > 1) > 1 h"}])
def test_an_alarm_that_adds_nothing_up_is_not_reset(more: dict[str, str]) -> None:
    park = running(10, service(**more, value=None))
    assert not park.engine.view(ID).accumulates
    with pytest.raises(NotAllowed, match="neither latches nor adds up running hours"):
        reset(park)
    assert park.transitions() == [T.RAISED]


def test_an_alarm_that_only_shows_hours_may_start_them_anew() -> None:
    park = running(10, service(when="run_event > 1"))
    (event,) = reset(park)
    assert (event.transition, event.state, event.value) == (T.RESET, AlarmState.UNACKNOWLEDGED, pytest.approx(10))


# -- a kill after that ------------------------------------------------------------------------------------------------


def save_states(park: Park) -> None:
    """What is on the disk before the answer to a person goes out; what expressions remember follows within a minute."""
    park.states |= json.loads(json.dumps(park.engine.changed()))


def test_hours_that_started_anew_stay_so_though_their_memory_was_not_saved_again() -> None:
    park = running(400)
    park.save()
    reset(park)
    save_states(park)
    park.kill(down_s=60)
    park.feed(None, "pump", run_event=5.0)
    park.to((400 + 499) * HOUR_S)
    assert park.transitions() == [T.RESET]
    park.to((400 + 501) * HOUR_S)
    assert park.transitions() == [T.RESET, T.RAISED]


@pytest.mark.parametrize("kills", [1, 3])
def test_hours_since_a_reset_outlive_restarts(kills: int) -> None:
    park = running(400)
    reset(park)
    for _ in range(kills):
        park.to(park.now_s + 100 * HOUR_S)
        park.save()
        park.kill(down_s=10)
        park.feed(None, "pump", run_event=5.0)
    park.to(400 * HOUR_S + 499 * HOUR_S)
    assert park.transitions() == [T.RESET]
    park.to(901 * HOUR_S)
    assert happened(park, 1) == [(pytest.approx(900, abs=0.02), T.RAISED)]


def test_a_memory_that_knows_of_a_reset_is_believed_though_the_state_does_not() -> None:
    park = running(400)
    park.save()
    states = dict(park.states)
    reset(park)
    park.to(450 * HOUR_S)
    park.save()
    park.states = states
    park.kill()
    park.feed(None, "pump", run_event=5.0)
    park.to(899 * HOUR_S)
    assert park.transitions() == [T.RESET]
    park.engine.reset(ID, WANG, "", park.now_ns)
    save_states(park)
    assert park.states[ID]["resets"] == 2


def test_an_alarm_that_was_never_reset_leaves_nothing_behind() -> None:
    park = running(10)
    assert park.engine.changed() == {ID: None}
    reset(park, "")
    assert park.engine.changed()[ID]["resets"] == 1
