"""Killed at any moment, the engine goes on where it was; with other rules it keeps what is the same."""

import json
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.alarm import AlarmState, Condition, Priority, Transition
from gateway.core.point import Names
from rules.alarms.engine import NotAllowed
from rules.alarms.spec import Moment, NoData
from tests.unit.rules.alarms.engine_park import HOUR, SECOND, WALL_NS, WANG, Park, alarm, level

T = Transition
RULES = [
    alarm(rule="off", when="current > 15", on_delay_ns=2 * SECOND),
    alarm(on_delay_ns=3 * SECOND, off_delay_ns=4 * SECOND, keep="power > 700", parents=("off:tx1",), group="g"),
    alarm(rule="kept", keep_firing_ns=7 * SECOND, no_data=NoData.OK, re_alarm_ns=9 * SECOND, group="g"),
    alarm("avg(power, 5 s) > 800 kW", rule="average", suppress=alarm("duration(current > 8) > 3 s").levels[0].when),
    alarm("duration(power > 650 kW) > 4 s", rule="long", latch=True, group="g"),
    alarm("running_hours(power > 650 kW) > 0.002 h", rule="service", on_delay_ns=SECOND),
    alarm(
        rule="steps",
        on_delay_ns=2 * SECOND,
        off_delay_ns=2 * SECOND,
        levels=(level("power > 800", "power > 760", Priority.LOW), level("power > 900", "power > 880")),
    ),
]
IDS = [rule.id for rule in RULES]
ACTIONS = st.tuples(st.sampled_from(IDS), st.sampled_from(["", "", "ack", "shelve", "once", "out", "in", "reset"]))
STEP = st.tuples(
    st.integers(1, 6_000),
    st.sampled_from([600.0, 750.0, 850.0, 950.0, None]),
    st.sampled_from([5.0, 10.0, 20.0]),
    ACTIONS,
)


def act(park: Park, alarm_id: str, action: str) -> None:
    engine, now_ns = park.engine, park.now_ns
    with suppress(NotAllowed):
        match action:
            case "ack":
                engine.acknowledge(alarm_id, WANG, "seen", now_ns)
            case "shelve":
                engine.shelve(alarm_id, WANG, "", now_ns, 8 * SECOND)
            case "once":
                engine.shelve(alarm_id, WANG, "", now_ns, None)
            case "out":
                engine.remove_from_service(alarm_id, WANG, "test", now_ns)
            case "in":
                engine.return_to_service(alarm_id, WANG, "", now_ns)
            case "reset":
                engine.reset(alarm_id, WANG, "", now_ns)


@settings(max_examples=80, deadline=None)
@given(st.lists(STEP, min_size=2, max_size=16), st.data())
def test_a_kill_at_any_moment_changes_nothing(steps: list, data: st.DataObject) -> None:
    kills = data.draw(st.sets(st.integers(0, len(steps) - 1), min_size=1, max_size=3))
    steady, killed = Park(RULES), Park(RULES)
    for index, (wait_ms, power, current, (alarm_id, action)) in enumerate(steps):
        now_s = steady.now_s + wait_ms / 1000
        for park in (steady, killed):
            park.to(now_s)
        killed.save()
        if index in kills:
            killed.kill(new_steady_ns=data.draw(st.integers(1, 10**6)) * SECOND)
        for park in (steady, killed):
            park.feed(None, power=power, current=current)
            act(park, alarm_id, action)
    for park in (steady, killed):
        park.to(park.now_s + 30)
    assert [replace(event, message=Names()) for event in killed.events] == [
        replace(event, message=Names()) for event in steady.events
    ]
    for alarm_id in IDS:
        mine, theirs = killed.engine.view(alarm_id), steady.engine.view(alarm_id)
        assert replace(mine, spec=theirs.spec, message=theirs.message) == theirs


def test_a_pending_alarm_goes_on_with_the_time_it_had_run() -> None:
    park = Park([alarm(on_delay_ns=60 * SECOND)])
    park.run(0, 40, power=900.0)
    park.save()
    park.kill(down_s=1000)
    park.run(1040, 1070, power=900.0)
    assert park.times() == [(1060, T.RAISED)]


