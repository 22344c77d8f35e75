"""Inventories: from the activity lines of a period to ledger entries, one per gas, on every basis.

    activity lines ─▶ direct (scope 1) ─┐
    (metered, recorded) ─▶ bases ───────┼─▶ entries (one per gas) ─▶ totals, disclosures, refusals
    instruments ────────▶ (scope 2) ────┘

Rounding: an entry's mass and CO2e are rounded once, half up, to nine decimals of a kilogram; totals are sums of those
numbers, exact. So totals are additive over time, enterprises and sources to the last digit.
"""

from rules.carbon.inventory.account import account

__all__ = ["account"]
