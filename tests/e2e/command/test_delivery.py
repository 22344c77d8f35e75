"""The promise, with real processes and a real InfluxDB: killed, stopped, cut off - nothing committed is lost."""

import asyncio
import signal
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import duckdb
import pytest

from tests.e2e.command.conftest import until
from tests.servers import InfluxServer

SINK = """sinks:
  influx: {{driver: influxdb, api: v1, url: "{url}", database: park, text_fields: true}}
"""


def add_influx(folder: Any, url: str) -> None:
    text = folder.config.read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("sinks:")]
    folder.config.write_text("\n".join(lines) + "\n" + SINK.format(url=url), encoding="utf-8")


def is_drained(folder: Any) -> bool:
    return bool(folder.sink("influx")["buffered"] == 0)


def deliver_all(folder: Any) -> dict[str, Any]:
    """Run the gateway without its park until nothing waits for any sink any more; the account of InfluxDB."""
    for _ in range(5):
        gateway = folder.start_gateway()
        until(lambda: is_drained(folder), 60, "everything is delivered")
        account: dict[str, Any] = folder.sink("influx")
        stop(gateway)
        if waiting_in(folder.path / "data") == 0:  # a stop writes the history's open block, in the time that it has
            return account
    raise AssertionError("the history does not take everything")


def waiting_in(data: Path) -> int:
    """Samples that the outbox of a stopped gateway still holds for a sink."""
    with closing(sqlite3.connect(data / "outbox.db")) as db:
        return int(db.execute("SELECT sum(buffered) FROM cursor").fetchone()[0])


def count_in_influx(server: InfluxServer) -> int:
    measurements = [str(row[0]) for row in server.query("SHOW MEASUREMENTS")]
    counts = [server.query(f'SELECT count(*) FROM "{name}"')[0][1:] for name in measurements if name != "park_gateway"]
    return sum(int(str(count)) for row in counts for count in row)


def history_of(data: Path) -> tuple[int, int]:
    """All rows, and distinct (point, time) whose value is not bad, of the local history."""
    rows, good = 0, 0
    for path in sorted((data / "history").glob("????-??-??.duckdb")):
        with duckdb.connect(str(path), read_only=True) as db:
            for table in ("sample", "text", "big_integer"):
                found = db.execute(
                    f"SELECT count(*), count(DISTINCT (point_id, time_ns)) FILTER (quality < 128) FROM {table}"
                ).fetchone()
                assert found is not None
                rows, good = rows + found[0], good + found[1]
    return rows, good


def stop(process: Any) -> float:
    asked = time.monotonic()
    process.terminate()
    assert process.wait(12) == 0
    return time.monotonic() - asked


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_twenty_kills_lose_no_committed_sample_at_the_sink(folder: Any, influxd: InfluxServer) -> None:
    add_influx(folder, influxd.url)
    folder.start_park()
    random = Random(3)
    for _ in range(20):
        gateway = folder.start_gateway()
        until(lambda: folder.get("/readyz"), 60, "the gateway is ready")
        time.sleep(random.uniform(0.3, 2.0))
        gateway.send_signal(signal.SIGKILL)
        gateway.wait(5)
    gateway = folder.start_gateway()
    folder.wait_for_devices(50)
    stop(gateway)
    folder.processes[0].terminate()  # the park is over: what is left is delivered
    influx = deliver_all(folder)
    assert influx["balanced"]
    rows, distinct_good = history_of(folder.path / "data")
    assert influx["accepted"] == influx["delivered"] + influx["dropped"].get("no_value", 0)
    # Both sinks were killed at twenty random moments and filled from the same outbox, each by its own cursor.
    assert count_in_influx(influxd) == distinct_good
    assert rows >= influx["accepted"]  # the last stop took a few more, which the account above does not know yet


@pytest.mark.timeout(180)
def test_an_influxdb_that_dies_and_returns_gets_everything(folder: Any, influxd: InfluxServer) -> None:
    add_influx(folder, influxd.url)
    folder.start_park()
    gateway = folder.start_gateway()
    folder.wait_for_devices(50)
    until(lambda: folder.sink("influx")["delivered"] > 0, 30, "samples arrive")
    influxd.kill()
    until(lambda: folder.sink("influx")["state"] == "waiting", 30, "the sink waits")
    status = folder.sink("influx")
    assert influxd.url in status["error"]
    assert status["hint"]
    until(lambda: folder.sink("influx")["buffered"] > 1000, 60, "samples are kept")
    assert folder.sink("history")["error"] is None  # one sink's trouble is its own
    asyncio.run(influxd.start())
    until(lambda: folder.sink("influx")["error"] is None, 70, "the sink is back")
    stop(gateway)
    folder.processes[0].terminate()
    deliver_all(folder)
    assert count_in_influx(influxd) == history_of(folder.path / "data")[1]


@pytest.mark.timeout(120)
def test_a_stop_takes_less_than_ten_seconds_and_a_start_sends_nothing_twice(folder: Any, influxd: InfluxServer) -> None:
    add_influx(folder, influxd.url)
    park = folder.start_park()
    gateway = folder.start_gateway()
    folder.wait_for_devices(50)
    park.terminate()
    park.wait(5)
    until(lambda: is_drained(folder), 60, "everything is delivered")
    assert stop(gateway) < 10
    before = count_in_influx(influxd)
    gateway = folder.start_gateway()
    until(lambda: folder.get("/readyz"), 60, "the gateway is ready")
    time.sleep(2)
    requests = folder.sink("influx")["counts"].get("requests", 0)
    assert requests <= 2  # what the lines said when the park had gone: bad values, never the backlog
    assert count_in_influx(influxd) == before
    assert stop(gateway) < 10


@pytest.mark.timeout(120)
def test_a_stop_while_the_sink_is_away_takes_less_than_ten_seconds(folder: Any, influxd: InfluxServer) -> None:
    add_influx(folder, influxd.url)
    folder.start_park()
    gateway = folder.start_gateway()
    folder.wait_for_devices(50)
    influxd.kill()
    until(lambda: folder.sink("influx")["state"] == "waiting", 30, "the sink waits")
    assert stop(gateway) < 10
