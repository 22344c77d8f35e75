"""Cost of energy: recalculation of 500 meter-years, their sums, and one streamed reading.

python -m tests.bench.bench_energy [--meters 500] [--days 365]
"""

import argparse
import asyncio
import json
import resource
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from zoneinfo import ZoneInfo

from gateway.accounts.energy.recalculate import Order, Piece, merge, recalculate
from gateway.core.jobs import Jobs
from gateway.store import intervals, ledger
from rules.energy.account import MeterAccount, quantities
from rules.energy.day import PackedDay, open_payload, pack, sealed
from rules.energy.grid import Grid, Span
from rules.energy.reading import Reading
from rules.energy.spec import MeterSpec

ZONE = "Asia/Shanghai"
GRID = Grid(ZoneInfo(ZONE))
FIRST = date(2025, 1, 1)
SECOND = 1_000_000_000
DAY_S = 86_400
POLL_S = 10
STREAMED = 100_000
INTERVALS = 96  # of a day
SPEC = MeterSpec("m.energy_import", rated=Decimal(800), resolution=Decimal("0.001"))


def start_of(day: date) -> int:
    """The second at which a local day begins: the zone has no change of clocks."""
    return int((day - date(1970, 1, 1)).total_seconds()) - 8 * 3600


def readings(start_s: int, seconds: int) -> Iterator[Reading]:
    """A register that is read every ten seconds, each answer a little late, by nanoseconds; about 50 kW."""
    register = 100_000_000
    for second in range(start_s - POLL_S, start_s + seconds + 6 * POLL_S, POLL_S):
        register += 100 + second * 7919 % 80
        late_ns = 3_000_000 + second * 104_729 % 4_000_003
        yield Reading(second * SECOND + late_ns, Decimal(register).scaleb(-3))


def a_day() -> PackedDay:
    """One plain day, as the gateway stores it."""
    start = start_of(FIRST)
    span = Span(start * SECOND, (start + DAY_S) * SECOND)
    return pack(quantities(SPEC, GRID, readings(start, DAY_S), span), [SPEC.digest])


def moved(day: PackedDay, days: int) -> PackedDay:
    """The same on another day: filling a year is not what is measured."""
    content = open_payload(day.payload)
    stretches = tuple(replace(one, start_ns=one.start_ns + days * DAY_S * SECOND) for one in content.stretches)
    totals = (day.known_micro, day.measured_ns, day.estimated_ns, day.missing_ns)
    return sealed(replace(content, stretches=stretches), day.unit, totals)


def fill(db: sqlite3.Connection, tags: list[str], days: int) -> None:
    """A year of every meter."""
    day = a_day()
    with ledger.writing(db):
        for number in range(days):
            whole = moved(day, number)
            for tag in tags:
                intervals.replace_day(db, tag, FIRST + timedelta(days=number), "", whole, 1)


async def recalculation(directory: Path, db: sqlite3.Connection, tags: list[str], days: int) -> dict[str, object]:
    """Every meter counts with another multiplier: the child works it out, this process stores it."""
    jobs, began = Jobs(), time.perf_counter()
    await jobs.run(time.process_time)
    count, child_cpu, stored_s = 0, await jobs.run(time.process_time), 0.0
    works = [asyncio.ensure_future(jobs.run(recalculate, directory, _order(tag, days))) for tag in tags[:1]]
    for following in [*tags[1:], None]:
        pieces: list[Piece] = await works.pop()
        if following:  # the child works on the next meter while this one is stored
            works.append(asyncio.ensure_future(jobs.run(recalculate, directory, _order(following, days))))
            await asyncio.sleep(0)
        before = time.perf_counter()
        with ledger.writing(db):
            assert merge(db, pieces, 2) == []
        stored_s += time.perf_counter() - before
        count += len(pieces) * INTERVALS
    whole_s = time.perf_counter() - began
    child_cpu = await jobs.run(time.process_time) - child_cpu
    await jobs.close()
    return {
        "intervals": count,
        "seconds": round(whole_s, 1),
        "jobs_cpu_s": round(child_cpu, 1),
        "stored_s": round(stored_s, 1),
        "us_per_interval": round(child_cpu / count * 1e6, 3),
    }


def _order(tag: str, days: int) -> Order:
    spec = replace(SPEC, tag=tag, multipliers=((0, Decimal("1.25")),))
    return Order(spec, ZONE, 900, FIRST, FIRST + timedelta(days=days - 1))


def sums(db: sqlite3.Connection, tags: list[str], days: int) -> dict[str, object]:
    """A year of all meters, by month and at once."""
    began = time.perf_counter()
    found = intervals.totals(db, tags, FIRST, FIRST + timedelta(days=days - 1), zone=ZoneInfo(ZONE))
    return {"totals_s": round(time.perf_counter() - began, 3), "known": sum(one.known_micro for one in found.values())}


def streaming() -> dict[str, object]:
    """Readings one by one, changes asked every minute, the state saved every quarter of an hour."""
    account = MeterAccount(SPEC, GRID, 2 * 3600 * SECOND, 2_000)
    every = list(readings(start_of(FIRST), STREAMED * POLL_S))
    began, given = time.process_time(), 0
    for place, reading in enumerate(every):
        account.add(reading)
        if not place % 6:
            given += len(account.changes())
    spent = time.process_time() - began
    before = time.process_time()
    size = len(json.dumps(account.save()))
    return {
        "readings": len(every),
        "intervals": given,
        "us_per_reading": round(spent / len(every) * 1e6, 2),
        "save_us": round((time.process_time() - before) * 1e6),
        "state_bytes": size,
    }


def main() -> None:
    """Print one JSON line per part."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--meters", type=int, default=500)
    parser.add_argument("--days", type=int, default=365)
    options = parser.parse_args()
    tags = [f"m{number}.energy_import" for number in range(options.meters)]
    print(json.dumps({"part": "streaming", **streaming()}), flush=True)  # noqa: T201
    with TemporaryDirectory(prefix="bench-energy-") as folder:
        directory = Path(folder)
        with ledger.open_offline(directory) as db:
            fill(db, tags, options.days)
            payload = db.execute("SELECT avg(length(payload)) FROM meter_day").fetchone()[0]
            print(json.dumps({"part": "sums", "payload_bytes": payload, **sums(db, tags, options.days)}), flush=True)  # noqa: T201
            found = asyncio.run(recalculation(directory, db, tags, options.days))
            peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
            print(json.dumps({"part": "recalculation", **found, "jobs_mib": peak}), flush=True)  # noqa: T201
            print(json.dumps({"part": "sums afterwards", **sums(db, tags, options.days)}), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
