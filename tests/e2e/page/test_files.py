"""The fixed table of files that the API serves."""

import re
from collections.abc import Mapping

from gateway.web import ROUTES, Asset, assets

KIB = 1024


def test_html_styles_and_charts_keep_their_part_of_the_weight(files: Mapping[str, Asset]) -> None:
    part = {
        name: sum(len(asset.body) for url, asset in files.items() if url.startswith(f"/assets/{name}/"))
        for name in ("css", "vendor")
    }
    assert len(files["/"].body) <= 4 * KIB
    assert part["css"] <= 28 * KIB
    assert part["vendor"] <= 52 * KIB


def test_the_table_of_files_is_fixed_and_holds_nothing_inline(files: Mapping[str, Asset]) -> None:
    assert set(ROUTES) <= files.keys()
    assert all(url in ROUTES or url.startswith("/assets/") for url in files)
    assert files.keys() == assets().keys()
    page = files["/"].body.decode()
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script>", page)
    for url, asset in files.items():
        if url.startswith("/assets/js/"):
            assert b"innerHTML" not in asset.body, url
            assert all(line.count(b"`") % 2 == 0 for line in asset.body.splitlines()), f"{url}: a string spans lines"
