"""The alarm keeper: nothing is lost between engine and disk, kills at any point, and time that is only waited for."""

import asyncio
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from gateway.core.alarm import AlarmState
from gateway.core.errors import Unavailable
from gateway.pipeline import alarms
from gateway.store.state import State
from tests.unit.gateway.pipeline.alarm_site import (
    ACKNOWLEDGED,
    RAISED,
    RETURNED,
    Disk,
    Site,
    acknowledge,
    exported_events,
    read_rules,
    running,
)

# -- storing --------------------------------------------------------------------------------------------------------


async def test_a_high_priority_raise_is_on_the_disk_within_a_tenth_of_a_second(site: Site) -> None:
    await site.to(2, power=700.0)
    site.feed(power=850.0)
    await site.to(0.1, step_s=0.1)
    assert await site.transitions() == [RAISED]
    assert await site.stored_states() == {"overload:tx1": "unacknowledged"}
    assert [event.seq for event in site.told] == [1]


async def test_what_is_not_urgent_is_on_the_disk_within_a_second(site: Site) -> None:
    await site.to(6, heat=95.0)
    await site.to(1)
    assert await site.transitions() == [RAISED]


async def test_a_delay_that_began_is_on_the_disk_too_though_it_makes_no_event(site: Site) -> None:
    await running(site, 1.5)
    site.feed(heat=95.0)
    await running(site, 2.5)
    assert await site.stored_states() == {"slow:tx1": "normal"}
    await site.restart()
    await site.to(2.5, heat=95.0)  # it had run for a second when it was stored
    assert await site.transitions() == []
    await site.to(1, heat=95.0)
    await site.keeper.flush()
    assert await site.transitions() == [RAISED]


async def test_windows_of_alarms_that_never_came_are_kept(disk: Disk, tmp_path: Path) -> None:
    rules = "alarms:\n  mean: {for_each: {devices: [tx1]}, when: 'avg(power, 10 min) > 800 kW'}\n"
    site = Site(disk, await asyncio.to_thread(read_rules, tmp_path, rules))
    await site.start()
    await site.to(65, step_s=1, power=100.0)
    kept = await disk.state.do(lambda db: db.execute("SELECT count(*) FROM alarm_memory").fetchone()[0])
    assert kept > 0


async def test_events_and_states_are_never_in_different_transactions(disk: Disk, tmp_path: Path) -> None:
    """The state of an alarm is not stored before its events are: killed in between, nobody would be told of it."""
    rule = "  r{0}: {{for_each: {{profile: meter}}, when: power > {0} kW}}\n"
    rules = "alarms:\n" + "".join(rule.format(number) for number in range(400))
    site = Site(disk, await asyncio.to_thread(read_rules, tmp_path, rules))
    await site.start()
    site.feed(power=900.0)
    site.feed("tx2", power=900.0)
    seen = 0
    for operation in range(1, 30):  # killed after each piece of the storm
        disk.dies_at = disk.operations + 1
        flushing, dying = asyncio.ensure_future(site.keeper.flush()), asyncio.ensure_future(disk.died.wait())
        await asyncio.wait([flushing, dying], return_when=asyncio.FIRST_COMPLETED)
        for task in (flushing, dying):
            task.cancel()
        await asyncio.wait([flushing, dying])
        disk.died.clear()
        raised = {event.alarm for event in await site.journal() if event.transition is RAISED}
        stored = {alarm for alarm, state in (await site.stored_states()).items() if state == "unacknowledged"}
        assert stored <= raised, f"kill {operation}: known as raised, and not in the journal: {len(stored - raised)}"
        seen = len(raised)
        if seen == 800:
            break
        disk.dies_at = None
    assert seen == 800
    assert len(await site.stored_states()) == 800
    assert len(await site.journal()) == 800


async def test_a_failing_disk_keeps_everything_and_gets_it_later_in_order_and_once(site: Site, disk: Disk) -> None:
    disk.fails = 3
    for number in range(4):
        site.feed(power=850.0 + number)
        await site.to(1.25)
        site.feed(power=700.0)
        await site.to(1.25)
    assert any("cannot be stored" in finding for finding in site.keeper.findings) or disk.fails == 0
    await site.to(12)
    assert site.keeper.findings == []
    expected = [(transition, number) for number in range(1, 5) for transition in (RAISED, RETURNED)]
    assert [(event.transition, event.occurrence) for event in await site.journal()] == expected
    assert [event.seq for event in await site.journal()] == list(range(1, 9))
    assert [(event.transition, event.occurrence) for event in site.told] == expected
    assert await site.stored_states() == {"overload:tx1": "returned_unacknowledged"}


async def test_a_failing_disk_is_said_and_not_asked_without_pause(site: Site, disk: Disk) -> None:
    await site.to(2, power=700.0)
    disk.fails = 1_000
    before = disk.operations
    site.feed(power=850.0)
    await site.to(60)
    assert 10 <= disk.operations - before <= 14  # every five seconds
    assert [finding.partition(":")[0] for finding in site.keeper.findings] == ["alarms cannot be stored"]


async def test_more_than_memory_may_hold_loses_the_oldest_and_counts_them(
    site: Site, disk: Disk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alarms, "MAX_WAITING", 10)
    disk.fails = 1_000
    for _ in range(10):
        site.feed(power=850.0)
        site.feed(power=700.0)
    assert site.keeper.counts["journal_lost"] == 10
    disk.fails = 0
    await site.keeper.flush()
    assert [event.occurrence for event in await site.journal()] == [n for n in range(6, 11) for _ in (1, 2)]
    assert await site.stored_states() == {"overload:tx1": "returned_unacknowledged"}


