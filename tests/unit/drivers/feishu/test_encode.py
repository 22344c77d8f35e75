"""Messages of a Feishu bot, and their signature."""

from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from drivers.feishu.config import ChannelOptions
from drivers.feishu.encode import encode, sign
from tests.contract.notifier_suite import NOTICE, T0_NS, hostile

URL = "https://open.feishu.cn/open-apis/bot/v2/hook/0000-0000"
ANY = st.one_of(st.text(st.characters(), max_size=200), st.text('<>/at \\"\n长', max_size=5000))


def options(**more: object) -> ChannelOptions:
    return ChannelOptions.model_validate({"webhook": URL, **more})


def message(language: str = "en", **more: object) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(encode(NOTICE, options(**more), language, T0_NS))
    return found


def test_a_post_reads_as_it_is_meant() -> None:
    page = {"tag": "a", "text": "http://10.0.0.5:8080/alarms", "href": "http://10.0.0.5:8080/alarms"}
    content = [[{"tag": "text", "text": "Transformer 1 overloaded: 91.5 %\nlimit 90 %"}], [page]]
    post = {"zh_cn": {"title": "[HIGH] overload: Transformer 1", "content": content}}
    assert message() == {"msg_type": "post", "content": {"post": post}}


def test_a_text_reads_as_it_is_meant() -> None:
    text = (
        "[HIGH] overload: Transformer 1\n\nTransformer 1 overloaded: 91.5 %\nlimit 90 %\n\nhttp://10.0.0.5:8080/alarms"
    )
    assert message(format="text") == {"msg_type": "text", "content": {"text": text}}


def test_people_are_mentioned_by_the_options() -> None:
    lines = message(at_users=["ou_1"], at_all=True, keyword="报警")["content"]["post"]["zh_cn"]["content"]
    assert lines[-1] == [{"tag": "at", "user_id": "ou_1"}, {"tag": "at", "user_id": "all"}]
    assert lines[1] == [{"tag": "text", "text": "报警"}]
    assert message(format="text", at_all=True)["content"]["text"].endswith('<at user_id="all"></at>')


@given(ANY, st.sampled_from(["en", "zh", "both"]))
def test_text_of_a_notice_mentions_nobody(text: str, language: str) -> None:
    shown = orjson.loads(encode(hostile(text), options(format="text"), language, T0_NS))["content"]["text"]
    assert "<" not in shown


@given(ANY, st.sampled_from(["post", "text"]))
def test_a_request_never_passes_the_limit(text: str, form: str) -> None:
    assert len(encode(hostile(text), options(format=form, secret="x" * 30), "both", T0_NS)) <= 20_000


def test_the_signature_is_that_of_the_documentation() -> None:
    # printf '' | openssl dgst -sha256 -hmac $'1599360473\ndemo' -binary | base64
    assert sign("demo", 1599360473) == HAND_MADE
    signed = message(secret="demo")
    assert (signed["timestamp"], signed["sign"]) == ("1795000000", sign("demo", 1795000000))


HAND_MADE = "l1N0gAcBjdwBvGm1xMjOF0XSyaLRpR7tuO5dHfhAYc8="


@pytest.mark.parametrize(
    ("given", "advice"),
    [
        ({"webhook": "https://open.feishu.cn/open-apis/bot"}, "whole address"),
        ({"webhook": URL.replace("https", "http")}, "show the robot's key"),
        ({"at_users": ['x"/>']}, "pattern"),
    ],
)
def test_a_mistake_is_explained(given: dict[str, object], advice: str) -> None:
    with pytest.raises(ValidationError) as caught:
        options(**given)
    assert advice in str(caught.value.errors(include_input=False))
