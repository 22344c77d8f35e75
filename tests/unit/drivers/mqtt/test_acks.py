"""Messages are acknowledged when they are durable, in the order in which they came."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drivers.mqtt.acks import Acknowledgements

patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # on a busy machine


def test_nothing_is_acknowledged_before_it_is_durable() -> None:
    acks = Acknowledgements()
    acks.add(1, 10)
    acks.add(2, 11)
    assert acks.release() == []
    acks.durable(10)
    assert acks.release() == [1]
    assert len(acks) == 1


def test_a_message_that_yields_nothing_waits_for_those_before_it() -> None:
    acks = Acknowledgements()
    acks.add(1, 10)
    acks.add(2, None)
    assert acks.release() == []
    acks.durable(10)
    assert acks.release() == [1, 2]


def test_a_message_that_yields_nothing_waits_for_nobody_else() -> None:
    acks = Acknowledgements()
    acks.add(1, None)
    assert acks.release() == [1]


def test_an_older_report_takes_nothing_back() -> None:
    acks = Acknowledgements()
    acks.durable(20)
    acks.durable(5)
    acks.add(1, 20)
    assert acks.release() == [1]


@patient
@given(st.lists(st.booleans(), max_size=50), st.lists(st.integers(0, 50), max_size=10))
def test_the_order_is_kept_and_nothing_is_early_or_forgotten(yields: list[bool], commits: list[int]) -> None:
    acks = Acknowledgements()
    position = 0
    durable_at = []
    for mid, has_values in enumerate(yields):
        position += has_values
        durable_at.append(position)
        acks.add(mid, position if has_values else None)
    released: list[int] = []
    for commit in [*sorted(commits), position]:
        acks.durable(commit)
        ready = acks.release()
        assert all(durable_at[mid] <= commit for mid in ready)
        released += ready
    assert released == list(range(len(yields)))


def test_what_was_durable_before_the_connection_does_not_wait_for_a_commit_that_never_comes() -> None:
    acks = Acknowledgements(durable=20)
    acks.add(1, 20)  # nothing of this message was new: it has the position of what came before it
    acks.add(2, 21)
    assert acks.release() == [1]