def test_after_more_than_an_hour_timers_start_anew() -> None:
    rules = [
        alarm(on_delay_ns=60 * SECOND),
        alarm("power > 800", rule="off", off_delay_ns=60 * SECOND),
        alarm("duration(power > 650) > 60 s", rule="long"),
    ]
    park = Park(rules)
    park.feed(0, power=900.0)
    park.run(1, 40, power=900.0)
    park.feed(41, power=700.0)
    park.feed(42, power=900.0)
    park.run(43, 60, power=700.0)
    park.save()
    park.events.clear()
    park.kill(down_s=4000)
    assert park.condition() is Condition.INACTIVE
    park.run(4060, 4110, power=700.0)
    assert park.events == []  # off since 17 s, long since 60 s: neither counts
    park.run(4111, 4130, power=700.0)
    assert [(event.alarm, event.transition) for event in park.events] == [
        ("off:tx1", T.RETURNED),
        ("long:tx1", T.RAISED),
    ]


def test_a_duration_does_not_count_the_time_that_nobody_saw() -> None:
    park = Park([alarm("duration(power > 650) > 60 s", rule="long")])
    park.run(0, 40, power=900.0)
    park.save()
    park.kill(down_s=1000)
    park.run(1040, 1055, power=900.0)
    assert park.events == []
    park.run(1056, 1070, power=900.0)
    assert park.transitions() == [T.RAISED]


def test_a_rate_over_the_gap_is_a_true_rate() -> None:
    park = Park([alarm("rate(current, 1 h) > 2", rule="fast")])
    park.run(0, 0, current=0.0)
    for second in range(1, 60):
        park.feed(second, current=float(second))
    park.save()
    park.kill(down_s=600)
    for second in range(659, 720):
        park.feed(second, current=float(second))
    assert park.events == []


def test_shelving_ends_at_its_wall_time_also_while_the_gateway_is_down() -> None:
    park = Park([alarm("door_event > 0")], interval_s=0.0)
    park.feed(0, door_event=1.0)
    park.engine.shelve("overload:tx1", WANG, "", park.now_ns, 600 * SECOND)
    park.to(100)
    park.save()
    park.kill(down_s=300)
    assert park.engine.view("overload:tx1").until_ns == WALL_NS + 600 * SECOND
    park.to(450)
    park.save()
    park.kill(down_s=9000)
    park.to(park.now_s + 1)
    assert park.transitions() == [T.RAISED, T.SHELVED, T.UNSHELVED, T.RAISED]
    assert park.times()[-1][0] == pytest.approx(9450, abs=1)
    assert park.engine.view("overload:tx1").raised_ns == park.events[-1].time_ns


def test_a_wall_clock_that_was_set_back_while_down_counts_as_no_time() -> None:
    park = Park([alarm(on_delay_ns=60 * SECOND)])
    park.run(0, 40, power=900.0)
    park.save()
    park._wall_ns -= 1000 * HOUR
    park.kill(down_s=5)
    park.run(45, 70, power=900.0)
    assert [transition for _, transition in park.times()] == [T.RAISED]
    assert park.times()[0][0] == 65


def test_an_alarm_of_a_device_that_stays_away_after_the_restart_stays() -> None:
    park = Park([alarm(), alarm("stale(power)", rule="silent")])
    park.feed(0, power=900.0)
    park.save()
    park.kill(down_s=60)
    park.to(64)
    assert park.transitions() == [T.RAISED]
    assert park.condition() is Condition.ACTIVE
    park.to(70)
    assert park.condition() is Condition.UNKNOWN
    assert park.state() is AlarmState.UNACKNOWLEDGED
    assert [(event.alarm, event.transition) for event in park.events[1:]] == [("silent:tx1", T.RAISED)]


def test_what_was_restored_is_saved_again_with_the_times_of_this_run() -> None:
    park = Park([alarm(on_delay_ns=60 * SECOND), alarm(rule="quiet", when="power > 9000")])
    park.run(0, 30, power=900.0)
    park.save()
    park.kill(new_steady_ns=10**6 * SECOND)
    park.save()
    park.kill(new_steady_ns=3 * SECOND)
    park.run(30, 70, power=900.0)
    assert park.times() == [(60, T.RAISED)]


