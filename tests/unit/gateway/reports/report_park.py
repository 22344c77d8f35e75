"""Reports of the small park: closed, restated, open; with biomass, an instrument, hostile names."""

from dataclasses import replace
from datetime import date
from pathlib import Path

from gateway.core.device import Enterprise
from gateway.core.point import Names
from gateway.reports.data import ReportData, report_data
from tests.unit.gateway.accounts.account_park import OCTOBER, AccountPark, filled, hourly

HOSTILE = '=HYPERLINK("http://x")\x07\u202e<script>'


def data_of(park: AccountPark, entity: str = "acme", period: str = "2026-10") -> ReportData:
    return report_data(park.db, park.books, entity, period, park.now_ns)


def restated(folder: Path) -> AccountPark:
    """October closed, then told anew."""
    park = filled(folder)
    park.close()
    park.put("acme.import", hourly(*OCTOBER, "31.5"), *OCTOBER)
    park.restate()
    return park


def hostile(folder: Path) -> AccountPark:
    """An enterprise whose name wants to be a formula."""
    park = filled(folder)
    entity = replace(park.books.entities["acme"], names=Names(HOSTILE, HOSTILE))
    park.books = replace(
        park.books,
        entities={**park.books.entities, "acme": entity},
        enterprises=(Enterprise("acme", Names(HOSTILE, "")), Enterprise("bravo")),
    )
    return park


def with_gaps(folder: Path) -> AccountPark:
    """November, which is not over and lacks days."""
    park = filled(folder)
    park.fill("acme.import", date(2026, 11, 1), date(2026, 11, 10), per_hour="31.25")
    return park
