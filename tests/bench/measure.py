"""One workload: start everything, wait, measure over a window, watch the loop over another."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.bench.corespeed import CoreSpeed
from tests.bench.first_paint import first_paints
from tests.bench.park import DEVICES, POINTS, Wanted, modbus_park, mqtt_park
from tests.bench.processes import GatewayProcess, Helper, cores, helpers
from tests.integration.mqtt.park import Mosquitto, free_port

ARRIVE_S = 2.0  # after the window, until everything of it must have come
STREAMS = 10
MESSAGES_S = 2000.0
SETTLE_S = 0.5  # windows begin half a second after a full one: between two polls
Figures = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Terms:
    """How to measure."""

    seconds: float = 15.0
    warm_up_s: float = 5.0
    watch_s: float = 6.0
    profile: Path | None = None  # folder for profiles; figures of a profiled run are not comparable


@dataclass(frozen=True, slots=True)
class Window:
    """What the gateway used between two instants of the wall clock."""

    from_ns: int
    to_ns: int
    cpu_s: float
    waited_s: float
    pss_mib: float
    step_ns: float

    @property
    def seconds(self) -> float:
        """Its length."""
        return (self.to_ns - self.from_ns) / 1e9


def modbus(name: str, wanted: Wanted, terms: Terms, *, streams: int = 0) -> Figures:
    """A hundred devices of 60 values each, polled, to the sink."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="bench-")))
        ports, sink = helpers(stack, devices=DEVICES)
        api_port = free_port()
        config = modbus_park(folder, wanted, ports, sink.answer()["port"], api_port)
        gateway = _start(stack, name, config, terms)
        if streams:
            _open_pages(stack, folder, api_port, streams)
        window = _window(gateway, terms)
        expected = DEVICES * POINTS * window.seconds * 1000 / wanted.interval_ms
        return _figures(name, gateway, window, sink, terms, lambda: expected)


def open_pages(name: str, streams: int, terms: Terms) -> Figures:
    """What so many open pages cost beside the polling: half on Park, a quarter on a device, a quarter on the list."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="bench-")))
        ports, sink = helpers(stack, devices=DEVICES)
        api_port = free_port()
        gateway = _start(stack, name, modbus_park(folder, Wanted(), ports, sink.answer()["port"], api_port), terms)
        without = _window(gateway, terms)
        pages = _open_pages(stack, folder, api_port, streams, "--mixed")
        before = pages.ask("")
        window = _window(gateway, terms)
        after = pages.ask("")
        core_pct = [100 * one.cpu_s / one.seconds for one in (without, window)]
        return {
            "workload": name,
            "streams": streams,
            "events_s": round((after["events"] - before["events"]) / window.seconds, 1),
            "kib_s": round((after["bytes"] - before["bytes"]) / window.seconds / 1024, 1),
            "ended": after["ended"],
            "one_more": after["one_more"],
            "cpu_pct_without": round(core_pct[0], 1),
            "cpu_pct": round(core_pct[1], 1),
            "cpu_pct_of_pages": round(core_pct[1] - core_pct[0], 1),
            **gateway.watch(terms.watch_s),
            "core_wait_pct": round(100 * window.waited_s / window.seconds, 2),
            "core_step_ns": window.step_ns,
        }


def first_paint(terms: Terms) -> Iterator[Figures]:
    """How soon a slow machine shows something of the page."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="bench-")))
        ports, sink = helpers(stack, devices=DEVICES)
        api_port = free_port()
        _start(stack, "first_paint", modbus_park(folder, Wanted(), ports, sink.answer()["port"], api_port), terms)
        time.sleep(terms.warm_up_s)
        yield from first_paints(api_port, folder / "data" / "gateway.sock")


def _open_pages(stack: ExitStack, folder: Path, port: int, streams: int, *more: str) -> Helper:
    socket = folder / "data" / "gateway.sock"
    pages = stack.enter_context(Helper("pages.py", "--port", port, "--socket", socket, "--streams", streams, *more))
    pages.answer()  # all are open
    return pages


def mqtt(name: str, qos: int, terms: Terms) -> Figures:
    """2,000 messages a second of six values, to the sink; acknowledged after the commit with QoS 1."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="bench-")))
        _, sink = helpers(stack, devices=0)
        broker = stack.enter_context(Mosquitto(folder, "autosave_interval 3600"))
        config = mqtt_park(folder, qos, broker.port, sink.answer()["port"], free_port())
        gateway = _start(stack, name, config, terms)
        publisher = stack.enter_context(
            Helper("publisher.py", "--port", broker.port, "--qos", qos, "--rate", MESSAGES_S, "--devices", DEVICES)
        )
        window = _window(gateway, terms)

        def published() -> float:
            return float(publisher.ask(window.from_ns, window.to_ns)["messages"]) * 6

        return _figures(name, gateway, window, sink, terms, published, has_messages=True)


def _start(stack: ExitStack, name: str, config: Path, terms: Terms) -> GatewayProcess:
    profile = terms.profile / f"bench-{name}.prof" if terms.profile else None
    return stack.enter_context(GatewayProcess(config, cores()[0], profile=profile))


def _window(gateway: GatewayProcess, terms: Terms) -> Window:
    time.sleep(terms.warm_up_s)
    time.sleep(1.0 - (time.time() - SETTLE_S) % 1.0)
    from_ns, cpu_s, waited_s = time.time_ns(), gateway.cpu_s(), gateway.waited_s()
    with CoreSpeed(cores()[0]) as speed:
        time.sleep(terms.seconds)
    cpu_s, waited_s = gateway.cpu_s() - cpu_s, gateway.waited_s() - waited_s
    return Window(from_ns, from_ns + int(terms.seconds * 1e9), cpu_s, waited_s, gateway.pss_mib(), speed.step_ns)


def _figures(
    name: str,
    gateway: GatewayProcess,
    window: Window,
    sink: Helper,
    terms: Terms,
    expected: Callable[[], float],
    *,
    has_messages: bool = False,
) -> Figures:
    time.sleep(ARRIVE_S)
    came = sink.ask(window.from_ns, window.to_ns)
    watched = gateway.watch(terms.watch_s)
    values = max(1, came["values"])
    return {
        "workload": name,
        "values_s": round(came["values"] / window.seconds),
        "us_per_value": round(window.cpu_s / values * 1e6, 3),
        "us_per_message": round(window.cpu_s / max(1, came["lines"]) * 1e6, 1) if has_messages else None,
        "pss_mib": round(max(window.pss_mib, gateway.pss_mib()), 1),
        "age_p50_ms": came["age_p50_ms"],
        "age_p99_ms": came["age_p99_ms"],
        "missed_pct": round(100 * max(0.0, 1 - came["values"] / max(1.0, expected())), 2),
        **watched,
        "cpu_pct": round(100 * window.cpu_s / window.seconds, 1),
        "core_wait_pct": round(100 * window.waited_s / window.seconds, 2),
        "core_step_ns": window.step_ns,
        "seconds": round(window.seconds, 1),
    }
