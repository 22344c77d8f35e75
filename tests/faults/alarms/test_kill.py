"""A gateway process that is killed and stopped while alarms come and go: nothing is raised twice or left untold."""

import time
from collections import Counter, defaultdict
from random import Random

from tests.faults.alarms.plant import Plant, until

OVERLOAD = """
alarms:
  overload: {for_each: {profile: meter}, when: power > 800 kW, priority: high}
"""
DELAYED = (
    OVERLOAD
    + """
  slow: {for_each: {devices: [tx1]}, when: power > 900 kW, on_delay: 9 s}
"""
)
ENDING = (
    OVERLOAD
    + """
  gone: {for_each: {profile: meter}, when: power > 10000 kW, no_data: alarm}
  mute: {for_each: {profile: meter}, when: silent()}
"""
)


def test_a_kill_in_the_middle_of_an_on_delay_costs_neither_the_alarm_nor_what_people_did(plant: Plant) -> None:
    plant.write(DELAYED)
    plant.start()
    plant.meters.power.update({2: 850.0, 3: 850.0})
    plant.wait_for("overload:tx2", "unacknowledged")
    plant.wait_for("overload:tx3", "unacknowledged")
    plant.post("/api/v1/alarms/overload:tx2/acknowledge", comment="seen")
    plant.post("/api/v1/alarms/overload:tx3/shelve", duration_s=3600, comment="known")
    overloaded = time.time()
    plant.meters.power[1] = 950.0
    until(lambda: plant.alarm("slow:tx1")["condition"] == "pending", 20, "the delay runs")
    began = time.time()
    time.sleep(4.5)  # the middle of it
    plant.kill()
    assert "slow:tx1" in plant.stored_alarms()
    plant.start()
    restarted = time.time()
    assert plant.alarm("overload:tx2")["state"] == "acknowledged"
    assert plant.alarm("overload:tx2")["acknowledged_by"] == "local administrator"
    shelved = plant.alarm("overload:tx3")
    assert shelved["state"] == "shelved"
    assert abs(shelved["until_ms"] / 1000 - began - 3600) < 15
    raised = plant.wait_for("slow:tx1", "unacknowledged")["since_ms"] / 1000
    assert overloaded + 9 < raised < restarted + 8.4  # of its nine seconds one or two had passed when it was stored
    plant.terminate()
    raises = plant.raises()
    assert raises.count(("slow:tx1", 1)) == 1
    assert set(Counter(raises).values()) == {1}
    assert {alarm for alarm, _ in raises} == {"slow:tx1", "overload:tx1", "overload:tx2", "overload:tx3"}


def test_without_a_kill_every_raise_is_told_once_however_the_receiver_answers(plant: Plant) -> None:
    plant.write(OVERLOAD)
    plant.receiver.script = [500, 0, 200, 0, 200, 503]
    plant.start()
    plant.meters.power.update({1: 850.0, 2: 850.0, 3: 850.0})
    raised = [(f"overload:tx{number}", 1) for number in (1, 2, 3)]
    until(lambda: sorted(plant.receiver.raises()) == raised, 60, "everybody was told")
    plant.terminate()
    assert sorted(plant.receiver.raises()) == raised
    assert plant.raises().count(raised[0]) == 1
    assert_repeats_are_the_same(plant)
    keys = [post.key for post in plant.receiver.taken]
    assert len(set(keys)) == len(keys)
    assert {post.status for post in plant.receiver.posted} == {500, 0, 200, 503}


def test_kills_at_any_moment_leave_no_raise_untold(plant: Plant) -> None:
    plant.write(OVERLOAD)
    random = Random(20261122)
    for number in range(3):
        plant.receiver.script = [random.choice([500, 0, 200]) for _ in range(3)]
        plant.start()
        for meter in (1, 2, 3):
            plant.meters.power[meter] = 850.0 if number % 2 == 0 else 100.0
        time.sleep(random.uniform(0.1, 1.3))  # the moment
        plant.kill()
    plant.meters.power.update({1: 850.0, 2: 850.0, 3: 850.0})
    plant.receiver.script = []
    plant.start()
    until(lambda: plant.alarm("overload:tx3")["condition"] == "active", 30, "the last raise")
    until(lambda: set(plant.raises()) <= set(plant.receiver.raises()), 60, "everybody was told")
    assert plant.terminate() < 10
    raises = plant.raises()
    assert len(raises) >= 3
    assert set(Counter(raises).values()) == {1}
    assert set(raises) <= set(plant.receiver.raises())
    assert_repeats_are_the_same(plant)


def assert_repeats_are_the_same(plant: Plant) -> None:
    """A receiver can drop by its key what it has had; a raise is in two messages only where they are the same."""
    bodies = defaultdict(set)
    keys = defaultdict(set)
    for post in plant.receiver.posted:
        bodies[post.key].add(post.body)
        for one in post.raises:
            keys[one].add(post.key)
    assert all(len(found) == 1 for found in bodies.values())
    assert all(len(found) == 1 for found in keys.values()), keys


def test_a_stop_while_alarms_come_and_go_is_quick_and_raises_nothing(plant: Plant) -> None:
    plant.write(ENDING)
    plant.start()
    plant.meters.power[1] = 850.0
    plant.wait_for("overload:tx1", "unacknowledged")
    plant.meters.power[2] = 850.0
    plant.receiver.script = [0, 500, 0]  # on its way too
    plant.meters.is_frozen.set()  # and the line hangs
    stopped_ms = time.time() * 1000
    assert plant.terminate() < 10
    late = [event for event in plant.journal() if event[3] > stopped_ms and event[1] != "notified"]
    assert [event for event in late if not event[0].startswith("overload")] == []
    assert {alarm.partition(":")[0] for alarm, _ in plant.raises()} == {"overload"}
