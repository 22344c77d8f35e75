"""What cannot be compiled: where the error is, and what it says to do."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules.expression.program import Expression, ExpressionError, ResultType
from tests.unit.rules.expression.points import compiled


def refusal(text: str, **more: object) -> ExpressionError:
    with pytest.raises(ExpressionError) as caught:
        compiled(text, **more)
    return caught.value


@pytest.mark.parametrize(
    ("text", "line", "column", "message", "hint"),
    [
        ("powr_active > 3", 1, 1, "no point is called `powr_active`", "did you mean `power_active`?"),
        ("on and\n  tx2.power_activ > 3", 2, 3, "tx2.power_activ", "did you mean `tx2.power_active`?"),
        ("Power_Active > 3", 1, 1, "Power_Active", "`power_active`"),
        ("zzzzqqq > 3", 1, 1, "zzzzqqq", "device.point"),
        ("10kv-inn.power_active > 3", 1, 1, "10kv-inn.power_active", "`10kv-in.power_active`"),
        ("`no such` > 3", 1, 1, "`no such`", ""),
        ("a-b > 3", 1, 1, "no point is called `a-b`", "blanks around a minus between names: `a - b`"),
        ("a-5 > 3", 1, 1, "no point is called `a-5`", "`a - 5`"),
        ("average(a, 5 min) > 3", 1, 1, "no function is called `average`", "`avg`"),
        ("durations(on) > 3", 1, 1, "durations", "did you mean `duration`?"),
        ("on and abs(a, b) > 3", 1, 8, "`abs` takes 1 argument, not 2", "write abs(x)"),
        ("stale() or on", 1, 1, "`stale` takes 1 to 2 arguments, not 0", "stale(x)"),
        ("avg(a, 5) > 3", 1, 8, "takes a duration", "avg(x, 5 min)"),
        ("avg(a, n) > 3", 1, 8, "takes a duration", "avg(x, 5 min)"),
        ("avg(on, 5 min) > 3", 1, 5, "takes a number here, not a condition", "avg(x, 5 min)"),
        ("duration(a) > 3", 1, 10, "takes a condition here, not a number", "duration(condition)"),
        ("avg(5, 5 min) > 3", 1, 5, "never changes", "name a point"),
        ("duration(true) > 3", 1, 10, "never changes", "name a point"),
        ("avg(a, 32 d) > 3", 1, 8, "from 1 ms to 31 d", ""),
        ("avg(a, 0 s) > 3", 1, 8, "from 1 ms to 31 d", ""),
        ("avg(a, -5 s) > 3", 1, 8, "from 1 ms to 31 d", ""),
        ("demand(a, 7 min) > 3", 1, 11, "divide the day", "15 min"),
        ("stale(power_total)", 1, 1, "nothing says when it is stale", "stale(x, 5 min)"),
        ("age(a + b) > 3", 1, 7, "samples of one point", "name of a point"),
        ("power_active > 5 V", 1, 14, "`V` and `kW` do not go together", "same unit"),
        ("power_active + temperature > 5", 1, 14, "`°C` and `kW`", ""),
        ("power_active + 1 kW + 3 V > 5", 1, 21, "`V` and `kW`", ""),
        ("power_active > 5 %", 1, 14, "`%` and `kW`", "80 % * x"),
        ("1 V < power_active < 3 kW", 1, 5, "`V` and `kW`", ""),
        ("max(power_active, 3 V) > 1", 1, 1, "`V` and `kW`", ""),
        ("power_active > 5 kw", 1, 18, "no unit is called `kw`", "did you mean `kW`?"),
        ("age(a) > 5 minutes", 1, 12, "no unit is called `minutes`", "did you mean `min`?"),
        ("a > 5 furlongs", 1, 7, "`furlongs`", ""),
        ("on == 1", 1, 4, "true or false cannot be compared with a number", "`true`"),
        ("model == 1", 1, 7, "a text cannot be compared", ""),
        ('a == "running"', 1, 6, "`tx1.a` has no words", ""),
        ('state == "runing"', 1, 10, 'has no word "runing"', "did you mean `running`?"),
        ('state == "xyz"', 1, 10, 'has no word "xyz"', '"stopped"'),
        ('model < "b"', 1, 7, "`<` compares numbers", "`==`"),
        ("on < off", 1, 4, "`<` compares numbers", "`==`"),
        ("a and on", 1, 1, "true or false is wanted here, this is a number", "compare it"),
        ("on and state", 1, 8, "true or false is wanted", "x == 1"),
        ("not model", 1, 5, "true or false is wanted here, this is a text", 'x == "word"'),
        ("on + 1 > 2", 1, 1, "a number is wanted", "1 if condition else 0"),
        ("-on", 1, 2, "a number is wanted", ""),
        ("1 if a else 2", 1, 6, "true or false is wanted", ""),
        ('1 if on else "b"', 1, 3, "the two sides", ""),
        ("1 < a > 3", 1, 7, "`>` cannot follow `<`", "`and`"),
        ("a == b == 3", 1, 8, "`==` cannot follow `==`", "`and`"),
        ("a != b < 3", 1, 8, "`<` cannot follow `!=`", ""),
        ("a > 3 / 0", 1, 7, "never be decided", "zero"),
        ("a = 3", 1, 3, "`=` is not understood", "`==`"),
        ("a ** 2", 1, 3, "`**`", "no powers"),
        ("a & b", 1, 3, "`&`", "`and`"),
        ("on ? a : b", 1, 4, "`?`", "if condition else"),
        ("a > 3（", 1, 6, "`（`", "input method"),
        ("a ≥ 3", 1, 3, "`≥`", "`>=`"),
        ("a > .5", 1, 5, "`.`", "0.5"),
        ("a > 1.5.2", 1, 5, "a number that is not complete", ""),
        ("a > 1_000", 1, 5, "a number that is not complete", ""),
        ("a > 99999999999999999999", 1, 5, "too large", "2^63"),
        ("a > 1e999", 1, 5, "too large", ""),
        ("a >", 1, 4, "a value is expected here, not end of the text", ""),
        ("(a > 3", 1, 7, "`)` is expected", "not closed"),
        ("a > 3)", 1, 6, "an operator or the end is expected", ""),
        ("a b", 1, 3, "an operator or the end is expected", ""),
        ("1 if on", 1, 8, "`else` is expected", ""),
        ("max(a b) > 1", 1, 7, "`)` is expected", "commas"),
        ('model == "x', 1, 10, "closing quote", ""),
        ("`a > 3", 1, 1, "backquote", ""),
        ("", 1, 1, "there is nothing", ""),
        ("  \n ", 2, 2, "there is nothing", ""),
        ("a > 3 AND on", 1, 7, "an operator or the end is expected here, not `AND`", "did you mean `and`?"),
        ("NOT on", 1, 1, "`NOT`", "did you mean `not`?"),
        ("on == True", 1, 7, "`True`", "did you mean `true`?"),
        ("import os", 1, 1, "`import`", ""),
        ("a.b.__class__", 1, 1, "no point", ""),
        ("lambda: a", 1, 7, "`:`", ""),
        ("[a]", 1, 1, "`[`", ""),
    ],
)
def test_an_error_says_where_and_what_to_do(text: str, line: int, column: int, message: str, hint: str) -> None:
    error = refusal(text)
    assert (error.line, error.column) == (line, column), error.message
    assert message in error.message
    assert hint in error.hint


def test_the_whole_must_be_what_is_wanted() -> None:
    assert "a number, true or false is wanted" in refusal("a", wants=ResultType.BOOLEAN).message
    assert "1 if condition else 0" in refusal("on", wants=ResultType.NUMBER).hint
    assert "wanted" in refusal("model", unit="kW").message
    assert "do not go together" in refusal("power_active", unit="V").message


@pytest.mark.parametrize(
    "text",
    [
        "a > " + "1" * 5000,
        "on or " * 700 + "on",
        "é" * 2500,
        "a + " * 400 + "a > 1",
        "(" * 60 + "a" + ")" * 60 + " > 1",
        "(" * 4000,
        "-" * 3000 + "a",
        "not " * 900 + "on",
        "abs(" * 100 + "a" + ")" * 100,
        "a" + " * a" * 60,
        "1 if on else " * 90 + "2",
    ],
)
def test_what_is_too_long_or_too_deep_is_refused(text: str) -> None:
    error = refusal(text)
    assert "more than" in error.message or "longer than" in error.message
    assert error.hint == "split it into derived points"


def test_long_sums_and_many_conditions_are_not_deep() -> None:
    assert compiled("a + " * 200 + "a > 1").inputs
    assert compiled("on and " * 200 + "on").inputs


TOKENS = (
    list("+-*/%<>()!,`'\"=&|?:.#[]{}\\@ \n\t")
    + re.split(" ", "and or not if else true false && || == != <= >= ** // ≥ （ ， ° ³ ² ٣ é 变 \x00 \u2028")
    + re.split(
        " ", "a b n on off model state power_active tx2.power_active 10kv-in.power_active a-b tx1. -b 2.power_active"
    )
    + re.split(" ", "1 0 2.5 1e3 1e400 9223372036854775808 5kW 800 kW min s % °C K m³ furlong")
    + re.split(" ", "abs min max avg sum rate delta prev ewma sigma duration count_true stale absent age hour weekday")
    + re.split(" ", "demand demand_forecast running_hours unbalance quality_bad 'x' 'running'")
    + ["avg(a, 5 min)", "stale(a)", "a > 1", "(on)", '"running"', "`a`", "5 min", "1 h"]
)


def outcome(text: str) -> Expression | ExpressionError:
    try:
        return compiled(text)
    except ExpressionError as error:
        return error


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(TOKENS), max_size=20), st.sampled_from(["", " "]))
def test_garbage_of_tokens_is_refused_and_nothing_worse(tokens: list[str], between: str) -> None:
    text = between.join(tokens)
    found = outcome(text)
    if isinstance(found, ExpressionError):
        assert 1 <= found.line <= text.count("\n") + 1
        assert 1 <= found.column <= len(text) + 1
        assert found.message
    else:
        evaluation = found.start()
        evaluation.evaluate(0, 0)
        evaluation.next_due_ns(0, 0)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=40))
def test_garbage_of_characters_is_refused_and_nothing_worse(text: str) -> None:
    assert isinstance(outcome(text), Expression | ExpressionError)
