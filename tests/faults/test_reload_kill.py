"""A kill in the middle of a reload: the gateway starts by the files that are there, with all that was accepted."""

import asyncio
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.pipeline.configuration import load_configuration
from gateway.pipeline.engine import Gateway

PARK = """
site: {id: park}
enterprises: [{id: a}]
connections: {line: {driver: modbus, host: 127.0.0.1, port: 1}}
devices:
  - id: m1
    enterprise: a
    kind: meter
    connection: line
    unit: 1
    groups: {fast: 1 h}
    points: {p: {table: input, address: 0, type: float32}}
sinks:
  near: {driver: influxdb, url: "http://127.0.0.1:9", org: a, bucket: b, token: "file:token"}
  far: {driver: influxdb, url: "http://127.0.0.1:9", org: a, bucket: b, token: "file:token"}
store: {directory: data}
"""
RENAMED = PARK.replace("id: m1\n", "id: m9\n    renamed_from: m1\n")
NEW = RENAMED.replace("unit: 1", "unit: 2").replace("  far:", "  other:")
BATCHES = 5
PROGRAM = """
import asyncio, importlib, os, signal, sys
from functools import partial
from pathlib import Path

from gateway.core.batch import Batch
from gateway.pipeline.configuration import load_configuration
from gateway.pipeline.engine import Gateway

config, new, place = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
module, name, method, when = place.split(":")
kind = getattr(importlib.import_module(module), name)
known = getattr(kind, method)

def killing(*given, **more):
    if when == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    found = known(*given, **more)
    if not asyncio.iscoroutine(found):
        os.kill(os.getpid(), signal.SIGKILL)

    async def wait():
        await found
        os.kill(os.getpid(), signal.SIGKILL)

    return wait()

async def main():
    read = partial(load_configuration, config)
    gateway = await Gateway.open_configuration(read(), read=read)
    stop = asyncio.Event()
    running = asyncio.create_task(gateway.run(stop))
    await asyncio.sleep(0)
    block = gateway.sources["line"].blocks[0]
    for number in range(int(sys.argv[4])):
        gateway._intake.accept(Batch(block, (float(number),), gateway.clock.time_ns()))
    await gateway._committer.commit()
    print(gateway.snapshot.point("m1.p")[2], flush=True)
    config.write_text(new, encoding="utf-8")
    setattr(kind, method, killing)
    await gateway.reloader.reload()

asyncio.run(main())
"""


@pytest.mark.parametrize(
    "place",
    [
        "gateway.pipeline.lines:Lines:end:after",
        "gateway.pipeline.deliveries:Deliveries:end:after",
        "gateway.store.state:State:ids_for:after",
        "gateway.store.outbox:Outbox:register:after",
    ],
)
async def test_a_kill_in_the_middle_of_a_reload_leaves_a_gateway_that_starts_by_the_files(
    tmp_path: Path, place: str
) -> None:
    config = tmp_path / "park.yaml"

    def reload_and_die() -> tuple[int, str]:
        config.write_text(PARK, encoding="utf-8")
        (tmp_path / "token").write_text("secret", encoding="utf-8")
        command = [sys.executable, "-c", PROGRAM, str(config), NEW, place, str(BATCHES)]
        done = subprocess.run(command, timeout=60, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, text=True)
        return done.returncode, done.stdout.strip()

    status, point_id = await asyncio.to_thread(reload_and_die)
    assert status == -signal.SIGKILL
    gateway = await Gateway.open_configuration(await asyncio.to_thread(load_configuration, config))
    try:
        assert list(gateway.snapshot.devices)[:1] == ["m9"]
        assert {sink["name"]: sink["balanced"] for sink in gateway.sink_states()} == {
            "history": True,
            "near": True,
            "other": True,
        }
        accounts = {sink["name"]: sink for sink in gateway.sink_states()}
        assert accounts["near"]["accepted"] >= BATCHES  # and what a source that ends says of its points
        assert accounts["near"]["buffered"] == accounts["near"]["accepted"]
        assert str(gateway.snapshot.point("m9.p")[2]) == point_id
        assert not gateway.reloader.findings
    finally:
        await gateway.close()
