"""`park-gateway demo`: a simulated park and the gateway, each a process of its own, and the address of the page."""

import json
import signal
import subprocess
import sys
import time
from contextlib import suppress
from importlib.resources import files
from pathlib import Path
from typing import IO, Annotated

import typer

from drivers.simulator.configuration import API_PORT, MODBUS_BASE, MQTT_PORT, with_ports
from gateway.cli.console import EXIT_UNAVAILABLE, fail, say
from gateway.cli.run import run_arguments

NAME = "demo"
READY_S = 20.0
STOP_S = 10.0
RESTART_S = 1.0


def command(
    directory: Annotated[Path, typer.Option(help="Where the demo keeps its configuration and data.")] = Path(
        "demo-data"
    ),
    port: Annotated[int, typer.Option(help="Port of the page.")] = API_PORT,
    modbus_base: Annotated[int, typer.Option(help="First of the park's eight Modbus ports.")] = MODBUS_BASE,
    mqtt_port: Annotated[int, typer.Option(help="Port of the park's MQTT broker.")] = MQTT_PORT,
    seed: Annotated[int, typer.Option(help="Another number, another park.")] = 7,
    speed: Annotated[float, typer.Option(help="How many times as fast the park's days pass.", min=0.1, max=3600)] = 1.0,
    start: Annotated[str | None, typer.Option(help="Site time at which the park starts: 2026-11-24T10:00.")] = None,
    fault: Annotated[
        list[str] | None, typer.Option(help="One more fault: NAME:DEVICE, as silent:dongyue-main.")
    ] = None,
    control_port: Annotated[int | None, typer.Option(help="Port that switches faults at run time.")] = None,
) -> None:
    """Start a simulated park and a gateway that reads it; the page's address is printed. Ctrl-C ends both."""
    config = write_configuration(directory, port=port, modbus_base=modbus_base, mqtt_port=mqtt_port)
    arguments = [f"--seed={seed}", f"--speed={speed}", f"--modbus-base={modbus_base}", f"--mqtt-port={mqtt_port}"]
    arguments += [f"--fault={text}" for text in fault or []]
    arguments += [f"--start={start}"] if start else []
    arguments += [f"--control-port={control_port}"] if control_port is not None else []
    with suppress(KeyboardInterrupt):
        raise typer.Exit(_Demo(config, arguments, port).run())


def write_configuration(directory: Path, *, port: int, modbus_base: int, mqtt_port: int) -> Path:
    """The demo's `park.yaml` and device list in its directory, with these ports."""
    source = files("drivers.simulator") / "demo"
    directory.mkdir(parents=True, exist_ok=True)
    text = source.joinpath("park.yaml").read_text(encoding="utf-8")
    text = with_ports(text, modbus_base=modbus_base, mqtt_port=mqtt_port, api_port=port)
    (directory / "park.yaml").write_text(text, encoding="utf-8")
    (directory / "machines.csv").write_bytes(source.joinpath("machines.csv").read_bytes())
    return directory / "park.yaml"


class _Demo:
    """The supervisor of the two processes. A gateway that dies is started again; the park does not notice."""

    def __init__(self, config: Path, park_arguments: list[str], port: int) -> None:
        self._config = config
        self._park_arguments = park_arguments
        self._port = port
        self._is_stopping = False
        self._children: list[subprocess.Popen[str]] = []

    def run(self) -> int:
        """Until SIGTERM or Ctrl-C; returns the exit code."""
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        try:
            park = self._start_park()
            return self._watch(park)
        finally:
            self._end_children()

    def _stop(self, *_: object) -> None:
        self._is_stopping = True

    def _start_park(self) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "drivers.simulator", "--exit-with-stdin", *self._park_arguments]
        park = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        self._children.append(park)
        ready = _first_line(park.stdout)
        if not ready:
            fail(
                "the simulated park did not start",
                "see its message above; other ports: --modbus-base, --mqtt-port",
                EXIT_UNAVAILABLE,
            )
        ports = json.loads(ready)
        first, last = ports["modbus"][0], ports["modbus"][-1]
        say(f"simulated park: Modbus TCP on 127.0.0.1:{first} to {last}, MQTT on 127.0.0.1:{ports['mqtt']}")
        return park

    def _watch(self, park: subprocess.Popen[str]) -> int:
        gateway = self._start_gateway()
        while not self._is_stopping:
            time.sleep(0.2)
            if park.poll() is not None:
                say("the simulated park ended; the demo ends with it")
                return EXIT_UNAVAILABLE
            if (code := gateway.poll()) is not None and not self._is_stopping:
                if code >= 0:  # it said why; a signal (negative) is somebody's kill -9, which a demo must survive
                    return code
                say(f"the gateway was ended by signal {-code}; starting it again")
                self._children.remove(gateway)
                time.sleep(RESTART_S)
                gateway = self._start_gateway()
        return 0

    def _start_gateway(self) -> subprocess.Popen[str]:
        command = [sys.executable, *run_arguments(self._config)]
        gateway = subprocess.Popen(command, text=True, start_new_session=True)
        self._children.append(gateway)
        return gateway

    def _end_children(self) -> None:
        """The gateway first, so that it can commit and deliver; then the park."""
        for child in reversed(self._children):
            child.terminate()
            try:
                child.wait(STOP_S)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def _first_line(stream: IO[str] | None) -> str:
    return stream.readline() if stream is not None else ""
