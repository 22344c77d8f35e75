"""The files of the page: packed for whoever takes it, and not sent again to whoever has them."""

import gzip

import pytest

from gateway.web import Asset
from tests.unit.gateway.api.conftest import Park

pytestmark = pytest.mark.asyncio


@pytest.mark.parametrize("path", ["/park", "/assets/js/app.js", "/assets/css/frame.css"])
async def test_a_file_is_sent_packed_to_whoever_takes_it(park: Park, files: dict[str, Asset], path: str) -> None:
    plain = await park.http.get(path, headers={"accept-encoding": "identity"})
    packed = await park.http.get(path, headers={"accept-encoding": "br;q=1.0, gzip;q=0.8"})
    assert plain.content == packed.content == files[path].body
    assert "content-encoding" not in plain.headers
    assert packed.headers["content-encoding"] == "gzip"
    assert int(packed.headers["content-length"]) == len(files[path].packed) < len(plain.content)
    assert gzip.decompress(files[path].packed) == files[path].body
    assert plain.headers["vary"] == packed.headers["vary"] == "Accept-Encoding"
    assert plain.headers["etag"] != packed.headers["etag"]


async def test_gzip_that_is_refused_by_its_weight_is_not_sent(park: Park) -> None:
    answer = await park.http.get("/assets/js/app.js", headers={"accept-encoding": "gzip;q=0, *;q=0"})
    assert "content-encoding" not in answer.headers


async def test_whoever_has_a_packed_file_gets_its_tag_only(park: Park) -> None:
    taken = {"accept-encoding": "gzip"}
    first = await park.http.get("/assets/js/app.js", headers=taken)
    again = await park.http.get("/assets/js/app.js", headers={**taken, "if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    plain = {"accept-encoding": "identity", "if-none-match": first.headers["etag"]}
    assert (await park.http.get("/assets/js/app.js", headers=plain)).status_code == 200
