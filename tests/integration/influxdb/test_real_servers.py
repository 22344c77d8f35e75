"""The sink against real servers: what arrives, what is refused, and what a kill -9 costs (nothing)."""

import asyncio
import time
from pathlib import Path

import pytest

from drivers.influxdb.config import SinkOptions
from drivers.influxdb.sink import InfluxSink
from gateway.core.batch import Batch, Block, Chunk, Stream
from gateway.core.clock import SystemClock
from gateway.core.device import Device
from gateway.core.errors import Unavailable
from gateway.core.point import Point, ValueType
from tests.servers import InfluxServer, RealServer, VictoriaServer

NOW_NS = time.time_ns() // 10**9 * 10**9
YEAR_NS = 366 * 86400 * 10**9
METER = Device("tx1", "park", "acme", "meter")
BLOCK = Block(METER, (Point("power", digits=7), Point("voltage"), Point("energy", type=ValueType.INT)))
PATIENCE_S = 60.0


def chunk(*batches: Batch, seq: int = 1) -> Chunk:
    return Chunk(seq, Stream.TELEMETRY, batches, sum(b.count for b in batches), batches[0].time_ns, batches[-1].time_ns)


def series(seq: int, count: int) -> Chunk:
    """Lines a millisecond apart (VictoriaMetrics keeps milliseconds), each with values of its own."""
    first = seq * count
    rows = range(first, first + count)
    return chunk(*(Batch(BLOCK, (i + 0.5, i / 7, 2**40 + i), NOW_NS + i * 10**6) for i in rows), seq=seq)


def v1(server: RealServer, **more: object) -> InfluxSink:
    options = {"url": server.url, "api": "v1", "database": "park", "timeout": "10 s", **more}
    return InfluxSink("influx", SinkOptions.model_validate(options), SystemClock())


def v2(server: RealServer, **more: object) -> InfluxSink:
    options = {"url": server.url, "bucket": "park", "timeout": "10 s", **more}
    return InfluxSink("victoria", SinkOptions.model_validate(options), SystemClock())


async def test_every_value_is_read_back_exactly_from_influxdb_1(influxd: InfluxServer) -> None:
    doubles = (0.1, 1 / 3, 5e-324, 1.7976931348623157e308, -0.5, 1e16, 123456789.123456789)
    integers = (0, -1, 2**53 + 1, 2**63 - 1, -(2**63), 7, 8)
    batches = (Batch(BLOCK, (1e21, d, i), NOW_NS + n) for n, (d, i) in enumerate(zip(doubles, integers, strict=True)))
    sink = v1(influxd)
    written = await sink.write(chunk(*batches))
    await sink.close()
    assert not written.refused
    rows = influxd.query("SELECT power, voltage, energy, device, enterprise, site FROM meter")
    wanted = [(NOW_NS + n, d, i) for n, (d, i) in enumerate(zip(doubles, integers, strict=True))]
    assert [(row[0], row[2], row[3]) for row in rows] == wanted
    assert {tuple(row[4:]) for row in rows} == {("tx1", "acme", "park")}
    assert {row[1] for row in rows} == {1e21}


@pytest.mark.parametrize("odd", ["a b", "a,b", "a=b", "a\\b", "a\\\\b", 'a"b', "水表 1", "100%", "%d %b", "#1"])
async def test_odd_names_and_texts_come_back_unchanged_from_influxdb_1(influxd: InfluxServer, odd: str) -> None:
    rows = await through_influxdb(influxd, odd)
    assert [sorted(row[1:], key=str) for row in rows] == [sorted([odd + "\\", odd, odd, 1.5, "park"], key=str)]


@pytest.mark.parametrize(
    ("odd", "kept"), [("a\tb", "a\\tb"), ("end\\", "end"), ("a\\ b", "a b"), ("a\\,b", "a,b"), ("a\\\\=b", "a=b")]
)
async def test_names_without_a_form_lose_their_backslash_and_no_sample(
    influxd: InfluxServer, odd: str, kept: str
) -> None:
    rows = await through_influxdb(influxd, odd)
    assert [row.count(kept) for row in rows] == [2]


async def through_influxdb(influxd: InfluxServer, odd: str) -> list[list[object]]:
    """What is read back of one line that has this text as tags, in a field's name and (with a backslash) as a value."""
    block = Block(Device(odd, "park", odd, "meter x"), (Point("f" + odd, type=ValueType.TEXT), Point("ok")))
    sink = v1(influxd)
    written = await sink.write(chunk(Batch(block, (odd + "\\", 1.5), NOW_NS)))
    await sink.close()
    assert not written.refused
    return influxd.query('SELECT * FROM "meter x"')


async def test_a_type_conflict_is_isolated_and_the_rest_is_stored_by_influxdb_1(influxd: InfluxServer) -> None:
    floats = Block(METER, (Point("state"),))
    ints = Block(METER, (Point("state", type=ValueType.INT),))
    batches = [Batch(floats, (float(i),), NOW_NS + i) for i in range(40)]
    for at in (7, 8, 31):
        batches[at] = Batch(ints, (at,), NOW_NS + at)
    sink = v1(influxd)
    await sink.write(chunk(Batch(floats, (0.0,), NOW_NS + 100)))
    written = await sink.write(chunk(*batches))
    await sink.close()
    times = sorted(int(line.text.rsplit(" ", 1)[1]) - NOW_NS for line in written.refused)
    assert times == [7, 8, 31]
    assert all("conflict" in line.reason and line.status == 400 for line in written.refused)
    rows = influxd.query("SELECT state FROM meter")
    assert [row[0] - NOW_NS for row in rows] == [i for i in range(40) if i not in {7, 8, 31}] + [100]


