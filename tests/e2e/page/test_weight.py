"""What the page weighs as it is sent: a view by itself, and everything in both languages together.

What a view weighs unpacked is held by `test_page.py`, for each of them.
"""

from collections.abc import Mapping

import pytest

from gateway.web import Asset
from gateway.web.names import shorten
from tests.e2e.page.conftest import Visit
from tests.e2e.page.test_page import PAGES

_KIB = 1024
_VIEW = 72 * _KIB
_ALL = 270 * _KIB


def test_all_views_in_both_languages_together_are_light_to_send(files: Mapping[str, Asset]) -> None:
    once = {asset.etag: len(asset.packed) for asset in files.values()}
    assert sum(once.values()) <= _ALL


@pytest.mark.parametrize(
    ("source", "shorter"),
    [
        (
            b"const x=1;const{y}=o;const z=()=>{const w=2;const v=3;return w}",
            b"const x=1,{y}=o,z=()=>{const w=2,v=3;return w}",
        ),
        (b"export const x=1;const y=2;f(y)", b"export const x=1;const y=2;f(y)"),
        (b"const x=1;f(x);const y=2;f(y)", b"const x=1;f(x);const y=2;f(y)"),
        (
            b"for(const x of y){f(x)}const z=`;const `;const k={const:1}",
            b"for(const x of y){f(x)}const z=`;const `,k={const:1}",
        ),
    ],
)
def test_constants_in_a_row_say_so_once(source: bytes, shorter: bytes) -> None:
    assert shorten(source) == shorter


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("path", ["/park", "/devices/dongyue-1", "/gateway", "/carbon"])
@pytest.mark.usefixtures("alarms")
async def test_a_view_is_light_to_send(visit: Visit, files: Mapping[str, Asset], path: str) -> None:
    loaded: set[str] = set()
    visit.page.on("request", lambda request: loaded.add(request.url.removeprefix(visit.url)))
    await visit.open(path)
    await visit.page.locator(PAGES[path]).first.wait_for()
    sent = [len(files[url].packed) for url in loaded if url in files]
    assert len(sent) > 20
    assert sum(sent) <= _VIEW
