"""What the user writes about a broker, the devices behind it and their points."""

import re
from pathlib import Path
from typing import Annotated, ClassVar, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from drivers.mqtt.path import parse_path
from drivers.mqtt.times import TimeFormat
from drivers.mqtt.topics import check_template
from gateway.config import driver
from gateway.config.driver import DriverModel
from gateway.config.types import ByteSize, Duration, Secret
from gateway.core.point import Value, ValueType

_PLACEHOLDER = re.compile(r"\{[^}]*\}?|\}")


def _check_path(text: str) -> str:
    parse_path(text)
    return text


def _check_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError) as error:  # ZoneInfoNotFoundError is a KeyError
        raise ValueError(f"unknown time zone `{name}`; expected an IANA name like `Asia/Shanghai`") from error
    return name


def _check_publish_topic(text: str) -> str:
    if not text or len(text) > 500 or text.startswith("$") or not text.isprintable() or set(text) & set("+#"):
        raise ValueError("not a topic to publish to: no `+`, `#` or control character, no `$` at its start")
    if unknown := set(_PLACEHOLDER.findall(text)) - {"{site}", "{enterprise}", "{alarm}"}:
        raise ValueError(f"unknown {', '.join(sorted(unknown))}: a topic has {{site}}, {{enterprise}} and {{alarm}}")
    return text


def _as_version(value: object) -> object:
    """`protocol: 5` is a number in YAML."""
    return str(value) if isinstance(value, int) else value


Topic = Annotated[str, AfterValidator(check_template)]
PublishTopic = Annotated[str, AfterValidator(_check_publish_topic)]
JsonPath = Annotated[str, AfterValidator(_check_path)]
Version = Annotated[Literal["3.1.1", "5"], BeforeValidator(_as_version)]

RECEIVE_MAXIMUM = 1000  # messages in flight with MQTT 5
BROKER_WINDOW = 20  # with MQTT 3.1.1 the broker alone decides; Mosquitto's max_inflight_messages


class Tls(DriverModel):
    """Encrypted connection; without `ca` the system's certificate store is trusted."""

    ca: Path | None = Field(None, description="certificate of the authority that signed the broker's")
    cert: Path | None = Field(None, description="the gateway's own certificate, where the broker asks for one")
    key: Path | None = Field(None, description="private key of `cert`")

    @model_validator(mode="after")
    def _pair(self) -> "Tls":
        if (self.cert is None) != (self.key is None):
            raise ValueError("`cert` and `key` belong together: state both or none")
        return self


class Time(DriverModel):
    """Where a message states its time, and when that is believed; otherwise the time of receipt is taken."""

    path: JsonPath = Field("ts", description="JSON path of the time in a record")
    format: TimeFormat = Field(TimeFormat.AUTO, description="auto tells s, ms, us and ns by their size, and ISO 8601")
    zone: Annotated[str, AfterValidator(_check_zone)] = Field("UTC", description="zone of ISO times that state none")
    past: Duration = Field(
        7 * 86400.0, gt=0, description="older than this is not believed; keep it above session_expiry"
    )
    future: Duration = Field(300.0, ge=0, description="further ahead than this is not believed")


