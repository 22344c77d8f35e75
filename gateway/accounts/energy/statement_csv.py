"""A statement as rows for a table: the lines of the bill, then the total."""

from decimal import Decimal
from typing import Any

STATEMENT_COLUMNS = (
    "enterprise", "month", "tariff", "kind", "period", "name_en", "name_zh", "quantity", "unit", "price", "amount",
    "currency", "days", "month_days", "note",
)  # fmt: skip


def statement_cells(document: dict[str, Any]) -> list[list[object]]:
    """The cells of every row, in the order of `STATEMENT_COLUMNS`. Guard text cells before a spreadsheet sees them."""
    head = [document["enterprise"]["id"], document["period"]["label"]]
    currency = document["currency"]
    rows: list[list[object]] = [
        [
            *head,
            line["tariff"],
            line["kind"],
            line["period"],
            line["name"]["en"],
            line["name"]["zh"],
            Decimal(line["quantity"]),
            line["unit"],
            Decimal(line["price"]),
            Decimal(line["amount"]),
            currency,
            line["days"],
            line["month_days"],
            "",
        ]
        for line in document["lines"]
    ]
    note = "complete" if document["is_complete"] else "; ".join(one["en"] for one in document["missing"])
    bound = "lower bound: " if document["is_lower_bound"] else "incomplete, no bound: "
    note = note if document["is_complete"] else bound + note
    total = [*head, "", "total", "", "total", "合计", "", "", "", Decimal(document["total"]), currency, "", "", note]
    return [*rows, total]
