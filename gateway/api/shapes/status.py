"""The forms of health, status and the Park page's numbers."""

from typing import Literal

from pydantic import Field

from gateway.api.shapes.base import Name, Shape, TimeMs, Told
from gateway.store.outbox import Storage


class Alive(Shape):
    """The process answers."""

    status: Literal["ok"]


class Ready(Told):
    """Whether samples can be taken in and made durable."""

    status: Literal["ready", "not ready"]
    reasons: list[str] = Field(default=[])
    """Why not, in words; for those who may read the inside of the gateway."""


class SiteShape(Shape):
    """The park."""

    id: str
    name: Name
    timezone: str
    """IANA name."""
    contract_demand_kw: float | None


class DeviceCounts(Shape):
    """Devices by what they do."""

    known: int
    connected: int
    """With a connection in the configuration."""
    answering: int
    silent: int


class RejectShape(Shape):
    """A message that yielded nothing, as it came."""

    time_ms: TimeMs
    topic: str
    reason: str
    payload: str


class SourceShape(Shape):
    """One connection to devices."""

    name: str
    driver: str
    address: str
    state: str
    since_ms: TimeMs | None
    error: str | None
    hint: str
    retry_in_s: float | None
    restarts: int
    devices: int
    counts: dict[str, int]
    """Counters of the driver, by kind, since the start."""
    rejects: list[RejectShape]


class SinkShape(Shape):
    """One sink with its account: accepted = delivered + buffered + quarantined + dropped (samples)."""

    name: str
    driver: str
    state: str
    since_ms: TimeMs | None
    error: str | None
    hint: str
    retry_in_s: float | None
    last_success_ms: TimeMs | None
    oldest_ms: TimeMs | None
    """Time of the oldest sample that waits."""
    waited_s: float | None
    """How long it has been in the outbox: a late sample is not one that has waited."""
    accepted: int
    delivered: int
    buffered: int
    quarantined: int
    dropped: dict[str, int]
    """By cause."""
    balanced: bool
    counts: dict[str, int]


class OutboxShape(Shape):
    """The buffer on the disk."""

    rows: int
    """Chunks held."""
    bytes: int
    max_bytes: int
    wal_bytes: int
    pending_bytes: int
    free_bytes: int
    """On the disk."""
    has_ballast: bool
    is_full: bool
    storage: Storage
    oldest_ms: TimeMs | None
    waited_s: float | None
    commits: int
    commit_p99_ms: float | None


class CertificateShape(Shape):
    """The certificate of the page."""

    fingerprint_sha256: str
    """`AB:CD:…`, as browsers show it."""
    ends_ms: TimeMs
    is_own: bool
    """The owner's; else made and renewed by the gateway."""
    names: list[str]
    """Host names and addresses that it is for."""


class Status(Told):
    """How the gateway itself is. For those of one enterprise the lists of connections and findings are empty."""

    version: str
    installation: str
    """Random, made at the first start."""
    site: SiteShape
    time_ms: TimeMs
    started_ms: TimeMs
    uptime_s: float
    sources: list[SourceShape]
    sinks: list[SinkShape]
    outbox: OutboxShape
    devices: DeviceCounts
    findings: list[str]
    """What somebody should look at, in words."""
    certificate: CertificateShape | None
    """`null` where the page has no TLS."""


class BriefStatus(Shape):
    """What everybody may know, before log-in: no name, no version, no value."""

    state: Literal["setup", "running", "not_ready"]


class EnterprisePower(DeviceCounts):
    """One enterprise of the park now."""

    id: str
    name: Name
    power_kw: float | None
    partial: bool
    """One of its meters does not answer: the sum is too low."""


class TrendTags(Shape):
    """Tags whose sum is the course of the park."""

    grid: list[str]
    pv: list[str]


class QuarterHourDemand(Shape):
    """The period that the supplier bills, from the grid meters (kW)."""

    average_kw: float
    """So far."""
    forecast_kw: float
    limit_kw: float | None
    """Where the alarm on demand stands."""
    end_ms: TimeMs


class ParkNow(Shape):
    """Power now of the park and of each enterprise (kW), and who is connected."""

    time_ms: TimeMs
    grid_kw: float | None
    grid_partial: bool
    pv_kw: float | None
    pv_partial: bool
    contract_demand_kw: float | None
    demand: QuarterHourDemand | None
    """For those who see the whole park."""
    enterprises: list[EnterprisePower]
    residual_kw: float | None
    """Supply that no enterprise's meter counts."""
    devices: DeviceCounts
    storage: Storage
    trend: TrendTags


class ExportShape(Shape):
    """A file on its way."""

    id: str
    name: str
    by: str
    state: Literal["making", "sending"]
    started_ms: TimeMs
    parts_done: int
    parts: int | None
    """`null`: not known yet."""
    bytes: int
    """On the disk, about."""


class ExportList(Shape):
    """Files on their way."""

    items: list[ExportShape]
    total: int
