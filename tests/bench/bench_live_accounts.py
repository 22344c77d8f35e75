"""Cost of the running figures: one interval of one meter, new and again, and all figures of a park.

python -m tests.bench.bench_live_accounts
"""

import json
import sqlite3
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from gateway.accounts.books import Books, Entity, Meter
from gateway.accounts.energy.energyread import day_start_ns
from gateway.accounts.energy.live import LiveAccounts
from gateway.accounts.energy.live_figures import live_figures
from gateway.core.device import Enterprise
from gateway.core.point import Names
from rules.energy.account import recount
from rules.energy.grid import Grid, Span
from rules.energy.quantity import IntervalQuantity
from rules.energy.reading import Reading
from tests.unit.gateway.accounts.tariff_park import METERS, ZONE, TariffPark, books
from tests.unit.gateway.accounts.test_live import NOW, TODAY, FixedRates

TENANTS = 500
UPDATES = 10_000
DAYS = 326  # of a year that has gone


def park() -> Books:
    """So many tenants with one meter each."""
    base = books()
    meters: dict[str, Meter] = {}
    for number in range(TENANTS):
        tag = f"t{number}.import"
        spec = replace(METERS[0].spec, tag=tag)
        meters[tag] = replace(METERS[0], tag=tag, enterprise=f"t{number}", device=f"t{number}", spec=spec)
    source = base.sources["bravo-electricity"]
    sources = {
        f"t{n}-electricity": replace(source, id=f"t{n}-electricity", enterprise=f"t{n}", meters=(f"t{n}.import",))
        for n in range(TENANTS)
    }
    entities = {f"t{n}": Entity(f"t{n}", Names(), False, (f"t{n}-electricity",)) for n in range(TENANTS)}
    entities["park"] = Entity("park", Names(), True, tuple(sources))
    return replace(
        base,
        interval_s=900,
        enterprises=tuple(Enterprise(name) for name in entities if name != "park"),
        meters=meters,
        allocations=(),
        sources=sources,
        entities=entities,
    )


def quarters(tag: str) -> list[IntervalQuantity]:
    """Those of today's first ten hours, measured."""
    start_ns, step_ns = day_start_ns(TODAY, ZONE), 900 * 10**9
    found = replace(METERS[0].spec, tag=tag, gap_ns=2 * step_ns)
    readings = [Reading(start_ns + n * step_ns, METERS[0].spec.resolution + n * 7) for n in range(41)]
    return recount(found, Grid(ZONE, 900), readings, Span(start_ns, start_ns + 40 * step_ns)).intervals


def timed(work: Callable[[], object], count: int) -> float:
    """Microseconds of one."""
    start = time.perf_counter()
    work()
    return (time.perf_counter() - start) / count * 1e6


def year_of_one(folder: Path) -> float:
    """Milliseconds to read a year of one priced meter, hour by hour."""
    stored = TariffPark.at(folder)
    stored.fill("bravo.import", TODAY - timedelta(days=DAYS), TODAY - timedelta(days=1), "10")
    live = LiveAccounts(stored.books)
    return timed(lambda: live.read_base(stored.db, ["bravo.import"], NOW), 1) / 1000


def main() -> None:
    """Print the figures."""
    live = LiveAccounts(park())
    live.begin_reading(NOW)
    live.adopt(live.read_base(_empty(), (), NOW))
    course = quarters("t0.import")
    tags = list(live.books.meters)
    pairs = [(tags[n % TENANTS], course[n // TENANTS]) for n in range(UPDATES)]
    fresh = timed(lambda: live.changed(pairs, NOW), UPDATES)
    again = timed(lambda: live.changed(pairs, NOW), UPDATES)
    rates = FixedRates(live.books)
    figures = timed(lambda: [live_figures(live, rates, name, NOW) for name in live.payers], 1) / 1000
    with tempfile.TemporaryDirectory() as folder:
        year = year_of_one(Path(folder))
    print(  # noqa: T201
        json.dumps(
            {
                "meters": TENANTS,
                "new_interval_us": round(fresh, 2),
                "same_interval_us": round(again, 2),
                "figures_of_all_entities_ms": round(figures, 1),
                "year_of_one_meter_ms": round(year, 1),
            }
        )
    )


def _empty() -> sqlite3.Connection:
    return sqlite3.connect(":memory:")


if __name__ == "__main__":
    main()
