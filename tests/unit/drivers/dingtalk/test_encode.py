"""Messages of a DingTalk robot, and their signature."""

import hmac
from base64 import b64decode
from urllib.parse import parse_qs

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from drivers.dingtalk.config import ChannelOptions
from drivers.dingtalk.encode import encode, escape, signed_query
from tests.contract.notifier_suite import HOSTILE, NOTICE, hostile

URL = "https://oapi.dingtalk.com/robot/send?access_token=0-0"
ANY = st.one_of(st.text(st.characters(), max_size=200), st.text('<>[]()*`#@!\\"\n a长', max_size=5000))


def options(**more: object) -> ChannelOptions:
    return ChannelOptions.model_validate({"webhook": URL, **more})


def test_markdown_reads_as_it_is_meant() -> None:
    body = orjson.loads(encode(NOTICE, options(), "en"))
    assert body == {
        "msgtype": "markdown",
        "markdown": {
            "title": "［HIGH］ overload: Transformer 1",
            "text": "#### ［HIGH］ overload: Transformer 1\n\nTransformer 1 overloaded: 91.5 %  \nlimit 90 %\n\n"
            "http://10.0.0.5:8080/alarms",
        },
        "at": {"atMobiles": [], "isAtAll": False},
    }


def test_mentions_and_keyword_come_from_the_options() -> None:
    body = orjson.loads(encode(NOTICE, options(at_mobiles=["13800000000"], keyword="报警", at_all=True), "en"))
    assert body["markdown"]["text"].endswith("报警\n\n@13800000000")
    assert body["at"] == {"atMobiles": ["13800000000"], "isAtAll": True}


@given(ANY)
def test_escaped_text_makes_no_link_image_or_heading(text: str) -> None:
    shown = escape(text)
    assert not set(shown) & set("<[]`*|~") - {"]"}
    assert all(not line.lstrip().startswith((">", "#", "=", "-", "+")) for line in shown.split("\n"))


@given(ANY, st.sampled_from(["en", "zh", "both"]))
def test_a_request_never_passes_the_limit(text: str, language: str) -> None:
    assert len(encode(hostile(text), options(), language)) <= 20_000


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_notices_keep_the_limit_too(text: str) -> None:
    assert len(encode(hostile(text), options(at_mobiles=["1" * 20] * 50, keyword="k" * 50), "both")) <= 20_000


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=40), st.integers(0, 2**62))
def test_the_signature_is_that_of_the_documentation(secret: str, time_ns: int) -> None:
    found = parse_qs(signed_query(secret, time_ns).removeprefix("&"), strict_parsing=True)
    (timestamp,), (sign,) = found["timestamp"], found["sign"]
    assert int(timestamp) == time_ns // 1_000_000
    expected = hmac.digest(secret.encode(), f"{timestamp}\n{secret}".encode(), "sha256")
    assert b64decode(sign, validate=True) == expected


@pytest.mark.parametrize(
    ("given", "advice"),
    [
        ({"webhook": "https://oapi.dingtalk.com/robot/send"}, "with its token"),
        ({"webhook": URL.replace("https", "http")}, "show the robot's key"),
        ({"at_mobiles": ["all"]}, "pattern"),
    ],
)
def test_a_mistake_is_explained(given: dict[str, object], advice: str) -> None:
    with pytest.raises(ValidationError) as caught:
        options(**given)
    assert advice in str(caught.value.errors(include_input=False))
