"""The PDF report: every section in both languages, the summary's figures, fonts, hostile names, same bytes."""

from dataclasses import replace
from pathlib import Path

import pytest

from gateway.core.errors import Unavailable
from gateway.reports import fonts
from gateway.reports.blocks import Pairs, Section, table
from gateway.reports.carbon_pdf import carbon_pdf, carbon_sections
from gateway.reports.fonts import VARIABLE, faces
from gateway.reports.language import Language, printable
from gateway.reports.numbers import printed, tonnes
from gateway.reports.pdf import Printed, make_pdf, with_breaks
from tests.unit.gateway.accounts.account_park import filled
from tests.unit.gateway.reports.pdf_text import pdf_pages
from tests.unit.gateway.reports.report_park import data_of, hostile, restated, with_gaps

EN = (
    "1  Entity, boundary", "2  Scope 1", "3  Scope 2", "4  Contractual", "5  GWP", "6  Quality", "7  Base year",
    "8  Intensities", "9  Standard coal", "10  Ledger checkpoint",
)  # fmt: skip
ZH = (
    "1  核算主体", "2  范围一", "3  范围二", "4  合约工具", "5  GWP 与排放因子", "6  数据质量", "7  基准年",
    "8  排放强度", "9  折标准煤", "10  账本检查点",
)  # fmt: skip


@pytest.mark.parametrize(("language", "titles"), [(Language.EN, EN), (Language.ZH, ZH)])
def test_all_ten_sections_are_there_with_the_summarys_figures(
    tmp_path: Path, language: Language, titles: tuple[str, ...]
) -> None:
    data = data_of(restated(tmp_path))
    pages = pdf_pages(carbon_pdf(data, language))
    text = "".join(pages)
    assert [title for title in titles if title not in text] == []
    for basis in data.summary["bases"]:
        assert tonnes(basis["total"]["kg"]) in text
        assert tonnes(basis["scope2"]["kg"]) in text
    assert tonnes(data.summary["scope1"]["kg"]) in text
    assert [factor["id"] for factor in data.factors if factor["id"] not in text] == []
    assert data.summary["intensities"][0]["record"] in text
    checkpoint = data.summary["checkpoint"]
    assert checkpoint["note"].split()[-1] in text
    assert all(checkpoint["root"] in page and "2026-10" in page for page in pages)
    assert f"{len(pages)} / {len(pages)}" in pages[-1]
    assert "Li Wei" in text
    assert "Wang Fang" in text


def test_a_restated_period_tells_what_was_published_and_the_effect(tmp_path: Path) -> None:
    data = data_of(restated(tmp_path))
    assert data.published is not None
    text = "".join(pdf_pages(carbon_pdf(data, Language.EN)))
    before, after = (one["bases"][0]["scope2"]["kg"] for one in (data.published, data.summary))
    assert before != after
    assert "Published before, and now" in text
    assert f"{tonnes(before)}{tonnes(after)}" in text
    assert "Reason: late readings" in text


def test_a_closed_period_is_the_same_bytes_whenever_it_is_printed(tmp_path: Path) -> None:
    park = filled(tmp_path)
    park.close()
    first = carbon_pdf(data_of(park), Language.EN)
    park.close("bravo")  # another checkpoint
    park.now_ns += 86_400 * 10**9
    assert carbon_pdf(data_of(park), Language.EN) == first


def test_an_open_period_says_on_every_page_that_it_may_change(tmp_path: Path) -> None:
    park = with_gaps(tmp_path)
    for language, words in ((Language.EN, "open, may change"), (Language.ZH, "未关账，可能变动")):
        pages = pdf_pages(carbon_pdf(data_of(park, period="2026-11"), language))
        assert all(words in page for page in pages)
        assert "≥ " in "".join(pages)  # lower bounds
        assert "acme.import2026-11-11" in "".join(pages)  # the gap


def test_hostile_names_are_printed_without_what_steers_the_reader(tmp_path: Path) -> None:
    text = "".join(pdf_pages(carbon_pdf(data_of(hostile(tmp_path)), Language.EN)))
    assert '=HYPERLINK("http://x")' in text
    assert "\u202e" not in text
    assert "\x07" not in text


