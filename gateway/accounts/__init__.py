"""Accounts: energy and carbon from ledger.db and the configuration - records, runs, summaries, traces, closes.

Synchronous: works on a connection to ledger.db, for the command line, for the API (in the ledger's thread), and for the
jobs process. Calculates nothing itself: that is in `rules/energy` and `rules/carbon`.
"""
