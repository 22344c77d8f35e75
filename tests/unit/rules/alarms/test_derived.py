"""Derived points: computed at most once in their interval, flowing like values of a device."""

from gateway.core.batch import Batch
from gateway.core.point import ValueType
from gateway.core.quality import Quality
from tests.unit.rules.alarms.engine_park import SECOND, START_NS, WALL_NS, Park, alarm, derived


class Plant(Park):
    """Hands batches of derived points back, as the intake does."""

    def hand_back(self) -> None:
        seen = getattr(self, "_seen", 0)
        while seen < len(self.batches):
            seen += 1
            self._seen = seen
            self.engine.observe(self.batches[seen - 1], self.now_ns)


def values(park: Park) -> list[tuple[float, object]]:
    """When, and what, of the first point."""
    return [((batch.time_ns - WALL_NS) / SECOND, batch.values[0]) for batch in park.batches]


def test_a_derived_point_follows_its_inputs() -> None:
    park = Park([], [derived("share", "power * 100 / 1000")])
    for second in range(4):
        park.feed(second, power=100.0 * second)
    assert values(park) == [(0, 0.0), (1, 10.0), (2, 20.0), (3, 30.0)]
    assert park.batches[0].block is park.batches[3].block is park.engine.derived_blocks[0]
    assert park.batches[0].block.interval_s == 1.0
    assert park.batches[0].quality is None


def test_it_is_computed_at_most_once_in_its_interval_and_the_last_input_is_not_lost() -> None:
    park = Park([], [derived("double", "power * 2")])
    for tenth in range(25):
        park.feed(tenth / 10, power=float(tenth))
    assert values(park) == [(0, 0.0), (0.9, 18.0), (1.8, 36.0)]
    park.to(2.9)
    assert values(park)[-1] == (2.8, 48.0)


def test_what_does_not_change_is_not_computed_but_stays_alive() -> None:
    park = Park([], [derived("double", "power * 2")])
    park.run(0, 5, power=4.0)
    park.to(5.5)
    assert {value for _, value in values(park)} == {8.0}
    assert len(park.batches) >= 5
    count = len(park.batches)
    park.to(9.9)
    assert len(park.batches) <= count + 1
    park.to(30)
    last = park.batches[-1]
    assert (last.values, last.quality) == ((None,), (Quality.BAD_NOT_AVAILABLE,))
    assert values(park)[-1][0] == 10  # its input was stale then


def test_uncertain_stays_uncertain_and_nonsense_is_bad() -> None:
    park = Park(
        [], [derived("a", "power * 2"), derived("b", "power / current"), derived("whole", "power", kind=ValueType.INT)]
    )
    park.feed(0, quality=Quality.UNCERTAIN_RANGE, power=1.5, current=0.0)
    (batch,) = park.batches
    assert batch.values == (3.0, None, None)
    assert batch.quality is not None
    assert batch.quality[0] is Quality.UNCERTAIN_RANGE
    assert batch.quality[1] is Quality.BAD_NOT_AVAILABLE
    assert batch.quality[2] is Quality.BAD_TYPE
    park.feed(1, power=None, current=1.0)
    assert park.batches[-1].values == (None, None, None)


def test_points_of_one_device_and_interval_come_in_one_batch_and_only_those_that_are_new() -> None:
    park = Park(
        [], [derived("a", "power * 2"), derived("b", "other.power * 2"), derived("slow", "power", interval_s=60)]
    )
    assert [len(block.points) for block in park.engine.derived_blocks] == [2, 1]
    park.feed(0, power=1.0)
    assert [(batch.values, batch.present) for batch in park.batches] == [((2.0, None), 0b01), ((1.0,), None)]
    park.feed(0.5, "other", power=2.0)
    assert (park.batches[-1].values, park.batches[-1].present) == ((None, 4.0), 0b10)


def test_derived_points_may_be_computed_from_derived_points_and_watched() -> None:
    park = Plant([alarm("sum4 > 100")], [derived("sum4", "sum2 * 2"), derived("sum2", "power * 2")])
    assert [block.points[0].name for block in park.engine.derived_blocks] == ["sum2"]
    for second in range(3):
        park.feed(second, power=30.0)
        for _ in range(3):
            park.hand_back()
            park.engine.advance(park.now_ns)
    assert [event.value for event in park.events] == [120.0]


def test_a_receiver_may_hand_the_batch_back_at_once() -> None:
    park = Park([alarm("double > 100")], [derived("double", "power * 2"), derived("more", "double + 1")])

    def observe(batch: Batch) -> None:
        park.batches.append(batch)
        park.engine.observe(batch, park.now_ns)

    park.engine._emit_batch = observe
    park.feed(0, power=60.0)
    assert park.events[0].value == 120.0
    assert park.batches[-1].values[-1] == 121.0


def test_windows_of_derived_points_move_with_time() -> None:
    park = Park([], [derived("open_s", "duration(door_event > 0)", interval_s=10)], interval_s=0.0)
    park.feed(0, door_event=1.0)
    park.to(35)
    assert [round(value) for _, value in values(park)] == [0, 10, 20, 30]


def test_windows_survive_a_kill() -> None:
    park = Park([], [derived("mean", "avg(power, 1 min)")])
    park.run(0, 30, power=100.0)
    park.save()
    park.kill(new_steady_ns=START_NS * 3)
    park.feed(31, power=0.0)
    assert park.batches[-1].values[0] > 80.0
