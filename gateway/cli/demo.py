"""`park-gateway demo`: a simulated park and the gateway, each a process of its own, and a link per role to log in."""

import json
import selectors
import shutil
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer

from drivers.simulator.configuration import API_PORT, MODBUS_BASE, MQTT_PORT, with_ports
from gateway.cli.console import EXIT_UNAVAILABLE, EXIT_USAGE, errors_with_places, fail, say
from gateway.cli.demo_people import begin_links, told
from gateway.cli.run import run_arguments
from gateway.core.errors import GatewayError

NAME = "demo"
READY_S = 30.0
STOP_S = 10.0
RESTART_S = 1.0
LINES_SHOWN = 12  # of the gateway's log, when it ends by itself
LAST_BASE = 65_528
DATA = "data"  # as the demo's configuration says
_MARK = "The simulated park of `park-gateway demo`"


def command(
    directory: Annotated[
        Path, typer.Option(help="Where the demo keeps its configuration (written anew at every start), data and log.")
    ] = Path("demo-data"),
    port: Annotated[int, typer.Option(help="Port of the page.", min=1, max=65_535)] = API_PORT,
    modbus_base: Annotated[
        int, typer.Option(help="First of the park's eight Modbus ports.", min=1, max=LAST_BASE)
    ] = MODBUS_BASE,
    mqtt_port: Annotated[int, typer.Option(help="Port of the park's MQTT broker.", min=1, max=65_535)] = MQTT_PORT,
    seed: Annotated[int, typer.Option(help="Another number, another park.")] = 7,
    speed: Annotated[float, typer.Option(help="How many times as fast the park's days pass.", min=0.1, max=3600)] = 1.0,
    start: Annotated[str | None, typer.Option(help="Site time at which the park starts: 2026-11-24T10:00.")] = None,
    fault: Annotated[
        list[str] | None, typer.Option(help="One more fault: NAME:DEVICE, as silent:dongyue-main.")
    ] = None,
    control_port: Annotated[int | None, typer.Option(help="Port that switches faults at run time.")] = None,
    with_past: Annotated[
        bool, typer.Option("--past/--no-past", help="Begin with accounts since the first of last month (10 s, once).")
    ] = True,
) -> None:
    """Start a simulated park and a gateway that reads it; links to log in are printed. Ctrl-C ends both."""
    try:
        config = write_configuration(directory, port=port, modbus_base=modbus_base, mqtt_port=mqtt_port)
    except OSError as error:
        fail(f"cannot write to {directory}: {error.strerror or error}", "choose another place with --directory")
    except GatewayError as error:
        fail(error.message, error.hint)
    arguments = [f"--seed={seed}", f"--speed={speed}", f"--modbus-base={modbus_base}", f"--mqtt-port={mqtt_port}"]
    arguments += [f"--fault={text}" for text in fault or []]
    arguments += [f"--start={start}"] if start else []
    arguments += [f"--control-port={control_port}"] if control_port is not None else []
    if with_past and speed == 1.0 and start is None:  # a park whose time is another one has another past
        _begin_accounts(config, seed)
    raise typer.Exit(_Demo(config, arguments, port).run())


def _begin_accounts(config: Path, seed: int) -> None:
    """Give a new demo the accounts of a park that runs since last month."""
    from gateway.cli.demo_past import begin_accounts, needs_past

    if needs_past(config):
        say("writing the park's accounts since the first of last month (10 s, once) ...")
        with errors_with_places(config):  # files of one's own lie beside the demo's
            begin_accounts(config, seed, int(time.time()))


def write_configuration(directory: Path, *, port: int, modbus_base: int, mqtt_port: int) -> Path:
    """The demo's `park.yaml`, device list and rules in its directory, with these ports. Raises OSError.

    Raises GatewayError where a `park.yaml` is there that is somebody's own.
    """
    source = files("drivers.simulator") / "demo"
    directory.mkdir(parents=True, exist_ok=True)
    target = directory / "park.yaml"
    if target.exists() and _MARK not in target.read_text(encoding="utf-8", errors="replace"):
        raise GatewayError(f"{target} is not the demo's and stays as it is", "choose another place with --directory")
    (directory / "rules.d").mkdir(exist_ok=True)
    for name in ("park.yaml", "rules.d/demo.yaml"):
        text = source.joinpath(name).read_text(encoding="utf-8")
        text = with_ports(text, modbus_base=modbus_base, mqtt_port=mqtt_port, api_port=port)
        (directory / name).write_text(text, encoding="utf-8")
    (directory / "machines.csv").write_bytes(source.joinpath("machines.csv").read_bytes())
    return target


