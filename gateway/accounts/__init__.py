"""Accounts: energy and carbon from ledger.db and the configuration.

    setup (configuration) ─▶ books ─┐
    records (people) ───────────────┼─▶ energy (totals, shares, usage, statements) ─▶ carbon (runs, summaries, closes)
    ledger.db (intervals) ──────────┘

Synchronous: works on a connection to ledger.db, for the command line, for the API (in the ledger's thread), and for the
jobs process. Calculates nothing itself: that is in `rules/energy` and `rules/carbon`.
"""
