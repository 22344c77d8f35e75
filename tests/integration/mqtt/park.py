"""A small park on a broker: plans, a Mosquitto of our own, a publisher. Shared by the tests of the MQTT source."""

import signal
import socket
import subprocess
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import orjson
from paho.mqtt.client import Client, MQTTMessageInfo
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion

from drivers.mqtt.config import Connection, DeviceAddress, PointAddress
from gateway.config.plan import ConnectionPlan, DevicePlan, GroupPlan
from gateway.core.device import Device
from gateway.core.point import Point

TOPIC = "park/{enterprise}/{device}/telemetry"
MOSQUITTO = "/usr/sbin/mosquitto"


def device_plan(
    device: str = "m1",
    points: dict[str, dict[str, Any]] | None = None,
    *,
    enterprise: str = "acme",
    connection: str = "broker",
    **address: Any,
) -> DevicePlan:
    """A device with points by name (default: one float `power`) and their addresses as a user writes them."""
    stated = {"power": {}} if points is None else points
    group = GroupPlan(
        name="default",
        interval_s=0.0,
        phase_s=0.0,
        points=tuple(Point(name) for name in stated),
        addresses=tuple(PointAddress(**address) for address in stated.values()),
    )
    known = Device(device, site="park", enterprise=enterprise, kind="meter", connection=connection, driver="mqtt")
    return DevicePlan(known, DeviceAddress(**address), (group,))


def plan(*devices: DevicePlan, port: int = 1883, name: str = "broker", **options: Any) -> ConnectionPlan:
    """A connection to a broker on this machine with these devices (default: `m1` of `acme`)."""
    chosen = {"topics": [TOPIC], "keepalive": "5 s", **options}
    connection = Connection(host="127.0.0.1", port=port, **chosen)
    return ConnectionPlan(name, "mqtt", connection, devices or (device_plan(connection=name),))


def free_port() -> int:
    """A port on loopback that nobody listens on at the moment."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


class Mosquitto:
    """A broker process of our own on a free loopback port; `start` after `kill` uses the same port and files."""

    def __init__(self, directory: Path, *lines: str, listener: tuple[str, ...] = ()) -> None:
        self.port = free_port()
        self._directory = directory
        self._config = directory / "mosquitto.conf"
        text = [
            f"listener {self.port} 127.0.0.1",
            *listener,
            "user root",
            "allow_anonymous true" if "allow_anonymous false" not in lines else "",
            "persistence true",
            f"persistence_location {directory}/",
            "autosave_on_changes true",
            "autosave_interval 1",
            "max_queued_messages 0",
            *lines,
        ]
        self._config.write_text("\n".join(text) + "\n")
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Start it and wait until it accepts connections."""
        log = (self._directory / "mosquitto.log").open("ab")
        with log:
            self.process = subprocess.Popen([MOSQUITTO, "-c", str(self._config)], stdout=log, stderr=log)
        deadline = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return self
            except OSError:
                assert self.process.poll() is None, (self._directory / "mosquitto.log").read_text()
                assert time.monotonic() < deadline, "mosquitto does not listen"
                time.sleep(0.01)

    def stop(self) -> None:
        """End it in an orderly way, if it runs."""
        self._end(kill=False)

    def freeze(self) -> None:
        """SIGSTOP: it holds its connections and answers nothing."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def kill(self) -> None:
        """kill -9, if it runs."""
        self._end(kill=True)

    def _end(self, *, kill: bool) -> None:
        if self.process is not None:
            self.process.kill() if kill else self.process.terminate()
            self.process.wait(30)
            self.process = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class Publisher:
    """Devices that publish, in a thread of their own."""

    def __init__(self, port: int, client_id: str = "devices") -> None:
        self._client = Client(CallbackAPIVersion.VERSION2, client_id=client_id, protocol=MQTTProtocolVersion.MQTTv311)
        self._client.max_inflight_messages_set(1000)
        self._client.reconnect_delay_set(1, 1)
        connected = threading.Event()
        self._client.on_connect = lambda *_: connected.set()
        self.confirmed = 0  # QoS 1 messages that the broker has taken, repeated after a reconnect where need be
        self._client.on_publish = self._on_publish
        self._client.connect("127.0.0.1", port)
        self._client.loop_start()
        assert connected.wait(30), "the publisher cannot connect"

    def _on_publish(self, *_: object) -> None:
        self.confirmed += 1

    def send(
        self, payload: object, topic: str = "park/acme/m1/telemetry", *, qos: int = 1, retain: bool = False
    ) -> MQTTMessageInfo:
        """Publish; objects as JSON."""
        body = payload if isinstance(payload, bytes) else orjson.dumps(payload)
        return self._client.publish(topic, body, qos=qos, retain=retain)

    def send_all(self, payloads: list[object], **where: Any) -> None:
        """Publish and wait until the broker has taken every one."""
        for info in [self.send(payload, **where) for payload in payloads]:
            info.wait_for_publish(30)

    def close(self) -> None:
        """Go away."""
        self._client.disconnect()
        self._client.loop_stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class Ledger:
    """An intake that keeps what it is given; nothing is durable before `commit` says so."""

    def __init__(self) -> None:
        self.batches: list[Any] = []
        self.faults: dict[str, Any] = {}
        self.hastened: list[float] = []
        self.is_full = False
        self.refused = 0

    def accept(self, batch: Any) -> int | None:
        if self.is_full:
            self.refused += 1
            return None
        self.batches.append(batch)
        return len(self.batches)

    def hasten(self, delay_s: float) -> None:
        self.hastened.append(delay_s)

    def fault(self, device: str, fault: Any, points: tuple[str, ...] = ()) -> None:
        self.faults[device] = fault

    def frame(self, frame: Any) -> None:
        raise AssertionError("nobody watches")

    def is_traced(self, device: str) -> bool:
        return False

    def commit(self, source: Any) -> None:
        """Everything accepted so far is durable."""
        source.on_durable(len(self.batches))

    def values(self) -> list[Any]:
        """The first value of every batch that has one."""
        return [batch.values[0] for batch in self.batches if batch.values[0] is not None]