class _Demo:
    """The supervisor of the two processes. A gateway that dies is started again; the park does not notice."""

    def __init__(self, config: Path, park_arguments: list[str], port: int) -> None:
        self._config = config
        self._log = config.parent / "gateway.log"
        self._park_arguments = park_arguments
        self._port = port
        self._is_stopping = False
        self._children: list[subprocess.Popen[str]] = []

    def run(self) -> int:
        """Until SIGTERM, Ctrl-C or the end of the terminal; returns the exit code."""
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._stop)
        try:
            say("starting the simulated park and the gateway ...")
            self._log.unlink(missing_ok=True)
            return self._watch(*self._start_park())
        finally:
            if self._is_stopping:
                say("stopping both ...")
            self._end_children()

    def _stop(self, *_: object) -> None:
        self._is_stopping = True

    def _start_park(self) -> tuple[subprocess.Popen[str], dict[str, Any]]:
        command = [sys.executable, "-m", "drivers.simulator", "--exit-with-stdin", *self._park_arguments]
        park = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        self._children.append(park)
        ready = self._first_line(park)
        if not ready:
            self._explain(park)
        return park, json.loads(ready)

    def _explain(self, park: subprocess.Popen[str]) -> NoReturn:
        """Why the park does not run; its own message stands above."""
        if self._is_stopping:
            raise typer.Exit(0)
        if park.poll() == EXIT_USAGE:
            fail("the simulated park does not take these options", "see `park-gateway demo --help`", EXIT_USAGE)
        fail("the simulated park did not start", "other ports: --modbus-base, --mqtt-port", EXIT_UNAVAILABLE)

    def _first_line(self, park: subprocess.Popen[str]) -> str:
        """What the park says when it listens; nothing where it ends or takes too long."""
        assert park.stdout is not None
        deadline = time.monotonic() + READY_S
        with selectors.DefaultSelector() as selector:
            selector.register(park.stdout, selectors.EVENT_READ)
            while not self._is_stopping and time.monotonic() < deadline:
                if selector.select(0.2):
                    line = park.stdout.readline()
                    if not line:
                        park.wait(STOP_S)
                    return line
        return ""

    def _watch(self, park: subprocess.Popen[str], ports: dict[str, Any]) -> int:
        gateway = self._start_gateway()
        is_told = False
        while not self._is_stopping:
            time.sleep(0.2)
            if not is_told and self._serves():
                is_told = True
                say(summary(self._config, self._log, ports, self._links()))
            if park.poll() is not None:
                say("the simulated park ended; the demo ends with it")
                return EXIT_UNAVAILABLE
            if (code := gateway.poll()) is not None and not self._is_stopping:
                if code >= 0:  # it says why; a signal (negative) is somebody's kill -9, which a demo must survive
                    self._show_log()
                    return code
                say(f"the gateway was ended by signal {-code}; starting it again")
                self._children.remove(gateway)
                time.sleep(RESTART_S)
                gateway = self._start_gateway()
        return 0

    def _start_gateway(self) -> subprocess.Popen[str]:
        with self._log.open("a") as log:
            gateway = subprocess.Popen(
                [*run_arguments(self._config), "--exit-with-stdin"],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        self._children.append(gateway)
        return gateway

    def _serves(self) -> bool:
        return f":{self._port}/" in self._log.read_text(encoding="utf-8", errors="replace")

    def _links(self) -> list[str]:
        """How to log in, or why not."""
        try:
            links = begin_links(
                self._config.parent / DATA / "gateway.sock", f"http://127.0.0.1:{self._port}", datetime.now(UTC).date()
            )
        except GatewayError as error:
            return [f"  log-in links could not be made: {error}", "", f"  page: http://127.0.0.1:{self._port}/"]
        return list(told(links))

    def _show_log(self) -> None:
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
        say(f"the gateway ended. The last of {self._log} (other ports: --port):")
        for line in lines[-LINES_SHOWN:]:
            say(f"  {line}")

    def _end_children(self) -> None:
        """The gateway first, so that it can commit and deliver; then the park."""
        for child in reversed(self._children):
            child.terminate()
            try:
                child.wait(STOP_S)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def summary(config: Path, log: Path, ports: dict[str, Any], links: list[str]) -> str:
    """What a stranger wants to know, the link that most people want last."""
    first, last = ports["modbus"][0], ports["modbus"][-1]
    name = "park-gateway" if shutil.which("park-gateway") else sys.argv[0]
    people = "\n".join(links)
    return f"""
The demo is running: a simulated industrial park with 12 enterprises, and the gateway that reads it.

  park      real Modbus TCP on 127.0.0.1:{first} to {last} and MQTT on 127.0.0.1:{ports["mqtt"]};
            it misbehaves a little, on purpose
  gateway   its configuration is {config}, its log {log}
  try       {name} status -c {config}
            {name} read dongyue-main -c {config}
            {name} user link operator -c {config}     (a fresh link to log in)
  stop      Ctrl-C

Each link logs in once, and there is no password until somebody sets one:

{people}
"""
