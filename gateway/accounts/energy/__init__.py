"""Energy accounts from ledger.db: totals, virtual and shared meters, balances, usage, live figures, statements."""
