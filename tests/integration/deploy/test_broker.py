"""The broker of deploy/docker, with its own script, configuration and access rules, on Debian's Mosquitto."""

import os
import pwd
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from queue import Queue

import pytest
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion, MQTTProtocolVersion
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

DOCKER = Path(__file__).parents[3] / "deploy" / "docker"
PATIENCE_S = 30.0
ACCOUNTS = {"park-gateway": "listens", "field": "speaks"}
TOPIC = "park/acme/meter-1/telemetry"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Broker:
    """The files as they are, but for the container's folders and the port."""

    home: Path
    port: int = field(default_factory=free_port)
    process: "subprocess.Popen[bytes] | None" = None

    def prepare(self) -> None:
        moved = {
            "/run/mosquitto": self.home / "run",
            "/mosquitto/data": self.home / "data",
            "/mosquitto/config": self.home,
        }
        for folder in moved.values():
            folder.mkdir(exist_ok=True)
        for name in ("mosquitto.conf", "mosquitto.acl", "mosquitto.sh"):
            text = (DOCKER / name).read_text(encoding="utf-8")
            for inside, outside in moved.items():
                text = text.replace(inside, str(outside))
            (self.home / name).write_text(text, encoding="utf-8")
        config = self.home / "mosquitto.conf"
        lines = config.read_text(encoding="utf-8").replace("listener 1883", f"listener {self.port} 127.0.0.1")
        config.write_text(f"{lines}user {pwd.getpwuid(os.getuid()).pw_name}\n", encoding="utf-8")

    def start(self) -> None:
        passwords = {"MQTT_GATEWAY_PASSWORD": ACCOUNTS["park-gateway"], "MQTT_FIELD_PASSWORD": ACCOUNTS["field"]}
        environment = {"PATH": f"{os.environ['PATH']}:/usr/sbin", **passwords}
        with (self.home / "log").open("ab") as log:
            self.process = subprocess.Popen(["sh", str(self.home / "mosquitto.sh")], env=environment, stderr=log)
        deadline = time.monotonic() + PATIENCE_S
        while not self.is_listening():
            assert self.process.poll() is None, (self.home / "log").read_text()
            assert time.monotonic() < deadline, "the broker does not listen"
            time.sleep(0.02)

    def is_listening(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def stop(self) -> None:
        assert self.process is not None
        self.process.terminate()
        self.process.wait(PATIENCE_S)


class Account:
    """A client that is connected as one account; what it gets lies in `messages`."""

    def __init__(self, broker: Broker, name: str | None, *, session: str = "") -> None:
        self.messages: Queue[bytes] = Queue()
        self._codes: Queue[ReasonCode] = Queue()
        self._client = Client(CallbackAPIVersion.VERSION2, client_id=session, protocol=MQTTProtocolVersion.MQTTv5)
        if name is not None:
            self._client.username_pw_set(name, ACCOUNTS.get(name, "guessed"))
        self._client.on_connect = lambda _client, _data, _flags, code, _properties: self._codes.put(code)
        self._client.on_subscribe = lambda _client, _data, _id, codes, _properties: self._codes.put(codes[0])
        self._client.on_publish = lambda _client, _data, _id, code, _properties: self._codes.put(code)
        self._client.on_message = lambda _client, _data, message: self.messages.put(message.payload)
        lasting = Properties(PacketTypes.CONNECT)
        lasting.SessionExpiryInterval = 3600 if session else 0
        self._client.connect("127.0.0.1", broker.port, clean_start=not session, properties=lasting)
        self._client.loop_start()
        self.answer = self._codes.get(timeout=PATIENCE_S)

    def subscribe(self) -> ReasonCode:
        self._client.subscribe("park/#", qos=1)
        return self._codes.get(timeout=PATIENCE_S)

    def publish(self, payload: bytes) -> ReasonCode:
        self._client.publish(TOPIC, payload, qos=1)
        return self._codes.get(timeout=PATIENCE_S)

    def leave(self) -> None:
        self._client.disconnect()
        self._client.loop_stop()


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Broker]:
    if shutil.which("mosquitto_passwd") is None:
        pytest.fail("mosquitto_passwd is missing: apt-get install mosquitto")
    broker = Broker(tmp_path)
    broker.prepare()
    broker.start()
    yield broker
    broker.stop()


@pytest.mark.parametrize("name", [None, "admin"])
def test_who_has_no_account_stays_outside(broker: Broker, name: str | None) -> None:
    stranger = Account(broker, name)
    assert stranger.answer.is_failure
    stranger.leave()


def test_the_field_speaks_and_the_gateway_hears_it(broker: Broker) -> None:
    gateway, meter = Account(broker, "park-gateway"), Account(broker, "field")
    assert not gateway.subscribe().is_failure
    assert not meter.publish(b"12.5").is_failure
    assert gateway.messages.get(timeout=PATIENCE_S) == b"12.5"
    assert gateway.publish(b"0").is_failure, "the gateway may not speak"
    meter.subscribe()
    assert not meter.publish(b"13.5").is_failure
    assert gateway.messages.get(timeout=PATIENCE_S) == b"13.5"
    assert not meter.publish(b"14.5").is_failure
    assert meter.messages.empty(), "the field may not listen: its copy of 13.5 would have come before this answer"
    gateway.leave()
    meter.leave()


def test_what_comes_while_the_gateway_is_away_outlives_a_restart_of_the_broker(broker: Broker) -> None:
    gateway = Account(broker, "park-gateway", session="gateway")
    gateway.subscribe()
    gateway.leave()
    meter = Account(broker, "field")
    sent = [str(number).encode() for number in range(1500)]  # more than the default of 1000 that would wait
    assert not any(meter.publish(payload).is_failure for payload in sent)
    meter.leave()
    broker.stop()
    broker.start()
    back = Account(broker, "park-gateway", session="gateway")
    assert [back.messages.get(timeout=PATIENCE_S) for _ in sent] == sent
    back.leave()


def test_only_hashes_of_the_passwords_are_written(broker: Broker) -> None:
    written = (broker.home / "run" / "passwd").read_text()
    assert [line.split(":")[0] for line in written.splitlines()] == list(ACCOUNTS)
    assert not any(password in written for password in ACCOUNTS.values())
    assert (broker.home / "run" / "passwd").stat().st_mode & 0o077 == 0
