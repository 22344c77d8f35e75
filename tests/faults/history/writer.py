"""A gateway reduced to an outbox that never forgets and the history: killed at any moment by `test_kill.py`.

    python writer.py DIRECTORY LAST

Chunk n is always the same: sample n of today, and sample n of two days ago. What the sink calls durable is written to
`cursor` (and made durable) a little later, as an outbox would; a start goes on after the cursor. Ends at chunk LAST.
"""

import asyncio
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[3]))

from gateway.core.batch import Chunk, Stream
from tests.integration.history.park import DAY, NOON, ManualClock, Meter, make_sink


def chunk(meter: Meter, number: int) -> Chunk:
    today, late = NOON + number, NOON - 2 * DAY + number
    batches = (meter.at(today, float(number)), meter.at(late, float(number)))
    return Chunk(number, Stream.TELEMETRY, batches, 2, late, today)


def save(cursor: Path, seq: int) -> None:
    fresh = cursor.with_suffix(".new")
    with fresh.open("w") as file:
        file.write(str(seq))
        os.fsync(file.fileno())
    fresh.replace(cursor)


async def main(directory: Path, last: int) -> None:
    cursor = directory / "cursor"
    seq = int(cursor.read_text()) if cursor.exists() else 0
    clock, meter = ManualClock(), Meter()
    sink = make_sink(directory, clock, block=1.0)
    for number in range(seq + 1, last + 1):
        written = await sink.write(chunk(meter, number))
        clock.advance(0.1)
        if number % 3 == 0:
            save(cursor, written.durable_seq)
    save(cursor, (await sink.flush())["telemetry"])
    await sink.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), int(sys.argv[2])))
