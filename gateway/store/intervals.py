"""Interval quantities in ledger.db: one packed row per meter and local day, versions kept, never overwritten."""

TABLES = (
    "CREATE TABLE meter(id INTEGER PRIMARY KEY, tag TEXT NOT NULL UNIQUE)",
    """CREATE TABLE meter_day(
        meter INTEGER NOT NULL REFERENCES meter(id), day INTEGER NOT NULL, version INTEGER NOT NULL,
        written_ns INTEGER NOT NULL, replaced_ns INTEGER, known INTEGER NOT NULL, measured_ns INTEGER NOT NULL,
        estimated_ns INTEGER NOT NULL, missing_ns INTEGER NOT NULL, digest BLOB NOT NULL, payload BLOB NOT NULL,
        PRIMARY KEY(meter, day, version)) WITHOUT ROWID""",
    "CREATE TABLE meter_state(meter INTEGER PRIMARY KEY REFERENCES meter(id), state BLOB NOT NULL)",
    """CREATE TABLE energy_cursor(
        outbox TEXT NOT NULL, stream TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY(outbox, stream)) WITHOUT ROWID""",
)
