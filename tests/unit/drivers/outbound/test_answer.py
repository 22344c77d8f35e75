"""What follows from a server's answer."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.outbound.answer import MAX_RETRY_AFTER_S, Provider, hidden, make_answer, settle, settle_robot
from gateway.core.errors import Rejected, Unavailable

NOW_NS = 1_795_000_000_000_000_000
ROBOT = Provider("Robot", ("errcode",), ("errmsg",), {7: 60.0}, {8: "turn it round"})


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_every_2xx_is_delivered(status: int) -> None:
    assert settle(make_answer(status, b"ok\n then", "", NOW_NS), "x") == f"{status} ok then"


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 301, 302, 307])
def test_these_are_tried_again(status: int) -> None:
    with pytest.raises(Unavailable, match=str(status)):
        settle(make_answer(status, b"", "", NOW_NS), "x")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 410, 413, 422])
def test_these_are_refused_for_good(status: int) -> None:
    with pytest.raises(Rejected, match=str(status)) as caught:
        settle(make_answer(status, b"", "", NOW_NS), "x")
    assert caught.value.hint


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("7", 7.0),
        (" 120 ", 120.0),
        ("99999999999999999999", MAX_RETRY_AFTER_S),
        ("Wed, 18 Nov 2026 11:07:20 GMT", 40.0),
        ("Wed, 18 Nov 2020 00:00:00 GMT", 0.0),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("٣", None),
    ],
)
def test_retry_after_is_read_in_both_forms(header: str, seconds: float | None) -> None:
    with pytest.raises(Unavailable) as caught:
        settle(make_answer(429, b"", header, NOW_NS), "x")
    assert caught.value.retry_after_s == seconds


def test_words_of_an_answer_are_short_and_without_secrets() -> None:
    answer = make_answer(400, b"<p>key \x00 sesame, sesame2 </p>" + b"x" * 1000, "", NOW_NS, ("sesame", "sesame2", "p"))
    assert "sesame" not in answer.said
    assert answer.said.startswith("<p>key")
    assert len(answer.said) == 200


@given(st.binary(max_size=300), st.integers(100, 599), st.text(max_size=40))
def test_any_answer_ends_in_one_of_three_ways(body: bytes, status: int, retry_after: str) -> None:
    answer = make_answer(status, body, retry_after, NOW_NS, ("abcd",))
    for settled in (lambda: settle(answer, "x"), lambda: settle_robot(answer, ROBOT, "x")):
        with contextlib.suppress(Unavailable, Rejected):
            assert settled()


def test_the_longest_secret_goes_first() -> None:
    assert hidden("token-and-more", ("token", "token-and-more")) == "***"


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b'{"errcode":7,"errmsg":"busy"}', Unavailable),
        (b'{"errcode":8,"errmsg":"no"}', Rejected),
        (b'{"errcode":99,"errmsg":"no"}', Rejected),
        (b'{"errcode":99,"errmsg":"send too fast"}', Unavailable),
        (b'{"errcode":8,"errmsg":"freq"}', Rejected),
        (b"<html>log in</html>", Unavailable),
        (b'{"errcode":"0"}', Unavailable),
        (b"[0]", Unavailable),
        (b"", Unavailable),
        (b"\xff", Unavailable),
    ],
)
def test_a_robots_code_decides_behind_http_200(body: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        settle_robot(make_answer(200, body, "", NOW_NS), ROBOT, "x")


def test_a_robot_that_takes_the_message_is_quoted() -> None:
    assert settle_robot(make_answer(200, b'{"errcode":0,"errmsg":"ok"}', "", NOW_NS), ROBOT, "x") == "errcode 0 ok"


def test_a_robots_hint_is_told_and_its_words_hide_secrets() -> None:
    with pytest.raises(Rejected, match="turn it round") as caught:
        settle_robot(make_answer(200, b'{"errcode":8,"errmsg":"no sesame"}', "", NOW_NS, ("sesame",)), ROBOT, "x")
    assert "sesame" not in str(caught.value)