async def test_what_was_refused_is_taken_once_its_cause_was_mended_in_influxdb_1(influxd: InfluxServer) -> None:
    floats = Block(METER, (Point("state"),))
    ints = Block(METER, (Point("state", type=ValueType.INT),))
    sink = v1(influxd)
    await sink.write(chunk(Batch(floats, (0.0,), NOW_NS + 100)))
    refused = (await sink.write(chunk(*(Batch(ints, (at,), NOW_NS + at) for at in (7, 8, 31)), seq=2))).refused
    again = await sink.resend(refused)
    assert [(one.text, one.count) for one in again] == [(one.text, one.count) for one in refused]
    influxd.query("DROP MEASUREMENT meter")
    for _ in range(2):  # the same twice is the same
        assert list(await sink.resend(refused)) == []
    await sink.close()
    assert [row[0] - NOW_NS for row in influxd.query("SELECT state FROM meter")] == [7, 8, 31]


async def test_a_missing_database_keeps_everything_until_it_is_created(influxd: InfluxServer) -> None:
    sink = v1(influxd, database="other")
    with pytest.raises(Unavailable, match="create database `other`"):
        await sink.write(series(1, 5))
    influxd.query("CREATE DATABASE other")
    written = await sink.write(series(1, 5))
    await sink.close()
    assert (written.durable_seq, list(written.refused)) == (1, [])


async def test_a_missing_retention_policy_gives_up_no_line(influxd: InfluxServer) -> None:
    sink = v1(influxd, retention_policy="none")
    for _ in range(12):
        with pytest.raises(Unavailable) as caught:
            await sink.write(series(1, 3))
        assert "retention policy not found" in caught.value.message
    influxd.query("CREATE RETENTION POLICY none ON park DURATION INF REPLICATION 1")
    assert not (await sink.write(series(1, 3))).refused
    await sink.close()


async def test_influxdb_before_1_8_has_no_v2_and_the_hint_says_so(influxd: InfluxServer) -> None:
    sink = v2(influxd)
    with pytest.raises(Unavailable, match="`api: v1` for InfluxDB before"):
        await sink.write(series(1, 1))
    await sink.close()


async def test_every_value_arrives_in_victoriametrics(victoria: VictoriaServer) -> None:
    sink = v2(victoria)
    one = series(1, 500)
    written = await sink.write(one)
    await sink.close()
    assert (written.durable_seq, list(written.refused)) == (1, [])
    held = await asyncio.to_thread(victoria.export, '{device="tx1",enterprise="acme",site="park"}')
    assert held.keys() == {"meter_power", "meter_voltage", "meter_energy"}
    for i, point in enumerate(BLOCK.points):
        sent = {batch.time_ns // 10**6: batch.values[i] for batch in one.batches}
        assert held[f"meter_{point.name}"] == pytest.approx(sent, rel=1e-11), "it keeps 12 digits"


class LeapingClock(SystemClock):
    """A minute passes at each look."""

    def __init__(self) -> None:
        self._minutes = 0

    def monotonic(self) -> float:
        self._minutes += 1
        return self._minutes * 60.0


async def test_rows_that_victoriametrics_throws_away_are_noticed(victoria: VictoriaServer) -> None:
    options = SinkOptions.model_validate({"url": victoria.url, "bucket": "park", "watch_rejects": True})
    sink = InfluxSink("victoria", options, LeapingClock())
    await sink.write(series(1, 1))
    await sink.write(chunk(Batch(BLOCK, (1.0, 2.0, 3), NOW_NS - 3 * YEAR_NS), seq=2))
    deadline = time.monotonic() + PATIENCE_S
    while sink.counts["rows_rejected_by_server"] < 3:
        assert time.monotonic() < deadline, "never noticed"
        await sink.write(series(3, 1))
        await asyncio.sleep(0.05)
    await sink.close()
    assert sink.counts["rows_rejected_by_server"] == 3


async def deliver_through_kills(sink: InfluxSink, server: RealServer, chunks: list[Chunk], kills: set[int]) -> None:
    """Write chunk by chunk as the forwarder does, while the server is killed in the middle of some."""
    deadline = time.monotonic() + PATIENCE_S
    for one in chunks:
        writing = asyncio.create_task(sink.write(one))
        if one.seq in kills:
            await asyncio.sleep(0)
            server.kill()
        while True:
            try:
                written = await writing
                break
            except Unavailable:
                assert time.monotonic() < deadline, "never delivered"
                if server.process is None:
                    await server.start()
                writing = asyncio.create_task(sink.write(one))
        assert (written.durable_seq, list(written.refused)) == (one.seq, [])


async def test_a_killed_influxdb_that_comes_back_has_everything(influxd: InfluxServer) -> None:
    chunks = [series(seq, 200) for seq in range(12)]
    sink = v1(influxd, max_lines=50)
    await deliver_through_kills(sink, influxd, chunks, {3, 7})
    await sink.close()
    rows = influxd.query("SELECT power, voltage, energy FROM meter")
    assert [tuple(row) for row in rows] == [(b.time_ns, *b.values) for one in chunks for b in one.batches]


async def test_a_killed_victoriametrics_loses_nothing_that_was_sent_after_it_came_back(
    victoria: VictoriaServer, tmp_path: Path
) -> None:
    """VictoriaMetrics answers before its data is on the disk: what a kill takes of acknowledged rows is its own."""
    chunks = [series(seq, 100) for seq in range(8)]
    sink = v2(victoria, max_lines=50)
    await deliver_through_kills(sink, victoria, chunks, {3})
    await sink.close()
    held = await asyncio.to_thread(victoria.export, '{device="tx1"}')
    sent_after = {b.time_ns // 10**6: b.values[2] for one in chunks[4:] for b in one.batches}
    assert sent_after.items() <= held["meter_energy"].items()
