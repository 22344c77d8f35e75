"""The simulated park as a process of its own, and free ports for it."""

import asyncio
import json
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

READY_TIMEOUT_S = 60.0


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def children(pid: int) -> list[int]:
    """The processes that this one started and that still run."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                state, parent = (entry / "stat").read_text().rpartition(")")[2].split()[:2]
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(parent) == pid and state != "Z":
                found.append(int(entry.name))
    return found


@dataclass
class Simulator:
    """A running simulator."""

    process: asyncio.subprocess.Process
    modbus: list[int]
    mqtt: int
    control: int
    brokers: list[int] = field(default_factory=list)

    async def order(self, **order: object) -> dict[str, object]:
        """Say one line to the control port."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.control)
        writer.write(json.dumps(order).encode() + b"\n")
        answer: dict[str, object] = json.loads(await asyncio.wait_for(reader.readline(), 20.0))
        writer.close()
        await writer.wait_closed()
        return answer


Start = Callable[..., Awaitable[Simulator]]


@pytest.fixture
async def start_simulator() -> AsyncIterator[Start]:
    """Start a simulator with these arguments; whatever still runs at the end is killed."""
    started: list[Simulator] = []

    async def start(*arguments: str) -> Simulator:
        port = free_port()
        command = (sys.executable, "-m", "drivers.simulator", "--modbus-base", "0", "--mqtt-port", str(port))
        process = await asyncio.create_subprocess_exec(
            *command, "--control-port", "0", *arguments, stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        assert process.stdout is not None
        line = await asyncio.wait_for(process.stdout.readline(), READY_TIMEOUT_S)
        ready = json.loads(line)
        assert ready.pop("ready") is True
        simulator = Simulator(process, **ready, brokers=children(process.pid))
        started.append(simulator)
        return simulator

    yield start
    for simulator in started:
        if simulator.process.returncode is None:
            simulator.process.kill()
            await simulator.process.wait()
        for pid in simulator.brokers:
            with_pid = Path(f"/proc/{pid}/cmdline")
            if with_pid.exists() and b"iotcore" in with_pid.read_bytes():
                os.kill(pid, signal.SIGKILL)
