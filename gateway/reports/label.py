"""The carbon label: a figure of an entity and period, or of a unit of a product, and what is needed to check it.

What the QR code holds is text: the figure, the record that it comes from, and the checkpoint that signed that record.
It proves nothing by itself. With the signed checkpoint and the inclusion proof (`payload`), which name the same record
and root, it shows offline that the record was in the ledger when the checkpoint was signed; whether the meters told the
truth it cannot show.
"""

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

from gateway.accounts.books import Books
from gateway.core.errors import Rejected
from gateway.reports.data import ReportData, report_data
from gateway.store.checkpoints import inclusion
from gateway.store.ledger import reading
from gateway.store.records import get
from rules.ledger.note import Proof

ROOT_CHARACTERS = 16  # of the short root: 64 bits
_MOST_URL = 300


@dataclass(frozen=True, slots=True)
class Label:
    """A figure and where it comes from."""

    data: ReportData
    figure: str  # kg CO2e, exact
    unit: str  # kg CO2e, or kg CO2e per unit of a product
    gas: str
    product: str
    basis: str
    record: str  # of the close, or of the restatement that holds; empty while the period is open
    payload: str  # C2SP inclusion proof of that record; empty where nothing was signed
    is_lower_bound: bool
    url: str = ""

    @property
    def code(self) -> str:
        """The text of the QR code."""
        found = self.data.summary
        checkpoint = found["checkpoint"]
        said = {
            "e": found["entity"]["id"],
            "p": found["period"]["label"],
            "b": self.basis,
            "kg": self.figure,
            **({"u": self.product} if self.product else {}),
            "r": self.record or "open",
            **({"n": str(checkpoint["size"]), "root": checkpoint["root"]} if checkpoint and self.record else {}),
        }
        query = {"period": said["p"], "scope_of": said["e"], **said}
        return f"{self.url}/carbon?{urlencode(query)}" if self.url else f"CARBON1?{urlencode(said)}"

    @property
    def short_root(self) -> str:
        """The first characters of the root."""
        checkpoint = self.data.summary["checkpoint"]
        return checkpoint["root"][:ROOT_CHARACTERS] if checkpoint and self.record else ""


def read_label(
    directory: Path, books: Books, entity: str, period: str, now_ns: int, product: str = "", url: str = ""
) -> Label:
    """From a data directory. Raises Rejected where there is no such figure."""
    with reading(directory) as db:
        db.execute("BEGIN")
        return label_of(db, report_data(db, books, entity, period, now_ns), product, checked_url(url))


def label_of(db: sqlite3.Connection, data: ReportData, product: str = "", url: str = "") -> Label:
    """Of the period as a whole, on the default basis; or for one unit of a product."""
    found = data.summary
    basis = next((one for one in found["bases"] if one["is_default"]), None)
    if basis is None:
        raise Rejected("no basis of scope 2 is the default one", "`carbon: policy: default_basis:`")
    figure, unit = basis["total"]["kg"], "kg CO2e"
    if product:
        one = _intensity(found["intensities"], product)
        figure, unit = one["kg_per_unit"], f"kg CO2e / {one['unit']}"
    record = _record(found)
    gases = {basis["scope1"]["gas"], basis["scope2"]["gas"]}
    return Label(
        data=data,
        figure=figure,
        unit=unit,
        gas="CO2" if gases == {"CO2"} else "CO2e",
        product=product,
        basis=basis["basis"],
        record=record,
        payload=_payload(db, record, found["checkpoint"]),
        is_lower_bound=bool(basis["total"].get("is_lower_bound")),
        url=url,
    )


def checked_url(url: str) -> str:
    """The public address without a slash at its end. Raises Rejected for what is no http(s) address."""
    parts = urlsplit(url)
    has_controls = any(not one.isprintable() or one.isspace() for one in url)
    if url and (parts.scheme not in ("http", "https") or not parts.hostname or len(url) > _MOST_URL or has_controls):
        raise Rejected("url: it is no address", "write the gateway's public address, as https://gateway.example")
    if parts.query or parts.fragment or "@" in parts.netloc:
        raise Rejected("url: only scheme, host and path belong in it", "as https://gateway.example")
    return url.rstrip("/")


def _intensity(found: list[dict[str, Any]], product: str) -> dict[str, Any]:
    """The one whose product, or whose denominator, has this name."""
    meant = [one for one in found if product in (one["product"], one["denominator"])]
    if len(meant) != 1:
        known = ", ".join(sorted({one["product"] or one["denominator"] for one in found})) or "none"
        raise Rejected(f"product: `{product[:80]}` names no denominator of this period", f"there is: {known}")
    return meant[0]


def _record(found: dict[str, Any]) -> str:
    if found["status"] == "open" or found["closed"] is None:
        return ""
    told = [*found["restatements"]]
    newest = max(told, key=lambda one: one["time"], default=None)
    return str(newest["record"] if newest else found["closed"]["record"])


def _payload(db: sqlite3.Connection, record: str, checkpoint: dict[str, Any] | None) -> str:
    """The proof against the checkpoint that the label shows, as C2SP tlog-proof."""
    found = get(db, record) if record else None
    if found is None or checkpoint is None or checkpoint["size"] < found.seq:
        return ""
    path = tuple(inclusion(db, found.seq, checkpoint["size"]))
    return Proof(found.seq - 1, path, checkpoint["note"]).text
