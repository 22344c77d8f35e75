"""The account of one block: expected is good plus the samples of all reasons, point by point, whatever comes."""

from hypothesis import given
from hypothesis import strategies as st

from gateway.core.batch import Batch, Block
from gateway.core.device import Device
from gateway.core.point import Point
from gateway.core.quality import Quality
from rules.connectivity.block import BlockAccount
from rules.connectivity.reason import FLAWS, Reason
from rules.connectivity.tally import Tally

SECOND_NS = 10**9
DEVICE = Device("m1", "park", "acme", "meter", connection="line")


class Bench:
    """A block of some points, one second, and time that a test moves."""

    def __init__(self, points: int = 4, interval_s: float = 1.0, *, is_listened: bool = False) -> None:
        names = [f"p{i}" for i in range(points)]
        self.block = Block(DEVICE, tuple(Point(name) for name in names), interval_s)
        self.account = BlockAccount(names, round(interval_s * SECOND_NS), 0, is_listened=is_listened)
        self.tally = Tally()
        self.now_ns = 0

    def batch(self, *qualities: Quality, present: int | None = None) -> Batch:
        given = qualities or (Quality.GOOD,) * len(self.block.points)
        values = tuple(
            1.0 if quality < 128 and (present is None or present >> i & 1) else None for i, quality in enumerate(given)
        )
        return Batch(self.block, values, self.now_ns, given if any(given) else None, present)

    def take(self, batch: Batch) -> None:
        good, bad, _, _ = self.account.sort(batch)
        self.account.count(good, bad)

    def run(self, seconds: int, *batches: Batch) -> None:
        """Each second, in its middle, these batches come."""
        for _ in range(seconds):
            for batch in batches:
                self.take(batch)
            self.now_ns += SECOND_NS

    def settle(self, device: Reason | None = None, *, is_graceful: bool = False) -> Tally:
        self.account.settle(self.now_ns, device, self.tally, is_graceful=is_graceful)
        return self.tally


def test_what_comes_every_second_is_all_there() -> None:
    bench = Bench()
    bench.run(60, bench.batch())
    tally = bench.settle()
    assert (tally.expected, tally.good, tally.rate) == (240, 240, 1.0)
    assert not tally.missing


def test_what_may_come_yet_is_not_missing_before_the_next_settlement() -> None:
    bench = Bench()
    bench.run(60, bench.batch())
    bench.run(1)
    assert bench.settle(is_graceful=True).missing.total() == 0
    bench.run(1, bench.batch(), bench.batch())
    assert bench.settle(is_graceful=True).rate == 1.0
    bench.run(1)
    bench.settle(is_graceful=True)
    bench.run(60, bench.batch())
    assert bench.settle(is_graceful=True).missing.total() == 4


def test_samples_that_hold_no_value_came_and_are_bad() -> None:
    bench = Bench()
    bench.run(10, bench.batch(Quality.GOOD, Quality.BAD_NOT_AVAILABLE, Quality.GOOD, Quality.UNCERTAIN_RANGE))
    tally = bench.settle()
    assert (tally.good, tally.bad, tally.expected) == (30, {Reason.NOT_AVAILABLE: 10}, 40)


def test_samples_without_a_value_are_booked_by_what_was_wrong_with_them() -> None:
    bench = Bench()
    wrong = Quality.BAD_NOT_A_NUMBER, Quality.BAD_TYPE, Quality.GOOD, Quality.BAD_TIMEOUT
    bench.run(10, bench.batch(*wrong))
    bench.run(5, bench.batch(*reversed(wrong)))
    tally = bench.settle(Reason.TIMEOUT)
    assert tally.good == 15
    assert tally.bad == {Reason.NOT_A_NUMBER: 15, Reason.TYPE: 15}
    assert tally.reasons == {Reason.NOT_A_NUMBER: 15, Reason.TYPE: 15, Reason.TIMEOUT: 15}
    assert tally.expected == 60


def test_a_sample_without_a_value_that_is_early_keeps_its_reason_until_it_is_due() -> None:
    bench = Bench(points=1)
    bench.run(1, bench.batch(Quality.BAD_ENCODING), bench.batch(Quality.BAD_TYPE))
    assert bench.settle(is_graceful=True).reasons == {Reason.ENCODING: 1}
    bench.run(1)
    assert bench.settle(is_graceful=True).reasons == {Reason.ENCODING: 1, Reason.TYPE: 1}


def test_points_that_the_device_refuses_are_missing_for_their_own_reason() -> None:
    bench = Bench()
    bench.account.blame(bench.account.mask_of(["p1", "p3"]), Reason.NO_REGISTER)
    bench.run(10, bench.batch(present=0b0101))
    tally = bench.settle()
    assert (tally.good, tally.missing) == (20, {Reason.NO_REGISTER: 20})


