"""What the user writes for the local history under `sinks:`."""

from typing import Annotated

from pydantic import Field

from gateway.config.driver import SinkOptions as Base
from gateway.config.types import ByteSize, Duration

DAY_S = 86_400.0


class SinkOptions(Base):
    """How long samples are kept, and what the history may use of disk and memory.

    `keep` and `keep_rollup` count days and months that hold data, not the calendar: a clock that stands wrong for an
    hour must not throw a month away.
    """

    keep: Annotated[Duration, Field(ge=DAY_S)] = 30 * DAY_S  # every sample
    keep_rollup: Annotated[Duration, Field(ge=31 * DAY_S)] = 5 * 365.25 * DAY_S  # 15-minute minimum, mean, maximum
    max_size: Annotated[ByteSize, Field(ge=64 * 2**20)] = 4 * 2**30  # all files together; the oldest go first
    block: Annotated[Duration, Field(ge=1.0, le=600.0)] = 60.0  # written to disk this often; newer: from memory
    memory_limit: Annotated[ByteSize, Field(ge=24 * 2**20)] = 32 * 2**20  # DuckDB's buffers while it works
    # older samples are counted, not stored. 100 d: intervals of energy come up to 63 days late, and may wait 30 days
    # in the outbox besides
    max_lateness: Annotated[Duration, Field(ge=60.0)] = 100 * DAY_S
