"""JSON answers carry a weak ETag, and who has the answer already is told that it is the same."""

from typing import Any

from gateway.api.etags import is_known


async def test_an_answer_that_is_known_is_not_sent_again(park: Any) -> None:
    first = await park.http.get("/api/v1/rules")
    tag = first.headers["etag"]
    assert tag.startswith('W/"')
    again = await park.http.get("/api/v1/rules", headers={"if-none-match": f'"other", {tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    other = await park.http.get("/api/v1/rules", headers={"if-none-match": '"other"'})
    assert other.content == first.content


async def test_another_answer_has_another_tag(park: Any) -> None:
    park.feed("grid", 12.5, 1.0)
    first = await park.http.get("/api/v1/points?device=grid")
    park.feed("grid", 13.5, 1.0)
    again = await park.http.get("/api/v1/points?device=grid", headers={"if-none-match": first.headers["etag"]})
    assert again.status_code == 200


async def test_errors_and_files_have_none(park: Any) -> None:
    for path in ("/api/v1/devices/nobody", "/api/v1/connectivity?format=csv"):
        assert "etag" not in (await park.http.get(path)).headers


def test_weak_and_strong_tags_are_compared_alike() -> None:
    assert is_known('W/"a"', '"a"')
    assert is_known("*", '"a"')
    assert not is_known("", '"a"')
