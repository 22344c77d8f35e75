"""The account of a device: reasons hold for what they explain, silences become outages, clocks may step."""

import pytest

from gateway.core.batch import Batch, Block
from gateway.core.device import Device
from gateway.core.point import Point
from gateway.core.ports import Fault
from gateway.core.quality import Quality
from rules.connectivity.block import BlockAccount
from rules.connectivity.device import DeviceAccount
from rules.connectivity.reason import Reason
from rules.connectivity.silence import Outage
from rules.connectivity.tally import Tally

SECOND_NS = 10**9
START_NS = 1_790_000_000 * SECOND_NS
METER = Device("m1", "park", "acme", "meter", connection="line")


class Bench:
    """A device with one block of two points every second; `step` moves the wall clock alone."""

    def __init__(self, *, is_listened: bool = False) -> None:
        self.now_ns, self.steady_ns = START_NS, 5 * SECOND_NS
        self.last_ns: int | None = None
        self.device = DeviceAccount("m1", self.now_ns, self.steady_ns, is_listened=is_listened)
        self.block = Block(METER, (Point("p"), Point("q")), 1.0)
        self.account: BlockAccount = self.device.add(self.block, 5 * SECOND_NS)
        self.seen: list[Outage] = []
        self.tally = Tally()

    def note(self, outage: Outage | None) -> None:
        if outage is not None:
            self.seen.append(outage)

    def give(self, *quality: Quality) -> None:
        batch = Batch(self.block, tuple(None if q >= 128 else 1.0 for q in quality or (0, 0)), 0, quality or None)
        if self.account.is_plain and not quality:
            self.account.full += 1
        else:
            self.note(self.device.note(self.account, batch, self.steady_ns))
        if not quality or min(quality) < 128:
            self.last_ns = self.now_ns

    def run(self, seconds: int, *, answers: bool) -> None:
        """Seconds pass, each with its answer in the middle or without."""
        for _ in range(seconds):
            self.move(0.5)
            if answers:
                self.give()
            self.move(0.5)
            if (self.steady_ns // SECOND_NS) % 60 == 0:
                self.tick()

    def move(self, seconds: float) -> None:
        self.now_ns += round(seconds * SECOND_NS)
        self.steady_ns += round(seconds * SECOND_NS)

    def tick(self) -> None:
        self.note(self.device.settle(self.last_ns, self.now_ns, self.steady_ns))

    def fault(self, quality: Quality | None, *points: str) -> None:
        fault = None if quality is None else Fault("m1", self.now_ns, quality, f"says {quality.reason}", points)
        self.note(self.device.fault(fault, points, self.last_ns, self.now_ns, self.steady_ns))

    def total(self) -> Tally:
        self.device.settle(self.last_ns, self.now_ns, self.steady_ns, is_graceful=False)
        self.tally.add(self.device.take())
        return self.tally


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_a_gap_is_explained_by_the_fault_that_was_said_in_it(bench: Bench) -> None:
    bench.run(30, answers=True)
    bench.run(3, answers=False)
    bench.fault(Quality.BAD_TIMEOUT)
    bench.run(17, answers=False)
    bench.fault(None)
    bench.run(40, answers=True)
    tally = bench.total()
    assert (tally.good, dict(tally.missing)) == (140, {Reason.TIMEOUT: 40})


def test_each_part_of_a_gap_has_the_reason_that_held_then(bench: Bench) -> None:
    bench.run(10, answers=True)
    bench.fault(Quality.BAD_TIMEOUT)
    bench.run(10, answers=False)
    bench.fault(Quality.BAD_DISCONNECTED)
    bench.run(20, answers=False)
    bench.fault(None)
    bench.run(10, answers=True)
    assert dict(bench.total().missing) == {Reason.TIMEOUT: 20, Reason.DISCONNECTED: 40}


def test_the_quality_of_the_last_batch_explains_a_gap_where_no_fault_was_said(bench: Bench) -> None:
    bench.run(10, answers=True)
    bench.give(Quality.BAD_DEVICE, Quality.BAD_DEVICE)
    bench.run(10, answers=False)
    bench.run(10, answers=True)
    tally = bench.total()
    assert (tally.good, dict(tally.missing)) == (40, {Reason.DEVICE: 20})


def test_values_that_are_refused_are_missing_while_the_others_come(bench: Bench) -> None:
    bench.fault(Quality.BAD_NO_REGISTER, "q")
    for _ in range(10):
        bench.move(0.5)
        bench.note(bench.device.note(bench.account, Batch(bench.block, (1.0, None), 0, None, 0b01), bench.steady_ns))
        bench.move(0.5)
    tally = bench.total()
    assert (tally.good, dict(tally.missing)) == (10, {Reason.NO_REGISTER: 10})
    bench.fault(None, "q")
    bench.run(10, answers=True)
    assert (bench.total().good, bench.tally.missing.total()) == (30, 10)


def test_a_publisher_that_is_not_heard_is_silent_not_timed_out() -> None:
    bench = Bench(is_listened=True)
    bench.run(10, answers=True)
    bench.fault(Quality.BAD_TIMEOUT)
    bench.run(10, answers=False)
    assert dict(bench.total().missing) == {Reason.SILENT: 20}


def test_after_a_reconnect_a_publisher_that_says_nothing_is_silent() -> None:
    bench = Bench(is_listened=True)
    bench.give(Quality.BAD_DISCONNECTED, Quality.BAD_DISCONNECTED)
    bench.fault(Quality.BAD_DISCONNECTED)
    bench.run(10, answers=False)
    bench.fault(None)
    bench.run(10, answers=False)
    assert dict(bench.total().missing) == {Reason.DISCONNECTED: 20, Reason.SILENT: 20}


def test_a_silence_longer_than_its_values_stay_fresh_is_an_outage_from_the_last_answer(bench: Bench) -> None:
    bench.run(30, answers=True)
    bench.run(3, answers=False)
    bench.fault(Quality.BAD_TIMEOUT)
    bench.run(17, answers=False)
    bench.fault(None)
    bench.run(1, answers=True)
    (_, ended) = bench.seen
    assert ended.from_ns == START_NS + round(29.5 * SECOND_NS)
    assert ended.to_ns == START_NS + round(50.5 * SECOND_NS)
    assert (ended.reason, ended.message) == (Reason.TIMEOUT, "says timeout")


def test_a_short_silence_is_no_outage(bench: Bench) -> None:
    bench.run(30, answers=True)
    bench.run(1, answers=False)
    bench.fault(Quality.BAD_TIMEOUT)
    bench.run(2, answers=False)
    bench.fault(None)
    bench.run(30, answers=True)
    assert bench.seen == []


def test_an_outage_that_nobody_explained_shows_at_the_next_tick() -> None:
    bench = Bench(is_listened=True)
    bench.run(10, answers=True)
    bench.run(180, answers=False)
    (begun,) = bench.seen
    assert (begun.from_ns, begun.to_ns, begun.reason) == (START_NS + round(9.5 * SECOND_NS), None, Reason.SILENT)


@pytest.mark.parametrize("step_s", [-3600, 3600, 86_400])
def test_a_step_of_the_clock_neither_books_time_nor_makes_an_outage_longer(bench: Bench, step_s: int) -> None:
    bench.run(120, answers=True)
    bench.now_ns += step_s * SECOND_NS
    bench.run(120, answers=True)
    assert bench.seen == []
    bench.fault(Quality.BAD_TIMEOUT)
    bench.run(10, answers=False)
    bench.now_ns += step_s * SECOND_NS
    bench.run(10, answers=False)
    bench.fault(None)
    bench.run(40, answers=True)
    tally = bench.total()
    assert (tally.expected, tally.good) == (600, 560)
    ended = bench.seen[-1]
    assert ended.to_ns is not None
    assert ended.to_ns - ended.from_ns == 21 * SECOND_NS


def test_what_comes_when_it_comes_may_be_quiet_for_long() -> None:
    device = DeviceAccount("m1", START_NS, 0, is_listened=True)
    device.add(Block(METER, (Point("p"),), 0.0), 2 * SECOND_NS)
    assert device.settle(None, START_NS + 10**13, 10**13) is None
