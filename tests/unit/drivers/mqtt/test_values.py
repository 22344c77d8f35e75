"""What stands in a document becomes a typed value, or says why it cannot."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drivers.mqtt.path import ABSENT, compile_path
from drivers.mqtt.values import all_at_once, reader
from gateway.core.point import ValueType
from gateway.core.quality import Quality

patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # on a busy machine

BAD_TYPE = (None, Quality.BAD_TYPE)
NOT_A_NUMBER = (None, Quality.BAD_NOT_A_NUMBER)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner, max_size=2),
    max_leaves=4,
)


def convert(raw: Any, value_type: ValueType, **words: Any) -> Any:
    return reader(lambda document: document, value_type, words)(raw)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (1.5, 1.5),
        (42, 42.0),
        ("21.5", 21.5),
        (" -3e2 ", -300.0),
        (".5", 0.5),
        (2**53 + 1, (float(2**53 + 1), Quality.UNCERTAIN_PRECISION)),
        (True, BAD_TYPE),
        ("", BAD_TYPE),
        ("1,5", BAD_TYPE),
        ("1_000", BAD_TYPE),
        ("0x10", BAD_TYPE),
        ("٣", BAD_TYPE),
        ([1], BAD_TYPE),
        ({}, BAD_TYPE),
        ("NaN", NOT_A_NUMBER),
        ("-Infinity", NOT_A_NUMBER),
        ("1e999", NOT_A_NUMBER),
        (None, (None, Quality.BAD_NOT_AVAILABLE)),
        (ABSENT, ABSENT),
    ],
)
def test_floats(raw: Any, value: Any) -> None:
    found = convert(raw, ValueType.FLOAT)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (2**63, 2**63),
        (-(2**63), -(2**63)),
        (5.0, 5),
        ("18446744073709551615", 2**64 - 1),
        ("7.0", 7),
        (2**64, BAD_TYPE),
        (5.5, BAD_TYPE),
        (1e300, BAD_TYPE),
        ("5.5", BAD_TYPE),
        ("99999999999999999999", BAD_TYPE),
        ("9" * 5000, BAD_TYPE),
        (True, BAD_TYPE),
        ("nan", NOT_A_NUMBER),
    ],
)
def test_integers_stay_exact(raw: Any, value: Any) -> None:
    found = convert(raw, ValueType.INT)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("raw", [True, 1, 1.0, "on", "ON", "true", "Yes", "1", " On "])
def test_what_counts_as_true(raw: Any) -> None:
    assert convert(raw, ValueType.BOOL) is True


@pytest.mark.parametrize("raw", [False, 0, 0.0, "off", "OFF", "False", "no", "0"])
def test_what_counts_as_false(raw: Any) -> None:
    assert convert(raw, ValueType.BOOL) is False


@pytest.mark.parametrize("raw", [2, 0.5, "open", "", [], {}])
def test_what_is_neither(raw: Any) -> None:
    assert convert(raw, ValueType.BOOL) == BAD_TYPE


@pytest.mark.parametrize(("raw", "text"), [("run", "run"), (1.5, "1.5"), (3, "3"), (True, "true"), ({}, BAD_TYPE)])
def test_texts(raw: Any, text: Any) -> None:
    assert convert(raw, ValueType.TEXT) == text


def test_words_stand_for_values() -> None:
    assert convert("RUN", ValueType.INT, RUN=1, STOP=0) == 1
    assert convert(" STOP ", ValueType.INT, RUN=1, STOP=0) == 0
    assert convert("7", ValueType.INT, RUN=1) == 7
    assert convert("BROKEN", ValueType.INT, RUN=1) == BAD_TYPE
    assert convert("RUN", ValueType.FLOAT, RUN=1) == 1.0
    assert convert(None, ValueType.INT, RUN=1) == (None, Quality.BAD_NOT_AVAILABLE)
    assert convert(ABSENT, ValueType.INT, RUN=1) is ABSENT


@patient
@given(JSON, st.sampled_from(ValueType))
def test_any_json_is_a_value_of_the_type_or_marked(raw: Any, value_type: ValueType) -> None:
    found = convert(raw, value_type)
    wanted = {ValueType.FLOAT: float, ValueType.INT: int, ValueType.BOOL: bool, ValueType.TEXT: str}[value_type]
    if type(found) is tuple:
        value, quality = found
        assert (value is None) == quality.is_bad
    else:
        assert type(found) is wanted


@patient
@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_written_as_text_is_the_same_float(value: float) -> None:
    assert convert(repr(value), ValueType.FLOAT) == value


@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(ValueType)), min_size=1, max_size=3), JSON)
@patient
def test_all_at_once_gives_what_one_at_a_time_gives_or_leaves_it_to_that(
    fields: list[tuple[str, ValueType]], inner: Any
) -> None:
    document = {"a": inner, "b": 1.5, "c": True}
    found = all_at_once([(key,) for key, _ in fields], [value_type for _, value_type in fields])(document)
    one_by_one = tuple(reader(compile_path((key,)), value_type, {})(document) for key, value_type in fields)
    assert found is None or (found == one_by_one and list(map(type, found)) == list(map(type, one_by_one)))


def test_all_at_once_takes_a_message_of_floats() -> None:
    read = all_at_once([("a",), ("b",)], [ValueType.FLOAT, ValueType.FLOAT])
    assert read({"a": 1.5, "b": 2.5, "ts": 3}) == (1.5, 2.5)
    assert read({"a": 1.5}) is None
    assert read([1.5, 2.5]) is None
