"""Messages of a WeCom robot."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from drivers.wecom.config import ChannelOptions
from drivers.wecom.encode import MAX_MARKDOWN, MAX_TEXT, encode, escape
from tests.contract.notifier_suite import HOSTILE, NOTICE, hostile

URL = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=0-0"
ANY = st.one_of(st.text(st.characters(), max_size=200), st.text("<>[]()*`#@!\n a长", max_size=5000))


def options(**more: object) -> ChannelOptions:
    return ChannelOptions.model_validate({"webhook": URL, **more})


def test_markdown_reads_as_it_is_meant() -> None:
    body = orjson.loads(encode(NOTICE, options(), "both"))
    assert body["msgtype"] == "markdown"
    assert body["markdown"]["content"] == (
        '**<font color="warning">［HIGH］ overload: Transformer 1 / ［高］ 过载:1号变压器</font>**\n\n'
        "Transformer 1 overloaded: 91.5 %\nlimit 90 %\n\n"
        "1号变压器过载:91.5 %\n限值 90 %\n\n"
        "http://10.0.0.5:8080/alarms"
    )


@given(ANY)
def test_escaped_text_makes_no_link_mention_colour_or_heading(text: str) -> None:
    shown = escape(text)
    assert not set(shown) & set("<[]`*") - {"]"}
    assert all(not line.lstrip().startswith((">", "#")) for line in shown.split("\n"))


@pytest.mark.parametrize("text", ["2#变压器", "1号 > 80 %", "power_active", "a-b (c)"])
def test_what_plants_write_stays_as_it_is(text: str) -> None:
    assert escape(text) == text


@given(ANY, st.sampled_from(["en", "zh", "both"]))
def test_content_never_passes_the_limit(text: str, language: str) -> None:
    notice = hostile(text)
    assert len(orjson.loads(encode(notice, options(), language))["markdown"]["content"].encode()) <= MAX_MARKDOWN
    shown = orjson.loads(encode(notice, options(format="text"), language))["text"]["content"]
    assert len(shown.encode()) <= MAX_TEXT


def test_a_long_message_in_both_languages_is_cut_in_both() -> None:
    shown = orjson.loads(encode(hostile(HOSTILE["long"]), options(), "both"))["markdown"]["content"]
    assert shown.count("…") == 4, "title and text, in each language"
    assert len(shown.encode()) > MAX_MARKDOWN - 20


def test_people_are_mentioned_by_the_options_only() -> None:
    chosen = options(format="text", mentioned=["lily", "@all"], mentioned_mobiles=["13800000000"])
    body = orjson.loads(encode(NOTICE, chosen, "en"))["text"]
    assert body["mentioned_list"] == ["lily", "@all"]
    assert body["mentioned_mobile_list"] == ["13800000000"]
    assert orjson.loads(encode(NOTICE, options(format="text"), "en"))["text"].keys() == {"content"}


@pytest.mark.parametrize(
    ("given", "advice"),
    [
        ({"webhook": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send"}, "with its key"),
        ({"webhook": URL.replace("https", "http")}, "show the robot's key"),
        ({"webhook": "key=1"}, "not an address"),
        ({"mentioned": ["lily"]}, "format: text"),
    ],
)
def test_a_mistake_is_explained_without_the_key(given: dict[str, object], advice: str) -> None:
    with pytest.raises(ValidationError) as caught:
        options(**given)
    assert advice in str(caught.value.errors(include_input=False))
