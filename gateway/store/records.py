"""The ledger's log: every record is appended once and never changed; record n is leaf n - 1 of the Merkle tree.

What people submit, what runs compute, what is closed and restated: all of it is a record here, so all of it is proven
by the same tree. A correction is another record that is about the first.
"""

from enum import StrEnum

TABLES = (
    """CREATE TABLE record(
        seq INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, kind TEXT NOT NULL, enterprise TEXT NOT NULL,
        period TEXT NOT NULL, about TEXT NOT NULL, time_ns INTEGER NOT NULL, content BLOB NOT NULL)""",
    "CREATE INDEX record_by_kind ON record(kind, enterprise, period)",
    "CREATE INDEX record_by_about ON record(about) WHERE about <> ''",
    """CREATE TRIGGER record_no_update BEFORE UPDATE ON record
        BEGIN SELECT raise(ABORT, 'the ledger is append-only'); END""",
    """CREATE TRIGGER record_no_delete BEFORE DELETE ON record
        BEGIN SELECT raise(ABORT, 'the ledger is append-only'); END""",
)


class Kind(StrEnum):
    """What a record is."""

    ACTIVITY = "activity"  # a delivery note, an invoice, a mass balance, ...: a quantity with its evidence
    DENOMINATOR = "denominator"  # production, output value, area, employees of a period
    READING = "reading"  # of a meter that people read
    METER_EVENT = "meter_event"  # exchange, reset
    CORRECTION = "correction"  # of one interval, with its reason
    EVIDENCE = "evidence"  # a file: SHA-256, media type, name
    INSTRUMENT = "instrument"
    ALLOCATION = "allocation"  # of an instrument
    FACTOR = "factor"  # of one's own
    APPROVAL = "approval"  # `about` a record, by somebody else than who prepared it
    REJECTION = "rejection"
    ENERGY_DAY = "energy_day"  # the digests of all meters' intervals of one local day
    RUN = "run"  # a calculation, with everything that it froze
    ENTRY = "entry"  # one line of a run
    CLOSE = "close"  # of a period
    RESTATEMENT = "restatement"
