"""Canonical JSON: the same document gives the same bytes, however it was put together."""

import json
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.ledger import canonical, content_id

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text("abç中", max_size=3), inner, max_size=4),
    max_leaves=20,
)


@given(PLAIN)
def test_what_is_read_back_has_the_same_bytes(document: Any) -> None:
    data = canonical(document)
    assert canonical(json.loads(data)) == data


@given(st.dictionaries(st.text("abcç中", min_size=1, max_size=3), st.integers(), max_size=6))
def test_the_order_of_keys_does_not_matter(document: dict[str, int]) -> None:
    assert canonical(dict(reversed(document.items()))) == canonical(document)


def test_there_are_no_spaces_and_text_is_utf8() -> None:
    assert canonical({"b": [1, None, True], "a": "清河 €"}) == '{"a":"清河 €","b":[1,null,true]}'.encode()


@pytest.mark.parametrize(
    ("number", "text"), [("1.50", "1.50"), ("1E+2", "100"), ("-0.000", "-0.000"), ("1E-9", "0.000000001")]
)
def test_decimals_are_plain_text_with_every_digit(number: str, text: str) -> None:
    assert canonical([Decimal(number)]) == f'["{text}"]'.encode()


@pytest.mark.parametrize("value", [1.5, {"a": [0.0]}, float("nan"), b"bytes", {1: "a"}, {"a": {2, 3}}])
def test_floats_and_what_json_does_not_know_are_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        canonical(value)


@pytest.mark.parametrize("value", [Decimal("NaN"), Decimal("-Infinity"), "\ud800"])
def test_numbers_that_are_none_and_text_that_is_not_unicode_are_refused(value: Any) -> None:
    with pytest.raises(ValueError, match=r"no number|surrogates"):
        canonical(value)


def test_the_id_of_a_document_is_its_hash() -> None:
    assert content_id({}) == "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