def test_a_blank_alarm_leaves_nothing_behind() -> None:
    park = Park([alarm()])
    park.feed(0, power=700.0)
    assert park.engine.changed() == {"overload:tx1": None}


def test_what_a_shelving_showed_outlives_a_restart_though_nothing_was_ever_raised() -> None:
    park = Park([alarm()])
    park.feed(0, power=700.0)
    park.engine.shelve("overload:tx1", WANG, "", park.now_ns, 5 * SECOND)
    park.run(1, 6, power=700.0)
    before = park.engine.view("overload:tx1")
    assert (before.state, before.limit) == (AlarmState.NORMAL, 800.0)
    park.save()
    park.kill()
    park.feed(None, power=700.0)
    after = park.engine.view("overload:tx1")
    assert (after.limit, after.message) == (before.limit, before.message)


@pytest.mark.parametrize("junk", [None, 1, [], {}, {"fingerprint": ""}, {"fingerprint": "", "times": [1]}])
def test_junk_in_the_store_is_as_nothing(junk: object) -> None:
    park = Park([alarm()])
    park.engine.restore({"overload:tx1": junk, "gone:tx1": junk}, {"overload:tx1": junk}, Moment(0, 0), park.now_ns)
    park.feed(0, power=900.0)
    assert park.transitions() == [T.RAISED]
    assert park.engine.changed().keys() == {"overload:tx1", "gone:tx1"}


# -- reload -----------------------------------------------------------------------------------------------------------


def reload(park: Park, *rules: object) -> None:
    park.save()
    park.kill(0.0, list(rules), park.now_ns)  # type: ignore[arg-type]


def test_a_reload_keeps_what_is_the_same() -> None:
    rule = alarm(fingerprint="a", on_delay_ns=10 * SECOND)
    park = Park([rule])
    park.run(0, 5, power=900.0)
    reload(park, rule, alarm(rule="new", fingerprint="b"))
    park.run(5, 12, power=900.0)
    assert [(event.alarm, time) for event, (time, _) in zip(park.events, park.times(), strict=True)] == [
        ("new:tx1", 5),
        ("overload:tx1", 10),
    ]


def test_an_active_alarm_whose_rule_changed_is_pending_again_and_not_annunciated_twice() -> None:
    park = Park([alarm(fingerprint="a")])
    park.run(0, 5, power=900.0)
    reload(park, alarm(fingerprint="b", on_delay_ns=10 * SECOND))
    park.run(5, 10, power=900.0)
    assert park.condition() is Condition.PENDING
    reload(park, alarm(fingerprint="b", on_delay_ns=10 * SECOND))
    park.run(10, 14, power=900.0)
    assert (park.condition(), park.state()) == (Condition.PENDING, AlarmState.UNACKNOWLEDGED)
    park.run(15, 20, power=900.0)
    assert park.condition() is Condition.ACTIVE
    assert park.transitions() == [T.RAISED]


def test_an_acknowledged_alarm_whose_rule_changed_stays_acknowledged_while_it_is_true() -> None:
    park = Park([alarm(fingerprint="a")])
    park.feed(0, power=900.0)
    park.engine.acknowledge("overload:tx1", WANG, "", park.now_ns)
    reload(park, alarm("power > 850", fingerprint="b"))
    park.feed(1, power=900.0)
    assert (park.condition(), park.state()) == (Condition.ACTIVE, AlarmState.ACKNOWLEDGED)
    reload(park, alarm("power > 950", fingerprint="c"))
    park.feed(2, power=900.0)
    assert (park.condition(), park.state()) == (Condition.INACTIVE, AlarmState.NORMAL)
    assert park.transitions() == [T.RAISED, T.ACKNOWLEDGED, T.RETURNED]


def test_an_alarm_whose_rule_is_gone_ends_with_an_event_and_its_state_goes() -> None:
    park = Park([alarm(), alarm("current > 10", rule="quiet")])
    park.feed(0, power=900.0, current=20.0)
    park.feed(1, power=900.0, current=0.0)
    park.engine.acknowledge("quiet:tx1", WANG, "", park.now_ns)
    reload(park)
    event = next(each for each in park.events if each.transition is T.REMOVED)
    assert (event.alarm, event.transition, event.state) == ("overload:tx1", T.REMOVED, AlarmState.NORMAL)
    assert (event.rule, event.device, event.enterprise, event.occurrence) == ("overload", "tx1", "lantian", 1)
    assert event.message.en == "Overload"
    assert park.engine.changed() == {"overload:tx1": None, "quiet:tx1": None}


