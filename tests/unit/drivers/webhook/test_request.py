"""The request of a webhook: headers and signature, and the README's receiver."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.webhook.config import ChannelOptions
from drivers.webhook.encode import encode_body, encode_headers
from drivers.webhook.sign import HEADER, signature
from tests.contract.notifier_suite import NOTICE, T0_NS, hostile

README = (Path(__file__).parents[4] / "drivers/webhook/README.md").read_text(encoding="utf-8")
NOW_S = T0_NS // 1_000_000_000


def verify() -> Any:
    """The function that the README gives to receivers."""
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)
    return names["is_from_gateway"]


def options(**more: object) -> ChannelOptions:
    return ChannelOptions.model_validate({"url": "http://10.0.0.7/hook", **more})


def test_headers_name_the_notice_and_what_the_user_added() -> None:
    chosen = options(headers={"X-Token": "abc"}, secret="a good secret")
    headers = encode_headers(NOTICE, chosen, b"{}", T0_NS)
    assert headers["Idempotency-Key"] == NOTICE.id
    assert headers["X-Token"] == "abc"
    assert headers[HEADER].startswith(f"t={NOW_S},v1=")


def test_without_a_secret_there_is_no_signature() -> None:
    assert HEADER not in encode_headers(NOTICE, options(), b"{}", T0_NS)


@given(st.text(st.characters(), max_size=50))
def test_no_text_of_a_notice_gets_out_of_its_header(text: str) -> None:
    for value in encode_headers(hostile(text), options(), b"", 0).values():
        assert value.isascii()
        assert value.isprintable()


@given(st.binary(max_size=200))
def test_the_receiver_of_the_readme_believes_the_gateway(body: bytes) -> None:
    assert verify()("sesame-open", signature("sesame-open", NOW_S, body), body, NOW_S + 10)


@pytest.mark.parametrize(
    ("secret", "header", "body", "now_s"),
    [
        ("another", None, b"{}", NOW_S),
        ("sesame-open", None, b"{} ", NOW_S),
        ("sesame-open", None, b"{}", NOW_S + 3600),
        ("sesame-open", f"t={NOW_S},v1=00", b"{}", NOW_S),
        ("sesame-open", f"t={NOW_S + 1}," + signature("sesame-open", NOW_S, b"{}").split(",")[1], b"{}", NOW_S),
        ("sesame-open", "nonsense", b"{}", NOW_S),
        ("sesame-open", "", b"{}", NOW_S),
    ],
)
def test_the_receiver_of_the_readme_believes_nobody_else(
    secret: str, header: str | None, body: bytes, now_s: int
) -> None:
    shown = signature("sesame-open", NOW_S, b"{}") if header is None else header
    assert not verify()(secret, shown, body, now_s)


def test_a_signature_that_was_worked_out_by_hand() -> None:
    # printf '1795000000.{}' | openssl dgst -sha256 -hmac sesame-open
    assert signature("sesame-open", 1795000000, b"{}") == f"t=1795000000,v1={HAND_MADE}"


HAND_MADE = "62c6c77c292f127e6c9d265fd18e36b099ec90139a76d245e1d40b93875390cc"


@pytest.mark.parametrize("format_name", ["park", "alertmanager", "alertmanager-api"])
def test_the_body_is_the_same_at_any_time(format_name: str) -> None:
    chosen = options(format=format_name)
    assert encode_body(NOTICE, chosen, "duty", "both") == encode_body(NOTICE, chosen, "duty", "both")
