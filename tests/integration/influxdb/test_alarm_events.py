"""The alarm journal in a real InfluxDB: a measurement that a dashboard can be made of."""

import time
from dataclasses import replace

from drivers.influxdb.config import SinkOptions
from drivers.influxdb.sink import InfluxSink
from gateway.core.alarm import AlarmEvent, AlarmState, Priority, Transition
from gateway.core.batch import Chunk, Stream
from gateway.core.clock import SystemClock
from gateway.core.point import Names
from gateway.pipeline.alarm_export import TAGS, EventBatches
from tests.servers import InfluxServer

NOW_NS = time.time_ns()
RAISED = AlarmEvent(
    NOW_NS,
    "overload:tx1",
    "overload",
    "tx1",
    "acme",
    3,
    Transition.RAISED,
    AlarmState.UNACKNOWLEDGED,
    Priority.HIGH,
    value=861.2,
    limit=800.0,
    message=Names("Power 861.2 kW", "功率 861.2 kW"),
)


async def test_every_event_of_the_journal_is_read_back_with_its_device_and_priority(influxd: InfluxServer) -> None:
    batches = EventBatches("qinghe", {tag: number for number, tag in enumerate(TAGS)})
    acknowledged = replace(RAISED, transition=Transition.ACKNOWLEDGED, state=AlarmState.ACKNOWLEDGED, comment="seen")
    made = tuple(
        batches.batch(replace(event, seq=seq)) for seq, event in enumerate((RAISED, acknowledged), 1)
    )  # at one time: none overwrites the other
    options = {"url": influxd.url, "api": "v1", "database": "park", "timeout": "10 s"}
    sink = InfluxSink("influx", SinkOptions.model_validate(options), SystemClock())
    written = await sink.write(Chunk(1, Stream.TELEMETRY, made, 20, made[0].time_ns, made[1].time_ns))
    await sink.close()
    assert not written.refused
    columns = "alarm, transition, priority, value, comment, device, enterprise"
    rows = influxd.query(f"SELECT {columns} FROM alarm_event")
    assert [tuple(row[1:]) for row in rows] == [
        ("overload:tx1", "raised", 1, 861.2, "", "tx1", "acme"),
        ("overload:tx1", "acknowledged", 1, 861.2, "seen", "tx1", "acme"),
    ]
