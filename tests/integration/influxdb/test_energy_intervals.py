"""Finished intervals in a real InfluxDB: another version replaces the one before, registers of a device stand apart."""

import time
from pathlib import Path

from drivers.influxdb.config import SinkOptions
from drivers.influxdb.sink import InfluxSink
from gateway.core.batch import Batch, Chunk, Stream
from gateway.core.clock import SystemClock
from gateway.pipeline.energy_export import IntervalExport, tags_of
from tests.faults.energy.plant import QUARTER_NS, Clock, Plant, Shelf, books_of, meter
from tests.servers import InfluxServer

START_NS = (time.time_ns() // QUARTER_NS - 40) * QUARTER_NS
MINUTE_NS = 60 * 10**9


async def test_the_newest_version_of_every_interval_is_read_back(influxd: InfluxServer, tmp_path: Path) -> None:
    books = books_of(meter("a.energy_import"), meter("a.energy_export"))
    plant = await Plant.open(tmp_path, books, Clock(START_NS), shelf=Shelf())
    ids = {tag: number for number, tag in enumerate(tags_of(books), 1)}
    export, sent = IntervalExport(plant.ledger, books, ids, plant.clock), list[Batch]()

    def store(batch: Batch) -> int:
        sent.append(batch)
        return len(sent)

    export.connect(store)
    for minute in (*range(30), *range(200, 331)):
        plant.count("a", START_NS + minute * MINUTE_NS, 100.0 + minute)
    await plant.settle()
    await export.copy()
    plant.count("a", START_NS + 100 * MINUTE_NS, 130.0)
    await plant.settle()
    await export.copy()
    await plant.close()
    options = {"url": influxd.url, "api": "v1", "database": "park", "timeout": "10 s"}
    sink = InfluxSink("influx", SinkOptions.model_validate(options), SystemClock())
    written = await sink.write(Chunk(1, Stream.TELEMETRY, tuple(sent), len(sent), sent[0].time_ns, sent[-1].time_ns))
    await sink.close()
    assert not written.refused
    fields = "energy_import_known_kwh, energy_import_missing, energy_import_method, energy_import_version"
    rows = influxd.query(f"SELECT {fields}, device, enterprise FROM energy_interval")
    newest = {batch.time_ns: list(batch.values) for batch in sent}
    assert len(rows) == len(newest) < len(sent)
    assert [row[1:5] for row in rows] == [[one[0], one[2], one[3], one[4]] for _, one in sorted(newest.items())]
    assert {tuple(row[5:]) for row in rows} == {("a", "acme")}
    assert any(row[4] > 1 for row in rows)
