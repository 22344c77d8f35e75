"""The installed command and the simulated park as processes, on free ports, in a folder of their own."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from gateway.cli.demo import write_configuration
from gateway.core.errors import GatewayError
from tests.servers import free_port, influxd
from tests.signin import asked

__all__ = ["influxd"]

COMMAND = str(Path(sys.executable).parent / "park-gateway")
LINES = 8


def free_base() -> int:
    """The first of eight free ports in a row."""
    bases = [*range(21000, 32000, 97)]  # below the ports that the kernel gives away
    start = os.getpid() % len(bases)  # tests that run side by side do not look at the same ones
    for base in bases[start:] + bases[:start]:
        with ExitStack() as stack, suppress(OSError):
            for port in range(base, base + LINES):
                stack.enter_context(socket.socket()).bind(("127.0.0.1", port))
            return base
    raise AssertionError("no eight free ports in a row")


def until(met: Callable[[], Any], within_s: float, what: str) -> Any:
    """What `met` gives once it is true."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        with suppress(OSError, GatewayError):
            if found := met():
                return found
        time.sleep(0.1)
    raise AssertionError(f"not within {within_s} s: {what}")


def children_of(pid: int) -> set[int]:
    """The processes that a process started, and what those started."""
    found: set[int] = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            child, parent = int(stat.parent.name), int(stat.read_text().rsplit(")", 1)[1].split()[1])
        except (OSError, IndexError, ValueError):
            continue
        if parent == pid:
            found |= {child} | children_of(child)
    return found


@dataclass
class Folder:
    """A demo's configuration in a folder, its ports, and the processes a test started."""

    path: Path
    port: int = field(default_factory=free_port)
    mqtt_port: int = field(default_factory=free_port)
    modbus_base: int = field(default_factory=free_base)
    processes: list[subprocess.Popen[str]] = field(default_factory=list)

    @property
    def config(self) -> Path:
        return self.path / "park.yaml"

    def write(self) -> None:
        write_configuration(self.path, port=self.port, modbus_base=self.modbus_base, mqtt_port=self.mqtt_port)

    def write_own(self, text: str) -> None:
        """Another park, without the demo's rules."""
        shutil.rmtree(self.path / "rules.d")
        self.config.write_text(text, encoding="utf-8")

    def edit(self, old: str, new: str) -> None:
        text = self.config.read_text(encoding="utf-8")
        assert old in text
        self.config.write_text(text.replace(old, new), encoding="utf-8")

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        log = (self.path / "log.txt").open("a")
        with log:
            process = subprocess.Popen(
                arguments,
                stdout=log,
                stderr=log,
                stdin=subprocess.PIPE,
                text=True,
                start_new_session=True,
                cwd=self.path,
            )
        self.processes.append(process)
        return process

    def start_park(self, *arguments: str) -> subprocess.Popen[str]:
        ports = (f"--modbus-base={self.modbus_base}", f"--mqtt-port={self.mqtt_port}")
        park = self.start(sys.executable, "-m", "drivers.simulator", *ports, *arguments)
        until(lambda: '"ready": true' in (self.path / "log.txt").read_text(), 60, "the simulated park is ready")
        return park

    def start_gateway(self) -> subprocess.Popen[str]:
        return self.start(COMMAND, "run", "-c", str(self.config))

    def run(self, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """A command of the gateway, to its end."""
        return subprocess.run(
            [COMMAND, *arguments],
            capture_output=True,
            text=True,
            timeout=60,
            cwd=self.path,
            env={**os.environ, "COLUMNS": "200", **environment},
        )

    def get(self, path: str, method: str = "GET", body: Any = None) -> Any:
        """What the command line would get: over the socket, where its user is the administrator."""
        return asked(self.path / "data" / "gateway.sock", method, path, body)

    def sink(self, name: str) -> dict[str, Any]:
        return next(sink for sink in self.get("/api/v1/status")["sinks"] if sink["name"] == name)

    def wait_for_devices(self, count: int, within_s: float = 60.0) -> None:
        until(lambda: self.get("/api/v1/status")["devices"]["answering"] >= count, within_s, f"{count} devices answer")

    def stood_in_line_s(self) -> float:
        """Seconds that the threads of the processes could have run while the machine ran something else."""
        own = {process.pid for process in self.processes}
        waited_ns = 0
        for pid in own.union(*map(children_of, own)):
            for thread in Path(f"/proc/{pid}/task").glob("*/schedstat"):
                with suppress(OSError):
                    waited_ns += int(thread.read_text().split()[1])
        return waited_ns / 1e9

    def end(self) -> None:
        for process in self.processes:
            if process.poll() is None:
                process.terminate()
        for process in self.processes:
            try:
                process.wait(12)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait(5)
            if process.stdin is not None:
                process.stdin.close()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Folder]:
    made = Folder(tmp_path)
    made.write()
    try:
        yield made
    finally:
        made.end()
