"""What the deadband passes on: changes, heartbeats, qualities - and never loses a change."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.core.batch import Batch, Block
from gateway.core.device import Device
from gateway.core.point import Deadband, Point, Value
from gateway.core.quality import Quality
from gateway.pipeline.deadband import DeadbandFilter

DEVICE = Device(id="tx1", site="park", enterprise="a", kind="meter")
SECOND = 1_000_000_000


def block(*bands: Deadband | None) -> Block:
    return Block(DEVICE, tuple(Point(f"p{i}", deadband=band) for i, band in enumerate(bands)))


def send(
    keeper: DeadbandFilter,
    blk: Block,
    values: tuple[Value | None, ...],
    at_s: float = 0,
    quality: tuple[Quality, ...] | None = None,
) -> Batch | None:
    return keeper.apply(Batch(blk, values, int(at_s * SECOND), quality))


def test_the_first_value_always_passes() -> None:
    blk = block(Deadband(absolute=1.0))
    assert send(DeadbandFilter(blk), blk, (5.0,)) is not None


def test_a_value_inside_the_band_does_not_pass_and_one_outside_does() -> None:
    blk = block(Deadband(absolute=1.0))
    keeper = DeadbandFilter(blk)
    send(keeper, blk, (5.0,))
    assert send(keeper, blk, (5.9,), 1) is None
    assert send(keeper, blk, (6.1,), 2) is not None
    assert send(keeper, blk, (5.2,), 3) is None


def test_slow_drift_passes_because_the_band_is_around_the_last_sent_value() -> None:
    blk = block(Deadband(absolute=1.0))
    keeper = DeadbandFilter(blk)
    passed = [send(keeper, blk, (i * 0.4,), i) is not None for i in range(10)]
    assert passed.count(True) == 4  # 0, 1.2, 2.4, 3.6


def test_the_heartbeat_passes_an_unchanged_value() -> None:
    blk = block(Deadband(absolute=1.0, heartbeat_s=60))
    keeper = DeadbandFilter(blk)
    send(keeper, blk, (5.0,))
    assert send(keeper, blk, (5.0,), 59.9) is None
    assert send(keeper, blk, (5.0,), 60) is not None


def test_only_the_changed_points_of_a_batch_are_present() -> None:
    blk = block(Deadband(absolute=1.0), Deadband(absolute=1.0), None)
    keeper = DeadbandFilter(blk)
    send(keeper, blk, (1.0, 2.0, 3.0))
    batch = send(keeper, blk, (1.0, 9.0, 3.0), 1)
    assert batch is not None
    assert batch.present == 0b110  # the second changed, the third has no deadband
    assert batch.values == (None, 9.0, 3.0)


def test_a_change_of_quality_passes_once() -> None:
    blk = block(Deadband(absolute=1.0))
    keeper = DeadbandFilter(blk)
    send(keeper, blk, (5.0,))
    bad = (Quality.BAD_TIMEOUT,)
    assert send(keeper, blk, (None,), 1, bad) is not None
    assert send(keeper, blk, (None,), 2, bad) is None
    assert send(keeper, blk, (5.0,), 3) is not None


def test_a_bad_neighbour_that_is_left_out_leaves_no_quality_behind() -> None:
    blk = block(Deadband(absolute=1.0), Deadband(absolute=1.0))
    keeper = DeadbandFilter(blk)
    quality = (Quality.BAD_TIMEOUT, Quality.GOOD)
    send(keeper, blk, (None, 2.0), 0, quality)
    batch = send(keeper, blk, (None, 9.0), 1, quality)
    assert batch is not None
    assert (batch.values, batch.quality, batch.present) == ((None, 9.0), None, 0b10)


def test_a_text_and_a_state_pass_when_they_differ() -> None:
    blk = block(Deadband(), Deadband())
    keeper = DeadbandFilter(blk)
    send(keeper, blk, ("run", True))
    assert send(keeper, blk, ("run", True), 1) is None
    batch = send(keeper, blk, ("stop", True), 2)
    assert batch is not None
    assert batch.present == 0b01


def test_a_relative_band_grows_with_the_value() -> None:
    blk = block(Deadband(percent=10.0))
    keeper = DeadbandFilter(blk)
    send(keeper, blk, (100.0,))
    assert send(keeper, blk, (109.0,), 1) is None
    assert send(keeper, blk, (111.0,), 2) is not None


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=50), st.floats(0, 1e3))
def test_the_receiver_is_never_further_off_than_the_band(values: list[float], width: float) -> None:
    blk = block(Deadband(absolute=width, heartbeat_s=1e9))
    keeper = DeadbandFilter(blk)
    known = float("nan")
    for i, value in enumerate(values):
        if send(keeper, blk, (value,), i) is not None:
            known = value
        assert abs(value - known) <= width * (1 + 1e-9) + 1e-9


def test_a_clock_that_was_set_back_does_not_hold_the_heartbeat_back() -> None:
    for bands in ((Deadband(absolute=1.0, heartbeat_s=60),), (Deadband(absolute=1.0, heartbeat_s=60), None)):
        blk = block(*bands)
        keeper = DeadbandFilter(blk)
        values = (5.0,) * len(bands)
        send(keeper, blk, values, 90_000)
        passed = [at_s for at_s in range(3600, 3780, 10) if _carries_first(send(keeper, blk, values, at_s))]
        assert passed == [3600, 3660, 3720]


def _carries_first(batch: Batch | None) -> bool:
    return batch is not None and (batch.present is None or bool(batch.present & 1))
