"""Reports as functions of a data directory: what the jobs process runs, and the command line."""

from enum import StrEnum
from pathlib import Path

from gateway.accounts.books import Books
from gateway.accounts.energy.statement import statement
from gateway.accounts.periods import parse_period
from gateway.core.errors import Rejected
from gateway.reports.data import ReportData, read_data
from gateway.reports.language import Language
from gateway.store.ledger import reading

MOST_BYTES = 200 * 1024 * 1024
MOST_DAYS = 2 * 366


class ReportFormat(StrEnum):
    """Of a report."""

    XLSX = "xlsx"
    CSV = "csv"
    PDF = "pdf"
    JSON = "json"
    ZIP = "zip"


class LabelFormat(StrEnum):
    """Of a label."""

    HTML = "html"
    SVG = "svg"
    PDF = "pdf"


MEDIA_TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
    "pdf": "application/pdf",
    "json": "application/json",
    "zip": "application/zip",
    "html": "text/html; charset=utf-8",
    "svg": "image/svg+xml",
}


def report(
    directory: Path,
    books: Books,
    entity: str,
    period: str,
    now_ns: int,
    wanted: ReportFormat,
    language: Language,
    font: Path | None = None,
) -> tuple[str, bytes]:
    """File name and bytes. Raises Rejected for what cannot be reported, Unavailable without a font."""
    _check_length(period)
    data = read_data(directory, books, entity, period, now_ns)
    found = _all(data, language, font) if wanted is ReportFormat.ZIP else made(data, wanted, language, font)
    return f"{file_name(data, wanted)}", _bounded(found)


def made(data: ReportData, wanted: ReportFormat, language: Language, font: Path | None = None) -> bytes:
    """One format of a single file; packages are imported by those that need them."""
    if wanted is ReportFormat.XLSX:
        from gateway.reports.xlsx import carbon_xlsx

        return carbon_xlsx(data, language)
    if wanted is ReportFormat.CSV:
        from gateway.reports.entries_csv import entries_csv

        return entries_csv(data.entries)
    if wanted is ReportFormat.PDF:
        from gateway.reports.carbon_pdf import carbon_pdf

        return carbon_pdf(data, language, font)
    from gateway.reports.bundle import carbon_json

    return carbon_json(data)


def file_name(data: ReportData, wanted: ReportFormat) -> str:
    """An open period says so in its name: CSV has no other place for it."""
    return f"{data.file_name}{'-open' if data.is_open else ''}.{wanted.value}"


def label(
    directory: Path,
    books: Books,
    entity: str,
    period: str,
    now_ns: int,
    wanted: LabelFormat,
    language: Language,
    product: str = "",
    url: str = "",
    font: Path | None = None,
) -> tuple[str, bytes]:
    """File name and bytes of a carbon label."""
    from gateway.reports.label import read_label
    from gateway.reports.label_drawing import label_html, label_pdf, label_svg

    _check_length(period)
    found = read_label(directory, books, entity, period, now_ns, product, url)
    name = f"{found.data.file_name}-label.{wanted.value}"
    if wanted is LabelFormat.PDF:
        return name, label_pdf(found, language, font)
    return name, (label_html if wanted is LabelFormat.HTML else label_svg)(found, language)


def statement_file(
    directory: Path,
    books: Books,
    enterprise: str,
    period: str,
    now_ns: int,
    language: Language,
    font: Path | None = None,
) -> tuple[str, bytes]:
    """File name and bytes of a tenant's statement as PDF."""
    from gateway.reports.statement_pdf import statement_pdf

    with reading(directory) as db:
        db.execute("BEGIN")
        document = statement(db, books, enterprise, period, now_ns)
    name = f"statement-{document['enterprise']['id']}-{document['period']['label']}.pdf"
    return name, statement_pdf(document, language, now_ns, font)


def _all(data: ReportData, language: Language, font: Path | None) -> bytes:
    from gateway.reports.bundle import zipped

    single = [one for one in ReportFormat if one is not ReportFormat.ZIP]
    return zipped({file_name(data, one): made(data, one, language, font) for one in single}, data)


def _check_length(period: str) -> None:
    """Raises Rejected for a period of which nobody reads a report."""
    days = parse_period(period).days
    if days > MOST_DAYS:
        message = f"period: {days} days are more than a report may have, {MOST_DAYS}"
        raise Rejected(message, "ask for each year by itself: `2026`")


def _bounded(found: bytes) -> bytes:
    if len(found) > MOST_BYTES:
        raise Rejected(f"the report has {len(found)} bytes, more than {MOST_BYTES}", "ask for a shorter period")
    return found
