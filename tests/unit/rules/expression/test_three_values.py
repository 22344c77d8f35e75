"""True, false and unknown; and how far a result can be trusted."""

from itertools import product

import pytest

from gateway.core.quality import Quality
from tests.unit.rules.expression.points import Run

VALUES = (True, False, None)


def conjunction(*values: bool | None) -> bool | None:
    return False if False in values else None if None in values else True


def disjunction(*values: bool | None) -> bool | None:
    return True if True in values else None if None in values else False


@pytest.mark.parametrize(("left", "right"), list(product(VALUES, VALUES)))
def test_and_and_or_of_two(left: bool | None, right: bool | None) -> None:
    assert Run("on and off").push(on=left, off=right).value is conjunction(left, right)
    assert Run("on or off").push(on=left, off=right).value is disjunction(left, right)


@pytest.mark.parametrize("values", list(product(VALUES, repeat=3)))
def test_and_and_or_of_three(values: tuple[bool | None, ...]) -> None:
    names = dict(zip(("on", "off", "door"), values, strict=True))
    assert Run("on and off and door").push(**names).value is conjunction(*values)
    assert Run("on or off or door").push(**names).value is disjunction(*values)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("not on", None),
        ("on == off", None),
        ("a + 1", None),
        ("a * 0", None),
        ("a > b", None),
        ("1 < a < 0", None),
        ("3 < 2 < a", False),
        ("a < 3 < 2", False),
        ("1 < 2 < a", None),
        ("1 if on else 1", None),
        ("abs(a)", None),
        ("max(a, 5)", None),
        ("on and false", False),
        ("on or true", True),
        ("absent(a) or a > 3", True),
        ("stale(a)", False),
        ("quality_bad(a)", None),
    ],
)
def test_nothing_is_known_before_the_first_sample(text: str, expected: object) -> None:
    assert Run(text).value is expected


def test_a_bad_sample_makes_the_value_unknown_again() -> None:
    run = Run("a > 3").push(a=5)
    assert run.value is True
    assert run.push(a=None).value is None
    assert run.quality is Quality.BAD_TIMEOUT


def test_an_uncertain_input_makes_the_result_uncertain() -> None:
    run = Run("a + b > 3").push(a=5).doubtful(b=1)
    assert run.value is True
    assert run.quality is Quality.UNCERTAIN_RANGE


def test_only_inputs_that_decided_count() -> None:
    run = Run("a > 3 or b > 3").push(a=5).doubtful(b=5)
    assert (run.value, run.quality) == (True, Quality.GOOD)
    run = Run("a > 3 or b > 3").push(a=1).doubtful(b=5)
    assert (run.value, run.quality) == (True, Quality.UNCERTAIN_RANGE)
    run = Run("a > 3 and b > 3").push(b=1)
    assert (run.value, run.quality) == (False, Quality.GOOD)
    run = Run("a if on else b").push(on=True, a=1).doubtful(b=1)
    assert (run.value, run.quality) == (1, Quality.GOOD)
    run = Run("3 > a > b").push(a=5).doubtful(b=1)
    assert (run.value, run.quality) == (False, Quality.GOOD)


def test_a_window_is_as_uncertain_as_the_samples_it_holds() -> None:
    run = Run("avg(a, 10 s)").doubtful(a=1).after(4).push(a=2)
    assert (run.value, run.quality) == (1.5, Quality.UNCERTAIN_RANGE)
    assert (run.after(7).value, run.quality) == (2, Quality.GOOD)
    run.push(a=None)
    assert (run.value, run.quality) == (2, Quality.GOOD)
    assert (run.after(7).value, run.quality) == (None, Quality.BAD_NOT_AVAILABLE)


def test_a_condition_with_a_memory_is_as_uncertain_as_it_is_itself() -> None:
    run = Run("duration(a > 3) > 5 s").doubtful(a=4)
    assert (run.after(6).value, run.quality) == (True, Quality.UNCERTAIN_RANGE)
    assert (run.push(a=5).value, run.quality) == (True, Quality.GOOD)
