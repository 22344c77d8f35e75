"""Back-off of a unit: forgiven while retries are left, then longer with each failure, and over with one answer."""

from hypothesis import given
from hypothesis import strategies as st

from drivers.modbus.unit import Patience, Unit, next_probe

PATIENCE = Patience(retries=1, backoff_s=2.0, backoff_max_s=300.0)


def failing(id_: int, retry_at: float, *, waits: bool = True) -> Unit:
    unit = Unit(id_, failures=3, retry_at=retry_at)
    if waits:
        unit.waiting[None] = None  # type: ignore[index]  # something is due; what it is does not matter here
    return unit


def test_the_first_failure_is_forgiven_and_tried_again_at_once() -> None:
    unit = Unit(1)
    assert not unit.fail(100.0, PATIENCE)
    assert unit.is_failing
    assert unit.retry_at == 100.0


def test_further_failures_wait_two_seconds_each_up_to_five_minutes() -> None:
    unit = Unit(1)
    unit.fail(0.0, PATIENCE)
    waits = []
    for _ in range(200):
        assert unit.fail(0.0, PATIENCE)
        waits.append(unit.retry_at)
    assert waits[:3] == [2.0, 4.0, 6.0]
    assert waits[-1] == 300.0


def test_one_answer_forgives_everything() -> None:
    unit = failing(1, 50.0)
    unit.answer()
    assert not unit.is_failing
    assert unit.has_answered


def test_the_unit_that_is_due_longest_is_probed() -> None:
    units = [failing(1, 30.0), failing(2, 10.0), failing(3, 20.0), Unit(4)]
    assert next_probe(units, 25.0) is units[1]


def test_nobody_is_probed_before_its_time_or_without_anything_to_read() -> None:
    assert next_probe([failing(1, 30.0), failing(2, 5.0, waits=False), Unit(3)], 25.0) is None


@given(st.integers(0, 5), st.integers(1, 10_000))
def test_the_wait_never_exceeds_its_longest(retries: int, failures: int) -> None:
    assert 0 <= Patience(retries, 2.0, 300.0).wait_s(failures) <= 300.0
