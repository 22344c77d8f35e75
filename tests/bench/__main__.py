"""`make bench`: what the whole gateway costs, one JSON line per workload. See README.md beside this file.

python -m tests.bench [--seconds 15] [--profile] [--micro] [WORKLOAD ...]
"""

import argparse
import json
import math
import os
import pstats
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from gateway.api.live import MAX_STREAMS
from tests.bench.measure import STREAMS, Figures, Terms, first_paint, modbus, mqtt, open_pages
from tests.bench.park import Wanted
from tests.bench.processes import HERE, ROOT, cores

FAST_MS = 20.0
TRIED_MS = (10.0, 12.0, 14.0, 16.0, 18.0, 20.0, 25.0, 30.0, 40.0)  # 10: the smallest that a configuration may have
MISSED_PCT = 3.0
TRY_S = 6.0
BUILD = ROOT / "build"


def every_second(terms: Terms) -> Iterator[Figures]:
    """(a) 100 devices x 60 float32 at 1 s."""
    yield modbus("modbus_1s", Wanted(), terms)


def fast(terms: Terms) -> Iterator[Figures]:
    """(b) the same at 20 ms."""
    yield modbus("modbus_20ms", Wanted(interval_ms=FAST_MS), terms)


def fastest(terms: Terms) -> Iterator[Figures]:
    """(b) the highest rate with less than 3 % of the polls missed: short tries, the fastest first."""
    short = replace(terms, seconds=min(TRY_S, terms.seconds), warm_up_s=2.0, watch_s=1.0)
    for interval_ms in TRIED_MS:
        found = modbus("modbus_fastest", Wanted(interval_ms=interval_ms), short)
        if found["missed_pct"] < MISSED_PCT:
            yield found | {"interval_ms": interval_ms}
            return


def mqtt_qos0(terms: Terms) -> Iterator[Figures]:
    """(c) MQTT JSON, 2,000 messages/s at QoS 0."""
    yield mqtt("mqtt_qos0", 0, terms)


def mqtt_qos1(terms: Terms) -> Iterator[Figures]:
    """(c) the same at QoS 1, acknowledged after the commit."""
    yield mqtt("mqtt_qos1", 1, terms)


def everything(terms: Terms) -> Iterator[Figures]:
    """(d) as (a) with counters, history (at least one block written in each window), 600 rules and 10 open pages."""
    seconds = float(math.ceil(1.5 * terms.seconds))  # whole: there is a poll every second
    wanted = Wanted(has_counters=True, block_s=seconds, quiet_rules=6)
    whole = replace(terms, seconds=seconds, watch_s=seconds)
    yield modbus("everything", wanted, whole, streams=STREAMS)


def storm(terms: Terms) -> Iterator[Figures]:
    """(e) as (a), at 1.3 s, with 2,000 threshold rules of which 1,000 are crossed again and again: 9,000 a minute."""
    wanted = Wanted(interval_ms=1300.0, quiet_rules=10, crossed_rules=10)
    yield modbus("storm", wanted, replace(terms, watch_s=2 * terms.watch_s))


def pages(terms: Terms) -> Iterator[Figures]:
    """(f) as (a), with as many open pages as the gateway allows, and the answer to one more."""
    yield open_pages("pages", MAX_STREAMS, terms)


WORKLOADS: dict[str, Callable[[Terms], Iterator[Figures]]] = {
    "modbus_1s": every_second,
    "modbus_20ms": fast,
    "modbus_fastest": fastest,
    "mqtt_qos0": mqtt_qos0,
    "mqtt_qos1": mqtt_qos1,
    "everything": everything,
    "storm": storm,
    "pages": pages,
    "first_paint": first_paint,
}


def main() -> None:
    """Run the workloads that are asked for; all by default."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("workload", nargs="*", choices=[*WORKLOADS, []], help="default: all")
    parser.add_argument("--seconds", type=float, default=15.0, help="length of the window that is measured")
    parser.add_argument("--profile", action="store_true", help="write profiles under build/; such figures do not count")
    parser.add_argument("--micro", action="store_true", help="the parts alone: every bench_*.py beside this file")
    options = parser.parse_args()
    if options.micro:
        for program in sorted(HERE.glob("bench_*.py")):
            subprocess.run([sys.executable, str(program)], cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)})
        return
    os.sched_setaffinity(0, {cores()[1]})
    if options.profile:
        BUILD.mkdir(exist_ok=True)
    terms = Terms(seconds=options.seconds, profile=BUILD if options.profile else None)
    for name in options.workload or WORKLOADS:
        for figures in WORKLOADS[name](terms):
            print(json.dumps(figures), flush=True)  # noqa: T201
            if options.profile:
                write_table(BUILD / f"bench-{figures['workload']}.prof")


def write_table(profile: Path) -> None:
    """The profile as a table for people, beside it."""
    with profile.with_suffix(".txt").open("w", encoding="utf-8") as out:
        pstats.Stats(str(profile), stream=out).sort_stats("tottime").print_stats(60)


if __name__ == "__main__":
    main()
