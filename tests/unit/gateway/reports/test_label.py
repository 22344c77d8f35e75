"""The label: its QR code names figure, record and root; the proof beside it holds offline; nothing in it is markup."""

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from xml.etree import ElementTree as ET

import pytest
import segno

from gateway.core.errors import Rejected
from gateway.reports.label import Label, checked_url, label_of
from gateway.reports.label_drawing import label_html, label_pdf, label_svg
from gateway.reports.language import Language
from gateway.store.records import get
from rules.ledger.merkle import leaf_hash, verify_inclusion
from rules.ledger.note import opened, read_proof
from tests.unit.gateway.accounts.account_park import KEY, AccountPark, filled
from tests.unit.gateway.reports.pdf_text import pdf_pages
from tests.unit.gateway.reports.report_park import data_of, hostile, restated

URL = "https://gateway.example/park"


def _label(park: AccountPark, product: str = "", url: str = "") -> Label:
    return label_of(park.db, data_of(park), product, url)


def test_the_code_states_figure_record_and_root(tmp_path: Path) -> None:
    found = _label(restated(tmp_path), url=URL)
    said = parse_qs(urlsplit(found.code).query)
    summary = found.data.summary
    assert found.code.startswith(f"{URL}/carbon?")
    assert said["kg"] == [summary["bases"][0]["total"]["kg"]]
    assert said["r"] == [summary["restatements"][-1]["record"]]
    assert said["root"] == [summary["checkpoint"]["root"]]
    assert (said["period"], said["scope_of"]) == (["2026-10"], ["acme"])


def test_the_payload_proves_the_record_offline(tmp_path: Path) -> None:
    park = restated(tmp_path)
    found = _label(park)
    proof = read_proof(found.payload)
    head = opened(proof.note, [KEY.verifier])
    record = get(park.db, found.record)
    assert record is not None
    assert head.root.hex() == found.data.summary["checkpoint"]["root"]
    assert verify_inclusion(leaf_hash(record.content), proof.index, head.size, proof.path, head.root)
    assert not verify_inclusion(leaf_hash(record.content + b" "), proof.index, head.size, proof.path, head.root)


def test_a_product_has_its_figure_per_unit(tmp_path: Path) -> None:
    park = restated(tmp_path)
    found = _label(park, "output_value")
    assert found.figure == found.data.summary["intensities"][0]["kg_per_unit"]
    assert found.unit == "kg CO2e / 1e4CNY"
    with pytest.raises(Rejected, match="names no denominator"):
        _label(park, "steel")


def test_an_open_period_has_a_label_without_a_record_which_says_so(tmp_path: Path) -> None:
    found = _label(filled(tmp_path))
    assert (found.record, found.payload, found.short_root) == ("", "", "")
    assert "r=open" in found.code
    assert "未关账" in label_html(found, Language.ZH).decode()
    assert "Open: may change" in label_svg(found, Language.EN).decode()
    assert "Open: may change" in pdf_pages(label_pdf(found, Language.EN))[0]


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        assert not any(name.startswith("on") or name in ("src", "href") for name, _ in attrs)


@pytest.mark.parametrize("language", Language)
def test_a_hostile_name_is_text_in_every_drawing(tmp_path: Path, language: Language) -> None:
    park = hostile(tmp_path)
    park.close()
    found = _label(park)
    page = label_html(found, language).decode()
    tags = _Tags()
    tags.feed(page)
    assert "script" not in tags.tags
    assert "svg" in tags.tags
    assert "\u202e" not in page
    root = ET.fromstring(label_svg(found, language))
    assert "=HYPERLINK" in "".join(root.itertext())
    dark = next(one.get("d", "") for one in root.iter() if one.tag.endswith("path"))
    assert dark.count("M") == sum(map(sum, segno.make(found.code, micro=False, error="m").matrix))
    assert not [one for one in root.iter() if one.tag.endswith("script")]
    assert "=HYPERLINK" in "".join(pdf_pages(label_pdf(found, language)))


def test_the_page_shows_what_is_proven_and_the_proof(tmp_path: Path) -> None:
    found = _label(restated(tmp_path))
    page = label_html(found, Language.EN).decode()
    assert "By itself it is a claim" in page
    assert found.payload.splitlines()[0] in page
    assert found.record in page


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "ftp://x", "https://", "https://a b", "https://u:p@x", "https://x/?q", "x" * 400]
)
def test_an_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(Rejected):
        checked_url(url)


def test_an_address_loses_its_last_slash() -> None:
    assert checked_url("https://gateway.example/") == "https://gateway.example"
    assert checked_url("") == ""
