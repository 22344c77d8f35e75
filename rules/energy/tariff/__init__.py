"""Tariffs: what energy costs at every instant, and the lines of a month's bill.

    tariff (versions, seasons, day types, clock times) ─▶ rates (a price per interval) ─┐
    intervals (micro-units) ────────────────────────────────────────────────────────────┴▶ portions ─▶ bill (lines)

Rounding: quantities and prices are exact; each line's amount is rounded once, half up, to the currency's minor unit;
the total is the sum of the rounded lines. Shares of a sum of money are divided by the largest remainder.
"""
