"""`python -m drivers.simulator`: the simulated park as a process of its own.

Prints one line of JSON when everything listens: {"ready": true, "modbus": [ports], "mqtt": port, "control": port}.
Ends within 3 s on SIGTERM, on SIGINT and, with --exit-with-stdin, when its standard input closes.
"""

import argparse
import asyncio
import json
import os
import signal
import sys
from contextlib import suppress
from datetime import datetime, timedelta, timezone

from drivers.simulator.clock import FastClock
from drivers.simulator.control import Control
from drivers.simulator.days import SITE_OFFSET_S
from drivers.simulator.devices import Shown
from drivers.simulator.faults import DEFAULTS, FaultBook, parse_fault
from drivers.simulator.modbus_server import ModbusPark, Pace
from drivers.simulator.mqtt import MqttPark
from drivers.simulator.park import make_park


def _park_time(text: str) -> float:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone(timedelta(seconds=SITE_OFFSET_S)))
    return moment.timestamp()


def _arguments(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m drivers.simulator", description="A simulated park on loopback.")
    parser.add_argument("--seed", type=int, default=7, help="the same seed gives the same park and the same faults")
    parser.add_argument("--speed", type=float, default=1.0, help="how many times as fast the park's days pass")
    parser.add_argument("--start", type=_park_time, help="site time at the start, as 2026-11-23T08:00; default: now")
    parser.add_argument("--modbus-base", type=int, default=15020, help="first of eight ports; 0: free ones")
    parser.add_argument("--mqtt-port", type=int, default=18830)
    parser.add_argument("--control-port", type=int, help="switch faults at run time; 0: a free port; default: none")
    parser.add_argument("--fault", action="append", default=[], metavar="NAME:DEVICE[:POINT,POINT]", type=parse_fault)
    parser.add_argument("--no-default-faults", action="store_true", help="misbehave only where --fault says so")
    parser.add_argument("--exit-with-stdin", action="store_true", help="end when standard input closes")
    return parser.parse_args(argv)


async def _serve(options: argparse.Namespace) -> None:
    stop = asyncio.Event()
    _stop_on_signals(stop, with_stdin=options.exit_with_stdin)
    park = make_park(options.seed)
    clock = FastClock(options.speed, options.start)
    known = frozenset(park.plants)
    faults = FaultBook(options.seed, clock, (*(() if options.no_default_faults else DEFAULTS), *options.fault))
    shown = Shown(clock, faults)
    modbus, mqtt = ModbusPark(park.modbus, shown, faults, Pace()), MqttPark(park.mqtt, shown, faults, clock)
    control = Control(faults, known)
    try:
        ready = {"ready": True, "modbus": await modbus.start(options.modbus_base), "mqtt": options.mqtt_port}
        await mqtt.start(options.mqtt_port)
        if options.control_port is not None:
            ready["control"] = await control.start(options.control_port)
        sys.stdout.write(json.dumps(ready) + "\n")
        sys.stdout.flush()
        await _publish_until(stop, mqtt)
    finally:
        control.stop()
        modbus.stop()
        await mqtt.stop()


async def _publish_until(stop: asyncio.Event, mqtt: MqttPark) -> None:
    async with asyncio.TaskGroup() as group:
        publishing = group.create_task(mqtt.run())
        await stop.wait()
        publishing.cancel()


def _stop_on_signals(stop: asyncio.Event, *, with_stdin: bool) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if with_stdin:
        loop.add_reader(sys.stdin.fileno(), _read_stdin, stop)


def _read_stdin(stop: asyncio.Event) -> None:
    """What is written to us is ignored; the end of it is the end of us."""
    data = b""
    with suppress(OSError):
        data = os.read(sys.stdin.fileno(), 4096)
    if not data:
        asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
        stop.set()


def main(argv: list[str] | None = None) -> int:
    """Run until told to end. Returns the exit code: 0, or 69 where a port cannot be had."""
    options = _arguments(argv)
    try:
        asyncio.run(_serve(options))
    except (OSError, TimeoutError, RuntimeError) as error:
        sys.stderr.write(f"the simulated park cannot start: {error} (end what holds the port, or choose other ports)\n")
        return 69
    return 0


if __name__ == "__main__":
    sys.exit(main())
