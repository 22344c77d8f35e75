"""Values in the audit log: any of them as bounded JSON, without secrets."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gateway.store.audit_values import MOST_BYTES, changes, shown

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(), inner, max_size=5),
)


@given(anything)
def test_any_value_has_a_text_of_a_bounded_size_that_is_json(value: Any) -> None:
    text = shown(value)
    if text is not None:
        assert len(text.encode()) <= MOST_BYTES
        json.loads(text)


def test_a_long_value_keeps_its_beginning_and_the_hash_of_the_rest() -> None:
    one, other = (json.loads(shown({"text": '"' * 20_000 + end}) or "") for end in "ab")
    assert one["cut"] == other["cut"]
    assert one["bytes"] == 40_000 + len('{"text":"a"}')
    assert one["rest_sha256"] != other["rest_sha256"]


def test_secrets_are_masked_at_any_depth() -> None:
    told = shown({"user": "li", "password": "a", "sinks": [{"api_token": "b", "private_key": ["c"], "key": "stays"}]})
    assert told == '{"password":"***","sinks":[{"api_token":"***","key":"stays","private_key":"***"}],"user":"li"}'


def test_changes_are_the_entries_that_differ() -> None:
    before, after = {"a": 1, "b": 2, "gone": 3}, {"a": 1, "b": 4, "new": 5}
    assert changes(before, after) == ({"b": 2, "gone": 3}, {"b": 4, "new": 5})
