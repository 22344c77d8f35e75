"""Reversals: the entry that takes another one back. A correction is a reversal and a new entry."""

from dataclasses import replace
from decimal import Decimal

from rules.carbon.inventory.entry import Entry


def reversed_entry(entry: Entry) -> Entry:
    """The same entry with masses and quantity negative, and the id of the first in `reverses`."""
    return replace(
        entry,
        quantity=_turned(entry.quantity),
        mass_kg=_turned(entry.mass_kg),
        co2e_kg=None if entry.co2e_kg is None else _turned(entry.co2e_kg),
        working=(f"reverses entry {entry.id}",),
        reverses=entry.id,
    )


def _turned(number: Decimal) -> Decimal:
    return number.copy_negate() if number else number  # there is no negative zero in a ledger; `-` would round
