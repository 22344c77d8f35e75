"""A tenant's statement as PDF: the document's lines and total, in both languages."""

from datetime import date
from pathlib import Path

import pytest

from gateway.accounts.energy.statement import statement
from gateway.reports.language import Language
from gateway.reports.numbers import printed
from gateway.reports.statement_pdf import statement_pdf
from tests.unit.gateway.accounts.tariff_park import TariffPark, at
from tests.unit.gateway.reports.pdf_text import pdf_pages
from tests.unit.rules.energy.tariff.tariff_cases import tariff


@pytest.mark.parametrize(("language", "word"), [(Language.EN, "Total"), (Language.ZH, "合计")])
def test_every_line_and_the_total_are_printed(tmp_path: Path, language: Language, word: str) -> None:
    park = TariffPark.at(tmp_path, tariff("t1", source="a notice"))
    park.fill("acme.import", date(2026, 10, 1), date(2026, 10, 31), "100")
    now_ns = at("2026-11-22T12:00")
    document = statement(park.db, park.books, "acme", "2026-10", now_ns)
    made = statement_pdf(document, language, now_ns)
    text = "".join(pdf_pages(made))
    assert word in text
    assert printed(document["total"]) in text
    assert all(language.of(line["name"]) in text and printed(line["amount"]) in text for line in document["lines"])
    assert all(one[language.value] in text for one in document["missing"])
    assert statement_pdf(document, language, now_ns) == made