class Connection(driver.Connection):
    """One MQTT broker."""

    is_polled: ClassVar[bool] = False

    host: str = Field(min_length=1)
    port: int = Field(1883, ge=1, le=65535, description="1883, with TLS usually 8883")
    tls: Tls | None = None
    username: str | None = None
    password: Secret | None = None
    client_id: str | None = Field(
        None, min_length=1, max_length=128, description="unique at the broker; default park-gateway-SITE-CONNECTION"
    )
    protocol: Version = "5"
    keepalive: Duration = Field(30.0, ge=1, le=65535)
    receive_maximum: int | None = Field(
        None, ge=1, le=65535, description="unacknowledged messages in flight; with 3.1.1: what the broker allows"
    )
    qos: Literal[0, 1] = Field(1, description="1: acknowledged when durable; 0: what is lost on the way is lost")
    session_expiry: Duration = Field(
        7 * 86400.0,
        ge=0,
        le=4294967294,
        description="how long the broker keeps messages for the gateway while it is away",
    )
    max_payload: ByteSize = Field(256 * 1024, ge=64, le=64 * 2**20)
    topics: tuple[Topic, ...] = Field((), description="like park/{enterprise}/{device}/telemetry")
    retained: Literal["use", "drop"] = Field("use", description="retained messages are old: their age may be unknown")
    time: Time = Time()

    @property
    def window(self) -> int:
        """How many messages can wait for their acknowledgement before the broker stops sending."""
        return self.receive_maximum or (RECEIVE_MAXIMUM if self.protocol == "5" else BROKER_WINDOW)

    @property
    def endpoint(self) -> str:
        """Host and port."""
        return f"{self.host}:{self.port}"

    @model_validator(mode="after")
    def _named_devices(self) -> "Connection":
        for topic in self.topics:
            if "{device}" not in topic.split("/"):
                raise ValueError(f"topic `{topic}` does not say which device it is of: it needs a level `{{device}}`")
        if self.password is not None and self.username is None:
            raise ValueError("a password needs a `username`")
        return self

    def describe(self, address: driver.DeviceAddress) -> str:
        """The broker and the topic of a device, as a person reads it."""
        topic = address.topic if isinstance(address, DeviceAddress) and address.topic else " ".join(self.topics)
        return f"{self.endpoint}, topic {topic}" if topic else self.endpoint

    def check(
        self, address: driver.DeviceAddress, points: tuple[driver.PointAddress, ...], interval_s: float
    ) -> list[str]:
        """What cannot work with these points; MQTT devices are not polled, so the interval says nothing."""
        without = [p for p in points if isinstance(p, PointAddress) and p.topic is None]
        if without and not self.topics and isinstance(address, DeviceAddress) and address.topic is None:
            return ["no topic: state `topics` at the connection, or `topic` at the device or at each point"]
        return []


class DeviceAddress(driver.DeviceAddress):
    """How one device is found at the broker."""

    topic: Topic | None = Field(None, description="its own topic, instead of the connection's `topics`")
    topic_id: str | None = Field(None, pattern=r"^[^/+#{}]+$", description="what {device} stands for; default: its id")
    expect: Duration = Field(60.0, gt=0, description="a message is expected this often; later its values are stale")
    time: Time | None = Field(None, description="instead of the connection's `time`")


class PointAddress(driver.PointAddress):
    """Where one point stands in a device's messages."""

    path: JsonPath | None = Field(
        None, description="`a.b[0]`, quotes around keys with dots; `$`: the whole payload. Default: the point's name"
    )
    topic: Topic | None = Field(
        None, description="a topic of its own; its payload is the value unless `path` is stated"
    )
    type: ValueType = ValueType.FLOAT
    values: dict[str, Value] = Field({}, description="texts and what they stand for: {RUN: 1, STOP: 0}")

    def value_type(self) -> ValueType:
        """The type of the raw value."""
        return self.type


class ChannelOptions(driver.ChannelOptions):
    """One broker that notices are published to."""

    host: str = Field(min_length=1)
    port: int = Field(1883, ge=1, le=65535, description="1883, with TLS usually 8883")
    tls: Tls | None = None
    username: str | None = None
    password: Secret | None = None
    client_id: str | None = Field(
        None, min_length=1, max_length=128, description="unique at the broker; default park-gateway-SITE-notify-CHANNEL"
    )
    protocol: Version = "5"
    topic: PublishTopic = Field(
        "park-gateway/{site}/notices",
        description="{site}, {enterprise}, {alarm}; with one of the last two a message for each alarm",
    )
    retain: bool = Field(False, description="the broker keeps the last message of each topic")
    max_payload: ByteSize = Field(
        16_384,
        ge=1024,
        le=268_435_455,  # MQTT 5, 1.5.5
        description="bytes; a larger payload is sent without its last events: `events_left_out` counts them. "
        "Keep it below the broker's limit, which may close the connection at what is larger",
    )
    timeout: Duration = Field(10.0, gt=0, le=14, description="for one notice, from connection to acknowledgement")

    @property
    def endpoint(self) -> str:
        """Host and port."""
        return f"{self.host}:{self.port}"

    @model_validator(mode="after")
    def _logs_in_with_a_name(self) -> "ChannelOptions":
        if self.password is not None and self.username is None:
            raise ValueError("a password needs a `username`")
        return self