def test_an_alarm_that_was_raised_once_and_is_normal_says_that_it_is_gone_and_one_that_never_was_does_not() -> None:
    park = Park([alarm(), alarm("power > 5000", rule="never")])
    park.feed(0, power=900.0)
    park.engine.acknowledge("overload:tx1", WANG, "", park.now_ns)
    park.engine.comment("never:tx1", WANG, "looked at it", park.now_ns)
    park.feed(1, power=100.0)
    assert park.state() is AlarmState.NORMAL
    park.events.clear()
    reload(park)
    assert [(each.alarm, each.transition, each.occurrence) for each in park.events] == [("overload:tx1", T.REMOVED, 1)]


def test_a_latch_that_is_taken_out_of_the_rule_can_still_be_reset() -> None:
    park = Park([alarm(latch=True, fingerprint="a")])
    park.feed(0, power=900.0)
    park.feed(1, power=100.0)
    reload(park, alarm(fingerprint="b"))
    park.feed(2, power=100.0)
    with pytest.raises(NotAllowed, match="acknowledge it"):
        park.engine.reset("overload:tx1", WANG, "", park.now_ns)
    park.engine.acknowledge("overload:tx1", WANG, "", park.now_ns)
    assert park.state() is AlarmState.LATCHED_ACKNOWLEDGED
    park.engine.reset("overload:tx1", WANG, "", park.now_ns)
    assert park.state() is AlarmState.NORMAL
    park.feed(3, power=900.0)
    with pytest.raises(NotAllowed, match="neither latches"):
        park.engine.reset("overload:tx1", WANG, "", park.now_ns)


def test_a_suppressed_alarm_whose_parent_is_gone_comes_back() -> None:
    child = alarm(parents=("dead:grid",))
    park = Park([alarm("grid.voltage < 100", rule="dead", at="grid"), child])
    park.feed(0, "grid", voltage=0.0)
    park.run(0, 3, power=900.0)
    assert park.state() is AlarmState.SUPPRESSED
    reload(park, child)
    park.run(3, 10, power=900.0)
    assert park.state() is AlarmState.UNACKNOWLEDGED


def test_the_first_of_a_group_is_known_after_a_restart_though_it_is_shelved() -> None:
    rules = [alarm(f"{name} > 10", rule=name, group="boiler") for name in ("pressure", "level", "flame")]
    park = Park(rules)
    park.feed(0, pressure=20.0, level=0.0, flame=0.0)
    park.feed(1, pressure=20.0, level=0.0, flame=20.0)
    park.engine.shelve("pressure:tx1", WANG, "", park.now_ns, HOUR)
    park.save()
    park.kill()
    assert park.engine.view("pressure:tx1").first_out
    park.feed(2, pressure=20.0, level=20.0, flame=20.0)
    assert [event.alarm for event in park.events if event.first_out] == ["pressure:tx1", "pressure:tx1"]


def test_a_group_that_is_normal_again_has_no_first_after_a_restart() -> None:
    rules = [alarm(f"{name} > 10", rule=name, group="boiler") for name in ("pressure", "flame")]
    park = Park(rules)
    park.feed(0, pressure=20.0, flame=0.0)
    park.feed(1, pressure=0.0, flame=20.0)
    park.engine.acknowledge("pressure:tx1", WANG, "", park.now_ns)
    park.save()
    park.engine.acknowledge("flame:tx1", WANG, "", park.now_ns)
    park.feed(2, pressure=0.0, flame=0.0)
    park.save()
    park.kill()
    park.feed(3, pressure=0.0, flame=20.0)
    assert park.events[-1].alarm == "flame:tx1"
    assert park.events[-1].first_out


def test_what_is_saved_fits_json() -> None:
    park = Park(RULES)
    park.run(0, 8, power=900.0, current=20.0)
    assert json.loads(json.dumps(park.engine.memory())) == park.engine.memory()
    assert set(park.engine.changed()) == set(IDS)