def test_a_message_that_always_brings_the_same_point_does_not_stand_for_the_others() -> None:
    bench = Bench(is_listened=True)
    bench.run(10, *[bench.batch(present=0b0001)] * 4)
    tally = bench.settle()
    assert (tally.good, tally.missing) == (10, {Reason.SILENT: 30})


def test_messages_that_bring_one_point_each_are_together_complete() -> None:
    bench = Bench(is_listened=True)
    bench.run(10, *(bench.batch(present=1 << i) for i in range(4)))
    assert bench.settle().rate == 1.0


def test_more_than_was_asked_for_is_never_more_than_all() -> None:
    bench = Bench()
    bench.run(60, *[bench.batch()] * 3)
    assert bench.settle().rate == 1.0
    bench.run(60)
    assert bench.settle().good <= 240 + 4 * 3  # what came before does not fill the hole after


def test_a_read_more_at_the_start_does_not_fill_a_later_hole() -> None:
    bench = Bench(points=1, interval_s=900.0)
    bench.take(bench.batch())  # as soon as the line is there
    for minute in range(40):
        if minute == 8:
            bench.take(bench.batch())  # at the beat; the next one is missed
        bench.run(60)
        bench.settle(is_graceful=True)
    assert (bench.tally.good, bench.tally.missing.total()) == (1, 1)


def test_points_that_another_block_has_taken_over_are_expected_no_more() -> None:
    bench = Bench()
    bench.account.give_up(bench.account.mask_of(["p0"]))
    bench.run(10, bench.batch())
    tally = bench.settle()
    assert (tally.good, tally.expected) == (30, 30)


def test_what_comes_when_it_comes_counts_by_the_minutes_in_which_nothing_stood_against_it() -> None:
    bench = Bench(interval_s=0.0)
    bench.take(bench.batch())
    bench.run(600)
    assert (bench.settle().good, bench.tally.expected) == (10, 10)
    bench.run(300)
    assert bench.settle(Reason.DISCONNECTED).missing == {Reason.DISCONNECTED: 5}


qualities = st.sampled_from(list(Quality))
steps = st.lists(
    st.one_of(
        st.tuples(st.just("pass"), st.integers(0, 400)),
        st.tuples(st.just("batch"), st.tuples(*[qualities] * 3), st.one_of(st.none(), st.integers(1, 7))),
        st.tuples(st.just("full"), st.integers(0, 100)),
        st.tuples(st.just("blame"), st.integers(1, 7), st.sampled_from([None, Reason.DEVICE])),
        st.tuples(st.just("settle"), st.sampled_from([None, Reason.TIMEOUT]), st.booleans()),
    ),
    max_size=40,
)


@given(steps, st.sampled_from([0.5, 1.0, 7.0, 90.0]))
def test_whatever_comes_expected_is_what_the_intervals_ask_for(plan: list[tuple], interval_s: float) -> None:  # type: ignore[type-arg]
    bench = Bench(points=3, interval_s=interval_s)
    for kind, *rest in plan:
        if kind == "pass":
            bench.now_ns += rest[0] * SECOND_NS
        elif kind == "batch":
            bench.take(bench.batch(*rest[0], present=rest[1]))
        elif kind == "full":
            bench.account.full += rest[0]
        elif kind == "blame":
            bench.account.blame(*rest)
        else:
            before = (bench.tally.good, bench.tally.bad.total(), bench.tally.expected)
            bench.settle(rest[0], is_graceful=rest[1])
            after = (bench.tally.good, bench.tally.bad.total(), bench.tally.expected)
            assert all(x <= y for x, y in zip(before, after, strict=True))
    tally = bench.settle()
    assert tally.expected == 3 * (bench.now_ns // round(interval_s * SECOND_NS))
    assert tally.expected == tally.good + sum(tally.reasons.values())
    assert set(tally.bad) <= FLAWS - {Reason.NO_VALUE}
    assert not set(tally.missing) & FLAWS
    assert tally.rate is None or 0.0 <= tally.rate <= 1.0
    assert min([tally.good, *tally.bad.values(), *tally.missing.values()]) >= 0


def test_many_kinds_of_messages_need_no_more_memory() -> None:
    bench = Bench(points=10, interval_s=60.0, is_listened=True)
    for kind in range(1, 1024):
        bench.take(bench.batch(present=kind))
    assert len(bench.account._kinds) <= 65
    bench.run(60)
    assert bench.account.settle(bench.now_ns, None, bench.tally)
    assert bench.tally.rate == 1.0
