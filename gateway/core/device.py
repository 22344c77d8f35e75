"""Site, enterprises and devices, as the pipeline and the API see them."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from gateway.core.point import Names


@dataclass(frozen=True, slots=True)
class Site:
    """The park."""

    id: str
    names: Names = field(default_factory=Names)
    timezone: str = "UTC"  # IANA name
    contract_demand_kw: float | None = None
    operators: int = 1  # who share the alarms: the figures of EEMUA 191 are per operator


@dataclass(frozen=True, slots=True)
class Enterprise:
    """A tenant of the park."""

    id: str
    names: Names = field(default_factory=Names)


class MeterRole(StrEnum):
    """What a meter's `power_active` stands for in the sums of the Park page."""

    GRID = "grid"  # supply of the park (incomer); import positive
    PV = "pv"  # generation inside the park; positive when it generates
    MAIN = "main"  # the whole supply of its enterprise
    SUB = "sub"  # part of what a main meter already counts


@dataclass(frozen=True, slots=True, eq=False)
class Device:
    """A known device, connected or not. Compared and hashed by identity: there is one object per configured device."""

    id: str  # site-unique, ASCII
    site: str
    enterprise: str
    kind: str  # `meter`, `boiler`; the measurement in InfluxDB
    names: Names = field(default_factory=Names)
    role: MeterRole | None = None
    connection: str | None = None  # None: known, not connected
    driver: str | None = None
    address: str = ""  # for people: "127.0.0.1:15020, unit 12"
    enterprise_since: datetime | None = None  # as written; without a zone it is the site's

    @property
    def is_connected(self) -> bool:
        """True where the configuration gives a connection; says nothing of answers."""
        return self.connection is not None
