"""Real servers on loopback for tests, each in a folder of its own: InfluxDB 1.6, VictoriaMetrics."""

import asyncio
import contextlib
import json
import shutil
import socket
import subprocess
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest

PATIENCE_S = 30.0
INFLUXD_CONFIG = """
reporting-disabled = true
bind-address = "127.0.0.1:{rpc}"
[meta]
  dir = "{home}/meta"
[data]
  dir = "{home}/data"
  wal-dir = "{home}/wal"
[monitor]
  store-enabled = false
[http]
  bind-address = "127.0.0.1:{port}"
  log-enabled = false
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def fetch(url: str, data: bytes | None = None) -> bytes:
    with urlopen(Request(url, data), timeout=10) as answer:
        return bytes(answer.read())


@dataclass
class RealServer:
    """A server process that can be killed and started again on the same port and folder."""

    command: tuple[str, ...]
    port: int
    health: str
    log: Path
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(self.command, stdout=log, stderr=log)
        deadline = time.monotonic() + PATIENCE_S
        while True:
            with contextlib.suppress(URLError, OSError):
                await asyncio.to_thread(fetch, self.url + self.health)
                return
            assert self.process.poll() is None, self.log.read_text()
            assert time.monotonic() < deadline, "the server does not answer"
            await asyncio.sleep(0.05)

    def kill(self) -> None:
        """kill -9."""
        if self.process is not None:
            self.process.kill()
            self.process.wait(PATIENCE_S)
            self.process = None


class InfluxServer(RealServer):
    """InfluxDB 1.6."""

    def query(self, statement: str) -> list[list[object]]:
        """The rows of the first series."""
        query = urlencode({"q": statement, "db": "park", "epoch": "ns"})
        (result,) = json.loads(fetch(f"{self.url}/query", query.encode()))["results"]
        assert "error" not in result, result
        return result["series"][0]["values"] if "series" in result else []


class VictoriaServer(RealServer):
    """VictoriaMetrics."""

    def export(self, selector: str) -> dict[str, dict[int, float]]:
        """Value by time in milliseconds, by metric name."""
        fetch(f"{self.url}/internal/force_flush")
        page = fetch(f"{self.url}/api/v1/export?{urlencode({'match[]': selector})}")
        series = [json.loads(line) for line in page.splitlines()]
        return {one["metric"]["__name__"]: dict(zip(one["timestamps"], one["values"], strict=True)) for one in series}


def _binary(name: str, package: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.fail(f"{name} is missing: apt-get install {package}")
    return found


@pytest.fixture
async def influxd(tmp_path: Path) -> AsyncIterator[InfluxServer]:
    port = free_port()
    config = tmp_path / "influxd.conf"
    config.write_text(INFLUXD_CONFIG.format(home=tmp_path / "influx", port=port, rpc=free_port()))
    command = (_binary("influxd", "influxdb"), "run", "-config", str(config))
    server = InfluxServer(command, port, "/ping", tmp_path / "influxd.log")
    try:
        await server.start()
        server.query("CREATE DATABASE park")
        yield server
    finally:
        server.kill()


@pytest.fixture
async def victoria(tmp_path: Path) -> AsyncIterator[VictoriaServer]:
    port = free_port()
    command = (
        _binary("victoria-metrics", "victoria-metrics"),
        f"-httpListenAddr=127.0.0.1:{port}",
        f"-storageDataPath={tmp_path / 'victoria'}",
        "-retentionPeriod=1y",
        "-dedup.minScrapeInterval=1ms",
        "-memory.allowedBytes=64MB",
    )
    server = VictoriaServer(command, port, "/health", tmp_path / "victoria.log")
    try:
        await server.start()
        yield server
    finally:
        server.kill()
