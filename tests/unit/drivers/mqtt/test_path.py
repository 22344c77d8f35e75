"""JSON paths as users write them."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drivers.mqtt.path import ABSENT, compile_path, parse_path

patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])  # on a busy machine

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("text", "steps"),
    [
        ("$", ()),
        ("power", ("power",)),
        ("a.b.c", ("a", "b", "c")),
        ("ENERGY.Total[1]", ("ENERGY", "Total", 1)),
        ("[0].v", (0, "v")),
        ("a[0][1]", ("a", 0, 1)),
        ("params.em1:0.act_power", ("params", "em1:0", "act_power")),
        ('"key.with.dots".x', ("key.with.dots", "x")),
        ("a['b.c']", ("a", "b.c")),
        ('a["b[0]"].d', ("a", "b[0]", "d")),
        ("电压.相A", ("电压", "相A")),
    ],
)
def test_a_path_is_split_into_its_steps(text: str, steps: tuple[str | int, ...]) -> None:
    assert parse_path(text) == steps


@pytest.mark.parametrize("text", ["", ".", "a.", ".a", "a..b", "a[", "a[x]", "a[-1]", 'a"b', '"open', "a]", "a[0]b"])
def test_a_path_that_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="path"):
        parse_path(text)


@pytest.mark.parametrize(
    ("path", "found"),
    [("a.b[1]", 2), ("a.b[9]", ABSENT), ("a.x", ABSENT), ("a.b.c", ABSENT), ("a[0]", ABSENT), ("n", None), ("$", ...)],
)
def test_what_stands_at_a_path_is_found(path: str, found: Any) -> None:
    document = {"a": {"b": [1, 2]}, "n": None}
    assert compile_path(parse_path(path))(document) is (document if found is ... else found)


@patient
@given(JSON, st.lists(st.text(max_size=3) | st.integers(0, 5), max_size=4))
def test_no_document_makes_it_fail(document: Any, steps: list[str | int]) -> None:
    compile_path(tuple(steps))(document)


@patient
@given(st.lists(st.text(st.characters(blacklist_characters='"'), min_size=1, max_size=8), min_size=1, max_size=4))
def test_every_key_can_be_written_in_quotes(keys: list[str]) -> None:
    assert parse_path(".".join(f'"{key}"' for key in keys)) == tuple(keys)
