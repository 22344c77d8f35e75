"""Factors of one's own: approved records as a part of the catalogue, held to the same rules as the shipped ones."""

import hashlib
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

from gateway.accounts.records.submissions import approved_factors
from gateway.carbon.catalogue import FactorRow
from gateway.config.nodes import Mapping as Row
from gateway.config.nodes import Scalar
from gateway.config.problems import Mark, Report
from gateway.core.errors import GatewayError, Rejected
from gateway.store.ledger import NAME, open_readonly
from gateway.store.records import Record
from rules.carbon.catalogue import Catalogue
from rules.carbon.errors import Wrong
from rules.carbon.factor import Factor, Review, Source
from rules.carbon.invariants import faults
from rules.ledger.canonical import canonical

PREFIX = "own."
_SHA256_DIGITS = 64


def catalogue_with(catalogue: Catalogue, approved: Iterable[Record]) -> Catalogue:
    """The shipped catalogue with the factors of approved records. Raises Rejected, naming the record and what is wrong.

    Without records it is the shipped one itself. The digest names the content of both.
    """
    records = list(approved)
    if not records:
        return catalogue
    found: list[Factor] = []
    for record in records:
        factor, wrongs = _read(record.body, record.id)
        _refuse(record.body, wrongs)
        assert factor is not None
        found.append(factor)
    shipped = len(catalogue.factors)
    together = (*catalogue.factors, *found)
    for fault in faults(together):
        body = records[max(fault.index - shipped, 0)].body
        _refuse(body, [Wrong(fault.column, fault.message, fault.hint)])
    digest = hashlib.sha256(canonical([catalogue.sha256, *([one.id, one.body] for one in records)]))
    return Catalogue(together, digest.hexdigest())


def factor_wrongs(catalogue: Catalogue, approved: Iterable[Record], body: Mapping[str, Any]) -> list[Wrong]:
    """What is wrong with a factor before it is approved, beside the catalogue and those approved already."""
    factor, wrongs = _read(body, "")
    if factor is None or wrongs:
        return wrongs
    before = catalogue_with(catalogue, approved).factors
    return [Wrong(fault.column, fault.message, fault.hint) for fault in faults((*before, factor))]


def approved_catalogue(catalogue: Catalogue, directory: Path) -> tuple[Catalogue, str]:
    """The catalogue with what the ledger of a data directory has approved, and why that cannot be told.

    A ledger that cannot be read must not keep a gateway from starting, which restores it.
    """
    if not (directory / f"{NAME}.db").is_file():
        return catalogue, ""
    try:
        with closing(open_readonly(directory)) as db:
            return catalogue_with(catalogue, approved_factors(db)), ""
    except (GatewayError, sqlite3.Error) as error:
        return catalogue, str(error)


def _read(body: Mapping[str, Any], record_id: str) -> tuple[Factor | None, list[Wrong]]:
    """The factor of a body, and what is wrong with it by itself."""
    cells = {key: str(value) for key, value in body.items() if isinstance(value, str | int) and str(value)}
    columns = list(cells)
    row = Row(Mark("", 1, 0))
    for column, text in enumerate(cells.values(), start=1):
        mark = Mark("", 1, column)
        row.put(columns[column - 1], Scalar(text, mark, is_quoted=True), mark)
    source = Mark("", 1, 0)
    row.put("source", Scalar("own", source, is_quoted=True), source)
    row.put("review", Scalar(Review.OWN, source, is_quoted=True), source)
    report = Report()
    documents = _documents(body)
    own = Source(
        "own", cells.get("title", ""), cells.get("publisher", ""), cells.get("year", ""), cells.get("url", ""),
        documents[0] if documents else "",
    )  # fmt: skip
    factor = FactorRow(row, report, {"own": own}, (Review.OWN,)).factor()
    wrongs = [
        Wrong(columns[problem.column - 1] if problem.column else "", problem.message, problem.hint)
        for problem in report.problems
    ]
    if not cells.get("id", "").startswith(PREFIX):
        wrongs.append(Wrong("id", "the id of a factor of one's own begins with `own.`", f"write `{PREFIX}...`"))
    for field in ("title", "publisher"):
        if not cells.get(field):
            wrongs.append(Wrong(field, "is empty", "the document that the value stands in"))
    if not documents:
        wrongs.append(Wrong("evidence", "a factor of one's own needs its document", "attach the page it stands on"))
    read_in = f"record {record_id}" if record_id else ""
    return (replace(factor, read_in=read_in) if factor else None), wrongs


def _documents(body: Mapping[str, Any]) -> list[str]:
    """SHA-256 of the evidence."""
    found = body.get("evidence", [])
    entries = found if isinstance(found, list) else []
    texts = [entry.get("sha256") if isinstance(entry, dict) else entry for entry in entries]
    return [text for text in texts if isinstance(text, str) and len(text) == _SHA256_DIGITS]


def _refuse(body: Mapping[str, Any], wrongs: Sequence[Wrong]) -> None:
    if wrongs:
        told = "; ".join(f"{wrong.field}: {wrong.message}" if wrong.field else wrong.message for wrong in wrongs)
        hint = next((wrong.hint for wrong in wrongs if wrong.hint), "supersede it with a right one")
        raise Rejected(f"factor `{str(body.get('id', ''))[:80]}`: {told}", hint)
