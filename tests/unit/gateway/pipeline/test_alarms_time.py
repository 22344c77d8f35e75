"""The alarm keeper: time that is only waited for, steps of the clock, other rules under alarms that stand."""

import asyncio
from itertools import pairwise
from pathlib import Path

import pytest

from gateway.core.alarm import AlarmState, Condition, Transition
from gateway.rulebook import Rulebook
from tests.unit.gateway.pipeline.alarm_site import (
    RAISED,
    RULES,
    WANG,
    Disk,
    Site,
    acknowledge,
    read_rules,
    running,
)

# -- time -------------------------------------------------------------------------------------------------------------


def assert_it_never_spins(site: Site, seconds: float, more: int = 0) -> None:
    """A turn each second, and one for each time that something is stored."""
    sleeps = site.clock.sleeps
    assert len(sleeps) <= seconds * (1 + 1 / 60) + 5 + more
    assert not any(first <= 0 and second <= 0 for first, second in pairwise(sleeps))


async def test_without_rules_time_is_waited_for(disk: Disk) -> None:
    site = Site(disk, Rulebook())
    await site.start()
    await running(site, 300)
    assert_it_never_spins(site, 300)
    assert disk.operations <= 2  # and the disk is left alone


async def test_rules_that_nothing_happens_to_wait(site: Site) -> None:
    site.feed(power=100.0, heat=20.0)
    await running(site, 300)
    assert_it_never_spins(site, 300, more=8)


async def test_a_delay_and_a_flush_are_waited_for_to_the_moment(site: Site) -> None:
    site.feed(heat=95.0)
    task_sleeps = site.clock.sleeps
    await running(site, 4.5)
    assert site.condition("slow:tx1") is not Condition.INACTIVE
    assert len(task_sleeps) <= 12
    assert_it_never_spins(site, 4.5, more=6)


async def test_an_alarm_that_stands_for_long_costs_no_turns(site: Site) -> None:
    site.feed(power=850.0)
    await running(site, 300)
    assert site.state() is AlarmState.UNACKNOWLEDGED
    assert_it_never_spins(site, 300, more=10)


async def test_a_disk_that_fails_for_long_costs_no_turns(site: Site, disk: Disk) -> None:
    site.feed(power=850.0)
    disk.fails = 10_000
    await running(site, 300)
    assert_it_never_spins(site, 300, more=65)
    assert disk.operations < 70


async def test_a_disk_that_fails_while_events_are_copied_to_the_outbox_stops_no_timer(site: Site, disk: Disk) -> None:
    site.feed(power=850.0)
    await site.keeper.flush()
    disk.fails = 1
    await site.keeper._flush_quietly()
    assert site.exported == []
    await site.to(61)
    assert len(site.exported) == 1


async def test_a_stop_that_takes_long_costs_no_turns(site: Site) -> None:
    site.feed(heat=95.0)
    site.keeper.look_away()
    await running(site, 30)
    assert_it_never_spins(site, 30)


@pytest.mark.parametrize("step_s", [3600, -3600])
async def test_a_step_of_the_wall_clock_raises_and_ends_nothing(site: Site, step_s: int) -> None:
    site.feed(power=850.0, heat=95.0)
    site.feed("tx2", power=850.0)
    site.feed("tx2", power=100.0)
    await site.keeper.act("overload:tx1", lambda e, now: e.shelve("overload:tx1", WANG, "", now, 1800 * 10**9))
    await site.to(2, power=850.0, heat=95.0)  # the other one's delay is half over
    before, standing = await site.transitions(), site.standing()
    site.clock.wall_ns += step_s * 10**9
    await site.to(1.75, power=850.0, heat=95.0)
    assert await site.transitions() == before
    assert {alarm: seen[:2] for alarm, seen in site.standing().items()} == {
        alarm: seen[:2] for alarm, seen in standing.items()
    }
    await site.to(3, power=850.0, heat=95.0)
    assert await site.transitions("slow:tx1") == [RAISED]  # as if nothing had been
    assert site.state() is AlarmState.SHELVED
    await site.to(1790, step_s=1, power=850.0, heat=95.0)
    assert site.state() is AlarmState.SHELVED
    await site.to(10, step_s=1, power=850.0, heat=95.0)
    assert site.state() is AlarmState.UNACKNOWLEDGED


async def test_a_stop_lets_no_time_pass_for_alarms(site: Site) -> None:
    """What the stop does to the data, silence above all, is no news."""
    await site.to(3, heat=95.0)
    site.keeper.look_away()
    await site.to(30)
    assert await site.transitions() == []
    await site.keeper.close()
    assert await site.transitions() == []


# -- other rules ------------------------------------------------------------------------------------------------------


async def test_rules_are_changed_under_alarms_that_stand(site: Site, tmp_path: Path) -> None:
    site.feed(power=850.0, heat=95.0)
    site.feed("tx2", power=850.0)
    await site.keeper.act("overload:tx1", acknowledge("overload:tx1"))
    await site.keeper.act("overload:tx2", lambda e, now: e.shelve("overload:tx2", WANG, "", now, 900 * 10**9))
    await site.to(3, heat=95.0, power=850.0)
    changed = RULES.replace("  slow:", "  other:").replace("heat > 90 °C", "heat > 94 °C").replace("4 s", "2 s")
    site.rulebook = await asyncio.to_thread(read_rules, tmp_path, changed)
    site.keeper.reload(site.rulebook, {})
    await site.to(3.5, heat=95.0, power=850.0)
    assert site.state() is AlarmState.ACKNOWLEDGED
    assert site.state("overload:tx2") is AlarmState.SHELVED
    assert site.state("other:tx1") is AlarmState.UNACKNOWLEDGED
    assert await site.transitions("slow:tx1") == []  # it was only pending


async def test_other_rules_leave_a_delay_the_time_that_it_has_run(site: Site, tmp_path: Path) -> None:
    site.feed(heat=95.0)
    await site.to(3, heat=95.0)
    site.keeper.reload(
        await asyncio.to_thread(read_rules, tmp_path, RULES.replace("priority: high", "priority: medium")), {}
    )
    site.feed(heat=95.0)  # as the snapshot gives the newest values to other rules
    await site.to(0.75)
    assert site.state("slow:tx1") is AlarmState.NORMAL
    await site.to(0.5, heat=95.0)
    assert site.state("slow:tx1") is AlarmState.UNACKNOWLEDGED


async def test_an_alarm_whose_rule_is_gone_ends_in_the_journal_and_on_the_disk(site: Site, tmp_path: Path) -> None:
    site.feed(power=850.0)
    await site.to(1)
    site.keeper.reload(Rulebook(), {})
    await site.to(1)
    assert await site.transitions() == [RAISED, Transition.REMOVED]
    assert await site.stored_states() == {}
    assert site.keeper.views() == []
    await site.restart()
    assert await site.transitions() == [RAISED, Transition.REMOVED]
