"""The park's broker (iotcore, a child process on loopback) and the devices that publish to it with QoS 1.

iotcore's listener speaks MQTT 3.1.1 only and keeps nothing when it stops. Its process ends when ours does, however that
happens: it watches a pipe from us.
"""

import asyncio
import json
import math
from collections.abc import Callable, Sequence

import paho.mqtt.client as paho
from iotcore import Broker
from paho.mqtt.enums import CallbackAPIVersion

from drivers.simulator.clock import Clock
from drivers.simulator.devices import Shown
from drivers.simulator.electric import Values
from drivers.simulator.faults import FaultBook, FaultName
from drivers.simulator.park import MqttDevice

HOST = "127.0.0.1"
_TICK_S = 0.5
_CONNECT_TIMEOUT_S = 10.0
_STOP_TIMEOUT_S = 1.0
_MAX_QUEUED = 1000  # while the broker is away; the oldest are kept, as devices with little memory do


def _tells(connected: asyncio.Event) -> Callable[..., None]:
    """A callback for the client's thread that sets an event of our loop."""
    loop = asyncio.get_running_loop()

    def on_connect(*_: object) -> None:
        loop.call_soon_threadsafe(connected.set)

    return on_connect


def payload(values: Values, wall_s: float) -> bytes:
    """The message of a device: flat JSON with its time in ms; what the device cannot say is null."""
    document: dict[str, object] = {"ts": round(wall_s * 1000)}
    for name, value in values.items():
        if math.isnan(value):
            document[name] = None
        else:
            document[name] = value if isinstance(value, int) else round(value, 3)
    return json.dumps(document, separators=(",", ":")).encode()


class MqttPark:
    """Broker and publishing devices."""

    def __init__(self, devices: Sequence[MqttDevice], shown: Shown, faults: FaultBook, clock: Clock) -> None:
        self._devices = devices
        self._shown = shown
        self._faults = faults
        self._clock = clock
        self._broker: Broker | None = None
        self._client = paho.Client(CallbackAPIVersion.VERSION2, client_id="park-simulator", protocol=paho.MQTTv311)
        self._client.max_queued_messages_set(_MAX_QUEUED)

    async def start(self, port: int) -> None:
        """Start the broker and connect to it. Raises OSError where the port is taken, TimeoutError where it is deaf."""
        self._broker = Broker(port=port, listen=HOST)
        await asyncio.to_thread(self._broker.start)
        connected = asyncio.Event()
        self._client.on_connect = _tells(connected)
        self._client.connect_async(HOST, port)
        self._client.loop_start()
        async with asyncio.timeout(_CONNECT_TIMEOUT_S):
            await connected.wait()

    async def run(self) -> None:
        """Publish what is due, until cancelled; the devices are spread over their interval."""
        due = {
            device.id: self._clock.wall() + device.interval_s * at / len(self._devices)
            for at, device in enumerate(self._devices)
        }
        while True:
            now = self._clock.wall()
            for device in self._devices:
                if now >= due[device.id]:
                    due[device.id] = max(due[device.id] + device.interval_s, now)
                    self._publish(device, now)
            await asyncio.sleep(_TICK_S)

    def _publish(self, device: MqttDevice, now: float) -> None:
        if self._faults.active(device.id, FaultName.SILENT):
            return
        data = payload(self._shown.values(device.id, device.plant), now)
        if self._faults.active(device.id, FaultName.MALFORMED):
            data = data[: len(data) // 2]
        self._client.publish(device.topic, data, qos=1)

    async def stop(self) -> None:
        """Disconnect and end the broker's process."""
        self._client.disconnect()
        await asyncio.to_thread(self._client.loop_stop)
        if self._broker is not None:
            await asyncio.to_thread(self._broker.stop, _STOP_TIMEOUT_S)
