"""Exact sums of entries as documents."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from gateway.accounts.carbon.summary_scopes import text


def total_kg(entries: Iterable[Mapping[str, Any]], *, figure: str = "co2e_kg", **wanted: str) -> str:
    """The sum of a figure of those entries whose fields are these; what no scope counts has no CO2e."""
    meant = (one for one in entries if all(one[name] == value for name, value in wanted.items()))
    return text(sum((Decimal(one[figure]) for one in meant if one[figure] is not None), Decimal(0)))
