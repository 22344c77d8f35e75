"""The latest value of every point, and whether a device answers."""

from gateway.core.batch import Batch, Block
from gateway.core.device import Device
from gateway.core.point import Point
from gateway.core.ports import Fault
from gateway.core.quality import Quality
from gateway.pipeline.snapshot import DeviceState, Sample, Snapshot
from tests.unit.gateway.pipeline.conftest import ManualClock

SECOND = 1_000_000_000
METER = Device(id="m1", site="park", enterprise="a", kind="meter", connection="line", driver="modbus")
OVEN = Device(id="oven", site="park", enterprise="a", kind="machine")
BLOCK = Block(METER, (Point("p"), Point("q")), 1.0, (1, 2))


def snapshot() -> Snapshot:
    known = Snapshot([METER, OVEN])
    known.register(BLOCK)
    return known


def test_a_point_that_was_never_read_has_no_sample() -> None:
    assert snapshot().sample("m1.p") is None


def test_the_latest_value_is_kept_with_its_time() -> None:
    known = snapshot()
    known.update(Batch(BLOCK, (1.0, 2.0), 5 * SECOND))
    known.update(Batch(BLOCK, (1.5, None), 6 * SECOND, (Quality.GOOD, Quality.BAD_TIMEOUT)))
    assert known.sample("m1.p") == Sample(1.5, Quality.GOOD, 6 * SECOND, 1.0)
    assert known.sample("m1.q") == Sample(None, Quality.BAD_TIMEOUT, 6 * SECOND, 1.0)


def test_a_late_batch_changes_nothing_and_is_counted() -> None:
    known = snapshot()
    known.update(Batch(BLOCK, (1.0, 2.0), 5 * SECOND))
    assert not known.update(Batch(BLOCK, (9.0, 9.0), 4 * SECOND))
    assert known.late == 1
    assert known.sample("m1.p") == Sample(1.0, Quality.GOOD, 5 * SECOND, 1.0)


def test_points_that_a_message_leaves_out_keep_their_value_and_age() -> None:
    known = snapshot()
    known.update(Batch(BLOCK, (1.0, 2.0), 5 * SECOND))
    known.update(Batch(BLOCK, (3.0, None), 6 * SECOND, None, 0b01))
    assert known.sample("m1.p") == Sample(3.0, Quality.GOOD, 6 * SECOND, 1.0)
    assert known.sample("m1.q") == Sample(2.0, Quality.GOOD, 5 * SECOND, 1.0)


def test_a_device_without_a_connection_is_known_and_not_connected() -> None:
    assert snapshot().state("oven", SECOND) == (DeviceState.NOT_CONNECTED, None)


def test_a_device_waits_then_answers_then_is_silent_then_answers_again() -> None:
    known = snapshot()
    assert known.state("m1", 0)[0] is DeviceState.WAITING
    known.update(Batch(BLOCK, (1.0, 2.0), 10 * SECOND))
    known.update(Batch(BLOCK, (1.0, 2.0), 11 * SECOND))
    assert known.state("m1", 12 * SECOND) == (DeviceState.ANSWERING, 10 * SECOND)
    assert known.state("m1", 30 * SECOND) == (DeviceState.SILENT, 11 * SECOND)
    known.update(Batch(BLOCK, (1.0, 2.0), 40 * SECOND))
    assert known.state("m1", 41 * SECOND) == (DeviceState.ANSWERING, 40 * SECOND)


def test_a_fault_of_the_whole_device_makes_it_silent_at_once_and_one_of_a_point_does_not() -> None:
    known = snapshot()
    known.update(Batch(BLOCK, (1.0, 2.0), 10 * SECOND))
    known.fault("m1", Fault("m1", 0, Quality.BAD_NO_REGISTER, "no register 3110", ("q",)), ("q",))
    assert known.state("m1", 11 * SECOND)[0] is DeviceState.ANSWERING
    known.fault("m1", Fault("m1", 0, Quality.BAD_TIMEOUT, "no answer within 1 s"))
    assert known.state("m1", 11 * SECOND) == (DeviceState.SILENT, 10 * SECOND)
    known.fault("m1", None)
    assert known.state("m1", 11 * SECOND)[0] is DeviceState.ANSWERING
    assert len(known.faults("m1")) == 1


def test_an_all_bad_batch_is_no_answer() -> None:
    known = snapshot()
    known.update(Batch(BLOCK, (None, None), 10 * SECOND, (Quality.BAD_TIMEOUT,) * 2))
    assert known.last_answer_ns("m1") is None


def test_a_clock_that_was_set_back_a_day_stops_neither_values_nor_states(clock: ManualClock) -> None:
    known = Snapshot([METER, OVEN], clock)
    known.register(BLOCK)
    known.update(Batch(BLOCK, (1.0, 2.0), clock.now_ns))
    clock.now_ns -= 86_400 * SECOND
    assert known.state("m1", clock.now_ns)[0] is DeviceState.SILENT  # until it answers
    assert known.update(Batch(BLOCK, (3.0, 4.0), clock.now_ns))
    assert known.sample("m1.p") == Sample(3.0, Quality.GOOD, clock.now_ns, 1.0)
    assert known.state("m1", clock.now_ns) == (DeviceState.ANSWERING, clock.now_ns)
    assert known.late == 0


def test_what_comes_late_from_a_device_with_a_fast_clock_is_still_late(clock: ManualClock) -> None:
    known = Snapshot([METER], clock)
    known.register(BLOCK)
    known.update(Batch(BLOCK, (1.0, 2.0), clock.now_ns + 200 * SECOND))
    assert not known.update(Batch(BLOCK, (9.0, 9.0), clock.now_ns + 100 * SECOND))
    assert known.state("m1", clock.now_ns + 10 * SECOND)[0] is DeviceState.SILENT


def test_what_is_fresh_is_one_batch_a_block_with_the_newest_value_of_each_point() -> None:
    known = snapshot()
    assert list(known.fresh(SECOND)) == []
    known.update(Batch(BLOCK, (1.0, None), 5 * SECOND, None, 0b01))
    (partial,) = known.fresh(6 * SECOND)
    assert (partial.values, partial.present, partial.quality) == ((1.0, None), 0b01, None)
    known.update(Batch(BLOCK, (None, None), 6 * SECOND, (Quality.GOOD, Quality.BAD_TIMEOUT), 0b10))
    (whole,) = known.fresh(7 * SECOND)
    assert (whole.values, whole.present) == ((1.0, None), None)
    assert whole.quality == (Quality.GOOD, Quality.BAD_TIMEOUT)
    assert list(known.fresh(60 * SECOND)) == []
