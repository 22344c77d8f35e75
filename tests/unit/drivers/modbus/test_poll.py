"""Learning from refusals: bisected one level a cycle, absent registers found exactly, few reads in the end."""

from collections.abc import Callable

from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.modbus.config import PointAddress
from drivers.modbus.plan import Limits, plan_reads
from drivers.modbus.poll import REPROBE_S, TRIED_AT_ONCE, Layout, Poll, PollRead
from drivers.modbus.unit import Unit
from gateway.core.batch import Block
from gateway.core.device import Device
from gateway.core.point import Point
from gateway.core.quality import Quality

Answers = Callable[[PollRead], int]
"""What the device does: an exception code, 0 for data."""


def poll_of(places: list[PointAddress], limits: Limits | None = None) -> Poll:
    limits = limits or Limits()
    points = [Point(f"p{place.address}") for place in places]
    (read,) = plan_reads(places, limits)
    layout = Layout.of(points, places, read, limits)
    return Poll(Block(Device("d", "s", "e", "meter"), layout.points, 1.0), layout, Unit(1))


def words(addresses: range | list[int]) -> list[PointAddress]:
    return [PointAddress(address=address) for address in addresses]


def cycle(poll: Poll, answers: Answers, now: float = 0.0) -> list[PollRead]:
    """One cycle as the endpoint drives it; returns what was asked."""
    asked = list(poll.turn(now))
    for request in asked:
        code = answers(request)
        if code:
            poll.refuse(request, is_quantity=code == 3)
            poll.postpone_absent(now)
        else:
            poll.prove(request)
            poll.settle()
    return asked


def settled(poll: Poll, answers: Answers, most: int = 60) -> list[tuple[int, int]]:
    """The spans of the reads once nothing is left to try."""
    for _ in range(most):
        cycle(poll, answers)
        if not poll.untested:
            return sorted((request.read.start, request.read.end) for request in poll.proven)
    raise AssertionError("never settles")


def without(*missing: int) -> Answers:
    """A device that has all registers but these, and refuses reads that touch one."""
    return lambda request: 2 if any(request.read.start <= one < request.read.end for one in missing) else 0


def test_a_block_without_refusal_stays_one_read() -> None:
    assert settled(poll_of(words(range(60))), without()) == [(0, 60)]


def test_one_missing_register_costs_one_read_more_in_the_end() -> None:
    poll = poll_of(words(range(60)))
    assert settled(poll, without(17)) == [(0, 17), (18, 60)]
    assert [field.start for field in poll.learned.absent] == [17]


def test_a_hole_between_points_is_found_and_no_point_is_given_up() -> None:
    poll = poll_of(words([*range(20), *range(25, 50)]))
    assert settled(poll, without(22)) == [(0, 20), (25, 50)]
    assert poll.learned.absent == ()


def test_a_device_that_takes_thirty_registers_is_read_in_pieces_of_no_more() -> None:
    poll = poll_of(words(range(100)))
    spans = settled(poll, lambda request: 3 if request.read.count > 30 else 0)
    assert all(end - start <= 30 for start, end in spans)
    assert len(spans) <= 5
    assert poll.learned.absent == ()


def test_a_block_that_is_not_there_at_all_is_given_up_and_not_asked_for_any_more() -> None:
    poll = poll_of(words(range(16)))
    assert settled(poll, lambda _: 2) == []
    assert len(poll.learned.absent) == 16
    assert cycle(poll, lambda _: 2) == []


def test_a_refusal_is_cut_in_two_once_a_cycle() -> None:
    poll = poll_of(words(range(64)))
    counts = [[request.read.count for request in cycle(poll, without(0))] for _ in range(3)]
    assert counts == [[64], [32, 32], [32, 16, 16]]


def test_a_bad_block_never_fills_the_line() -> None:
    poll = poll_of(words(range(100)))
    for _ in range(200):
        proven = len(poll.proven)
        assert len(cycle(poll, lambda _: 2)) <= proven + TRIED_AT_ONCE
    assert poll.learned.absent


def test_a_register_that_is_there_again_hours_later_is_read_again_with_the_others() -> None:
    poll = poll_of(words(range(8)))
    settled(poll, without(3))
    assert cycle(poll, without(), now=REPROBE_S / 2) == poll.proven
    for _ in range(4):
        cycle(poll, without(), now=REPROBE_S + 1)
    assert settled(poll, without()) == [(0, 8)]
    assert poll.learned.absent == ()
    assert not poll.needs_care


def test_a_register_that_is_still_missing_hours_later_is_asked_for_once() -> None:
    poll = poll_of(words(range(8)))
    settled(poll, without(3))
    before = len(poll.proven)
    assert len(cycle(poll, without(3), now=REPROBE_S + 1)) == before + 1
    assert len(cycle(poll, without(3), now=REPROBE_S + 2)) == before


@settings(max_examples=60)
@given(
    st.lists(st.integers(0, 90), min_size=1, max_size=60, unique=True),
    st.sets(st.integers(0, 91), max_size=6),
    st.integers(4, 125),
    st.booleans(),
)
def test_exactly_the_missing_registers_are_given_up(
    addresses: list[int], missing: set[int], most: int, is_code_3: bool
) -> None:
    poll = poll_of(words(sorted(addresses)), Limits(max_gap=91))

    def device(request: PollRead) -> int:
        if request.read.count > most:
            return 3
        touches = any(request.read.start <= one < request.read.end for one in missing)
        return (3 if is_code_3 else 2) if touches else 0

    spans = settled(poll, device, most=400)
    covered = {address for start, end in spans for address in range(start, end)}
    assert {field.start for field in poll.learned.absent} == set(addresses) & missing
    assert set(addresses) - missing <= covered
    assert not covered & missing


def test_a_part_of_a_block_is_spread_to_its_positions() -> None:
    poll = poll_of(words(range(4)))
    cycle(poll, without(0))
    _, right = sorted(poll.turn(0.0), key=lambda request: request.read.start)
    assert right.mask == 0b1100
    values, quality = right.spread((7, None), (Quality.GOOD, Quality.BAD_NOT_AVAILABLE))
    assert values == (None, None, 7, None)
    assert quality == (Quality.GOOD, Quality.GOOD, Quality.GOOD, Quality.BAD_NOT_AVAILABLE)
