"""The policy, answer by answer, without a server."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.influxdb.policy import CONFIRM_EVERY, MAX_REFUSALS, SAME_FAULTS, Cause, Keep, Probe, Send, Settlement
from drivers.influxdb.transport import Answer

OK = Answer(204)
BAD = Answer(400, "unable to parse")


def loaded(count: int) -> Settlement:
    settlement = Settlement()
    settlement.load(count)
    return settlement


def lines(settlement: Settlement) -> list[int]:
    """The lines that are to be sent next."""
    order = settlement.next()
    assert isinstance(order, Send)
    return list(order.lines)


def refuse(settlement: Settlement, answer: Answer = BAD) -> Keep | None:
    lines(settlement)
    return settlement.answered(answer)


def probe(settlement: Settlement, answer: Answer = OK) -> Keep | None:
    assert settlement.next() == Probe()
    return settlement.answered(answer)


@pytest.mark.parametrize("status", [204, 201])
def test_written_settles_the_body(status: int) -> None:
    settlement = loaded(3)
    assert lines(settlement) == [0, 1, 2]
    assert settlement.answered(Answer(status)) is None
    assert settlement.next() is None
    assert not settlement.refused


def test_a_body_without_lines_is_settled() -> None:
    assert loaded(0).next() is None


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        (200, Cause.UNEXPECTED),
        (202, Cause.UNEXPECTED),
        (301, Cause.REDIRECT),
        (302, Cause.REDIRECT),
        (307, Cause.REDIRECT),
        (401, Cause.TOKEN),
        (403, Cause.FORBIDDEN),
        (404, Cause.MISSING),
        (405, Cause.UNEXPECTED),
        (408, Cause.FAULT),
        (418, Cause.UNEXPECTED),
        (429, Cause.BUSY),
        (500, Cause.FAULT),
        (502, Cause.FAULT),
        (503, Cause.BUSY),
        (504, Cause.FAULT),
    ],
)
def test_an_answer_that_says_nothing_against_the_lines_keeps_them(status: int, cause: Cause) -> None:
    settlement = loaded(2)
    answer = Answer(status)
    assert refuse(settlement, answer) == Keep(cause, answer)
    settlement.resume()
    assert lines(settlement) == [0, 1]
    assert not settlement.refused


@pytest.mark.parametrize("status", [400, 422])
def test_a_refused_body_is_divided_only_after_the_heartbeat_was_accepted(status: int) -> None:
    settlement = loaded(4)
    assert refuse(settlement, Answer(status)) is None
    assert probe(settlement) is None
    assert lines(settlement) == [0, 1]
    settlement.answered(OK)
    assert lines(settlement) == [2, 3]


def test_a_refused_heartbeat_keeps_everything() -> None:
    settlement = loaded(4)
    refuse(settlement)
    assert probe(settlement, Answer(400, "no org")) == Keep(Cause.REFUSES_ALL, Answer(400, "no org"))
    settlement.resume()
    assert lines(settlement) == [0, 1, 2, 3]
    assert not settlement.refused


@pytest.mark.parametrize(("status", "cause"), [(401, Cause.TOKEN), (404, Cause.MISSING), (500, Cause.FAULT)])
def test_a_heartbeat_that_meets_another_fault_names_that_fault(status: int, cause: Cause) -> None:
    settlement = loaded(1)
    refuse(settlement)
    assert probe(settlement, Answer(status)) == Keep(cause, Answer(status))
    assert not settlement.refused


def test_a_line_refused_alone_is_given_up_only_after_one_more_heartbeat() -> None:
    settlement = loaded(1)
    refuse(settlement)
    probe(settlement)
    assert not settlement.refused
    probe(settlement)
    assert [(line.line, line.status, line.reason) for line in settlement.refused] == [(0, 400, "unable to parse")]
    assert settlement.next() is None


def test_a_server_that_breaks_while_lines_are_isolated_gets_no_line_given_up() -> None:
    settlement = loaded(2)
    refuse(settlement)
    probe(settlement)
    refuse(settlement, Answer(422, "disk full"))
    refuse(settlement, Answer(422, "disk full"))
    assert probe(settlement, Answer(422, "disk full")) is not None
    assert not settlement.refused
    settlement.resume()
    assert lines(settlement) == [0, 1]
    settlement.answered(OK)
    assert settlement.next() is None
    assert not settlement.refused


def test_numbered_lines_are_set_aside_and_the_others_sent_again() -> None:
    settlement = loaded(4)
    refuse(settlement, Answer(400, "partial write", line_reasons=((2, "no number"), (4, ""))))
    assert lines(settlement) == [0, 2]
    settlement.answered(OK)
    probe(settlement)
    assert [(line.line, line.reason) for line in settlement.refused] == [(1, "no number"), (3, "partial write")]


@pytest.mark.parametrize("number", [0, 5, -1])
def test_a_line_number_outside_the_body_is_not_believed(number: int) -> None:
    settlement = loaded(4)
    refuse(settlement, Answer(400, line_reasons=((1, "x"), (number, "y"))))
    assert settlement.next() == Probe()


def test_a_body_that_is_too_large_is_halved_without_asking_and_the_size_remembered() -> None:
    settlement = loaded(4)
    refuse(settlement, Answer(413))
    assert settlement.too_large == 4
    assert lines(settlement) == [0, 1]
    settlement.answered(OK)
    assert lines(settlement) == [2, 3]


def test_one_line_that_is_too_large_is_given_up_if_the_heartbeat_is_not() -> None:
    settlement = loaded(1)
    refuse(settlement, Answer(413))
    assert settlement.too_large is None
    probe(settlement)
    probe(settlement)
    assert [line.status for line in settlement.refused] == [413]


def test_the_same_fault_again_and_again_makes_the_lines_suspect() -> None:
    settlement = loaded(2)
    fault = Answer(500, "panic")
    for _ in range(SAME_FAULTS - 1):
        assert refuse(settlement, fault) == Keep(Cause.FAULT, fault)
        settlement.resume()
    assert refuse(settlement, fault) is None
    probe(settlement)
    refuse(settlement, fault)
    assert lines(settlement) == [1]
    settlement.answered(OK)
    probe(settlement)
    assert [line.line for line in settlement.refused] == [0]


def test_different_faults_or_an_overload_make_no_line_suspect() -> None:
    settlement = loaded(2)
    for i in range(3 * SAME_FAULTS):
        assert refuse(settlement, Answer((500, 502)[i % 2])) is not None
        settlement.resume()
        assert refuse(settlement, Answer(503)) is not None
        settlement.resume()


def test_a_wholly_poisoned_body_is_worked_off_in_bouts() -> None:
    settlement = loaded(2000)
    bouts = 0
    while (order := settlement.next()) is not None:
        keep = settlement.answered(OK if isinstance(order, Probe) else BAD)
        if keep is not None:
            assert keep.cause is Cause.TOO_MANY
            bouts += 1
            settlement.resume()
    assert sorted(line.line for line in settlement.refused) == list(range(2000))
    assert bouts <= 4000 // (MAX_REFUSALS - 2 * CONFIRM_EVERY) + 1


@given(st.integers(1, 200), st.integers(0, 2**32), st.sampled_from([0.0, 0.01, 0.2, 1.0]), st.booleans())
def test_exactly_the_poisoned_lines_are_refused(count: int, seed: int, share: float, has_numbers: bool) -> None:
    chance = Random(seed)
    poisoned = {line for line in range(count) if chance.random() < share}
    settlement, stored = loaded(count), list[int]()
    while (order := settlement.next()) is not None:
        if chance.random() < 0.02:  # the server has other troubles now and then
            assert settlement.answered(Answer(chance.choice([302, 401, 429, 502, 503]))) is not None
            settlement.resume()
            continue
        sent = [] if isinstance(order, Probe) else order.lines
        bad = [(at, "poison") for at, line in enumerate(sent, 1) if line in poisoned]
        if not bad:
            stored += sent
        if settlement.answered(Answer(400, "bad", line_reasons=tuple(bad) if has_numbers else ()) if bad else OK):
            settlement.resume()
    assert sorted(line.line for line in settlement.refused) == sorted(poisoned)
    assert sorted(stored) == sorted(set(range(count)) - poisoned)
