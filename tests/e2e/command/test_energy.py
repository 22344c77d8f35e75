"""The installed command over the history of a gateway that does not run: files in, quantities out."""

import json
import sqlite3
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gateway.core.batch import Block
from gateway.core.device import Device
from gateway.core.point import Point, PointKind
from gateway.core.quality import Quality
from tests.integration.history.park import NOON, SECOND, ManualClock, Meter, Outbox, make_sink, write_all

PARK = """
site: {id: park, timezone: Asia/Shanghai}
enterprises: [{id: works}]
connections:
  broker: {driver: mqtt, host: 127.0.0.1, topics: ["park/{enterprise}/{device}/telemetry"]}
devices:
  - {id: tx1, enterprise: works, kind: meter, connection: broker, points: {energy: {unit: kWh, kind: counter}}}
store: {directory: data}
"""
EVERY_S = 60
LAST = 45


def register_at(number: int) -> float | None:
    """A kilowatt-hour and a tenth a minute; once no answer, once a zero that is none."""
    return {7: None, 20: 0.0}.get(number, round(4711.3 + 1.1 * number, 1))


async def fill(folder: Path) -> None:
    """Three quarters of an hour of readings in history, as the gateway stores them."""
    clock = ManualClock(now_ns=NOON + 3600 * SECOND)
    sink, meter = make_sink(folder, clock), Meter()
    points = (Point("energy", unit="kWh", kind=PointKind.COUNTER),)
    meter.block = Block(Device("tx1", "park", "works", "meter"), points, EVERY_S, (1,))
    batches = []
    for number in range(LAST + 1):
        value = register_at(number)
        quality = [Quality.GOOD if value is not None else Quality.BAD_TIMEOUT]
        batches.append(meter.at(NOON + number * EVERY_S * SECOND, value, quality=quality))
    await write_all(sink, Outbox().chunk(*batches))
    await sink.close()


@pytest.fixture
async def stored(folder: Any) -> Any:
    folder.config.write_text(PARK, encoding="utf-8")
    data = folder.path / "data"
    data.mkdir()
    await fill(data)
    with closing(sqlite3.connect(data / "state.db")) as db:
        db.execute("CREATE TABLE point(id INTEGER PRIMARY KEY AUTOINCREMENT, tag TEXT NOT NULL UNIQUE)")
        db.execute("INSERT INTO point(id, tag) VALUES (1, 'tx1.energy')")
        db.commit()
    return folder


def test_the_command_accounts_for_what_history_holds(stored: Any) -> None:
    asked = ("energy", "intervals", "tx1", "--recount", "-c", str(stored.config), "--from", "2026-11-22T20:00")
    result = stored.run(*asked, "--to", "2026-11-22T21:00")
    assert result.returncode == 0, result.stderr
    lines = [" ".join(line.split()) for line in result.stdout.splitlines()]
    assert lines[0] == "tx1.energy, kWh, Asia/Shanghai"
    assert lines[2].startswith("2026-11-22 20:00+08:00 2026-11-22 20:15+08:00 16.5 100 % 0 % 0 % measured")
    assert lines[3].endswith("measured transient")
    assert lines[5].startswith("2026-11-22 20:45+08:00 2026-11-22 21:00+08:00 - 0 % 0 % 100 % missing")
    assert lines[6] == "total at least 49.5 75 % 0 % 25 %"
    assert any(line.startswith("refused transient: register 0 at 2026-11-22 20:20:00+08:00") for line in lines)
    assert "samples without a value, ignored: 1" in lines
    (account,) = json.loads(stored.run(*asked, "--to", "2026-11-22T20:45", "--json").stdout)
    assert Decimal(account["total"]["quantity"]) == Decimal("49.5")
    wrong = stored.run("energy", "intervals", "tx1.enrgy", "-c", str(stored.config))
    assert (wrong.returncode, "did you mean `tx1.energy`?" in wrong.stderr) == (1, True)
