"""The configuration of accounts, compiled against devices and the factor catalogue: what the books are made of."""
