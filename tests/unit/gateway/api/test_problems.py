"""Whatever is wrong with a request is answered by a problem document of a fixed kind, and nothing inside is told."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from gateway.api.problems import KINDS, MEDIA_TYPE, Kind
from gateway.core.errors import Unavailable

JSON = {"content-type": "application/json"}
ALARM = "/api/v1/alarms/overload:dongyue-main/acknowledge"
CASES = {
    "a path that is not there": ("GET", "/api/v1/nothing", {}, Kind.NOT_FOUND, 404),
    "a method that is not taken": ("PUT", "/api/v1/devices", {}, Kind.WRONG_METHOD, 405),
    "a parameter that does not fit": ("GET", "/api/v1/points?limit=0", {}, Kind.BAD_PARAMETER, 422),
    "a type that is not made": ("GET", "/api/v1/connectivity", {"headers": {"accept": "image/png"}}, "", 406),
    "a body that is no JSON": ("POST", ALARM, {"content": b"{", "headers": JSON}, Kind.BAD_REQUEST, 400),
    "a body of bytes": ("POST", ALARM, {"content": b"\xff\xfe", "headers": JSON}, Kind.BAD_REQUEST, 400),
    "a body of another type": ("POST", ALARM, {"content": b"<a/>", "headers": {"content-type": "text/xml"}}, "", 415),
    "a body without a type": ("POST", ALARM, {"content": b"{}"}, Kind.WRONG_CONTENT_TYPE, 415),
    "a field that is not known": ("POST", ALARM, {"json": {"x": 1}}, Kind.BAD_PARAMETER, 422),
    "a NUL in the path": ("GET", "/api/v1/devices/a%00b", {}, Kind.BAD_REQUEST, 400),
    "a NUL in the query": ("GET", "/api/v1/points?q=%00", {}, Kind.BAD_REQUEST, 400),
    "a path that is no UTF-8": ("GET", "/api/v1/devices/%ff%fe", {}, Kind.BAD_REQUEST, 400),
    "a query that is no UTF-8": ("GET", "/api/v1/points?q=%c3%28", {}, Kind.BAD_REQUEST, 400),
    "an address that is too long": ("GET", "/api/v1/points?q=" + "a" * 64_600, {}, Kind.URL_TOO_LONG, 414),
    "a body that is too large": ("POST", ALARM, {"content": b"a" * 2**21}, Kind.TOO_LARGE, 413),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
async def test_what_is_wrong_with_a_request_is_said_in_words(park: Any, case: Any) -> None:
    method, path, more, kind, status = case
    answer = await park.http.request(method, path, **more)
    said = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (status, MEDIA_TYPE)
    assert said["type"] == f"/problems/{kind or KINDS[status]}"
    assert said["detail"]
    assert said["instance"] == f"/requests/{answer.headers['x-request-id']}"


async def test_a_body_of_no_stated_length_is_read_up_to_the_limit(park: Any) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(70):
            yield b"a" * 2**20

    for path in (ALARM, "/api/v1/carbon/evidence"):
        answer = await park.http.post(path, content=endless(), headers=JSON)
        assert (answer.status_code, answer.json()["type"]) == (413, "/problems/too-large"), path


async def test_a_refused_method_says_which_there_are(park: Any) -> None:
    assert (await park.http.put("/api/v1/devices")).headers["allow"] == "GET"


async def test_what_nobody_expected_is_logged_with_its_number_and_told_without_details(
    park: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("/secret/path")

    monkeypatch.setattr(park.gateway.snapshot, "state", broken)
    answer = await park.http.get("/api/v1/devices")
    assert (answer.status_code, answer.json()["type"]) == (500, "/problems/failed")
    assert "secret" not in answer.text
    assert answer.headers["x-request-id"] in caplog.text
    assert "/secret/path" in caplog.text


async def test_what_cannot_be_done_now_says_so(park: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    class Later(Unavailable):
        """A kind of it."""

    def broken(*_: object) -> None:
        raise Later("the disk is full", "make room")

    monkeypatch.setattr(park.gateway.snapshot, "state", broken)
    answer = await park.http.get("/api/v1/devices")
    assert (answer.status_code, answer.json()["hint"]) == (503, "make room")


async def test_text_that_is_half_a_character_does_not_break_the_answer(park: Any) -> None:
    body = rb'{"comment": "\ud800", "x\udfff": 1}'
    answer = await park.http.post(ALARM, content=body, headers=JSON)
    assert answer.status_code == 422


def test_every_kind_is_of_one_status() -> None:
    assert set(KINDS.values()) == set(Kind)


@pytest.mark.parametrize(
    "path",
    [
        "devices/{}",
        "connectivity/enterprises/{}",
    ],
)
async def test_a_long_name_that_is_not_known_is_told_in_part(park: Any, path: str) -> None:
    answer = await park.http.get("/api/v1/" + path.format("x" * 2_000))
    assert answer.status_code in {404, 422}
    assert len(answer.json()["detail"]) < 300
