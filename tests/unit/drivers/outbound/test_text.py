"""A notice as text: nothing in it may break an encoder, a provider or a reader."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.outbound.text import MARK, clean, cut, fitted, header_id, letter, single_line, size
from gateway.core.notice import Notice, NoticeKind
from gateway.core.point import Names

ANY = st.text(st.characters(), max_size=300)  # lone surrogates too


def doubled(text: str) -> str:
    return text.replace("*", "**")


def notice(title: Names, text: Names) -> Notice:
    return Notice("n1", NoticeKind.ALARMS, 0, title, text, site="north")


@given(ANY)
def test_clean_text_can_be_encoded_and_holds_no_control_but_the_line_feed(text: str) -> None:
    shown = clean(text)
    orjson.dumps(shown)
    assert all(character == "\n" or (ord(character) >= 32 and not 127 <= ord(character) < 160) for character in shown)
    assert clean(shown) == shown


@given(ANY)
def test_a_single_line_is_one(text: str) -> None:
    assert len(single_line(text).splitlines()) <= 1


@given(ANY, st.integers(0, 200), st.sampled_from([str, doubled]))
def test_cut_text_fits_and_is_a_beginning(text: str, limit: int, escape: type[str]) -> None:
    text = clean(text)
    short = cut(text, limit, escape)
    assert size(short) <= limit
    if short != escape(text):
        kept = short.removesuffix(MARK)
        assert any(escape(text[:length]) == kept for length in range(len(text) + 1))


@given(ANY, st.integers(10, 200))
def test_text_is_cut_only_where_it_must_be(text: str, limit: int) -> None:
    text = clean(text)
    assert (cut(text, limit) == text) == (size(text) <= limit)


@given(st.lists(ANY, min_size=1, max_size=3), st.integers(0, 300))
def test_parts_share_the_limit(parts: list[str], limit: int) -> None:
    parts = [clean(part) for part in parts]
    shown = fitted(parts, limit)
    assert len(shown) == len(parts)
    assert sum(map(size, shown)) <= limit


def test_a_short_part_leaves_its_share_to_a_long_one_wherever_it_stands() -> None:
    assert [size(part) for part in fitted(["x" * 500, "short"], 105)] == [100, 5]
    assert [size(part) for part in fitted(["short", "x" * 500], 105)] == [5, 100]


def test_a_character_of_several_bytes_is_never_split() -> None:
    assert cut("变压器过载", 10) == "变压" + MARK


@pytest.mark.parametrize(("language", "titles"), [("en", ("on",)), ("zh", ("开",)), ("both", ("on", "开"))])
def test_the_language_decides(language: str, titles: tuple[str, ...]) -> None:
    assert letter(notice(Names("on", "开"), Names()), language).titles == titles


@pytest.mark.parametrize("language", ["en", "zh", "both"])
def test_a_missing_text_falls_back_to_the_other_and_a_missing_title_to_the_kind(language: str) -> None:
    told = letter(notice(Names("", ""), Names("", "只有中文")), language)
    assert told.texts == ("只有中文",)
    assert told.titles == ("alarms north",)


def test_equal_texts_are_told_once() -> None:
    assert letter(notice(Names("T1", "T1"), Names("91.5", "91.5")), "both").title == "T1"


@given(ANY)
def test_an_id_in_a_header_is_always_safe_and_tells_ids_apart(text: str) -> None:
    shown = header_id(text)
    assert shown.isascii()
    assert shown.isprintable()
    assert " " not in shown
    assert header_id(text + "x") != shown
