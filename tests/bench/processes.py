"""The processes of a benchmark: load on one core, the gateway on another, and what the kernel knows of it."""

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Self

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
STOP_S = 15.0
NICE = -15


def cores() -> tuple[int, int]:
    """The gateway's core and that of everybody else; the same where there is only one."""
    available = sorted(os.sched_getaffinity(0))
    return available[0], available[-1]


class Helper:
    """A program of this folder that says JSON on stdout and is asked on stdin. Runs where its parent runs."""

    def __init__(self, program: str, *arguments: object) -> None:
        self._process = _start(HERE / program, *arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def answer(self) -> dict[str, Any]:
        """The next line that it says. Raises RuntimeError where it ended instead."""
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self._process.args!r} ended with {self._process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def ask(self, *words: object) -> dict[str, Any]:
        """Its answer to one line of words."""
        assert self._process.stdin is not None
        self._process.stdin.write(" ".join(map(str, words)) + "\n")
        self._process.stdin.flush()
        return self.answer()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.communicate(timeout=STOP_S)


class GatewayProcess:
    """The gateway on a core of its own."""

    def __init__(self, config: Path, core: int, *, profile: Path | None) -> None:
        self._report = config.with_name("report.json")
        arguments = ["--config", config, "--core", core, "--report", self._report]
        arguments += ["--profile", profile] if profile else []
        self._process = _start(HERE / "launcher.py", *arguments, stderr=subprocess.PIPE)
        self.pid = self._process.pid
        self._await_page()

    def _await_page(self) -> None:
        """Its API listens when it says where its page is."""
        assert self._process.stderr is not None
        while line := self._process.stderr.readline():
            if line.startswith("page:"):
                return
            sys.stderr.write(line)
        raise RuntimeError(f"the gateway ended with {self._process.wait()}")

    def cpu_s(self) -> float:
        """User and system time of the process and its children so far."""
        return sum(time.clock_gettime(~pid << 3 | 2) for pid in _tree(self.pid))  # CPU-time clock of a process

    def waited_s(self) -> float:
        """Time for which the loop's thread could run and had no core, so far: what others on the machine did to it."""
        return int(Path(f"/proc/{self.pid}/schedstat").read_text().split()[1]) / 1e9

    def pss_mib(self) -> float:
        """Proportional set size."""
        return sum(_pss_kib(pid) for pid in _tree(self.pid)) / 1024

    def watch(self, seconds: float) -> dict[str, Any]:
        """What the watchdog in the loop sees for so long."""
        self._process.send_signal(signal.SIGUSR1)
        time.sleep(seconds)
        self._report.unlink(missing_ok=True)
        self._process.send_signal(signal.SIGUSR2)
        deadline = time.monotonic() + STOP_S
        while not (self._report.exists() and self._report.stat().st_size) and time.monotonic() < deadline:
            time.sleep(0.05)
        figures: dict[str, Any] = json.loads(self._report.read_text(encoding="utf-8"))
        return figures

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        _, said = self._process.communicate(timeout=STOP_S)
        sys.stderr.write(said)


def _start(program: Path, *arguments: object, **streams: int) -> "subprocess.Popen[str]":
    """A Python program in a session of its own, before others on this machine where that is allowed."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "BENCH": "bench"}
    command = [sys.executable, str(program), *map(str, arguments)]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, text=True, start_new_session=True, **streams)  # type: ignore[call-overload]
    with suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, process.pid, NICE)
        Path(f"/proc/{process.pid}/autogroup").write_text(str(NICE), encoding="ascii")  # Linux shares by session first
    return process


def _tree(pid: int) -> list[int]:
    """A process and everything below it."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            found += _tree(int(child))
    return found


def _pss_kib(pid: int) -> int:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    return 0


def helpers(stack: ExitStack, *, devices: int) -> tuple[list[int], Helper]:
    """The Modbus devices' ports and the sink."""
    sink = stack.enter_context(Helper("sink_server.py"))
    ports: list[int] = []
    if devices:
        ports = stack.enter_context(Helper("modbus_server.py", "--count", devices)).answer()["ports"]
    return ports, sink