async def test_what_an_operator_does_is_on_the_disk_when_the_answer_goes_out(site: Site) -> None:
    site.feed(power=850.0)
    view = await site.keeper.act("overload:tx1", acknowledge("overload:tx1"))
    assert view is not None
    assert view.state is AlarmState.ACKNOWLEDGED
    assert await site.transitions() == [RAISED, ACKNOWLEDGED]
    assert await site.stored_states() == {"overload:tx1": "acknowledged"}


async def test_an_action_that_cannot_be_stored_is_refused_and_stored_later(site: Site, disk: Disk) -> None:
    site.feed(power=850.0)
    disk.fails = 1
    with pytest.raises(Unavailable):
        await site.keeper.act("overload:tx1", acknowledge("overload:tx1"))
    assert await site.transitions() == []
    await site.to(6)
    assert await site.transitions() == [RAISED, ACKNOWLEDGED]


async def test_actions_at_the_same_time_as_a_storm_are_stored_behind_it(site: Site) -> None:
    site.feed(power=850.0)
    site.feed("tx2", power=850.0)
    views = await asyncio.gather(
        *(site.keeper.act(alarm, acknowledge(alarm)) for alarm in ("overload:tx1", "overload:tx2")), site.keeper.flush()
    )
    assert [view and view.state for view in views[:2]] == [AlarmState.ACKNOWLEDGED] * 2
    assert await site.transitions("overload:tx1") == [RAISED, ACKNOWLEDGED]
    assert await site.transitions("overload:tx2") == [RAISED, ACKNOWLEDGED]


async def test_a_stop_in_the_middle_of_storing_loses_nothing(site: Site) -> None:
    site.feed(power=850.0)
    flushing = asyncio.ensure_future(site.keeper.flush())
    await asyncio.sleep(0)
    flushing.cancel()
    site.feed("tx2", power=850.0)
    await site.keeper.close()
    assert [event.alarm for event in await site.journal()] == ["overload:tx1", "overload:tx2"]
    assert len(await site.stored_states()) == 2


async def test_a_file_that_was_replaced_by_its_copy_gets_every_state_again(site: Site, disk: Disk) -> None:
    site.feed(power=850.0)
    await site.keeper.flush()
    await site.keeper._export.copy()
    site.commit()
    await disk.state.do(partial(_empty, disk.state))  # as the copy was: before the first alarm
    site.feed("tx2", power=850.0)
    await site.keeper.flush()
    await site.keeper._export.copy()
    assert await site.stored_states() == {"overload:tx1": "unacknowledged", "overload:tx2": "unacknowledged"}
    assert [row[0] for row in exported_events(site.exported)] == ["overload:tx1", "overload:tx2"]


def _empty(state: State, db: Any) -> None:
    with state.write(db):
        db.execute("DROP TRIGGER IF EXISTS alarm_event_no_delete")
        db.execute("DELETE FROM alarm_event")
        db.execute("DELETE FROM sqlite_sequence WHERE name = 'alarm_event'")
        db.execute("DELETE FROM alarm_state")


# -- the outbox -------------------------------------------------------------------------------------------------------


async def test_every_event_gets_into_the_outbox_once(site: Site) -> None:
    for number in range(40):
        site.feed(power=850.0)
        await site.to(1)
        site.feed(power=700.0)
        await site.to(1)
        if number % 3 == 0:
            site.commit()
    await site.to(2)
    journal = [(event.alarm, event.transition.value, event.occurrence) for event in await site.journal()]
    assert len(journal) == 80
    assert exported_events(site.exported) == journal


async def test_after_a_kill_the_outbox_has_every_event_at_least_once(site: Site) -> None:
    for number in range(12):
        site.feed(power=850.0)
        site.feed(power=700.0)
        await site.to(1.25)
        if number % 3 == 0:
            site.commit()
        if number % 4 == 3:
            await site.to(1.25)
            del site.exported[-2:]  # not committed yet: gone with the process
            await site.restart()
    await site.to(2)
    journal = [(event.alarm, event.transition.value, event.occurrence) for event in await site.journal()]
    assert len(journal) == 24
    assert set(exported_events(site.exported)) == set(journal)


async def test_a_full_outbox_loses_nothing_and_is_caught_up(site: Site) -> None:
    site.is_full = True
    for _ in range(150):
        site.feed(power=850.0)
        site.feed(power=700.0)
    await site.to(3)
    assert site.exported == []
    site.is_full = False
    await site.to(61)
    assert len(site.exported) == 300
    assert exported_events(site.exported) == [
        (event.alarm, event.transition.value, event.occurrence) for event in await site.journal()
    ]


async def test_an_outbox_that_is_full_after_some_events_goes_on_behind_them(site: Site) -> None:
    room = 7
    store = site.keeper._export._store

    def limited(batch: Any) -> int | None:
        return store(batch) if len(site.exported) < room else None

    site.keeper.connect(site.observe, limited)
    for _ in range(10):
        site.feed(power=850.0)
        site.feed(power=700.0)
    await site.to(2)
    assert len(site.exported) == 7
    room = 1_000
    await site.to(61)
    assert len(set(exported_events(site.exported))) == len(site.exported) == 20
