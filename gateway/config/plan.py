"""What the configuration compiles to: the park, and per connection exactly what its driver needs."""

from dataclasses import dataclass, field
from pathlib import Path

from pydantic import BaseModel

from gateway.config.accountplan import AccountsPlan
from gateway.config.apimodels import OidcModel
from gateway.config.driver import Connection
from gateway.config.models import AUDIT_MAX_BYTES
from gateway.config.problems import Mark
from gateway.config.ruleplan import RulesPlan
from gateway.config.types import Secret
from gateway.core.device import Device, Enterprise, Site
from gateway.core.point import Point


@dataclass(frozen=True, slots=True)
class GroupPlan:
    """A poll group of one device: points read together at one interval. `addresses[i]` belongs to `points[i]`."""

    name: str
    interval_s: float  # 0: not polled (MQTT)
    phase_s: float
    points: tuple[Point, ...]
    addresses: tuple[BaseModel, ...]  # the driver's `PointAddress`


@dataclass(frozen=True, slots=True)
class DevicePlan:
    """One connected device: its groups and its own address on the connection."""

    device: Device
    address: BaseModel  # the driver's `DeviceAddress`
    groups: tuple[GroupPlan, ...]
    profile: str | None = None  # name, where it has one

    @property
    def points(self) -> tuple[Point, ...]:
        """Every point of the device."""
        return tuple(point for group in self.groups for point in group.points)


@dataclass(frozen=True, slots=True)
class ConnectionPlan:
    """One connection with all devices behind it: what a source is built from."""

    name: str
    driver: str
    options: Connection
    devices: tuple[DevicePlan, ...]


@dataclass(frozen=True, slots=True)
class SinkPlan:
    """One configured sink."""

    name: str
    driver: str
    options: BaseModel  # the driver's `SinkOptions`


@dataclass(frozen=True, slots=True)
class ChannelPlan:
    """One configured channel for notifications."""

    name: str
    driver: str
    options: BaseModel  # the driver's `ChannelOptions`
    language: str = "both"  # "en" | "zh" | "both": of title and text
    rate: tuple[int, float] | None = None  # messages in seconds; None: the driver's own
    mark: Mark | None = field(default=None, compare=False)  # where it is written: other lines make no other channel


@dataclass(frozen=True, slots=True)
class StoreLimits:
    """Where data lives and how much of it may be kept."""

    directory: Path
    outbox_max_bytes: int
    outbox_max_age_s: float
    min_free_bytes: int
    commit_interval_s: float
    durability: str  # "power_loss" | "process_crash"
    audit_max_bytes: int = AUDIT_MAX_BYTES


@dataclass(frozen=True, slots=True)
class CertificateFiles:
    """A certificate of one's own: PEM files, the chain and its key."""

    certificate: Path
    key: Path
    mark: Mark | None = field(default=None, compare=False)  # where it is written


@dataclass(frozen=True, slots=True)
class ApiPlan:
    """Where the API listens, and how."""

    host: str
    port: int
    socket: Path  # Unix socket for the command line
    has_tls: bool = False
    hosts: tuple[str, ...] = ()  # names and addresses that people use beside `host`
    own: CertificateFiles | None = None  # `None`: with TLS, one that the gateway makes
    oidc: OidcModel | None = None


@dataclass(frozen=True, slots=True)
class BackupPlan:
    """What a backup needs to know; without `directory` none is made by itself."""

    config: Path = field(default=Path("park.yaml"), compare=False)  # the configuration's main file
    directory: Path | None = None
    every_s: float = 86_400.0
    keep: int = 14
    passphrase: Secret | None = None


@dataclass(frozen=True, slots=True)
class ParkPlan:
    """The whole configuration, compiled. `points` of a device that is known but not connected are empty."""

    site: Site
    enterprises: tuple[Enterprise, ...]
    devices: tuple[Device, ...]
    connections: tuple[ConnectionPlan, ...]
    sinks: tuple[SinkPlan, ...]
    store: StoreLimits
    api: ApiPlan
    renamed_devices: tuple[tuple[str, str], ...] = ()  # (old id, id): their points keep their ids in state.db
    rules: RulesPlan = field(default_factory=RulesPlan)  # as written; `gateway.rulebook` compiles it
    channels: tuple[ChannelPlan, ...] = ()
    accounts: AccountsPlan = field(default_factory=AccountsPlan)  # as written; `gateway.accounts.setup` compiles it
    backup: BackupPlan = field(default_factory=BackupPlan)