def test_nothing_is_left_out_of_a_report_of_the_park(tmp_path: Path) -> None:
    data = data_of(filled(tmp_path), "park")
    for language in Language:
        said = [block for section in carbon_sections(data, language) for block in section.blocks]
        assert len(said) > 20
    text = "".join(pdf_pages(carbon_pdf(data, Language.ZH)))
    assert "测试园区" in text
    assert "bravo" in text


def test_without_a_chinese_font_the_error_names_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fonts, "_NOTO", ())
    with pytest.raises(Unavailable, match="fonts-noto-cjk") as refused:
        faces(Language.ZH, environ={})
    assert VARIABLE in refused.value.hint
    monkeypatch.setattr(fonts, "_DEJAVU", Path("/nowhere.ttf"))
    with pytest.raises(Unavailable, match="`en`"):
        faces(Language.EN, environ={})


def test_english_with_dejavu_alone_says_that_characters_are_lacking(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fonts, "_NOTO", ())
    monkeypatch.delenv(VARIABLE, raising=False)
    text = "".join(pdf_pages(carbon_pdf(data_of(filled(tmp_path)), Language.EN)))
    assert "install the package `fonts-noto-cjk`" in text
    assert "GB/T 32151.34-2024" in text
    assert "\ufffd" in text


def test_a_configured_font_must_be_a_font_with_the_glyphs(tmp_path: Path) -> None:
    broken = tmp_path / "broken.ttf"
    broken.write_bytes(b"no font")
    for named in (broken, tmp_path / "absent.ttf", tmp_path / "page.html"):
        with pytest.raises(Unavailable):
            faces(Language.EN, named)
    with pytest.raises(Unavailable, match="lacks glyphs"):
        faces(Language.ZH, None, {VARIABLE: str(fonts._DEJAVU)})
    assert faces(Language.EN, None, {VARIABLE: str(fonts._DEJAVU)})[0].regular == fonts._DEJAVU


def test_the_chinese_font_of_a_collection_is_the_simplified_one() -> None:
    assert faces(Language.ZH, environ={})[0].number == 2


def test_a_page_without_a_checkpoint_is_printed(tmp_path: Path) -> None:
    data = data_of(filled(tmp_path))
    bare = replace(data, summary={**data.summary, "checkpoint": None})
    assert "no checkpoint was signed yet" in pdf_pages(carbon_pdf(bare, Language.EN))[0]


@pytest.mark.parametrize(
    ("number", "places", "shown"),
    [("1234567.0005", 3, "1,234,567.001"), ("-0.5", 0, "−1"), ("0.1234567890123456789", None, "0.1234567890123456789"),
     (None, 2, "–"), ("1", 3, "1.000")],
)  # fmt: skip
def test_numbers_are_rounded_half_up_once_for_print(number: str | None, places: int | None, shown: str) -> None:
    assert printed(number, places) == shown


def test_lines_may_end_between_chinese_characters_but_not_before_their_punctuation() -> None:
    marked = with_breaks("边界（核算），period 2026")
    assert marked.replace("\u200b", "") == "边界（核算），period 2026"
    assert "\u200b，" not in marked
    assert "（\u200b" not in marked
    assert "peri\u200bod" not in marked
    assert with_breaks("plain") == "plain"


def test_outside_text_is_one_line_and_turns_nothing() -> None:
    assert printable("a\r\nb\x1b[31m\u202ec\ud800") == "a b\ufffd[31m\ufffdc\ufffd"


@pytest.mark.parametrize("cell", ["因子" * 3000, "word and another " * 400, "x" * 6000, "a line\n" * 700])
def test_a_cell_that_is_longer_than_a_page_goes_on_over_the_next(cell: str) -> None:
    columns = (("Name", 11, False), ("Long", 1, False))
    narrow = table(columns, [["first", "short"], ["second", cell], ["third", "last"]], 1)
    printed_ = Printed("t", "s", "h", "f", 0, Language.EN)
    found = make_pdf(
        [Section("S", (narrow, Pairs((("name", cell), (cell[:2000], "value")))))], printed_, faces(Language.ZH)
    )
    text = "".join(pdf_pages(found))
    assert text.count(cell[0]) >= 2 * cell.count(cell[0])  # all of it, in both
    assert text.index("second") < text.index("third")
